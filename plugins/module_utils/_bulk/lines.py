# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML with its lines: loaded so that a name given twice is refused, and searched for the line of a path."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from typing import Any

from .._document import text_of
from .._errors import BadInput


def _yaml() -> Any:
    try:
        return importlib.import_module("yaml")  # not at the top: inline resources do not need it
    except ImportError:
        raise BadInput("it is YAML, for which this host lacks PyYAML: install it, or give JSON.") from None


@functools.cache
def _loader() -> Any:
    """Make a safe loader that does not let the second of two equal names win in silence.

    It is that of libyaml where there is one, since that is ten times as fast.
    """
    yaml = _yaml()
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def construct_mapping(loader: Any, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                continue
            if key.value in seen:
                said = f"{key.value} is given twice in one dictionary; keep one"
                raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
            seen.add(key.value)
        return base.construct_mapping(loader, node, deep)

    return type("Loader", (base,), {"construct_mapping": construct_mapping})


def load(text: str) -> list[Any]:
    """Load all documents of a YAML file; raises BadInput with `line` where that cannot be done."""
    yaml = _yaml()
    try:
        return list(yaml.load_all(text, Loader=_loader()))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"column {mark.column + 1}: " if mark else ""
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadInput(f"{place}{said}.", line=mark.line + 1 if mark else None) from None


def find(file: str, part: int, steps: Iterable[str | int]) -> int | None:
    """Give the line, from 1, of what these steps lead to, or of the last of them that is there; None if unknown.

    JSON is read as YAML, which it nearly always is.
    """
    try:
        roots = _roots(file)
    except BadInput:
        return None
    if part >= len(roots):
        return None
    node, line = roots[part], None
    for step in steps:
        following = _child(node, step)
        if following is None:
            if step == "resources" and line is None:  # a manifest may be the list alone
                continue
            break
        line, node = following
    return line


@functools.lru_cache(maxsize=32)
def _roots(file: str) -> list[Any]:
    yaml = _yaml()
    try:
        return list(yaml.compose_all(text_of(file), Loader=_loader()))
    except yaml.YAMLError:
        return []


def _child(node: Any, step: str | int) -> tuple[int, Any] | None:
    if node.id == "sequence" and isinstance(step, int) and step < len(node.value):
        entry = node.value[step]
        return entry.start_mark.line + 1, entry
    if node.id == "mapping":
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    return None
