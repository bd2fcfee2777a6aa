# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was read to the pieces of a manifest: chosen, reduced, without secrets, and checked as `apply` would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._bulk.entries import Checker
from .._bulk.manifest import Manifest
from .._bulk.order import references
from .._core import Found, Resource
from . import reductions
from .choice import Choice
from .entries import Piece, options_of, without_tags_of_aws
from .plain import plain
from .reading import APART, CLUSTER, FAMILY, SERVICE, Account, family_of
from .reductions import Estate
from .secrets import Vault

SCALING = "scaling"


class Collector:
    """Makes pieces of what was read."""

    def __init__(self, api: Any, resources: Mapping[str, Resource], account: Account, choice: Choice) -> None:
        self._api = api
        self._resources = resources
        self._account = account
        self._choice = choice
        self.vault = Vault()
        self.estate = Estate(api, account.insights)

    def pieces(self) -> list[Piece]:
        """Give the pieces in the order in which kinds are created, then by name."""
        estate = self.estate
        for kind, reason in self._account.unseen.items():
            estate.leave(kind, "*", reason)
        raw = {kind: list(self._raw(kind)) for kind in self._resources}
        self._note_facts(raw)
        kept = self._kept(raw)
        for piece in kept:
            reductions.reduce(piece, estate)
            options = options_of(piece.resource, piece.document, piece.resource.shape(self._api))
            piece.options = self.vault.emptied(piece.kind, piece.name, {**options, **piece.manner})
        return self._accepted(kept)

    def _raw(self, kind: str) -> Iterator[Piece]:
        """Give the pieces of a kind, in the API's spelling and without defaults."""
        resource = self._resources[kind]
        for found in self._account.found[kind]:
            piece = piece_of(resource, found, self._api)
            if reductions.owned_by_aws(kind, piece.name):
                continue
            refusal = reductions.REFUSALS.get(kind, lambda _shown: None)(found.shown)
            reason = "it is being deleted." if resource.leaving(found) else refusal
            if not reason:
                yield piece
            elif kind in self._choice.kinds and (not self._choice.narrow or kind in APART):
                self.estate.leave(kind, piece.name, reason)

    def _note_facts(self, raw: Mapping[str, list[Piece]]) -> None:
        """Note what pieces have to know of each other."""
        estate = self.estate
        for piece in raw[FAMILY]:
            estate.latest[piece.name] = f"{piece.name}:{piece.found.shown['revision']}"
        for piece in raw[CLUSTER]:
            estate.namespaces[piece.name] = (piece.document.get("serviceConnectDefaults") or {}).get("namespace", "")
        for piece in raw.get(SCALING, ()):
            if "MinCapacity" in piece.found.document:
                estate.least[piece.name] = piece.found.document["MinCapacity"]
        families = {family_of(piece.found) for piece in raw[SERVICE]} - {"", *estate.latest}
        for family in sorted(families) if FAMILY in self._choice.kinds else ():
            estate.leave(FAMILY, family, "it has no active revision, although a service runs one.")

    # What belongs to the choice

    def _kept(self, raw: Mapping[str, list[Piece]]) -> list[Piece]:
        choice = self._choice
        kept = {kind: self._own(kind, raw) for kind in APART}
        main = [piece for pieces in kept.values() for piece in pieces]
        needed = {f"{kind} {name}" for piece in main for kind, name in self._references(piece)}
        keys = {piece.key for piece in main}
        for kind in self._resources:
            if kind not in APART:
                kept[kind] = [
                    piece
                    for piece in raw[kind]
                    if not choice.narrow or piece.key in needed or self._refers(piece, keys) or self._tagged(piece)
                ]
        return [
            piece
            for kind in self._resources
            if kind in choice.kinds
            for piece in sorted(kept[kind], key=lambda piece: piece.name)
        ]

    def _own(self, kind: str, raw: Mapping[str, list[Piece]]) -> list[Piece]:
        choice, services = self._choice, raw[SERVICE]
        if kind == SERVICE:
            return services
        if kind == FAMILY:
            run = {family_of(piece.found) for piece in services}
            free = bool(choice.families) or not choice.narrow
            return [piece for piece in raw[FAMILY] if choice.family(piece.name) and (free or piece.name in run)]
        homes = {piece.document["cluster"] for piece in services}
        return [
            piece
            for piece in raw[CLUSTER]
            if choice.tagged(piece.tags) and (not choice.services or piece.name in homes)
        ]

    def _references(self, piece: Piece) -> Iterator[tuple[str, str]]:
        return references(piece.document, piece.resource.shape(self._api), piece.kind)

    def _refers(self, piece: Piece, keys: set[str]) -> bool:
        return any(f"{kind} {name}" in keys for kind, name in self._references(piece))

    def _tagged(self, piece: Piece) -> bool:
        return bool(self._choice.tags) and self._choice.tagged(piece.tags)

    # What apply would take

    def _accepted(self, pieces: list[Piece]) -> list[Piece]:
        """Give the pieces that a manifest may hold; the others are left, each with the reason."""
        manifest = Manifest(tuple(self._resources))
        entries = [piece.entry for piece in pieces]
        secrets = {item["name"]: item["shown"] for item in self.vault.told}
        manifest.read({"resources": entries, "placeholders": secrets})
        Checker(manifest, self._resources, self._api, None).nodes()
        refused = set()
        for problem in manifest.problems:
            piece = pieces[int(problem.place.steps[1])]
            path = ".".join(map(str, problem.place.steps[3:])) or None
            self.estate.leave(piece.kind, piece.name, f"apply does not take it: {problem.message}", path)
            refused.add((piece.kind, piece.name))
        self.vault.forget(refused)
        return [piece for piece in pieces if (piece.kind, piece.name) not in refused]


def piece_of(resource: Resource, found: Found, api: Any) -> Piece:
    """Give a resource in the API's spelling, by the general rules alone."""
    shape, given = resource.shape(api), reductions.GIVEN.get(resource.kind, frozenset())
    document = {name: found.document[name] for name in found.document.keys() & shape.members.keys() - given}
    return Piece(resource, found, plain(without_tags_of_aws(document), shape) or {})
