# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity providers that scale: Auto Scaling groups by CapacityProviderReservation, and ECS Managed Instances.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html and AWS's blog "Deep Dive on
Amazon ECS Cluster Auto Scaling": the metric is the number of instances that are needed by the number that there are,
in percent. Above the target for one minute more are launched, below it for fifteen some go.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html: instances start when tasks need them
and end when they are idle.
"""

from __future__ import annotations

import math
from typing import Any

from . import fleet, groups, instances, machines, room
from .records import CapacityProvider, Task
from .region import GONE, Region

Document = dict[str, Any]

_LOOK_SECONDS = 60.0
_SCALE_IN_SECONDS = 15 * 60.0
# How long a Managed Instance takes to start, and how long it may be idle: guesses.
_MANAGED_BOOT_SECONDS = 45.0
_IDLE_SECONDS = 5 * 60.0
_WHOLE = 100


def wake(region: Region) -> None:
    """Begin to look once a minute, unless it is done already."""
    if not region.scaling_looks and _scaling(region):
        region.scaling_looks = True
        region.timeline.after(_LOOK_SECONDS, lambda: _look(region))


def _look(region: Region) -> None:
    providers = _scaling(region)
    region.scaling_looks = bool(providers)
    for provider in providers:
        if provider.doc["type"] == "MANAGED_INSTANCES":
            _look_at_managed_instances(region, provider)
        else:
            _look_at_group(region, provider)
    if providers:
        region.timeline.after(_LOOK_SECONDS, lambda: _look(region))


def _scaling(region: Region) -> list[CapacityProvider]:
    """The providers that scale by themselves."""
    found = []
    for provider in region.capacity_providers.values():
        if provider.doc["status"] == GONE:
            continue
        settings = provider.doc.get("autoScalingGroupProvider", {}).get("managedScaling", {})
        attached = settings.get("status") == "ENABLED" and fleet.clusters_of(region, provider)
        if provider.doc["type"] == "MANAGED_INSTANCES" or attached:
            found.append(provider)
    return found


def _waiting(region: Region, provider: CapacityProvider) -> list[Task]:
    return [task for task in region.waiting if task.waiting and task.waiting.wish.provider == provider.name]


# Auto Scaling groups


def _look_at_group(region: Region, provider: CapacityProvider) -> None:
    group = fleet.group_of(region, provider)
    if group is None:
        return
    protect(region, provider, group)
    held = groups.in_service(group)
    needed = _needed(region, provider, held)
    settings = provider.doc["autoScalingGroupProvider"]["managedScaling"]
    target = int(settings["targetCapacity"])
    wanted = math.ceil(needed * _WHOLE / target)
    if _reservation(needed, len(held)) > target:
        provider.low_since = None
        low, high = int(settings["minimumScalingStepSize"]), int(settings["maximumScalingStepSize"])
        step = min(max(wanted - len(held), low), high)
        _resize(region, group, min(len(held) + step, int(group.max_size)))
    elif _reservation(needed, len(held)) < target:
        if provider.low_since is None:
            provider.low_since = region.timeline.now
        elif region.timeline.now - provider.low_since >= _SCALE_IN_SECONDS:
            _resize(region, group, max(wanted, int(group.min_size)))
    else:
        provider.low_since = None


def _resize(region: Region, group: Any, count: int) -> None:
    if count != group.desired_capacity:
        groups.set_desired(group, count)
        fleet.look(region)


def _reservation(needed: int, held: int) -> float:
    """Compute the metric; without instances it is 100 if none is needed, 200 if any is."""
    if not held:
        return 2.0 * _WHOLE if needed else float(_WHOLE)
    return needed * _WHOLE / held


def _needed(region: Region, provider: CapacityProvider, held: list[Any]) -> int:
    """Count the instances that have tasks, and those that the waiting tasks would need."""
    registered = {state.instance_id: fleet.instance_of(region, state.instance_id) for state in held}
    used = sum(fleet.busy(region, instance) for instance in registered.values())
    waiting = _waiting(region, provider)
    if not waiting:
        return used
    kind = machines.machine(held[0].instance_type if held else _kind(region, provider))
    return used + _bins([room.needs_of(task.definition, task.doc["overrides"]) for task in waiting], kind)


def _kind(region: Region, provider: CapacityProvider) -> str:
    group = fleet.group_of(region, provider)
    return str(group.instance_type)


def _bins(needs: list[room.Needs], kind: machines.Machine) -> int:
    """Estimate from below how many instances of a type so many tasks fill."""
    size = {item["name"]: item["integerValue"] for item in kind.resources}
    cpu = sum(need.cpu for need in needs) / size["CPU"]
    memory = sum(need.memory for need in needs) / size["MEMORY"]
    interfaces = sum(need.interfaces for need in needs) / max(1, kind.interfaces - 1)
    return max(1, math.ceil(cpu), math.ceil(memory), math.ceil(interfaces))


def protect(region: Region, provider: CapacityProvider, group: Any) -> None:
    """Protect the instances with tasks from scale-in, and no others.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-termination-protection.html
    """
    if provider.doc["autoScalingGroupProvider"]["managedTerminationProtection"] == "ENABLED":
        for state in groups.in_service(group):
            instance = fleet.instance_of(region, state.instance_id)
            booting = instance is None and state.instance.state == "running"
            state.protected_from_scale_in = booting or fleet.busy(region, instance)


# ECS Managed Instances


def _look_at_managed_instances(region: Region, provider: CapacityProvider) -> None:
    waiting = _waiting(region, provider)
    if waiting and not provider.launching:
        needs = [room.needs_of(task.definition, task.doc["overrides"]) for task in waiting]
        platform = waiting[0].definition.doc.get("runtimePlatform", {})
        kind = machines.cheapest(
            sum(need.cpu for need in needs),
            sum(need.memory for need in needs),
            platform.get("cpuArchitecture", "X86_64").lower(),
        )
        provider.launching = 1
        region.timeline.after(_MANAGED_BOOT_SECONDS, lambda: _started(region, provider, kind))
    own = [item for item in region.instances.values() if item.doc.get("capacityProviderName") == provider.name]
    for instance in own:
        since = region.draining_since
        if fleet.busy(region, instance):
            since.pop(instance.arn, None)
        elif region.timeline.now - since.setdefault(instance.arn, region.timeline.now) >= _IDLE_SECONDS:
            instances.terminated(region, instance)


def _started(region: Region, provider: CapacityProvider, kind: machines.Machine) -> None:
    provider.launching = 0
    cluster = region.find_cluster(provider.doc["cluster"])
    if cluster is None or provider.doc["status"] == GONE:
        return
    template = provider.doc["managedInstancesProvider"].get("instanceLaunchTemplate", {})
    subnets = template.get("networkConfiguration", {}).get("subnets") or [""]
    zone = fleet.zone_of(region, subnets[0])
    instances.add(region, cluster, instances.Host(kind, zone, subnet=subnets[0], provider=provider.name))
