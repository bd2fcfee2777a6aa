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

from .._normal import snake
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


def references(document: Any, own: str) -> Iterator[tuple[str, str]]:
    """Give kind and name of everything that a document of the kind `own` refers to, whether it is known or not."""
    if isinstance(document, Mapping):
        for member, value in document.items():
            kind = REFERENCES.get(member[:1].lower() + member[1:]) if isinstance(member, str) else None
            if kind and kind != own:
                yield from ((kind, name) for item in _listed(value) for name in _names(kind, item, document))
            if isinstance(value, (Mapping, list)):
                yield from references(value, own)
    elif isinstance(document, list):
        for item in document:
            if isinstance(item, (Mapping, list)):
                yield from references(item, own)


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

    def __init__(self, nodes: list[Node], manifest: Manifest) -> None:
        """Link the nodes, and note duplicates, unknown names and cycles as problems of the manifest."""
        self._manifest = manifest
        self.nodes: dict[str, Node] = {}
        for node in nodes:
            if node.key in self.nodes:
                first = self.nodes[node.key].place
                where = f" {first.file}" if first.file else ""
                manifest.refuse(node.place, f"{node.key} is declared already, at{where} {first.path}; keep one.")
            else:
                self.nodes[node.key] = node
        for node in self.nodes.values():
            self._link(node, node.ask.document)
            self._depend(node)
        self._check_cycles()

    def add(self, nodes: Iterable[Node]) -> None:
        """Take nodes that are to be pruned."""
        new = by_key(nodes)
        self.nodes.update(new)
        for node in new.values():
            self._link(node, node.ask.document)

    def found(self, node: Node, document: dict[str, Any]) -> None:
        """Take into account what a resource refers to in AWS: that goes only when this resource has let go of it."""
        for other in self._meant(node, document):
            if other.gone:
                other.needs.add(node.key)

    def using(self, name: str) -> list[Node]:
        """Give the nodes that stay and are asked to refer to the node with this key."""
        other = self.nodes[name]
        users = [node for node in self.nodes.values() if not node.gone]
        return [node for node in users if other in self._meant(node, node.ask.document)]

    def generations(self) -> Iterator[list[Node]]:
        """Give the nodes in the order in which they can be planned: each list needs nothing but the lists before."""
        sorter = graphlib.TopologicalSorter({key: node.needs for key, node in self.nodes.items()})
        sorter.prepare()
        while sorter.is_active():
            ready = list(sorter.get_ready())
            yield [self.nodes[key] for key in ready if key in self.nodes]
            sorter.done(*ready)

    def _meant(self, node: Node, document: dict[str, Any]) -> list[Node]:
        keys = dict.fromkeys(f"{kind} {name}" for kind, name in references(document, node.kind))
        keys.update(dict.fromkeys(self._revisions(keys)))
        return [self.nodes[key] for key in keys if key in self.nodes and key != node.key]

    def _revisions(self, keys: Iterable[str]) -> list[str]:
        """A service that runs a family holds all of its revisions."""
        bare = [key for key in keys if key.startswith("task_definition ") and ":" not in key]
        return [key for key in self.nodes for one in bare if key.startswith(f"{one}:")]

    def _link(self, node: Node, document: dict[str, Any]) -> None:
        for other in self._meant(node, document):
            if other.gone and not node.gone and not other.pruned:
                self._manifest.refuse(node.place, f"it needs {other.key}, which the manifest declares absent.")
            elif other.gone:
                other.needs.add(node.key)
            elif not node.gone:
                node.needs.add(other.key)

    def _depend(self, node: Node) -> None:
        for named in node.depends_on:
            kind, name = ("service", named) if isinstance(named, str) else next(iter(named.items()))
            cluster = node.ask.document.get(CLUSTER)
            keys = [f"{kind} {name}", f"{kind} {cluster}/{name}"]
            other = next((self.nodes[key] for key in keys if key in self.nodes), None)
            if other is None:
                close = difflib.get_close_matches(keys[-1], self.nodes, 1)
                hint = f"did you mean {close[0]}?" if close else "it names resources of the same manifest."
                self._manifest.refuse(node.place.at("depends_on"), f"there is no {kind} {name} here; {hint}")
            elif node.gone:
                other.needs.add(node.key)
            else:
                node.needs.add(other.key)

    def _check_cycles(self) -> None:
        try:
            list(self.generations())
        except graphlib.CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            first = self.nodes[error.args[1][0]]
            self._manifest.refuse(
                first.place, f"these wait for each other: {circle}; take one {snake('dependsOn')} out."
            )
