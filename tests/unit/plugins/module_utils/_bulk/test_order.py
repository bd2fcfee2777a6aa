# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who waits for whom."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api, connect
from ansible_collections.longshore.ecs.plugins.module_utils._bulk import prune
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.entries import Checker
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.manifest import Manifest
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.order import Order
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES

CLUSTER = {"cluster": {"name": "shop"}}
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1"


@pytest.fixture(scope="module")
def api() -> Api:
    """Give the door to AWS, for its service model; no call is made."""
    return connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


def family(name: str = "web", **options: Any) -> dict[str, Any]:
    return {"task_definition": {"family": name, "container_definitions": [{"name": "a", "image": ECR}], **options}}


def service(name: str = "web", **options: Any) -> dict[str, Any]:
    return {"service": {"name": name, "cluster": "shop", "task_definition": name, "desired_count": 1, **options}}


def ordered(api: Api, *entries: dict[str, Any]) -> tuple[Order, list[str]]:
    manifest = Manifest(tuple(RESOURCES))
    manifest.read({"resources": list(entries)})
    order = Order(Checker(manifest, RESOURCES, api, None).nodes(), manifest, api)
    assert api.made == []
    return order, [problem.message for problem in manifest.problems]


def needs(api: Api, *entries: dict[str, Any]) -> dict[str, set[str]]:
    order, problems = ordered(api, *entries)
    assert problems == []
    return {key: node.needs for key, node in order.nodes.items()}


def test_documents_say_what_they_need(api: Api) -> None:
    found = needs(api, service(), family(), CLUSTER, {"repository": {"name": "shop/web"}})
    assert found == {
        "repository shop/web": set(),
        "cluster shop": set(),
        "task_definition web": {"repository shop/web"},
        "service shop/web": {"cluster shop", "task_definition web"},
    }


@pytest.mark.parametrize(
    "task_definition", ["web", "web:7", "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7"]
)
def test_any_spelling_of_a_reference_will_do(task_definition: str, api: Api) -> None:
    arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"
    found = needs(api, service(cluster=arn, task_definition=task_definition), family(), CLUSTER)
    assert found["service shop/web"] == {"cluster shop", "task_definition web"}


def test_what_belongs_to_the_user_refers_to_nothing(api: Api) -> None:
    labelled = family(container_definitions=[{"name": "a", "image": "x", "docker_labels": {"service": "web"}}])
    assert needs(api, labelled, service(cluster="default"))["task_definition web"] == set()


def test_only_a_family_without_a_revision_means_that_of_the_run(api: Api) -> None:
    order, _problems = ordered(api, service(), service("old", task_definition="web:3"), family())
    wanted = {node.name: node.ask.document.get("taskDefinition") for node in order.nodes.values()}
    assert wanted == {"web": None, "shop/web": "web:(known after apply)", "shop/old": "web:3"}


def test_depends_on_takes_names_and_kinds(api: Api) -> None:
    found = needs(
        api,
        service("a", depends_on=["b", "other/b", {"cluster": "late"}]),
        service("b"),
        service("b", cluster="other"),
        {"cluster": {"name": "late"}},
    )
    assert found["service shop/a"] == {"service shop/b", "service other/b", "cluster late"}


def test_deletions_wait_the_other_way_round(api: Api) -> None:
    gone = {"state": "absent"}
    order, problems = ordered(
        api,
        {"cluster": {"name": "shop", **gone}},
        {"service": {"name": "web", "cluster": "shop", **gone}},
        {"task_definition": {"family": "web", "revision": 3, **gone}},
        {"task_definition": {"family": "web", "revision": 4, **gone}},
    )
    assert problems == []
    node = order.nodes["service shop/web"]
    assert order.nodes["cluster shop"].needs == {node.key}
    order.found(node, {"taskDefinition": "web:3"})
    assert order.nodes["task_definition web:3"].needs == {node.key}
    assert order.nodes["task_definition web:4"].needs == set()


def test_what_a_service_leaves_goes_after_it_has_left(api: Api) -> None:
    gone = {"task_definition": {"family": "old", "state": "absent"}}
    order, _problems = ordered(api, service(), family(), gone)
    order.found(order.nodes["service shop/web"], {"taskDefinition": "old:3", "cluster": "shop"})
    assert order.nodes["task_definition old"].needs == {"service shop/web"}


def test_what_a_service_keeps_is_held_back_from_pruning(api: Api) -> None:
    order, _problems = ordered(api, {"service": {"name": "web", "cluster": "shop"}}, service("api"), family("api"))
    chosen = [
        {"kind": "task_definition", "options": {"family": "web", "revision": "3"}},
        {"kind": "task_definition", "options": {"family": "web", "revision": "2"}},
        {"kind": "cluster", "options": {"name": "shop"}},
    ]
    order.add(prune.nodes(api, chosen, RESOURCES, "me"))
    for key in ("service shop/web", "service shop/api"):
        order.found(order.nodes[key], {"taskDefinition": "web:3", "cluster": "shop"})
    assert order.held.keys() == {"task_definition web:3", "cluster shop"}
    assert order.held["task_definition web:3"] == "service shop/web"


def test_duplicates_and_strangers_are_refused(api: Api) -> None:
    _order, problems = ordered(api, CLUSTER, CLUSTER, service("a", depends_on=["bb"]), service("b"))
    assert problems == [
        "cluster shop is declared already, at resources[0].cluster; keep one.",
        "there is no service bb here; did you mean service shop/b?",
    ]


def test_every_kind_that_takes_tags_can_be_pruned(api: Api) -> None:
    """A new kind needs its row in PLACES; one that is not declared would stay for ever otherwise."""
    tagged = {kind for kind, resource in RESOURCES.items() if "tags" in resource.shape(api).members}
    assert tagged <= prune.PLACES.keys()


MANAGED = {
    "capacity_provider": {
        "name": "mi",
        "cluster": "shop",
        "managed_instances_provider": {
            "infrastructure_role_arn": "r",
            "instance_launch_template": {
                "ec2_instance_profile_arn": "p",
                "network_configuration": {"subnets": ["subnet-1"]},
            },
        },
    }
}
GROUP = {"capacity_provider": {"name": "ec2", "auto_scaling_group_provider": {"auto_scaling_group_arn": "g"}}}
USING = {
    "cluster": {
        "name": "shop",
        "capacity_providers": ["ec2"],
        "default_capacity_provider_strategy": [{"capacity_provider": "mi"}],
    }
}


def test_a_cluster_comes_after_its_providers_and_before_those_that_belong_to_it(api: Api) -> None:
    order, problems = ordered(api, MANAGED, USING, GROUP)
    assert problems == []
    found = {key: node.needs for key, node in order.nodes.items()}
    assert found["cluster shop"] == {"capacity_provider ec2"}
    assert found["capacity_provider mi"] == {"cluster shop"}
    order.untangle({"cluster shop"})
    assert order.nodes["capacity_provider mi"].needs == {"cluster shop"}
    assert order.nodes["cluster shop"].ask.notes["later"] == {"mi"}


def test_a_cluster_that_is_there_comes_after_all_that_it_names(api: Api) -> None:
    order, _problems = ordered(api, MANAGED, USING, GROUP)
    order.untangle(set())
    assert order.nodes["cluster shop"].needs == {"capacity_provider ec2", "capacity_provider mi"}
    assert order.nodes["capacity_provider mi"].needs == set()


def test_what_belongs_to_a_cluster_goes_before_it(api: Api) -> None:
    gone = [
        {kind: {**options, "state": "absent"}} for entry in (MANAGED, USING, GROUP) for kind, options in entry.items()
    ]
    order, problems = ordered(api, *gone)
    assert problems == []
    assert order.nodes["cluster shop"].needs == {"capacity_provider mi"}
    assert order.nodes["capacity_provider ec2"].needs == {"cluster shop"}
    assert order.nodes["capacity_provider ec2"].ask.notes["doomed"] == set(order.nodes)
    # AWS shows the provider in the strategy of the cluster, which changes nothing.
    order.found(order.nodes["cluster shop"], {"defaultCapacityProviderStrategy": [{"capacityProvider": "mi"}]})
    order.found(order.nodes["capacity_provider mi"], {"cluster": "shop"})
    assert [sorted(node.key for node in nodes) for nodes in order.generations()] == [
        ["capacity_provider mi"],
        ["cluster shop"],
        ["capacity_provider ec2"],
    ]
