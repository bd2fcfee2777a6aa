# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a task, driven by the clock.

States: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
Errors: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
AWS documents no durations but the 40 seconds of a task without health checks; the others are typical values.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import definition_defaults, neighbours
from .images import Behaviour
from .names import hex_id, uuid
from .records import Task, TaskDefinition
from .region import Region
from .tags import Tags

Document = dict[str, Any]

PROVISION_SECONDS = 3.0
PULL_DELAY_SECONDS = 2.0
# botocore ECS model, DeploymentConfiguration.minimumHealthyPercent.
UNCHECKED_SECONDS = 40.0
STOP_SECONDS = 2.0
DEPROVISION_SECONDS = 3.0
# "stopped tasks ... at least one hour": task-lifecycle page of the developer guide.
REMEMBERED_SECONDS = 3600.0
# A new target passes one check (Elastic Load Balancing guide, target group health checks); checks start at once.
TARGET_HEALTHY_SECONDS = 10.0

PLATFORM_VERSION = "1.4.0"
_DEFAULT_STORAGE_GIB = 20
_FINE = Behaviour()


@dataclass
class Launch:
    """How a task is to be started."""

    cluster: str
    definition: TaskDefinition
    launch_type: str
    group: str
    started_by: str | None = None
    capacity_provider: str | None = None
    network: Document | None = None
    container_instance: str | None = None
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
    awsvpc = (launch.network or {}).get("awsvpcConfiguration")
    task.doc["attachments"] = _attachments(launch, awsvpc)
    task.doc["availabilityZone"] = _zone(region, task)
    region.timeline.after(PROVISION_SECONDS if awsvpc else 0, lambda: _provisioned(region, task, awsvpc))
    return task


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


def _attachments(launch: Launch, awsvpc: Document | None) -> list[Document]:
    attachments = []
    if awsvpc:
        subnets = awsvpc["subnets"]
        details = [{"name": "subnetId", "value": secrets.choice(subnets)}]
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
    _move(task, "PENDING")
    task.doc |= {"connectivity": "CONNECTED", "connectivityAt": region.timeline.stamp()}
    region.timeline.after(PULL_DELAY_SECONDS, lambda: _pull(region, task))


def _attach_interface(region: Region, task: Task, awsvpc: Document) -> bool:
    attachment = task.doc["attachments"][0]
    subnet = attachment["details"][0]["value"]
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


def _pull(region: Region, task: Task) -> None:
    if task.stopping:
        return
    task.doc["pullStartedAt"] = region.timeline.stamp()
    for container in task.doc["containers"]:
        task.behaviours[container["name"]] = region.world.images.of(container["image"])
    seconds = max(behaviour.pull_seconds for behaviour in task.behaviours.values())
    region.timeline.after(seconds, lambda: _pulled(region, task))


def _pulled(region: Region, task: Task) -> None:
    if task.stopping:
        return
    task.doc["pullStoppedAt"] = region.timeline.stamp()
    missing = [name for name, behaviour in task.behaviours.items() if behaviour.behaviour == "missing"]
    for container in task.doc["containers"]:
        if container["name"] in missing:
            container["reason"] = _cannot_pull(container["image"])
            stop(region, task, "TaskFailedToStart", container["reason"])
            return
    seconds = max(behaviour.start_seconds for behaviour in task.behaviours.values())
    if task.load_balancers:
        _move(task, "ACTIVATING")
    region.timeline.after(seconds, lambda: _running(region, task))


def _cannot_pull(image: str) -> str:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"""
    reference = (
        image if "." in image.partition("/")[0] else f"docker.io/{image if '/' in image else 'library/' + image}"
    )
    return (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        f"{reference}: {reference}: not found"
    )


def digest_of(image: str) -> str:
    """Invent the digest of an image: the same for the same reference."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


def _running(region: Region, task: Task) -> None:
    if task.stopping:
        return
    _move(task, "RUNNING")
    task.doc["startedAt"] = region.timeline.stamp()
    for container in task.doc["containers"]:
        container["lastStatus"] = "RUNNING"
        container["runtimeId"] = f"{task.id}-{int(hex_id()[:8], 16)}"
        container["imageDigest"] = digest_of(container["image"])
        container["networkBindings"] = _bindings(task, _definition_of(task, container["name"]))
        for agent in container.get("managedAgents", []):
            agent |= {"lastStatus": "RUNNING", "lastStartedAt": region.timeline.stamp()}
    _tell(task, "running")
    _watch_exits(region, task)
    _watch_containers(region, task)
    _watch_targets(region, task)
    if not task.unmet_checks:
        task.unmet_checks.add("time")
        region.timeline.after(UNCHECKED_SECONDS, lambda: _passed(region, task, "time"))


def _bindings(task: Task, definition: Document) -> list[Document]:
    """Show the ports of a container on its instance; port 0 takes one of the ephemeral range."""
    if task.definition.doc.get("networkMode", "bridge") != "bridge":
        return []
    return [
        {
            "bindIP": "0.0.0.0",
            "containerPort": mapping["containerPort"],
            "hostPort": mapping["hostPort"] or 32768 + secrets.randbelow(28232),
            "protocol": mapping["protocol"],
        }
        for mapping in definition["portMappings"]
        if "containerPort" in mapping
    ]


def _watch_exits(region: Region, task: Task) -> None:
    for container in task.doc["containers"]:
        behaviour = task.behaviours[container["name"]]
        if behaviour.ends_with is not None:
            region.timeline.after(behaviour.run_seconds, partial(_exited, region, task, container))


def _exited(region: Region, task: Task, container: Document) -> None:
    if task.stopping:
        return
    behaviour = task.behaviours[container["name"]]
    container |= {"lastStatus": "STOPPED", "exitCode": behaviour.ends_with}
    if behaviour.behaviour == "oom":
        container["reason"] = "OutOfMemoryError: Container killed due to memory usage"
    definition = _definition_of(task, container["name"])
    if definition["essential"]:
        stop(region, task, "EssentialContainerExited", "Essential container in task exited")


def _definition_of(task: Task, container: str) -> Document:
    found: Document = next(item for item in task.definition.doc["containerDefinitions"] if item["name"] == container)
    return found


def _watch_containers(region: Region, task: Task) -> None:
    """Container health checks: the first runs after one interval; a broken container has `retries` of them."""
    for container in task.doc["containers"]:
        definition = _definition_of(task, container["name"])
        if "healthCheck" not in definition:
            continue
        check = definition["healthCheck"]
        broken = task.behaviours[container["name"]].behaviour == "unhealthy"
        seconds = check["interval"]
        if broken:
            seconds = check.get("startPeriod", 0) + check["interval"] * check["retries"]
        if definition["essential"]:
            task.unmet_checks.add(f"container {container['name']}")
        region.timeline.after(seconds, partial(_checked, region, task, container, broken))


def _checked(region: Region, task: Task, container: Document, broken: bool) -> None:
    if task.stopping:
        return
    container["healthStatus"] = "UNHEALTHY" if broken else "HEALTHY"
    if not _definition_of(task, container["name"])["essential"]:
        return
    if broken:
        task.doc["healthStatus"] = "UNHEALTHY"
        _failed(task, "Task failed container health checks")
    else:
        others = {check for check in task.unmet_checks if check.startswith("container ")}
        if others == {f"container {container['name']}"}:
            task.doc["healthStatus"] = "HEALTHY"
        _passed(region, task, f"container {container['name']}")


def _watch_targets(region: Region, task: Task) -> None:
    address = _address(task)
    for balancer in task.load_balancers:
        arn = str(balancer.get("targetGroupArn"))
        group = neighbours.target_group(region, arn)
        if group is None:
            continue
        port = int(balancer.get("containerPort") or group.port)
        task.targets.append((arn, address, port))
        initial = {"State": "initial", "Reason": "Elb.RegistrationInProgress"}
        neighbours.set_target(region, arn, address, port, initial)
        task.unmet_checks.add(f"target {arn}")
        if task.behaviours.get(balancer.get("containerName", ""), _FINE).behaviour == "unhealthy":
            interval = int(group.health_check_interval_seconds) * int(group.unhealthy_threshold_count)
            seconds = max(float(interval), task.grace_seconds)
            region.timeline.after(seconds, partial(_target_failed, region, task, arn, port))
        else:
            seconds = min(TARGET_HEALTHY_SECONDS, float(group.health_check_interval_seconds))
            region.timeline.after(seconds, partial(_target_passed, region, task, arn, port))


def _address(task: Task) -> str:
    for attachment in task.doc["attachments"]:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"])
    # Without a network interface of its own the task is reached through its instance, which is not modelled yet.
    return task.id


def _target_passed(region: Region, task: Task, arn: str, port: int) -> None:
    if not task.stopping:
        neighbours.set_target(region, arn, _address(task), port, {"State": "healthy"})
        _passed(region, task, f"target {arn}")


def _target_failed(region: Region, task: Task, arn: str, port: int) -> None:
    if not task.stopping:
        state = {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [502]",
        }
        neighbours.set_target(region, arn, _address(task), port, state)
        _failed(task, f"Task failed ELB health checks in (target-group {arn})")


def _passed(region: Region, task: Task, check: str) -> None:
    if task.stopping:
        return
    task.unmet_checks.discard(check)
    if not task.unmet_checks and not task.was_healthy:
        task.was_healthy = True
        _tell(task, "healthy")


def _failed(task: Task, reason: str) -> None:
    if task.failed_check is None:
        task.failed_check = reason
        _tell(task, "unhealthy")


def stop(region: Region, task: Task, code: str, reason: str) -> None:
    """Begin to stop a task."""
    if task.stopping:
        return
    task.doc |= {
        "desiredStatus": "STOPPED",
        "stopCode": code,
        "stoppedReason": reason,
        "stoppingAt": region.timeline.stamp(),
    }
    # A target without connections leaves at once (Elastic Load Balancing guide, deregistration delay).
    for arn, address, _ignored in task.targets:
        neighbours.drop_target(region, arn, address)
    _move(task, "DEACTIVATING" if task.targets else "STOPPING")
    _tell(task, "stopping")
    region.timeline.after(STOP_SECONDS, lambda: _halted(region, task))


def _halted(region: Region, task: Task) -> None:
    task.doc["executionStoppedAt"] = region.timeline.stamp()
    for container in task.doc["containers"]:
        if container["lastStatus"] == "RUNNING":
            container["exitCode"] = 0
        container["lastStatus"] = "STOPPED"
        container.pop("managedAgents", None)
    interface = any(item["type"] == "ElasticNetworkInterface" for item in task.doc["attachments"])
    _move(task, "DEPROVISIONING")
    region.timeline.after(DEPROVISION_SECONDS if interface else 0, lambda: _gone(region, task))


def _gone(region: Region, task: Task) -> None:
    for attachment in task.doc["attachments"]:
        attachment["status"] = "DELETED"
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                neighbours.delete_interface(region, detail["value"])
    _move(task, "STOPPED")
    task.doc["stoppedAt"] = region.timeline.stamp()
    _tell(task, "stopped")
    region.timeline.after(REMEMBERED_SECONDS, lambda: _forget(region, task))


def _forget(region: Region, task: Task) -> None:
    region.tasks.pop(task.arn, None)


def _move(task: Task, status: str) -> None:
    task.doc["lastStatus"] = status
    task.doc["version"] += 1


def _tell(task: Task, what: str) -> None:
    if task.listener is not None:
        task.listener(task, what)


def shown(task: Task, with_tags: bool) -> Document:
    """Show a task as DescribeTasks does."""
    return {**task.doc, "tags": task.tags if with_tags else []}
