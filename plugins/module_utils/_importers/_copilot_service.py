# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service of a Copilot workload: its network, its load balancers, how it is deployed and scaled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._export.secrets import Hidden
from . import _copilot_reasons as reasons
from ._copilot_container import imported, plain
from ._copilot_count import Count
from ._copilot_task import Task
from ._copilot_values import Workload, port_of, whole_seconds
from ._piece import Piece, filled
from ._reader import LOOK, Reader

PORT_NAME = "target"
GRACE = 60  # seconds that Copilot gives a task behind a load balancer
ROLLING = {"default": (100, 200), "recreate": (0, 100)}
PLACES = {"public": ("pub", "ENABLED"), "private": ("priv", "DISABLED")}


def service(workload: Workload, task: Task) -> Iterator[Piece]:
    """Give the service, and its scaling if it has any; its ports are added to the task."""
    reader, count = workload.reader, Count(workload)
    balancers = list(_load_balancers(workload, task))
    grace = whole_seconds(reader.inside("http").inside("healthcheck"), "grace_period")
    grace = grace if grace is not None else whole_seconds(reader.inside("nlb").inside("healthcheck"), "grace_period")
    connected = _connected(workload, task, balancers)
    if task.port(workload.name) and not connected:
        reader.inside("image").note("port", *reasons.DISCOVERY)
    options = {
        "name": workload.full_name,
        "cluster": workload.cluster,
        "task_definition": workload.full_name,
        "desired_count": count.desired,
        "launch_type": None if count.strategy else "FARGATE",
        "capacity_provider_strategy": count.strategy,
        "network_configuration": network(workload),
        "load_balancers": balancers,
        "health_check_grace_period_seconds": (GRACE if grace is None else grace) if balancers else None,
        "service_connect_configuration": connected,
        "deployment_configuration": _deployment(reader.inside("deployment")),
        "enable_execute_command": _executes(reader),
        "propagate_tags": "SERVICE",
        "ignore_changes": ["desired_count"] if count.scaling else None,
    }
    yield Piece("service", filled(options))
    if count.scaling:
        place = {"service": workload.full_name, "cluster": workload.cluster}
        yield Piece("scaling", filled({**place, **count.scaling}))


def _executes(reader: Reader) -> bool | None:
    if isinstance(reader.look("exec"), Mapping):
        return reader.inside("exec").flag("enable")
    return reader.flag("exec")


def _deployment(reader: Reader) -> dict[str, Any]:
    rolling = reader.text("rolling") or "default"
    if rolling not in ROLLING:
        reader.note("rolling", "Copilot has default and recreate.", LOOK)
    least, most = ROLLING.get(rolling, ROLLING["default"])
    alarms: dict[str, Any] = {}
    if isinstance(reader.look("rollback_alarms"), list):
        alarms = {"alarm_names": reader.texts("rollback_alarms"), "enable": True, "rollback": True}
    reader.inside("rollback_alarms")
    return filled(
        {
            "minimum_healthy_percent": least,
            "maximum_percent": most,
            "deployment_circuit_breaker": {"enable": True, "rollback": True},
            "alarms": alarms,
        }
    )


# Network --------------------------------------------------------------------------------------------------------------


def network(workload: Workload) -> dict[str, Any]:
    """Give the network configuration: what the manifest names, or what Copilot has in the VPC that it made."""
    vpc = workload.reader.inside("network").inside("vpc")
    placement, given = _placement(vpc)
    groups, alone = _groups(vpc)
    place, public = PLACES[placement]
    if not given and "network_configuration" in workload.choice.defaults.get(workload.kind, {}):
        for member in vpc.names:
            vpc.note(member, "network_configuration of the defaults is taken instead.", reasons.DROP)
        return {}
    if not given:
        workload.reader.note("type", *(reasons.VPC if workload.home else reasons.NO_VPC))
        given = [f"copilot-{workload.home}-{place}*" if workload.home else Hidden("of the environment")]
    own = [f"copilot-{workload.home}-env"] if workload.home and not alone else []
    return {
        "awsvpc_configuration": filled(
            {"subnets": given, "security_groups": [*own, *groups], "assign_public_ip": public}
        )
    }


def _placement(vpc: Reader) -> tuple[str, list[str]]:
    """Give public or private, and the subnets that are named."""
    reader = vpc.inside("placement")
    if not isinstance(reader.value, Mapping):
        text = (vpc.text("placement") or "public").lower()
        if text not in PLACES:
            vpc.note("placement", "Copilot has public and private.", LOOK)
        return (text if text in PLACES else "public"), []
    subnets = reader.inside("subnets")
    if isinstance(subnets.value, list):
        return "private", reader.texts("subnets")
    tags = subnets.inside("from_tags")
    names = [f"tag:{name}={value}" for name in tags.names for value in tags.texts(name)]
    if len(tags.names) > 1:
        tags.note(None, "subnets are found by one tag at a time; those with any of these are taken.", LOOK)
    return "private", names


def _groups(vpc: Reader) -> tuple[list[str], bool]:
    """Give the security groups that are named, and whether that of the environment is left out."""
    reader = vpc.inside("security_groups")
    alone = reader.flag("deny_default") if isinstance(reader.value, Mapping) else False
    groups = reader.inside("groups") if isinstance(reader.value, Mapping) else reader
    found = []
    for _index, entry in groups.entries():
        found.append((imported(entry) if isinstance(entry.value, Mapping) else plain(entry)) or "")
    return [group for group in found if group], bool(alone)


# Load balancers -------------------------------------------------------------------------------------------------------


def _load_balancers(workload: Workload, task: Task) -> Iterator[dict[str, Any]]:
    """Give an entry for each load balancer; its target group makes way for a placeholder."""
    http, nlb = workload.reader.inside("http"), workload.reader.inside("nlb")
    if isinstance(http.value, Mapping):
        name = http.text("target_container") or http.text("targetContainer") or workload.name
        http.take("targetContainer")
        port = http.whole_number("target_port") or task.port(name)
        yield from _balancer(http, task, name, port)
    elif http.value is not None:
        workload.reader.flag("http")
    if isinstance(nlb.value, Mapping):
        listened, protocol = port_of(nlb.text("port"))
        name = nlb.text("target_container") or workload.name
        behind = task.port(name) if name != workload.name else None
        port = nlb.whole_number("target_port") or behind or listened
        if port:
            task.expose(name, port, "udp" if protocol == "udp" else None)
        yield from _balancer(nlb, task, name, port)


def _balancer(reader: Reader, task: Task, name: str, port: int | None) -> Iterator[dict[str, Any]]:
    """Leave all of a load balancer but where it leads."""
    for member in ("target_container", "targetContainer", "target_port"):
        reader.take(member)
    check = reader.inside("healthcheck")
    if isinstance(check.value, Mapping):
        for member in check.names:
            if member != "grace_period":
                check.leave(member, "it is of the target group.", reasons.ROLE_WEB)
    else:
        reader.leave("healthcheck", "it is of the target group.", reasons.ROLE_WEB)
    for member in reader.names:
        if member not in ("target_container", "targetContainer", "target_port", "port", "healthcheck"):
            reader.leave(member, *reasons.LISTENER)
    if not port:
        reader.note(None, "the container has no port to which it could lead.", "give load_balancers in the manifest.")
        return
    task.expose(name, port)
    reader.note(None, *reasons.TARGET_GROUP)
    yield {"target_group_arn": Hidden("made by Copilot"), "container_name": name, "container_port": port}


def _connected(workload: Workload, task: Task, balancers: list[dict[str, Any]]) -> dict[str, Any]:
    """Give Service Connect, under the name that the manifest gives or that of the workload."""
    reader = workload.reader.inside("network")
    inner = reader.inside("connect")
    alias = inner.text("alias") if isinstance(inner.value, Mapping) else None
    if not isinstance(inner.value, Mapping) and not reader.flag("connect"):
        return {}
    target = balancers[0] if balancers else {}
    name = str(target.get("container_name") or workload.name)
    port = target.get("container_port") or task.port(name)
    configuration: dict[str, Any] = filled({"enabled": True, "namespace": workload.namespace})
    if not workload.namespace:
        said = "its namespace is that of the environment, which is not known here; that of the cluster is taken."
        reader.note("connect", said, "give the namespace in service_connect_configuration.")
    if port:
        task.expose(name, port, port_name=PORT_NAME)
        clients = [{"port": port, "dns_name": alias or workload.name}]
        services = {"port_name": PORT_NAME, "discovery_name": f"{workload.name}-sc", "client_aliases": clients}
        configuration["services"] = [services]
    return configuration
