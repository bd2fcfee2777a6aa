# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ROLLING, BLUE_GREEN, LINEAR and CANARY as documents of a service: kept, changed, left, and refused when they cannot
be meant. The clock is stepped: nothing sleeps. The short forms of threads are those of test_threads.py."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.steps import four_steps

from .conftest import Shop

ROLE = "arn:aws:iam::123456789012:role/shop-infrastructure"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:smoke"
HOOK: dict[str, Any] = {"hook_target_arn": FUNCTION, "role_arn": ROLE, "lifecycle_stages": ["POST_TEST_TRAFFIC_SHIFT"]}
BLUE_GREEN: dict[str, Any] = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1}


@pytest.fixture
def balancer(client: Callable[[str], Any], subnets: list[str]) -> dict[str, Any]:
    """Give a load balancer of a service whose traffic can be shifted: two groups, a production and a test rule."""
    elb, vpc = client("elbv2"), client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    arn = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    blue, green = (
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0][
            "TargetGroupArn"
        ]
        for name in ("blue", "green")
    )
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    rules = []
    for port, path in ((80, "/*"), (8080, "/*")):
        listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=[nothing])
        groups = [{"TargetGroupArn": blue, "Weight": 1}, {"TargetGroupArn": green, "Weight": 0}]
        rule = elb.create_rule(
            ListenerArn=listener["Listeners"][0]["ListenerArn"],
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )
        rules.append(rule["Rules"][0]["RuleArn"])
    return {
        "target_group_arn": blue,
        "container_name": "web",
        "container_port": 80,
        "advanced_configuration": {
            "alternate_target_group_arn": green,
            "production_listener_rule": rules[0],
            "test_listener_rule": rules[1],
            "role_arn": ROLE,
        },
    }


class Shifted:
    """A service behind a load balancer whose traffic can be shifted."""

    def __init__(self, shop: Shop, balancer: dict[str, Any], emulator: Emulator) -> None:
        self.shop, self.emulator = shop, emulator
        self.base: dict[str, Any] = {"load_balancers": [balancer], "wait_timeout": 7200}
        shop.base.pop("deployment_configuration")
        shop.register()

    def deploy(self, revision: str = "web:1", **configuration: Any) -> dict[str, Any]:
        """Deploy, and expect no failure."""
        result = self.shop.deploy(revision, **self.base, deployment_configuration=configuration)
        assert not result.get("failed"), result["msg"]
        return result

    def refused(self, **configuration: Any) -> str:
        """Deploy, expect that it is refused before any call that writes, and give the message."""
        seen = len(self.emulator.calls())
        result = self.shop.deploy("web:1", **self.base, deployment_configuration=configuration)
        assert result.get("failed") and result["failure"]["code"] == "BadInput", result
        assert self.emulator.writes(seen) == []
        return str(result["msg"])

    def unchanged(self, revision: str = "web:1", **configuration: Any) -> None:
        """Deploy what is there, in check mode and really, and expect that nothing is sent."""
        seen = len(self.emulator.calls())
        options = {**self.shop.base, **self.base, "task_definition": revision}
        options["deployment_configuration"] = configuration
        for check in (True, False):
            again = self.shop.module.ok("service", check, **options)
            assert not again["changed"] and again["actions"] == [], again["diff"]
        assert self.emulator.writes(seen) == []


@pytest.fixture
def shifted(shop: Shop, balancer: dict[str, Any], emulator: Emulator) -> Shifted:
    """Give a service that is not there yet."""
    return Shifted(shop, balancer, emulator)


def sent(result: dict[str, Any]) -> dict[str, Any]:
    """Give what UpdateService was sent, without the address."""
    (call,) = result["actions"]
    assert call["operation"] == "UpdateService"
    return {name: value for name, value in call["params"].items() if name not in ("cluster", "service")}


STRATEGIES: dict[str, dict[str, Any]] = {
    "ROLLING": {"strategy": "ROLLING", "minimum_healthy_percent": "50"},
    "BLUE_GREEN": BLUE_GREEN,
    "LINEAR": {
        "strategy": "LINEAR",
        "linear_configuration": {"step_percent": "50", "step_bake_time_in_minutes": "1"},
        "bakeTimeInMinutes": 0,
    },
    "CANARY": {
        "strategy": "CANARY",
        "canaryConfiguration": {"canaryPercent": 12.5, "canary_bake_time_in_minutes": 1},
        "bake_time_in_minutes": 0,
    },
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_deployments_and_after_each_nothing_is_left_to_do(shifted: Shifted, strategy: str) -> None:
    """Traffic has moved to the other target group after the first deployment, and back after the second."""
    configuration = STRATEGIES[strategy]
    shifted.deploy("web:1", **configuration)
    shifted.unchanged("web:1", **configuration)
    for image in ("web:2", "web:3"):
        revision = shifted.shop.register(image)
        result = shifted.deploy(revision, **configuration)
        assert sent(result) == {"taskDefinition": revision}
        assert result["service"]["task_definition"] == revision
        shifted.unchanged(revision, **configuration)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(STRATEGIES, 2)))
def test_any_strategy_follows_any_other(shifted: Shifted, before: str, after: str) -> None:
    """rm#2664: a service could not go back from blue/green to rolling."""
    shifted.deploy("web:1", **STRATEGIES[before])
    revision = shifted.shop.register("web:2")
    options = {**shifted.shop.base, **shifted.base, "task_definition": revision}
    options["deployment_configuration"] = STRATEGIES[after]
    predicted = shifted.shop.module.ok("service", True, **options)
    result = shifted.deploy(revision, **STRATEGIES[after])
    assert (predicted["actions"], predicted["diff"]) == (result["actions"], result["diff"])
    assert sent(result)["deploymentConfiguration"]["strategy"] == after
    shown = result["service"]["deployment_configuration"]
    foretold = predicted["service"]["deployment_configuration"]
    for bound, strategy in (("linear_configuration", "LINEAR"), ("canary_configuration", "CANARY")):
        assert (bound in shown, bound in foretold) == (strategy == after, strategy == after)
    shifted.unchanged(revision, **STRATEGIES[after])


def test_the_twelve_steps(shifted: Shifted) -> None:
    """cdk#1559, cdk#15902: blue/green is asked for with the service, changed with it, and goes with it."""
    shop, emulator = shifted.shop, shifted.emulator
    revision = shop.register("web:2")
    options = {**shop.base, **shifted.base, "task_definition": "web:1", "deployment_configuration": BLUE_GREEN}
    created = four_steps(shop.module, emulator, "service", **options)
    assert [call["operation"] for call in created["actions"]] == ["CreateService"]
    change: dict[str, Any] = {**BLUE_GREEN, "bake_time_in_minutes": 2, "maximum_percent": 150}
    options |= {"task_definition": "web", "desired_count": 3, "deployment_configuration": change}
    changed = four_steps(shop.module, emulator, "service", **options)
    assert sent(changed) == {
        "taskDefinition": revision,
        "desiredCount": 3,
        "deploymentConfiguration": {"bakeTimeInMinutes": 2, "maximumPercent": 150},
    }
    assert changed["service"]["running_count"] == 3 and changed["deployment"]["outcome"] == "completed"
    four_steps(shop.module, emulator, "service", name="web", cluster="shop", state="absent")


def test_hooks_come_and_go(shifted: Shifted) -> None:
    shifted.deploy(**BLUE_GREEN)
    pause: dict[str, Any] = {
        "target_type": "PAUSE",
        "lifecycle_stages": ["POST_SCALE_UP"],
        "timeout_configuration": {"action": "CONTINUE"},
    }
    both: dict[str, Any] = {**BLUE_GREEN, "lifecycle_hooks": [HOOK, pause]}
    result = shifted.deploy(**both)
    assert list(sent(result)["deploymentConfiguration"]) == ["lifecycleHooks"]
    shifted.unchanged(**both)
    written: dict[str, Any] = {
        "strategy": "BLUE_GREEN",
        "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"],
             "timeoutConfiguration": {"timeoutInMinutes": "1440", "action": "CONTINUE"}},
            {"targetType": "AWS_LAMBDA", "hookTargetArn": FUNCTION, "roleArn": ROLE,
             "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]},
        ],
    }  # fmt: skip
    shifted.unchanged(**written)
    shifted.unchanged(**BLUE_GREEN)
    assert sent(shifted.deploy(lifecycle_hooks=[]))["deploymentConfiguration"] == {"lifecycleHooks": []}
    shifted.unchanged(lifecycle_hooks=[])


def test_alarms_and_the_breaker_come_and_go(shifted: Shifted) -> None:
    alarms: dict[str, Any] = {"alarm_names": ["slow", "errors"], "enable": True, "rollback": "yes"}
    breaker: dict[str, Any] = {
        "enable": True,
        "rollback": True,
        "threshold_configuration": {"type": "COUNT", "value": "5"},
    }
    guarded: dict[str, Any] = {**BLUE_GREEN, "alarms": alarms, "deployment_circuit_breaker": breaker}
    shifted.deploy(**guarded)
    shifted.unchanged(**guarded)
    shifted.unchanged(alarms={**alarms, "alarm_names": ["errors", "slow"]})
    shifted.unchanged(deployment_circuit_breaker={"enable": True, "rollback": True})
    cleared: dict[str, Any] = {"alarms": {}, "deployment_circuit_breaker": {}}
    assert sent(shifted.deploy(**cleared))["deploymentConfiguration"] == {
        "alarms": {"alarmNames": [], "enable": False, "rollback": False},
        "deploymentCircuitBreaker": {
            "enable": False,
            "rollback": False,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
    }
    shifted.unchanged(**cleared)


def test_early_success_comes_and_goes(shifted: Shifted) -> None:
    criteria: dict[str, Any] = {"enable": True, "healthy_percent": "100", "source_service_revision_cleanup": "DEFERRED"}
    shifted.deploy(early_success_criteria=criteria)
    shifted.unchanged(early_success_criteria=criteria)
    shifted.deploy(early_success_criteria={})
    shifted.unchanged(early_success_criteria={})


def test_a_changed_step_takes_the_defaults_of_what_is_left_out(shifted: Shifted) -> None:
    """ECS gives linearConfiguration its fixed defaults, not what it had before (measured by go-to-k/cdkd, 1806)."""
    shifted.deploy(**STRATEGIES["LINEAR"])
    result = shifted.deploy(linear_configuration={"step_percent": 25})
    assert result["service"]["deployment_configuration"]["linear_configuration"] == {
        "step_percent": 25.0,
        "step_bake_time_in_minutes": 6,
    }
    shifted.unchanged(linear_configuration={"step_percent": 25, "step_bake_time_in_minutes": 6})


def test_which_of_the_two_groups_stands_first_is_no_difference(shifted: Shifted) -> None:
    shifted.deploy(**BLUE_GREEN)
    (balancer,) = shifted.base["load_balancers"]
    advanced = balancer["advanced_configuration"]
    swapped = {**advanced, "alternate_target_group_arn": balancer["target_group_arn"]}
    shifted.base["load_balancers"] = [
        {**balancer, "target_group_arn": advanced["alternate_target_group_arn"], "advanced_configuration": swapped}
    ]
    shifted.unchanged(**BLUE_GREEN)


def test_a_pause_is_approval_and_not_success(shifted: Shifted) -> None:
    pause: dict[str, Any] = {"target_type": "PAUSE", "lifecycle_stages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
    shifted.deploy(**BLUE_GREEN)
    revision = shifted.shop.register("web:2")
    options = {**shifted.base, "deployment_configuration": {**BLUE_GREEN, "lifecycle_hooks": [pause]}}
    result = shifted.shop.deploy(revision, **options)
    assert result["failure"]["code"] == "AwaitingApproval"
    approved = shifted.shop.deploy(revision, **options, wait_until="approval")
    assert not approved.get("failed") and approved["deployment"]["outcome"] == "awaiting_approval"


OUT_OF_PLACE: dict[str, tuple[dict[str, Any], str]] = {
    "canary percent": (
        {"strategy": "CANARY", "canary_configuration": {"canary_percent": "120"}},
        "deployment_configuration.canary_configuration.canary_percent: 120.0 is out of range; AWS takes 0.1 to 100.",
    ),
    "canary percent too fine": (
        {"strategy": "CANARY", "canary_configuration": {"canary_percent": 5.25}},
        "canary_percent: 5.25 is too fine; AWS takes multiples of 0.1.",
    ),
    "step percent": (
        {"strategy": "LINEAR", "linear_configuration": {"step_percent": 2}},
        "linear_configuration.step_percent: 2.0 is out of range; AWS takes 3 to 100.",
    ),
    "step bake time": (
        {"strategy": "LINEAR", "linear_configuration": {"step_bake_time_in_minutes": 1441}},
        "step_bake_time_in_minutes: 1441 is out of range; AWS takes 0 to 1440.",
    ),
    "bake time": (
        {"strategy": "BLUE_GREEN", "bake_time_in_minutes": -1},
        "deployment_configuration.bake_time_in_minutes: -1 is out of range; AWS takes 0 to 1440.",
    ),
    "canary under linear": (
        {"strategy": "LINEAR", "canary_configuration": {"canary_percent": 5}},
        "canary_configuration: it goes with the strategy CANARY, and the strategy is LINEAR: set strategy to CANARY",
    ),
    "linear without a strategy": (
        {"linear_configuration": {"step_percent": 20}},
        "linear_configuration: it goes with the strategy LINEAR, and the strategy is ROLLING",
    ),
    "early success under canary": (
        {"strategy": "CANARY", "early_success_criteria": {"enable": True}},
        "early_success_criteria: it goes with the strategy ROLLING, and the strategy is CANARY",
    ),
    "early success of what": (
        {"early_success_criteria": {"enable": True, "source_service_revision_cleanup": "BLOCKING"}},
        "early_success_criteria.healthy_percent: it is required when enable is true.",
    ),
    "early success before health": (
        {
            "minimum_healthy_percent": 80,
            "early_success_criteria": {
                "enable": True, "healthy_percent": 70, "source_service_revision_cleanup": "BLOCKING"
            },
        },
        "healthy_percent: 70 is less than minimum_healthy_percent, 80; raise it to 80.",
    ),
    "threshold": (
        {"deployment_circuit_breaker": {
            "enable": True, "rollback": True, "threshold_configuration": {"type": "COUNT", "value": 0}
        }},
        "threshold_configuration.value: 0 is out of range; AWS takes 1 or more.",
    ),
    "pause where only functions act": (
        {"strategy": "BLUE_GREEN",
         "lifecycle_hooks": [HOOK, {"target_type": "PAUSE", "lifecycle_stages": ["TEST_TRAFFIC_SHIFT"]}]},
        "lifecycle_hooks[1].lifecycle_stages: a PAUSE hook cannot stop at TEST_TRAFFIC_SHIFT; AWS takes PRE_SCALE_UP,",
    ),
    "hook without a role": (
        {"strategy": "BLUE_GREEN", "lifecycle_hooks": [{**HOOK, "role_arn": ""}]},
        "lifecycle_hooks[0]: a Lambda hook needs role_arn; give the function and the role that may call it",
    ),
    "hook without a stage": (
        {"strategy": "BLUE_GREEN", "lifecycle_hooks": [{**HOOK, "lifecycle_stages": []}]},
        "lifecycle_hooks[0].lifecycle_stages: it is empty; name the stages",
    ),
    "no such strategy": ({"strategy": "BLUEGREEN"}, "did you mean BLUE_GREEN?"),
}  # fmt: skip


@pytest.mark.parametrize("case", OUT_OF_PLACE)
def test_what_cannot_be_meant_is_refused_before_any_call(shifted: Shifted, case: str) -> None:
    configuration, words = OUT_OF_PLACE[case]
    assert words in shifted.refused(**configuration)
    shifted.deploy(strategy="ROLLING")
    assert words in shifted.refused(**configuration)


def advanced(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change the advanced configuration of a load balancer; a member that becomes None goes."""
    return lambda balancer: {
        **balancer,
        "advanced_configuration": {
            name: value for name, value in {**balancer["advanced_configuration"], **changes}.items() if value
        },
    }


LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/1123456789abcdef/2123456789abcdef"
UNFIT: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "no advanced configuration": (
        lambda balancer: {name: value for name, value in balancer.items() if name != "advanced_configuration"},
        "load_balancers[0].advanced_configuration: the strategy BLUE_GREEN needs alternate_target_group_arn, "
        "production_listener_rule, role_arn of each load balancer; give them, or set strategy to ROLLING.",
    ),
    "no role": (advanced(role_arn=None), "the strategy BLUE_GREEN needs role_arn of each load balancer"),
    "a listener in the place of a rule": (
        advanced(production_listener_rule=LISTENER),
        f"production_listener_rule: {LISTENER} is a listener; name one of its rules",
    ),
    "one rule for both": (
        lambda balancer: advanced(
            test_listener_rule=balancer["advanced_configuration"]["production_listener_rule"]
        )(balancer),
        "is the production rule too; name another rule, or none.",
    ),
    "one group for both": (
        lambda balancer: advanced(alternate_target_group_arn=balancer["target_group_arn"])(balancer),
        "is the target group itself; name the other of the two.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_a_load_balancer_that_cannot_shift_traffic_is_refused(shifted: Shifted, case: str) -> None:
    unfit, words = UNFIT[case]
    (balancer,) = shifted.base["load_balancers"]
    shifted.base["load_balancers"] = [unfit(balancer)]
    assert words in shifted.refused(**BLUE_GREEN)


def test_a_classic_load_balancer_shifts_nothing(shifted: Shifted) -> None:
    (balancer,) = shifted.base["load_balancers"]
    classic = {name: value for name, value in balancer.items() if name != "target_group_arn"}
    shifted.base["load_balancers"] = [{**classic, "load_balancer_name": "old"}]
    assert "the Classic Load Balancer old cannot shift traffic" in shifted.refused(**BLUE_GREEN)


def test_all_load_balancers_shift_or_none(shifted: Shifted) -> None:
    (balancer,) = shifted.base["load_balancers"]
    plain = {name: value for name, value in balancer.items() if name != "advanced_configuration"}
    shifted.base["load_balancers"] = [balancer, plain]
    assert "load_balancers[1].advanced_configuration: the other load balancers have one" in shifted.refused()


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "CANARY"])
def test_without_a_load_balancer_nothing_more_is_asked(shifted: Shifted, strategy: str) -> None:
    shifted.base.pop("load_balancers")
    shifted.deploy(strategy=strategy)
    shifted.unchanged(strategy=strategy)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"strategy": "BLUE_GREEN"}, "BLUE_GREEN is a strategy of ECS"),
        ({"lifecycle_hooks": [HOOK]}, "use code_deploy.hooks under CODE_DEPLOY"),
        ({"alarms": {"alarm_names": ["a"], "enable": True, "rollback": True}}, "CodeDeploy deployment group"),
        ({"deployment_circuit_breaker": {"enable": True, "rollback": False}}, "code_deploy.auto_rollback"),
    ],
)
def test_what_only_ecs_looks_at_is_refused_with_codedeploy(
    shifted: Shifted, configuration: dict[str, Any], words: str
) -> None:
    shifted.base["deployment_controller"] = {"type": "CODE_DEPLOY"}
    message = shifted.refused(**configuration)
    assert message.startswith(f"deployment_configuration.{next(iter(configuration))}: ") and words in message
