# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as Compose writes them: variables, durations, sizes, lists of pairs, files of variables.

Source: https://docs.docker.com/reference/compose-file/ (interpolation, extension, services) and the specification at
https://github.com/compose-spec/compose-spec.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .._export.secrets import Hidden
from ._reader import Reader, spelled

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OPERATOR = re.compile(r":?[-?+]")
DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
SIZES = {"": 2.0**-20, "k": 2.0**-10, "m": 1.0, "g": 2.0**10, "t": 2.0**20}
DEEPEST = 20  # defaults within defaults

Missing = Callable[[str, list[str]], None]


class Scope:
    """The variables of a run, and those that were asked for in vain."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.missing: list[str] = []

    def filled(self, text: str, depth: int = 0) -> str:
        """Replace $NAME, ${NAME}, ${NAME:-default}, ${NAME:?error}, ${NAME:+other}; $$ stands for one $."""
        result, rest = "", text
        while "$" in rest:
            before, _dollar, rest = rest.partition("$")
            result += before
            name = VARIABLE.match(rest)
            if rest.startswith("$"):
                result, rest = result + "$", rest[1:]
            elif name:
                result, rest = result + self._value(name[0], "", "", depth), rest[name.end() :]
            elif rest.startswith("{") and (end := _closing(rest)):
                result, rest = result + self._braced(rest[1:end], depth), rest[end + 1 :]
            else:
                result += "$"
        return result + rest

    def _braced(self, inner: str, depth: int) -> str:
        name = VARIABLE.match(inner)
        operator = OPERATOR.match(inner, name.end()) if name else None
        if not name or (not operator and name.end() < len(inner)):
            self.missing.append(inner)
            return ""
        return self._value(name[0], operator[0] if operator else "", inner[operator.end() :] if operator else "", depth)

    def _value(self, name: str, operator: str, other: str, depth: int) -> str:
        value = self._variables.get(name)
        there = value is not None and not (operator.startswith(":") and not value)
        if operator.endswith("+"):
            return self.filled(other, depth + 1) if there and depth < DEEPEST else ""
        if there:
            return str(value)
        if operator.endswith("-") and depth < DEEPEST:
            return self.filled(other, depth + 1)
        self.missing.append(name)
        return ""


def _closing(text: str) -> int | None:
    """Give the place of the brace that closes the one with which a text begins."""
    open_ones = 0
    for place, char in enumerate(text):
        open_ones += (char == "{") - (char == "}")
        if not open_ones:
            return place
    return None


def interpolated(value: Any, variables: Mapping[str, str], missing: Missing, path: str = "") -> Any:
    """Copy a document with its variables filled in; text for which one is missing is hidden, since nobody knows it."""
    if isinstance(value, Mapping):
        return {
            name: interpolated(entry, variables, missing, f"{path}{spelled(name, bool(path))}")
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [interpolated(entry, variables, missing, f"{path}[{index}]") for index, entry in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value
    scope = Scope(variables)
    result = scope.filled(value)
    if not scope.missing:
        return result
    missing(path, scope.missing)
    return Hidden(value)


def seconds(text: str) -> float | None:
    """Read a duration such as 1m30s; None where it is none."""
    if not DURATION.fullmatch(text):
        return None
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([\d.]+)(us|ms|s|m|h)", text))


def mebibytes(text: str) -> float | None:
    """Read a size such as 512M, 1.5gb or 1048576 (bytes) as MiB; None where it is none."""
    found = SIZE.fullmatch(text.strip())
    return float(found[1]) * SIZES[found[2].lower()] if found else None


def pairs(reader: Reader) -> dict[str, str | None]:
    """Take a dictionary, or a list of NAME=value, as a dictionary; without a value it is None."""
    found: dict[str, str | None] = {}
    for step, entry in reader.entries():
        value = entry.value
        if isinstance(value, (Mapping, list)):
            continue
        entry.whole()
        if isinstance(step, str):
            found[step] = _text(value)
        elif isinstance(value, str):
            name, equals, text = value.partition("=")
            found[name] = (Hidden(text) if isinstance(value, Hidden) else text) if equals else None
        else:
            found[str(value)] = None
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str) else str(value)


def environment_file(text: str, variables: Mapping[str, str]) -> dict[str, str | None]:
    """Read a file of NAME=value; values in single quotes are taken as they stand."""
    found: dict[str, str | None] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not name or name.startswith("#"):
            continue
        found[name] = _unquoted(value, variables) if equals else variables.get(name)
    return found


def _unquoted(value: str, variables: Mapping[str, str]) -> str:
    quote = value[:1] if value[:1] in ("'", '"') else ""
    if quote and quote in value[1:]:
        inner = value[1 : value.rindex(quote)]
        if quote == "'":
            return inner
        value = inner.replace("\\n", "\n").replace('\\"', '"')
    else:
        value = re.split(r"\s+#", value)[0]
    scope = Scope(variables)
    result = scope.filled(value)
    return Hidden(value) if scope.missing else result
