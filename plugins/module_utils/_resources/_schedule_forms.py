# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A schedule as people write it, flat and in the spelling of ECS, and the nested one of EventBridge Scheduler."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from .._normal import revision_name, snake, unordered
from . import _names, _networks, _schedule_times, _shapes

SCHEDULER = "scheduler"
# Members of a target, and of its EcsParameters: our name -> that of AWS.
TARGET = {name: name for name in ("RoleArn", "DeadLetterConfig", "RetryPolicy")}
ECS = {
    "taskDefinition": "TaskDefinitionArn",
    "taskCount": "TaskCount",
    "taskGroup": "Group",
    "taskTags": "Tags",
    "launchType": "LaunchType",
    "platformVersion": "PlatformVersion",
    "networkConfiguration": "NetworkConfiguration",
    "capacityProviderStrategy": "CapacityProviderStrategy",
    "placementConstraints": "PlacementConstraints",
    "placementStrategy": "PlacementStrategy",
    "propagateTags": "PropagateTags",
    "enableECSManagedTags": "EnableECSManagedTags",
    "enableExecuteCommand": "EnableExecuteCommand",
    "referenceId": "ReferenceId",
}
# Members whose types ECS has, where its own names differ from ours.
IN_ECS = {"taskGroup": "group", "taskTags": "tags"}
DATES = {"StartDate": "start_date", "EndDate": "end_date"}
# What AWS takes for a member that is not given.
DEFAULTS: dict[str, Any] = {
    "taskCount": 1,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "platformVersion": "LATEST",
    "propagateTags": "NONE",
}
UNORDERED = ("capacityProviderStrategy", "placementConstraints", "taskTags")


def shape(api: Any) -> Any:
    """Give the shape of the document: the schedule without its target, and what RunTask takes."""
    return _shape(api.shape("CreateSchedule", SCHEDULER), api.shape("RunTask"))


@functools.lru_cache(maxsize=10)
def _shape(schedule: Any, task: Any) -> Any:
    target = schedule.members["Target"]
    parameters = target.members["EcsParameters"].members
    text = _shapes.Shape("string", "String")
    apart = {"ClientToken", "Target"}
    members = {name: member for name, member in schedule.members.items() if name not in apart}
    members.update(dict.fromkeys((*DATES, "KmsKeyArn"), text), cluster=text, overrides=task.members["overrides"])
    members.update({name: target.members[name] for name in TARGET})
    members.update({name: task.members.get(IN_ECS.get(name, name), parameters[ECS[name]]) for name in ECS})
    return _shapes.Shape("structure", schedule.name, members)


def accepted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Take a schedule as GetSchedule prints it, with a target, and the short forms of networks and windows."""
    result = dict(given)
    for name in ("target", "Target"):
        if isinstance(result.get(name), Mapping):
            target = result.pop(name)
            result = {**_lifted(target), **result}
    for name, option in DATES.items():
        for spelling in (name, option):
            if result.get(spelling) is not None:
                result[spelling] = _schedule_times.stamp(result[spelling], option)
    for name in ("flexible_time_window", "FlexibleTimeWindow"):
        window = result.get(name)
        if isinstance(window, Mapping) and window and not {"mode", "Mode"} & set(window):
            result[name] = {"mode": "FLEXIBLE", **window}
    return _networks.nested(result)


def _lifted(target: Mapping[str, Any]) -> dict[str, Any]:
    known = {snake(str(name)): value for name, value in target.items()}
    inside = {snake(str(name)): value for name, value in (known.pop("ecs_parameters", None) or {}).items()}
    result = {name: inside.pop(snake(member)) for name, member in ECS.items() if snake(member) in inside}
    if isinstance(result.get("networkConfiguration"), Mapping):
        result["networkConfiguration"] = _lower(result["networkConfiguration"])
    result.update({name: known.pop(snake(name)) for name in TARGET if snake(name) in known})
    if "arn" in known:
        result["cluster"] = known.pop("arn")
    if known.get("input"):
        result["overrides"] = read_input(known.pop("input"))
    return {**known, **inside, **result}  # what is left nobody knows, and the model refuses it by name


def read_input(text: Any) -> Any:
    """Read the overrides that a target's input holds; anything else is left for the model to refuse."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _lower(value: Any) -> Any:
    """Spell the members of a structure as ECS does: EventBridge Scheduler has subnets as Subnets."""
    if isinstance(value, Mapping):
        return {snake(str(name)): _lower(entry) for name, entry in value.items()}
    return value


def flat(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schedule that runs a task, as GetSchedule shows it, in our document's shape."""
    target = shown["Target"]
    parameters = target.get("EcsParameters") or {}
    apart = {"Arn", "Target", "CreationDate", "LastModificationDate"}
    document = {name: value for name, value in shown.items() if name not in apart}
    document.update({name: _schedule_times.stamp(shown[name], name) for name in DATES if shown.get(name)})
    document.update({name: target[name] for name in TARGET if name in target})
    document.update({name: parameters[member] for name, member in ECS.items() if member in parameters})
    vpc = (document.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if vpc:
        plain = {name[:1].lower() + name[1:]: value for name, value in vpc.items()}
        document["networkConfiguration"] = {"awsvpcConfiguration": plain}
    if target.get("Input"):
        document["overrides"] = read_input(target["Input"])
    document["cluster"] = _names.short(target["Arn"])
    return spelled(document)


def spelled(document: dict[str, Any]) -> dict[str, Any]:
    """Bring what can be written in several ways into one: revisions without their ARN, lists whose order is nothing."""
    result = dict(document)
    if result.get("taskDefinition"):
        result["taskDefinition"] = revision_name(result["taskDefinition"])
    if result.get("cluster"):
        result["cluster"] = _names.short(result["cluster"])
    for name in UNORDERED:
        if isinstance(result.get(name), list):
            result[name] = unordered(result[name])
    return result


def request(document: Mapping[str, Any], home: str) -> dict[str, Any]:
    """Give the whole request that makes or replaces a schedule; `home` is what ARNs of ECS start with."""
    apart = {*TARGET, *ECS, "cluster", "overrides"}
    params = {name: value for name, value in document.items() if name not in apart}
    parameters = {ECS[name]: document[name] for name in ECS if name in document and _says(name, document[name])}
    parameters["TaskDefinitionArn"] = f"{home}:task-definition/{document['taskDefinition']}"
    vpc = (document.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if vpc:
        plain = {name[:1].upper() + name[1:]: value for name, value in vpc.items() if value}
        parameters["NetworkConfiguration"] = {"awsvpcConfiguration": plain}
    target: dict[str, Any] = {name: document[name] for name in TARGET if document.get(name)}
    target.update(Arn=f"{home}:cluster/{document['cluster']}", EcsParameters=parameters)
    if document.get("overrides"):
        target["Input"] = json.dumps(document["overrides"], sort_keys=True)
    params["Target"] = target
    return {name: value for name, value in params.items() if value not in (None, "", [], {})}


def _says(name: str, value: Any) -> bool:
    """Tell whether a member says something beyond what AWS takes without it."""
    return value not in (None, "", [], {}) and value != DEFAULTS.get(name)
