# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EventBridge Scheduler, as far as it runs tasks of ECS.

https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html and the botocore model. moto has a backend, but
its schedules never run, UpdateSchedule forgets ActionAfterCompletion and takes what is missing for null, groups can be
made twice and deleted with their default, and tokens mean nothing. Texts that AWS does not document are guesses.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import botocore.session

from . import cron, model, neighbours, scheduler_run
from .errors import EcsError
from .paging import page
from .region import Region
from .scheduler_records import DEFAULT, Group, Schedule
from .wire import Request

Document = dict[str, Any]
Operation = Callable[[Region, Document], Document]

OPERATIONS: dict[str, Operation] = {}
_STATUS = {"ConflictException": 409, "ResourceNotFoundException": 404, "ThrottlingException": 429}
_NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
_LENIENCY = 300
_PAGE = 100
_RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
_SETTINGS = ("Description", "EndDate", "KmsKeyArn", "ScheduleExpression", "StartDate")


def _operation(function: Operation) -> Operation:
    OPERATIONS["".join(word.capitalize() for word in function.__name__.split("_"))] = function
    return function


@lru_cache(maxsize=1)
def _model() -> Any:
    return botocore.session.get_session().get_service_model("scheduler")


def parsed(operation: str, request: Request) -> Document:
    """Read what a request says in its path, its query and its body."""
    if operation not in OPERATIONS:
        raise EcsError("InvalidAction", f"The emulator does not implement {operation}.")
    known = _model().operation_model(operation)
    document: Document = json.loads(request.body) if request.body else {}
    query = urllib.parse.parse_qs(request.query)
    template = re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", known.http["requestUri"].partition("?")[0])
    path = re.fullmatch(template, request.path)
    for name, member in known.input_shape.members.items():
        where, key = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri" and path:
            document[name] = urllib.parse.unquote(path[key])
        elif where == "querystring" and key in query:
            document[name] = query[key] if member.type_name == "list" else query[key][0]
            if member.type_name == "integer":
                document[name] = int(query[key][0])
    return document


def carried_out(region: Region, operation: str, request: Document) -> Document:
    """Carry out an operation; the same token with the same request gives the same answer, and does nothing again."""
    scheduler = region.scheduler
    scheduler.groups.setdefault(DEFAULT, Group(_group_document(region, DEFAULT)))
    try:
        model.check(_model().operation_model(operation).input_shape, request)
        token = request.pop("ClientToken", None)
        key = f"{operation} {token}"
        if token and key in scheduler.tokens:
            first, answer = scheduler.tokens[key]
            if first != request:
                raise EcsError("ConflictException", "The client token was used with other parameters before.")
            return answer
        answer = OPERATIONS[operation](region, request)
        if token:
            scheduler.tokens[key] = (request, answer)
        return answer
    except EcsError as error:
        code = "ValidationException" if error.code == "InvalidParameterException" else error.code
        refused = EcsError(code, error.message)
        refused.status = _STATUS.get(code, 400)
        raise refused from None


def _invalid(message: str) -> EcsError:
    return EcsError("ValidationException", message)


def _group_document(region: Region, name: str) -> Document:
    arn = region.arn(f"schedule-group/{name}", "scheduler")
    now = region.timeline.stamp()
    return {"Arn": arn, "Name": name, "State": "ACTIVE", "CreationDate": now, "LastModificationDate": now}


def _group(region: Region, name: str | None) -> Group:
    found = region.scheduler.groups.get(name or DEFAULT)
    if found is None:
        raise EcsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")
    return found


def _schedule(region: Region, request: Document) -> Schedule:
    found = _group(region, request.get("GroupName")).schedules.get(request["Name"])
    if found is None:
        raise EcsError("ResourceNotFoundException", f"Schedule {request['Name']} does not exist.")
    return found


# --- schedules


@_operation
def create_schedule(region: Region, request: Document) -> Document:
    """Make a schedule."""
    group, name = _group(region, request.get("GroupName")), request["Name"]
    _check(region, request)
    if name in group.schedules:
        raise EcsError("ConflictException", f"Schedule {name} already exists.")
    now = region.timeline.stamp()
    place = group.doc["Name"]
    fixed = {"Arn": region.arn(f"schedule/{place}/{name}", "scheduler"), "GroupName": place, "Name": name}
    doc = {**fixed, "CreationDate": now, "LastModificationDate": now, **_settings(request)}
    group.schedules[name] = Schedule(doc, region.timeline.now)
    scheduler_run.plan(region, group, name, region.timeline.now - 1)
    return {"ScheduleArn": doc["Arn"]}


def _settings(request: Document) -> Document:
    """Give what a request says with what AWS fills in; UpdateSchedule replaces everything (API_UpdateSchedule)."""
    target = {"RetryPolicy": _RETRIES, **request["Target"]}
    target["RetryPolicy"] = {**_RETRIES, **target["RetryPolicy"]}
    return {
        "State": request.get("State", "ENABLED"),
        "ScheduleExpressionTimezone": request.get("ScheduleExpressionTimezone", "UTC"),
        "ActionAfterCompletion": request.get("ActionAfterCompletion", "NONE"),
        "FlexibleTimeWindow": request["FlexibleTimeWindow"],
        "Target": target,
        **{name: request[name] for name in _SETTINGS if name in request},
    }


def _check(region: Region, request: Document) -> None:
    now, target = region.timeline.now, request["Target"]
    if not _NAME.fullmatch(request["Name"]):
        raise _invalid(
            f"1 validation error detected: Value '{request['Name']}' at 'name' failed to satisfy constraint: Member "
            "must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$"
        )
    try:
        zone = request.get("ScheduleExpressionTimezone", "UTC")
        cron.following("cron(0 0 * * ? *)", zone, now)  # the zone is checked even where it means nothing
        following = cron.following(request["ScheduleExpression"], zone, now)
    except cron.BadSchedule as error:
        zoned = "time zone" in str(error)
        text = "The ScheduleExpressionTimezone you specified is invalid." if zoned else str(error)
        raise _invalid(text if zoned else f"Invalid Schedule Expression {request['ScheduleExpression']}.") from None
    if following is None and request["ScheduleExpression"].startswith("at("):
        raise _invalid("The schedule expression lies in the past.")
    start, end = request.get("StartDate"), request.get("EndDate")
    if start is not None and start < now - _LENIENCY:
        raise _invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end <= max(now, start or 0):
        raise _invalid("The EndDate you specify must come after the StartDate, and lie in the future.")
    window = request["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise _invalid("MaximumWindowInMinutes goes with the mode FLEXIBLE.")
    if ":ecs:" in target["Arn"] and "EcsParameters" not in target:
        raise _invalid("EcsParameters are required for this target.")
    _check_role(region, target["RoleArn"])


def _check_role(region: Region, arn: str) -> None:
    """AWS looks whether it may take the role on; the emulator, if roles are looked at."""
    if "roles" not in region.world.strict:
        return
    role = neighbours.role(region, arn)
    if role is None or "scheduler.amazonaws.com" not in json.dumps(role.assume_role_policy_document):
        raise _invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


@_operation
def update_schedule(region: Region, request: Document) -> Document:
    """Replace a schedule. What a rate counts from stays unless the rate changes; that is a guess."""
    schedule = _schedule(region, request)
    _check(region, request)
    kept = ("Arn", "GroupName", "Name", "CreationDate")
    before = schedule.doc["ScheduleExpression"]
    now = region.timeline.now
    schedule.doc = {
        **{name: schedule.doc[name] for name in kept},
        "LastModificationDate": region.timeline.stamp(),
        **_settings(request),
    }
    schedule.version += 1
    anew = schedule.doc["ScheduleExpression"] != before
    if anew:
        schedule.begun = now
    scheduler_run.plan(region, _group(region, request.get("GroupName")), request["Name"], now - 1 if anew else now)
    return {"ScheduleArn": schedule.doc["Arn"]}


@_operation
def get_schedule(region: Region, request: Document) -> Document:
    """Show a schedule."""
    return _schedule(region, request).doc


@_operation
def delete_schedule(region: Region, request: Document) -> Document:
    """Delete a schedule."""
    _schedule(region, request)
    del _group(region, request.get("GroupName")).schedules[request["Name"]]
    return {}


@_operation
def list_schedules(region: Region, request: Document) -> Document:
    """List schedules of one group or of all."""
    groups = region.scheduler.groups
    chosen = [_group(region, request["GroupName"])] if "GroupName" in request else list(groups.values())
    summary = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate")
    found = [
        {**{name: schedule.doc[name] for name in summary}, "Target": {"Arn": schedule.doc["Target"]["Arn"]}}
        for group in chosen
        for schedule in group.schedules.values()
        if schedule.doc["Name"].startswith(request.get("NamePrefix", ""))
        and request.get("State") in (None, schedule.doc["State"])
    ]
    return _paged("Schedules", found, request)


def _paged(member: str, found: list[Document], request: Document) -> Document:
    asked = {key[:1].lower() + key[1:]: request[key] for key in ("MaxResults", "NextToken") if key in request}
    chosen, following = page(found, asked, _PAGE)
    return {member: chosen, **({"NextToken": following["nextToken"]} if following else {})}


# --- groups


@_operation
def create_schedule_group(region: Region, request: Document) -> Document:
    """Make a group."""
    name = request["Name"]
    if name in region.scheduler.groups:
        raise EcsError("ConflictException", f"Schedule group {name} already exists.")
    region.scheduler.groups[name] = Group(_group_document(region, name), list(request.get("Tags", [])))
    return {"ScheduleGroupArn": region.scheduler.groups[name].doc["Arn"]}


@_operation
def get_schedule_group(region: Region, request: Document) -> Document:
    """Show a group."""
    return _group(region, request["Name"]).doc


@_operation
def delete_schedule_group(region: Region, request: Document) -> Document:
    """Delete a group with its schedules, after a moment in which it is DELETING; how long that takes is a guess."""
    group, name = _group(region, request["Name"]), request["Name"]
    if name == DEFAULT:
        raise _invalid("The default schedule group cannot be deleted.")
    if group.doc["State"] == "DELETING":
        raise EcsError("ConflictException", f"Schedule group {name} is being deleted.")
    group.doc["State"] = "DELETING"
    group.schedules.clear()

    def gone() -> None:
        region.scheduler.groups.pop(name, None)

    region.timeline.after(5.0, gone)
    return {}


@_operation
def list_schedule_groups(region: Region, request: Document) -> Document:
    """List groups."""
    prefix = request.get("NamePrefix", "")
    found = [group.doc for group in region.scheduler.groups.values() if group.doc["Name"].startswith(prefix)]
    return _paged("ScheduleGroups", found, request)


# --- tags: of groups only


def _tagged(region: Region, request: Document) -> Group:
    for group in region.scheduler.groups.values():
        if group.doc["Arn"] == request["ResourceArn"]:
            return group
    raise EcsError("ResourceNotFoundException", f"Resource {request['ResourceArn']} does not exist.")


@_operation
def list_tags_for_resource(region: Region, request: Document) -> Document:
    """List the tags of a group."""
    return {"Tags": _tagged(region, request).tags}


@_operation
def tag_resource(region: Region, request: Document) -> Document:
    """Set tags."""
    group = _tagged(region, request)
    given = {tag["Key"] for tag in request["Tags"]}
    group.tags = [tag for tag in group.tags if tag["Key"] not in given] + request["Tags"]
    return {}


@_operation
def untag_resource(region: Region, request: Document) -> Document:
    """Remove tags."""
    group = _tagged(region, request)
    group.tags = [tag for tag in group.tags if tag["Key"] not in request["TagKeys"]]
    return {}
