# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity providers.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html; defaults of managed scaling
from the botocore ECS model, ManagedScaling. How they scale is in managed_scaling.py.
"""

from __future__ import annotations

from . import fleet, neighbours, strategies, tags
from .errors import EcsError, client_error, failure, invalid_parameter
from .names import NAME, is_arn, last_part
from .operations import Document, operation
from .paging import page
from .records import CapacityProvider
from .region import GONE, Region

# How long creating, updating and deleting take; AWS gives no number.
CHANGE_SECONDS = 5.0

_SCALING_DEFAULTS = {
    "status": "DISABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10000,
    "instanceWarmupPeriod": 300,
}
_RESERVED_PREFIXES = ("aws", "ecs", "fargate")
_DESCRIBE_LIMIT = 100
_DESCRIBE_PAGE = 10
# Members of InstanceLaunchTemplate that InstanceLaunchTemplateUpdate lacks.
_FOR_LIFE = ("capacityOptionType", "fipsEnabled", "nitroEnclavesEnabled")
_KINDS = ("autoScalingGroupProvider", "managedInstancesProvider")


@operation
def create_capacity_provider(region: Region, request: Document) -> Document:
    """Create a provider of one of the two kinds."""
    name = request["name"]
    if not NAME.match(name) or name.lower().startswith(_RESERVED_PREFIXES):
        raise invalid_parameter(f"The specified capacity provider name '{name}' is invalid.")
    held = region.capacity_providers.get(name)
    if held is not None and held.doc["status"] != GONE:
        raise invalid_parameter(f"A capacity provider with the name '{name}' already exists.")
    kinds = [kind for kind in _KINDS if kind in request]
    if len(kinds) != 1:
        raise invalid_parameter("Specify exactly one of autoScalingGroupProvider and managedInstancesProvider.")
    doc = {
        "capacityProviderArn": region.arn(f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "updateStatus": "CREATE_COMPLETE",
    }
    if kinds == ["autoScalingGroupProvider"]:
        doc |= {"autoScalingGroupProvider": _filled(request[kinds[0]]), "type": "EC2_AUTOSCALING"}
        _check_group(region, doc)
    else:
        cluster = region.cluster(request.get("cluster"))
        doc |= {"managedInstancesProvider": request[kinds[0]], "type": "MANAGED_INSTANCES", "cluster": cluster.name}
        # It is not ACTIVE at once (terraform-provider-aws issue 45693), and DescribeClusters lists it although nobody
        # put it there (terraform-provider-aws issue 46346).
        doc |= {"status": "PROVISIONING", "updateStatus": "CREATE_IN_PROGRESS"}
        cluster.doc["capacityProviders"] = sorted([*cluster.doc["capacityProviders"], name])
    provider = CapacityProvider(doc, tags.checked(request.get("tags")))
    region.capacity_providers[name] = provider
    region.timeline.after(CHANGE_SECONDS, lambda: _finish(region, provider, "CREATE"))
    fleet.adopt(region, provider)
    return {"capacityProvider": _view(provider, with_tags=True)}


def _check_group(region: Region, doc: Document) -> None:
    """Refuse a group that another provider uses (aws/containers-roadmap issue 632), or that protects no instances.

    Only of a group that the emulator's Auto Scaling has is it known whether it protects its instances.
    """
    given = doc["autoScalingGroupProvider"]
    for other in region.capacity_providers.values():
        held = other.doc.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn")
        if held == given["autoScalingGroupArn"] and other.doc["status"] != GONE:
            raise client_error(
                "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a "
                "unique Auto Scaling group ARN and try again."
            )
    protects = neighbours.protects_new_instances(region, given["autoScalingGroupArn"])
    if given["managedTerminationProtection"] == "ENABLED" and protects is False:
        raise client_error(
            "The managed termination protection setting for the capacity provider is invalid. To enable managed "
            "termination protection for a capacity provider, the Auto Scaling group must have instance protection "
            "from scale in enabled."
        )


def _filled(given: Document) -> Document:
    scaling = _SCALING_DEFAULTS | given.get("managedScaling", {})
    defaults = {"managedTerminationProtection": "DISABLED", "managedDraining": "ENABLED"}
    filled = defaults | given | {"managedScaling": scaling}
    if filled["managedTerminationProtection"] == "ENABLED" and scaling["status"] != "ENABLED":
        raise invalid_parameter(
            "The managed termination protection setting for the capacity provider is invalid. To enable managed "
            "termination protection for a capacity provider, managed scaling must be enabled."
        )
    return filled


@operation
def update_capacity_provider(region: Region, request: Document) -> Document:
    """Change a provider.

    Members of managedScaling that are left out keep their value, those of a template do not; both are guesses.
    """
    provider = _existing(region, request["name"])
    if "autoScalingGroupProvider" in request:
        held = provider.doc.get("autoScalingGroupProvider")
        if held is None:
            raise invalid_parameter("The specified capacity provider does not use an Auto Scaling group.")
        given = dict(request["autoScalingGroupProvider"])
        given["managedScaling"] = held["managedScaling"] | given.get("managedScaling", {})
        provider.doc["autoScalingGroupProvider"] = _filled(held | given)
    if "managedInstancesProvider" in request:
        held = provider.doc.get("managedInstancesProvider")
        if held is None:
            raise invalid_parameter("The specified capacity provider does not use Managed Instances.")
        given = dict(request["managedInstancesProvider"])
        kept = {name: held["instanceLaunchTemplate"].get(name) for name in _FOR_LIFE}
        given["instanceLaunchTemplate"] = given["instanceLaunchTemplate"] | {
            k: v for k, v in kept.items() if v is not None
        }
        provider.doc["managedInstancesProvider"] = held | given
    provider.doc["updateStatus"] = "UPDATE_IN_PROGRESS"
    region.timeline.after(CHANGE_SECONDS, lambda: _finish(region, provider, "UPDATE"))
    region.scaling_changed()
    return {"capacityProvider": _view(provider, with_tags=True)}


@operation
def delete_capacity_provider(region: Region, request: Document) -> Document:
    """Delete a provider that no cluster and no service uses; asynchronous."""
    name = last_part(request["capacityProvider"])
    if name in strategies.FARGATE_PROVIDERS:
        raise invalid_parameter(
            "The specified capacity provider is reserved and cannot be deleted. Specify a valid name or ARN and try "
            "again."
        )
    provider = _existing(region, name)
    if reason := _use(region, provider):
        # The answer itself says so (ekristen/aws-nuke pull request 542); the words of the reason are a guess.
        provider.doc |= {"updateStatus": "DELETE_FAILED", "updateStatusReason": reason}
        return {"capacityProvider": _view(provider, with_tags=True)}
    provider.doc["updateStatus"] = "DELETE_IN_PROGRESS"
    provider.doc.pop("updateStatusReason", None)
    region.timeline.after(CHANGE_SECONDS, lambda: _finish(region, provider, "DELETE"))
    return {"capacityProvider": _view(provider, with_tags=True)}


def _use(region: Region, provider: CapacityProvider) -> str | None:
    """Say what keeps a provider from being deleted: a cluster it is put in, or a strategy."""
    name, own = provider.doc["name"], provider.doc.get("cluster")
    for cluster in region.clusters.values():
        default = cluster.doc["defaultCapacityProviderStrategy"]
        if cluster.doc["status"] != GONE and (
            (name in cluster.doc["capacityProviders"] and cluster.name != own)
            or any(item["capacityProvider"] == name for item in default)
        ):
            return f"The capacity provider is associated with the cluster {cluster.name}."
    for service in region.services.values():
        strategy = service.doc.get("capacityProviderStrategy", [])
        if service.status != GONE and any(item["capacityProvider"] == name for item in strategy):
            return f"The capacity provider is used by the service {service.name}."
    return None


def _finish(region: Region, provider: CapacityProvider, change: str) -> None:
    if provider.doc["updateStatus"] == f"{change}_IN_PROGRESS":
        provider.doc["updateStatus"] = f"{change}_COMPLETE"
        if change == "CREATE":
            provider.doc["status"] = "ACTIVE"
        if change == "DELETE":
            provider.doc["status"] = GONE
            cluster = region.clusters.get(provider.doc.get("cluster", ""))
            if cluster is not None:
                cluster.doc["capacityProviders"] = [
                    name for name in cluster.doc["capacityProviders"] if name != provider.doc["name"]
                ]


def _existing(region: Region, reference: str) -> CapacityProvider:
    provider = region.capacity_providers.get(last_part(reference))
    if provider is None or provider.doc["status"] == GONE:
        raise client_error("The specified capacity provider does not exist. Specify a valid name or ARN and try again.")
    if provider.doc["updateStatus"].endswith("_IN_PROGRESS"):
        raise EcsError(
            "UpdateInProgressException", "The specified capacity provider is being changed. Try again later."
        )
    return provider


@operation
def describe_capacity_providers(region: Region, request: Document) -> Document:
    """Describe providers by name, or all of them, FARGATE and FARGATE_SPOT included, ten a page."""
    names = [last_part(name) for name in request.get("capacityProviders", [])]
    if len(names) > _DESCRIBE_LIMIT:
        raise invalid_parameter(f"capacityProviders can have at most {_DESCRIBE_LIMIT} items.")
    known = {name: _implicit(region, name) for name in strategies.FARGATE_PROVIDERS} | region.capacity_providers
    if not names:
        names = [name for name, provider in known.items() if provider.doc["status"] != GONE]
    with_tags = "TAGS" in request.get("include", [])
    missing = [name for name in names if name not in known]
    chosen, following = page([name for name in names if name in known], request, _DESCRIBE_PAGE, _DESCRIBE_PAGE)
    return {
        "capacityProviders": [_view(known[name], with_tags) for name in chosen],
        "failures": [failure(_arn(region, name)) for name in missing],
        **following,
    }


def _arn(region: Region, name: str) -> str:
    return name if is_arn(name) else region.arn(f"capacity-provider/{name}")


def _implicit(region: Region, name: str) -> CapacityProvider:
    return CapacityProvider(
        {"capacityProviderArn": _arn(region, name), "name": name, "status": "ACTIVE", "type": name}, []
    )


def _view(provider: CapacityProvider, with_tags: bool) -> Document:
    return {**provider.doc, "tags": provider.tags if with_tags else []}
