# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Application Auto Scaling refuses, found before it is asked.

https://docs.aws.amazon.com/autoscaling/application/APIReference/ and, for the limits,
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from .._errors import BadInput
from .._normal import snake
from ._scaling_forms import ACTIONS, OF_TARGET_GROUPS, POLICIES, PREDICTIVE, STEP, TRACKING

MOST_POLICIES, MOST_ACTIONS, MOST_STEPS = 50, 200, 20
# PutScheduledAction, ScheduledActionName.
ACTION_NAME = re.compile(r"(?! )[^\x00-\x1f\x7f-\x9f:/|]+(?<! )")
ID = re.compile(r"[a-z][A-Za-z0-9_]*")
LABEL = re.compile(r"app/[^/]+/[0-9a-f]+/targetgroup/[^/]+/[0-9a-f]+")
SCHEDULES = (
    re.compile(r"rate\([1-9][0-9]* (minute|hour|day)s?\)"),
    re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)"),
    re.compile(r"cron\(\S+( \S+){5}\)"),
)
TIMES = ("StartTime", "EndTime")
OF_ECS = ("ECSService", "ALBRequestCountPerTarget")


def check(document: dict[str, Any]) -> None:
    """Check a document as far as it goes by itself; raises BadInput, with all that is wrong in `errors`."""
    errors = [
        *together(document),
        *_each(document, TRACKING, _tracking),
        *_each(document, STEP, _step),
        *_each(document, PREDICTIVE, _predictive),
        *_each(document, ACTIONS, _action),
    ]
    if errors:
        raise BadInput(errors[0], errors=errors)


def together(document: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with the parts of a document together."""
    yield from bounds(document)
    yield from _names(document)


def bounds(document: dict[str, Any], path: str = "") -> Iterator[str]:
    """Say what is wrong with a pair of bounds."""
    low, high = document.get("MinCapacity"), document.get("MaxCapacity")
    for name, value in (("min_capacity", low), ("max_capacity", high)):
        if value is not None and value < 0:
            yield f"{path}{name}: {value} is less than 0; give how many tasks there shall be at least and at most."
    if low is not None and high is not None and low > high:
        yield f"{path}min_capacity: {low} is more than max_capacity, which is {high}; raise the one or lower the other."


def _names(document: dict[str, Any]) -> Iterator[str]:
    policies = [(name, entry["name"]) for name in POLICIES for entry in document.get(name) or []]
    names = [name for _list, name in policies]
    for place, name in policies:
        if names.count(name) > 1:
            yield f"{snake(place)}.{name}: two policies have this name; AWS keeps one of a name, rename one."
            break
    if len(policies) > MOST_POLICIES:
        yield f"a service can have {MOST_POLICIES} scaling policies, these are {len(policies)}; take some out."
    actions = document.get(ACTIONS) or []
    if len(actions) > MOST_ACTIONS:
        yield f"scheduled_actions: a service can have {MOST_ACTIONS}, these are {len(actions)}; take some out."


def _each(document: dict[str, Any], member: str, judge: Any) -> Iterator[str]:
    for entry in document.get(member) or []:
        path = f"{snake(member)}.{entry['name']}"
        yield from (f"{path}{said}" for said in judge(entry))


def _tracking(entry: dict[str, Any]) -> Iterator[str]:
    predefined, customized = (entry.get(f"{name}MetricSpecification") for name in ("Predefined", "Customized"))
    if bool(predefined) == bool(customized):
        yield ": exactly one of predefined_metric_specification and customized_metric_specification is wanted."
    if entry["TargetValue"] <= 0:
        yield f".target_value: {entry['TargetValue']:g} cannot be tracked; give the value to keep to, more than 0."
    yield from _cooldowns(entry, "ScaleInCooldown", "ScaleOutCooldown")
    if predefined:
        yield from _predefined(entry, predefined)
    elif entry.get("targetGroup"):
        yield ".target_group: a customized metric has none; name the target group in its dimensions."
    if customized:
        yield from _customized(customized)


def _cooldowns(entry: dict[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        if entry.get(name, 0) < 0:
            yield f".{snake(name)}: {entry[name]} is less than 0; give seconds."


def _predefined(entry: dict[str, Any], specification: dict[str, Any]) -> Iterator[str]:
    kind, label = specification.get("PredefinedMetricType", ""), specification.get("ResourceLabel")
    if not kind.startswith(OF_ECS):
        yield f".predefined_metric_type: {kind} is not a metric of ECS services; take one that starts with ECSService."
    yield from _labelled(kind, label, entry.get("targetGroup"))


def _labelled(kind: str, label: str | None, group: str | None) -> Iterator[str]:
    if kind not in OF_TARGET_GROUPS and (label or group):
        yield f".resource_label: {kind} has none; it belongs to the metrics of target groups."
    elif label and group:
        yield ".target_group: resource_label names a target group already; keep one of the two."
    elif label and not LABEL.fullmatch(label):
        yield (
            f".resource_label: {label!r} is not app/NAME/ID/targetgroup/NAME/ID; leave it out, and it is made from "
            "the load balancer of the service."
        )


def _customized(specification: dict[str, Any]) -> Iterator[str]:
    queries = specification.get("Metrics")
    plain = [name for name in ("MetricName", "Namespace", "Statistic", "Dimensions", "Unit") if specification.get(name)]
    if queries and plain:
        yield f".customized_metric_specification: metrics and {snake(plain[0])} exclude each other; give one of them."
    elif queries:
        yield from _queries(queries, ".metrics")
    else:
        lacking = [snake(name) for name in ("MetricName", "Namespace", "Statistic") if not specification.get(name)]
        if lacking:
            yield f".customized_metric_specification: it needs {' and '.join(lacking)}, or metrics."


def _queries(queries: list[dict[str, Any]], path: str) -> Iterator[str]:
    for query in queries:
        if not ID.fullmatch(query["Id"]):
            yield f"{path}.{query['Id']}: an id starts with a small letter and has letters, digits and underscores."
        if bool(query.get("Expression")) == bool(query.get("MetricStat")):
            yield f"{path}.{query['Id']}: give either an expression, or a metric with its stat."
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        yield f"{path}: each id can be given once."
    telling = [query["Id"] for query in queries if query.get("ReturnData", True)]
    if len(telling) != 1:
        said = ", ".join(telling) or "none"
        yield f"{path}: exactly one is what counts, here it is {said}; set return_data to false on the others."


def _step(entry: dict[str, Any]) -> Iterator[str]:
    kind, steps = entry.get("AdjustmentType"), entry.get("StepAdjustments") or []
    if not kind:
        yield ": it needs adjustment_type: ChangeInCapacity, PercentChangeInCapacity or ExactCapacity."
    if not 1 <= len(steps) <= MOST_STEPS:
        yield f".step_adjustments: 1 to {MOST_STEPS} are wanted, these are {len(steps)}."
    if entry.get("MinAdjustmentMagnitude") is not None and kind != "PercentChangeInCapacity":
        yield f".min_adjustment_magnitude: it only goes with PercentChangeInCapacity, not with {kind}."
    if kind == "ExactCapacity" and any(step["ScalingAdjustment"] < 0 for step in steps):
        yield ".step_adjustments: with ExactCapacity a scaling_adjustment is a number of tasks, 0 or more."
    yield from _cooldowns(entry, "Cooldown")
    yield from (f".step_adjustments: {said}" for said in _intervals(steps))


def _intervals(steps: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Say what is wrong with the intervals of steps: they follow on each other, and are open where they must be."""
    endless = float("inf")
    spans = sorted(
        (step.get("MetricIntervalLowerBound", -endless), step.get("MetricIntervalUpperBound", endless))
        for step in steps
    )
    for low, high in spans:
        if (low, high) == (-endless, endless):
            yield "a step needs metric_interval_lower_bound or metric_interval_upper_bound."
        elif low >= high:
            yield f"metric_interval_upper_bound {high:g} must be more than metric_interval_lower_bound {low:g}."
    for (_low, end), (start, _high) in itertools.pairwise(spans):
        if end != start:
            how = "overlap" if end > start else "leave a gap"
            yield f"the intervals {how} between {min(end, start):g} and {max(end, start):g}."
    if spans and -endless < spans[0][0] < 0:
        yield "below 0, the lowest step must have no metric_interval_lower_bound."
    if spans and 0 < spans[-1][1] < endless:
        yield "above 0, the highest step must have no metric_interval_upper_bound."


def _predictive(entry: dict[str, Any]) -> Iterator[str]:
    specifications = entry["MetricSpecifications"]
    if len(specifications) != 1:
        yield f".metric_specifications: one is wanted, these are {len(specifications)}."
    for wanted in specifications:
        pair = wanted.get("PredefinedMetricPairSpecification")
        halves = [any(word in name for name in wanted) for word in ("ScalingMetric", "LoadMetric")]
        if bool(pair) == all(halves) or (pair and any(halves)):
            yield ": it needs either a pair of metrics, or a scaling metric and a load metric."
        if pair:
            yield from _labelled(
                pair.get("PredefinedMetricType", ""), pair.get("ResourceLabel"), entry.get("targetGroup")
            )
    rising = entry.get("MaxCapacityBreachBehavior") == "IncreaseMaxCapacity"
    if rising != (entry.get("MaxCapacityBuffer") is not None):
        yield ".max_capacity_buffer: IncreaseMaxCapacity needs it, and nothing else takes it."


def _action(entry: dict[str, Any]) -> Iterator[str]:
    wanted, schedule = entry.get("ScalableTargetAction") or {}, entry["Schedule"]
    if not ACTION_NAME.fullmatch(entry["name"]):
        yield ": a name has no colon, slash or bar, and does not start or end with a space."
    if wanted.get("MinCapacity") is None and wanted.get("MaxCapacity") is None:
        yield ": it needs min_capacity, max_capacity or both."
    yield from bounds(wanted, ".")
    if not any(form.fullmatch(schedule) for form in SCHEDULES):
        yield (
            f".schedule: {schedule!r} is none of cron(minutes hours day-of-month month day-of-week year), "
            "rate(5 minutes) and at(2030-01-31T08:00:00)."
        )
    if entry.get("Timezone") and schedule.startswith("rate"):
        yield ".timezone: a rate has none; it goes with cron and at."
    times = [instant(entry[name]) for name in TIMES if entry.get(name)]
    if None in times:
        yield ".start_time, end_time: give ISO 8601, for example 2030-01-31T08:00:00+01:00."
    elif len(times) > 1 and str(times[0]) >= str(times[1]):
        yield ".end_time: it must be later than start_time."


def instant(value: Any) -> str | None:
    """Spell a time in one way, in UTC; None for what is no time. Without a zone UTC is meant, as the API has it."""
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).astimezone(timezone.utc).isoformat()
