# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Step scaling: what a step policy makes of the count, and by which alarm.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
"""

from __future__ import annotations

import math
from typing import Any

from . import neighbours
from .app_scaling_records import Policy
from .region import Region

Document = dict[str, Any]


def wish(region: Region, policy: Policy, current: int, value: float | None) -> tuple[int, str] | None:
    """Give the count that a policy wants and the alarm that rings, or None when none rings or no step fits.

    Without a value the threshold itself counts as what was measured: a guess, for an alarm whose state was set by hand.
    """
    for name, threshold in neighbours.ringing(region, policy.doc["PolicyARN"]):
        configuration = policy.doc["StepScalingPolicyConfiguration"]
        step = _fitting(configuration["StepAdjustments"], 0.0 if value is None else value - threshold)
        if step is not None:
            return max(0, _adjusted(configuration, step["ScalingAdjustment"], current)), name
    return None


def _fitting(steps: list[Document], breach: float) -> Document | None:
    """Find the step for a breach; a lower bound is inclusive above the threshold, an upper bound below it."""
    for step in steps:
        low = step.get("MetricIntervalLowerBound", -math.inf)
        high = step.get("MetricIntervalUpperBound", math.inf)
        if low <= breach < high if breach > 0 or low == 0 else low < breach <= high:
            return step
    return None


def _adjusted(configuration: Document, adjustment: int, current: int) -> int:
    kind = configuration["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return current + adjustment
    change = current * adjustment / 100
    size = max(1, math.floor(abs(change)), configuration.get("MinAdjustmentMagnitude", 0)) if change else 0
    return current + int(math.copysign(size, change))
