# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a schedule, in one sentence, before it would fail at night: AWS checks little of its target."""

from __future__ import annotations

import difflib
import re
from typing import Any

from .._api import AwsError
from .._core import Ask, Found
from .._errors import BadInput
from . import _schedule_times

NEEDED = {
    "ScheduleExpression": "schedule_expression, rate, cron or at",
    "cluster": "cluster",
    "taskDefinition": "task_definition",
    "RoleArn": "role_arn",
}
ROLE = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/.+")
QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:(?P<name>[\w-]+(\.fifo)?)")
NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
GROUP = "default"  # the group that a schedule is in when nobody says so (CreateSchedule, GroupName)
FARGATE = ("FARGATE", "FARGATE_SPOT")
FLEXIBLE = 1440  # minutes: a day (FlexibleTimeWindow, MaximumWindowInMinutes)


def named(document: dict[str, Any], member: str, option: str) -> str:
    """Give a name; refuse none, and one that AWS would refuse."""
    name = str(document.get(member) or "")
    if not name:
        raise BadInput(f"{option} is required: give it as an option, in definition or in src.")
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{option}: {name!r} is no name; use up to 64 letters, digits, hyphens, underscores and periods."
        )
    return name


def alone(document: dict[str, Any]) -> None:
    """Check what needs nothing but the document itself."""
    if document.get("launchType") and document.get("capacityProviderStrategy"):
        raise BadInput("launch_type and capacity_provider_strategy exclude each other: give one of the two.")
    if document.get("ScheduleExpressionTimezone"):
        _schedule_times.zone(document["ScheduleExpressionTimezone"])
    role, queue = document.get("RoleArn"), (document.get("DeadLetterConfig") or {}).get("Arn")
    if role and not ROLE.fullmatch(role):
        raise BadInput(f"role_arn: {role!r} is no ARN of a role; give it as arn:aws:iam::123456789012:role/name.")
    match = QUEUE.fullmatch(queue) if queue else None
    if queue and (not match or match["name"].endswith(".fifo")):
        raise BadInput(
            f"dead_letter_config.arn: {queue!r} is no ARN of a standard queue of SQS; EventBridge Scheduler takes no "
            "FIFO queue here."
        )
    window = document.get("FlexibleTimeWindow") or {}
    minutes = window.get("MaximumWindowInMinutes")
    if (window.get("Mode") == "FLEXIBLE") != (minutes is not None):
        raise BadInput(
            f"flexible_time_window: the mode {window.get('Mode')} "
            + ("takes no" if minutes is not None else "needs a")
            + f" maximum_window_in_minutes; give 1 to {FLEXIBLE} with FLEXIBLE, and none with OFF."
        )
    if document.get("StartDate") and document.get("EndDate") and document["EndDate"] <= document["StartDate"]:
        raise BadInput(f"end_date: {document['EndDate']} is not after start_date, {document['StartDate']}.")


def together(after: dict[str, Any], found: Found | None, ask: Ask) -> None:
    """Check what was asked for together with what there is."""
    lacking = [option for member, option in NEEDED.items() if not after.get(member)]
    if lacking:
        raise BadInput(
            f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} required: there is no schedule yet."
        )
    providers = {item["capacityProvider"] for item in after.get("capacityProviderStrategy") or []}
    subnets = (after.get("networkConfiguration") or {}).get("awsvpcConfiguration", {}).get("subnets")
    if (after.get("launchType") == "FARGATE" or providers & set(FARGATE)) and not subnets:
        raise BadInput("network_configuration is required: tasks on Fargate have a network of their own; give subnets.")
    now = ask.watch.clock.date()
    have = found.document if found else {}
    same = all(have.get(name) == after.get(name) for name in ("ScheduleExpression", "EndDate"))
    if not same or have.get("ScheduleExpressionTimezone", "UTC") != after.get("ScheduleExpressionTimezone", "UTC"):
        for said in _schedule_times.past(after, now):
            raise BadInput(said, code="InThePast")
    start = after.get("StartDate")
    if start and not found and _schedule_times.seconds(start) < now - _schedule_times.LENIENCY:
        raise BadInput(
            f"start_date: {start} lies in the past, which AWS refuses; leave it out to begin at once.", code="InThePast"
        )


def definition(api: Any, after: dict[str, Any], ask: Ask) -> None:
    """Look at the task definition, at which EventBridge Scheduler does not look before the first run."""
    name = after["taskDefinition"]
    coming = {f"task_definition {name}", f"task_definition {name.partition(':')[0]}"} & set(ask.notes.get("coming", ()))
    try:
        shown = api.read("DescribeTaskDefinition", taskDefinition=name)["taskDefinition"]
    except AwsError as error:
        if error.code.startswith("AccessDenied"):
            return
        if error.code not in ("ClientException", "InvalidParameterException"):
            raise
        if not coming and not ask.check:
            raise BadInput(
                f"task_definition: there is no {name} in {api.region}, and the schedule would fail each time; check "
                "the name, or register it first, with longshore.ecs.task_definition.",
                code="TaskDefinitionNotFound",
            ) from error
        if not coming:
            ask.warnings.append(f"The task definition {name} does not exist yet; the plan takes it for registered.")
        return
    if not coming:
        _fits(shown, after, name)


def cluster(api: Any, after: dict[str, Any], ask: Ask) -> None:
    """Look whether the cluster is there, which EventBridge Scheduler does not do either."""
    name = after["cluster"]
    if f"cluster {name}" in ask.notes.get("coming", ()):
        return
    try:
        found = api.describe("DescribeClusters", [name])
    except AwsError as error:
        if error.code.startswith("AccessDenied"):
            return
        raise
    if found and found[0]["status"] != "INACTIVE":
        return
    if not ask.check:
        raise BadInput(
            f"cluster: there is no cluster {name} in {api.region}, and the schedule would fail each time; check the "
            "name, or create it first, with longshore.ecs.cluster.",
            code="ClusterNotFoundException",
        )
    ask.warnings.append(f"The cluster {name} does not exist yet; the plan takes it for created.")


def _fits(shown: dict[str, Any], after: dict[str, Any], name: str) -> None:
    mode, kinds = shown.get("networkMode") or "bridge", shown.get("requiresCompatibilities") or []
    network = (after.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if mode == "awsvpc" and not network:
        raise BadInput(f"network_configuration is required: {name} has the network mode awsvpc; give its subnets.")
    if mode != "awsvpc" and network:
        raise BadInput(
            f"network_configuration: {name} has the network mode {mode}, which takes the network of its instance; "
            "leave it out."
        )
    if after.get("launchType") and kinds and after["launchType"] not in kinds:
        raise BadInput(f"launch_type: {name} is made for {', '.join(kinds)}, not for {after['launchType']}.")
    names = [container["name"] for container in shown["containerDefinitions"]]
    for index, override in enumerate((after.get("overrides") or {}).get("containerOverrides", [])):
        given = str(override.get("name") or "")
        if given not in names:
            close = difflib.get_close_matches(given, names, 1)
            hint = f"; did you mean {close[0]}?" if close else "."
            raise BadInput(
                f"overrides.container_overrides[{index}].name: {name} has no container {given!r}, it has "
                f"{', '.join(names)}{hint}"
            )


def home(api: Any, after: dict[str, Any]) -> str:
    """Give what the ARNs of ECS start with; the role's says the partition and the account."""
    match = ROLE.fullmatch(after["RoleArn"])
    if not match:
        raise BadInput(f"role_arn: {after['RoleArn']!r} is no ARN of a role.")
    return f"arn:{match['partition']}:ecs:{api.region}:{match['account']}"
