# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations of Systems Manager, with which hosts outside of EC2 register: made for once, handed out, and deleted.

An activation is no resource to be kept: AWS tells its code only when it is made, and it expires.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from .._action import Action, Job
from .._core import Call
from .._errors import BadInput
from .._shape import to_ansible

SSM = "ssm"
# CreateActivation, in the API reference.
MOST_HOSTS, LONGEST_HOURS = 1000, 30 * 24


class Activation(Action):
    """Makes an activation, or deletes those that are there."""

    options: ClassVar[dict[str, Any]] = {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "name": {"type": "str", "aliases": ["default_instance_name", "DefaultInstanceName"]},
        "activation_id": {"type": "str", "aliases": ["ActivationId"]},
        "iam_role": {"type": "str", "aliases": ["IamRole"]},
        "registration_limit": {"type": "int", "default": 1, "aliases": ["RegistrationLimit"]},
        "expires_in_hours": {"type": "float", "default": 24},
        "description": {"type": "str", "aliases": ["Description"]},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        if job.params["state"] == "absent":
            return {"activations": _deleted(api, job)}
        return _made(api, job)


def _made(api: Any, job: Job) -> dict[str, Any]:
    params = job.params
    for option, most in (("registration_limit", MOST_HOSTS), ("expires_in_hours", LONGEST_HOURS)):
        if not 0 < params[option] <= most:
            raise BadInput(f"{option}: {params[option]:g} is out of range; AWS wants more than 0 and at most {most}.")
    for option in ("name", "iam_role"):
        if not params[option]:
            raise BadInput(f"{option} is required to make an activation.")
    if params["activation_id"]:
        raise BadInput("activation_id: AWS chooses it; leave it out, or set state=absent.")
    expires = datetime.fromtimestamp(job.watch.clock.date(), timezone.utc) + timedelta(hours=params["expires_in_hours"])
    asked = {
        "DefaultInstanceName": params["name"],
        "IamRole": params["iam_role"].rsplit("/", 1)[-1],
        "RegistrationLimit": params["registration_limit"],
        "ExpirationDate": expires.replace(microsecond=0).isoformat(),
        "Description": params["description"],
        "Tags": [{"Key": str(key), "Value": str(value)} for key, value in (params["tags"] or {}).items()],
    }
    answer = job.do(api, Call("CreateActivation", {name: value for name, value in asked.items() if value}, SSM))
    return {"activation_id": answer.get("ActivationId", ""), "activation_code": answer.get("ActivationCode", "")}


def _deleted(api: Any, job: Job) -> list[dict[str, Any]]:
    name, identifier = job.params["name"], job.params["activation_id"]
    if bool(name) == bool(identifier):
        raise BadInput("name, activation_id: give one of them, to say which activations are meant.")
    meant = ("DefaultInstanceName", name) if name else ("ActivationIds", identifier)
    filters = [{"FilterKey": meant[0], "FilterValues": [meant[1]]}]
    found = list(api.pages("DescribeActivations", "ActivationList", SSM, Filters=filters))
    for shown in found:
        job.do(api, Call("DeleteActivation", {"ActivationId": shown["ActivationId"]}, SSM))
    return [dict(to_ansible(shown, api.type("Activation", SSM))) for shown in found]
