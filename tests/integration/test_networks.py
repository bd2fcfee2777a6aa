# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subnets and security groups by name or tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun


@dataclass
class Place:
    """A VPC with two private subnets in two zones and a security group."""

    subnets: list[str]
    group: str


Build = Callable[[str], Place]


@pytest.fixture
def build(client: Callable[[str], Any]) -> Build:
    """Make a place with an address range."""
    ec2 = client("ec2")

    def make(network: str) -> Place:
        vpc = ec2.create_vpc(CidrBlock=f"{network}.0.0/16")["Vpc"]["VpcId"]
        subnets = []
        for index, zone in enumerate("ab"):
            tags = [{"Key": "Name", "Value": f"shop-private-{zone}"}, {"Key": "Tier", "Value": "private"}]
            subnet = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"{network}.{index}.0/24",
                AvailabilityZone=f"{ec2.meta.region_name}{zone}",
                TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
            )
            subnets.append(subnet["Subnet"]["SubnetId"])
        group = ec2.create_security_group(GroupName="web-task", Description="tasks", VpcId=vpc)["GroupId"]
        return Place(subnets, group)

    return make


@pytest.fixture
def web(module: ModuleRun) -> Callable[..., Any]:
    """Run the service module for a service whose network is given."""
    module("cluster", name="shop")
    fargate = {"network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"], "cpu": 256, "memory": 512}
    module.ok("task_definition", family="web", **fargate, container_definitions=[{"name": "web", "image": "nginx:1"}])

    def run(subnets: list[str], groups: list[str], check: bool = False) -> Any:
        network = {"subnets": subnets, "security_groups": groups}
        given = {
            "name": "web",
            "cluster": "shop",
            "task_definition": "web",
            "desired_count": 0,
            "launch_type": "FARGATE",
        }
        return module("service", check, **given, network_configuration=network)

    return run


def _network(result: Any) -> tuple[list[str], list[str]]:
    network = result["service"]["network_configuration"]["awsvpc_configuration"]
    return sorted(network["subnets"]), network["security_groups"]


@pytest.mark.parametrize(
    "named",
    [["shop-private-a", "shop-private-b"], ["tag:Tier=private"], ["shop-private-*"], ["tag:Tier=priv*"]],
    ids=lambda named: named[0],
)
def test_names_and_tags_become_ids(build: Build, web: Callable[..., Any], named: list[str]) -> None:
    place = build("10.1")
    planned = web(named, ["web-task"], check=True)
    made = web(named, ["web-task"])
    assert _network(made) == (sorted(place.subnets), [place.group])
    assert planned["diff"]["after"] == made["diff"]["after"]
    assert not web(named, ["web-task"])["changed"]
    assert not web(place.subnets, [place.group])["changed"]


def test_a_group_is_looked_for_in_the_vpc_of_the_subnets(build: Build, web: Callable[..., Any]) -> None:
    """The same name in another VPC is another group."""
    build("10.1")
    place = build("10.2")
    assert _network(web(place.subnets, ["web-task"]))[1] == [place.group]


def test_a_name_in_two_vpcs_is_refused(build: Build, web: Callable[..., Any], emulator: Emulator) -> None:
    build("10.1")
    build("10.2")
    message = web(["shop-private-a"], ["web-task"])["msg"]
    assert message.startswith("network_configuration: the subnet 'shop-private-a' is found in the VPCs vpc-")
    assert "CreateService" not in [call["operation"] for call in emulator.calls()]


@pytest.mark.parametrize(
    ("subnets", "groups", "said"),
    [
        (["shop-privat-a"], [], "there is no subnet called 'shop-privat-a' in "),
        (["tag:Tier=public"], [], "there is no subnet with 'tag:Tier=public' in "),
        (["shop-private-a"], ["db"], "there is no security group called 'db' in vpc-"),
    ],
)
def test_what_is_not_there(
    build: Build, web: Callable[..., Any], subnets: list[str], groups: list[str], said: str
) -> None:
    build("10.1")
    message = web(subnets, groups)["msg"]
    assert message.startswith(f"network_configuration: {said}")
    assert message.endswith("give the name, tag:Key=value or the id of one that is there.")
    planned = web(subnets, groups, check=True)
    assert "yet; the plan takes it for made." in str(planned["warnings"])


def test_ids_cost_no_call(build: Build, web: Callable[..., Any], emulator: Emulator) -> None:
    place = build("10.1")
    web(place.subnets, [place.group])
    assert not [call for call in emulator.calls() if call["service"] == "ec2" and "Describe" in call["operation"]]


def test_a_task_takes_names_too(build: Build, web: Callable[..., Any], module: ModuleRun) -> None:
    place = build("10.1")
    web(place.subnets, [place.group])
    network = {"subnets": ["shop-private-a"], "security_groups": ["web-task"]}
    options = {"cluster": "shop", "task_definition": "web", "launch_type": "FARGATE", "wait": False}
    started = module.ok("task", **options, network_configuration=network)
    details = [detail for attached in started["tasks"][0]["attachments"] for detail in attached["details"]]
    assert place.subnets[0] in [detail["value"] for detail in details]
    message = module.refused("task", **options, network_configuration={"subnets": ["nowhere"]})
    assert message.startswith("network_configuration: there is no subnet called 'nowhere' in ")
