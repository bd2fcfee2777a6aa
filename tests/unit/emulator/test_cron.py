# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from emulator.cron import BadSchedule, following

START = datetime(2026, 3, 27, 12, 0, tzinfo=UTC).timestamp()  # a Friday, two days before clocks change in Europe


def firings(expression: str, zone: str = "UTC", count: int = 3) -> list[str]:
    def moments() -> object:
        at: float | None = START
        while at is not None:
            at = following(expression, zone, at, START)
            if at is not None:
                yield f"{datetime.fromtimestamp(at, UTC):%m-%d %H:%M}"

    return list(islice(moments(), count))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 22 * * ? *)", ["03-27 22:00", "03-28 22:00", "03-29 22:00"]),
        ("cron(0/30 12 * * ? *)", ["03-27 12:30", "03-28 12:00", "03-28 12:30"]),
        ("cron(15 8,20 ? * MON-FRI *)", ["03-27 20:15", "03-30 08:15", "03-30 20:15"]),
        ("cron(0 0 L * ? *)", ["03-31 00:00", "04-30 00:00", "05-31 00:00"]),
        ("cron(0 0 1W * ? *)", ["04-01 00:00", "05-01 00:00", "06-01 00:00"]),
        ("cron(0 0 ? * 6L *)", ["04-24 00:00", "05-29 00:00", "06-26 00:00"]),
        ("cron(0 0 ? * 2#1 *)", ["04-06 00:00", "05-04 00:00", "06-01 00:00"]),
        ("cron(0 0 1 JAN ? 2027)", ["01-01 00:00"]),
        ("rate(12 hours)", ["03-28 00:00", "03-28 12:00", "03-29 00:00"]),
        ("at(2026-03-28T06:00:00)", ["03-28 06:00"]),
        ("at(2020-01-01T06:00:00)", []),
    ],
)
def test_when_a_schedule_fires(expression: str, expected: list[str]) -> None:
    assert firings(expression) == expected


def test_a_time_zone_has_its_own_summer() -> None:
    assert firings("cron(0 22 * * ? *)", "Europe/Berlin") == ["03-27 21:00", "03-28 21:00", "03-29 20:00"]


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("every day", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("cron(0 22 * * *)", "UTC"),
        ("cron(0 22 * * * *)", "UTC"),
        ("cron(60 22 * * ? *)", "UTC"),
        ("cron(x 22 * * ? *)", "UTC"),
        ("cron(0 22 * * ? *)", "Mars/Olympus"),
    ],
)
def test_what_is_no_schedule(expression: str, zone: str) -> None:
    with pytest.raises(BadSchedule):
        following(expression, zone, START)
