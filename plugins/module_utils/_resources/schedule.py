# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A schedule of EventBridge Scheduler that runs a task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._api import AwsError
from .._core import Ask, Call, Found, Resource
from .._errors import BadInput
from .._watch import UnderWay
from . import _networks, _schedule_checks, _schedule_forms, _schedule_times
from ._schedule_checks import GROUP
from ._schedule_forms import SCHEDULER


def _option(kind: str, name: str, *spellings: str) -> dict[str, dict[str, Any]]:
    elements = {"elements": "dict"} if kind == "list" else {}
    return {name: {"type": kind, "aliases": list(spellings), **elements}}


class Schedule(Resource):
    """A schedule. UpdateSchedule replaces it as a whole, so what nobody speaks of is sent along as it is."""

    kind = "schedule"
    service = SCHEDULER
    creates = "CreateSchedule"
    answers = "GetScheduleOutput"
    arn = "Arn"
    latest = True
    identity = ("GroupName", "Name")
    options: ClassVar[dict[str, Any]] = {
        **_option("str", "name", "Name"),
        **_option("str", "group_name", "GroupName"),
        **_option("str", "description", "Description"),
        **_option("str", "schedule_expression", "ScheduleExpression"),
        "rate": {"type": "str"},
        "cron": {"type": "str"},
        "at": {"type": "str"},
        **_option("str", "schedule_expression_timezone", "ScheduleExpressionTimezone", "time_zone"),
        **_option("str", "start_date", "StartDate"),
        **_option("str", "end_date", "EndDate"),
        **_option("dict", "flexible_time_window", "FlexibleTimeWindow"),
        # `state` says whether the schedule is to exist.
        "enabled": {"type": "bool"},
        **_option("str", "action_after_completion", "ActionAfterCompletion"),
        "kms_key_arn": {"type": "str", "aliases": ["KmsKeyArn"], "no_log": False},
        **_option("str", "role_arn", "RoleArn"),
        **_option("dict", "dead_letter_config", "DeadLetterConfig"),
        **_option("dict", "retry_policy", "RetryPolicy"),
        "cluster": {"type": "str"},
        **_option("str", "task_definition", "taskDefinition"),
        **_option("int", "task_count", "taskCount"),
        **_option("str", "task_group", "taskGroup"),
        **_option("raw", "task_tags", "taskTags"),
        "overrides": {"type": "dict"},
        **_option("str", "launch_type", "launchType"),
        **_option("list", "capacity_provider_strategy", "capacityProviderStrategy"),
        **_option("str", "platform_version", "platformVersion"),
        **_option("dict", "network_configuration", "networkConfiguration"),
        **_option("list", "placement_constraints", "placementConstraints"),
        **_option("list", "placement_strategy", "placementStrategy"),
        **_option("str", "propagate_tags", "propagateTags"),
        **_option("bool", "enable_ecs_managed_tags", "enableECSManagedTags"),
        **_option("bool", "enable_execute_command", "enableExecuteCommand"),
        **_option("str", "reference_id", "referenceId"),
    }
    manner = frozenset({*_schedule_times.SHORT, "enabled"})
    info_options: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "aliases": ["names", "schedules"]},
        "group_name": {"type": "str"},
        "cluster": {"type": "str"},
    }

    def shape(self, api: Any) -> Any:
        return _schedule_forms.shape(api)

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("tags") is not None:
            raise BadInput(
                "tags: EventBridge Scheduler has tags for groups of schedules only; give them to the group, with "
                "longshore.ecs.schedule_group, and those of the tasks as task_tags."
            )
        return _schedule_forms.accepted({name: value for name, value in given.items() if name != "tags"})

    def prepare(self, api: Any, ask: Ask) -> None:
        document = ask.document
        document.setdefault("GroupName", GROUP)
        for member, option in (("Name", "name"), ("GroupName", "group_name")):
            _schedule_checks.named(document, member, option)
        if ask.gone:
            ask.document = {name: document[name] for name in self.identity}
            return
        _schedule_times.expression(document, ask.options)
        if ask.options.get("enabled") is not None:
            document["State"] = "ENABLED" if ask.options["enabled"] else "DISABLED"
        _schedule_checks.alone(document)
        ask.document = _schedule_forms.spelled(document)
        _networks.by_id(api, ask.document, ask)

    def read(self, api: Any, ask: Ask) -> Found | None:
        return self._read(api, ask.document["GroupName"], ask.document["Name"])

    def _read(self, api: Any, group: str, name: str) -> Found | None:
        try:
            shown = api.read("GetSchedule", SCHEDULER, Name=name, GroupName=group)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        if not _runs_task(shown):
            raise BadInput(
                f"name: the schedule {group}/{name} does not run a task of ECS (its target is "
                f"{shown['Target']['Arn']}); give another name."
            )
        return self.shaped(shown)

    def shaped(self, shown: dict[str, Any]) -> Found:
        document = _schedule_forms.flat(shown)
        beside: dict[str, Any] = {
            name: shown[name] for name in ("Arn", "CreationDate", "LastModificationDate") if name in shown
        }
        whole: dict[str, Any] = {**_schedule_forms.DEFAULTS, **document}
        return Found(whole, {**document, **beside})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        groups = {"GroupName": params["group_name"]} if params["group_name"] else {}
        wanted = [(params["group_name"] or GROUP, name) for name in params["name"] or []] or [
            (shown["GroupName"], shown["Name"])
            for shown in api.pages("ListSchedules", "Schedules", SCHEDULER, **groups)
            if _runs_task(shown)
        ]
        for group, name in wanted:
            found = self._read(api, group, name)
            if found and params["cluster"] in (None, found.document["cluster"]):
                yield found

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        """Let a launch type and a strategy replace each other, and a start that is over be none."""
        want = ask.document
        if want.get("launchType"):
            want.setdefault("capacityProviderStrategy", [])
        elif want.get("capacityProviderStrategy"):
            want["launchType"] = None
        start = want.get("StartDate")
        if start and _schedule_times.seconds(start) < ask.watch.clock.date():
            want["StartDate"] = found.document.get("StartDate")

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Check what can only be told together with what there is, in the schedule, in ECS and on the calendar."""
        if ask.gone:
            return
        after = {**(found.document if found else {}), **ask.document}
        _schedule_checks.together(after, found, ask)
        _schedule_checks.cluster(api, after, ask)
        _schedule_checks.definition(api, after, ask)
        ask.notes["home"] = _schedule_checks.home(api, after)

    def create(self, ask: Ask) -> Iterable[Call]:
        document = {"FlexibleTimeWindow": {"Mode": "OFF"}, **ask.document}
        return [Call(self.creates, _schedule_forms.request(document, ask.notes["home"]), SCHEDULER)]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        if not changes:
            return []
        if after.get("StartDate") and _schedule_times.seconds(after["StartDate"]) < ask.watch.clock.date():
            after = {**after, "StartDate": None}  # AWS refuses a start that is over, even one that it has shown
        return [Call("UpdateSchedule", _schedule_forms.request(after, ask.notes["home"]), SCHEDULER)]

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None:
            return []
        return [Call("DeleteSchedule", {name: ask.document[name] for name in self.identity}, SCHEDULER)]

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        if bool(found) != ask.gone:
            return None
        return UnderWay(f"the schedule {ask.document['Name']} {'is still there' if found else 'is not there yet'}")


def _runs_task(shown: dict[str, Any]) -> bool:
    return ":ecs:" in shown["Target"]["Arn"] and ":cluster/" in shown["Target"]["Arn"]
