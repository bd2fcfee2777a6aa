# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling deployments, the circuit breaker, rollback, scaling, service deployments, revisions and events."""

from __future__ import annotations

from typing import Any

import pytest

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
CHECK = {"command": ["CMD", "true"], "interval": 10, "retries": 3}


def messages(account: Any) -> list[str]:
    """The service's events, oldest first, without their prefix."""
    texts = [event["message"] for event in account.service()["events"]]
    assert all(text.startswith("(service s) ") for text in texts)
    return [text.removeprefix("(service s) ") for text in reversed(texts)]


def watch(account: Any, seconds: int, step: int = 1) -> list[tuple[Any, ...]]:
    """Step the clock and give the different states of the deployments on the way."""
    states: list[tuple[Any, ...]] = []
    for _ignored in range(0, seconds, step):
        account.emulator.step(step)
        deployments = account.service()["deployments"]
        names = ("status", "runningCount", "pendingCount", "rolloutState")
        state = tuple(tuple(item[name] for name in names) for item in deployments)
        if not states or states[-1] != state:
            states.append(state)
    return states


def deploy(account: Any, tag: str, **changes: Any) -> Any:
    """Roll out another image."""
    account.register(tag, **changes)
    return account.update(taskDefinition="web")


# Rolling


def test_first_deployment(account: Any) -> None:
    """Developer guide, deployment-type-ecs; botocore ECS model, minimumHealthyPercent: 40 s without health checks."""
    account.register()
    created = account.create()
    assert (created["runningCount"], created["pendingCount"]) == (0, 0)
    states = watch(account, 90)
    assert [item[0] for item in states] == [
        ("PRIMARY", 0, 2, "IN_PROGRESS"),
        ("PRIMARY", 2, 0, "IN_PROGRESS"),
        ("PRIMARY", 2, 0, "COMPLETED"),
    ]
    deployment = account.service()["deployments"][0]
    assert deployment["rolloutStateReason"] == f"ECS deployment {deployment['id']} completed."
    took = deployment["updatedAt"] - created["createdAt"]
    assert 50 < took.total_seconds() < 70


def test_update_keeps_the_old_tasks_until_the_new_are_healthy(account: Any) -> None:
    """botocore ECS model, DeploymentConfiguration: at least 100 %, at most 200 % by default."""
    account.deployed()
    old = account.service()["deployments"][0]["id"]
    updated = deploy(account, "2")
    statuses = [(item["status"], item["rolloutState"]) for item in updated["deployments"]]
    assert statuses == [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")]
    assert updated["deployments"][1]["id"] == old
    totals = [sum(item[1] for item in state) for state in watch(account, 100)]
    assert min(totals) == 2
    assert max(totals) == 4
    assert [item["id"] for item in account.service()["deployments"]] == [updated["deployments"][0]["id"]]


@pytest.mark.parametrize(
    ("lowest", "highest", "desired", "fewest", "most"),
    [(100, 125, 4, 4, 5), (50, 100, 4, 2, 4), (0, 100, 2, 0, 2), (50, 150, 3, 2, 4), (100, 150, 3, 3, 4)],
)
def test_limits(account: Any, lowest: int, highest: int, desired: int, fewest: int, most: int) -> None:
    """botocore ECS model: the minimum is rounded up, the maximum down."""
    configuration = {"minimumHealthyPercent": lowest, "maximumPercent": highest}
    account.deployed(desiredCount=desired, deploymentConfiguration=configuration)
    deploy(account, "2")
    states = watch(account, 400, 2)
    assert min(sum(item[1] for item in state) for state in states) == fewest
    assert max(sum(item[1] + item[2] for item in state) for state in states) == most
    assert states[-1] == (("PRIMARY", desired, 0, "COMPLETED"),)


def test_no_room_to_move(account: Any) -> None:
    """service-event-messages-list: 100 % and 100 % leave no way."""
    configuration = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    account.deployed(deploymentConfiguration=configuration)
    deploy(account, "2")
    account.emulator.step(600)
    assert any("was unable to stop or start tasks during a deployment" in text for text in messages(account))
    assert account.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def test_one_look_is_as_good_as_many(account: Any) -> None:
    """The states come from the clock, not from the reads."""
    account.deployed()
    deploy(account, "2")
    account.emulator.step(3600)
    service = account.service()
    assert len(service["deployments"]) == 1
    took = service["deployments"][0]["updatedAt"] - service["deployments"][0]["createdAt"]
    assert took.total_seconds() < 100


def test_scaling_is_no_deployment(account: Any) -> None:
    """botocore ECS model, UpdateService.desiredCount: tasks come and go within the same deployment."""
    before = account.deployed()
    scaled = account.update(desiredCount=4)
    assert [item["id"] for item in scaled["deployments"]] == [before["deployments"][0]["id"]]
    after = account.settle()
    assert (after["runningCount"], after["deployments"][0]["desiredCount"]) == (4, 4)
    account.update(desiredCount=1)
    after = account.settle()
    assert (after["runningCount"], len(account.service_deployments())) == (1, 1)
    stopped = account.tasks(desiredStatus="STOPPED")
    reason = f"Scaling activity initiated by (deployment {before['deployments'][0]['id']})"
    assert {(item["stopCode"], item["stoppedReason"]) for item in stopped} == {("ServiceSchedulerInitiated", reason)}


def test_no_tasks_at_all(account: Any) -> None:
    """A deployment of nothing completes."""
    service = account.deployed(desiredCount=0)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_container_health_check_decides(account: Any) -> None:
    """botocore ECS model, minimumHealthyPercent: with a health check the task counts when it is HEALTHY."""
    account.register(container={"healthCheck": CHECK})
    account.create()
    account.emulator.step(18)
    assert {item["healthStatus"] for item in account.tasks()} == {"UNKNOWN"}
    account.emulator.step(10)
    assert {item["healthStatus"] for item in account.tasks()} == {"HEALTHY"}
    account.emulator.step(10)
    assert account.service()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_force_new_deployment(account: Any) -> None:
    """botocore ECS model, UpdateService.forceNewDeployment: the same definition, new tasks."""
    account.deployed()
    before = {item["taskArn"] for item in account.tasks()}
    account.update(forceNewDeployment=True)
    account.settle()
    after = {item["taskArn"] for item in account.tasks()}
    assert len(after) == 2
    assert not before & after


def test_early_success(account: Any) -> None:
    """botocore ECS model, DeploymentEarlySuccessCriteria: success before the old tasks are gone."""
    early = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": "DEFERRED"}
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 150, "earlySuccessCriteria": early}
    account.deployed(desiredCount=4, deploymentConfiguration=configuration)
    deploy(account, "2")
    states = watch(account, 200)
    assert any(len(state) == 2 and state[0][3] == "COMPLETED" for state in states)
    assert states[-1] == (("PRIMARY", 4, 0, "COMPLETED"),)


# Failing


@pytest.mark.parametrize(
    ("tag", "code", "reason", "exit_code"),
    [
        ("missing", "TaskFailedToStart", "CannotPullContainerError", None),
        ("crash", "EssentialContainerExited", "Essential container in task exited", 1),
        ("oom", "EssentialContainerExited", "Essential container in task exited", 137),
    ],
)
def test_rollback(account: Any, tag: str, code: str, reason: str, exit_code: int | None) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html"""
    good = account.deployed(deploymentConfiguration=BREAKER)["deployments"][0]
    bad = deploy(account, tag)["deployments"][0]
    service = account.settle()
    assert service["taskDefinition"].endswith("web:1")
    assert [item["id"] for item in service["deployments"]] == [good["id"]]
    record = account.service_deployments()[0]
    assert record["status"] == "ROLLBACK_SUCCESSFUL"
    assert record["rollback"]["serviceRevisionArn"].endswith(good["id"].removeprefix("ecs-svc/"))
    assert record["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert record["deploymentCircuitBreaker"]["threshold"] == 3
    texts = messages(account)
    failed = texts.index(f"(deployment {bad['id']}) deployment failed: tasks failed to start.")
    assert texts[failed + 1] == f"rolling back to deployment {good['id']}."
    stopped = [item for item in account.tasks(desiredStatus="STOPPED") if item["startedBy"] == bad["id"]]
    assert {item["stopCode"] for item in stopped} == {code}
    assert all(item["stoppedReason"].startswith(reason) for item in stopped)
    assert {item["containers"][0].get("exitCode") for item in stopped} == {exit_code}


def test_state_during_rollback(account: Any) -> None:
    """3 failures end it: the failed deployment is FAILED and ACTIVE while the old one is PRIMARY again."""
    account.deployed(deploymentConfiguration=BREAKER)
    deploy(account, "missing")
    states = watch(account, 60)
    assert (("PRIMARY", 2, 0, "IN_PROGRESS"), ("ACTIVE", 0, 0, "FAILED")) in states
    assert states[-1] == (("PRIMARY", 2, 0, "COMPLETED"),)
    assert len(account.service()["deployments"]) == 1


def test_no_rollback(account: Any) -> None:
    """Without rollback the deployment stays FAILED, the old tasks stay, and nothing new is launched."""
    account.deployed(deploymentConfiguration=NO_ROLLBACK)
    deploy(account, "missing")
    account.emulator.step(120)
    started = len(account.tasks(desiredStatus="STOPPED"))
    account.emulator.step(1200)
    service = account.service()
    assert [item["rolloutState"] for item in service["deployments"]] == ["FAILED", "COMPLETED"]
    assert service["deployments"][0]["rolloutStateReason"] == ("ECS deployment circuit breaker: tasks failed to start.")
    assert service["runningCount"] == 2
    assert account.service_deployments()[0]["status"] == "STOPPED"
    assert len(account.tasks(desiredStatus="STOPPED")) == started


def test_nothing_to_roll_back_to(account: Any) -> None:
    """deployment-circuit-breaker: without a completed deployment it stays stalled."""
    account.register("missing")
    account.create(deploymentConfiguration=BREAKER)
    service = account.settle()
    assert [item["rolloutState"] for item in service["deployments"]] == ["FAILED"]
    assert account.service_deployments()[0]["status"] == "STOPPED"


def test_without_breaker_it_goes_on_for_ever(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html: ever longer delays."""
    account.register("crash")
    account.create(desiredCount=1)
    counts = []
    for _ignored in range(3):
        account.emulator.step(1800)
        service = account.service()
        counts.append(service["deployments"][0]["failedTasks"])
        assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert counts[0] > counts[1] - counts[0] >= counts[2] - counts[1] > 0
    assert "is unable to consistently start tasks successfully." in messages(account)
    assert account.service_deployments()[0]["deploymentCircuitBreaker"]["status"] == "DISABLED"


@pytest.mark.parametrize(
    ("threshold", "desired", "expected"),
    [
        ({"type": "BOUNDED_PERCENT", "value": 50}, 1, 3),
        ({"type": "BOUNDED_PERCENT", "value": 50}, 25, 13),
        ({"type": "BOUNDED_PERCENT", "value": 50}, 800, 200),
        ({"type": "UNBOUNDED_PERCENT", "value": 50}, 1, 1),
        ({"type": "UNBOUNDED_PERCENT", "value": 50}, 800, 400),
        ({"type": "COUNT", "value": 7}, 25, 7),
    ],
)
def test_thresholds(account: Any, threshold: Any, desired: int, expected: int) -> None:
    """deployment-circuit-breaker: half of the desired count between 3 and 200; botocore ECS model, ThresholdType."""
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": threshold}
    account.register()
    account.create(desiredCount=desired, deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    assert account.service_deployments()[0]["deploymentCircuitBreaker"]["threshold"] == expected


def test_a_healthy_task_resets_the_count(account: Any) -> None:
    """botocore ECS model, Deployment.failedTasks and DeploymentCircuitBreaker.resetOnHealthyTask."""
    account.emulator.control("images", {"app:flaky": {"behaviour": "crash"}})
    account.register("flaky")
    kept = {"enable": True, "rollback": False, "resetOnHealthyTask": False}
    account.create(desiredCount=1, deploymentConfiguration={"deploymentCircuitBreaker": kept})
    account.emulator.step(20)
    assert account.service()["deployments"][0]["failedTasks"] == 1
    account.emulator.control("images", method="DELETE")
    service = account.settle()
    assert (service["deployments"][0]["failedTasks"], service["runningCount"]) == (0, 1)
    assert account.service_deployments()[0]["deploymentCircuitBreaker"]["failureCount"] == 1


def test_unhealthy_containers(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html: the service stops the task."""
    account.deployed(deploymentConfiguration=BREAKER)
    bad = deploy(account, "unhealthy", container={"healthCheck": CHECK})["deployments"][0]
    account.emulator.step(44)
    assert "UNHEALTHY" in {item["healthStatus"] for item in account.tasks(desiredStatus="STOPPED")}
    service = account.settle()
    assert service["taskDefinition"].endswith("web:1")
    stopped = [item for item in account.tasks(desiredStatus="STOPPED") if item["startedBy"] == bad["id"]]
    reasons = {item["stoppedReason"] for item in stopped}
    assert "Task failed container health checks" in reasons
    assert any(text.endswith("failed container health checks.") for text in messages(account))


def test_unhealthy_targets(account: Any) -> None:
    """service-event-messages-list: is unhealthy in (target-group); the target's health can be read meanwhile."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.deployed(loadBalancers=[balancer], deploymentConfiguration=BREAKER)
    deploy(account, "unhealthy")
    states = set()
    for _ignored in range(30):
        account.emulator.step(5)
        health = account.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        states |= {item["TargetHealth"]["State"] for item in health}
    assert {"initial", "healthy"} <= states
    reason = "(reason Health checks failed with these codes: [502])"
    assert f"(port 80) is unhealthy in (target-group {group}) due to {reason}" in messages(account)
    account.settle()
    service = account.settle()
    assert service["taskDefinition"].endswith("web:1")
    reasons = {item["stoppedReason"] for item in account.tasks(desiredStatus="STOPPED")}
    assert f"Task failed ELB health checks in (target-group {group})" in reasons


def test_grace_period(account: Any) -> None:
    """botocore ECS model, healthCheckGracePeriodSeconds: unhealthy targets are ignored for so long."""
    balancer = {"targetGroupArn": account.target_group(), "containerName": "app", "containerPort": 80}
    account.register("unhealthy")
    account.create(loadBalancers=[balancer], healthCheckGracePeriodSeconds=300)
    account.emulator.step(250)
    assert account.tasks(desiredStatus="STOPPED") == []
    account.emulator.step(100)
    assert len(account.tasks(desiredStatus="STOPPED")) == 2


def test_targets(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html: tasks come and go."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.deployed(loadBalancers=[balancer])

    def targets() -> set[str]:
        health = account.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        assert {item["TargetHealth"]["State"] for item in health} <= {"healthy"}
        return {item["Target"]["Id"] for item in health}

    addresses = {
        detail["value"]
        for task in account.tasks()
        for detail in task["attachments"][0]["details"]
        if detail["name"] == "privateIPv4Address"
    }
    assert targets() == addresses
    account.update(desiredCount=0)
    # Elastic Load Balancing guide, deregistration delay: draining is shown until it is over.
    account.emulator.step(310)
    assert targets() == set()
    texts = messages(account)
    assert f"registered 1 targets in (target-group {group})" in texts
    assert f"deregistered 2 targets in (target-group {group})" in texts
    assert "has begun draining connections on 2 tasks." in texts


# Superseding and stopping


def test_superseded(account: Any) -> None:
    """service-deployment: a newer deployment stops the older one."""
    account.deployed()
    deploy(account, "2")
    account.emulator.step(20)
    service = deploy(account, "3")
    assert [item["status"] for item in service["deployments"]] == ["PRIMARY", "ACTIVE", "ACTIVE"]
    assert [item["status"] for item in account.service_deployments()] == ["PENDING", "STOP_REQUESTED", "SUCCESSFUL"]
    service = account.settle()
    assert service["taskDefinition"].endswith("web:3")
    assert [item["status"] for item in account.service_deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]


def test_rollback_goes_to_the_last_completed(account: Any) -> None:
    """deployment-circuit-breaker: the most recent deployment that COMPLETED, not one that was superseded."""
    account.deployed(deploymentConfiguration=BREAKER)
    deploy(account, "2")
    account.emulator.step(5)
    deploy(account, "missing")
    assert account.settle()["taskDefinition"].endswith("web:1")


def test_stop(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html"""
    account.deployed()
    deploy(account, "2")
    account.emulator.step(20)
    arn = account.service_deployments()[0]["serviceDeploymentArn"]
    stop = account.ecs.stop_service_deployment
    for _ignored in range(2):
        assert stop(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    assert account.service_deployments()[0]["status"] == "ROLLBACK_REQUESTED"
    account.emulator.step(3)
    assert account.service_deployments()[0]["status"] == "ROLLBACK_IN_PROGRESS"
    service = account.settle()
    assert service["taskDefinition"].endswith("web:1")
    assert account.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
    refused("ConflictException", "", stop, serviceDeploymentArn=arn)
    refused("ServiceDeploymentNotFoundException", "", stop, serviceDeploymentArn=f"{arn}x")
    refused("InvalidParameterException", "ROLLBACK", stop, serviceDeploymentArn=arn, stopType="ABORT")


def test_stop_of_the_first(account: Any, refused: Any) -> None:
    """There is nothing to go back to; what AWS answers is not documented."""
    account.register()
    account.create()
    arn = account.service_deployments()[0]["serviceDeploymentArn"]
    refused("InvalidParameterException", "", account.ecs.stop_service_deployment, serviceDeploymentArn=arn)


# Records


def test_service_deployment_life(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html"""
    account.register()
    service = account.create()
    record = account.service_deployments()[0]
    assert record["status"] == "PENDING"
    assert record["serviceDeploymentArn"] == service["currentServiceDeployment"]
    assert record["sourceServiceRevisions"] == []
    digits = service["deployments"][0]["id"].removeprefix("ecs-svc/")
    assert record["targetServiceRevision"]["arn"].endswith(f":service-revision/c/s/{digits}")
    account.emulator.step(5)
    record = account.service_deployments()[0]
    assert record["status"] == "IN_PROGRESS"
    counts = [record["targetServiceRevision"][f"{name}TaskCount"] for name in ("requested", "running", "pending")]
    assert counts == [2, 0, 2]
    account.settle()
    record = account.service_deployments()[0]
    assert (record["status"], record["finishedAt"] > record["startedAt"]) == ("SUCCESSFUL", True)
    deploy(account, "2")
    sources = account.service_deployments()[0]["sourceServiceRevisions"]
    assert [item["arn"].rpartition("/")[2] for item in sources] == [digits]


def test_listing(account: Any, refused: Any) -> None:
    """botocore ECS model, ListServiceDeployments: filters and pages."""
    account.deployed()
    account.emulator.step(1000)
    middle = account.service()["deployments"][0]["updatedAt"].timestamp() + 500
    deploy(account, "2")
    listed = account.ecs.list_service_deployments

    def statuses(**request: Any) -> list[str]:
        return [item["status"] for item in listed(cluster="c", service="s", **request)["serviceDeployments"]]

    assert statuses() == ["PENDING", "SUCCESSFUL"]
    assert statuses(status=["SUCCESSFUL", "STOPPED"]) == ["SUCCESSFUL"]
    assert statuses(createdAt={"after": middle}) == ["PENDING"]
    assert statuses(createdAt={"before": middle}) == ["SUCCESSFUL"]
    page = listed(cluster="c", service="s", maxResults=1)
    assert statuses(nextToken=page["nextToken"]) == ["SUCCESSFUL"]
    refused("ServiceNotFoundException", "", listed, cluster="c", service="nope")


def test_describing(account: Any, refused: Any) -> None:
    """botocore ECS model, DescribeServiceDeployments and DescribeServiceRevisions: failures[], at most twenty."""
    for call, member in (
        (account.ecs.describe_service_deployments, "serviceDeploymentArns"),
        (account.ecs.describe_service_revisions, "serviceRevisionArns"),
    ):
        assert call(**{member: ["arn:x"]})["failures"] == [{"arn": "arn:x", "reason": "MISSING"}]
        refused("InvalidParameterException", "", call, **{member: ["arn:x"] * 21})


def test_revisions(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html: one a deployment."""
    account.deployed()
    deploy(account, "2")
    account.settle()
    arns = [record["targetServiceRevision"]["arn"] for record in account.service_deployments()]
    answer = account.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    assert [item["taskDefinition"][-1] for item in answer] == ["2", "1"]
    image = answer[0]["containerImages"][0]
    assert (image["containerName"], image["image"]) == ("app", "app:2")
    assert image["imageDigest"].startswith("sha256:")
    assert answer[0]["serviceConnectConfiguration"] == {"enabled": False}
    assert answer[0]["platformVersion"] == "1.4.0"


def test_rollback_makes_no_revision(account: Any) -> None:
    """service-revision: a rollback does not create a new one."""
    account.deployed(deploymentConfiguration=BREAKER)
    deploy(account, "missing")
    service = account.settle()
    records = account.service_deployments()
    assert len(records) == 2
    assert service["currentServiceRevisions"][0]["arn"] == records[1]["targetServiceRevision"]["arn"]


# Events


def test_events(account: Any) -> None:
    """service-event-messages-list, and the texts that the console shows."""
    account.deployed()
    texts = messages(account)
    assert texts[0].startswith("has started 2 tasks: (task ")
    identifier = account.service()["deployments"][0]["id"]
    assert texts[1:] == [f"(deployment {identifier}) deployment completed.", "has reached a steady state."]
    times = [event["createdAt"] for event in account.service()["events"]]
    assert times == sorted(times, reverse=True)
    account.emulator.step(3600)
    assert len(account.service()["events"]) == 3


def test_at_most_a_hundred_events(account: Any) -> None:
    """botocore ECS model, Service.events: a maximum of 100."""
    account.deployed()
    for number in range(60):
        account.update(desiredCount=1 + number % 2)
        account.emulator.step(200)
    assert len(account.service()["events"]) == 100


# Instances


def test_no_instances(account: Any) -> None:
    """service-event-messages-list: unable to place a task; said once, and over when an instance comes."""
    account.register_ec2()
    account.create(taskDefinition="host", launchType="EC2", networkConfiguration=None)
    account.emulator.step(3600)
    text = "was unable to place a task because no container instance met all of its requirements."
    assert len([message for message in messages(account) if message.startswith(text)]) == 1
    account.instance()
    assert account.settle()["runningCount"] == 2


def test_daemon(account: Any) -> None:
    """service_definition_parameters: one task on each active instance."""
    account.register_ec2()
    account.create(
        taskDefinition="host",
        launchType="EC2",
        networkConfiguration=None,
        desiredCount=None,
        schedulingStrategy="DAEMON",
    )
    account.instance()
    account.instance(instanceId="i-1")
    service = account.settle()
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert len({item["containerInstanceArn"] for item in account.tasks()}) == 2
