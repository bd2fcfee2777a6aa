# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator as a process of its own, and an account with a network to work in.

No test sleeps: the clock is stepped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

TESTS = Path(__file__).resolve().parents[2]


class Emulator:
    """A running emulator."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def control(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Call a control endpoint: GET without a body, else POST."""
        data = None if body is None else json.dumps(body).encode()
        method = method or ("GET" if body is None else "POST")
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def refused(self, path: str, body: Any) -> str:
        """Call a control endpoint that must answer 400, and give its words."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.control(path, body)
        assert caught.value.code == 400
        return str(json.load(caught.value)["error"])

    def step(self, seconds: float) -> None:
        """Move the stopped clock."""
        self.control("clock", {"step": seconds})

    def calls(self, query: str = "") -> list[dict[str, Any]]:
        """List the calls received."""
        return list(self.control(f"calls{query}")["calls"])

    def client(self, service: str, region: str = "us-east-1", account: str | None = None, **config: Any) -> Any:
        """Make a client that neither validates nor retries, unless told otherwise."""
        settings = {"parameter_validation": False, "retries": {"total_max_attempts": 1}, **config}
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(**settings),
        )
        if account is not None:
            client.meta.events.register(
                "before-sign", lambda request, **_ignored: request.headers.add_header("x-moto-account-id", account)
            )
        return client


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """Start one emulator for all tests; they need no machine images, which moto would make for each of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(TESTS), "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:")
    yield Emulator(process, line.split()[1])
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    """An empty emulator whose clock stands still."""
    running.control("reset", {})
    running.control("clock", {"speed": 0})
    return running


@pytest.fixture(scope="session")
def clients(running: Emulator) -> dict[str, Any]:
    """Clients are slow to make and keep no state."""
    return {name: running.client(name) for name in ("ecs", "ec2", "elbv2", "servicediscovery", "cloudwatch")}


@pytest.fixture
def ecs(emulator: Emulator, clients: dict[str, Any]) -> Any:
    """An ECS client of the empty emulator."""
    return clients["ecs"]


class Account:
    """Short ways to the things that most tests need."""

    def __init__(self, emulator: Emulator, clients: dict[str, Any]) -> None:
        self.emulator = emulator
        self.ecs = clients["ecs"]
        self.ec2 = clients["ec2"]
        self.elbv2 = clients["elbv2"]
        self.cloudwatch = clients["cloudwatch"]
        self.ecs.create_cluster(clusterName="c")

    @cached_property
    def subnets(self) -> list[str]:
        """Two subnets of the default VPC; asked for when needed, for moto takes its time to make a VPC."""
        return [item["SubnetId"] for item in self.ec2.describe_subnets()["Subnets"]][:2]

    @property
    def network(self) -> dict[str, Any]:
        """A network configuration in the default VPC."""
        return {"awsvpcConfiguration": {"subnets": self.subnets}}

    def register(self, tag: str = "1", family: str = "web", **changes: Any) -> Any:
        """Register a Fargate definition with one container, `app`, on port 80."""
        container = {
            "name": "app",
            "image": f"app:{tag}",
            "portMappings": [{"containerPort": 80, "name": "http"}],
            **changes.pop("container", {}),
        }
        request = {
            "family": family,
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "containerDefinitions": [container],
            **changes,
        }
        return self.ecs.register_task_definition(**request)["taskDefinition"]

    def register_ec2(self, family: str = "host", **changes: Any) -> Any:
        """Register a definition for instances, in bridge mode."""
        container = {"name": "app", "image": "app:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
        request = {"family": family, "containerDefinitions": [container], **changes}
        return self.ecs.register_task_definition(**request)["taskDefinition"]

    def create(self, name: str = "s", **changes: Any) -> Any:
        """Create a Fargate service of two tasks."""
        request = {
            "cluster": "c",
            "serviceName": name,
            "taskDefinition": "web",
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": self.network,
            **changes,
        }
        request = {key: value for key, value in request.items() if value is not None}
        return self.ecs.create_service(**request)["service"]

    def update(self, name: str = "s", **changes: Any) -> Any:
        """Update a service."""
        return self.ecs.update_service(cluster="c", service=name, **changes)["service"]

    def service(self, name: str = "s", **options: Any) -> Any:
        """Describe a service."""
        return self.ecs.describe_services(cluster="c", services=[name], **options)["services"][0]

    def deployed(self, name: str = "s", **changes: Any) -> Any:
        """Register a definition, create a service and let it become stable."""
        self.register()
        self.create(name, **changes)
        return self.settle(name)

    def settle(self, name: str = "s") -> Any:
        """Let enough time pass for a rollout that goes well."""
        self.emulator.step(200)
        return self.service(name)

    def service_deployments(self, name: str = "s") -> list[Any]:
        """Describe a service's deployments, newest first."""
        listed = self.ecs.list_service_deployments(cluster="c", service=name)["serviceDeployments"]
        arns = [item["serviceDeploymentArn"] for item in listed]
        found: list[Any] = self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
        return found

    def tasks(self, **filters: Any) -> list[Any]:
        """Describe the tasks of the cluster that fit."""
        arns = self.ecs.list_tasks(cluster="c", **filters)["taskArns"]
        return self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []

    def instance(self, **document: Any) -> Any:
        """Register a container instance."""
        identity = {"instanceId": "i-0123456789abcdef0", "availabilityZone": "us-east-1b", **document}
        answer = self.ecs.register_container_instance(
            cluster="c",
            instanceIdentityDocument=json.dumps(identity),
            versionInfo={"agentVersion": "1.0.0", "agentHash": "4023248", "dockerVersion": "DockerVersion: 1.5.0"},
            attributes=[{"name": "ecs.availability-zone", "value": "us-east-1b"}],
        )
        return answer["containerInstance"]

    def target_group(self, attached: bool = True, kind: str = "ip", name: str = "tg") -> str:
        """Make a target group, behind a load balancer unless told otherwise."""
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = self.elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind, HealthCheckIntervalSeconds=30
        )["TargetGroups"][0]["TargetGroupArn"]
        if attached:
            balancer = self.elbv2.create_load_balancer(Name=f"lb-{name}", Subnets=self.subnets)["LoadBalancers"][0]
            self.elbv2.create_listener(
                LoadBalancerArn=balancer["LoadBalancerArn"],
                Protocol="HTTP",
                Port=80,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
            )
        return str(group)

    def shifting(self, name: str = "shop", test: bool = True) -> Any:
        """Make a load balancer whose traffic can be shifted, as an entry of `loadBalancers`."""
        groups = [self.target_group(attached=False, name=f"{name}-{number}") for number in (1, 2)]
        balancer = self.elbv2.create_load_balancer(Name=f"lb-{name}", Subnets=self.subnets)["LoadBalancers"][0]
        rules = []
        for port in (80, 8080):
            listener = self.elbv2.create_listener(
                LoadBalancerArn=balancer["LoadBalancerArn"],
                Protocol="HTTP",
                Port=port,
                DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
            )["Listeners"][0]["ListenerArn"]
            rule = self.elbv2.create_rule(
                ListenerArn=listener,
                Priority=1,
                Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
                Actions=[{"Type": "forward", "TargetGroupArn": groups[0]}],
            )
            rules.append(rule["Rules"][0]["RuleArn"])
        advanced = {
            "alternateTargetGroupArn": groups[1],
            "productionListenerRule": rules[0],
            "testListenerRule": rules[1],
            "roleArn": "arn:aws:iam::123456789012:role/infrastructure",
        }
        if not test:
            del advanced["testListenerRule"]
        return {
            "targetGroupArn": groups[0],
            "containerName": "app",
            "containerPort": 80,
            "advancedConfiguration": advanced,
        }

    def weights(self, rule: str) -> dict[str, int]:
        """Read the weights of a listener rule by target group."""
        actions = self.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]
        groups = actions[0].get("ForwardConfig", {}).get("TargetGroups", [])
        return {group["TargetGroupArn"]: group["Weight"] for group in groups}


@pytest.fixture
def account(emulator: Emulator, clients: dict[str, Any]) -> Account:
    """An account with a cluster `c`."""
    return Account(emulator, clients)


class Refusals:
    """Assertions about errors."""

    def __call__(self, code: str, text: str, call: Any, **request: Any) -> None:
        """Call and expect an error of this code whose message holds the text."""
        error = self.of(call, **request)
        assert error["Code"] == code, error
        assert text in error["Message"]

    def of(self, call: Any, **request: Any) -> Any:
        """Call and give the error."""
        with pytest.raises(call.__self__.exceptions.ClientError) as caught:
            call(**request)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        return caught.value.response["Error"]


@pytest.fixture
def refused() -> Refusals:
    """Expect an error."""
    return Refusals()
