# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service scheduler: rolling deployments, the circuit breaker, rollback, scaling and draining.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html

BLUE_GREEN, LINEAR and CANARY keep and show all their members, but roll out directly: new tasks beside the old, then the
old ones go. Their stages, hooks and traffic weights are not modelled yet.
"""

from __future__ import annotations

import copy
import functools
import math
from typing import Any

from . import events, placement, revisions, tasks
from .names import deployment_digits
from .records import Deployment, Service, ServiceDeployment, Task, TaskDefinition
from .region import GONE, Region

Document = dict[str, Any]

# Between a change and the scheduler's reaction, between PENDING and IN_PROGRESS of a service deployment, and between
# the last task's health and the end of the rollout: seen in outputs, not documented.
REACTION_SECONDS = 1.0
START_SECONDS = 2.0
SETTLE_SECONDS = 5.0
DRAIN_SECONDS = 5.0
# "much later": how long INACTIVE services stay visible is not documented.
INACTIVE_SECONDS = 24 * 3600.0

# The delay grows up to 15 minutes (service-throttle-logic); its steps are a guess.
_BACKOFF_AFTER_ROUNDS = 3
_BACKOFF_STEP_SECONDS = 10.0
_BACKOFF_MAXIMUM_SECONDS = 900.0

# Members whose change starts a deployment (botocore ECS model, UpdateService). For gatewayConnectors and monitoring the
# model is silent: a guess.
DEPLOYING = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
)
DEPLOYING_HIDDEN = (
    "serviceConnectConfiguration",
    "serviceConnectResources",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
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
_STUCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
    "minimumHealthyPercent or maximumPercent value and try again."
)
_OWN_FAILURES = ("TaskFailedToStart", "EssentialContainerExited")


# --- beginning and ending deployments


def begin(region: Region, service: Service, definition: TaskDefinition) -> Deployment:
    """Start a deployment of the service's present settings; it is PRIMARY at once."""
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
    revision = revisions.add_revision(region, service, definition, digits, settings)
    deployment = Deployment(doc, definition, revision, settings)
    _set_rollout(region, deployment, "IN_PROGRESS", f"ECS deployment {deployment.id} in progress.")
    for older in service.deployments:
        older.doc["status"] = "ACTIVE"
    _supersede(region, service)
    service.deployments.insert(0, deployment)
    record = revisions.add_service_deployment(region, service, deployment)
    revisions.set_stage(record, "RECONCILE_SERVICE")
    region.timeline.after(START_SECONDS, lambda: _started(region, record))
    schedule(region, service)
    return deployment


def _settings(service: Service) -> Document:
    shown = {name: service.doc[name] for name in DEPLOYING if name in service.doc}
    hidden = {name: service.hidden[name] for name in DEPLOYING_HIDDEN if name in service.hidden}
    return copy.deepcopy(shown | hidden)


def _set_rollout(region: Region, deployment: Deployment, state: str, reason: str) -> None:
    deployment.doc |= {"rolloutState": state, "rolloutStateReason": reason, "updatedAt": region.timeline.stamp()}


def _supersede(region: Region, service: Service) -> None:
    """Stop the service deployments that a newer one replaces."""
    for record in service.service_deployments:
        if record.status not in revisions.FINISHED:
            revisions.set_status(region, record, "STOP_REQUESTED", "A newer service deployment was started.")
            stopped = functools.partial(revisions.set_status, region, record, "STOPPED")
            region.timeline.after(START_SECONDS, stopped)


def _started(region: Region, record: ServiceDeployment) -> None:
    if record.status == "PENDING":
        revisions.set_status(region, record, "IN_PROGRESS")
        revisions.set_stage(record, "SCALE_UP")


def current(service: Service) -> ServiceDeployment | None:
    """The service deployment that is under way."""
    for record in service.service_deployments:
        if record.status not in (*revisions.FINISHED, "STOP_REQUESTED"):
            return record
    return None


# --- the scheduler


def schedule(region: Region, service: Service, seconds: float = REACTION_SECONDS) -> None:
    """Let the scheduler look at a service soon."""
    if not service.reconcile_due:
        service.reconcile_due = True
        region.timeline.after(seconds, lambda: _reconcile(region, service))


def _reconcile(region: Region, service: Service) -> None:
    service.reconcile_due = False
    if service.status == "ACTIVE" and service.deployments:
        desired = placement.desired_count(region, service)
        primary = service.deployments[0]
        primary.doc["desiredCount"] = desired
        if not primary.failed:
            _stop_old(region, service, desired)
            _start_missing(region, service, desired)
        _stop_surplus(region, service, desired)
        for older in service.deployments[1:]:
            older.doc["desiredCount"] = len(older.wanted)
        service.deployments[1:] = [older for older in service.deployments[1:] if older.tasks]
        _judge(region, service, desired)


def _limits(service: Service, desired: int) -> tuple[int, int]:
    """The fewest healthy tasks (rounded up) and the most tasks (rounded down) during a deployment."""
    configuration = service.doc["deploymentConfiguration"]
    lowest = math.ceil(desired * configuration["minimumHealthyPercent"] / 100)
    highest = math.floor(desired * configuration["maximumPercent"] / 100)
    return lowest, max(highest, 1 if desired else 0)


def _all_wanted(service: Service) -> list[Task]:
    return [task for task in service.tasks if not task.stopping]


def _stop_old(region: Region, service: Service, desired: int) -> None:
    """Stop tasks of older deployments, as far as the healthy ones left suffice.

    Old tasks go when new healthy ones stand in for them; before that only to make room below maximumPercent ("may stop
    two existing tasks to free up cluster capacity": botocore ECS model, minimumHealthyPercent).
    """
    lowest, highest = _limits(service, desired)
    old = [task for deployment in service.deployments[1:] for task in deployment.wanted]
    unhealthy = [task for task in old if not task.healthy]
    healthy = [task for task in old if task.healthy]
    total_healthy = sum(task.healthy for task in _all_wanted(service))
    missing = desired - len(service.deployments[0].wanted)
    room = missing - (highest - len(_all_wanted(service)) + len(unhealthy))
    wish = max(total_healthy - desired, room, 0)
    count = min(len(healthy), max(0, total_healthy - lowest), wish)
    _stop_for_scaling(region, service, unhealthy + healthy[:count])


def _stop_surplus(region: Region, service: Service, desired: int) -> None:
    """Scale in; tasks that do not run yet go first, protected ones stay.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    """
    wanted = service.deployments[0].wanted
    free = [task for task in wanted if (task.protected_until or 0) <= region.timeline.now]
    free.sort(key=lambda task: task.running)
    _stop_for_scaling(region, service, free[: max(0, len(wanted) - desired)])


def _stop_for_scaling(region: Region, service: Service, chosen: list[Task]) -> None:
    if not chosen:
        return
    service.steady = False
    balanced = [task for task in chosen if task.targets]
    if balanced:
        events.add(region, service, f"has begun draining connections on {len(balanced)} tasks.")
        for balancer in service.doc["loadBalancers"]:
            if "targetGroupArn" in balancer:
                arn = balancer["targetGroupArn"]
                events.add(region, service, f"deregistered {len(balanced)} targets in (target-group {arn})")
    events.add(region, service, f"has stopped {len(chosen)} running tasks: {events.listed(chosen)}.")
    for task in chosen:
        reason = f"Scaling activity initiated by (deployment {task.doc['startedBy']})"
        tasks.stop(region, task, "ServiceSchedulerInitiated", reason)


def _start_missing(region: Region, service: Service, desired: int) -> None:
    primary = service.deployments[0]
    lowest, highest = _limits(service, desired)
    missing = desired - len(primary.wanted)
    count = min(missing, highest - len(_all_wanted(service)))
    if missing > 0 and lowest >= highest and service.deployments[1:]:
        events.add_once(region, service, _STUCK)
    if count <= 0:
        return
    if primary.not_before > region.timeline.now:
        schedule(region, service, primary.not_before - region.timeline.now)
        return
    started = []
    for _ignored in range(count):
        launch = placement.launch(region, service, primary)
        if launch is None:
            events.add_once(region, service, placement.NO_INSTANCE)
            break
        launch.listener = lambda task, what: _task_changed(region, service, primary, task, what)
        started.append(tasks.start(region, launch))
    primary.tasks += started
    if started:
        service.steady = False
        events.add(region, service, f"has started {len(started)} tasks: {events.listed(started)}.")


def _task_changed(region: Region, service: Service, deployment: Deployment, task: Task, what: str) -> None:
    if what == "running":
        for arn in [balancer["targetGroupArn"] for balancer in task.load_balancers if "targetGroupArn" in balancer]:
            events.add(region, service, f"registered 1 targets in (target-group {arn})")
    elif what == "healthy":
        _succeeded(service, deployment)
    elif what == "unhealthy":
        _replace_unhealthy(region, service, task)
    elif what == "stopping":
        _count_failure(region, service, deployment, task)
    elif what == "stopped":
        deployment.tasks.remove(task)
        _drained(region, service)
    schedule(region, service)


def _succeeded(service: Service, deployment: Deployment) -> None:
    """A healthy task resets the count of failures (botocore ECS model, Deployment.failedTasks, resetOnHealthyTask)."""
    deployment.doc["failedTasks"] = 0
    deployment.failed_rounds = 0
    if service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]["resetOnHealthyTask"]:
        deployment.breaker_failures = 0


def _replace_unhealthy(region: Region, service: Service, task: Task) -> None:
    """Stop a task that fails its health checks.

    AWS starts the replacement first where maximumPercent allows it; here the task is stopped at once.
    """
    reason = str(task.failed_check)
    if "target-group" in reason:
        arn = reason.partition("(target-group ")[2].rstrip(")")
        port = next(port for group, _ignored, port in task.targets if group == arn)
        cause = "Health checks failed with these codes: [502]"
        text = f"(port {port}) is unhealthy in (target-group {arn}) due to (reason {cause})"
    else:
        text = f"(task {task.id}) failed container health checks."
    events.add(region, service, text)
    tasks.stop(region, task, "ServiceSchedulerInitiated", reason)


def _count_failure(region: Region, service: Service, deployment: Deployment, task: Task) -> None:
    """Count a task that ended before it was ever healthy.

    The model speaks of tasks that cannot be launched, never reach RUNNING or fail a health check. That a container
    which exits soon after its start counts too is a guess that users' reports bear out.
    """
    if task.was_healthy or not (task.failed_check or task.doc["stopCode"] in _OWN_FAILURES):
        return
    if deployment.not_before <= region.timeline.now:
        deployment.failed_rounds += 1
        deployment.not_before = region.timeline.now + _delay(deployment.failed_rounds)
    if deployment.failed_rounds >= _BACKOFF_AFTER_ROUNDS:
        events.add_once(region, service, "is unable to consistently start tasks successfully.")
    if not deployment.in_progress:
        return
    deployment.doc["failedTasks"] += 1
    deployment.doc["updatedAt"] = region.timeline.stamp()
    deployment.breaker_failures += 1
    if _breaker_trips(service, deployment):
        _trip(region, service, deployment)


def _delay(rounds: int) -> float:
    if rounds < _BACKOFF_AFTER_ROUNDS:
        return 0.0
    return min(_BACKOFF_MAXIMUM_SECONDS, _BACKOFF_STEP_SECONDS * 2.0 ** min(rounds - _BACKOFF_AFTER_ROUNDS, 10))


# --- the circuit breaker and rollback


def _breaker_trips(service: Service, deployment: Deployment) -> bool:
    breaker = service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if not breaker["enable"] or deployment is not service.deployments[0] or service.controller != "ECS":
        return False
    return deployment.breaker_failures >= revisions.threshold(service, service.doc["desiredCount"])


def _trip(region: Region, service: Service, deployment: Deployment) -> None:
    """End a deployment whose tasks fail, with or without rollback."""
    deployment.tripped = True
    events.add(region, service, f"(deployment {deployment.id}) deployment failed: tasks failed to start.")
    _set_rollout(region, deployment, "FAILED", "ECS deployment circuit breaker: tasks failed to start.")
    record = current(service)
    if service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] and service.last_completed:
        reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
        source = f"ECS deployment circuit breaker: rolling back to deploymentId {service.last_completed.id}."
        roll_back(region, service, record, reason, source)
    elif record is not None:
        revisions.set_status(region, record, "STOPPED", "The deployment circuit breaker threshold was exceeded.")


def roll_back(
    region: Region, service: Service, record: ServiceDeployment | None, reason: str, rollout_reason: str
) -> None:
    """Make the last completed deployment PRIMARY again; that makes no new service revision.

    AWS may show the rollback as a deployment with a new id (not documented); here the old id returns.
    """
    target = service.last_completed
    if target is None:
        return
    for deployment in service.deployments:
        deployment.doc["status"] = "ACTIVE"
    service.deployments = [target, *(item for item in service.deployments if item is not target)]
    target.doc["status"] = "PRIMARY"
    target.ready = False
    _set_rollout(region, target, "IN_PROGRESS", rollout_reason)
    _restore(service, target)
    events.add(region, service, f"rolling back to deployment {target.id}.")
    service.steady = False
    if record is not None:
        now = region.timeline.stamp()
        record.doc["rollback"] = {"reason": reason, "startedAt": now, "serviceRevisionArn": target.revision_arn}
        revisions.set_status(region, record, "ROLLBACK_IN_PROGRESS", reason)
    schedule(region, service)


def _restore(service: Service, target: Deployment) -> None:
    """Show the settings of the deployment that is rolled back to."""
    for name in DEPLOYING:
        service.doc.pop(name, None)
    for name in DEPLOYING_HIDDEN:
        service.hidden.pop(name, None)
    settings = copy.deepcopy(target.settings)
    service.doc |= {name: settings[name] for name in DEPLOYING if name in settings}
    service.hidden |= {name: settings[name] for name in DEPLOYING_HIDDEN if name in settings}


def stop_and_roll_back(region: Region, service: Service, record: ServiceDeployment) -> None:
    """Carry out StopServiceDeployment: requested at once, begun a moment later."""
    reason = "Service deployment rolled back because it was stopped by a user."
    revisions.set_status(region, record, "ROLLBACK_REQUESTED", reason)
    region.timeline.after(START_SECONDS, lambda: _roll_back_stopped(region, service, record, reason))


def _roll_back_stopped(region: Region, service: Service, record: ServiceDeployment, reason: str) -> None:
    if record.status != "ROLLBACK_REQUESTED" or service.last_completed is None:
        return
    _set_rollout(region, record.target, "FAILED", "ECS deployment stopped by user.")
    source = f"ECS deployment {service.last_completed.id} in progress."
    roll_back(region, service, record, reason, source)


# --- success


def _judge(region: Region, service: Service, desired: int) -> None:
    """See whether the PRIMARY deployment is done; the end itself comes a moment later."""
    primary = service.deployments[0]
    ready = _is_ready(service, primary, desired)
    if primary.in_progress:
        if ready and not primary.ready:
            bake = float(service.doc["deploymentConfiguration"].get("bakeTimeInMinutes", 0)) * 60
            region.timeline.after(SETTLE_SECONDS + bake, lambda: _complete(region, service, primary))
        record = current(service)
        if ready and record is not None:
            revisions.set_stage(record, "CLEAN_UP")
        primary.ready = ready
    elif ready and not service.steady and primary.doc["rolloutState"] == "COMPLETED":
        service.steady = True
        events.add(region, service, "has reached a steady state.")


def _is_ready(service: Service, primary: Deployment, desired: int) -> bool:
    healthy = sum(task.healthy for task in primary.wanted)
    early = service.doc["deploymentConfiguration"].get("earlySuccessCriteria", {})
    if early.get("enable"):
        enough = math.ceil(desired * early.get("healthyPercent", 100) / 100)
        deferred = early.get("sourceServiceRevisionCleanup") == "DEFERRED"
        return healthy >= enough and (deferred or len(service.deployments) == 1)
    return healthy == desired == len(primary.wanted) and len(service.deployments) == 1


def _complete(region: Region, service: Service, deployment: Deployment) -> None:
    current_primary = bool(service.deployments) and service.deployments[0] is deployment
    if not (current_primary and deployment.ready and deployment.in_progress) or service.status != "ACTIVE":
        return
    _set_rollout(region, deployment, "COMPLETED", f"ECS deployment {deployment.id} completed.")
    record = current(service)
    if record is not None:
        rolled_back = record.status.startswith("ROLLBACK")
        revisions.set_status(region, record, "ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
    service.last_completed = deployment
    service.steady = True
    events.add(region, service, f"(deployment {deployment.id}) deployment completed.")
    events.add(region, service, "has reached a steady state.")


def touch(region: Region, service: Service) -> None:
    """React to a change that starts no deployment, such as a new desired count."""
    if service.deployments:
        service.deployments[0].doc["updatedAt"] = region.timeline.stamp()
    schedule(region, service)


# --- draining


def drain(region: Region, service: Service) -> None:
    """Stop everything after DeleteService; the service becomes INACTIVE when its tasks are gone."""
    service.doc |= {"status": "DRAINING", "desiredCount": 0}
    _supersede(region, service)
    _stop_for_scaling(region, service, _all_wanted(service))
    region.timeline.after(DRAIN_SECONDS, lambda: _set_inactive(region, service))


def _drained(region: Region, service: Service) -> None:
    if service.status == "DRAINING":
        _set_inactive(region, service)


def _set_inactive(region: Region, service: Service) -> None:
    if service.status != "DRAINING" or service.tasks:
        return
    service.doc["status"] = GONE
    service.deployments = []
    region.timeline.after(INACTIVE_SECONDS, lambda: _forget(region, service))


def _forget(region: Region, service: Service) -> None:
    key = (service.cluster, service.name)
    if region.services.get(key) is service:
        del region.services[key]
