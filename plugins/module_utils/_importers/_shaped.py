# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a part of a document as botocore's service model knows it: the rest stays, and is listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._normal import snake
from .._shape import pair_members, spellings
from ._reader import Reader

# How others name members of the API, where that is more than another spelling.
Renames = Mapping[str, str]


def shaped(reader: Reader, shape: Any, renames: Renames | None = None) -> Any:
    """Take what the shape knows, in either spelling of its members, and give it in the spelling of the options.

    Lists of pairs, such as environment variables, become dictionaries where that loses nothing. A structure that stands
    alone in a list is taken for the structure, which is how Terraform writes blocks. What is empty is left out.
    """
    value = reader.value
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        if isinstance(value, list):
            entries = reader.entries()
            return shaped(entries[0][1], shape, renames) if len(entries) == 1 else None
        return _structure(reader, shape, renames or {})
    if shape.type_name == "list":
        return _list(reader, shape, renames)
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {str(name): shaped(entry, shape.value, renames) for name, entry in reader.entries()} or None
    if isinstance(value, (Mapping, list)) and not getattr(shape, "is_document_type", False):
        return None
    return reader.whole()


def _structure(reader: Reader, shape: Any, renames: Renames) -> dict[str, Any] | None:
    known = spellings(shape)
    named = {**{other: name for other, name in renames.items() if name in known}, **{name: name for name in known}}
    result: dict[str, Any] = {}
    for name in reader.names:
        member = known.get(named.get(name, ""))
        if member is None or snake(member) in result:
            continue
        value = shaped(reader.inside(name), shape.members[member], renames)
        if value is not None and value not in ("", [], {}):
            result[snake(member)] = value
    return result or None


def _list(reader: Reader, shape: Any, renames: Renames | None) -> Any:
    pair = pair_members(shape)
    if isinstance(reader.value, Mapping):
        if not pair:
            return None
        return {str(name): entry.whole() for name, entry in reader.entries() if not _nested(entry.value)} or None
    if not isinstance(reader.value, list):
        if reader.value is None:
            reader.whole()
        return None
    found = [(entry, shaped(entry, shape.member, renames)) for _index, entry in reader.entries()]
    values = [value for _entry, value in found if value is not None]
    return (_paired(found, pair) if pair else values) or None


def _paired(found: list[tuple[Reader, Any]], pair: tuple[str, str]) -> Any:
    """Give pairs as a dictionary, where that loses nothing; an empty value is not the same as none."""
    first, second = (snake(name) for name in pair)
    for entry, value in found:
        if value is not None and "" in (entry.look(pair[1]), entry.look(second)):
            value[second] = ""
    values = [value for _entry, value in found if value is not None]
    complete = all(value.get(first) is not None and value.get(second) is not None for value in values)
    if complete and len({value[first] for value in values}) == len(values):
        return {value[first]: value[second] for value in values}
    return values


def _nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list))
