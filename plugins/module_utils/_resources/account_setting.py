# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of ECS in an account and a region: its defaults, and what single principals have instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from .._api import AwsError
from .._core import Ask, Call, Found, Resource
from .._errors import BadInput
from .._normal import snake
from .._watch import UnderWay
from ._shapes import Shape

DEFAULT, SELF = "default", "self"
PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|user/.+|role/.+)")
SWITCH = ("enabled", "disabled")
# What each setting may be (PutAccountSetting, value, and the developer guide on each); others are left to AWS.
VALUES: dict[str, tuple[str, ...]] = {
    "serviceLongArnFormat": SWITCH,
    "taskLongArnFormat": SWITCH,
    "containerInstanceLongArnFormat": SWITCH,
    "awsvpcTrunking": SWITCH,
    "containerInsights": (*SWITCH, "enhanced"),
    "fargateFIPSMode": SWITCH,
    "tagResourceAuthorization": ("on", "off"),
    "fargateTaskRetirementWaitPeriod": ("0", "7", "14"),
    "guardDutyActivate": (),
    "defaultLogDriverMode": ("blocking", "non-blocking"),
    "fargateEventWindows": SWITCH,
}
# Settings of Fargate's upkeep belong to the account (PutAccountSetting, principalArn).
OF_THE_ACCOUNT = frozenset({"fargateTaskRetirementWaitPeriod"})
NAMES = {snake(name): name for name in VALUES}


class AccountSetting(Resource):
    """Some of the settings of one principal, or of all that have none of their own."""

    kind = "account_setting"
    creates = "PutAccountSetting"
    answers = "Setting"
    arn = "principalArn"
    identity = ("principalArn",)
    rename: ClassVar[dict[str, Any]] = {"principal": "principalArn"}
    options: ClassVar[dict[str, Any]] = {
        "principal": {"type": "str", "aliases": ["principal_arn", "principalArn"]},
        "settings": {"type": "raw"},
    }
    info_options: ClassVar[dict[str, Any]] = {"principal": {"type": "str", "default": DEFAULT}}

    def shape(self, api: Any) -> Any:
        one = super().shape(api)
        pair = Shape("structure", "AccountSetting", {name: one.members[name] for name in ("name", "value")}, ("name",))
        members = {"principalArn": one.members["principalArn"], "settings": Shape("list", "Settings", member=pair)}
        return Shape("structure", one.name, members)

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take names in snake_case, booleans that YAML made of on and off, and for a removal a list of names."""
        settings = given.get("settings")
        if isinstance(settings, list) and all(isinstance(entry, str) for entry in settings):
            settings = {entry: "" for entry in settings}
        if not isinstance(settings, Mapping):
            return given
        return {**given, "settings": {NAMES.get(name, name): _word(name, value) for name, value in settings.items()}}

    def prepare(self, api: Any, ask: Ask) -> None:
        principal = ask.document.setdefault("principalArn", DEFAULT)
        if principal not in (DEFAULT, SELF) and not PRINCIPAL.fullmatch(principal):
            raise BadInput(
                f"principal: {principal!r} is none; give default for the account, self for your own identity, or the "
                "ARN of a user, a role, or the root user. The session of a role has the settings of its role."
            )
        settings = ask.document.setdefault("settings", [])
        if not settings:
            raise BadInput("settings is required: give the names of account settings with their values.")
        settings.sort(key=lambda setting: setting["name"])
        if not ask.gone:
            for setting in settings:
                _check(setting["name"], setting.get("value", ""), principal)

    def read(self, api: Any, ask: Ask) -> Found | None:
        principal, names = ask.document["principalArn"], [entry["name"] for entry in ask.document["settings"]]
        # The default of AWS counts for the account; a principal has only what is its own.
        known = _defaults(api) if principal == DEFAULT and not ask.gone else _own(api, principal)
        known = {**ask.notes.get("set", {}), **known}
        settings = [{"name": name, "value": known[name]} for name in names if name in known]
        if not settings and ask.gone:
            return None
        return self.shaped({"principalArn": principal, "settings": settings})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        principal = params["principal"]
        known = _defaults(api) if principal == DEFAULT else _own(api, principal)
        settings = [{"name": name, "value": known[name]} for name in sorted(known)]
        return [self.shaped({"principalArn": principal, "settings": settings})]

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        if ask.gone and ask.document["principalArn"] == DEFAULT:
            ask.notes["root"] = _root(api)

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        have, principal = found.document["settings"], ask.document["principalArn"]
        operation = "PutAccountSettingDefault" if principal == DEFAULT else self.creates
        for setting in ask.document["settings"]:
            if setting not in have:
                yield Call(operation, {**setting, **_named(principal)})

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        principal = ask.notes.get("root", ask.document["principalArn"])
        return [
            Call("DeleteAccountSetting", {"name": setting["name"], **_named(principal)})
            for setting in (found.document["settings"] if found else ())
        ]

    def remember(self, call: Call, answer: dict[str, Any], ask: Ask) -> None:
        """Where a setting may not be seen, it is what AWS has just been told."""
        if "value" in call.params:
            ask.notes.setdefault("set", {})[call.params["name"]] = call.params["value"]

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        return UnderWay("the settings are still there") if found and ask.gone else None


def _word(name: str, value: Any) -> Any:
    if not isinstance(value, bool):
        return value
    yes, no = ("on", "off") if NAMES.get(name, name) == "tagResourceAuthorization" else SWITCH
    return yes if value else no


def _check(name: str, value: str, principal: str) -> None:
    allowed = VALUES.get(name)
    if allowed == ():
        raise BadInput(f"settings.{name}: AWS manages this setting, and it can only be read.")
    if allowed and value not in allowed:
        raise BadInput(f"settings.{name}: {value!r} is no value of it; give one of {', '.join(allowed)}.")
    if name in OF_THE_ACCOUNT and principal != DEFAULT and not principal.endswith(":root"):
        raise BadInput(f"settings.{name}: it belongs to the account; leave principal at default.")


def _named(principal: str) -> dict[str, str]:
    return {} if principal in (DEFAULT, SELF) else {"principalArn": principal}


def _own(api: Any, principal: str) -> dict[str, str]:
    """Give what a principal has of its own; the root user's is the account's (DeleteAccountSetting, principalArn)."""
    who = {"principalArn": _root(api)} if principal == DEFAULT else _named(principal)
    return {entry["name"]: entry["value"] for entry in api.pages("ListAccountSettings", "settings", **who)}


def _defaults(api: Any) -> dict[str, str]:
    """Give what holds for principals without settings of their own.

    The effective settings of the caller say it, but for those that the caller has of its own: there only the root
    user's settings tell, which few may list (ListAccountSettings, principalArn). What cannot be told is left out.
    """
    effective = list(api.pages("ListAccountSettings", "settings", effectiveSettings=True))
    known = {entry["name"]: entry["value"] for entry in effective if entry.get("principalArn", "").endswith(":root")}
    hidden = {entry["name"] for entry in effective} - set(known)
    if hidden:
        try:
            whole = api.pages("ListAccountSettings", "settings", principalArn=_root(api), effectiveSettings=True)
            known.update({entry["name"]: entry["value"] for entry in whole if entry["name"] in hidden})
        except AwsError:
            return known
    return known


def _root(api: Any) -> str:
    caller = api.read("GetCallerIdentity", "sts")
    return f"arn:{caller['Arn'].split(':')[1]}:iam::{caller['Account']}:root"
