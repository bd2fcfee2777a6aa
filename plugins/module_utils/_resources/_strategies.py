# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the deployment strategies ask of a service, said before any call is made.

Each rule refuses what CreateService and UpdateService refuse. Sources: DeploymentConfiguration and its members in the
API reference, and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .._errors import BadInput
from .._normal import snake

CONFIGURATION = "deployment_configuration"
# The members that the rules look at.
JUDGED = frozenset({"deploymentConfiguration", "deploymentController", "loadBalancers"})
# What only goes with one strategy.
BOUND = {"linearConfiguration": "LINEAR", "canaryConfiguration": "CANARY"}
# Numbers of which the service model names the range in words alone: path, least, most, whether tenths are taken.
RANGES = (
    (("bakeTimeInMinutes",), 0, 1440, False),
    (("linearConfiguration", "stepPercent"), 3, 100, True),
    (("linearConfiguration", "stepBakeTimeInMinutes"), 0, 1440, False),
    (("canaryConfiguration", "canaryPercent"), 0.1, 100, True),
    (("canaryConfiguration", "canaryBakeTimeInMinutes"), 0, 1440, False),
)
# Where a PAUSE hook may stop a deployment; Lambda functions may be called at every stage.
PAUSES = (
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
# What only deployments that ECS makes itself look at; with another controller it would be a setting without effect.
ECS_ONLY = {
    "alarms": "give the alarms to the CodeDeploy deployment group",
    "deploymentCircuitBreaker": "CodeDeploy has its own rollback, code_deploy.auto_rollback",
    "earlySuccessCriteria": "leave it out",
}
SHIFTS = ("alternateTargetGroupArn", "productionListenerRule", "roleArn")


def check(document: dict[str, Any], controller: str) -> None:
    """Refuse a service, in the shape of CreateService, whose parts cannot go together under its strategy.

    Raises BadInput with the option, its value and the remedy, for the first thing that is wrong.
    """
    configuration = document.get("deploymentConfiguration") or {}
    strategy = configuration.get("strategy") or "ROLLING"
    balancers = document.get("loadBalancers") or []
    wrong = next(
        (
            said
            for rule in (
                _controller(configuration, strategy, controller),
                _bound(configuration, strategy),
                _ranges(configuration),
                _early_success(configuration, strategy),
                _hooks(configuration),
                _balancers(balancers, strategy) if controller == "ECS" else (),
            )
            for said in rule
        ),
        None,
    )
    if wrong:
        raise BadInput(wrong)


def _controller(configuration: dict[str, Any], strategy: str, controller: str) -> Iterator[str]:
    if controller == "ECS":
        return
    whose = f"the deployments of this service are made by the {controller} controller"
    if strategy != "ROLLING":
        yield (
            f"{CONFIGURATION}.strategy: {strategy} is a strategy of ECS, and {whose}: "
            "leave strategy out, or set deployment_controller to ECS."
        )
    if configuration.get("lifecycleHooks"):
        yield (
            f"{CONFIGURATION}.lifecycle_hooks: hooks belong to the strategies of ECS, and {whose}: "
            "use code_deploy.hooks under CODE_DEPLOY, or set deployment_controller to ECS."
        )
    for member, remedy in ECS_ONLY.items():
        if (configuration.get(member) or {}).get("enable"):
            option = f"{CONFIGURATION}.{snake(member)}"
            yield f"{option}: ECS would not look at it, because {whose}: set enable to false; {remedy}."


def _bound(configuration: dict[str, Any], strategy: str) -> Iterator[str]:
    for member, needed in BOUND.items():
        if configuration.get(member) is not None and strategy != needed:
            yield (
                f"{CONFIGURATION}.{snake(member)}: it goes with the strategy {needed}, and the strategy is {strategy}: "
                f"set strategy to {needed}, or leave {snake(member)} out."
            )


def _ranges(configuration: dict[str, Any]) -> Iterator[str]:
    for path, least, most, tenths in RANGES:
        value: Any = configuration
        for member in path:
            value = (value or {}).get(member)
        if value is None:
            continue
        option = ".".join((CONFIGURATION, *map(snake, path)))
        if not least <= value <= most:
            yield f"{option}: {value} is out of range; AWS takes {least} to {most}."
        elif tenths and not math.isclose(value * 10, round(value * 10)):
            yield f"{option}: {value} is too fine; AWS takes multiples of 0.1."
    threshold = (configuration.get("deploymentCircuitBreaker") or {}).get("thresholdConfiguration") or {}
    if threshold.get("value", 1) < 1:
        yield (
            f"{CONFIGURATION}.deployment_circuit_breaker.threshold_configuration.value: {threshold['value']} is out of "
            "range; AWS takes 1 or more."
        )


def _early_success(configuration: dict[str, Any], strategy: str) -> Iterator[str]:
    criteria, option = configuration.get("earlySuccessCriteria") or {}, f"{CONFIGURATION}.early_success_criteria"
    if not criteria.get("enable"):
        return
    if strategy != "ROLLING":
        yield f"{option}: it goes with the strategy ROLLING, and the strategy is {strategy}: set enable to false."
    for member in ("healthyPercent", "sourceServiceRevisionCleanup"):
        if criteria.get(member) is None:
            yield f"{option}.{snake(member)}: it is required when enable is true."
    healthy, least = criteria.get("healthyPercent"), configuration.get("minimumHealthyPercent")
    if healthy is not None and least is not None and healthy < least:
        yield f"{option}.healthy_percent: {healthy} is less than minimum_healthy_percent, {least}; raise it to {least}."


def _hooks(configuration: dict[str, Any]) -> Iterator[str]:
    for index, hook in enumerate(configuration.get("lifecycleHooks") or []):
        option = f"{CONFIGURATION}.lifecycle_hooks[{index}]"
        stages = hook.get("lifecycleStages") or []
        if not stages:
            yield f"{option}.lifecycle_stages: it is empty; name the stages at which the hook shall act."
        if hook.get("targetType") == "PAUSE":
            wrong = [stage for stage in stages if stage not in PAUSES]
            if wrong:
                yield (
                    f"{option}.lifecycle_stages: a PAUSE hook cannot stop at {', '.join(wrong)}; "
                    f"AWS takes {', '.join(PAUSES)}."
                )
            continue
        missing = [snake(member) for member in ("hookTargetArn", "roleArn") if not hook.get(member)]
        if missing:
            yield (
                f"{option}: a Lambda hook needs {' and '.join(missing)}; "
                "give the function and the role that may call it, or set target_type to PAUSE."
            )


def _balancers(balancers: list[dict[str, Any]], strategy: str) -> Iterator[str]:
    advanced = [balancer for balancer in balancers if balancer.get("advancedConfiguration")]
    for index, balancer in enumerate(balancers):
        option, settings = f"load_balancers[{index}]", balancer.get("advancedConfiguration") or {}
        if settings and balancer.get("loadBalancerName"):
            yield (
                f"{option}.advanced_configuration: the Classic Load Balancer {balancer['loadBalancerName']} cannot "
                "shift traffic; use a target group, or leave advanced_configuration out."
            )
        missing = [snake(member) for member in SHIFTS if not settings.get(member)]
        if strategy != "ROLLING" and missing:
            yield (
                f"{option}.advanced_configuration: the strategy {strategy} needs {', '.join(missing)} of each load "
                "balancer; give them, or set strategy to ROLLING."
            )
        if not settings and advanced:
            yield f"{option}.advanced_configuration: the other load balancers have one; give it for all or for none."
        yield from _settings(f"{option}.advanced_configuration", balancer, settings)


def _settings(option: str, balancer: dict[str, Any], settings: dict[str, Any]) -> Iterator[str]:
    alternate, production = settings.get("alternateTargetGroupArn"), settings.get("productionListenerRule")
    if alternate and alternate == balancer.get("targetGroupArn"):
        yield f"{option}.alternate_target_group_arn: {alternate} is the target group itself; name the other of the two."
    if production and production == settings.get("testListenerRule"):
        yield f"{option}.test_listener_rule: {production} is the production rule too; name another rule, or none."
    for member in ("productionListenerRule", "testListenerRule"):
        if ":listener/app/" in str(settings.get(member)):
            yield (
                f"{option}.{snake(member)}: {settings[member]} is a listener; "
                "name one of its rules (arn:...:listener-rule/app/...), for an Application Load Balancer."
            )


def adopt_load_balancers(have: dict[str, Any], want: dict[str, Any]) -> None:
    """Take a load balancer whose two target groups AWS shows the other way round for the same.

    Each shifting deployment moves the traffic from the one group to the other, so which of them stands first says
    nothing about what was asked for.
    """
    if (have.get("deploymentConfiguration") or {}).get("strategy", "ROLLING") == "ROLLING":
        return
    wanted = {_pair(balancer): balancer for balancer in want.get("loadBalancers") or [] if _pair(balancer)}
    have["loadBalancers"] = [
        _as_wanted(balancer, wanted[_pair(balancer)]) if _pair(balancer) in wanted else balancer
        for balancer in have.get("loadBalancers") or []
    ]


def _pair(balancer: dict[str, Any]) -> frozenset[str]:
    alternate = (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
    return frozenset((str(balancer.get("targetGroupArn")), alternate)) if alternate else frozenset()


def _as_wanted(balancer: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    alternate = wanted["advancedConfiguration"]["alternateTargetGroupArn"]
    return {
        **balancer,
        "targetGroupArn": wanted.get("targetGroupArn"),
        "advancedConfiguration": {**balancer["advancedConfiguration"], "alternateTargetGroupArn": alternate},
    }
