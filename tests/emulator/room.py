# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task fits on a container instance: agent, constraints, CPU, memory and ports.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html; of the cluster query language the
comparisons of attributes joined by `and` are evaluated, whatever else is said fits.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from .records import ContainerInstance, Task, TaskDefinition
from .region import Region

Document = dict[str, Any]

_COMPARISON = re.compile(r"attribute:(\S+)\s*(==|equals|!=|not_equals|=~|in|not_in|!?exists)?\s*(.*)\Z")


@dataclass
class Needs:
    """What a task takes of an instance."""

    cpu: int = 0
    memory: int = 0
    ports: set[str] = field(default_factory=set)


def needs_of(definition: TaskDefinition) -> Needs:
    """Sum up a definition: the task's size, else its containers'; a soft limit counts before the hard one."""
    doc = definition.doc
    containers = doc["containerDefinitions"]
    cpu = int(doc["cpu"]) if doc.get("cpu") else sum(item.get("cpu", 0) for item in containers)
    soft = sum(item.get("memoryReservation", item.get("memory", 0)) for item in containers)
    memory = int(doc["memory"]) if doc.get("memory") else soft
    ports = set()
    if doc.get("networkMode", "bridge") in ("bridge", "host"):
        mappings = [mapping for item in containers for mapping in item["portMappings"]]
        ports = {f"{item['hostPort']}/{item['protocol']}" for item in mappings if item.get("hostPort")}
    return Needs(cpu, memory, ports)


def tasks_on(region: Region, instance: ContainerInstance) -> list[Task]:
    """The tasks of an instance that have not stopped yet."""
    arn = instance.doc["containerInstanceArn"]
    placed = [task for task in region.tasks_of(instance.cluster) if task.doc.get("containerInstanceArn") == arn]
    return [task for task in placed if not task.stopped]


def remaining(region: Region, instance: ContainerInstance) -> list[Document]:
    """Show what is left of an instance's resources."""
    used = [needs_of(task.definition) for task in tasks_on(region, instance)]
    left: list[Document] = copy.deepcopy(instance.doc["registeredResources"])
    for item in left:
        if item["name"] == "CPU":
            item["integerValue"] -= sum(needs.cpu for needs in used)
        elif item["name"] == "MEMORY":
            item["integerValue"] -= sum(needs.memory for needs in used)
        elif item["name"] == "PORTS":
            taken = {port.partition("/")[0] for needs in used for port in needs.ports if port.endswith("/tcp")}
            item["stringSetValue"] = [*item["stringSetValue"], *sorted(taken)]
    return left


def misfit(
    region: Region, instance: ContainerInstance, definition: TaskDefinition, group: str, constraints: list[Document]
) -> str | None:
    """Say why a task does not fit, as RunTask's failures do; None if it does."""
    if not instance.doc.get("agentConnected", True):
        return "AGENT"
    for constraint in [*constraints, *definition.doc.get("placementConstraints", [])]:
        if constraint.get("type") == "distinctInstance":
            if any(task.doc["group"] == group for task in tasks_on(region, instance)):
                return "DistinctInstance placement constraint unsatisfied."
        elif not _member_of(instance, constraint.get("expression", "")):
            return "MemberOf placement constraint unsatisfied."
    return _lacking(region, instance, needs_of(definition))


def _lacking(region: Region, instance: ContainerInstance, needs: Needs) -> str | None:
    left = {item["name"]: item for item in remaining(region, instance)}
    if needs.cpu > left.get("CPU", {"integerValue": needs.cpu})["integerValue"]:
        return "RESOURCE:CPU"
    if needs.memory > left.get("MEMORY", {"integerValue": needs.memory})["integerValue"]:
        return "RESOURCE:MEMORY"
    taken = {port for task in tasks_on(region, instance) for port in needs_of(task.definition).ports}
    return "RESOURCE:PORTS" if needs.ports & taken else None


def _member_of(instance: ContainerInstance, expression: str) -> bool:
    attributes = {item["name"]: item.get("value") for item in instance.doc["attributes"]}
    attributes.setdefault("ecs.availability-zone", instance.availability_zone)
    return all(_holds(attributes, part.strip()) for part in re.split(r"\s+and\s+", expression))


def _holds(attributes: dict[str, str | None], comparison: str) -> bool:
    match = _COMPARISON.match(comparison)
    if match is None:
        return True
    name, operator, wanted = match.groups()
    held = attributes.get(name)
    values = [value.strip(" '\"") for value in wanted.strip("[]").split(",")]
    if operator in ("exists", "!exists", None):
        return (name in attributes) == (operator != "!exists")
    if operator == "=~":
        return held is not None and re.search(wanted, held) is not None
    return (held in values) == (operator in ("==", "equals", "in"))
