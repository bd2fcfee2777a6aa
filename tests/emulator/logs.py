# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What containers with the awslogs driver write into CloudWatch Logs, with the emulator's times.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html: the stream is named
`prefix-name/container-name/ecs-task-id`, without a prefix by the container's id. A group that does not exist is made
if `awslogs-create-group` is true; else nothing is written (and, when the emulator is strict, the task does not start).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from . import neighbours
from .facts import definition_of
from .images import Behaviour
from .records import Task
from .region import Region

Document = dict[str, Any]


def place(task: Task, container: Document) -> tuple[str, str, str] | None:
    """Say where a container writes: Region (empty for its own), group and stream; None without awslogs."""
    options = options_of(definition_of(task, container["name"]))
    if options is None or "awslogs-group" not in options:
        return None
    prefix = options.get("awslogs-stream-prefix")
    stream = f"{prefix}/{container['name']}/{task.id}" if prefix else str(container.get("runtimeId", task.id))
    return options.get("awslogs-region", ""), options["awslogs-group"], stream


def options_of(definition: Document) -> dict[str, str] | None:
    """Give a container's awslogs options; None if it logs elsewhere."""
    configuration = definition.get("logConfiguration", {})
    if configuration.get("logDriver") != "awslogs":
        return None
    found: dict[str, str] = configuration.get("options", {})
    return found


def write(region: Region, task: Task, container: Document, lines: list[str]) -> None:
    """Write lines now."""
    where = place(task, container)
    if where is None or not lines:
        return
    options = options_of(definition_of(task, container["name"])) or {}
    create = options.get("awslogs-create-group") == "true"
    neighbours.write_logs(region, where, lines, create)


def begin(region: Region, task: Task, container: Document, behaviour: Behaviour) -> None:
    """Plan what a container writes from its start on: the rule's lines over its run, else a line or two."""
    if behaviour.logs is None:
        write(region, task, container, _first_lines(task, container))
        return
    count = len(behaviour.logs)
    gap = behaviour.run_seconds / count if count and behaviour.ends_with is not None else 1.0
    for number, line in enumerate(behaviour.logs):
        region.timeline.after(number * gap, partial(_later, region, task, container, line))


def _later(region: Region, task: Task, container: Document, line: str) -> None:
    if container["lastStatus"] == "RUNNING":
        write(region, task, container, [line])


def _first_lines(task: Task, container: Document) -> list[str]:
    ports = [
        item["containerPort"]
        for item in definition_of(task, container["name"])["portMappings"]
        if "containerPort" in item
    ]
    return [f"Starting {container['image']}", *(f"Listening on port {port}" for port in ports[:1])]


def last_words(behaviour: Behaviour, exit_code: int, facts: dict[str, str]) -> list[str]:
    """Say what a container writes as it ends by itself; one that is killed has no time to."""
    if behaviour.logs is not None or behaviour.behaviour in ("oom", "spot"):
        return []
    if behaviour.cause.logs:
        return [line.format_map(facts) for line in behaviour.cause.logs]
    return ["Finished" if exit_code == 0 else f"ERROR ended with code {exit_code}"]
