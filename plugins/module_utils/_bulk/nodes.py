# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One resource of an estate: what is asked for, under which name, and how it is asked for anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import _document
from .._core import Ask, Found, Resource
from .._normal import revision_name
from .._watch import Watch
from .manifest import Place

# What stands for the number of a revision that this run registers.
UNKNOWN = "(known after apply)"
FAMILY = "taskDefinition"


class Unasked(Exception):
    """A question to AWS came up where none is asked yet."""


class Closed:
    """The door to AWS while a manifest is checked: it knows the service model, and makes no call."""

    def __init__(self, api: Any) -> None:
        self.shape, self.type, self.region = api.shape, api.type, api.region

    def read(self, *_names: str, **_params: Any) -> Any:
        """Make no call."""
        raise Unasked

    pages = describe = read


@dataclass
class Node:
    """A resource that the manifest names, or one that is to be pruned."""

    resource: Resource
    params: dict[str, Any]  # as the module of its kind would have them
    own: dict[str, Any]  # those of them that are no defaults
    place: Place
    depends_on: list[Any] = field(default_factory=list)
    owner: str | None = None
    ask: Ask = field(default_factory=lambda: Ask({}))
    ready: bool = False  # whether `ask` has been prepared
    families: frozenset[str] = frozenset()  # those that the manifest declares
    family: str | None = None  # that of them which this resource runs
    needs: set[str] = field(default_factory=set)  # keys of the nodes that come before this one
    pruned: bool = False
    around: dict[str, Any] = field(default_factory=dict)  # what the resource has to know of the rest of the run

    @property
    def kind(self) -> str:
        """Name the kind."""
        return self.resource.kind

    @property
    def gone(self) -> bool:
        """Whether the resource is not to exist."""
        return bool(self.params["state"] == "absent")

    @property
    def name(self) -> str:
        """Give the name by which people know it: shop/web for a service, web:3 for a revision that is to go."""
        parts = [str(self.ask.document[member]) for member in self.resource.identity if self.ask.document.get(member)]
        revision = self.params.get("revision") if self.gone else None
        return "/".join(parts) + (f":{revision}" if revision else "")

    @property
    def key(self) -> str:
        """Give what tells it from all others."""
        return f"{self.kind} {self.name}"

    def begin(self, api: Any, watch: Watch) -> None:
        """Turn the parameters into what is asked for; raises BadInput for what cannot be meant."""
        self.ask = _document.asked(self.resource, self.params, api, watch)
        if self.own.get("definition") or self.own.get("src"):  # a default is weaker than what a document says
            self.ask.document.update(_document.wanted(self.resource, self.own, api))
            self.ask.options["given"] = _document.given(self.resource, self.own, api)
        self.ask.notes.update(self.around)
        self.ready = False

    def prepare(self, api: Any, revisions: Mapping[str, str]) -> None:
        """Check and complete what is asked for, with the revisions that the manifest's families have.

        A family without a revision means that of this run, where the manifest has the family.
        """
        wanted = self.ask.document.get(FAMILY)
        if isinstance(wanted, str) and revision_name(wanted) in self.families and not self.resource.latest:
            self.family = revision_name(wanted)
        if self.family and not self.gone:
            self.ask.document[FAMILY] = revisions.get(self.family) or f"{self.family}:{UNKNOWN}"
        if not self.ready:
            self.resource.prepare(api, self.ask)
        self.ready = True

    def anew(self, api: Any, watch: Watch, revisions: Mapping[str, str]) -> Ask:
        """Ask again from the start: what planning found is adopted into the old question."""
        self.begin(api, watch)
        self.prepare(api, revisions)
        return self.ask

    def own_up(self, found: Found | None, tag: str) -> None:
        """Put the owner's tag beside the tags that are asked for, or that are there."""
        if not self.owner or self.gone:
            return
        tags = self.ask.document.get("tags")
        if tags is None:
            tags = [pair for pair in (found.document.get("tags") or [] if found else []) if not _of_aws(pair)]
        others = [pair for pair in tags if pair["key"] != tag]
        self.ask.document["tags"] = [*others, {"key": tag, "value": self.owner}]


def _of_aws(pair: dict[str, str]) -> bool:
    return pair["key"].startswith("aws:")


def by_key(nodes: Iterable[Node]) -> dict[str, Node]:
    """Give the nodes by their keys."""
    return {node.key: node for node in nodes}
