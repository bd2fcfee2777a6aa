# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `/_emulator/instances` does: container instances made, taken away and disturbed without EC2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import instances, machines
from .names import is_arn
from .records import Cluster, ContainerInstance
from .region import Region

Document = dict[str, Any]

_OPTIONS = {
    *("cluster", "count", "type", "zones", "attributes", "agent", "ami", "capacity_provider", "external"),
    *("spot_draining", "instance_ids", "subnets", "vpc"),
}


def change(regions: list[Region], body: Any) -> list[ContainerInstance]:
    """Carry out what was asked for; gives the instances that were made or met."""
    if not isinstance(body, dict):
        raise ValueError("send an object")
    acts = [name for name in _ACTS if name in body]
    if len(acts) == 1 and len(body) == 1:
        references = body[acts[0]] if isinstance(body[acts[0]], list) else [body[acts[0]]]
        met = [_find(regions, str(reference)) for reference in references]
        for region, instance in met:
            with region.lock:
                _ACTS[acts[0]](region, instance)
        return [instance for _region, instance in met]
    if acts or set(body) - _OPTIONS or "cluster" not in body:
        raise ValueError(f"send one of {sorted(_ACTS)} with ids, or an object with {sorted(_OPTIONS)}")
    return _made(regions, body)


def _made(regions: list[Region], body: Document) -> list[ContainerInstance]:
    region, cluster = _cluster(regions, str(body["cluster"]))
    zones = body.get("zones") or [f"{region.name}{letter}" for letter in "abc"]
    subnets = body.get("subnets") or []
    ids = body.get("instance_ids") or []
    with region.lock:
        return [
            instances.add(
                region,
                cluster,
                instances.Host(
                    machine=machines.machine(body.get("type", "m7g.large")),
                    zone=zones[number % len(zones)],
                    instance_id=ids[number] if number < len(ids) else "",
                    image=body.get("ami", instances.Host.image),
                    vpc=body.get("vpc", ""),
                    subnet=subnets[number % len(subnets)] if subnets else "",
                    attributes=body.get("attributes", {}),
                    agent=body.get("agent", machines.AGENT_VERSION),
                    provider=body.get("capacity_provider"),
                    external=bool(body.get("external")),
                    spot_draining=bool(body.get("spot_draining")),
                ),
            )
            for number in range(int(body.get("count", 1)))
        ]


def _cluster(regions: list[Region], name: str) -> tuple[Region, Cluster]:
    for region in regions:
        cluster = region.find_cluster(name)
        if cluster is not None:
            return region, cluster
    raise ValueError(f"there is no cluster {name}")


def _find(regions: list[Region], reference: str) -> tuple[Region, ContainerInstance]:
    for region in regions:
        for instance in region.instances.values():
            names = (instance.arn, instance.doc["ec2InstanceId"], instance.arn.rpartition("/")[2])
            if reference in names[:1] if is_arn(reference) else reference in names[1:]:
                return region, instance
    raise ValueError(f"there is no container instance {reference}")


def _terminate(region: Region, instance: ContainerInstance) -> None:
    instances.terminated(region, instance)
    region.hosts_changed([instance.doc["ec2InstanceId"]])


def _set_health(instance: ContainerInstance, status: str) -> None:
    instance.health = status


_ACTS: dict[str, Callable[[Region, ContainerInstance], None]] = {
    "terminate": _terminate,
    "interrupt": instances.interrupt,
    "disconnect": lambda region, instance: instances.connect(region, instance, False),
    "connect": lambda region, instance: instances.connect(region, instance, True),
    "impair": lambda _region, instance: _set_health(instance, "IMPAIRED"),
    "heal": lambda _region, instance: _set_health(instance, "OK"),
}


def shown(instance: ContainerInstance) -> Document:
    """Show an instance in a few words."""
    members = ("containerInstanceArn", "ec2InstanceId", "status", "agentConnected")
    return {name: instance.doc[name] for name in members} | {"zone": instance.availability_zone}
