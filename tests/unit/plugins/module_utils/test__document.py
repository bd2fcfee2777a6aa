# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""definition, src and options become one document, and whatever cannot be meant is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api, connect
from ansible_collections.longshore.ecs.plugins.module_utils._core import Resource
from ansible_collections.longshore.ecs.plugins.module_utils._document import given, ignored, wanted
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._resources.cluster import Cluster
from ansible_collections.longshore.ecs.plugins.module_utils._resources.service import Service
from ansible_collections.longshore.ecs.plugins.module_utils._resources.task_definition import TaskDefinition

ARN = "arn:aws:ecs:eu-central-1:123456789012"
CONTAINER = {"name": "app", "image": "shop:1"}

# As `aws ecs describe-* --output json` prints them, with members that can only be read.
DESCRIBED_DEFINITION = {
    "taskDefinition": {
        "taskDefinitionArn": f"{ARN}:task-definition/shop:7",
        "family": "shop",
        "revision": 7,
        "status": "ACTIVE",
        "containerDefinitions": [{**CONTAINER, "cpu": 0, "environment": [], "mountPoints": []}],
        "volumes": [],
        "requiresAttributes": [{"name": "ecs.capability.task-eni"}],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": "2026-11-23T12:00:00+00:00",
        "registeredBy": "arn:aws:iam::123456789012:user/somebody",
    },
    "tags": [{"key": "team", "value": "shop"}],
}
DESCRIBED_SERVICE = {
    "services": [
        {
            "serviceArn": f"{ARN}:service/prod/web",
            "serviceName": "web",
            "clusterArn": f"{ARN}:cluster/prod",
            "status": "ACTIVE",
            "desiredCount": 2,
            "runningCount": 2,
            "taskDefinition": f"{ARN}:task-definition/shop:7",
            "roleArn": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "deployments": [
                {
                    "id": "ecs-svc/1",
                    "status": "PRIMARY",
                    "serviceConnectConfiguration": {"enabled": True, "namespace": "shop"},
                },
                {"id": "ecs-svc/0", "status": "ACTIVE"},
            ],
            "events": [{"id": "1", "message": "(service web) has reached a steady state."}],
            "tags": [{"key": "team", "value": "shop"}],
        }
    ],
    "failures": [],
}
DESCRIBED_CLUSTER = {
    "clusters": [
        {
            "clusterArn": f"{ARN}:cluster/prod",
            "clusterName": "prod",
            "status": "ACTIVE",
            "registeredContainerInstancesCount": 0,
            "statistics": [],
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "capacityProviders": ["FARGATE"],
        }
    ],
    "failures": [],
}


def _id(value: Any) -> str:
    """Name a row the same in every process: no addresses, no order of sets."""
    return str(getattr(value, "kind", sorted(value) if isinstance(value, set) else value))


@pytest.fixture(scope="module")
def api() -> Api:
    """Give the door to AWS, for its service model; no call is made."""
    return connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


def _refused(resource: Resource, params: dict[str, Any], api: Api) -> str:
    with pytest.raises(BadInput) as caught:
        wanted(resource, params, api)
    return str(caught.value)


# Options


def test_options_become_members(api: Api) -> None:
    params = {"name": "web", "desired_count": 2, "tags": {"team": "shop"}, "wait": True, "region": "eu-central-1"}
    assert wanted(Service(), params, api) == {
        "serviceName": "web",
        "desiredCount": 2,
        "tags": [{"key": "team", "value": "shop"}],
    }


def test_options_that_are_not_given_are_not_there(api: Api) -> None:
    assert wanted(Service(), dict.fromkeys(Service.options), api) == {}


@pytest.mark.parametrize("resource", [Cluster(), Service(), TaskDefinition()], ids=lambda resource: resource.kind)
def test_the_manner_is_not_part_of_the_document(resource: Resource, api: Api) -> None:
    params = {name: resource.options[name].get("default", True) for name in resource.manner}
    assert wanted(resource, params, api) == {}


def test_given_names_the_members_of_the_options_alone(api: Api) -> None:
    params = {"name": "web", "desired_count": 0, "definition": {"launchType": "FARGATE"}}
    assert given(Service(), params, api) == {"serviceName", "desiredCount"}


def test_the_flat_network_of_community_aws(api: Api) -> None:
    network = {"subnets": ["s1"], "security_groups": ["sg1"], "assign_public_ip": True}
    assert wanted(Service(), {"network_configuration": network}, api) == {
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["s1"], "securityGroups": ["sg1"], "assignPublicIp": "ENABLED"}
        }
    }


# Definition and src

DESCRIBED: list[tuple[Resource, dict[str, Any], dict[str, Any]]] = [
    (
        TaskDefinition(),
        DESCRIBED_DEFINITION,
        {
            "family": "shop",
            "containerDefinitions": [{**CONTAINER, "cpu": 0, "environment": [], "mountPoints": []}],
            "volumes": [],
            "tags": [{"key": "team", "value": "shop"}],
        },
    ),
    (
        Service(),
        DESCRIBED_SERVICE,
        {
            "serviceName": "web",
            "cluster": "prod",
            "desiredCount": 2,
            "taskDefinition": f"{ARN}:task-definition/shop:7",
            "serviceConnectConfiguration": {"enabled": True, "namespace": "shop"},
            "tags": [{"key": "team", "value": "shop"}],
        },
    ),
    (
        Cluster(),
        DESCRIBED_CLUSTER,
        {
            "clusterName": "prod",
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "capacityProviders": ["FARGATE"],
        },
    ),
]
by_kind = pytest.mark.parametrize(
    ("resource", "described", "document"), DESCRIBED, ids=[case[0].kind for case in DESCRIBED]
)


@by_kind
def test_a_definition_as_describe_prints_it(
    resource: Resource, described: dict[str, Any], document: dict[str, Any], api: Api
) -> None:
    assert wanted(resource, {"definition": described}, api) == document


@by_kind
def test_a_definition_without_its_wrapper(
    resource: Resource, described: dict[str, Any], document: dict[str, Any], api: Api
) -> None:
    inner = described[resource.wrappers[0]]
    bare = inner[0] if isinstance(inner, list) else inner
    expected = {name: value for name, value in document.items() if name != "tags" or "tags" in bare}
    assert wanted(resource, {"definition": bare}, api) == expected


@by_kind
@pytest.mark.parametrize("suffix", [".json", ".yml", ".yaml"])
def test_a_file_is_a_definition(
    resource: Resource, described: dict[str, Any], document: dict[str, Any], suffix: str, api: Api, tmp_path: Path
) -> None:
    path = tmp_path / f"document{suffix}"
    path.write_text(json.dumps(described) if suffix == ".json" else yaml.safe_dump(described), encoding="utf-8")
    assert wanted(resource, {"src": str(path)}, api) == document


def test_a_definition_in_the_spelling_of_the_options(api: Api) -> None:
    definition = {"name": "web", "desired_count": "2", "service_arn": f"{ARN}:service/prod/web", "running_count": 2}
    assert wanted(Service(), {"definition": definition}, api) == {"serviceName": "web", "desiredCount": 2}


def test_options_win_over_the_definition(api: Api) -> None:
    definition = {"desiredCount": 1, "launchType": "FARGATE", "tags": [{"key": "a", "value": "1"}]}
    params = {"desired_count": 5, "tags": {"a": "2"}, "definition": definition}
    assert wanted(Service(), params, api) == {
        "desiredCount": 5,
        "launchType": "FARGATE",
        "tags": [{"key": "a", "value": "2"}],
    }


def test_an_option_replaces_a_member_as_a_whole(api: Api) -> None:
    params = {
        "deployment_configuration": {"maximum_percent": 150},
        "definition": {"deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 50}},
    }
    assert wanted(Service(), params, api) == {"deploymentConfiguration": {"maximumPercent": 150}}


@pytest.mark.parametrize("definition", [None, {}])
def test_an_empty_definition_says_nothing(definition: Any, api: Api) -> None:
    assert wanted(Service(), {"definition": definition}, api) == {}


def test_a_yaml_file_may_have_a_byte_order_mark(api: Api, tmp_path: Path) -> None:
    for name, text in (("a.json", '{"family": "shop"}'), ("a.yml", "family: shop\n")):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert wanted(TaskDefinition(), {"src": str(tmp_path / name)}, api) == {"family": "shop"}


# What cannot be meant


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'{\n  "family": }\n', "line 2, column 13: Expecting value."),
        ("a.json", b'{"family": "shop",}', "line 1, column 1"),
        ("a.yml", b"family: a: b\n", "line 1, column 10: mapping values are not allowed here."),
        ("a.yml", b"family: !vault |\n  x\n", "line 1, column 9: could not determine a constructor for the tag"),
        ("a.yml", b"family: a\x00b\n", "special characters are not allowed"),
        ("a.yml", b"family: caf\xe9\n", "not UTF-8"),
        ("a.json", b'{"family": "caf\xe9"}', "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    name: str, content: bytes, message: str, api: Api, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = _refused(TaskDefinition(), {"src": str(path)}, api)
    assert error.startswith(f"src: {path}")
    assert message in error
    assert "\n" not in error


def test_a_missing_file_and_a_directory(api: Api, tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    assert _refused(Service(), {"src": str(missing)}, api) == (
        f"src: {missing} cannot be read: No such file or directory."
    )
    assert _refused(Service(), {"src": str(tmp_path)}, api) == f"src: {tmp_path} cannot be read: Is a directory."


def test_a_file_that_holds_a_list(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([CONTAINER]), encoding="utf-8")
    assert _refused(TaskDefinition(), {"src": str(path)}, api) == ("src: it holds a list, not a dictionary of members.")


@pytest.mark.parametrize(
    ("resource", "definition"),
    [
        (Service(), {"services": []}),
        (Service(), {"services": [{"serviceName": "a"}, {"serviceName": "b"}]}),
        (Service(), {"services": ["web"]}),
        (Cluster(), {"clusters": [{"clusterName": "a"}, {"clusterName": "b"}]}),
        (TaskDefinition(), {"taskDefinition": "shop:3"}),
        (TaskDefinition(), {"task_definition": "shop:3"}),
    ],
    ids=_id,
)
def test_one_document_is_wanted(resource: Resource, definition: dict[str, Any], api: Api) -> None:
    assert "one" in _refused(resource, {"definition": definition}, api)


@pytest.mark.parametrize(
    ("resource", "definition"),
    [
        (Service(), {"deployments": "x", "serviceName": "web"}),
        (Service(), {"deployments": ["x"], "serviceName": "web"}),
        (Service(), {"clusterArn": 5, "serviceName": "web"}),
    ],
    ids=_id,
)
def test_members_that_can_only_be_read_may_hold_anything(
    resource: Resource, definition: dict[str, Any], api: Api
) -> None:
    assert wanted(resource, {"definition": definition}, api) == {"serviceName": "web"}


def test_an_unknown_member_is_refused_with_its_place_and_its_neighbour(api: Api) -> None:
    assert _refused(Service(), {"definition": {"desiredCont": 1}}, api) == (
        "definition.desiredCont: no such member of CreateServiceRequest; did you mean desired_count?"
    )
    definition = {"family": "a", "containerDefinitions": [{"name": "a", "portMapping": []}]}
    assert _refused(TaskDefinition(), {"definition": definition}, api) == (
        "definition.containerDefinitions[0].portMapping: "
        "no such member of ContainerDefinition; did you mean port_mappings?"
    )


def test_an_unknown_member_of_an_option_is_refused_without_a_prefix(api: Api) -> None:
    error = _refused(TaskDefinition(), {"container_definitions": [{"name": "a", "port_mapping": []}]}, api)
    assert error.startswith("container_definitions[0].port_mapping: ")


@pytest.mark.parametrize(
    "definition",
    [
        {"desired_count": 1, "desiredCount": 1},
        {"name": "a", "serviceName": "b"},
        {"serviceName": "b", "name": "a"},
        {"name": "a", "service_name": "b"},
    ],
    ids=_id,
)
def test_two_spellings_of_one_member_are_refused(definition: dict[str, Any], api: Api) -> None:
    assert "given twice, in two spellings" in _refused(Service(), {"definition": definition}, api)


def test_two_names_of_the_containers_are_refused(api: Api) -> None:
    definition = {"family": "a", "containers": [CONTAINER], "containerDefinitions": [CONTAINER]}
    assert "given twice" in _refused(TaskDefinition(), {"definition": definition}, api)


def test_a_mistake_in_the_options_is_found_before_any_call(api: Api) -> None:
    _refused(Service(), {"launch_type": "fargate"}, api)
    _refused(TaskDefinition(), {"container_definitions": [{"name": "a", "environment": {"A": True}}]}, api)
    assert api.made == []


# ignore_changes


@pytest.mark.parametrize(
    ("resource", "names", "members"),
    [
        (Service(), ["desired_count"], {"desiredCount"}),
        (Service(), ["desiredCount", "desired_count", "task_definition"], {"desiredCount", "taskDefinition"}),
        (Service(), ["tags", "name"], {"tags", "serviceName"}),
        (TaskDefinition(), ["containers"], {"containerDefinitions"}),
        (Cluster(), [], set()),
    ],
    ids=_id,
)
def test_ignored_names_in_either_spelling(resource: Resource, names: list[str], members: set[str], api: Api) -> None:
    assert ignored(resource, names, api) == members


@pytest.mark.parametrize(
    ("name", "near"),
    [("desird_count", "desired_count"), ("deployment_configuration.alarms", "deployment_configuration")],
)
def test_an_ignored_name_that_does_not_exist(name: str, near: str, api: Api) -> None:
    with pytest.raises(BadInput) as caught:
        ignored(Service(), [name], api)
    assert str(caught.value) == (f"ignore_changes.{name}: no such member of CreateServiceRequest; did you mean {near}?")
