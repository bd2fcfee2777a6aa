# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task goes, and how many tasks a service wants.

Fargate has room unless `/_emulator/capacity` says otherwise. On container instances: those that the task fits on, out
of them the best by the placement strategies, one after the other
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html).
"""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from . import capacity, neighbours, room, strategies
from .capacity import Refusal
from .records import ContainerInstance, Deployment, Service, TaskDefinition
from .region import Region
from .room import Wish
from .tags import Tags, merged
from .tasks import Launch

Document = dict[str, Any]

ON_INSTANCES = ("EC2", "EXTERNAL", "MANAGED_INSTANCES")
# The zone is AWS's default; what decides between the instances of a zone is a guess.
_DEFAULT_STRATEGY = [
    {"type": "spread", "field": "attribute:ecs.availability-zone"},
    {"type": "spread", "field": "instanceId"},
]


def desired_count(region: Region, service: Service) -> int:
    """A REPLICA service's desired count, or a DAEMON's number of instances that fit.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html#service_scheduler_daemon
    """
    if service.doc["schedulingStrategy"] == "DAEMON":
        definition = region.find_definition(service.doc["taskDefinition"])
        if definition is not None:
            wish = wish_of(region, service, definition, service.doc)
            wish.once = False
            unmet = [room.unmet_constraint(region, item, wish) for item in candidates(region, service.cluster, wish)]
            service.doc["desiredCount"] = unmet.count(None)
    return int(service.doc["desiredCount"])


def active_instances(region: Region, cluster: str) -> list[str]:
    """The ARNs of the container instances that take tasks."""
    return [arn for arn, item in region.instances.items() if item.cluster == cluster and item.status == "ACTIVE"]


def candidates(region: Region, cluster: str, wish: Wish) -> list[ContainerInstance]:
    """The instances that a task may be placed on at all: ACTIVE, of its launch type and of its capacity provider."""
    active = [region.instances[arn] for arn in active_instances(region, cluster)]
    active = [item for item in active if item.external == (wish.launch_type == "EXTERNAL")]
    if wish.provider is not None:
        return [item for item in active if item.doc.get("capacityProviderName") == wish.provider]
    return active


def choose(region: Region, cluster: str, wish: Wish) -> str | Refusal:
    """Choose the instance for a task."""
    misfits: dict[str, str] = {}
    fitting: list[ContainerInstance] = []
    for instance in candidates(region, cluster, wish):
        wrong = room.misfit(region, instance, wish)
        if wrong is None:
            fitting.append(instance)
        else:
            misfits[instance.arn] = wrong
    if not fitting:
        return capacity.no_instance(misfits, wish.provider)
    for strategy in wish.strategy or _DEFAULT_STRATEGY:
        fitting = _best(region, fitting, strategy, wish)
    return fitting[0].arn


def _best(region: Region, fitting: list[ContainerInstance], strategy: Document, wish: Wish) -> list[ContainerInstance]:
    if strategy["type"] == "random":
        return [secrets.choice(fitting)]
    field = strategy.get("field", "instanceId")
    if strategy["type"] == "binpack":
        left = {item.arn: _left(region, item, field) for item in fitting}
        least = min(left.values())
        return [item for item in fitting if left[item.arn] == least]
    counts: Counter[str] = Counter()
    for instance in region.instances.values():
        if instance.cluster == fitting[0].cluster:
            mates = [task for task in room.tasks_on(region, instance) if task.doc["group"] == wish.group]
            counts[_value(instance, field)] += sum(not task.stopping for task in mates)
    fewest = min(counts[_value(item, field)] for item in fitting)
    return [item for item in fitting if counts[_value(item, field)] == fewest]


def _left(region: Region, instance: ContainerInstance, field: str) -> int:
    resources = {item["name"]: item["integerValue"] for item in room.remaining(region, instance)}
    return int(resources.get(field.upper(), 0))


def _value(instance: ContainerInstance, field: str) -> str:
    """Give what instances are spread by: themselves, or an attribute."""
    if field in ("instanceId", "host"):
        return instance.arn
    name = field.removeprefix("attribute:")
    if name == "ecs.availability-zone":
        return instance.attributes.get(name) or instance.availability_zone
    return instance.attributes.get(name) or ""


def launch_type_of(region: Region, provider: str) -> str:
    """Give the launch type that tasks of a capacity provider show."""
    if provider in strategies.FARGATE_PROVIDERS:
        return "FARGATE"
    held = region.capacity_providers.get(provider)
    managed = held is not None and held.doc["type"] == "MANAGED_INSTANCES"
    return "MANAGED_INSTANCES" if managed else "EC2"


def waits_for_capacity(region: Region, provider: str | None) -> bool:
    """Tell whether a task without room becomes PROVISIONING, since the provider gets more instances by itself.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
    """
    held = region.capacity_providers.get(provider or "")
    if held is None:
        return False
    scaling = held.doc.get("autoScalingGroupProvider", {}).get("managedScaling", {"status": "ENABLED"})
    return bool(scaling["status"] == "ENABLED")


def wish_of(region: Region, service: Service, definition: TaskDefinition, settings: Document) -> Wish:
    """Say what a service's next task looks for."""
    strategy = settings.get("capacityProviderStrategy")
    provider = strategies.next_provider(strategy, service.tasks) if strategy else None
    return Wish(
        definition=definition,
        group=f"service:{service.name}",
        launch_type=settings.get("launchType", "EC2"),
        provider=provider,
        constraints=service.doc["placementConstraints"],
        strategy=service.doc["placementStrategy"],
        zones=zones(region, settings.get("networkConfiguration")),
        once=service.doc["schedulingStrategy"] == "DAEMON",
    )


def zones(region: Region, network: Document | None) -> set[str]:
    """Give the zones in which a task may have its network interface; none if it has no interface of its own."""
    subnets = (network or {}).get("awsvpcConfiguration", {}).get("subnets", [])
    return {neighbours.availability_zone(region, subnet) for subnet in subnets}


def launch(region: Region, service: Service, deployment: Deployment) -> Launch | Refusal:
    """Plan a service's next task, or say why it cannot be launched."""
    settings = deployment.settings
    wish = wish_of(region, service, deployment.definition, settings)
    provider = wish.provider
    kind = launch_type_of(region, provider) if provider else wish.launch_type
    wish.launch_type = kind
    refused = capacity.role_refusal(region, deployment.definition, {})
    refused = refused or capacity.refusal(region, kind, provider, active_instances(region, service.cluster))
    if refused is not None:
        return refused
    chosen: str | Refusal | None = None
    if kind in ON_INSTANCES:
        chosen = choose(region, service.cluster, wish)
        if isinstance(chosen, Refusal) and not waits_for_capacity(region, provider):
            return chosen
    return Launch(
        cluster=service.cluster,
        definition=deployment.definition,
        launch_type=kind,
        group=wish.group,
        started_by=deployment.id,
        capacity_provider=provider,
        network=settings.get("networkConfiguration"),
        container_instance=chosen if isinstance(chosen, str) else None,
        wish=wish if isinstance(chosen, Refusal) else None,
        tags=_tags(service, deployment.definition),
        execute_command=bool(service.doc.get("enableExecuteCommand")),
        volumes=settings.get("volumeConfigurations", []),
        load_balancers=deployment.balancers,
        grace_seconds=float(service.doc.get("healthCheckGracePeriodSeconds", 0)),
        service_name=service.name,
    )


def _tags(service: Service, definition: TaskDefinition) -> Tags:
    """Give the tags of a service's next task, propagated and managed ones.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
    """
    sources = {"SERVICE": service.tags, "TASK_DEFINITION": definition.tags}
    propagated = sources.get(service.doc["propagateTags"], [])
    if not service.doc["enableECSManagedTags"]:
        return list(propagated)
    own = [
        {"key": "aws:ecs:serviceName", "value": service.name},
        {"key": "aws:ecs:clusterName", "value": service.cluster},
    ]
    return merged(propagated, own)
