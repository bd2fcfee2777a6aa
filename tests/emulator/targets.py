# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task's targets in the groups of load balancers, and their health.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html and
.../edit-target-group-attributes.html (deregistration delay): a target without connections leaves at once, but is shown
as draining until the delay is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import causes, events, neighbours
from .images import Behaviour
from .records import Task
from .region import Region

Document = dict[str, Any]

# A new target passes one check (Elastic Load Balancing guide, target group health checks); checks start at once.
HEALTHY_SECONDS = 10.0
_INITIAL = {
    "State": "initial",
    "Reason": "Elb.RegistrationInProgress",
    "Description": "Target registration is in progress",
}
NOT_FOUND = "TARGET GROUP IS NOT FOUND"
_FINE = Behaviour()


def register(
    region: Region, task: Task, on_pass: Callable[[str], None], on_fail: Callable[[str, str], None]
) -> Iterator[str]:
    """Register a running task; gives the checks that are now to be passed.

    `on_pass` is told the check, `on_fail` the group and what is wrong.
    """
    for balancer in task.load_balancers:
        arn = str(balancer.get("targetGroupArn"))
        group = neighbours.target_group(region, arn)
        if "targetGroupArn" not in balancer or _denied(region, task, arn):
            continue
        if group is None:
            task.targets.append((arn, task.id, int(balancer.get("containerPort") or 0)))
            region.timeline.after(HEALTHY_SECONDS, partial(on_fail, arn, NOT_FOUND))
            yield f"target {arn}"
            continue
        address, port = address_of(region, task, balancer, group)
        task.targets.append((arn, address, port))
        neighbours.set_target(region, arn, address, port, _INITIAL)
        wrong = task.behaviours.get(balancer.get("containerName", ""), _FINE).target
        check = f"target {arn}"
        if wrong is None:
            seconds = min(HEALTHY_SECONDS, float(group.health_check_interval_seconds))
            region.timeline.after(seconds, partial(_pass, region, task, (arn, address, port), partial(on_pass, check)))
        else:
            interval = int(group.health_check_interval_seconds) * int(group.unhealthy_threshold_count)
            region.timeline.after(interval, partial(_show, region, task, (arn, address, port), wrong))
            seconds = max(float(interval), task.grace_seconds)
            region.timeline.after(seconds, partial(on_fail, arn, wrong.description))
        yield check


def _denied(region: Region, task: Task, arn: str) -> bool:
    """Say so if ECS may not register targets; the words of the event are a guess modelled on AWS's for other calls."""
    service = region.services.get((task.cluster, task.service_name or ""))
    if service is None or region.world.capacity.take("elb") is None:
        return False
    session = region.arn("assumed-role/AWSServiceRoleForECS/ecs-service-scheduler", "sts", "")
    action = "elasticloadbalancing:RegisterTargets"
    error = f"User: {session} is not authorized to perform: {action} on resource: {arn}"
    events.add_once(region, service, f"failed to register targets in (target-group {arn}) with (error {error})")
    task.unmet_checks.add(f"target {arn}")
    return True


def trouble(task: Task, arn: str) -> str:
    """Tell in an event what the load balancer finds wrong with a task.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
    """
    if task.target_trouble == NOT_FOUND:
        whose = f"task set ({task.doc['startedBy']}) (task {task.id})"
        return f"{whose} is not healthy in target-group ({arn}) due to {NOT_FOUND}."
    port = next((port for group, _ignored, port in task.targets if group == arn), 0)
    return f"(port {port}) is unhealthy in (target-group {arn}) due to (reason {task.target_trouble})"


def address_of(region: Region, task: Task, balancer: Document, group: Any) -> tuple[str, int]:
    """Where a load balancer reaches a task: its own address, or its instance and the port there."""
    port = int(balancer.get("containerPort") or group.port)
    for attachment in task.doc["attachments"]:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"]), port
    instance = region.instances.get(task.doc.get("containerInstanceArn", ""))
    for container in task.doc["containers"]:
        if container["name"] == balancer.get("containerName"):
            bound = [item["hostPort"] for item in container["networkBindings"] if item["containerPort"] == port]
            port = bound[0] if bound else port
    return (str(instance.doc["ec2InstanceId"]) if instance else task.id), port


def _pass(region: Region, task: Task, at: tuple[str, str, int], then: Callable[[], None]) -> None:
    if not task.stopping:
        neighbours.set_target(region, *at, {"State": "healthy"})
        then()


def _show(region: Region, task: Task, at: tuple[str, str, int], wrong: causes.Target) -> None:
    if not task.stopping:
        state = {"State": "unhealthy", "Reason": wrong.reason, "Description": wrong.description}
        neighbours.set_target(region, *at, state)


def deregister(region: Region, task: Task) -> None:
    """Take a task out of its groups: draining first, then gone."""
    for arn, address, port in task.targets:
        state, seconds = neighbours.drain_target(region, arn, address, port)
        region.timeline.after(seconds, partial(neighbours.drop_target, region, arn, address, port, state))
