# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the functions of lifecycle hooks answer: set through `/_emulator/hooks`, for the emulator runs no function."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

ANSWERS = ("SUCCEEDED", "IN_PROGRESS", "FAILED", "NOTHING")
_MAXIMUM_KEPT = 1000


@dataclass(frozen=True)
class Function:
    """The answers of one function, one for each time it is invoked; the last one is given again and again.

    NOTHING is no answer: the hook's own timeout ends it. A function runs for `seconds` and, when it answered
    IN_PROGRESS, is invoked again `delay_seconds` later.
    """

    answers: list[str] = field(default_factory=lambda: ["SUCCEEDED"])
    seconds: float = 2.0
    # The default of callBackDelay: deployment-lifecycle-hooks page of the developer guide.
    delay_seconds: float = 30.0


class HookAnswers:
    """The functions that were set, by name, and the invocations so far."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}
        self._invoked: dict[str, int] = {}
        self._invocations: list[dict[str, Any]] = []

    def put(self, rules: dict[str, Any]) -> None:
        """Set functions: a name to a list of answers, or to an object with the members of Function."""
        known = {item.name for item in fields(Function)}
        parsed = {}
        for name, rule in rules.items():
            members = {"answers": rule} if isinstance(rule, list) else rule
            if not isinstance(members, dict) or set(members) - known:
                raise ValueError(f"{name}: send a list of answers or an object with {sorted(known)}")
            function = Function(**members)
            if not function.answers or set(function.answers) - set(ANSWERS):
                raise ValueError(f"{name}: an answer is one of {ANSWERS}")
            parsed[name] = function
        self._functions |= parsed
        for name in parsed:
            self._invoked.pop(name, None)

    def clear(self) -> None:
        """Forget all functions and invocations."""
        self._functions, self._invoked, self._invocations = {}, {}, []

    def show(self) -> dict[str, Any]:
        """Describe the functions and the invocations for the control endpoint."""
        return {
            "functions": {name: vars(function) for name, function in self._functions.items()},
            "invocations": self._invocations,
        }

    def of(self, name: str) -> Function:
        """Give a function's settings; one that was not set succeeds."""
        return self._functions.get(name, Function())

    def invoke(self, name: str, payload: dict[str, Any]) -> str:
        """Note an invocation and give its answer."""
        count = self._invoked.get(name, 0)
        self._invoked[name] = count + 1
        self._invocations.append({"function": name, **payload})
        del self._invocations[:-_MAXIMUM_KEPT]
        answers = self.of(name).answers
        return answers[min(count, len(answers) - 1)]
