# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shapes that the service model lacks: what a resource has beyond its creating request."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)  # one is only equal to itself, so that what is known of it can be remembered
class Shape:
    """A shape as botocore's models have them."""

    type_name: str
    name: str
    members: dict[str, Any] = field(default_factory=dict)
    required_members: tuple[str, ...] = ()
    member: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)
    is_document_type: bool = False


def extended(shape: Any, **documents: str) -> Shape:
    """Give a structure with free-form JSON members besides its own, by name and type, and with tags in lower case.

    Services but ECS spell a tag {Key, Value}; documents spell it in one way.
    """
    free = {name: Shape("structure", kind, is_document_type=True) for name, kind in documents.items()}
    tag = shape.members["tags"].member
    members = {name.lower(): member for name, member in tag.members.items()}
    required = tuple(name.lower() for name in tag.required_members)
    tags = Shape("list", shape.members["tags"].name, member=Shape("structure", tag.name, members, required))
    return Shape("structure", shape.name, {**shape.members, "tags": tags, **free}, tuple(shape.required_members))


@functools.lru_cache(maxsize=10)
def of_group(shape: Any) -> Shape:
    """Give the shape of a thing that has a name and tags, which documents spell in lower case."""
    text = Shape("string", "String")
    tag = Shape("structure", "Tag", {"key": text, "value": text}, ("key", "value"))
    return Shape("structure", shape.name, {"Name": text, "tags": Shape("list", "TagList", member=tag)}, ("Name",))
