# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a container instance: registered, drained, interrupted, gone.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_instances.html
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from . import account_settings, machines, scaling, tasks
from .names import hex_id
from .records import Cluster, ContainerInstance, Task
from .region import Region
from .tags import Tags

Document = dict[str, Any]

# From the notice of a Spot interruption to the end of the instance
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
NOTICE_SECONDS = 120.0
# How long a deregistered instance can still be described
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_instances.html); to the emulator it is gone at once.
_TERMINATED = "Host EC2 (instance {}) terminated."


@dataclass
class Host:
    """A machine whose agent registers itself."""

    machine: machines.Machine
    zone: str
    instance_id: str = ""
    image: str = "ami-0123456789abcdef0"
    vpc: str = ""
    subnet: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    agent: str = machines.AGENT_VERSION
    provider: str | None = None
    external: bool = False
    spot_draining: bool = False
    tags: Tags = field(default_factory=list)


def add(region: Region, cluster: Cluster, host: Host) -> ContainerInstance:
    """Register an instance, as its agent does when it starts."""
    built_in = {
        "ecs.availability-zone": host.zone,
        "ecs.ami-id": host.image,
        "ecs.vpc-id": host.vpc,
        "ecs.subnet-id": host.subnet,
    }
    known = {} if host.external else {name: value for name, value in built_in.items() if value}
    attributes = machines.attributes(host.machine, known, host.external)
    attributes += [{"name": name, "value": value} for name, value in host.attributes.items()]
    doc = document(region, cluster, host.instance_id or _instance_id(host.external))
    doc |= {
        "versionInfo": machines.version_info(host.agent),
        "registeredResources": host.machine.resources,
        "attributes": attributes,
    }
    if host.provider is not None:
        doc["capacityProviderName"] = host.provider
    trunking = account_settings.value_of(region, "awsvpcTrunking") == "enabled"
    limit = host.machine.trunked if trunking and host.machine.trunked else host.machine.interfaces - 1
    instance = ContainerInstance(doc, cluster.name, host.tags, host.zone, host.spot_draining, limit)
    region.instances[instance.arn] = instance
    wake(region, cluster.name)
    return instance


def document(region: Region, cluster: Cluster, instance_id: str) -> Document:
    """Begin the document of a new instance."""
    return {
        "containerInstanceArn": region.arn(f"container-instance/{cluster.name}/{hex_id()}"),
        "ec2InstanceId": instance_id,
        "version": 1,
        "status": "ACTIVE",
        "agentConnected": True,
        "registeredAt": region.timeline.stamp(),
        "attachments": [],
    }


def _instance_id(external: bool) -> str:
    return ("mi-" if external else "i-") + secrets.token_hex(8) + "0"


def wake(region: Region, cluster: str) -> None:
    """Let the scheduler use the changed capacity."""
    region.freed()
    for service in region.services_of(cluster):
        scaling.schedule(region, service)


def set_status(region: Region, instance: ContainerInstance, status: str) -> None:
    """Set an instance ACTIVE or DRAINING; its services take their tasks away, others stay."""
    instance.doc["status"] = status
    instance.doc["version"] += 1
    wake(region, instance.cluster)


def tasks_on(region: Region, instance: ContainerInstance) -> list[Task]:
    """All tasks of an instance that are still remembered."""
    return [task for task in region.tasks_of(instance.cluster) if task.instance == instance.arn]


def remove(region: Region, instance: ContainerInstance, code: str, reason: str) -> None:
    """Take an instance out of its cluster, with what runs on it."""
    instance.doc |= {"status": "INACTIVE", "agentConnected": False}
    region.instances.pop(instance.arn, None)
    for task in tasks_on(region, instance):
        tasks.stop(region, task, code, reason)
    wake(region, instance.cluster)


def terminated(region: Region, instance: ContainerInstance) -> None:
    """Follow the end of the EC2 instance: one whose agent is connected is deregistered automatically.

    botocore ECS model, DeregisterContainerInstance. The reason is that of the page on stopped tasks; the code is a
    guess.
    """
    remove(region, instance, "TerminationNotice", _TERMINATED.format(instance.doc["ec2InstanceId"]))


def interrupt(region: Region, instance: ContainerInstance) -> None:
    """Give the notice of a Spot interruption: an agent told to drain does so, two minutes later the instance ends.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html
    """
    if instance.spot_draining and instance.status == "ACTIVE":
        set_status(region, instance, "DRAINING")
    region.timeline.after(NOTICE_SECONDS, lambda: _interrupted(region, instance))


def _interrupted(region: Region, instance: ContainerInstance) -> None:
    if instance.arn in region.instances:
        terminated(region, instance)
        region.hosts_changed([instance.doc["ec2InstanceId"]])


def connect(region: Region, instance: ContainerInstance, connected: bool) -> None:
    """Connect or disconnect the agent; tasks go on, new ones are not placed there."""
    instance.doc["agentConnected"] = connected
    instance.doc["version"] += 1
    for task in tasks_on(region, instance):
        task.doc |= {"connectivity": "CONNECTED" if connected else "DISCONNECTED"}
        task.doc["connectivityAt"] = region.timeline.stamp()
    wake(region, instance.cluster)
