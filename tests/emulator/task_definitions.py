# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Task definitions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definitions.html and the botocore ECS model.
"""

from __future__ import annotations

from typing import Any

from . import definition_defaults, definition_rules, sizes, tags
from .errors import client_error, failure, invalid_parameter
from .names import last_part
from .operations import Document, operation
from .paging import page
from .records import Family, TaskDefinition
from .region import Region

_DELETE_LIMIT = 10
# "can take up to 1 hour": botocore ECS model, DeleteTaskDefinitions.
_DELETE_SECONDS = 3600.0
_MAXIMUM_REVISION = 1_000_000


@operation
def register_task_definition(region: Region, request: Document) -> Document:
    """Register a revision: a new one each time, whether or not anything differs."""
    if request.get("tags") == []:
        # Unlike elsewhere in the API (kayac/ecspresso works around it).
        raise invalid_parameter("Tags can not be empty.")
    given_tags = tags.checked(request.get("tags"))
    request = request | {
        member: sizes.canonical(member, request[member]) for member in ("cpu", "memory") if member in request
    }
    definition_rules.check(request)
    family = region.families.setdefault(request["family"], Family())
    if family.last_revision >= _MAXIMUM_REVISION:
        raise client_error("The maximum number of revisions of the task definition family has been reached.")
    name = request["family"]
    region.shadows.before_write(f"task-definition/{name}", lambda: _latest(region, name))
    definition = TaskDefinition(_identified(region, request, family), given_tags)
    family.revisions[family.last_revision] = definition
    return {"taskDefinition": definition.doc, "tags": definition.tags}


def _identified(region: Region, request: Document, family: Family) -> Document:
    family.last_revision += 1
    return definition_defaults.filled(request) | {
        "taskDefinitionArn": region.arn(f"task-definition/{request['family']}:{family.last_revision}"),
        "revision": family.last_revision,
        "status": "ACTIVE",
        "registeredAt": region.timeline.stamp(),
        "registeredBy": region.caller,
    }


def _latest(region: Region, family: str) -> Document | None:
    latest = region.find_definition(family)
    return None if latest is None else {"doc": latest.doc, "tags": latest.tags}


@operation
def describe_task_definition(region: Region, request: Document) -> Document:
    """Describe a revision of any status, or a family's latest ACTIVE one."""
    reference = request["taskDefinition"]
    definition = find(region, reference)
    found = None if definition is None else {"doc": definition.doc, "tags": definition.tags}
    stale, old = region.shadows.read(f"task-definition/{last_part(reference)}")
    shown = old if stale else found
    if shown is None:
        raise client_error("Unable to describe task definition.")
    answer = {"taskDefinition": shown["doc"]}
    # The sample output of describe-task-definition has an empty list where no tags were asked for.
    answer["tags"] = shown["tags"] if "TAGS" in request.get("include", []) else []
    return answer


def find(region: Region, reference: str) -> TaskDefinition | None:
    """Find a revision; a revision that is no number is an error of its own."""
    _check_revision(reference)
    return region.find_definition(reference)


def _check_revision(reference: str) -> None:
    _ignored, colon, revision = last_part(reference).partition(":")
    if colon and not revision.isdigit():
        raise invalid_parameter(f"Invalid revision number. Number: {revision}")


def usable(region: Region, reference: str) -> TaskDefinition:
    """Find a revision for new work.

    AWS grants deregistered revisions up to ten minutes of grace (botocore ECS model, DeregisterTaskDefinition); the
    emulator refuses at once, the sterner of the two.
    """
    definition = find(region, reference)
    if definition is None:
        raise client_error("TaskDefinition not found.")
    if definition.doc["status"] != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    return definition


@operation
def deregister_task_definition(region: Region, request: Document) -> Document:
    """Make a revision INACTIVE; doing it again succeeds (a guess)."""
    reference = request["taskDefinition"]
    if ":" not in last_part(reference):
        raise client_error("Revision is missing.")
    definition = find(region, reference)
    if definition is None:
        raise client_error(
            "The specified task definition does not exist. Specify a valid account, family, revision and try again."
        )
    if definition.doc["status"] == "ACTIVE":
        definition.doc["status"] = "INACTIVE"
        definition.doc["deregisteredAt"] = region.timeline.stamp()
    return {"taskDefinition": definition.doc}


@operation
def delete_task_definitions(region: Region, request: Document) -> Document:
    """Begin to delete INACTIVE revisions; problems are reported one by one."""
    references = request["taskDefinitions"]
    if not references:
        raise invalid_parameter("References cannot be empty.")
    if len(references) > _DELETE_LIMIT:
        raise invalid_parameter(f"References cannot have more than {_DELETE_LIMIT} items.")
    deleted, failures = [], []
    for reference in references:
        definition, reason = _deletable(region, reference)
        if definition is None:
            failures.append(failure(reference, reason))
        else:
            _delete(region, definition)
            deleted.append(definition.doc)
    return {"taskDefinitions": deleted, "failures": failures}


def _deletable(region: Region, reference: str) -> tuple[TaskDefinition | None, str]:
    _ignored, _ignored, revision = last_part(reference).partition(":")
    if not revision.isdigit():
        return None, "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
    definition = region.find_definition(reference)
    if definition is None:
        return None, (
            "The specified task definition does not exist. Specify a valid account, family, revision and try again."
        )
    if definition.doc["status"] == "ACTIVE":
        return None, (
            "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
        )
    return definition, ""


def _delete(region: Region, definition: TaskDefinition) -> None:
    if definition.doc["status"] == "DELETE_IN_PROGRESS":
        return
    definition.doc["status"] = "DELETE_IN_PROGRESS"
    definition.doc["deleteRequestedAt"] = region.timeline.stamp()
    region.timeline.after(_DELETE_SECONDS, lambda: _purge(region, definition))


def _purge(region: Region, definition: TaskDefinition) -> None:
    """Remove the revision once nothing refers to it; its number is never used again."""
    in_use = any(task.definition is definition for task in region.tasks.values()) or any(
        deployment.definition is definition
        for service in region.services.values()
        for deployment in service.deployments
    )
    if in_use:
        region.timeline.after(_DELETE_SECONDS, lambda: _purge(region, definition))
    else:
        region.families[definition.doc["family"]].revisions.pop(definition.doc["revision"], None)


@operation
def list_task_definitions(region: Region, request: Document) -> Document:
    """List revisions; `familyPrefix` must be a whole family name (botocore ECS model, ListTaskDefinitions)."""
    status = request.get("status", "ACTIVE")
    prefix = request.get("familyPrefix")
    arns = [
        family.revisions[revision].arn
        for name, family in sorted(region.families.items())
        if prefix in (None, name)
        for revision in sorted(family.revisions)
        if family.revisions[revision].doc["status"] == status
    ]
    if request.get("sort") == "DESC":
        arns.reverse()
    chosen, following = page(arns, request)
    return {"taskDefinitionArns": chosen, **following}


@operation
def list_task_definition_families(region: Region, request: Document) -> Document:
    """List families; ACTIVE means that at least one revision is ACTIVE."""
    prefix, status = request.get("familyPrefix", ""), request.get("status", "ALL")
    names = [
        name for name, family in sorted(region.families.items()) if name.startswith(prefix) and _has(family, status)
    ]
    chosen, following = page(names, request)
    return {"families": chosen, **following}


def _has(family: Family, status: str) -> bool:
    active = any(definition.doc["status"] == "ACTIVE" for definition in family.revisions.values())
    wanted: dict[str, Any] = {"ALL": True, "ACTIVE": active, "INACTIVE": not active}
    return bool(wanted[status])
