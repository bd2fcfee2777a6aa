# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traps of waiting for a deployment, and the rules of our own wait. The clock is stepped: nothing sleeps.

The waiter `services_stable` of the AWS SDKs asks for one deployment and for as many tasks as are wanted. It is asked
here beside our own wait, to show what it takes for success, and what it never takes for an end:

(a) rolled back: test_traps.py, test_12_stable_is_not_success
(b) a state from before the update: below
(c) health, alarms and bake time: below, and test_threads.py, test_targets_are_healthy_at_the_end_of_the_wait
(d) failed without rollback: below
(e) no deployments of ECS: below, and under CODE_DEPLOY in test_code_deploy.py, test_the_first_revision_is_waited_for
(f) paused: test_deployment.py, test_a_pause_is_no_timeout_and_names_its_hook
(g) no task is wanted: below
(h) more than ten minutes: test_threads.py, test_a_limit_of_hours_is_kept
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from support.emulator import Emulator

from .conftest import Shop

BREAKER_ONLY = {"deployment_circuit_breaker": {"enable": True, "rollback": False}}
METRIC = {"Namespace": "shop", "MetricName": "errors", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
WAITER_SECONDS = 600  # 40 times 15 seconds


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


def meanwhile(shop: Shop, act: Callable[[], object], times: int | None = None) -> None:
    """Let something happen whenever the module has slept, or so many times."""
    sleep, left = shop.module.clock.sleep, itertools.count() if times is None else iter(range(times))

    def slept(seconds: float) -> None:
        sleep(seconds)
        if next(left, None) is not None:
            act()

    shop.module.clock.sleep = slept  # type: ignore[method-assign]


def outcome(result: dict[str, Any]) -> tuple[str | None, str | None]:
    return result.get("failure", {}).get("code"), result.get("deployment", {}).get("outcome")


# What the waiter misses


def test_b_a_state_from_before_the_update_looks_stable(
    shop: Shop, emulator: Emulator, stable: Callable[[], bool]
) -> None:
    """The first reads after an update may show what was before it: that is no success of what was asked for."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    emulator.control("stale", {"reads": 4})
    seen: list[bool] = []
    meanwhile(shop, lambda: seen.append(stable()), times=1)
    result = shop.deploy()
    assert seen == [True] and outcome(result) == ("RolledBack", "rolled_back")


def test_c_stable_comes_before_the_bake_time_is_over(
    shop: Shop, client: Callable[[str], Any], stable: Callable[[], bool]
) -> None:
    """All tasks run, and then an alarm goes off: whoever waited for "stable" has gone home."""
    watch = client("cloudwatch")
    watch.put_metric_alarm(AlarmName="web-5xx", ComparisonOperator="GreaterThanThreshold", Threshold=1, **METRIC)
    watch.set_alarm_state(AlarmName="web-5xx", StateValue="OK", StateReason="well")
    alarms = {"alarm_names": ["web-5xx"], "enable": True, "rollback": True}
    configuration = {"alarms": alarms, "bake_time_in_minutes": 5}
    guarded: dict[str, Any] = {"deployment_configuration": configuration, "wait_timeout": 3600}
    shop.register()
    shop.deploy(**guarded)
    shop.register("web:2")
    seen: list[bool] = []

    def ring() -> None:
        seen.append(stable())
        if seen.count(True) == 1:
            watch.set_alarm_state(AlarmName="web-5xx", StateValue="ALARM", StateReason="too many")

    meanwhile(shop, ring)
    result = shop.deploy(**guarded)
    assert True in seen and outcome(result) == ("RolledBack", "rolled_back"), result["msg"]
    assert result["diagnosis"]["cause"] == "alarm" and "web-5xx" in result["msg"]


def test_d_failed_without_rollback_is_never_stable_and_told_at_once(shop: Shop, stable: Callable[[], bool]) -> None:
    shop.register()
    shop.deploy(deployment_configuration=BREAKER_ONLY)
    shop.register("web:missing")
    began = shop.module.clock.seconds
    assert outcome(shop.deploy(deployment_configuration=BREAKER_ONLY)) == ("Failed", "failed")
    assert shop.module.clock.seconds - began < WAITER_SECONDS
    shop.module.clock.sleep(WAITER_SECONDS)
    assert not stable()


def test_e_an_external_service_is_never_stable(
    shop: Shop, client: Callable[[str], Any], stable: Callable[[], bool]
) -> None:
    """Its deployments are task sets that others make: the wait ends at once, and decisions are theirs too."""
    shop.register()
    options = {"name": "web", "cluster": "shop", "deployment_controller": {"type": "EXTERNAL"}}
    created = shop.module.ok("service", **options, desired_count=2)
    assert created["changed"] and "deployment" not in created
    (network,) = shop.base["network_configuration"].values()
    client("ecs").create_task_set(
        cluster="shop",
        service="web",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": network["subnets"]}},
    )
    began = shop.module.clock.seconds
    changed = shop.module.ok("service", **options, desired_count=3)
    assert changed["service"]["desired_count"] == 3 and shop.module.clock.seconds == began
    shop.module.clock.sleep(WAITER_SECONDS)
    assert not stable()
    refused = shop.module("deployment", cluster="shop", service="web", state="completed")
    assert refused["failure"]["code"] == "Blocked" and "deployment controller EXTERNAL" in refused["msg"]
    assert shop.module.ok("service", name="web", cluster="shop", state="absent")["changed"]


def test_g_without_tasks_everything_is_stable(shop: Shop, stable: Callable[[], bool]) -> None:
    """ga#838, where the service is at zero: no task proves nothing about a revision, and that is said once."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    result = shop.deploy(desired_count=0)
    assert stable() and outcome(result) == (None, "completed")
    assert "proves nothing about the revision" in str(result["warnings"])
    again = shop.deploy(desired_count=0)
    assert not again["changed"] and "warnings" not in again
    assert outcome(shop.deploy(desired_count=1, wait_timeout=120))[0] == "TimedOut"


# The rules of our wait


@pytest.mark.parametrize(
    "change",
    [
        {"deployment_configuration": {"maximum_percent": 150}},
        {"enable_execute_command": True},
        {"tags": {"team": "shop"}},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_1_a_change_that_deploys_nothing_is_not_waited_for(shop: Shop, change: dict[str, Any]) -> None:
    shop.register()
    before = shop.deploy()["service"]["deployments"][0]["id"]
    began = shop.module.clock.seconds
    result = shop.deploy(**change)
    assert result["changed"] and not result.get("failed"), result
    assert result["service"]["deployments"][0]["id"] == before
    assert shop.module.clock.seconds == began


def test_2_a_rollback_that_fails_is_its_own_outcome(shop: Shop, emulator: Emulator) -> None:
    """tf#19519: the rollback fails too, and Terraform reports success."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    emulator.control("rollbacks", {"fail": ["web"]})
    result = shop.deploy()
    assert outcome(result) == ("RollbackFailed", "rollback_failed")
    assert result["deployment"]["status"] == "ROLLBACK_FAILED"
    assert "failed, and so did its rollback: the image web:missing cannot be pulled" in result["msg"]


def test_2_a_deployment_that_is_not_listed_yet_is_not_mistaken_for_the_last(shop: Shop, emulator: Emulator) -> None:
    """ListServiceDeployments may lag behind by seconds; what it shows then has completed long ago."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    emulator.control("stale", {"reads": 2})
    ours = shop.deploy(wait=False)["deployment"]["id"]
    for _read in range(2):  # what the service is, is shown; what is listed lags behind
        shop.module.ok("service_info", cluster="shop", name=["web"], details=False)
    result = shop.module("deployment", cluster="shop", service="web")
    assert result["failure"]["code"] == "RolledBack" and ours in result["msg"]


ENDS = {
    "web:2": (None, "completed"),
    "web:missing": ("RolledBack", "rolled_back"),
    "web:crash": ("Failed", "failed"),
    "web:replaced": ("Superseded", "superseded"),
    "web:deleted": ("Gone", "gone"),
}


@pytest.mark.parametrize("image", ENDS)
@pytest.mark.parametrize("refused", ["AccessDeniedException", "UnsupportedFeatureException"])
def test_3_without_service_deployments_each_outcome_is_told(
    shop: Shop, emulator: Emulator, client: Callable[[str], Any], image: str, refused: str
) -> None:
    """No permission, or a Region that lacks them: the deployments of DescribeServices have to do."""
    ecs = client("ecs")
    options: dict[str, Any] = {"deployment_configuration": BREAKER_ONLY} if image == "web:crash" else {}
    shop.register()
    shop.deploy()
    shop.register(image)
    fault = {"service": "ecs", "operation": "ListServiceDeployments", "kind": "error", "status": 400}
    emulator.control("faults", {**fault, "code": refused, "message": "no"})
    if image == "web:replaced":
        meanwhile(shop, lambda: ecs.update_service(cluster="shop", service="web", taskDefinition="web:1"), times=1)
    if image == "web:deleted":
        meanwhile(shop, lambda: ecs.delete_service(cluster="shop", service="web", force=True), times=1)
    result = shop.deploy(**options)
    assert outcome(result) == ENDS[image], result.get("msg")
    assert "ecs:ListServiceDeployments" in str(result["warnings"])


def test_5_the_reason_comes_from_the_tasks_of_our_deployment(
    shop: Shop, emulator: Emulator, client: Callable[[str], Any]
) -> None:
    """A task of what ran before that fails meanwhile is not ours. ListTasks takes startedBy alone."""
    ecs = client("ecs")
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    before = ecs.list_tasks(cluster="shop")["taskArns"]
    meanwhile(shop, lambda: ecs.stop_task(cluster="shop", task=before[0], reason="by hand"), times=1)
    seen = len(emulator.calls())
    result = shop.deploy()
    assert result["diagnosis"]["cause"] == "image" and "by hand" not in str(result["diagnosis"])
    listed = [call["params"] for call in emulator.calls()[seen:] if call["operation"] == "ListTasks"]
    assert {params["startedBy"] for params in listed} == {result["deployment"]["id"]}
    assert {"family", "serviceName", "launchType"}.isdisjoint(*listed)


# Who else has a hand in it


@pytest.mark.parametrize("existing", [True, False], ids=["updated", "created"])
@pytest.mark.parametrize("seconds", [0, 60], ids=["draining", "inactive"])
def test_a_service_that_is_deleted_meanwhile_is_gone(
    shop: Shop, emulator: Emulator, client: Callable[[str], Any], existing: bool, seconds: int
) -> None:
    """Between two looks it may be DRAINING, or INACTIVE already: neither is waited for."""

    def delete() -> None:
        client("ecs").delete_service(cluster="shop", service="web", force=True)
        emulator.clock(step=seconds)

    shop.register()
    if existing:
        shop.deploy()
        shop.register("web:2")
    began = shop.module.clock.seconds
    meanwhile(shop, delete, times=1)
    result = shop.deploy()
    assert outcome(result) == ("Gone", "gone"), result["msg"]
    assert result["diagnosis"]["cause"] == "deleted" and result["diagnosis"]["next_step"] in result["msg"]
    assert shop.module.clock.seconds - began < 60


@pytest.mark.parametrize(
    ("cleanup", "end"), [("DEFERRED", (None, "completed")), ("BLOCKING", ("TimedOut", "timed_out"))]
)
def test_early_success_waits_for_a_clean_up_unless_it_is_deferred(
    shop: Shop, client: Callable[[str], Any], cleanup: str, end: tuple[str | None, str]
) -> None:
    """Half of the tasks are enough, and the old ones are protected for an hour."""
    criteria = {"enable": True, "healthy_percent": 50, "source_service_revision_cleanup": cleanup}
    limits = {"minimum_healthy_percent": 50, "maximum_percent": 150}
    options: dict[str, Any] = {"deployment_configuration": {**limits, "early_success_criteria": criteria}}
    shop.register()
    shop.deploy(**options, desired_count=4)
    ecs = client("ecs")
    tasks = ecs.list_tasks(cluster="shop")["taskArns"]
    ecs.update_task_protection(cluster="shop", tasks=tasks, protectionEnabled=True, expiresInMinutes=60)
    shop.register("web:2")
    result = shop.deploy(**options, desired_count=4)
    assert outcome(result) == end
    primary, before = ecs.describe_services(cluster="shop", services=["web"])["services"][0]["deployments"]
    assert (primary["id"], before["runningCount"]) == (result["deployment"]["id"], 4)
    again = shop.deploy(**options, desired_count=4, wait_timeout=60)
    assert not again["changed"] and outcome(again)[0] == end[0]


def test_one_poller_for_sixty_services_stays_within_the_buckets(shop: Shop, emulator: Emulator) -> None:
    """Calls that AWS throttles are repeated, but others are throttled by them too: none is made in vain."""
    shop.register()
    names = [f"web{number}" for number in range(60)]
    for name in names:
        shop.deploy(name=name, wait=False, desired_count=1)
    emulator.control("buckets", {"enabled": True})
    seen = len(emulator.calls())
    result = shop.module.ok("deployment", cluster="shop", service=names)
    assert [item["outcome"] for item in result["deployments"]] == ["completed"] * 60
    assert {call["status"] for call in emulator.calls()[seen:]} == {200}
