# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Application Auto Scaling in the state of Terraform, as scaling of services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._resources._scaling_forms import METRICS
from ._piece import Choice, Piece, filled
from ._reader import LOOK, Reader
from ._shaped import shaped
from ._terraform_state import Instance

COUNT = "ecs:service:DesiredCount"
COMPUTED = ("id", "arn", "alarm_arns", "region", "timeouts", "service_namespace")
RENAMES = {"step_adjustment": "step_adjustments", "metric_specification": "metric_specifications"}
# Types of policies -> the option, the block, and the member of the document whose entries they are.
POLICIES = {
    "TargetTrackingScaling": ("target_tracking", "target_tracking_scaling_policy_configuration", "targetTracking"),
    "StepScaling": ("step_scaling", "step_scaling_policy_configuration", "stepScaling"),
    "PredictiveScaling": ("predictive_scaling", "predictive_scaling_policy_configuration", "predictiveScaling"),
}
WORDS = {kind: word for word, (kind, _pair) in METRICS.items()}
BOUNDS = ("metric_interval_lower_bound", "metric_interval_upper_bound")


def scaled(instances: list[Instance], choice: Choice) -> Iterator[Piece]:
    """Give one entry for each service that is scaled."""
    shape = choice.shapes("scaling")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for instance in instances:
        place = _place(instance.reader)
        if not place:
            continue
        options = found.setdefault(place, {})
        if instance.type == "aws_appautoscaling_target":
            options.update(_target(instance.reader, shape))
            continue
        read = _policy if instance.type == "aws_appautoscaling_policy" else _action
        option, name, entry = read(instance.reader, shape)
        if option and name:
            options.setdefault(option, {})[name] = entry
    for (cluster, service), options in found.items():
        yield Piece("scaling", filled({"service": service, "cluster": cluster, **options}))


def _place(reader: Reader) -> tuple[str, str] | None:
    """Give the cluster and the service; None, with the reason, for whatever else can be scaled."""
    for name in COMPUTED:
        reader.take(name)
    dimension = reader.text("scalable_dimension")
    _kind, _slash, rest = (reader.text("resource_id") or "").partition("/")
    cluster, _slash, service = rest.partition("/")
    if dimension == COUNT and service:
        return cluster, service
    reader.leave_all("it does not scale a service of ECS.", "it stays with Terraform.")
    return None


def _target(reader: Reader, shape: Any) -> dict[str, Any]:
    role = reader.text("role_arn") or ""
    suspended = shaped(reader.inside("suspended_state"), shape.members["SuspendedState"]) or {}
    return {
        "min_capacity": reader.whole_number("min_capacity"),
        "max_capacity": reader.whole_number("max_capacity"),
        "role_arn": role if "aws-service-role" not in role else None,  # that is the one it has in any case
        "suspended_state": {name: value for name, value in suspended.items() if value},
        "tags": {
            **(shaped(reader.inside("tags"), shape.members["tags"]) or {}),
            **(shaped(reader.inside("tags_all"), shape.members["tags"]) or {}),
        },
    }


def _policy(reader: Reader, shape: Any) -> tuple[str, str, dict[str, Any]]:
    name, kind = reader.text("name") or "", reader.text("policy_type") or ""
    for _option, block, _member in POLICIES.values():
        if not reader.look(block):
            reader.take(block)
    if kind not in POLICIES:
        reader.leave_all("it is of no known type.", LOOK)
        return "", name, {}
    option, block, member = POLICIES[kind]
    entry = shaped(reader.inside(block), shape.members[member].member, RENAMES) or {}
    if option == "target_tracking":
        _shorten(entry)
    for step in entry.get("step_adjustments", []):
        step.update({bound: _number(step[bound]) for bound in BOUNDS if bound in step})
    if entry.get("min_adjustment_magnitude") == 0:
        del entry["min_adjustment_magnitude"]
    return option, name, entry


def _shorten(entry: dict[str, Any]) -> None:
    """Write a policy of target tracking as a person would: its value, and the word for its metric."""
    if "target_value" in entry:
        entry["value"] = _number(entry.pop("target_value"))
    predefined = entry.get("predefined_metric_specification") or {}
    word = WORDS.get(str(predefined.get("predefined_metric_type")))
    if word:
        del entry["predefined_metric_specification"]
        entry.update(filled({"metric": word, "resource_label": predefined.get("resource_label")}))
    if entry.get("disable_scale_in") is False:
        del entry["disable_scale_in"]


def _number(value: Any) -> Any:
    """Give a number that Terraform keeps as text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return int(number) if number.is_integer() else number


def _action(reader: Reader, shape: Any) -> tuple[str, str, dict[str, Any]]:
    entry = shaped(reader, shape.members["scheduledActions"].member) or {}
    bounds = entry.pop("scalable_target_action", None) or {}
    name = str(entry.pop("name", ""))
    return "scheduled_actions", name, {**entry, **{key: _number(value) for key, value in bounds.items()}}
