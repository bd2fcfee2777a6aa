# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes before whom: by what documents refer to, never by position.

What exists for others comes first; what is deleted goes after everything that referred to it, as it was found and as it
is wanted.
"""

from __future__ import annotations

import difflib
import functools
import graphlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from .manifest import Manifest
from .nodes import Node, by_key

# Members that name another resource, at any depth of a document, and its kind.
REFERENCES = {
    "capacityProvider": "capacity_provider",
    "capacityProviders": "capacity_provider",
    "cluster": "cluster",
    "clusterArn": "cluster",
    "ecsClusterArn": "cluster",
    "groupName": "schedule_group",
    "image": "repository",
    "resourceId": "service",
    "service": "service",
    "taskDefinition": "task_definition",
    "taskDefinitionArn": "task_definition",
}
CLUSTER = "cluster"


def references(document: Any, shape: Any, own: str) -> Iterator[tuple[str, str]]:
    """Give kind and name of everything that a document of the kind `own` refers to, whether it is known or not.

    Maps, such as docker labels, belong to the user: what is in them refers to nothing.
    """
    if isinstance(document, list) and shape.type_name == "list":
        for item in document:
            yield from references(item, shape.member, own)
    if not isinstance(document, Mapping):
        return
    for member, kind, inner in _ways(shape):
        value = document.get(member)
        if not value:
            continue
        if kind and kind != own:
            yield from ((kind, name) for item in _listed(value) for name in _names(kind, item, document))
        if inner:
            yield from references(value, inner, own)


@functools.lru_cache(maxsize=1000)
def _ways(shape: Any, above: frozenset[str] = frozenset()) -> tuple[tuple[str, str | None, Any], ...]:
    """Give the members of a structure that refer to something, or in which something may: name, kind, shape inside.

    The rest of a large document need not be walked through.
    """
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or shape.name in above:
        return ()
    ways = []
    for member, inner in shape.members.items():
        kind = REFERENCES.get(member[:1].lower() + member[1:])
        deeper = inner if _ways(inner, above | {shape.name}) else None
        if kind or deeper:
            ways.append((member, kind, deeper))
    return tuple(ways)


def _listed(value: Any) -> Iterable[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _names(kind: str, value: str, beside: Mapping[str, Any]) -> Iterator[str]:
    """Give the names under which nodes may be known that this value means."""
    if kind == "repository":  # 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1
        host, _slash, rest = value.partition("/")
        if ".dkr.ecr" in host:
            yield rest.partition("@")[0].partition(":")[0]
        return
    if kind == "service":
        cluster = str(beside.get("cluster") or "default").rsplit("/", 1)[-1]
        path = value.partition(":service/")[2] or value.removeprefix("service/")
        yield path if "/" in path else f"{cluster}/{path}"
        return
    name = value.rsplit("/", 1)[-1] if value.startswith("arn:") else value
    yield name
    if kind == "task_definition" and ":" in name:
        yield name.partition(":")[0]


class Order:
    """The nodes of a run, with who comes before whom."""

    def __init__(self, nodes: list[Node], manifest: Manifest, api: Any) -> None:
        """Link the nodes, and note duplicates, unknown names and cycles as problems of the manifest."""
        self._manifest = manifest
        self._api = api
        self.nodes: dict[str, Node] = {}
        self.held: dict[str, str] = {}  # what would be pruned, and who needs it
        self._kept: set[tuple[str, str]] = set()  # who goes on using what
        self._own: set[tuple[str, str]] = set()  # who needs what belongs to it, and so cannot come before it
        for node in nodes:
            if node.key in self.nodes:
                first = self.nodes[node.key].place
                where = f" {first.file}" if first.file else ""
                manifest.refuse(node.place, f"{node.key} is declared already, at{where} {first.path}; keep one.")
            else:
                self.nodes[node.key] = node
        self._single = self._revisions()
        for node in self.nodes.values():
            self._link(node, node.ask.document)
            self._depend(node)
        self._check_cycles()
        self._surround()

    def add(self, nodes: Iterable[Node]) -> None:
        """Take nodes that are to be pruned."""
        new = by_key(nodes)
        self.nodes.update(new)
        self._single = self._revisions()
        for node in new.values():
            self._link(node, node.ask.document)
        self._surround()

    def _surround(self) -> None:
        """Tell what is to go what goes with it."""
        doomed = frozenset(key for key, node in self.nodes.items() if node.gone)
        for key in doomed:
            self.nodes[key].around["doomed"] = doomed
            self.nodes[key].ask.notes["doomed"] = doomed

    def untangle(self, unmade: Collection[str]) -> None:
        """Turn around who waits, where something is wanted by what it belongs to, and that is there already."""
        for key, other in self._own:
            if key in unmade:
                later = self.nodes[key].around.setdefault("later", set())
                later.add(self.nodes[other].name)
                self.nodes[key].ask.notes["later"] = later
            else:
                self.nodes[other].needs.discard(key)
                self.nodes[key].needs.add(other)

    def earlier(self, node: Node) -> set[str]:
        """Name those who let go of what is to be deleted before that happens."""
        return {key for key in node.needs if (key, node.key) not in self._kept}

    def found(self, node: Node, document: dict[str, Any]) -> None:
        """Take into account what a resource refers to in AWS: that goes only when this resource has let go of it.

        What is to be pruned and what a declared resource goes on using is noted in `held`.
        """
        for other in self._meant(node, document):
            if other.gone and (other.kind == CLUSTER or other.key not in node.needs):
                node.needs.discard(other.key)  # what belongs to a cluster goes first, whoever else names whom
                other.needs.add(node.key)
        if not node.gone:
            after = node.ask.document if node.resource.whole else {**document, **node.ask.document}
            kept = self._meant(node, after)
            self.held.update({other.key: node.key for other in kept if other.pruned})
            self._kept.update((node.key, other.key) for other in kept)

    def drop(self, key: str) -> None:
        """Forget a node."""
        del self.nodes[key]
        for node in self.nodes.values():
            node.needs.discard(key)

    def generations(self) -> Iterator[list[Node]]:
        """Give the nodes in the order in which they can be planned: each list needs nothing but the lists before."""
        sorter = graphlib.TopologicalSorter({key: node.needs for key, node in self.nodes.items()})
        sorter.prepare()
        while sorter.is_active():
            ready = list(sorter.get_ready())
            yield [self.nodes[key] for key in ready if key in self.nodes]
            sorter.done(*ready)

    def _meant(self, node: Node, document: dict[str, Any]) -> list[Node]:
        found = references(document, node.resource.shape(self._api), node.kind)
        keys = dict.fromkeys(f"{kind} {name}" for kind, name in found)
        # What runs a family, and does not say which revision, holds all of them.
        bare = {key for key in keys if not any(other.startswith(f"{key}:") for other in keys)}
        held = [revision for key in bare for revision in self._single.get(key, ())]
        return [self.nodes[key] for key in (*keys, *held) if key in self.nodes and key != node.key]

    def _link(self, node: Node, document: dict[str, Any]) -> None:
        for other in self._meant(node, document):
            if node.kind == CLUSTER and node.gone == other.gone and self._belongs(other, node):
                self._own.update(() if node.gone else {(node.key, other.key)})
            else:
                self._before(node, other)

    def _belongs(self, node: Node, cluster: Node) -> bool:
        return any(other.key == cluster.key for other in self._meant(node, node.ask.document))

    def _before(self, node: Node, other: Node) -> None:
        """Let one node wait for the other that it refers to; deletions wait the other way round."""
        if other.gone and not node.gone and not other.pruned:
            self._manifest.refuse(node.place, f"it needs {other.key}, which the manifest declares absent.")
        elif other.gone:
            other.needs.add(node.key)
        elif not node.gone:
            node.needs.add(other.key)

    def _depend(self, node: Node) -> None:
        for named in node.depends_on:
            kind, name = ("service", named) if isinstance(named, str) else next(iter(named.items()))
            keys = [f"{kind} {name}", f"{kind} {node.ask.document.get(CLUSTER)}/{name}"]
            other = next((self.nodes[key] for key in keys if key in self.nodes), None)
            if other:
                self._before(node, other)
                continue
            close = difflib.get_close_matches(keys[-1], self.nodes.keys() - {node.key}, 1)
            hint = f"did you mean {close[0]}?" if close else "it names resources of the same manifest."
            self._manifest.refuse(node.place.at("depends_on"), f"there is no {kind} {name} here; {hint}")

    def _revisions(self) -> dict[str, list[str]]:
        """Give the single revisions that are to go, by the key of their family."""
        found: dict[str, list[str]] = {}
        for key, node in self.nodes.items():
            if node.gone and node.params.get("revision"):
                found.setdefault(key.rpartition(":")[0], []).append(key)
        return found

    def _check_cycles(self) -> None:
        try:
            list(self.generations())
        except graphlib.CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            first = self.nodes[error.args[1][0]]
            self._manifest.refuse(first.place, f"these wait for each other: {circle}; take one depends_on out.")
