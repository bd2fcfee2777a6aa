# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 instances that are container instances, and the capacity providers that make and take them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-termination-protection.html
"""

from __future__ import annotations

import base64
import binascii
import importlib
import json
import re
from typing import Any

from . import groups, instances, machines, neighbours
from .names import last_part
from .records import CapacityProvider, Cluster, ContainerInstance
from .region import GONE, Region

Document = dict[str, Any]

# From the launch of an instance to its agent's registration, and between two tries of an agent that finds no cluster:
# guesses.
BOOT_SECONDS = 60.0
_RETRY_SECONDS = 60.0
# How often it is looked whether a draining instance is empty: a guess.
_DRAIN_LOOK_SECONDS = 5.0
# The lifecycle hook waits for 48 hours at most
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html).
_DRAIN_LIMIT_SECONDS = 48 * 3600.0
MANAGED_TAG = "AmazonECSManaged"

_SETTING = re.compile(r"^[^#\n]*?\b(ECS_[A-Z_]+)=(.*?)\s*(?:>>.*)?$", re.MULTILINE)
_SECTION = re.compile(r"^\s*\[([^\]]+)\]\s*$")
_PAIR = re.compile(r"^\s*\"?([\w.-]+)\"?\s*=\s*(.+?)\s*$")


def install(region: Region) -> None:
    """Let the region know whom to tell of changes."""
    region.hosts_changed = lambda ids: _ended(region, ids)


# EC2 instances


def look(region: Region) -> None:
    """Follow what happened in EC2 and Auto Scaling: new instances boot, ended ones are gone, stopped ones silent."""
    ec2 = importlib.import_module("moto.ec2.models").ec2_backends[region.account][region.name]
    known = {instance.doc["ec2InstanceId"]: instance for instance in region.instances.values()}
    for host in ec2.all_instances():
        if host.id not in region.hosts and host.state == "running":
            region.hosts.add(host.id)
            settings = settings_of(host.user_data)
            if settings.get("cluster"):
                region.timeline.after(BOOT_SECONDS, lambda host=host, settings=settings: _boot(region, host, settings))  # type: ignore[misc]
        instance = known.get(host.id)
        if instance is None or host.id not in region.hosts:
            continue
        if host.state == "terminated":
            instances.terminated(region, instance)
        elif (host.state == "running") != instance.doc["agentConnected"]:
            instances.connect(region, instance, host.state == "running")
    _look_at_draining(region)


def _ended(region: Region, ids: list[str]) -> None:
    """End EC2 instances from within, as a Spot interruption does; their groups launch others."""
    ec2 = importlib.import_module("moto.ec2.models").ec2_backends[region.account][region.name]
    running = [host.id for host in ec2.all_instances() if host.id in ids and host.state == "running"]
    if running:
        ec2.terminate_instances(running)
        _auto_scaling(region).notify_terminate_instances(running)
        look(region)


def settings_of(user_data: Any) -> Document:
    """Read what the user data tells the agent: lines for `/etc/ecs/ecs.config`, or Bottlerocket's TOML.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html and
    https://bottlerocket.dev/en/os/latest/#/api/settings/ecs/
    """
    text = _plain(user_data)
    given = {name: value.strip().strip("'\"") for name, value in _SETTING.findall(text)}
    read: Document = {
        "cluster": given.get("ECS_CLUSTER"),
        "spot_draining": given.get("ECS_ENABLE_SPOT_INSTANCE_DRAINING") == "true",
        "attributes": _attributes(given.get("ECS_INSTANCE_ATTRIBUTES", "{}")),
    }
    section = ""
    for line in text.splitlines():
        header, pair = _SECTION.match(line), _PAIR.match(line)
        if header:
            section = header.group(1)
        elif pair and section == "settings.ecs.instance-attributes":
            read["attributes"][pair.group(1)] = pair.group(2).strip("'\"")
        elif pair and section == "settings.ecs":
            value = pair.group(2).strip("'\"")
            if pair.group(1) == "cluster":
                read["cluster"] = value
            elif pair.group(1) == "enable-spot-instance-draining":
                read["spot_draining"] = value == "true"
    return read


def _plain(user_data: Any) -> str:
    try:
        return base64.b64decode(str(user_data or ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return str(user_data or "")


def _attributes(text: str) -> dict[str, str]:
    try:
        return {str(name): str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        return {}


def _boot(region: Region, host: Any, settings: Document) -> None:
    """Register an instance whose agent has started; without its cluster the agent tries again."""
    if host.state != "running":
        return
    cluster = region.find_cluster(settings["cluster"])
    if cluster is None:
        region.timeline.after(_RETRY_SECONDS, lambda: _boot(region, host, settings))
        return
    group = getattr(host, "autoscaling_group", None)
    provider = provider_of(region, group.name) if group is not None else None
    instances.add(
        region,
        cluster,
        instances.Host(
            machine=machines.machine(host.instance_type),
            zone=str(host.placement.zone),
            instance_id=host.id,
            image=host.image_id,
            vpc=host.vpc_id or "",
            subnet=host.subnet_id or "",
            attributes=settings["attributes"],
            provider=provider.name if provider and provider.name in cluster.doc["capacityProviders"] else None,
            spot_draining=settings["spot_draining"],
        ),
    )


def zone_of(region: Region, subnet: str) -> str:
    """Give the zone of a subnet; the Region's first if there is none."""
    return neighbours.availability_zone(region, subnet) if subnet else f"{region.name}a"


# Capacity providers with Auto Scaling groups


def _auto_scaling(region: Region) -> Any:
    return importlib.import_module("moto.autoscaling.models").autoscaling_backends[region.account][region.name]


def group_name(provider: CapacityProvider) -> str | None:
    """Give the name of a provider's Auto Scaling group, which may be given by name or ARN."""
    given = provider.doc.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn")
    return last_part(given) if given else None


def group_of(region: Region, provider: CapacityProvider) -> Any:
    """Find a provider's Auto Scaling group; None if it has none, or if it is gone."""
    return _auto_scaling(region).autoscaling_groups.get(group_name(provider))


def adopt(region: Region, provider: CapacityProvider) -> None:
    """Tag the group of a new provider, as ECS does (asg-capacity-providers of the developer guide), and scale it."""
    group = group_of(region, provider)
    if group is not None and not any(tag["Key"] == MANAGED_TAG for tag in group.tags):
        group.tags = [*group.tags, {"Key": MANAGED_TAG, "Value": "", "PropagateAtLaunch": True}]
    region.scaling_changed()


def provider_of(region: Region, group: str) -> CapacityProvider | None:
    """Find the capacity provider of an Auto Scaling group."""
    living = [item for item in region.capacity_providers.values() if item.doc["status"] != GONE]
    return next((item for item in living if group_name(item) == group), None)


def clusters_of(region: Region, provider: CapacityProvider) -> list[Cluster]:
    """The living clusters that a provider is associated with."""
    return [
        cluster
        for cluster in region.clusters.values()
        if cluster.doc["status"] != GONE and provider.name in cluster.doc["capacityProviders"]
    ]


def instance_of(region: Region, instance_id: str) -> ContainerInstance | None:
    """Find the container instance on an EC2 instance."""
    return next((item for item in region.instances.values() if item.doc["ec2InstanceId"] == instance_id), None)


def busy(region: Region, instance: ContainerInstance | None) -> bool:
    """Whether tasks run on an instance; those of daemons do not count."""
    if instance is None:
        return False
    for task in instances.tasks_on(region, instance):
        service = region.services.get((task.cluster, task.service_name or ""))
        daemon = service is not None and service.doc["schedulingStrategy"] == "DAEMON"
        if not task.stopped and not daemon:
            return True
    return False


def drains_first(region: Region, group: Any, instance_id: str) -> bool:
    """Whether ECS drains an instance before its group terminates it."""
    provider = provider_of(region, group.name)
    instance = instance_of(region, instance_id)
    if provider is None or instance is None or not clusters_of(region, provider):
        return False
    if provider.doc["autoScalingGroupProvider"]["managedDraining"] != "ENABLED":
        return False
    instances.set_status(region, instance, "DRAINING")
    region.timeline.after(_DRAIN_LOOK_SECONDS, lambda: _look_at_draining(region))
    return True


def _look_at_draining(region: Region) -> None:
    """Let go of the instances that are empty; look again while there are others."""
    left = 0
    for group in list(_auto_scaling(region).autoscaling_groups.values()):
        for state in [item for item in group.instance_states if item.lifecycle_state == groups.WAITING]:
            since = region.draining_since.setdefault(state.instance_id, region.timeline.now)
            instance = instance_of(region, state.instance_id)
            if busy(region, instance) and region.timeline.now - since < _DRAIN_LIMIT_SECONDS:
                left += 1
                continue
            groups.finish(group, state)
            if instance is not None:
                instances.terminated(region, instance)
    if left and region.timeline.now >= region.next_drain_look:
        region.next_drain_look = region.timeline.now + _DRAIN_LOOK_SECONDS
        region.timeline.after(_DRAIN_LOOK_SECONDS, lambda: _look_at_draining(region))
