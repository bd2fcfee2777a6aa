# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sharing a manifest out into files as a person would keep it: one for each service, with all that is its alone."""

from __future__ import annotations

import re
from typing import Any

from .._bulk.order import references
from .entries import Piece
from .reading import FAMILY, SERVICE
from .text import written

# Kind -> the one file of all resources of this kind.
SHARED = {"cluster": "clusters.yml", "capacity_provider": "clusters.yml", "repository": "repositories.yml"}


def files(pieces: list[Piece], api: Any) -> dict[str, str]:
    """Give the files of a manifest by their relative paths."""
    groups: dict[str, list[Piece]] = {}
    places = _places(pieces, api)
    for piece in pieces:
        groups.setdefault(places[piece.key], []).append(piece)
    return {path: written({"resources": [piece.entry for piece in groups[path]]}) for path in sorted(groups)}


def _places(pieces: list[Piece], api: Any) -> dict[str, str]:
    """Give the path for the key of each piece: a family stands with the one that runs it, if there is only one."""
    places: dict[str, str] = {}
    users: dict[str, list[str]] = {}
    for piece in pieces:
        named = references(piece.document, piece.resource.shape(api), piece.kind)
        meant = dict.fromkeys(f"{kind} {name}" for kind, name in named)
        for key in meant:
            users.setdefault(key, []).append(piece.key)
        places[piece.key] = _place(piece, [key for key in meant if places.get(key) and key.startswith(f"{SERVICE} ")])
    for piece in pieces:
        mine = [key for key in users.get(piece.key, ()) if key in places]
        if piece.kind == FAMILY and len(mine) == 1:
            places[piece.key] = places[mine[0]]
    return places


def _place(piece: Piece, services: list[str]) -> str:
    """Give the path of a piece; what refers to one service, such as its scaling, stands with it."""
    if piece.kind != SERVICE and len(services) == 1:
        return _file(f"{SERVICE}s", services[0].partition(" ")[2])
    folder = "families" if piece.kind == FAMILY else piece.resource.plural or f"{piece.kind}s"
    return SHARED.get(piece.kind) or _file(folder, piece.name)


def _file(folder: str, name: str) -> str:
    """Name a file; a name that would leave its folder, or hide, is spelled with underscores."""
    parts = [re.sub(r"[^\w.-]|^\.+", "_", part) for part in name.split("/")]
    return f"{folder}/{'/'.join(parts)}.yml"
