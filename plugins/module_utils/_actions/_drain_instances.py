# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draining container instances batch by batch: a batch waits until its tasks run elsewhere.

What is drained is seen in AWS, so a run that was broken off is simply made again: instances that are DRAINING and empty
are done, those that still hold tasks come first.
"""

from __future__ import annotations

from typing import Any

from .._action import Job
from .._core import Call
from .._errors import Blocked, TimedOut
from .._normal import revision_name as short
from .._watch import UnderWay
from ._find_instances import Document, batches, everyone, name_of
from ._instance_load import Load, Unhealthy, refuse_room

AT_ONCE = 10  # UpdateContainerInstancesState, containerInstances
PAUSE = 5.0  # a look costs several calls
NAMED = 5


class Draining:
    """One rolling drain. `notes` keeps the plan and how far it has come, from one slice to the next."""

    def __init__(self, api: Any, job: Job) -> None:
        self._api, self._job = api, job
        self._cluster = job.params["cluster"]
        self._notes = job.watch.notes

    def run(self, found: list[Document]) -> dict[str, Any]:
        """Drain these instances; without waiting, begin with the first batch. Gives what became of each, by name."""
        if "batches" not in self._notes:
            self._plan(found)
        while self._notes["at"] < len(self._notes["batches"]):
            batch = self._notes["batches"][self._notes["at"]]
            self._one(batch)
            self._notes["at"] += 1
            if not self._job.params["wait"] and not self._job.check:
                self._notes["draining"] = batch
                break
        return self.result()

    def result(self) -> dict[str, Any]:
        """Tell which instances are drained, which still are being drained, and which are left."""
        plan, at = self._notes["batches"], self._notes["at"]
        begun = self._notes.get("draining") or (plan[at] if self._notes["phase"] == "draining" else [])
        done = [arn for batch in plan[:at] for arn in batch if arn not in begun]
        left = [arn for batch in plan[at:] for arn in batch if arn not in begun]
        told = {"drained": [*self._notes["done"], *done], "draining": begun, "left": [*left, *self._notes["left"]]}
        return {what: [self._notes["names"][arn] for arn in arns] for what, arns in told.items()}

    def _plan(self, found: list[Document]) -> None:
        wrong = [
            f"{name_of(item)} is {item['status']}" for item in found if item["status"] not in ("ACTIVE", "DRAINING")
        ]
        if wrong:
            raise Blocked(
                f"{', '.join(wrong)}: only ACTIVE instances can be drained; leave them out, or try again later."
            )
        begun = [item for item in found if item["status"] == "DRAINING"]
        done = [item for item in begun if not self._holding(Load(self._api, self._job, [item["containerInstanceArn"]]))]
        begun = [item for item in begun if item not in done]
        new = sorted((item for item in found if item["status"] == "ACTIVE"), key=_registered)
        allowed = new[: self._room(new)]
        arns = [item["containerInstanceArn"] for item in (*begun, *allowed)]
        self._notes |= {
            "names": {item["containerInstanceArn"]: name_of(item) for item in found},
            "done": [item["containerInstanceArn"] for item in done],
            "left": [item["containerInstanceArn"] for item in new[len(allowed) :]],
            "new": [item["containerInstanceArn"] for item in allowed],
            "batches": list(batches(arns, self._job.params["batch_size"])),
            "at": 0,
            "phase": "before",
        }
        if allowed and not any(item["status"] == "ACTIVE" for item in self._all() if item not in allowed):
            self._job.warnings.append(
                "No other instance of the cluster is ACTIVE, so tasks without other capacity have nowhere to go."
            )

    def _all(self) -> list[Document]:
        return everyone(self._api, self._cluster)

    def _room(self, new: list[Document]) -> int:
        """Count how many more instances may be out of service."""
        most = self._job.params["max_unavailable"]
        if most is None or not new:
            return len(new)
        out = [item for item in self._all() if item["status"] != "ACTIVE" or not item.get("agentConnected")]
        others = [item for item in out if item not in new]
        if most <= len(others) and len(others) == len(out):
            raise refuse_room([name_of(item) for item in new], most, len(out))
        return max(0, most - len(others))

    def _one(self, batch: list[str]) -> None:
        """Take one batch from its first look to the end."""
        if self._notes["phase"] == "before":
            if not self._job.check and self._job.params["wait"]:
                self._until(batch, begun=False)
            new = [arn for arn in batch if arn in self._notes["new"]]
            for part in batches(new, AT_ONCE):
                asked = {"cluster": self._cluster, "containerInstances": part, "status": "DRAINING"}
                self._job.do(self._api, Call("UpdateContainerInstancesState", asked))
            self._notes["phase"] = "draining"
        if not self._job.check and self._job.params["wait"]:
            self._until(batch, begun=True)
        self._notes["phase"] = "before"

    def _until(self, batch: list[str], begun: bool) -> None:
        try:
            self._job.watch.until(lambda: self._look(batch, begun), float(self._job.params["wait_timeout"]))
        except TimedOut as error:
            raise self._late(batch, error, begun) from None
        except Unhealthy as error:
            error.data["result"].update(self.result())
            raise

    def _look(self, batch: list[str], begun: bool) -> UnderWay | None:
        """Say what a batch still waits for: tasks that have to leave, and services that have to be whole again."""
        self._api.forget()
        load = Load(self._api, self._job, batch)
        load.check(self._called(batch))
        holding = self._holding(load) if begun else []
        lacking = load.lacking()
        if not holding and not lacking:
            return None
        parts = [f"{len(holding)} task{'' if len(holding) == 1 else 's'} to leave"] if holding else []
        parts += load.protected() if holding else []
        parts += [f"{item['serviceName']} runs {item['runningCount']} of {item['desiredCount']}" for item in lacking]
        number, count = self._notes["at"] + 1, len(self._notes["batches"])
        verb = "draining" if begun else "before draining"
        return UnderWay(f"{verb} {self._called(batch)} ({number} of {count}): {', '.join(parts)}", pause=PAUSE)

    def _holding(self, load: Load) -> list[Document]:
        """Give the tasks that have to leave first; those of no service go on, unless they are waited for."""
        if load.others and self._job.params["wait_for"] == "services":
            names = ", ".join(short(task["taskArn"])[:12] for task in load.others[:NAMED])
            warning = (
                f"Tasks of no service run on ({names}), since draining does not stop them: wait for them with "
                "wait_for=all, or stop them with longshore.ecs.task."
            )
            self._job.warnings += [warning] if warning not in self._job.warnings else []
        return load.of_services + (load.others if self._job.params["wait_for"] == "all" else [])

    def _called(self, batch: list[str]) -> str:
        names = [self._notes["names"][arn] for arn in batch]
        return ", ".join([*names[:NAMED], *([f"and {len(names) - NAMED} more"] if names[NAMED:] else [])])

    def _late(self, batch: list[str], error: TimedOut, begun: bool) -> Exception:
        """Complete a timeout with what held the batch: protected tasks, or a service that does not get its tasks."""
        load = Load(self._api, self._job, batch)
        said = str(error).partition(". The work goes on")[0]
        protected = load.protected() if begun else []
        if protected:
            return TimedOut(
                f"{said}. The drain goes on in AWS when the protection ends; raise wait_timeout and run again, or end "
                "it with longshore.ecs.task and state=unprotected.",
                result=self.result(),
            )
        if lacking := load.lacking():
            late = load.unhealthy(lacking[0], said)
            late.data["result"].update(self.result())
            return late
        return TimedOut(f"{said}. The drain goes on in AWS; raise wait_timeout and run again.", result=self.result())


def _registered(item: Document) -> str:
    return str(item.get("registeredAt"))
