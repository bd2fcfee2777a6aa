# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fifteen traps that ECS sets for an idempotent tool, one test each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

from .conftest import Shop

PLAIN: dict[str, Any] = {"family": "plain", "memory": "512"}
CONTAINER: dict[str, Any] = {"name": "web", "image": "web:1"}


def operations(result: dict[str, Any]) -> list[str]:
    return [call["operation"] for call in result["actions"]]


def test_01_order_that_means_nothing(module: ModuleRun) -> None:
    ports = [{"container_port": 53}, {"container_port": 53, "protocol": "udp"}, {"container_port": 80}]
    volumes = [{"name": "a"}, {"name": "b"}]
    mounts = [{"source_volume": "a", "container_path": "/a"}, {"source_volume": "b", "container_path": "/b"}]
    secrets = {"X": "arn:aws:ssm:eu-central-1:123456789012:parameter/x", "A": "arn:aws:ssm:eu-central-1:1:parameter/a"}
    container = {**CONTAINER, "port_mappings": ports, "mount_points": mounts, "secrets": secrets}
    role = {"execution_role_arn": "arn:aws:iam::123456789012:role/x"}
    module.ok("task_definition", **PLAIN, **role, volumes=volumes, container_definitions=[container])
    container |= {
        "port_mappings": ports[::-1],
        "mount_points": mounts[::-1],
        "secrets": dict(reversed(secrets.items())),
    }
    result = module.ok("task_definition", **PLAIN, **role, volumes=volumes[::-1], container_definitions=[container])
    assert not result["changed"], result["diff"]


def test_02_defaults_that_aws_fills_in(module: ModuleRun) -> None:
    container = {
        **CONTAINER,
        "health_check": {"command": ["CMD", "true"]},
        "linux_parameters": {"init_process_enabled": True},
        "port_mappings": [{"container_port": 80}],
    }
    module.ok("task_definition", **PLAIN, volumes=[{"name": "v"}], container_definitions=[container])
    written = {**container, "essential": True, "cpu": 0, "mount_points": [], "environment": []}
    again = module.ok("task_definition", **PLAIN, volumes=[{"name": "v", "host": {}}], container_definitions=[written])
    assert not again["changed"], again["diff"]


def test_03_sizes_in_words_and_numbers_as_strings(module: ModuleRun) -> None:
    container = {**CONTAINER, "port_mappings": [{"container_port": "80"}], "cpu": "10"}
    module.ok("task_definition", family="plain", cpu="1 vCPU", memory="2GB", container_definitions=[container])
    container |= {"port_mappings": [{"container_port": 80}], "cpu": 10}
    for cpu, memory in (("1024", "2048"), ("1 vcpu", "2 GB"), (1024, 2048)):
        same = module.ok("task_definition", family="plain", cpu=cpu, memory=memory, container_definitions=[container])
        assert not same["changed"]


def test_04_registering_is_never_idempotent_and_concurrent(module: ModuleRun, emulator: Emulator) -> None:
    words = "Too many concurrent attempts to create a new revision of the specified family."
    fault = {"kind": "error", "code": "ClientException", "message": words, "status": 400, "times": 2}
    emulator.control("faults", {**fault, "operation": "RegisterTaskDefinition"})
    result = module.ok("task_definition", **PLAIN, tags={}, container_definitions=[CONTAINER])
    assert result["task_definition"]["revision"] == 1


def test_05_inactive_is_absent(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    shop.module.ok("service", name="web", cluster="shop", state="absent")
    assert operations(shop.module.ok("service", True, **shop.base, task_definition="web")) == ["CreateService"]
    shop.module.ok("cluster", name="shop", state="absent")
    assert operations(shop.module.ok("cluster", True, name="shop")) == ["CreateCluster"]
    shop.module.ok("task_definition", family="web", state="absent")
    assert shop.module.ok("task_definition", family="web", state="absent")["changed"] is False


def test_06_failures_in_a_good_answer(module: ModuleRun) -> None:
    module.ok("cluster", name="shop")
    assert module.ok("service_info", cluster="shop", name=["missing"])["services"] == []
    assert module.ok("cluster_info", name=["missing"])["clusters"] == []
    assert module.ok("task_definition_info", family=["missing"])["task_definitions"] == []


def test_07_members_that_read_back_elsewhere(shop: Shop) -> None:
    shop.module.ok("cluster", name="shop", service_connect_defaults={"namespace": "inner"})
    shop.register(port_mappings=[{"container_port": 80, "name": "http"}])
    connect = {
        "enabled": True,
        "services": [{"port_name": "http", "client_aliases": [{"port": 80}]}],
        "log_configuration": {"log_driver": "awslogs", "options": {"awslogs-group": "x", "awslogs-region": "y"}},
    }
    extra = {
        "service_connect_configuration": connect,
        "tags": {"a": "1"},
        "gateway_connectors": [{"port_name": "http"}],
    }
    assert shop.deploy(**extra)["changed"]
    again = shop.deploy(**extra)
    assert not again["changed"], again["diff"]


def test_08_a_strategy_or_a_launch_type(shop: Shop) -> None:
    default = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    shop.module.ok("cluster", name="shop", default_capacity_provider_strategy=default)
    shop.register()
    options = {**shop.base, "launch_type": None, "task_definition": "web"}
    created = shop.module.ok("service", **options)
    assert created["service"]["capacity_provider_strategy"][0]["capacity_provider"] == "FARGATE_SPOT"
    assert not shop.module.ok("service", **options)["changed"]
    strategy = [{"capacity_provider": "FARGATE", "weight": 1}]
    result = shop.module.ok("service", **options, capacity_provider_strategy=strategy)
    assert result["actions"][0]["params"]["forceNewDeployment"] is True


def test_09_a_daemon_has_no_count(shop: Shop, client: Callable[[str], Any]) -> None:
    shop.module.ok("task_definition", **PLAIN, container_definitions=[CONTAINER])
    options = {"name": "agent", "cluster": "shop", "task_definition": "plain", "scheduling_strategy": "DAEMON"}
    shop.module.ok("service", **options, launch_type="EC2")
    read = shop.module.ok("service_info", cluster="shop", name=["agent"])["services"][0]
    given_back = shop.module.ok("service", definition=read)
    assert not given_back["changed"], given_back["diff"]


def test_10_absent_is_not_empty(shop: Shop) -> None:
    shop.register()
    shop.deploy(tags={"a": "1"}, propagate_tags="SERVICE")
    kept = shop.module.ok("service", name="web", cluster="shop")
    assert not kept["changed"]
    cleared = shop.module.ok("service", name="web", cluster="shop", tags={}, propagate_tags="")
    assert operations(cleared) == ["UpdateService", "UntagResource"]


def test_11_what_replaces_everything_gets_everything(shop: Shop) -> None:
    strategy = [{"capacity_provider": "FARGATE", "weight": 1}]
    result = shop.module.ok("cluster", name="shop", default_capacity_provider_strategy=strategy)
    assert result["actions"][0]["params"]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_12_stable_is_not_success(shop: Shop, client: Callable[[str], Any]) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    assert shop.deploy()["failure"]["code"] == "RolledBack"
    service = client("ecs").describe_services(cluster="shop", services=["web"])["services"][0]
    assert (len(service["deployments"]), service["runningCount"]) == (1, 2)  # what a waiter for "stable" accepts


def test_13_a_name_that_is_still_taken(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    shop.module.ok("service", name="web", cluster="shop", state="absent", wait=False)
    assert operations(shop.deploy()) == ["CreateService"]


@pytest.mark.parametrize(
    "words",
    [
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        "The target group with targetGroupArn x does not have an associated load balancer.",
    ],
)
def test_14_refusals_that_pass_by_themselves(words: str, shop: Shop, emulator: Emulator) -> None:
    shop.register()
    fault = {"kind": "error", "code": "InvalidParameterException", "message": words, "status": 400, "times": 3}
    emulator.control("faults", {**fault, "operation": "CreateService"})
    assert shop.deploy()["changed"]


def test_15_pairs_that_are_the_same(shop: Shop) -> None:
    shop.module.ok("cluster", name="shop", service_connect_defaults={"namespace": "inner"})
    shop.register()
    connect = {"service_connect_configuration": {"enabled": True, "namespace": "inner"}}
    created = shop.deploy(**connect)["service"]
    arn = created["deployments"][0]["task_definition"]
    for same in (
        {"platform_version": "LATEST"},
        {"platform_version": "1.4.0"},
        {"task_definition": arn},
        {"cluster": created["cluster_arn"]},
        {"health_check_grace_period_seconds": 0},
        {"propagate_tags": "NONE"},
        {"deployment_controller": {"type": "ECS"}},
        connect,
    ):
        result = shop.module.ok("service", **{**shop.base, **same})
        assert not result["changed"], (same, result["diff"])
    assert not shop.module.ok("cluster", name="shop", service_connect_defaults={"namespace": "inner"})["changed"]


def test_15_placement_fields_are_the_same(shop: Shop) -> None:
    shop.module.ok("task_definition", **PLAIN, container_definitions=[CONTAINER])
    strategy = [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "memory"}]
    options = {"name": "ec2", "cluster": "shop", "task_definition": "plain", "desired_count": 0, "launch_type": "EC2"}
    shop.module.ok("service", **options, placement_strategy=strategy)
    again = shop.module.ok("service", **options, placement_strategy=strategy)
    assert not again["changed"], again["diff"]
    assert shop.module.ok("service", **options, placement_strategy=strategy[::-1])["changed"]


def test_an_external_service_has_the_members_that_the_api_leaves_it(shop: Shop) -> None:
    options = {"name": "ext", "cluster": "shop", "deployment_controller": {"type": "EXTERNAL"}, "desired_count": 1}
    assert operations(shop.module.ok("service", **options)) == ["CreateService"]
    assert not shop.module.ok("service", **options)["changed"]
    message = shop.module.refused("service", **{**options, "name": "other"}, task_definition="web")
    assert "task_definition" in message and "EXTERNAL" in message


def test_a_service_with_a_volume_for_each_task(shop: Shop) -> None:
    volume = {"name": "data", "configured_at_launch": True}
    container = {**CONTAINER, "mount_points": [{"source_volume": "data", "container_path": "/data"}]}
    definition = {"network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    shop.module.ok("task_definition", family="web", **definition, volumes=[volume], container_definitions=[container])
    ebs = {"role_arn": "arn:aws:iam::123456789012:role/ebs", "size_in_gib": 10}
    volumes = [{"name": "data", "managed_ebs_volume": ebs}]
    assert shop.deploy(volume_configurations=volumes)["changed"]
    again = shop.deploy(volume_configurations=volumes)
    assert not again["changed"], again["diff"]
    larger = [{"name": "data", "managed_ebs_volume": {**ebs, "size_in_gib": 20}}]
    result = shop.deploy(volume_configurations=larger)
    assert set(result["actions"][0]["params"]) == {"cluster", "service", "volumeConfigurations"}
