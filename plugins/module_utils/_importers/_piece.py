# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an importer is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ._source import Source


@dataclass(frozen=True)
class Choice:
    """What the user says beside the source."""

    cluster: str | None = None  # the cluster for services that name none
    name: str | None = None  # what the names of families and services begin with
    environment: str | None = None  # the environment of a source that knows several
    variables: Mapping[str, str] = field(default_factory=dict)  # what the source takes from its surroundings
    # Options by kind, for what the source does not say.
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Gives the shape of the documents of a kind, in botocore's model.
    shapes: Callable[[str], Any] = lambda _kind: None

    def named(self, name: str) -> str:
        """Give the name of a family or service."""
        return f"{self.name}-{name}" if self.name else name


@dataclass
class Piece:
    """An entry of the manifest: its kind and its options, in the spelling of the options; empty ones are left out."""

    kind: str
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """Give the name by which people know it."""
        return next((str(self.options[name]) for name in ("family", "name", "service") if self.options.get(name)), "")


class Importer(Protocol):
    """A format: a file of this package with these two functions."""

    def fits(self, source: Source) -> bool:
        """Tell whether the source is of this format, by looking at it."""

    def pieces(self, source: Source, choice: Choice) -> Iterator[Piece]:
        """Give the entries in the order in which a person would write them; what is left, the readers note."""


def filled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not there: None, and empty text, lists and dictionaries; false and 0 stay."""
    return {name: value for name, value in options.items() if value is not None and value not in ("", [], {})}
