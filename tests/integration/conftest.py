# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for each test process, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from support.emulator import Emulator
from support.estates import Estate, Maker, cluster, family, services_in
from support.modules import CONNECTION, ModuleRun


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """Give the emulator of this test process."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    """Give an emulator that holds nothing, and whose clock only moves when it is stepped."""
    server.reset()
    server.clock(speed=0)
    return server


@pytest.fixture
def module(emulator: Emulator) -> ModuleRun:
    """Run modules against the emulator."""
    return ModuleRun(emulator)


@pytest.fixture
def client(emulator: Emulator) -> Callable[[str], Any]:
    """Make boto3 clients, which see the emulator as any other tool does."""

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=emulator.url,
            region_name=CONNECTION["region"],
            aws_access_key_id=CONNECTION["access_key"],
            aws_secret_access_key=CONNECTION["secret_key"],
        )

    return make


@pytest.fixture
def subnets(client: Callable[[str], Any]) -> list[str]:
    """Name two subnets of the default VPC."""
    return sorted(subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"])[:2]


@pytest.fixture
def target_group(client: Callable[[str], Any], subnets: list[str]) -> str:
    """Give the ARN of a target group behind a load balancer's listener."""
    elb, vpc = client("elbv2"), client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = str(group["TargetGroups"][0]["TargetGroupArn"])
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    return arn


class Shop:
    """A cluster and a family to deploy, and what a test wants to know about them."""

    def __init__(self, module: ModuleRun, subnets: list[str]) -> None:
        self.module = module
        self.base: dict[str, Any] = {
            "name": "web",
            "cluster": "shop",
            "desired_count": 2,
            "launch_type": "FARGATE",
            "network_configuration": {"awsvpc_configuration": {"subnets": subnets}},
            "deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
        }
        module.ok("cluster", name="shop", capacity_providers=["FARGATE", "FARGATE_SPOT"])

    def definition(self, image: str = "web:1", **options: Any) -> dict[str, Any]:
        """Give the options of a revision with this image; `options` are further members of its container."""
        return {
            "family": "web",
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "container_definitions": [
                {"name": "web", "image": image, "port_mappings": [{"container_port": 80}], **options}
            ],
        }

    def register(self, image: str = "web:1", **options: Any) -> str:
        """Register a revision of the family with this image, and give its name."""
        result = self.module.ok("task_definition", **self.definition(image, **options))
        return f"web:{result['task_definition']['revision']}"

    def deploy(self, revision: str = "web", **options: Any) -> dict[str, Any]:
        """Run the service module with this revision; the result may be a failure."""
        return self.module("service", **{**self.base, "task_definition": revision, **options})


@pytest.fixture
def shop(module: ModuleRun, subnets: list[str]) -> Shop:
    """Give a cluster in which a web service can be deployed."""
    return Shop(module, subnets)


@pytest.fixture
def service(subnets: list[str]) -> Maker:
    """Make entries of services for manifests."""
    return services_in(subnets)


@pytest.fixture
def estate(service: Maker) -> Estate:
    """Give a manifest in an order in which nothing could be made: services before all that they need."""
    return [service("web", depends_on=["api"]), service("api"), family("web"), family("api"), cluster()]
