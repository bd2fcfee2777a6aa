# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account that the benchmark works on, and the tasks that find nothing to change in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
from support.emulator import Emulator

CLUSTER, SERVICE, FAMILY, OLD_FAMILY = "bench", "web", "bench-web", "bench-many"
REVISIONS = 300
SETTLE_STEPS = 100
CONTAINER: dict[str, Any] = {
    "name": "web",
    "image": "public.ecr.aws/example/web:1",
    "essential": True,
    "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
    "environment": [{"name": "APP_ENV", "value": "prod"}, {"name": "APP_LEVEL", "value": "info"}],
}
DESCRIBE_SERVICE = ["DescribeServices", {"cluster": CLUSTER, "services": [SERVICE], "include": ["TAGS"]}]


@dataclass(frozen=True)
class Subject:
    """A task that is measured. `floor` names the subject that it is compared with."""

    name: str
    module: str
    arguments: dict[str, Any] = field(default_factory=dict)
    floor: str = ""
    theirs: bool = False
    rarely: bool = False

    @property
    def task(self) -> dict[str, Any]:
        """Give the subject as a task of a play."""
        return {"name": self.name, self.module: self.arguments}


def fill(emulator: Emulator, region: str) -> list[str]:
    """Make a cluster, a service that runs, and a family of many revisions; give the subnets of the service."""
    emulator.reset()
    emulator.clock(speed=0)
    settings = {"region_name": region, "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example"}
    ecs = boto3.client("ecs", endpoint_url=emulator.url, **settings)
    ecs.create_cluster(clusterName=CLUSTER)
    register(ecs, FAMILY, "1")
    for number in range(REVISIONS):
        register(ecs, OLD_FAMILY, str(number))
    shown = boto3.client("ec2", endpoint_url=emulator.url, **settings).describe_subnets()["Subnets"]
    subnets = sorted(subnet["SubnetId"] for subnet in shown)[:2]
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=SERVICE,
        taskDefinition=FAMILY,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "DISABLED"}},
    )
    for _step in range(SETTLE_STEPS):
        emulator.clock(step=10)
        (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        if all(deployment["rolloutState"] == "COMPLETED" for deployment in service["deployments"]):
            return subnets
    raise RuntimeError(f"the service did not settle: {service['deployments']}")


def register(ecs: Any, family: str, release: str) -> None:
    """Register a revision that differs from the one before."""
    environment = [*CONTAINER["environment"], {"name": "RELEASE", "value": release}]
    ecs.register_task_definition(
        family=family,
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[{**CONTAINER, "environment": environment}],
    )


def subjects(subnets: list[str]) -> list[Subject]:
    """Give the tasks in the order in which they are run and shown."""
    network = {"subnets": subnets, "assign_public_ip": False}
    service = {
        "name": SERVICE,
        "cluster": CLUSTER,
        "desired_count": 1,
        "launch_type": "FARGATE",
        "network_configuration": network,
    }
    pinned = {**service, "state": "present", "task_definition": f"{FAMILY}:1"}
    bare = {**service, "state": "present", "task_definition": FAMILY}
    release = [*CONTAINER["environment"], {"name": "RELEASE", "value": str(REVISIONS - 1)}]
    definition = {
        "family": OLD_FAMILY,
        "cpu": "256",
        "memory": "512",
        "network_mode": "awsvpc",
        "containers": [{**CONTAINER, "environment": release}],
        "state": "present",
    }
    described = ["DescribeTaskDefinition", {"taskDefinition": FAMILY}]
    latest = ["DescribeTaskDefinition", {"taskDefinition": OLD_FAMILY, "include": ["TAGS"]}]
    ours = {**definition, "requires_compatibilities": ["FARGATE"]}
    return [
        Subject("ping", "ansible.builtin.ping"),
        Subject("floor: 1 call", "floor", {"calls": [DESCRIBE_SERVICE]}),
        Subject("service, family:revision", "longshore.ecs.service", pinned, "floor: 1 call"),
        Subject("floor: 2 calls", "floor", {"calls": [described, DESCRIBE_SERVICE]}),
        Subject("service, bare family", "longshore.ecs.service", bare, "floor: 2 calls"),
        Subject("community.aws.ecs_service", "community.aws.ecs_service", pinned, "floor: 1 call", theirs=True),
        Subject("floor: 1 call, definition", "floor", {"calls": [latest]}),
        Subject(
            f"task_definition, {REVISIONS} revisions",
            "longshore.ecs.task_definition",
            ours,
            "floor: 1 call, definition",
        ),
        Subject(
            "community.aws.ecs_taskdefinition",
            "community.aws.ecs_taskdefinition",
            {**definition, "launch_type": "FARGATE"},
            "floor: 1 call, definition",
            theirs=True,
            rarely=True,
        ),
    ]
