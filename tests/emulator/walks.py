# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a deployment that shifts traffic through its stages.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html. The scheduler looks
whenever something happened to a task or a hook, or a stage's time is over; each stage is entered at its own moment.
"""

from __future__ import annotations

from collections.abc import Callable

from . import hooks, outcomes, scaling, stages, traffic
from .records import Deployment, Service, ServiceDeployment, Walk
from .region import Region

# "each stage can last up to 24 hours": deployment-type-blue-green. Hooks and bakes have limits of their own.
_SCALE_UP_LIMIT_SECONDS = 24 * 3600.0
_MOMENT = 0.001

ListenerOf = Callable[[Deployment], scaling.Listener]


def begin(service: Service, record: ServiceDeployment) -> None:
    """Plan the way of a new deployment.

    The source is the last completed deployment. What else still has tasks is stopped in RECONCILE_SERVICE, and its
    traffic goes back to the source: AWS documents when that stage occurs, not what happens in it.
    """
    others = [deployment for deployment in service.deployments if deployment is not record.target]
    source = service.last_completed if service.last_completed in others else (others[0] if others else None)
    kept = [source] if source else []
    strays = [deployment for deployment in others if deployment is not source]
    steps = stages.forth(record.doc["deploymentConfiguration"], bool(strays), source is None)
    record.walk = Walk(steps, record.target, kept)


def look(region: Region, service: Service, record: ServiceDeployment, desired: int, listener_of: ListenerOf) -> None:
    """Go on as far as possible, and keep every deployment at its count."""
    walk = record.walk
    while walk is not None and record.walk is walk and _over(region, service, record, walk, desired):
        walk.index += 1
        if walk.step is None:
            outcomes.complete(region, service, walk.target)
            return
        _enter(region, service, record, walk)
    if walk is None or record.walk is not walk:
        return
    for deployment in list(service.deployments):
        scaling.hold(region, service, deployment, _count(walk, deployment, desired), listener_of(deployment))
    if walk.until > region.timeline.now:
        scaling.schedule(region, service, walk.until - region.timeline.now)


def _count(walk: Walk, deployment: Deployment, desired: int) -> int:
    """Tell how many tasks a deployment is to have: both revisions are at full count until CLEAN_UP."""
    if deployment is walk.target:
        return desired if walk.scaled else 0
    return desired if deployment in walk.kept and not walk.cleaning else 0


def keeps(walk: Walk, deployment: Deployment) -> bool:
    """Tell whether a deployment is shown even when it has no tasks."""
    return deployment is walk.target or (deployment in walk.kept and not walk.cleaning)


def _over(region: Region, service: Service, record: ServiceDeployment, walk: Walk, desired: int) -> bool:
    """Tell whether the present step is over."""
    if record.status not in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
        return False
    if walk.step is None:
        return True
    if region.timeline.now < walk.until - _MOMENT or hooks.waiting(record):
        return False
    return _work_done(service, walk, walk.step.stage, desired)


def _work_done(service: Service, walk: Walk, stage: str, desired: int) -> bool:
    """Tell whether the tasks are as the end of a stage wants them."""
    others = [deployment for deployment in service.deployments if deployment is not walk.target]
    if stage == stages.RECONCILE:
        return not any(deployment.tasks for deployment in others if deployment not in walk.kept)
    if stage == stages.CLEAN_UP:
        return not any(deployment.tasks for deployment in others)
    if stage == stages.SCALE_UP:
        healthy = sum(task.healthy for task in walk.target.wanted)
        return healthy == desired == len(walk.target.wanted)
    return True


def _enter(region: Region, service: Service, record: ServiceDeployment, walk: Walk) -> None:
    step = walk.step
    if step is None:
        return
    walk.until = region.timeline.now + step.seconds
    record.doc |= {"lifecycleStage": step.stage, "updatedAt": region.timeline.stamp()}
    if step.stage == stages.RECONCILE and walk.kept:
        traffic.shift_production(region, service, walk.kept[0], 100.0)
        traffic.shift_test(region, service, walk.kept[0])
    if step.test is not None:
        traffic.shift_test(region, service, walk.target)
    if step.production is not None:
        traffic.shift_production(region, service, walk.target, step.production)
    if step.stage == stages.SCALE_UP:
        walk.scaled = True
        index = walk.index
        region.timeline.after(_SCALE_UP_LIMIT_SECONDS, lambda: _too_long(region, service, record, walk, index))
    if step.stage == stages.CLEAN_UP:
        walk.cleaning = True
    if record.status == "IN_PROGRESS":
        _begin_cleaning(service, walk)
        hooks.start(region, service, record, step.stage, lambda reason: _hook_over(region, service, record, reason))


def _begin_cleaning(service: Service, walk: Walk) -> None:
    """From CLEAN_UP on the new revision is the one that a later deployment starts from (a guess)."""
    if walk.cleaning:
        service.last_completed = walk.target


def _hook_over(region: Region, service: Service, record: ServiceDeployment, reason: str | None) -> None:
    if reason is None:
        scaling.schedule(region, service)
    else:
        outcomes.fail(region, service, record, outcomes.hook_failed(reason), rollback=True)


def _too_long(region: Region, service: Service, record: ServiceDeployment, walk: Walk, index: int) -> None:
    if record.walk is walk and walk.index == index:
        reason = "The lifecycle stage SCALE_UP timed out."
        if record.status == "ROLLBACK_IN_PROGRESS":
            outcomes.rollback_failed(region, service, record)
        else:
            outcomes.fail(region, service, record, outcomes.hook_failed(reason), rollback=True)


def resume(region: Region, service: Service, record: ServiceDeployment, hook_id: str, action: str) -> bool:
    """Carry out ContinueServiceDeployment; False if no such hook awaits an action."""
    hook = hooks.paused(record, hook_id)
    if hook is None or record.status != "IN_PROGRESS":
        return False
    hook.doc["status"] = "SUCCEEDED" if action == "CONTINUE" else "FAILED"
    reason = None if action == "CONTINUE" else "Service deployment rolled back by a user at a lifecycle hook."
    _hook_over(region, service, record, reason)
    return True
