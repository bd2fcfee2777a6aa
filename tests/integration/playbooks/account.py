# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated AWS account: playbooks run in it, and one can look at what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from support.emulator import Emulator
from support.playbooks import Run, environment, playbook

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "public.ecr.aws/nginx/nginx-unprivileged"
FARGATE_WEB = "longshore.ecs.fargate_web"
TEARDOWN = "longshore.ecs.teardown"


class Account:
    """The account behind one emulator."""

    def __init__(self, emulator: Emulator, home: Path) -> None:
        self.emulator = emulator
        self.home = home
        self.environment = environment(emulator.url, home)

    def play(self, name: str, *options: str, **variables: Any) -> Run:
        """Run a playbook; its writing calls are then in `written`."""
        seen = len(self.emulator.calls())
        run = playbook(name, self.environment, variables, *options, cwd=self.home)
        self.written = self.emulator.writes(seen)
        return run

    def client(self, service: str) -> Any:
        """Give a client of boto3."""
        return boto3.client(
            service,
            endpoint_url=self.emulator.url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="notarealsecretkey",
        )

    def service(self, cluster: str = "demo-hello", name: str = "hello-web") -> dict[str, Any]:
        """Give the service as AWS shows it."""
        return dict(self.client("ecs").describe_services(cluster=cluster, services=[name])["services"][0])

    def definition(self, cluster: str = "demo-hello", name: str = "hello-web") -> dict[str, Any]:
        """Give the task definition that the service runs."""
        arn = self.service(cluster, name)["taskDefinition"]
        return dict(self.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"])

    def policy(self, role: str, name: str) -> list[dict[str, Any]]:
        """Give the statements of an inline policy."""
        answer = self.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return list(answer["PolicyDocument"]["Statement"])

    def existing_vpc(self) -> dict[str, Any]:
        """Make a VPC with four subnets, and give the variables that name it."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
            for index, zone in enumerate("abab")
        ]
        ids = [subnet["SubnetId"] for subnet in subnets]
        return {
            "network_vpc_id": vpc,
            "network_public_subnet_ids": ids[:2],
            "network_private_subnet_ids": ids[2:],
        }

    def leftovers(self) -> dict[str, list[Any]]:
        """List everything in the account that was not there when it was new."""
        ecs, ec2, elb = self.client("ecs"), self.client("ec2"), self.client("elbv2")
        vpcs = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]}
        found = {
            "clusters": ecs.list_clusters()["clusterArns"],
            "revisions": ecs.list_task_definitions()["taskDefinitionArns"],
            "load balancers": elb.describe_load_balancers()["LoadBalancers"],
            "target groups": elb.describe_target_groups()["TargetGroups"],
            "VPCs": sorted(vpcs),
            "subnets": [it for it in ec2.describe_subnets()["Subnets"] if not it["DefaultForAz"]],
            "internet gateways": ec2.describe_internet_gateways()["InternetGateways"],
            "security groups": [
                it for it in ec2.describe_security_groups()["SecurityGroups"] if it["GroupName"] != "default"
            ],
            # moto leaves the interface of a NAT gateway that was deleted; it has no description.
            "interfaces": [it for it in ec2.describe_network_interfaces()["NetworkInterfaces"] if it["Description"]],
            "addresses": ec2.describe_addresses()["Addresses"],
            "NAT gateways": [it for it in ec2.describe_nat_gateways()["NatGateways"] if it["State"] != "deleted"],
            "endpoints": [it for it in ec2.describe_vpc_endpoints()["VpcEndpoints"] if it["State"] != "deleted"],
            "roles": [it["RoleName"] for it in self.client("iam").list_roles()["Roles"] if it["Path"] == "/"],
            "log groups": self.client("logs").describe_log_groups()["logGroups"],
        }
        return {kind: things for kind, things in found.items() if things}
