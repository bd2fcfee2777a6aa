# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service's next task goes, and how many tasks a service wants.

Fargate and Managed Instances have room unless `/_emulator/capacity` says otherwise. On EC2 a task goes to the ACTIVE
container instance with the fewest tasks that it fits on; strategies are not looked at yet, and Auto Scaling groups do
not scale yet.
"""

from __future__ import annotations

from typing import Any

from . import capacity, room, strategies
from .capacity import Refusal
from .records import Deployment, Service, TaskDefinition
from .region import Region
from .tags import Tags, merged
from .tasks import Launch

Document = dict[str, Any]


def desired_count(region: Region, service: Service) -> int:
    """A REPLICA service's desired count, or a DAEMON's number of instances."""
    if service.doc["schedulingStrategy"] == "DAEMON":
        service.doc["desiredCount"] = len(active_instances(region, service.cluster))
    return int(service.doc["desiredCount"])


def active_instances(region: Region, cluster: str) -> list[str]:
    """The ARNs of the container instances that take tasks."""
    return [arn for arn, item in region.instances.items() if item.cluster == cluster and item.doc["status"] == "ACTIVE"]


def choose(
    region: Region, cluster: str, definition: TaskDefinition, group: str, constraints: list[Document]
) -> str | Refusal:
    """Choose the instance with the fewest tasks out of those that a task fits on."""
    misfits: dict[str, str] = {}
    load: dict[str, int] = {}
    for arn in active_instances(region, cluster):
        instance = region.instances[arn]
        wrong = room.misfit(region, instance, definition, group, constraints)
        if wrong is None:
            load[arn] = len(room.tasks_on(region, instance))
        else:
            misfits[arn] = wrong
    return min(load, key=load.__getitem__) if load else capacity.no_instance(misfits)


def launch_type_of(region: Region, provider: str) -> str:
    """Give the launch type that tasks of a capacity provider show."""
    if provider in strategies.FARGATE_PROVIDERS:
        return "FARGATE"
    held = region.capacity_providers.get(provider)
    managed = held is not None and held.doc["type"] == "MANAGED_INSTANCES"
    return "MANAGED_INSTANCES" if managed else "EC2"


def launch(region: Region, service: Service, deployment: Deployment) -> Launch | Refusal:
    """Plan a service's next task, or say why it cannot be launched."""
    settings = deployment.settings
    provider = (
        strategies.first_provider(settings["capacityProviderStrategy"])
        if settings.get("capacityProviderStrategy")
        else None
    )
    kind = launch_type_of(region, provider) if provider else settings.get("launchType", "EC2")
    group = f"service:{service.name}"
    refused = capacity.role_refusal(region, deployment.definition, {})
    refused = refused or capacity.refusal(region, kind, provider, active_instances(region, service.cluster))
    if refused is not None:
        return refused
    instance = None
    if kind in ("EC2", "EXTERNAL"):
        constraints = service.doc["placementConstraints"]
        chosen = choose(region, service.cluster, deployment.definition, group, constraints)
        if isinstance(chosen, Refusal):
            return chosen
        instance = chosen
    return Launch(
        cluster=service.cluster,
        definition=deployment.definition,
        launch_type=kind,
        group=group,
        started_by=deployment.id,
        capacity_provider=provider,
        network=settings.get("networkConfiguration"),
        container_instance=instance,
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
