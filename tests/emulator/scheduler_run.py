# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When schedules run, and what they do then: a task, tries again, and the dead-letter queue.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
AWS does not say how long the pauses between tries are, nor that a failure in RunTask's answer is tried again: guesses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import cron, neighbours, simulation, task_operations
from .errors import EcsError
from .names import is_arn, uuid
from .region import Region
from .scheduler_records import Group, Schedule

Document = dict[str, Any]

_ATTEMPTS, _AGE = 185, 86400
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
# startedBy of the tasks is chronos-schedule/NAME, cut to 36 characters, as outputs of users show; not documented.
_STARTED_BY = 36
_SHARED = (
    "launchType",
    "networkConfiguration",
    "platformVersion",
    "group",
    "capacityProviderStrategy",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "referenceId",
    "tags",
)


@dataclass
class Run:
    """One run of a schedule: what it does, and since when it has been tried."""

    schedule: str
    target: Document
    at: float
    attempts: int = 0


def plan(region: Region, group: Group, name: str, after: float) -> None:
    """Plan the next run of a schedule that is enabled; one that has none left is deleted if it says so."""
    schedule = group.schedules[name]
    doc, version = schedule.doc, schedule.version
    if doc["State"] != "ENABLED":
        return
    moment = _next(schedule, after)
    if moment is None:
        if doc["ActionAfterCompletion"] == "DELETE":
            del group.schedules[name]
        return

    def due() -> None:
        if group.schedules.get(name) is schedule and schedule.version == version:
            _begin(region, group, name, moment)

    # AWS chooses any moment of a flexible window; here it is the middle.
    window = doc["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0) * 30
    region.timeline.after(max(0.0, moment + window - region.timeline.now), due)


def _next(schedule: Schedule, after: float) -> float | None:
    doc = schedule.doc
    expression, once = doc["ScheduleExpression"], doc["ScheduleExpression"].startswith("at(")
    start = None if once else doc.get("StartDate")
    # A rate runs for the first time when it is made, or at its start date.
    begun = max(schedule.begun, start or 0.0)
    if expression.startswith("rate(") and after < begun:
        moment: float | None = begun
    else:
        moment = cron.following(expression, doc["ScheduleExpressionTimezone"], max(after, (start or 0.0) - 1), begun)
    if moment is not None and not once and doc.get("EndDate") and moment > doc["EndDate"]:
        return None
    return moment


def _begin(region: Region, group: Group, name: str, moment: float) -> None:
    schedule = group.schedules[name]
    run = Run(schedule.doc["Arn"], schedule.doc["Target"], moment)
    plan(region, group, name, moment)
    _try(region, run)


def _try(region: Region, run: Run) -> None:
    run.attempts += 1
    try:
        _start(region, run)
    except EcsError as error:
        _failed(region, run, error)


def _start(region: Region, run: Run) -> None:
    """Run the task as RunTask would, with the target's parameters."""
    target, parameters = run.target, run.target["EcsParameters"]
    request: Document = {
        "cluster": target["Arn"],
        "taskDefinition": parameters["TaskDefinitionArn"],
        "count": parameters.get("TaskCount", 1),
        "startedBy": f"chronos-schedule/{run.schedule.rpartition('/')[2]}"[:_STARTED_BY],
    }
    given = {key[:1].lower() + key[1:]: value for key, value in parameters.items()}
    request |= {key: given[key] for key in _SHARED if key in given}
    vpc = given.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if vpc:
        plain = {key[:1].lower() + key[1:]: value for key, value in vpc.items()}
        request["networkConfiguration"] = {"awsvpcConfiguration": plain}
    if target.get("Input"):
        request["overrides"] = json.loads(target["Input"])
    _check_role(region, target, request)
    answer = task_operations.run_task(region, request)
    if answer["failures"]:
        raise EcsError("InternalServerError", answer["failures"][0]["reason"])


def _check_role(region: Region, target: Document, request: Document) -> None:
    """If roles are looked at, the schedule's must be allowed to run the task and to pass its roles."""
    if "roles" not in region.world.strict:
        return
    role = neighbours.role(region, target["RoleArn"])
    definition = region.find_definition(request["taskDefinition"])
    wanted = [("ecs:RunTask", definition.arn if definition else request["taskDefinition"])]
    for member in ("executionRoleArn", "taskRoleArn"):
        passed = definition.doc.get(member) if definition else None
        if passed and is_arn(passed):
            wanted.append(("iam:PassRole", passed))
    context = {"ecs:cluster": target["Arn"], "iam:PassedToService": "ecs-tasks.amazonaws.com"}
    for action, resource in wanted:
        if role is None or not simulation.allows(role, action, resource, context):
            raise EcsError(
                "AccessDeniedException", f"{target['RoleArn']} is not authorized to perform: {action} on {resource}"
            )


def _failed(region: Region, run: Run, error: EcsError) -> None:
    policy = run.target["RetryPolicy"]
    pause = min(_FIRST_PAUSE * 2 ** (run.attempts - 1), _LONGEST_PAUSE)
    exhausted = None
    if run.attempts > policy.get("MaximumRetryAttempts", _ATTEMPTS):
        exhausted = "MaximumRetryAttempts"
    elif region.timeline.now + pause - run.at > policy.get("MaximumEventAgeInSeconds", _AGE):
        exhausted = "MaximumEventAgeInSeconds"
    if exhausted is None:
        region.timeline.after(pause, lambda: _try(region, run))
        return
    queue = run.target.get("DeadLetterConfig", {}).get("Arn")
    if queue and _may_send(region, run.target, queue):
        moment = datetime.fromtimestamp(run.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXECUTION_ID": uuid(),
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(run.attempts - 1),
            "SCHEDULED_TIME": moment,
            "SCHEDULE_ARN": run.schedule,
            "TARGET_ARN": run.target["Arn"],
        }
        neighbours.send(region, queue, run.target.get("Input") or "{}", attributes)


def _may_send(region: Region, target: Document, queue: str) -> bool:
    if "roles" not in region.world.strict:
        return True
    role = neighbours.role(region, target["RoleArn"])
    return role is not None and simulation.allows(role, "sqs:SendMessage", queue, {})
