# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules as Application Auto Scaling and EventBridge Scheduler spell them: cron, rate and at.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EXPRESSION = re.compile(r"(cron|rate|at)\((.+)\)")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Minutes, hours, days of the month, months, days of the week (1 is Sunday), years.
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_YEARS = 6  # how far to look for a day that fits

Test = Callable[[datetime], bool]


class BadSchedule(ValueError):
    """An expression that is none."""


def following(expression: str, zone: str, after: float, start: float | None = None) -> float | None:
    """Give the first moment after `after` (epoch seconds) at which a schedule fires; None when there is none left.

    A rate counts from `start`, or from `after` without one. Raises BadSchedule, also for an unknown time zone.
    """
    match = _EXPRESSION.fullmatch(expression.strip())
    if match is None:
        raise BadSchedule(f"Invalid Schedule Expression {expression}.")
    kind, inner = match.groups()
    if kind == "rate":
        return _rate(inner, after, start)
    place = _zone(zone)
    if kind == "at":
        return _at(inner, place, after)
    return _cron(inner, place, after)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadSchedule(f"Invalid time zone {name}.") from None


def _rate(inner: str, after: float, start: float | None) -> float:
    match = re.fullmatch(r"([1-9]\d*)\s+(minute|hour|day)s?", inner.strip())
    if match is None:
        raise BadSchedule(f"Invalid rate {inner}.")
    seconds = int(match[1]) * _UNITS[match[2]]
    begun = after if start is None else start
    if begun > after:
        return begun
    return begun + ((after - begun) // seconds + 1) * seconds


def _at(inner: str, zone: ZoneInfo, after: float) -> float | None:
    try:
        moment = datetime.fromisoformat(inner.strip()).replace(tzinfo=zone).timestamp()
    except ValueError:
        raise BadSchedule(f"Invalid time {inner}.") from None
    return moment if moment > after else None


def _cron(inner: str, zone: ZoneInfo, after: float) -> float | None:
    fields = inner.split()
    if len(fields) != len(_RANGES):
        raise BadSchedule(f"A cron expression has six fields: {inner}.")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise BadSchedule("One of day-of-month and day-of-week must be ?.")
    minutes, hours = (_values(fields[index], _RANGES[index]) for index in (0, 1))
    fits = _day_test(fields)
    local = datetime.fromtimestamp(after, UTC).astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    last = day + timedelta(days=366 * _YEARS)
    while day < last:
        if fits(day):
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    local = day.replace(hour=hour, minute=minute)
                    moment = local.replace(tzinfo=zone).timestamp()
                    # A time that the change to summer time leaves out is skipped.
                    if moment > after and datetime.fromtimestamp(moment, zone).replace(tzinfo=None) == local:
                        return moment
        day += timedelta(days=1)
    return None


def _day_test(fields: list[str]) -> Test:
    months, years = _values(_numbered(fields[3], _MONTHS), _RANGES[3]), _values(fields[5], _RANGES[5])
    days = _days_of_month(fields[2]) if fields[4] == "?" else _days_of_week(_numbered(fields[4], _DAYS))
    return lambda day: day.month in months and day.year in years and days(day)


def _numbered(text: str, names: tuple[str, ...]) -> str:
    for number, name in enumerate(names, 1):
        text = re.sub(name, str(number), text, flags=re.IGNORECASE)
    return text


def _days_of_month(text: str) -> Test:
    if text == "L":
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if text.endswith("W"):
        wanted = int(text[:-1])
        return lambda day: day.day == _nearest_weekday(day.year, day.month, wanted)
    allowed = _values(text, _RANGES[2])
    return lambda day: day.day in allowed


def _nearest_weekday(year: int, month: int, wanted: int) -> int:
    last = calendar.monthrange(year, month)[1]
    near = sorted(range(1, last + 1), key=lambda day: abs(day - wanted))
    return next(day for day in near if calendar.weekday(year, month, day) < calendar.SATURDAY)


def _days_of_week(text: str) -> Test:
    if text.endswith("L") and text[:-1].isdigit():
        wanted = int(text[:-1])
        return lambda day: _weekday(day) == wanted and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    if "#" in text:
        weekday, number = (int(part) for part in text.split("#"))
        return lambda day: _weekday(day) == weekday and (day.day + 6) // 7 == number
    allowed = _values("7" if text == "L" else text, _RANGES[4])
    return lambda day: _weekday(day) in allowed


def _weekday(day: datetime) -> int:
    return day.isoweekday() % 7 + 1


def _values(text: str, limits: tuple[int, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _slash, step = part.partition("/")
        low, _dash, high = span.partition("-")
        try:
            first = limits[0] if low == "*" else int(low)
            last = limits[1] if low == "*" or (step and not high) else int(high or low)
            found |= set(range(first, last + 1, int(step or 1)))
        except ValueError:
            raise BadSchedule(f"Invalid field {text} in a cron expression.") from None
    if not found or min(found) < limits[0] or max(found) > limits[1]:
        raise BadSchedule(f"Invalid field {text} in a cron expression.")
    return frozenset(found)
