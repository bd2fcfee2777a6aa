# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subnets and security groups by name or by tag, wherever ECS takes their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .._api import AwsError
from .._errors import BadInput

NETWORK = ("network_configuration", "networkConfiguration")
TAG = "tag:"


class Manner(Protocol):
    """What is known of the run: an Ask or a Job."""

    check: bool
    warnings: list[str]


@dataclass(frozen=True)
class Kind:
    """One kind of thing that a network consists of, and how EC2 is asked for it."""

    noun: str
    prefix: str
    operation: str
    gives: str
    id: str
    names: tuple[str, ...]  # the filters that a name is looked for with, until one finds something


# In this order: the VPC of the subnets says which security group a name means.
KINDS = {
    "subnets": Kind("subnet", "subnet-", "DescribeSubnets", "Subnets", "SubnetId", ("tag:Name",)),
    # A security group cannot be called sg-... (CreateSecurityGroup, GroupName).
    "securityGroups": Kind(
        "security group", "sg-", "DescribeSecurityGroups", "SecurityGroups", "GroupId", ("group-name", "tag:Name")
    ),
}


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Take the flat network_configuration of community.aws, with the subnets at its top, for what it means."""
    result = dict(given)
    for name in NETWORK:
        network = given.get(name)
        if network and not {"awsvpc_configuration", "awsvpcConfiguration"} & set(network):
            result[name] = {"awsvpc_configuration": network}
    return result


def by_id(api: Any, document: dict[str, Any], manner: Manner) -> None:
    """Put ids where the networkConfiguration of a service, task or schedule names subnets and security groups.

    Raises BadInput when a name fits nothing, or things in several VPCs.
    """
    network = (document.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network:
        found = resolved(api, network, manner, "network_configuration")
        document["networkConfiguration"] = {**document["networkConfiguration"], "awsvpcConfiguration": found}


def resolved(api: Any, network: Mapping[str, Any], manner: Manner, option: str) -> dict[str, Any]:
    """Give a structure with `subnets` and `securityGroups` with ids in the place of names and tags.

    An entry is an id, a name, or `tag:Key=value`; the latter two may hold the wildcards of EC2's filters. `option` is
    what an error names. In check mode a thing that is not there, or may not be seen, is taken for one to come.
    """
    result, vpcs = dict(network), list[str]()
    for member, kind in KINDS.items():
        entries = [str(entry) for entry in network.get(member) or []]
        if all(entry.startswith(kind.prefix) for entry in entries):
            continue
        if member == "securityGroups":
            vpcs = vpcs or _vpcs_of(api, result.get("subnets") or [])
        ids: list[str] = []
        for entry in entries:
            found = [] if entry.startswith(kind.prefix) else _found(api, kind, entry, vpcs, manner)
            where = f"in {', '.join(vpcs) or api.region}"
            ids += [shown[kind.id] for shown in found] or [_to_come(kind, entry, manner, option, where)]
            vpcs = sorted({*vpcs, *(shown["VpcId"] for shown in found)})
            if len(vpcs) > 1:
                raise BadInput(
                    f"{option}: the {kind.noun} {entry!r} is found in the VPCs {' and '.join(vpcs)}; give its id."
                )
        result[member] = list(dict.fromkeys(ids))
    return result


def _found(api: Any, kind: Kind, entry: str, vpcs: list[str], manner: Manner) -> list[dict[str, Any]]:
    within = [{"Name": "vpc-id", "Values": vpcs}] if vpcs else []
    name, sign, value = entry.partition("=")
    tagged = entry.startswith(TAG) and bool(sign)
    for filter_name in (name,) if tagged else kind.names:
        filters = [{"Name": filter_name, "Values": [value if tagged else entry]}, *within]
        try:
            found = list(api.pages(kind.operation, kind.gives, "ec2", Filters=filters))
        except AwsError as error:
            if not manner.check:
                raise
            manner.warnings.append(f"The {kind.noun} {entry!r} could not be looked up. {error}")
            return []
        if found:
            return sorted(found, key=lambda shown: (shown.get("AvailabilityZone", ""), shown[kind.id]))
    return []


def _to_come(kind: Kind, entry: str, manner: Manner, option: str, where: str) -> str:
    if entry.startswith(kind.prefix):
        return entry
    if not manner.check:
        called = "with" if entry.startswith(TAG) else "called"
        raise BadInput(
            f"{option}: there is no {kind.noun} {called} {entry!r} {where}; give the name, tag:Key=value or the id of "
            "one that is there."
        )
    manner.warnings.append(f"There is no {kind.noun} {entry!r} yet; the plan takes it for made.")
    return entry


def _vpcs_of(api: Any, subnets: list[str]) -> list[str]:
    """Give the VPC of subnets given by id; none where they are not there yet, or may not be seen."""
    known = [subnet for subnet in subnets if subnet.startswith(KINDS["subnets"].prefix)]
    if not known:
        return []
    try:
        found = api.read("DescribeSubnets", "ec2", SubnetIds=known)["Subnets"]
    except AwsError:
        return []
    return sorted({shown["VpcId"] for shown in found})
