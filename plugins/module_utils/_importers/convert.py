# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the pieces of an importer to a manifest: with defaults, without secrets, and checked as `apply` would."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .._bulk.entries import Checker
from .._bulk.manifest import Manifest
from .._core import Resource
from .._errors import BadInput
from .._export.entries import options_of
from .._export.plain import plain
from .._export.secrets import Vault
from .._export.text import written
from .._shape import spellings, to_api
from ._piece import Choice, Piece
from ._source import Source
from .formats import FORMATS

# Kinds whose options are members of the API, so that its defaults can be left out.
PLAIN = frozenset({"capacity_provider", "cluster", "service", "task_definition"})
REFUSED = "correct it in the manifest."


def importer_of(source: Source, name: str | None) -> ModuleType:
    """Give the importer of a format, or the one that the source fits; raises BadInput where there is none."""
    if name:
        return FORMATS[name]
    found = next((importer for importer in FORMATS.values() if importer.fits(source)), None)
    if found is None:
        raise BadInput(f"format: the source is none of {', '.join(FORMATS)} by its looks; say which of them it is.")
    return found


def converted(
    source: Source, importer: ModuleType, choice: Choice, resources: Mapping[str, Resource], api: Any
) -> dict[str, Any]:
    """Give the manifest, its placeholders, and what is not carried over."""
    vault = Vault()
    pieces: list[Piece] = list(importer.pieces(source, choice))
    for piece in pieces:
        full = {**piece.options, **_absent(piece, choice)}
        piece.options = _plain(vault.emptied(piece.kind, piece.name, full), resources[piece.kind], api)
    entries = [{piece.kind: piece.options} for piece in pieces]
    secrets = {item["name"]: item["shown"] for item in vault.told}
    manifest = Manifest(tuple(resources))
    manifest.read({"resources": entries, "placeholders": secrets})
    Checker(manifest, resources, api, None).nodes()
    for problem in manifest.problems:
        source.left.leave(problem.place.path, f"apply does not take it: {problem.message}", REFUSED)
    return {
        "resources": entries,
        "manifest": written(_with_defaults(pieces, choice)),
        "placeholders": vault.told,
        "not_carried": source.left.listed(),
    }


def _plain(options: dict[str, Any], resource: Resource, api: Any) -> dict[str, Any]:
    """Leave out of options what AWS fills in by itself; what cannot be understood stays as it is."""
    if resource.kind not in PLAIN:
        return options
    shape = resource.shape(api)
    known = spellings(shape)
    members = {resource.rename.get(name, name): value for name, value in options.items()}
    own = {name: value for name, value in members.items() if name in known}
    try:
        document = plain(to_api(own, shape), shape) or {}
    except BadInput:
        return options
    manner = {name: value for name, value in options.items() if resource.rename.get(name, name) not in own}
    return {**options_of(resource, document, shape), **manner}


def _absent(piece: Piece, choice: Choice) -> dict[str, Any]:
    """Give the defaults of a kind that a piece does not have yet."""
    return {name: value for name, value in choice.defaults.get(piece.kind, {}).items() if name not in piece.options}


def _with_defaults(pieces: list[Piece], choice: Choice) -> dict[str, Any]:
    """Write once, as defaults, what was given as a default and holds for all of a kind."""
    common: dict[str, dict[str, Any]] = {}
    for kind, given in choice.defaults.items():
        all_options = [piece.options for piece in pieces if piece.kind == kind]
        for name in given if len(all_options) > 1 else ():
            if all(options.get(name) == all_options[0].get(name) for options in all_options):
                common.setdefault(kind, {})[name] = all_options[0][name]
    entries = [
        {piece.kind: {name: value for name, value in piece.options.items() if name not in common.get(piece.kind, {})}}
        for piece in pieces
    ]
    return {"defaults": common, "resources": entries} if common else {"resources": entries}
