# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a deployment that CodeDeploy makes: the verdict is that of the deployment, and of its rollback.

Sources: CodeDeploy API reference, DeploymentInfo (status, errorInformation, rollbackInfo) and ECSTarget (lifecycle
events, task sets with their weights).
"""

from __future__ import annotations

from typing import Any

from .._api import AwsError
from .._errors import EcsError
from .._verdict import ENDS, DeploymentFailed, Followed, ended, gone, hopeless, loaded_diagnosis, plain
from .._watch import UnderWay
from . import _code_deploy, _names

# A look costs several calls, and CodeDeploy is soon throttled (kayac/ecspresso 403).
PAUSE = 5.0
# So many looks a rollback that was configured may take to show itself after the deployment has ended.
ROLLBACK_LOOKS = 6
# Every how many looks the tasks that stopped are asked whether any other can do better.
DOUBTS = 3
# What CodeDeploy calls an error -> cause and next step of a diagnosis, where the tasks tell of none.
CAUSES = {
    "ALARM_ACTIVE": ("alarm", "Look at the alarms of the deployment group; run again once they are OK."),
    "HOOK_EXECUTION_FAILURE": ("hook", "Look at the log of the hook's Lambda function, correct it and run again."),
    "IAM_ROLE_MISSING": ("permission", "Give the deployment group a service role that exists."),
    "IAM_ROLE_PERMISSIONS": ("permission", "Give the deployment group's service role AWSCodeDeployRoleForECS."),
    "ELB_INVALID_INSTANCE": ("target-health", "Look at the target groups of the deployment group."),
}
# Which event a deployment's end is for its automatic rollback.
ROLLBACK_EVENTS = {"Failed": "DEPLOYMENT_FAILURE", "Stopped": "DEPLOYMENT_STOP_ON_REQUEST"}


def look(api: Any, followed: Followed, service: dict[str, Any]) -> UnderWay | None:
    """Say what the deployment of a service still lacks, or None once it has succeeded and the tasks run.

    Where none is ours, one that has moved the traffic and is about to end is followed. Raises DeploymentFailed with a
    diagnosis when it ended otherwise, and when it waits for approval.
    """
    if service.get("status") != "ACTIVE":
        raise gone(followed, service)
    ours = followed.ours or _finishing(api, service)
    info = _code_deploy.deployment(api, ours) if ours else None
    if info is None:
        return (
            UnderWay(f"CodeDeploy does not show the deployment {ours} yet", quiet=True)
            if ours
            else _counted(followed, service)
        )
    followed.notes.update(deployment=ours, status=info["status"])
    task_set = _replacement(followed, service, info)
    if task_set:
        followed.notes["task_set"] = task_set["id"]
    if info["status"] in ("Failed", "Stopped"):
        return _undone(api, followed, service, info)
    if info["status"] == "Ready":
        _await_approval(followed, service, info)
        return None
    if info["status"] == "Succeeded":
        return _counted(followed, service)
    state = _progress(api, followed, service, info)
    _check_hope(api, followed, service, info)
    return state


def overdue(api: Any, followed: Followed, service: dict[str, Any], error: EcsError) -> DeploymentFailed:
    """Complete the error of a wait that took too long by a diagnosis."""
    info = (_code_deploy.deployment(api, followed.ours) if followed.ours else None) or {}
    diagnosis = _diagnose(api, followed, service, info)
    said = "" if diagnosis["cause"] == "unknown" else f" The likely cause: {diagnosis['summary'].rstrip('.')}."
    failed = ended(followed, service, error.code, f"{error}{said} {diagnosis['next_step']}", diagnosis)
    followed.notes["outcome"] = failed.data["result"]["deployment"]["outcome"] = "timed_out"
    return failed


def _finishing(api: Any, service: dict[str, Any]) -> str | None:
    """Name a deployment under way whose task set is PRIMARY already: what is left is to remove the one before it."""
    running = _code_deploy.primary(service).get("externalId")
    if not running or len(service["taskSets"]) == 1:
        return None
    info = _code_deploy.deployment(api, running)
    return str(running) if info and info["status"] in _code_deploy.RUNNING else None


def _replacement(followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> dict[str, Any] | None:
    """Find the task set that a deployment has made (TaskSet.externalId, or what the deployment's target shows)."""
    made = {info["deploymentId"], followed.notes.get("task_set")}
    return next(
        (item for item in service.get("taskSets") or [] if item.get("externalId") in made or item["id"] in made), None
    )


def _counted(followed: Followed, service: dict[str, Any]) -> UnderWay | None:
    """Wait, after a change of ours, until as many tasks run in the PRIMARY task set as the service wants."""
    running = _code_deploy.primary(service)
    counts = running.get("runningCount", 0), service.get("desiredCount", 0), running.get("pendingCount", 0)
    unsettled = counts[0] != counts[1] or counts[2] or running.get("stabilityStatus") == "STABILIZING"
    if running and unsettled and followed.notes.get("made"):
        text = f"{service['serviceName']}: the task set {running['id']} has {counts[0]} of {counts[1]} running, "
        return UnderWay(f"{text}{counts[2]} pending")
    followed.notes["outcome"] = "completed"
    return None


def _progress(api: Any, followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> UnderWay:
    target = _target(api, service, info["deploymentId"])
    events = [item for item in target.get("lifecycleEvents") or [] if item.get("status") == "InProgress"]
    stage = events[-1]["lifecycleEventName"] if events else _keeping(info)
    followed.notes["stage"] = stage
    parts = [f"{info['status']} ({stage})" if stage else str(info["status"])]
    sets = target.get("taskSetsInfo") or []
    green: dict[str, Any] = next((item for item in sets if item.get("taskSetLabel") == "Green"), {})
    if green.get("identifer"):  # the model spells it so
        followed.notes["task_set"] = green["identifer"]
    task_set = _replacement(followed, service, info)
    if task_set:
        counts = [task_set.get(f"{name}Count", 0) for name in ("running", "computedDesired", "pending")]
        parts += [f"{counts[0]} of {counts[1]} running", f"{counts[2]} pending"]
    if green.get("trafficWeight") is not None:
        parts.append(f"{green['trafficWeight']:g}% of production traffic")
    name = service["serviceName"]
    return UnderWay(f"{name}: {', '.join(parts)}", pause=PAUSE)


def _keeping(info: dict[str, Any]) -> str | None:
    """Say that the old tasks are kept for a while, after all traffic has moved (BlueInstanceTerminationOption)."""
    if not info.get("instanceTerminationWaitTimeStarted"):
        return None
    configuration = info.get("blueGreenDeploymentConfiguration") or {}
    minutes = (configuration.get("terminateBlueInstancesOnDeploymentSuccess") or {}).get("terminationWaitTimeInMinutes")
    return f"the old tasks are kept for {minutes or 0} minutes"


def _target(api: Any, service: dict[str, Any], name: str) -> dict[str, Any]:
    """Read the stages and weights of a deployment; they are a detail, so without the right to see them it goes on."""
    target = f"{_names.short(service['clusterArn'])}:{service['serviceName']}"
    try:
        answer = api.read("BatchGetDeploymentTargets", "codedeploy", deploymentId=name, targetIds=[target])
    except AwsError:  # also: it has not begun
        return {}
    return next((item["ecsTarget"] for item in answer.get("deploymentTargets") or [] if item.get("ecsTarget")), {})


def _await_approval(followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> None:
    """The new tasks run, and CodeDeploy waits to be told to move the traffic (DeploymentReadyOption)."""
    followed.notes["outcome"] = "awaiting_approval"
    if followed.approval_is_enough:
        return
    ready = (info.get("blueGreenDeploymentConfiguration") or {}).get("deploymentReadyOption") or {}
    minutes = ready.get("waitTimeInMinutes")
    text = f"The deployment {followed.ours} of the service {service['serviceName']} awaits approval to move the traffic"
    text += f"; unless it gets it within {minutes} minutes, it stops by itself." if minutes else "."
    raise plain(followed, service, "AwaitingApproval", text)


def _undone(api: Any, followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> UnderWay:
    """Judge a deployment that has failed or was stopped, once its automatic rollback, if it has one, has ended."""
    name, ours = service["serviceName"], info["deploymentId"]
    words = "failed" if info["status"] == "Failed" else "was stopped"
    rollback = (info.get("rollbackInfo") or {}).get("rollbackDeploymentId")
    if not rollback:
        if _expects_rollback(followed, info):
            return UnderWay(f"{name}: the deployment {ours} {words}, and is about to be rolled back", pause=PAUSE)
        raise _failure(api, followed, service, info, (str(info["status"]), words))
    undo = (_code_deploy.deployment(api, rollback) or {}).get("status", "Created")
    if undo in _code_deploy.RUNNING:
        return UnderWay(f"{name}: the deployment {ours} {words}; its rollback {rollback} is {undo}", pause=PAUSE)
    end = ENDS["ROLLBACK_SUCCESSFUL"] if undo == "Succeeded" else ENDS["ROLLBACK_FAILED"]
    raise _failure(api, followed, service, info, end)


def _expects_rollback(followed: Followed, info: dict[str, Any]) -> bool:
    """Tell whether a rollback is configured for such an end but does not show yet; that takes CodeDeploy a moment."""
    configuration = info.get("autoRollbackConfiguration") or {}
    alarmed = (info.get("errorInformation") or {}).get("code") == "ALARM_ACTIVE"
    event = "DEPLOYMENT_STOP_ON_ALARM" if alarmed else ROLLBACK_EVENTS[info["status"]]
    followed.notes["ended_looks"] = looks = followed.notes.get("ended_looks", 0) + 1
    return (
        bool(configuration.get("enabled")) and event in (configuration.get("events") or []) and looks < ROLLBACK_LOOKS
    )


def _check_hope(api: Any, followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> None:
    """End the wait for a deployment that can only fail: CodeDeploy tries for an hour."""
    followed.notes["looks"] = looks = followed.notes.get("looks", 0) + 1
    task_set = _replacement(followed, service, info)
    if not followed.fail_fast or looks % DOUBTS or not task_set or task_set.get("runningCount"):
        return
    if hopeless(api, service["clusterArn"], task_set["id"]):
        raise _failure(api, followed, service, info, ("Hopeless", "can only fail, and CodeDeploy goes on trying"))


def _diagnose(api: Any, followed: Followed, service: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    task_set = followed.notes.get("task_set") or _code_deploy.primary(service).get("id") or ""
    found = loaded_diagnosis().of_deployment(api, service, task_set, None, info.get("createTime"), followed.log_lines)
    error = info.get("errorInformation") or {}
    if found["cause"] == "unknown" and error.get("code") in CAUSES:
        cause, step = CAUSES[error["code"]]
        said = str(error.get("message") or error["code"])
        found = {**found, "cause": cause, "confidence": "high", "summary": said, "next_step": step}
    return {**found, "evidence": {**found["evidence"], **({"code_deploy": error} if error else {})}}


def _failure(
    api: Any, followed: Followed, service: dict[str, Any], info: dict[str, Any], end: tuple[str, str]
) -> DeploymentFailed:
    code, words = end
    diagnosis = _diagnose(api, followed, service, info)
    reason = (info.get("errorInformation") or {}).get("message")
    silent = diagnosis["cause"] == "unknown" and not diagnosis["evidence"].get("stopped_tasks")
    summary = reason if silent and reason else diagnosis["summary"]
    text = f"The deployment {followed.ours} of the service {service['serviceName']} {words}: {summary.rstrip('.')}."
    running = _names.short(_code_deploy.primary(service).get("taskDefinition", ""))
    text += f" It runs {running} now." if code == "RolledBack" else ""
    error = ended(followed, service, code, f"{text} {diagnosis['next_step']}", diagnosis)
    error.data["reason"] = reason
    return error
