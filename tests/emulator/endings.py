# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task passes its checks and how it ends.

States: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

from __future__ import annotations

from . import logs, targets
from .neighbours import delete_interface
from .records import Task
from .region import Region

STOP_SECONDS = 2.0
DEPROVISION_SECONDS = 3.0
# "stopped tasks ... at least one hour": task-lifecycle page of the developer guide.
REMEMBERED_SECONDS = 3600.0


def move(task: Task, status: str) -> None:
    """Show the next state."""
    task.doc["lastStatus"] = status
    task.doc["version"] += 1


def tell(task: Task, what: str) -> None:
    """Let the service know."""
    if task.listener is not None:
        task.listener(task, what)


def passed(task: Task, check: str) -> None:
    """Take note of a check that succeeded; after the last one the task is healthy."""
    if task.stopping:
        return
    task.unmet_checks.discard(check)
    if not task.unmet_checks and not task.was_healthy:
        task.was_healthy = True
        tell(task, "healthy")


def failed(task: Task, reason: str) -> None:
    """Take note of a check that failed; what follows is the service's business."""
    if task.failed_check is None:
        task.failed_check = reason
        tell(task, "unhealthy")


def stop(region: Region, task: Task, code: str, reason: str) -> None:
    """Begin to stop a task."""
    if task.stopping:
        return
    task.doc |= {
        "desiredStatus": "STOPPED",
        "stopCode": code,
        "stoppedReason": reason,
        "stoppingAt": region.timeline.stamp(),
    }
    if task in region.waiting:
        region.waiting.remove(task)
    targets.deregister(region, task)
    move(task, "DEACTIVATING" if task.targets else "STOPPING")
    tell(task, "stopping")
    region.timeline.after(STOP_SECONDS, lambda: _halted(region, task))


def _halted(region: Region, task: Task) -> None:
    task.doc["executionStoppedAt"] = region.timeline.stamp()
    for container in task.doc["containers"]:
        if container["lastStatus"] == "RUNNING":
            container.setdefault("exitCode", 0)
            logs.write(region, task, container, ["Received SIGTERM, shutting down"])
        container["lastStatus"] = "STOPPED"
        container.pop("managedAgents", None)
    interface = any(item["type"] == "ElasticNetworkInterface" for item in task.doc["attachments"])
    move(task, "DEPROVISIONING")
    region.timeline.after(DEPROVISION_SECONDS if interface else 0, lambda: _gone(region, task))


def _gone(region: Region, task: Task) -> None:
    for attachment in task.doc["attachments"]:
        attachment["status"] = "DELETED"
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                delete_interface(region, detail["value"])
    move(task, "STOPPED")
    task.doc["stoppedAt"] = region.timeline.stamp()
    tell(task, "stopped")
    region.freed()
    region.timeline.after(REMEMBERED_SECONDS, lambda: _forget(region, task))


def _forget(region: Region, task: Task) -> None:
    region.tasks.pop(task.arn, None)
