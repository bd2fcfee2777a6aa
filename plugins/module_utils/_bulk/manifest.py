# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a manifest: from files and inline resources to entries, each of which knows where it stands.

A manifest is a list `resources`, each entry of which is a dictionary with one key, the kind, and a dictionary
`defaults` by kind. Defaults of a file hold in that file, those of the module's option everywhere.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._document import text_of
from .._errors import BadInput
from . import lines, placeholders

SUFFIXES = (".yml", ".yaml", ".json")
MEMBERS = ("resources", "defaults")


@dataclass(frozen=True)
class Place:
    """Where something stands: the steps to it, from the document's root, in a file or in the module's options."""

    steps: tuple[str | int, ...]
    file: str | None = None
    part: int = 0  # which of the documents of a YAML file

    def at(self, *steps: str | int) -> Place:
        """Give a place further down."""
        return Place((*self.steps, *steps), self.file, self.part)

    @property
    def path(self) -> str:
        """Spell the steps: resources[3].service.desired_count."""
        text = ""
        for step in self.steps:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the manifest, and where; the message says what to do about it."""

    place: Place
    message: str
    line: int | None = None  # where it is known already

    def told(self) -> dict[str, Any]:
        """Give the problem as data; the line is looked up now, since few manifests have problems."""
        place = self.place
        line = self.line or (lines.find(place.file, place.part, place.steps) if place.file else None)
        where = [place.file] if place.file else []
        where += [f"line {line}"] if line else []
        text = f"{', '.join([*where, place.path] if place.path else where)}: {self.message}"
        return {"file": place.file, "line": line, "path": place.path, "message": self.message, "text": text}


@dataclass
class Entry:
    """One resource as it was written: its kind, its options, and the defaults that hold for it."""

    kind: str
    options: dict[str, Any]
    place: Place
    defaults: list[tuple[dict[str, Any], Place]] = field(default_factory=list)  # the nearest last


@dataclass
class Manifest:
    """All entries in the order in which they were read, and what is wrong with what could not be read."""

    kinds: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    secrets: Mapping[str, Any] = field(default_factory=dict)  # values of placeholders

    def refuse(self, place: Place, message: str, line: int | None = None) -> None:
        """Note something that is wrong."""
        self.problems.append(Problem(place, message, line))

    def read(self, params: Mapping[str, Any]) -> None:
        """Read what the options `src`, `resources` and `defaults` hold."""
        self.secrets = params.get("placeholders") or {}
        common = self._defaults(params.get("defaults"), Place(("defaults",)))
        self._entries(params.get("resources") or [], Place(("resources",)), common)
        for file in self._files(params["src"]) if params.get("src") else ():
            for part, document in enumerate(self._documents(file)):
                if document is not None:  # an empty one
                    self._document(document, Place((), file, part), common)

    def _files(self, src: str) -> list[str]:
        path = Path(src)
        if not path.is_dir():
            return [src]
        found = [
            str(file)
            for file in sorted(path.rglob("*"))
            if file.suffix in SUFFIXES and file.is_file() and not _hidden(file.relative_to(path))
        ]
        if not found:
            self.refuse(Place(("src",)), f"the directory {src} holds no file that ends with {', '.join(SUFFIXES)}.")
        return found

    def _documents(self, file: str) -> list[Any]:
        try:
            text = text_of(file)
            if file.endswith(".json"):
                return [json.loads(text, object_pairs_hook=_once)]
            return lines.load(text)
        except json.JSONDecodeError as error:
            self.refuse(Place((), file), f"column {error.colno}: {error.msg}.", error.lineno)
        except BadInput as error:
            self.refuse(Place((), file), str(error).removeprefix("src: "), error.data.get("line"))
        return []

    def _document(self, document: Any, root: Place, common: dict[str, Any]) -> None:
        if isinstance(document, list):
            document = {"resources": document}
            root = Place((), root.file, root.part)
        if not isinstance(document, Mapping):
            return self.refuse(root, f"a manifest is a dictionary with {' and '.join(MEMBERS)}, or a list of entries.")
        for name in set(document) - set(MEMBERS):
            self.refuse(root.at(str(name)), f"no such part of a manifest; it has {' and '.join(MEMBERS)}.")
        own = self._defaults(document.get("defaults"), root.at("defaults"))
        merged = {kind: [*common.get(kind, []), *own.get(kind, [])] for kind in {*common, *own}}
        return self._entries(document.get("resources") or [], root.at("resources"), merged)

    def _defaults(self, given: Any, place: Place) -> dict[str, list[tuple[dict[str, Any], Place]]]:
        found: dict[str, list[tuple[dict[str, Any], Place]]] = {}
        if given is None:
            return found
        if not isinstance(given, Mapping):
            self.refuse(place, f"it is a {type(given).__name__}; give a dictionary of options for each kind.")
            return found
        for kind, options in given.items():
            if self._known(kind, options, place.at(str(kind))):
                found[kind] = [(self._filled(options, place.at(kind)), place.at(kind))]
        return found

    def _entries(self, given: Any, place: Place, defaults: dict[str, Any]) -> None:
        if not isinstance(given, list):
            return self.refuse(
                place, f"it is a {type(given).__name__}; give a list of entries such as `- cluster: ...`."
            )
        for index, entry in enumerate(given):
            here = place.at(index)
            if not isinstance(entry, Mapping) or len(entry) != 1:
                said = f"it has {len(entry)} keys" if isinstance(entry, Mapping) else f"it is a {type(entry).__name__}"
                self.refuse(here, f"an entry is a dictionary with one key, its kind, such as `cluster`; {said}.")
                continue
            ((kind, options),) = entry.items()
            if self._known(kind, options, here.at(str(kind))):
                own = self._filled(options, here.at(kind))
                self.entries.append(Entry(kind, own, here.at(kind), defaults.get(kind, [])))
        return None

    def _filled(self, options: Mapping[str, Any] | None, place: Place) -> dict[str, Any]:
        """Give a copy of options with the values of their placeholders, which few have."""
        if "{{" not in repr(options):
            return dict(options or {})
        return dict(placeholders.filled(options, self.secrets, lambda steps, said: self.refuse(place.at(*steps), said)))

    def _known(self, kind: Any, options: Any, place: Place) -> bool:
        if kind not in self.kinds:
            close = difflib.get_close_matches(str(kind), self.kinds, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(self.kinds)}."
            self.refuse(place, f"no such kind of resource; {hint}")
        elif options is not None and not isinstance(options, Mapping):
            self.refuse(place, f"it is a {type(options).__name__}; give the options of longshore.ecs.{kind}.")
        else:
            return True
        return False


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Read a JSON object, which may not name a member twice."""
    names = [name for name, _value in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"{twice} is given twice in one dictionary; keep one.")
    return dict(pairs)


def spread(path: str) -> Iterator[str | int]:
    """Take a path such as container_definitions[0].cpu apart into its steps."""
    for part in path.split("."):
        name, *indices = part.replace("]", "").split("[")
        if name:
            yield name
        yield from (int(index) for index in indices if index.isdigit())
