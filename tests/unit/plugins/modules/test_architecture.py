# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house keeps itself: who imports whom, who calls what, and how large things may grow.

Lines are lines of code: without blank lines, comments and docstrings, so that nobody saves on explaining.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PLUGINS, TESTS = ROOT / "plugins", ROOT / "tests"
UTILS, MODULES = PLUGINS / "module_utils", PLUGINS / "modules"
RESOURCES = UTILS / "_resources"
COLLECTION = "ansible_collections.longshore.ecs.plugins."

# Who may import whom. Every shared util has a row; a new one needs a decision here first.
ARROWS: dict[str, set[str]] = {
    "modules": {"_module", "_resources", "_actions"},
    "_module": {"_action", "_api", "_core", "_document", "_errors", "_secret", "_watch"},
    "_registry": {"_core", "_resources"},
    "_actions": {
        *{"_action", "_api", "_core", "_errors", "_normal", "_shape", "_watch"},
        *{"_actions", "_bulk", "_diagnosis", "_export", "_importers", "_preflight", "_registry"},
        *{"_resources", "_rollout", "_verdict"},
    },
    "_resources": {"_api", "_core", "_errors", "_normal", "_resources", "_rollout", "_verdict", "_watch"},
    "_bulk": {"_action", "_api", "_bulk", "_core", "_document", "_errors", "_normal", "_watch"},
    "_export": {"_api", "_bulk", "_core", "_errors", "_export", "_normal", "_resources", "_secret", "_shape"},
    "_importers": {
        *{"_bulk", "_core", "_document", "_errors", "_export", "_importers", "_normal", "_resources"},
        *{"_secret", "_shape"},
    },
    "_preflight": {"_api", "_core", "_document", "_errors", "_normal", "_preflight", "_resources"},
    "_rollout": {"_api", "_errors", "_progress", "_verdict", "_watch"},
    "_progress": {"_verdict", "_watch"},
    "_verdict": {"_diagnosis", "_errors", "_normal"},
    "_diagnosis": {"_errors", "_secret", "_diagnosis"},
    "_document": {"_core", "_errors", "_normal", "_secret", "_shape", "_watch"},
    "_action": {"_core", "_watch"},
    "_api": {"_core", "_errors", "_watch"},
    "_core": {"_errors", "_normal", "_secret", "_watch"},
    "_shape": {"_errors", "_normal"},
    "_watch": {"_errors"},
    "_secret": {"_normal"},
    "_normal": set(),
    "_errors": set(),
}
# From the door to AWS these take the type of its errors, and nothing that could make a call.
TAKE_FROM_API = {place: {"AwsError"} for place in ("_actions", "_preflight", "_resources", "_rollout")}
TAKE_FROM_API["_bulk"] = {"AwsError", "BATCHES", "OWNERS"}  # it shares out the names that one call takes
TAKE_FROM_API["_export"] = {"AwsError", "BATCHES"}  # and so does it
BOTO = {"boto3", "botocore"}
# Libraries of the target that are loaded only when they are needed, because loading them takes time in every run.
LATE = {"difflib", "yaml"}

MODULE_LINES = 12
RESOURCE_LINES = 200
# The shared utils without and with what follows deployments.
CORE_LINES = 1800
FOLLOWING = {"_rollout.py", "_verdict.py", "_progress.py"}
FOLLOWING_LINES = 400
DIAGNOSIS_LINES = 500
STATEMENTS = 40
ARGUMENTS = 6


def _python(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Give what a file imports, as absolute modules with the name taken from them ("" for the module itself)."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from ((module, alias.name) for alias in node.names)


def _place(path: Path) -> str:
    """Name the part of the house that a file belongs to."""
    if path.is_relative_to(MODULES):
        return "modules"
    return path.relative_to(UTILS).parts[0].removesuffix(".py") if path.is_relative_to(UTILS) else path.stem


def _own(path: Path) -> Iterator[tuple[str, str]]:
    """Give which parts of the house a file imports, and what it takes from them."""
    for module, taken in _imports(path):
        inside = module.removeprefix(COLLECTION).removeprefix("plugins.")
        if inside == module:
            continue
        parts = [*inside.split("."), *([taken] if (ROOT / "plugins" / inside.replace(".", "/")).is_dir() else [])]
        yield (parts[1] if parts[0] == "module_utils" else parts[0]), taken


def _calls(path: Path) -> set[str]:
    """Give the last part of the names of everything that a file calls: fail_json for module.fail_json(...)."""
    functions = [node.func for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in functions}


def _documentation(tree: ast.Module) -> Iterator[ast.stmt]:
    """Give the statements that only explain: docstrings, and the documentation of a module."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first
    for statement in tree.body:
        names = [target.id for target in getattr(statement, "targets", []) if isinstance(target, ast.Name)]
        if {"DOCUMENTATION", "EXAMPLES", "RETURN"} & set(names):
            yield statement


def _lines(path: Path, imports: bool = True) -> int:
    """Count the lines of code: no blank lines, comments or documentation, and on demand no imports."""
    source = path.read_text(encoding="utf-8")
    tree, code = ast.parse(source), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING):
            code |= set(range(token.start[0], token.end[0] + 1))
    apart = list(_documentation(tree))
    if not imports:
        apart += [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in apart:
        code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def _statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


ALL_PLUGINS = _python(PLUGINS)
IN_HOUSE = _python(MODULES, UTILS)
each_plugin = pytest.mark.parametrize("path", ALL_PLUGINS, ids=_name)
each_module = pytest.mark.parametrize("path", _python(MODULES), ids=_name)


# Who imports whom


@pytest.mark.parametrize("path", IN_HOUSE, ids=_name)
def test_imports_follow_the_arrows(path: Path) -> None:
    imported = {place for place, _taken in _own(path)}
    allowed = ARROWS[_place(path)]
    assert imported <= allowed, f"{_name(path)} may import {sorted(allowed)}"


def test_every_arrow_is_used() -> None:
    """An arrow that nobody needs is a door that stands open."""
    used: dict[str, set[str]] = {place: set() for place in ARROWS}
    for path in IN_HOUSE:
        used[_place(path)] |= {place for place, _taken in _own(path)}
    assert used == ARROWS


@each_module
def test_a_module_imports_one_resource_or_action(path: Path) -> None:
    taken = {module for module, _taken in _imports(path) if "._resources." in module or "._actions." in module}
    assert len(taken) == 1
    assert not {module for module in taken if module.rpartition(".")[2].startswith("_")}


@pytest.mark.parametrize("path", [path for path in IN_HOUSE if _place(path) in TAKE_FROM_API], ids=_name)
def test_only_the_error_type_is_taken_from_the_door_to_aws(path: Path) -> None:
    taken = {name for place, name in _own(path) if place == "_api"}
    assert taken <= TAKE_FROM_API[_place(path)]


@each_plugin
def test_botocore_is_imported_by_the_door_and_the_shapes_alone(path: Path) -> None:
    imported = {module.partition(".")[0] for module, _taken in _imports(path)}
    allowed = _place(path) in ("_api", "_shape")
    assert allowed or not imported & BOTO


@each_plugin
def test_plugins_import_nothing_of_the_tests(path: Path) -> None:
    roots = {module.partition(".")[0] for module, _taken in _imports(path)}
    assert not roots & {"emulator", "moto", "pytest", "support", "tests", "unit"}


@pytest.mark.parametrize("path", _python(TESTS / "emulator"), ids=_name)
def test_the_emulator_shares_nothing_with_the_plugins(path: Path) -> None:
    """Two readings of AWS, so that one can catch the other."""
    imported = {module for module, _taken in _imports(path)}
    assert not {module for module in imported if module.startswith(("ansible", "plugins", "tests.unit", "unit"))}


def test_nothing_of_ours_is_found_at_run_time() -> None:
    """AnsiballZ follows import statements alone; a file of ours found by its name would be missing on the target."""
    finders = {"import_module", "__import__", "exec", "eval"}
    found = [
        ast.unparse(node)
        for path in IN_HOUSE
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in finders
    ]
    assert set(found) <= {f"importlib.import_module({library!r})" for library in LATE}


# One door each


def _where(called: str, paths: list[Path]) -> list[str]:
    return [_name(path) for path in paths if called in _calls(path)]


@pytest.mark.parametrize("called", ["fail_json", "exit_json", "AnsibleModule", "Module"])
def test_only_the_door_to_ansible_answers_it(called: str) -> None:
    assert set(_where(called, ALL_PLUGINS)) <= {"plugins/module_utils/_module.py"}


def test_check_mode_is_asked_about_in_one_place() -> None:
    asked = [
        f"{_name(path)}:{node.lineno}"
        for path in IN_HOUSE
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "check_mode"
    ]
    assert asked and all(place.startswith("plugins/module_utils/_module.py:") for place in asked), asked


def _sleeps(path: Path) -> list[int]:
    """Give the lines in which time.sleep is called."""
    return [
        node.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "asyncio.sleep")
    ]


def test_only_the_clock_sleeps() -> None:
    watch = UTILS / "_watch.py"
    assert [_name(path) for path in ALL_PLUGINS if _sleeps(path)] == [_name(watch)]
    (clock,) = (node for node in _tree(watch).body if isinstance(node, ast.ClassDef) and node.name == "Clock")
    assert all(clock.lineno < line <= (clock.end_lineno or 0) for line in _sleeps(watch))
    knowing = [_name(path) for path in ALL_PLUGINS if "time" in {module for module, _taken in _imports(path)}]
    assert knowing == [_name(watch)]


@each_plugin
def test_plugins_neither_print_nor_assert(path: Path) -> None:
    assert "print" not in _calls(path)
    assert not [node.lineno for node in ast.walk(_tree(path)) if isinstance(node, ast.Assert)]


def test_no_package_has_an_init_file() -> None:
    assert [_name(path) for path in ALL_PLUGINS if path.name == "__init__.py"] == []


# Budgets


@each_module
def test_a_module_is_a_door(path: Path) -> None:
    assert _lines(path, imports=False) <= MODULE_LINES


@pytest.mark.parametrize(
    "path",
    _python(
        RESOURCES, UTILS / "_actions", UTILS / "_bulk", UTILS / "_export", UTILS / "_importers", UTILS / "_preflight"
    ),
    ids=_name,
)
def test_a_resource_fits_on_a_few_pages(path: Path) -> None:
    assert _lines(path) <= RESOURCE_LINES


def test_the_shared_utils_stay_small() -> None:
    lines = {path.name: _lines(path) for path in UTILS.glob("*.py")}
    following = {name: lines.pop(name) for name in FOLLOWING}
    assert sum(lines.values()) <= CORE_LINES, lines
    assert sum(following.values()) <= FOLLOWING_LINES, following


def test_the_diagnosis_stays_small() -> None:
    """Its catalogue is data, and grows with what AWS documents."""
    lines = {path.name: _lines(path) for path in (UTILS / "_diagnosis").glob("*.py") if path.stem != "catalogue"}
    assert sum(lines.values()) <= DIAGNOSIS_LINES, lines


@each_plugin
def test_functions_are_short_and_take_few_arguments(path: Path) -> None:
    for node in ast.walk(_tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            taken = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
            assert len(taken) <= ARGUMENTS, f"{node.name} takes {taken}"
            assert _statements(node) <= STATEMENTS, f"{node.name} has {_statements(node)} statements"


def test_lines_are_counted_as_promised(tmp_path: Path) -> None:
    path = tmp_path / "counted.py"
    path.write_text(
        '"""Doc."""\n\n# comment\nimport os\n\nDOCUMENTATION = r"""\na: b\n"""\n\n\ndef one() -> int:\n'
        '    """Doc.\n\n    More.\n    """\n    # comment\n    return int(\n        1\n    )\n\n\nTEXT = """\na\n"""\n',
        encoding="utf-8",
    )
    assert _lines(path) == 1 + 4 + 3
    assert _lines(path, imports=False) == 4 + 3


# The tests themselves


def test_no_sanity_check_is_ignored() -> None:
    assert sorted((TESTS / "sanity").glob("ignore*")) == []


def test_no_linter_is_silenced_in_the_plugins() -> None:
    silenced = ("# noqa", "# type: ignore", "# pylint:", "# fmt:")
    found = [_name(path) for path in ALL_PLUGINS if any(mark in path.read_text(encoding="utf-8") for mark in silenced)]
    assert found == []


def test_no_test_sleeps() -> None:
    """The emulator's clock may sleep in real time; a test steps it, or waits for what it waits for."""
    paths = [path for path in _python(TESTS) if not path.is_relative_to(TESTS / "emulator")]
    sleeping = [f"{_name(path)}:{line}" for path in paths for line in _sleeps(path)]
    taken = [_name(path) for path in paths if ("time", "sleep") in set(_imports(path))]
    assert sleeping + taken == []


def test_every_plugin_file_says_its_licence() -> None:
    header = "GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt"
    assert [_name(path) for path in ALL_PLUGINS if header not in path.read_text(encoding="utf-8")[:400]] == []
