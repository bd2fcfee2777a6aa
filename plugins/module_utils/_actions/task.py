# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is run outside of a service: once, to its end or until it runs; and stopping and protecting tasks."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._diagnosis import diagnose as _diagnosis
from .._errors import BadInput, EcsError, TimedOut
from .._normal import revision_name as short
from . import _find_tasks, _task_request
from ._definitions import ended_well
from ._protect_tasks import protect
from ._run_task import Launch, NotStarted
from ._stop_tasks import stop
from ._watch_tasks import STOPPED, Tasks

OPERATIONS = {"run": "running", "start": "running", "stop": "stopped"}
RUNS = ("finished", "running")
# Options that mean something in some states only; the others refuse them. A playbook from community.aws names the
# definition of a task that it stops, so that is let pass.
ONLY_WITH = {
    **dict.fromkeys(("count", "overrides", "container_instances", "like_service"), RUNS),
    **dict.fromkeys(("launch_type", "capacity_provider_strategy", "network_configuration"), RUNS),
    **dict.fromkeys(("task", "service", "family"), ("stopped", "protected", "unprotected")),
    "reason": ("stopped",),
    "expires_in_minutes": ("protected",),
}


class TaskFailed(EcsError):
    """A task did not do its work: it never started, or a container that it cannot do without failed."""

    code = "TaskFailed"


def _member(kind: str, name: str, alias: str) -> dict[str, dict[str, Any]]:
    elements = {"elements": "dict"} if kind == "list" else {}
    return {name: {"type": kind, "aliases": [alias], **elements}}


class Task(Action):
    """Runs, starts, stops and protects tasks."""

    tells = True
    options: ClassVar[dict[str, Any]] = {
        "state": {"type": "str", "choices": [*RUNS, "stopped", "protected", "unprotected"]},
        "operation": {"type": "str", "choices": list(OPERATIONS)},
        "cluster": {"type": "str", "default": "default"},
        **_member("str", "task_definition", "taskDefinition"),
        "like_service": {"type": "str"},
        "count": {"type": "int"},
        "overrides": {"type": "dict"},
        **_member("str", "launch_type", "launchType"),
        **_member("list", "capacity_provider_strategy", "capacityProviderStrategy"),
        **_member("str", "platform_version", "platformVersion"),
        **_member("dict", "network_configuration", "networkConfiguration"),
        **_member("list", "volume_configurations", "volumeConfigurations"),
        "container_instances": {"type": "list", "elements": "str", "aliases": ["containerInstances"]},
        **_member("list", "placement_constraints", "placementConstraints"),
        **_member("list", "placement_strategy", "placementStrategy"),
        "group": {"type": "str"},
        **_member("str", "started_by", "startedBy"),
        **_member("str", "reference_id", "referenceId"),
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        **_member("str", "propagate_tags", "propagateTags"),
        **_member("bool", "enable_ecs_managed_tags", "enableECSManagedTags"),
        **_member("bool", "enable_execute_command", "enableExecuteCommand"),
        "run_once": {"type": "str"},
        "capacity_retry": {"type": "int", "default": 120},
        "task": {"type": "list", "elements": "str", "aliases": ["tasks"]},
        "service": {"type": "str"},
        "family": {"type": "str"},
        "reason": {"type": "str"},
        **_member("int", "expires_in_minutes", "expiresInMinutes"),
        "log_lines": {"type": "int", "default": 20},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 900},
    }
    rules: ClassVar[dict[str, Any]] = {"mutually_exclusive": [("state", "operation"), ("started_by", "run_once")]}

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        state = job.params["state"] or OPERATIONS.get(job.params["operation"], "finished")
        _check(job.params, state)
        try:
            if state == "stopped":
                return stop(api, job)
            if state in RUNS:
                return _Run(api, job, state).result()
            return protect(api, job, wanted=state == "protected")
        except EcsError as error:
            if error.code != "ClusterNotFoundException":
                raise
            raise _find_tasks.no_cluster(api, job.params["cluster"], error) from error


def _check(params: dict[str, Any], state: str) -> None:
    for name, states in ONLY_WITH.items():
        by_legacy = params["operation"] is not None and name == "task"
        if params[name] and state not in states and not by_legacy:
            raise BadInput(f"{name} means nothing with state={state}; it goes with {' and '.join(states)}.")
    if params["operation"] == "start" and not params["container_instances"]:
        raise BadInput("container_instances is required with operation=start: name the instances to start the task on.")
    if params["log_lines"] < 0 or params["capacity_retry"] < 0:
        raise BadInput("log_lines and capacity_retry: give 0 or more.")


class _Run:
    """Starting tasks, waiting for them, and the verdict."""

    def __init__(self, api: Any, job: Job, state: str) -> None:
        self._api, self._job, self._state = api, job, state
        self._tasks = Tasks(api, job)

    def result(self) -> dict[str, Any]:
        if not self._job.watch.notes.get("started"):
            self._start()
        if self._job.check:
            self._tasks.read()
            return self._tasks.result()
        try:
            self._tasks.wait(self._done)
        except TimedOut as error:
            raise self._explained(error, self._tasks.seen) from None
        if failed := [task for task in self._tasks.seen if self._bad(task)]:
            raise self._explained(_failure(failed, len(self._tasks.seen)), failed)
        return self._tasks.result()

    def _start(self) -> None:
        launch = Launch(self._api, self._job, *_task_request.request(self._api, self._job))
        try:
            launch.start()
        except NotStarted as error:
            self._tasks.expect(launch.tasks)
            self._tasks.read()
            raise self._explained(error, self._tasks.seen) from None
        self._tasks.expect(launch.tasks)
        self._job.watch.notes["started"] = True

    def _done(self, task: dict[str, Any]) -> bool:
        """Tell whether a task is as far as it shall be; one that stopped before it was seen running is so too."""
        return task["lastStatus"] == STOPPED or (self._state == "running" and task["lastStatus"] == "RUNNING")

    def _bad(self, task: dict[str, Any]) -> bool:
        return task["lastStatus"] == STOPPED and not ended_well(task, self._tasks.definitions)

    def _explained(self, error: EcsError, looked_at: list[dict[str, Any]]) -> EcsError:
        """Complete a failure with the diagnosis, and with the tasks in the result, so that none is lost."""
        failures, lines = error.data.get("failures", []), self._job.params["log_lines"]
        diagnosis = _diagnosis.of_tasks(self._api, looked_at, failures, lines)
        said = str(error)
        if isinstance(error, TaskFailed):
            said += f": {diagnosis['summary'].rstrip('.')}."
        if isinstance(error, TaskFailed) or diagnosis["cause"] != "unknown":
            said += f" {diagnosis['next_step']}"
        return type(error)(said, code=error.code, **error.data, result={**self._tasks.result(), "diagnosis": diagnosis})


def _failure(failed: list[dict[str, Any]], count: int) -> TaskFailed:
    name, id_ = short(failed[0]["taskDefinitionArn"]), short(failed[0]["taskArn"])
    which = f"The task {id_} of {name}" if count == 1 else f"{len(failed)} of {count} tasks of {name}"
    return TaskFailed(f"{which} failed", tasks=[task["taskArn"] for task in failed])
