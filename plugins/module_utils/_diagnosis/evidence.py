# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be seen of a failure while its tasks still exist: about an hour (task lifecycle, developer guide).

Nothing here may fail: what is denied or missing is noted, and the rest is looked at.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from .._errors import EcsError
from .._secret import masked
from .recognise import Group

# Of how many tasks, events and containers the evidence tells; DescribeTasks takes 100 tasks.
TASKS, EVENTS, LOGS = 100, 20, 3

Document = dict[str, Any]


class Look:
    """Looks at AWS, and keeps in `not_seen` a sentence for each thing that could not be seen."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.not_seen: list[str] = []

    def _read(self, what: str, operation: str, service: str = "ecs", **params: Any) -> Document:
        try:
            return dict(self.api.read(operation, service, **params))
        except EcsError as error:
            self._blind(what, error)
            return {}

    def _blind(self, what: str, error: EcsError) -> None:
        self.not_seen.append(f"{what} could not be seen: {str(error).rstrip('.')}.")

    def tasks(self, cluster: str, started_by: str, status: str) -> list[Document]:
        """Describe the tasks of a deployment that are to run or to be stopped, up to 100 of them."""
        # startedBy can be the only filter beside the cluster and the status (ListTasks, API reference)
        chosen = {"cluster": cluster, "startedBy": started_by, "desiredStatus": status}
        try:
            arns = islice(self.api.pages("ListTasks", "taskArns", **chosen), TASKS)
            return list(self.api.describe("DescribeTasks", arns, cluster=cluster))
        except EcsError as error:
            self._blind(f"The {status.lower()} tasks of {started_by}", error)
            return []

    def definition(self, name: str | None) -> Document:
        """Give a task definition; an empty one if it is not known."""
        if not name:
            return {}
        what = f"The task definition {name.rsplit('/', 1)[-1]}"
        found = self._read(what, "DescribeTaskDefinition", taskDefinition=name)
        return dict(found.get("taskDefinition") or {})

    def deployed(self, record: Document) -> str | None:
        """Name the task definition that a service deployment is to bring, by its target revision."""
        arn = (record.get("targetServiceRevision") or {}).get("arn")
        if not arn:
            return None
        what = f"The service revision {last(arn)}"
        found = self._read(what, "DescribeServiceRevisions", serviceRevisionArns=[arn]).get("serviceRevisions") or [{}]
        return found[0].get("taskDefinition")

    def targets(self, service: Document, tasks: list[Document]) -> list[Document]:
        """Give the service's own targets that are not healthy, by reason."""
        groups: dict[tuple[str, ...], Document] = {}
        for arn in target_groups(service):
            what = f"The health of the target group {arn}"
            answer = self._read(what, "DescribeTargetHealth", "elbv2", TargetGroupArn=arn)
            for item in answer.get("TargetHealthDescriptions", []):
                _count_target(groups, arn, item, tasks)
        return list(groups.values())

    def logs(self, groups: list[Group], definition: Document, count: int) -> list[Document]:
        """Give the last lines of the failing containers: of one task of each cause, and of three containers at most."""
        found: list[Document] = []
        seen: set[str] = set()
        for group in groups:
            task = next((task for task in reversed(group.tasks) if task.get("startedAt")), None)
            for container in _failing(group, task) if task and count > 0 else []:
                if container["name"] not in seen and len(found) < LOGS:
                    seen.add(container["name"])
                    found += self._log(task or {}, container, definition, count)
        return found

    def _log(self, task: Document, container: Document, definition: Document, count: int) -> list[Document]:
        name, task_id = container["name"], last(task.get("taskArn"))
        told = _part(definition, name).get("logConfiguration") or {}
        options = told.get("options") or {}
        log_group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
        region = options.get("awslogs-region") or self.api.region
        stream = f"{prefix}/{name}/{task_id}" if prefix else str(container.get("runtimeId"))
        if not definition:
            return []
        if told.get("logDriver") != "awslogs" or not log_group or region != self.api.region:
            driver = told.get("logDriver") or "no log driver"
            self.not_seen.append(f"The log of {name} could not be seen: it goes to {log_group or driver} in {region}.")
            return []
        where = {"logGroupName": log_group, "logStreamName": stream, "limit": count, "startFromHead": False}
        answer = self._read(f"The log of {name} ({log_group}, {stream})", "GetLogEvents", "logs", **where)
        lines = [str(event.get("message", "")).rstrip() for event in answer.get("events", [])]
        place = {"container": name, "task": task_id, "group": log_group, "stream": stream}
        return [{**place, "lines": [masked(line) for line in lines]}] if lines else []


def last(arn: Any) -> str:
    """Give the last part of an ARN or a name."""
    return str(arn or "").rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def target_groups(service: Document) -> list[str]:
    """Name the target groups of a service, those of the other side of a blue/green deployment among them."""
    found: list[str] = []
    for balancer in service.get("loadBalancers") or []:
        other = (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
        found += [arn for arn in (balancer.get("targetGroupArn"), other) if arn and arn not in found]
    return found


def _count_target(groups: dict[tuple[str, ...], Document], arn: str, item: Document, tasks: list[Document]) -> None:
    health, target = item.get("TargetHealth") or {}, item.get("Target") or {}
    state = health.get("State")
    # A target that is new or leaves is not ill, whatever its reason says.
    if state in (None, "healthy", "initial", "draining") or not _own(target, tasks):
        return
    reason, words = str(health.get("Reason") or ""), str(health.get("Description") or "")
    shown = {"target_group": arn, "port": target.get("Port"), "state": state, "reason": reason, "description": words}
    group = groups.setdefault((arn, reason, words), {**shown, "count": 0, "target": target.get("Id")})
    group["count"] += 1


def _own(target: Document, tasks: list[Document]) -> bool:
    """Tell whether a target is one of these tasks: by its address, or by its port on an instance.

    A target group may be shared, and another service's trouble must not be taken for ours.
    """
    addresses = {
        detail.get("value")
        for task in tasks
        for attachment in task.get("attachments") or []
        for detail in attachment.get("details") or []
    }
    ports = {
        binding.get("hostPort")
        for task in tasks
        for container in task.get("containers", [])
        for binding in container.get("networkBindings") or []
    }
    return target.get("Id") in addresses or target.get("Port") in ports


def _failing(group: Group, task: Document | None) -> list[Document]:
    """Name the containers whose logs may tell of a cause: the one that is named, else those that failed, else all."""
    containers = [item for item in (task or {}).get("containers", []) if item.get("name")]
    named = [item for item in containers if item["name"] == group.finding.words.get("container")]
    ill = [item for item in containers if item.get("exitCode") or item.get("healthStatus") == "UNHEALTHY"]
    return named or ill or containers


def _part(definition: Document, container: str | None) -> Document:
    parts = definition.get("containerDefinitions") or []
    return next((part for part in parts if part.get("name") == container), {})


def part_of(definition: Document, container: str | None) -> Document:
    """Find the container of a definition by name, or the only one it has."""
    parts = definition.get("containerDefinitions") or []
    return _part(definition, container) or (dict(parts[0]) if len(parts) == 1 else {})


def recent(service: Document, since: datetime | None) -> list[Document]:
    """Give the events of a service since a moment, newest first, 20 at most."""
    events = [event for event in service.get("events") or [] if _later(event.get("createdAt"), since)]
    newest = sorted(events, key=lambda event: str(event.get("createdAt")), reverse=True)
    return [
        {"at": _moment(event.get("createdAt")), "message": masked(str(event.get("message", "")))}
        for event in newest[:EVENTS]
    ]


def _later(moment: Any, since: Any) -> bool:
    try:
        return since is None or moment >= since
    except TypeError:  # one of them has no time zone, or is no time
        return True


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def of_groups(groups: list[Group]) -> list[Document]:
    """Show stopped tasks by cause."""
    return [
        {
            "cause": group.finding.entry.cause,
            "count": len(group.tasks),
            "reason": masked(group.tasks[-1].get("stoppedReason") or group.finding.text),
            "stop_code": group.tasks[-1].get("stopCode"),
            "containers": _values(group, "name", failed=True),
            "exit_codes": _values(group, "exitCode"),
            "example": last(group.tasks[-1].get("taskArn")),
        }
        for group in groups
    ]


def _values(group: Group, member: str, failed: bool = False) -> list[Any]:
    named = group.finding.words.get("container")
    if failed and named:
        return [named]
    containers = [item for task in group.tasks for item in task.get("containers", [])]
    chosen = [item for item in containers if item.get("exitCode") or item.get("reason")] if failed else containers
    return sorted({item[member] for item in chosen if item.get(member) is not None})


def of_record(record: Document) -> Document:
    """Show the monitors and hooks of a service deployment."""
    breaker, alarms = record.get("deploymentCircuitBreaker") or {}, record.get("alarms") or {}
    return {
        "circuit_breaker": {
            "status": breaker.get("status"),
            "failure_count": breaker.get("failureCount"),
            "threshold": breaker.get("threshold"),
        }
        if breaker
        else {},
        "alarms": {"status": alarms.get("status"), "triggered": alarms.get("triggeredAlarmNames") or []}
        if alarms
        else {},
        "hooks": [
            {"hook": hook.get("targetArn") or hook.get("hookId"), "status": hook.get("status")}
            for hook in record.get("lifecycleHookDetails") or []
        ],
    }
