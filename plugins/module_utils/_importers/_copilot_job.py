# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scheduled job of Copilot: its task, run by EventBridge Scheduler instead of a state machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import _copilot_reasons as reasons
from ._compose_values import seconds
from ._copilot_service import network
from ._copilot_values import Workload
from ._piece import Piece, filled

OF_AWS = re.compile(r"(?:rate|cron)\(.*\)")
PRESETS = {
    "@yearly": "0 0 1 1 ? *",
    "@annually": "0 0 1 1 ? *",
    "@monthly": "0 0 1 * ? *",
    "@weekly": "0 0 ? * 1 *",
    "@daily": "0 0 * * ? *",
    "@midnight": "0 0 * * ? *",
    "@hourly": "0 * * * ? *",
}
EVERY, NONE = "@every", "none"
MINUTE = 60
FIELDS = 5
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4


class NoSchedule(Exception):
    """There is no schedule of AWS for it; carries the reason and the remedy."""


def job(workload: Workload) -> Iterator[Piece]:
    """Give the schedule of a job; one that cannot be said to AWS is left."""
    trigger = workload.reader.inside("on")
    text = trigger.text("schedule")
    if "role_arn" not in workload.choice.defaults.get("schedule", {}):
        workload.reader.note("type", *reasons.SCHEDULE_ROLE)
    connected = network(workload)
    try:
        expression = expression_of(text or "")
    except NoSchedule as error:
        trigger.note("schedule", *error.args)
        return
    options: dict[str, Any] = {
        "name": workload.full_name,
        "schedule_expression": expression,
        "cluster": workload.cluster,
        "task_definition": workload.full_name,
        "launch_type": "FARGATE",
        "network_configuration": connected,
        "propagate_tags": "TASK_DEFINITION",
    }
    yield Piece("schedule", filled(options))


def expression_of(text: str) -> str:
    """Give the expression of AWS for one of Copilot, in UTC; raises NoSchedule where there is none.

    Source: https://aws.github.io/copilot-cli/docs/manifest/scheduled-job/#on-schedule and, for the fields of cron,
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
    """
    text = text.strip()
    if text == NONE:
        raise NoSchedule(*reasons.DISABLED)
    if OF_AWS.fullmatch(text):
        return text
    if text in PRESETS:
        return f"cron({PRESETS[text]})"
    if text.startswith(EVERY):
        return _rate(text.removeprefix(EVERY).strip())
    fields = text.split()
    if len(fields) != FIELDS:
        raise NoSchedule(*reasons.NO_SCHEDULE)
    return f"cron({' '.join(_days(fields))} *)"


def _rate(text: str) -> str:
    found = seconds(text)
    minutes, rest = divmod(found or 0, MINUTE)
    if not minutes or rest:
        raise NoSchedule("AWS takes whole minutes.", "give a rate in whole minutes in the manifest.")
    return f"rate({int(minutes)} minute{'s' if minutes > 1 else ''})"


def _days(fields: list[str]) -> list[str]:
    """Put ? for the days that do not matter, and count days of the week from 1, Sunday."""
    month, week = (fields[index] for index in (DAY_OF_MONTH, DAY_OF_WEEK))
    free = {"*", "?"}
    if month not in free and week not in free:
        raise NoSchedule(*reasons.BOTH_DAYS)
    result = list(fields)
    result[DAY_OF_WEEK] = "?" if week in free else ",".join(_week_days(item) for item in week.split(","))
    result[DAY_OF_MONTH] = ("*" if month in free else month) if week in free else "?"
    return result


def _week_days(item: str) -> str:
    """Count the days of an item of cron from 1; 7 is Sunday as 0 is."""
    days, slash, step = item.partition("/")
    counted = "-".join(str(int(day) % 7 + 1) if day.isdecimal() else day.upper() for day in days.split("-"))
    return f"{counted}{slash}{step}"
