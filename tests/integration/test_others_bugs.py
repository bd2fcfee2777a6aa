# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bugs of other tools, as tests of ours. Each names the tool and what it does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

from .conftest import Shop

DEFINITION: dict[str, Any] = {
    "family": "web",
    "cpu": "256",
    "memory": "512",
    "network_mode": "awsvpc",
    "requires_compatibilities": ["FARGATE"],
    "execution_role_arn": "arn:aws:iam::123456789012:role/one",
    "container_definitions": [
        {
            "name": "web",
            "image": "web:1",
            "command": ["run", "fast"],
            "environment": {"LEVEL": "info", "MODE": "a", "ZONE": "b"},
            "port_mappings": [{"container_port": 80}],
        },
        {"name": "side", "image": "side:1", "essential": False},
    ],
}


def changed(**container: Any) -> dict[str, Any]:
    definition = copy.deepcopy(DEFINITION)
    definition["container_definitions"][0].update(container)
    return definition


@pytest.mark.parametrize(
    "definition",
    [
        changed(environment={"LEVEL": "debug", "MODE": "a", "ZONE": "b"}),
        changed(command=["run", "slow"]),
        changed(command=["fast", "run"]),
        changed(image="web:2"),
        {**DEFINITION, "cpu": "512", "memory": "1024"},
        {**DEFINITION, "memory": "1024"},
        {**DEFINITION, "execution_role_arn": "arn:aws:iam::123456789012:role/two"},
        {**DEFINITION, "runtime_platform": {"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}},
    ],
)
def test_every_change_of_a_definition_registers_a_revision(definition: dict[str, Any], module: ModuleRun) -> None:
    """community.aws.ecs_taskdefinition compares lists of the same length loosely, and few members at all."""
    module.ok("task_definition", **DEFINITION)
    result = module.ok("task_definition", **definition)
    assert result["task_definition"]["revision"] == 2
    assert module.ok("task_definition", **definition)["changed"] is False


def test_network_mode_alone_registers_a_revision(module: ModuleRun) -> None:
    definition = {"family": "web", "memory": "512", "container_definitions": [{"name": "web", "image": "web:1"}]}
    module.ok("task_definition", **definition)
    assert module.ok("task_definition", **definition, network_mode="host")["task_definition"]["revision"] == 2


def test_other_order_and_defaults_written_out_register_nothing(module: ModuleRun, emulator: Emulator) -> None:
    """`ecspresso deploy` registers a revision each time; Terraform and others stumble over ECS's own order."""
    module.ok("task_definition", **DEFINITION)
    seen = len(emulator.calls())
    other = copy.deepcopy(DEFINITION)
    web, side = other["container_definitions"]
    web["environment"] = [{"name": name, "value": web["environment"][name]} for name in ("ZONE", "MODE", "LEVEL")]
    web |= {"essential": True, "cpu": 0, "port_mappings": [{"containerPort": "80", "hostPort": 80, "protocol": "tcp"}]}
    other |= {"container_definitions": [side, web], "cpu": ".25 vCPU", "memory": "0.5 GB"}
    assert module.ok("task_definition", **other)["changed"] is False
    assert emulator.operations(seen) == ["DescribeTaskDefinition"]


def test_a_long_family_is_one_call(module: ModuleRun, emulator: Emulator) -> None:
    """community.aws.ecs_taskdefinition describes each revision of a family."""
    for number in range(30):
        module.ok("task_definition", **changed(image=f"web:{number}"))
    seen = len(emulator.calls())
    assert module.ok("task_definition", **changed(image="web:29"))["changed"] is False
    assert len(emulator.calls()) == seen + 1


def test_a_count_that_auto_scaling_moved_is_left_alone(
    shop: Shop, emulator: Emulator, client: Callable[[str], Any]
) -> None:
    shop.register()
    shop.deploy()
    client("ecs").update_service(cluster="shop", service="web", desiredCount=5)
    seen = len(emulator.calls())
    result = shop.deploy(desired_count=None)
    assert not result["changed"] and emulator.writes(seen) == []
    assert result["service"]["desired_count"] == 5
    ignored = shop.deploy(ignore_changes=["desired_count"])
    assert not ignored["changed"] and emulator.writes(seen) == []


@pytest.mark.parametrize(
    ("options", "params"),
    [
        (
            {"deployment_configuration": {"maximum_percent": 150}},
            {"deploymentConfiguration": {"maximumPercent": 150}},
        ),
        (
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]},
            {
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                "forceNewDeployment": True,
            },
        ),
        ({"enable_execute_command": True}, {"enableExecuteCommand": True}),
    ],
)
def test_only_what_differs_is_sent(options: dict[str, Any], params: dict[str, Any], shop: Shop) -> None:
    shop.register()
    shop.deploy()
    result = shop.module.ok("service", name="web", cluster="shop", **options)
    assert [call["params"] for call in result["actions"]] == [{"cluster": "shop", "service": "web", **params}]


def test_only_the_subnets_change(shop: Shop, subnets: list[str]) -> None:
    """What is not given of a network stays: security groups and the public address are sent along as they are."""
    shop.register()
    shop.deploy(network_configuration={"subnets": subnets, "assign_public_ip": True})
    result = shop.module.ok("service", name="web", cluster="shop", network_configuration={"subnets": subnets[:1]})
    network = result["actions"][0]["params"]["networkConfiguration"]["awsvpcConfiguration"]
    assert network == {"subnets": subnets[:1], "securityGroups": [], "assignPublicIp": "ENABLED"}
    assert set(result["actions"][0]["params"]) == {"cluster", "service", "networkConfiguration"}


def test_tags_that_are_not_given_stay_and_empty_tags_go(shop: Shop) -> None:
    shop.register()
    shop.deploy(tags={"Owner": "us"})
    assert shop.deploy()["changed"] is False
    assert [call["operation"] for call in shop.deploy(tags={})["actions"]] == ["UntagResource"]


def test_naming_a_cluster_without_its_providers_detaches_none(shop: Shop) -> None:
    """community.aws.ecs_cluster detaches all capacity providers of a cluster that is only named."""
    result = shop.module.ok("cluster", name="shop")
    assert not result["changed"]
    assert result["cluster"]["capacity_providers"] == ["FARGATE", "FARGATE_SPOT"]


def test_tags_of_a_revision_go_on_to_the_next(module: ModuleRun) -> None:
    module.ok("task_definition", **DEFINITION, tags={"Owner": "us"})
    assert module.ok("task_definition", **changed(image="web:2"))["task_definition"]["tags"] == {"Owner": "us"}


def test_keep_never_removes_what_is_used(shop: Shop, client: Callable[[str], Any]) -> None:
    shop.register("web:0")
    shop.deploy("web:1")
    for number in range(1, 5):
        shop.register(f"web:{number}")
    result = shop.module.ok("task_definition", **shop.definition("web:5"), keep=2)
    operations = [call["operation"] for call in result["actions"]]
    assert operations == ["RegisterTaskDefinition", *["DeregisterTaskDefinition"] * 3, "DeleteTaskDefinitions"]
    active = client("ecs").list_task_definitions(familyPrefix="web")["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[-1] for arn in active] == ["1", "5", "6"]
    again = shop.module.ok("task_definition", **shop.definition("web:5"), keep=2)
    assert not again["changed"]


def test_keep_leaves_what_a_schedule_or_a_rule_starts(shop: Shop, client: Callable[[str], Any]) -> None:
    for number in range(1, 5):
        shop.register(f"web:{number}")
    cluster = client("ecs").describe_clusters(clusters=["shop"])["clusters"][0]["clusterArn"]
    arns = client("ecs").list_task_definitions(familyPrefix="web")["taskDefinitionArns"]
    role = "arn:aws:iam::123456789012:role/starter"
    client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": cluster, "RoleArn": role, "EcsParameters": {"TaskDefinitionArn": arns[0]}},
    )
    client("events").put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    target = {"Id": "1", "Arn": cluster, "RoleArn": role, "EcsParameters": {"TaskDefinitionArn": arns[1]}}
    client("events").put_targets(Rule="hourly", Targets=[target])
    shop.module.ok("task_definition", **shop.definition("web:4"), keep=1)
    assert client("ecs").list_task_definitions(familyPrefix="web")["taskDefinitionArns"] == [*arns[:2], arns[3]]


def test_keep_removes_nothing_when_it_cannot_see_everything(shop: Shop, emulator: Emulator) -> None:
    shop.register("web:0")
    shop.register("web:1")
    fault = {"service": "ecs", "operation": "ListClusters", "kind": "error", "times": 9, "status": 400}
    emulator.control("faults", {**fault, "code": "AccessDeniedException", "message": "no"})
    result = shop.module.ok("task_definition", **shop.definition("web:1"), keep=1)
    assert not result["changed"] and "not every use" in str(result["warnings"])


# Members of a service: how to set them, and what clears them. Set, set again, clear, clear again.
CLEARABLE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"propagate_tags": "SERVICE"}, {"propagate_tags": ""}),
    ({"enable_ecs_managed_tags": True}, {"enable_ecs_managed_tags": False}),
    ({"platform_version": "1.3.0"}, {"platform_version": ""}),
    ({"availability_zone_rebalancing": ""}, {"availability_zone_rebalancing": "ENABLED"}),
    (
        {"deployment_configuration": {"alarms": {"alarm_names": ["a"], "enable": True, "rollback": True}}},
        {"deployment_configuration": {"alarms": {}}},
    ),
    (
        {"deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": True,
         "threshold_configuration": {"type": "COUNT", "value": 7}}}},
        {"deployment_configuration": {"deployment_circuit_breaker": {}}},
    ),
    (
        {"deployment_configuration": {"maximum_percent": 150, "bake_time_in_minutes": 3}},
        {"deployment_configuration": {}},
    ),
    (
        {"service_connect_configuration": {"enabled": True, "namespace": "inner"}},
        {"service_connect_configuration": {}},
    ),
    (
        {"monitoring": {"metric_configurations": [{"metric_names": ["CPUUtilization"], "resolution_seconds": 20}]}},
        {"monitoring": {"metric_configurations": []}},
    ),
    (
        {"capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}]},
        {"capacity_provider_strategy": []},
    ),
    (
        {"vpc_lattice_configurations": [{"role_arn": "arn:aws:iam::123456789012:role/l", "port_name": "http",
         "target_group_arn": "arn:aws:vpc-lattice:eu-central-1:123456789012:targetgroup/tg-1"}]},
        {"vpc_lattice_configurations": []},
    ),
    ({"gateway_connectors": [{"port_name": "http"}]}, {"gateway_connectors": []}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "cleared"), CLEARABLE, ids=[next(iter(case[0])) for case in CLEARABLE])
def test_members_are_set_and_cleared(options: dict[str, Any], cleared: dict[str, Any], shop: Shop) -> None:
    shop.module.ok("cluster", name="shop", service_connect_defaults={"namespace": "inner"})
    shop.register(port_mappings=[{"container_port": 80, "name": "http"}])
    shop.deploy(deployment_configuration=None)
    for wanted in (options, cleared):
        predicted = shop.module.ok("service", True, name="web", cluster="shop", **wanted)
        result = shop.module.ok("service", name="web", cluster="shop", **wanted)
        assert result["changed"] and predicted["actions"] == result["actions"]
        assert predicted["diff"] == result["diff"]
        assert shop.module.ok("service", name="web", cluster="shop", **wanted)["changed"] is False


def test_load_balancers_are_set_and_cleared(shop: Shop, target_group: str) -> None:
    shop.register()
    balancer = {"target_group_arn": target_group, "container_name": "web", "container_port": 80}
    shop.deploy(load_balancers=[balancer], health_check_grace_period_seconds=30)
    assert not shop.deploy(load_balancers=[{**balancer, "container_port": "80"}])["changed"]
    result = shop.module.ok(
        "service", name="web", cluster="shop", load_balancers=[], health_check_grace_period_seconds=0
    )
    sent = result["actions"][0]["params"]
    assert sent == {"cluster": "shop", "service": "web", "loadBalancers": [], "healthCheckGracePeriodSeconds": 0}
    assert not shop.module.ok("service", name="web", cluster="shop", load_balancers=[])["changed"]


def test_service_registries_are_set_and_cleared(shop: Shop, client: Callable[[str], Any]) -> None:
    shop.register()
    discovery = client("servicediscovery")
    discovery.create_http_namespace(Name="inner")
    namespace = discovery.list_namespaces()["Namespaces"][0]["Id"]
    records = {"NamespaceId": namespace, "DnsRecords": [{"Type": "A", "TTL": 10}]}
    arn = discovery.create_service(Name="web", NamespaceId=namespace, DnsConfig=records)["Service"]["Arn"]
    registries = [{"registry_arn": arn}]
    assert shop.deploy(service_registries=registries)["changed"]
    assert not shop.deploy(service_registries=registries)["changed"]
    result = shop.module.ok("service", name="web", cluster="shop", service_registries=[])
    assert result["actions"][0]["params"] == {"cluster": "shop", "service": "web", "serviceRegistries": []}
    assert not shop.module.ok("service", name="web", cluster="shop", service_registries=[])["changed"]
