# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Account settings.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html. What PutAccountSettingDefault
sets is that of the root user, and holds for whoever has no setting of its own (API reference, PutAccountSetting). The
emulator does not tell callers apart: any may list and change the settings of any, where AWS wants the root user or the
principal itself.
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
    return _put(region, request, request.get("principalArn", _caller(region)))


@operation
def put_account_setting_default(region: Region, request: Document) -> Document:
    """Set a value for the account."""
    return _put(region, request, _root(region))


def _caller(region: Region) -> str:
    """Give the user that GetCallerIdentity of moto names."""
    return f"arn:{region.partition}:iam::{region.account}:user/moto"


def _root(region: Region) -> str:
    return f"arn:{region.partition}:iam::{region.account}:root"


def _put(region: Region, request: Document, principal: str) -> Document:
    name, value = request["name"], request["value"]
    _ignored, allowed = _SETTINGS.get(name, ("", _SWITCH))
    if value not in allowed:
        raise invalid_parameter(f"Invalid value for the account setting {name}.")
    # A guess at the type of error; the API reference only says that one must be the root user.
    if name == "fargateTaskRetirementWaitPeriod" and principal != _root(region):
        raise invalid_parameter(f"The setting {name} can only be set for the root user.")
    region.account_settings[principal, name] = value
    return {"setting": _shown(region, name, value, principal)}


def _shown(region: Region, name: str, value: str, principal: str) -> Document:
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}


@operation
def delete_account_setting(region: Region, request: Document) -> Document:
    """Return a setting to its default."""
    name, principal = request["name"], request.get("principalArn", _caller(region))
    region.account_settings.pop((principal, name), None)
    return {"setting": _effective(region, name, principal)}


@operation
def list_account_settings(region: Region, request: Document) -> Document:
    """List the explicit settings of a principal, or with effectiveSettings all of them."""
    principal = request.get("principalArn", _caller(region))
    if request.get("effectiveSettings"):
        entries = [_effective(region, name, principal) for name in sorted(_SETTINGS)]
    else:
        entries = [
            _shown(region, name, value, owner)
            for (owner, name), value in sorted(region.account_settings.items())
            if owner == principal
        ]
    listed = [
        entry
        for entry in entries
        if request.get("name", entry["name"]) == entry["name"]
        and request.get("value", entry["value"]) == entry["value"]
    ]
    chosen, following = page(listed, request, _LIST_LIMIT, _LIST_LIMIT)
    return {"settings": chosen, **following}


def _effective(region: Region, name: str, principal: str) -> Document:
    """Give a setting as it holds for a principal: its own, the root user's, or that of ECS.

    The last is shown as the root user's, as in the CLI reference's example of list-account-settings.
    """
    for owner in (principal, _root(region)):
        if (owner, name) in region.account_settings:
            return _shown(region, name, region.account_settings[owner, name], owner)
    return _shown(region, name, _SETTINGS.get(name, ("disabled", ()))[0], _root(region))


def value_of(region: Region, name: str) -> str:
    """Give the value in force for the caller."""
    return str(_effective(region, name, _caller(region))["value"])
