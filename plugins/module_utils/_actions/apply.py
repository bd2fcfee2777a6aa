# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole estate at once: checked, read, planned, and then carried out in parallel, in the order of its references."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, ClassVar

from .._action import Action, Job
from .._bulk import prune, records, report
from .._bulk.entries import Checker
from .._bulk.limits import Limiter
from .._bulk.manifest import Manifest, Place
from .._bulk.memory import uncollected
from .._bulk.order import Order
from .._bulk.plan import NONE, Planner, Step, totals
from .._bulk.run import Run, Settings
from .._registry import RESOURCES
from .._watch import Paused

MOST = 64  # threads, as many as there are connections


class Apply(Action):
    """Brings everything that a manifest names to the state that it is to have."""

    tells = True
    options: ClassVar[dict[str, Any]] = {
        "src": {"type": "path"},
        "resources": {"type": "list", "elements": "dict"},
        "defaults": {"type": "dict"},
        # What looks secret in documents is masked there; to hide each value wherever it occurs would garble results.
        "placeholders": {"type": "dict", "no_log": False},
        "prune": {"type": "dict", "options": {"owner": {"type": "str", "required": True}}},
        "concurrency": {"type": "int", "default": 16},
        "continue_on_error": {"type": "bool", "default": False},
        "plan_only": {"type": "bool", "default": False},
        "max_deletes": {"type": "int"},
        "max_replaces": {"type": "int"},
    }
    rules: ClassVar[dict[str, Any]] = {"required_one_of": [("src", "resources")]}

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        """Give the plan and what became of it. Raises BadInput before any call, ApplyFailed when something failed."""
        threads = min(max(job.params["concurrency"], 1), MOST)
        api.pace = Limiter(api.clock, api.attempts - 1)
        with ThreadPoolExecutor(threads) as executor:
            return _Estate(api, job, executor, threads).run()


class _Estate:
    """One slice of one run."""

    def __init__(self, api: Any, job: Job, executor: Executor, threads: int) -> None:
        self._api = api
        self._job = job
        self._executor = executor
        self._threads = threads
        self._notes: dict[str, Any] = job.watch.notes
        self._timing: dict[str, float] = self._notes.setdefault("timing", {})
        self._owner: str | None = (job.params["prune"] or {}).get("owner")
        self._began = self._lap = api.clock.now()

    def run(self) -> dict[str, Any]:
        with uncollected():
            order = self._checked()
        if self._job.watch.resumed:
            order.add(prune.nodes(self._api, self._notes["pruned"], RESOURCES, str(self._owner)))
            return self._carried_out(order, {})
        self._passed("plan")
        with uncollected():
            planned = self._planned(order)
        self._passed("plan")
        told = {"plan": planned["plan"], "diff": planned["diff"]}
        if self._notes["records"] and self._job.watch.sliced:
            paused = Paused()
            paused.outcome = told
            raise paused
        return self._carried_out(order, planned)

    def _checked(self) -> Order:
        """Check the whole document; what is wrong with it is said at once, before the first call."""
        manifest = Manifest(tuple(RESOURCES))
        manifest.read(self._job.params)
        if self._owner is not None and not prune.OWNER.fullmatch(self._owner):
            manifest.refuse(Place(("prune", "owner")), f"{self._owner!r} cannot be the value of a tag.")
        nodes = Checker(manifest, RESOURCES, self._api, self._owner).nodes()
        order = Order(nodes, manifest, self._api)
        if manifest.problems:
            raise report.refused(manifest)
        return order

    def _planned(self, order: Order) -> dict[str, Any]:
        """Read and compare everything, and say what is to be done; what was found wrong is raised before any write."""
        job, notes = self._job, self._notes
        notes["pruned"] = prune.candidates(self._api, order, RESOURCES, self._owner) if self._owner else []
        order.add(prune.nodes(self._api, notes["pruned"], RESOURCES, str(self._owner)))
        planner = Planner(self._api, order, self._executor, job.check)
        planner.read()
        self._passed("read")
        planner.plan()
        steps = _without_idle(order, planner.steps)
        for key in steps:
            told = (f"{key}: {warning}" for warning in order.nodes[key].ask.warnings)
            job.warnings += [warning for warning in told if warning not in job.warnings]
        data, diff, summary = report.plan_data(order.nodes, steps), report.diff(steps), totals(steps.values())
        result: dict[str, Any] = {"plan": data, "diff": diff, "summary": summary}
        notes.update(records=records.opened(order.nodes, steps), revisions=planner.revisions, summary=summary)
        job.watch.say(*report.table(steps))
        self._check(steps, result)
        return result

    def _check(self, steps: dict[str, Step], result: dict[str, Any]) -> None:
        """Stop a surprise before the first write."""
        params = self._job.params
        report.guard(steps, "delete", params["max_deletes"], result)
        report.guard(steps, "replace", params["max_replaces"], result)
        if self._job.check or params["plan_only"]:
            self._job.calls += [call for step in steps.values() for call in step.calls if self._job.check]
            report.check(_failing(self._notes["records"]), result)
            self._notes["records"] = {}
        elif not params["continue_on_error"]:
            report.check(_failing(self._notes["records"]), result)

    def _carried_out(self, order: Order, result: dict[str, Any]) -> dict[str, Any]:
        done, params = self._notes["records"], self._job.params
        settings = Settings(self._threads, params["continue_on_error"])
        run = Run(self._api, self._job, order.nodes, done, self._notes["revisions"], settings, self._executor)
        try:
            run.finish()
        finally:
            self._timing["write"] = self._timing.get("write", 0.0) + run.writing
            self._passed("wait", less=run.writing)
        result["summary"] = self._notes["summary"]
        result["timing"] = {name: round(self._timing.get(name, 0.0), 3) for name in ("read", "plan", "write", "wait")}
        result["timing"]["total"] = round(sum(result["timing"].values()), 3)
        if not (self._job.check or params["plan_only"]):
            shown = (node for node in order.nodes.values() if not node.pruned or node.key in done)
            result["resources"] = report.outcomes(shown, done)
        report.check(done, result)
        return result

    def _passed(self, name: str, less: float = 0.0) -> None:
        """Count the seconds since the last time as those of a phase."""
        now = self._api.clock.now()
        self._timing[name] = self._timing.get(name, 0.0) + max(0.0, now - self._lap - less)
        self._lap = now


def _failing(done: dict[str, records.Record]) -> dict[str, records.Record]:
    return done if any(record["state"] == records.FAILED for record in done.values()) else {}


def _without_idle(order: Order, steps: dict[str, Step]) -> dict[str, Step]:
    """Leave out what was looked at to be pruned, and is gone already or was never ours."""
    idle = [key for key, step in steps.items() if order.nodes[key].pruned and step.action == NONE and not step.failure]
    return {key: step for key, step in steps.items() if key not in idle}
