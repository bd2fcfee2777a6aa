# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of EventBridge Scheduler: what AWS takes is taken, and what it refuses is refused with a reason."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._resources import _schedule_times

VALID = (
    # The examples of the user guide, "Schedule types on EventBridge Scheduler".
    *("rate(5 minutes)", "rate(1 hour)", "rate(12 hours)", "at(2022-11-20T13:00:00)"),
    *("cron(15 10 ? * 6L 2022-2023)", "cron(0 10 * * ? *)", "cron(15 12 * * ? *)", "cron(0 18 ? * MON-FRI *)"),
    *("cron(0 8 1 * ? *)", "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)", "cron(0 9 ? * 2#1 *)"),
    *("cron(0,30 0-6,22 L * ? *)", "cron(0 0 15W JAN,JUL ? 2030/2)", "cron(0 0 ? feb-apr mon,wed#3 *)"),
)


def put(text: str | None = None, **options: Any) -> str:
    document: dict[str, Any] = {"ScheduleExpression": text} if text else {}
    _schedule_times.expression(document, options)
    return str(document["ScheduleExpression"])


@pytest.mark.parametrize("text", VALID)
def test_what_aws_takes_is_taken_as_it_is(text: str) -> None:
    assert put(text) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"rate": "1 minutes"}, "rate(1 minute)"),
        ({"rate": "rate(2 hour)"}, "rate(2 hours)"),
        ({"cron": "  0  3 * * ?   * "}, "cron(0 3 * * ? *)"),
        ({"at": "2030-01-31T03:00:00"}, "at(2030-01-31T03:00:00)"),
    ],
)
def test_short_forms_become_expressions(options: dict[str, Any], text: str) -> None:
    assert put(**options) == text


@pytest.mark.parametrize(
    "text",
    [
        *("every day", "rate(5)", "rate(-1 minutes)", "rate(1 week)", "at(2030-01-31)", "at(2030-02-30T00:00:00)"),
        *("cron(60 0 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 ? 13 1 *)", "cron(0 0 ? * 8 *)"),
        *("cron(0 0 0 * ? *)", "cron(0 0 * * ? 1969)", "cron(0 0 ? * ? *)", "cron(0 0 1 * 1 *)", "cron(*/0 0 * * ? *)"),
        *(
            "cron(0 0 ? * 1#6 *)",
            "cron(0 0 32W * ? *)",
            "cron(L 0 * * ? *)",
            "cron(1-2-3 0 * * ? *)",
            "cron(, 0 * * ? *)",
        ),
    ],
)
def test_what_aws_refuses_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"schedule_expression: .*\.$"):
        put(text)


def test_a_host_without_time_zones_takes_any() -> None:
    with mock.patch.object(_schedule_times.zoneinfo, "available_timezones", set):
        assert _schedule_times.zone("Europe/Nowhere") is None


def test_dates_are_told_in_utc() -> None:
    assert _schedule_times.stamp("2030-01-31T03:00:00+02:00", "at") == "2030-01-31T01:00:00Z"
    assert _schedule_times.stamp("2030-01-31", "at") == "2030-01-31T00:00:00Z"
    assert _schedule_times.stamp("", "at") == ""
