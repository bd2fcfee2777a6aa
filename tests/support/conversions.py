# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converting other tools' documents without Ansible, and finding out whether anything of them was lost."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.longshore.ecs.plugins.module_utils._api import Models
from ansible_collections.longshore.ecs.plugins.module_utils._importers._piece import Choice
from ansible_collections.longshore.ecs.plugins.module_utils._importers._reader import spelled
from ansible_collections.longshore.ecs.plugins.module_utils._importers._source import Source
from ansible_collections.longshore.ecs.plugins.module_utils._importers.convert import converted, importer_of
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock

EXAMPLES = Path(__file__).parents[2] / "examples" / "convert"
MARK = "zzmark"
Steps = tuple[str | int, ...]


@functools.cache
def models() -> Models:
    """Give the service models, read once."""
    return Models(Clock())


def convert(document: Any = None, src: Path | None = None, form: str | None = None, **choice: Any) -> dict[str, Any]:
    """Convert a file, a text, or a document, which is given as JSON."""
    text = document if isinstance(document, str) or document is None else json.dumps(document)
    source = Source(str(src) if src else None, text)
    wanted = Choice(shapes=lambda kind: RESOURCES[kind].shape(models()), **choice)
    return converted(source, importer_of(source, form), wanted, RESOURCES, models())


def options(result: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """Give the options of one entry."""
    (found,) = (
        entry[kind]
        for entry in result["resources"]
        if kind in entry and name in (entry[kind].get(member) for member in ("name", "family", "service"))
    )
    return dict(found)


def left(result: dict[str, Any]) -> dict[str, str]:
    """Give the reasons of what was not carried over, by path; the first counts."""
    found: dict[str, str] = {}
    for item in result["not_carried"]:
        found.setdefault(item["path"], item["reason"])
    return found


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """Give the way to each dictionary in a document."""
    if isinstance(value, dict):
        yield steps
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, entry in entries:
        yield from places(entry, (*steps, step))


def nodes(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """Give the way to everything in a document."""
    if steps:
        yield steps
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, entry in entries:
        yield from nodes(entry, (*steps, step))


def put(document: Any, steps: Steps, value: Any) -> Any:
    """Copy a document with a value put at a place."""
    result = copy.deepcopy(document)
    inner = result
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = value
    return result


def path(steps: Steps) -> str:
    """Spell a way as the module does."""
    text = ""
    for step in steps:
        text += spelled(step, bool(text))
    return text


def lost(result: dict[str, Any], where: str) -> bool:
    """Tell whether what was put at a path under the name MARK is neither in the manifest nor listed."""
    if MARK in json.dumps(result["resources"]):
        return False
    listed = [item["path"] for item in result["not_carried"] if item["path"]]
    return not any(_within(where, entry) or _within(entry, where) for entry in listed)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
