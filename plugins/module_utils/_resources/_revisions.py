# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clearing away old revisions of a family, but never one that something may still start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._core import Ask, Call
from .._errors import EcsError
from ._names import short

DELETE_BATCH = 10  # DeleteTaskDefinitions takes up to 10


@dataclass
class Revisions:
    """The revisions of a family as family:revision, newest first, and those that something still uses."""

    active: list[str]
    inactive: list[str]
    used: set[str]

    def beyond(self, keep: int) -> list[Call]:
        """Plan the calls that clear away what is older than the newest `keep` and unused."""
        old = [name for name in self.active[keep:] if name not in self.used]
        return _clear(old, [*old, *(name for name in self.inactive if name not in self.used)])

    def all(self, only: str | None, purge: bool) -> list[Call]:
        """Plan the calls that clear away every revision, or the one named; `purge` deletes them too."""
        active = [name for name in self.active if only in (None, name)]
        inactive = [name for name in self.inactive if only in (None, name)]
        return _clear(active, [*active, *inactive] if purge else [])


def survey(api: Any, ask: Ask) -> Revisions | None:
    """Look at what the family has, and at who uses it; None, with a warning, where that cannot be told."""
    family, keep, purge = ask.document["family"], ask.options.get("keep"), ask.options.get("purge")
    active = _revisions(api, family, "ACTIVE")
    inactive = _revisions(api, family, "INACTIVE") if purge or not ask.gone else []
    spare = bool(inactive or len(active) >= (keep or 0))
    try:
        return Revisions(active, inactive, _used(api, family) if spare and not ask.gone else set())
    except EcsError as error:
        ask.warnings.append(f"keep: no revision is cleared away, because not every use of them could be seen. {error}")
        return None


def _clear(deregister: list[str], delete: list[str]) -> list[Call]:
    return [
        *(Call("DeregisterTaskDefinition", {"taskDefinition": name}) for name in deregister),
        *(
            Call("DeleteTaskDefinitions", {"taskDefinitions": delete[start : start + DELETE_BATCH]})
            for start in range(0, len(delete), DELETE_BATCH)
        ),
    ]


def _revisions(api: Any, family: str, status: str) -> list[str]:
    """List a family's revisions as family:revision, newest first."""
    arns = api.pages("ListTaskDefinitions", "taskDefinitionArns", familyPrefix=family, status=status, sort="DESC")
    return [name for name in map(short, arns) if name.rpartition(":")[0] == family]


def _used(api: Any, family: str) -> set[str]:
    """Name the revisions that a service, a deployment, a running task or a schedule uses, in any cluster."""
    used: set[str] = set()
    for cluster in api.pages("ListClusters", "clusterArns"):
        used |= {short(name) for name in _used_in(api, cluster, family)}
    return used | {short(name) for name in _scheduled(api)}


def _used_in(api: Any, cluster: str, family: str) -> Iterator[str]:
    services = [short(arn) for arn in api.pages("ListServices", "serviceArns", cluster=cluster, maxResults=100)]
    for service in api.describe("DescribeServices", services, cluster=cluster):
        yield service.get("taskDefinition", "")
        for part in [*service.get("deployments", []), *service.get("taskSets", [])]:
            yield part.get("taskDefinition", "")
    tasks = list(api.pages("ListTasks", "taskArns", cluster=cluster, family=family))
    for task in api.describe("DescribeTasks", tasks, cluster=cluster):
        yield task["taskDefinitionArn"]
    for rule in api.pages("ListRuleNamesByTarget", "RuleNames", "events", TargetArn=cluster):
        for target in api.pages("ListTargetsByRule", "Targets", "events", Rule=rule):
            yield target.get("EcsParameters", {}).get("TaskDefinitionArn", "")


def _scheduled(api: Any) -> Iterator[str]:
    for schedule in api.pages("ListSchedules", "Schedules", "scheduler"):
        if ":ecs:" in schedule.get("Target", {}).get("Arn", ""):
            whole = api.read("GetSchedule", "scheduler", Name=schedule["Name"], GroupName=schedule["GroupName"])
            yield whole["Target"].get("EcsParameters", {}).get("TaskDefinitionArn", "")
