# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hybrid activations of Systems Manager, which moto lacks, and hosts that register with them for ECS Anywhere.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-registration.html. How an agent registers is
not documented: the control `/_emulator/external` plays it.
"""

from __future__ import annotations

import importlib
import json
import secrets
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from . import instances, machines
from .names import uuid
from .region import Region

Document = dict[str, Any]
RegionOf = Callable[[str, str], Region]

# CreateActivation, ExpirationDate and RegistrationLimit.
_DAY = 86400.0
_LONGEST_DAYS = 30
_FILTERS = {"ActivationIds": "ActivationId", "DefaultInstanceName": "DefaultInstanceName", "IamRole": "IamRole"}
_PRINCIPAL = "ssm.amazonaws.com"


def install(region_of: RegionOf) -> None:
    """Teach moto's Systems Manager the operations."""
    hooks: Any = SimpleSystemManagerResponse
    for operation in (_create_activation, _describe_activations, _delete_activation, _deregister_managed_instance):
        setattr(hooks, operation.__name__[1:], _answering(operation, region_of))
    hooks.describe_instance_information = _answering(_describe_instance_information, region_of)


def _answering(operation: Callable[[Region, Document], Document], region_of: RegionOf) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        region = region_of(response.current_account, response.region)
        with region.lock:
            region.timeline.catch_up()
            document = operation(region, json.loads(response.body or "{}"))
        return ActionResult(document) if document else EmptyResult()

    return answer


def _create_activation(region: Region, request: Document) -> Document:
    name = str(request["IamRole"]).removeprefix("service-role/")
    if not _trusts(region, name):
        # The words: terraform-provider-aws, internal/service/ssm, which waits them out.
        role = region.arn(f"role/{name}", "iam", "")
        raise SSMException(
            "ValidationException", f"Nonexistent role or missing ssm service principal in trust policy: {role}"
        )
    expires = float(request.get("ExpirationDate") or region.timeline.now + _DAY)
    if not region.timeline.now < expires <= region.timeline.now + _LONGEST_DAYS * _DAY:
        raise SSMException("ValidationException", "The expiration date must be in the future, within 30 days.")
    activation = uuid()
    region.hybrid.codes[activation] = secrets.token_urlsafe(15)
    given: Document = {
        name: request[name] for name in ("Description", "DefaultInstanceName", "Tags") if name in request
    }
    region.hybrid.activations[activation] = {
        "ActivationId": activation,
        "IamRole": name,
        "RegistrationLimit": int(request.get("RegistrationLimit", 1)),
        "RegistrationsCount": 0,
        "ExpirationDate": expires,
        "CreatedDate": region.timeline.stamp(),
        **given,
    }
    return {"ActivationId": activation, "ActivationCode": region.hybrid.codes[activation]}


def _trusts(region: Region, name: str) -> bool:
    roles = importlib.import_module("moto.iam.models").iam_backends[region.account][region.partition].roles
    return any(role.name == name and _PRINCIPAL in str(role.assume_role_policy_document) for role in roles.values())


def _describe_activations(region: Region, request: Document) -> Document:
    found = list(region.hybrid.activations.values())
    for given in request.get("Filters") or []:
        found = [item for item in found if item.get(_FILTERS[given["FilterKey"]]) in given["FilterValues"]]
    return {"ActivationList": [{**item, "Expired": item["ExpirationDate"] <= region.timeline.now} for item in found]}


def _delete_activation(region: Region, request: Document) -> Document:
    if region.hybrid.activations.pop(request["ActivationId"], None) is None:
        raise SSMException("InvalidActivation", "The activation isn't valid.")
    return {}


def _describe_instance_information(region: Region, request: Document) -> Document:
    wanted = [value for item in request.get("Filters") or [] for value in item.get("Values", [])]
    nodes = [node for node in region.hybrid.nodes.values() if not wanted or node["InstanceId"] in wanted]
    return {"InstanceInformationList": nodes}


def _deregister_managed_instance(region: Region, request: Document) -> Document:
    if region.hybrid.nodes.pop(request["InstanceId"], None) is None:
        raise SSMException("InvalidInstanceId", f"Instance {request['InstanceId']} is not a managed instance.")
    return {}


def register(regions: list[Region], body: Any) -> Document:
    """Play the agents of a host: SSM's takes the activation, ECS's registers the node in a cluster.

    Raises ValueError with what the installation script would print.
    """
    if not isinstance(body, dict) or set(body) != {"cluster", "activation_id", "activation_code"}:
        raise ValueError("send cluster, activation_id and activation_code")
    identifier = body["activation_id"]
    region = next((one for one in regions if identifier in one.hybrid.activations), None)
    if region is None or region.hybrid.codes[identifier] != body["activation_code"]:
        raise ValueError("registration failed: the activation or its code is not valid")
    activation = region.hybrid.activations[identifier]
    if activation["ExpirationDate"] <= region.timeline.now:
        raise ValueError("registration failed: the activation has expired")
    if activation["RegistrationsCount"] >= activation["RegistrationLimit"]:
        raise ValueError("registration failed: the activation has no registrations left")
    cluster = region.find_cluster(body["cluster"])
    if cluster is None:
        raise ValueError(f"there is no cluster {body['cluster']}")
    with region.lock:
        activation["RegistrationsCount"] += 1
        host = instances.Host(machine=machines.machine("m5.large"), zone=f"{region.name}a", external=True)
        found = instances.add(region, cluster, host)
        name = found.doc["ec2InstanceId"]
        region.hybrid.nodes[name] = {
            "InstanceId": name,
            "PingStatus": "Online",
            "ResourceType": "ManagedInstance",
            "IamRole": activation["IamRole"],
            "ActivationId": identifier,
            "Name": activation.get("DefaultInstanceName", ""),
        }
    return {"instance_id": name, "region": region.name}
