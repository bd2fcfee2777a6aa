# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules with which a Copilot manifest changes its task definition: taskdef_overrides.

Source: https://aws.github.io/copilot-cli/docs/developing/overrides/taskdef-overrides/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._normal import snake
from . import _copilot_reasons as reasons
from ._reader import Reader

PART = re.compile(r"(?P<name>\w+)(?P<index>\[(?:\d+|-)\])?")
# How long the paths are that Copilot lets nobody change: Family, and ContainerDefinitions[0].Name.
FIXED = {"family": 1, "name": 3}
# Maps whose keys belong to the user.
OF_USER = frozenset({"docker_labels", "driver_opts", "labels", "options"})


def overridden(task: dict[str, Any], rules: Reader) -> dict[str, Any]:
    """Apply the rules one after the other; those that do not fit are left."""
    for _index, rule in rules.entries():
        steps = _steps(str(rule.look("path") or ""))
        member = next((str(step) for step in reversed(steps) if isinstance(step, str)), "")
        try:
            if not steps or len(steps) == FIXED.get(member):
                raise TypeError
            _put(task, steps, _spelled(rule.look("value"), member))
        except (TypeError, IndexError, ValueError):
            rule.leave_all(*reasons.OVERRIDE)
        else:
            rule.take("path")
            rule.take("value")
    return task


def _steps(path: str) -> list[str | int]:
    """Give the steps of a path such as ContainerDefinitions[0].Ulimits[-]; -1 stands for one more entry."""
    steps: list[str | int] = []
    for part in path.split("."):
        match = PART.fullmatch(part)
        if not match:
            return []
        steps.append(snake(match["name"]))
        if match["index"]:
            index = match["index"][1:-1]
            steps.append(-1 if index == "-" else int(index))
    return steps


def _put(place: Any, steps: list[str | int], value: Any) -> None:
    """Put a value at a place, and make what is missing on the way; raises TypeError where something else is there."""
    step, *rest = steps
    if isinstance(step, int):
        if not isinstance(place, list):
            raise TypeError
        if step < 0 or step == len(place):
            place.append([] if rest and isinstance(rest[0], int) else {})
            step = len(place) - 1
    elif not isinstance(place, dict):
        raise TypeError
    elif rest and step not in place:
        place[step] = [] if isinstance(rest[0], int) else {}
    if rest:
        _put(place[step], rest, value)
    else:
        place[step] = value


def _spelled(value: Any, member: str) -> Any:
    """Spell a value of CloudFormation as the options are spelled."""
    if isinstance(value, Mapping) and member not in OF_USER:
        return {snake(str(name)): _spelled(entry, snake(str(name))) for name, entry in value.items()}
    return [_spelled(entry, "") for entry in value] if isinstance(value, list) else value
