# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network: subnets and security groups exist and are of one VPC, and the tasks get out of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, skipped, warning
from ._look import Look
from ._routes import Ways, gaps
from ._wish import Wish
from .load_balancers import target_group

NAME = "network"
# Most subnets and security groups of a service (AwsVpcConfiguration).
MOST = {"subnets": 16, "securityGroups": 5}


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check the service's network configuration."""
    if not wish.service or wish.controller == "EXTERNAL":  # there the task sets have the network
        return
    yield Check(NAME, "network_configuration", partial(_mode, wish))
    if not wish.network:
        return
    subnets, groups = (wish.network.get(name) or [] for name in MOST)
    yield Check(NAME, ", ".join(subnets) or "subnets", partial(_subnets, wish, look))
    if groups:
        yield Check(NAME, ", ".join(groups), partial(_groups, wish, look))
    for entry in wish.service.get("loadBalancers") or []:
        if entry.get("targetGroupArn"):
            arn = str(entry["targetGroupArn"])
            yield Check(NAME, f"VPC of {arn}", partial(_same_vpc, arn, wish, look))
    if wish.on_fargate:
        yield Check(NAME, "routes", partial(_routes, wish, look))


def _mode(wish: Wish) -> Iterator[Finding]:
    public = wish.network.get("assignPublicIp") == "ENABLED"
    too_many = [name for name, most in MOST.items() if len(wish.network.get(name) or []) > most]
    if not wish.definition:
        yield skipped("Without the task definition its network mode cannot be compared.")
    elif wish.network_mode == "awsvpc" and not wish.network.get("subnets"):
        yield failed(
            "The network mode awsvpc needs subnets, and the service names none.",
            "Give network_configuration with the subnets of the tasks.",
        )
    elif wish.network_mode != "awsvpc" and wish.network:
        yield failed(
            f"A network configuration is only for the network mode awsvpc, and the task definition's is "
            f"{wish.network_mode}.",
            "Leave out network_configuration, or set network_mode to awsvpc in the task definition.",
        )
    elif public and not wish.on_fargate:
        yield failed("Only tasks on Fargate get a public IP address.", "Set assign_public_ip to DISABLED.")
    elif too_many:
        yield failed(f"AWS takes at most {MOST[too_many[0]]} {too_many[0]}.", "Name fewer of them.")
    else:
        yield ok("The network configuration fits the network mode.")


def _described(operation: str, member: str, filters: dict[str, list[str]], look: Look) -> list[dict[str, Any]]:
    listed = [{"Name": name, "Values": values} for name, values in filters.items()]
    return list(look.get("ec2", operation, Filters=listed).get(member) or [])


def _own_subnets(wish: Wish, look: Look) -> list[dict[str, Any]]:
    wanted = sorted(wish.network.get("subnets") or [])
    return _described("DescribeSubnets", "Subnets", {"subnet-id": wanted}, look) if wanted else []


def _vpcs(entries: list[dict[str, Any]]) -> list[str]:
    return sorted({str(entry["VpcId"]) for entry in entries})


def _subnets(wish: Wish, look: Look) -> Iterator[Finding]:
    shown = _own_subnets(wish, look)
    lacking = sorted(set(wish.network.get("subnets") or []) - {entry["SubnetId"] for entry in shown})
    if lacking:
        yield failed(f"There are no subnets {', '.join(lacking)} in {wish.region}.", "Correct their ids or the Region.")
    elif len(_vpcs(shown)) > 1:
        yield failed(f"The subnets are of several VPCs: {', '.join(_vpcs(shown))}.", "Name subnets of one VPC.")
    elif shown:
        yield ok(f"The subnets exist, in {_vpcs(shown)[0]}.")


def _groups(wish: Wish, look: Look) -> Iterator[Finding]:
    wanted = sorted(wish.network.get("securityGroups") or [])
    shown = _described("DescribeSecurityGroups", "SecurityGroups", {"group-id": wanted}, look)
    lacking = sorted(set(wanted) - {entry["GroupId"] for entry in shown})
    vpcs = _vpcs([*shown, *_own_subnets(wish, look)])
    if lacking:
        yield failed(
            f"There are no security groups {', '.join(lacking)} in {wish.region}.", "Correct their ids or the Region."
        )
    elif len(vpcs) > 1:
        yield failed(
            f"The security groups and the subnets are not of one VPC: {', '.join(vpcs)}.",
            "Name security groups of the VPC of the subnets.",
        )
    else:
        yield ok(f"The security groups exist, in {vpcs[0]}.")


def _same_vpc(arn: str, wish: Wish, look: Look) -> Iterator[Finding]:
    group, subnets = target_group(arn, look), _own_subnets(wish, look)
    if group is None or not subnets:
        yield skipped("Without the target group and the subnets their VPCs cannot be compared.")
    elif {group.get("VpcId")} != set(_vpcs(subnets)):
        yield failed(
            f"The target group '{group['TargetGroupName']}' is of {group.get('VpcId')}, but the subnets are of "
            f"{', '.join(_vpcs(subnets))}.",
            "Use a target group of the VPC of the subnets.",
        )
    else:
        yield ok(f"The target group '{group['TargetGroupName']}' is of the VPC of the subnets.")


def _routes(wish: Wish, look: Look) -> Iterator[Finding]:
    """Check that tasks on Fargate reach what they need to start: over the internet, or through VPC endpoints."""
    subnets = _own_subnets(wish, look)
    if not subnets:
        yield skipped("Without the subnets their routes cannot be looked at.")
        return
    vpcs = _vpcs(subnets)
    tables = _described("DescribeRouteTables", "RouteTables", {"vpc-id": vpcs}, look)
    ways = Ways(tables, wish.network.get("assignPublicIp") == "ENABLED")
    closed = [entry["SubnetId"] for entry in subnets if not ways.out(entry["SubnetId"], entry["VpcId"])]
    if not closed:
        yield ok("The subnets have a way to the internet.")
        return
    endpoints = _described("DescribeVpcEndpoints", "VpcEndpoints", {"vpc-id": vpcs}, look)
    lacking = gaps(wish, endpoints)
    if not lacking:
        yield ok("The subnets have no way to the internet, but the VPC endpoints that the tasks need.")
        return
    public = [name for name in closed if ways.is_public(name)]
    remedy = (
        "Set assign_public_ip to ENABLED, use subnets with a NAT gateway, or make the endpoints."
        if public
        else "Use subnets with a route to a NAT gateway, or make the endpoints."
    )
    yield warning(f"Tasks in {', '.join(closed)} have no way to {', '.join(lacking)}.", remedy)
