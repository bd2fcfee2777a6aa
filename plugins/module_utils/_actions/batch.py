# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An array of one-off tasks: so many at a time, those that fail again, and a result for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from .._action import Action, Job
from .._api import AwsError
from .._bulk.limits import Limiter
from .._diagnosis import diagnose as _diagnosis
from .._errors import BadInput, TimedOut
from .._normal import revision_name as short
from . import _batch_items, _find_tasks, _task_request
from ._batch_flow import FAILED, RUNNING, SUCCEEDED, THREADS, WAITING, BatchFailed, Flow
from ._log_lines import Logs

# Options of a single task that a batch gives no say about.
NOT_OFFERED = ("count", "container_instances", "run_once", "started_by")
NAMED = 5  # items that a message names
DIAGNOSED = 20  # tasks that are looked at to say why items failed
SHOWN = ("exit_code", "exit_codes", "stop_code", "reason", "seconds")


def _member(kind: str, name: str, alias: str) -> dict[str, dict[str, Any]]:
    elements = {"elements": "dict"} if kind == "list" else {}
    return {name: {"type": kind, "aliases": [alias], **elements}}


class Batch(Action):
    """Runs a task for each item, and gives what became of each."""

    tells = True
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "required": True},
        "items": {"type": "list", "elements": "raw", "required": True},
        "concurrency": {"type": "int", "default": 10},
        "retries": {"type": "int", "default": 0},
        "interruption_retries": {"type": "int", "default": 10},
        "max_failures": {"type": "int"},
        "container": {"type": "str"},
        "variable": {"type": "str", "default": "ITEM"},
        "cluster": {"type": "str", "default": "default"},
        **_member("str", "task_definition", "taskDefinition"),
        "like_service": {"type": "str"},
        "overrides": {"type": "dict"},
        **_member("str", "launch_type", "launchType"),
        **_member("list", "capacity_provider_strategy", "capacityProviderStrategy"),
        **_member("str", "platform_version", "platformVersion"),
        **_member("dict", "network_configuration", "networkConfiguration"),
        **_member("list", "volume_configurations", "volumeConfigurations"),
        **_member("list", "placement_constraints", "placementConstraints"),
        **_member("list", "placement_strategy", "placementStrategy"),
        "group": {"type": "str"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        **_member("str", "propagate_tags", "propagateTags"),
        **_member("bool", "enable_ecs_managed_tags", "enableECSManagedTags"),
        **_member("bool", "enable_execute_command", "enableExecuteCommand"),
        "log_lines": {"type": "int", "default": 20},
        "log_all": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 3600},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        _check(job.params)
        api.pace = Limiter(api.clock, api.attempts - 1)
        pinned = {name: job.watch.notes[name] for name in ("task_definition",) if name in job.watch.notes}
        whole = dataclasses.replace(job, params={**dict.fromkeys(NOT_OFFERED), **job.params, **pinned})
        _operation, document = _task_request.request(api, whole)
        job.watch.notes["task_definition"] = document["taskDefinition"]  # all items run the same revision
        return _Run(api, job, Flow(api, job, document, _batch_items.read(api, job.params, document))).result()


def _check(params: Mapping[str, Any]) -> None:
    for name, least in (("concurrency", 1), ("retries", 0), ("interruption_retries", 0), ("log_lines", 0)):
        if params[name] < least:
            raise BadInput(f"{name}: {params[name]} is out of range; give {least} or more.")
    if not params["items"]:
        raise BadInput("items: there is none; give at least one, or leave the task out.")
    if not _batch_items.NAME.fullmatch(params["name"]):
        raise BadInput(
            f"name: {params['name']!r} cannot be the value of a tag; use up to 256 letters, digits, spaces and "
            "+ - = . _ : / @."
        )


class _Run:
    """The wait for a batch, and the verdict."""

    def __init__(self, api: Any, job: Job, flow: Flow) -> None:
        self._api, self._job, self._flow = api, job, flow
        self._logs = Logs(api, flow.definitions, job.warnings)

    def result(self) -> dict[str, Any]:
        flow, job = self._flow, self._job
        if not job.watch.notes.get("items"):
            self._begin()
        if job.check:
            flow.plan()
            return self._told()
        try:
            job.watch.until(flow.look, float(job.params["wait_timeout"]))
        except TimedOut as error:
            raise TimedOut(
                f"{error} Run again with the same name to wait for the items that run, and to start those that do not.",
                **{**error.data, "result": {**self._told(), "diagnosis": self._diagnosis()}},
            ) from None
        told = self._told()
        if told["summary"][SUCCEEDED] < len(flow.items):
            raise self._failure(told)
        return told

    def _begin(self) -> None:
        try:
            self._flow.begin()
        except AwsError as error:
            if error.code != "ClusterNotFoundException":
                raise
            raise _find_tasks.no_cluster(self._api, self._job.params["cluster"], error) from error

    def _failure(self, told: dict[str, Any]) -> BatchFailed:
        summary, name = told["summary"], self._job.params["name"]
        failed = [item["name"] for item in told["outcomes"] if item["state"] == FAILED]
        listed = ", ".join([*failed[:NAMED], *(["..."] if failed[NAMED:] else [])])
        said = f"{len(failed)} of {len(told['outcomes'])} items of the batch {name} failed ({listed})"
        if summary[WAITING]:
            said += f", and {summary[WAITING]} were not started"
        diagnosis = self._diagnosis()
        said += f": {diagnosis['summary'].rstrip('.')}. {diagnosis['next_step']}"
        return BatchFailed(said, items=failed, result={**told, "diagnosis": diagnosis})

    def _diagnosis(self) -> dict[str, Any]:
        """Say why items failed, by the tasks of some of them and by what RunTask refused."""
        failed = [item for item in self._flow.items.values() if item["state"] == FAILED]
        arns = [item["current"] for item in failed if item.get("current")][:DIAGNOSED]
        refused = [{"reason": item["reason"]} for item in failed if not item.get("current")][:DIAGNOSED]
        tasks = _find_tasks.described(self._api, self._job.params["cluster"], arns) if arns else []
        return dict(_diagnosis.of_tasks(self._api, tasks, refused, self._job.params["log_lines"]))

    def _told(self) -> dict[str, Any]:
        """Give what became of each item, with the last log lines of those that failed, and how many ended how."""
        tails = {} if self._job.check else self._tails()
        items = []
        for name, item in self._flow.items.items():
            arn = str(item.get("current") or "")
            told = {"name": name, "state": item["state"], "attempts": len(item["tasks"]), "task": arn or None}
            told.update({key: item.get(key) for key in SHOWN}, id=short(arn) if arn else None)
            items.append({**told, "log_tail": tails.get(arn, {})})
        states = (SUCCEEDED, FAILED, RUNNING, WAITING)
        counts = {state: sum(item["state"] == state for item in items) for state in states}
        more = {"tasks": sum(item["attempts"] for item in items), "adopted": self._job.watch.notes["adopted"]}
        return {"outcomes": items, "summary": {**counts, **more}}

    def _tails(self) -> dict[str, dict[str, list[str]]]:
        """Read the last lines of the tasks whose log is shown, many at a time."""
        lines, every = self._job.params["log_lines"], self._job.params["log_all"]
        wanted = (FAILED, SUCCEEDED) if every else (FAILED,)
        arns = [
            item["current"] for item in self._flow.items.values() if item["state"] in wanted and item.get("current")
        ]
        if not arns or not lines:
            return {}
        tasks = _find_tasks.described(self._api, self._job.params["cluster"], arns)
        with ThreadPoolExecutor(THREADS) as executor:
            tails = executor.map(lambda task: self._logs.tails(task, lines), tasks)
            return {task["taskArn"]: tail for task, tail in zip(tasks, tails, strict=True)}
