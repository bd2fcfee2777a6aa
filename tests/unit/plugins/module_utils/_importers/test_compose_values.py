# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables, durations and sizes as Compose writes them."""

from __future__ import annotations

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._export.secrets import Hidden
from ansible_collections.longshore.ecs.plugins.module_utils._importers._compose_values import (
    Scope,
    environment_file,
    interpolated,
    mebibytes,
    seconds,
)

VARIABLES = {"TAG": "1.4", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("web:$TAG", "web:1.4"),
        ("web:${TAG}", "web:1.4"),
        ("${TAG:-x}", "1.4"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY-x}", ""),
        ("${NONE:-x}", "x"),
        ("${NONE-${TAG}}", "1.4"),
        ("${NONE:-${OTHER:-y}z}", "yz"),
        ("${TAG:+other}", "other"),
        ("${NONE+other}", ""),
        ("${TAG:?must be set}", "1.4"),
        ("$$TAG costs 5$", "$TAG costs 5$"),
        ("${unclosed", "${unclosed"),
    ],
)
def test_variables_are_filled_in(text: str, value: str) -> None:
    scope = Scope(VARIABLES)
    assert scope.filled(text) == value
    assert scope.missing == []


@pytest.mark.parametrize("text", ["$NONE", "a${NONE}b", "${EMPTY:?must be set}", "${NONE:-${OTHER}}", "${not a name}"])
def test_text_with_a_missing_variable_is_hidden(text: str) -> None:
    told = []
    value = interpolated({"a": [text]}, VARIABLES, lambda path, names: told.append((path, len(names))))
    assert isinstance(value["a"][0], Hidden)
    assert told == [("a[0]", 1)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("10s", 10), ("1m30s", 90), ("1h5m", 3900), ("500ms", 0.5), ("1.5s", 1.5), ("10", None), ("", None), ("s", None)],
)
def test_durations(text: str, value: float | None) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("512M", 512), ("1.5gb", 1536), ("1GiB", 1024), ("1048576", 1), ("2048k", 2), ("1048576b", 1), ("much", None)],
)
def test_sizes(text: str, value: float | None) -> None:
    assert mebibytes(text) == value


def test_files_of_variables() -> None:
    text = "# comment\nA=1\nexport B='$TAG'\nC=\"x $TAG\\n\"\nD=$TAG # tail\nTAG\nE=$NONE\n\n=x\n"
    found = environment_file(text, VARIABLES)
    assert found == {"A": "1", "B": "$TAG", "C": "x 1.4\n", "D": "1.4", "TAG": "1.4", "E": "$NONE"}
    assert isinstance(found["E"], Hidden)
