# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reader loses nothing: what is neither taken nor left is listed."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.longshore.ecs.plugins.module_utils._importers._reader import LOOK, UNKNOWN, Leftovers, Reader
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def reader(value: Any) -> tuple[Reader, Leftovers]:
    left = Leftovers()
    root = Reader(value, left)
    left.roots.append(root)
    return root, left


def listed(left: Leftovers) -> list[str]:
    return [entry["path"] for entry in left.listed()]


def test_what_nobody_asked_for_is_listed_at_the_highest_level() -> None:
    root, left = reader({"a": 1, "b": {"c": [1, 2], "d": {"e": 1}}, "f.g": {"h": 1}})
    root.take("a")
    root.inside("b").inside("d")
    assert left.listed() == [{"path": path, "reason": UNKNOWN, "remedy": LOOK} for path in ("b.c", "b.d.e", '["f.g"]')]


def test_what_is_taken_is_taken_whole() -> None:
    root, left = reader({"a": {"b": {"c": 1}}, "d": [{"e": 1}, "f"]})
    assert root.take("a") == {"b": {"c": 1}}
    (_one, first), (_two, second) = root.each("d")
    assert (first.take("e"), second.whole()) == (1, "f")
    assert left.listed() == []


def test_what_does_not_fit_is_left_with_the_reason() -> None:
    root, left = reader({"text": [1], "number": "x", "whole": 1.5, "flag": "maybe", "texts": ["a", {}], "each": "x"})
    assert root.text("text") is None
    assert root.number("number") is None
    assert root.whole_number("whole") is None
    assert root.flag("flag") is None
    assert root.texts("texts") == ["a"]
    assert root.each("each") == []
    assert listed(left) == ["text", "number", "whole", "flag", "texts[1]", "each"]


def test_scalars_are_taken_in_either_spelling() -> None:
    root, left = reader({"text": 1, "number": "1.5", "whole": "3", "flag": "true", "texts": "a"})
    assert root.text("text") == "1"
    assert root.number("number") == 1.5
    assert root.whole_number("whole") == 3
    assert root.flag("flag") is True
    assert root.texts("texts") == ["a"]
    assert left.listed() == []


def test_without_a_member_nothing_is_said() -> None:
    root, left = reader({})
    assert (root.text("a"), root.texts("a"), root.each("a"), root.inside("a").text("b")) == (None, [], [], None)
    root.leave("a", "reason.", "remedy.")
    assert left.listed() == []


def test_reasons_keep_secrets() -> None:
    left = Leftovers()
    left.leave("a", "it holds password=hunter2.", "remedy.")
    assert "hunter2" not in json.dumps(left.listed())


@given(DOCUMENTS)
def test_a_reader_that_takes_nothing_lists_each_member_of_the_document(document: Any) -> None:
    _root, left = reader(document)
    entries = document if isinstance(document, (dict, list)) else [document] if document is not None else []
    assert len(left.listed()) == len(entries)
