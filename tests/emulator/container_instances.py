# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on container instances and their attributes.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_instances.html and the botocore ECS model. Instances
come from the call that the agent makes, from EC2 (fleet.py), and from the control `/_emulator/instances`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from . import cluster_query, instances, machines, room, tags
from .errors import EcsError, failure, invalid_parameter
from .names import is_arn, last_part
from .operations import Document, operation
from .paging import page
from .records import Cluster, ContainerInstance
from .region import Region

Act = Callable[[ContainerInstance], Document]

_DESCRIBE_LIMIT = 100
_UPDATE_LIMIT = 10
_ATTRIBUTES_LIMIT = 10
_SMALL = machines.machine("t3.medium")
_STATUSES = ("ACTIVE", "DRAINING")
# The steps of an agent's update and their times: the names are those of the model, the times guesses.
_UPDATE_STEPS = ((0.0, "PENDING"), (5.0, "STAGING"), (10.0, "STAGED"), (15.0, "UPDATING"), (30.0, "UPDATED"))
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_./\\-]{1,128}\Z")
_RESERVED_ATTRIBUTES = ("ecs.", "com.amazonaws.ecs.")


@operation
def register_container_instance(region: Region, request: Document) -> Document:
    """Register an instance by its identity document."""
    cluster = region.cluster(request.get("cluster"))
    identity = _identity(request)
    doc = instances.document(region, cluster, identity["instanceId"]) | {
        "versionInfo": request.get("versionInfo", {}),
        "registeredResources": request.get("totalResources") or _SMALL.resources,
        "attributes": request.get("attributes", []),
    }
    zone = str(identity.get("availabilityZone", f"{region.name}a"))
    instance = ContainerInstance(doc, cluster.name, tags.checked(request.get("tags")), zone)
    region.instances[instance.arn] = instance
    instances.wake(region, cluster.name)
    return {"containerInstance": view(region, instance, {"TAGS"})}


def _identity(request: Document) -> Document:
    try:
        identity = json.loads(request.get("instanceIdentityDocument", ""))
        return {**identity, "instanceId": str(identity["instanceId"])}
    except (ValueError, KeyError, TypeError):
        raise invalid_parameter("The instance identity document is not valid.") from None


@operation
def deregister_container_instance(region: Region, request: Document) -> Document:
    """Take an instance out of its cluster; with running tasks only by force.

    AWS orphans the tasks: they go on unseen, and services start others. Here they stop.
    """
    cluster = region.cluster(request.get("cluster"))
    instance = find(region, cluster, request["containerInstance"])
    if instance is None:
        raise invalid_parameter("Container instance not found.")
    running = [task for task in instances.tasks_on(region, instance) if not task.stopping]
    if running and not request.get("force"):
        raise invalid_parameter("Found running tasks on the instance.")
    shown = view(region, instance, {"TAGS"}) | {"status": "INACTIVE", "agentConnected": False}
    instances.remove(region, instance, "ServiceSchedulerInitiated", "Container instance was deregistered.")
    return {"containerInstance": shown}


@operation
def describe_container_instances(region: Region, request: Document) -> Document:
    """Describe up to a hundred instances."""
    cluster = region.cluster(request.get("cluster"))
    references = request["containerInstances"]
    if not 1 <= len(references) <= _DESCRIBE_LIMIT:
        raise invalid_parameter("Container instances cannot be empty and can have at most 100 items.")
    include = set(request.get("include", []))
    return _each(region, cluster, references, lambda instance: view(region, instance, include))


@operation
def update_container_instances_state(region: Region, request: Document) -> Document:
    """Set instances ACTIVE or DRAINING."""
    cluster = region.cluster(request.get("cluster"))
    if request["status"] not in _STATUSES:
        raise invalid_parameter("Container instances status should be one of [ACTIVE,DRAINING]")
    if len(request["containerInstances"]) > _UPDATE_LIMIT:
        raise invalid_parameter(f"Container instances can have at most {_UPDATE_LIMIT} items.")

    def change(instance: ContainerInstance) -> Document:
        instances.set_status(region, instance, request["status"])
        return view(region, instance, {"TAGS"})

    return _each(region, cluster, request["containerInstances"], change)


@operation
def update_container_agent(region: Region, request: Document) -> Document:
    """Update the agent of an instance; it takes half a minute.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerAgent.html
    """
    cluster = region.cluster(request.get("cluster"))
    instance = find(region, cluster, request["containerInstance"])
    if instance is None:
        raise invalid_parameter("Container instance not found.")
    version = instance.doc["versionInfo"].get("agentVersion")
    if not version:
        text = "Amazon ECS is unable to determine the current version of the container agent on the container instance."
        raise EcsError("MissingVersionException", text)
    if version == machines.AGENT_VERSION:
        raise EcsError("NoUpdateAvailableException", "There is no update available for your container agent.")
    if instance.doc.get("agentUpdateStatus", "UPDATED") not in ("UPDATED", "FAILED"):
        raise EcsError("UpdateInProgressException", "There is already an update in progress for your container agent.")
    for seconds, status in _UPDATE_STEPS:
        region.timeline.after(seconds, lambda status=status: _update_agent(instance, status))  # type: ignore[misc]
    instance.doc["agentUpdateStatus"] = "PENDING"
    return {"containerInstance": view(region, instance, {"TAGS"})}


def _update_agent(instance: ContainerInstance, status: str) -> None:
    instance.doc["agentUpdateStatus"] = status
    instance.doc["version"] += 1
    if status == "UPDATED":
        instance.doc["versionInfo"] = machines.version_info()


@operation
def list_container_instances(region: Region, request: Document) -> Document:
    """List a cluster's instances: those of a status, and those that a filter in the cluster query language fits."""
    cluster = region.cluster(request.get("cluster"))
    expression = request.get("filter")
    arns = [
        instance.arn
        for instance in region.instances.values()
        if instance.cluster == cluster.name
        and request.get("status", instance.status) == instance.status
        and (not expression or cluster_query.fits(expression, room.facts_of(region, instance)))
    ]
    chosen, following = page(arns, request)
    return {"containerInstanceArns": chosen, **following}


def _each(region: Region, cluster: Cluster, references: list[str], act: Act) -> Document:
    found, failures = [], []
    for reference in references:
        instance = find(region, cluster, reference)
        if instance is None:
            failures.append(failure(_arn(region, cluster, reference)))
        else:
            found.append(act(instance))
    return {"containerInstances": found, "failures": failures}


def _arn(region: Region, cluster: Cluster, reference: str) -> str:
    return reference if is_arn(reference) else region.arn(f"container-instance/{cluster.name}/{reference}")


def find(region: Region, cluster: Cluster, reference: str) -> ContainerInstance | None:
    """Find an instance of a cluster by its ARN or its id."""
    instance = region.instances.get(_arn(region, cluster, reference))
    return instance if instance is not None and instance.cluster == cluster.name else None


def view(region: Region, instance: ContainerInstance, include: set[str]) -> Document:
    """Show an instance as DescribeContainerInstances does."""
    placed = instances.tasks_on(region, instance)
    shown = {
        **instance.doc,
        "remainingResources": room.remaining(region, instance),
        "runningTasksCount": sum(task.running for task in placed),
        "pendingTasksCount": sum(task.pending for task in placed),
        "tags": instance.tags if "TAGS" in include else [],
    }
    if "CONTAINER_INSTANCE_HEALTH" in include:
        shown["healthStatus"] = _health(region, instance)
    return shown


def _health(region: Region, instance: ContainerInstance) -> Document:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-health.html"""
    status = instance.health if instance.doc["agentConnected"] else "INSUFFICIENT_DATA"
    now = region.timeline.stamp()
    registered = instance.doc["registeredAt"]
    detail = {"type": "CONTAINER_RUNTIME", "status": status, "lastUpdated": now, "lastStatusChange": registered}
    return {"overallStatus": status, "details": [detail]}


@operation
def put_attributes(region: Region, request: Document) -> Document:
    """Set attributes of container instances.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html; that built-in names are refused,
    and with what, is a guess.
    """
    cluster = region.cluster(request.get("cluster"))
    targets = _targets(region, cluster, request["attributes"])
    for attribute, instance in targets:
        if not _ATTRIBUTE_NAME.match(attribute["name"]) or attribute["name"].startswith(_RESERVED_ATTRIBUTES):
            raise invalid_parameter(f"The attribute name '{attribute['name']}' is invalid.")
        own = {name for name in instance.attributes if not name.startswith(_RESERVED_ATTRIBUTES)}
        if len(own | {attribute["name"]}) > _ATTRIBUTES_LIMIT:
            raise EcsError(
                "AttributeLimitExceededException", "You can apply up to 10 custom attributes for each resource."
            )
    for attribute, instance in targets:
        pair = {name: attribute[name] for name in ("name", "value") if name in attribute}
        instance.doc["attributes"] = [*_without(instance, attribute["name"]), pair]
    instances.wake(region, cluster.name)
    return {"attributes": request["attributes"]}


@operation
def delete_attributes(region: Region, request: Document) -> Document:
    """Remove attributes of container instances; one that is given with another value stays (a guess)."""
    cluster = region.cluster(request.get("cluster"))
    for attribute, instance in _targets(region, cluster, request["attributes"]):
        held = instance.attributes.get(attribute["name"])
        if attribute.get("value", held) == held:
            instance.doc["attributes"] = _without(instance, attribute["name"])
    return {"attributes": request["attributes"]}


def _without(instance: ContainerInstance, name: str) -> list[Document]:
    return [item for item in instance.doc["attributes"] if item["name"] != name]


def _targets(region: Region, cluster: Cluster, attributes: list[Document]) -> list[tuple[Document, ContainerInstance]]:
    if len(attributes) > _ATTRIBUTES_LIMIT:
        raise invalid_parameter(f"You can specify up to {_ATTRIBUTES_LIMIT} attributes in a single call.")
    return [(attribute, _target(region, cluster, attribute)) for attribute in attributes]


def _target(region: Region, cluster: Cluster, attribute: Document) -> ContainerInstance:
    instance = find(region, cluster, attribute.get("targetId", ""))
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
