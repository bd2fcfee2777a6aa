# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in PROVISIONING that wait until their capacity provider has room for them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
"""

from __future__ import annotations

from . import placement, tasks
from .capacity import Refusal
from .records import Task
from .region import Region

# Users saw 10 to 15 minutes before cluster auto scaling gave up, the guide gives no number: a guess.
PATIENCE_SECONDS = 15 * 60.0


def install(region: Region) -> None:
    """Let the region know whom to call when there is room."""
    region.place_waiting = lambda: place(region)
    region.waiting_began = lambda task: _began(region, task)


def _began(region: Region, task: Task) -> None:
    region.scaling_changed()
    region.timeline.after(PATIENCE_SECONDS, lambda: _give_up(region, task))


def place(region: Region) -> None:
    """Give instances to those that wait, the oldest first."""
    for task in list(region.waiting):
        if task.waiting is None or task.stopping:
            continue
        chosen = placement.choose(region, task.cluster, task.waiting.wish)
        if isinstance(chosen, str):
            region.waiting.remove(task)
            task.waiting.begin(chosen)


def _give_up(region: Region, task: Task) -> None:
    """Stop a task that found no place in time.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html, DescribeTasks
    """
    if task.waiting is None or task.stopping:
        return
    wish = task.waiting.wish
    chosen = placement.choose(region, task.cluster, wish)
    if not isinstance(chosen, Refusal):
        return
    inhabited = any(item.cluster == task.cluster for item in region.instances.values())
    reason = "NO ACTIVE INSTANCES" if inhabited else "EMPTY CAPACITY PROVIDER"
    if chosen.failures:
        reason = chosen.failures[0][1]
    tasks.stop(region, task, "TaskFailedToStart", f"TaskFailedToStart: {reason}")
