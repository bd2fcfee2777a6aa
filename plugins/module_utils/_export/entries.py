# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a resource as AWS has it to the entry of a manifest: the options with which its module would make it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core import Found, Resource
from .._normal import snake
from .._shape import pair_members

# Tags with these prefixes belong to AWS.
OF_AWS = "aws:"


@dataclass
class Piece:
    """A resource on its way into the manifest."""

    resource: Resource
    found: Found
    document: dict[str, Any] = field(default_factory=dict)  # in the API's spelling, without defaults
    manner: dict[str, Any] = field(default_factory=dict)  # options that are no members
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Name the kind."""
        return self.resource.kind

    @property
    def name(self) -> str:
        """Give the name by which people know it, as `apply` does."""
        members = (self.document.get(member) for member in self.resource.identity)
        return "/".join(str(value) for value in members if value)

    @property
    def key(self) -> str:
        """Give what tells it from all others."""
        return f"{self.kind} {self.name}"

    @property
    def tags(self) -> dict[str, str]:
        """Give its tags, also those of AWS."""
        return {tag["key"]: tag.get("value", "") for tag in self.found.document.get("tags") or []}

    @property
    def entry(self) -> dict[str, Any]:
        """Give the entry."""
        return {self.kind: self.options}


def without_tags_of_aws(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the tags that AWS puts on by itself, and refuses from others."""
    tags = [tag for tag in document.get("tags") or [] if not tag["key"].startswith(OF_AWS)]
    return {**document, "tags": tags}


def options_of(resource: Resource, document: dict[str, Any], shape: Any) -> dict[str, Any]:
    """Give a document as the options of its module, in their order; what has no option of its own is a `definition`."""
    named = {member: option for option, member in resource.rename.items()}
    own: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    for member, value in document.items():
        option = snake(member)
        option = option if option in resource.options else named.get(member, option)
        spelled = _spelled(value, shape.members[member])
        if option in resource.options or option == "tags":
            own[option] = spelled
        else:
            beside[snake(member)] = spelled
    if beside:
        own["definition"] = beside
    order = [*resource.options, "definition", "tags"]
    return {option: own[option] for option in _first_the_name(resource, order) if option in own}


def _first_the_name(resource: Resource, order: list[str]) -> Iterable[str]:
    named = {member: option for option, member in resource.rename.items()}
    names = [named.get(member, snake(member)) for member in reversed(resource.identity)]
    return dict.fromkeys([*(name for name in names if name in order), *order])


def _spelled(value: Any, shape: Any) -> Any:
    """Spell a value as options do, with lists of pairs as dictionaries where that loses nothing."""
    if shape.type_name == "structure" and isinstance(value, Mapping) and not getattr(shape, "is_document_type", False):
        return {snake(name): _spelled(entry, shape.members[name]) for name, entry in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        pair = pair_members(shape)
        if pair and _is_dictionary(value, pair):
            return {entry[pair[0]]: entry[pair[1]] for entry in value}
        return [_spelled(entry, shape.member) for entry in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _is_dictionary(value: list[Any], pair: tuple[str, str]) -> bool:
    complete = all(entry.get(member) is not None for entry in value for member in pair)
    return complete and len({entry[pair[0]] for entry in value if complete}) == len(value)
