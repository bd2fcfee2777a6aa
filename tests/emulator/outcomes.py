# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How deployments end: completed, failed, rolled back.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import Any

from . import events, hooks, revisions, stages, traffic
from .records import Deployment, Service, ServiceDeployment, Walk
from .region import Region
from .scaling import schedule

Document = dict[str, Any]

# Between PENDING and IN_PROGRESS of a service deployment, a request to stop or roll back and its begin: seen in
# outputs, not documented.
START_SECONDS = 2.0

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


@dataclass(frozen=True)
class Failure:
    """Why a deployment fails: as `statusReason`, as `rolloutStateReason` and as an event tell it.

    `return_text` is the `rolloutStateReason` of what is rolled back to; {id} stands for its id.
    """

    reason: str
    rollout: str
    event: str
    return_text: str = "ECS deployment {id} in progress."


TASKS_FAILED = Failure(
    "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    "ECS deployment circuit breaker: tasks failed to start.",
    "tasks failed to start.",
    "ECS deployment circuit breaker: rolling back to deploymentId {id}.",
)
STOPPED_BY_USER = Failure(
    "Service deployment rolled back because it was stopped by a user.",
    "ECS deployment stopped by user.",
    "stopped by user.",
)


def alarm_detected(reason: str) -> Failure:
    """Build the failure by an alarm; its texts are guesses modelled on those of the circuit breaker."""
    return Failure(reason, "ECS deployment failed: alarm detected.", "alarm detected.")


def hook_failed(reason: str) -> Failure:
    """Build the failure by a lifecycle hook; its texts are guesses."""
    return Failure(reason, f"ECS deployment failed: {reason}", "lifecycle hook failed.")


def set_rollout(region: Region, deployment: Deployment, state: str, reason: str) -> None:
    """Set the rollout state of a deployment."""
    deployment.doc |= {"rolloutState": state, "rolloutStateReason": reason, "updatedAt": region.timeline.stamp()}


def current(service: Service) -> ServiceDeployment | None:
    """The service deployment that is under way."""
    for record in service.service_deployments:
        if record.status not in (*revisions.FINISHED, "STOP_REQUESTED"):
            return record
    return None


def complete(region: Region, service: Service, deployment: Deployment) -> None:
    """End a deployment well, or a rollback to it."""
    set_rollout(region, deployment, "COMPLETED", f"ECS deployment {deployment.id} completed.")
    deployment.cleaning = False
    record = current(service)
    if record is not None:
        rolled_back = record.status.startswith("ROLLBACK")
        revisions.set_status(region, record, "ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
        record.walk = None
    service.last_completed = deployment
    service.steady = True
    events.add(region, service, f"(deployment {deployment.id}) deployment completed.")
    events.add(region, service, "has reached a steady state.")


def supersede(region: Region, service: Service) -> None:
    """Stop the service deployments that a newer one replaces."""
    for record in service.service_deployments:
        if record.status not in revisions.FINISHED:
            revisions.set_status(region, record, "STOP_REQUESTED", "A newer service deployment was started.")
            give_up(record)
            stopped = functools.partial(revisions.set_status, region, record, "STOPPED")
            region.timeline.after(START_SECONDS, stopped)


def give_up(record: ServiceDeployment) -> None:
    """Leave the way through the stages, with the hooks that are still open."""
    record.walk = None
    hooks.drop(record)


def fail(region: Region, service: Service, record: ServiceDeployment, failure: Failure, rollback: bool) -> None:
    """End a deployment that fails: with a rollback if there is something to go back to, else it stays as it is."""
    if record.status not in ("PENDING", "IN_PROGRESS"):
        return
    events.add(region, service, f"(deployment {record.target.id}) deployment failed: {failure.event}")
    if rollback and record.back is not None:
        request_rollback(region, service, record, failure)
    else:
        set_rollout(region, record.target, "FAILED", failure.rollout)
        revisions.set_status(region, record, "STOPPED", failure.reason.replace("rolled back", "stopped"))
        give_up(record)


def request_rollback(region: Region, service: Service, record: ServiceDeployment, failure: Failure) -> None:
    """Request a rollback; it begins a moment later."""
    revisions.set_status(region, record, "ROLLBACK_REQUESTED", failure.reason)
    set_rollout(region, record.target, "FAILED", failure.rollout)
    hooks.drop(record)
    region.timeline.after(START_SECONDS, lambda: _roll_back(region, service, record, failure))


def _roll_back(region: Region, service: Service, record: ServiceDeployment, failure: Failure) -> None:
    """Make the last completed deployment PRIMARY again; that makes no new service revision.

    AWS may show the rollback as a deployment with a new id (not documented); here the old id returns.
    """
    back = record.back
    if back is None or record.status != "ROLLBACK_REQUESTED":
        return
    for deployment in service.deployments:
        deployment.doc["status"] = "ACTIVE"
    service.deployments = [back, *(item for item in service.deployments if item is not back)]
    back.doc["status"] = "PRIMARY"
    back.ready, back.breaker_failures, back.failed_rounds, back.not_before = False, 0, 0, 0.0
    set_rollout(region, back, "IN_PROGRESS", failure.return_text.format(id=back.id))
    _restore(service, back)
    events.add(region, service, f"rolling back to deployment {back.id}.")
    service.steady = False
    now = region.timeline.stamp()
    record.doc["rollback"] = {"reason": failure.reason, "startedAt": now, "serviceRevisionArn": back.revision_arn}
    revisions.set_status(region, record, "ROLLBACK_IN_PROGRESS", failure.reason)
    if revisions.strategy_of(record) in stages.SHIFTING:
        record.walk = Walk(stages.back(), back, [record.target], scaled=True)
    else:
        traffic.shift_production(region, service, back, 100.0)
    if service.name in region.world.failing_rollbacks:
        region.timeline.after(START_SECONDS, lambda: rollback_failed(region, service, record))
    schedule(region, service)


def rollback_failed(region: Region, service: Service, record: ServiceDeployment) -> None:
    """End a rollback that fails too: everything stays as it is then (a guess)."""
    if record.back is not None and record.status == "ROLLBACK_IN_PROGRESS":
        set_rollout(region, record.back, "FAILED", "ECS deployment failed: the rollback did not succeed.")
        revisions.set_status(region, record, "ROLLBACK_FAILED", "The rollback of the service deployment failed.")
        record.walk = None
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
