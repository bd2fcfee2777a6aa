# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a deployment failed, by whole runs of the module: each cause is brought about, and the message alone must do.

Users of every other tool ask for this; the short forms of their threads are those of test_threads.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator

from .conftest import Shop

ROLES = {
    "execution_role_arn": "arn:aws:iam::123456789012:role/shop-execution",
    "task_role_arn": "arn:aws:iam::123456789012:role/shop-task",
}
LOGGED = {
    "log_driver": "awslogs",
    "options": {"awslogs-group": "/shop/web", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"},
}
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf"
SMOKE = "arn:aws:lambda:eu-central-1:123456789012:function:smoke"
INFRASTRUCTURE = "arn:aws:iam::123456789012:role/shop-infrastructure"


class Failing:
    """A service that runs well, and a way to deploy to it what does not."""

    def __init__(self, shop: Shop, target_group: str) -> None:
        self.shop = shop
        balancer = {"target_group_arn": target_group, "container_name": "web", "container_port": 80}
        self.base: dict[str, Any] = {"load_balancers": [balancer]}
        self.register("web:1")
        good = self.deploy()
        assert not good.get("failed"), good["msg"]

    def register(self, image: str, **container: Any) -> None:
        """Register a revision with this image; it writes logs and checks its own health."""
        container = {
            "log_configuration": LOGGED,
            "health_check": {"command": ["CMD", "true"]},
            "secrets": {"PASSWORD": f"{SECRET}:PASSWORD::"},
            **container,
        }
        self.shop.module.ok("task_definition", **{**self.shop.definition(image, **container), **ROLES})

    def deploy(self, **options: Any) -> dict[str, Any]:
        """Deploy the newest revision."""
        return self.shop.deploy(**{**self.base, **options})

    def fail(self, image: str, **options: Any) -> dict[str, Any]:
        """Deploy a revision with this image and expect a failure."""
        self.register(image)
        result = self.deploy(**options)
        assert result.get("failed"), result
        return result


@pytest.fixture
def failing(shop: Shop, client: Callable[[str], Any], target_group: str) -> Failing:
    client("logs").create_log_group(logGroupName="/shop/web")
    return Failing(shop, target_group)


def _first_sentence(result: dict[str, Any]) -> str:
    return str(result["msg"].split(" It runs ")[0])


def _check(result: dict[str, Any], cause: str, said: list[str], step: str) -> dict[str, Any]:
    """Check what every diagnosis must be, and give it."""
    diagnosis: dict[str, Any] = result["diagnosis"]
    assert diagnosis["cause"] == cause, result["msg"]
    assert [words for words in said if words not in _first_sentence(result)] == [], result["msg"]
    assert diagnosis["summary"] in result["msg"] and diagnosis["next_step"] in result["msg"]
    assert step in diagnosis["next_step"]
    assert diagnosis["evidence"]["not_seen"] == []
    return diagnosis


# The emulator's images by the trouble that they make: what is diagnosed, what the first sentence and the step name.
TROUBLES = [
    ("missing", "image", ["image web:missing", "repository web has no tag missing"], "Push the image"),
    ("pull-private", "registry-auth", ["registry of the image web:pull-private"], "repository_credentials"),
    ("pull-denied", "execution-role", ["shop-execution", "ecr:BatchGetImage"], "Allow ecr:BatchGetImage"),
    ("registry-denied", "execution-role", ["shop-execution", "ecr:GetAuthorizationToken"], "Allow ecr:"),
    ("execution-role", "execution-role", ["assume the role shop-execution"], "ecs-tasks.amazonaws.com"),
    ("task-role", "task-role", ["assume the role shop-task"], "ecs-tasks.amazonaws.com"),
    ("task-role-denied", "task-role", ["shop-task", "s3:GetObject"], "arn:aws:s3:::settings/app.json"),
    ("secret-missing", "secret", [SECRET, "does not exist"], "Create the secret"),
    ("secret-key", "secret", [SECRET, "has no key PASSWORD"], "Add the key PASSWORD"),
    ("parameter-missing", "secret", ["does not exist in the Parameter Store"], "Create the parameter"),
    ("platform", "exec-format", ["web:platform has no build for linux/amd64"], "Build the image"),
    ("exec-format", "exec-format", ["container web", "another processor than X86_64"], "Build the image"),
    ("command", "command", ["container web", "missing in the image"], "entry_point"),
    ("exit-127", "command", ["container web", "exit code 127"], "entry_point"),
    ("crash", "exit-code", ["container web ended with exit code 1", "ERROR the application cannot go on"], "log lines"),
    ("oom", "out-of-memory", ["container web was killed for lack of memory: it may use 512 MiB"], "Raise memory"),
    ("exit-137", "out-of-memory", ["container web was killed (exit code 137), most likely"], "Raise memory"),
    ("container-unhealthy", "container-health", ["container web never passed its own health check"], "health_check"),
    ("target-not-found", "target-health", ["container web on port 80", "404", "target group web"], "matcher"),
    ("target-closed", "port", ["container web accepts no connection", "port 80"], "0.0.0.0"),
    ("port-in-use", "port", ["container web cannot listen", "port 80"], "another port"),
    ("target-timeout", "security-group", ["no answer from the container web on port 80", "security group"], "Let the"),
    ("database-timeout", "security-group", ["10.0.0.9:5432"], "security groups"),
    ("registry-timeout", "subnet-route", ["cannot reach Amazon ECR from the subnets subnet-"], "NAT gateway"),
    ("no-addresses", "capacity", ["subnet-", "no free address"], "Name further subnets"),
    ("pull-rate-limit", "quota", ["web:pull-rate-limit", "pull rate limit"], "pull through cache"),
    ("log-group-missing", "logging", ["logs of the container web", "log group /shop/web"], "Create the log group"),
    ("efs-denied", "volume", ["file system"], "the task role shop-task"),
]


@pytest.mark.parametrize(("tag", "cause", "said", "step"), TROUBLES, ids=[row[0] for row in TROUBLES])
def test_the_cause_of_failed_tasks_is_named(failing: Failing, tag: str, cause: str, said: list[str], step: str) -> None:
    """ga#447, ga#454, fd#195, cp#4417, tf#18329: the deployment failed, and the tool does not say why."""
    result = failing.fail(f"web:{tag}")
    assert result["failure"]["code"] == "RolledBack"
    diagnosis = _check(result, cause, said, step)
    assert diagnosis["evidence"]["circuit_breaker"]["status"] == "TRIGGERED"
    assert any("deployment failed" in event["message"] for event in diagnosis["evidence"]["events"])


@pytest.mark.parametrize(
    ("kind", "cause", "said", "step"),
    [
        ("unavailable", "capacity", "no capacity", "further zones"),
        ("quota", "quota", "quota of vCPUs", "Service Quotas"),
        ("memory-limit", "quota", "quota of MEMORY", "Service Quotas"),
        ("internal", "placement", "Availability Zone", "other zones"),
    ],
)
def test_a_task_that_finds_no_place_on_fargate_is_explained(
    failing: Failing, emulator: Emulator, kind: str, cause: str, said: str, step: str
) -> None:
    emulator.control("capacity", {"fargate": kind})
    _check(failing.fail("web:2", wait_timeout=300), cause, [said], step)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("unavailable", ("capacity", ["has no instance"], "Add instances")),
        ("memory", ("capacity", ["enough memory"], "Add instances")),
        ("port", ("port", ["host port"], "host_port")),
        ("agent", ("placement", ["agent"], "Restart the agent")),
        ("attribute", ("placement", ["attributes"], "placement_constraints")),
    ],
)
def test_a_task_that_finds_no_place_on_instances_is_explained(
    shop: Shop, client: Callable[[str], Any], emulator: Emulator, kind: str, expected: tuple[str, list[str], str]
) -> None:
    identity = '{"accountId": "123456789012", "availabilityZone": "eu-central-1a", "instanceId": "i-0123456789abcdef0"}'
    client("ecs").register_container_instance(
        cluster="shop", instanceIdentityDocument=identity, instanceIdentityDocumentSignature="x"
    )
    container = {"name": "web", "image": "web:1", "memory": 128}
    shop.module.ok("task_definition", family="web", container_definitions=[container])
    emulator.control("capacity", {"ec2": kind})
    options: dict[str, Any] = {"launch_type": "EC2", "network_configuration": None, "wait_timeout": 120}
    _check(shop.deploy(**options), *expected)


def test_spot_capacity_that_is_taken_back_is_named(failing: Failing) -> None:
    diagnosis = _check(failing.fail("web:spot", wait_timeout=60), "spot", ["Spot capacity"], "FARGATE_SPOT")
    assert {task["stop_code"] for task in diagnosis["evidence"]["stopped_tasks"]} == {"SpotInterruption"}


def test_an_alarm_that_went_off_is_named(failing: Failing, client: Callable[[str], Any]) -> None:
    watch = client("cloudwatch")
    metric = {"Namespace": "shop", "MetricName": "errors", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
    watch.put_metric_alarm(AlarmName="web-5xx", ComparisonOperator="GreaterThanThreshold", Threshold=1, **metric)
    watch.set_alarm_state(AlarmName="web-5xx", StateValue="OK", StateReason="well")
    alarms = {"alarm_names": ["web-5xx"], "enable": True, "rollback": True}
    failing.register("web:2")
    clock, sleep = failing.shop.module.clock, failing.shop.module.clock.sleep

    def ring(seconds: float) -> None:
        watch.set_alarm_state(AlarmName="web-5xx", StateValue="ALARM", StateReason="too many")
        clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)

    clock.sleep = ring  # type: ignore[method-assign]
    result = failing.deploy(deployment_configuration={"alarms": alarms})
    diagnosis = _check(result, "alarm", ["the alarm web-5xx went off"], "web-5xx")
    assert diagnosis["evidence"]["alarms"] == {"status": "TRIGGERED", "triggered": ["web-5xx"]}


def test_a_hook_that_failed_is_named(shop: Shop, emulator: Emulator) -> None:
    emulator.control("hooks", {"smoke": ["SUCCEEDED", "FAILED"]})
    hook = {"hook_target_arn": SMOKE, "role_arn": INFRASTRUCTURE, "lifecycle_stages": ["POST_SCALE_UP"]}
    configuration = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 0, "lifecycle_hooks": [hook]}
    shop.register()
    first = shop.deploy(deployment_configuration=configuration)
    assert not first.get("failed"), first["msg"]
    shop.register("web:2")
    diagnosis = _check(shop.deploy(), "hook", ["the lifecycle hook smoke failed", "POST_SCALE_UP"], "logs of")
    assert diagnosis["evidence"]["hooks"] == [{"hook": SMOKE, "status": "FAILED"}]


def test_a_role_of_the_service_that_lacks_a_permission_is_named(failing: Failing, emulator: Emulator) -> None:
    emulator.control("capacity", {"elb": "denied"})
    result = failing.fail("web:2", wait_timeout=300)
    _check(result, "permission", ["may not do elasticloadbalancing:RegisterTargets"], "Allow elasticloadbalancing:")


def test_limits_that_let_no_task_move_are_named(failing: Failing) -> None:
    limits = {"minimum_healthy_percent": 100, "maximum_percent": 100}
    zones = {"availability_zone_rebalancing": "DISABLED"}
    result = failing.fail("web:2", wait_timeout=300, deployment_configuration=limits, **zones)
    _check(result, "deployment-configuration", ["minimum_healthy_percent and maximum_percent"], "maximum_percent")


def test_words_that_are_not_known_are_passed_on(failing: Failing, emulator: Emulator) -> None:
    """AWS words a new trouble as it likes: the user reads its words, and that we do not know better."""
    emulator.control("images", {"web:new": {"stage": "pull", "stopped_reason": "The flux ran dry. Ask the moon."}})
    diagnosis = _check(failing.fail("web:new"), "unknown", ["The flux ran dry; Ask the moon (4 tasks)"], "evidence")
    assert diagnosis["confidence"] == "low"


def test_the_other_parts_are_shown_when_a_permission_is_missing(failing: Failing, emulator: Emulator) -> None:
    """The log is the only thing that says which program failed; without it the exit code has to do."""
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "not authorized", "status": 400}
    emulator.control("faults", {**denied, "service": "logs", "operation": "GetLogEvents"})
    result = failing.fail("web:task-role-denied")
    assert result["diagnosis"]["cause"] == "exit-code"
    (sentence,) = result["diagnosis"]["evidence"]["not_seen"]
    assert "log of web (/shop/web, web/web/" in sentence and "GetLogEvents was refused" in sentence


def test_nothing_that_is_denied_is_fatal(failing: Failing, emulator: Emulator) -> None:
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "not authorized", "status": 400}
    failing.register("web:missing")
    for service, operation in (
        ("ecs", "ListTasks"),
        ("ecs", "ListServiceDeployments"),
        ("ecs", "DescribeTaskDefinition"),
        ("elasticloadbalancing", "DescribeTargetHealth"),
    ):
        emulator.control("faults", {**denied, "service": service, "operation": operation})
    result = failing.shop.deploy("web:2", **failing.base)
    assert result["failed"] and result["diagnosis"]["evidence"]["stopped_tasks"] == []
    assert any("ListTasks was refused" in sentence for sentence in result["diagnosis"]["evidence"]["not_seen"])


def test_stopped_tasks_are_grouped_by_cause(failing: Failing) -> None:
    diagnosis = failing.fail("web:missing")["diagnosis"]
    (group,) = diagnosis["evidence"]["stopped_tasks"]
    assert group["cause"] == "image" and group["count"] >= 3
    assert group["containers"] == ["web"] and group["stop_code"] == "TaskFailedToStart"
    assert len(group["example"]) == 32 and "CannotPullContainerError" in group["reason"]
    assert f"({group['count']} tasks)" in diagnosis["summary"]


def test_the_last_lines_of_the_failing_container_are_shown_without_secrets(
    failing: Failing, emulator: Emulator
) -> None:
    """cp#1938, transcom/mymove#310: show the log of the tasks that failed, where it says that they failed."""
    lines = [*(f"line {number}" for number in range(20)), "login with password=hunter2", "FATAL no such user"]
    emulator.control("images", {"web:chatty": {"exit_code": 3, "logs": lines, "stage": "run"}})
    diagnosis = failing.fail("web:chatty", log_lines=4)["diagnosis"]
    (log,) = diagnosis["evidence"]["logs"]
    assert log["container"] == "web" and log["group"] == "/shop/web"
    assert log["lines"] == ["line 18", "line 19", "login with password=********", "FATAL no such user"]
    assert "exit code 3, and its log ends with: FATAL no such user" in diagnosis["summary"]


def test_the_last_line_is_in_the_sentence_without_secrets(failing: Failing, emulator: Emulator) -> None:
    emulator.control(
        "images", {"web:leaky": {"exit_code": 3, "logs": ["cannot log in, password=hunter2"], "stage": "run"}}
    )
    result = failing.fail("web:leaky")
    assert "hunter2" not in str(result) and "password=********" in _first_sentence(result)


def test_without_the_logs_of_a_container_the_diagnosis_says_so(failing: Failing) -> None:
    other = {**LOGGED, "options": {**LOGGED["options"], "awslogs-region": "us-east-1"}}  # type: ignore[dict-item]
    failing.register("web:crash", log_configuration=other)
    evidence = failing.deploy()["diagnosis"]["evidence"]
    assert evidence["logs"] == []
    assert evidence["not_seen"] == ["The log of web could not be seen: it goes to /shop/web in us-east-1."]


@pytest.mark.parametrize(
    ("tag", "cause", "words", "step"),
    [
        ("missing", "image", "the image web:missing cannot be pulled", "Push the image"),
        ("oom", "out-of-memory", "the container web was killed for lack of memory", "Raise memory"),
        ("exec-format", "exec-format", "another processor than X86_64", "Build the image"),
    ],
)
def test_a_task_that_fails_is_explained_too(failing: Failing, tag: str, cause: str, words: str, step: str) -> None:
    """cp#1893: the reason of the container is shown, and that of the task is not."""
    failing.register(f"web:{tag}")
    run = {name: failing.shop.base[name] for name in ("cluster", "launch_type", "network_configuration")}
    result = failing.shop.module("task", task_definition="web", **run)
    assert result["failed"]
    _check(result, cause, [words], step)


def test_few_calls_are_enough(failing: Failing, emulator: Emulator) -> None:
    """No more than one call for each kind of thing that is looked at, once the deployment has ended."""
    failing.register("web:crash")
    seen = len(emulator.calls())
    failing.deploy()
    made = emulator.operations(seen)
    reads = [name for name in made if name not in ("DescribeServices", "UpdateService")]
    assert made.count("DescribeTasks") <= 2 and made.count("GetLogEvents") == 1
    assert made.count("DescribeTargetHealth") == 1 and reads.count("DescribeTaskDefinition") <= 2
