# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answering a deployment that is paused at a lifecycle hook."""

from __future__ import annotations

from typing import Any

from .. import _rollout
from .._action import Job
from .._core import Call
from .._errors import Blocked
from .._watch import UnderWay
from ._history import FORWARD, History, notes_of


def continued(api: Any, job: Job, service: dict[str, Any], history: History) -> dict[str, Any]:
    """Let a paused deployment go on."""
    return _answer(api, job, history, "CONTINUE")


def rejected(api: Any, job: Job, service: dict[str, Any], history: History) -> dict[str, Any]:
    """Roll a paused deployment back."""
    return _answer(api, job, history, "ROLLBACK")


def _answer(api: Any, job: Job, history: History, action: str) -> dict[str, Any]:
    """Answer the hook at which a deployment is paused; what was answered before is not answered again."""
    brief = history.find(job.params["deployment"])
    state: dict[str, Any] = {}

    def unpaused() -> UnderWay | None:
        api.forget()
        state["record"] = history.record(brief)
        return _before_the_pause(state["record"], history.service, job.params["hook_id"])

    if not job.check:
        job.watch.until(unpaused, float(job.params["wait_timeout"]) if job.params["wait"] else 0.0, whole=True)
    record = state.get("record") or history.record(brief)
    hook = _rollout.awaiting(record)
    if hook and job.params["hook_id"] in (None, hook["hookId"]):
        params = {"serviceDeploymentArn": brief["serviceDeploymentArn"], "hookId": hook["hookId"], "action": action}
        job.do(api, Call("ContinueServiceDeployment", params))
        return notes_of(brief, answered=hook["hookId"])
    _check_answered(record, history.service, action, job.params["hook_id"])
    return notes_of(brief, said=f"no hook of its deployment awaits an answer ({record['status']})")


def _before_the_pause(record: dict[str, Any], service: str, hook_id: str | None) -> UnderWay | None:
    """Say that a deployment has not come to its pause yet; None where it has, or has passed it."""
    hooks = [hook for hook in record.get("lifecycleHookDetails") or [] if hook.get("targetType") == "PAUSE"]
    known = {hook.get("hookId") for hook in hooks}
    waits = hooks and (hook_id is None or hook_id in known)
    if record["status"] not in FORWARD or waits or not _pauses(record):
        return None
    return UnderWay(f"{service}: {record.get('lifecycleStage') or record['status']}, not at its pause yet")


def _pauses(record: dict[str, Any]) -> bool:
    hooks = (record.get("deploymentConfiguration") or {}).get("lifecycleHooks") or []
    return any(hook.get("targetType") == "PAUSE" for hook in hooks)


def _check_answered(record: dict[str, Any], service: str, action: str, hook_id: str | None) -> None:
    """Refuse to be taken for the opposite of what was done before."""
    known = {hook.get("hookId") for hook in record.get("lifecycleHookDetails") or []}
    if hook_id and hook_id not in known:
        raise Blocked(
            f"hook_id: the deployment of the service {service} has no hook {hook_id}; it has "
            f"{', '.join(filter(None, known)) or 'none'}.",
            code="HookNotFound",
        )
    back = record["status"].startswith("ROLLBACK")
    if action == "CONTINUE" and back:
        raise Blocked(f"The deployment of the service {service} was rejected or has failed: it is {record['status']}.")
    if action == "ROLLBACK" and record["status"] == "SUCCESSFUL":
        raise Blocked(
            f"The deployment of the service {service} has completed, so there is nothing to reject: use "
            "state=rolled_back to go back to what ran before."
        )
