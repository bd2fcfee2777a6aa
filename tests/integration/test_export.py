# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A live estate as a manifest. The clock is stepped by what the module waits: nothing sleeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.documents import structures
from support.emulator import Emulator
from support.estates import Estate, Maker, cluster, family, planned
from support.modules import ModuleRun

from .test_properties import BASE, CLUSTER, REFUSALS, SERVICE, containers, shape

Clients = Callable[[str], Any]
FARGATE: dict[str, Any] = {
    "family": "web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "web", "image": "web:1"}],
}


def exported(module: ModuleRun, emulator: Emulator, **options: Any) -> dict[str, Any]:
    """Export, and look that nothing was written."""
    seen = len(emulator.calls())
    result = module.ok("export", **options)
    assert not result["changed"] and emulator.writes(seen) == []
    return result


def unchanged(module: ModuleRun, emulator: Emulator, result: dict[str, Any]) -> None:
    """Apply what was exported: what a placeholder hides is what the resource has."""
    seen = len(emulator.calls())
    secrets = {item["name"]: item["shown"] for item in result["placeholders"]}
    applied = module.ok("apply", resources=result["resources"], placeholders=secrets)
    assert not applied["changed"] and emulator.writes(seen) == [], applied["diff"]


def written(path: Path, result: dict[str, Any]) -> str:
    """Write the files of a manifest, and name their folder."""
    for name, content in result["files"].items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content, encoding="utf-8")
    return str(path)


def names(result: dict[str, Any]) -> list[str]:
    """Name what was exported."""
    found = []
    for entry in result["resources"]:
        ((kind, options),) = entry.items()
        place = f"{options['cluster']}/" if kind in ("service", "scaling") else ""
        found.append(f"{kind} {place}{options.get('name') or options.get('family') or options.get('service')}")
    return found


def left(result: dict[str, Any]) -> dict[tuple[str, str, str | None], str]:
    """Give the reasons of what was not exported."""
    return {(item["kind"], item["name"], item["path"]): item["reason"] for item in result["not_exported"]}


def entry(result: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """Give the options of one entry."""
    (found,) = (
        item[kind]
        for item in result["resources"]
        if kind in item and name in (item[kind].get(member) for member in ("name", "family", "service"))
    )
    return dict(found)


# What is exported


def test_what_apply_made_is_exported_as_it_was_written(
    module: ModuleRun, emulator: Emulator, estate: Estate, tmp_path: Path
) -> None:
    del estate[0]["service"]["depends_on"]
    module.ok("apply", resources=estate)
    result = exported(module, emulator)
    assert sorted(map(repr, map(ordered, result["resources"]))) == sorted(map(repr, map(ordered, estate)))
    assert names(result) == [
        "cluster shop",
        "task_definition api",
        "task_definition web",
        "service shop/api",
        "service shop/web",
    ]
    assert result["placeholders"] == [] and result["not_exported"] == []
    unchanged(module, emulator, result)
    assert list(result["files"]) == ["clusters.yml", "services/shop/api.yml", "services/shop/web.yml"]
    applied = module.ok("apply", src=written(tmp_path, result))
    assert not applied["changed"] and len(planned(applied)) == 5


def ordered(value: Any) -> Any:
    """Give dictionaries in one order."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def test_a_large_estate_costs_few_calls(module: ModuleRun, emulator: Emulator, service: Maker) -> None:
    each = [f"s{number}" for number in range(12)]
    module.ok("apply", resources=[cluster(), *map(family, each), *map(service, each)])
    seen = len(emulator.calls())
    exported(module, emulator, kinds=["cluster", "task_definition", "service"])
    counted = sorted(emulator.operations(seen))
    reads = [*["DescribeServices"] * 2, *["DescribeTaskDefinition"] * 12, "ListAccountSettings", "ListClusters"]
    assert counted == [
        "DescribeClusters",
        "DescribeServiceRevisions",
        *reads,
        "ListServices",
        "ListTaskDefinitionFamilies",
    ]


# A live estate that nobody has declared


@pytest.fixture
def live(client: Clients, emulator: Emulator, subnets: list[str], target_group: str) -> Any:
    """Make an estate as other tools make it, and give a client of ECS."""
    ecs = client("ecs")
    client("iam").create_role(RoleName="task", AssumeRolePolicyDocument="{}")
    ecs.create_cluster(
        clusterName="shop",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        serviceConnectDefaults={"namespace": "inner"},
        settings=[{"name": "containerInsights", "value": "enhanced"}],
        tags=[{"key": "team", "value": "shop"}],
    )
    ecs.create_cluster(clusterName="other")
    base: dict[str, Any] = {
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
    }
    web = {
        "name": "web",
        "image": "web:1",
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp", "name": "http"}],
        "environment": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "DB_PASSWORD", "value": "hunter2"}],
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "retries": 3, "timeout": 5},
        "logConfiguration": {"logDriver": "json-file", "options": {"tag": "{{.Name}}"}},
        "essential": True,
    }
    side = {"name": "agent", "image": "agent:1", "essential": False, "command": ["run", "--token", "abc"]}
    ecs.register_task_definition(family="web", containerDefinitions=[web, side], **base)
    ecs.register_task_definition(family="api", containerDefinitions=[{**web, "environment": []}], **base)
    network = {"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "DISABLED"}}
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=network,
        loadBalancers=[{"targetGroupArn": target_group, "containerName": "web", "containerPort": 80}],
        healthCheckGracePeriodSeconds=30,
        deploymentConfiguration={
            "maximumPercent": 150,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": False},
        },
        enableExecuteCommand=True,
        propagateTags="SERVICE",
        tags=[{"key": "team", "value": "shop"}],
    )
    ecs.create_service(
        cluster="shop",
        serviceName="api",
        taskDefinition="api",
        desiredCount=1,
        networkConfiguration=network,
        availabilityZoneRebalancing="DISABLED",
        serviceConnectConfiguration={
            "enabled": True,
            "services": [{"portName": "http", "clientAliases": [{"port": 80}]}],
        },
    )
    ecs.create_service(
        cluster="other",
        serviceName="api",
        taskDefinition="api:1",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    emulator.clock(step=600)
    return ecs


def test_an_estate_that_others_made(
    module: ModuleRun, emulator: Emulator, live: Any, subnets: list[str], target_group: str
) -> None:
    result = exported(module, emulator)
    assert "hunter2" not in str(result) and "'abc'" not in str(result)
    assert result["not_exported"] == []
    assert entry(result, "cluster", "shop") == {
        "name": "shop",
        "capacity_providers": ["FARGATE", "FARGATE_SPOT"],
        "default_capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}],
        "service_connect_defaults": {"namespace": "inner"},
        "settings": {"containerInsights": "enhanced"},
        "tags": {"team": "shop"},
    }
    assert entry(result, "task_definition", "web")["container_definitions"] == [
        {
            "name": "web",
            "image": "web:1",
            "port_mappings": [{"container_port": 80, "name": "http"}],
            "environment": {"DB_PASSWORD": "{{ vault_web_db_password }}", "LOG_LEVEL": "info"},
            "health_check": {"command": ["CMD", "true"]},
            "log_configuration": {"log_driver": "json-file", "options": {"tag": "{{.Name}}"}},
        },
        {
            "name": "agent",
            "image": "agent:1",
            "essential": False,
            "command": ["run", "--token", "{{ vault_web_agent_command_2 }}"],
        },
    ]
    network = {"awsvpc_configuration": {"subnets": subnets}}
    assert entry(result, "service", "web") == {
        "name": "web",
        "cluster": "shop",
        "task_definition": "web",
        "desired_count": 2,
        "launch_type": "FARGATE",
        "network_configuration": network,
        "load_balancers": [{"target_group_arn": target_group, "container_name": "web", "container_port": 80}],
        "health_check_grace_period_seconds": 30,
        "deployment_configuration": {
            "maximum_percent": 150,
            "deployment_circuit_breaker": {"enable": True, "rollback": False},
        },
        "enable_execute_command": True,
        "propagate_tags": "SERVICE",
        "tags": {"team": "shop"},
    }
    (api,) = (
        item["service"]
        for item in result["resources"]
        if item.get("service", {}).get("name") == "api" and item["service"]["cluster"] == "shop"
    )
    assert api == {
        "name": "api",
        "cluster": "shop",
        "task_definition": "api",
        "desired_count": 1,
        "network_configuration": network,
        "availability_zone_rebalancing": "DISABLED",
        "capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}],
        "service_connect_configuration": {
            "enabled": True,
            "services": [{"port_name": "http", "client_aliases": [{"port": 80}]}],
        },
    }
    assert list(result["files"]) == [
        "clusters.yml",
        "families/api.yml",
        "services/other/api.yml",
        "services/shop/api.yml",
        "services/shop/web.yml",
    ]
    unchanged(module, emulator, result)


def test_placeholders_get_their_values(module: ModuleRun, emulator: Emulator, live: Any, tmp_path: Path) -> None:
    result = exported(module, emulator)
    assert [item["name"] for item in result["placeholders"]] == ["vault_web_db_password", "vault_web_agent_command_2"]
    src = written(tmp_path, result)
    seen = len(emulator.calls())
    said = module.refused("apply", src=src, placeholders={"vault_web_db_password": "hunter2"})
    assert "services/shop/web.yml, line " in said and "the placeholder vault_web_agent_command_2 has no value" in said
    assert emulator.operations(seen) == []
    right = {"vault_web_db_password": "hunter2", "vault_web_agent_command_2": "abc"}
    assert not module.ok("apply", src=src, placeholders=right)["changed"]
    wrong = module.ok("apply", True, src=src, placeholders={**right, "vault_web_db_password": "hunter3"})
    assert planned(wrong)["task_definition web"] == "update"
    assert "hunter" not in str(wrong)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"clusters": ["other"]}, ["cluster other", "task_definition api", "service other/api"]),
        ({"clusters": ["s*"], "kinds": ["service"]}, ["service shop/api", "service shop/web"]),
        ({"services": ["shop/api"]}, ["cluster shop", "task_definition api", "service shop/api"]),
        (
            {"services": ["*api"]},
            ["cluster other", "cluster shop", "task_definition api", "service other/api", "service shop/api"],
        ),
        ({"families": ["w?b"], "kinds": ["task_definition"]}, ["task_definition web"]),
        ({"tags": {"team": "s*"}}, ["cluster shop", "task_definition web", "service shop/web"]),
        ({"tags": {"team": None, "more": "x"}}, []),
        ({"clusters": ["none*"]}, []),
        ({"kinds": ["cluster"]}, ["cluster other", "cluster shop"]),
        ({"kinds": ["cluster"], "services": ["web"]}, ["cluster shop"]),
        (
            {"clusters": ["arn:aws:ecs:eu-central-1:123456789012:cluster/other"], "kinds": ["cluster"]},
            ["cluster other"],
        ),
    ],
)  # fmt: skip
def test_what_is_chosen(
    module: ModuleRun, emulator: Emulator, live: Any, options: dict[str, Any], expected: list[str]
) -> None:
    assert names(exported(module, emulator, **options)) == expected


def test_a_name_of_nothing_is_told(module: ModuleRun, live: Any) -> None:
    assert "clusters: there is no cluster shp in eu-central-1" in module.refused("export", clusters=["shp"])
    assert "services: there is no service wbe in the clusters shop" in module.refused(
        "export", services=["wbe"], clusters=["shop"]
    )
    assert "families: there is no task definition wbe" in module.refused("export", families=["wbe"])
    assert "kinds: 'clutser' is no kind" in module.refused("export", kinds=["clutser"])
    assert "did you mean cluster?" in module.refused("export", kinds=["clutser"])


def test_what_cannot_be_carried_over_is_listed(module: ModuleRun, emulator: Emulator, live: Any) -> None:
    definition = {"containerDefinitions": [{"name": "web", "image": "web:2", "memory": 64}]}
    live.register_task_definition(family="web", **definition)
    live.register_task_definition(family="old", **definition)
    outside = {"cluster": "other", "deploymentController": {"type": "EXTERNAL"}, "desiredCount": 1}
    live.create_service(serviceName="outside", **outside)
    live.create_task_set(cluster="other", service="outside", taskDefinition="web:2", launchType="EC2")
    live.create_service(cluster="other", serviceName="old", taskDefinition="old", desiredCount=0, launchType="EC2")
    live.create_service(cluster="other", serviceName="gone", taskDefinition="old", desiredCount=1, launchType="EC2")
    live.delete_service(cluster="other", service="gone", force=True)
    live.deregister_task_definition(taskDefinition="old:1")
    (web,) = live.describe_services(cluster="shop", services=["web"])["services"]
    live.create_service(
        cluster="other",
        serviceName="shifted",
        taskDefinition="web:1",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=web["networkConfiguration"],
        loadBalancers=web["loadBalancers"],
        deploymentController={"type": "CODE_DEPLOY"},
    )
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    live.register_task_definition(
        family="twice", containerDefinitions=[{"name": "web", "image": "web:1", "memory": 64, "environment": twice}]
    )
    result = exported(module, emulator)
    reasons = left(result)
    assert "it runs web:1, but the latest is web:2" in reasons["service", "shop/web", "task_definition"]
    assert "no active revision" in reasons["service", "other/old", "task_definition"]
    assert "no active revision" in reasons["task_definition", "old", None]
    assert "task sets belong to the tool" in reasons["service", "other/outside", "task_sets"]
    assert (
        "apply does not take it: A is given more than once"
        in reasons["task_definition", "twice", "container_definitions.0.environment"]
    )
    assert "deployment group" in reasons["service", "other/shifted", "code_deploy"]
    assert entry(result, "service", "shifted")["deployment_controller"] == {"type": "CODE_DEPLOY"}
    assert entry(result, "service", "web")["task_definition"] == "web:1"
    assert entry(result, "service", "old")["task_definition"] == "old:1"
    assert entry(result, "service", "outside") == {
        "name": "outside",
        "cluster": "other",
        "desired_count": 1,
        "deployment_controller": {"type": "EXTERNAL"},
    }
    assert not [name for name in names(result) if name.endswith(("gone", "twice"))]
    unchanged(module, emulator, result)


def test_what_may_not_be_seen_is_told(module: ModuleRun, emulator: Emulator, live: Any) -> None:
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "not yours", "status": 400}
    for operation in ("DescribeServiceRevisions", "ListAccountSettings"):
        emulator.control("faults", {"operation": operation, **denied})
    result = exported(module, emulator)
    assert "monitoring" in left(result)["service_revision", "*", None]
    assert entry(result, "cluster", "other")["settings"] == {"containerInsights": "disabled"}
    unchanged(module, emulator, result)


# Further kinds


def test_scaling_stands_with_its_service_and_owns_its_count(module: ModuleRun, emulator: Emulator, live: Any) -> None:
    module.ok("scaling", cluster="shop", service="web", min_capacity=1, max_capacity=5, target_tracking={"cpu": 60})
    module.ok("scaling", cluster="other", service="api", min_capacity=1, max_capacity=2, target_tracking={"cpu": 60})
    result = exported(module, emulator, services=["web"])
    metric = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
    assert names(result) == ["cluster shop", "task_definition web", "service shop/web", "scaling shop/web"]
    assert entry(result, "scaling", "web") == {
        "service": "web",
        "cluster": "shop",
        "min_capacity": 1,
        "max_capacity": 5,
        "target_tracking": [{"name": "cpu", "target_value": 60.0, "predefined_metric_specification": metric}],
    }
    service = entry(result, "service", "web")
    assert (service["desired_count"], service["ignore_changes"]) == (1, ["desired_count"])
    assert list(result["files"]) == ["clusters.yml", "services/shop/web.yml"]
    live.update_service(cluster="shop", service="web", desiredCount=4)
    assert exported(module, emulator, services=["web"])["files"] == result["files"]
    unchanged(module, emulator, result)


def test_repositories_come_with_the_images_that_are_in_them(module: ModuleRun, emulator: Emulator, live: Any) -> None:
    policy = {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                "action": {"type": "expire"},
            }
        ]
    }
    module.ok("repository", name="shop/web", scan_on_push=True, lifecycle_policy=policy, tags={"team": "shop"})
    module.ok("repository", name="unused")
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1"
    live.register_task_definition(family="api", containerDefinitions=[{"name": "web", "image": image, "memory": 64}])
    result = exported(module, emulator, families=["api"], kinds=["repository", "task_definition"])
    assert names(result) == ["repository shop/web", "task_definition api"]
    assert entry(result, "repository", "shop/web") == {
        "name": "shop/web",
        "image_scanning_configuration": {"scan_on_push": True},
        "lifecycle_policy": policy,
        "tags": {"team": "shop"},
    }
    unchanged(module, emulator, result)
    everything = exported(module, emulator, kinds=["repository"])
    assert names(everything) == ["repository shop/web", "repository unused"]
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "not yours", "status": 400}
    emulator.control("faults", {"service": "ecr", "operation": "GetLifecyclePolicy", **denied})
    assert left(exported(module, emulator, kinds=["repository"]))["repository", "unused", "lifecycle_policy"]
    emulator.control("faults", {"service": "ecr", "operation": "DescribeRepositories", **denied})
    told = left(exported(module, emulator))
    assert "DescribeRepositories was refused" in told["repository", "*", None]


def test_account_settings_are_exported_where_they_are_asked_for(module: ModuleRun, emulator: Emulator) -> None:
    assert exported(module, emulator)["resources"] == []
    module.ok("account_setting", settings={"containerInsights": "enhanced"})
    result = exported(module, emulator, kinds=["account_setting"])
    (options,) = (item["account_setting"] for item in result["resources"])
    assert options["settings"]["containerInsights"] == "enhanced" and "guardDutyActivate" not in options["settings"]
    unchanged(module, emulator, result)


# Laws


def anew(
    module: ModuleRun, emulator: Emulator, client: Clients, result: dict[str, Any], was: list[str]
) -> dict[str, Any]:
    """Apply what was exported to an empty account, in which subnets have other ids, and export that."""
    emulator.reset()
    emulator.clock(speed=0)
    now = sorted(subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"])
    ids = dict(zip(was, now, strict=False))
    secrets = {item["name"]: "another" for item in result["placeholders"]}
    module.ok("apply", resources=translated(result["resources"], ids), placeholders=secrets)
    again = exported(module, emulator)
    back = {new: old for old, new in ids.items()}
    return {**again, "resources": translated(again["resources"], back)}


def translated(value: Any, words: dict[str, str]) -> Any:
    """Copy a document with other words."""
    text = json.dumps(value)
    for word, other in words.items():
        text = text.replace(word, other)
    return json.loads(text)


def test_an_estate_made_anew_is_exported_alike(
    module: ModuleRun, emulator: Emulator, live: Any, client: Clients, subnets: list[str]
) -> None:
    first = exported(module, emulator)
    # Target groups are no part of the manifest, so there are none in the empty account.
    first["resources"] = [item for item in first["resources"] if "load_balancers" not in item.get("service", {})]
    second = anew(module, emulator, client, first, subnets)
    assert second["resources"] == first["resources"]
    assert second["placeholders"] == first["placeholders"]


CREATED = {**SERVICE, "schedulingStrategy": st.just("REPLICA"), "availabilityZoneRebalancing": st.just("DISABLED")}


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    place=structures(shape("CreateCluster"), CLUSTER),
    definitions=st.lists(containers(), min_size=1, max_size=2),
    chosen=st.lists(st.fixed_dictionaries({}, optional=CREATED), min_size=1, max_size=3),
)
def test_every_estate_is_exported_whole(
    place: dict[str, Any],
    definitions: list[Any],
    chosen: list[dict[str, Any]],
    emulator: Emulator,
    module: ModuleRun,
    client: Clients,
) -> None:
    """What apply made is exported, and found unchanged; made anew in an empty account it is exported alike."""
    emulator.reset()
    emulator.clock(speed=0)
    subnets = sorted(subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"])[:2]
    place["serviceConnectDefaults"] = {"namespace": "inner"}
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    base = {"cluster": "c", "launchType": "FARGATE", "desiredCount": 1, "networkConfiguration": network}
    estate = [
        {"cluster": {"definition": {**place, "clusterName": "c"}}},
        {"task_definition": {"definition": FARGATE}},
        *(
            {"task_definition": {"definition": {**BASE, "family": f"f{number}", "containerDefinitions": definition}}}
            for number, definition in enumerate(definitions)
        ),
        *(
            {"service": {"definition": {**base, "serviceName": f"s{number}", "taskDefinition": "web", **document}}}
            for number, document in enumerate(chosen)
        ),
    ]
    made = module("apply", resources=estate)
    assume(not made.get("failed") or made["failure"]["code"] not in REFUSALS)
    assert not made.get("failed"), made["msg"]
    first = exported(module, emulator)
    assert len(first["resources"]) == len(estate) and first["not_exported"] == []
    unchanged(module, emulator, first)
    second = anew(module, emulator, client, first, subnets)
    assert second["resources"] == first["resources"]
