# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every member of a request is shown again: leaf by leaf, from botocore's shapes.

What no answer shows is listed by name, with the reason: the list is AWS's, not the emulator's.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

MODEL = botocore.session.get_session().get_service_model("ecs")
Leaf = tuple[str, Any]

NUMBERS = itertools.count(1)
ROLE = "arn:aws:iam::123456789012:role/infrastructure"


def shape_of(operation: str) -> StructureShape:
    shape = MODEL.operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return shape


def build(shape: Shape) -> Any:
    """Make a value for every leaf of a shape."""
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return {"any": "thing"}
        return {name: build(member) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [build(shape.member)]
    if isinstance(shape, MapShape):
        return {f"key{next(NUMBERS)}": build(shape.value)}
    return scalar(shape)


def scalar(shape: Shape) -> Any:
    if shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        return enum[0] if enum else f"value{next(NUMBERS)}"
    if shape.type_name == "boolean":
        return True
    low = max(int(shape.metadata.get("min", 1)), 1)
    high = int(shape.metadata.get("max", 100))
    number = min(low + next(NUMBERS) % 40, high)
    return float(number) if shape.type_name in ("double", "float") else number


def leaf_paths(shape: Shape, path: str = "") -> Iterator[str]:
    """Give the paths of all leaves of a shape."""
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        for name, member in shape.members.items():
            yield from leaf_paths(member, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, ListShape):
        yield from leaf_paths(shape.member, f"{path}[]")
    else:
        yield path


def leaves(shape: Shape, value: Any, path: str = "") -> Iterator[Leaf]:
    """Give the leaves of a value with their paths; a map or document is a leaf."""
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        for name, item in value.items():
            yield from leaves(shape.members[name], item, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, ListShape):
        for item in value:
            yield from leaves(shape.member, item, f"{path}[]")
    else:
        yield path, value


def shown(value: Any, path: str = "") -> Iterator[Leaf]:
    """Give every part of an answer with its path, maps included."""
    yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from shown(item, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from shown(item, f"{path}[]")


def without(document: Any, *paths: str) -> Any:
    """Copy a document without some members."""
    result = copy.deepcopy(document)
    for path in paths:
        drop(result, path.split("."))
    return result


def drop(value: Any, parts: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            drop(item, parts)
    elif len(parts) == 1:
        value.pop(parts[0], None)
    elif parts[0] in value:
        drop(value[parts[0]], parts[1:])


def check(shape: StructureShape, requests: list[Any], answers: list[Any], exceptions: dict[str, str]) -> None:
    """Check that each leaf of each request is in its answer, and that no leaf of the shape was left out."""
    sent: set[str] = set()
    for request, answer in zip(requests, answers, strict=True):
        found = [*shown(answer)]
        for path, value in leaves(shape, request):
            sent.add(path)
            if path not in exceptions:
                assert (path, value) in found, (path, value)
    assert set(leaf_paths(shape)) == sent


# CreateCluster


def test_create_cluster(account: Any) -> None:
    """botocore ECS model, CreateCluster and Cluster."""
    shape = shape_of("CreateCluster")
    request = build(shape)
    request["settings"][0]["value"] = "enhanced"
    request["capacityProviders"] = ["FARGATE"]
    request["defaultCapacityProviderStrategy"][0]["capacityProvider"] = "FARGATE"
    account.ecs.create_cluster(**request)
    include = ["SETTINGS", "CONFIGURATIONS", "TAGS"]
    answer = account.ecs.describe_clusters(clusters=[request["clusterName"]], include=include)["clusters"][0]
    check(shape, [request], [answer], {"serviceConnectDefaults.namespace": "shown as the namespace's ARN"})
    assert ":namespace/ns-" in answer["serviceConnectDefaults"]["namespace"]


# RegisterTaskDefinition


def definition_request() -> Any:
    request = build(shape_of("RegisterTaskDefinition"))
    request |= {"family": "whole", "networkMode": "bridge", "cpu": "4096", "memory": "8192"}
    container = request["containerDefinitions"][0]
    container |= {"name": "app", "cpu": 256, "memory": 1024, "memoryReservation": 512}
    container["dependsOn"][0]["containerName"] = "other"
    container["portMappings"][0] |= {"name": "http", "protocol": "udp"}
    request["containerDefinitions"].append({"name": "other", "image": "other", "memory": 64})
    volume = request["volumes"][0]
    container["mountPoints"][0]["sourceVolume"] = volume["name"]
    return request


def test_register_task_definition(account: Any) -> None:
    """botocore ECS model, RegisterTaskDefinition and TaskDefinition."""
    shape = shape_of("RegisterTaskDefinition")
    request = definition_request()
    account.ecs.register_task_definition(**request)
    answer = account.ecs.describe_task_definition(taskDefinition="whole", include=["TAGS"])
    document = answer["taskDefinition"] | {"tags": answer["tags"]}
    check(shape, [request], [document], {})


# CreateService and UpdateService

REQUEST_ONLY = {
    "clientToken": "names the call, not the service",
    "cluster": "shown as clusterArn",
    "service": "shown as serviceName",
    "role": "shown as roleArn",
    "taskDefinition": "shown as the full ARN",
    "forceNewDeployment": "names the call, not the service",
    "serviceConnectConfiguration.namespace": "shown as the namespace's ARN",
}


EARLY = "deploymentConfiguration.earlySuccessCriteria"
LINEAR = "deploymentConfiguration.linearConfiguration"
CANARY = "deploymentConfiguration.canaryConfiguration"
FARGATE_ONLY = (
    "networkConfiguration",
    "platformVersion",
    "capacityProviderStrategy",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "serviceConnectConfiguration",
)


def whole_request(account: Any, operation: str, balancer: Any) -> Any:
    """Build every member with values that fit each other, as far as all of them can."""
    request = build(shape_of(operation))
    request |= {"cluster": "c", "taskDefinition": "web", "platformVersion": "LATEST"}
    request["serviceName" if operation == "CreateService" else "service"] = "s"
    request["networkConfiguration"]["awsvpcConfiguration"] |= {
        "subnets": account.subnets[:1],
        "securityGroups": [account.ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }
    place = {"containerName": "app", "containerPort": 80}
    request["loadBalancers"][0] |= place | balancer
    request["serviceRegistries"][0] |= place
    request["serviceConnectConfiguration"]["namespace"] = "space"
    request["serviceConnectConfiguration"]["services"][0]["portName"] = "http"
    request["volumeConfigurations"][0]["name"] = "data"
    request["vpcLatticeConfigurations"][0]["portName"] = "http"
    request["gatewayConnectors"][0]["portName"] = "http"
    request["capacityProviderStrategy"] = [{"capacityProvider": "FARGATE", "weight": 3, "base": 2}]
    request["deploymentConfiguration"] |= {"maximumPercent": 150, "minimumHealthyPercent": 75}
    request["deploymentConfiguration"]["earlySuccessCriteria"]["healthyPercent"] = 80
    request["deploymentConfiguration"]["linearConfiguration"]["stepPercent"] = 12.5
    return request


def variants(account: Any, operation: str, balancer: Any) -> list[Any]:
    """Spread the members that exclude each other over several requests; the last is for instances."""
    whole = whole_request(account, operation, balancer)
    classic_only = ("role", "launchType", "loadBalancers.loadBalancerName", "placementConstraints", "placementStrategy")
    rolling = without(whole, LINEAR, CANARY, *classic_only)
    linear = without(whole, EARLY, CANARY, *classic_only)
    linear["deploymentConfiguration"]["strategy"] = "LINEAR"
    canary = without(whole, EARLY, LINEAR, *classic_only)
    canary["deploymentConfiguration"]["strategy"] = "CANARY"
    classic = without(whole, EARLY, LINEAR, CANARY, "loadBalancers.targetGroupArn", *FARGATE_ONLY)
    classic["deploymentConfiguration"]["strategy"] = "ROLLING"
    classic |= {"taskDefinition": "host", "availabilityZoneRebalancing": "DISABLED"}
    classic["placementConstraints"] = [{"type": "memberOf", "expression": "attribute:x == y"}]
    classic["placementStrategy"] = [{"type": "spread", "field": "attribute:ecs.availability-zone"}]
    return [rolling, linear, canary, classic]


@pytest.fixture
def prepared(account: Any) -> Any:
    """An account with everything that the requests refer to."""
    account.register(volumes=[{"name": "data", "configuredAtLaunch": True}])
    account.register_ec2()
    account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": "space"})
    account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    account.emulator.step(60)
    return account


def everything(account: Any) -> Any:
    """Join all that can be read of service `s`: itself, its PRIMARY deployment and that one's revision."""
    service = account.service(include=["TAGS"])
    revision = service["currentServiceRevisions"][0]["arn"]
    answer = account.ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    return answer | service["deployments"][0] | service


def remove(account: Any) -> None:
    account.ecs.delete_service(cluster="c", service="s", force=True)
    account.emulator.step(60)


def test_create_service(prepared: Any) -> None:
    """botocore ECS model, CreateService; Service, Deployment and ServiceRevision."""
    requests = variants(prepared, "CreateService", prepared.shifting())
    answers = []
    for request in requests:
        prepared.ecs.create_service(**request)
        answers.append(everything(prepared))
        remove(prepared)
    check(shape_of("CreateService"), requests, answers, REQUEST_ONLY)
    assert answers[-1]["roleArn"].endswith(f":role/{requests[-1]['role']}")


def test_update_service(prepared: Any) -> None:
    """botocore ECS model, UpdateService; Service, Deployment and ServiceRevision."""
    volumes = [{"name": "data", "managedEBSVolume": {"roleArn": ROLE}}]
    requests = variants(prepared, "UpdateService", prepared.shifting())
    answers = []
    for request in requests:
        if request["taskDefinition"] == "web":
            prepared.create(volumeConfigurations=volumes)
        else:
            prepared.create(taskDefinition="host", launchType="EC2", networkConfiguration=None)
        prepared.ecs.update_service(**request)
        answers.append(everything(prepared))
        remove(prepared)
    check(shape_of("UpdateService"), requests, answers, REQUEST_ONLY)
