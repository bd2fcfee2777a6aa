# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run will do: everything is read in as few calls as there are, and compared, before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from .. import _document
from .._core import Call, Found, Outcome, foreseen
from .._errors import EcsError
from .._normal import snake
from .._watch import Clock, Watch
from . import batches, prune
from .nodes import Node
from .order import Order

CREATE, UPDATE, REPLACE, DEPLOY, DELETE, NONE = "create", "update", "replace", "deploy", "delete", "none"
ACTIONS = (CREATE, UPDATE, DEPLOY, REPLACE, DELETE, NONE)
CODE_DEPLOY = "CreateDeployment"
PARTS = 64  # into so many parts the work of a plan is cut at most: as many as there can be threads


@dataclass
class Step:
    """What is planned for one resource."""

    action: str = NONE
    members: list[str] = field(default_factory=list)  # those that an update changes
    calls: list[Call] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    arn: str | None = None
    failure: EcsError | None = None
    under_way: bool = False  # nothing is to be done, but an earlier deployment is still to be waited for


def step_of(node: Node, api: Any, outcome: Outcome) -> Step:
    """Describe the outcome of planning a resource."""
    plan, resource = outcome.plan, node.resource
    step = Step(_action(node, outcome), calls=plan.calls)
    if outcome.found:
        step.arn = outcome.found.shown.get(resource.arn)
    if step.action in (UPDATE, DEPLOY, REPLACE):
        step.members = sorted(snake(name) for name in {*plan.before, *plan.after} - {"calls"})
    if plan.calls:
        step.before, step.after = _document.sides(resource, api, plan)
    return step


def _action(node: Node, outcome: Outcome) -> str:
    calls, resource = outcome.plan.calls, node.resource
    if not calls:
        return NONE
    if node.gone:
        return DELETE
    if outcome.found is None:
        return CREATE
    if any(call.gone for call in calls):
        return REPLACE
    starting = {*resource.deploys, "forceNewDeployment"} if resource.deploys else set()
    tells = any(call.operation == CODE_DEPLOY or starting & set(call.params) for call in calls)
    return DEPLOY if resource.deploys and tells else UPDATE


class Planner:
    """Plans all nodes of an order; `revisions` are those that the declared families have, as far as they are known."""

    def __init__(self, api: Any, order: Order, executor: Executor, check: bool) -> None:
        self._api = api
        self._order = order
        self._executor = executor
        self._check = check
        self._unmade: set[str] = set()  # clusters that are not there yet: nothing can be in them
        self.revisions: dict[str, str] = {}
        self.steps: dict[str, Step] = {}

    def read(self) -> None:
        """Read everything that can be read without knowing anything else; planning finds it in memory."""
        nodes = list(self._order.nodes.values())
        clusters = [node for node in nodes if node.kind == "cluster"]
        self._glance(clusters)
        for node in clusters:
            if not node.gone and not self._there(node):
                self._unmade.add(node.key)
        self._order.untangle(self._unmade)
        others = [node for node in nodes if node.kind != "cluster" and not self._in_nowhere(node)]
        self._glance(others)
        present = [node for node in others if node.ready and not node.gone]
        for job in batches.together(self._api, self._each(self._further, present), self._executor):
            job.result()

    def _each(self, work: Callable[[Node], Any], nodes: list[Node]) -> Iterator[Any]:
        """Do something with each node in parallel, several to a thread: handing over costs as much as most of it."""
        size = max(1, len(nodes) // PARTS)
        parts = [nodes[start : start + size] for start in range(0, len(nodes), size)]
        for done in self._executor.map(lambda part: [work(node) for node in part], parts):
            yield from done

    def _further(self, node: Node) -> batches.Read | None:
        try:
            return node.resource.further(self._api, node.ask)
        except EcsError:  # planning meets it again, and says whose it is
            return None

    def _there(self, node: Node) -> bool:
        try:
            found = node.resource.read(self._api, node.ask)
        except EcsError:  # planning meets it again, and says so
            return True
        return bool(found) and not node.resource.leaving(found) if found else False

    def _glance(self, nodes: Iterable[Node]) -> None:
        chosen = list(nodes)
        jobs = batches.submitted(self._api, chosen, self._executor)
        jobs += [self._executor.submit(self._read_one, node) for node in chosen if not self._is_read(node)]
        for job in jobs:
            job.result()

    @staticmethod
    def _is_read(node: Node) -> bool:
        return node.ready and node.resource.batch(node.ask) is not None

    def _read_one(self, node: Node) -> None:
        try:
            if not node.ready:
                node.anew(self._api, Watch(Clock()), {})
            if not node.resource.batch(node.ask):
                node.resource.read(self._api, node.ask)
        except EcsError:  # planning meets it again, and says whose it is
            return

    def plan(self) -> None:
        """Plan every node; what cannot be planned is noted in its step."""
        generations = list(self._order.generations())
        for nodes in generations:
            for node, step in zip(nodes, self._each(self._step, nodes), strict=True):
                self.steps[node.key] = step
        for key, user in self._order.held.items():
            self.steps.pop(key, None)
            self._order.drop(key)
            node = self._order.nodes[user]
            node.ask.warnings.append(f"it needs {key}, which carries {prune.TAG} and is not declared; that stays.")

    def _step(self, node: Node) -> Step:
        try:
            return self._foreseen(node)
        except EcsError as error:
            return Step(failure=error)

    def _foreseen(self, node: Node) -> Step:
        if not node.ready:
            node.anew(self._api, Watch(Clock()), self.revisions)
        node.prepare(self._api, self.revisions)
        node.ask.check = self._check
        found = None if self._in_nowhere(node) else node.resource.read(self._api, node.ask)
        self._order.found(node, found.document if found else {})
        if node.pruned and not prune.carries(found, node.owner):
            return Step()
        if found and not node.gone and node.resource.leaving(found):
            found = None
        node.own_up(found, prune.TAG)
        if node.gone:
            node.ask.notes["leaving"] = self._leaving(node)
            node.ask.notes["earlier"] = self._order.earlier(node)
        node.ask.notes["coming"] = node.needs  # what is made by then
        outcome = foreseen(node.resource, self._api, node.ask, found)
        step = step_of(node, self._api, outcome)
        self._note_revision(node, outcome)
        step.under_way = self._is_under_way(node, outcome)
        return step

    def _in_nowhere(self, node: Node) -> bool:
        return not self._unmade.isdisjoint(node.needs) and not node.gone

    def _leaving(self, node: Node) -> list[str]:
        """Name the services that are deleted before this resource is."""
        others = (self._order.nodes[key] for key in node.needs if key in self._order.nodes)
        return [other.ask.document["serviceName"] for other in others if other.kind == "service" and other.gone]

    def _note_revision(self, node: Node, outcome: Outcome) -> None:
        if node.kind == "task_definition" and not node.gone and outcome.found:
            registers = any(call.operation == node.resource.creates for call in outcome.plan.calls)
            shown = outcome.found.shown
            if not registers:
                self.revisions[shown["family"]] = f"{shown['family']}:{shown['revision']}"

    def _is_under_way(self, node: Node, outcome: Outcome) -> bool:
        """Tell whether an earlier run's deployment is still to be waited for, or has failed."""
        found: Found | None = outcome.found
        if outcome.plan.calls or self._check or not node.ask.wait or node.pruned or found is None:
            return False
        try:
            return node.resource.pending(self._api, found, node.ask) is not None
        except EcsError:
            return True


def totals(steps: Iterable[Step]) -> dict[str, int]:
    """Count what is planned, by action."""
    counted: dict[str, int] = defaultdict(int)
    for step in steps:
        counted[step.action] += 1
    return {action: counted[action] for action in ACTIONS}
