# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity providers.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html; defaults of managed scaling
from the botocore ECS model, ManagedScaling. Providers are kept and shown; they do not scale yet.
"""

from __future__ import annotations

from . import strategies, tags
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
    else:
        cluster = region.cluster(request.get("cluster"))
        doc |= {"managedInstancesProvider": request[kinds[0]], "type": "MANAGED_INSTANCES", "cluster": cluster.name}
    provider = CapacityProvider(doc, tags.checked(request.get("tags")))
    region.capacity_providers[name] = provider
    return {"capacityProvider": _view(provider, with_tags=True)}


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
    """Change a provider; members of managedScaling that are left out keep their value (a guess)."""
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
        provider.doc["managedInstancesProvider"] = held | request["managedInstancesProvider"]
    provider.doc["updateStatus"] = "UPDATE_IN_PROGRESS"
    region.timeline.after(CHANGE_SECONDS, lambda: _finish(provider, "UPDATE"))
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
    if any(name in cluster.doc["capacityProviders"] for cluster in region.clusters.values()):
        raise EcsError("ResourceInUseException", "The specified capacity provider is in use and cannot be deleted.")
    provider.doc["updateStatus"] = "DELETE_IN_PROGRESS"
    region.timeline.after(CHANGE_SECONDS, lambda: _finish(provider, "DELETE"))
    return {"capacityProvider": _view(provider, with_tags=True)}


def _finish(provider: CapacityProvider, change: str) -> None:
    if provider.doc["updateStatus"] == f"{change}_IN_PROGRESS":
        provider.doc["updateStatus"] = f"{change}_COMPLETE"
        if change == "DELETE":
            provider.doc["status"] = GONE


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
