# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TagResource, UntagResource and ListTagsForResource.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import tags
from .errors import EcsError, invalid_parameter
from .names import last_part
from .operations import Document, operation
from .region import GONE, Region

_LONG_ARN_PARTS = {"service": 3, "task": 3, "container-instance": 3, "task-set": 5}


@operation
def tag_resource(region: Region, request: Document) -> Document:
    """Add or overwrite tags."""
    record = _find(region, request["resourceArn"])
    record.tags = tags.merged(record.tags, tags.checked(request["tags"]))
    return {}


@operation
def untag_resource(region: Region, request: Document) -> Document:
    """Remove tags by key."""
    record = _find(region, request["resourceArn"])
    for key in request["tagKeys"]:
        tags.check_key(key)
    record.tags = tags.without(record.tags, request["tagKeys"])
    return {}


@operation
def list_tags_for_resource(region: Region, request: Document) -> Document:
    """List a resource's tags."""
    return {"tags": _find(region, request["resourceArn"]).tags}


def taggable(region: Region) -> Iterator[tuple[str, Any]]:
    """Give all resources that can have tags, with their ARNs."""
    for cluster in region.clusters.values():
        if cluster.doc["status"] != GONE:
            yield cluster.doc["clusterArn"], cluster
    for service in region.services.values():
        if service.status != GONE:
            yield service.arn, service
    for family in region.families.values():
        for definition in family.revisions.values():
            yield definition.arn, definition
    yield from region.tasks.items()
    yield from region.instances.items()
    for provider in region.capacity_providers.values():
        yield provider.doc["capacityProviderArn"], provider


def _find(region: Region, arn: str) -> Any:
    """Find the record that holds a resource's tags."""
    resource = arn.partition(f":ecs:{region.name}:{region.account}:")[2]
    kind, _ignored, _ignored = resource.partition("/")
    if kind not in _FINDERS:
        raise invalid_parameter(f"Invalid arn: {arn}")
    if len(resource.split("/")) < _LONG_ARN_PARTS.get(kind, 2):
        raise invalid_parameter("Long arn format must be used for tagging operations")
    record = _FINDERS[kind](region, arn)
    if record is None:
        word = "cluster" if kind == "cluster" else kind.replace("-", " ")
        code = "ClusterNotFoundException" if kind == "cluster" else "InvalidParameterException"
        raise EcsError(code, f"The specified {word} is not found or not active. Specify a valid {word} and try again.")
    return record


def _cluster(region: Region, arn: str) -> Any:
    return region.find_cluster(arn)


def _service(region: Region, arn: str) -> Any:
    living = (service for service in region.services.values() if service.status != GONE)
    return next((service for service in living if service.arn == arn), None)


def _definition(region: Region, arn: str) -> Any:
    return region.find_definition(arn)


def _task(region: Region, arn: str) -> Any:
    return region.tasks.get(arn)


def _instance(region: Region, arn: str) -> Any:
    return region.instances.get(arn)


def _provider(region: Region, arn: str) -> Any:
    return region.capacity_providers.get(last_part(arn))


def _task_set(region: Region, arn: str) -> Any:
    held = (item for service in region.services.values() for item in service.task_sets)
    return next((item for item in held if item.doc["taskSetArn"] == arn), None)


_FINDERS = {
    "cluster": _cluster,
    "service": _service,
    "task-definition": _definition,
    "task": _task,
    "container-instance": _instance,
    "capacity-provider": _provider,
    "task-set": _task_set,
}
