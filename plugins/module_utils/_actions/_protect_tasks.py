# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protecting the tasks of services from scale-in, or no longer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from .._action import Job
from .._api import AwsError
from .._core import Call
from .._errors import BadInput, Blocked
from .._normal import revision_name as short
from .._shape import to_ansible
from . import _find_tasks
from ._watch_tasks import shown_as

CHANGED_AT_ONCE, SHOWN_AT_ONCE = 10, 100  # UpdateTaskProtection and GetTaskProtection, by the API reference
DEFAULT_MINUTES, LONGEST_MINUTES = 120, 2880  # UpdateTaskProtection, expiresInMinutes


def protect(api: Any, job: Job, wanted: bool) -> dict[str, Any]:
    """Protect the tasks that the options name, or end their protection; what is so already is left alone.

    Each call sets the expiry anew, so a task counts as protected while half of the time asked for is left.
    """
    params = job.params
    minutes = params["expires_in_minutes"]
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise BadInput(f"expires_in_minutes: {minutes} is out of range; the API wants 1 to {LONGEST_MINUTES}.")
    found = _find_tasks.chosen(api, params, ("RUNNING",))
    have, failures = protections(api, params["cluster"], _named(params, found))
    _refuse(failures)
    until = datetime.now(timezone.utc) + timedelta(minutes=(minutes or DEFAULT_MINUTES) / 2)
    due = [arn for arn, shown in have.items() if _holds(shown, until if wanted else None) != wanted]
    expiry = {"expiresInMinutes": minutes} if minutes and wanted else {}
    for batch in _batches(due, CHANGED_AT_ONCE):
        asked = {"cluster": params["cluster"], "tasks": batch, "protectionEnabled": wanted, **expiry}
        have.update(_changed(api, job, Call("UpdateTaskProtection", asked)))
    shown = [{**shown_as(api, task), "protection": spelled(api, have.get(task["taskArn"]))} for task in found]
    return {"task": shown[0] if shown else {}, "tasks": shown}


def protections(api: Any, cluster: str, names: list[str]) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Give the protection of tasks by ARN, and failures for those that have none: not running, or of no service."""
    found: dict[str, dict[str, Any]] = {}
    failures: list[dict[str, Any]] = []
    for batch in _batches(names, SHOWN_AT_ONCE):
        answer = api.read("GetTaskProtection", cluster=cluster, tasks=batch)
        found.update({shown["taskArn"]: shown for shown in answer.get("protectedTasks", [])})
        failures += answer.get("failures", [])
    return found, failures


def spelled(api: Any, shown: dict[str, Any] | None) -> dict[str, Any]:
    """Give a protection in the spelling of the options; empty where there is none."""
    document = dict(to_ansible(shown or {}, api.type("ProtectedTask")))
    document.pop("task_arn", None)
    return document


def _named(params: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    """Name the tasks: also those that were asked for and are not there, so that AWS says so."""
    return params["task"] or [task["taskArn"] for task in found]


def _holds(shown: dict[str, Any], until: datetime | None) -> bool:
    expiry = shown.get("expirationDate")
    return bool(shown.get("protectionEnabled")) and (until is None or expiry is None or expiry >= until)


def _changed(api: Any, job: Job, call: Call) -> dict[str, dict[str, Any]]:
    try:
        answer = job.do(api, call)
    except AwsError as error:
        if error.answer.get("protectedTasks"):
            job.calls.append(call)
        _refuse(error.answer.get("failures", []))
        raise
    shown = answer.get("protectedTasks", []) if not job.check else []
    return {item["taskArn"]: item for item in shown}


def _refuse(failures: list[dict[str, Any]]) -> None:
    if not failures:
        return
    said = {
        "MISSING": "there is no such task",
        "TASK_NOT_VALID": "it is not a running task of a service, and only those can be protected",
        "DEPLOYMENT_BLOCKED": "its service could not finish a deployment for too long because of protected tasks",
    }
    reasons = [
        f"{short(str(item.get('arn')))}: {said.get(str(item.get('reason')), item.get('reason'))}" for item in failures
    ]
    raise Blocked(f"{'; '.join(reasons)}.", code="Failures", operation="UpdateTaskProtection", failures=failures)


def _batches(names: list[str], size: int) -> Iterable[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
