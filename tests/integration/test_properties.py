# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws that hold for every document that AWS would take.

Apply, apply again: no call. Read back, give back: no call. Shuffle what has no order: no call. Change one member:
exactly that is sent. Check mode's diff and actions equal the real run's.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.longshore.ecs.plugins.module_utils._normal import RULES, normal, unordered
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.documents import MODEL, WORDS, shuffled, structures, values
from support.emulator import Emulator
from support.modules import ModuleRun

UNORDERED = {
    (name, member): True for name, members in RULES.items() for member, rules in members.items() if unordered in rules
}
LAWS = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
REFUSALS = ("ClientException", "InvalidParameterException", "BadInput")


def shape(operation: str) -> Any:
    return MODEL.operation_model(operation).input_shape


def applied(module: ModuleRun, name: str, **params: Any) -> dict[str, Any]:
    """Apply a document, after predicting it; a document that AWS would refuse is not one of ours."""
    predicted = module(name, True, **params)
    assume(not predicted.get("failed"))
    result = module(name, **params)
    if result.get("failed"):
        assume(result["failure"]["code"] not in REFUSALS)
        raise AssertionError(result["msg"])
    assert (predicted["changed"], predicted["actions"], predicted["diff"]) == (
        result["changed"],
        result["actions"],
        result["diff"],
    )
    return result


def unchanged(module: ModuleRun, emulator: Emulator, name: str, **params: Any) -> None:
    """Apply something that must not differ."""
    seen = len(emulator.calls())
    result = module.ok(name, **params)
    assert result["actions"] == [], result["diff"]
    assert not result["changed"]
    assert emulator.writes(seen) == []


# What the model does not say about a task definition: which values AWS takes together.
DEFINITION = {
    "ContainerDefinition.name": st.sampled_from(["web", "side", "log"]),
    "ContainerDefinition.image": WORDS,
    "ContainerDefinition.memory": st.integers(64, 512),
    "ContainerDefinition.essential": st.just(True),
    "ContainerDefinition.cpu": st.integers(0, 64),
    "ContainerDefinition.memoryReservation": st.integers(6, 64),
    "ContainerDefinition.links": st.just([]),
    "ContainerDefinition.mountPoints": st.just([]),
    "ContainerDefinition.volumesFrom": st.just([]),
    "ContainerDefinition.dependsOn": st.just([]),
    "ContainerDefinition.restartPolicy": st.fixed_dictionaries(
        {"enabled": st.booleans()}, optional={"restartAttemptPeriod": st.integers(60, 400)}
    ),
    "ContainerDefinition.resourceRequirements": st.just([]),
    "HealthCheck.interval": st.integers(5, 300),
    "HealthCheck.timeout": st.integers(2, 60),
    "HealthCheck.retries": st.integers(1, 10),
    "HealthCheck.startPeriod": st.integers(0, 300),
    "HealthCheck.command": st.lists(WORDS, min_size=1, max_size=3),
    "PortMapping.containerPort": st.integers(1, 65535),
    "PortMapping.containerPortRange": st.nothing(),
    "PortMapping.hostPort": st.just(0),
    "PortMapping.name": WORDS,
    "Secret.valueFrom": WORDS.map(lambda name: f"arn:aws:ssm:eu-central-1:123456789012:parameter/{name}"),
}
BASE = {"family": "f", "networkMode": "bridge", "memory": "2048"}
FREE = ("environment", "secrets", "command", "entryPoint", "healthCheck", "portMappings", "dockerLabels", "ulimits",
        "user", "workingDirectory", "extraHosts", "dnsServers", "dnsSearchDomains", "logConfiguration", "stopTimeout",
        "startTimeout", "privileged", "readonlyRootFilesystem", "interactive", "pseudoTerminal", "systemControls",
        "restartPolicy", "memoryReservation", "cpu", "hostname", "versionConsistency")  # fmt: skip


def containers() -> st.SearchStrategy[list[dict[str, Any]]]:
    definition = MODEL.shape_for("ContainerDefinition")
    members = {
        name: DEFINITION[special]
        if (special := f"ContainerDefinition.{name}") in DEFINITION
        else values(definition.members[name], DEFINITION)
        for name in ("name", "image", "memory", *FREE)
    }
    needed = {name: members.pop(name) for name in ("name", "image", "memory")}
    one = st.fixed_dictionaries(needed, optional=members)
    return st.lists(one, min_size=1, max_size=2, unique_by=lambda container: str(container["name"]))


@LAWS
@given(data=st.data(), definitions=containers())
def test_task_definition(data: Any, definitions: list[dict[str, Any]], emulator: Emulator, module: ModuleRun) -> None:
    emulator.reset()
    document = {**BASE, "containerDefinitions": definitions}
    applied(module, "task_definition", definition=document)
    unchanged(module, emulator, "task_definition", definition=document)
    read = module.ok("task_definition_info", family=["f"])["task_definitions"][0]
    unchanged(module, emulator, "task_definition", definition=read)
    mixed = shuffled(document, shape("RegisterTaskDefinition"), UNORDERED, data.draw)
    unchanged(module, emulator, "task_definition", definition=mixed)

    changed = data.draw(containers())
    other = {**BASE, "containerDefinitions": changed}
    assume(normal(other, shape("RegisterTaskDefinition")) != normal(document, shape("RegisterTaskDefinition")))
    result = applied(module, "task_definition", definition=other)
    assert [call["operation"] for call in result["actions"]] == ["RegisterTaskDefinition"]
    unchanged(module, emulator, "task_definition", definition=other)


TAG = st.fixed_dictionaries({"key": WORDS, "value": WORDS})
CLUSTER = {
    "Tag": TAG,
    "ClusterSetting.name": st.just("containerInsights"),
    "ClusterSetting.value": st.sampled_from(["enabled", "disabled", "enhanced"]),
    "ClusterServiceConnectDefaultsRequest.namespace": WORDS,
    "CreateClusterRequest.clusterName": st.just("c"),
    "CreateClusterRequest.capacityProviders": st.lists(
        st.sampled_from(["FARGATE", "FARGATE_SPOT"]), unique=True, max_size=2
    ),
    "CreateClusterRequest.defaultCapacityProviderStrategy": st.just([]),
    "ExecuteCommandConfiguration.logging": st.sampled_from(["NONE", "DEFAULT"]),
}


@LAWS
@given(data=st.data(), document=structures(shape("CreateCluster"), CLUSTER))
def test_cluster(data: Any, document: dict[str, Any], emulator: Emulator, module: ModuleRun) -> None:
    emulator.reset()
    emulator.clock(speed=0)
    document["clusterName"] = "c"
    applied(module, "cluster", definition=document)
    unchanged(module, emulator, "cluster", definition=document)
    unchanged(module, emulator, "cluster", definition=module.ok("cluster_info", name=["c"])["clusters"][0])
    mixed = shuffled(document, shape("CreateCluster"), UNORDERED, data.draw)
    unchanged(module, emulator, "cluster", definition=mixed)

    other = data.draw(structures(shape("CreateCluster"), CLUSTER))
    member = data.draw(st.sampled_from(sorted(set(other) - {"clusterName"}) or ["clusterName"]))
    assume(member != "clusterName")
    result = applied(module, "cluster", definition={"clusterName": "c", member: other[member]})
    assert all(set(call["params"]) <= allowed(member) for call in result["actions"])
    unchanged(module, emulator, "cluster", definition={"clusterName": "c", member: other[member]})


def allowed(member: str) -> set[str]:
    """Name what a call may hold when one member of a cluster changes; the capacity lists only go together."""
    if member == "tags":
        return {"resourceArn", "tags", "tagKeys"}
    capacity = {"capacityProviders", "defaultCapacityProviderStrategy"}
    return {"cluster", *(capacity if member in capacity else {member})}


SERVICE = {
    "availabilityZoneRebalancing": st.sampled_from(["ENABLED", "DISABLED"]),
    "deploymentConfiguration": st.fixed_dictionaries(
        {},
        optional={
            "maximumPercent": st.integers(101, 200),
            "minimumHealthyPercent": st.integers(0, 100),
            "bakeTimeInMinutes": st.integers(0, 10),
            "deploymentCircuitBreaker": st.fixed_dictionaries(
                {"enable": st.booleans(), "rollback": st.booleans()},
                optional={
                    "resetOnHealthyTask": st.booleans(),
                    "thresholdConfiguration": st.fixed_dictionaries(
                        {"type": st.sampled_from(["COUNT", "BOUNDED_PERCENT"]), "value": st.integers(1, 50)}
                    ),
                },
            ),
            "alarms": st.fixed_dictionaries(
                {
                    "alarmNames": st.lists(WORDS, unique=True, min_size=1, max_size=3),
                    "enable": st.booleans(),
                    "rollback": st.booleans(),
                }
            ),
        },
    ),
    "desiredCount": st.integers(0, 3),
    "enableECSManagedTags": st.booleans(),
    "enableExecuteCommand": st.booleans(),
    "propagateTags": st.sampled_from(["SERVICE", "TASK_DEFINITION", "NONE"]),
    "serviceConnectConfiguration": st.fixed_dictionaries(
        {"enabled": st.booleans()}, optional={"namespace": st.just("inner")}
    ),
    "tags": st.lists(TAG, unique_by=lambda tag: str(tag["key"]), max_size=3),
    "platformVersion": st.sampled_from(["LATEST", "1.4.0", "1.3.0"]),
    "gatewayConnectors": st.just([]),
}


@LAWS
@given(data=st.data(), chosen=st.fixed_dictionaries({}, optional=SERVICE))
def test_service(data: Any, chosen: dict[str, Any], emulator: Emulator, module: ModuleRun, subnets: list[str]) -> None:
    module.ok("service", name="s", cluster="c", state="absent")
    module.ok("cluster", name="c", service_connect_defaults={"namespace": "inner"})
    module.ok("task_definition", family="f", network_mode="awsvpc", requires_compatibilities=["FARGATE"], cpu="256",
              memory="512", container_definitions=[{"name": "web", "image": "web:1"}])  # fmt: skip
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    document = {"serviceName": "s", "cluster": "c", "taskDefinition": "f:1", "launchType": "FARGATE",
                "desiredCount": 1, "networkConfiguration": network, **chosen}  # fmt: skip
    applied(module, "service", definition=document)
    unchanged(module, emulator, "service", definition=document)
    read = module.ok("service_info", cluster="c", name=["s"])["services"][0]
    unchanged(module, emulator, "service", definition=read)
    mixed = shuffled(document, shape("CreateService"), UNORDERED, data.draw)
    unchanged(module, emulator, "service", definition=mixed)

    member = data.draw(st.sampled_from(sorted(SERVICE)))
    change = {"serviceName": "s", "cluster": "c", member: data.draw(SERVICE[member])}
    result = applied(module, "service", definition=change)
    sent = {name for call in result["actions"] for name in call["params"]}
    assert sent <= ({"resourceArn", "tags", "tagKeys"} if member == "tags" else {"cluster", "service", member})
    unchanged(module, emulator, "service", definition=change)
