# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service scheduler: what it does whenever it looks at a service.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html

A rolling deployment is judged here; the way of the others through their stages is in `walks.py`.
"""

from __future__ import annotations

import copy
import math
from functools import partial
from typing import Any

from . import alarms, breaker, events, outcomes, placement, revisions, scaling, targets, tasks, traffic, walks
from .names import deployment_digits
from .outcomes import DEPLOYING, DEPLOYING_HIDDEN
from .records import Deployment, Service, ServiceDeployment, Task, TaskDefinition
from .region import GONE, Region
from .stages import SHIFTING

Document = dict[str, Any]

# Between the last task's health and the end of the rollout: seen in outputs, not documented.
SETTLE_SECONDS = 5.0
DRAIN_SECONDS = 5.0
# "much later": how long INACTIVE services stay visible is not documented.
INACTIVE_SECONDS = 24 * 3600.0
# ECS chooses a bake time of its own for alarms, "less than 5 minutes" as a rule (deployment-alarm-failure); which one
# is a guess.
ALARM_BAKE_SECONDS = 120.0

_SHOWN_IN_DEPLOYMENT = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformFamily",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "serviceConnectResources",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)


# Beginning


def begin(region: Region, service: Service, definition: TaskDefinition) -> Deployment:
    """Start a deployment of the service's present settings; it is PRIMARY at once."""
    deployment = _new(region, service, definition)
    for older in service.deployments:
        older.doc["status"] = "ACTIVE"
    outcomes.supersede(region, service)
    service.deployments.insert(0, deployment)
    service.look = lambda: _reconcile(region, service)
    record = revisions.add_service_deployment(region, service, deployment)
    record.back = service.last_completed
    if service.controller == "ECS" and revisions.strategy_of(record) in SHIFTING:
        walks.begin(service, record)
    else:
        traffic.shift_production(region, service, deployment, 100.0)
    if service.controller == "ECS":
        # Only with this controller: botocore ECS model, DeploymentAlarms.
        alarms.begin(region, record, lambda reason: _alarmed(region, service, record, reason))
    region.timeline.after(outcomes.START_SECONDS, lambda: _started(region, service, record))
    scaling.schedule(region, service)
    return deployment


def _new(region: Region, service: Service, definition: TaskDefinition) -> Deployment:
    digits = deployment_digits()
    settings = _settings(service)
    now = region.timeline.stamp()
    doc = {
        "id": f"ecs-svc/{digits}",
        "status": "PRIMARY",
        # The samples of 2025 show 0 in the answer to Create/UpdateService; the scheduler fills it a moment later.
        "desiredCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
    }
    doc |= {name: copy.deepcopy(settings[name]) for name in _SHOWN_IN_DEPLOYMENT if settings.get(name)}
    if not (settings.get("serviceConnectConfiguration") or {}).get("enabled"):
        # Off means absent here (hashicorp/terraform-provider-aws#43871).
        doc.pop("serviceConnectConfiguration", None)
    if "platformVersion" in settings:
        doc["platformVersion"] = revisions.resolved_platform(settings["platformVersion"])
    deployment = Deployment(doc, definition, revisions.revision_arn(region, service, digits), settings)
    in_service = service.last_completed or (service.deployments[0] if service.deployments else None)
    strategy = service.doc["deploymentConfiguration"]["strategy"]
    deployment.balancers = traffic.balancers(deployment, in_service, strategy)
    revisions.add_revision(region, service, deployment)
    outcomes.set_rollout(region, deployment, "IN_PROGRESS", f"ECS deployment {deployment.id} in progress.")
    return deployment


def _settings(service: Service) -> Document:
    shown = {name: service.doc[name] for name in DEPLOYING if name in service.doc}
    hidden = {name: service.hidden[name] for name in DEPLOYING_HIDDEN if name in service.hidden}
    return copy.deepcopy(shown | hidden)


def _started(region: Region, service: Service, record: ServiceDeployment) -> None:
    if record.status == "PENDING":
        revisions.set_status(region, record, "IN_PROGRESS")
        scaling.schedule(region, service, 0)


def _alarmed(region: Region, service: Service, record: ServiceDeployment, reason: str) -> None:
    rollback = bool(record.doc["deploymentConfiguration"]["alarms"]["rollback"])
    outcomes.fail(region, service, record, outcomes.alarm_detected(reason), rollback)


# Looking


def _reconcile(region: Region, service: Service) -> None:
    if service.status != "ACTIVE" or not service.deployments:
        return
    desired = placement.desired_count(region, service)
    if service.controller == "CODE_DEPLOY" and len(service.deployments) > 1:
        _hold_task_sets(region, service, desired)
        return
    scaling.leave_draining(region, service, desired)
    record = outcomes.current(service)
    if record is not None and record.walk is not None:
        walks.look(region, service, record, desired, partial(_listener_of, region, service))
    else:
        _roll(region, service, desired)
    for deployment in list(service.deployments):
        breaker.count_refused(region, service, deployment)
    walk = record.walk if record else None
    service.deployments[1:] = [
        older for older in service.deployments[1:] if older.tasks or (walk and walks.keeps(walk, older))
    ]
    if walk is None:
        _judge(region, service, desired)


def _hold_task_sets(region: Region, service: Service, desired: int) -> None:
    """Keep both task sets of a service that CodeDeploy deploys, until it lets one go."""
    for deployment in service.deployments:
        count = 0 if deployment.leaving else desired
        scaling.hold(region, service, deployment, count, _listener_of(region, service, deployment))
    service.deployments = [item for item in service.deployments if item.tasks or not item.leaving]
    if len(service.deployments) == 1:
        scaling.schedule(region, service)


def _roll(region: Region, service: Service, desired: int) -> None:
    primary = service.deployments[0]
    primary.doc["desiredCount"] = desired
    if not primary.failed:
        scaling.stop_old(region, service, desired)
        scaling.start_missing(region, service, desired, _listener_of(region, service, primary))
    scaling.stop_surplus(region, service, primary, desired)
    for older in service.deployments[1:]:
        older.doc["desiredCount"] = len(older.wanted)


def _listener_of(region: Region, service: Service, deployment: Deployment) -> scaling.Listener:
    return lambda task, what: _task_changed(region, service, deployment, task, what)


def _task_changed(region: Region, service: Service, deployment: Deployment, task: Task, what: str) -> None:
    if what == "running":
        for arn in [balancer["targetGroupArn"] for balancer in task.load_balancers if "targetGroupArn" in balancer]:
            events.add(region, service, f"registered 1 targets in (target-group {arn})")
    elif what == "healthy":
        breaker.succeeded(service, deployment)
    elif what == "unhealthy":
        _replace_unhealthy(region, service, task)
    elif what == "stopping":
        breaker.count_failure(region, service, deployment, task)
    elif what == "stopped":
        deployment.tasks.remove(task)
        _drained(region, service)
    scaling.schedule(region, service)


def _replace_unhealthy(region: Region, service: Service, task: Task) -> None:
    """Stop a task that fails its health checks.

    AWS starts the replacement first where maximumPercent allows it; here the task is stopped at once.
    """
    reason = str(task.failed_check)
    if "target-group" in reason:
        text = targets.trouble(task, reason.partition("(target-group ")[2].rstrip(")"))
    else:
        text = f"(task {task.id}) failed container health checks."
    events.add(region, service, text)
    tasks.stop(region, task, "ServiceSchedulerInitiated", reason)


# Judging a rolling deployment


def _judge(region: Region, service: Service, desired: int) -> None:
    """See whether the PRIMARY deployment is done; the end itself comes a moment later, after the bake time."""
    primary = service.deployments[0]
    ready = _is_ready(service, primary, desired)
    if primary.in_progress:
        if primary.cleaning:
            _finish(region, service, primary)
        elif ready and not primary.ready:
            since = primary.ready_since = region.timeline.now
            seconds = SETTLE_SECONDS + _bake_seconds(service)
            region.timeline.after(seconds, lambda: _baked(region, service, primary, since))
        primary.ready = ready
    elif ready and not service.steady and primary.doc["rolloutState"] == "COMPLETED":
        service.steady = True
        events.add(region, service, "has reached a steady state.")


def _bake_seconds(service: Service) -> float:
    """Give the bake time; a rollback has none (a guess)."""
    record = outcomes.current(service)
    if record is not None and record.status == "ROLLBACK_IN_PROGRESS":
        return 0.0
    configuration = service.doc["deploymentConfiguration"]
    bake = float(configuration.get("bakeTimeInMinutes", 0)) * 60
    watched = configuration["alarms"]["enable"] and service.controller == "ECS"
    return ALARM_BAKE_SECONDS if watched and not bake else bake


def _early(service: Service) -> Document:
    """Give the early success criteria, if they are on."""
    criteria: Document = service.doc["deploymentConfiguration"].get("earlySuccessCriteria", {})
    return criteria if criteria.get("enable") else {}


def _is_ready(service: Service, primary: Deployment, desired: int) -> bool:
    healthy = sum(task.healthy for task in primary.wanted)
    early = _early(service)
    if early and primary.in_progress:
        return healthy >= math.ceil(desired * early["healthyPercent"] / 100)
    return healthy == desired == len(primary.wanted) and len(service.deployments) == 1


def _baked(region: Region, service: Service, deployment: Deployment, since: float) -> None:
    """End a deployment that stayed ready through its bake time."""
    is_primary = bool(service.deployments) and service.deployments[0] is deployment
    if is_primary and deployment.ready and deployment.ready_since == since and service.status == "ACTIVE":
        deployment.cleaning = True
        _finish(region, service, deployment)


def _finish(region: Region, service: Service, deployment: Deployment) -> None:
    """Complete a deployment; with early success and BLOCKING clean-up the old tasks go first."""
    if not deployment.in_progress:
        return
    blocking = _early(service).get("sourceServiceRevisionCleanup", "BLOCKING") == "BLOCKING"
    if len(service.deployments) > 1 and blocking:
        scaling.schedule(region, service)
        return
    outcomes.complete(region, service, deployment)
    scaling.schedule(region, service)


def touch(region: Region, service: Service) -> None:
    """React to a change that starts no deployment, such as a new desired count."""
    if service.deployments:
        service.deployments[0].doc["updatedAt"] = region.timeline.stamp()
    scaling.schedule(region, service)


# Draining


def drain(region: Region, service: Service) -> None:
    """Stop everything after DeleteService; the service becomes INACTIVE when its tasks are gone."""
    service.doc |= {"status": "DRAINING", "desiredCount": 0}
    outcomes.supersede(region, service)
    scaling.stop(region, service, scaling.all_wanted(service))
    region.timeline.after(DRAIN_SECONDS, lambda: _drained(region, service))


def _drained(region: Region, service: Service) -> None:
    """Make a DRAINING service INACTIVE when its last task is gone."""
    if service.status != "DRAINING" or service.tasks:
        return
    service.doc["status"] = GONE
    service.deployments = []
    region.timeline.after(INACTIVE_SECONDS, lambda: _forget(region, service))


def _forget(region: Region, service: Service) -> None:
    key = (service.cluster, service.name)
    if region.services.get(key) is service:
        del region.services[key]
