# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for tasks, with their log lines as progress, and how they are shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from .._action import Job
from .._normal import revision_name as short
from .._shape import to_ansible
from .._watch import UnderWay
from . import _find_tasks
from ._definitions import Definitions
from ._log_lines import Logs

STOPPED = "STOPPED"


class Tasks:
    """Tasks that are waited for, as they were last seen. `notes` keeps them from one slice to the next.

    What ended is kept as it was: ECS forgets a stopped task after about an hour, while another may still run.
    """

    def __init__(self, api: Any, job: Job) -> None:
        self._api, self._job = api, job
        self.cluster: str = job.params["cluster"]
        self.definitions = Definitions(api)
        self.logs = Logs(api, self.definitions, job.warnings)
        notes = job.watch.notes.setdefault("tasks", {"arns": [], "ended": {}, "places": {}})
        self._notes: dict[str, Any] = notes
        self.seen: list[dict[str, Any]] = []

    def expect(self, arns: list[str]) -> None:
        """Say which tasks are waited for."""
        self._notes["arns"] = arns

    def wait(self, done: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until every task is `done`, which may raise; or look once, where nobody wants to wait.

        Raises TimedOut after wait_timeout, and Paused where a slice of the wait ends.
        """
        params = self._job.params
        patience = float(params["wait_timeout"]) if params["wait"] else 0.0
        self._job.watch.until(lambda: self._look(done), patience)

    def _look(self, done: Callable[[dict[str, Any]], bool]) -> UnderWay | None:
        self._api.forget()
        self.read()
        news: tuple[str, ...] = ()
        if self._job.watch.sliced and self._job.params["log_lines"]:
            news = self.logs.news(self.seen, self._notes["places"])
        unseen = len(self._notes["arns"]) - len(self.seen)
        if unseen or not all(done(task) for task in self.seen):
            return UnderWay(self._state(unseen), news)
        self._job.watch.say(*news)
        return None

    def read(self) -> None:
        """Look at the tasks that have not ended yet; AWS may show a new one only after a while."""
        ended = self._notes["ended"]
        running = [arn for arn in self._notes["arns"] if arn not in ended]
        shown = {task["taskArn"]: task for task in _find_tasks.described(self._api, self.cluster, running)}
        for arn, task in shown.items():
            if task["lastStatus"] == STOPPED:
                ended[arn] = json.loads(json.dumps(task, default=str))
        self.seen = [known for arn in self._notes["arns"] if (known := shown.get(arn) or ended.get(arn))]

    def _state(self, unseen: int) -> str:
        statuses = Counter(task["lastStatus"] for task in self.seen)
        if unseen:
            statuses["not shown by AWS yet"] = unseen
        counted = ", ".join(f"{count} {status}" for status, count in statuses.items())
        if len(self._notes["arns"]) > 1:
            return f"{len(self._notes['arns'])} tasks: {counted}"
        return f"the task {short(self._notes['arns'][0])} is {counted.removeprefix('1 ')}"

    def result(self) -> dict[str, Any]:
        """Give the tasks as they were last seen, with exit codes and the last log lines, in the spelling of options."""
        lines = self._job.params["log_lines"]
        shown = [{**shown_as(self._api, task), "log_tail": self.logs.tails(task, lines)} for task in self.seen]
        return {"task": shown[0] if shown else {}, "tasks": shown}


def shown_as(api: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Give a task in the spelling of the options, with its id, and the exit code of each container that has one."""
    codes = {
        container["name"]: container["exitCode"]
        for container in task.get("containers", [])
        if container.get("exitCode") is not None
    }
    return {**to_ansible(task, api.type("Task")), "id": short(task["taskArn"]), "exit_codes": codes}
