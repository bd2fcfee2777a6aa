# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments that are followed, how they end, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ._errors import EcsError
from ._normal import snake

# How a ServiceDeployment ends (ServiceDeploymentStatus); the others are on their way.
ENDS = {
    "ROLLBACK_SUCCESSFUL": ("RolledBack", "was rolled back"),
    "ROLLBACK_FAILED": ("RollbackFailed", "failed, and so did its rollback"),
    "STOPPED": ("Stopped", "was stopped"),
}
# What there is to say of an outcome in which nothing is broken: code -> (cause, next step).
PLAIN = {
    "Superseded": ("superseded", "Look at the deployment that took its place; run again to deploy this one after all."),
    "AwaitingApproval": (
        "approval",
        "Continue or reject it with longshore.ecs.deployment, state=continued or state=rejected.",
    ),
    "Gone": ("deleted", "Run again once the service is gone, to create it anew."),
}


# What there is to say of a deployment that ended early although nothing of it failed.
BY_SOMEBODY = {
    "cause": "stopped",
    "confidence": "medium",
    "summary": "nothing of it had failed, so somebody asked for that",
    "next_step": "Ask who stopped it; run again to deploy it after all.",
}


class DeploymentFailed(EcsError):
    """Our deployment did not complete; `code` says how it ended."""

    code = "DeploymentFailed"


@dataclass
class Followed:
    """One deployment that is watched, and how. `notes` is JSON, and outlives a slice of the wait."""

    cluster: str
    service: str
    notes: dict[str, Any] = field(default_factory=dict)
    fail_fast: bool = True
    approval_is_enough: bool = False
    log_lines: int = 10
    warnings: list[str] = field(default_factory=list)

    @property
    def ours(self) -> str | None:
        """Give the id of the deployment (ecs-svc/...), as DescribeServices shows it; None before it is known."""
        return self.notes.get("deployment")

    def report(self) -> dict[str, Any]:
        """Tell what became of the deployment, for the result."""
        names = ("deployment", "record", "outcome", "status", "stage", "hook")
        known = {name: self.notes[name] for name in names if self.notes.get(name)}
        spelled = {"deployment": "id", "record": "arn", "hook": "hook_id"}
        return {spelled.get(name, name): value for name, value in known.items()}


def primary(service: dict[str, Any]) -> dict[str, Any] | None:
    """Give the PRIMARY deployment of a service, which holds what was asked for last."""
    return next((item for item in service.get("deployments", []) if item.get("status") == "PRIMARY"), None)


def entry(service: dict[str, Any], deployment: str | None) -> dict[str, Any] | None:
    """Give a deployment of a service by its id, as DescribeServices shows it; None where it does not."""
    return next((item for item in service.get("deployments", []) if item["id"] == deployment), None)


def moment(item: dict[str, Any], name: str = "createdAt") -> float:
    """Give a time of a deployment or an event in seconds since 1970; 0 where there is none."""
    known = item.get(name)
    return float(known.timestamp()) if known else 0.0


def broken(record: dict[str, Any]) -> bool:
    """Tell whether a deployment was ended because it failed, not because somebody ended it."""
    breaker, alarms = record.get("deploymentCircuitBreaker") or {}, record.get("alarms") or {}
    return breaker.get("status") == "TRIGGERED" or bool(alarms.get("triggeredAlarmNames"))


def plain(followed: Followed, service: dict[str, Any], code: str, text: str) -> DeploymentFailed:
    """An outcome that is no success although nothing is broken."""
    cause, step = PLAIN[code]
    diagnosis = {
        "cause": cause,
        "confidence": "high",
        "summary": text.rstrip("."),
        "evidence": {},
        "next_step": step,
    }
    return ended(followed, service, code, f"{text} {step}", diagnosis)


def gone(followed: Followed, service: dict[str, Any]) -> DeploymentFailed:
    """The outcome of a deployment whose service was deleted meanwhile."""
    return plain(followed, service, "Gone", f"The service {service['serviceName']} was deleted meanwhile.")


def failure(
    api: Any,
    followed: Followed,
    service: dict[str, Any],
    record: dict[str, Any] | None,
    end: tuple[str, str],
    reason: str | None,
) -> DeploymentFailed:
    """Give the error of a deployment that failed: `end` is its code and its verb, `reason` what AWS says of it."""
    diagnosis = diagnose(api, followed, service, record)
    silent = diagnosis["cause"] == "unknown" and not diagnosis["evidence"].get("stopped_tasks")
    if silent and record and not broken(record) and end[0] in ("RolledBack", "Stopped"):
        diagnosis, silent = {**diagnosis, **BY_SOMEBODY}, False
    name, code = service["serviceName"], end[0]
    summary = reason if silent and reason else diagnosis["summary"]
    running = (primary(service) or {}).get("taskDefinition", "").rsplit("/", 1)[-1]
    text = f"The deployment {followed.ours} of the service {name} {end[1]}: {summary.rstrip('.')}."
    text += f" It runs {running} now." if code == "RolledBack" else ""
    error = ended(followed, service, code, f"{text} {diagnosis['next_step']}", diagnosis)
    error.data["reason"] = reason
    return error


def ended(
    followed: Followed, service: dict[str, Any], code: str, text: str, diagnosis: dict[str, Any]
) -> DeploymentFailed:
    """Give the error of an outcome that is no success, and note the outcome."""
    followed.notes["outcome"] = snake(code)
    return DeploymentFailed(
        text,
        code=code,
        deployment=followed.ours,
        service=service["serviceName"],
        result={"diagnosis": diagnosis, "deployment": followed.report()},
    )


def diagnose(
    api: Any, followed: Followed, service: dict[str, Any], record: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Find out why a deployment fails or takes so long."""
    ours = followed.ours or (primary(service) or {}).get("id") or ""
    mine = entry(service, ours) or {}
    since = (record or {}).get("createdAt") or mine.get("createdAt")
    return loaded_diagnosis().of_deployment(api, service, ours, record, since, followed.log_lines)


def hopeless(api: Any, cluster: str, started_by: str, enough: float = float("inf")) -> bool:
    """Tell whether what has stopped the tasks of a deployment or a task set will stop any other of them too.

    So many as `enough` that failed by themselves are proof, whatever has stopped them.
    """
    tasks = loaded_diagnosis().stopped_tasks(api, cluster, started_by)
    failed = [task for task in tasks if task.get("stopCode") in ("TaskFailedToStart", "EssentialContainerExited")]
    return len(failed) >= enough or bool(loaded_diagnosis().hopeless(tasks))


def loaded_diagnosis() -> Any:
    """Load the diagnosis when it is needed: most runs need none, and it would cost each of them 20 ms."""
    from ._diagnosis import diagnose as loaded

    return loaded
