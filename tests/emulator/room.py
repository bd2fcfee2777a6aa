# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task fits on a container instance: agent, attributes, constraints, CPU, memory, ports, GPUs and interfaces.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import cluster_query
from .facts import override_of
from .records import ContainerInstance, Task, TaskDefinition
from .region import Region

Document = dict[str, Any]

# The ephemeral range from which Docker takes the host port of a mapping without one (botocore ECS model,
# PortMapping.hostPort).
_FIRST_PORT, _LAST_PORT = 32768, 60999


@dataclass
class Needs:
    """What a task takes of an instance."""

    cpu: int = 0
    memory: int = 0
    ports: set[str] = field(default_factory=set)
    gpus: int = 0
    interfaces: int = 0


@dataclass
class Wish:
    """A task that looks for an instance.

    `zones` are those of the subnets that it may have its network interface in. `once` wants an instance without a task
    of the same group, as daemons do.
    """

    definition: TaskDefinition
    group: str
    launch_type: str = "EC2"
    provider: str | None = None
    constraints: list[Document] = field(default_factory=list)
    strategy: list[Document] = field(default_factory=list)
    overrides: Document = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)
    once: bool = False


def needs_of(definition: TaskDefinition, overrides: Document | None = None) -> Needs:
    """Sum up a definition: the task's size, else its containers'; a soft limit counts before the hard one."""
    doc, changed = definition.doc, overrides or {}
    containers = [{**item, **override_of(changed, item["name"])} for item in doc["containerDefinitions"]]
    size = {name: changed.get(name) or doc.get(name) for name in ("cpu", "memory")}
    cpu = int(size["cpu"]) if size["cpu"] else sum(item.get("cpu", 0) for item in containers)
    soft = sum(item.get("memoryReservation", item.get("memory", 0)) for item in containers)
    memory = int(size["memory"]) if size["memory"] else soft
    ports = set()
    if doc.get("networkMode", "bridge") in ("bridge", "host"):
        mappings = [mapping for item in containers for mapping in item.get("portMappings", [])]
        ports = {f"{item['hostPort']}/{item['protocol']}" for item in mappings if item.get("hostPort")}
    asked = [need for item in containers for need in item.get("resourceRequirements", [])]
    gpus = sum(int(need["value"]) for need in asked if need["type"] == "GPU")
    return Needs(cpu, memory, ports, gpus, int(doc.get("networkMode") == "awsvpc"))


def needs_of_task(task: Task) -> Needs:
    """Sum up a task that has an instance, with the ports that it got there."""
    needs = needs_of(task.definition, task.doc["overrides"])
    bound = [binding for container in task.doc["containers"] for binding in container["networkBindings"]]
    needs.ports |= {f"{item['hostPort']}/{item['protocol']}" for item in bound if "hostPort" in item}
    return needs


def tasks_on(region: Region, instance: ContainerInstance) -> list[Task]:
    """The tasks of an instance that have not stopped yet."""
    placed = [task for task in region.tasks_of(instance.cluster) if task.instance == instance.arn]
    return [task for task in placed if not task.stopped]


def remaining(region: Region, instance: ContainerInstance) -> list[Document]:
    """Show what is left of an instance's resources."""
    used = [needs_of_task(task) for task in tasks_on(region, instance)]
    left: list[Document] = copy.deepcopy(instance.doc["registeredResources"])
    for item in left:
        if item["name"] == "CPU":
            item["integerValue"] -= sum(needs.cpu for needs in used)
        elif item["name"] == "MEMORY":
            item["integerValue"] -= sum(needs.memory for needs in used)
        elif item["name"] == "GPU":
            item["stringSetValue"] = item["stringSetValue"][sum(needs.gpus for needs in used) :]
        elif item["name"] in _PROTOCOLS:
            protocol = _PROTOCOLS[item["name"]]
            taken = {port.partition("/")[0] for needs in used for port in needs.ports if port.endswith(protocol)}
            item["stringSetValue"] = [*item["stringSetValue"], *sorted(taken, key=int)]
    return left


_PROTOCOLS = {"PORTS": "/tcp", "PORTS_UDP": "/udp"}


def free_port(region: Region, instance: ContainerInstance | None, mine: set[int]) -> int:
    """Choose a host port of the ephemeral range that nobody on the instance has."""
    taken = set(mine)
    if instance is not None:
        ports = [port for task in tasks_on(region, instance) for port in needs_of_task(task).ports]
        taken |= {int(port.partition("/")[0]) for port in ports if port.partition("/")[0].isdigit()}
    while True:
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)
        if port not in taken:
            return port


def misfit(region: Region, instance: ContainerInstance, wish: Wish) -> str | None:
    """Say why a task does not fit, as RunTask's failures do; None if it does."""
    if not instance.doc.get("agentConnected", True):
        return "AGENT"
    if _lacks_attribute(instance, wish.definition.doc):
        return "ATTRIBUTE"
    if wish.zones and instance.availability_zone not in wish.zones:
        return "LOCATION"
    return unmet_constraint(region, instance, wish) or _lacking(region, instance, wish)


def _lacks_attribute(instance: ContainerInstance, definition: Document) -> bool:
    """Compare the attributes that a definition requires; an agent that names no capability at all is taken to have all.

    That the platform of a definition is looked at as the attribute `ecs.cpu-architecture` is a guess.
    """
    held = instance.attributes
    wanted = definition.get("runtimePlatform", {}).get("cpuArchitecture", "").lower()
    if wanted and held.get("ecs.cpu-architecture") not in (None, wanted):
        return True
    if not any(".capability." in name for name in held):
        return False
    return any(item["name"] not in held for item in definition.get("requiresAttributes", []))


def unmet_constraint(region: Region, instance: ContainerInstance, wish: Wish) -> str | None:
    """Say which placement constraint an instance does not meet."""
    mates = [task for task in tasks_on(region, instance) if task.doc["group"] == wish.group]
    if wish.once and any(not task.stopping for task in mates):
        return "DistinctInstance placement constraint unsatisfied."
    for constraint in [*wish.constraints, *wish.definition.doc.get("placementConstraints", [])]:
        if constraint.get("type") == "distinctInstance":
            if mates:
                return "DistinctInstance placement constraint unsatisfied."
        elif not cluster_query.fits(constraint.get("expression", ""), facts_of(region, instance)):
            return "MemberOf placement constraint unsatisfied."
    return None


def _lacking(region: Region, instance: ContainerInstance, wish: Wish) -> str | None:
    needs = needs_of(wish.definition, wish.overrides)
    left = {item["name"]: item for item in remaining(region, instance)}
    placed = [needs_of_task(task) for task in tasks_on(region, instance)]
    taken = {port for other in placed for port in other.ports}
    reserved = {f"{port}/tcp" for port in left.get("PORTS", {}).get("stringSetValue", [])}
    limit = instance.task_interfaces
    checks: dict[str, Callable[[], bool]] = {
        "RESOURCE:CPU": lambda: needs.cpu > left.get("CPU", {"integerValue": needs.cpu})["integerValue"],
        "RESOURCE:MEMORY": lambda: needs.memory > left.get("MEMORY", {"integerValue": needs.memory})["integerValue"],
        "RESOURCE:PORTS": lambda: bool(needs.ports & (taken | reserved)),
        "RESOURCE:GPU": lambda: needs.gpus > len(left.get("GPU", {"stringSetValue": []})["stringSetValue"]),
        "RESOURCE:ENI": lambda: (
            limit is not None and needs.interfaces > 0 and sum(other.interfaces for other in placed) >= limit
        ),
    }
    return next((name for name, lacks in checks.items() if lacks()), None)


def facts_of(region: Region, instance: ContainerInstance) -> cluster_query.Facts:
    """Gather what the cluster query language may ask about an instance."""
    placed = tasks_on(region, instance)
    attributes = instance.attributes
    attributes.setdefault("ecs.availability-zone", instance.availability_zone)
    subjects = {
        "agentConnected": [str(instance.doc["agentConnected"]).lower()],
        "agentVersion": [value for value in [instance.doc["versionInfo"].get("agentVersion")] if value],
        "ec2InstanceId": [instance.doc["ec2InstanceId"]],
        "registeredAt": [datetime.fromtimestamp(instance.doc["registeredAt"], UTC).isoformat()],
        "runningTasksCount": [str(sum(task.running for task in placed))],
        "task:group": sorted({task.doc["group"] for task in placed}),
    }
    return cluster_query.Facts(attributes, subjects)
