# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service events.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html; texts that are not on that
page ("has started", "registered ... targets", "deployment completed") are those that the console shows and users quote.
"""

from __future__ import annotations

from .names import uuid
from .records import Service, Task
from .region import Region

SHOWN = 100
# "the same event is suppressed" for six hours: service-event-messages of the developer guide.
_SUPPRESSED_SECONDS = 6 * 3600


def add(region: Region, service: Service, text: str) -> None:
    """Record an event, newest first (that order is a guess that everybody's output bears out)."""
    message = f"(service {service.name}) {text}"
    service.events.insert(0, {"id": uuid(), "createdAt": region.timeline.stamp(), "message": message})
    del service.events[SHOWN:]


def add_once(region: Region, service: Service, text: str) -> None:
    """Record an event unless the same one is recent."""
    message = f"(service {service.name}) {text}"
    recent = region.timeline.now - _SUPPRESSED_SECONDS
    if not any(event["message"] == message and event["createdAt"] > recent for event in service.events):
        add(region, service, text)


def listed(tasks: list[Task]) -> str:
    """Name tasks as the events do."""
    return " ".join(f"(task {task.id})" for task in tasks)
