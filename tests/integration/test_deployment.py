# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding over deployments: each decision acts once, and what became of it is told. Nothing sleeps.

The short forms of threads are those of test_threads.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.emulator import Emulator

from .conftest import Shop

PAUSE = {"target_type": "PAUSE", "lifecycle_stages": ["POST_TEST_TRAFFIC_SHIFT"]}
PAUSED = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1, "lifecycle_hooks": [PAUSE]}


def decide(shop: Shop, state: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the deployment module on the service web; the result may be a failure."""
    return shop.module("deployment", check, **{"cluster": "shop", "service": "web", "state": state, **options})


def operations(result: dict[str, Any]) -> list[str]:
    return [call["operation"] for call in result["actions"]]


def runs(shop: Shop) -> str:
    """Name the revision that the service runs."""
    found = shop.module.ok("service_info", cluster="shop", name=["web"])["services"][0]
    return str(found["task_definition"])


@pytest.fixture
def second(shop: Shop) -> Shop:
    """Give a service that ran web:1 and now deploys web:2."""
    shop.register()
    shop.deploy()
    shop.register("web:2")
    assert shop.deploy(wait=False)["changed"]
    return shop


@pytest.fixture
def paused(shop: Shop) -> Shop:
    """Give a service whose blue/green deployment of web:2 is paused for approval."""
    shop.register()
    shop.deploy(deployment_configuration=PAUSED, wait_until="approval")
    decide(shop, "continued")
    shop.register("web:2")
    result = shop.deploy(deployment_configuration=PAUSED)
    assert result["failure"]["code"] == "AwaitingApproval", result["msg"]
    return shop


def test_a_deployment_is_waited_for_later(second: Shop) -> None:
    result = decide(second, "completed")
    assert not result.get("failed") and not result["changed"]
    assert result["deployment"]["outcome"] == "completed" and result["deployment"]["status"] == "SUCCESSFUL"


def test_waiting_for_one_that_was_rolled_back_meanwhile_is_a_failure(shop: Shop) -> None:
    """ga#191: whoever comes late must not take the rollback for success."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    shop.deploy()
    result = decide(shop, "completed")
    assert result["failure"]["code"] == "RolledBack" and result["deployments"][0]["outcome"] == "rolled_back"
    assert "web:missing cannot be pulled" in result["msg"] and result["diagnosis"]["cause"] == "image"


def test_many_are_watched_together_with_few_calls(shop: Shop, emulator: Emulator) -> None:
    """ep#787: many deployments at once must not be throttled."""
    shop.register()
    names = [f"web{number}" for number in range(25)]
    for name in names:
        shop.deploy(name=name, wait=False, desired_count=1)
    seen = len(emulator.calls())
    result = decide(shop, "completed", service=names)
    assert {item["outcome"] for item in result["deployments"]} == {"completed"}
    calls = emulator.operations(seen)
    looks = calls.count("DescribeServices") - len(names)
    assert looks % 3 == 0 and calls.count("DescribeServiceDeployments") <= looks // 3 * 2


def test_one_failure_does_not_hide_another(shop: Shop) -> None:
    shop.register()
    shop.register("web:missing")
    names = ["good", "bad", "worse"]
    for name, revision in zip(names, ["web:1", "web:2", "web:2"], strict=True):
        shop.deploy(revision, name=name, wait=False)
    result = decide(shop, "completed", service=names)
    assert result["failed"] and result["msg"].startswith("2 of 3 deployments did not end as wanted")
    assert "bad" in result["msg"] and "worse" in result["msg"]
    assert [item["outcome"] for item in result["deployments"]] == ["completed", "failed", "failed"]


def test_a_deployment_under_way_is_rolled_back_once(second: Shop) -> None:
    foreseen = decide(second, "rolled_back", check=True)
    result = decide(second, "rolled_back")
    assert operations(foreseen) == operations(result) == ["StopServiceDeployment"]
    assert result["deployment"]["outcome"] == "rolled_back" and runs(second) == "web:1"
    again = decide(second, "rolled_back")
    assert not again.get("failed") and not again["changed"] and again["actions"] == []
    assert runs(second) == "web:1"


def test_a_rollback_under_way_is_waited_for(second: Shop) -> None:
    assert decide(second, "rolled_back", wait=False)["changed"]
    again = decide(second, "rolled_back")
    assert not again["changed"] and again["deployment"]["outcome"] == "rolled_back"


def test_without_one_under_way_the_revision_before_is_deployed_once(second: Shop) -> None:
    decide(second, "completed")
    foreseen = decide(second, "rolled_back", check=True)
    result = decide(second, "rolled_back")
    assert [call["params"] for call in foreseen["actions"]] == [call["params"] for call in result["actions"]]
    assert result["actions"][0]["params"]["taskDefinition"].endswith("web:1")
    assert result["deployment"]["outcome"] == "completed" and runs(second) == "web:1"
    again = decide(second, "rolled_back")
    assert not again["changed"] and "itself a way back" in again["deployment"]["said"]
    assert runs(second) == "web:1"


def test_going_back_restores_more_than_the_task_definition(shop: Shop, subnets: list[str]) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:2")
    shop.deploy(network_configuration={"awsvpc_configuration": {"subnets": subnets[:1]}})
    params = decide(shop, "rolled_back")["actions"][0]["params"]
    assert set(params) == {"cluster", "service", "taskDefinition", "networkConfiguration"}
    assert sorted(params["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == subnets


def test_a_rollback_that_is_being_made_is_not_rolled_back(second: Shop) -> None:
    decide(second, "completed")
    decide(second, "rolled_back", wait=False)
    again = decide(second, "rolled_back")
    assert not again["changed"] and again["deployment"]["outcome"] == "completed" and runs(second) == "web:1"


def test_a_deployment_that_was_replaced_is_left_alone(second: Shop) -> None:
    first = second.module.ok("deployment_info", cluster="shop", service="web")["deployments"][1]
    result = decide(second, "rolled_back", deployment=first["id"])
    assert not result["changed"] and "taken its place" in result["deployment"]["said"]


def test_a_revision_to_go_back_to_can_be_named(second: Shop) -> None:
    decide(second, "completed")
    assert decide(second, "rolled_back", task_definition="web:1")["changed"]
    assert runs(second) == "web:1"
    assert not decide(second, "rolled_back", task_definition="web:1")["changed"]


def test_the_first_deployment_has_nothing_to_go_back_to(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    result = decide(shop, "rolled_back")
    assert result["failure"]["code"] == "NothingToGoBackTo" and "task_definition" in result["msg"]


def test_a_pause_is_no_timeout_and_names_its_hook(paused: Shop) -> None:
    """tf#48075: a paused deployment wants an answer, not patience."""
    result = paused.deploy(deployment_configuration=PAUSED)
    assert result["failure"]["code"] == "AwaitingApproval" and not result["changed"]
    assert "POST_TEST_TRAFFIC_SHIFT" in result["msg"] and "state=continued" in result["msg"]
    assert result["diagnosis"]["cause"] == "approval" and result["deployment"]["outcome"] == "awaiting_approval"


def test_a_pause_can_be_what_is_wanted(paused: Shop) -> None:
    result = paused.deploy(deployment_configuration=PAUSED, wait_until="approval")
    assert not result.get("failed") and not result["changed"]
    assert result["deployment"]["outcome"] == "awaiting_approval"


def test_an_approved_deployment_goes_on_and_is_not_approved_twice(paused: Shop) -> None:
    foreseen = decide(paused, "continued", check=True)
    result = decide(paused, "continued")
    assert operations(foreseen) == operations(result) == ["ContinueServiceDeployment"]
    assert result["actions"][0]["params"]["action"] == "CONTINUE"
    assert result["deployment"]["outcome"] == "completed" and runs(paused) == "web:2"
    again = decide(paused, "continued")
    assert not again.get("failed") and not again["changed"]
    refused = decide(paused, "rejected")
    assert refused["failed"] and "state=rolled_back" in refused["msg"]


def test_a_rejected_deployment_is_rolled_back_and_not_rejected_twice(paused: Shop) -> None:
    result = decide(paused, "rejected")
    assert result["actions"][0]["params"]["action"] == "ROLLBACK"
    assert result["deployment"]["outcome"] == "rolled_back" and runs(paused) == "web:1"
    assert not decide(paused, "rejected")["changed"]
    refused = decide(paused, "continued")
    assert refused["failed"] and "rejected or has failed" in refused["msg"]


def test_an_approval_waits_for_the_pause(paused: Shop) -> None:
    decide(paused, "continued")
    paused.register("web:3")
    paused.deploy(deployment_configuration=PAUSED, wait=False)
    result = decide(paused, "continued")
    assert operations(result) == ["ContinueServiceDeployment"] and result["deployment"]["outcome"] == "completed"


def test_a_hook_that_is_not_there_is_refused(paused: Shop) -> None:
    known = paused.module.ok("deployment_info", cluster="shop", service="web", latest=1)["deployments"][0]
    hook = next(item["hook_id"] for item in known["lifecycle_hook_details"] if item["status"] == "AWAITING_ACTION")
    result = decide(paused, "continued", hook_id="ecs-pause-other", wait=False)
    assert result["failed"] and "ecs-pause-other" in result["msg"] and hook in result["msg"]
    assert decide(paused, "continued", hook_id=hook)["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"service": []}, "service is required"),
        ({"service": ["a", "b"], "deployment": "ecs-svc/1"}, "deployment belongs to one service"),
        ({"hook_id": "x"}, "hook_id"),
        ({"task_definition": "web:1"}, "state=rolled_back"),
        ({"state": "approved"}, "completed"),
        ({"cluster": "none"}, "there is no cluster none"),
        ({"service": "none"}, "there is no service none"),
        ({"deployment": "ecs-svc/404"}, "no deployment ecs-svc/404"),
    ],
)
def test_wrong_input_is_one_sentence_that_names_it(second: Shop, options: dict[str, Any], words: str) -> None:
    result = decide(second, **{"state": "completed", **options})
    assert result["failed"] and words in result["msg"] and "Traceback" not in result["msg"]


def test_deployments_can_be_chosen_by_status_time_and_number(second: Shop) -> None:
    def find(**options: Any) -> list[dict[str, Any]]:
        return list(second.module.ok("deployment_info", cluster="shop", **options)["deployments"])

    decide(second, "completed")
    both = find()
    assert [item["target_service_revision"]["task_definition"] for item in both] == ["web:2", "web:1"]
    assert [item["id"] for item in find(latest=1)] == [both[0]["id"]]
    assert find(status=["ROLLBACK_SUCCESSFUL"]) == [] and len(find(status=["SUCCESSFUL"])) == 2
    assert find(created_after="2099-01-01") == [] and len(find(created_after="30d")) == 2
    image = both[0]["target_service_revision"]["images"][0]
    assert image["image"] == "web:2" and image["digest"].startswith("sha256:")
    assert "revision" not in find(revisions=False)[0]["target_service_revision"]
    refused = second.module.refused("deployment_info", cluster="shop", created_after="yesterday")
    assert "created_after" in refused and "yesterday" in refused and "24h" in refused
