# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where AWS shows the members of a service: some lie in its deployment, some in its revision, some have other names."""

from __future__ import annotations

import copy
from typing import Any

from .. import _verdict
from .._normal import revision_name, snake
from . import _code_deploy, _names

# Members that DescribeServices shows with the deployment instead of the service.
IN_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")
# Members that only DescribeServiceRevisions shows; read when they are asked for, since that is a call of its own.
IN_REVISION = ("gatewayConnectors", "monitoring")
# Members whose change starts a deployment: those of which UpdateService says so, the strategy, with which a deployment
# is forced, and the two that are new, which are parts of a service revision.
DEPLOYS = frozenset(
    {
        *("taskDefinition", "networkConfiguration", "platformVersion", "loadBalancers", "serviceRegistries"),
        *("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"),
        *("capacityProviderStrategy", "gatewayConnectors", "monitoring"),
    }
)
SERVICE_LINKED = ":role/aws-service-role/"


def document(shown: dict[str, Any]) -> dict[str, Any]:
    """Give a service as DescribeServices shows it in the shape of CreateService."""
    primary = _verdict.primary(shown) or {}
    result = {
        **shown,
        **{member: primary[member] for member in IN_DEPLOYMENT if member in primary},
        **_code_deploy.shown_members(shown),
        "cluster": _names.short(shown["clusterArn"]),
    }
    result["taskDefinition"] = revision_name(result.get("taskDefinition") or "") or None
    if SERVICE_LINKED not in shown.get("roleArn", SERVICE_LINKED):
        result["role"] = shown["roleArn"]
    if shown.get("schedulingStrategy") == "DAEMON":
        result.pop("desiredCount", None)
    return result


def without_empty_words(document: dict[str, Any]) -> None:
    """Give an empty string its meaning where the API has none for it: no role, no token, the latest platform."""
    for name in ("role", "clientToken"):
        if document.get(name) == "":
            del document[name]
    if document.get("platformVersion") == "":
        document["platformVersion"] = "LATEST"


def lifted(given: dict[str, Any]) -> dict[str, Any]:
    """Find, in a service as DescribeServices answers it, the members that it shows under another name or deeper."""
    found: dict[str, Any] = {}
    arn, deployments = given.get("clusterArn", given.get("cluster_arn")), given.get("deployments")
    if isinstance(arn, str):
        found["cluster"] = _names.short(arn)
    for deployment in deployments if isinstance(deployments, list) else []:
        if isinstance(deployment, dict) and deployment.get("status") == "PRIMARY":
            spellings = (name for member in IN_DEPLOYMENT for name in (member, snake(member)))
            found.update({name: deployment[name] for name in spellings if name in deployment})
    return found


def adopt_service_connect(have: dict[str, Any], want: dict[str, Any]) -> None:
    """Take from the service what ECS fills in for Service Connect: the cluster's default namespace, DNS names, log
    options. Without this, each run would deploy anew (ServiceConnectService and ServiceConnectClientAlias)."""
    shown, wanted = (side.get("serviceConnectConfiguration") or {} for side in (have, want))
    if not wanted.get("enabled") or not shown.get("enabled"):
        return
    wanted = want["serviceConnectConfiguration"] = copy.deepcopy(wanted)
    if shown.get("namespace"):
        wanted.setdefault("namespace", shown["namespace"])
    known = {
        (service.get("portName"), alias.get("port")): alias.get("dnsName")
        for service in shown.get("services") or []
        for alias in service.get("clientAliases") or []
    }
    for service in wanted.get("services") or []:
        for alias in service.get("clientAliases") or []:
            filled = known.get((service.get("portName"), alias.get("port")))
            if filled and filled.startswith(f"{service.get('discoveryName', service.get('portName'))}."):
                alias.setdefault("dnsName", filled)
    options = (shown.get("logConfiguration") or {}).get("options")
    if options and wanted.get("logConfiguration"):
        wanted["logConfiguration"]["options"] = {**options, **(wanted["logConfiguration"].get("options") or {})}


def own_revision(shown: dict[str, Any]) -> list[str]:
    """Name the service revision of the PRIMARY deployment, as a list of one ARN or none."""
    revisions = [item["arn"] for item in shown.get("currentServiceRevisions", []) if item.get("arn")]
    digits = str((_verdict.primary(shown) or {}).get("id", "")).rsplit("/", 1)[-1]
    return [arn for arn in revisions if arn.endswith(f"/{digits}")] or revisions[:1]


def revision_members(api: Any, shown: dict[str, Any]) -> dict[str, Any]:
    """Read the members that only the revision of the service's PRIMARY deployment shows."""
    mine = own_revision(shown)
    described = api.describe("DescribeServiceRevisions", mine) if mine else []
    return {member: described[0][member] for member in IN_REVISION if described and member in described[0]}
