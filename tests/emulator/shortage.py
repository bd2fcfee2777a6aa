# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `/_emulator/capacity` set. How it is told is in capacity.py."""

from __future__ import annotations

from typing import Any

_FARGATE = ("available", "unavailable", "quota", "task-quota", "cpu-limit", "memory-limit", "internal", "throttled")
KINDS = {
    "fargate": _FARGATE,
    "fargate_spot": _FARGATE,
    "ec2": ("available", "unavailable", "cpu", "memory", "port", "eni", "attribute", "agent"),
    "elb": ("available", "denied"),
}


class Capacity:
    """What `/_emulator/capacity` set: a kind for each platform, for a number of tries or until it is changed."""

    def __init__(self) -> None:
        self._rules: dict[str, tuple[str, float]] = {}

    def put(self, body: dict[str, Any]) -> None:
        """Set platforms; `for` is the number of tries that fail."""
        tries = body.get("for", float("inf"))
        for platform, kind in body.items():
            if platform == "for":
                continue
            if kind not in KINDS.get(platform, ()):
                raise ValueError(f"send {KINDS} and for, a number of tries")
            self._rules[platform] = (kind, tries)

    def clear(self) -> None:
        """Give capacity everywhere."""
        self._rules = {}

    def show(self) -> dict[str, Any]:
        """Describe what is set."""
        shown = {name: {"kind": kind, "for": left} for name, (kind, left) in self._rules.items()}
        return {name: {"kind": item["kind"]} if item["for"] == float("inf") else item for name, item in shown.items()}

    def take(self, platform: str) -> str | None:
        """Give the kind of trouble that this try meets; the next may meet none."""
        kind, left = self._rules.get(platform, ("available", 0))
        if kind == "available" or left <= 0:
            return None
        self._rules[platform] = (kind, left - 1)
        return kind
