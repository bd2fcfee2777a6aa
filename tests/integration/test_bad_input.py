# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong input gives one sentence that names the option, the value and the remedy, and makes no call that writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

from .conftest import Shop

CONTAINER = {"name": "web", "image": "web:1"}


def definition(**container: Any) -> dict[str, Any]:
    return {"family": "web", "memory": "512", "container_definitions": [{**CONTAINER, **container}]}


# name, module, options, words that the message must hold
BEFORE_ANY_CALL: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "an unknown member, with the nearest name",
        "task_definition",
        definition(port_mapping=[]),
        ["container_definitions[0].port_mapping", "ContainerDefinition", "did you mean port_mappings?"],
    ),
    (
        "an unknown member of a definition",
        "cluster",
        {"definition": {"clusterName": "c", "setings": {}}},
        ["definition.setings", "did you mean settings?"],
    ),
    (
        "a member in two spellings",
        "task_definition",
        definition(port_mappings=[], portMappings=[]),
        ["portMappings", "twice"],
    ),
    (
        "a boolean where the API wants a string",
        "task_definition",
        definition(environment={"DEBUG": True}),
        ["container_definitions[0].environment[0].value", "True is a boolean", "quote it ('true')"],
    ),
    (
        "a word where the API wants a number",
        "task_definition",
        definition(port_mappings=[{"container_port": "http"}]),
        ["port_mappings[0].container_port", "'http'", "whole number"],
    ),
    ("a scalar where the API wants a list", "task_definition", definition(command="ls"), ["command", "'ls'", "a list"]),
    (
        "a value that is none of the API's",
        "service",
        {"name": "web", "launch_type": "FARGTE"},
        ["launch_type", "'FARGTE'", "did you mean FARGATE?"],
    ),
    (
        "a number out of range",
        "cluster",
        {"name": "c", "default_capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1001}]},
        ["weight", "1001", "0 to 1000"],
    ),
    (
        "a member that is missing deep inside",
        "service",
        {"name": "web", "deployment_configuration": {"deployment_circuit_breaker": {"enable": True}}},
        ["deployment_circuit_breaker", "needs rollback"],
    ),
    (
        "the same variable twice",
        "task_definition",
        definition(environment=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        ["environment", "A is given more than once"],
    ),
    ("no name", "cluster", {}, ["name is required"]),
    ("a name that AWS does not take", "cluster", {"name": "my shop"}, ["name: AWS does not take 'my shop'", "hyphens"]),
    ("a family with a dot", "task_definition", {**definition(), "family": "a.b"}, ["family", "'a.b'"]),
    ("no service name", "service", {"cluster": "c"}, ["name is required"]),
    ("no family", "task_definition", {"container_definitions": [CONTAINER]}, ["family is required"]),
    ("no containers", "task_definition", {"family": "web"}, ["container_definitions is required"]),
    (
        "a launch type and a strategy",
        "service",
        {"name": "web", "launch_type": "FARGATE", "capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]},
        ["launch_type and capacity_provider_strategy", "give one"],
    ),
    (
        "a count for a daemon",
        "service",
        {"name": "web", "scheduling_strategy": "DAEMON", "desired_count": 1},
        ["desired_count", "DAEMON"],
    ),
    (
        "an unknown name in ignore_changes",
        "service",
        {"name": "web", "ignore_changes": ["desired_cout"]},
        ["ignore_changes.desired_cout", "did you mean desired_count?"],
    ),
    ("nothing to keep", "task_definition", {**definition(), "keep": 0}, ["keep", "0", "1 or more"]),
    (
        "a profile and a key",
        "cluster",
        {"name": "c", "profile": "shop"},
        ["profile", "exclude each other"],
    ),
    ("a file that is not there", "cluster", {"src": "/no/such/file.json"}, ["/no/such/file.json", "cannot be read"]),
    (
        "a mask where there is nothing to keep",
        "task_definition",
        definition(environment={"PASSWORD": "********"}),
        ["masked value", "give the value itself"],
    ),
]


@pytest.mark.parametrize(
    ("name", "options", "words"), [case[1:] for case in BEFORE_ANY_CALL], ids=[case[0] for case in BEFORE_ANY_CALL]
)
def test_before_any_write(
    name: str, options: dict[str, Any], words: list[str], module: ModuleRun, emulator: Emulator
) -> None:
    for check in (False, True):
        result = module(name, check, **options)
        assert result.get("failed"), result
        for word in words:
            assert word in result["msg"]
        assert "\n" not in result["msg"] and result["msg"][-1] in ".?"
        assert {"code", "message", "operation", "request_id"} <= set(result["failure"])
    assert emulator.writes() == []


def test_an_unknown_option_names_the_nearest(module: ModuleRun) -> None:
    message = module.refused("cluster", name="c", settngs={})
    assert message.startswith("settngs: no such option of") and message.endswith("did you mean settings?")
    assert "Supported parameters include" in module.refused("cluster", name="c", zzz=1)


def test_a_mistake_around_a_secret_does_not_print_it(module: ModuleRun) -> None:
    message = module.refused("task_definition", **definition(environment="DB_PASSWORD=hunter22"))
    assert "DB_PASSWORD=********" in message and "hunter22" not in message


def test_every_mistake_of_a_document_is_told(module: ModuleRun) -> None:
    result = module("task_definition", **definition(imag="x", cpu="much"))
    assert len(result["failure"]["errors"]) == 2


def test_a_file_that_does_not_parse(module: ModuleRun, tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_text('{\n  "family": "web",,\n}', encoding="utf-8")
    assert "web.json, line 2, column 19" in module.refused("task_definition", src=str(path))
    path = tmp_path / "web.yml"
    path.write_text("family: web\n  cpu: [", encoding="utf-8")
    assert "web.yml, line 2, column 6" in module.refused("task_definition", src=str(path))


def test_a_file_with_a_document(module: ModuleRun, tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_text(json.dumps({"taskDefinition": {**definition(), "revision": 3, "status": "ACTIVE"}}), "utf-8")
    assert module.ok("task_definition", src=str(path))["changed"]
    assert not module.ok("task_definition", src=str(path))["changed"]


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"region": ""}, ["No AWS region", "AWS_REGION"]),
        ({"endpoint_url": "http://127.0.0.1:1"}, ["127.0.0.1:1", "check endpoint_url"]),
        ({"secret_key": ""}, ["credentials are incomplete"]),
        ({"access_key": "", "secret_key": ""}, ["No AWS credentials were found", "access_key"]),
    ],
)
def test_no_way_to_aws(
    connection: dict[str, Any], words: list[str], module: ModuleRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    message = module.refused("cluster", name="c", aws_config={"retries": {"total_max_attempts": 1}}, **connection)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredTokenException", "get new credentials"),
        ("AccessDeniedException", "allow this action"),
        ("UnrecognizedClientException", "check access_key"),
    ],
)
def test_a_refusal_by_aws_names_the_call_and_the_remedy(
    code: str, words: str, module: ModuleRun, emulator: Emulator
) -> None:
    fault = {"service": "ecs", "operation": "CreateCluster", "kind": "error", "message": "not so", "status": 400}
    emulator.control("faults", {**fault, "code": code, "times": 5})
    result = module("cluster", name="c")
    assert result["failure"]["operation"] == "CreateCluster"
    assert result["failure"]["code"] == code
    assert "not so" in result["msg"] and words in result["msg"]


def test_an_unknown_cluster(module: ModuleRun) -> None:
    options = {"name": "web", "cluster": "nowhere", "task_definition": "web:1", "desired_count": 1}
    assert "no cluster nowhere in eu-central-1" in module.refused("service", **options)
    assert module.ok("service", name="web", cluster="nowhere", state="absent")["changed"] is False


def test_an_unknown_cluster_in_check_mode_is_a_plan(module: ModuleRun) -> None:
    options = {"name": "web", "cluster": "nowhere", "task_definition": "web", "desired_count": 1}
    planned = module.ok("service", True, **options)
    assert [call["operation"] for call in planned["actions"]] == ["CreateService"]


def test_an_unknown_family_and_an_inactive_one(shop: Shop) -> None:
    assert "the family web has no active revision" in shop.deploy()["msg"]
    shop.register()
    shop.module.ok("task_definition", family="web", state="absent")
    assert "the family web has no active revision" in shop.deploy()["msg"]


def test_an_unknown_revision(shop: Shop) -> None:
    shop.register()
    result = shop.deploy("web:99")
    assert result["failed"] and result["failure"]["operation"] == "CreateService"


def test_a_service_that_is_still_draining(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    shop.module.ok("service", name="web", cluster="shop", state="absent", wait=False)
    assert "still being deleted (DRAINING)" in shop.deploy(wait=False)["msg"]
    assert shop.deploy()["actions"][0]["operation"] == "CreateService"


def test_an_immutable_change_is_refused_and_recreate_makes_it(shop: Shop) -> None:
    shop.register()
    shop.deploy(capacity_provider_strategy=[])
    message = shop.deploy(launch_type="EC2")["msg"]
    for word in ("launch_type", "FARGATE", "EC2", "recreate=true"):
        assert word in message
    planned = shop.module.ok("service", True, **{**shop.base, "launch_type": "EC2", "recreate": True})
    assert [call["operation"] for call in planned["actions"]] == ["DeleteService", "CreateService"]


def test_an_impossible_fargate_size_is_a_warning(module: ModuleRun) -> None:
    options = {**definition(), "requires_compatibilities": ["FARGATE"], "network_mode": "awsvpc", "cpu": "256"}
    result = module("task_definition", True, **{**options, "memory": "4096"})
    assert not result.get("failed")
    assert "4096 MiB with 256 CPU units" in str(result["warnings"])


def test_a_cluster_that_is_not_empty_says_what_lives_in_it(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    message = shop.module.refused("cluster", name="shop", state="absent")
    assert "1 service (web) and 2 running tasks are in it" in message


@pytest.mark.parametrize(
    ("controller", "option", "value"),
    [("CODE_DEPLOY", "enable_execute_command", True), ("EXTERNAL", "platform_version", "1.3.0")],
)
def test_what_another_controller_owns_is_refused(
    controller: str, option: str, value: Any, shop: Shop, client: Any, target_group: str
) -> None:
    shop.register()
    create: dict[str, Any] = {"cluster": "shop", "serviceName": "other", "deploymentController": {"type": controller}}
    if controller == "CODE_DEPLOY":
        network = {"awsvpcConfiguration": shop.base["network_configuration"]["awsvpc_configuration"]}
        create |= {"taskDefinition": "web:1", "desiredCount": 1, "launchType": "FARGATE"}
        create["networkConfiguration"] = network
        create["loadBalancers"] = [{"targetGroupArn": target_group, "containerName": "web", "containerPort": 80}]
    client("ecs").create_service(**create)
    message = shop.module.refused("service", name="other", cluster="shop", task_definition="web:1", **{option: value})
    assert controller in message and option in message
    result = shop.module.ok("service", name="other", cluster="shop", desired_count=2)
    assert result["actions"][0]["params"]["desiredCount"] == 2
