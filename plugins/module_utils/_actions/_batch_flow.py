# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and following the tasks of a batch: so many at a time, each look in as few calls as there are."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._action import Job
from .._api import AwsError
from .._core import Call
from .._errors import EcsError
from .._watch import UnderWay
from . import _find_tasks
from ._definitions import Definitions, ended_well
from ._run_task import LACKING

# Tags by which the tasks of a batch, and of an item, are found again.
BATCH, ITEM = "longshore:batch", "longshore:item"
WAITING, RUNNING, SUCCEEDED, FAILED = "waiting", "running", "succeeded", "failed"
# A task that is stopped like this did nothing wrong (Task, stopCode), so it is run again without counting.
INTERRUPTED = ("SpotInterruption", "TerminationNotice")
THREADS = 16  # calls of RunTask at once
REFUSALS = 3  # so many items refused in a row, and the next would be refused too
UNSEEN = 300.0  # seconds after which a task that ECS does not show is taken for lost
PAUSE = 5.0  # seconds between two attempts to start tasks for which there was no room

Item = dict[str, Any]


class Flow:
    """The items of a batch and how far each has come; `notes` keeps that from one slice to the next."""

    def __init__(self, api: Any, job: Job, document: dict[str, Any], overrides: dict[str, dict[str, Any]]) -> None:
        self._api, self._job, self._document, self._overrides = api, job, document, overrides
        self.definitions = Definitions(api)
        self._notes: dict[str, Any] = job.watch.notes
        self.items: dict[str, Item] = self._notes.setdefault("items", {})

    def begin(self) -> None:
        """Note every item, and take over what an earlier run has left: finished, running, or failed."""
        for name in self._overrides:
            self.items[name] = {
                "state": WAITING,
                "tasks": [],
                "tries": 0,
                "attempts": 0,
                "interruptions": 0,
                "since": 0.0,
            }
        self._notes.update(refused=0, lacking=None, broken=0, adopted=0)
        self._adopt()
        self._notes["adopted"] = sum(item["state"] in (SUCCEEDED, RUNNING) for item in self.items.values())

    def _adopt(self) -> None:
        """Look for tasks of this batch that this run has not started, as far as ECS still shows them."""
        self._api.forget()
        try:
            found = _find_tasks.listed(self._api, self._document["cluster"], {"run_once": self._job.params["name"]})
        except AwsError as error:
            if not self._job.check or error.code != "ClusterNotFoundException":
                raise
            return
        for task in sorted(found, key=lambda task: str(task.get("createdAt"))):
            tags = {tag["key"]: tag["value"] for tag in task.get("tags", [])}
            item = self.items.get(tags.get(ITEM, ""))
            if item is None or task["taskArn"] in item["tasks"]:
                continue
            item["tasks"].append(task["taskArn"])
            if task["lastStatus"] != "STOPPED":
                item.update(state=RUNNING, current=task["taskArn"], since=self._job.watch.waited())
            elif ended_well(task, self.definitions) and item["state"] != RUNNING:
                item.update(state=SUCCEEDED, current=task["taskArn"], **self._ending(task))

    def plan(self) -> None:
        """Note, in check mode, the calls that would start what has neither run nor runs."""
        for name in self._named(WAITING):
            self._job.do(self._api, self._call(name))

    def look(self) -> UnderWay | None:
        """See what has ended, start what there is room for, and say how far the batch has come."""
        self._api.forget()
        self._see()
        pause = self._start()
        if not self._named(RUNNING) and not (self._named(WAITING) and not self.stopped):
            return None
        return UnderWay(self.told(), pause=pause)

    def told(self) -> str:
        """Say how far the batch has come, in one line."""
        counts = Counter(item["state"] for item in self.items.values())
        done = counts[SUCCEEDED] + counts[FAILED]
        said = f"{self._job.params['name']}: {done} of {len(self.items)} items done, {counts[RUNNING]} running"
        said += f", {counts[FAILED]} failed" if counts[FAILED] else ""
        return said + (f"; {self._notes['lacking']}" if self._notes["lacking"] else "")

    def _named(self, state: str) -> list[str]:
        return [name for name, item in self.items.items() if item["state"] == state]

    # What has ended --------------------------------------------------------------------------------------------------

    def _see(self) -> None:
        current = {item["current"]: item for item in self.items.values() if item["state"] == RUNNING}
        shown = _find_tasks.described(self._api, self._document["cluster"], list(current))
        seen = {task["taskArn"] for task in shown}
        now = self._job.watch.waited()
        for task in shown:
            current[task["taskArn"]]["since"] = now
            if task["lastStatus"] == "STOPPED":
                self._judge(current[task["taskArn"]], task)
        for arn in set(current) - seen:
            if now - current[arn]["since"] > UNSEEN:
                current[arn].update(state=FAILED, reason="ECS does not show the task any more, so its end is not known")

    def _judge(self, item: Item, task: dict[str, Any]) -> None:
        """Note how a task has ended, and whether its item is to run again."""
        item.update(self._ending(task))
        params = self._job.params
        if ended_well(task, self.definitions):
            item.update(state=SUCCEEDED)
        elif task.get("stopCode") in INTERRUPTED:
            item["interruptions"] += 1
            item["state"] = WAITING if item["interruptions"] <= params["interruption_retries"] else FAILED
        else:
            item["attempts"] += 1
            again = task.get("stopCode") != "UserInitiated" and item["attempts"] <= params["retries"]
            item["state"] = WAITING if again else FAILED

    def _ending(self, task: dict[str, Any]) -> Item:
        """Give what is kept of a task that has ended: its exit codes, why it stopped, and how long it ran."""
        codes = {
            container["name"]: container["exitCode"]
            for container in task.get("containers", [])
            if container.get("exitCode") is not None
        }
        essential = [codes[name] for name in sorted(self.definitions.essential(task)) if name in codes]
        said = [container["reason"] for container in task.get("containers", []) if container.get("reason")]
        begun, ended = task.get("startedAt"), task.get("stoppedAt")
        return {
            "exit_codes": codes,
            "exit_code": next((code for code in essential if code), 0) if essential else None,
            "stop_code": task.get("stopCode"),
            "reason": "; ".join(text for text in (task.get("stoppedReason"), *said) if text) or None,
            "seconds": round((ended - begun).total_seconds(), 1) if begun and ended else None,
        }

    # What is started -------------------------------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether no item is started any more: too many have failed, or were refused one after the other."""
        most = self._job.params["max_failures"]
        return self._notes["refused"] >= REFUSALS or (most is not None and len(self._named(FAILED)) > most)

    def _start(self) -> float:
        """Start as many items as may run beside those that do; gives the pause before the next look."""
        room = self._job.params["concurrency"] - len(self._named(RUNNING))
        names = self._named(WAITING)[: max(room, 0)]
        self._notes["lacking"] = None
        if self.stopped or not names:
            return 0.0
        first = self._notes["refused"] or not self._notes.get("any")  # alone, for who cannot start one starts none
        chosen = names[:1] if first else names
        with ThreadPoolExecutor(min(THREADS, len(chosen))) as executor:
            list(executor.map(self._launch, chosen))
        if first and self._notes.get("any") and not self._notes["lacking"]:
            return self._start()
        return PAUSE if self._notes["lacking"] else 0.0

    def _launch(self, name: str) -> None:
        item = self.items[name]
        call = self._call(name)
        try:
            answer = self._job.do(self._api, call)
        except AwsError as error:
            if error.code == "Failures":
                answer = error.answer
            elif error.code == "ConflictException":
                self._notes["lacking"] = "another run has just started the next item, and AWS does not show it yet"
                self._adopt()
                return
            else:
                self._refused(item, error)
                return
        arns = [task["taskArn"] for task in answer.get("tasks", [])]
        if arns:
            self._notes.update(any=True, refused=0, broken=0)
            item["tasks"].append(arns[0])
            item.update(state=RUNNING, current=arns[0], since=self._job.watch.waited())
            return
        reasons = [str(failure.get("reason") or "no reason given") for failure in answer.get("failures", [])]
        item["tries"] += 1
        self._wait_or_fail(item, "; ".join(reasons) or "AWS gave no reason")

    def _refused(self, item: Item, error: AwsError) -> None:
        """Note what a refusal means: that there is no room, that the way to AWS is broken, or that nothing can come."""
        if error.broken:
            self._notes["broken"] += 1
            self._notes["lacking"] = str(error)
            if self._notes["broken"] > len(self.items) + THREADS:
                raise error
            return
        self._wait_or_fail(item, str(error))

    def _wait_or_fail(self, item: Item, reason: str) -> None:
        if LACKING.search(reason):
            self._notes["lacking"] = reason
            return
        self._notes["refused"] += 1
        item.update(state=FAILED, reason=reason)

    def _call(self, name: str) -> Call:
        item, batch = self.items[name], self._job.params["name"]
        tags = [*self._document.get("tags", []), {"key": BATCH, "value": batch}, {"key": ITEM, "value": name}]
        seen = json.dumps([batch, name, sorted(item["tasks"]), item["tries"]])
        own = {"overrides": self._overrides[name]} if self._overrides[name] else {}
        # A run at the same time, which sees the same tasks, gives the same token: then AWS starts one task (ECS API
        # reference, "Ensuring idempotency").
        token = {"clientToken": hashlib.sha256(seen.encode()).hexdigest()}
        by = {"startedBy": _find_tasks.starter({"run_once": batch})}
        return Call("RunTask", {**self._document, **own, "tags": tags, "count": 1, **by, **token})


class BatchFailed(EcsError):
    """Not every item of a batch has done its work."""

    code = "BatchFailed"
