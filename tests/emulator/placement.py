# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service's next task goes, and how many tasks a service wants.

Fargate and Managed Instances always have room. On EC2 a task goes to the ACTIVE container instance with the fewest
tasks; resources, ports, constraints and strategies are not looked at yet, and Auto Scaling groups do not scale yet.
"""

from __future__ import annotations

from . import strategies
from .records import Deployment, Service, TaskDefinition
from .region import Region
from .tags import Tags, merged
from .tasks import Launch

NO_INSTANCE = (
    "was unable to place a task because no container instance met all of its requirements. Reason: No Container "
    "Instances were found in your cluster."
)


def desired_count(region: Region, service: Service) -> int:
    """A REPLICA service's desired count, or a DAEMON's number of instances."""
    if service.doc["schedulingStrategy"] == "DAEMON":
        service.doc["desiredCount"] = len(active_instances(region, service.cluster))
    return int(service.doc["desiredCount"])


def active_instances(region: Region, cluster: str) -> list[str]:
    """The ARNs of the container instances that take tasks."""
    return [arn for arn, item in region.instances.items() if item.cluster == cluster and item.doc["status"] == "ACTIVE"]


def least_loaded(region: Region, cluster: str) -> str | None:
    """Choose the instance with the fewest tasks."""
    load = dict.fromkeys(active_instances(region, cluster), 0)
    for task in region.tasks_of(cluster):
        instance = task.doc.get("containerInstanceArn")
        if instance in load and not task.stopping:
            load[instance] += 1
    return min(load, key=load.__getitem__) if load else None


def launch_type_of(region: Region, provider: str) -> str:
    """Give the launch type that tasks of a capacity provider show."""
    if provider in strategies.FARGATE_PROVIDERS:
        return "FARGATE"
    held = region.capacity_providers.get(provider)
    managed = held is not None and held.doc["type"] == "MANAGED_INSTANCES"
    return "MANAGED_INSTANCES" if managed else "EC2"


def launch(region: Region, service: Service, deployment: Deployment) -> Launch | None:
    """Plan a service's next task; None if there is no room for it."""
    settings = deployment.settings
    provider = (
        strategies.first_provider(settings["capacityProviderStrategy"])
        if settings.get("capacityProviderStrategy")
        else None
    )
    kind = launch_type_of(region, provider) if provider else settings.get("launchType", "EC2")
    instance = None
    if kind in ("EC2", "EXTERNAL"):
        instance = least_loaded(region, service.cluster)
        if instance is None:
            return None
    return Launch(
        cluster=service.cluster,
        definition=deployment.definition,
        launch_type=kind,
        group=f"service:{service.name}",
        started_by=deployment.id,
        capacity_provider=provider,
        network=settings.get("networkConfiguration"),
        container_instance=instance,
        tags=_tags(service, deployment.definition),
        execute_command=bool(service.doc.get("enableExecuteCommand")),
        volumes=settings.get("volumeConfigurations", []),
        load_balancers=settings.get("loadBalancers", []),
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
