# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: errors, broken connections, requests that are applied although nobody hears the answer."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from dataclasses import dataclass, field
from typing import Any

from .calls import Call

KINDS = ("5xx", "throttle", "reset", "timeout", "lost", "kill", "error")
_MEMBERS = {"operation", "service", "kind", "code", "message", "status", "pid", "times", "every", "probability", "seed"}


@dataclass
class Fault:
    """One rule: which calls it hits, how often, and what happens then."""

    rule: dict[str, Any]
    matched: int = 0
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random)

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return str(self.rule["kind"])

    def hit(self, call: Call) -> bool:
        """Decide whether this call is hit."""
        if self.rule.get("service", "ecs") not in ("*", call.service):
            return False
        if self.rule.get("operation", "*") not in ("*", call.operation):
            return False
        if self.hits >= self.rule.get("times", float("inf")):
            return False
        self.matched += 1
        if self.matched % self.rule.get("every", 1):
            return False
        if self.dice.random() >= self.rule.get("probability", 1.0):
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force; the first that hits counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, rules: list[dict[str, Any]]) -> None:
        """Add rules, or refuse all of them."""
        for rule in rules:
            if not isinstance(rule, dict) or rule.get("kind") not in KINDS:
                raise ValueError(f"a fault has a kind out of {KINDS}")
            if (rule["kind"] == "kill") != (isinstance(rule.get("pid"), int) and rule["pid"] > 1):
                raise ValueError("a fault of the kind kill, and no other, has the pid of the process to kill")
            if set(rule) - _MEMBERS:
                raise ValueError(f"a fault has no members but {sorted(_MEMBERS)}")
        with self._lock:
            self._faults += [Fault(rule, dice=random.Random(rule.get("seed", 0))) for rule in rules]

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._faults = []

    def show(self) -> list[dict[str, Any]]:
        """Describe the rules and how often each has hit."""
        with self._lock:
            return [{**fault.rule, "hits": fault.hits} for fault in self._faults]

    def strike(self, call: Call) -> Fault | None:
        """Give the fault that hits this call."""
        with self._lock:
            return next((fault for fault in self._faults if fault.hit(call)), None)


def error_of(fault: Fault) -> tuple[int, str, str]:
    """Give status, code and message of a fault that is an answer."""
    rule = fault.rule
    if fault.kind == "throttle":
        return rule.get("status", 400), rule.get("code", "ThrottlingException"), rule.get("message", "Rate exceeded")
    if fault.kind == "5xx":
        message = rule.get("message", "Service Unavailable. Please try again later.")
        return rule.get("status", 500), rule.get("code", "ServerException"), message
    message = rule.get("message", "An error was asked for.")
    return rule.get("status", 400), rule.get("code", "ClientException"), message


def kill(fault: Fault) -> None:
    """End the client's process, which gets no chance to do anything about it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(fault.rule["pid"], signal.SIGKILL)
