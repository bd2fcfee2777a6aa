# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a document so that nothing of it is lost: what is neither taken nor left is listed by itself.

A reader stands at one value of a document, which may be anything: a dictionary, a list, text, a number. From there

- `take(name)` gives the value of a member and takes all of it, whatever it holds. `text`, `number`, `flag` and `texts`
  do the same and give one type; what does not fit is left, with a reason, and None is given.
- `look(name)` gives a value, and takes nothing.
- `inside(name)` gives a reader of a member, to be taken part by part. Without the member it is an empty one.
- `each(name)` gives a reader for each entry of a list or dictionary, with its index or key; `entries()` those of what
  the reader itself stands at.
- `whole()` takes what the reader itself stands at, for entries that are no dictionaries.
- `leave(name, reason, remedy)` says that a member cannot be carried over. Without the member it says nothing.
  `leave_all` says the same of what the reader itself stands at.
- `note(name, reason, remedy)` tells something about a member, such as a size that was rounded, and takes nothing.

A reason is a sentence without the name of the member, which stands in the path, and never with the value, which may be
secret: "Fargate has no devices." A remedy says what to do: "mount an EFS file system instead."

When all is done, `Leftovers.listed` gives what was left or noted, and adds every member that nobody asked for: as "not
known here", at the highest level at which nobody did.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._secret import masked

Step = Any  # a key or an index
UNKNOWN = "not known here."
LOOK = "see whether it is needed, and set it in the manifest."
PLAIN = re.compile(r"[\w-]+", re.ASCII)
TYPES = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a dictionary"}


@dataclass
class Leftovers:
    """What cannot be carried over, and the documents that are read."""

    told: list[dict[str, str]] = field(default_factory=list)
    roots: list[Reader] = field(default_factory=list)

    def leave(self, path: str, reason: str, remedy: str) -> None:
        """Note that what stands at a path cannot be carried over, or not as it is; once, however often it is said."""
        entry = {"path": path, "reason": reason, "remedy": remedy}
        if entry not in self.told:
            self.told.append(entry)

    def listed(self) -> list[dict[str, str]]:
        """Give everything that was left, and what nobody has asked for, without secrets."""
        rest = [{"path": path, "reason": UNKNOWN, "remedy": LOOK} for root in self.roots for path in root.rest()]
        return [{name: str(masked(text)) for name, text in entry.items()} for entry in (*self.told, *rest)]


class Reader:
    """A place in a document, which knows what was taken there."""

    def __init__(self, value: Any, left: Leftovers, path: str = "") -> None:
        self.value = value
        self.path = path
        self.left = left
        self._done: set[Step] = set()
        self._children: dict[Step, Reader] = {}
        self._all = False

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, Mapping) and name in self.value

    @property
    def names(self) -> list[str]:
        """Name the members; there are none where there is no dictionary."""
        return list(self.value) if isinstance(self.value, Mapping) else []

    def at(self, name: Step | None) -> str:
        """Spell the path of a member: services.web.ports[0], labels["com.example.team"]; with None of the reader."""
        return self.path if name is None else f"{self.path}{spelled(name, bool(self.path))}"

    def look(self, name: str) -> Any:
        """Give a value without taking it; None where there is none."""
        return self.value.get(name) if isinstance(self.value, Mapping) else None

    def take(self, name: str) -> Any:
        """Give a value, and take all that it holds; None where there is none."""
        self._done.add(name)
        return self.look(name)

    def whole(self) -> Any:
        """Give what the reader stands at, and take all of it."""
        self._all = True
        return self.value

    def text(self, name: str) -> str | None:
        """Take text, or a number or a boolean as text."""
        value = self.take(name)
        return _as_text(value) if isinstance(value, (int, float)) else self._fitting(name, value, str)

    def number(self, name: str) -> float | None:
        """Take a number, which may be written as text."""
        value = self.take(name)
        try:
            number = float(value) if isinstance(value, str) else self._fitting(name, value, float)
        except ValueError:
            number = None
            self._fitting(name, value, float)
        if number is not None and not math.isfinite(number):
            self.left.leave(self.at(name), "it is no finite number.", LOOK)
            return None
        return None if number is None else float(number)

    def whole_number(self, name: str) -> int | None:
        """Take a whole number, which may be written as text."""
        value = self.take(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        text = str(value)
        return int(text) if isinstance(value, str) and text.isdecimal() else self._fitting(name, value, int)

    def flag(self, name: str) -> bool | None:
        """Take a boolean, which may be written as text."""
        value = self.take(name)
        words = {"true": True, "false": False}
        return words.get(value.lower()) if isinstance(value, str) and value.lower() in words else self._boolean(name)

    def texts(self, name: str) -> list[str]:
        """Take text, or a list of texts and numbers, as a list; the entries that are neither are left."""
        value = self.take(name)
        if value is None:
            return []
        if isinstance(value, (str, int, float)):
            return [_as_text(value)]
        if not isinstance(value, list):
            self._fitting(name, value, list)
            return []
        for index, entry in enumerate(value):
            if not isinstance(entry, (str, int, float)):
                self.left.leave(f"{self.at(name)}[{index}]", _misfit(entry, str), LOOK)
        return [_as_text(entry) for entry in value if isinstance(entry, (str, int, float))]

    def inside(self, name: str) -> Reader:
        """Give a reader of a member, to be taken part by part."""
        return self._child(name, self.look(name))

    def each(self, name: str) -> list[tuple[Step, Reader]]:
        """Give a reader for each entry of a list or dictionary, with its index or key; what is neither is left."""
        return self.inside(name).entries()

    def entries(self) -> list[tuple[Step, Reader]]:
        """Give a reader for each entry of what the reader stands at; what is neither list nor dictionary is left."""
        if isinstance(self.value, Mapping):
            return [(name, self._child(name, entry)) for name, entry in self.value.items()]
        if isinstance(self.value, list):
            return [(index, self._child(index, entry)) for index, entry in enumerate(self.value)]
        if self.value is not None and not self._all:
            self._all = True
            self.left.leave(self.path, _misfit(self.value, list), LOOK)
        return []

    def leave(self, name: str, reason: str, remedy: str) -> None:
        """Say that a member cannot be carried over; without the member nothing is said."""
        if name in self:
            self._done.add(name)
            self.left.leave(self.at(name), reason, remedy)

    def leave_all(self, reason: str, remedy: str) -> None:
        """Say that what the reader stands at cannot be carried over."""
        self._all = True
        self.left.leave(self.path, reason, remedy)

    def note(self, name: Step | None, reason: str, remedy: str) -> None:
        """Tell something about a member, or with None about all, and take nothing."""
        self.left.leave(self.at(name), reason, remedy)

    def rest(self) -> Iterator[str]:
        """Give the paths of what nobody has asked for."""
        if self._all:
            return
        if not isinstance(self.value, (Mapping, list)):
            if self.value is not None:
                yield self.path
            return
        steps: list[Step] = list(self.value) if isinstance(self.value, Mapping) else list(range(len(self.value)))
        for step in steps:
            if step in self._children and step not in self._done:
                yield from self._children[step].rest()
            elif step not in self._done:
                yield self.at(step)

    def _child(self, name: Step, value: Any) -> Reader:
        if name not in self._children:
            self._children[name] = Reader(value, self.left, self.at(name))
        return self._children[name]

    def _boolean(self, name: str) -> bool | None:
        value = self._fitting(name, self.look(name), bool)
        return value if isinstance(value, bool) else None

    def _fitting(self, name: str, value: Any, wanted: type) -> Any:
        """Give a value that is of the wanted type; what is not is left."""
        if value is None:
            return None
        allowed = (int, float) if wanted is float else wanted
        if isinstance(value, allowed) and (wanted is bool or not isinstance(value, bool)):
            return value
        self.left.leave(self.at(name), _misfit(value, wanted), LOOK)
        return None


def spelled(step: Step, inner: bool) -> str:
    """Spell a step of a path: [0], .name, or ["a.name"] where a name holds more than letters, digits, _ and -."""
    if isinstance(step, int):
        return f"[{step}]"
    if PLAIN.fullmatch(step):
        return f".{step}" if inner else step
    quoted = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{quoted}"]'


def _as_text(value: Any) -> str:
    """Give a scalar as text; text stays the object that it is, which may know that it is secret."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _misfit(value: Any, wanted: type) -> str:
    said = TYPES.get(type(value), "of another type")
    return f"it is {said}; {TYPES[wanted]} is wanted here."
