# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scaling of services: one document, sent by what differs; and what else follows from a count that moves by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from support.emulator import Emulator
from support.modules import ModuleRun
from support.steps import four_steps

from .conftest import Shop

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "scale_to_zero.yml"
Client = Callable[[str], Any]
WHO = {"service": "web", "cluster": "shop"}
BOUNDS = {"min_capacity": 2, "max_capacity": 6}
NIGHT = {"schedule": "cron(0 22 * * ? *)", "timezone": "Europe/Berlin", "min_capacity": 0, "max_capacity": 0}
MORNING = {"schedule": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin", "min_capacity": 2, "max_capacity": 6}
BACKLOG: dict[str, Any] = {
    "value": 100,
    "metrics": {
        "visible": {
            "namespace": "AWS/SQS",
            "metric_name": "ApproximateNumberOfMessagesVisible",
            "dimensions": {"QueueName": "jobs"},
            "stat": "Sum",
        },
        "running": {
            "namespace": "ECS/ContainerInsights",
            "metric_name": "RunningTaskCount",
            "dimensions": {"ServiceName": "web", "ClusterName": "shop"},
            "stat": "Average",
        },
        "each": "visible / running",
    },
}
STEPS = {
    "adjustment_type": "ChangeInCapacity",
    "step_adjustments": [
        {"metric_interval_lower_bound": 0, "metric_interval_upper_bound": 10, "scaling_adjustment": 1},
        {"metric_interval_lower_bound": 10, "scaling_adjustment": 3},
    ],
}


@pytest.fixture
def web(shop: Shop) -> Shop:
    """Give a shop whose service runs."""
    shop.register()
    assert not shop.deploy().get("failed")
    return shop


def operations(result: dict[str, Any]) -> list[str]:
    return [action["operation"] for action in result["actions"]]


def count(module: ModuleRun) -> int:
    return int(module.ok("service_info", cluster="shop", name="web")["services"][0]["desired_count"])


# One document


def test_the_life_of_a_scaling(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    created = four_steps(
        module,
        emulator,
        "scaling",
        **WHO,
        **BOUNDS,
        target_tracking={"cpu": 60, "memory": {"value": 75, "scale_in_cooldown": 120}, "backlog": BACKLOG},
        step_scaling={"burst": STEPS},
        predictive_scaling={"cpu-forecast": {"metric": "cpu", "value": 60, "mode": "ForecastAndScale"}},
        scheduled_actions={"night": NIGHT, "morning": MORNING},
        tags={"Owner": "shop"},
    )
    assert operations(created) == ["RegisterScalableTarget", *["PutScalingPolicy"] * 5, *["PutScheduledAction"] * 2]
    shown = created["scaling"]
    assert [policy["name"] for policy in shown["target_tracking"]] == ["backlog", "cpu", "memory"]
    assert len(shown["target_tracking"][1]["alarms"]) == 2 and shown["step_scaling"][0]["policy_arn"]
    changed = four_steps(
        module,
        emulator,
        "scaling",
        **WHO,
        max_capacity=8,
        target_tracking={"cpu": 60, "memory": {"value": 80, "scale_in_cooldown": 120}},
        scheduled_actions=[{"name": "night", **NIGHT, "timezone": "UTC"}],
        tags={"Owner": "us"},
    )
    assert operations(changed) == [
        "RegisterScalableTarget",
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "PutScalingPolicy",
        "PutScheduledAction",
        "TagResource",
    ]
    register, _policy, _action, put, *_rest = (action["params"] for action in changed["actions"])
    assert {"MaxCapacity": 8}.items() <= register.items() and "MinCapacity" not in register
    assert put["PolicyName"] == "memory"
    assert [policy["name"] for policy in changed["scaling"]["step_scaling"]] == ["burst"]
    (read,) = module.ok("scaling_info", cluster="shop", service=["web", "other"])["scaling"]
    assert read["desired_count"] == 2 and read["tags"] == {"Owner": "us"}
    given_back = module.ok("scaling", definition=read)
    assert not given_back["changed"], given_back["diff"]
    cleared = four_steps(module, emulator, "scaling", **WHO, step_scaling={}, predictive_scaling=[])
    assert operations(cleared) == ["DeleteScalingPolicy"] * 2
    gone = four_steps(module, emulator, "scaling", **WHO, state="absent")
    assert operations(gone) == ["DeregisterScalableTarget"] and gone["scaling"] == {}
    assert module.ok("scaling_info")["scaling"] == []


def test_the_same_in_other_words_changes_nothing(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    module.ok(
        "scaling", **WHO, **BOUNDS, target_tracking={"cpu": 60, "backlog": BACKLOG}, step_scaling={"burst": STEPS}
    )
    dimensions = [{"Name": "ClusterName", "Value": "shop"}, {"Name": "ServiceName", "Value": "web"}]
    running = {"Namespace": "ECS/ContainerInsights", "MetricName": "RunningTaskCount", "Dimensions": dimensions}
    visible = {**BACKLOG["metrics"]["visible"]}
    queries = [
        {"Id": "each", "Expression": "visible / running"},
        {"Id": "running", "MetricStat": {"Metric": running, "Stat": "Average"}, "ReturnData": False},
        {"id": "visible", "metric_stat": {"metric": visible, "stat": visible.pop("stat")}, "return_data": "false"},
    ]
    seen = len(emulator.calls())
    same = module.ok(
        "scaling",
        resource_tags=None,
        definition={
            "ResourceId": "service/shop/web",
            "ServiceNamespace": "ecs",
            "MinCapacity": "2",
            "MaxCapacity": 6,
            "SuspendedState": {},
        },
        target_tracking=[
            {"name": "backlog", "target_value": "100", "customized_metric_specification": {"Metrics": queries}},
            {
                "name": "cpu",
                "TargetValue": 60.0,
                "metric": "ECSServiceAverageCPUUtilization",
                "ScaleInCooldown": 300,
                "disable_scale_in": False,
            },
        ],
        step_scaling={"burst": {**STEPS, "cooldown": 300, "step_adjustments": STEPS["step_adjustments"][::-1]}},
    )
    assert not same["changed"], same["diff"]
    assert emulator.writes(seen) == []


def test_suspension_is_said_flag_by_flag(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    module.ok("scaling", **WHO, **BOUNDS)
    for flag in ("dynamic_scaling_in_suspended", "scheduled_scaling_suspended"):
        result = four_steps(module, emulator, "scaling", **WHO, suspended_state={flag: True})
        assert "MinCapacity" not in result["actions"][0]["params"]
    assert result["scaling"]["suspended_state"] == {
        "dynamic_scaling_in_suspended": True,
        "dynamic_scaling_out_suspended": False,
        "scheduled_scaling_suspended": True,
    }
    resumed = module.ok("scaling", **WHO, suspended_state={})
    assert set(resumed["scaling"]["suspended_state"].values()) == {False}


def test_a_policy_can_change_its_type(web: Shop, module: ModuleRun) -> None:
    module.ok("scaling", **WHO, **BOUNDS, step_scaling={"cpu": STEPS})
    assert "two policies have this name" in module.refused("scaling", **WHO, target_tracking={"cpu": 50})
    result = module.ok("scaling", **WHO, step_scaling={}, target_tracking={"cpu": 50})
    assert operations(result) == ["DeleteScalingPolicy", "PutScalingPolicy"]


def test_the_alarm_of_a_step_policy_can_be_planned_and_belongs_to_its_maker(
    web: Shop, module: ModuleRun, client: Client
) -> None:
    wanted = {**WHO, **BOUNDS, "step_scaling": {"burst": STEPS}}
    (planned,) = module.ok("scaling", True, **wanted)["scaling"]["step_scaling"]
    assert planned["policy_arn"] == "(known after apply)"
    (made,) = module.ok("scaling", **wanted)["scaling"]["step_scaling"]
    client("cloudwatch").put_metric_alarm(
        AlarmName="busy",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=70,
        Period=60,
        EvaluationPeriods=2,
        AlarmActions=[made["policy_arn"]],
    )
    kept = module.ok("scaling", True, **{**wanted, "max_capacity": 9})["scaling"]["step_scaling"]
    assert [(policy["policy_arn"], policy["alarms"]) for policy in kept] == [(made["policy_arn"], ["busy"])]
    module.ok("scaling", **WHO, step_scaling={})
    assert client("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmName"] == "busy"


def test_a_role_of_ones_own_does_not_register_again_and_again(web: Shop, module: ModuleRun) -> None:
    role = "arn:aws:iam::123456789012:role/scaler"
    assert module.ok("scaling", **WHO, **BOUNDS, role_arn=role)["changed"]
    assert not module.ok("scaling", **WHO, **BOUNDS, role_arn=role)["changed"]


def test_an_action_without_a_zone_is_one_in_utc(web: Shop, module: ModuleRun) -> None:
    module.ok("scaling", **WHO, **BOUNDS, scheduled_actions={"night": NIGHT})
    bare = {key: value for key, value in NIGHT.items() if key != "timezone"}
    result = module.ok(
        "scaling", **WHO, scheduled_actions={"night": {**bare, "start_time": "2030-01-01T00:00:00+01:00"}}
    )
    assert result["actions"][0]["params"]["Timezone"] == "UTC"
    for same in ("2029-12-31T23:00:00Z", "2029-12-31T23:00:00"):
        again = module.ok("scaling", **WHO, scheduled_actions={"night": {**bare, "start_time": same}})
        assert not again["changed"], again["diff"]


def test_requests_are_those_of_the_target_group_of_the_service(
    web: Shop, module: ModuleRun, emulator: Emulator, target_group: str, client: Client
) -> None:
    assert "has no target group whose requests could be counted" in module.refused(
        "scaling", **WHO, **BOUNDS, target_tracking={"requests_per_target": 500}
    )
    balanced = [{"target_group_arn": target_group, "container_name": "web", "container_port": 80}]
    assert not web.deploy(load_balancers=balanced).get("failed")
    wanted = {
        "target_tracking": {"requests_per_target": 500},
        "predictive_scaling": {"r": {"metric": "requests_per_target", "value": 500}},
    }
    result = four_steps(module, emulator, "scaling", **WHO, **BOUNDS, **wanted)
    label = result["scaling"]["target_tracking"][0]["predefined_metric_specification"]["resource_label"]
    balancer = client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    assert label == f"{balancer.partition(':loadbalancer/')[2]}/{target_group.rpartition(':')[2]}"
    named = module.ok("scaling", **WHO, target_tracking={"requests_per_target": {"value": 500, "target_group": "web"}})
    assert not named["changed"]
    assert "there is no target group other" in module.refused(
        "scaling", **WHO, target_tracking={"requests_per_target": {"value": 500, "target_group": "other"}}
    )


# What cannot be meant


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_capacity": 7, "max_capacity": 6}, "min_capacity: 7 is more than max_capacity, which is 6"),
        ({"min_capacity": -1}, "min_capacity: -1 is less than 0"),
        ({"service": None}, "service is required"),
        ({"target_tracking": {"cpu": 0}}, "target_tracking.cpu.target_value: 0 cannot be tracked"),
        ({"target_tracking": {"queue": 5}}, "target_tracking.queue: say what is measured"),
        ({"target_tracking": {"cpu": {}}}, "TargetTrackingScalingPolicyConfiguration needs target_value"),
        (
            {"target_tracking": {"cpu": {"value": 1, "scale_in_cooldown": -5}}},
            "cpu.scale_in_cooldown: -5 is less than 0",
        ),
        ({"target_tracking": {"cpu": {"value": 1, "disable_scale_in": "perhaps"}}}, "the API wants true or false"),
        ({"target_tracking": {"cpu": {"value": 1, "cooldown": 5}}}, "did you mean scale_in_cooldown"),
        ({"target_tracking": {"q": {"value": 1, "metric": "cpu", "metrics": {}}, "p": 3}}, "say what is measured"),
        ({"target_tracking": {"q": {"value": 1, "metric": "ECSServiceAverageCPU"}}}, "did you mean ECSServiceAverage"),
        ({"target_tracking": {"q": {"value": 1, "metric": "DynamoDBReadCapacityUtilization"}}}, "not a metric of ECS"),
        ({"target_tracking": {"cpu": {"value": 1, "resource_label": "a/b"}}}, "has none; it belongs to the metrics of"),
        (
            {"target_tracking": {"requests_per_target": {"value": 1, "resource_label": "a/b"}}},
            "'a/b' is not app/NAME/ID/targetgroup/NAME/ID",
        ),
        ({"target_tracking": {"q": {"value": 1, "metrics": {"a": "b", "b": "c"}}}}, "exactly one is what counts"),
        ({"target_tracking": {"q": {"value": 1, "metrics": {"A": "b"}}}}, "an id starts with a small letter"),
        (
            {"target_tracking": {"q": {"value": 1, "customized_metric_specification": {"namespace": "x"}}}},
            "it needs metric_name and statistic, or metrics",
        ),
        ({"target_tracking": [{"name": "a", "value": 1}, {"name": "a", "value": 1}]}, "a is given more than once"),
        ({"target_tracking": [1]}, "give a dictionary by name, or a list of dictionaries"),
        ({"target_tracking": {"cpu": 5}, "step_scaling": {"cpu": STEPS}}, "two policies have this name"),
        ({"step_scaling": {"s": {"step_adjustments": STEPS["step_adjustments"]}}}, "it needs adjustment_type"),
        ({"step_scaling": {"s": {"adjustment_type": "ChangeInCapacity"}}}, "step_adjustments: 1 to 20 are wanted"),
        ({"step_scaling": {"s": {**STEPS, "min_adjustment_magnitude": 2}}}, "only goes with PercentChangeInCapacity"),
        (
            {"step_scaling": {"s": {**STEPS, "step_adjustments": [{"scaling_adjustment": 1}]}}},
            "a step needs metric_interval_lower_bound or metric_interval_upper_bound",
        ),
        (
            {"step_scaling": {"s": {**STEPS, "step_adjustments": STEPS["step_adjustments"][:1]}}},
            "the highest step must have no metric_interval_upper_bound",
        ),
        (
            {
                "step_scaling": {
                    "s": {
                        "adjustment_type": "ExactCapacity",
                        "step_adjustments": [
                            {"metric_interval_lower_bound": 5, "scaling_adjustment": -1},
                            {"metric_interval_upper_bound": 3, "scaling_adjustment": 1},
                        ],
                    }
                }
            },
            "with ExactCapacity a scaling_adjustment is a number of tasks",
        ),
        ({"predictive_scaling": {"p": {"metric": "cpu"}}}, "PredictiveScalingMetricSpecification needs target_value"),
        (
            {"predictive_scaling": {"cpu": {"value": 5, "max_capacity_breach_behavior": "IncreaseMaxCapacity"}}},
            "max_capacity_buffer: IncreaseMaxCapacity needs it",
        ),
        ({"predictive_scaling": {"cpu": {"value": 5, "mode": "Scale"}}}, "'Scale' is not one of the API's values"),
        ({"scheduled_actions": {"a": {"schedule": "rate(5 minutes)"}}}, "it needs min_capacity, max_capacity or both"),
        (
            {"scheduled_actions": {"a": {**NIGHT, "min_capacity": 5}}},
            "scheduled_actions.a.min_capacity: 5 is more than",
        ),
        ({"scheduled_actions": {"a": {**NIGHT, "schedule": "0 22 * * *"}}}, "is none of cron(minutes hours"),
        ({"scheduled_actions": {"a": {**NIGHT, "schedule": "rate(1 day)"}}}, "a rate has none"),
        ({"scheduled_actions": {"a/b": NIGHT}}, "a name has no colon, slash or bar"),
        ({"scheduled_actions": {"a": {**NIGHT, "start_time": "tomorrow"}}}, "give ISO 8601"),
        (
            {"scheduled_actions": {"a": {**NIGHT, "start_time": "2030-01-02", "end_time": "2030-01-01"}}},
            "it must be later than start_time",
        ),
        (
            {"scheduled_actions": {f"a{number}": NIGHT for number in range(201)}},
            "a service can have 200, these are 201",
        ),
        ({"suspended_state": {"scaling_in": True}}, "no such member of SuspendedState"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    module: ModuleRun, emulator: Emulator, options: dict[str, Any], words: str
) -> None:
    message = module.refused("scaling", **{**WHO, **options})
    assert words in message
    assert emulator.calls() == []


def test_what_is_not_there_is_named(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    seen = len(emulator.calls())
    assert "max_capacity: the service is not scaled yet" in module.refused("scaling", **WHO, min_capacity=1)
    for where in ({"service": "api", "cluster": "shop"}, {"service": "web", "cluster": "other"}):
        assert "there is no service" in module.refused("scaling", **where, **BOUNDS)
        planned = module.ok("scaling", True, **where, **BOUNDS)
        assert planned["changed"] and "does not exist yet" in str(planned["warnings"])
    assert not module.ok("scaling", service="api", cluster="shop", state="absent")["changed"]
    module.ok("scaling", **WHO, **BOUNDS)
    assert "min_capacity: 9 is more than max_capacity, which is 6" in module.refused("scaling", **WHO, min_capacity=9)
    assert emulator.writes(seen) == ["RegisterScalableTarget"]


def test_what_may_not_be_read_is_left_out_unless_it_was_asked_for(
    web: Shop, module: ModuleRun, emulator: Emulator
) -> None:
    module.ok("scaling", **WHO, **BOUNDS, target_tracking={"cpu": 60})
    denied = {"service": "application-autoscaling", "kind": "error", "code": "AccessDeniedException", "status": 400}
    emulator.control("faults", {**denied, "operation": "DescribeScheduledActions"})
    emulator.control("faults", {**denied, "operation": "DescribeScalingActivities"})
    result = module.ok("scaling", **WHO, max_capacity=7)
    assert operations(result) == ["RegisterScalableTarget"] and "scheduled_actions" not in result["scaling"]
    (read,) = module.ok("scaling_info")["scaling"]
    assert read["activities"] == [] and read["target_tracking"]
    assert "DescribeScheduledActions" in module.refused("scaling", **WHO, scheduled_actions={})


# The clock, and the load


def until(emulator: Emulator, hour: int) -> None:
    """Move the clock on to five minutes past an hour, UTC."""
    now = emulator.clock()["now"] if emulator.control("clock") else 0
    emulator.clock(step=(hour * 3600 + 300 - now) % 86400)


def test_what_sleeps_at_night_is_not_woken(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    night, morning = ({**action, "timezone": "UTC"} for action in (NIGHT, MORNING))
    wanted = {**WHO, **BOUNDS, "scheduled_actions": {"night": night, "morning": morning}}
    until(emulator, 12)
    module.ok("scaling", **wanted)
    until(emulator, 22)
    assert count(module) == 0
    seen = len(emulator.calls())
    asleep = module.ok("scaling", **wanted)
    assert not asleep["changed"] and asleep["scaling"]["max_capacity"] == 0
    served = web.deploy()
    assert not served.get("failed") and not served["changed"], served
    assert emulator.writes(seen) == [] and count(module) == 0
    (read,) = module.ok("scaling_info")["scaling"]
    assert "scheduled action name night was triggered" in read["activities"][0]["cause"]
    until(emulator, 6)
    assert count(module) == 2 and not module.ok("scaling", **wanted)["changed"]
    until(emulator, 22)
    assert module.ok("scaling", **{**wanted, "scheduled_actions": {}})["changed"]
    assert count(module) == 2


def test_a_scaled_service_keeps_its_count_without_being_told(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    module.ok("scaling", **WHO, **BOUNDS, target_tracking={"cpu": 60})
    emulator.control("metrics", {"service": "web", "cpu": 85})
    emulator.clock(step=200)
    assert count(module) == 3
    (read,) = module.ok("scaling_info")["scaling"]
    assert "in state ALARM triggered policy cpu" in read["activities"][0]["cause"]
    seen = len(emulator.calls())
    for check in (True, False):
        kept = web.module.ok("service", check, **{**web.base, "task_definition": "web"})
        assert not kept["changed"]
        (warning,) = kept["warnings"]
        assert "it keeps 3 of 2 to 6 tasks" in str(warning)
    assert emulator.writes(seen) == []
    changed = web.deploy(desired_count=2, enable_execute_command=True)
    assert changed["actions"][0]["params"].get("desiredCount") is None and count(module) == 3
    forced = web.deploy(force_desired_count=True)
    assert forced["actions"][0]["params"]["desiredCount"] == 2 and "warnings" not in forced
    ignoring = web.deploy(desired_count=5, ignore_changes=["desired_count"])
    assert not ignoring["changed"] and "warnings" not in ignoring


def test_an_unchanged_service_costs_no_further_call(web: Shop, emulator: Emulator) -> None:
    seen = len(emulator.calls())
    assert not web.deploy()["changed"]
    assert "DescribeScalableTargets" not in emulator.operations(seen)


def test_without_the_permission_to_look_the_count_is_set_with_a_warning(
    web: Shop, module: ModuleRun, emulator: Emulator
) -> None:
    denied = {"service": "application-autoscaling", "kind": "error", "code": "AccessDeniedException", "status": 400}
    emulator.control("faults", {**denied, "operation": "DescribeScalableTargets"})
    result = web.deploy(desired_count=1)
    assert not result.get("failed") and count(module) == 1
    assert "whether service/shop/web is scaled by somebody else cannot be seen" in str(result["warnings"])


def test_the_example_of_nothing_at_night(web: Shop, module: ModuleRun, emulator: Emulator) -> None:
    (play,) = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    options = play["tasks"][0]["longshore.ecs.scaling"]
    values = {**play["vars"], "cluster": "shop", "item": "web", "zone": "UTC"}
    filled = json.loads(jinja2.Template(json.dumps(options)).render(values))
    until(emulator, 12)
    while datetime.fromtimestamp(emulator.clock()["now"], timezone.utc).isoweekday() != 4:
        emulator.clock(step=86400)
    assert module.ok("scaling", **filled)["scaling"]["min_capacity"] == 1
    counts = []
    for hour in (18, 8, 18, 8, 18, 8):  # Thursday evening, Friday morning and evening, the weekend
        until(emulator, hour)
        counts.append(count(module))
        assert not module.ok("scaling", **filled)["changed"]
    assert counts == [0, 1, 0, 0, 0, 0]
    emulator.clock(step=86400)
    assert count(module) == 1


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("RegisterScalableTarget", "ConcurrentUpdateException", "another update"),
        ("PutScalingPolicy", "ObjectNotFoundException", "No scalable target registered for service namespace: ecs"),
        ("PutScheduledAction", "ConcurrentUpdateException", "another update"),
    ],
)
def test_what_passes_by_itself_is_waited_out(
    web: Shop, module: ModuleRun, emulator: Emulator, operation: str, code: str, message: str
) -> None:
    fault = {"service": "application-autoscaling", "kind": "error", "status": 400, "times": 2}
    emulator.control("faults", {**fault, "operation": operation, "code": code, "message": message})
    wanted = {**WHO, **BOUNDS, "target_tracking": {"cpu": 60}, "scheduled_actions": {"night": NIGHT}}
    assert module.ok("scaling", **wanted)["changed"]
    assert emulator.operations().count(operation) == 3
    assert not module.ok("scaling", **wanted)["changed"]


# Many at once


def test_scaling_comes_and_goes_with_the_service_in_a_manifest(
    module: ModuleRun, emulator: Emulator, estate: list[dict[str, Any]]
) -> None:
    scaled = [
        *estate,
        {"scaling": {**WHO, **BOUNDS, "target_tracking": {"cpu": 60}}},
        {"scaling": {"service": "api", "cluster": "shop", "min_capacity": 1, "max_capacity": 3}},
    ]
    prune = {"prune": {"owner": "shop"}}
    created = module.ok("apply", resources=scaled, **prune)
    assert created["changed"]
    seen = len(emulator.calls())
    assert not module.ok("apply", resources=scaled, **prune)["changed"]
    # One for those that are declared, one for the names of all that carry the tag.
    assert emulator.operations(seen).count("DescribeScalableTargets") == 2
    fewer = module.ok("apply", resources=scaled[:-1], **prune)
    assert [call for call in emulator.writes(seen) if "Scal" in call] == ["DeregisterScalableTarget"], fewer
    assert module.ok("scaling_info")["scaling"][0]["service"] == "web"
    seen = len(emulator.calls())
    module.ok("apply", resources=[{"cluster": {"name": "shop"}}], **prune)
    gone = [call["operation"] for call in emulator.calls()[seen:] if "web" in str(call["params"])]
    assert gone.index("DeregisterScalableTarget") < gone.index("DeleteService")


def test_scaled_services_of_a_manifest_are_asked_about_at_once(
    module: ModuleRun, emulator: Emulator, estate: list[dict[str, Any]], client: Client
) -> None:
    module.ok("apply", resources=estate)
    for name in ("web", "api"):
        module.ok("scaling", service=name, cluster="shop", min_capacity=4, max_capacity=6)
    seen = len(emulator.calls())
    kept = module.ok("apply", resources=estate)
    assert not kept["changed"] and len(kept["warnings"]) == 2
    assert emulator.operations(seen).count("DescribeScalableTargets") == 1
    assert emulator.writes(seen) == []
