# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents made up from the shapes of botocore's service model, for property tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from hypothesis import strategies as st

MODEL = botocore.session.get_session().get_service_model("ecs")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8).map(lambda text: "v" + text)
NUMBERS = ("integer", "long", "float", "double")
# Members by which the entries of a list must differ from each other.
KEYS = (
    "name",
    "key",
    "namespace",
    "containerPort",
    "containerPath",
    "containerName",
    "hostname",
    "sourceContainer",
    "capacityProvider",
    "targetGroupArn",
    "portName",
    "deviceName",
)


def values(shape: Any, fixed: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Give values of a shape. `fixed` overrides by type and member ("HealthCheck.interval") or by type."""
    if shape.name in fixed:
        return fixed[shape.name]
    makers = {"structure": structures, "list": _lists, "map": _maps, "boolean": lambda *_shape: st.booleans()}
    return makers.get(shape.type_name, _scalars)(shape, fixed)


def _lists(shape: Any, fixed: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    entries = values(shape.member, fixed)
    return st.lists(entries, min_size=shape.metadata.get("min", 0), max_size=3, unique_by=_key)


def _maps(shape: Any, fixed: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(WORDS, values(shape.value, fixed), max_size=2)


def _scalars(shape: Any, fixed: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    if shape.type_name in NUMBERS:
        low = shape.metadata.get("min", 1)
        return st.integers(low, min(shape.metadata.get("max", low + 50), low + 50))
    return st.sampled_from(shape.enum) if shape.enum else WORDS


def structures(shape: Any, fixed: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Give structures with all required members and some of the others."""
    members = {
        name: fixed[special] if (special := f"{shape.name}.{name}") in fixed else values(member, fixed)
        for name, member in shape.members.items()
    }
    needed = {name: member for name, member in members.items() if name in shape.required_members or name in KEYS}
    return st.fixed_dictionaries(
        needed, optional={name: member for name, member in members.items() if name not in needed}
    )


def _key(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return str(item)
    return next((str(item[name]) for name in KEYS if name in item), str(item))


def shuffled(value: Any, shape: Any, unordered: Mapping[tuple[str, str], Any], draw: Any) -> Any:
    """Shuffle, at any depth, the lists of which `unordered` holds the structure and the member."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            name: _reordered(
                shuffled(entry, shape.members[name], unordered, draw), (shape.name, name) in unordered, draw
            )
            for name, entry in draw(st.permutations(list(value.items())))
        }
    if shape.type_name == "list":
        return [shuffled(entry, shape.member, unordered, draw) for entry in value]
    return value


def _reordered(value: Any, free: bool, draw: Any) -> Any:
    return draw(st.permutations(value)) if free and isinstance(value, list) else value


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Walk over the scalars of a document with their paths."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, (*path, index))
    else:
        yield path, value
