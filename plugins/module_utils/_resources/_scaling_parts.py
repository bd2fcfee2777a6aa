# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hangs on a scalable target: policies, scheduled actions, tags, activities; and the calls that change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._api import AwsError
from .._core import Call
from .._normal import normal, snake
from ._scaled import COUNT, SCALING, resource_id
from ._scaling_forms import ACTIONS, POLICIES
from ._scaling_rules import TIMES, instant

# Stands for what AWS makes up.
UNKNOWN = "(known after apply)"
BOUNDS = ("MinCapacity", "MaxCapacity")
COUNTS = ("desiredCount", "runningCount", "pendingCount")
ACTION_MEMBERS = ("Schedule", "Timezone", *TIMES, "ScalableTargetAction")
MOST_ACTIVITIES = 50  # DescribeScalingActivities gives so many at once


def place(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what every operation takes to name a target."""
    return {**COUNT, "ResourceId": resource_id(document["cluster"], document["service"])}


def beside(api: Any, target: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Read what DescribeScalableTargets does not show, kind after kind: its members, and how they are shown."""
    where = {**COUNT, "ResourceId": target["ResourceId"]}
    policies = list(api.pages("DescribeScalingPolicies", "ScalingPolicies", SCALING, **where))
    members: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for member, (kind, configuration) in POLICIES.items():
        chosen = sorted((one for one in policies if one["PolicyType"] == kind), key=lambda one: str(one["PolicyName"]))
        members[member] = [{"name": one["PolicyName"], **one.get(configuration, {})} for one in chosen]
        shown[member] = [
            {**entry, "PolicyARN": one["PolicyARN"], "Alarms": [alarm["AlarmName"] for alarm in one.get("Alarms", [])]}
            for entry, one in zip(members[member], chosen, strict=True)
        ]
    yield members, shown
    actions = list(api.pages("DescribeScheduledActions", "ScheduledActions", SCALING, **where))
    own = [
        {"name": one["ScheduledActionName"], **{key: one[key] for key in ACTION_MEMBERS if key in one}}
        for one in actions
    ]
    yield {ACTIONS: own}, {}
    tags = api.read("ListTagsForResource", SCALING, ResourceARN=target["ScalableTargetARN"]).get("Tags", {})
    yield {"tags": [{"key": key, "value": value} for key, value in tags.items()]}, {}


def foreseen(shown: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Give the policies that there will be, with what names them in AWS: alarms that others make need it."""
    policies = {}
    for member in POLICIES:
        known = {entry["name"]: entry for entry in shown.get(member) or []}
        policies[member] = [
            {"PolicyARN": UNKNOWN, "Alarms": [], **known.get(entry["name"], {}), **entry}
            for entry in after.get(member) or []
        ]
    return policies


def spell(document: dict[str, Any]) -> None:
    """Bring times and the order of lists into the one form in which they are compared."""
    for entry in document.get(ACTIONS) or []:
        entry.update({name: instant(entry[name]) for name in TIMES if entry.get(name)})
    for member in (*POLICIES, ACTIONS):
        if document.get(member):
            document[member] = sorted(document[member], key=lambda entry: str(entry["name"]))


def scheduled(have: Mapping[str, Any], want: Mapping[str, Any], bound: str) -> set[int]:
    """Give the values that scheduled actions set a bound to: the bound that is there may come from one of them."""
    before = have.get(ACTIONS) or []
    after = want.get(ACTIONS, before)
    staying = {entry["name"] for entry in after}
    actions = [*after, *(entry for entry in before if entry["name"] in staying)]
    return {entry["ScalableTargetAction"][bound] for entry in actions if bound in entry.get("ScalableTargetAction", {})}


def removals(have: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Call]:
    """Plan the calls that delete policies and actions that are not declared any more."""
    for member in (*POLICIES, ACTIONS):
        kept = {entry["name"] for entry in after.get(member) or []}
        for entry in have.get(member) or []:
            if entry["name"] not in kept and member == ACTIONS:
                named = {"ScheduledActionName": entry["name"]}
                yield Call("DeleteScheduledAction", {**place(after), **named}, SCALING)
            elif entry["name"] not in kept:
                yield Call("DeleteScalingPolicy", {**place(after), "PolicyName": entry["name"]}, SCALING)


def puts(have: Mapping[str, Any], after: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[Call]:
    """Plan the calls that put policies and actions that are new or differ, each as a whole."""
    for member in (*POLICIES, ACTIONS):
        item = shapes[member].member
        known = {entry["name"]: entry for entry in have.get(member) or []}
        for entry in after.get(member) or []:
            old = known.get(entry["name"])
            if old is None or normal(old, item) != normal(entry, item):
                yield _put(member, entry, old, after)


def _put(member: str, entry: Mapping[str, Any], old: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Call:
    own = {name: value for name, value in entry.items() if name != "name"}
    if member == ACTIONS:
        if old and old.get("Timezone"):  # what is not sent stays as it was
            own.setdefault("Timezone", "UTC")
        return Call("PutScheduledAction", {**place(after), "ScheduledActionName": entry["name"], **own}, SCALING)
    kind, configuration = POLICIES[member]
    named = {"PolicyName": entry["name"], "PolicyType": kind}
    return Call("PutScalingPolicy", {**place(after), **named, configuration: own}, SCALING)


def counts(api: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how many tasks the service wants and has; nothing where that cannot be seen."""
    try:
        shown = api.describe("DescribeServices", [document["service"]], cluster=document["cluster"])
    except AwsError:
        return {}
    return {name: shown[0][name] for name in COUNTS if name in shown[0]} if shown else {}


def activities(api: Any, target: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Tell what the scaling did and why, newest first, and what it did not do; nothing where that may not be seen."""
    if count <= 0:
        return []
    where = {**COUNT, "ResourceId": target["ResourceId"], "MaxResults": min(count, MOST_ACTIVITIES)}
    try:
        answer = api.read("DescribeScalingActivities", SCALING, **where, IncludeNotScaledActivities=True)
    except AwsError as error:
        if error.code.startswith("AccessDenied"):
            return []
        raise
    newest = sorted(answer.get("ScalingActivities", []), key=lambda one: one["StartTime"], reverse=True)
    return [_activity(one) for one in newest]


def _activity(shown: Mapping[str, Any]) -> dict[str, Any]:
    told = {snake(name): value for name, value in shown.items() if name not in (*COUNT, "ResourceId")}
    for name in ("start_time", "end_time"):
        if name in told:
            told[name] = instant(told[name])
    if "not_scaled_reasons" in told:
        told["not_scaled_reasons"] = [
            {snake(name): value for name, value in reason.items()} for reason in told["not_scaled_reasons"]
        ]
    return told
