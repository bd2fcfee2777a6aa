# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container instances and their attributes.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/create-capacity.html. Instances are registered by the call
that the agent makes; the emulator starts none by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from . import room, scaling, tags, tasks
from .errors import EcsError, failure, invalid_parameter
from .names import hex_id, is_arn, last_part
from .operations import Document, operation
from .paging import page
from .records import Cluster, ContainerInstance, Task
from .region import Region

Act = Callable[[ContainerInstance], Document]

_DESCRIBE_LIMIT = 100
_UPDATE_LIMIT = 10
_DEFAULT_CPU = 2048
_DEFAULT_MEMORY = 3955
_RESERVED_PORTS = ["22", "2376", "2375", "51678"]


@operation
def register_container_instance(region: Region, request: Document) -> Document:
    """Register an instance by its identity document."""
    cluster = region.cluster(request.get("cluster"))
    identity = _identity(request)
    arn = region.arn(f"container-instance/{cluster.name}/{hex_id()}")
    resources = request.get("totalResources") or _resources()
    doc = {
        "containerInstanceArn": arn,
        "ec2InstanceId": identity["instanceId"],
        "version": 1,
        "versionInfo": request.get("versionInfo", {}),
        "registeredResources": resources,
        "remainingResources": resources,
        "status": "ACTIVE",
        "agentConnected": True,
        "attributes": request.get("attributes", []),
        "registeredAt": region.timeline.stamp(),
        "attachments": [],
    }
    zone = str(identity.get("availabilityZone", f"{region.name}a"))
    region.instances[arn] = ContainerInstance(doc, cluster.name, tags.checked(request.get("tags")), zone)
    _wake_services(region, cluster)
    return {"containerInstance": _view(region, region.instances[arn], with_tags=True)}


def _identity(request: Document) -> Document:
    try:
        identity = json.loads(request.get("instanceIdentityDocument", ""))
        return {**identity, "instanceId": str(identity["instanceId"])}
    except (ValueError, KeyError, TypeError):
        raise invalid_parameter("The instance identity document is not valid.") from None


def _resources() -> list[Document]:
    """A small instance, as the sample output of describe-container-instances shows it."""

    def number(name: str, value: int) -> Document:
        return {"name": name, "type": "INTEGER", "doubleValue": 0.0, "longValue": 0, "integerValue": value}

    ports = {"name": "PORTS", "type": "STRINGSET", "doubleValue": 0.0, "longValue": 0, "integerValue": 0}
    return [number("CPU", _DEFAULT_CPU), number("MEMORY", _DEFAULT_MEMORY), ports | {"stringSetValue": _RESERVED_PORTS}]


def _wake_services(region: Region, cluster: Cluster) -> None:
    """Let the scheduler use the changed capacity."""
    for service in region.services_of(cluster.name):
        scaling.schedule(region, service)


@operation
def deregister_container_instance(region: Region, request: Document) -> Document:
    """Take an instance out of its cluster; with running tasks only by force."""
    cluster = region.cluster(request.get("cluster"))
    instance = _find(region, cluster, request["containerInstance"])
    if instance is None:
        raise invalid_parameter("Container instance not found.")
    running = [task for task in _tasks_on(region, instance) if not task.stopping]
    if running and not request.get("force"):
        raise invalid_parameter("Found running tasks on the instance.")
    instance.doc |= {"status": "INACTIVE", "agentConnected": False}
    shown = _view(region, instance, with_tags=True)
    del region.instances[instance.doc["containerInstanceArn"]]
    for task in running:
        # AWS orphans the tasks; services replace theirs, so here they stop.
        tasks.stop(region, task, "ServiceSchedulerInitiated", "Container instance was deregistered.")
    return {"containerInstance": shown}


@operation
def describe_container_instances(region: Region, request: Document) -> Document:
    """Describe up to a hundred instances."""
    cluster = region.cluster(request.get("cluster"))
    references = request["containerInstances"]
    if not 1 <= len(references) <= _DESCRIBE_LIMIT:
        raise invalid_parameter("Container instances cannot be empty and can have at most 100 items.")
    with_tags = "TAGS" in request.get("include", [])
    return _each(region, cluster, references, lambda instance: _view(region, instance, with_tags))


@operation
def update_container_instances_state(region: Region, request: Document) -> Document:
    """Set instances ACTIVE or DRAINING."""
    cluster = region.cluster(request.get("cluster"))
    if request["status"] not in ("ACTIVE", "DRAINING"):
        raise invalid_parameter("Container instances status should be one of [ACTIVE,DRAINING]")
    if len(request["containerInstances"]) > _UPDATE_LIMIT:
        raise invalid_parameter(f"Container instances can have at most {_UPDATE_LIMIT} items.")

    def change(instance: ContainerInstance) -> Document:
        instance.doc["status"] = request["status"]
        if request["status"] == "DRAINING":
            _drain(region, instance)
        return _view(region, instance, with_tags=True)

    answer = _each(region, cluster, request["containerInstances"], change)
    _wake_services(region, cluster)
    return answer


def _drain(region: Region, instance: ContainerInstance) -> None:
    """Stop the service tasks on an instance; AWS does it within the service's percents, the emulator at once."""
    for task in _tasks_on(region, instance):
        if task.service_name is not None:
            tasks.stop(region, task, "ServiceSchedulerInitiated", "Container instance is being drained.")


@operation
def list_container_instances(region: Region, request: Document) -> Document:
    """List a cluster's instances; filters in the cluster query language are not evaluated."""
    cluster = region.cluster(request.get("cluster"))
    if "filter" in request:
        raise EcsError("InvalidAction", "The emulator does not evaluate filters of ListContainerInstances.")
    arns = [
        arn
        for arn, item in region.instances.items()
        if item.cluster == cluster.name and request.get("status", item.doc["status"]) == item.doc["status"]
    ]
    chosen, following = page(arns, request)
    return {"containerInstanceArns": chosen, **following}


def _each(region: Region, cluster: Cluster, references: list[str], act: Act) -> Document:
    found, failures = [], []
    for reference in references:
        instance = _find(region, cluster, reference)
        if instance is None:
            failures.append(failure(_arn(region, cluster, reference)))
        else:
            found.append(act(instance))
    return {"containerInstances": found, "failures": failures}


def _arn(region: Region, cluster: Cluster, reference: str) -> str:
    return reference if is_arn(reference) else region.arn(f"container-instance/{cluster.name}/{reference}")


def _find(region: Region, cluster: Cluster, reference: str) -> ContainerInstance | None:
    instance = region.instances.get(_arn(region, cluster, reference))
    return instance if instance is not None and instance.cluster == cluster.name else None


def _tasks_on(region: Region, instance: ContainerInstance) -> list[Task]:
    arn = instance.doc["containerInstanceArn"]
    return [task for task in region.tasks_of(instance.cluster) if task.doc.get("containerInstanceArn") == arn]


def _view(region: Region, instance: ContainerInstance, with_tags: bool) -> Document:
    placed = _tasks_on(region, instance)
    return {
        **instance.doc,
        "remainingResources": room.remaining(region, instance),
        "runningTasksCount": sum(task.running for task in placed),
        "pendingTasksCount": sum(task.pending for task in placed),
        "tags": instance.tags if with_tags else [],
    }


@operation
def put_attributes(region: Region, request: Document) -> Document:
    """Set attributes of container instances."""
    cluster = region.cluster(request.get("cluster"))
    for attribute in request["attributes"]:
        instance = _target(region, cluster, attribute)
        kept = [item for item in instance.doc["attributes"] if item["name"] != attribute["name"]]
        pair = {name: attribute[name] for name in ("name", "value") if name in attribute}
        instance.doc["attributes"] = [*kept, pair]
    return {"attributes": request["attributes"]}


@operation
def delete_attributes(region: Region, request: Document) -> Document:
    """Remove attributes of container instances."""
    cluster = region.cluster(request.get("cluster"))
    for attribute in request["attributes"]:
        instance = _target(region, cluster, attribute)
        kept = [item for item in instance.doc["attributes"] if item["name"] != attribute["name"]]
        instance.doc["attributes"] = kept
    return {"attributes": request["attributes"]}


def _target(region: Region, cluster: Cluster, attribute: Document) -> ContainerInstance:
    instance = _find(region, cluster, attribute.get("targetId", ""))
    if instance is None:
        raise EcsError("TargetNotFoundException", f"Could not find target {last_part(attribute.get('targetId', ''))}.")
    return instance


@operation
def list_attributes(region: Region, request: Document) -> Document:
    """List the attributes of a cluster's instances."""
    cluster = region.cluster(request.get("cluster"))
    listed = [
        {**attribute, "targetId": arn}
        for arn, instance in region.instances.items()
        if instance.cluster == cluster.name
        for attribute in instance.doc["attributes"]
        if request.get("attributeName", attribute["name"]) == attribute["name"]
        and request.get("attributeValue", attribute.get("value")) == attribute.get("value")
    ]
    chosen, following = page(listed, request)
    return {"attributes": chosen, **following}
