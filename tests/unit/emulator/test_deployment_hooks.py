# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lifecycle hooks, pauses and alarms of deployments; early success of rolling ones."""

from __future__ import annotations

from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/hooks"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:check"
LAMBDA = {"hookTargetArn": FUNCTION, "roleArn": ROLE}
PAUSE = {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}
CANARY = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1}}
DAY = 24 * 3600


def lambda_hook(*stages: str, **changes: Any) -> Any:
    """A hook that calls the function `check`."""
    return {**LAMBDA, "lifecycleStages": list(stages), **changes}


def deployed(account: Any, *hooks: Any, **configuration: Any) -> Any:
    """Create a service and let it complete; the hooks come afterwards, so that its first deployment has none."""
    account.register()
    account.create(deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2, **configuration})
    account.emulator.step(300)
    account.update(deploymentConfiguration={"lifecycleHooks": list(hooks)})
    account.register("2")
    return account.update(taskDefinition="web")


def record(account: Any) -> Any:
    """The newest service deployment."""
    return account.service_deployments()[0]


def until(account: Any, status: str, limit: int = 400) -> Any:
    """Step until the newest deployment has a hook in a status, and give the deployment."""
    for _ignored in range(limit):
        account.emulator.step(1)
        item = record(account)
        if any(hook["status"] == status for hook in item["lifecycleHookDetails"]):
            return item
    raise AssertionError(f"{item['status']} {item.get('lifecycleStage')}: {item['lifecycleHookDetails']}")


def invocations(account: Any) -> list[str]:
    """The stages at which functions were invoked."""
    return [item["lifecycleStage"] for item in account.emulator.control("hooks")["invocations"]]


# Pauses


def test_a_pause_waits_for_an_action(account: Any) -> None:
    """pause-lifecycle-hooks and continue-service-deployment; nothing is shown at create and update."""
    service = deployed(account, PAUSE)
    assert service["deploymentConfiguration"]["lifecycleHooks"][0]["targetType"] == "PAUSE"
    assert record(account)["lifecycleHookDetails"] == []
    item = until(account, "AWAITING_ACTION")
    assert (item["status"], item["lifecycleStage"]) == ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT")
    hook = item["lifecycleHookDetails"][0]
    assert hook["hookId"].startswith("ecs-pause-")
    assert (hook["targetType"], hook["timeoutAction"], "targetArn" in hook) == ("PAUSE", "ROLLBACK", False)
    assert (hook["expiresAt"] - item["updatedAt"]).total_seconds() == pytest.approx(DAY, abs=1)
    account.emulator.step(DAY - 60)
    assert record(account)["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    arn = item["serviceDeploymentArn"]
    answer = account.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook["hookId"])
    assert answer["serviceDeploymentArn"] == arn
    assert record(account)["lifecycleHookDetails"][0]["status"] == "SUCCEEDED"
    account.emulator.step(400)
    assert record(account)["status"] == "SUCCESSFUL"


def test_a_pause_is_rejected(account: Any) -> None:
    """continue-service-deployment: ROLLBACK goes back to the previous revision."""
    deployed(account, PAUSE)
    item = until(account, "AWAITING_ACTION")
    hook = item["lifecycleHookDetails"][0]["hookId"]
    arn = item["serviceDeploymentArn"]
    account.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action="ROLLBACK")
    assert record(account)["status"] == "ROLLBACK_REQUESTED"
    account.emulator.step(60)
    assert record(account)["status"] == "ROLLBACK_SUCCESSFUL"
    assert account.service()["taskDefinition"].endswith("web:1")


def test_refused_actions(account: Any, refused: Any) -> None:
    """botocore ECS model, ContinueServiceDeployment: only while it is AWAITING_ACTION, only once."""
    deployed(account, PAUSE)
    arn = record(account)["serviceDeploymentArn"]
    go_on = account.ecs.continue_service_deployment
    refused("InvalidParameterException", "AWAITING_ACTION", go_on, serviceDeploymentArn=arn, hookId="ecs-pause-x")
    hook = until(account, "AWAITING_ACTION")["lifecycleHookDetails"][0]["hookId"]
    refused("InvalidParameterException", "AWAITING_ACTION", go_on, serviceDeploymentArn=arn, hookId=f"{hook}x")
    refused("ServiceDeploymentNotFoundException", "", go_on, serviceDeploymentArn=f"{arn}x", hookId=hook)
    refused("InvalidParameterException", "enum", go_on, serviceDeploymentArn=arn, hookId=hook, action="STOP")
    go_on(serviceDeploymentArn=arn, hookId=hook)
    refused("InvalidParameterException", "AWAITING_ACTION", go_on, serviceDeploymentArn=arn, hookId=hook)


@pytest.mark.parametrize(("action", "status"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")])
def test_a_pause_expires(account: Any, action: str, status: str) -> None:
    """botocore ECS model, DeploymentLifecycleHookTimeoutConfiguration."""
    deployed(account, {**PAUSE, "timeoutConfiguration": {"timeoutInMinutes": 10, "action": action}})
    item = until(account, "AWAITING_ACTION")
    hook = item["lifecycleHookDetails"][0]
    assert hook["timeoutAction"] == action
    assert (hook["expiresAt"] - item["updatedAt"]).total_seconds() == pytest.approx(600, abs=1)
    account.emulator.step(590)
    assert record(account)["lifecycleHookDetails"][0]["status"] == "AWAITING_ACTION"
    account.emulator.step(10)
    if action == "ROLLBACK":
        assert record(account)["lifecycleHookDetails"][0]["status"] == "TIMED_OUT"
    account.emulator.step(400)
    assert record(account)["status"] == status


def test_two_hooks_of_a_stage(account: Any) -> None:
    """deployment-lifecycle-hooks: both must complete."""
    account.emulator.control("hooks", {"check": ["IN_PROGRESS", "SUCCEEDED"]})
    deployed(account, PAUSE, lambda_hook("POST_TEST_TRAFFIC_SHIFT"))
    item = until(account, "SUCCEEDED")
    statuses = {hook["targetType"]: hook["status"] for hook in item["lifecycleHookDetails"]}
    assert statuses == {"PAUSE": "AWAITING_ACTION", "AWS_LAMBDA": "SUCCEEDED"}
    assert item["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"


@pytest.mark.parametrize("act", ["stop", "supersede", "delete"])
def test_a_paused_deployment_ends_otherwise(account: Any, refused: Any, act: str) -> None:
    """A hook of a deployment that is given up awaits nothing any more."""
    deployed(account, PAUSE)
    item = until(account, "AWAITING_ACTION")
    arn = item["serviceDeploymentArn"]
    if act == "stop":
        account.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    elif act == "supersede":
        account.update(forceNewDeployment=True)
    else:
        account.ecs.delete_service(cluster="c", service="s", force=True)
    hook = item["lifecycleHookDetails"][0]["hookId"]
    go_on = account.ecs.continue_service_deployment
    refused("InvalidParameterException", "AWAITING_ACTION", go_on, serviceDeploymentArn=arn, hookId=hook)
    account.emulator.step(100)
    finished = account.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
    assert finished["status"] == ("ROLLBACK_SUCCESSFUL" if act == "stop" else "STOPPED")


# Functions


def test_functions_are_invoked_at_their_stages(account: Any) -> None:
    """lambda-lifecycle-hooks: the production stages for every step of a canary."""
    stages = [
        "PRE_SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
    ]
    deployed(account, lambda_hook("RECONCILE_SERVICE", *stages, hookDetails={"key": "value"}), **CANARY)
    account.emulator.step(600)
    assert record(account)["status"] == "SUCCESSFUL"
    assert invocations(account) == [*stages[:4], *stages[4:6] * 2, stages[6]]
    payloads = account.emulator.control("hooks")["invocations"]
    assert {item["function"] for item in payloads} == {"check"}
    assert payloads[0]["hookDetails"] == {"key": "value"}
    assert [item["productionTrafficWeight"] for item in payloads] == [0, 0, 0, 0, 0, 10, 10, 100, 100]


def test_the_first_deployment_calls_them_too(account: Any) -> None:
    """hashicorp/terraform-provider-aws#43434: hooks complete during creation, the bake time counts for updates."""
    account.register()
    hooks = [lambda_hook("PRE_SCALE_UP", "POST_SCALE_UP")]
    account.create(deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 60, "lifecycleHooks": hooks})
    account.emulator.step(300)
    assert record(account)["status"] == "SUCCESSFUL"
    assert invocations(account) == ["PRE_SCALE_UP", "POST_SCALE_UP"]


def test_reconcile_hooks_when_superseding(account: Any) -> None:
    """botocore ECS model, lifecycleStages: RECONCILE_SERVICE only with more than one ACTIVE revision."""
    deployed(account, lambda_hook("RECONCILE_SERVICE"))
    account.emulator.step(90)
    assert invocations(account) == []
    account.update(forceNewDeployment=True)
    account.emulator.step(60)
    assert invocations(account) == ["RECONCILE_SERVICE"]


def test_in_progress_is_asked_again(account: Any) -> None:
    """deployment-lifecycle-hooks: invoked again after callBackDelay, 30 seconds by default."""
    account.emulator.control("hooks", {"check": ["IN_PROGRESS"] * 3 + ["SUCCEEDED"]})
    deployed(account, lambda_hook("POST_SCALE_UP"))
    item = until(account, "IN_PROGRESS")
    hook = item["lifecycleHookDetails"][0]
    assert (hook["targetType"], hook["targetArn"]) == ("AWS_LAMBDA", FUNCTION)
    account.emulator.step(90)
    assert record(account)["lifecycleStage"] == "POST_SCALE_UP"
    assert len(invocations(account)) == 3
    account.emulator.step(300)
    assert record(account)["status"] == "SUCCESSFUL"
    assert len(invocations(account)) == 4


@pytest.mark.parametrize("stage", ["PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"])
def test_a_failing_function_rolls_back(account: Any, stage: str) -> None:
    """deployment-lifecycle-hooks: FAILED goes back to the last successful revision."""
    account.emulator.control("hooks", {"check": ["FAILED"]})
    deployed(account, lambda_hook(stage))
    item = until(account, "FAILED")
    assert (item["status"], item["lifecycleStage"]) == ("ROLLBACK_REQUESTED", stage)
    assert stage in item["statusReason"] and FUNCTION in item["statusReason"]
    account.emulator.step(60)
    item = record(account)
    assert item["status"] == "ROLLBACK_SUCCESSFUL"
    assert item["lifecycleHookDetails"][0]["status"] == "FAILED"
    assert item["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0
    assert account.service()["taskDefinition"].endswith("web:1")


def test_a_failing_function_at_the_first_deployment(account: Any) -> None:
    """There is nothing to go back to."""
    account.emulator.control("hooks", {"check": ["FAILED"]})
    account.register()
    hooks = [lambda_hook("POST_SCALE_UP")]
    account.create(deploymentConfiguration={"strategy": "BLUE_GREEN", "lifecycleHooks": hooks})
    account.emulator.step(300)
    assert record(account)["status"] == "STOPPED"
    assert account.service()["deployments"][0]["rolloutState"] == "FAILED"


def test_a_silent_function_times_out(account: Any) -> None:
    """botocore ECS model, DeploymentLifecycleHookTimeoutConfiguration."""
    account.emulator.control("hooks", {"check": {"answers": ["NOTHING"]}})
    timeout = {"timeoutInMinutes": 15, "action": "ROLLBACK"}
    deployed(account, lambda_hook("POST_SCALE_UP", timeoutConfiguration=timeout))
    until(account, "IN_PROGRESS")
    account.emulator.step(950)
    item = record(account)
    assert item["status"] == "ROLLBACK_SUCCESSFUL"
    assert item["lifecycleHookDetails"][0]["status"] == "TIMED_OUT"


def test_the_control_of_hooks(emulator: Any) -> None:
    """Answers are set by the function's name, checked, and forgotten by DELETE and reset."""
    shown = emulator.control("hooks", {"a": ["FAILED"], "b": {"answers": ["IN_PROGRESS"], "delay_seconds": 5}})
    assert shown["functions"]["b"] == {"answers": ["IN_PROGRESS"], "seconds": 2.0, "delay_seconds": 5}
    assert "answer is one of" in emulator.refused("hooks", {"a": ["MAYBE"]})
    assert "answers" in emulator.refused("hooks", {"a": {"reply": []}})
    assert "answers" in emulator.refused("hooks", {"a": "FAILED"})
    assert emulator.control("hooks", method="DELETE") == {"functions": {}, "invocations": []}
    emulator.control("hooks", {"a": ["FAILED"]})
    emulator.control("rollbacks", {"fail": ["s"]})
    emulator.control("reset", {})
    assert emulator.control("hooks")["functions"] == {}
    assert emulator.control("rollbacks") == {"fail": []}


# Alarms


def alarmed(account: Any, strategy: str, rollback: bool = True) -> Any:
    """Create a service that watches the alarms `errors` and `latency`, completed."""
    for name in ("errors", "latency"):
        account.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    alarms = {"alarmNames": ["errors", "latency"], "enable": True, "rollback": rollback}
    account.register()
    account.create(deploymentConfiguration={"strategy": strategy, "bakeTimeInMinutes": 10, "alarms": alarms})
    account.emulator.step(1000)
    assert record(account)["alarms"]["status"] == "MONITORING_COMPLETE"
    account.register("2")


def ring(account: Any, name: str = "errors", state: str = "ALARM") -> None:
    """Set an alarm's state."""
    account.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"])
@pytest.mark.parametrize("moment", [20, 250])
def test_an_alarm_rolls_back(account: Any, strategy: str, moment: int) -> None:
    """deployment-alarm-failure: during the deployment and its bake time."""
    alarmed(account, strategy)
    account.update(taskDefinition="web")
    account.emulator.step(moment)
    item = record(account)
    assert (item["status"], item["alarms"]["status"]) == ("IN_PROGRESS", "MONITORING")
    ring(account)
    statuses = []
    for _ignored in range(100):
        account.emulator.step(1)
        statuses.append(record(account)["status"])
    assert list(dict.fromkeys(statuses)) == [
        "IN_PROGRESS",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
    ]
    item = record(account)
    expected = {"status": "TRIGGERED", "alarmNames": ["errors", "latency"], "triggeredAlarmNames": ["errors"]}
    assert item["alarms"] == expected
    assert "errors" in item["rollback"]["reason"]
    assert item["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0
    service = account.service()
    assert (service["taskDefinition"][-1], service["runningCount"]) == ("1", 2)
    assert any("deployment failed: alarm detected." in event["message"] for event in service["events"])


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN"])
def test_an_alarm_without_rollback(account: Any, strategy: str) -> None:
    """botocore ECS model, DeploymentAlarms.rollback: it is failed, and stays."""
    alarmed(account, strategy, rollback=False)
    account.update(taskDefinition="web")
    account.emulator.step(200)
    ring(account)
    account.emulator.step(60)
    item = record(account)
    assert (item["status"], "rollback" in item) == ("STOPPED", False)
    assert account.service()["deployments"][0]["rolloutState"] == "FAILED"


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN"])
def test_an_alarm_that_rings_already_is_ignored(account: Any, strategy: str) -> None:
    """deployment-alarm-failure: for this deployment; another alarm still counts."""
    alarmed(account, strategy)
    ring(account)
    account.update(taskDefinition="web")
    account.emulator.step(1000)
    assert record(account)["status"] == "SUCCESSFUL"
    account.update(forceNewDeployment=True)
    account.emulator.step(100)
    ring(account, "latency")
    account.emulator.step(100)
    assert record(account)["status"] == "ROLLBACK_SUCCESSFUL"
    assert record(account)["alarms"]["triggeredAlarmNames"] == ["latency"]


def test_an_alarm_after_the_end(account: Any) -> None:
    """deployment-alarm-failure: nobody listens after the bake time."""
    alarmed(account, "BLUE_GREEN")
    account.update(taskDefinition="web")
    account.emulator.step(1000)
    ring(account)
    account.emulator.step(1000)
    assert record(account)["status"] == "SUCCESSFUL"
    assert record(account)["alarms"]["status"] == "MONITORING_COMPLETE"


# Early success


@pytest.mark.parametrize("cleanup", ["BLOCKING", "DEFERRED"])
def test_early_success(account: Any, cleanup: str) -> None:
    """botocore ECS model, DeploymentEarlySuccessCriteria: enough healthy tasks and the bake time."""
    early = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": cleanup}
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 200, "bakeTimeInMinutes": 1}
    account.register()
    account.create(desiredCount=4, deploymentConfiguration={**configuration, "earlySuccessCriteria": early})
    account.emulator.step(300)
    # Two of the four new tasks are stopped, and what replaces them never comes up.
    account.register("2")
    new = account.update(taskDefinition="web")["deployments"][0]["id"]
    account.emulator.step(30)
    account.emulator.control("images", {"app:2": {"behaviour": "missing"}})
    for task in [item for item in account.tasks() if item["startedBy"] == new][:2]:
        account.ecs.stop_task(cluster="c", task=task["taskArn"])
    counts = None
    for _ignored in range(200):
        account.emulator.step(1)
        deployments = account.service()["deployments"]
        if deployments[0]["rolloutState"] == "COMPLETED":
            counts = [item["runningCount"] for item in deployments]
            break
    assert counts is not None
    assert counts[0] == 2
    assert len(counts) == (1 if cleanup == "BLOCKING" else 2)
    assert record(account)["status"] == "SUCCESSFUL"
    account.emulator.control("images", method="DELETE")
    account.emulator.step(600)
    assert [item["runningCount"] for item in account.service()["deployments"]] == [4]


def test_a_deployment_is_not_held_up_by_an_earlier_delay(account: Any) -> None:
    """service-throttle-logic: an update of the service resets the delay."""
    account.register("crash")
    account.create(desiredCount=1)
    account.emulator.step(3600)
    account.register("2")
    account.update(taskDefinition="web")
    account.emulator.step(120)
    assert record(account)["status"] == "SUCCESSFUL"
