# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of one container instance, in the words of community.aws.ecs_attribute."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._errors import Blocked
from . import _find_instances, _instance_attributes

NOTHING = dict.fromkeys(_find_instances.WAYS)


class Attribute(Action):
    """Sets or removes attributes of a container instance."""

    options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "attributes": {"type": "raw", "required": True},
        "ec2_instance_id": {"type": "str", "required": True},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        params = job.params
        want = _instance_attributes.wanted(params["attributes"])
        where = {**NOTHING, "cluster": params["cluster"], "ec2_instance_id": [params["ec2_instance_id"]]}
        found, _missing = _find_instances.chosen(api, where, job.watch.clock.date())
        if not found:
            raise Blocked(
                f"ec2_instance_id: {params['ec2_instance_id']} is no container instance of the cluster "
                f"{params['cluster']}; longshore.ecs.container_instance_info lists those that there are."
            )
        if params["state"] == "absent":
            _instance_attributes.remove(api, job, found, want)
        else:
            _instance_attributes.put(api, job, found, want, purge=False)
        have = _instance_attributes.custom(found[0])
        after = {name: value for name, value in have.items() if params["state"] == "present" or name not in want}
        after.update(want if params["state"] == "present" else {})
        spelled = [{"name": name, **({} if value is None else {"value": value})} for name, value in after.items()]
        return {
            "attributes": {
                "cluster": params["cluster"],
                "ec2_instance_id": params["ec2_instance_id"],
                "attributes": spelled,
            }
        }
