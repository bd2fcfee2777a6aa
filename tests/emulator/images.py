# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How container images behave: by rules set through `/_emulator/images`, else by their tag."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

BEHAVIOURS = ("ok", "missing", "crash", "oom", "unhealthy")
SIGKILL_EXIT_CODE = 137


@dataclass(frozen=True)
class Behaviour:
    """What happens when a container is started from an image.

    AWS documents no durations; these are typical of small images on Fargate.
    """

    behaviour: str = "ok"
    exit_code: int | None = None
    pull_seconds: float = 5.0
    start_seconds: float = 2.0
    run_seconds: float = 3.0

    @property
    def ends_with(self) -> int | None:
        """Exit code with which the container ends by itself; None if it runs until it is stopped."""
        if self.behaviour == "oom":
            return SIGKILL_EXIT_CODE
        if self.behaviour == "crash":
            return 1 if self.exit_code is None else self.exit_code
        return self.exit_code


class Images:
    """The rules, newest first."""

    def __init__(self) -> None:
        self._rules: dict[str, Behaviour] = {}

    def put(self, rules: dict[str, dict[str, Any]]) -> None:
        """Add rules; a key is an image or a shell pattern of images."""
        known = {field.name for field in fields(Behaviour)}
        parsed = {}
        for pattern, rule in rules.items():
            if not isinstance(rule, dict) or set(rule) - known:
                raise ValueError(f"{pattern}: a rule has the members {sorted(known)}")
            if rule.get("behaviour", "ok") not in BEHAVIOURS:
                raise ValueError(f"{pattern}: behaviour is one of {BEHAVIOURS}")
            parsed[pattern] = Behaviour(**rule)
        self._rules = {**parsed, **{key: value for key, value in self._rules.items() if key not in parsed}}

    def clear(self) -> None:
        """Forget all rules."""
        self._rules = {}

    def show(self) -> dict[str, dict[str, Any]]:
        """Describe the rules for the control endpoint."""
        return {pattern: vars(rule) for pattern, rule in self._rules.items()}

    def of(self, image: str) -> Behaviour:
        """Say how an image behaves."""
        for pattern, rule in self._rules.items():
            if pattern == image or fnmatchcase(image, pattern):
                return rule
        tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
        return Behaviour(tag if tag in BEHAVIOURS else "ok")
