# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns what: a tag is put on everything that is applied, and what carries it and is declared no more is deleted.

The Resource Groups Tagging API finds what carries the tag. It may lag behind, so each resource is read before it
counts: without the tag, nothing is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .. import _document
from .._api import AwsError
from .._core import Found, Resource
from .._errors import EcsError
from .._watch import Clock, Watch
from .manifest import Place
from .nodes import Node
from .order import Order

TAG = "longshore:owner"
SCALING = "application-autoscaling"
# What AWS takes as the value of a tag.
OWNER = re.compile(r"[\w .:/=+@-]{1,256}")
# Kind -> the end of its ARNs, with the options that name it.
PLACES = {
    "capacity_provider": r":ecs:[^:]*:[^:]*:capacity-provider/(?P<name>[^/]+)",
    "cluster": r":ecs:[^:]*:[^:]*:cluster/(?P<name>[^/]+)",
    "repository": r":ecr:[^:]*:[^:]*:repository/(?P<name>.+)",
    "scaling": r":application-autoscaling:[^:]*:[^:]*:(?P<target>scalable-target/.+)",
    "schedule_group": r":scheduler:[^:]*:[^:]*:schedule-group/(?P<name>[^/]+)",
    "service": r":ecs:[^:]*:[^:]*:service/(?P<cluster>[^/]+)/(?P<name>[^/]+)",
    "task_definition": r":ecs:[^:]*:[^:]*:task-definition/(?P<family>[^:/]+):(?P<revision>\d+)",
}


def carries(found: Found | None, owner: str | None) -> bool:
    """Tell whether a resource carries the owner's tag."""
    return bool(found) and {"key": TAG, "value": owner} in ((found.document.get("tags") or []) if found else [])


def candidates(api: Any, order: Order, resources: Mapping[str, Resource], owner: str) -> list[dict[str, Any]]:
    """Name what carries the owner's tag and is not declared, as kind and options; it is still to be read."""
    declared = {(node.kind, _name(node)) for node in order.nodes.values()}
    found = []
    for arn in _tagged(api, owner):
        for kind, pattern in PLACES.items():
            match = re.search(pattern + "$", arn)
            if match and kind in resources:
                options = _named(api, arn) if kind == "scaling" else dict(match.groupdict())
                name = options.get("family") or "/".join(
                    options[part] for part in ("cluster", "service", "name") if options.get(part)
                )
                if name and (kind, name) not in declared:
                    found.append({"kind": kind, "options": options})
    return found


def _named(api: Any, arn: str) -> dict[str, str]:
    """Give the service whose scaling has this ARN, which does not name it; nothing for that of something else."""
    for target in api.pages("DescribeScalableTargets", "ScalableTargets", SCALING, ServiceNamespace="ecs"):
        kind, _slash, rest = target["ResourceId"].partition("/")
        cluster, _slash, service = rest.partition("/")
        if target.get("ScalableTargetARN") == arn and kind == "service":
            return {"cluster": cluster, "service": service}
    return {}


def _name(node: Node) -> str:
    """Give a name as an ARN would: with the cluster where it has one, and without a revision or a registry."""
    document, members = node.ask.document, node.resource.identity
    return "/".join(str(document[member]) for member in members if member == "cluster" or member == members[-1])


def _tagged(api: Any, owner: str) -> Iterator[str]:
    """Give the ARNs of everything in the account and Region that carries the owner's tag."""
    token: dict[str, str] = {}
    while True:
        try:
            answer = api.read(
                "GetResources", "resourcegroupstaggingapi", TagFilters=[{"Key": TAG, "Values": [owner]}], **token
            )
        except AwsError as error:
            raise EcsError(
                f"prune: what carries the tag {TAG}={owner} cannot be listed: {error} "
                "Allow tag:GetResources, or leave prune out.",
                code=error.code,
                operation="GetResources",
            ) from None
        yield from (item["ResourceARN"] for item in answer.get("ResourceTagMappingList", []))
        if not answer.get("PaginationToken"):
            return
        token = {"PaginationToken": answer["PaginationToken"]}


def nodes(api: Any, chosen: list[dict[str, Any]], resources: Mapping[str, Resource], owner: str) -> list[Node]:
    """Make nodes of what is to go."""
    made = []
    for item in chosen:
        resource = resources[item["kind"]]
        spec = _document.spec(resource)
        params = {name: entry.get("default") for name, entry in spec.items()}
        options = {**item["options"], "state": "absent"}
        if "revision" in options:
            options["revision"] = int(options["revision"])
        node = Node(resource, {**params, **options}, {**params, **options}, Place(("prune",)), owner=owner, pruned=True)
        node.begin(api, Watch(Clock()))
        node.prepare(api, {})
        made.append(node)
    return made
