# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a deployment ends, and what the module says about it. The clock is stepped: nothing sleeps.

The short forms of threads are those of test_threads.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

from .conftest import Shop

NO_BREAKER = {"deployment_circuit_breaker": {"enable": False, "rollback": False}}
BREAKER_ONLY = {"deployment_circuit_breaker": {"enable": True, "rollback": False}}


def test_success_is_our_deployment_completed(shop: Shop) -> None:
    shop.register()
    result = shop.deploy()
    assert not result.get("failed"), result["msg"]
    primary = result["service"]["deployments"][0]
    assert (primary["rollout_state"], primary["running_count"]) == ("COMPLETED", 2)


def test_an_unchanged_service_is_one_call_with_a_revision_and_two_with_a_family(shop: Shop, emulator: Emulator) -> None:
    revision = shop.register()
    shop.deploy()
    for wanted, calls in ((revision, ["DescribeServices"]), ("web", ["DescribeTaskDefinition", "DescribeServices"])):
        seen = len(emulator.calls())
        assert shop.deploy(wanted)["changed"] is False
        assert emulator.operations(seen) == calls


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("web:missing", "image web:missing cannot be pulled"),
        ("web:crash", "ended with exit code 1"),
        ("web:oom", "killed for lack of memory"),
    ],
)
def test_a_deployment_that_cannot_run_is_rolled_back_and_says_why(shop: Shop, image: str, words: str) -> None:
    """ga#191, ga#494, ga#860, tf#20858, tm#325, pulumi/pulumi-aws#4487: rolled back looks stable, and is a failure."""
    shop.register()
    shop.deploy()
    shop.register(image)
    result = shop.deploy()
    assert result["failed"] and result["changed"]
    assert result["failure"]["code"] == "RolledBack"
    first = result["msg"].split(" It runs ")[0]
    assert "was rolled back" in first and words in first
    assert "It runs web:1 now" in result["msg"]
    assert result["diagnosis"]["summary"] in first and result["diagnosis"]["next_step"] in result["msg"]
    assert result["deployment"]["outcome"] == "rolled_back"
    assert [call["operation"] for call in result["actions"]] == ["UpdateService"]


def test_a_failing_health_check_is_named(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:unhealthy", health_check={"command": ["CMD-SHELL", "true"]})
    result = shop.deploy()
    assert result["failure"]["code"] == "RolledBack"
    assert "health" in result["msg"].split(" It runs ")[0]


def test_a_breaker_without_rollback_is_failed(shop: Shop) -> None:
    shop.register()
    shop.deploy(deployment_configuration=BREAKER_ONLY)
    shop.register("web:missing")
    result = shop.deploy(deployment_configuration=BREAKER_ONLY)
    assert result["failure"]["code"] == "Failed"
    assert "web:missing cannot be pulled" in result["msg"]


def test_the_next_run_says_that_the_deployment_it_finds_has_failed(shop: Shop) -> None:
    shop.register()
    shop.deploy(deployment_configuration=BREAKER_ONLY)
    shop.register("web:missing")
    shop.deploy(deployment_configuration=BREAKER_ONLY)
    again = shop.deploy(deployment_configuration=BREAKER_ONLY)
    assert again["failed"] and not again["changed"] and again["actions"] == []


def test_without_breaker_a_hopeless_deployment_is_not_waited_for(shop: Shop) -> None:
    """ga#102: fail early and loudly, with what the pull was refused for."""
    shop.register()
    shop.deploy(deployment_configuration=NO_BREAKER)
    shop.register("web:missing")
    began = shop.module.clock.now()
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=3600)
    assert result["failure"]["code"] == "Hopeless" and result["deployment"]["outcome"] == "hopeless"
    assert "can only fail" in result["msg"] and "web:missing cannot be pulled" in result["msg"]
    assert shop.module.clock.now() - began < 600


def test_with_fail_fast_off_it_times_out_with_the_reason(shop: Shop) -> None:
    """fd#65, px#1112: "failed" or "timeout", and no word about what takes so long."""
    shop.register()
    shop.deploy(deployment_configuration=NO_BREAKER)
    shop.register("web:missing")
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=300, fail_fast=False)
    assert result["failure"]["code"] == "TimedOut" and result["deployment"]["outcome"] == "timed_out"
    assert "300 seconds" in result["msg"] and "web:missing cannot be pulled" in result["msg"]
    assert result["diagnosis"]["cause"] == "image"


def test_one_task_that_fails_is_no_reason_to_give_up(shop: Shop, emulator: Emulator) -> None:
    """A slow dependency or a Spot interruption may stop a task; the next one runs."""
    shop.register()
    shop.deploy(deployment_configuration=NO_BREAKER)
    shop.register("web:shaky")
    emulator.control("images", {"web:shaky": {"behaviour": "crash"}})
    clock, sleep = shop.module.clock, shop.module.clock.sleep

    def mend(seconds: float) -> None:
        sleep(seconds)
        if failing_tasks(shop) == 2:
            emulator.control("images", {"web:shaky": {"behaviour": "ok"}})

    clock.sleep = mend  # type: ignore[method-assign]
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=3600)
    assert not result.get("failed"), result["msg"]


def failing_tasks(shop: Shop) -> int:
    """Give how many tasks of the PRIMARY deployment have failed one after the other."""
    found = shop.module.ok("service_info", cluster="shop", name=["web"])["services"][0]
    return int(found["deployments"][0].get("failed_tasks", 0))


def test_a_deployment_that_gave_way_to_another_is_superseded(shop: Shop, client: Callable[[str], Any]) -> None:
    """ga#191: two people deploy at once, and the first must not report the second's success as its own."""
    shop.register()
    shop.deploy()
    other = shop.register("web:other")
    shop.register("web:mine")
    ecs, clock = client("ecs"), shop.module.clock
    sleep = clock.sleep

    def interfere(seconds: float) -> None:
        ecs.update_service(cluster="shop", service="web", taskDefinition=other)
        clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)

    clock.sleep = interfere  # type: ignore[method-assign]
    result = shop.deploy()
    assert result["failure"]["code"] == "Superseded"


def test_an_interrupted_wait_is_taken_up_by_the_next_run(shop: Shop, emulator: Emulator) -> None:
    """Ctrl-C while waiting: the deployment goes on, and the next run follows it without a new one."""
    shop.register()
    shop.deploy()
    shop.register("web:2")
    started = shop.deploy(wait=False)
    assert started["service"]["deployments"][0]["rollout_state"] == "IN_PROGRESS"
    seen = len(emulator.calls())
    followed = shop.deploy()
    assert not followed["changed"] and emulator.writes(seen) == []
    assert followed["service"]["deployments"][0]["rollout_state"] == "COMPLETED"


def test_a_stale_first_read_is_not_taken_for_the_truth(shop: Shop, emulator: Emulator) -> None:
    """terraform-provider-aws and ecspresso sleep after an update; the id of our deployment is surer."""
    shop.register()
    shop.deploy()
    shop.register("web:2")
    emulator.control("stale", {"reads": 2})
    result = shop.deploy()
    assert not result.get("failed"), result["msg"]
    assert result["service"]["task_definition"] == "web:2"


def test_a_count_alone_starts_no_deployment_and_is_waited_for(shop: Shop) -> None:
    shop.register()
    first = shop.deploy()["service"]["deployments"][0]["id"]
    result = shop.deploy(desired_count=4)
    assert result["actions"][0]["params"] == {"cluster": "shop", "service": "web", "desiredCount": 4}
    assert result["service"]["running_count"] == 4
    assert result["service"]["deployments"][0]["id"] == first


def test_a_count_of_zero_is_reached(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    result = shop.deploy(desired_count=0)
    assert not result.get("failed") and result["service"]["running_count"] == 0


def test_force_new_deployment_reports_a_change_every_time(shop: Shop) -> None:
    shop.register()
    shop.deploy()
    for _time in range(2):
        result = shop.module.ok("service", name="web", cluster="shop", force_new_deployment=True)
        assert result["changed"]
        assert result["actions"][0]["params"] == {"cluster": "shop", "service": "web", "forceNewDeployment": True}


def test_without_the_right_to_see_service_deployments_the_verdict_is_the_same(shop: Shop, emulator: Emulator) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    denied = {"service": "ecs", "kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400}
    emulator.control("faults", {**denied, "operation": "ListServiceDeployments", "times": 1000})
    result = shop.deploy()
    assert result["failure"]["code"] == "RolledBack"
    assert "web:missing cannot be pulled" in result["msg"]
    assert "ecs:ListServiceDeployments" in str(result["warnings"])


def test_throttling_during_the_wait_is_ridden_out(shop: Shop, emulator: Emulator) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:2")
    emulator.control("faults", {"service": "ecs", "operation": "DescribeServices", "kind": "throttle", "every": 3})
    result = shop.deploy()
    assert not result.get("failed"), result["msg"]


def test_an_expired_token_during_the_wait_says_so_and_nothing_is_lost(
    shop: Shop, emulator: Emulator, module: ModuleRun
) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:2")
    sleep = module.clock.sleep

    def expire(seconds: float) -> None:
        fault = {"service": "ecs", "operation": "DescribeServices", "kind": "error", "times": 1, "status": 400}
        emulator.control("faults", {**fault, "code": "ExpiredTokenException", "message": "The token is expired"})
        module.clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)

    module.clock.sleep = expire  # type: ignore[method-assign]
    result = shop.deploy()
    assert result["failed"] and "expired; get new credentials" in result["msg"]
    assert result["changed"] and [call["operation"] for call in result["actions"]] == ["UpdateService"]
    again = shop.deploy()
    assert not again.get("failed") and not again["changed"]
