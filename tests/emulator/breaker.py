# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting the tasks that fail, the circuit breaker, and the delay before the next try.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
"""

from __future__ import annotations

from . import events, outcomes, revisions
from .records import Deployment, Service, Task
from .region import Region

# The delay grows up to 15 minutes (service-throttle-logic); its steps are a guess.
_BACKOFF_AFTER_ROUNDS = 3
_BACKOFF_STEP_SECONDS = 10.0
_BACKOFF_MAXIMUM_SECONDS = 900.0
_OWN_FAILURES = ("TaskFailedToStart", "EssentialContainerExited")


def succeeded(service: Service, deployment: Deployment) -> None:
    """A healthy task resets the count of failures (botocore ECS model, Deployment.failedTasks, resetOnHealthyTask)."""
    deployment.doc["failedTasks"] = 0
    deployment.failed_rounds = 0
    if service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]["resetOnHealthyTask"]:
        deployment.breaker_failures = 0


def count_failure(region: Region, service: Service, deployment: Deployment, task: Task) -> None:
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
    _judge(region, service, deployment)


def count_refused(region: Region, service: Service, deployment: Deployment) -> None:
    """Count the tasks that could not be launched (botocore ECS model, Deployment.failedTasks)."""
    refused, deployment.refused = deployment.refused, 0
    if refused and deployment.in_progress:
        deployment.doc["failedTasks"] += refused
        deployment.doc["updatedAt"] = region.timeline.stamp()
        deployment.breaker_failures += refused
        _judge(region, service, deployment)


def _delay(rounds: int) -> float:
    if rounds < _BACKOFF_AFTER_ROUNDS:
        return 0.0
    return min(_BACKOFF_MAXIMUM_SECONDS, _BACKOFF_STEP_SECONDS * 2.0 ** min(rounds - _BACKOFF_AFTER_ROUNDS, 10))


def _judge(region: Region, service: Service, deployment: Deployment) -> None:
    """End the deployment when too many tasks failed."""
    record = outcomes.current(service)
    if record is None or deployment is not service.deployments[0] or service.controller != "ECS":
        return
    if deployment.breaker_failures < revisions.threshold(service, service.doc["desiredCount"]):
        return
    breaker = service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if record.status == "ROLLBACK_IN_PROGRESS":
        # That the threshold ends a rollback, and without a circuit breaker too, is a guess.
        outcomes.rollback_failed(region, service, record)
    elif breaker["enable"]:
        deployment.tripped = True
        outcomes.fail(region, service, record, outcomes.TASKS_FAILED, breaker["rollback"])
