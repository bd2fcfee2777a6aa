# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to leave container instances, and how the services are that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from .._action import Job
from .._api import AwsError
from .._diagnosis import diagnose as _diagnosis
from .._diagnosis import recognise
from .._errors import Blocked, EcsError
from .._normal import revision_name as short
from ._find_instances import Document
from ._protect_tasks import protections

SERVICE = "service:"  # how the group of a service's tasks begins
FAILURES = 3  # so many more failed tasks than at the beginning are no bad luck


class Unhealthy(EcsError):
    """A service cannot do without the instances that are to be drained."""

    code = "ServiceUnhealthy"


class Load:
    """The tasks on some instances and the services behind them; `notes` remembers the services between slices."""

    def __init__(self, api: Any, job: Job, instances: Iterable[str]) -> None:
        """Look at what runs on these instances, given by ARN."""
        self._api, self._job = api, job
        self._cluster = job.params["cluster"]
        began = job.watch.notes.setdefault("since", job.watch.clock.date())
        self._since = datetime.fromtimestamp(began, timezone.utc)
        self._known: dict[str, Any] = job.watch.notes.setdefault("services", {})
        tasks = [task for arn in instances for task in self._on(arn) if task["lastStatus"] != "STOPPED"]
        self.of_services = [task for task in tasks if str(task.get("group")).startswith(SERVICE)]
        self.others = [task for task in tasks if task not in self.of_services]
        names = dict.fromkeys([*self._known, *(task["group"][len(SERVICE) :] for task in self.of_services)])
        shown = self._api.describe("DescribeServices", names, cluster=self._cluster)
        self.services = [service for service in shown if service["status"] == "ACTIVE"]
        for service in self.services:
            self._remember(service)

    def _on(self, arn: str) -> list[Document]:
        """Give the tasks of an instance, also those that are told to stop and have not stopped yet."""
        arns: list[str] = []
        for status in ("RUNNING", "STOPPED"):
            where = {"cluster": self._cluster, "containerInstance": arn, "desiredStatus": status}
            arns += self._api.pages("ListTasks", "taskArns", **where)
        return list(self._api.describe("DescribeTasks", arns, cluster=self._cluster))

    def _remember(self, service: Document) -> None:
        """Note how many tasks had failed when a deployment was first seen: only others count."""
        current = _primary(service)
        known = self._known.get(service["serviceName"])
        if not known or known["deployment"] != current.get("id"):
            failed = current.get("failedTasks", 0) if not known else 0
            self._known[service["serviceName"]] = {"deployment": current.get("id"), "failed": failed}

    def lacking(self) -> list[Document]:
        """Give the services that run fewer tasks than they shall."""
        return [service for service in self.services if service["runningCount"] < service["desiredCount"]]

    def check(self, instances: str) -> None:
        """Raise Unhealthy, with the diagnosis, for a service whose tasks fail elsewhere too."""
        for service in self.services:
            current = _primary(service)
            failed = current.get("failedTasks", 0) - self._known[service["serviceName"]]["failed"]
            if current.get("rolloutState") == "FAILED" or failed >= FAILURES or self._keeps_failing(service):
                raise self.unhealthy(service, f"The draining of {instances} was stopped")

    def _keeps_failing(self, service: Document) -> bool:
        """Tell whether tasks stop for one cause again and again: failedTasks begins anew with each that was healthy."""
        stopped = _diagnosis.stopped_tasks(self._api, service["clusterArn"], str(_primary(service).get("id")))
        lately = [task for task in stopped if task.get("createdAt") and task["createdAt"] >= self._since]
        return any(len(group.tasks) >= FAILURES for group in recognise.grouped(lately))

    def unhealthy(self, service: Document, said: str) -> Unhealthy:
        """Complete a sentence with why a service is not well."""
        name, count = service["serviceName"], f"{service['runningCount']} of {service['desiredCount']}"
        diagnosis = _diagnosis.of_deployment(
            self._api, service, str(_primary(service).get("id")), None, self._since, self._job.params["log_lines"]
        )
        return Unhealthy(
            f"{said}: the service {name} runs {count} tasks: {diagnosis['summary'].rstrip('.')}. "
            f"{diagnosis['next_step']} What has been drained stays so; run again to go on, or set state=active to "
            "take instances back.",
            service=name,
            result={"diagnosis": diagnosis},
        )

    def protected(self) -> list[str]:
        """Say of each protected task how long it holds its instance; nothing where that may not be seen."""
        arns = [task["taskArn"] for task in self.of_services if task["lastStatus"] == "RUNNING"]
        try:
            have, _failures = protections(self._api, self._cluster, arns) if arns else ({}, [])
        except AwsError:
            return []
        groups = {task["taskArn"]: task["group"][len(SERVICE) :] for task in self.of_services}
        now = datetime.fromtimestamp(self._job.watch.clock.date(), timezone.utc)
        return [
            f"the task {short(arn)[:12]} of {groups[arn]} is protected{_until(item.get('expirationDate'), now)}"
            for arn, item in have.items()
            if item.get("protectionEnabled")
        ]


def _primary(service: Document) -> Document:
    return next((item for item in service.get("deployments", []) if item["status"] == "PRIMARY"), {})


def _until(expiry: datetime | None, now: datetime) -> str:
    if expiry is None:
        return ""
    minutes = max(0, round((expiry - now).total_seconds() / 60))
    return f" until {expiry.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC, for {minutes} minutes more"


def refuse_room(names: list[str], most: int, out: int) -> Blocked:
    """Say that nothing may be drained, because too much is out of service already."""
    return Blocked(
        f"max_unavailable: {out} instances of the cluster are out of service already, and {most} may be; so none of "
        f"{', '.join(names)} is drained. See to those first (they are DRAINING, or their agents are not connected), or "
        "raise max_unavailable."
    )
