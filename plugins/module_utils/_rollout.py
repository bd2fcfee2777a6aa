# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a deployment: the verdict is about our deployment, by its id, never about "stable".

A service that was rolled back looks stable too, so the state of the service proves nothing about what was deployed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ._api import AwsError
from ._core import Ask, EcsError

SHOWN_EVENTS = 3
# Refusals after which the deployments of DescribeServices have to do: no permission, or no such feature in the region.
UNSEEN = ("AccessDeniedException", "UnsupportedFeatureException")


class DeploymentFailed(EcsError):
    """Our deployment did not complete; `code` says how it ended."""

    code = "DeploymentFailed"


def primary(service: dict[str, Any]) -> dict[str, Any] | None:
    """Give the PRIMARY deployment of a service, which holds what was asked for last."""
    return next((item for item in service.get("deployments", []) if item.get("status") == "PRIMARY"), None)


def remember(service: dict[str, Any], ask: Ask) -> None:
    """Note from a write's answer which deployment is ours; later reads may show the state before it."""
    ask.notes["deployment"] = (primary(service) or {}).get("id")


def pending(api: Any, service: dict[str, Any], ask: Ask) -> str | None:
    """Say what our deployment still lacks, or None once it has completed. Raises DeploymentFailed when it cannot."""
    if service.get("status") != "ACTIVE":
        raise DeploymentFailed(f"The service {service['serviceName']} is being deleted.", code="Gone")
    current = primary(service)
    ours = ask.notes.get("deployment") or (current or {}).get("id")
    if not current or not ours:  # CODE_DEPLOY and EXTERNAL: the deployments are not ECS's to make
        return None
    if current["id"] != ours:
        return _displaced(api, service, ours, ask)
    state = current.get("rolloutState")
    if state == "FAILED":
        raise _failure(api, service, ours, "failed", current.get("rolloutStateReason"), ask)
    if state == "IN_PROGRESS":
        return _progress(service, current)
    record = None if state else _record(api, service, ours)
    if record:
        return _judge(api, service, ours, record, ask)
    made = "deployment" in ask.notes
    # A new count shows at the service first, and at its deployment a moment later.
    settled = all(
        part.get("runningCount") == service.get("desiredCount") and not part.get("pendingCount")
        for part in (service, current)
    )
    return None if settled or not made or _early(service) else _progress(service, current)


def _early(service: dict[str, Any]) -> bool:
    criteria = (service.get("deploymentConfiguration") or {}).get("earlySuccessCriteria") or {}
    return bool(criteria.get("enable"))


def _progress(service: dict[str, Any], deployment: dict[str, Any]) -> str:
    counts = [deployment.get(f"{name}Count", 0) for name in ("running", "desired", "pending")]
    text = "the deployment {} of {} has {} of {} tasks running, {} pending".format(
        deployment["id"], service["serviceName"], *counts
    )
    return text + (f", {deployment['failedTasks']} failed" if deployment.get("failedTasks") else "")


def _displaced(api: Any, service: dict[str, Any], ours: str, ask: Ask) -> str | None:
    """Judge a deployment that is not PRIMARY: rolled back, superseded, or not visible yet."""
    record = _record(api, service, ours)
    if record:
        return _judge(api, service, ours, record, ask)
    mine = next((item for item in service["deployments"] if item["id"] == ours), None)
    if mine is None:
        return f"AWS does not show the deployment {ours} yet"
    if mine.get("rolloutState") == "FAILED":
        raise _failure(api, service, ours, "was rolled back", mine.get("rolloutStateReason"), ask)
    raise _failure(api, service, ours, "was superseded by another deployment", None, ask)


def _judge(api: Any, service: dict[str, Any], ours: str, record: dict[str, Any], ask: Ask) -> str | None:
    status, reason = record["status"], record.get("statusReason")
    if status == "SUCCESSFUL":
        return None
    if status in ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
        reason = (record.get("rollback") or {}).get("reason") or reason
        ended = "was rolled back" if status == "ROLLBACK_SUCCESSFUL" else "failed, and so did its rollback"
        raise _failure(api, service, ours, ended, reason, ask)
    current = primary(service) or {}
    if status in ("STOPPED", "STOP_REQUESTED") and current.get("id") != ours:
        raise _failure(api, service, ours, f"was superseded by the deployment {current.get('id')}", reason, ask)
    if status == "STOPPED":
        raise _failure(api, service, ours, "was stopped", reason, ask)
    stage = f", in the stage {record['lifecycleStage']}" if record.get("lifecycleStage") else ""
    return f"the deployment {ours} of {service['serviceName']} is {status}{stage}"


def _record(api: Any, service: dict[str, Any], ours: str) -> dict[str, Any] | None:
    """Find the service deployment of our deployment: its target revision's ARN ends with the deployment's digits."""
    digits = ours.rsplit("/", 1)[-1]
    api.forget()
    try:
        briefs = api.pages(
            "ListServiceDeployments",
            "serviceDeployments",
            cluster=service["clusterArn"],
            service=service["serviceName"],
        )
        mine = next((item for item in briefs if item["targetServiceRevisionArn"].endswith(f"/{digits}")), None)
        found = api.describe("DescribeServiceDeployments", [mine["serviceDeploymentArn"]]) if mine else []
    except AwsError as error:
        if error.code in UNSEEN:
            return None
        raise
    return found[0] if found else None


def _failure(
    api: Any, service: dict[str, Any], ours: str, ended: str, reason: str | None, ask: Ask
) -> DeploymentFailed:
    codes = {"was rolled back": "RolledBack", "failed": "Failed", "was stopped": "Stopped"}
    code = next((code for words, code in codes.items() if ended == words), "Superseded")
    why = _stopped(api, service, ours) or ([reason.rstrip(".")] if reason else [])
    name = service["serviceName"]
    sentence = f"The deployment {ours} of the service {name} {ended}"
    sentence += f": {why[0]}." if why else "."
    running = (primary(service) or {}).get("taskDefinition", "").rsplit("/", 1)[-1]
    events = _events(service)
    return DeploymentFailed(
        f"{sentence} It runs {running} now.{_listed(why[1:], events)}",
        code="RollbackFailed" if "so did its rollback" in ended else code,
        deployment=ours,
        reason=reason,
        stopped_tasks=why,
        events=events,
    )


def evidence(api: Any, service: dict[str, Any], ask: Ask) -> str:
    """Tell why tasks of our deployment stopped, and the last events of the service, as further sentences."""
    ours = ask.notes.get("deployment") or (primary(service) or {}).get("id")
    why = _stopped(api, service, ours) if ours else []
    return _listed(why, _events(service))


def _listed(why: list[str], events: list[str]) -> str:
    tasks = f" Stopped tasks: {'; '.join(why)}." if why else ""
    return tasks + (f" Last events: {' | '.join(events)}" if events else "")


def _events(service: dict[str, Any]) -> list[str]:
    newest = sorted(service.get("events", []), key=lambda event: str(event.get("createdAt")), reverse=True)
    return [event["message"] for event in newest[:SHOWN_EVENTS]]


def _stopped(api: Any, service: dict[str, Any], ours: str) -> list[str]:
    """Tell why tasks of a deployment stopped, most frequent cause first; nothing where that may not be seen."""
    cluster = service["clusterArn"]
    try:
        # startedBy can be the only filter beside the cluster and the status (ListTasks)
        arns = list(api.pages("ListTasks", "taskArns", cluster=cluster, startedBy=ours, desiredStatus="STOPPED"))
        tasks = api.describe("DescribeTasks", arns[:100], cluster=cluster)
    except EcsError:
        return []
    causes = Counter(cause for task in tasks if (cause := _cause(task)))
    return [f"{count} {'task' if count == 1 else 'tasks'} stopped: {cause}" for cause, count in causes.most_common(3)]


def _cause(task: dict[str, Any]) -> str | None:
    if task.get("stopCode") in ("ServiceSchedulerInitiated", "UserInitiated") and "health" not in str(
        task.get("stoppedReason")
    ):
        return None  # stopped because the deployment was over, not the reason why
    reasons = [str(task.get("stoppedReason") or "no reason given").rstrip(".")]
    for container in task.get("containers", []):
        said = container.get("reason")
        code = f"exit code {container['exitCode']}" if container.get("exitCode") else ""
        detail = ", ".join(part for part in (code, said) if part and part not in reasons[0])
        if detail:
            reasons.append(f"container {container['name']}: {detail}")
    return "; ".join(reasons)
