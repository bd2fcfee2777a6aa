# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Task sets of services with the EXTERNAL controller.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-external.html. A task set counts its tasks
and becomes stable by the clock; the emulator starts no tasks for it.
"""

from __future__ import annotations

import math

from . import neighbours, revisions, service_document, strategies, tags
from . import task_definitions as definitions
from .clusters import on_fargate
from .errors import EcsError, failure, invalid_parameter, service_not_active, service_not_found
from .names import deployment_digits, last_part
from .operations import Document, operation
from .records import Service, TaskSet
from .region import Region

# How long the tasks of a set take to run; AWS gives no number.
STABLE_SECONDS = 15.0
_LIMIT = 5


@operation
def create_task_set(region: Region, request: Document) -> Document:
    """Create a task set."""
    service = _service(region, request)
    if len(service.task_sets) >= _LIMIT:
        raise EcsError("LimitExceededException", f"A service can have at most {_LIMIT} task sets.")
    definition = definitions.usable(region, request["taskDefinition"])
    digits = deployment_digits()
    now = region.timeline.stamp()
    doc: Document = {
        "id": f"ecs-svc/{digits}",
        "taskSetArn": region.arn(f"task-set/{service.cluster}/{service.name}/ecs-svc/{digits}"),
        "serviceArn": service.arn,
        "clusterArn": service.doc["clusterArn"],
        "status": "ACTIVE",
        "taskDefinition": definition.arn,
        "createdAt": now,
        "updatedAt": now,
        "loadBalancers": request.get("loadBalancers", []),
        "serviceRegistries": request.get("serviceRegistries", []),
        "scale": {"value": 0.0, "unit": "PERCENT"} | request.get("scale", {}),
        "pendingCount": 0,
        "runningCount": 0,
    }
    doc |= {name: request[name] for name in ("externalId", "startedBy") if name in request}
    if request.get("capacityProviderStrategy"):
        doc["capacityProviderStrategy"] = strategies.filled(request["capacityProviderStrategy"])
    else:
        doc["launchType"] = request.get("launchType", "EC2")
    if "networkConfiguration" in request:
        doc["networkConfiguration"] = service_document.network(request["networkConfiguration"])
        neighbours.check_network(region, doc["networkConfiguration"])
    if on_fargate(doc):
        doc["platformVersion"] = revisions.resolved_platform(request.get("platformVersion", "LATEST"))
    task_set = TaskSet(doc, tags.checked(request.get("tags")))
    service.task_sets.append(task_set)
    _rescale(region, service, task_set)
    return {"taskSet": _view(task_set, with_tags=True)}


def _service(region: Region, request: Document) -> Service:
    cluster = region.cluster(request["cluster"])
    service = region.find_service(cluster, request["service"])
    if service is None:
        raise service_not_found()
    if service.status != "ACTIVE":
        raise service_not_active()
    if service.controller != "EXTERNAL":
        raise invalid_parameter("Task sets can only be used by services with the EXTERNAL deployment controller.")
    return service


def _rescale(region: Region, service: Service, task_set: TaskSet) -> None:
    """Compute the count (rounded up: botocore ECS model, TaskSet.computedDesiredCount) and become stable later."""
    count = math.ceil(service.doc["desiredCount"] * task_set.doc["scale"]["value"] / 100)
    now = region.timeline.stamp()
    task_set.doc |= {
        "computedDesiredCount": count,
        "stabilityStatus": "STABILIZING",
        "stabilityStatusAt": now,
        "updatedAt": now,
    }
    region.timeline.after(STABLE_SECONDS, lambda: _stable(region, task_set, count))


def _stable(region: Region, task_set: TaskSet, count: int) -> None:
    if task_set.doc["computedDesiredCount"] == count:
        task_set.doc |= {
            "runningCount": count,
            "stabilityStatus": "STEADY_STATE",
            "stabilityStatusAt": region.timeline.stamp(),
        }


def _find(service: Service, reference: str) -> TaskSet:
    for task_set in service.task_sets:
        if last_part(reference) == last_part(task_set.id):
            return task_set
    raise EcsError("TaskSetNotFoundException", "The specified task set was not found.")


@operation
def update_task_set(region: Region, request: Document) -> Document:
    """Change the scale."""
    service = _service(region, request)
    task_set = _find(service, request["taskSet"])
    task_set.doc["scale"] = task_set.doc["scale"] | request["scale"]
    _rescale(region, service, task_set)
    return {"taskSet": _view(task_set, with_tags=True)}


@operation
def delete_task_set(region: Region, request: Document) -> Document:
    """Delete a task set; one with a scale above 0 only by force."""
    service = _service(region, request)
    task_set = _find(service, request["taskSet"])
    if task_set.doc["scale"]["value"] > 0 and not request.get("force"):
        raise invalid_parameter("The task set cannot be deleted while it is scaled above 0.")
    service.task_sets.remove(task_set)
    task_set.doc["status"] = "DRAINING"
    return {"taskSet": _view(task_set, with_tags=True)}


@operation
def describe_task_sets(region: Region, request: Document) -> Document:
    """Describe all task sets of a service, or some."""
    service = _service(region, request)
    with_tags = "TAGS" in request.get("include", [])
    found, failures = [], []
    for reference in request.get("taskSets") or [task_set.id for task_set in service.task_sets]:
        try:
            found.append(_view(_find(service, reference), with_tags))
        except EcsError:
            failures.append(failure(reference))
    return {"taskSets": found, "failures": failures}


@operation
def update_service_primary_task_set(region: Region, request: Document) -> Document:
    """Make a task set PRIMARY; the one that was becomes ACTIVE."""
    service = _service(region, request)
    primary = _find(service, request["primaryTaskSet"])
    for task_set in service.task_sets:
        task_set.doc["status"] = "PRIMARY" if task_set is primary else "ACTIVE"
    primary.doc["updatedAt"] = region.timeline.stamp()
    service.doc["taskDefinition"] = primary.doc["taskDefinition"]
    return {"taskSet": _view(primary, with_tags=True)}


def _view(task_set: TaskSet, with_tags: bool) -> Document:
    return {**task_set.doc, "tags": task_set.tags if with_tags else []}
