# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress: the numbers of the deployment let it start or stop a task, and strategy and controller fit each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from ._check import Check, Finding, failed, ok, warning
from ._look import Look
from ._wish import SHIFTING, Wish
from .capacity import cluster_of

NAME = "progress"


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check whether a deployment of the service can go on at all."""
    if not wish.service:
        return
    yield Check(NAME, "deployment_controller", partial(_controller, wish))
    if wish.strategy == "ROLLING" and wish.controller == "ECS":
        yield Check(NAME, "deployment_configuration", partial(_room, wish))
        if static_ports(wish):
            yield Check(NAME, "host ports", partial(_ports, wish, look))


def bounds(wish: Wish) -> tuple[int, int]:
    """Give how many tasks must keep running, and how many may run, during a rolling deployment.

    The minimum is rounded up and the maximum down (DeploymentConfiguration). The defaults are those of CreateService.
    """
    daemon = wish.service.get("schedulingStrategy") == "DAEMON"
    desired = 1 if daemon else int(wish.service.get("desiredCount") or 0)
    low, high = wish.deployment.get("minimumHealthyPercent"), wish.deployment.get("maximumPercent")
    low = (0 if daemon else 100) if low is None else low
    high = (100 if daemon else 200) if high is None else high
    return math.ceil(desired * low / 100), math.floor(desired * high / 100)


def _controller(wish: Wish) -> Iterator[Finding]:
    breaker = (wish.deployment.get("deploymentCircuitBreaker") or {}).get("enable")
    guarded = [
        name
        for name, given in (
            ("a circuit breaker", breaker),
            ("alarms", (wish.deployment.get("alarms") or {}).get("enable")),
            ("lifecycle hooks", wish.deployment.get("lifecycleHooks")),
            (f"the strategy {wish.strategy}", wish.strategy in SHIFTING),
        )
        if given
    ]
    if wish.controller != "ECS" and guarded:
        yield failed(
            f"The deployment controller {wish.controller} does not take {' and '.join(guarded)}.",
            "Use the deployment controller ECS, or leave them out.",
        )
    elif wish.controller == "CODE_DEPLOY" and not wish.service.get("loadBalancers"):
        yield failed("The deployment controller CODE_DEPLOY needs a load balancer.", "Give load_balancers.")
    else:
        yield ok(f"The deployment controller {wish.controller} fits the strategy {wish.strategy}.")


def _room(wish: Wish) -> Iterator[Finding]:
    desired = int(wish.service.get("desiredCount") or 0)
    daemon = wish.service.get("schedulingStrategy") == "DAEMON"
    least, most = bounds(wish)
    if daemon and most > 1:
        yield failed("A DAEMON service runs at most 100 percent.", "Leave out maximum_percent.")
    elif daemon and least >= most:
        yield failed(
            "No task of a DAEMON service may stop, so no deployment can replace one.",
            "Set minimum_healthy_percent below 100.",
        )
    elif not daemon and not desired:
        yield ok("The service wants no tasks, so nothing has to be replaced.")
    elif least > most:
        yield failed(
            f"At least {least} tasks must run, but at most {most} may.",
            "Set minimum_healthy_percent below maximum_percent.",
        )
    elif not daemon and most <= desired <= least:
        yield failed(
            f"Of {desired} tasks {least} must keep running and at most {most} may run, so the deployment can neither "
            "stop nor start one.",
            "Raise maximum_percent, or lower minimum_healthy_percent, until it leaves room for one task.",
        )
    else:
        yield ok("The deployment has room to replace tasks.")


def static_ports(wish: Wish) -> list[int]:
    """Give the ports of the container instance that a task takes for itself, so that a second one must go elsewhere."""
    if wish.on_fargate or wish.network_mode not in ("host", "bridge"):
        return []
    mappings = [entry for item in wish.containers for entry in item.get("portMappings") or []]
    own = "containerPort" if wish.network_mode == "host" else "hostPort"
    return sorted({int(entry[own]) for entry in mappings if entry.get(own)})


def _ports(wish: Wish, look: Look) -> Iterator[Finding]:
    if wish.service.get("schedulingStrategy") == "DAEMON":
        yield ok("A DAEMON service stops a task before it starts the next one.")
        return
    desired = int(wish.service.get("desiredCount") or 0)
    least, _most = bounds(wish)
    cluster = cluster_of(wish.cluster, look)
    hosts = int((cluster or {}).get("registeredContainerInstancesCount") or 0)
    ports = ", ".join(map(str, static_ports(wish)))
    if not hosts or not desired or least < desired or hosts > desired:
        yield ok(
            f"The port {ports} of a container instance is taken by one task at a time, and there is room for that."
        )
        return
    message = (
        f"Each task takes the port {ports} of its container instance, all {desired} must keep running, and there are "
        f"only {hosts} container instances, so no new task can start."
    )
    remedy = "Use host_port 0, lower minimum_healthy_percent, or add a container instance."
    # A capacity provider may add the instance that is lacking.
    yield warning(message, remedy) if wish.providers else failed(message, remedy)
