# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A group of schedules: what EventBridge Scheduler can tag, and delete at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._api import AwsError
from .._core import Ask, Call, Found, Resource
from .._errors import BadInput, Blocked
from .._watch import UnderWay
from . import _schedule_checks, _shapes
from ._schedule_forms import SCHEDULER

NAMED = 5  # schedules that a message names
LEAVING = "DELETING"


class ScheduleGroup(Resource):
    """A group. Its name is all that it has, beside its tags."""

    kind = "schedule_group"
    service = SCHEDULER
    creates = "CreateScheduleGroup"
    answers = "GetScheduleGroupOutput"
    arn = "Arn"
    tag_members = ("Key", "Value")
    tag_request = ("ResourceArn", "Tags", "TagKeys")
    identity = ("Name",)
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "aliases": ["Name"]},
        "force": {"type": "bool", "default": False},
    }
    manner = frozenset({"force"})
    info_options: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "aliases": ["names", "groups"]}
    }

    def shape(self, api: Any) -> Any:
        return _shapes.of_group(api.shape(self.creates, SCHEDULER))

    def prepare(self, api: Any, ask: Ask) -> None:
        name = _schedule_checks.named(ask.document, "Name", "name")
        if name == _schedule_checks.GROUP and (ask.gone or ask.document.get("tags")):
            raise BadInput("name: the group default belongs to AWS; it can be neither tagged nor deleted.")

    def read(self, api: Any, ask: Ask) -> Found | None:
        return self._read(api, ask.document["Name"])

    def _read(self, api: Any, name: str) -> Found | None:
        try:
            shown = api.read("GetScheduleGroup", SCHEDULER, Name=name)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        tags = api.read("ListTagsForResource", SCHEDULER, ResourceArn=shown["Arn"]).get("Tags", [])
        pairs = [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]
        return Found({"Name": name, "tags": pairs}, {**shown, "tags": pairs})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        names = params["name"] or [
            shown["Name"] for shown in api.pages("ListScheduleGroups", "ScheduleGroups", SCHEDULER)
        ]
        found = (self._read(api, name) for name in names)
        return [one for one in found if one]

    def leaving(self, found: Found) -> bool:
        return bool(found.shown.get("State") == LEAVING)

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Look at what would be deleted with the group."""
        if found is None or not ask.gone or ask.options.get("force") or self.leaving(found):
            return
        name = ask.document["Name"]
        inside = {shown["Name"] for shown in api.pages("ListSchedules", "Schedules", SCHEDULER, GroupName=name)}
        doomed = {key.rpartition("/")[2] for key in ask.notes.get("doomed", ()) if key.startswith(f"schedule {name}/")}
        ask.notes["inside"] = sorted(inside - doomed)

    def create(self, ask: Ask) -> Iterable[Call]:
        tags = {"Tags": self.spelled_tags(ask.document["tags"])} if ask.document.get("tags") else {}
        return [Call(self.creates, {"Name": ask.document["Name"], **tags}, SCHEDULER)]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        return []

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None or self.leaving(found):
            return []
        inside, name = ask.notes.get("inside") or [], ask.document["Name"]
        if inside:
            listed = ", ".join([*inside[:NAMED], *(["..."] if inside[NAMED:] else [])])
            raise Blocked(
                f"The schedule group {name} holds {len(inside)} schedule{'' if len(inside) == 1 else 's'} ({listed}), "
                "which would be deleted with it: set force=true to do that."
            )
        return [Call("DeleteScheduleGroup", {"Name": name}, SCHEDULER)]

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        if bool(found) != ask.gone:
            return None
        state = "is being deleted" if found else "is not there yet"
        return UnderWay(f"the schedule group {ask.document['Name']} {state}")
