# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Terraform becomes a manifest of what it manages in ECS; everything else is listed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.conversions import EXAMPLES, convert, left, options

STATE: dict[str, Any] = {"version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "x", "outputs": {}}
ADDRESS = "aws_ecs_service.this"


def state(*resources: tuple[str, dict[str, Any]], **instance: Any) -> dict[str, Any]:
    return {
        **STATE,
        "resources": [
            {
                "mode": "managed",
                "type": kind,
                "name": "this",
                "provider": "x",
                "instances": [{**instance, "attributes": attributes}],
            }
            for kind, attributes in resources
        ],
    }


def service(**attributes: Any) -> dict[str, Any]:
    """Convert a service, and give its options."""
    given = {"name": "web", "cluster": "shop", "task_definition": "web", **attributes}
    return options(convert(state(("aws_ecs_service", given))), "service", "web")


BASE = {"name": "web", "cluster": "shop", "task_definition": "web"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, {}),
        ({"cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"}, {}),
        ({"launch_type": "", "health_check_grace_period_seconds": 0, "enable_execute_command": False}, {}),
        ({"deployment_maximum_percent": 200, "deployment_minimum_healthy_percent": 100}, {}),
        (
            {"deployment_maximum_percent": 100, "deployment_minimum_healthy_percent": 0},
            {"deployment_configuration": {"maximum_percent": 100, "minimum_healthy_percent": 0}},
        ),
        (
            {"deployment_circuit_breaker": [{"enable": True, "rollback": True}], "alarms": []},
            {"deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": True}}},
        ),
        ({"deployment_circuit_breaker": [{"enable": False, "rollback": False}]}, {}),
        (
            {"alarms": [{"alarm_names": ["a"], "enable": True, "rollback": True}]},
            {"deployment_configuration": {"alarms": {"alarm_names": ["a"], "enable": True, "rollback": True}}},
        ),
        (
            {
                "deployment_configuration": [
                    {
                        "strategy": "CANARY",
                        "bake_time_in_minutes": "5",
                        "canary_configuration": [{"canary_percent": 10, "canary_bake_time_in_minutes": "10"}],
                        "linear_configuration": [],
                        "lifecycle_hook": [
                            {"hook_target_arn": "arn:f", "role_arn": "arn:r", "lifecycle_stages": ["PRE_SCALE_UP"]}
                        ],
                    }
                ]
            },
            None,
        ),
        (
            {
                "capacity_provider_strategy": [{"base": 0, "capacity_provider": "FARGATE_SPOT", "weight": 1}],
                "launch_type": "FARGATE",
            },
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]},
        ),
        (
            {
                "load_balancer": [
                    {"container_name": "web", "container_port": 80, "elb_name": "", "target_group_arn": "arn:tg"}
                ]
            },
            {"load_balancers": [{"target_group_arn": "arn:tg", "container_name": "web", "container_port": 80}]},
        ),
        (
            {
                "service_connect_configuration": [
                    {
                        "enabled": True,
                        "namespace": "shop",
                        "log_configuration": [],
                        "service": [
                            {
                                "client_alias": [{"dns_name": "web", "port": 80}],
                                "discovery_name": "",
                                "ingress_port_override": 0,
                                "port_name": "http",
                                "timeout": [],
                                "tls": [],
                            }
                        ],
                    }
                ]
            },
            None,
        ),
        ({"scheduling_strategy": "DAEMON", "desired_count": 0}, {"scheduling_strategy": "DAEMON"}),
        (
            {"ordered_placement_strategy": [{"type": "spread", "field": "instanceId"}]},
            {"placement_strategy": [{"type": "spread", "field": "instanceId"}]},
        ),
        ({"iam_role": "/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"}, {}),
        ({"tags": {"a": "b"}, "tags_all": {"a": "b", "c": "d"}}, {"tags": {"a": "b", "c": "d"}}),
    ],
)
def test_services(attributes: dict[str, Any], expected: dict[str, Any] | None) -> None:
    result = convert(state(("aws_ecs_service", {**BASE, **attributes})))
    assert left(result) == {}
    if expected is not None:
        assert options(result, "service", "web") == {**BASE, **expected}


def test_blocks_of_services() -> None:
    volume = {
        "name": "data",
        "managed_ebs_volume": [{"role_arn": "arn:r", "size_in_gb": 10, "file_system_type": "ext4"}],
    }
    found = service(volume_configuration=[volume], service_registries=[{"registry_arn": "arn:s", "container_port": 80}])
    assert found["volume_configurations"] == [
        {"name": "data", "managed_ebs_volume": {"size_in_gib": 10, "role_arn": "arn:r", "filesystem_type": "ext4"}}
    ]
    assert found["service_registries"] == [{"registry_arn": "arn:s", "container_port": 80}]


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ({"triggers": {"a": "b"}}, f"{ADDRESS}.triggers"),
        ({"unheard_of": [{"a": 1}]}, f"{ADDRESS}.unheard_of"),
        ({"load_balancer": [{"target_group_arn": "arn:x", "extra": 1}]}, f"{ADDRESS}.load_balancer[0].extra"),
        (
            {"task_definition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:3"},
            f"{ADDRESS}.task_definition",
        ),
    ],
)
def test_what_is_not_known_is_listed(attributes: dict[str, Any], path: str) -> None:
    assert list(left(convert(state(("aws_ecs_service", {**BASE, **attributes}))))) == [path]


def test_instances_have_their_addresses() -> None:
    document = state(("aws_ecs_service", {**BASE, "extra": 1}))
    (resource,) = document["resources"]
    resource["module"] = "module.a.module.b[0]"
    keys = ["x", 1]
    resource["instances"] = [
        {"index_key": key, "attributes": {**BASE, "name": f"web-{key}", "extra": 1}} for key in keys
    ]
    result = convert(document)
    assert list(left(result)) == [f"module.a.module.b[0].{ADDRESS}{key}.extra" for key in ('["x"]', "[1]")]
    assert [entry["service"]["name"] for entry in result["resources"]] == ["web-x", "web-1"]


def test_other_resources_are_named_with_their_modules() -> None:
    kinds = ("aws_lb_listener", "aws_vpc_endpoint", "aws_ecr_repository", "aws_glue_job", "random_id")
    result = convert(state(*((kind, {"secret": "hunter2"}) for kind in kinds)))
    remedies = {item["path"]: item["remedy"] for item in result["not_carried"]}
    assert set(remedies) == {f"{kind}.this" for kind in kinds}
    assert "amazon.aws.elb_application_lb" in remedies["aws_lb_listener.this"]
    assert "longshore.ecs.repository" in remedies["aws_ecr_repository.this"]
    assert "hunter2" not in str(result)


def test_tainted_and_deposed_instances_are_told() -> None:
    assert list(left(convert(state(("aws_ecs_service", BASE), status="tainted")))) == [ADDRESS]
    result = convert(state(("aws_ecs_service", BASE), deposed="01234567"))
    assert (list(left(result)), result["resources"]) == ([ADDRESS], [])


def family(containers: Any, **attributes: Any) -> tuple[str, dict[str, Any]]:
    text = containers if isinstance(containers, str) else json.dumps(containers)
    return "aws_ecs_task_definition", {"family": "web", "container_definitions": text, **attributes}


def test_task_definitions() -> None:
    volumes = [
        {
            "name": "efs",
            "host_path": "",
            "efs_volume_configuration": [{"file_system_id": "fs-1", "root_directory": "/"}],
        },
        {"name": "host", "host_path": "/data", "efs_volume_configuration": []},
    ]
    proxy = [{"container_name": "envoy", "type": "APPMESH", "properties": {"AppPorts": "80"}}]
    containers = [{"name": "web", "image": "web:1", "cpu": 0, "essential": True, "portMappings": []}]
    result = convert(state(family(containers, volume=volumes, proxy_configuration=proxy, pid_mode="task", revision=3)))
    assert left(result) == {}
    assert options(result, "task_definition", "web") == {
        "family": "web",
        "container_definitions": [{"name": "web", "image": "web:1"}],
        "volumes": [
            {"name": "efs", "efs_volume_configuration": {"file_system_id": "fs-1"}},
            {"name": "host", "host": {"source_path": "/data"}},
        ],
        "pid_mode": "task",
        "proxy_configuration": {"container_name": "envoy", "properties": {"AppPorts": "80"}},
    }


def test_members_of_containers_that_are_not_known_are_listed() -> None:
    containers = [{"name": "web", "image": "web:1", "extra": 1, "portMappings": [{"containerPort": 80, "other": 1}]}]
    assert set(left(convert(state(family(containers))))) == {
        "aws_ecs_task_definition.this.container_definitions[0].portMappings[0].other",
        "aws_ecs_task_definition.this.container_definitions[0].extra",
    }


def test_containers_that_are_no_json_are_told() -> None:
    assert "aws_ecs_task_definition.this.container_definitions" in left(convert(state(family("[oops"))))


def test_sensitive_attributes_become_placeholders() -> None:
    document = state(("aws_ecs_service", {**BASE, "tags": {"plain": "a", "owner": "b"}}))
    path = [{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": "owner", "type": "string"}}]
    document["resources"][0]["instances"][0]["sensitive_attributes"] = [path]
    result = convert(document)
    assert options(result, "service", "web")["tags"] == {"plain": "a", "owner": "{{ vault_web_owner }}"}
    containers = [{"name": "web", "image": "web:1", "environment": [{"name": "MODE", "value": "swordfish"}]}]
    document = state(
        family(containers), sensitive_attributes=[[{"type": "get_attr", "value": "container_definitions"}]]
    )
    result = convert(document)
    (main,) = options(result, "task_definition", "web")["container_definitions"]
    assert main["environment"] == {"MODE": "{{ vault_web_mode }}"}
    assert "swordfish" not in str(result)


def test_clusters_have_their_capacity_providers() -> None:
    providers = {"cluster_name": "shop", "capacity_providers": ["FARGATE"], "default_capacity_provider_strategy": []}
    configuration = [
        {"execute_command_configuration": [{"logging": "DEFAULT", "kms_key_id": "", "log_configuration": []}]}
    ]
    cluster = {
        "name": "shop",
        "configuration": configuration,
        "setting": [{"name": "containerInsights", "value": "enabled"}],
    }
    result = convert(
        state(
            ("aws_ecs_cluster_capacity_providers", providers),
            ("aws_ecs_cluster", cluster),
            ("aws_ecs_cluster_capacity_providers", {**providers, "cluster_name": "elsewhere"}),
        )
    )
    assert left(result) == {}
    assert options(result, "cluster", "shop")["capacity_providers"] == ["FARGATE"]
    assert options(result, "cluster", "shop")["settings"] == {"containerInsights": "enabled"}
    assert options(result, "cluster", "elsewhere") == {"name": "elsewhere", "capacity_providers": ["FARGATE"]}


def test_capacity_providers() -> None:
    group = {
        "auto_scaling_group_arn": "web",
        "managed_scaling": [{"status": "ENABLED", "target_capacity": 90, "instance_warmup_period": 300}],
        "managed_termination_protection": "ENABLED",
    }
    found = ("aws_ecs_capacity_provider", {"name": "web", "auto_scaling_group_provider": [group], "tags_all": {}})
    result = convert(state(found))
    assert left(result) == {}
    provider = options(result, "capacity_provider", "web")["auto_scaling_group_provider"]
    assert provider["managed_scaling"]["target_capacity"] == 90


TARGET = {
    "service_namespace": "ecs",
    "scalable_dimension": "ecs:service:DesiredCount",
    "resource_id": "service/shop/web",
}


def policy(kind: str, block: str, **content: Any) -> tuple[str, dict[str, Any]]:
    return "aws_appautoscaling_policy", {**TARGET, "name": "p", "policy_type": kind, block: [content]}


def test_scaling() -> None:
    step = {
        "adjustment_type": "ChangeInCapacity",
        "cooldown": 60,
        "metric_aggregation_type": "Average",
        "min_adjustment_magnitude": 0,
        "step_adjustment": [
            {"metric_interval_lower_bound": "0", "metric_interval_upper_bound": "", "scaling_adjustment": 1}
        ],
    }
    action = {"name": "night", "schedule": "cron(0 22 * * ? *)", "timezone": "UTC", "start_time": "", "end_time": ""}
    result = convert(
        state(
            ("aws_ecs_service", {**BASE, "desired_count": 3}),
            ("aws_appautoscaling_target", {**TARGET, "min_capacity": 1, "max_capacity": 4, "suspended_state": []}),
            policy("StepScaling", "step_scaling_policy_configuration", **step),
            (
                "aws_appautoscaling_scheduled_action",
                {**TARGET, **action, "scalable_target_action": [{"min_capacity": "0", "max_capacity": "0"}]},
            ),
        )
    )
    assert left(result) == {}
    assert options(result, "service", "web")["ignore_changes"] == ["desired_count"]
    scaling = options(result, "scaling", "web")
    assert scaling["step_scaling"]["p"]["step_adjustments"] == [
        {"metric_interval_lower_bound": 0, "scaling_adjustment": 1}
    ]
    assert scaling["scheduled_actions"]["night"] == {
        "schedule": "cron(0 22 * * ? *)",
        "timezone": "UTC",
        "min_capacity": 0,
        "max_capacity": 0,
    }


def test_a_metric_of_ones_own() -> None:
    metric = {
        "metric_name": "Depth",
        "namespace": "Shop",
        "statistic": "Average",
        "unit": "",
        "dimensions": [{"name": "Queue", "value": "jobs"}],
        "metrics": [],
    }
    block = {
        "target_value": 10,
        "predefined_metric_specification": [],
        "customized_metric_specification": [metric],
        "disable_scale_in": False,
    }
    result = convert(
        state(
            ("aws_appautoscaling_target", {**TARGET, "min_capacity": 1, "max_capacity": 4}),
            policy("TargetTrackingScaling", "target_tracking_scaling_policy_configuration", **block),
        )
    )
    assert left(result) == {}
    found = options(result, "scaling", "web")["target_tracking"]["p"]
    assert found["customized_metric_specification"]["metric_name"] == "Depth"
    assert found["value"] == 10


def test_what_scales_something_else_is_listed() -> None:
    other = {**TARGET, "service_namespace": "dynamodb", "scalable_dimension": "dynamodb:table:ReadCapacityUnits"}
    result = convert(state(("aws_appautoscaling_target", {**other, "min_capacity": 1})))
    assert (list(left(result)), result["resources"]) == (["aws_appautoscaling_target.this"], [])


def test_other_versions_and_regions_are_told() -> None:
    arn = "arn:aws:ecs:{}:123456789012:service/shop/web"
    document = state(
        ("aws_ecs_service", {**BASE, "arn": arn.format("eu-central-1")}),
        ("aws_ecs_cluster", {"name": "shop", "arn": arn.format("us-east-1")}),
    )
    assert list(left(convert({**document, "version": 3}))) == ["version", "aws_ecs_cluster.this"]


def test_the_example() -> None:
    result = convert(src=EXAMPLES / "terraform.tfstate")
    assert [next(iter(entry)) for entry in result["resources"]] == [
        *("cluster", "task_definition", "task_definition", "service", "service", "scaling"),
    ]
    assert set(left(result)) == {
        *("outputs", "data.aws_caller_identity.current", "aws_lb_target_group.web", "aws_iam_role.execution"),
        'module.services.aws_ecs_task_definition.this["web"].container_definitions',
        'module.services.aws_ecs_service.this["api"].triggers',
    }
