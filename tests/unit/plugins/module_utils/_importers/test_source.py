# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents are read as the tools read them that they are written for."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._importers._source import Source, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 22:22", {"a": "22:22"}),
        ("a: no", {"a": "no"}),
        ("on: y", {"on": "y"}),
        ("a: 2001-01-01", {"a": "2001-01-01"}),
        ("a: 0440", {"a": 0o440}),
        ("1: [1.5, ~, true, '1']", {"1": [1.5, None, True, "1"]}),
        ("a: &a {b: 1}\nc: {<<: *a, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ('{"a": [1]}', {"a": [1]}),
    ],
)
def test_yaml_is_that_of_compose(text: str, value: object) -> None:
    assert load(text) == [value]


@pytest.mark.parametrize("text", ["a: 1\na: 2", '{"a": 1, "a": 2}', "a: [", "? [a]\n: 1", "a: !reset null"])
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        load(text)


def test_further_documents_are_listed() -> None:
    source = Source(None, "a: 1\n---\nb: 2\n")
    source.reader().take("a")
    assert [entry["path"] for entry in source.left.listed()] == ["document[1]"]


def test_files_beside_the_source_are_found(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("a: 1", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "two.yml").write_text("b: 1", encoding="utf-8")
    directory, file, text = Source(str(tmp_path), None), Source(str(tmp_path / "one.yml"), None), Source(None, "a: 1")
    assert directory.names("*/*.yml") == ["sub/two.yml"]
    assert (directory.has("one.yml"), file.has("sub/two.yml"), text.has("one.yml")) == (True, True, False)
    assert directory.reader("one.yml").at("a") == "one.yml.a"
    with pytest.raises(BadInput, match="is a directory"):
        directory.text()
