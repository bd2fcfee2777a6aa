# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document without what AWS fills in by itself: what a person would have written to get it.

The rules are those by which documents are compared, so nothing is left out that would make a difference to `apply`.
Members that a structure must have are kept, and the containers of a task stay in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._normal import RULES, STRUCTURES, unordered

# Lists whose order means nothing to AWS, and something to a reader: the main container stands first.
IN_ORDER = frozenset({("RegisterTaskDefinitionRequest", "containerDefinitions")})


def plain(value: Any, shape: Any) -> Any:
    """Give a value in the API's spelling without defaults, empty values, and members that only an answer has.

    Returns None where nothing is left.
    """
    if value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return _structure(value, shape)
    if shape.type_name == "list" and isinstance(value, list):
        return [_entry(item, shape.member) for item in value] or None
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: entry for key, entry in value.items() if entry is not None} or None
    return value


def _structure(value: Mapping[str, Any], shape: Any) -> dict[str, Any] | None:
    if getattr(shape, "is_document_type", False):
        return dict(value) or None
    document: dict[str, Any] = {}
    for name, member in shape.members.items():
        entry = plain(value.get(name), member)
        for rule in _rules(shape.name, name):
            entry = None if entry is None else rule(entry)
        if entry is not None:
            document[name] = entry
    document = STRUCTURES.get(shape.name, dict)(document)
    return _in_order({**_required(value, shape), **document}, shape) if document else None


def _rules(structure: str, member: str) -> list[Callable[[Any], Any]]:
    kept = (structure, member) in IN_ORDER
    return [rule for rule in RULES.get(structure, {}).get(member, ()) if not (kept and rule is unordered)]


def _entry(item: Any, shape: Any) -> Any:
    """An entry of a list stays, whatever is left of it."""
    entry = plain(item, shape)
    return _required(item, shape) if entry is None and shape.type_name == "structure" else entry


def _required(value: Any, shape: Any) -> dict[str, Any]:
    return {name: value[name] for name in shape.required_members if (value or {}).get(name) is not None}


def _in_order(document: dict[str, Any], shape: Any) -> dict[str, Any]:
    return {name: document[name] for name in shape.members if name in document}
