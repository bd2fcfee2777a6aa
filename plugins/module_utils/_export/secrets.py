# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets go out of a manifest: each makes way for a placeholder, and it is told where that stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._bulk.placeholders import PLACEHOLDER
from .._normal import label
from .._secret import MASK, masked

Step = tuple[Any, str]  # a key or an index, and the word by which a person knows it


class Hidden(str):
    """Text that makes way for a placeholder whatever it looks like: it is said to be secret, or not known."""


@dataclass
class Vault:
    """The placeholders of one export."""

    told: list[dict[str, Any]] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def forget(self, owners: Iterable[tuple[str, str]]) -> None:
        """Drop the placeholders of resources, given by kind and name, that are not exported after all."""
        gone = set(owners)
        self.told = [item for item in self.told if (item["kind"], item["resource"]) not in gone]

    def emptied(self, kind: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Copy the options of an entry with a placeholder wherever a value looks secret."""
        return dict(self._emptied(options, masked(options), (kind, name), ()))

    def _emptied(self, value: Any, hidden: Any, owner: tuple[str, str], path: tuple[Step, ...]) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self._emptied(entry, hidden[key], owner, (*path, (key, str(key)))) for key, entry in value.items()
            }
        if isinstance(value, list):
            pairs = zip(value, hidden, strict=True)
            return [
                self._emptied(entry, other, owner, (*path, (index, str(label(entry) or index))))
                for index, (entry, other) in enumerate(pairs)
            ]
        if isinstance(value, Hidden):
            hidden = MASK
        # What looks like a placeholder already would be taken for one.
        if value == hidden and not isinstance(value, Hidden) and not PLACEHOLDER.fullmatch(str(value)):
            return value
        variable = self._variable(owner[1], path)
        where = {"kind": owner[0], "resource": owner[1], "path": _spelled(path)}
        self.told.append({"name": variable, **where, "shown": str(hidden)})
        return f"{{{{ {variable} }}}}"

    def _variable(self, resource: str, path: tuple[Step, ...]) -> str:
        """Name a variable by the resource, the container and the key; a number tells apart what is then alike."""
        named = [word for step, word in path if isinstance(step, int) and not word.isdigit()]
        last = path[-1:] if isinstance(path[-1][0], str) else path[-2:]
        words = [resource, *named, *(word for _step, word in last)]
        parts = [re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") for word in words]
        base = "_".join(("vault", *_without_repetition(parts)))
        name = next(one for one in _numbered(base) if one not in self._names)
        self._names.add(name)
        return name


def _without_repetition(parts: list[str]) -> list[str]:
    """Leave out a word that the one before it ends with: shop_web, web becomes shop_web."""
    kept: list[str] = []
    for part in parts:
        if part and not (kept and f"_{kept[-1]}".endswith(f"_{part}")):
            kept.append(part)
    return kept


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}_{number}"
        number += 1


def _spelled(path: tuple[Step, ...]) -> str:
    """Spell a path as messages of the collection do: container_definitions[0].environment.DB_PASSWORD."""
    text = ""
    for step, _word in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
