# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a task's containers: pulled, started in the order of their dependencies, checked, and ended.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html; dependencies: botocore ECS
model, ContainerDependency. AWS documents no durations but the 40 seconds of a task without health checks.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from . import facts, logs, room, strict, targets
from .causes import INIT, PULL, START
from .endings import failed, move, passed, stop, tell
from .facts import definition_of
from .images import Behaviour
from .names import hex_id
from .records import Task
from .region import Region

Document = dict[str, Any]

# botocore ECS model, DeploymentConfiguration.minimumHealthyPercent.
UNCHECKED_SECONDS = 40.0
FAILED_TO_START = "Task failed to start"


def behaviours(region: Region, definition: Document, overrides: Document) -> dict[str, Behaviour]:
    """Say how each container of a definition behaves, with the commands that are going to run."""
    return {
        item["name"]: region.world.images.of(item["image"], facts.command_of(item, overrides))
        for item in definition["containerDefinitions"]
    }


def reason_of(region: Region, task: Task, container: Document) -> str:
    """Spell what a container's failure is called."""
    behaviour = task.behaviours[container["name"]]
    return behaviour.reason or behaviour.cause.text.format_map(_facts(region, task, container))


def _facts(region: Region, task: Task, container: Document) -> dict[str, str]:
    definition = definition_of(task, container["name"])
    known = facts.gather(region, task.definition, task.doc["overrides"], definition, task.id)
    details = [detail for attachment in task.doc["attachments"] for detail in attachment["details"]]
    return known | {"subnet": next((item["value"] for item in details if item["name"] == "subnetId"), "")}


def digest_of(image: str) -> str:
    """Invent the digest of an image: the same for the same reference."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


# Before the start


def prepare(region: Region, task: Task) -> None:
    """Fetch what the execution role fetches, then pull."""
    if task.stopping:
        return
    told = behaviours(region, task.definition.doc, task.doc["overrides"])
    task.behaviours = told | strict.behaviours(region, task)
    broken = _first(task, INIT)
    if broken is not None:
        reason = reason_of(region, task, broken)
        stop(region, task, *_ending(task, broken, "TaskFailedToStart", reason))
        return
    task.doc["pullStartedAt"] = region.timeline.stamp()
    seconds = max(behaviour.pull_seconds for behaviour in task.behaviours.values())
    region.timeline.after(seconds, lambda: _pulled(region, task))


def _first(task: Task, stage: str) -> Document | None:
    found = [item for item in task.doc["containers"] if task.behaviours[item["name"]].strikes == stage]
    return found[0] if found else None


def _ending(task: Task, container: Document, code: str, reason: str) -> tuple[str, str]:
    """Give stopCode and stoppedReason, which the image's rule may set."""
    behaviour = task.behaviours[container["name"]]
    cause = behaviour.cause
    return behaviour.stop_code or cause.stop_code or code, behaviour.stopped_reason or cause.stopped_reason or reason


def _pulled(region: Region, task: Task) -> None:
    if task.stopping:
        return
    task.doc["pullStoppedAt"] = region.timeline.stamp()
    broken = _first(task, PULL)
    if broken is not None:
        broken["reason"] = reason_of(region, task, broken) or task.behaviours[broken["name"]].stopped_reason or ""
        # On Fargate the task's reason is the container's; the agent on an instance only says that the task failed.
        on_instance = task.doc["launchType"] != "FARGATE"
        text = FAILED_TO_START if on_instance else broken["reason"]
        stop(region, task, *_ending(task, broken, "TaskFailedToStart", text))
        return
    if task.load_balancers:
        move(task, "ACTIVATING")
    _start_ready(region, task)


# Starting


def _start_ready(region: Region, task: Task) -> None:
    """Start the containers whose dependencies are met, and end a task of which one can never start."""
    for container in task.doc["containers"]:
        if task.stopping or container["name"] in task.started:
            continue
        states = [_dependency(task, item) for item in definition_of(task, container["name"]).get("dependsOn", [])]
        if None in states:
            # How AWS spells this is not documented: a guess.
            stop(region, task, "TaskFailedToStart", FAILED_TO_START)
        elif all(states):
            task.started.add(container["name"])
            seconds = task.behaviours[container["name"]].start_seconds
            region.timeline.after(seconds, partial(_started, region, task, container))


def _dependency(task: Task, dependency: Document) -> bool | None:
    """Tell whether a dependency is met; None if it never will be."""
    other = next(item for item in task.doc["containers"] if item["name"] == dependency["containerName"])
    condition, ended = dependency["condition"], other["lastStatus"] == "STOPPED"
    if condition == "COMPLETE":
        return ended
    if condition == "SUCCESS":
        return (other.get("exitCode") == 0 or None) if ended else False
    if condition == "HEALTHY":
        return None if ended or other["healthStatus"] == "UNHEALTHY" else other["healthStatus"] == "HEALTHY"
    return other["lastStatus"] != "PENDING"


def _started(region: Region, task: Task, container: Document) -> None:
    if task.stopping:
        return
    behaviour = task.behaviours[container["name"]]
    if behaviour.strikes == START:
        _refuse_start(region, task, container)
        return
    container["lastStatus"] = "RUNNING"
    container["runtimeId"] = f"{task.id}-{int(hex_id()[:8], 16)}"
    container["imageDigest"] = strict.digest(region, container["image"]) or digest_of(container["image"])
    container["networkBindings"] = _bindings(region, task, definition_of(task, container["name"]))
    for agent in container.get("managedAgents", []):
        agent |= {"lastStatus": "RUNNING", "lastStartedAt": region.timeline.stamp()}
    logs.begin(region, task, container, behaviour)
    if behaviour.ends_with is not None:
        region.timeline.after(behaviour.run_seconds, partial(_exited, region, task, container))
    _watch_container(region, task, container)
    if task.doc["lastStatus"] != "RUNNING" and _essentials_run(task):
        _running(region, task)
    _start_ready(region, task)


def _refuse_start(region: Region, task: Task, container: Document) -> None:
    container |= {"lastStatus": "STOPPED", "reason": reason_of(region, task, container)}
    if definition_of(task, container["name"])["essential"]:
        stop(region, task, *_ending(task, container, "TaskFailedToStart", FAILED_TO_START))
    else:
        _start_ready(region, task)


def _essentials_run(task: Task) -> bool:
    essential = {item["name"] for item in task.definition.doc["containerDefinitions"] if item["essential"]}
    return all(item["lastStatus"] == "RUNNING" for item in task.doc["containers"] if item["name"] in essential)


def _running(region: Region, task: Task) -> None:
    move(task, "RUNNING")
    task.doc["startedAt"] = region.timeline.stamp()
    tell(task, "running")
    on_fail = partial(_target_failed, task)
    task.unmet_checks.update(targets.register(region, task, partial(passed, task), on_fail))
    if not task.unmet_checks:
        task.unmet_checks.add("time")
        region.timeline.after(UNCHECKED_SECONDS, lambda: passed(task, "time"))


def _target_failed(task: Task, group: str, wrong: str) -> None:
    if not task.stopping:
        task.target_trouble = wrong
        failed(task, f"Task failed ELB health checks in (target-group {group})")


def _bindings(region: Region, task: Task, definition: Document) -> list[Document]:
    """Show the ports of a container on its instance; port 0 takes one of the ephemeral range."""
    bindings: list[Document] = []
    if task.definition.doc.get("networkMode", "bridge") != "bridge":
        return bindings
    instance = region.instances.get(task.instance or "")
    for mapping in definition["portMappings"]:
        if "containerPort" not in mapping:
            continue
        mine = {item["hostPort"] for item in bindings}
        bindings.append(
            {
                "bindIP": "0.0.0.0",
                "containerPort": mapping["containerPort"],
                "hostPort": mapping["hostPort"] or room.free_port(region, instance, mine),
                "protocol": mapping["protocol"],
            }
        )
    return bindings


# Running


def _exited(region: Region, task: Task, container: Document) -> None:
    if task.stopping:
        return
    behaviour = task.behaviours[container["name"]]
    code = behaviour.ends_with or 0
    logs.write(region, task, container, logs.last_words(behaviour, code, _facts(region, task, container)))
    container |= {"lastStatus": "STOPPED", "exitCode": code}
    reason = reason_of(region, task, container)
    if reason:
        container["reason"] = reason
    interrupted = behaviour.stop_code or behaviour.cause.stop_code
    if definition_of(task, container["name"])["essential"] or interrupted:
        text = "Essential container in task exited"
        stop(region, task, *_ending(task, container, "EssentialContainerExited", text))
    else:
        _start_ready(region, task)


def _watch_container(region: Region, task: Task, container: Document) -> None:
    """Container health checks: the first runs after one interval; a broken container has `retries` of them."""
    definition = definition_of(task, container["name"])
    if "healthCheck" not in definition:
        return
    check = definition["healthCheck"]
    broken = task.behaviours[container["name"]].container_unhealthy
    seconds = check["interval"]
    if broken:
        seconds = check.get("startPeriod", 0) + check["interval"] * check["retries"]
    if definition["essential"]:
        task.unmet_checks.add(f"container {container['name']}")
    region.timeline.after(seconds, partial(_checked, region, task, container, broken))


def _checked(region: Region, task: Task, container: Document, broken: bool) -> None:
    if task.stopping or container["lastStatus"] != "RUNNING":
        return
    container["healthStatus"] = "UNHEALTHY" if broken else "HEALTHY"
    if definition_of(task, container["name"])["essential"]:
        _judge(task, container, broken)
    _start_ready(region, task)


def _judge(task: Task, container: Document, broken: bool) -> None:
    if broken:
        task.doc["healthStatus"] = "UNHEALTHY"
        failed(task, "Task failed container health checks")
        return
    others = {check for check in task.unmet_checks if check.startswith("container ")}
    if others == {f"container {container['name']}"}:
        task.doc["healthStatus"] = "HEALTHY"
    passed(task, f"container {container['name']}")
