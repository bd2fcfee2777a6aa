# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles scheduled_task, run_task and batch, and the playbook batch: from an empty account to an empty account."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

from .account import TEARDOWN, Account
from .test_fargate_web import planned as planned_network

HERE = Path(__file__).parent
SCHEDULED, ONCE, BATCH = str(HERE / "scheduled_task.yml"), str(HERE / "run_task.yml"), "longshore.ecs.batch"
# What check mode does in the place of a module that cannot plan, and that module.
MINE, ITS = "longshore.ecs.scheduled_task : ", "longshore.ecs.workload : "
PLANNED = {
    f"{ITS}Plan what each role may do": f"{ITS}Write what each role may do",
    f"{MINE}Plan what the role may do": f"{MINE}Write what the role may do",
    f"{MINE}Plan to report tasks that fail": f"{MINE}Report tasks that fail",
}
JOB = "public.ecr.aws/docker/library/busybox:1.37"


def planned(names: list[str]) -> set[str]:
    """Give the names of the tasks that will change something, from a plan."""
    return planned_network([PLANNED.get(name, name) for name in names])


def job(account: Account) -> None:
    """Let the example end by itself, as jobs do, but fail for commands with that word: the first rule that fits."""
    account.emulator.control("images", {f"{JOB} *fail*": {"behaviour": "exit-3"}, f"{JOB}*": {"behaviour": "exit-0"}})


def started(account: Account, cluster: str = "demo-hello") -> list[dict[str, Any]]:
    """Give the tasks that ECS shows."""
    ecs = account.client("ecs")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
    ]
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]) if arns else []


def test_life_of_a_scheduled_task(account: Account) -> None:
    network = account.existing_vpc()
    before = account.leftovers()
    job(account)
    account.emulator.control("strict", {"roles": True})
    plan = account.play(SCHEDULED, "--check", "--diff", **network).ok()
    assert account.written == []
    built = account.play(SCHEDULED, **network).ok()
    assert planned(plan.changed) == set(built.changed)
    check_role(account)
    now = account.emulator.clock(speed=0)["now"]
    account.emulator.clock(step=(3 * 3600 - now) % 86400 + 120)  # two minutes past three
    (task,) = started(account)
    assert task["startedBy"] == "chronos-schedule/demo-hello-job" and task["launchType"] == "FARGATE"
    assert task["createdAt"].astimezone(UTC).strftime("%H:%M") == "03:00"

    account.emulator.clock(speed=60)
    for mode in (["--check", "--diff"], []):
        assert account.play(SCHEDULED, *mode, **network).ok().changed == []
        assert account.written == []

    change = {**network, "scheduled_task_schedule": "rate(6 hours)", "scheduled_task_spot": "100"}
    change["scheduled_task_time_zone"] = "Europe/Berlin"
    predicted = account.play(SCHEDULED, "--check", **change).ok()
    changed = account.play(SCHEDULED, **change).ok()
    assert predicted.changed == changed.changed == ["longshore.ecs.scheduled_task : Make the schedule"]
    assert account.written == ["UpdateSchedule"]
    parameters = account.client("scheduler").get_schedule(Name="demo-hello-job")["Target"]["EcsParameters"]
    assert parameters["CapacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"

    gone = {**network, "scheduled_task_state": "absent"}
    plan = account.play(SCHEDULED, "--check", **gone).ok()
    assert account.written == []
    removed = account.play(SCHEDULED, **gone).ok()
    assert planned(plan.changed) == set(removed.changed)
    assert account.leftovers() == before
    assert account.client("scheduler").list_schedules()["Schedules"] == []
    assert "QueueUrls" not in account.client("sqs").list_queues()
    assert account.client("events").list_rules()["Rules"] == []
    assert account.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert account.play(SCHEDULED, **gone).ok().changed == []


def check_role(account: Account) -> None:
    """The schedule's role may run this family in this cluster, and pass its two roles."""
    role = account.client("iam").get_role(RoleName="demo-hello-job-schedule")["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    group = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"
    assert trust["Condition"]["StringEquals"]["aws:SourceArn"] == group
    statements = account.policy("demo-hello-job-schedule", "run-task")
    home = "arn:aws:ecs:us-east-1:123456789012"
    run, tag, give, send = statements
    assert run["Resource"] == [f"{home}:task-definition/demo-hello-job", f"{home}:task-definition/demo-hello-job:*"]
    assert run["Condition"] == {"ArnEquals": {"ecs:cluster": f"{home}:cluster/demo-hello"}}
    assert tag["Resource"] == f"{home}:task/demo-hello/*"
    roles = [f"arn:aws:iam::123456789012:role/demo-hello-job-{name}" for name in ("exec", "task")]
    assert sorted(give["Resource"]) == roles
    assert send["Resource"] == "arn:aws:sqs:us-east-1:123456789012:demo-hello-job-failed"
    assert "*" not in [statement["Resource"] for statement in statements]


def test_what_cannot_be_started_is_reported(account: Account) -> None:
    network = account.existing_vpc()
    job(account)
    account.play(SCHEDULED, **network, scheduled_task_schedule="rate(1 day)", scheduled_task_retry_attempts=1).ok()
    (rule,) = account.client("events").list_rules()["Rules"]
    pattern = json.loads(rule["EventPattern"])["detail"]
    assert pattern["startedBy"] == ["chronos-schedule/demo-hello-job"]
    account.emulator.clock(speed=0)
    account.emulator.control("capacity", {"fargate": "unavailable"})
    account.emulator.clock(step=90000)
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName="demo-hello-job-failed")["QueueUrl"]
    started(account)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"] == "1"
    (alarm,) = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "demo-hello-job-failed"}]


def test_life_of_a_task_that_runs_once(account: Account) -> None:
    network = account.existing_vpc()
    before = account.leftovers()
    job(account)
    plan = account.play(ONCE, "--check", "--diff", **network).ok()
    assert account.written == []
    built = account.play(ONCE, **network, run_task_once="first").ok()
    assert planned(plan.changed) == set(built.changed)
    result = built.task("Say how it ended").result["run_task_result"]
    assert result["exit_codes"] == {"task": 0} and len(result["tasks"]) == 1
    account.emulator.clock(speed=0)  # ECS shows the task for an hour, which is a minute otherwise
    assert account.play(ONCE, **network, run_task_once="first").ok().changed == []
    account.emulator.clock(speed=60)
    account.emulator.control("images", {f"{JOB}*": {"behaviour": "exit-4"}})
    failed = account.play(ONCE, **network)
    (task,) = failed.failed
    assert "exit" in task.result["msg"] and "4" in task.result["msg"]
    gone = {**network, "run_task_state": "absent"}
    plan = account.play(ONCE, "--check", **gone).ok()
    removed = account.play(ONCE, **gone).ok()
    assert planned(plan.changed) == set(removed.changed)
    assert account.leftovers() == before


def test_life_of_a_batch(account: Account) -> None:
    job(account)
    plan = account.play(BATCH, "--check", "--diff").ok()
    assert account.written == []
    built = account.play(BATCH).ok()
    assert planned(plan.changed) == set(built.changed)
    assert len(started(account)) == 3
    said = built.task("longshore.ecs.batch : Say what became of the items").result["msg"]
    assert said[-1] == "3 of 3 items succeeded, 0 failed" and said[0].startswith("one: succeeded, exit code 0")

    account.emulator.clock(speed=0)  # ECS shows the tasks for an hour, which is a minute otherwise
    assert account.play(BATCH).ok().changed == []
    assert account.written == []
    account.emulator.clock(speed=60)

    items = [{"name": "good", "command": ["sh", "-c", "true"]}, {"name": "bad", "command": ["sh", "-c", "fail"]}]
    failed = account.play(BATCH, batch_items=items, batch_run="second", batch_retries=1)
    (task,) = failed.failed
    assert "1 of 2 items of the batch second failed (bad)" in task.result["msg"]
    assert [request for request in account.written if request == "RunTask"] == ["RunTask"] * 3
    account.emulator.clock(speed=20)
    account.emulator.control("images", {f"{JOB} *fail*": {"behaviour": "exit-0"}})
    account.play(BATCH, batch_items=items, batch_run="second").ok()
    assert account.written.count("RunTask") == 1

    account.play(TEARDOWN, teardown_of="batch").ok()
    assert account.leftovers() == {}
