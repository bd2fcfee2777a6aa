# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From files and options to entries, and what is said about what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.manifest import Manifest, Place, spread

KINDS = ("cluster", "service")


def read(**params: Any) -> Manifest:
    manifest = Manifest(KINDS)
    manifest.read(params)
    return manifest


def said(manifest: Manifest) -> list[str]:
    return [problem.told()["text"] for problem in manifest.problems]


def test_all_files_of_a_directory_are_one_manifest(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("resources:\n- cluster: {name: b}\n---\n- cluster: {name: c}\n---\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text('[{"cluster": {"name": "a"}}]')
    (tmp_path / ".hidden.yml").write_text("not: read")
    (tmp_path / "notes.txt").write_text("not: read")
    (tmp_path / "empty.yaml").write_text("")
    manifest = read(src=str(tmp_path), resources=[{"cluster": {"name": "d"}}])
    assert manifest.problems == []
    assert sorted(entry.options["name"] for entry in manifest.entries) == ["a", "b", "c", "d"]
    places = {entry.options["name"]: entry.place for entry in manifest.entries}
    assert (places["c"].part, places["c"].path) == (1, "resources[0].cluster")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resources: {cluster: {}}", "line 1, resources: it is a dict; give a list of entries such as "
         "`- cluster: ...`."),
        ("resources:\n- [cluster]", "line 2, resources[0]: an entry is a dictionary with one key, its kind, such as "
         "`cluster`; it is a list."),
        ("resources:\n- cluster: {}\n  name: shop", "line 2, resources[0]: an entry is a dictionary with one key, its "
         "kind, such as `cluster`; it has 2 keys."),
        ("- clustre: {}", "line 1, resources[0].clustre: no such kind of resource; did you mean cluster?"),
        ("- cluster: shop", "line 1, resources[0].cluster: it is a str; give the options of longshore.ecs.cluster."),
        ("ressources: []", "line 1, ressources: no such part of a manifest; it has resources and defaults."),
        ("defaults: [1]", "line 1, defaults: it is a list; give a dictionary of options for each kind."),
        ("defaults:\n  queue: {}", "line 2, defaults.queue: no such kind of resource; there are cluster, service."),
        ("text", "a manifest is a dictionary with resources and defaults, or a list of entries."),
        ("a: }", "line 1: column 4: did not find expected node content."),
        ("- cluster: {a: 1, a: 2}", "line 1: column 19: a is given twice in one dictionary; keep one."),
        ("- cluster: !vault x", "line 1: column 12: could not determine a constructor for the tag '!vault'."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_place(text: str, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "estate.yml"
    file.write_text(text)
    told = said(read(src=str(file)))
    assert len(told) == 1
    normal = told[0].removeprefix(str(file)).removeprefix(", ").removeprefix(": ")
    assert normal == expected or told[0].endswith(expected)


def test_json_that_is_no_json_and_members_given_twice(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"resources": [}')
    (tmp_path / "b.json").write_text('{"resources": [], "resources": []}')
    told = said(read(src=str(tmp_path)))
    assert told[0].endswith("a.json, line 1: column 16: Expecting value.")
    assert "resources is given twice" in told[1]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in said(read(src=str(tmp_path / "none.yml")))[0]
    assert "holds no file" in said(read(src=str(tmp_path)))[0]


def test_defaults_are_kept_by_file_and_the_nearest_last(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("defaults: {service: {b: 2}}\nresources: [{service: {}}, {cluster: {}}]")
    (tmp_path / "b.yml").write_text("resources: [{service: {}}]")
    manifest = read(src=str(tmp_path), defaults={"service": {"a": 1}})
    kept = [[options for options, _place in entry.defaults] for entry in manifest.entries]
    assert kept == [[{"a": 1}, {"b": 2}], [], [{"a": 1}]]


def test_paths_are_spelled_and_taken_apart() -> None:
    place = Place(("resources",)).at(3, "service", "load_balancers", 0, "container_port")
    assert place.path == "resources[3].service.load_balancers[0].container_port"
    assert tuple(spread(place.path)) == place.steps
