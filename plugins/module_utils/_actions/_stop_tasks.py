# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping tasks: those that are named, or all of a service, a family, or of whoever started them."""

from __future__ import annotations

from typing import Any

from .._action import Job
from .._core import Call
from .._errors import BadInput
from . import _find_tasks
from ._watch_tasks import STOPPED, Tasks

LONGEST_REASON = 1024  # StopTask, reason


def stop(api: Any, job: Job) -> dict[str, Any]:
    """Stop the tasks that the options name, and wait until they have stopped; what has stopped is left alone."""
    tasks, params = Tasks(api, job), job.params
    if not job.watch.resumed:
        if len(params["reason"] or "") > LONGEST_REASON:
            raise BadInput(
                f"reason: it has {len(params['reason'])} characters; the API wants at most {LONGEST_REASON}."
            )
        found = _find_tasks.chosen(api, params, ("RUNNING",))
        _find_tasks.warn_of_unseen(params, found, job.warnings)
        why = {"reason": params["reason"]} if params["reason"] else {}
        for task in found:
            if STOPPED not in (task["lastStatus"], task["desiredStatus"]):
                job.do(api, Call("StopTask", {"cluster": params["cluster"], "task": task["taskArn"], **why}))
        tasks.expect([task["taskArn"] for task in found])
        tasks.seen = found
    if not job.check:
        tasks.wait(lambda task: task["lastStatus"] == STOPPED)
    return tasks.result()
