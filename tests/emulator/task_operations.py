# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RunTask, StartTask, StopTask, ListTasks, DescribeTasks and task protection.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_run_task.html and the botocore ECS model.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from . import capacity, neighbours, placement, room, scaling, service_document, strategies, tags, tasks
from . import task_definitions as definitions
from .errors import EcsError, client_error, failure, invalid_parameter, service_not_found
from .names import is_arn, last_part
from .operations import Document, operation
from .paging import described, page
from .records import Cluster, Task, TaskDefinition
from .region import GONE, Region
from .tasks import Launch

_COUNT_LIMIT = 10
_DESCRIBE_LIMIT = 100
_PROTECT_LIMIT = 10
_MAXIMUM_TOKEN = 64
_MAXIMUM_STARTED_BY = 128
_PROTECTION_MINUTES = 120
_PROTECTION_MAXIMUM_MINUTES = 2880


@operation
def run_task(region: Region, request: Document) -> Document:
    """Start up to ten tasks."""
    cluster = region.cluster(request.get("cluster"))
    repeated = _repeated(region, request)
    if repeated is not None:
        return repeated
    count = request.get("count", 1)
    if not 1 <= count <= _COUNT_LIMIT:
        raise invalid_parameter(f"Count must be between 1 and {_COUNT_LIMIT}.")
    launch = _launch(region, cluster, request)
    if (launch.launch_type, launch.capacity_provider) == ("EC2", None) and not placement.active_instances(
        region, cluster.name
    ):
        raise invalid_parameter("No Container Instances were found in your cluster.")
    started, failures = _placed(region, cluster, launch, count, request)
    if "clientToken" in request:
        region.run_tokens[request["clientToken"]] = (request, [task.arn for task in started])
    return {"tasks": [tasks.shown(task, with_tags=True) for task in started], "failures": failures}


def _placed(
    region: Region, cluster: Cluster, launch: Launch, count: int, request: Document
) -> tuple[list[Task], list[Document]]:
    """Start as many tasks as there is room for; what is missing is a failure, not an error."""
    instances = placement.active_instances(region, cluster.name)
    refused = capacity.role_refusal(region, launch.definition, launch.overrides)
    if refused is not None:
        raise client_error(str(refused.error))
    refused = capacity.refusal(region, launch.launch_type, launch.capacity_provider, instances)
    started: list[Task] = []
    strategy = strategies.filled(_strategy(cluster, request))
    while refused is None and len(started) < count:
        mine = dataclasses.replace(launch)
        if strategy:
            mine.capacity_provider = strategies.next_provider(strategy, started)
        if mine.launch_type in placement.ON_INSTANCES:
            refused = _choose(region, cluster, mine, request)
        if refused is None:
            started.append(tasks.start(region, mine))
    return started, [_failure(*item) for item in refused.failures] if refused else []


def _choose(region: Region, cluster: Cluster, launch: Launch, request: Document) -> capacity.Refusal | None:
    """Give a task its instance, or let it wait for one where the capacity provider gets more of them."""
    wish = room.Wish(
        definition=launch.definition,
        group=launch.group,
        launch_type=launch.launch_type,
        provider=launch.capacity_provider,
        constraints=request.get("placementConstraints", []),
        strategy=service_document.placement_strategy(request.get("placementStrategy", [])),
        overrides=launch.overrides,
        zones=placement.zones(region, launch.network),
    )
    chosen = placement.choose(region, cluster.name, wish)
    if isinstance(chosen, str):
        launch.container_instance = chosen
    elif placement.waits_for_capacity(region, launch.capacity_provider):
        launch.wish = wish
    elif chosen.error is not None:
        raise invalid_parameter(chosen.error)
    else:
        return chosen
    return None


def _failure(arn: str, reason: str) -> Document:
    return failure(arn, reason) if arn else {"reason": reason}


def _repeated(region: Region, request: Document) -> Document | None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html"""
    token = request.get("clientToken")
    if token is None:
        return None
    if len(token) > _MAXIMUM_TOKEN:
        raise invalid_parameter(f"clientToken must have at most {_MAXIMUM_TOKEN} characters.")
    if token not in region.run_tokens:
        return None
    first, arns = region.run_tokens[token]
    if first != request:
        raise EcsError(
            "ConflictException", "The clientToken was used with other request parameters before.", resourceIds=arns
        )
    known = [region.tasks[arn] for arn in arns if arn in region.tasks]
    return {"tasks": [tasks.shown(task, with_tags=True) for task in known], "failures": []} if known else None


def _launch(region: Region, cluster: Cluster, request: Document) -> Launch:
    definition = _usable(region, request["taskDefinition"])
    provider, kind = _capacity(region, cluster, request)
    if kind not in (*definition.doc["compatibilities"], "MANAGED_INSTANCES"):
        raise invalid_parameter(f"Task definition does not support launch_type {kind}.")
    if len(request.get("startedBy", "")) > _MAXIMUM_STARTED_BY:
        raise invalid_parameter(f"startedBy must have at most {_MAXIMUM_STARTED_BY} characters.")
    _check_overrides(definition, request.get("overrides", {}))
    return Launch(
        cluster=cluster.name,
        definition=definition,
        launch_type=kind,
        group=request.get("group", f"family:{definition.doc['family']}"),
        started_by=request.get("startedBy"),
        capacity_provider=provider,
        network=_network(region, definition, request),
        overrides=request.get("overrides", {}),
        tags=_tags(cluster, definition, request),
        execute_command=request.get("enableExecuteCommand", False),
        volumes=request.get("volumeConfigurations", []),
    )


def _usable(region: Region, reference: str) -> TaskDefinition:
    try:
        return definitions.usable(region, reference)
    except EcsError as error:
        # RunTask reports an inactive revision under another name (DefangLabs/defang#775).
        if "inactive" in error.message:
            raise invalid_parameter(error.message) from None
        raise


def _strategy(cluster: Cluster, request: Document) -> strategies.Strategy:
    """Give the strategy of a request, or of its cluster; empty with a launch type."""
    given: strategies.Strategy = request.get("capacityProviderStrategy") or []
    if not given and "launchType" not in request:
        given = cluster.doc["defaultCapacityProviderStrategy"]
    return given


def _capacity(region: Region, cluster: Cluster, request: Document) -> tuple[str | None, str]:
    strategy = request.get("capacityProviderStrategy")
    if strategy and "launchType" in request:
        raise invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    strategy = _strategy(cluster, request)
    if strategy:
        strategies.check_used(region, cluster, strategy)
        provider = strategies.next_provider(strategies.filled(strategy), [])
        return provider, placement.launch_type_of(region, provider)
    return None, request.get("launchType", "EC2")


def _network(region: Region, definition: TaskDefinition, request: Document) -> Document | None:
    awsvpc = definition.doc.get("networkMode") == "awsvpc"
    if "networkConfiguration" not in request:
        if awsvpc:
            raise invalid_parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
        return None
    if not awsvpc:
        raise invalid_parameter("Network Configuration is not valid for the given networkMode of this task definition.")
    network = service_document.network(request["networkConfiguration"])
    neighbours.check_network(region, network)
    return network


def _check_overrides(definition: TaskDefinition, overrides: Document) -> None:
    names = {container["name"] for container in definition.doc["containerDefinitions"]}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in names:
            raise invalid_parameter(
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            )


def _tags(cluster: Cluster, definition: TaskDefinition, request: Document) -> tags.Tags:
    given = tags.checked(request.get("tags"))
    if request.get("propagateTags") == "TASK_DEFINITION":
        given = tags.merged(definition.tags, given)
    if request.get("enableECSManagedTags"):
        given = tags.merged(given, [{"key": "aws:ecs:clusterName", "value": cluster.name}])
    return given


@operation
def start_task(region: Region, request: Document) -> Document:
    """Start a task on each of the given container instances."""
    cluster = region.cluster(request.get("cluster"))
    references = request["containerInstances"]
    if not 1 <= len(references) <= _COUNT_LIMIT:
        raise invalid_parameter(f"Specify between 1 and {_COUNT_LIMIT} container instances.")
    launch = _launch(region, cluster, request | {"launchType": "EC2"})
    active = {last_part(arn): arn for arn in placement.active_instances(region, cluster.name)}
    started, failures = [], []
    for reference in references:
        instance = active.get(last_part(reference))
        if instance is None:
            failures.append(failure(reference))
        elif not region.instances[instance].doc["agentConnected"]:
            failures.append(failure(instance, "AGENT"))
        else:
            launch.container_instance = instance
            started.append(tasks.start(region, launch))
    return {"tasks": [tasks.shown(task, with_tags=True) for task in started], "failures": failures}


@operation
def stop_task(region: Region, request: Document) -> Document:
    """Stop a task; the service it belongs to starts another."""
    cluster = region.cluster(request.get("cluster"))
    task = _find(region, cluster, request["task"])
    if task is None:
        raise invalid_parameter("The referenced task was not found.")
    tasks.stop(region, task, "UserInitiated", request.get("reason", "Task stopped by user"))
    return {"task": tasks.shown(task, with_tags=True)}


def _find(region: Region, cluster: Cluster, reference: str) -> Task | None:
    arn = reference if is_arn(reference) else region.arn(f"task/{cluster.name}/{reference}")
    task = region.tasks.get(arn)
    return task if task is not None and task.cluster == cluster.name else None


@operation
def describe_tasks(region: Region, request: Document) -> Document:
    """Describe up to a hundred tasks; stopped ones are remembered for an hour."""
    cluster = region.cluster(request.get("cluster"))
    references = request["tasks"]
    if not 1 <= len(references) <= _DESCRIBE_LIMIT:
        raise invalid_parameter("Tasks cannot be empty." if not references else "Tasks can have at most 100 items.")
    with_tags = "TAGS" in request.get("include", [])

    def show(reference: str) -> Document | None:
        task = _find(region, cluster, reference)
        return tasks.shown(task, with_tags) if task else None

    found, failures = described(region, references, f"task/{cluster.name}", show)
    return {"tasks": found, "failures": failures}


@operation
def list_tasks(region: Region, request: Document) -> Document:
    """List tasks; without a filter those whose desired status is RUNNING."""
    cluster = region.cluster(request.get("cluster"))
    filters = {"containerInstance", "family", "serviceName", "launchType", "daemonName"} & set(request)
    if "startedBy" in request and filters:
        # "it must be the only filter that you use": botocore ECS model, ListTasks.startedBy.
        raise invalid_parameter("startedBy must be the only filter.")
    service = None
    if "serviceName" in request:
        service = region.find_service(cluster, request["serviceName"])
        if service is None or service.status == GONE:
            raise service_not_found()
    wanted: dict[str, Any] = {"desiredStatus": request.get("desiredStatus", "RUNNING")}
    wanted |= {name: request[name] for name in ("startedBy", "launchType") if name in request}
    if service is not None:
        wanted["group"] = f"service:{service.name}"
    listed = [task.arn for task in region.tasks_of(cluster.name) if _fits(task, wanted, request)]
    chosen, following = page(listed, request)
    return {"taskArns": chosen, **following}


def _fits(task: Task, wanted: dict[str, Any], request: Document) -> bool:
    if "family" in request and task.definition.doc["family"] != request["family"]:
        return False
    instance = last_part(task.doc.get("containerInstanceArn", ""))
    if "containerInstance" in request and instance != last_part(request["containerInstance"]):
        return False
    return all(task.doc.get(name) == value for name, value in wanted.items())


@operation
def update_task_protection(region: Region, request: Document) -> Document:
    """Protect service tasks from scale-in.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    """
    cluster = region.cluster(request["cluster"])
    minutes = request.get("expiresInMinutes", _PROTECTION_MINUTES)
    if not 1 <= minutes <= _PROTECTION_MAXIMUM_MINUTES:
        raise invalid_parameter(f"expiresInMinutes must be between 1 and {_PROTECTION_MAXIMUM_MINUTES}.")
    if not 1 <= len(request["tasks"]) <= _PROTECT_LIMIT:
        raise invalid_parameter(f"Specify between 1 and {_PROTECT_LIMIT} tasks.")
    until = region.timeline.now + minutes * 60 if request["protectionEnabled"] else None
    found, failures = _service_tasks(region, cluster, request["tasks"])
    for task in found:
        task.protected_until = until
        wake = region.services.get((cluster.name, str(task.service_name)))
        if wake is not None:
            scaling.schedule(region, wake)
    return {"protectedTasks": [_protection(region, task) for task in found], "failures": failures}


@operation
def get_task_protection(region: Region, request: Document) -> Document:
    """Show the protection of service tasks."""
    cluster = region.cluster(request["cluster"])
    references = request.get("tasks") or [task.arn for task in region.tasks_of(cluster.name) if task.service_name]
    if len(references) > _DESCRIBE_LIMIT:
        raise invalid_parameter("Tasks can have at most 100 items.")
    found, failures = _service_tasks(region, cluster, references)
    return {"protectedTasks": [_protection(region, task) for task in found], "failures": failures}


def _service_tasks(region: Region, cluster: Cluster, references: list[str]) -> tuple[list[Task], list[Document]]:
    found, failures = [], []
    for reference in references:
        task = _find(region, cluster, reference)
        if task is None:
            failures.append(failure(reference))
        elif task.service_name is None or task.stopping:
            failures.append(failure(task.arn, "TASK_NOT_VALID"))
        else:
            found.append(task)
    return found, failures


def _protection(region: Region, task: Task) -> Document:
    until = task.protected_until
    if until is None or until <= region.timeline.now:
        return {"taskArn": task.arn, "protectionEnabled": False}
    return {"taskArn": task.arn, "protectionEnabled": True, "expirationDate": round(until, 3)}


@operation
def execute_command(region: Region, request: Document) -> Document:
    """Open a session; the emulator has no container to run the command in.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    cluster = region.cluster(request.get("cluster"))
    task = _find(region, cluster, request["task"])
    if task is None:
        raise invalid_parameter("The referenced task was not found.")
    if not task.running or not task.doc["enableExecuteCommand"]:
        raise invalid_parameter(
            "The execute command failed because execute command was not enabled when the task was run or the execute "
            "command agent isn't running. Wait and try again or run a new task with execute command enabled and try "
            "again."
        )
    containers = {container["name"]: container for container in task.doc["containers"]}
    name = request.get("container", next(iter(containers)))
    if name not in containers:
        raise client_error(f"Container {name} does not exist in the task.")
    session = f"ecs-execute-command-{task.id[:17]}"
    return {
        "clusterArn": task.doc["clusterArn"],
        "taskArn": task.arn,
        "containerArn": containers[name]["containerArn"],
        "containerName": name,
        "interactive": request["interactive"],
        "session": {"sessionId": session, "streamUrl": "", "tokenValue": ""},
    }
