# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding container instances: those that are named, or those of a cluster that have something in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._api import AwsError
from .._errors import BadInput
from .._normal import revision_name as short
from .._shape import to_ansible

Document = dict[str, Any]
# Seconds in each unit of an age.
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)")
AMI = "ecs.ami-id"
# Options that say which instances are meant.
OPTIONS: dict[str, dict[str, Any]] = {
    "cluster": {"type": "str", "default": "default"},
    "container_instance": {
        "type": "list",
        "elements": "str",
        "aliases": ["container_instances", "containerInstances", "name", "names"],
    },
    "ec2_instance_id": {"type": "list", "elements": "str", "aliases": ["ec2_instance_ids", "instance_ids"]},
    "filter": {"type": "str"},
    "status": {"type": "list", "elements": "str"},
    "older_than": {"type": "str"},
    "ami": {"type": "list", "elements": "str", "aliases": ["amis"]},
    "not_ami": {"type": "list", "elements": "str"},
    "capacity_provider": {"type": "str"},
}
WAYS = tuple(name for name in OPTIONS if name != "cluster")


def batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Cut names into lists that one call takes."""
    rest = list(names)
    return (rest[start : start + size] for start in range(0, len(rest), size))


def chosen(api: Any, params: Mapping[str, Any], now: float) -> tuple[list[Document], list[str]]:
    """Give the instances that fit all options, and what was named and is not there; `now` in seconds since 1970.

    Raises BadInput for an age or a cluster that makes no sense.
    """
    age = _seconds(params["older_than"]) if params["older_than"] else None
    cluster = params["cluster"]
    try:
        if params["container_instance"]:
            found = described(api, cluster, params["container_instance"])
        else:
            found = described(api, cluster, _listed(api, cluster, params))
    except AwsError as error:
        if error.code != "ClusterNotFoundException":
            raise
        raise BadInput(
            f"cluster: there is no active cluster {short(cluster)} in {api.region}; check the name and the region.",
            code=error.code,
        ) from error
    there = {name for item in found for name in (short(item["containerInstanceArn"]), item["ec2InstanceId"])}
    named = [*(params["container_instance"] or []), *(params["ec2_instance_id"] or [])]
    fitting = [item for item in found if _fits(item, params) and (age is None or _age(item, now) >= age)]
    return fitting, [name for name in named if short(name) not in there]


def described(api: Any, cluster: str, names: Iterable[str]) -> list[Document]:
    """Describe instances by id or ARN, a hundred a call; those that ECS does not show are left out."""
    include = ["TAGS", "CONTAINER_INSTANCE_HEALTH"]
    found = api.describe("DescribeContainerInstances", names, cluster=cluster, include=include)
    return [item for item in found if item.get("status") != "INACTIVE"]


def everyone(api: Any, cluster: str) -> list[Document]:
    """Describe all instances of a cluster."""
    return described(api, cluster, list(api.pages("ListContainerInstances", "containerInstanceArns", cluster=cluster)))


def _listed(api: Any, cluster: str, params: Mapping[str, Any]) -> list[str]:
    """List instances; the status is a filter of the call, if it is a single one."""
    narrow = {"filter": params["filter"]} if params["filter"] else {}
    found: list[str] = []
    for status in params["status"] or [None]:
        more = {"status": status.upper()} if status else {}
        found += api.pages("ListContainerInstances", "containerInstanceArns", cluster=cluster, **narrow, **more)
    return list(dict.fromkeys(found))


def _fits(item: Document, params: Mapping[str, Any]) -> bool:
    image = attributes_of(item).get(AMI)
    status = [status.upper() for status in params["status"] or []]
    return (
        (not params["ec2_instance_id"] or item["ec2InstanceId"] in params["ec2_instance_id"])
        and (not status or item["status"] in status)
        and (not params["ami"] or image in params["ami"])
        and (not params["not_ami"] or image not in params["not_ami"])
        and params["capacity_provider"] in (None, item.get("capacityProviderName"))
    )


def attributes_of(item: Document) -> dict[str, str | None]:
    """Give the attributes of an instance by their names."""
    return {attribute["name"]: attribute.get("value") for attribute in item.get("attributes", [])}


def _seconds(text: str) -> float:
    match = AGE.fullmatch(text.strip().lower())
    if not match:
        raise BadInput(
            f"older_than: {text!r} is no age; give a number of seconds, or one with s, m, h, d or w, such as 14d."
        )
    return float(match[1]) * UNITS[match[2]]


def _age(item: Document, now: float) -> float:
    return now - item["registeredAt"].timestamp() if item.get("registeredAt") else 0.0


def name_of(item: Document) -> str:
    """Name an instance as people know it: by its EC2 id, or the id of an external one."""
    return str(item.get("ec2InstanceId") or short(item["containerInstanceArn"]))


def shown_as(api: Any, item: Document) -> dict[str, Any]:
    """Give an instance in the spelling of the options, with its id and its attributes by name."""
    shown = dict(to_ansible(item, api.type("ContainerInstance")))
    return {**shown, "id": short(item["containerInstanceArn"]), "attributes": attributes_of(item)}
