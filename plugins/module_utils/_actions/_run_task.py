# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting tasks: as many calls as it takes, again while capacity is lacking, and with a key never twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from typing import Any

from .._action import Job
from .._api import AwsError
from .._core import Call
from .._errors import EcsError, TimedOut
from .._watch import UnderWay
from . import _find_tasks
from ._definitions import Definitions, ended_well

BATCH = 10  # RunTask starts up to 10 tasks, StartTask takes up to 10 container instances
# What passes when others let go of capacity or instances join: reasons in failures[] (developer guide, "Amazon ECS API
# failure reasons"), and the refusals of RunTask that say the same. AWS documents that there is one for the quota of
# tasks in PROVISIONING (API reference, RunTask), but not its words: that they name the state is a guess.
LACKING = re.compile(
    r"^RESOURCE:|capacity is unavailable|no container instances were found|provisioning"
    r"|limit on the number of (tasks|vCPUs) you can run|rate exceeded",
    re.IGNORECASE,
)
ADOPTED: dict[str, Any] = {}  # in place of an answer: another run started the tasks, and they are taken over
PAUSE = 5.0  # seconds between two attempts at least; they grow to what the waiting allows


class NotStarted(EcsError):
    """Fewer tasks were started than were asked for."""

    code = "Failures"


class Launch:
    """So many tasks that are to be started, and those that are. `notes` keeps it from one slice to the next."""

    def __init__(self, api: Any, job: Job, operation: str, document: dict[str, Any]) -> None:
        self._api, self._job, self._operation = api, job, operation
        self._key: str | None = job.params["run_once"]
        instances = document.pop("containerInstances", None) or []
        self._document = {**document, **({"startedBy": _find_tasks.starter(job.params)} if self._key else {})}
        self._instances: list[str] = instances
        self.count = len(instances) or document.pop("count", None) or 1
        self._document.pop("count", None)
        notes = job.watch.notes.setdefault("launch", {"tasks": [], "tries": 0})
        self._notes: dict[str, Any] = notes
        self._failed: list[str] = []
        self.failures: list[dict[str, Any]] = []

    @property
    def tasks(self) -> list[str]:
        """Give the ARNs of the tasks that were started, or found running or finished under the key."""
        return list(self._notes["tasks"])

    def start(self) -> None:
        """Start what is missing, and try again while capacity is lacking. Raises NotStarted when it remains so."""
        if self._job.check:
            self._adopt()
            for place in range(len(self.tasks), self.count, BATCH):
                self._job.do(self._api, self._call(place))
            return
        with contextlib.suppress(TimedOut):  # what is missing is told below, with its reasons
            self._job.watch.until(self._attempt, float(self._job.params["capacity_retry"]))
        if len(self.tasks) < self.count:
            patience = self._job.params["capacity_retry"]
            raise self._not_started(f" within {patience} seconds; raise capacity_retry to try longer", "Capacity")

    def _attempt(self) -> UnderWay | None:
        self._adopt()
        self.failures = []
        while len(self.tasks) < self.count:
            answer = self._made(self._call(len(self.tasks)))
            if answer is ADOPTED:
                continue
            self._notes["tasks"] += [task["taskArn"] for task in answer.get("tasks", [])]
            self.failures += answer.get("failures", [])
            if answer.get("failures") or not answer.get("tasks"):
                break
        if len(self.tasks) >= self.count:
            return None
        self._notes["tries"] += 1
        passing = self.failures and all(LACKING.search(str(item.get("reason"))) for item in self.failures)
        if self._instances or not passing:  # StartTask takes no token, so what it started could not be told apart
            raise self._not_started("")
        return UnderWay(f"{len(self.tasks)} of {self.count} tasks are started, {self._reasons()}", pause=PAUSE)

    def _call(self, place: int) -> Call:
        """Plan the call that starts the next tasks, when `place` of them are there."""
        size = min(self.count - place, BATCH)
        if self._instances:
            return Call("StartTask", {**self._document, "containerInstances": self._instances[place : place + size]})
        token = {"clientToken": self._token(place)} if self._key else {}
        return Call("RunTask", {**self._document, "count": size, **token})

    def _token(self, place: int) -> str:
        """Give the token that a run at the same time, which sees the same tasks, gives too: then AWS starts them once.

        A token is bound to its request for the life of the tasks and one hour, at most for 24 hours (ECS API reference,
        "Ensuring idempotency"). So what failed, and each try, has a token of its own.
        """
        seen = [self._key, sorted(self._failed), place, self._notes["tries"]]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()

    def _adopt(self) -> None:
        """Take over the tasks with our key that run or have done their work; remember those that failed."""
        if not self._key:
            return
        self._api.forget()
        definitions = Definitions(self._api)
        try:
            found = _find_tasks.listed(self._api, self._document["cluster"], {"run_once": self._key})
        except AwsError as error:
            if not self._job.check or error.code != "ClusterNotFoundException":
                raise
            found = []  # the cluster is created in the same check run
        good = [task for task in found if task["lastStatus"] != "STOPPED" or ended_well(task, definitions)]
        known = {task["taskArn"] for task in found}
        arns = [task["taskArn"] for task in sorted(good, key=lambda task: str(task.get("createdAt")))]
        self._failed = sorted(known - set(arns))
        self._notes["tasks"] = list(dict.fromkeys([*self.tasks, *arns]))[: self.count]

    def _made(self, call: Call) -> dict[str, Any]:
        """Make the call; what AWS did in part, and a refusal for lack of capacity, become an answer with failures."""
        try:
            return self._job.do(self._api, call)
        except AwsError as error:
            if error.code == "Failures":
                if error.answer.get("tasks"):
                    self._job.calls.append(call)
                return error.answer
            if error.code == "ConflictException" and self._key:
                return self._conflict(error)
            if error.uncertain:
                raise NotStarted(
                    f"{call.operation} was not answered, so that tasks may have been started: look for them with "
                    f"longshore.ecs.task_info before running again. {error}",
                    code=error.code,
                    tasks=self.tasks,
                ) from error
            if not LACKING.search(str(error)):
                raise self._refused(error) from error
            return {"failures": [{"reason": error.data.get("reason") or str(error)}]}

    def _conflict(self, error: AwsError) -> dict[str, Any]:
        """Another run has just started tasks with our key, but with other options: the key says they are the same."""
        before = len(self.tasks)
        self._adopt()
        if len(self.tasks) == before:
            raise NotStarted(
                f"run_once: a task with the key {self._key} was started with other options a moment ago, and AWS does "
                f"not show it yet; run again to wait for it, or give another key. {error}",
                code=error.code,
            ) from error
        return ADOPTED

    def _refused(self, error: AwsError) -> EcsError:
        """Add to a refusal the tasks that earlier calls have started."""
        reasons = [{"reason": error.data.get("reason") or str(error)}]
        data = {**error.data, "failures": reasons, "tasks": self.tasks}
        return NotStarted(f"{error}{self._left()}", code=error.code, **data)

    def _left(self) -> str:
        return f" Started and left alone: {', '.join(self.tasks)}." if self.tasks else ""

    def _reasons(self) -> str:
        """List why tasks were not started, most frequent reason first, in words even where AWS names no resource."""
        said = Counter(
            " ".join(str(item[name]) for name in ("reason", "detail") if item.get(name)) or "no reason given"
            for item in self.failures
        )
        listed = [reason + (f" ({count} times)" if count > 1 else "") for reason, count in said.most_common()]
        return "; ".join(listed) or "AWS gave no reason"

    def _not_started(self, why: str, code: str | None = None) -> NotStarted:
        missing = self.count - len(self.tasks)
        return NotStarted(
            f"{missing} of {self.count} tasks could not be started{why}: {self._reasons().rstrip('.')}.{self._left()}",
            code=code,
            operation=self._operation,
            failures=self.failures,
            tasks=self.tasks,
        )
