# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation promises can be given: examples hold real options and real members of the API."""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._action import Action
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api, connect
from ansible_collections.longshore.ecs.plugins.module_utils._core import Resource
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis.catalogue import CATALOGUE
from ansible_collections.longshore.ecs.plugins.module_utils._document import wanted
from ansible_collections.longshore.ecs.plugins.module_utils._normal import snake
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from ansible_collections.longshore.ecs.plugins.module_utils._verdict import ENDS, PLAIN
from unit.plugins.fixtures.specs import argument_spec, names

ROOT = Path(__file__).resolve().parents[4]
COLLECTION = "longshore.ecs"
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if (path / "tasks").is_dir())
# Keys of a task that say how to run it. Every other key is a module.
KEYWORDS = {
    "changed_when",
    "check_mode",
    "diff",
    "failed_when",
    "loop",
    "loop_control",
    "module_defaults",
    "name",
    "no_log",
    "register",
    "until",
    "vars",
    "when",
}

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


@functools.cache
def _documents(path: Path) -> dict[str, Any]:
    """Give DOCUMENTATION, EXAMPLES and RETURN of a module as data."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = yaml.safe_load(ast.literal_eval(node.value))
    return found


def _tasks(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the tasks of a list of tasks, also those in blocks, and of plays."""
    for entry in entries:
        inner = [task for part in ("tasks", "block", "rescue", "always") for task in entry.get(part, [])]
        yield from _tasks(inner) if inner else [entry]


def _called(task: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    (module,) = set(task) - KEYWORDS
    return module, task[module] or {}


@each_module
def test_the_three_documents_are_there(path: Path) -> None:
    documents = _documents(path)
    assert set(documents) == {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    documentation = documents["DOCUMENTATION"]
    assert documentation["module"] == path.stem
    assert documentation["version_added"]
    assert documentation["description"]
    assert not documentation["short_description"].endswith(".")
    assert f"{COLLECTION}._attributes" in str(documentation["extends_documentation_fragment"])


@each_module
def test_everything_that_is_described_is_a_sentence(path: Path) -> None:
    documentation = _documents(path)["DOCUMENTATION"]
    described = [documentation, *documentation.get("options", {}).values()]
    for entry in described:
        texts = entry["description"] if isinstance(entry["description"], list) else [entry["description"]]
        assert all(text.strip().endswith((".", ":")) for text in texts), texts


@each_module
def test_an_example_names_each_task_and_each_module_in_full(path: Path) -> None:
    tasks = list(_tasks(_documents(path)["EXAMPLES"]))
    assert tasks
    for task in tasks:
        assert task.get("name"), task
        module, _arguments = _called(task)
        assert module.count(".") == 2, module
    assert any(_called(task)[0] == f"{COLLECTION}.{path.stem}" for task in tasks)


@each_module
def test_an_example_gives_options_that_exist(path: Path) -> None:
    for task in _tasks(_documents(path)["EXAMPLES"]):
        module, arguments = _called(task)
        if module.startswith(f"{COLLECTION}."):
            assert set(arguments) <= set(names(argument_spec(module))), task["name"]


@pytest.fixture(scope="module")
def api() -> Api:
    """Give the door to AWS, for its service model; no call is made."""
    return connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


@each_module
def test_an_example_gives_members_that_exist(path: Path, api: Api) -> None:
    """Values that come from variables cannot be read here, and are left out."""
    for task in _tasks(_documents(path)["EXAMPLES"]):
        module, arguments = _called(task)
        resource = RESOURCES.get(module.removeprefix(f"{COLLECTION}."))
        if resource:
            options = names(argument_spec(module))
            plain = {options[name]: value for name, value in arguments.items() if "{{" not in str(value)}
            wanted(resource, {name: value for name, value in plain.items() if name != "src"}, api)


def _subject(path: Path) -> Resource | Action:
    """Give what a module keeps, reads or does: the one resource or action that it imports."""
    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{path.stem}")
    (found,) = (thing for thing in vars(module).values() if isinstance(thing, type))
    subject = found()
    assert isinstance(subject, (Resource, Action))
    return subject


@each_module
def test_what_is_returned_is_described(path: Path) -> None:
    """What a module comes to stands in `actions` if it writes, in `diagnosis` if it waits; info modules only look."""
    returned, subject = _documents(path)["RETURN"], _subject(path)
    for name, entry in returned.items():
        assert {"description", "returned", "type"} <= set(entry), name
    looks = path.stem.endswith("_info")
    writes, waits = not looks, subject.tells and not looks
    if isinstance(subject, Action):
        writes, waits = subject.writes, subject.tells
    else:
        assert ((subject.plural or f"{subject.kind}s") if looks else subject.kind) in returned
    assert ("actions" in returned, "diagnosis" in returned) == (writes, waits)
    assert "failure" in returned or (looks and not writes)


@each_module
def test_every_module_is_looked_up_from_its_counterpart(path: Path) -> None:
    """A reader of service finds service_info, and the other way round."""
    stem = path.stem
    other = stem.removesuffix("_info") if stem.endswith("_info") else f"{stem}_info"
    if (path.parent / f"{other}.py").is_file():
        mentioned = [entry.get("module") for entry in _documents(path)["DOCUMENTATION"].get("seealso", [])]
        assert f"{COLLECTION}.{other}" in mentioned


# Roles


def _role_document(role: Path, *parts: str) -> Any:
    return yaml.safe_load(role.joinpath(*parts).read_text(encoding="utf-8")) or {}


@each_role
def test_a_role_is_complete(role: Path) -> None:
    for part in ("README.md", "defaults/main.yml", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml"):
        assert (role / part).is_file(), part


@each_role
def test_a_role_says_what_each_of_its_options_is(role: Path) -> None:
    main = _role_document(role, "meta", "argument_specs.yml")["argument_specs"]["main"]
    assert main["short_description"]
    for name, option in main.get("options", {}).items():
        assert option.get("description"), name
        assert option.get("type"), name


@each_role
def test_the_defaults_of_a_role_are_those_that_it_documents(role: Path) -> None:
    options = _role_document(role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    defaults = _role_document(role, "defaults", "main.yml")
    assert set(defaults) <= set(options)
    assert {name: value for name, value in defaults.items() if name in documented} == documented


@each_role
def test_the_names_of_a_role_start_with_its_name(role: Path) -> None:
    """Variables of roles meet in one namespace."""
    options = _role_document(role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    assert [name for name in options if not name.startswith(f"{role.name}_")] == []


@each_role
def test_the_readme_of_a_role_names_every_option(role: Path) -> None:
    options = _role_document(role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    text = (role / "README.md").read_text(encoding="utf-8")
    assert [name for name in options if name not in text] == []


# Guides and README


def test_the_readme_names_every_module_role_and_playbook() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    playbooks = sorted((ROOT / "playbooks").glob("*.yml"))
    assert [path.stem for path in (*MODULES, *ROLES, *playbooks) if f"`{path.stem}`" not in text] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst")), ids=lambda path: path.stem)
def test_a_guide_is_in_the_table_of_contents(path: Path) -> None:
    document = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    assert path.stem in [name for section in document["sections"] for name in section["toctree"]]


def test_the_guide_on_waiting_tells_every_outcome_and_every_cause() -> None:
    text = (ROOT / "docs" / "docsite" / "rst" / "waiting.rst").read_text(encoding="utf-8")
    codes = {code for code, _words in ENDS.values()} | set(PLAIN) | {"Failed", "Hopeless", "TimedOut"}
    causes = {entry.cause for entry in CATALOGUE} | {cause for cause, _step in PLAIN.values()}
    told = {*codes, *map(snake, codes), "completed", *causes}
    assert sorted(word for word in told if f"``{word}``" not in text) == []
