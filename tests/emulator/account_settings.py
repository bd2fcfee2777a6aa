# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Account settings.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html. The emulator has one principal an
account, so PutAccountSetting for the caller and PutAccountSettingDefault mean the same.
"""

from __future__ import annotations

from .errors import invalid_parameter
from .operations import Document, operation
from .paging import page
from .region import Region

_SWITCH = ("enabled", "disabled")
_ON_OFF = ("on", "off")
# name: (value without any setting, allowed values)
_SETTINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "serviceLongArnFormat": ("enabled", _SWITCH),
    "taskLongArnFormat": ("enabled", _SWITCH),
    "containerInstanceLongArnFormat": ("enabled", _SWITCH),
    "awsvpcTrunking": ("disabled", _SWITCH),
    "containerInsights": ("disabled", ("enabled", "disabled", "enhanced")),
    "fargateFIPSMode": ("disabled", _SWITCH),
    "tagResourceAuthorization": ("off", (*_ON_OFF, *_SWITCH)),
    "fargateTaskRetirementWaitPeriod": ("7", ("0", "7", "14")),
    "guardDutyActivate": ("off", ()),
    "defaultLogDriverMode": ("non-blocking", ("blocking", "non-blocking")),
    "fargateEventWindows": ("disabled", _SWITCH),
}
_LIST_LIMIT = 10


@operation
def put_account_setting(region: Region, request: Document) -> Document:
    """Set a value for a principal, the caller unless named."""
    return _put(region, request, request.get("principalArn", region.caller))


@operation
def put_account_setting_default(region: Region, request: Document) -> Document:
    """Set a value for the account."""
    return _put(region, request, region.caller)


def _put(region: Region, request: Document, principal: str) -> Document:
    name, value = request["name"], request["value"]
    _ignored, allowed = _SETTINGS.get(name, ("", _SWITCH))
    if value not in allowed:
        raise invalid_parameter(f"Invalid value for the account setting {name}.")
    region.account_settings[principal, name] = value
    return {"setting": _shown(region, name, value, principal)}


def _shown(region: Region, name: str, value: str, principal: str) -> Document:
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}


@operation
def delete_account_setting(region: Region, request: Document) -> Document:
    """Return a setting to its default."""
    name, principal = request["name"], request.get("principalArn", region.caller)
    region.account_settings.pop((principal, name), None)
    value, _ignored = _SETTINGS.get(name, ("disabled", ()))
    return {"setting": _shown(region, name, value, principal)}


@operation
def list_account_settings(region: Region, request: Document) -> Document:
    """List the explicit settings of a principal, or with effectiveSettings all of them."""
    principal = request.get("principalArn", region.caller)
    values = {name: value for (owner, name), value in region.account_settings.items() if owner == principal}
    if request.get("effectiveSettings"):
        values = {name: value for name, (value, _ignored) in _SETTINGS.items()} | values
    listed = [
        _shown(region, name, value, principal)
        for name, value in sorted(values.items())
        if request.get("name", name) == name and request.get("value", value) == value
    ]
    chosen, following = page(listed, request, _LIST_LIMIT, _LIST_LIMIT)
    return {"settings": chosen, **following}


def value_of(region: Region, name: str) -> str:
    """Give the value in force for the account."""
    return region.account_settings.get((region.caller, name), _SETTINGS[name][0])
