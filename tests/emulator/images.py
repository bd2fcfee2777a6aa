# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How container images behave: by rules set through `/_emulator/images`, else by their tag."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from .causes import STAGES, Cause, Target, named

BEHAVIOUR_HINT = "the names in causes.py, or exit-<code>"
_HEALTH = ("healthy", "unhealthy")


@dataclass(frozen=True)
class Behaviour:
    """What happens when a container is started from an image; what is None is as the named behaviour has it.

    AWS documents no durations; these are typical of small images on Fargate.
    """

    behaviour: str = "ok"
    exit_code: int | None = None
    pull_seconds: float = 5.0
    start_seconds: float = 2.0
    run_seconds: float = 3.0
    stage: str | None = None
    stopped_reason: str | None = None
    stop_code: str | None = None
    reason: str | None = None
    logs: tuple[str, ...] | None = None
    health: str | None = None
    target_reason: str | None = None
    target_description: str | None = None

    @property
    def cause(self) -> Cause:
        """The cause that the behaviour names."""
        found = named(self.behaviour)
        if found is None:
            raise ValueError(f"{self.behaviour} is no behaviour")
        return found

    @property
    def strikes(self) -> str:
        """When it fails: one of `causes.STAGES`."""
        if self.stage is not None:
            return self.stage
        if self.behaviour == "ok" and self.stop_code == "TaskFailedToStart":
            return "pull"
        return self.cause.stage

    @property
    def ends_with(self) -> int | None:
        """Exit code with which the container ends by itself; None if it runs until it is stopped."""
        if self.strikes != "run":
            return self.exit_code if self.strikes == "health" else None
        if self.exit_code is not None:
            return self.exit_code
        told = self.stopped_reason or self.stop_code or self.reason
        return 1 if self.behaviour == "ok" and told else self.cause.exit_code

    @property
    def container_unhealthy(self) -> bool:
        """Whether the container's health check never passes."""
        return self.cause.container_unhealthy if self.health is None else self.health == "unhealthy"

    @property
    def target(self) -> Target | None:
        """What the load balancer finds wrong; None if it is content."""
        held = self.cause.target
        if self.target_reason is None and self.target_description is None:
            return held if self.health != "healthy" else None
        reason = self.target_reason or (held.reason if held else "Target.FailedHealthChecks")
        return Target(reason, self.target_description or (held.description if held else "Health checks failed"))


class Images:
    """The rules, newest first."""

    def __init__(self) -> None:
        self._rules: dict[str, Behaviour] = {}

    def put(self, rules: dict[str, dict[str, Any]]) -> None:
        """Add rules; a key is an image or a shell pattern of images, with a space also of images and their command."""
        known = {field.name for field in fields(Behaviour)}
        parsed = {}
        for pattern, rule in rules.items():
            if not isinstance(rule, dict) or set(rule) - known:
                raise ValueError(f"{pattern}: a rule has the members {sorted(known)}")
            if named(rule.get("behaviour", "ok")) is None:
                raise ValueError(f"{pattern}: behaviour is one of {BEHAVIOUR_HINT}")
            if rule.get("stage") not in (None, *STAGES):
                raise ValueError(f"{pattern}: stage is one of {STAGES}")
            if rule.get("health") not in (None, *_HEALTH):
                raise ValueError(f"{pattern}: health is one of {_HEALTH}")
            logs = rule.get("logs")
            parsed[pattern] = Behaviour(**{**rule, "logs": None if logs is None else tuple(logs)})
        self._rules = {**parsed, **{key: value for key, value in self._rules.items() if key not in parsed}}

    def clear(self) -> None:
        """Forget all rules."""
        self._rules = {}

    def show(self) -> dict[str, dict[str, Any]]:
        """Describe the rules for the control endpoint."""
        return {pattern: vars(rule) for pattern, rule in self._rules.items()}

    def rule(self, image: str, command: list[str] | None = None) -> Behaviour | None:
        """Find the rule for an image; one whose pattern has a space is for the image with its command."""
        spoken = " ".join([image, *(command or [])])
        for pattern, rule in self._rules.items():
            if pattern == image or fnmatchcase(spoken if " " in pattern else image, pattern):
                return rule
        return None

    def of(self, image: str, command: list[str] | None = None) -> Behaviour:
        """Say how an image behaves."""
        rule = self.rule(image, command)
        if rule is not None:
            return rule
        tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
        return Behaviour(tag if named(tag) else "ok")
