# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is equal and what is not: each row is named after the fact that it guards."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._core import Found
from ansible_collections.longshore.ecs.plugins.module_utils._normal import (
    BOUND,
    CLEARED,
    MERGED,
    SENT_IN_PARTS,
    cut,
    normal,
    overlay,
    part,
)
from ansible_collections.longshore.ecs.plugins.module_utils._resources.cluster import Cluster
from ansible_collections.longshore.ecs.plugins.module_utils._resources.service import Service
from ansible_collections.longshore.ecs.plugins.module_utils._resources.task_definition import TaskDefinition
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from unit.plugins.fixtures.model import documents, is_document, leaves, replaced, request, scalars, structures

CLUSTER, SERVICE, DEFINITION = (request(name) for name in ("CreateCluster", "CreateService", "RegisterTaskDefinition"))
READ_BACKS = sorted((Path(__file__).parents[1] / "fixtures" / "read_backs").glob("*.json"))
# The same documents on every run: a red run can be repeated.
property_of = settings(max_examples=100, deadline=None, derandomize=True)


# What AWS answered, declared against read


def _as_shown(kind: str, read: dict[str, Any]) -> tuple[Any, dict[str, Any], bool]:
    """Give the shape of the request, the answer in that shape, and whether the document is compared as a whole."""
    resources = {"cluster": Cluster(), "service": Service(), "task_definition": TaskDefinition()}
    if kind not in resources:
        operation = {"capacity_provider": "CreateCapacityProvider", "task_set": "CreateTaskSet"}[kind]
        return request(operation), read, False
    resource = resources[kind]
    found: Found = resource.shaped(read)
    return request(resource.creates), found.document, resource.whole


def _differing(declared: Mapping[str, Any], have: Mapping[str, Any], shape: Any, whole: bool) -> set[str]:
    """Name the members in which what is declared differs from what AWS has; tags have calls of their own."""
    after = dict(declared) if whole else dict(have)
    after.update({name: overlay(have.get(name), value, shape.members[name]) for name, value in declared.items()})
    left, right = normal(have, shape) or {}, normal(after, shape) or {}
    return {name for name in (set(shape.members) if whole else set(declared)) if left.get(name) != right.get(name)} - {
        "tags"
    }


@pytest.mark.parametrize("path", READ_BACKS, ids=lambda path: path.stem)
def test_nothing_that_was_declared_differs_from_what_aws_read_back(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    shape, have, whole = _as_shown(sample["kind"], sample["read"])
    assert _differing(sample["declared"], have, shape, whole) == set()


@pytest.mark.parametrize("path", READ_BACKS, ids=lambda path: path.stem)
def test_what_aws_read_back_can_be_declared(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    shape, have, whole = _as_shown(sample["kind"], sample["read"])
    declared = {name: value for name, value in have.items() if name in shape.members}
    assert _differing(declared, have, shape, whole) == set()


def test_all_read_backs_are_there() -> None:
    assert len(READ_BACKS) == 13


# Pairs


def _task(**members: Any) -> tuple[Any, dict[str, Any]]:
    return DEFINITION, {"family": "shop", **members}


def _box(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _task(containerDefinitions=[{"name": "app", "image": "shop:1", **members}])


def _ports(mode: str | None, *ports: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    network = {"networkMode": mode} if mode else {}
    shape, document = _box(portMappings=list(ports))
    return shape, {**document, **network}


def _service(**members: Any) -> tuple[Any, dict[str, Any]]:
    return SERVICE, {"serviceName": "web", **members}


def _deploys(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _service(deploymentConfiguration=members)


def _connects(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _service(serviceConnectConfiguration={"enabled": True, **members})


def _mesh(**service: Any) -> tuple[Any, dict[str, Any]]:
    return _connects(namespace="shop.local", services=[{"portName": "http", **service}])


def _volume(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _task(volumes=[{"name": "data", **members}])


def _efs(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _volume(efsVolumeConfiguration={"fileSystemId": "fs-1", **members})


def _linux(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _box(linuxParameters=members)


def _health(**members: Any) -> tuple[Any, dict[str, Any]]:
    return _box(healthCheck={"command": ["CMD", "true"], **members})


def _pairs(key: str, value: str, *names: str) -> list[dict[str, str]]:
    return [{key: name, value: name.lower()} for name in names]


BREAKER = {"enable": True, "rollback": True}
THRESHOLD = {"type": "BOUNDED_PERCENT", "value": 50}
OFF = {"alarmNames": [], "enable": False, "rollback": False}
EMPTY_LISTS: dict[str, Any] = {
    name: []
    for name, member in DEFINITION.members["containerDefinitions"].member.members.items()
    if member.type_name == "list"
}

Pair = tuple[tuple[Any, dict[str, Any]], tuple[Any, dict[str, Any]]]

EQUAL: dict[str, Pair] = {
    # Task definitions: what ECS fills in.
    "a container without cpu reads back with 0": (_box(), _box(cpu=0)),
    "a container is essential unless it says otherwise": (_box(), _box(essential=True)),
    "every empty list of a container says nothing": (_box(), _box(**EMPTY_LISTS)),
    "no labels are no labels": (_box(), _box(dockerLabels={})),
    "null says nothing": (_box(), _box(command=None, healthCheck=None)),
    "version consistency is on": (_box(), _box(versionConsistency="enabled")),
    "switches of a container are off": (
        _box(),
        _box(
            privileged=False,
            readonlyRootFilesystem=False,
            interactive=False,
            pseudoTerminal=False,
            disableNetworking=False,
        ),
    ),
    "sub-lists of linuxParameters are filled": (
        _linux(initProcessEnabled=True),
        _linux(initProcessEnabled=True, capabilities={"add": [], "drop": []}, devices=[], tmpfs=[]),
    ),
    "a log configuration without secrets and options": (
        _box(logConfiguration={"logDriver": "awslogs"}),
        _box(logConfiguration={"logDriver": "awslogs", "options": {}, "secretOptions": []}),
    ),
    "a health check's times are filled": (_health(), _health(interval=30, timeout=5, retries=3, startPeriod=0)),
    "a restart policy's period is 300": (
        _box(restartPolicy={"enabled": True}),
        _box(restartPolicy={"enabled": True, "restartAttemptPeriod": 300, "ignoredExitCodes": []}),
    ),
    "a restart policy that is off is none": (_box(), _box(restartPolicy={"enabled": False})),
    "a port is tcp": (
        _ports("awsvpc", {"containerPort": 80}),
        _ports("awsvpc", {"containerPort": 80, "protocol": "tcp"}),
    ),
    "awsvpc: the host port is the container port": (
        _ports("awsvpc", {"containerPort": 80}),
        _ports("awsvpc", {"containerPort": 80, "hostPort": 80}),
    ),
    "host: the host port is the container port": (
        _ports("host", {"containerPort": 80}),
        _ports("host", {"containerPort": 80, "hostPort": 80}),
    ),
    "bridge: the host port is dynamic": (
        _ports("bridge", {"containerPort": 80}),
        _ports("bridge", {"containerPort": 80, "hostPort": 0}),
    ),
    "two protocols on one port, one host port given": (
        _ports("awsvpc", {"containerPort": 53, "hostPort": 53}, {"containerPort": 53, "protocol": "udp"}),
        _ports(
            "awsvpc",
            {"containerPort": 53, "hostPort": 53, "protocol": "tcp"},
            {"containerPort": 53, "hostPort": 53, "protocol": "udp"},
        ),
    ),
    "mounts are writable": (
        _box(mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}]),
        _box(mountPoints=[{"sourceVolume": "data", "containerPath": "/data", "readOnly": False}]),
    ),
    "volumes from others are writable": (
        _box(volumesFrom=[{"sourceContainer": "log"}]),
        _box(volumesFrom=[{"sourceContainer": "log", "readOnly": False}]),
    ),
    "a plain volume reads back with an empty host": (_volume(), _volume(host={})),
    "a volume is configured at registration": (_volume(), _volume(configuredAtLaunch=False)),
    "efs: the root is / and nothing is encrypted": (
        _efs(),
        _efs(rootDirectory="/", transitEncryption="DISABLED", authorizationConfig={"iam": "DISABLED"}),
    ),
    "no placement constraints": (_task(), _task(placementConstraints=[], volumes=[], inferenceAccelerators=[])),
    "no network mode is bridge": (_task(), _task(networkMode="bridge")),
    "fault injection is off": (_task(), _task(enableFaultInjection=False)),
    "isolation is shared": (_task(), _task(trustedExecutionConfiguration={"isolationMode": "SHARED"})),
    "a proxy is App Mesh": (
        _task(proxyConfiguration={"containerName": "envoy"}),
        _task(proxyConfiguration={"containerName": "envoy", "type": "APPMESH"}),
    ),
    "what only an answer has says nothing": (
        _task(),
        _task(
            taskDefinitionArn="arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:3",
            revision=3,
            status="ACTIVE",
            requiresAttributes=[{"name": "ecs.capability.task-eni"}],
            compatibilities=["EC2", "FARGATE"],
            registeredAt=1767225600.0,
            registeredBy="arn:aws:iam::123456789012:user/somebody",
        ),
    ),
    # Order that means nothing.
    "order of environment": (
        _box(environment=_pairs("name", "value", "ZONE", "APP", "MODE")),
        _box(environment=_pairs("name", "value", "APP", "ZONE", "MODE")),
    ),
    "order of secrets": (
        _box(secrets=_pairs("name", "valueFrom", "B", "A")),
        _box(secrets=_pairs("name", "valueFrom", "A", "B")),
    ),
    "order of containers": (
        _task(containerDefinitions=[{"name": "b", "image": "b"}, {"name": "a", "image": "a"}]),
        _task(containerDefinitions=[{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]),
    ),
    "order of ports": (
        _ports("awsvpc", {"containerPort": 80}, {"containerPort": 443}),
        _ports("awsvpc", {"containerPort": 443, "hostPort": 443}, {"containerPort": 80, "hostPort": 80}),
    ),
    "order of compatibilities": (
        _task(requiresCompatibilities=["FARGATE", "EC2"]),
        _task(requiresCompatibilities=["EC2", "FARGATE"]),
    ),
    "order of dependencies": (
        _box(dependsOn=[{"containerName": "b", "condition": "START"}, {"containerName": "a", "condition": "HEALTHY"}]),
        _box(dependsOn=[{"containerName": "a", "condition": "HEALTHY"}, {"containerName": "b", "condition": "START"}]),
    ),
    "order of ulimits": (
        _box(ulimits=[{"name": "nproc", "softLimit": 1, "hardLimit": 2}, {"name": "core", "softLimit": 0}]),
        _box(ulimits=[{"name": "core", "softLimit": 0}, {"name": "nproc", "softLimit": 1, "hardLimit": 2}]),
    ),
    "order of capabilities": (
        _linux(capabilities={"add": ["SYS_PTRACE", "KILL"], "drop": ["MKNOD", "CHOWN"]}),
        _linux(capabilities={"add": ["KILL", "SYS_PTRACE"], "drop": ["CHOWN", "MKNOD"]}),
    ),
    "order of labels": (_box(dockerLabels={"a": "1", "b": "2"}), _box(dockerLabels={"b": "2", "a": "1"})),
    # Spellings of sizes.
    "1 vCPU is 1024 units": (_task(cpu="1 vCPU"), _task(cpu="1024")),
    "a quarter of a vcpu": (_task(cpu=".25 vcpu"), _task(cpu="256")),
    "half a vCPU": (_task(cpu="0.5 vCPU"), _task(cpu="512")),
    "2GB is 2048 MiB": (_task(memory="2GB"), _task(memory="2048")),
    "2 gb with a space": (_task(memory=" 2 gb "), _task(memory="2048")),
    "half a GB": (_task(memory="0.5GB"), _task(memory="512")),
    "1.0GB": (_task(memory="1.0GB"), _task(memory="1024")),
    # Services: what ECS fills in.
    "a service's switches are off": (
        _service(),
        _service(
            enableECSManagedTags=False,
            enableExecuteCommand=False,
            propagateTags="NONE",
            healthCheckGracePeriodSeconds=0,
            schedulingStrategy="REPLICA",
            availabilityZoneRebalancing="DISABLED",
        ),
    ),
    "a service's empty lists": (
        _service(),
        _service(
            loadBalancers=[],
            serviceRegistries=[],
            placementConstraints=[],
            placementStrategy=[],
            volumeConfigurations=[],
            vpcLatticeConfigurations=[],
            gatewayConnectors=[],
        ),
    ),
    "LATEST is what Fargate resolves it to": (_service(platformVersion="LATEST"), _service(platformVersion="1.4.0")),
    "no platform version is LATEST": (_service(), _service(platformVersion="LATEST")),
    "the controller is ECS": (_service(), _service(deploymentController={"type": "ECS"})),
    "an ARN and family:revision": (
        _service(taskDefinition="shop:3"),
        _service(taskDefinition="arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:3"),
    ),
    "a deployment rolls, without bake time": (_deploys(), _deploys(strategy="ROLLING", bakeTimeInMinutes=0)),
    "the breaker's block of 2026": (
        _deploys(deploymentCircuitBreaker=BREAKER),
        _deploys(deploymentCircuitBreaker={**BREAKER, "resetOnHealthyTask": True, "thresholdConfiguration": THRESHOLD}),
    ),
    "a breaker that is off is none": (
        _deploys(maximumPercent=200),
        _deploys(
            maximumPercent=200,
            deploymentCircuitBreaker={
                "enable": False,
                "rollback": False,
                "resetOnHealthyTask": True,
                "thresholdConfiguration": THRESHOLD,
            },
        ),
    ),
    "alarms that are off are none": (_deploys(maximumPercent=150), _deploys(maximumPercent=150, alarms=OFF)),
    "linear steps are 10 % and 6 minutes": (
        _deploys(strategy="LINEAR"),
        _deploys(strategy="LINEAR", linearConfiguration={"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}),
    ),
    "a canary is 5 % and 10 minutes": (
        _deploys(strategy="CANARY"),
        _deploys(strategy="CANARY", canaryConfiguration={"canaryPercent": 5, "canaryBakeTimeInMinutes": 10}),
    ),
    "a hook is a Lambda and waits a day": (
        _deploys(lifecycleHooks=[{"hookTargetArn": "a", "roleArn": "r", "lifecycleStages": ["PRE_SCALE_UP"]}]),
        _deploys(
            lifecycleHooks=[
                {
                    "hookTargetArn": "a",
                    "roleArn": "r",
                    "lifecycleStages": ["PRE_SCALE_UP"],
                    "targetType": "AWS_LAMBDA",
                    "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
                }
            ]
        ),
    ),
    "no public address, no security groups": (
        _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["s1"]}}),
        _service(
            networkConfiguration={
                "awsvpcConfiguration": {"subnets": ["s1"], "securityGroups": [], "assignPublicIp": "DISABLED"}
            }
        ),
    ),
    "order of subnets and groups": (
        _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["s1", "s2"], "securityGroups": ["a", "b"]}}),
        _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["s2", "s1"], "securityGroups": ["b", "a"]}}),
    ),
    "base and weight are filled": (
        _service(capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}]),
        _service(capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]),
    ),
    "order of target groups": (
        _service(loadBalancers=[{"targetGroupArn": "b", "containerPort": 80}, {"targetGroupArn": "a"}]),
        _service(loadBalancers=[{"targetGroupArn": "a"}, {"targetGroupArn": "b", "containerPort": 80}]),
    ),
    "placement: host reads back as instanceId": (
        _service(placementStrategy=[{"type": "spread", "field": "host"}]),
        _service(placementStrategy=[{"type": "spread", "field": "instanceId"}]),
    ),
    "placement: memory reads back in upper case": (
        _service(placementStrategy=[{"type": "binpack", "field": "memory"}]),
        _service(placementStrategy=[{"type": "binpack", "field": "MEMORY"}]),
    ),
    "placement: cpu reads back in upper case": (
        _service(placementStrategy=[{"type": "binpack", "field": "cpu"}]),
        _service(placementStrategy=[{"type": "binpack", "field": "CPU"}]),
    ),
    "Service Connect that is off is none": (_service(), _service(serviceConnectConfiguration={"enabled": False})),
    "the discovery name is the port's": (_mesh(), _mesh(discoveryName="http")),
    "order of aliases": (
        _mesh(clientAliases=[{"port": 80, "dnsName": "new"}, {"port": 81, "dnsName": "old"}]),
        _mesh(clientAliases=[{"port": 81, "dnsName": "old"}, {"port": 80, "dnsName": "new"}]),
    ),
    "an EBS volume is xfs": (
        _service(volumeConfigurations=[{"name": "data", "managedEBSVolume": {"roleArn": "r"}}]),
        _service(
            volumeConfigurations=[{"name": "data", "managedEBSVolume": {"roleArn": "r", "filesystemType": "xfs"}}]
        ),
    ),
    "order of an EBS volume's tags": (
        _service(
            volumeConfigurations=[
                {
                    "name": "data",
                    "managedEBSVolume": {
                        "roleArn": "r",
                        "tagSpecifications": [{"resourceType": "volume", "tags": _pairs("key", "value", "B", "A")}],
                    },
                }
            ]
        ),
        _service(
            volumeConfigurations=[
                {
                    "name": "data",
                    "managedEBSVolume": {
                        "roleArn": "r",
                        "tagSpecifications": [{"resourceType": "volume", "tags": _pairs("key", "value", "A", "B")}],
                    },
                }
            ]
        ),
    ),
    "the Service Connect proxy logs at info": (
        _connects(),
        _connects(containerConfigurations=[{"logLevel": "info"}]),
    ),
    "metrics every 60 seconds": (
        _service(monitoring={"metricConfigurations": [{"metricNames": ["CPUUtilization"]}]}),
        _service(monitoring={"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 60}]}),
    ),
    # Clusters.
    "order of capacity providers": (
        (CLUSTER, {"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}),
        (CLUSTER, {"capacityProviders": ["FARGATE_SPOT", "FARGATE"]}),
    ),
    "order of settings": (
        (CLUSTER, {"settings": _pairs("name", "value", "containerInsights", "another")}),
        (CLUSTER, {"settings": _pairs("name", "value", "another", "containerInsights")}),
    ),
}

DIFFERENT: dict[str, Pair] = {
    "one environment value": (
        _box(environment=[{"name": "A", "value": "1"}]),
        _box(environment=[{"name": "A", "value": "2"}]),
    ),
    "an environment value that becomes empty": (
        _box(environment=[{"name": "A", "value": "1"}]),
        _box(environment=[{"name": "A", "value": ""}]),
    ),
    "an empty environment variable is not none": (_box(), _box(environment=[{"name": "A", "value": ""}])),
    "one more environment variable": (
        _box(environment=_pairs("name", "value", "A")),
        _box(environment=_pairs("name", "value", "A", "B")),
    ),
    "values of two variables swapped": (
        _box(environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
        _box(environment=[{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]),
    ),
    "one secret's source": (
        _box(secrets=[{"name": "A", "valueFrom": "arn:1"}]),
        _box(secrets=[{"name": "A", "valueFrom": "arn:2"}]),
    ),
    "one command word": (_box(command=["serve", "--fast"]), _box(command=["serve", "--slow"])),
    "order of command": (_box(command=["a", "b"]), _box(command=["b", "a"])),
    "a repeated command word": (_box(command=["a"]), _box(command=["a", "a"])),
    "order of entryPoint": (_box(entryPoint=["sh", "-c"]), _box(entryPoint=["-c", "sh"])),
    "order of a health check's command": (
        _box(healthCheck={"command": ["CMD", "a", "b"]}),
        _box(healthCheck={"command": ["CMD", "b", "a"]}),
    ),
    "order of dnsServers": (_box(dnsServers=["10.0.0.2", "1.1.1.1"]), _box(dnsServers=["1.1.1.1", "10.0.0.2"])),
    "order of dnsSearchDomains": (_box(dnsSearchDomains=["a", "b"]), _box(dnsSearchDomains=["b", "a"])),
    "order of environmentFiles: the later wins": (
        _box(environmentFiles=[{"value": "s3:a", "type": "s3"}, {"value": "s3:b", "type": "s3"}]),
        _box(environmentFiles=[{"value": "s3:b", "type": "s3"}, {"value": "s3:a", "type": "s3"}]),
    ),
    "the image's tag": (_box(), _box(image="shop:2")),
    "a digest is not a tag": (_box(image="shop@sha256:ab"), _box(image="shop:1")),
    "a container's cpu": (_box(cpu=128), _box(cpu=256)),
    "a container's memory": (_box(memory=128), _box(memory=256)),
    "a container that is not essential": (_box(), _box(essential=False)),
    "a read-only root": (_box(), _box(readonlyRootFilesystem=True)),
    "the task's cpu": (_task(cpu="256"), _task(cpu="512")),
    "the task's cpu, in vCPU": (_task(cpu="256"), _task(cpu="1 vCPU")),
    "the task's memory": (_task(memory="512"), _task(memory="1GB")),
    "the network mode": (_task(networkMode="awsvpc"), _task()),
    "the execution role": (_task(executionRoleArn="arn:a"), _task(executionRoleArn="arn:b")),
    "the task role is gone": (_task(taskRoleArn="arn:a"), _task()),
    "the architecture": (
        _task(runtimePlatform={"cpuArchitecture": "X86_64"}),
        _task(runtimePlatform={"cpuArchitecture": "ARM64"}),
    ),
    "a udp port": (
        _ports("awsvpc", {"containerPort": 53}),
        _ports("awsvpc", {"containerPort": 53, "protocol": "udp"}),
    ),
    "bridge: a fixed host port": (
        _ports("bridge", {"containerPort": 80}),
        _ports("bridge", {"containerPort": 80, "hostPort": 80}),
    ),
    "bridge by omission: a fixed host port": (
        _ports(None, {"containerPort": 80, "hostPort": 8080}),
        _ports(None, {"containerPort": 80, "hostPort": 0}),
    ),
    "another health check interval": (_health(), _health(interval=10)),
    "a read-only mount": (
        _box(mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}]),
        _box(mountPoints=[{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}]),
    ),
    "a path on the host": (_volume(host={}), _volume(host={"sourcePath": "/srv"})),
    "an encrypted transit": (_efs(), _efs(transitEncryption="ENABLED")),
    "a sidecar without members of its own, gone": (
        _task(containerDefinitions=[{"name": "a"}, {"name": "b"}]),
        _task(containerDefinitions=[{"name": "a"}]),
    ),
    "a label's value": (_box(dockerLabels={"a": "1"}), _box(dockerLabels={"a": "2"})),
    "a log option": (
        _box(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "a"}}),
        _box(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "b"}}),
    ),
    "the desired count": (_service(desiredCount=1), _service(desiredCount=2)),
    "no tasks is a count": (_service(desiredCount=1), _service(desiredCount=0)),
    "the revision": (_service(taskDefinition="shop:3"), _service(taskDefinition="shop:30")),
    "an old platform": (_service(platformVersion="LATEST"), _service(platformVersion="1.3.0")),
    "one more subnet": (
        _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["s1"]}}),
        _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["s1", "s2"]}}),
    ),
    "the maximum percent": (_deploys(maximumPercent=200), _deploys(maximumPercent=150)),
    "a minimum of 0 is a percentage": (_deploys(minimumHealthyPercent=100), _deploys(minimumHealthyPercent=0)),
    "the strategy": (_deploys(strategy="BLUE_GREEN"), _deploys(strategy="ROLLING")),
    "the breaker's threshold": (
        _deploys(deploymentCircuitBreaker=BREAKER),
        _deploys(
            deploymentCircuitBreaker={**BREAKER, "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 20}}
        ),
    ),
    "the weight": (
        _service(capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}]),
        _service(capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 2}]),
    ),
    "order of the placement strategy": (
        _service(placementStrategy=[{"type": "spread", "field": "host"}, {"type": "binpack", "field": "cpu"}]),
        _service(placementStrategy=[{"type": "binpack", "field": "cpu"}, {"type": "spread", "field": "host"}]),
    ),
    "an attribute keeps its case": (
        _service(placementStrategy=[{"type": "spread", "field": "attribute:Zone"}]),
        _service(placementStrategy=[{"type": "spread", "field": "attribute:zone"}]),
    ),
    "an alias with a name of its own": (
        _mesh(clientAliases=[{"port": 80}]),
        _mesh(clientAliases=[{"port": 80, "dnsName": "web"}]),
    ),
    "Service Connect as a client is not off": (_service(), _connects()),
    "the grace period": (_service(healthCheckGracePeriodSeconds=30), _service()),
    "execute command is on": (_service(enableExecuteCommand=True), _service()),
}


@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL.keys())
def test_equal(pair: Pair) -> None:
    (shape, one), (_shape, other) = pair
    assert normal(one, shape) == normal(other, shape)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different(pair: Pair) -> None:
    (shape, one), (_shape, other) = pair
    assert normal(one, shape) != normal(other, shape)


def test_nothing_is_left_of_a_document_that_says_nothing() -> None:
    assert normal({"placementStrategy": [], "deploymentConfiguration": {"alarms": OFF}}, SERVICE) is None


def test_the_document_that_is_given_stays_as_it_is() -> None:
    shape, document = _mesh(clientAliases=[{"port": 80, "dnsName": "http.shop.local"}])
    before = copy.deepcopy(document)
    normal(document, shape)
    assert document == before


# Laws, over documents made up from the model

# Lists whose order AWS documents as meaning something. Every other list of the three requests is a set.
ORDERED = {
    "ContainerDefinition.command",
    "ContainerDefinition.dnsSearchDomains",
    "ContainerDefinition.dnsServers",
    "ContainerDefinition.entryPoint",
    "ContainerDefinition.environmentFiles",
    "CreateServiceRequest.placementStrategy",
    "HealthCheck.command",
}
# Tags have calls and a comparison of their own (test__core.py).
APART = {"CreateClusterRequest.tags", "CreateServiceRequest.tags", "RegisterTaskDefinitionRequest.tags"}

# What AWS fills in, or documents as what it takes, where a structure leaves a member out. Written here a second time,
# from the API reference, so that a slip in the rules is seen.
FILLED: dict[str, dict[str, Any]] = {
    "AwsVpcConfiguration": {"assignPublicIp": "DISABLED"},
    "CapacityProviderStrategyItem": {"base": 0, "weight": 0},
    "CanaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10},
    "ContainerDefinition": {
        "cpu": 0,
        "essential": True,
        "versionConsistency": "enabled",
        "privileged": False,
        "readonlyRootFilesystem": False,
        "interactive": False,
        "pseudoTerminal": False,
        "disableNetworking": False,
    },
    "ContainerRestartPolicy": {"restartAttemptPeriod": 300},
    "CreateServiceRequest": {
        "availabilityZoneRebalancing": "DISABLED",
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "healthCheckGracePeriodSeconds": 0,
        "platformVersion": "LATEST",
        "propagateTags": "NONE",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "serviceConnectConfiguration": {"enabled": False},
    },
    "DeploymentCircuitBreaker": {"resetOnHealthyTask": True, "thresholdConfiguration": THRESHOLD},
    "DeploymentConfiguration": {"strategy": "ROLLING", "bakeTimeInMinutes": 0, "alarms": OFF},
    "DeploymentLifecycleHook": {
        "targetType": "AWS_LAMBDA",
        "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
    },
    "EFSVolumeConfiguration": {"rootDirectory": "/", "transitEncryption": "DISABLED"},
    "EFSAuthorizationConfig": {"iam": "DISABLED"},
    "HealthCheck": {"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0},
    "LinearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6},
    "LinuxParameters": {"capabilities": {"add": [], "drop": []}, "devices": [], "tmpfs": []},
    "MetricConfiguration": {"resolutionSeconds": 60},
    "MountPoint": {"readOnly": False},
    "PortMapping": {"protocol": "tcp"},
    "ProxyConfiguration": {"type": "APPMESH"},
    "RegisterTaskDefinitionRequest": {"networkMode": "bridge", "enableFaultInjection": False},
    "ServiceManagedEBSVolumeConfiguration": {"filesystemType": "xfs"},
    "TrustedExecutionConfiguration": {"isolationMode": "SHARED"},
    "Volume": {"configuredAtLaunch": False, "host": {}},
    "VolumeFrom": {"readOnly": False},
}
# Members of which several spellings say the same, or which depend on others; the pairs above have rows for them.
SEVERAL_SPELLINGS = {
    "PortMapping.hostPort",  # the container's port, under awsvpc and host
    "PortMapping.containerPort",
    "RegisterTaskDefinitionRequest.networkMode",
    "ServiceConnectService.discoveryName",  # the port's name
    "ServiceConnectService.portName",
    "ServiceConnectConfiguration.enabled",
}
ROOTS = {shape.name: shape for shape in (CLUSTER, SERVICE, DEFINITION)}


def _each(value: Any, shape: Any, change: Callable[[str, Any, Any], Any], owner: str = "") -> Any:
    """Rebuild a document from below; `change` gets the member as Type.member, the shape and the value."""
    if shape.type_name == "structure" and not is_document(shape):
        value = {
            name: _each(entry, shape.members[name], change, f"{shape.name}.{name}") for name, entry in value.items()
        }
    elif shape.type_name == "list":
        value = [_each(entry, shape.member, change) for entry in value]
    return change(owner, shape, value)


@st.composite
def _made_up(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    shape = draw(st.sampled_from(list(ROOTS.values())))
    document = draw(documents(shape))
    document.pop("tags", None)
    return shape, document


@property_of
@given(_made_up())
def test_law_the_normal_form_is_normal(made: tuple[Any, dict[str, Any]]) -> None:
    shape, document = made
    once = normal(document, shape)
    assert normal(once, shape) == once


@property_of
@given(_made_up(), st.randoms(use_true_random=False))
def test_law_the_order_of_sets_means_nothing(made: tuple[Any, dict[str, Any]], random: Any) -> None:
    shape, document = made

    def shuffled(owner: str, inner: Any, value: Any) -> Any:
        if inner.type_name == "list" and owner not in ORDERED:
            return random.sample(value, len(value))
        return value

    assert normal(_each(document, shape, shuffled), shape) == normal(document, shape)


@property_of
@given(_made_up())
def test_law_what_aws_fills_in_changes_nothing(made: tuple[Any, dict[str, Any]]) -> None:
    shape, document = made

    def filled(_owner: str, inner: Any, value: Any) -> Any:
        if inner.type_name != "structure" or is_document(inner):
            return value
        empty: dict[str, Any] = {"list": [], "map": {}, "structure": {}}
        nothing = {name: empty[member.type_name] for name, member in inner.members.items() if member.type_name in empty}
        defaults = {name: entry for name, entry in FILLED.get(inner.name, {}).items() if name in inner.members}
        return {**nothing, **copy.deepcopy(defaults), **value}

    assert normal(_each(document, shape, filled), shape) == normal(document, shape)


@property_of
@given(_made_up(), st.data())
def test_law_a_change_to_any_one_value_is_seen(made: tuple[Any, dict[str, Any]], data: st.DataObject) -> None:
    shape, document = made
    places = [place for place in leaves(document, shape) if place[2] not in SEVERAL_SPELLINGS]
    assume(places)
    path, inner, owner = data.draw(st.sampled_from(places))
    structure, _dot, member = owner.partition(".")
    old = document
    for step in path:
        old = old[step]
    new = data.draw(
        scalars(inner).filter(lambda value: value != old and value != FILLED.get(structure, {}).get(member))
    )
    changed = replaced(document, path, new)
    assume(all(connect.get("enabled") for connect in [changed.get("serviceConnectConfiguration") or {"enabled": True}]))
    assert normal(changed, shape) != normal(document, shape)


def _entry(shape: Any, number: int) -> Any:
    """Make an entry of a list that differs from the next one."""
    if shape.type_name == "structure":
        first = next(name for name, member in shape.members.items() if member.type_name in ("string", "integer"))
        return {name: _entry(shape.members[name], number) for name in {first, *shape.required_members}}
    if shape.type_name == "list":
        return [_entry(shape.member, number)]
    if shape.type_name == "string":
        choices = getattr(shape, "enum", None) or ["a", "b"]
        return choices[number % len(choices)]
    return number + 1


LISTS = {
    f"{shape.name}.{name}": (shape, name, member)
    for shape in structures(*ROOTS.values()).values()
    for name, member in shape.members.items()
    if member.type_name == "list" and f"{shape.name}.{name}" not in APART
}


@pytest.mark.parametrize("owner", LISTS)
def test_every_list_is_either_ordered_or_a_set(owner: str) -> None:
    shape, name, member = LISTS[owner]
    one, two = _entry(member.member, 0), _entry(member.member, 1)
    same = normal({name: [one, two]}, shape) == normal({name: [two, one]}, shape)
    assert same == (owner not in ORDERED or one == two)


@pytest.mark.parametrize(
    ("name", "member", "default"),
    [(name, member, value) for name, members in FILLED.items() for member, value in members.items()],
)
def test_a_default_alone_says_nothing(name: str, member: str, default: Any) -> None:
    shape = structures(*ROOTS.values())[name]
    assert normal({member: default}, shape) is None


# overlay, part, cut

MERGING = structures(*ROOTS.values())


@property_of
@given(st.sampled_from(sorted(MERGING)), st.data())
def test_law_sending_what_is_there_changes_nothing(name: str, data: st.DataObject) -> None:
    shape = MERGING[name]
    document = data.draw(documents(shape, 3))
    assert overlay(document, document, shape) == document


@property_of
@given(st.sampled_from(sorted(MERGING)), st.data())
def test_law_sending_twice_is_sending_once(name: str, data: st.DataObject) -> None:
    shape = MERGING[name]
    have, want = data.draw(documents(shape, 3)), data.draw(documents(shape, 3))
    once = overlay(have, want, shape)
    assert overlay(once, want, shape) == once


@property_of
@given(st.sampled_from(sorted(MERGED & set(MERGING))), st.data())
def test_law_a_merged_structure_keeps_what_is_not_sent(name: str, data: st.DataObject) -> None:
    shape = MERGING[name]
    have, want = data.draw(documents(shape, 5)), data.draw(documents(shape, 2))
    assume(want)
    after = overlay(have, want, shape)
    bound = BOUND.get(name, {}).items()
    lost = {member for member, (by, word) in bound if have.get(by) == word != want.get(by, word)} - set(want)
    assert set(after) == {*have, *want} - lost
    assert all(after[member] == have[member] for member in have if member not in {*want, *lost})


@property_of
@given(st.sampled_from(sorted(set(MERGING) - MERGED)), st.data())
def test_law_every_other_structure_is_replaced(name: str, data: st.DataObject) -> None:
    shape = MERGING[name]
    have, want = data.draw(documents(shape, 3)), data.draw(documents(shape, 3))
    assert overlay(have, want, shape) == want


@property_of
@given(st.data())
def test_law_the_parts_that_are_sent_bring_the_whole_about(data: st.DataObject) -> None:
    shape = MERGING[data.draw(st.sampled_from(sorted(SENT_IN_PARTS)))]
    have, want = data.draw(documents(shape, 5)), data.draw(documents(shape, 3))
    assume(want)  # the reader turns an empty structure into what clears it
    assume(not set(BOUND.get(shape.name, {})) & set(want))  # with another word than is theirs they are refused
    after = overlay(have, want, shape)
    sent = part(have, after, shape)
    assert normal(overlay(have, sent, shape) if sent else have, shape) == normal(after, shape)
    assert set(sent) <= set(want)


def test_what_goes_with_a_strategy_goes_with_it() -> None:
    shape, canary = MERGING["DeploymentConfiguration"], {"canaryPercent": 12.5}
    have = {"strategy": "CANARY", "canaryConfiguration": canary, "maximumPercent": 150}
    assert overlay(have, {"strategy": "ROLLING"}, shape) == {"strategy": "ROLLING", "maximumPercent": 150}
    assert overlay(have, {"bakeTimeInMinutes": 5}, shape) == {**have, "bakeTimeInMinutes": 5}
    wrong = {"strategy": "LINEAR", "canaryConfiguration": canary}
    assert overlay(have, wrong, shape) == {**wrong, "maximumPercent": 150}, "kept, so that it can be refused"


def test_an_empty_value_is_sent_as_it_is() -> None:
    shape = MERGING["DeploymentConfiguration"]
    assert overlay({"maximumPercent": 150}, {}, shape) == {}
    assert overlay(None, {"maximumPercent": 150}, shape) == {"maximumPercent": 150}


def test_only_the_differing_part_of_a_deployment_configuration_is_sent() -> None:
    shape = MERGING["DeploymentConfiguration"]
    have = {"maximumPercent": 200, "minimumHealthyPercent": 100, "deploymentCircuitBreaker": BREAKER, "alarms": OFF}
    after = overlay(have, {"maximumPercent": 150, "deploymentCircuitBreaker": BREAKER}, shape)
    assert part(have, after, shape) == {"maximumPercent": 150}


def test_the_breaker_keeps_its_threshold_when_only_rollback_changes() -> None:
    shape = MERGING["DeploymentConfiguration"]
    kept = {"resetOnHealthyTask": False, "thresholdConfiguration": {"type": "COUNT", "value": 3}}
    have = {"deploymentCircuitBreaker": {**BREAKER, **kept}}
    after = overlay(have, {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}, shape)
    assert after == {"deploymentCircuitBreaker": {"enable": True, "rollback": False, **kept}}


def test_linear_steps_are_replaced_as_a_whole() -> None:
    """AWS puts its own default in the place of a step that is not sent, never the value before."""
    shape = MERGING["DeploymentConfiguration"]
    have = {"linearConfiguration": {"stepPercent": 33.0, "stepBakeTimeInMinutes": 9}}
    assert overlay(have, {"linearConfiguration": {"stepPercent": 44.0}}, shape) == {
        "linearConfiguration": {"stepPercent": 44.0}
    }


@pytest.mark.parametrize("name", sorted(set(CLEARED) & set(structures(*ROOTS.values()))))
def test_clearing_a_structure_leaves_nothing_that_differs_from_none(name: str) -> None:
    shape = structures(*ROOTS.values())[name]
    left = normal(CLEARED[name], shape) or {}
    assert left in ({}, {"namespace": ""}, {"maximumPercent": 200, "minimumHealthyPercent": 100})


def _json() -> st.SearchStrategy[Any]:
    words = st.text("abc", min_size=1, max_size=2)
    return st.recursive(
        st.booleans() | st.integers(0, 3) | words,  # the normal form holds no null
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=10,
    )


@property_of
@given(st.dictionaries(st.sampled_from("abcd"), _json(), max_size=4))
def test_law_equal_documents_have_no_sides(document: dict[str, Any]) -> None:
    assert cut(document, copy.deepcopy(document)) == ({}, {})


@property_of
@given(
    st.dictionaries(st.sampled_from("abcd"), _json(), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), _json(), max_size=4),
)
def test_law_the_sides_hold_what_differs_and_only_that(before: dict[str, Any], after: dict[str, Any]) -> None:
    left, right = cut(before, after)
    shown = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert set(left) == shown & set(before)
    assert set(right) == shown & set(after)
    assert (left == right) == (not shown)


def test_named_entries_are_matched_by_name() -> None:
    before = {"containerDefinitions": [{"name": "a", "image": "1", "cpu": 1}, {"name": "b", "image": "1"}]}
    after = {"containerDefinitions": [{"name": "a", "image": "2", "cpu": 1}, {"name": "b", "image": "1"}]}
    assert cut(before, after) == (
        {"containerDefinitions": [{"name": "a", "image": "1"}]},
        {"containerDefinitions": [{"name": "a", "image": "2"}]},
    )


def test_an_entry_that_came_or_went_is_shown_whole() -> None:
    before = {"environment": [{"name": "A", "value": "1"}, {"name": "OLD", "value": "x"}]}
    after = {"environment": [{"name": "A", "value": "1"}, {"name": "NEW", "value": "y"}]}
    assert cut(before, after) == (
        {"environment": [{"name": "OLD", "value": "x"}]},
        {"environment": [{"name": "NEW", "value": "y"}]},
    )
