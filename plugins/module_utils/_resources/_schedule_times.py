# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a schedule runs: expressions, time zones and dates, checked before AWS sees them.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .._errors import BadInput

# Options that say in short what schedule_expression says.
SHORT = ("rate", "cron", "at")
EXPRESSION = re.compile(r"(?P<kind>rate|cron|at)\s*\((?P<inside>.*)\)", re.DOTALL)
RATE = re.compile(r"(?P<value>\d+)\s+(?P<unit>minute|hour|day)s?")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# StartDate cannot be earlier than five minutes ago, as CreateSchedule says; nowhere documented.
LENIENCY = 300.0


class Field(NamedTuple):
    """One field of a cron expression: what it is called, its range, names for its numbers, and forms of its own."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    own: str = r"(?!)"


FIELDS = (
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day-of-month", 1, 31, (), r"L|LW|([1-9]|[12]\d|3[01])W"),
    Field("month", 1, 12, MONTHS),
    Field("day-of-week", 1, 7, DAYS, r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])"),
    Field("year", 1970, 2199),
)
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4


def expression(document: dict[str, Any], options: dict[str, Any]) -> None:
    """Put the expression that is meant into the document; raises BadInput for several, or for one that is none."""
    whole = ["schedule_expression"] if "ScheduleExpression" in options.get("given", ()) else []
    given = [*(name for name in SHORT if options.get(name)), *whole]
    if len(given) > 1:
        raise BadInput(f"{' and '.join(given)} exclude each other: give one of them.")
    option = given[0] if given else "schedule_expression"
    if option in SHORT:
        text = str(options[option]).strip()
        document["ScheduleExpression"] = text if text.startswith(f"{option}(") else f"{option}({text})"
    if document.get("ScheduleExpression"):
        document["ScheduleExpression"] = _checked(str(document["ScheduleExpression"]).strip(), option)


def _checked(text: str, option: str) -> str:
    match = EXPRESSION.fullmatch(text)
    if not match:
        raise BadInput(
            f"{option}: {text!r} is no schedule; give rate(5 minutes), cron(0 3 * * ? *) or at(2030-01-31T03:00:00)."
        )
    inside = " ".join(match["inside"].split())
    said = {"rate": _wrong_rate, "cron": _wrong_cron, "at": _wrong_date}[match["kind"]](inside)
    if said:
        raise BadInput(f"{option}: {said}")
    return f"{match['kind']}({_plain_rate(inside) if match['kind'] == 'rate' else inside})"


def _plain_rate(inside: str) -> str:
    """AWS wants the singular for 1, and the plural for more; nobody should have to think about that."""
    match = RATE.fullmatch(inside)
    return f"{match['value']} {match['unit']}{'' if match['value'] == '1' else 's'}" if match else inside


def _wrong_rate(inside: str) -> str | None:
    match = RATE.fullmatch(inside)
    if match and int(match["value"]) > 0:
        return None
    return f"{inside!r} is no rate; give a whole number above 0 and minutes, hours or days, such as 5 minutes."


def _wrong_date(inside: str) -> str | None:
    try:
        datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        pass
    else:
        return None
    return f"{inside!r} is no date; give it as 2030-01-31T03:00:00, and its zone in schedule_expression_timezone."


def _wrong_cron(inside: str) -> str | None:
    parts = inside.split()
    if len(parts) != len(FIELDS):
        hint = (
            " AWS has a sixth, the year: add *, and ? for one of the two days." if len(parts) == len(FIELDS) - 1 else ""
        )
        return (
            f"{inside!r} has {len(parts)} fields, AWS wants {len(FIELDS)} ({', '.join(f.name for f in FIELDS)}).{hint}"
        )
    for index, (part, field) in enumerate(zip(parts, FIELDS, strict=True)):
        if part == "?" and index in (DAY_OF_MONTH, DAY_OF_WEEK):
            continue
        for item in part.upper().split(","):
            if not _fits(item, field):
                return f"{part!r} is no {field.name}: {_range_of(field)}."
    if (parts[DAY_OF_MONTH] == "?") == (parts[DAY_OF_WEEK] == "?"):
        return f"{inside!r} needs ? for day-of-month or for day-of-week, and for one of the two only."
    return None


def _fits(item: str, field: Field) -> bool:
    if re.fullmatch(field.own, item):
        return True
    span, slash, step = item.partition("/")
    if slash and not (step.isdigit() and 0 < int(step) <= field.high):
        return False
    if span == "*":
        return True
    numbers = [_number(word, field) for word in span.split("-")]
    return len(numbers) in (1, 2) and all(number is not None for number in numbers)


def _number(word: str, field: Field) -> int | None:
    if word in field.words:
        return field.words.index(word) + field.low
    return int(word) if word.isdigit() and field.low <= int(word) <= field.high else None


def _range_of(field: Field) -> str:
    words = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
    return f"it takes {field.low} to {field.high}{words}, with , - * and /"


def zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Give a time zone by its name; None on a host without the list of zones. Raises BadInput for one unknown to it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
    if not known:
        return None
    plain = {one.lower().rpartition("/")[2]: one for one in sorted(known)}
    near = plain.get(name.lower().replace(" ", "_").rpartition("/")[2])
    hint = f"did you mean {near}?" if near else "give one of the IANA list, such as Europe/Berlin."
    raise BadInput(f"schedule_expression_timezone: there is no time zone {name!r}; {hint}")


def stamp(value: Any, option: str) -> str:
    """Give a date as AWS takes it, in UTC; one without a zone is meant in UTC (CreateSchedule, StartDate)."""
    if value == "":
        return ""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise BadInput(f"{option}: {value!r} is no date; give it as 2030-01-31T03:00:00Z.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """Give a date of ours in seconds since 1970."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def past(after: dict[str, Any], now: float) -> Iterator[str]:
    """Say which dates of a schedule lie in the past, so that it would never run."""
    match = EXPRESSION.fullmatch(after.get("ScheduleExpression") or "")
    place = after.get("ScheduleExpressionTimezone") or "UTC"
    if match and match["kind"] == "at":
        where = zone(place)
        moment = datetime.fromisoformat(match["inside"]).replace(tzinfo=where or timezone.utc)
        if where and moment.timestamp() <= now:
            yield f"at: {match['inside']} in {place} lies in the past, so it would never run; give a later date."
    if after.get("EndDate") and seconds(after["EndDate"]) <= now:
        yield f"end_date: {after['EndDate']} lies in the past, so it would never run; give a later date, or none."
