# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster query language: which container instances fit an expression.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from .errors import invalid_parameter

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<list>\[[^\]]*\])"
    r"|(?P<quoted>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>==|!=|>=|<=|=~|!~|&&|\|\||[()<>])"
    r"|(?P<not>!(?=\s*\())"
    r"|(?P<word>!?[^\s()\[\]=!<>&|~,'\"]+)"
    r")"
)
_OPERATORS = {
    "==": "==",
    "equals": "==",
    "!=": "!=",
    "not_equals": "!=",
    ">": ">",
    "greater_than": ">",
    ">=": ">=",
    "greater_than_equal": ">=",
    "<": "<",
    "less_than": "<",
    "<=": "<=",
    "less_than_equal": "<=",
    "exists": "exists",
    "!exists": "!exists",
    "not_exists": "!exists",
    "in": "in",
    "!in": "!in",
    "not_in": "!in",
    "=~": "=~",
    "matches": "=~",
    "!~": "!~",
    "not_matches": "!~",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)*\Z")
_SUBJECTS = ("agentConnected", "agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount", "task:group")


@dataclass
class Facts:
    """What an expression may ask about an instance."""

    attributes: dict[str, str | None] = field(default_factory=dict)
    subjects: dict[str, list[str]] = field(default_factory=dict)

    def of(self, subject: str) -> list[str] | None:
        """Give the values of a subject: None if the instance lacks it; several only for `task:group`."""
        if subject.startswith("attribute:"):
            name = subject.partition(":")[2]
            return [self.attributes[name] or ""] if name in self.attributes else None
        return self.subjects.get(subject) or None


def fits(expression: str, facts: Facts) -> bool:
    """Evaluate an expression; one that cannot be read is refused (the words are a guess)."""
    return _Reader(expression).read()(facts)


Test = Callable[[Facts], bool]


class _Reader:
    """Reads an expression by recursive descent: or, and, not, comparison."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = self._split(expression)
        self._at = 0

    def _split(self, text: str) -> list[str]:
        tokens, position = [], 0
        text = text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._invalid()
            tokens.append(match.group(0).strip())
            position = match.end()
        return tokens

    def _invalid(self) -> Exception:
        return invalid_parameter(f"Invalid expression: {self._expression}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise self._invalid()
        self._at += 1
        return token

    def read(self) -> Test:
        """Read the whole."""
        test = self._either()
        if self._peek():
            raise self._invalid()
        return test

    def _either(self) -> Test:
        tests = [self._all()]
        while self._peek() in ("or", "||"):
            self._take()
            tests.append(self._all())
        return lambda facts: any(test(facts) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._peek() in ("and", "&&"):
            self._take()
            tests.append(self._one())
        return lambda facts: all(test(facts) for test in tests)

    def _one(self) -> Test:
        token = self._take()
        if token in ("not", "!"):
            inner = self._one()
            return lambda facts: not inner(facts)
        if token == "(":
            inner = self._either()
            if self._take() != ")":
                raise self._invalid()
            return inner
        if token not in _SUBJECTS and not re.match(r"attribute:.+", token):
            raise self._invalid()
        return self._comparison(token)

    def _comparison(self, subject: str) -> Test:
        operator = _OPERATORS.get(self._peek())
        if operator is None:
            # A subject alone: that it asks whether there is one is a guess.
            return lambda facts: facts.of(subject) is not None
        self._take()
        if operator in ("exists", "!exists"):
            return lambda facts: (facts.of(subject) is not None) == (operator == "exists")
        wanted = _values(self._take())
        return lambda facts: _compare(facts.of(subject), operator, wanted)


def _values(token: str) -> list[str]:
    items = token[1:-1].split(",") if token.startswith("[") else [token]
    return [item.strip().strip("'\"") for item in items]


def _compare(held: list[str] | None, operator: str, wanted: list[str]) -> bool:
    """Compare; what an instance lacks is different from everything (a guess)."""
    if held is None:
        return operator in ("!=", "!in", "!~")
    if operator in ("==", "in"):
        return any(_same(value, other) for value in held for other in wanted)
    if operator in ("!=", "!in"):
        return not any(_same(value, other) for value in held for other in wanted)
    if operator in ("=~", "!~"):
        return any(re.search(wanted[0], value) for value in held) == (operator == "=~")
    order = _ordered(held[0], wanted[0])
    return {">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]


def _same(value: str, other: str) -> bool:
    return value == other or (value.lower() == other.lower() and value.lower() in ("true", "false"))


def _ordered(value: str, other: str) -> int:
    left, right = _key(value), _key(other)
    return (left > right) - (left < right)


def _key(text: str) -> tuple[float, ...]:
    """Order numbers and versions by their parts, and dates by their moment."""
    if _NUMBER.match(text):
        return tuple(float(part) for part in text.split("."))
    try:
        return (datetime.fromisoformat(text).timestamp(),)
    except ValueError:
        raise invalid_parameter(f"Invalid expression: {text} cannot be ordered.") from None
