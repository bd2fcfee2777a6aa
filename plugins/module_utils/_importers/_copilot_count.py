# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many tasks a Copilot service has, on which capacity, and how it is scaled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import _copilot_reasons as reasons
from ._copilot_values import SCALED, Workload, whole_seconds
from ._piece import filled
from ._reader import LOOK, Reader

RANGE = re.compile(r"(\d+)-(\d+)")
SPOT, FARGATE = "FARGATE_SPOT", "FARGATE"
# Members of count -> the metric's name in `scaling`.
METRICS = {"cpu_percentage": "cpu", "memory_percentage": "memory", "requests": "requests_per_target"}
COOLDOWNS = {"in": "scale_in_cooldown", "out": "scale_out_cooldown"}
# Seconds between steps where nothing is said, as in Copilot's templates.
DEFAULT = {"scale_in_cooldown": 120, "scale_out_cooldown": 60}


class Count:
    """Reads `count`: a number, a number on Spot, or a range with metrics."""

    def __init__(self, workload: Workload) -> None:
        reader = workload.reader.inside("count")
        self.desired: int = 1
        self.strategy: list[dict[str, Any]] = []
        self.scaling: dict[str, Any] = {}
        if not isinstance(reader.value, Mapping):
            number = workload.reader.whole_number("count")
            self.desired = 1 if number is None else number
            return
        spot = reader.whole_number("spot")
        if spot is not None:
            self.desired, self.strategy = spot, [{"capacity_provider": SPOT, "weight": 1}]
            for name in SCALED:
                reader.leave(name, "Copilot does not scale services that run on Spot alone.", reasons.DROP)
            return
        bounds = self._bounds(reader)
        if bounds:
            self.desired = bounds[0]
            tracking = self._tracking(reader)
            self.scaling = filled({"min_capacity": bounds[0], "max_capacity": bounds[1], "target_tracking": tracking})

    def _bounds(self, reader: Reader) -> tuple[int, int] | None:
        inner = reader.inside("range")
        if isinstance(inner.value, Mapping):
            least, most, spot = (inner.whole_number(name) for name in ("min", "max", "spot_from"))
            if spot is not None:
                self.strategy = [{"capacity_provider": SPOT, "weight": 1}]
            if spot is not None and spot > 1 and spot >= (least or 0):
                self.strategy.append({"capacity_provider": FARGATE, "weight": 0, "base": spot - 1})
            return None if least is None or most is None else (least, most)
        match = RANGE.fullmatch(reader.text("range") or "")
        if not match:
            reader.note("range", "it is no range such as 1-10.", LOOK)
        return (int(match[1]), int(match[2])) if match else None

    def _tracking(self, reader: Reader) -> dict[str, Any]:
        reader.leave("queue_delay", *reasons.QUEUE)
        reader.leave("response_time", *reasons.RESPONSE_TIME)
        general = {**DEFAULT, **_cooldown(reader)}
        found = {}
        for name, metric in METRICS.items():
            inner = reader.inside(name)
            own = isinstance(inner.value, Mapping)
            value = inner.number("value") if own else reader.number(name)
            if value is not None:
                value = int(value) if float(value).is_integer() else value
                found[metric] = {"value": value, **general, **(_cooldown(inner) if own else {})}
        return found


def _cooldown(reader: Reader) -> dict[str, int]:
    inner = reader.inside("cooldown")
    return filled({option: whole_seconds(inner, name) for name, option in COOLDOWNS.items()})
