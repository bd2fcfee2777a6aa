# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS answers, without what nobody declared. The read-backs are real ones, written down anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api, connect
from ansible_collections.longshore.ecs.plugins.module_utils._core import Found
from ansible_collections.longshore.ecs.plugins.module_utils._export.collect import piece_of
from ansible_collections.longshore.ecs.plugins.module_utils._export.entries import Piece, options_of
from ansible_collections.longshore.ecs.plugins.module_utils._export.plain import plain
from ansible_collections.longshore.ecs.plugins.module_utils._export.reductions import REFUSALS, Estate, reduce
from ansible_collections.longshore.ecs.plugins.module_utils._normal import normal
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from hypothesis import given, settings
from support.documents import structures
from unit.plugins.fixtures.model import request

FIXTURES = Path(__file__).parents[2] / "fixtures" / "read_backs"
READ_BACKS = [
    (path.stem, row)
    for path in sorted(FIXTURES.glob("*.json"))
    if (row := json.loads(path.read_text(encoding="utf-8")))["kind"] in RESOURCES
]
# What was declared as it would be without a declaration, and is no default to the rules of comparing.
DEFAULT = {
    ".deploymentConfiguration",
    ".deploymentConfiguration.maximumPercent",
    ".deploymentConfiguration.minimumHealthyPercent",
    ".settings",
}
REQUESTS = ("CreateCluster", "CreateService", "RegisterTaskDefinition")


@pytest.fixture(scope="module")
def api() -> Api:
    """Give the door to AWS, for its service model; no call is made."""
    return connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


def reduced(kind: str, shown: dict[str, Any], api: Api) -> Piece:
    piece = piece_of(RESOURCES[kind], RESOURCES[kind].shaped(shown), api)
    reduce(piece, Estate(api))
    return piece


def more(left: Any, right: Any, path: str = "") -> list[str]:
    """Name the members of the one document that the other lacks."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        found = [f"{path}.{name}" for name in left if name not in right]
        return found + [it for name in left if name in right for it in more(left[name], right[name], f"{path}.{name}")]
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=True)
        return [it for index, pair in enumerate(pairs) for it in more(*pair, f"{path}[{index}]")]
    return []


def test_there_are_read_backs_of_the_main_kinds() -> None:
    assert {row["kind"] for _name, row in READ_BACKS} >= {"cluster", "service", "task_definition"}


@pytest.mark.parametrize(("name", "row"), READ_BACKS, ids=[name for name, _row in READ_BACKS])
def test_nothing_stands_there_that_nobody_declared(name: str, row: dict[str, Any], api: Api) -> None:
    """What was declared and is no default stands there, and nothing else does."""
    shape = RESOURCES[row["kind"]].shape(api)
    document = reduced(row["kind"], row["read"], api).document
    left, right = normal(document, shape), normal(row["declared"], shape)
    assert more(left, right) == []
    assert set(more(right, left)) <= DEFAULT, name
    assert reduced(row["kind"], {**row["read"], **document}, api).document == document


def test_a_service_reads_like_one_that_a_person_wrote(api: Api) -> None:
    row = dict(READ_BACKS)["service_with_two_target_groups"]
    piece = reduced("service", row["read"], api)
    options = options_of(piece.resource, piece.document, piece.resource.shape(api))
    group = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup"
    assert options == {
        "name": "shop-edge-web",
        "cluster": "shop-edge",
        "task_definition": "shop-edge-web:1",
        "launch_type": "FARGATE",
        "desired_count": 0,
        "network_configuration": {
            "awsvpc_configuration": {
                "subnets": ["subnet-0a000000000000002", "subnet-0b000000000000002"],
                "security_groups": ["sg-0a000000000000002"],
            }
        },
        "load_balancers": [
            {
                "target_group_arn": f"{group}/shop-tg80/6123456789abcdef",
                "container_name": "web",
                "container_port": 80,
            },
            {
                "target_group_arn": f"{group}/shop-tg8080/5123456789abcdef",
                "container_name": "web",
                "container_port": 8080,
            },
        ],
    }
    assert list(options)[:3] == ["name", "cluster", "task_definition"]


def test_what_aws_shows_of_a_cluster_without_anything(api: Api) -> None:
    shown = {
        "clusterArn": "arn:aws:ecs:eu-north-1:123456789012:cluster/plain",
        "clusterName": "plain",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [{"key": "aws:cloudformation:stack-name", "value": "base"}],
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "capacityProviders": [],
        "defaultCapacityProviderStrategy": [],
        "attachmentsStatus": "UPDATE_COMPLETE",
    }
    assert reduced("cluster", shown, api).document == {"clusterName": "plain"}
    piece, estate = piece_of(RESOURCES["cluster"], RESOURCES["cluster"].shaped(shown), api), Estate(api)
    reduce(piece, estate)
    assert estate.warnings == [
        "cluster plain belongs to the CloudFormation stack base, which may undo what apply changes."
    ]


def test_a_default_of_the_account_is_no_default_elsewhere(api: Api) -> None:
    """Without the account's setting nobody knows what a new cluster would get, so it is said."""
    shown = {"clusterName": "plain", "settings": [{"name": "containerInsights", "value": "disabled"}]}
    piece = piece_of(RESOURCES["cluster"], RESOURCES["cluster"].shaped(shown), api)
    reduce(piece, Estate(api, insights="enhanced"))
    assert piece.document == shown


def test_services_of_express_mode_are_ecs_own() -> None:
    assert "Express Mode" in str(REFUSALS["service"]({"resourceManagementType": "ECS"}))
    assert REFUSALS["service"]({"resourceManagementType": "CUSTOMER"}) is None


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({}, True),
        ({"launchType": "EXTERNAL"}, False),
        ({"schedulingStrategy": "DAEMON"}, False),
        ({"deploymentConfiguration": {"maximumPercent": 100}}, False),
        ({"loadBalancers": [{"loadBalancerName": "classic"}]}, False),
        ({"placementStrategy": [{"type": "binpack", "field": "cpu"}]}, False),
        ({"placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}]}, True),
    ],
)
def test_rebalancing_is_told_of_where_it_would_be_switched_on(members: dict[str, Any], kept: bool, api: Api) -> None:
    shown = {
        "serviceName": "web",
        "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/shop",
        "taskDefinition": "web:1",
        "availabilityZoneRebalancing": "DISABLED",
        **members,
    }
    assert ("availabilityZoneRebalancing" in reduced("service", shown, api).document) is kept


def test_members_that_a_structure_must_have_are_kept(api: Api) -> None:
    alarms = {"alarmNames": ["b", "a"], "enable": False, "rollback": False}
    breaker = {"enable": True, "rollback": False, "resetOnHealthyTask": True}
    configuration = {"alarms": alarms, "deploymentCircuitBreaker": breaker, "maximumPercent": 200}
    shape = request("CreateService").members["deploymentConfiguration"]
    assert plain(configuration, shape) == {
        "deploymentCircuitBreaker": {"enable": True, "rollback": False},
        "maximumPercent": 200,
        "alarms": {"alarmNames": ["a", "b"], "enable": False, "rollback": False},
    }


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_plain_document_means_the_same_and_gets_no_plainer(operation: str) -> None:
    shape = request(operation)

    @settings(max_examples=60, deadline=None)
    @given(structures(shape, {}))
    def law(document: dict[str, Any]) -> None:
        once = plain(document, shape) or {}
        assert normal(once, shape) == normal(document, shape)
        assert (plain(once, shape) or {}) == once

    law()


def test_a_member_without_an_option_of_its_own_goes_into_the_definition(api: Api) -> None:
    resource = RESOURCES["cluster"]
    shape = resource.shape(api)
    newer = {**shape.members, "somethingNewer": shape.members["clusterName"]}
    extended = type("Shape", (), {"members": newer})
    document = {"clusterName": "shop", "somethingNewer": "x", "tags": [{"key": "a", "value": "b"}]}
    options = options_of(resource, document, extended)
    assert options == {"name": "shop", "definition": {"something_newer": "x"}, "tags": {"a": "b"}}


def test_pairs_become_a_dictionary_only_where_nothing_is_lost(api: Api) -> None:
    resource = RESOURCES["task_definition"]
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    document = {
        "family": "web",
        "containerDefinitions": [
            {"name": "one", "environment": [{"name": "A", "value": ""}]},
            {"name": "two", "environment": twice},
            {"name": "three", "environment": [{"name": "A"}]},
        ],
    }
    found = options_of(resource, document, resource.shape(api))["container_definitions"]
    assert [item["environment"] for item in found] == [{"A": ""}, twice, [{"name": "A"}]]


def test_a_found_resource_is_not_touched(api: Api) -> None:
    row = dict(READ_BACKS)["service_blue_green"]
    before = json.dumps(row["read"])
    found: Found = RESOURCES["service"].shaped(row["read"])
    piece = piece_of(RESOURCES["service"], found, api)
    reduce(piece, Estate(api))
    assert json.dumps(row["read"]) == before
