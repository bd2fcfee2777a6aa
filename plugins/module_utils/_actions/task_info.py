# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading tasks: those that are named, or those of a cluster that have something in common."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._errors import BadInput
from . import _find_tasks
from ._definitions import Definitions
from ._log_lines import Logs
from ._protect_tasks import protections, spelled
from ._watch_tasks import shown_as

STATUSES = {"running": ("RUNNING",), "stopped": ("STOPPED",), "all": ("RUNNING", "STOPPED")}


class TaskInfo(Action):
    """Tasks with their containers, exit codes and reasons, and on demand their last log lines and protection."""

    writes = False
    options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str", "default": "default"},
        "task": {"type": "list", "elements": "str", "aliases": ["tasks", "name", "names"]},
        "service": {"type": "str"},
        "family": {"type": "str"},
        "started_by": {"type": "str", "aliases": ["startedBy"]},
        "run_once": {"type": "str"},
        "tags": {"type": "dict"},
        "status": {"type": "str", "choices": list(STATUSES), "default": "running"},
        "protection": {"type": "bool", "default": False},
        "log_lines": {"type": "int", "default": 0},
    }
    rules: ClassVar[dict[str, Any]] = {"mutually_exclusive": [("started_by", "run_once")]}

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        params = job.params
        if params["log_lines"] < 0:
            raise BadInput(f"log_lines: {params['log_lines']} is out of range; give 0 or more.")
        if params["task"]:
            found = _find_tasks.described(api, params["cluster"], params["task"])
            _find_tasks.warn_of_unseen(params, found, job.warnings)
        else:
            found = _find_tasks.listed(api, params["cluster"], params, STATUSES[params["status"]])
        found = [task for task in found if _tagged(task, params["tags"] or {})]
        return {"tasks": _shown(api, job, found)}


def _tagged(task: dict[str, Any], wanted: dict[str, Any]) -> bool:
    have = {tag["key"]: tag.get("value", "") for tag in task.get("tags", [])}
    return all(have.get(key) == str(value) for key, value in wanted.items())


def _shown(api: Any, job: Job, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    logs, lines = Logs(api, Definitions(api), job.warnings), job.params["log_lines"]
    asked = [task["taskArn"] for task in found] if job.params["protection"] else []
    have, _failures = protections(api, job.params["cluster"], asked)
    shown = []
    for task in found:
        more: dict[str, Any] = {"log_tail": logs.tails(task, lines)} if lines else {}
        if job.params["protection"]:
            more["protection"] = spelled(api, have.get(task["taskArn"]))
        shown.append({**shown_as(api, task), **more})
    return shown
