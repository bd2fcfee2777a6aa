# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traps of waiting for a deployment. The clock is stepped: nothing sleeps.

The waiter `services_stable`, which every AWS SDK has, asks for one deployment and for as many tasks as are wanted. What
it takes for success here is none, and what it never takes for an end is one:

- rolled back: test_traps.py::test_12_stable_is_not_success
- a state from before the update: test_b_a_state_from_before_the_update_looks_stable
- alarms and bake time: test_c_stable_comes_before_the_bake_time_is_over
- failed without rollback: test_rollout.py::test_a_breaker_without_rollback_is_failed
- without deployments, under CODE_DEPLOY: test_code_deploy.py::test_the_first_revision_is_waited_for, and under
  EXTERNAL: test_e_an_external_service_is_never_stable
- paused: test_deployment.py::test_a_pause_is_no_timeout_and_names_its_hook
- no task wanted: test_g_without_tasks_everything_is_stable
- more than ten minutes: test_threads.py::test_a_limit_of_hours_is_kept

The six rules of our own wait stand below them, as far as test_rollout.py does not show them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from support.emulator import Emulator

from .conftest import Shop

BREAKER_ONLY = {"deployment_circuit_breaker": {"enable": True, "rollback": False}}
DENIED = {"service": "ecs", "kind": "error", "message": "no", "status": 400}
PRIMARY = 0


@pytest.fixture
def stable(client: Callable[[str], Any]) -> Callable[[], bool]:
    """Ask the waiter of the AWS SDKs, once, whether the service web is stable."""
    waiter = client("ecs").get_waiter("services_stable")

    def ask() -> bool:
        try:
            waiter.wait(cluster="shop", services=["web"], WaiterConfig={"Delay": 0, "MaxAttempts": 1})
        except WaiterError:
            return False
        return True

    return ask


def meanwhile(shop: Shop, act: Callable[[], object]) -> None:
    """Let something happen each time the module has slept."""
    sleep = shop.module.clock.sleep

    def slept(seconds: float) -> None:
        sleep(seconds)
        act()

    shop.module.clock.sleep = slept  # type: ignore[method-assign]


def once(act: Callable[[], object]) -> Callable[[], None]:
    """Do something the first time only."""
    left = [act]

    def first() -> None:
        if left:
            left.pop()()

    return first


def outcome(result: dict[str, Any]) -> tuple[str | None, str | None]:
    return result.get("failure", {}).get("code"), result.get("deployment", {}).get("outcome")


# What the waiter misses -----------------------------------------------------------------------------------------------


def test_b_a_state_from_before_the_update_looks_stable(
    shop: Shop, emulator: Emulator, client: Callable[[str], Any], stable: Callable[[], bool]
) -> None:
    """The first reads after an update may show what was before it: that is no success of what was asked for."""
    shop.register()
    shop.deploy()
    bad = shop.register("web:missing")
    emulator.control("stale", {"reads": 3})
    client("ecs").update_service(cluster="shop", service="web", taskDefinition=bad)
    assert stable()
    client("ecs").update_service(cluster="shop", service="web", taskDefinition="web:1")
    assert outcome(shop.deploy(bad)) == ("RolledBack", "rolled_back")


def test_c_stable_comes_before_the_bake_time_is_over(
    shop: Shop, client: Callable[[str], Any], stable: Callable[[], bool]
) -> None:
    """All tasks run, and then an alarm goes off: whoever waited for "stable" has gone home."""
    watch = client("cloudwatch")
    metric = {"Namespace": "shop", "MetricName": "errors", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
    watch.put_metric_alarm(AlarmName="web-5xx", ComparisonOperator="GreaterThanThreshold", Threshold=1, **metric)
    watch.set_alarm_state(AlarmName="web-5xx", StateValue="OK", StateReason="well")
    alarms = {"alarm_names": ["web-5xx"], "enable": True, "rollback": True}
    guarded = {"alarms": alarms, "bake_time_in_minutes": 5}
    shop.register()
    shop.deploy(deployment_configuration=guarded)
    shop.register("web:2")
    seen: list[bool] = []

    def ring() -> None:
        if not seen and stable():
            seen.append(True)
            watch.set_alarm_state(AlarmName="web-5xx", StateValue="ALARM", StateReason="too many")

    meanwhile(shop, ring)
    result = shop.deploy(deployment_configuration=guarded, wait_timeout=3600)
    assert seen and outcome(result) == ("RolledBack", "rolled_back"), result["msg"]
    assert result["diagnosis"]["cause"] == "alarm" and "web-5xx" in result["msg"]
    assert result["deployment"]["status"] == "ROLLBACK_SUCCESSFUL" and stable()


def test_e_an_external_service_is_never_stable(
    shop: Shop, client: Callable[[str], Any], stable: Callable[[], bool]
) -> None:
    """Its deployments are task sets that others make: the wait ends at once and on purpose, by what is there."""
    shop.register()
    external = {"deployment_controller": {"type": "EXTERNAL"}, "desired_count": 2}
    options = {"name": "web", "cluster": "shop", **external}
    began = shop.module.clock.seconds
    created = shop.module.ok("service", **options)
    assert created["changed"] and created["service"]["task_sets"] == []
    network = {"awsvpcConfiguration": {"subnets": created and shop.base["network_configuration"]["awsvpc_configuration"]["subnets"]}}
    client("ecs").create_task_set(cluster="shop", service="web", taskDefinition="web", launchType="FARGATE", networkConfiguration=network)
    assert not stable()
    changed = shop.module.ok("service", **{**options, "desired_count": 3})
    assert changed["actions"][0]["params"]["desiredCount"] == 3
    assert not shop.module.ok("service", **{**options, "desired_count": 3})["changed"]
    print(shop.module.clock.seconds, began, changed.get("deployment"), changed["warnings"] if "warnings" in changed else None)
    refused = shop.module("deployment", cluster="shop", service="web", state="completed")
    print(refused)
    gone = shop.module.ok("service", name="web", cluster="shop", state="absent")
    assert gone["changed"]


def test_g_without_tasks_everything_is_stable(shop: Shop, stable: Callable[[], bool]) -> None:
    """A service that wants no task reaches that with any image: it is success, and proves nothing."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    result = shop.deploy(desired_count=0)
    assert stable() and outcome(result) == (None, "completed")
    assert "proves nothing about the revision" in str(result["warnings"])
    again = shop.deploy(desired_count=0)
    assert not again["changed"] and "proves nothing" not in str(again.get("warnings"))
    proved = shop.deploy(desired_count=1)
    print(proved.get("msg"), outcome(proved))


# The rules of our wait ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"deployment_configuration": {"maximum_percent": 150}},
        {"enable_execute_command": True},
        {"propagate_tags": "SERVICE"},
        {"tags": {"team": "shop"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_1_a_change_that_deploys_nothing_is_not_waited_for(shop: Shop, change: dict[str, Any]) -> None:
    shop.register()
    before = shop.deploy()["service"]["deployments"][PRIMARY]["id"]
    began = shop.module.clock.seconds
    result = shop.deploy(**change)
    assert result["changed"] and not result.get("failed"), result
    assert result["service"]["deployments"][PRIMARY]["id"] == before
    assert shop.module.clock.seconds == began


def test_2_a_rollback_that_fails_is_its_own_outcome(shop: Shop, emulator: Emulator) -> None:
    """tf#19519: the rollback fails too, and the tool reports success all the same."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    emulator.control("rollbacks", {"fail": ["web"]})
    result = shop.deploy()
    assert outcome(result) == ("RollbackFailed", "rollback_failed")
    assert result["deployment"]["status"] == "ROLLBACK_FAILED"
    assert "failed, and so did its rollback: " in result["msg"] and "web:missing cannot be pulled" in result["msg"]


@pytest.mark.parametrize("refused", ["AccessDeniedException", "UnsupportedFeatureException"])
@pytest.mark.parametrize(
    ("image", "end"),
    [
        ("web:2", (None, "completed")),
        ("web:missing", ("RolledBack", "rolled_back")),
        ("web:failing", ("Failed", "failed")),
        ("web:replaced", ("Superseded", "superseded")),
        ("web:deleted", ("Gone", "gone")),
    ],
)
def test_3_without_service_deployments_each_outcome_is_told(
    shop: Shop,
    emulator: Emulator,
    client: Callable[[str], Any],
    image: str,
    end: tuple[str | None, str],
    refused: str,
) -> None:
    """No permission, or a Region that lacks them: the deployments of DescribeServices have to do."""
    ecs, options = client("ecs"), {}
    shop.register()
    shop.deploy()
    shop.register(image)
    emulator.control("faults", {**DENIED, "operation": "ListServiceDeployments", "code": refused})
    if image == "web:failing":
        emulator.control("images", {image: {"behaviour": "crash"}})
        options = {"deployment_configuration": BREAKER_ONLY}
    if image == "web:replaced":
        meanwhile(shop, once(lambda: ecs.update_service(cluster="shop", service="web", taskDefinition="web:1")))
    if image == "web:deleted":
        meanwhile(shop, once(lambda: ecs.delete_service(cluster="shop", service="web", force=True)))
    result = shop.deploy(**options)
    assert outcome(result) == end, result.get("msg")
    assert "ecs:ListServiceDeployments" in str(result["warnings"])
    assert result.get("diagnosis", {}).get("next_step", "") in result.get("msg", "")


def test_5_the_reason_comes_from_the_tasks_of_our_deployment(shop: Shop, emulator: Emulator) -> None:
    """A task of the revision before that stops meanwhile, for another reason, is not ours."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    print(emulator.control("images"))
    seen = len(emulator.calls())
    result = shop.deploy()
    assert result["diagnosis"]["cause"] == "image"
    listed = [call["params"] for call in emulator.calls()[seen:] if call["operation"] == "ListTasks"]
    ours = result["deployment"]["id"]
    assert listed and all(set(params) <= {"cluster", "startedBy", "desiredStatus", "maxResults", "nextToken"} for params in listed)
    assert {params["startedBy"] for params in listed} == {ours}
