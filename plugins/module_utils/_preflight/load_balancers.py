# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load balancers: target groups exist, fit the tasks, are behind a listener, and lead to a port of a container."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, skipped, warning
from ._look import Look
from ._wish import SHIFTING, Wish

NAME = "load_balancers"
# What health checks of a target group are when it does not say (CreateTargetGroup).
INTERVAL, THRESHOLD = 30, 2


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each load balancer of the service, and what the service says about all of them."""
    balancers = wish.service.get("loadBalancers") or []
    if wish.service:
        yield Check(NAME, "health_check_grace_period_seconds", partial(_grace, wish, look))
    for entry in balancers:
        subject = str(entry.get("targetGroupArn") or entry.get("loadBalancerName") or "load balancer")
        yield Check(NAME, subject, partial(_balancer, entry, wish, look))
        yield Check(NAME, f"{entry.get('containerName')}:{entry.get('containerPort')}", partial(_target, entry, wish))
        if wish.strategy in SHIFTING:
            yield Check(NAME, f"{subject} ({wish.strategy})", partial(_shifting, entry, wish, look))


def target_group(arn: str, look: Look) -> dict[str, Any] | None:
    """Read a target group; None when there is none."""
    answer = look.find("elbv2", "DescribeTargetGroups", ("TargetGroupNotFound",), TargetGroupArns=[arn])
    groups = (answer or {}).get("TargetGroups") or [None]
    return groups[0]


def _balancer(entry: dict[str, Any], wish: Wish, look: Look) -> Iterator[Finding]:
    arn = entry.get("targetGroupArn")
    if arn:
        yield from _group(str(arn), wish, look, behind=True)
    elif wish.definition and wish.network_mode == "awsvpc":
        yield failed(
            "A Classic Load Balancer cannot reach tasks with the network mode awsvpc.",
            "Use a target group of an Application or Network Load Balancer.",
        )
    else:
        yield warning("A Classic Load Balancer is not looked at.", "See that it exists, or move to a target group.")


def _group(arn: str, wish: Wish, look: Look, behind: bool) -> Iterator[Finding]:
    group = target_group(arn, look)
    if group is None:
        yield failed(f"There is no target group '{arn}'.", "Create it, or correct its ARN.")
        return
    name = group["TargetGroupName"]
    # CreateService, member loadBalancers: ip for awsvpc, else instance.
    wanted = "ip" if wish.network_mode == "awsvpc" else "instance"
    if wish.definition and group.get("TargetType") != wanted:
        yield failed(
            f"The target group '{name}' takes targets of the type {group.get('TargetType')}, but tasks with the "
            f"network mode {wish.network_mode} are of the type {wanted}.",
            f"Use a target group of the type {wanted}; the type of an existing one cannot change.",
        )
    elif behind and not group.get("LoadBalancerArns"):
        yield failed(
            f"The target group '{name}' is behind no load balancer, so ECS refuses it.",
            "Forward to it in a listener or a listener rule first.",
        )
    else:
        yield ok(f"The target group '{name}' exists and fits the tasks.")


def _target(entry: dict[str, Any], wish: Wish) -> Iterator[Finding]:
    container, port = entry.get("containerName"), entry.get("containerPort")
    names = [item.get("name") for item in wish.containers]
    if not wish.definition:
        yield skipped("Without the task definition its containers cannot be compared.")
    elif container not in names:
        yield failed(
            f"The load balancer names the container '{container}', which the task definition does not have.",
            f"Name one of {', '.join(map(str, names))} in container_name.",
        )
    elif not wish.port(str(container), int(port or 0)):
        yield failed(
            f"The container '{container}' has no port mapping for {port}, which the load balancer names.",
            "Add the port to its port_mappings, or correct container_port.",
        )
    else:
        yield ok(f"The container '{container}' has the port {port}.")


def _shifting(entry: dict[str, Any], wish: Wish, look: Look) -> Iterator[Finding]:
    """Check what a deployment that shifts traffic needs (LoadBalancer, member advancedConfiguration)."""
    advanced = entry.get("advancedConfiguration") or {}
    lacking = [name for name in ("alternateTargetGroupArn", "productionListenerRule") if not advanced.get(name)]
    if lacking:
        yield failed(
            f"The strategy {wish.strategy} needs {' and '.join(lacking)} for each load balancer.",
            "Give them in advanced_configuration of the load balancer.",
        )
        return
    alternate = str(advanced["alternateTargetGroupArn"])
    if alternate == entry.get("targetGroupArn"):
        yield failed("The alternate target group is the target group itself.", "Give another target group.")
        return
    yield from _group(alternate, wish, look, behind=False)
    groups = {str(entry.get("targetGroupArn")), alternate}
    yield from _rule("production", str(advanced["productionListenerRule"]), groups, look)
    if advanced.get("testListenerRule"):
        yield from _rule("test", str(advanced["testListenerRule"]), groups, look)


def _rule(role: str, arn: str, groups: set[str], look: Look) -> Iterator[Finding]:
    """Check a listener rule, or the listener that stands in its place with a Network Load Balancer."""
    if ":listener-rule/" in arn:
        answer = look.find("elbv2", "DescribeRules", ("RuleNotFound",), RuleArns=[arn])
        actions = [action for rule in (answer or {}).get("Rules", []) for action in rule.get("Actions", [])]
    else:
        answer = look.find("elbv2", "DescribeListeners", ("ListenerNotFound",), ListenerArns=[arn])
        actions = [action for item in (answer or {}).get("Listeners", []) for action in item.get("DefaultActions", [])]
    if answer is None:
        yield failed(f"There is no {role} listener rule '{arn}'.", "Create it, or correct its ARN.")
    elif not groups & set(_forwarded(actions)):
        yield failed(
            f"The {role} listener rule '{arn}' forwards to neither of the two target groups.",
            "Let it forward to the target group of the service; ECS shifts its weights from there.",
        )
    else:
        yield ok(f"The {role} listener rule exists and forwards to the service.")


def _forwarded(actions: list[dict[str, Any]]) -> Iterator[str]:
    for action in actions:
        if action.get("TargetGroupArn"):
            yield str(action["TargetGroupArn"])
        for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or []:
            yield str(group.get("TargetGroupArn"))


def _grace(wish: Wish, look: Look) -> Iterator[Finding]:
    grace = int(wish.service.get("healthCheckGracePeriodSeconds") or 0)
    balancers = wish.service.get("loadBalancers") or []
    if grace and not balancers and not wish.service.get("vpcLatticeConfigurations"):
        yield failed(
            "A health check grace period is only taken for a service with a load balancer.",
            "Leave out health_check_grace_period_seconds, or give load_balancers.",
        )
        return
    for entry in balancers:
        starting = max((_start_period(item) for item in _named(entry, wish)), default=0)
        group = target_group(str(entry["targetGroupArn"]), look) if entry.get("targetGroupArn") and starting else None
        if group is None:
            continue
        patience = grace + group.get("HealthCheckIntervalSeconds", INTERVAL) * group.get(
            "UnhealthyThresholdCount", THRESHOLD
        )
        if starting > patience:
            yield warning(
                f"The container '{entry.get('containerName')}' may take {starting} seconds to start, but its target "
                f"group may call it unhealthy after {patience}.",
                "Raise health_check_grace_period_seconds to what the container needs to start.",
            )
            return
    yield ok("The health check grace period fits.")


def _named(entry: dict[str, Any], wish: Wish) -> list[dict[str, Any]]:
    return [item for item in wish.containers if item.get("name") == entry.get("containerName")]


def _start_period(container: dict[str, Any]) -> int:
    return int((container.get("healthCheck") or {}).get("startPeriod") or 0)
