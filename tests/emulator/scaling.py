# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping the tasks of a service, and when the scheduler looks at it next.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and the botocore ECS model,
DeploymentConfiguration.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from . import events, placement, tasks
from .capacity import Refusal
from .records import Deployment, Service, Task
from .region import Region

# Between a change and the scheduler's reaction: seen in outputs, not documented.
REACTION_SECONDS = 1.0
# Between two tries to place a task for which there is no room: not documented.
RETRY_SECONDS = 30.0

Listener = Callable[[Task, str], None]

_STUCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
    "minimumHealthyPercent or maximumPercent value and try again."
)


def schedule(region: Region, service: Service, seconds: float = REACTION_SECONDS) -> None:
    """Let the scheduler look at a service soon; an earlier look that is due already is kept, a later one is not."""
    moment = region.timeline.now + seconds
    if service.look_at is None or moment < service.look_at:
        service.look_at = moment
        region.timeline.after(seconds, lambda: _look(service, moment))


def _look(service: Service, moment: float) -> None:
    if service.look_at == moment:
        service.look_at = None
        if service.look is not None:
            service.look()


def limits(service: Service, desired: int) -> tuple[int, int]:
    """The fewest healthy tasks (rounded up) and the most tasks (rounded down) during a deployment."""
    configuration = service.doc["deploymentConfiguration"]
    lowest = math.ceil(desired * configuration["minimumHealthyPercent"] / 100)
    highest = math.floor(desired * configuration["maximumPercent"] / 100)
    return lowest, max(highest, 1 if desired else 0)


def all_wanted(service: Service) -> list[Task]:
    """All tasks of a service that are to run."""
    return [task for task in service.tasks if not task.stopping]


def stop_old(region: Region, service: Service, desired: int) -> None:
    """Stop tasks of older deployments, as far as the healthy ones left suffice.

    Old tasks go when new healthy ones stand in for them; before that only to make room below maximumPercent ("may stop
    two existing tasks to free up cluster capacity": botocore ECS model, minimumHealthyPercent).
    """
    lowest, highest = limits(service, desired)
    old = [task for deployment in service.deployments[1:] for task in deployment.wanted]
    unhealthy = [task for task in old if not task.healthy]
    healthy = [task for task in old if task.healthy and not protected(region, service, task)]
    total_healthy = sum(task.healthy for task in all_wanted(service))
    missing = desired - len(service.deployments[0].wanted)
    room = missing - (highest - len(all_wanted(service)) + len(unhealthy))
    wish = max(total_healthy - desired, room, 0)
    if service.deployments[0].cleaning:
        # Early success: the target has enough healthy tasks, and the old ones go before the end.
        wish = len(healthy)
    count = min(len(healthy), max(0, total_healthy - lowest), wish)
    stop(region, service, unhealthy + healthy[:count])


def stop_surplus(region: Region, service: Service, deployment: Deployment, count: int) -> None:
    """Scale in; tasks that do not run yet go first, protected ones stay.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    """
    wanted = staying(region, deployment.wanted)
    free = [task for task in wanted if not protected(region, service, task)]
    free.sort(key=lambda task: task.running)
    stop(region, service, free[: max(0, len(wanted) - count)])
    if len(wanted) - len(free) > count:
        held = f"task set ({deployment.id}) was unable to scale in"
        reason = "The number of protected tasks are more than the desired count of tasks"
        events.add_once(region, service, f"was unable to reach steady state because {held}. Reason: {reason}")


def staying(region: Region, chosen: list[Task]) -> list[Task]:
    """Leave out the tasks on instances that are DRAINING: they are to be replaced."""
    return [task for task in chosen if not _on_draining(region, task)]


def _on_draining(region: Region, task: Task) -> bool:
    instance = region.instances.get(task.instance or "")
    return instance is not None and instance.status == "DRAINING"


def leave_draining(region: Region, service: Service, desired: int) -> None:
    """Stop tasks on DRAINING instances: at once those that do not run yet, the others as the healthy ones left suffice.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html. Daemon tasks are the
    last to leave an instance (ecs_services.html#service_scheduler_daemon).
    """
    leaving = [task for task in all_wanted(service) if _on_draining(region, task)]
    if not leaving:
        return
    if service.doc["schedulingStrategy"] == "DAEMON":
        stop(region, service, [task for task in leaving if not _replicas_beside(region, task)])
        schedule(region, service, RETRY_SECONDS)
        return
    lowest, _highest = limits(service, desired)
    free = [task for task in leaving if not protected(region, service, task)]
    healthy = [task for task in free if task.healthy]
    spare = sum(task.healthy for task in all_wanted(service)) - lowest
    stop(region, service, [task for task in free if not task.healthy] + healthy[: max(0, spare)])


def _replicas_beside(region: Region, task: Task) -> bool:
    """Tell whether a task of a service that is no daemon is still on the same instance."""
    for other in region.tasks_of(task.cluster):
        if other.instance == task.instance and not other.stopped and other.service_name is not None:
            service = region.services.get((other.cluster, other.service_name))
            if service is not None and service.doc["schedulingStrategy"] == "REPLICA":
                return True
    return False


def protected(region: Region, service: Service, task: Task) -> bool:
    """Whether a task is protected from scale-in and deployments; if so the scheduler looks again when that ends."""
    left = (task.protected_until or 0) - region.timeline.now
    if left > 0:
        schedule(region, service, left)
    return left > 0


def stop(region: Region, service: Service, chosen: list[Task]) -> None:
    """Stop tasks on behalf of the scheduler, and say so."""
    if not chosen:
        return
    service.steady = False
    balanced = [task for task in chosen if task.targets]
    if balanced:
        events.add(region, service, f"has begun draining connections on {len(balanced)} tasks.")
        for arn in dict.fromkeys(group for task in balanced for group, *_ignored in task.targets):
            count = sum(any(group == arn for group, *_ignored in task.targets) for task in balanced)
            events.add(region, service, f"deregistered {count} targets in (target-group {arn})")
    events.add(region, service, f"has stopped {len(chosen)} running tasks: {events.listed(chosen)}.")
    for task in chosen:
        reason = f"Scaling activity initiated by (deployment {task.doc['startedBy']})"
        tasks.stop(region, task, "ServiceSchedulerInitiated", reason)


def start_missing(region: Region, service: Service, desired: int, listener: Listener) -> None:
    """Start tasks of the PRIMARY deployment as far as maximumPercent allows."""
    primary = service.deployments[0]
    lowest, highest = limits(service, desired)
    missing = desired - len(staying(region, primary.wanted))
    if missing > 0 and lowest >= highest and service.deployments[1:]:
        events.add_once(region, service, _STUCK)
    start(region, service, primary, min(missing, highest - len(all_wanted(service))), listener)


def hold(region: Region, service: Service, deployment: Deployment, count: int, listener: Listener) -> None:
    """Bring a deployment to a number of tasks, whatever the others have; a failed one starts none."""
    deployment.doc["desiredCount"] = count
    if not deployment.failed:
        start(region, service, deployment, count - len(staying(region, deployment.wanted)), listener)
    stop_surplus(region, service, deployment, count)


def start(region: Region, service: Service, deployment: Deployment, count: int, listener: Listener) -> None:
    """Start tasks of a deployment, unless it waits because so many failed."""
    if count <= 0:
        return
    if deployment.not_before > region.timeline.now:
        schedule(region, service, deployment.not_before - region.timeline.now)
        return
    started = []
    for _number in range(count):
        launch = placement.launch(region, service, deployment)
        if isinstance(launch, Refusal):
            deployment.refused += 1
            events.add_once(region, service, launch.event)
            schedule(region, service, RETRY_SECONDS)
            break
        launch.listener = listener
        started.append(tasks.start(region, launch))
    deployment.tasks += started
    if started:
        service.steady = False
        events.add(region, service, f"has started {len(started)} tasks: {events.listed(started)}.")
