# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a capacity provider must be, so that AWS takes it: said before any call is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._errors import BadInput
from .._normal import snake

GROUP, MANAGED = "autoScalingGroupProvider", "managedInstancesProvider"
# What CreateCapacityProvider documents of names.
RESERVED = ("aws", "ecs", "fargate")
LONGEST_DELAY = 3600  # InfrastructureOptimization, scaleInAfter
# Of EC2's InstanceRequirementsRequest: each pair answers one question, so only one of the two may be given.
EXCLUSIVE = (
    ("allowedInstanceTypes", "excludedInstanceTypes"),
    ("spotMaxPricePercentageOverLowestPrice", "maxSpotPriceAsPercentageOfOptimalOnDemandPrice"),
)


def check(document: Mapping[str, Any], gone: bool) -> None:
    """Refuse what cannot be meant, as far as the document alone tells; raises BadInput with the remedy."""
    name = document["name"]
    if name.lower().startswith(RESERVED):
        remedy = (
            "FARGATE and FARGATE_SPOT belong to AWS and stay; take them out of capacity_providers of the cluster"
            if gone
            else "choose another; FARGATE and FARGATE_SPOT are there without being created"
        )
        raise BadInput(f"name: {name!r} starts with {' or '.join(RESERVED)}, which AWS keeps for itself: {remedy}.")
    if gone:
        return
    if document.get(GROUP) and document.get(MANAGED):
        raise BadInput(
            f"{snake(GROUP)} and {snake(MANAGED)} exclude each other: a provider is of one kind; give one of them."
        )
    if document.get("cluster") and document.get(GROUP):
        raise BadInput(
            f"cluster goes with {snake(MANAGED)}; leave it out, and name this provider in capacity_providers of the "
            "cluster (longshore.ecs.cluster)."
        )
    for problem in _managed(document.get(MANAGED) or {}):
        raise BadInput(f"{snake(MANAGED)}.{problem}")


def check_new(document: Mapping[str, Any]) -> None:
    """Refuse a document from which no provider can be made."""
    if not document.get(GROUP) and not document.get(MANAGED):
        raise BadInput(
            f"{snake(GROUP)} or {snake(MANAGED)} is required, since there is no capacity provider "
            f"{document['name']} yet: say what it is made of."
        )
    if document.get(MANAGED) and not document.get("cluster"):
        raise BadInput(
            f"cluster is required with {snake(MANAGED)}: name the cluster to which the instances are to belong."
        )


def check_scaling(after: Mapping[str, Any]) -> None:
    """Refuse a combination of managed scaling that AWS refuses, once what is kept is known."""
    scaling = after.get("managedScaling") or {}
    least, most = scaling.get("minimumScalingStepSize", 1), scaling.get("maximumScalingStepSize", 10000)
    place = f"{snake(GROUP)}.managed_scaling"
    if least > most:
        raise BadInput(
            f"{place}.minimum_scaling_step_size: {least} is more than maximum_scaling_step_size, {most}; "
            "lower the one or raise the other."
        )
    if after.get("managedTerminationProtection") == "ENABLED" and scaling.get("status") != "ENABLED":
        raise BadInput(
            f"{snake(GROUP)}.managed_termination_protection: it needs managed scaling; set {place}.status to "
            "ENABLED, or managed_termination_protection to DISABLED."
        )


def _managed(given: Mapping[str, Any]) -> Iterator[str]:
    after = (given.get("infrastructureOptimization") or {}).get("scaleInAfter")
    if after is not None and not -1 <= after <= LONGEST_DELAY:
        yield (
            f"infrastructure_optimization.scale_in_after: {after} is out of range; AWS wants 0 to {LONGEST_DELAY} "
            "seconds, or -1 to switch it off."
        )
    template = given.get("instanceLaunchTemplate") or {}
    place = "instance_launch_template"
    network = template.get("networkConfiguration")
    if network is not None and not network.get("subnets"):
        yield f"{place}.network_configuration.subnets is required: name the subnets of the instances."
    local = (template.get("localStorageConfiguration") or {}).get("useLocalStorage")
    if local and template.get("nitroEnclavesEnabled"):
        yield (
            f"{place}.nitro_enclaves_enabled: it cannot go with local_storage_configuration.use_local_storage; "
            "set one of the two to false."
        )
    yield from _requirements(f"{place}.instance_requirements", template.get("instanceRequirements") or {})


def _requirements(place: str, given: Mapping[str, Any]) -> Iterator[str]:
    for one, other in EXCLUSIVE:
        if given.get(one) and given.get(other):
            yield f"{place}: {snake(one)} and {snake(other)} exclude each other; give one of them."
    for name, value in given.items():
        if isinstance(value, Mapping) and value.get("min", 0) > value.get("max", value.get("min", 0)):
            yield f"{place}.{snake(name)}: min, {value['min']}, is more than max, {value['max']}; swap them."
