# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What EventBridge Scheduler keeps: schedules and their groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DEFAULT = "default"


@dataclass
class Schedule:
    """A schedule; `version` tells the runs that were planned for it from those planned before its last change."""

    doc: dict[str, Any]
    begun: float  # what a rate counts from
    version: int = 0


@dataclass
class Group:
    """A group of schedules."""

    doc: dict[str, Any]
    tags: list[dict[str, str]] = field(default_factory=list)
    schedules: dict[str, Schedule] = field(default_factory=dict)


@dataclass
class Scheduler:
    """The schedules of one account and Region; `tokens` are the requests that were carried out, by their token."""

    groups: dict[str, Group] = field(default_factory=dict)
    tokens: dict[str, tuple[Any, dict[str, Any]]] = field(default_factory=dict)
