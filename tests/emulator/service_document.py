# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How members of Create- and UpdateService read back, and what ECS fills in.

botocore ECS model; reads of real resources published with go-to-k/cdk-real-drift (AWS::ECS::Service).
"""

from __future__ import annotations

import copy
from typing import Any

from . import deployment_configuration, neighbours, strategies
from .clusters import on_fargate
from .definition_defaults import platform_family
from .errors import invalid_parameter
from .names import is_arn
from .records import Cluster, TaskDefinition
from .region import Region
from .service_rules import rebalancing_eligible

Document = dict[str, Any]

_UPPER_CASE_FIELDS = ("cpu", "memory")


def created(region: Region, cluster: Cluster, request: Document, definition: TaskDefinition | None) -> Document:
    """Build a new service's document: the members that DescribeServices shows at the service itself."""
    daemon = request.get("schedulingStrategy") == "DAEMON"
    name = request["serviceName"]
    doc: Document = {
        "serviceArn": region.arn(f"service/{cluster.name}/{name}"),
        "serviceName": name,
        "clusterArn": cluster.doc["clusterArn"],
        "status": "ACTIVE",
        "desiredCount": request.get("desiredCount", 0),
        "schedulingStrategy": request.get("schedulingStrategy", "REPLICA"),
        "loadBalancers": copy.deepcopy(request.get("loadBalancers", [])),
        "serviceRegistries": copy.deepcopy(request.get("serviceRegistries", [])),
        "deploymentConfiguration": deployment_configuration.created(request.get("deploymentConfiguration", {}), daemon),
        "deploymentController": request.get("deploymentController", {"type": "ECS"}),
        "placementConstraints": copy.deepcopy(request.get("placementConstraints", [])),
        "placementStrategy": placement_strategy(request.get("placementStrategy", [])),
        "healthCheckGracePeriodSeconds": request.get("healthCheckGracePeriodSeconds", 0),
        "enableECSManagedTags": request.get("enableECSManagedTags", False),
        "propagateTags": request.get("propagateTags", "NONE"),
        "enableExecuteCommand": request.get("enableExecuteCommand", False),
        "createdAt": region.timeline.stamp(),
        "createdBy": region.caller,
        "resourceManagementType": "CUSTOMER",
    }
    if definition is not None:
        doc["taskDefinition"] = definition.arn
    doc |= _launch(cluster, request)
    if "networkConfiguration" in request:
        doc["networkConfiguration"] = network(request["networkConfiguration"])
    set_platform(doc, request.get("platformVersion"), definition)
    rebalancing = request.get("availabilityZoneRebalancing")
    doc["availabilityZoneRebalancing"] = rebalancing or ("ENABLED" if rebalancing_eligible(doc) else "DISABLED")
    _set_role(region, doc, request.get("role"))
    return doc


def _launch(cluster: Cluster, request: Document) -> Document:
    """Launch type, or strategy, or the cluster's default strategy, or EC2."""
    strategy = request.get("capacityProviderStrategy")
    if request.get("launchType") and strategy:
        raise invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    if request.get("launchType"):
        return {"launchType": request["launchType"]}
    strategy = strategy or cluster.doc["defaultCapacityProviderStrategy"]
    if strategy and request.get("deploymentController", {}).get("type") != "EXTERNAL":
        return {"capacityProviderStrategy": strategies.filled(strategy)}
    return {"launchType": "EC2"}


def set_platform(doc: Document, version: str | None, definition: TaskDefinition | None) -> None:
    """Show platform version and family on Fargate, and only there."""
    if on_fargate(doc):
        doc["platformVersion"] = version or doc.get("platformVersion", "LATEST")
        doc["platformFamily"] = platform_family(definition.doc if definition else {})
    elif version is not None:
        doc["platformVersion"] = version
    else:
        doc.pop("platformVersion", None)
        doc.pop("platformFamily", None)


def _set_role(region: Region, doc: Document, role: str | None) -> None:
    """Show the role: the service-linked one where ECS uses it (awsvpc or load balancers)."""
    if role and doc.get("networkConfiguration"):
        raise invalid_parameter("You cannot specify an IAM role for services that require a service linked role.")
    if role and not doc["loadBalancers"]:
        raise invalid_parameter("A role can only be specified for services that use a load balancer.")
    if role:
        doc["roleArn"] = role if is_arn(role) else region.arn(f"role/{role}", "iam", "")
    elif doc.get("networkConfiguration") or doc["loadBalancers"] or doc["deploymentController"]["type"] == "EXTERNAL":
        doc["roleArn"] = region.arn("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "iam", "")


def network(given: Document) -> Document:
    """Fill the members of awsvpcConfiguration; unset security groups read back as an empty list."""
    awsvpc = {"subnets": [], "securityGroups": [], "assignPublicIp": "DISABLED", **given.get("awsvpcConfiguration", {})}
    return {"awsvpcConfiguration": copy.deepcopy(awsvpc)}


def placement_strategy(given: list[Document]) -> list[Document]:
    """Spell fields as ECS reads them back: host is instanceId, cpu and memory are upper case, random has none."""
    result = []
    for entry in given:
        item = dict(entry)
        field = item.get("field")
        if item.get("type") == "random":
            item.pop("field", None)
        elif field == "host":
            item["field"] = "instanceId"
        elif field and field.lower() in _UPPER_CASE_FIELDS:
            item["field"] = field.upper()
        result.append(item)
    return result


def hidden(region: Region, cluster: Cluster, request: Document, held: Document) -> Document:
    """Build the members that are shown in `deployments[]` or in service revisions only; what is absent is kept."""
    result = copy.deepcopy(held)
    if "serviceConnectConfiguration" in request:
        result |= _service_connect(region, cluster, request["serviceConnectConfiguration"])
    if "volumeConfigurations" in request:
        result["volumeConfigurations"] = [_volume(volume) for volume in request["volumeConfigurations"]]
    for member in ("vpcLatticeConfigurations", "gatewayConnectors", "monitoring"):
        if member in request:
            result[member] = copy.deepcopy(request[member])
    return result


def _volume(given: Document) -> Document:
    volume = copy.deepcopy(given)
    if "managedEBSVolume" in volume:
        volume["managedEBSVolume"].setdefault("filesystemType", "xfs")
    return volume


def _service_connect(region: Region, cluster: Cluster, given: Document) -> Document:
    """Fill a Service Connect configuration and find its Cloud Map services.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html
    """
    configuration = copy.deepcopy(given)
    if not configuration["enabled"]:
        return {"serviceConnectConfiguration": {"enabled": False}, "serviceConnectResources": []}
    default = cluster.doc.get("serviceConnectDefaults", {}).get("namespace")
    reference = configuration.get("namespace") or default
    if not reference:
        raise invalid_parameter("A namespace is required for Service Connect: the cluster has no default namespace.")
    arn = neighbours.namespace_arn(region, reference, create=False)
    configuration["namespace"] = arn
    resources = []
    for service in configuration.get("services", []):
        name = service.setdefault("discoveryName", service["portName"])
        for alias in service.get("clientAliases", []):
            alias.setdefault("dnsName", f"{name}.{neighbours.namespace_name(region, arn)}")
        resources.append({"discoveryName": name, "discoveryArn": neighbours.discovery_arn(region, arn, name)})
    return {"serviceConnectConfiguration": configuration, "serviceConnectResources": resources}
