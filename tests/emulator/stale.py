# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stale reads: after a write, describes may show the old state for a while.

Amazon ECS is eventually consistent: "the result of an API command you run that affects your Amazon ECS resources might
not be immediately visible to all subsequent commands you run"
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass
class StaleSettings:
    """How long writes stay invisible: a number of reads, or a time in seconds."""

    reads: int = 0
    seconds: float = 0.0


@dataclass
class _Shadow:
    """The state before a write; `view` is None when the resource did not exist."""

    view: Document | None
    reads: int
    until: float


class Shadows:
    """The old states of one region's resources."""

    def __init__(self, settings: StaleSettings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._shadows: dict[str, _Shadow] = {}

    def before_write(self, key: str, view: Callable[[], Document | None]) -> None:
        """Remember what a resource looked like, if reads are to be stale."""
        if self._settings.reads or self._settings.seconds:
            until = self._now() + self._settings.seconds
            self._shadows[key] = _Shadow(copy.deepcopy(view()), self._settings.reads, until)

    def read(self, key: str) -> tuple[bool, Document | None]:
        """Give (True, old state) while the last write of the resource is invisible, else (False, None)."""
        shadow = self._shadows.get(key)
        if shadow is None:
            return False, None
        if shadow.reads > 0:
            shadow.reads -= 1
            return True, copy.deepcopy(shadow.view)
        if self._now() < shadow.until:
            return True, copy.deepcopy(shadow.view)
        del self._shadows[key]
        return False, None
