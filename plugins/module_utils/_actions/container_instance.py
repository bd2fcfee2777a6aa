# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container instances that exist: they are drained, taken back, deregistered, given attributes and newer agents."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._core import Call
from .._errors import BadInput, Blocked
from .._watch import UnderWay
from . import _find_instances, _instance_attributes, _managed_nodes, _update_agents
from ._drain_instances import AT_ONCE, Draining
from ._find_instances import Document, name_of

STATES = ("active", "drained", "deregistered", "registered")
# Options that mean something in one state only.
ONLY_WITH = {
    "max_unavailable": "drained",
    "force": "deregistered",
    "managed_node": "deregistered",
    "count": "registered",
}


class ContainerInstance(Action):
    """Changes container instances that the options choose."""

    tells = True
    options: ClassVar[dict[str, Any]] = {
        **_find_instances.OPTIONS,
        "all": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": list(STATES)},
        "batch_size": {"type": "int", "default": 1},
        "max_unavailable": {"type": "int"},
        "wait_for": {"type": "str", "choices": ["services", "all"], "default": "services"},
        "force": {"type": "bool", "default": False},
        "managed_node": {"type": "bool", "default": False},
        "count": {"type": "int"},
        "attributes": {"type": "raw"},
        "purge_attributes": {"type": "bool", "default": False},
        "update_agent": {"type": "bool", "default": False},
        "log_lines": {"type": "int", "default": 10},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 1800},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        params, notes = job.params, job.watch.notes
        _check(params)
        if params["state"] == "registered":
            _await(api, job)
        want = None if params["attributes"] is None else _instance_attributes.wanted(params["attributes"])
        found = self._chosen(api, job)
        if want is not None and not job.watch.resumed:
            _instance_attributes.put(api, job, found, want, params["purge_attributes"])
        result: dict[str, Any] = {}
        if params["update_agent"]:
            result["agents"] = _update_agents.update(api, job, found)
        if params["state"] == "drained":
            result |= Draining(api, job).run(found)
        elif params["state"] in ACTS:
            ACTS[params["state"]](api, job, found)
        api.forget()
        after = _find_instances.described(api, params["cluster"], notes["chosen"])
        return {"container_instances": [_find_instances.shown_as(api, item) for item in after], **result}

    @staticmethod
    def _chosen(api: Any, job: Job) -> list[Document]:
        """Find the instances; a later slice takes those of the first."""
        params, notes = job.params, job.watch.notes
        if "chosen" in notes:
            return _find_instances.described(api, params["cluster"], notes["chosen"])
        found, missing = _find_instances.chosen(api, params, job.watch.clock.date())
        if missing and params["state"] not in ("deregistered", "registered"):
            raise Blocked(
                f"There is no container instance {', '.join(missing)} in the cluster {params['cluster']}; "
                "longshore.ecs.container_instance_info lists those that there are."
            )
        notes["chosen"] = [item["containerInstanceArn"] for item in found]
        return found


def _check(params: dict[str, Any]) -> None:
    """Refuse options that cannot be meant together, so that never all of a cluster are meant by mistake."""
    if not params["state"] and params["attributes"] is None and not params["update_agent"]:
        raise BadInput("state, attributes or update_agent is required: say what is to be done with the instances.")
    ways = [name for name in _find_instances.WAYS if params[name]]
    if not ways and not params["all"]:
        raise BadInput(
            f"{', '.join(_find_instances.WAYS)}: give at least one of them, to say which instances are meant, or set "
            "all=true."
        )
    if ways and params["all"]:
        raise BadInput(f"all and {' and '.join(ways)} exclude each other: leave one out.")
    _check_values(params)


def _check_values(params: dict[str, Any]) -> None:
    for name, state in ONLY_WITH.items():
        if params[name] and params["state"] != state:
            raise BadInput(f"{name} means nothing with state={params['state']}; it goes with {state}.")
    for name in ("batch_size", "max_unavailable", "count"):
        if params[name] is not None and params[name] < 1:
            raise BadInput(f"{name}: {params[name]} is out of range; give 1 or more.")
    if params["purge_attributes"] and params["attributes"] is None:
        raise BadInput("purge_attributes goes with attributes: say which are to be left, {} for none.")


def _await(api: Any, job: Job) -> None:
    """Wait until as many instances as shall be there have registered, and their agents are connected."""
    count = job.params["count"] or 1

    def look() -> UnderWay | None:
        api.forget()
        found, _missing = _find_instances.chosen(api, job.params, job.watch.clock.date())
        there = sum(bool(item.get("agentConnected")) for item in found)
        return None if there >= count else UnderWay(f"{there} of {count} instances have registered")

    if "chosen" not in job.watch.notes and job.params["wait"] and not job.check:
        job.watch.until(look, float(job.params["wait_timeout"]))
        api.forget()


def _activate(api: Any, job: Job, found: list[Document]) -> None:
    _refuse_others(found, ("ACTIVE", "DRAINING"))
    due = [item["containerInstanceArn"] for item in found if item["status"] == "DRAINING"]
    for part in _find_instances.batches(due, AT_ONCE):
        asked = {"cluster": job.params["cluster"], "containerInstances": part, "status": "ACTIVE"}
        job.do(api, Call("UpdateContainerInstancesState", asked))


def _deregister(api: Any, job: Job, found: list[Document]) -> None:
    """Take instances out of the cluster; AWS forgets the tasks on them, which go on, so that is by force alone."""
    for item in found:
        count = item.get("runningTasksCount", 0) + item.get("pendingTasksCount", 0)
        if count and not job.params["force"]:
            raise Blocked(
                f"{name_of(item)} runs {count} task{'' if count == 1 else 's'}, which ECS would lose sight of: drain "
                "it first with state=drained, or set force=true."
            )
    for item in found:
        force = {"force": True} if job.params["force"] else {}
        asked = {"cluster": job.params["cluster"], "containerInstance": item["containerInstanceArn"], **force}
        job.do(api, Call("DeregisterContainerInstance", asked))
    if job.params["managed_node"]:
        _managed_nodes.deregister(api, job, [*map(name_of, found), *(job.params["ec2_instance_id"] or [])])


def _refuse_others(found: list[Document], statuses: tuple[str, ...]) -> None:
    wrong = [f"{name_of(item)} is {item['status']}" for item in found if item["status"] not in statuses]
    if wrong:
        raise Blocked(f"{', '.join(wrong)}: only instances that are {' or '.join(statuses)} can be set; try later.")


ACTS = {"active": _activate, "deregistered": _deregister}
