# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a task cannot even be launched: no capacity, a quota, a role; as RunTask answers it and as a service's event.

Events: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html; failures of
RunTask: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html. That RunTask answers
capacity and quotas of Fargate with `failures[]` is what users quote (gruntwork-io, hyperflow-wms/hyperflow).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import facts, strict
from .causes import CAUSES, LAUNCH
from .containers import behaviours
from .records import TaskDefinition
from .region import Region

_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_LIMIT = "You've reached the limit on the number of {} you can run concurrently"
_NO_INSTANCE = "was unable to place a task because no container instance met all of its requirements. "


@dataclass(frozen=True)
class Refusal:
    """A task that cannot be launched: `failures` of RunTask, or its `error`, and the `event` of a service."""

    event: str
    failures: tuple[tuple[str, str], ...] = ()
    error: str | None = None


def _unplaced(reason: str, detail: str = "") -> Refusal:
    return Refusal(f"was unable to place a task. Reason: {reason}{detail}.", (("", reason),))


_FARGATE = {
    "unavailable": _unplaced(_CAPACITY),
    "quota": _unplaced(_LIMIT.format("vCPUs")),
    "task-quota": _unplaced(_LIMIT.format("tasks")),
    "cpu-limit": _unplaced("The requested CPU configuration is above your limit"),
    "memory-limit": _unplaced("The requested MEMORY configuration is above your limit"),
    "internal": _unplaced("Internal error"),
    "throttled": Refusal("operations are being throttled. Will try again later.", (("", "Rate exceeded"),)),
}
# What is wrong with the closest matching instance. The words for memory are those that users quote; those for what the
# page does not name are guesses.
CLOSEST = {
    "RESOURCE:CPU": "has insufficient CPU units available",
    "RESOURCE:MEMORY": "has insufficient memory available",
    "RESOURCE:PORTS": "is already using a port required by your task",
    "RESOURCE:ENI": 'encountered error "RESOURCE:ENI"',
    "ATTRIBUTE": "is missing an attribute required by your task",
    "RESOURCE:GPU": 'encountered error "RESOURCE:GPU"',
    "AGENT": 'encountered error "AGENT"',
    "LOCATION": 'encountered error "LOCATION"',
    "MemberOf placement constraint unsatisfied.": "is missing an attribute required by your task",
    "DistinctInstance placement constraint unsatisfied.": 'encountered error "DISTINCT_INSTANCE"',
}
_INSTANCES = {
    "cpu": "RESOURCE:CPU",
    "memory": "RESOURCE:MEMORY",
    "port": "RESOURCE:PORTS",
    "eni": "RESOURCE:ENI",
    "attribute": "ATTRIBUTE",
    "agent": "AGENT",
}


def no_instance(closest: dict[str, str], provider: str | None = None) -> Refusal:
    """Say that no instance fits: ARNs of instances and what is wrong with each, the closest matching first."""
    if not closest:
        place = "capacity provider" if provider else "cluster"
        text = f"No Container Instances were found in your {place}."
        return Refusal(f"{_NO_INSTANCE}Reason: {text}", error=text if provider else None)
    arn, reason = next(iter(closest.items()))
    words = f"The closest matching (container-instance {arn.rpartition('/')[2]}) {CLOSEST[reason]}."
    return Refusal(_NO_INSTANCE + words, tuple(closest.items()))


def refusal(region: Region, launch_type: str, provider: str | None, instances: list[str]) -> Refusal | None:
    """Meet what `/_emulator/capacity` says; one call is one try."""
    if launch_type in ("EC2", "EXTERNAL"):
        kind = region.world.capacity.take("ec2")
        if kind is None:
            return None
        return no_instance({arn: _INSTANCES[kind] for arn in instances} if kind != "unavailable" else {})
    kind = region.world.capacity.take("fargate_spot" if provider == "FARGATE_SPOT" else "fargate")
    return _FARGATE[kind] if kind else None


def role_refusal(region: Region, definition: TaskDefinition, overrides: dict[str, Any]) -> Refusal | None:
    """Refuse a role that ECS cannot assume.

    RunTask's exception and the event are AWS's as users quote them (aws-samples/aws-modern-application-workshop#149).
    """
    text = _role_text(region, definition, overrides)
    return Refusal(f"failed to launch a task with (error {text}).", error=text) if text else None


def _role_text(region: Region, definition: TaskDefinition, overrides: dict[str, Any]) -> str | None:
    for name, behaviour in behaviours(region, definition.doc, overrides).items():
        if behaviour.strikes == LAUNCH:
            container = next(item for item in definition.doc["containerDefinitions"] if item["name"] == name)
            known = facts.gather(region, definition, overrides, container, "")
            return behaviour.stopped_reason or behaviour.reason or behaviour.cause.text.format_map(known)
    role = strict.missing_role(region, definition, overrides)
    return CAUSES["task-role"].text.format_map({"task_role": role}) if role else None
