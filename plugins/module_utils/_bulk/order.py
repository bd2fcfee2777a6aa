# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes before whom: by what documents refer to, never by position.

What exists for others comes first; what is deleted goes after everything that referred to it, as it was found and as it
is wanted.
"""

from __future__ import annotations

import difflib
import graphlib
from collections.abc import Iterable, Iterator, Mapping
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
    if shape.type_name == "list" and isinstance(document, list):
        for item in document:
            yield from references(item, shape.member, own)
    if shape.type_name != "structure" or not isinstance(document, Mapping):
        return
    for member in document.keys() & shape.members.keys():
        value, kind = document[member], REFERENCES.get(member[:1].lower() + member[1:])
        if kind and kind != own:
            yield from ((kind, name) for item in _listed(value) for name in _names(kind, item, document))
        if isinstance(value, (Mapping, list)):
            yield from references(value, shape.members[member], own)


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

    def add(self, nodes: Iterable[Node]) -> None:
        """Take nodes that are to be pruned."""
        new = by_key(nodes)
        self.nodes.update(new)
        self._single = self._revisions()
        for node in new.values():
            self._link(node, node.ask.document)

    def found(self, node: Node, document: dict[str, Any]) -> None:
        """Take into account what a resource refers to in AWS: that goes only when this resource has let go of it.

        What is to be pruned and what a declared resource goes on using is noted in `held`.
        """
        for other in self._meant(node, document):
            if other.gone and other.key not in node.needs:
                other.needs.add(node.key)
        if not node.gone:
            after = node.ask.document if node.resource.whole else {**document, **node.ask.document}
            self.held.update({other.key: node.key for other in self._meant(node, after) if other.pruned})

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
        held = [key for key in self._single if key.rpartition(":")[0] in bare]
        return [self.nodes[key] for key in (*keys, *held) if key in self.nodes and key != node.key]

    def _link(self, node: Node, document: dict[str, Any]) -> None:
        for other in self._meant(node, document):
            self._before(node, other)

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

    def _revisions(self) -> list[str]:
        return [node.key for node in self.nodes.values() if node.gone and node.params.get("revision")]

    def _check_cycles(self) -> None:
        try:
            list(self.generations())
        except graphlib.CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            first = self.nodes[error.args[1][0]]
            self._manifest.refuse(first.place, f"these wait for each other: {circle}; take one depends_on out.")
