# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The short forms in which scaling is written, and the shape of the document that they become."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import BadInput
from .._normal import snake
from . import _shapes
from ._scaled import SCALING

TRACKING, STEP, PREDICTIVE, ACTIONS = "targetTracking", "stepScaling", "predictiveScaling", "scheduledActions"
# Lists of policies -> their type, and the member of PutScalingPolicy that takes them.
POLICIES = {
    TRACKING: ("TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration"),
    STEP: ("StepScaling", "StepScalingPolicyConfiguration"),
    PREDICTIVE: ("PredictiveScaling", "PredictiveScalingPolicyConfiguration"),
}
MAKING = ("RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction")
# What names a service, and the type of its metric in target tracking and, as a pair, in predictive scaling.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/predictive-scaling-using.html
METRICS = {
    "cpu": ("ECSServiceAverageCPUUtilization", "ECSServiceCPUUtilization"),
    "memory": ("ECSServiceAverageMemoryUtilization", "ECSServiceMemoryUtilization"),
    "requests_per_target": ("ALBRequestCountPerTarget", "ALBRequestCount"),
}
# The types whose metric belongs to a target group, which a label names.
OF_TARGET_GROUPS = frozenset(METRICS["requests_per_target"])
# What is shown of a target, of a policy or of an action, and cannot be given.
ONLY_SHOWN = ("activities", "desired_count", "running_count", "pending_count", "policy_arn", "alarms", "creation_time")
SPECIFICATIONS = {
    spelling
    for name in ("PredefinedMetricSpecification", "CustomizedMetricSpecification", "MetricSpecifications")
    for spelling in (name, snake(name))
}
# Of a metric in short: what stands in its query, and what in the metric itself; the rest is about the statistic.
IN_QUERY, IN_METRIC = ("expression", "label", "return_data"), ("namespace", "metric_name", "dimensions")


def shape(api: Any) -> Any:
    """Give the shape of the document: what registers a target, and its policies and actions, each with its name."""
    return _shape(*(api.shape(operation, SCALING) for operation in MAKING))


@functools.lru_cache(maxsize=10)
def _shape(target: Any, policy: Any, action: Any) -> Any:
    apart = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    text = _shapes.Shape("string", "String")
    members = {name: member for name, member in target.members.items() if name not in (*apart, "Tags")}
    members.update(cluster=text, service=text)
    for name, (_type, configuration) in POLICIES.items():
        own = policy.members[configuration]
        group = {} if name == STEP else {"targetGroup": text}
        named = {"name": policy.members["PolicyName"], **own.members, **group}
        members[name] = _list_of(own.name, named, ("name", *own.required_members))
    named = {name: member for name, member in action.members.items() if name not in (*apart, "ScheduledActionName")}
    named = {"name": action.members["ScheduledActionName"], **named}
    members[ACTIONS] = _list_of(action.name, named, ("name", "Schedule"))
    members["tags"] = _list_of("Tag", {"key": text, "value": text}, ("key", "value"))
    return _shapes.Shape("structure", target.name, members)


def _list_of(name: str, members: dict[str, Any], required: tuple[str, ...]) -> Any:
    return _shapes.Shape("list", f"{name}s", member=_shapes.Shape("structure", name, members, required))


def accepted(given: dict[str, Any]) -> dict[str, Any]:
    """Turn short forms into documents of the API, with lists in the order of their names."""
    forms = {spelling: name for name in FORMS for spelling in (name, snake(name))}
    result: dict[str, Any] = {}
    for name, value in given.items():
        if name in forms and value is not None:
            form = FORMS[forms[name]]
            entries = [form(entry, f"{name}.{entry['name']}") for entry in _named(value, name)]
            result[forms[name]] = sorted(entries, key=lambda entry: str(entry["name"]))
        elif name not in ONLY_SHOWN:
            result[name] = value
    place = str(result.pop("ResourceId", None) or result.pop("resource_id", None) or "")
    kind, _slash, rest = place.partition("/")
    cluster, _slash, service = rest.partition("/")
    if kind == "service" and service:  # as DescribeScalableTargets prints it
        result = {"cluster": cluster, "service": service, **result}
    return result


def _named(value: Any, path: str) -> list[dict[str, Any]]:
    """Give entries with their names; by name, the value may be all that there is to say."""
    if isinstance(value, Mapping):
        value = [
            {"name": str(name), **(entry if isinstance(entry, Mapping) else {"value": entry})}
            for name, entry in value.items()
            if entry is not None
        ]
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) and entry.get("name") for entry in value):
        raise BadInput(f"{path}: give a dictionary by name, or a list of dictionaries that each have a name.")
    names = [str(entry["name"]) for entry in value]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInput(f"{path}: {twice} is given more than once; keep one.")
    return [{key: item for key, item in entry.items() if key not in ONLY_SHOWN} for entry in value]


def _tracking(entry: dict[str, Any], path: str) -> dict[str, Any]:
    value, queries = entry.pop("value", None), entry.pop("metrics", None)
    if value is not None:
        entry["target_value"] = value
    metric, label = _metric(entry, queries, path, 0)
    if metric:
        entry["predefined_metric_specification"] = {"predefined_metric_type": metric, **label}
    if queries is not None:
        entry["customized_metric_specification"] = {"metrics": _queries(queries, f"{path}.metrics")}
    return entry


def _predictive(entry: dict[str, Any], path: str) -> dict[str, Any]:
    value = entry.pop("value", None)
    metric, label = _metric(entry, None, path, 1)
    if metric:
        pair = {"predefined_metric_type": metric, **label}
        wanted = {"predefined_metric_pair_specification": pair, "target_value": value}
        entry["metric_specifications"] = [wanted]
    return entry


def _metric(entry: dict[str, Any], queries: Any, path: str, column: int) -> tuple[str | None, dict[str, Any]]:
    """Give the type of the metric that a word or the name of the policy means, with its label if it has one."""
    label = {"resource_label": entry.pop("resource_label")} if entry.get("resource_label") else {}
    word = entry.pop("metric", None)
    ways = [way for way in (word, queries, *(entry.get(name) for name in SPECIFICATIONS)) if way]
    if len(ways) > 1:
        raise BadInput(f"{path}: it says in several ways what is measured; keep one.")
    if not ways and entry["name"] not in METRICS:
        raise BadInput(f"{path}: say what is measured: metric ({', '.join(METRICS)}), or metrics of CloudWatch.")
    if ways and not word:
        return None, label
    return METRICS.get(str(word or entry["name"]), [word] * 2)[column], label


def _queries(metrics: Any, path: str) -> list[dict[str, Any]]:
    """Spell metrics in short as queries; what is returned is the one expression, or the one metric."""
    if not isinstance(metrics, Mapping):
        return list(metrics) if isinstance(metrics, list) else [metrics]
    queries = [_query(str(name), query, f"{path}.{name}") for name, query in metrics.items()]
    telling = [query for query in queries if "expression" in query] or queries
    if len(telling) == 1 and not any("return_data" in query for query in queries):
        for query in queries:
            query["return_data"] = query is telling[0]
    return queries


def _query(name: str, query: Any, path: str) -> dict[str, Any]:
    if isinstance(query, str):
        query = {"expression": query}
    if not isinstance(query, Mapping):
        raise BadInput(f"{path}: give an expression, or a dictionary with namespace, metric_name, dimensions and stat.")
    apart = {key: query[key] for key in IN_QUERY if key in query}
    metric = {key: query[key] for key in IN_METRIC if key in query}
    dimensions = metric.get("dimensions")
    if isinstance(dimensions, Mapping):
        metric["dimensions"] = [{"name": key, "value": item} for key, item in dimensions.items()]
    rest = {key: item for key, item in query.items() if key not in (*apart, *metric)}
    return {"id": name, **apart, **({"metric_stat": {"metric": metric, **rest}} if metric or rest else {})}


def _action(entry: dict[str, Any], _path: str) -> dict[str, Any]:
    bounds = {name: entry.pop(name) for name in ("min_capacity", "max_capacity") if name in entry}
    if bounds:
        entry["scalable_target_action"] = bounds
    if "value" in entry:  # nothing but the schedule was given
        entry["schedule"] = entry.pop("value")
    return entry


def _plain(entry: dict[str, Any], _path: str) -> dict[str, Any]:
    return entry


FORMS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    TRACKING: _tracking,
    STEP: _plain,
    PREDICTIVE: _predictive,
    ACTIONS: _action,
}
