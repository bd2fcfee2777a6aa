# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance refreshes of Auto Scaling groups, which moto lacks.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html. Instances are replaced step by step,
within the minimum and maximum healthy percentage; one at a time where these leave no room.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from . import fleet, groups
from .names import uuid
from .region import Region

Document = dict[str, Any]

# Between Pending and InProgress, and between two steps: guesses.
_START_SECONDS = 5.0
_STEP_SECONDS = 15.0
# How long a refresh waits for the protection from scale-in to end (RefreshPreferences.ScaleInProtectedInstances).
_PATIENCE_SECONDS = 3600.0
_WHOLE = 100
_UNDER_WAY = ("Pending", "InProgress", "Cancelling")
_DEFAULTS = {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 100, "SkipMatching": False}


@dataclass
class Refresh:
    """A refresh at work: the instances that are still to be replaced, and those that came, with their moments."""

    doc: Document
    group: Any
    warmup: float
    old: set[str]
    began: float
    known: dict[str, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Pending, InProgress ..."""
        return str(self.doc["Status"])


def install(region_of: Callable[[Any], Region]) -> None:
    """Teach moto's Auto Scaling the operations."""

    def start_instance_refresh(response: Any) -> ActionResult:
        group = _group(response)
        if _running(group) is not None:
            raise groups.Refusal("InstanceRefreshInProgress", "An Instance Refresh is already in progress.")
        refresh = _begin(region_of(group), group, response._get_param("Preferences", {}) or {})
        return ActionResult({"InstanceRefreshId": refresh.doc["InstanceRefreshId"]})

    def describe_instance_refreshes(response: Any) -> ActionResult:
        wanted = response._get_param("InstanceRefreshIds", [])
        shown = [item.doc for item in _of(_group(response)) if not wanted or item.doc["InstanceRefreshId"] in wanted]
        return ActionResult({"InstanceRefreshes": list(reversed(shown))})

    def cancel_instance_refresh(response: Any) -> ActionResult:
        group = _group(response)
        refresh = _running(group)
        if refresh is None:
            raise groups.Refusal("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.")
        _end(region_of(group), refresh, "Cancelled", "Cancelled due to user request.")
        return ActionResult({"InstanceRefreshId": refresh.doc["InstanceRefreshId"]})

    hooks: Any = AutoScalingResponse
    hooks.start_instance_refresh = start_instance_refresh
    hooks.describe_instance_refreshes = describe_instance_refreshes
    hooks.cancel_instance_refresh = cancel_instance_refresh


def _group(response: Any) -> Any:
    name = response._get_param("AutoScalingGroupName")
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise groups.Refusal("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
    return group


def _of(group: Any) -> list[Refresh]:
    held: list[Refresh] = group.__dict__.setdefault("emulated_refreshes", [])
    return held


def _running(group: Any) -> Refresh | None:
    return next((item for item in _of(group) if item.status in _UNDER_WAY), None)


def _begin(region: Region, group: Any, preferences: Document) -> Refresh:
    settings = _DEFAULTS | preferences
    held = groups.in_service(group)
    present = {state.instance_id for state in held}
    if settings["SkipMatching"]:
        held = [state for state in held if groups.version_of(state) != groups.present_version(group)]
    warmup = int(settings.get("InstanceWarmup", group.health_check_grace_period or 0))
    doc = {
        "InstanceRefreshId": uuid(),
        "AutoScalingGroupName": group.name,
        "Status": "Pending",
        "StartTime": _moment(region),
        "PercentageComplete": 0,
        "InstancesToUpdate": len(held),
        "Preferences": settings | {"InstanceWarmup": warmup},
        "Strategy": "Rolling",
    }
    known = dict.fromkeys(present, float("-inf"))
    refresh = Refresh(doc, group, warmup, {state.instance_id for state in held}, region.timeline.now, known)
    total = len(held)
    _of(group).append(refresh)
    region.timeline.after(_START_SECONDS, lambda: _step(region, refresh, total))
    return refresh


def _moment(region: Region) -> datetime:
    return datetime.fromtimestamp(region.timeline.now, UTC)


def _step(region: Region, refresh: Refresh, total: int) -> None:
    if refresh.status not in _UNDER_WAY:
        return
    held = groups.in_service(refresh.group)
    for state in held:
        refresh.known.setdefault(state.instance_id, region.timeline.now)
    warm = [state for state in held if region.timeline.now - refresh.known[state.instance_id] >= refresh.warmup]
    old = [state for state in held if state.instance_id in refresh.old]
    behaviour = refresh.doc["Preferences"].get("ScaleInProtectedInstances", "Wait")
    free = [state for state in old if behaviour == "Refresh" or not state.protected_from_scale_in]
    refresh.doc |= {"Status": "InProgress", "InstancesToUpdate": len(old)}
    refresh.doc["PercentageComplete"] = (total - len(old)) * _WHOLE // max(total, 1)
    left = free if behaviour == "Ignore" else old
    if not left and len(warm) == len(held):
        _end(region, refresh, "Successful", "")
    elif old and not free and region.timeline.now - refresh.began >= _PATIENCE_SECONDS:
        _end(region, refresh, "Failed", "Instances in the group are protected from scale in.")
    else:
        _replace(refresh, held, warm, free)
        fleet.look(region)
        region.timeline.after(_STEP_SECONDS, lambda: _step(region, refresh, total))


def _replace(refresh: Refresh, held: list[Any], warm: list[Any], free: list[Any]) -> None:
    """Launch as far as the maximum allows, terminate as far as the minimum does."""
    group, settings = refresh.group, refresh.doc["Preferences"]
    desired = int(group.desired_capacity or 0)
    most = math.floor(desired * settings["MaxHealthyPercentage"] / _WHOLE)
    fewest = math.ceil(desired * settings["MinHealthyPercentage"] / _WHOLE)
    settled = len(warm) == len(held) >= desired
    ahead = min(most - len(held), len(free)) if settled else 0
    spare = len(warm) - fewest
    if ahead > 0:
        groups.launch(group, ahead)
    elif free and settled:
        spare = max(spare, 1)
    for state in free[: max(0, spare)]:
        groups.terminate(group, state)
    missing = desired - len(groups.in_service(group))
    if missing > 0:
        groups.launch(group, missing)


def _end(region: Region, refresh: Refresh, status: str, reason: str) -> None:
    refresh.doc |= {"Status": status, "EndTime": _moment(region)}
    if reason:
        refresh.doc["StatusReason"] = reason
    if status == "Successful":
        refresh.doc |= {"PercentageComplete": _WHOLE, "InstancesToUpdate": 0}
