# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels to the target with each task, found the way in which Ansible finds it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible.executor.module_common import ModuleDepFinder
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES

ROOT = Path(__file__).resolve().parents[4]
OWN = ("ansible_collections", "longshore", "ecs")
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
# Bytes of own code; comments and docstrings cost next to nothing, and nobody shall save on them. What follows a
# deployment or a task brings the diagnosis along, since a failure is explained while its tasks still exist. Scaling
# brings the rules of three kinds of policies, a schedule those of times. What takes all kinds brings all of them.
LIMIT = 104 * 1024
LIMITS = {
    "apply": 420 * 1024,
    "batch": 192 * 1024,
    "capacity_provider": 112 * 1024,
    "capacity_provider_info": 112 * 1024,
    "container_instance": 176 * 1024,
    "convert": 520 * 1024,
    "deployment": 200 * 1024,
    "export": 420 * 1024,
    "preflight": 304 * 1024,
    "scaling": 128 * 1024,
    "scaling_info": 128 * 1024,
    "schedule": 120 * 1024,
    "schedule_group": 116 * 1024,
    "schedule_group_info": 116 * 1024,
    "schedule_info": 120 * 1024,
    "service": 210 * 1024,
    "service_info": 210 * 1024,
    "task": 172 * 1024,
}
SHARED = {"_api", "_core", "_document", "_module", "_normal", "_secret", "_shape"}

# The action of a module where it has another name, and the resources whose documents an action judges.
ACTIONS = {"image_scan_info": "image_scan"}
JUDGED = {
    "apply": set(RESOURCES),
    "convert": set(RESOURCES),
    "export": set(RESOURCES),
    "preflight": {"service", "task_definition"},
}
# Modules that take resources of every kind.
ALL_KINDS = ["apply", "convert", "export"]

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)


def _imported(path: Path) -> set[tuple[str, ...]]:
    """Give what Ansible sees a file import, as the parts of full names."""
    name = ".".join((*OWN, *path.relative_to(ROOT).with_suffix("").parts))
    found = ModuleDepFinder(name, ast.parse(path.read_text(encoding="utf-8")))
    return set(found.submodules)


def _file(name: tuple[str, ...]) -> Path:
    """Find the file of an import; its last part may be a name inside of that file."""
    for parts in (name, name[:-1]):
        path = ROOT.joinpath(*parts[len(OWN) :]).with_suffix(".py")
        if path.is_file():
            return path
    raise AssertionError(f"{'.'.join(name)} is not in this collection")


def _payload(module: Path) -> tuple[set[Path], set[str]]:
    """Follow the imports of a module: own files, and the collections and parts of Ansible that are imported."""
    files, foreign, rest = {module}, set(), [module]
    while rest:
        for name in _imported(rest.pop()):
            if name[:3] != OWN:
                foreign.add(".".join(name[:3]))
                continue
            path = _file(name)
            if path not in files:
                files.add(path)
                rest.append(path)
    return files, foreign


def _code(path: Path) -> int:
    """Count the bytes of a file's code: without comments, blank lines and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return len(ast.unparse(tree))


@each_module
def test_the_own_code_of_a_payload_is_small(module: Path) -> None:
    files, _foreign = _payload(module)
    sizes = {str(path.relative_to(ROOT)): _code(path) for path in files - {module}}
    assert sum(sizes.values()) <= LIMITS.get(module.stem, LIMIT), f"{sum(sizes.values())} bytes: {sizes}"


@each_module
def test_nothing_of_another_collection_travels(module: Path) -> None:
    _files, foreign = _payload(module)
    entries = {"ansible.module_utils.common"} if module.stem in ALL_KINDS else set()  # checked like a module's options
    assert foreign == {"ansible.module_utils.basic"} | entries


@each_module
def test_a_module_takes_the_shared_utils_and_its_own_kind_alone(module: Path) -> None:
    files, _foreign = _payload(module)
    travelling = {
        folder: {path.stem for path in files if path.parent.name == folder and not path.stem.startswith("_")}
        for folder in ("_resources", "_actions")
    }
    kind = module.stem.removesuffix("_info")
    if travelling["_actions"]:
        assert travelling["_actions"] == {ACTIONS.get(module.stem, module.stem)}
        assert travelling["_resources"] == JUDGED.get(module.stem, set())
    else:
        assert travelling["_resources"] == {kind}
    assert {path.stem for path in files} >= SHARED


def test_few_modules_take_the_registry_of_all_kinds() -> None:
    taking = [module.stem for module in MODULES if ROOT / "plugins/module_utils/_registry.py" in _payload(module)[0]]
    assert taking == ALL_KINDS
