# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Task definitions."""

from __future__ import annotations

from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/execution"


def container(**changes: Any) -> dict[str, Any]:
    return {"name": "app", "image": "app:1", "memory": 128, **changes}


def fargate(**changes: Any) -> dict[str, Any]:
    """A request for Fargate."""
    return {
        "family": "f",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "app:1"}],
        **changes,
    }


def ec2(*containers: Any, **changes: Any) -> dict[str, Any]:
    """A request for instances."""
    return {"family": "f", "containerDefinitions": list(containers) or [container()], **changes}


def register(ecs: Any, request: dict[str, Any]) -> Any:
    return ecs.register_task_definition(**request)["taskDefinition"]


def first(definition: Any) -> Any:
    return definition["containerDefinitions"][0]


# What is filled in


def test_defaults(ecs: Any) -> None:
    """botocore ECS model, ContainerDefinition, and the sample output of describe-task-definition."""
    definition = register(ecs, ec2())
    assert first(definition) == {
        "name": "app",
        "image": "app:1",
        "memory": 128,
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "portMappings": [],
        "systemControls": [],
        "volumesFrom": [],
    }
    assert (definition["volumes"], definition["placementConstraints"]) == ([], [])
    assert definition["compatibilities"] == ["EXTERNAL", "EC2"]
    assert not {"networkMode", "cpu", "memory", "requiresCompatibilities", "tags", "runtimePlatform"} & set(definition)
    assert definition["status"] == "ACTIVE"
    assert definition["registeredBy"].startswith("arn:aws:iam::123456789012:")


@pytest.mark.parametrize(
    ("mode", "mapping", "expected"),
    [
        ("awsvpc", {"containerPort": 80}, {"containerPort": 80, "hostPort": 80, "protocol": "tcp"}),
        ("host", {"containerPort": 80}, {"containerPort": 80, "hostPort": 80, "protocol": "tcp"}),
        ("bridge", {"containerPort": 80}, {"containerPort": 80, "hostPort": 0, "protocol": "tcp"}),
        ("bridge", {"containerPort": 53, "protocol": "udp"}, {"containerPort": 53, "hostPort": 0, "protocol": "udp"}),
        ("bridge", {"containerPortRange": "1-9"}, {"containerPortRange": "1-9", "protocol": "tcp"}),
    ],
)
def test_ports(ecs: Any, mode: str, mapping: Any, expected: Any) -> None:
    """botocore ECS model, PortMapping.hostPort and protocol."""
    definition = register(ecs, ec2(container(portMappings=[mapping]), networkMode=mode))
    assert first(definition)["portMappings"] == [expected]


def test_nested_defaults(ecs: Any) -> None:
    """botocore ECS model, HealthCheck; lists of linuxParameters come back empty rather than absent."""
    changes = {
        "healthCheck": {"command": ["CMD", "true"]},
        "linuxParameters": {"initProcessEnabled": True},
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
    }
    definition = register(ecs, ec2(container(**changes), volumes=[{"name": "data"}]))
    assert first(definition)["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert first(definition)["linuxParameters"] == {
        "initProcessEnabled": True,
        "capabilities": {"add": [], "drop": []},
        "devices": [],
        "tmpfs": [],
    }
    assert definition["volumes"] == [{"name": "data", "host": {}}]


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        ("1024", "2048", ("1024", "2048")),
        ("1 vCPU", "2 GB", ("1024", "2048")),
        ("1vcpu", "2gb", ("1024", "2048")),
        (".5 vCPU", "1.0GB", ("512", "1024")),
        ("0.25 vCPU", "0.5GB", ("256", "512")),
    ],
)
def test_sizes_are_canonical(ecs: Any, cpu: str, memory: str, expected: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html: cpu and memory."""
    definition = register(ecs, fargate(cpu=cpu, memory=memory))
    assert (definition["cpu"], definition["memory"]) == expected


def test_order_of_pairs_is_not_kept(ecs: Any) -> None:
    """hashicorp/terraform-provider-aws#3035: environment and secrets come back in an order of their own."""
    names = ["ZEBRA", "ALPHA", "MIKE", "BRAVO", "YANKEE", "CHARLIE"]
    orders = []
    for sent in (names, sorted(names)):
        environment = [{"name": name, "value": name.lower()} for name in sent]
        secrets = [{"name": f"S_{name}", "valueFrom": "x"} for name in sent]
        held = first(register(ecs, ec2(container(environment=environment, secrets=secrets))))
        orders.append([pair["name"] for pair in held["environment"]])
        assert sorted(pair["name"] for pair in held["secrets"]) == sorted(f"S_{name}" for name in names)
    assert orders[0] == orders[1]
    assert orders[0] not in (names, sorted(names))
    assert sorted(orders[0]) == sorted(names)


def test_compatibilities(ecs: Any) -> None:
    """Sample outputs: ["EC2", "FARGATE"]; a given list of compatibilities is a set."""
    definition = register(ecs, fargate(requiresCompatibilities=["FARGATE", "EC2"]))
    assert definition["compatibilities"] == ["EC2", "FARGATE"]
    assert definition["requiresCompatibilities"] == ["EC2", "FARGATE"]
    names = [item["name"] for item in definition["requiresAttributes"]]
    assert "ecs.capability.task-eni" in names


# Revisions


def test_revisions_are_never_used_twice(ecs: Any) -> None:
    """botocore ECS model, DeleteTaskDefinitions: the counter goes on even when all revisions are deleted."""
    assert [register(ecs, ec2())["revision"] for _ignored in range(2)] == [1, 2]
    for revision in ("f:1", "f:2"):
        ecs.deregister_task_definition(taskDefinition=revision)
    ecs.delete_task_definitions(taskDefinitions=["f:1", "f:2"])
    assert register(ecs, ec2())["revision"] == 3


def test_family_is_the_latest_active(ecs: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html"""
    for _ignored in range(3):
        register(ecs, ec2())
    ecs.deregister_task_definition(taskDefinition="f:3")
    describe = ecs.describe_task_definition
    assert describe(taskDefinition="f")["taskDefinition"]["revision"] == 2
    assert describe(taskDefinition="f:3")["taskDefinition"]["status"] == "INACTIVE"
    arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/f:1"
    assert describe(taskDefinition=arn)["taskDefinition"]["taskDefinitionArn"] == arn
    refused("ClientException", "Unable to describe task definition.", describe, taskDefinition="nope")
    refused("ClientException", "Unable to describe task definition.", describe, taskDefinition="f:9")
    refused("InvalidParameterException", "Invalid revision number. Number: x", describe, taskDefinition="f:x")


def test_deregister(ecs: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html"""
    register(ecs, ec2())
    deregister = ecs.deregister_task_definition
    refused("ClientException", "Revision is missing.", deregister, taskDefinition="f")
    refused("InvalidParameterException", "Number: foo", deregister, taskDefinition="f:foo")
    refused("ClientException", "does not exist", deregister, taskDefinition="f:2")
    for _ignored in range(2):
        definition = deregister(taskDefinition="f:1")["taskDefinition"]
        assert definition["status"] == "INACTIVE"
        assert "deregisteredAt" in definition


def test_delete(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html"""
    ecs = account.ecs
    for _ignored in range(2):
        register(ecs, ec2())
    ecs.deregister_task_definition(taskDefinition="f:2")
    answer = ecs.delete_task_definitions(taskDefinitions=["f:1", "f:2", "f:3", "f"])
    assert [item["status"] for item in answer["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert "deleteRequestedAt" in answer["taskDefinitions"][0]
    reasons = [item["reason"] for item in answer["failures"]]
    assert ["ACTIVE status" in reasons[0], "does not exist" in reasons[1], "invalid" in reasons[2]] == [True] * 3
    assert ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"][0].endswith("f:2")
    account.emulator.step(3700)
    assert ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"] == []
    refused("InvalidParameterException", "", ecs.delete_task_definitions, taskDefinitions=[])
    refused("InvalidParameterException", "", ecs.delete_task_definitions, taskDefinitions=["f:1"] * 11)


def test_deletion_waits_for_services(account: Any) -> None:
    """botocore ECS model, DeleteTaskDefinitions: it stays while a service refers to it."""
    account.deployed()
    account.ecs.deregister_task_definition(taskDefinition="web:1")
    account.ecs.delete_task_definitions(taskDefinitions=["web:1"])
    account.emulator.step(8000)
    held = account.ecs.describe_task_definition(taskDefinition="web:1")["taskDefinition"]
    assert held["status"] == "DELETE_IN_PROGRESS"


def test_lists(ecs: Any) -> None:
    """botocore ECS model, ListTaskDefinitions: familyPrefix is a whole family there, a prefix for families."""
    for family in ("web", "web", "web-2", "other"):
        register(ecs, ec2(family=family))
    ecs.deregister_task_definition(taskDefinition="other:1")

    def listed(**request: Any) -> list[str]:
        arns = ecs.list_task_definitions(**request)["taskDefinitionArns"]
        return [arn.rpartition("/")[2] for arn in arns]

    assert listed() == ["web:1", "web:2", "web-2:1"]
    assert listed(familyPrefix="web") == ["web:1", "web:2"]
    assert listed(familyPrefix="we") == []
    assert listed(sort="DESC") == ["web-2:1", "web:2", "web:1"]
    assert listed(status="INACTIVE") == ["other:1"]
    page = ecs.list_task_definitions(maxResults=2)
    assert len(page["taskDefinitionArns"]) == 2
    assert len(ecs.list_task_definitions(nextToken=page["nextToken"])["taskDefinitionArns"]) == 1
    families = ecs.list_task_definition_families
    assert families(familyPrefix="we")["families"] == ["web", "web-2"]
    assert families(status="INACTIVE")["families"] == ["other"]
    assert families(status="ACTIVE", maxResults=1)["families"] == ["web"]


# Tags


def test_tags(ecs: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html: a set of tags per revision."""
    tags = [{"key": "a", "value": "b"}]
    answer = ecs.register_task_definition(**ec2(tags=tags))
    assert answer["tags"] == tags
    assert ecs.describe_task_definition(taskDefinition="f")["tags"] == []
    assert ecs.describe_task_definition(taskDefinition="f", include=["TAGS"])["tags"] == tags
    assert ecs.register_task_definition(**ec2())["tags"] == []
    refused("InvalidParameterException", "Tags can not be empty.", ecs.register_task_definition, **ec2(tags=[]))


# What is refused


@pytest.mark.parametrize(
    ("containers", "changes", "text"),
    [
        ([container(name="")], {}, "Container.name should not be null or empty."),
        ([container(image="")], {}, "Container.image should not be null or empty."),
        ([container(image="x" * 256)], {}, "Container.image should be 255 characters or less"),
        ([container(name="a b")], {}, "Container.name"),
        ([{"name": "app", "image": "a"}], {}, "At least one of 'memory' or 'memoryReservation' must be specified."),
        ([container(memory=1024)], {"memory": "512"}, "The 'memory' setting for container 'app' is greater"),
        ([container(cpu=1024)], {"cpu": "512"}, "The 'cpu' setting for container 'app' is greater"),
        ([container(memory=4)], {}, "Invalid 'memory' setting"),
        ([container(memoryReservation=256)], {}, "must be greater than"),
        ([container(), container()], {}, "Duplicate container name"),
        ([container(essential=False)], {}, "must be essential"),
        ([container()], {"family": "a b"}, "Family contains invalid characters."),
        ([container(mountPoints=[{"sourceVolume": "x", "containerPath": "/"}])], {}, "Unknown volume 'x'."),
        ([container(dependsOn=[{"containerName": "x", "condition": "START"}])], {}, "dependsOn"),
        ([container(links=["x"])], {"networkMode": "awsvpc"}, "Links are not supported"),
        (
            [container(portMappings=[{"containerPort": 80, "hostPort": 8080}])],
            {"networkMode": "awsvpc"},
            "the host ports and container ports in port mappings must match.",
        ),
        ([container(portMappings=[{"containerPort": 70000}])], {}, "containerPort"),
        ([container(portMappings=[{"containerPort": 80, "name": "HTTP"}])], {}, "PortMapping.name"),
        (
            [container(environment=[{"name": "A"}], secrets=[{"name": "A", "valueFrom": "x"}])],
            {},
            "The secret name must be unique",
        ),
        (
            [container()],
            {"volumes": [{"name": "a", "configuredAtLaunch": True}, {"name": "b", "configuredAtLaunch": True}]},
            "at most one volume",
        ),
        ([container(command=["x" * 70000])], {}, "exceeds the maximum"),
        ([container(name=f"c{number}") for number in range(11)], {}, "at most 10 containers"),
    ],
)
def test_refused(ecs: Any, refused: Any, containers: Any, changes: Any, text: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html"""
    refused("ClientException", text, ecs.register_task_definition, **ec2(*containers, **changes))


@pytest.mark.parametrize("cpu", ["lots", "0.5 GB", "64", "-1"])
def test_refused_cpu(ecs: Any, refused: Any, cpu: str) -> None:
    """botocore ECS model, RegisterTaskDefinition.cpu: 128 to 196608 units."""
    refused(
        "InvalidParameterException", "Invalid 'cpu' setting for task.", ecs.register_task_definition, **ec2(cpu=cpu)
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cpu": "1024", "memory": "1024"}, "No Fargate configuration exists for given values: 1024 CPU, 1024 memory."),
        ({"networkMode": "bridge"}, "Fargate only supports network mode \u2018awsvpc\u2019."),
        ({"pidMode": "host"}, "The supported value for pidMode is 'task'."),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "ephemeralStorage"),
        ({"placementConstraints": [{"type": "memberOf", "expression": "x"}]}, "placement constraints"),
        ({"containerDefinitions": [container(privileged=True)]}, "'privileged'"),
        ({"containerDefinitions": [container(linuxParameters={"maxSwap": 1})]}, "'linuxParameters.maxSwap'"),
        ({"containerDefinitions": [container(image="1.dkr.ecr.us-east-1.amazonaws.com/a")]}, "to support ECR images."),
        ({"containerDefinitions": [container(logConfiguration={"logDriver": "awslogs"})]}, "log driver awslogs."),
    ],
)
def test_refused_on_fargate(ecs: Any, refused: Any, changes: Any, text: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
    refused("ClientException", text, ecs.register_task_definition, **fargate(**changes))


@pytest.mark.parametrize("member", ["cpu", "memory"])
def test_fargate_needs_a_size(ecs: Any, refused: Any, member: str) -> None:
    """fargate-tasks-services: task-level CPU and memory are required."""
    request = fargate(containerDefinitions=[container()])
    del request[member]
    text = f"Fargate requires that '{member}' be defined at the task level."
    refused("ClientException", text, ecs.register_task_definition, **request)


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "2048"), ("512", "4096"), ("2048", "16384"), ("4096", "30720"), ("8192", "61440"), ("32 vCPU", "244 GB")],
)
def test_fargate_sizes(ecs: Any, cpu: str, memory: str) -> None:
    """fargate-tasks-services: the table of sizes."""
    assert register(ecs, fargate(cpu=cpu, memory=memory))["revision"] == 1
