# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Copilot application becomes families, services, scaling and schedules; what Copilot makes around them is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._importers._copilot_job import NoSchedule, expression_of
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversions import EXAMPLES, MARK, Steps, convert, left, lost, nodes, options, path, places, put

COPILOT = EXAMPLES / "copilot"
APP = {"COPILOT_APPLICATION_NAME": "shop", "AWS_REGION": "eu-central-1", "AWS_ACCOUNT_ID": "123456789012", "TAG": "7"}
DEFAULTS = {
    "task_definition": {
        "execution_role_arn": "arn:aws:iam::123456789012:role/execution",
        "task_role_arn": "arn:aws:iam::123456789012:role/task",
    },
    "schedule": {"role_arn": "arn:aws:iam::123456789012:role/schedule"},
}
KINDS = {"frontend": "Load Balanced Web Service", "api": "Backend Service", "orders": "Worker Service"}
MANIFESTS = {
    name: yaml.load((COPILOT / name / "manifest.yml").read_text(encoding="utf-8"), yaml.BaseLoader)
    for name in (*KINDS, "report")
}
HERE: dict[str, Any] = {"environment": "prod", "variables": APP, "cluster": "shop-prod", "defaults": DEFAULTS}


def manifest(kind: str = "Backend Service", **members: Any) -> dict[str, Any]:
    return {"name": "web", "type": kind, "image": {"location": "web:1", "port": 80}, **members}


def service(choice: dict[str, Any] | None = None, /, **members: Any) -> dict[str, Any]:
    """Convert a service with these members, and give its options."""
    return options(convert(manifest(**members), **(choice or HERE)), "service", "shop-prod-web")


def task(choice: dict[str, Any] | None = None, /, **members: Any) -> dict[str, Any]:
    """Convert a service with these members, and give the options of its family."""
    return options(convert(manifest(**members), **(choice or HERE)), "task_definition", "shop-prod-web")


def main(**members: Any) -> dict[str, Any]:
    return dict(task(**members)["container_definitions"][0])


def listed(**members: Any) -> dict[str, str]:
    return left(convert(manifest(**members), **HERE))


def test_a_service_has_what_copilot_gives_to_each() -> None:
    assert service() == {
        "name": "shop-prod-web",
        "cluster": "shop-prod",
        "task_definition": "shop-prod-web",
        "desired_count": 1,
        "launch_type": "FARGATE",
        "propagate_tags": "SERVICE",
        "deployment_configuration": {
            "deployment_circuit_breaker": {"enable": True, "rollback": True},
            "maximum_percent": 200,
            "minimum_healthy_percent": 100,
        },
        "network_configuration": {
            "awsvpc_configuration": {
                "subnets": ["copilot-shop-prod-pub*"],
                "security_groups": ["copilot-shop-prod-env"],
                "assign_public_ip": "ENABLED",
            }
        },
    }


def test_a_container_has_the_variables_and_logs_of_copilot() -> None:
    container = main(variables={"LOG": True, "N": 3, "URL": {"from_cfn": "shop-url"}})
    assert container["environment"] == {
        "COPILOT_APPLICATION_NAME": "shop",
        "COPILOT_ENVIRONMENT_NAME": "prod",
        "COPILOT_SERVICE_DISCOVERY_ENDPOINT": "prod.shop.local",
        "COPILOT_SERVICE_NAME": "web",
        "LOG": "true",
        "N": "3",
        "URL": "{{ vault_shop_prod_web_url }}",
    }
    assert container["log_configuration"]["options"] == {
        "awslogs-group": "/copilot/shop-prod-web",
        "awslogs-region": "eu-central-1",
        "awslogs-stream-prefix": "copilot",
    }
    assert "export" in listed(variables={"URL": {"from_cfn": "shop-url"}})["variables.URL.from_cfn"]


def test_without_a_region_there_are_no_logs_and_that_is_told() -> None:
    result = convert(manifest(), environment="prod", variables={"COPILOT_APPLICATION_NAME": "shop"}, cluster="c")
    (container,) = options(result, "task_definition", "shop-prod-web")["container_definitions"]
    assert "log_configuration" not in container
    assert any("Region" in item["reason"] for item in result["not_carried"])


def test_secrets_are_parameters_by_name_and_secrets_by_arn() -> None:
    secrets = {"A": "/shop/a", "B": {"secretsmanager": "shop/b"}, "C": {"secretsmanager": "arn:x"}}
    expected = {"A": "/shop/a", "B": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/b", "C": "arn:x"}
    assert main(secrets=secrets)["secrets"] == expected
    other = convert(manifest(secrets=secrets))
    assert options(other, "task_definition", "web")["container_definitions"][0]["secrets"]["B"].startswith("{{ vault_")
    assert "ARN" in left(other)["secrets.B.secretsmanager"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"command": "ps au"}, {"command": ["ps", "au"]}),
        ({"command": ["ps", "au"]}, {"command": ["ps", "au"]}),
        ({"entrypoint": "/run 'a b'"}, {"entry_point": ["/run", "a b"]}),
        ({"storage": {"readonly_fs": True}}, {"readonly_root_filesystem": True}),
        (
            {"image": {"location": "web:1", "labels": {"com.example.Team": "web"}}},
            {"docker_labels": {"com.example.Team": "web"}},
        ),
        (
            {"image": {"location": "web:1", "credentials": "arn:c"}},
            {"repository_credentials": {"credentials_parameter": "arn:c"}},
        ),
        (
            {"image": {"location": "web:1", "depends_on": {"db": "healthy"}}},
            {"depends_on": [{"container_name": "db", "condition": "HEALTHY"}]},
        ),
        (
            {"image": {"location": "web:1", "healthcheck": {"command": ["CMD", "x"], "interval": "15s", "retries": 4}}},
            {"health_check": {"command": ["CMD", "x"], "interval": 15, "retries": 4}},
        ),
        (
            {"taskdef_overrides": [{"path": "ContainerDefinitions[0].Ulimits[-].Name", "value": "nofile"}]},
            {"ulimits": [{"name": "nofile"}]},
        ),
        (
            {"taskdef_overrides": [{"path": "ContainerDefinitions[0].LogConfiguration", "value": {"LogDriver": "x"}}]},
            {"log_configuration": {"log_driver": "x"}},
        ),
    ],
)
def test_a_container_is_carried_over(members: dict[str, Any], expected: dict[str, Any]) -> None:
    container = main(**members)
    assert {name: container.get(name) for name in expected} == expected


def test_an_image_that_is_built_makes_way_for_a_placeholder() -> None:
    assert main(image={"build": "Dockerfile"})["image"] == "{{ vault_shop_prod_web_image }}"
    assert "builds none" in listed(image={"build": "Dockerfile"})["image.build"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"cpu": 1024, "memory": "2048"}, {"cpu": "1024", "memory": "2048"}),
        ({}, {"cpu": "256", "memory": "512"}),
        ({"platform": "linux/x86_64"}, {}),
        (
            {"platform": "linux/arm64"},
            {"runtime_platform": {"operating_system_family": "LINUX", "cpu_architecture": "ARM64"}},
        ),
        (
            {"platform": {"osfamily": "windows_server_2019_full", "architecture": "x86_64"}},
            {"runtime_platform": {"operating_system_family": "WINDOWS_SERVER_2019_FULL", "cpu_architecture": "X86_64"}},
        ),
        ({"storage": {"ephemeral": 100}}, {"ephemeral_storage": {"size_in_gib": 100}}),
        ({"storage": {"volumes": {"v": {"path": "/v"}}}}, {"volumes": [{"name": "v"}]}),
        (
            {"storage": {"volumes": {"v": {"path": "/v", "efs": {"id": "fs-1", "root_dir": "/data"}}}}},
            {
                "volumes": [
                    {
                        "name": "v",
                        "efs_volume_configuration": {
                            "file_system_id": "fs-1",
                            "root_directory": "/data",
                            "transit_encryption": "ENABLED",
                        },
                    }
                ]
            },
        ),
    ],
)
def test_a_task_is_carried_over(members: dict[str, Any], expected: dict[str, Any]) -> None:
    found = task(**members)
    assert {name: found.get(name) for name in expected} == expected


def test_a_file_system_that_copilot_makes_is_a_placeholder() -> None:
    (volume,) = task(storage={"volumes": {"v": {"path": "/v", "efs": True}}})["volumes"]
    assert volume["efs_volume_configuration"]["file_system_id"].startswith("{{ vault_")
    assert (
        "makes the file system"
        in listed(storage={"volumes": {"v": {"path": "/v", "efs": True}}})["storage.volumes.v.efs"]
    )


def test_logs_of_other_kinds_and_traces_are_containers_beside_it() -> None:
    members = {"logging": {"destination": {"Name": "datadog"}, "secretOptions": {"apikey": "/key"}}}
    found = task(**members, observability={"tracing": "awsxray"})["container_definitions"]
    assert [container["name"] for container in found] == ["web", "firelens_log_router", "aws-otel-collector"]
    assert found[0]["log_configuration"] == {
        "log_driver": "awsfirelens",
        "options": {"Name": "datadog"},
        "secret_options": {"apikey": "/key"},
    }
    assert found[1]["firelens_configuration"] == {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}}


# Counts and scaling ---------------------------------------------------------------------------------------------------


SPOT = {"capacity_provider": "FARGATE_SPOT", "weight": 1}


@pytest.mark.parametrize(
    ("count", "desired", "strategy"),
    [
        (3, 3, None),
        ({"spot": 2}, 2, [SPOT]),
        ({"range": "2-5"}, 2, None),
        ({"range": {"min": 1, "max": 5}}, 1, None),
        ({"range": {"min": 1, "max": 5, "spot_from": 3}}, 1, [{"capacity_provider": "FARGATE", "base": 2}, SPOT]),
        ({"range": {"min": 1, "max": 5, "spot_from": 1}}, 1, [SPOT]),
    ],
)
def test_a_count_is_a_number_and_a_capacity(count: Any, desired: int, strategy: Any) -> None:
    found = service(count=count)
    assert (found["desired_count"], found.get("capacity_provider_strategy")) == (desired, strategy)
    assert ("launch_type" in found) == (strategy is None)
    assert found.get("ignore_changes") == (["desired_count"] if isinstance(count, dict) and "range" in count else None)


def test_a_range_is_scaled_with_the_cooldowns_of_copilot() -> None:
    count = {
        "range": "1-10",
        "cooldown": {"in": "5m"},
        "cpu_percentage": 70,
        "memory_percentage": {"value": 80, "cooldown": {"out": "90s"}},
        "requests": 1000,
        "response_time": "2s",
    }
    result = convert(manifest(count=count), **HERE)
    assert options(result, "scaling", "shop-prod-web") == {
        "service": "shop-prod-web",
        "cluster": "shop-prod",
        "min_capacity": 1,
        "max_capacity": 10,
        "target_tracking": {
            "cpu": {"value": 70, "scale_in_cooldown": 300, "scale_out_cooldown": 60},
            "memory": {"value": 80, "scale_in_cooldown": 300, "scale_out_cooldown": 90},
            "requests_per_target": {"value": 1000, "scale_in_cooldown": 300, "scale_out_cooldown": 60},
        },
    }
    assert "load balancer" in left(result)["count.response_time"]


# Network and load balancers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vpc", "expected"),
    [
        (
            {"placement": "private"},
            {"subnets": ["copilot-shop-prod-priv*"], "security_groups": ["copilot-shop-prod-env"]},
        ),
        (
            {"placement": {"subnets": ["subnet-1"]}, "security_groups": ["sg-1"]},
            {"subnets": ["subnet-1"], "security_groups": ["copilot-shop-prod-env", "sg-1"]},
        ),
        (
            {
                "placement": {"subnets": {"from_tags": {"Name": ["a", "b"]}}},
                "security_groups": {"deny_default": True, "groups": ["sg-1"]},
            },
            {"subnets": ["tag:Name=a", "tag:Name=b"], "security_groups": ["sg-1"]},
        ),
    ],
)
def test_a_network_is_carried_over(vpc: dict[str, Any], expected: dict[str, Any]) -> None:
    assert service(network={"vpc": vpc})["network_configuration"]["awsvpc_configuration"] == expected


def test_a_network_of_the_defaults_is_taken_instead_of_one_that_is_guessed() -> None:
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    choice = {**HERE, "defaults": {**DEFAULTS, "service": {"network_configuration": network}}}
    assert service(choice, network={"vpc": {"placement": "private"}})["network_configuration"] == network
    result = convert(manifest(network={"vpc": {"security_groups": ["sg-1"]}}), **choice)
    assert "instead" in left(result)["network.vpc.security_groups"]


def test_service_connect_names_a_port_of_the_container() -> None:
    result = convert(manifest(network={"connect": {"alias": "web.internal"}}), **HERE)
    assert options(result, "service", "shop-prod-web")["service_connect_configuration"] == {
        "enabled": True,
        "namespace": "prod.shop.local",
        "services": [
            {
                "port_name": "target",
                "discovery_name": "web-sc",
                "client_aliases": [{"port": 80, "dns_name": "web.internal"}],
            }
        ],
    }
    (container,) = options(result, "task_definition", "shop-prod-web")["container_definitions"]
    assert container["port_mappings"] == [{"container_port": 80, "name": "target"}]


WEB = "Load Balanced Web Service"
ENVOY = {"envoy": {"image": "envoy:1", "port": "9901/udp"}}


@pytest.mark.parametrize(
    ("members", "container", "port", "grace"),
    [
        ({"http": {"path": "/"}}, "web", 80, 60),
        ({"http": {"path": "/", "healthcheck": {"path": "/h", "grace_period": "2m"}}}, "web", 80, 120),
        ({"http": {"path": "/", "target_container": "envoy"}, "sidecars": ENVOY}, "envoy", 9901, 60),
        ({"http": {"path": "/", "target_port": 81}}, "web", 81, 60),
        ({"http": False, "nlb": {"port": "443/tls"}}, "web", 443, 60),
        ({"http": False, "nlb": {"port": 443, "target_container": "envoy"}, "sidecars": ENVOY}, "envoy", 9901, 60),
    ],
)
def test_a_load_balancer_leads_to_a_container(members: Any, container: str, port: int, grace: int) -> None:
    result = convert(manifest(WEB, **members), **HERE)
    found = options(result, "service", "shop-prod-web")
    (balancer,) = found["load_balancers"]
    assert (balancer["container_name"], balancer["container_port"]) == (container, port)
    assert balancer["target_group_arn"] == "{{ vault_shop_prod_web_target_group_arn }}"
    assert found["health_check_grace_period_seconds"] == grace
    containers = options(result, "task_definition", "shop-prod-web")["container_definitions"]
    mappings = next(one for one in containers if one["name"] == container)["port_mappings"]
    assert port in [mapping["container_port"] for mapping in mappings]


def test_deployments_and_alarms_are_carried_over() -> None:
    found = service(deployment={"rolling": "recreate", "rollback_alarms": ["errors"]})["deployment_configuration"]
    assert (found["minimum_healthy_percent"], found["maximum_percent"]) == (0, 100)
    assert found["alarms"] == {"alarm_names": ["errors"], "enable": True, "rollback": True}
    assert "deployment.rollback_alarms.cpu_utilization" in listed(
        deployment={"rollback_alarms": {"cpu_utilization": 70}}
    )


# Environments, variables, applications --------------------------------------------------------------------------------


def test_an_environment_lies_over_the_rest() -> None:
    members: dict[str, Any] = {
        "image": {"build": "Dockerfile", "port": 80},
        "count": {"range": "1-5", "cpu_percentage": 70},
        "variables": {"A": "1", "B": "2"},
        "environments": {
            "prod": {"image": {"location": "web:9"}, "count": {"spot": 2}, "variables": {"B": "3"}},
            "test": {"count": 1},
        },
    }
    result = convert(manifest(**members), **HERE)
    container = options(result, "task_definition", "shop-prod-web")["container_definitions"][0]
    assert container["image"] == "web:9"
    assert [container["environment"][name] for name in "AB"] == ["1", "3"]
    assert options(result, "service", "shop-prod-web")["capacity_provider_strategy"] == [SPOT]
    assert not any("scaling" in entry for entry in result["resources"])
    assert left(result)["environments.test"] == "it is another environment."


def test_without_an_environment_those_of_the_manifest_are_left() -> None:
    result = convert(manifest(environments={"prod": {"count": 2}}))
    assert left(result)["environments"].startswith("no environment is chosen")
    assert options(result, "service", "web")["desired_count"] == 1


def test_variables_are_filled_in_and_those_without_a_value_are_placeholders() -> None:
    image = {"location": "${COPILOT_APPLICATION_NAME}/web:${TAG}-${SHA}"}
    assert main(image={**image, "location": "${COPILOT_APPLICATION_NAME}/web:${TAG}"})["image"] == "shop/web:7"
    assert main(image=image)["image"] == "{{ vault_shop_prod_web_image }}"
    assert listed(image=image)["image.location"] == "there is no value for SHA."
    assert main(command=["echo", "\\${HOME}"])["command"] == ["echo", "${HOME}"]


def test_an_application_is_converted_as_a_whole() -> None:
    result = convert(src=COPILOT, **HERE)
    kinds = [next(iter(entry)) for entry in result["resources"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "task_definition": 4,
        "service": 3,
        "scaling": 3,
        "schedule": 1,
    }
    assert options(result, "service", "shop-prod-frontend")["load_balancers"]
    assert not any("apply does not take it" in item["reason"] for item in result["not_carried"])


def test_what_is_no_service_is_left(tmp_path: Path) -> None:
    files = {
        "copilot/.workspace": "application: shop",
        "copilot/web/manifest.yml": "name: web\ntype: Backend Service\nimage: {location: 'web:1'}",
        "copilot/site/manifest.yml": "name: site\ntype: Static Site\nfiles: []",
        "copilot/environments/prod/manifest.yml": "name: prod\ntype: Environment",
        "copilot/pipelines/main/manifest.yml": "name: main",
        "copilot/web/addons/db.yml": "Resources: {}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = convert(src=tmp_path, environment="prod")
    assert options(result, "service", "shop-prod-web")
    assert {"copilot/site/manifest.yml.type", *list(files)[3:]} <= set(left(result))


# Jobs -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@daily", "cron(0 0 * * ? *)"),
        ("@weekly", "cron(0 0 ? * 1 *)"),
        ("@every 5m", "rate(5 minutes)"),
        ("@every 1m", "rate(1 minute)"),
        ("@every 1h30m", "rate(90 minutes)"),
        ("rate(2 hours)", "rate(2 hours)"),
        ("cron(0 9 1 * ? *)", "cron(0 9 1 * ? *)"),
        ("* * * * *", "cron(* * * * ? *)"),
        ("0 9 * * 1-5", "cron(0 9 ? * 2-6 *)"),
        ("0 9 * * 0,6", "cron(0 9 ? * 1,7 *)"),
        ("0 9 * * 7", "cron(0 9 ? * 1 *)"),
        ("0 9 * * mon-fri", "cron(0 9 ? * MON-FRI *)"),
        ("*/10 0 1 1 *", "cron(*/10 0 1 1 ? *)"),
        ("0 0 ? * ?", "cron(0 0 * * ? *)"),
    ],
)
def test_a_schedule_is_one_of_aws(text: str, expected: str) -> None:
    assert expression_of(text) == expected


@pytest.mark.parametrize("text", ["none", "", "@every 30s", "@every x", "0 0 1 * 1", "0 0 * *"])
def test_what_aws_cannot_schedule_is_left(text: str) -> None:
    with pytest.raises(NoSchedule):
        expression_of(text)
    job = {"name": "job", "type": "Scheduled Job", "on": {"schedule": text}, "image": {"location": "job:1"}}
    result = convert(job)
    assert [next(iter(entry)) for entry in result["resources"]] == ["task_definition"]
    assert "on.schedule" in left(result)


# Nothing is lost ------------------------------------------------------------------------------------------------------


def chosen(name: str) -> dict[str, Any]:
    """Give the example without environments, which are laid over the rest."""
    return {member: value for member, value in MANIFESTS[name].items() if member != "environments"}


PLACES = [(name, steps) for name in MANIFESTS for steps in places(chosen(name))]


@settings(deadline=None)
@given(st.sampled_from(PLACES), st.just(1) | st.just("x") | st.just({"a": 1}) | st.just(["a"]))
def test_nothing_is_lost(place: tuple[str, Steps], value: Any) -> None:
    name, steps = place
    result = convert(put(chosen(name), (*steps, MARK), value), **HERE)
    assert not lost(result, path((*steps, MARK)))


NODES = [(name, steps) for name in MANIFESTS for steps in nodes(MANIFESTS[name]) if steps != ("type",)]
ODD = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "${A", "${A}", "-", [], {}, [1], {"a": 1}])


@settings(deadline=None)
@given(st.sampled_from(NODES), ODD)
def test_no_manifest_is_too_odd(place: tuple[str, Steps], value: Any) -> None:
    name, steps = place
    try:
        assert convert(put(MANIFESTS[name], steps, value), form="copilot", **HERE)["manifest"].startswith("---\n")
    except BadInput as error:
        assert str(error).endswith(".")
