# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules: made, changed in part, refused before they would fail at night, and really run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun
from support.steps import four_steps

Client = Callable[[str], Any]
ROLE = "arn:aws:iam::123456789012:role/runs-report"
HOME = "arn:aws:ecs:eu-central-1:123456789012"


@pytest.fixture
def base(module: ModuleRun, subnets: list[str]) -> dict[str, Any]:
    """Give the options of a schedule, and make the cluster and the family that it needs."""
    module.ok("cluster", name="shop", capacity_providers=["FARGATE", "FARGATE_SPOT"])
    register(module)
    return {
        "name": "report",
        "cron": "30 3 ? * MON-FRI *",
        "time_zone": "Europe/Berlin",
        "cluster": "shop",
        "task_definition": "report",
        "launch_type": "FARGATE",
        "network_configuration": {"awsvpc_configuration": {"subnets": subnets}},
        "role_arn": ROLE,
    }


def register(module: ModuleRun, family: str = "report", mode: str = "awsvpc") -> None:
    fargate = {"requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512"} if mode == "awsvpc" else {}
    module.ok(
        "task_definition",
        family=family,
        network_mode=mode,
        container_definitions=[{"name": "report", "image": "report:exit-0", "memory": 64}],
        **fargate,
    )


def stored(client: Client, name: str = "report", group: str = "default") -> dict[str, Any]:
    shown = dict(client("scheduler").get_schedule(Name=name, GroupName=group))
    shown.pop("ResponseMetadata")
    return shown


def test_the_twelve_steps(module: ModuleRun, emulator: Emulator, client: Client, base: dict[str, Any]) -> None:
    made = four_steps(module, emulator, "schedule", **base)
    assert [action["operation"] for action in made["actions"]] == ["CreateSchedule"]
    target = stored(client)["Target"]
    assert target["Arn"] == f"{HOME}:cluster/shop"
    assert target["EcsParameters"]["TaskDefinitionArn"] == f"{HOME}:task-definition/report"
    assert not module.ok("schedule", name="report", definition=made["schedule"])["changed"]
    (shown,) = module.ok("schedule_info", name="report")["schedules"]
    assert not module.ok("schedule", name="report", definition=shown)["changed"]
    assert not module.ok("schedule", definition=json.loads(json.dumps(stored(client), default=str)))["changed"]
    changed = four_steps(module, emulator, "schedule", **{**base, "cron": "0 4 ? * MON-FRI *", "task_count": 2})
    assert changed["diff"] == {
        "before": {"schedule_expression": "cron(30 3 ? * MON-FRI *)", "task_count": 1},
        "after": {"schedule_expression": "cron(0 4 ? * MON-FRI *)", "task_count": 2},
    }
    gone = four_steps(module, emulator, "schedule", name="report", state="absent")
    assert [action["operation"] for action in gone["actions"]] == ["DeleteSchedule"]


def test_a_change_keeps_what_nobody_speaks_of(module: ModuleRun, client: Client, base: dict[str, Any]) -> None:
    overrides = {"container_overrides": [{"name": "report", "command": ["a"], "environment": {"B": "1", "A": "2"}}]}
    more = {
        "description": "Mine",
        "start_date": "2099-01-01T00:00:00Z",
        "end_date": "2099-06-01 00:00:00+02:00",
        "flexible_time_window": {"maximum_window_in_minutes": 15},
        "retry_policy": {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 600},
        "dead_letter_config": {"arn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
        "kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "action_after_completion": "DELETE",
        "task_tags": {"a": "b"},
        "propagate_tags": "TASK_DEFINITION",
        "enable_execute_command": True,
        "task_group": "nightly",
        "overrides": overrides,
    }
    module.ok("schedule", **base, **more)
    before = stored(client)
    assert not module.ok("schedule", **base, **more)["changed"]
    module.ok("schedule", name="report", enabled=False)
    after = stored(client)
    assert (before.pop("State"), after.pop("State")) == ("ENABLED", "DISABLED")
    for shown in (before, after):
        shown.pop("LastModificationDate")
    assert before == after
    assert json.loads(after["Target"]["Input"])["containerOverrides"][0]["command"] == ["a"]


def test_an_empty_value_clears(module: ModuleRun, client: Client, base: dict[str, Any]) -> None:
    more: dict[str, Any] = {
        "description": "Mine",
        "end_date": "2099-01-01T00:00:00Z",
        "flexible_time_window": {"maximum_window_in_minutes": 15},
        "retry_policy": {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 600},
        "dead_letter_config": {"arn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
        "kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "task_tags": {"a": "b"},
        "propagate_tags": "TASK_DEFINITION",
        "overrides": {"cpu": "512"},
    }
    module.ok("schedule", **base)
    plain = stored(client)
    module.ok("schedule", **base, **more)
    empty = {name: "" if isinstance(value, str) else {} for name, value in more.items()}
    module.ok("schedule", name="report", **empty)
    cleared = stored(client)
    for shown in (plain, cleared):
        shown.pop("LastModificationDate")
    assert cleared == plain
    assert not module.ok("schedule", name="report", **empty)["changed"]


def test_launch_type_and_strategy_replace_each_other(module: ModuleRun, client: Client, base: dict[str, Any]) -> None:
    module.ok("schedule", **base)
    strategy = [{"capacity_provider": "FARGATE_SPOT", "weight": 2}, {"capacity_provider": "FARGATE", "base": 1}]
    module.ok("schedule", name="report", capacity_provider_strategy=strategy)
    parameters = stored(client)["Target"]["EcsParameters"]
    assert "LaunchType" not in parameters and len(parameters["CapacityProviderStrategy"]) == 2
    turned = {"capacity_provider_strategy": strategy[::-1]}
    assert not module.ok("schedule", name="report", **turned)["changed"]
    module.ok("schedule", name="report", launch_type="FARGATE")
    assert "CapacityProviderStrategy" not in stored(client)["Target"]["EcsParameters"]


def test_it_runs_the_latest_revision(
    module: ModuleRun, emulator: Emulator, client: Client, base: dict[str, Any]
) -> None:
    base.pop("cron")
    module.ok(
        "schedule", **base, rate="1 hour", overrides={"container_overrides": [{"name": "report", "command": ["x"]}]}
    )
    register(module, "other")
    module.ok(
        "task_definition",
        family="report",
        definition={"cpu": "512", "memory": "1024"},
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        container_definitions=[{"name": "report", "image": "report:exit-0"}],
    )
    emulator.clock(step=3700)
    ecs = client("ecs")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="shop", desiredStatus=status)["taskArns"]
    ]
    tasks = sorted(ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"], key=lambda task: task["createdAt"])
    assert tasks[-1]["taskDefinitionArn"].endswith("report:2")
    assert tasks[-1]["startedBy"] == "chronos-schedule/report"
    assert tasks[-1]["overrides"]["containerOverrides"][0]["command"] == ["x"]


def test_networks_may_be_given_by_name_and_flat(module: ModuleRun, client: Client, base: dict[str, Any]) -> None:
    ec2 = client("ec2")
    subnet = base["network_configuration"]["awsvpc_configuration"]["subnets"][0]
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "private-a"}])
    base["network_configuration"] = {"subnets": ["private-a"], "security_groups": ["default"], "assign_public_ip": True}
    module.ok("schedule", **base)
    vpc = stored(client)["Target"]["EcsParameters"]["NetworkConfiguration"]["awsvpcConfiguration"]
    assert vpc["Subnets"] == [subnet] and vpc["SecurityGroups"][0].startswith("sg-")
    assert vpc["AssignPublicIp"] == "ENABLED"
    assert not module.ok("schedule", **base)["changed"]


CASES: list[tuple[dict[str, Any], str]] = [
    ({"cron": "0 3 * * *"}, "cron: '0 3 * * *' has 5 fields, AWS wants 6"),
    ({"cron": "0 3 * * * *"}, "needs ? for day-of-month or for day-of-week"),
    ({"cron": "61 3 * * ? *"}, "cron: '61' is no minutes: it takes 0 to 59"),
    ({"cron": "0 3 ? * MONDAY *"}, "cron: 'MONDAY' is no day-of-week"),
    ({"cron": None, "rate": "5 minuets"}, "rate: '5 minuets' is no rate"),
    ({"cron": None, "rate": "0 minutes"}, "rate: '0 minutes' is no rate"),
    ({"rate": "5 minutes"}, "rate and cron exclude each other"),
    ({"schedule_expression": "rate(5 minutes)"}, "cron and schedule_expression exclude each other"),
    ({"cron": None, "schedule_expression": "daily"}, "schedule_expression: 'daily' is no schedule"),
    ({"cron": None, "at": "tomorrow"}, "at: 'tomorrow' is no date"),
    ({"cron": None, "at": "2001-01-01T00:00:00"}, "at: 2001-01-01T00:00:00 in Europe/Berlin lies in the past"),
    ({"cron": None}, "schedule_expression, rate, cron or at is required"),
    ({"time_zone": "Berlin"}, "there is no time zone 'Berlin'; did you mean Europe/Berlin?"),
    ({"time_zone": "CET/Nowhere"}, "there is no time zone 'CET/Nowhere'"),
    ({"start_date": "soon"}, "start_date: 'soon' is no date"),
    ({"start_date": "2001-01-01T00:00:00Z"}, "start_date: 2001-01-01T00:00:00Z lies in the past"),
    ({"end_date": "2001-01-01T00:00:00Z"}, "end_date: 2001-01-01T00:00:00Z lies in the past"),
    ({"start_date": "2099-01-02", "end_date": "2099-01-01"}, "is not after start_date"),
    ({"network_configuration": None}, "network_configuration is required: tasks on Fargate"),
    ({"network_configuration": None, "launch_type": None}, "report has the network mode awsvpc"),
    ({"launch_type": "EC2"}, "launch_type: report is made for FARGATE, not for EC2"),
    ({"launch_type": "FARGAT"}, "did you mean FARGATE?"),
    ({"capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]}, "exclude each other"),
    ({"task_definition": "reprot"}, "task_definition: there is no reprot in eu-central-1"),
    ({"cluster": "shpo"}, "cluster: there is no cluster shpo in eu-central-1"),
    ({"role_arn": "runs-report"}, "role_arn: 'runs-report' is no ARN of a role"),
    ({"dead_letter_config": {"arn": "arn:aws:sqs:eu-central-1:123456789012:d.fifo"}}, "takes no FIFO queue"),
    ({"flexible_time_window": {"mode": "FLEXIBLE"}}, "needs a maximum_window_in_minutes"),
    ({"flexible_time_window": {"maximum_window_in_minutes": 2000}}, "2000 is out of range"),
    ({"task_count": 11}, "11 is out of range"),
    ({"overrides": {"container_overrides": [{"name": "reprt"}]}}, "did you mean report?"),
    ({"overrides": {"container_override": []}}, "no such member of TaskOverride"),
    ({"tags": {"a": "b"}}, "longshore.ecs.schedule_group"),
    ({"name": "a b"}, "name: 'a b' is no name"),
    ({"name": None}, "name is required"),
]


@pytest.mark.parametrize(("options", "words"), CASES, ids=[words[:40] for _options, words in CASES])
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    module: ModuleRun, emulator: Emulator, base: dict[str, Any], options: dict[str, Any], words: str
) -> None:
    seen = len(emulator.calls())
    said = module.refused("schedule", **{**base, **options})
    assert words in said and said.endswith((".", "?"))
    assert emulator.writes(seen) == []


def test_a_host_mode_takes_no_network(module: ModuleRun, base: dict[str, Any]) -> None:
    register(module, "plain", "bridge")
    assert "leave it out" in module.refused("schedule", **{**base, "task_definition": "plain", "launch_type": "EC2"})


def test_dates_that_are_over_change_nothing(module: ModuleRun, emulator: Emulator, base: dict[str, Any]) -> None:
    """AWS refuses a start in the past with every update, although GetSchedule goes on to show it."""
    moment = datetime.fromtimestamp(emulator.clock()["now"] + 60, UTC)
    start = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    module.ok("schedule", **base, start_date=start)
    module.clock.sleep(3600)
    assert not module.ok("schedule", **base, start_date=start)["changed"]
    assert module.ok("schedule", **base, start_date=start, description="New")["changed"]
    assert not module.ok("schedule", **base, start_date=start, description="New")["changed"]


def test_check_mode_takes_what_is_to_come_for_there(module: ModuleRun, base: dict[str, Any]) -> None:
    result = module.ok("schedule", True, **{**base, "task_definition": "later", "cluster": "later"})
    assert result["changed"] and "does not exist yet" in str(result["warnings"])


def test_secrets_in_overrides_stay_secret(module: ModuleRun, base: dict[str, Any]) -> None:
    override = {"name": "report", "environment": {"DB_PASSWORD": "hunter2"}}
    result = module.ok("schedule", **base, overrides={"container_overrides": [override]})
    assert "hunter2" not in json.dumps(result)
    assert not module.ok("schedule", name="report", definition=result["schedule"])["changed"]


def test_a_lost_answer_makes_no_second_schedule(module: ModuleRun, emulator: Emulator, base: dict[str, Any]) -> None:
    emulator.control("faults", {"service": "scheduler", "operation": "CreateSchedule", "kind": "lost", "times": 1})
    assert module.ok("schedule", **base)["changed"]
    assert emulator.writes().count("CreateSchedule") == 2


def test_a_role_that_was_made_a_moment_ago_is_waited_for(
    module: ModuleRun, emulator: Emulator, base: dict[str, Any]
) -> None:
    message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    fault = {"kind": "error", "code": "ValidationException", "message": message, "status": 400, "times": 2}
    emulator.control("faults", {"service": "scheduler", "operation": "CreateSchedule", **fault})
    assert module.ok("schedule", **base)["changed"]


def test_only_schedules_that_run_tasks_are_shown(module: ModuleRun, client: Client, base: dict[str, Any]) -> None:
    client("scheduler").create_schedule(
        Name="lambda",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f", "RoleArn": ROLE},
        State="DISABLED",
    )
    module.ok("schedule", **base)
    assert [item["name"] for item in module.ok("schedule_info")["schedules"]] == ["report"]
    assert module.ok("schedule_info", cluster="other")["schedules"] == []
    assert "does not run a task" in module.refused("schedule", name="lambda", state="absent")


def test_groups(module: ModuleRun, emulator: Emulator, base: dict[str, Any]) -> None:
    four_steps(module, emulator, "schedule_group", name="nightly", tags={"a": "1"})
    four_steps(module, emulator, "schedule_group", name="nightly", tags={"b": "2"})
    shown = module.ok("schedule_group_info", name="nightly")["schedule_groups"]
    assert shown[0]["tags"] == {"b": "2"}
    module.ok("schedule", **base, group_name="nightly")
    said = module.refused("schedule_group", name="nightly", state="absent")
    assert "holds 1 schedule (report)" in said
    four_steps(module, emulator, "schedule_group", name="nightly", state="absent", force=True)
    assert module.ok("schedule_group_info")["schedule_groups"][0]["name"] == "default"
    assert "belongs to AWS" in module.refused("schedule_group", name="default", state="absent")


def test_a_manifest_makes_everything_in_order(module: ModuleRun, emulator: Emulator, base: dict[str, Any]) -> None:
    family = {"family": "nightly", "container_definitions": [{"name": "n", "image": "n:exit-0"}]}
    fargate = {"network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    mine = {**base, "name": "nightly", "cluster": "night", "task_definition": "nightly", "group_name": "nights"}
    resources = [
        {"schedule": mine},
        {"schedule_group": {"name": "nights"}},
        {"task_definition": {**family, **fargate}},
        {"cluster": {"name": "night"}},
    ]
    seen = len(emulator.calls())
    module.ok("apply", resources=resources)
    assert emulator.writes(seen)[-1] == "CreateSchedule"
    assert not module.ok("apply", resources=resources)["changed"]
    (shown,) = module.ok("schedule_info", name="nightly", group_name="nights")["schedules"]
    assert shown["task_definition"] == "nightly"
    gone = [{kind: {**options, "state": "absent"}} for item in resources for kind, options in item.items()]
    module.ok("apply", resources=gone)
    assert module.ok("schedule_group_info", name="nights")["schedule_groups"] == []


def test_what_is_exported_can_be_applied_and_changes_nothing(module: ModuleRun, base: dict[str, Any]) -> None:
    module.ok("schedule_group", name="nightly", tags={"a": "1"})
    override = {"name": "report", "command": ["x"], "environment": {"LEVEL": "debug"}}
    module.ok("schedule", **base, group_name="nightly", overrides={"container_overrides": [override]}, enabled=False)
    manifest = module.ok("export")["resources"]
    (shown,) = [item["schedule"] for item in manifest if "schedule" in item]
    assert shown["name"] == "report" and shown["cluster"] == "shop"
    assert not module.ok("apply", resources=manifest)["changed"]
    module.ok("schedule", name="report", group_name="nightly", state="absent")
    assert module.ok("apply", resources=manifest)["changed"]
    assert module.ok("schedule_info", name="report", group_name="nightly")["schedules"][0]["state"] == "DISABLED"
