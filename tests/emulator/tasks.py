# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task begins: its document, its network interface, its volumes. What follows is in containers.py and endings.py.

States: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
Errors: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
AWS documents no durations but the 40 seconds of a task without health checks; the others are typical values.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import containers, definition_defaults, neighbours
from .causes import NETWORK
from .containers import digest_of
from .endings import move, stop
from .names import hex_id, uuid
from .records import Task, TaskDefinition, Waiting
from .region import Region
from .room import Wish
from .tags import Tags

__all__ = ["PLATFORM_VERSION", "Launch", "digest_of", "shown", "start", "stop"]

Document = dict[str, Any]

PROVISION_SECONDS = 3.0
PULL_DELAY_SECONDS = 2.0
PLATFORM_VERSION = "1.4.0"
_DEFAULT_STORAGE_GIB = 20


@dataclass
class Launch:
    """How a task is to be started; `wish` is what it waits for if it has no instance yet."""

    cluster: str
    definition: TaskDefinition
    launch_type: str
    group: str
    started_by: str | None = None
    capacity_provider: str | None = None
    network: Document | None = None
    container_instance: str | None = None
    wish: Wish | None = None
    overrides: Document = field(default_factory=dict)
    tags: Tags = field(default_factory=list)
    execute_command: bool = False
    volumes: list[Document] = field(default_factory=list)
    load_balancers: list[Document] = field(default_factory=list)
    grace_seconds: float = 0.0
    service_name: str | None = None
    listener: Callable[[Task, str], None] | None = None


def start(region: Region, launch: Launch) -> Task:
    """Start a task: it exists at once and goes through its states by the clock."""
    arn = region.arn(f"task/{launch.cluster}/{hex_id()}")
    task = Task(
        doc=_document(region, launch, arn),
        cluster=launch.cluster,
        tags=launch.tags,
        definition=launch.definition,
        load_balancers=launch.load_balancers,
        grace_seconds=launch.grace_seconds,
        listener=launch.listener,
        service_name=launch.service_name,
    )
    region.tasks[arn] = task
    task.behaviours = containers.behaviours(region, launch.definition.doc, launch.overrides)
    if launch.wish is None:
        _begin(region, task, launch)
    else:
        task.doc |= {"lastStatus": "PROVISIONING", "attachments": []}
        task.waiting = Waiting(launch.wish, lambda instance: _placed(region, task, launch, instance))
        region.wait(task)
    return task


def _placed(region: Region, task: Task, launch: Launch, instance: str) -> None:
    """Go on with a task that waited for capacity."""
    task.waiting = None
    task.doc["containerInstanceArn"] = launch.container_instance = instance
    _begin(region, task, launch)


def _begin(region: Region, task: Task, launch: Launch) -> None:
    awsvpc = (launch.network or {}).get("awsvpcConfiguration")
    task.doc["attachments"] = _attachments(region, launch, awsvpc)
    task.doc["availabilityZone"] = _zone(region, task)
    region.timeline.after(PROVISION_SECONDS if awsvpc else 0, lambda: _provisioned(region, task, awsvpc))


def _document(region: Region, launch: Launch, arn: str) -> Document:
    definition = launch.definition.doc
    platform = definition.get("runtimePlatform", {})
    architecture = platform.get("cpuArchitecture", "X86_64").lower()
    doc: Document = {
        "taskArn": arn,
        "clusterArn": region.arn(f"cluster/{launch.cluster}"),
        "taskDefinitionArn": launch.definition.arn,
        "group": launch.group,
        "launchType": launch.launch_type,
        "lastStatus": "PROVISIONING" if launch.network else "PENDING",
        "desiredStatus": "RUNNING",
        "healthStatus": "UNKNOWN",
        "createdAt": region.timeline.stamp(),
        "cpu": launch.overrides.get("cpu") or definition.get("cpu") or _total(definition, "cpu"),
        "memory": launch.overrides.get("memory") or definition.get("memory") or _total(definition, "memory"),
        "attributes": [{"name": "ecs.cpu-architecture", "value": architecture}],
        "containers": [_container(region, launch, arn, item) for item in definition["containerDefinitions"]],
        "overrides": _overrides(launch),
        "enableExecuteCommand": launch.execute_command,
        "version": 1,
    }
    optional = {
        "startedBy": launch.started_by,
        "capacityProviderName": launch.capacity_provider,
        "containerInstanceArn": launch.container_instance,
    }
    doc |= {member: value for member, value in optional.items() if value}
    if launch.launch_type == "FARGATE":
        size = definition.get("ephemeralStorage", {}).get("sizeInGiB", _DEFAULT_STORAGE_GIB)
        size = launch.overrides.get("ephemeralStorage", {}).get("sizeInGiB", size)
        family = definition_defaults.platform_family(definition)
        doc |= {"platformVersion": PLATFORM_VERSION, "platformFamily": family}
        doc |= {"ephemeralStorage": {"sizeInGiB": size}, "fargateEphemeralStorage": {"sizeInGiB": size}}
    return doc


def _total(definition: Document, member: str) -> str:
    return str(sum(container.get(member, 0) for container in definition["containerDefinitions"]))


def _container(region: Region, launch: Launch, task_arn: str, definition: Document) -> Document:
    task_path = task_arn.rpartition("task/")[2]
    container = {
        "containerArn": region.arn(f"container/{task_path}/{uuid()}"),
        "taskArn": task_arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": "PENDING",
        "networkBindings": [],
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(definition["cpu"]),
    }
    for member in ("memory", "memoryReservation"):
        if member in definition:
            container[member] = str(definition[member])
    if launch.execute_command:
        container["managedAgents"] = [{"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}]
    return container


def _overrides(launch: Launch) -> Document:
    given = {item["name"]: item for item in launch.overrides.get("containerOverrides", []) if "name" in item}
    names = [container["name"] for container in launch.definition.doc["containerDefinitions"]]
    return {
        **launch.overrides,
        "containerOverrides": [given.get(name, {"name": name}) for name in names],
        "inferenceAcceleratorOverrides": launch.overrides.get("inferenceAcceleratorOverrides", []),
    }


def _attachments(region: Region, launch: Launch, awsvpc: Document | None) -> list[Document]:
    attachments = []
    if awsvpc:
        details = [{"name": "subnetId", "value": secrets.choice(_subnets(region, launch, awsvpc["subnets"]))}]
        attachments.append(
            {"id": uuid(), "type": "ElasticNetworkInterface", "status": "PRECREATED", "details": details}
        )
    for volume in launch.volumes:
        ebs = volume.get("managedEBSVolume", {})
        keep = ebs.get("terminationPolicy", {}).get("deleteOnTermination", True)
        pairs = {
            "roleArn": ebs.get("roleArn", ""),
            "volumeName": volume["name"],
            "deleteOnTermination": str(keep).lower(),
        }
        details = [{"name": name, "value": value} for name, value in pairs.items()]
        attachments.append({"id": uuid(), "type": "AmazonElasticBlockStorage", "status": "CREATED", "details": details})
    return attachments


def _subnets(region: Region, launch: Launch, given: list[str]) -> list[str]:
    """Give the subnets that a task may be in: on an instance those of its zone."""
    instance = region.instances.get(launch.container_instance or "")
    if instance is None:
        return given
    zone = instance.availability_zone
    return [subnet for subnet in given if neighbours.availability_zone(region, subnet) == zone] or given


def _zone(region: Region, task: Task) -> str:
    """Give the zone of the task's subnet, else of its instance."""
    for attachment in task.doc["attachments"]:
        if attachment["type"] == "ElasticNetworkInterface":
            return neighbours.availability_zone(region, attachment["details"][0]["value"])
    instance = region.instances.get(task.doc.get("containerInstanceArn", ""))
    return instance.availability_zone if instance else f"{region.name}a"


def _provisioned(region: Region, task: Task, awsvpc: Document | None) -> None:
    if task.stopping:
        return
    if awsvpc and not _attach_interface(region, task, awsvpc):
        return
    _attach_volumes(task)
    move(task, "PENDING")
    task.doc |= {"connectivity": "CONNECTED", "connectivityAt": region.timeline.stamp()}
    region.timeline.after(PULL_DELAY_SECONDS, lambda: containers.prepare(region, task))


def _attach_interface(region: Region, task: Task, awsvpc: Document) -> bool:
    attachment = task.doc["attachments"][0]
    subnet = attachment["details"][0]["value"]
    for container in task.doc["containers"]:
        behaviour = task.behaviours[container["name"]]
        if behaviour.strikes == NETWORK:
            text = containers.reason_of(region, task, container)
            stop(region, task, behaviour.stop_code or "TaskFailedToStart", behaviour.stopped_reason or text)
            return False
    details = neighbours.attach_interface(region, subnet, awsvpc.get("securityGroups", []), attachment["id"])
    if details is None:
        cause = f"Create Network Interface in subnet '{subnet}': InvalidSubnetID.NotFound"
        stop(region, task, "TaskFailedToStart", f"Unexpected EC2 error while attempting to {cause}")
        return False
    attachment["details"] = [{"name": name, "value": value} for name, value in details.items()]
    attachment["status"] = "ATTACHED"
    for container in task.doc["containers"]:
        container["networkInterfaces"] = [
            {"attachmentId": attachment["id"], "privateIpv4Address": details["privateIPv4Address"]}
        ]
    return True


def _attach_volumes(task: Task) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html; the volume is not made in EC2."""
    for attachment in task.doc["attachments"]:
        if attachment["type"] == "AmazonElasticBlockStorage":
            attachment["status"] = "ATTACHED"
            attachment["details"].append({"name": "volumeId", "value": f"vol-{hex_id()[:17]}"})


def shown(task: Task, with_tags: bool) -> Document:
    """Show a task as DescribeTasks does."""
    return {**task.doc, "tags": task.tags if with_tags else []}
