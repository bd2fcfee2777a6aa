# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Application Auto Scaling: https://docs.aws.amazon.com/autoscaling/application/userguide/"""

from __future__ import annotations

from typing import Any

import pytest

PLACE = {"ServiceNamespace": "ecs", "ResourceId": "service/c/s", "ScalableDimension": "ecs:service:DesiredCount"}
CPU = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "TargetValue": 50.0,
}
STEP = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


class Scaled:
    """A service of two tasks that can be scaled."""

    def __init__(self, account: Any) -> None:
        account.deployed()
        self.account = account
        self.client = account.emulator.client("application-autoscaling")
        self.cloudwatch = account.cloudwatch

    def register(self, low: int = 1, high: int = 10, **more: Any) -> Any:
        return self.client.register_scalable_target(**PLACE, MinCapacity=low, MaxCapacity=high, **more)

    def track(self, name: str = "cpu", **changes: Any) -> Any:
        return self.client.put_scaling_policy(
            **PLACE,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={**CPU, **changes},
        )

    def load(self, minutes: int, **values: Any) -> int:
        """Let a load last, and give the count it leads to."""
        self.account.emulator.control("metrics", {"service": "s", **values})
        self.account.emulator.step(minutes * 60 + 1)
        return int(self.account.service()["desiredCount"])

    def activities(self, every: bool = False) -> Any:
        return self.client.describe_scaling_activities(**PLACE, IncludeNotScaledActivities=every)["ScalingActivities"]

    def target(self) -> Any:
        return self.client.describe_scalable_targets(**PLACE_OF_MANY)["ScalableTargets"][0]


PLACE_OF_MANY = {"ServiceNamespace": "ecs", "ResourceIds": ["service/c/s"]}


@pytest.fixture
def scaled(account: Any) -> Scaled:
    return Scaled(account)


def test_registering_moves_the_count_into_the_bounds(scaled: Scaled) -> None:
    arn = scaled.register(4, 10, Tags={"a": "b"})["ScalableTargetARN"]
    assert scaled.account.service()["desiredCount"] == 4
    assert scaled.activities()[0]["Cause"].startswith("minimum capacity was set to 4")
    assert scaled.activities()[0]["Description"] == "Setting desired count to 4."
    scaled.account.update(desiredCount=7)
    assert scaled.account.service()["desiredCount"] == 7
    scaled.client.register_scalable_target(**PLACE, MaxCapacity=5)
    assert (scaled.account.service()["desiredCount"], scaled.target()["MinCapacity"]) == (5, 4)
    assert scaled.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "b"}
    scaled.client.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    scaled.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaled.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"c": "d"}
    tagging = scaled.account.emulator.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "c", "Values": ["d"]}])["ResourceTagMappingList"]
    assert [item["ResourceARN"] for item in found] == [arn]


def test_suspension_keeps_the_flags_that_are_not_sent(scaled: Scaled) -> None:
    scaled.register()
    for flag in ("DynamicScalingInSuspended", "ScheduledScalingSuspended"):
        scaled.client.register_scalable_target(**PLACE, SuspendedState={flag: True})
    assert scaled.target()["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }


def test_target_tracking_has_two_alarms_which_go_with_it(scaled: Scaled) -> None:
    scaled.register()
    names = [alarm["AlarmName"] for alarm in scaled.track()["Alarms"]]
    assert [name.rpartition("-Alarm")[2][:3] for name in names] == ["Hig", "Low"]
    assert all(name.startswith("TargetTracking-service/c/s-") for name in names)
    (shown,) = scaled.client.describe_scaling_policies(**PLACE)["ScalingPolicies"]
    assert shown["TargetTrackingScalingPolicyConfiguration"]["DisableScaleIn"] is False
    assert len(scaled.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]) == 2
    scaled.client.delete_scaling_policy(**PLACE, PolicyName="cpu")
    assert scaled.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def test_the_alarms_of_a_step_policy_are_those_that_name_it(scaled: Scaled) -> None:
    scaled.register()
    step = {"PolicyName": "burst", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEP}
    arn = scaled.client.put_scaling_policy(**PLACE, **step)["PolicyARN"]
    scaled.cloudwatch.put_metric_alarm(
        AlarmName="mine",
        MetricName="CPUUtilization",
        Namespace="AWS/ECS",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[arn],
    )
    (shown,) = scaled.client.describe_scaling_policies(**PLACE)["ScalingPolicies"]
    assert [alarm["AlarmName"] for alarm in shown["Alarms"]] == ["mine"]
    scaled.client.delete_scaling_policy(**PLACE, PolicyName="burst")
    assert scaled.cloudwatch.describe_alarms(AlarmNames=["mine"])["MetricAlarms"]


@pytest.mark.parametrize(
    ("kind", "steps", "value", "expected"),
    [
        ("ChangeInCapacity", [(0, 10, 1), (10, None, 3)], 85, 3),
        ("ChangeInCapacity", [(0, 10, 1), (10, None, 3)], 90, 5),
        ("ChangeInCapacity", [(None, 0, -1)], 60, 1),
        ("ChangeInCapacity", [(0, None, 1)], None, 3),
        ("ChangeInCapacity", [(5, None, 1)], None, 2),
        ("PercentChangeInCapacity", [(0, None, 200)], 85, 6),
        ("PercentChangeInCapacity", [(None, 0, -10)], 60, 1),
        ("ExactCapacity", [(0, None, 7)], 85, 7),
        ("ExactCapacity", [(0, None, 70)], 85, 10),
    ],
)
def test_a_step_policy_acts_while_its_alarm_rings(
    scaled: Scaled, kind: str, steps: list[tuple[float | None, float | None, int]], value: float | None, expected: int
) -> None:
    scaled.register()
    names = ("MetricIntervalLowerBound", "MetricIntervalUpperBound", "ScalingAdjustment")
    adjustments = [{name: item for name, item in zip(names, step, strict=True) if item is not None} for step in steps]
    configuration = {"AdjustmentType": kind, "StepAdjustments": adjustments}
    arn = scaled.client.put_scaling_policy(
        **PLACE, PolicyName="burst", PolicyType="StepScaling", StepScalingPolicyConfiguration=configuration
    )["PolicyARN"]
    scaled.cloudwatch.put_metric_alarm(
        AlarmName="mine",
        MetricName="CPUUtilization",
        Namespace="AWS/ECS",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[arn],
    )
    assert scaled.load(2, burst=value) == 2
    scaled.cloudwatch.set_alarm_state(AlarmName="mine", StateValue="ALARM", StateReason="test")
    assert scaled.load(4, burst=value) == expected  # once, until the cooldown of five minutes has passed
    if expected != 2:
        assert scaled.activities()[0]["Cause"] == "monitor alarm mine in state ALARM triggered policy burst"


def test_load_scales_out_and_in_with_cooldowns(scaled: Scaled) -> None:
    scaled.register()
    scaled.track(ScaleOutCooldown=120, ScaleInCooldown=600)
    assert scaled.load(2, cpu=100) == 2
    assert scaled.load(1, cpu=100) == 4
    assert scaled.load(1, cpu=100) == 4  # what the first scale-out added counts towards it
    assert scaled.load(2, cpu=100) == 8
    assert scaled.load(14, cpu=10) == 8
    assert scaled.load(1, cpu=10) == 2
    assert scaled.load(9, cpu=10) == 2
    assert scaled.load(2, cpu=10) == 1
    causes = [activity["Cause"] for activity in scaled.activities()]
    assert "-AlarmLow-" in causes[0] and "-AlarmHigh-" in causes[-1] and causes[0].endswith("triggered policy cpu")
    assert scaled.load(30, cpu=None) == 1


def test_what_is_not_done_has_a_reason(scaled: Scaled) -> None:
    scaled.register(1, 2)
    scaled.track()
    assert scaled.load(5, cpu=100) == 2
    assert scaled.activities() == []
    (told,) = scaled.activities(every=True)
    assert told["StatusCode"] == "NotScaled"
    assert told["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 2}]


def test_suspended_scaling_and_a_deployment_hold_it_back(scaled: Scaled) -> None:
    scaled.register(1, 10, SuspendedState={"DynamicScalingOutSuspended": True})
    scaled.track()
    assert scaled.load(5, cpu=100) == 2
    scaled.client.register_scalable_target(**PLACE, SuspendedState={"DynamicScalingOutSuspended": False})
    assert scaled.load(1, cpu=100) == 4
    scaled.account.emulator.control("images", {"slow:1": {"start_seconds": 7200}})
    scaled.account.register(container={"image": "slow:1"})
    scaled.account.update(taskDefinition="web")
    assert scaled.load(40, cpu=1) == 4


def test_a_policy_that_shall_not_scale_in_does_not(scaled: Scaled) -> None:
    scaled.register()
    scaled.track(DisableScaleIn=True)
    assert scaled.load(60, cpu=1) == 2
    custom = {"Metrics": [{"Id": "m", "Expression": "1"}]}
    scaled.client.put_scaling_policy(
        **PLACE,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"CustomizedMetricSpecification": custom, "TargetValue": 100},
    )
    assert scaled.load(4, backlog=250) == 5


def test_scheduled_actions_fire_on_the_clock(scaled: Scaled) -> None:
    scaled.register(2, 10)
    for name, schedule, bounds in (("night", "rate(6 hours)", (0, 0)), ("morning", "rate(10 hours)", (3, 10))):
        action = {"MinCapacity": bounds[0], "MaxCapacity": bounds[1]}
        scaled.client.put_scheduled_action(
            **PLACE, ScheduledActionName=name, Schedule=schedule, ScalableTargetAction=action
        )
    counts = []
    for _number in range(3):
        scaled.account.emulator.step(4 * 3600)
        counts.append((scaled.account.service()["desiredCount"], scaled.target()["MaxCapacity"]))
    assert counts == [(2, 10), (0, 0), (0, 0)]
    assert [activity["Description"][-2] for activity in scaled.activities()[:2]] == ["0", "3"]
    scaled.client.register_scalable_target(**PLACE, SuspendedState={"ScheduledScalingSuspended": True})
    scaled.account.emulator.step(86400)
    assert scaled.target()["MaxCapacity"] == 0


def test_an_action_keeps_what_is_not_sent_but_for_its_times(scaled: Scaled) -> None:
    scaled.register()
    first = {
        "Schedule": "cron(0 22 * * ? *)",
        "Timezone": "Europe/Berlin",
        "StartTime": "2090-01-01T00:00:00Z",
        "ScalableTargetAction": {"MinCapacity": 1},
    }
    scaled.client.put_scheduled_action(**PLACE, ScheduledActionName="night", **first)
    scaled.client.put_scheduled_action(**PLACE, ScheduledActionName="night", Schedule="cron(0 23 * * ? *)")
    (shown,) = scaled.client.describe_scheduled_actions(**PLACE)["ScheduledActions"]
    assert (shown["Timezone"], shown["ScalableTargetAction"]) == ("Europe/Berlin", {"MinCapacity": 1})
    assert "StartTime" not in shown
    scaled.client.delete_scheduled_action(**PLACE, ScheduledActionName="night")
    assert scaled.client.describe_scheduled_actions(**PLACE)["ScheduledActions"] == []


def test_a_target_outlives_its_service_and_goes_with_all_that_hangs_on_it(scaled: Scaled) -> None:
    scaled.register()
    names = [alarm["AlarmName"] for alarm in scaled.track()["Alarms"]]
    scaled.account.ecs.delete_service(cluster="c", service="s", force=True)
    scaled.account.emulator.step(600)
    assert scaled.target()["MaxCapacity"] == 10
    scaled.client.deregister_scalable_target(**PLACE)
    assert scaled.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaled.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def test_refusals(scaled: Scaled, refused: Any) -> None:
    client = scaled.client
    nowhere = {**PLACE, "ResourceId": "service/c/other"}
    for call in (client.deregister_scalable_target, client.put_scaling_policy, client.put_scheduled_action):
        more = {"PolicyName": "p"} if call == client.put_scaling_policy else {"ScheduledActionName": "p"}
        more = {} if call == client.deregister_scalable_target else more
        refused(
            "ObjectNotFoundException", "No scalable target registered for service namespace: ecs", call, **PLACE, **more
        )
    register = client.register_scalable_target
    refused("ValidationException", "ECS service doesn't exist: service/c/other", register, **nowhere, MinCapacity=1)
    refused("ValidationException", "MaxCapacity is required", register, **PLACE, MinCapacity=1)
    refused("ValidationException", "cannot be less than", register, **PLACE, MinCapacity=2, MaxCapacity=1)
    scaled.register()
    refused("ValidationException", "TagResource", register, **PLACE, Tags={"a": "b"})
    put = client.put_scaling_policy
    tracking = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    refused("ValidationException", "PolicyType is required", put, **PLACE, PolicyName="p")
    refused("ValidationException", "needs TargetTrackingScalingPolicyConfiguration", put, **PLACE, **tracking)
    for configuration, text in (
        ({"TargetValue": 1}, "Exactly one of a predefined and a customized"),
        ({"TargetValue": 1, "CustomizedMetricSpecification": {"Metrics": []}}, "Exactly one metric data query"),
        (
            {"TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}},
            "ResourceLabel is required",
        ),
        ({"TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "CPU"}}, "enum value set"),
    ):
        wanted = {**tracking, "TargetTrackingScalingPolicyConfiguration": configuration}
        refused("ValidationException", text, put, **PLACE, **wanted)
    scaled.track("p")
    step = {"PolicyName": "p", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEP}
    refused("ValidationException", "type of a scaling policy cannot be changed", put, **PLACE, **step)
    action = {"ScheduledActionName": "a", "ScalableTargetAction": {"MinCapacity": 1}}
    schedule = client.put_scheduled_action
    refused("ValidationException", "Invalid Schedule Expression", schedule, **PLACE, **action, Schedule="daily")
    refused("ValidationException", "in the past", schedule, **PLACE, **action, Schedule="at(2020-01-01T00:00:00)")
    refused("ObjectNotFoundException", "policy name: q", client.delete_scaling_policy, **PLACE, PolicyName="q")
    refused(
        "ObjectNotFoundException", "action name: q", client.delete_scheduled_action, **PLACE, ScheduledActionName="q"
    )
    refused(
        "ValidationException", "maxResults", client.describe_scaling_policies, ServiceNamespace="ecs", MaxResults=11
    )
    assert "send an object with service" in scaled.account.emulator.refused("metrics", {"cpu": 1})


def test_policies_come_ten_a_page(scaled: Scaled) -> None:
    scaled.register()
    for number in range(12):
        scaled.track(f"p{number}")
    first = scaled.client.describe_scaling_policies(**PLACE)
    second = scaled.client.describe_scaling_policies(**PLACE, NextToken=first["NextToken"])
    assert [len(answer["ScalingPolicies"]) for answer in (first, second)] == [10, 2] and "NextToken" not in second
