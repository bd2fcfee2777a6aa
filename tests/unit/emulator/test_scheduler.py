# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EventBridge Scheduler: schedules that run tasks by the emulator's clock, and what becomes of those that cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from .conftest import Account, Emulator

ROLE = "arn:aws:iam::123456789012:role/runs-tasks"
DAY = 86400


class Scheduler:
    """Schedules in an account with a cluster and a family."""

    def __init__(self, account: Account) -> None:
        self.account, self.emulator = account, account.emulator
        self.client = account.emulator.client("scheduler")
        account.register()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.emulator.control("clock")["now"], UTC)

    def request(self, expression: str, name: str = "job", **changes: Any) -> dict[str, Any]:
        network = {"awsvpcConfiguration": {"Subnets": self.account.subnets}}
        target = {
            "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
            "RoleArn": ROLE,
            "EcsParameters": {
                "TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/web",
                "LaunchType": "FARGATE",
                "NetworkConfiguration": network,
                **changes.pop("parameters", {}),
            },
            **changes.pop("target", {}),
        }
        window = {"Mode": "OFF"}
        return {
            "Name": name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": window,
            "Target": target,
            **changes,
        }

    def create(self, expression: str, **changes: Any) -> str:
        return str(self.client.create_schedule(**self.request(expression, **changes))["ScheduleArn"])

    def tasks(self) -> list[Any]:
        """Give the tasks that schedules have started, oldest first, while ECS remembers them."""
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in self.account.ecs.list_tasks(cluster="c", desiredStatus=status)["taskArns"]
        ]
        found = self.account.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []
        return sorted(found, key=lambda task: task["createdAt"])

    def refused(self, code: str, **request: Any) -> str:
        with pytest.raises(ClientError) as caught:
            self.client.create_schedule(**request)
        assert caught.value.response["Error"]["Code"] == code
        return str(caught.value.response["Error"]["Message"])


@pytest.fixture
def scheduler(emulator: Emulator, clients: dict[str, Any]) -> Scheduler:
    return Scheduler(Account(emulator, clients))


def test_a_rate_runs_at_once_and_then_again_and_again(scheduler: Scheduler) -> None:
    scheduler.create("rate(5 minutes)")
    assert len(scheduler.tasks()) == 1
    scheduler.emulator.step(299)
    assert len(scheduler.tasks()) == 1
    scheduler.emulator.step(2)
    tasks = scheduler.tasks()
    assert [task["startedBy"] for task in tasks] == ["chronos-schedule/job"] * 2
    assert round((tasks[1]["createdAt"] - tasks[0]["createdAt"]).total_seconds()) == 300


def test_cron_runs_in_its_time_zone_on_both_sides_of_summer_time(scheduler: Scheduler) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    scheduler.create("cron(30 3 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    for _ignored in range(3):
        before = scheduler.now().astimezone(berlin)
        due = before.replace(hour=3, minute=30, second=0, microsecond=0)
        due = due if due > before else due + timedelta(days=1)
        scheduler.emulator.step((due.astimezone(UTC) - before.astimezone(UTC)).total_seconds() - 1)
        assert all(task["createdAt"] < due - timedelta(minutes=5) for task in scheduler.tasks())
        scheduler.emulator.step(1.5)
        assert scheduler.tasks()[-1]["createdAt"].astimezone(berlin).strftime("%H:%M") == "03:30"
        scheduler.emulator.step(80 * DAY)


def test_one_time_and_then_the_schedule_goes(scheduler: Scheduler) -> None:
    moment = (scheduler.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:00")
    scheduler.create(f"at({moment})", ActionAfterCompletion="DELETE")
    scheduler.create(f"at({moment})", name="stays")
    scheduler.emulator.step(7000 - 200)
    assert scheduler.tasks() == []
    scheduler.emulator.step(600)
    assert {task["startedBy"] for task in scheduler.tasks()} == {"chronos-schedule/job", "chronos-schedule/stays"}
    assert [item["Name"] for item in scheduler.client.list_schedules()["Schedules"]] == ["stays"]


def test_a_schedule_that_is_disabled_or_over_does_not_run(scheduler: Scheduler) -> None:
    scheduler.create("rate(1 minute)", name="off", State="DISABLED")
    scheduler.create("rate(1 minute)", name="over", EndDate=scheduler.now() + timedelta(seconds=130))
    scheduler.create("rate(1 minute)", name="later", StartDate=scheduler.now() + timedelta(minutes=20))
    scheduler.emulator.step(600)
    assert [task["startedBy"] for task in scheduler.tasks()] == ["chronos-schedule/over"] * 3
    scheduler.emulator.step(661)
    assert scheduler.tasks()[-1]["startedBy"] == "chronos-schedule/later"


def test_a_flexible_window_delays_the_run(scheduler: Scheduler) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
    scheduler.create("rate(1 hour)", FlexibleTimeWindow=window)
    assert scheduler.tasks() == []
    scheduler.emulator.step(600)
    assert len(scheduler.tasks()) == 1


def test_the_latest_revision_runs_unless_one_is_pinned(scheduler: Scheduler) -> None:
    scheduler.create("rate(10 minutes)")
    pinned = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"
    scheduler.create("rate(10 minutes)", name="pinned", parameters={"TaskDefinitionArn": pinned})
    scheduler.account.register("2")
    scheduler.emulator.step(601)
    revisions = {task["startedBy"]: task["taskDefinitionArn"].rpartition(":")[2] for task in scheduler.tasks()}
    assert revisions == {"chronos-schedule/job": "2", "chronos-schedule/pinned": "1"}


def test_parameters_and_input_reach_the_task(scheduler: Scheduler) -> None:
    override = {"containerOverrides": [{"name": "app", "command": ["report"]}]}
    parameters = {
        "TaskCount": 2,
        "Group": "nightly",
        "Tags": [{"key": "a", "value": "b"}],
        "EnableExecuteCommand": True,
    }
    scheduler.create("rate(1 day)", parameters=parameters, target={"Input": json.dumps(override)})
    tasks = scheduler.tasks()
    assert len(tasks) == 2
    assert tasks[0]["group"] == "nightly" and tasks[0]["enableExecuteCommand"]
    assert tasks[0]["overrides"]["containerOverrides"] == override["containerOverrides"]


def queue(emulator: Emulator) -> tuple[Any, str, str]:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    return sqs, url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def test_what_cannot_be_started_is_tried_again_and_ends_in_the_queue(scheduler: Scheduler) -> None:
    sqs, url, arn = queue(scheduler.emulator)
    target = {"DeadLetterConfig": {"Arn": arn}, "RetryPolicy": {"MaximumRetryAttempts": 2}}
    gone = {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/gone"}
    schedule = scheduler.create("rate(1 day)", parameters=gone, target=target)

    def messages() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        return list(answer.get("Messages", []))

    scheduler.emulator.step(100)
    scheduler.tasks()
    assert messages() == []
    scheduler.emulator.step(100)
    (message,) = messages()
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert said["SCHEDULE_ARN"] == schedule
    assert (said["RETRY_ATTEMPTS"], said["EXHAUSTED_RETRY_CONDITION"]) == ("2", "MaximumRetryAttempts")
    assert said["ERROR_CODE"] == "ClientException"


def test_lack_of_room_passes_with_a_retry(scheduler: Scheduler) -> None:
    scheduler.emulator.control("capacity", {"fargate": "unavailable", "for": 1})
    scheduler.create("rate(1 day)")
    assert scheduler.tasks() == []
    scheduler.emulator.step(61)
    assert len(scheduler.tasks()) == 1


def test_a_role_that_is_looked_at_must_trust_and_allow(scheduler: Scheduler) -> None:
    scheduler.emulator.control("strict", {"roles": True})
    said = scheduler.refused("ValidationException", **scheduler.request("rate(1 day)"))
    assert said == "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    iam = scheduler.emulator.client("iam")
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
    iam.create_role(RoleName="runs-tasks", AssumeRolePolicyDocument=json.dumps(trust))
    scheduler.create("rate(10 minutes)")
    assert scheduler.tasks() == []
    statement = {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Resource": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*",
        "Condition": {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="runs-tasks", PolicyName="p", PolicyDocument=policy)
    scheduler.emulator.step(61)
    assert len(scheduler.tasks()) == 1


def test_an_update_replaces_everything(scheduler: Scheduler) -> None:
    scheduler.create("rate(1 hour)", Description="mine", ActionAfterCompletion="DELETE", State="DISABLED")
    scheduler.client.update_schedule(**scheduler.request("rate(1 hour)"))
    shown = scheduler.client.get_schedule(Name="job")
    assert "Description" not in shown
    assert (shown["State"], shown["ActionAfterCompletion"]) == ("ENABLED", "NONE")
    assert shown["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": DAY, "MaximumRetryAttempts": 185}


def test_an_update_takes_the_place_of_the_runs_that_were_planned(scheduler: Scheduler) -> None:
    scheduler.create("rate(10 minutes)", State="DISABLED")
    scheduler.client.update_schedule(**scheduler.request("rate(10 minutes)"))
    scheduler.client.update_schedule(**scheduler.request("rate(10 minutes)"))
    scheduler.emulator.step(601)
    assert len(scheduler.tasks()) == 1


def test_a_token_acts_once(scheduler: Scheduler) -> None:
    request = scheduler.request("rate(1 hour)", ClientToken="one")
    scheduler.client.create_schedule(**request)
    scheduler.client.create_schedule(**request)
    assert "already exists" in scheduler.refused("ConflictException", **{**request, "ClientToken": "two"})
    assert "other parameters" in scheduler.refused("ConflictException", **{**request, "Description": "x"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ScheduleExpression": "cron(0 3 * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Europe/Bonn"}, "ScheduleExpressionTimezone you specified is invalid"),
        ({"StartDate": datetime(2001, 1, 1, tzinfo=UTC)}, "cannot be earlier than 5 minutes ago"),
        ({"EndDate": datetime(2001, 1, 1, tzinfo=UTC)}, "EndDate"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"State": "ON"}, "enum value set"),
        ({"Name": "a b"}, "regular expression"),
    ],
)
def test_what_is_refused(scheduler: Scheduler, changes: dict[str, Any], words: str) -> None:
    assert words in scheduler.refused("ValidationException", **{**scheduler.request("rate(1 hour)"), **changes})


def test_groups_have_tags_and_take_their_schedules_with_them(scheduler: Scheduler) -> None:
    client = scheduler.client
    arn = client.create_schedule_group(Name="nightly", Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    tagging = scheduler.emulator.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "b", "Values": ["2"]}])["ResourceTagMappingList"]
    assert [item["ResourceARN"] for item in found] == [arn]
    scheduler.create("rate(1 hour)", GroupName="nightly")
    assert len(client.list_schedules(GroupName="nightly")["Schedules"]) == 1
    client.delete_schedule_group(Name="nightly")
    assert client.get_schedule_group(Name="nightly")["State"] == "DELETING"
    scheduler.emulator.step(6)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_schedule_group(Name="nightly")
    assert [group["Name"] for group in client.list_schedule_groups()["ScheduleGroups"]] == ["default"]
