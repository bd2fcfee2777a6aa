# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cause wins when several are seen, and what it is told by: with botocore's stubs behind the door to AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any

import botocore.config
import botocore.session
import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis.diagnose import (
    of_deployment,
    of_tasks,
    stopped_tasks,
)
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock
from botocore.stub import Stubber

ARN = "arn:aws:ecs:eu-west-1:123456789012"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SERVICE = {"serviceName": "web", "clusterArn": f"{ARN}:cluster/shop"}
BALANCED = {
    **SERVICE,
    "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}],
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
}
DEFINITION = {
    "executionRoleArn": "arn:aws:iam::123456789012:role/shop-execution",
    "taskRoleArn": "arn:aws:iam::123456789012:role/shop-task",
    "containerDefinitions": [{"name": "web", "image": "registry.example.com:5000/shop/web:9", "memory": 64}],
}
CRASH = {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
MISSING = {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: manifest unknown"}
SICK = {
    "stopCode": "ServiceSchedulerInitiated",
    "stoppedReason": f"Task failed ELB health checks in (target-group {GROUP})",
}
SPOT = {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted."}


class Stubs:
    """Answers of AWS, in the order in which they are asked for."""

    def __init__(self, stack: ExitStack) -> None:
        settings = {
            "region_name": "eu-west-1",
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": "example",
            "config": botocore.config.Config(parameter_validation=False),
        }
        self.api = Api(botocore.session.Session(), settings, Clock())
        self.ecs, self.elb = (stack.enter_context(Stubber(self.api.client(name))) for name in ("ecs", "elbv2"))

    def tasks(self, *tasks: dict[str, Any]) -> None:
        arns = [task["taskArn"] for task in tasks]
        self.ecs.add_response("list_tasks", {"taskArns": arns})
        if arns:
            self.ecs.add_response("describe_tasks", {"tasks": list(tasks)})

    def definition(self, definition: dict[str, Any] | None = None) -> None:
        self.ecs.add_response("describe_task_definition", {"taskDefinition": definition or DEFINITION})

    def targets(self, *targets: dict[str, Any]) -> None:
        self.elb.add_response("describe_target_health", {"TargetHealthDescriptions": list(targets)})

    def deployment(self, service: dict[str, Any], record: dict[str, Any] | None = None) -> dict[str, Any]:
        found = of_deployment(self.api, service, "ecs-svc/1", record, NOON, log_lines=0)
        self.ecs.assert_no_pending_responses()
        self.elb.assert_no_pending_responses()
        return found


@pytest.fixture
def stubs() -> Iterator[Stubs]:
    with ExitStack() as stack:
        yield Stubs(stack)


def _task(number: int, why: dict[str, str], address: str | None = None, **container: Any) -> dict[str, Any]:
    detail = [{"name": "privateIPv4Address", "value": address}] if address else []
    return {
        "taskArn": f"{ARN}:task/shop/{number:032d}",
        "taskDefinitionArn": f"{ARN}:task-definition/web:2",
        "startedAt": NOON,
        "attachments": [{"type": "ElasticNetworkInterface", "details": detail}],
        "containers": [{"name": "web", **container}],
        **why,
    }


def _target(address: str, reason: str, description: str, state: str = "unhealthy") -> dict[str, Any]:
    return {
        "Target": {"Id": address, "Port": 8080},
        "TargetHealth": {"State": state, "Reason": reason, "Description": description},
    }


def _event(message: str, minutes: int = 1) -> dict[str, Any]:
    return {"createdAt": NOON + timedelta(minutes=minutes), "message": f"(service web) {message}"}


def test_failed_tasks_outweigh_events(stubs: Stubs) -> None:
    stubs.tasks(_task(1, CRASH, exitCode=1))
    stubs.definition()
    full = _event("was unable to place a task. Reason: Capacity is unavailable at this time.")
    found = stubs.deployment({**SERVICE, "events": [full]})
    assert (found["cause"], found["confidence"]) == ("exit-code", "medium")
    assert found["summary"] == "the container web ended with exit code 1 (1 task)"
    assert [event["at"] for event in found["evidence"]["events"]] == ["2026-01-01T12:01:00+00:00"]


def test_a_specific_cause_outweighs_more_exit_codes(stubs: Stubs) -> None:
    stubs.tasks(*(_task(number, CRASH, exitCode=1) for number in range(4)), _task(9, MISSING))
    stubs.definition()
    found = stubs.deployment(SERVICE)
    assert found["cause"] == "image"
    assert found["summary"] == (
        "the image registry.example.com:5000/shop/web:9 cannot be pulled, since the repository shop/web has no tag 9 "
        "(1 task)"
    )
    assert [(group["cause"], group["count"]) for group in found["evidence"]["stopped_tasks"]] == [
        ("image", 1),
        ("exit-code", 4),
    ]


def test_spot_is_the_cause_only_where_nothing_else_is(stubs: Stubs) -> None:
    stubs.tasks(*(_task(number, SPOT) for number in range(3)), _task(9, CRASH, exitCode=1))
    stubs.definition()
    assert stubs.deployment(SERVICE)["cause"] == "exit-code"


def test_an_event_outweighs_what_happens_beside(stubs: Stubs) -> None:
    stubs.tasks(_task(1, SPOT))
    stubs.definition()
    event = _event("was unable to place a task. Reason: Capacity is unavailable at this time.")
    assert stubs.deployment({**SERVICE, "events": [event]})["cause"] == "capacity"


def test_what_ended_the_deployment_outweighs_its_tasks(stubs: Stubs) -> None:
    """The tasks that crash may be why the alarm went off; they stay in the evidence."""
    stubs.tasks(_task(1, CRASH, exitCode=1))
    stubs.definition()
    record = {"alarms": {"status": "TRIGGERED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["a", "b"]}}
    found = stubs.deployment(SERVICE, record)
    assert found["cause"] == "alarm" and found["summary"] == "the alarms a and b went off during the deployment"
    assert found["evidence"]["stopped_tasks"][0]["cause"] == "exit-code"


def test_old_events_tell_nothing(stubs: Stubs) -> None:
    stubs.tasks()
    event = _event("was unable to place a task. Reason: Capacity is unavailable at this time.", minutes=-1)
    found = stubs.deployment({**SERVICE, "events": [event]})
    assert found["cause"] == "unknown" and found["evidence"]["events"] == []
    assert found["summary"] == "no task has stopped and no event tells why"


def test_a_target_explains_a_failed_health_check(stubs: Stubs) -> None:
    stubs.tasks(_task(1, SICK, exitCode=0))
    stubs.tasks(_task(2, {}, "10.0.0.2", healthStatus="HEALTHY"))
    stubs.targets(_target("10.0.0.2", "Target.Timeout", "Request timed out"))
    stubs.definition()
    found = stubs.deployment(BALANCED)
    assert (found["cause"], found["confidence"]) == ("security-group", "medium")
    assert "the security group sg-1 does not let the load balancer in (1 task)" in found["summary"]
    assert found["evidence"]["targets"] == [
        {
            "target_group": GROUP,
            "port": 8080,
            "state": "unhealthy",
            "reason": "Target.Timeout",
            "description": "Request timed out",
            "count": 1,
            "target": "10.0.0.2",
        }
    ]


def test_a_container_that_is_ill_itself_is_not_kept_from_the_load_balancer(stubs: Stubs) -> None:
    stubs.tasks(_task(1, SICK, exitCode=0))
    stubs.tasks(_task(2, {}, "10.0.0.2", healthStatus="UNHEALTHY"))
    stubs.targets(_target("10.0.0.2", "Target.Timeout", "Request timed out"))
    stubs.definition()
    found = stubs.deployment(BALANCED)
    assert found["cause"] == "target-health" and "does not answer" in found["summary"]


def test_targets_of_others_new_ones_and_leaving_ones_are_passed_over(stubs: Stubs) -> None:
    stubs.tasks(_task(1, SICK, exitCode=0))
    stubs.tasks(_task(2, {}, "10.0.0.2"))
    stubs.targets(
        _target("10.9.9.9", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        _target("10.0.0.2", "Elb.RegistrationInProgress", "Target registration is in progress", "initial"),
        _target("10.0.0.2", "Target.DeregistrationInProgress", "Target deregistration is in progress", "draining"),
    )
    stubs.definition()
    found = stubs.deployment(BALANCED)
    assert found["evidence"]["targets"] == []
    assert found["summary"] == "the container web never passed the health check of the target group web (1 task)"


def test_an_event_explains_a_failed_health_check_when_the_targets_are_gone(stubs: Stubs) -> None:
    stubs.tasks(_task(1, SICK, exitCode=0))
    stubs.tasks()
    stubs.targets()
    stubs.definition()
    event = _event(
        f"(task 0) (port 8080) is unhealthy in (target-group {GROUP}) due to (reason Health checks failed with these "
        "codes: [404])"
    )
    found = stubs.deployment({**BALANCED, "events": [event]})
    assert found["cause"] == "target-health" and "answered with 404" in found["summary"]


def test_ecs_words_both_roles_alike(stubs: Stubs) -> None:
    """The definition tells which of the two it is; the deployment names it where no task was started."""
    for name, cause in (("shop-execution", "execution-role"), ("shop-task", "task-role")):
        stubs.tasks()
        arn = f"{ARN}:service-revision/shop/web/1"
        revision = {"serviceRevisionArn": arn, "taskDefinition": f"{ARN}:task-definition/web:2"}
        stubs.ecs.add_response("describe_service_revisions", {"serviceRevisions": [revision]})
        stubs.definition()
        role = f"the role 'arn:aws:iam::123456789012:role/{name}' that was provided for this task"
        event = _event(f"failed to launch a task with (error ECS was unable to assume {role}.).")
        found = stubs.deployment({**SERVICE, "events": [event]}, {"targetServiceRevision": {"arn": arn}})
        assert found["cause"] == cause and f"assume the role {name}" in found["summary"]
        stubs.api.forget()


def test_a_refusal_is_noted_and_never_raised(stubs: Stubs) -> None:
    stubs.ecs.add_client_error("list_tasks", "AccessDeniedException", "not authorized to perform: ecs:ListTasks")
    stubs.ecs.add_client_error("list_tasks", "AccessDeniedException", "not authorized to perform: ecs:ListTasks")
    stubs.elb.add_client_error("describe_target_health", "AccessDenied", "not authorized")
    found = stubs.deployment(BALANCED, {"statusReason": "It is so."})
    assert found["cause"] == "unknown" and found["summary"] == "It is so"
    assert [sentence.split(" could not be seen: ")[0] for sentence in found["evidence"]["not_seen"]] == [
        "The stopped tasks of ecs-svc/1",
        "The running tasks of ecs-svc/1",
        f"The health of the target group {GROUP}",
    ]
    assert all(sentence.endswith(".") for sentence in found["evidence"]["not_seen"])


def test_stopped_tasks_that_may_not_be_seen_are_none(stubs: Stubs) -> None:
    stubs.ecs.add_client_error("list_tasks", "AccessDeniedException", "no")
    assert stopped_tasks(stubs.api, "shop", "ecs-svc/1") == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("web", "the repository web has no tag latest"),
        ("shop/web:9", "the repository shop/web has no tag 9"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:9", "the repository web has no tag 9"),
        ("localhost:5000/web@sha256:abc", "the repository web has no image with the digest sha256:abc"),
    ],
)
def test_an_image_that_is_missing_is_named_part_by_part(stubs: Stubs, image: str, words: str) -> None:
    stubs.definition({"containerDefinitions": [{"name": "web", "image": image}]})
    found = of_tasks(stubs.api, [_task(1, MISSING)], [])
    assert found["summary"] == f"the image {image} cannot be pulled, since {words} (1 task)"


def test_failures_of_run_task_are_explained(stubs: Stubs) -> None:
    failures = [{"arn": f"{ARN}:container-instance/shop/1", "reason": "RESOURCE:MEMORY"}]
    found = of_tasks(stubs.api, [], failures)
    assert found["cause"] == "capacity" and "enough MEMORY" in found["summary"]
    assert found["evidence"]["failures"] == [{"arn": failures[0]["arn"], "reason": "RESOURCE:MEMORY"}]


def test_a_failure_in_unknown_words_is_passed_on(stubs: Stubs) -> None:
    found = of_tasks(stubs.api, [], [{"reason": "The flux ran dry", "detail": "Ask the moon."}])
    assert (found["cause"], found["confidence"]) == ("unknown", "low")
    assert found["summary"] == "The flux ran dry Ask the moon"


def test_a_running_task_tells_of_no_cause(stubs: Stubs) -> None:
    stubs.definition()
    found = of_tasks(stubs.api, [_task(1, {})], [])
    assert found["cause"] == "unknown" and found["summary"] == "no task has stopped"
