# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other tools' descriptions of services as a manifest for `apply`."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._errors import BadInput
from .._importers._piece import Choice
from .._importers._source import Source
from .._importers.convert import converted, importer_of
from .._importers.formats import FORMATS
from .._registry import RESOURCES


class Convert(Action):
    """Reads a file of another tool and writes what it says as a person would have declared it."""

    writes = False
    clean = True
    offline = True
    options: ClassVar[dict[str, Any]] = {
        "src": {"type": "path"},
        "content": {"type": "str"},
        "format": {"type": "str", "choices": sorted(FORMATS)},
        "cluster": {"type": "str"},
        "name": {"type": "str"},
        "environment": {"type": "str"},
        "variables": {"type": "dict"},
        "defaults": {"type": "dict"},
    }
    rules: ClassVar[dict[str, Any]] = {
        "mutually_exclusive": [("src", "content")],
        "required_one_of": [("src", "content")],
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        """Give the manifest. Raises BadInput for a source that cannot be read."""
        params = job.params
        source = Source(params["src"], params["content"])
        choice = Choice(
            cluster=params["cluster"],
            name=params["name"],
            environment=params["environment"],
            variables={str(name): str(value) for name, value in (params["variables"] or {}).items()},
            defaults=_defaults(params["defaults"] or {}),
            shapes=lambda kind: RESOURCES[kind].shape(api),
        )
        return converted(source, importer_of(source, params["format"]), choice, RESOURCES, api)


def _defaults(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    for kind, options in given.items():
        if kind not in RESOURCES:
            raise BadInput(f"defaults: {kind!r} is no kind of resource; there are {', '.join(RESOURCES)}.")
        if not isinstance(options, dict):
            raise BadInput(f"defaults.{kind}: it is a {type(options).__name__}; give a dictionary of options.")
    return given
