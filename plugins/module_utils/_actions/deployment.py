# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments that exist: they are waited for, rolled back, continued or rejected. Asked twice, it acts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from .. import _rollout
from .._action import Action, Job
from .._api import AwsError
from .._core import Call
from .._errors import BadInput, Blocked, TimedOut
from .._normal import revision_name
from .._verdict import DeploymentFailed, Followed, primary
from .._watch import UnderWay
from . import _approval, _code_deployment
from ._history import BACKWARD, FORWARD, OPEN, History, notes_of

STATES = ("completed", "rolled_back", "continued", "rejected")
# The outcome that each state asks for, unless the notes of a deployment say otherwise.
WANTED = {"completed": "completed", "rolled_back": "rolled_back", "continued": "completed", "rejected": "rolled_back"}


class Deployment(Action):
    """Waits for the deployments of services, or decides over them."""

    tells = True
    options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str", "default": "default"},
        "service": {"type": "list", "elements": "str", "required": True, "aliases": ["services", "name"]},
        "state": {"type": "str", "choices": list(STATES), "default": "completed"},
        "deployment": {"type": "str", "aliases": ["service_deployment"]},
        "hook_id": {"type": "str"},
        "task_definition": {"type": "str"},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 900},
        "wait_until": {"type": "str", "choices": ["completed", "approval"], "default": "completed"},
        "fail_fast": {"type": "bool", "default": True},
        "log_lines": {"type": "int", "default": 10},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        params = job.params
        names = list(dict.fromkeys(name.rsplit("/", 1)[-1] for name in params["service"]))
        _check(params, names)
        if not job.watch.resumed:
            paced = _rollout.paced(job.watch.clock, names)
            job.watch.notes["services"] = {name: _decided(api, job, name) for name in paced}
        followed = [_followed(job, name) for name in names]
        if job.check:
            return {"deployments": [_report(item) for item in followed]}
        if params["wait"]:
            _await(api, job, followed)
        reports = [_report(item) for item in followed]
        _check_outcomes(job, followed, reports)
        return {"deployments": reports, **({"deployment": reports[0]} if len(reports) == 1 else {})}


def _check(params: dict[str, Any], names: list[str]) -> None:
    if not names:
        raise BadInput("service is required: name one service or several.")
    for option in ("deployment", "hook_id", "task_definition"):
        if params[option] and len(names) > 1:
            raise BadInput(f"{option} belongs to one service: name a single service with it, not {', '.join(names)}.")
    if params["hook_id"] and params["state"] not in ("continued", "rejected"):
        raise BadInput(f"hook_id: it says what to continue or to reject; with state={params['state']} leave it out.")
    if params["task_definition"] and params["state"] != "rolled_back":
        raise BadInput(
            f"task_definition: it says what to go back to; with state={params['state']} leave it out, or use "
            "state=rolled_back."
        )


def _followed(job: Job, name: str) -> Followed:
    params = job.params
    return Followed(
        params["cluster"],
        name,
        job.watch.notes["services"][name],
        fail_fast=params["fail_fast"] and params["state"] in ("completed", "continued"),
        approval_is_enough=params["wait_until"] == "approval",
        log_lines=params["log_lines"],
        warnings=job.warnings,
    )


def _decided(api: Any, job: Job, name: str) -> dict[str, Any]:
    """Make the calls that a service needs, and give the notes by which its deployment is followed."""
    service = _service(api, job.params["cluster"], name)
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    if controller == "EXTERNAL":
        raise Blocked(
            f"The service {name} has the deployment controller EXTERNAL: its deployments are made by whoever makes its "
            "task sets, and are decided there."
        )
    if controller == "CODE_DEPLOY":
        return _code_deployment.decided(api, job, service)
    try:
        history = History(api, job.params["cluster"], name)
    except AwsError as error:
        if error.code not in _rollout.UNSEEN or job.params["state"] != "completed" or job.params["deployment"]:
            raise
        return {"deployment": (primary(service) or {}).get("id")}
    try:
        return DECISIONS[job.params["state"]](api, job, service, history)
    except AwsError as error:
        if error.code != "ConflictException":
            raise
        api.forget()  # it has moved on between our look and our call: look again, once
        return DECISIONS[job.params["state"]](api, job, service, History(api, job.params["cluster"], name))


def _service(api: Any, cluster: str, name: str) -> dict[str, Any]:
    try:
        found = api.describe("DescribeServices", [name], cluster=cluster)
    except AwsError as error:
        if error.code != "ClusterNotFoundException":
            raise
        raise Blocked(
            f"cluster: there is no cluster {cluster} in {api.region}; check the name and the region.", code=error.code
        ) from None
    if not found or found[0].get("status") == "INACTIVE":
        raise Blocked(
            f"service: there is no service {name} in the cluster {cluster}; longshore.ecs.service_info lists those "
            "that there are.",
            code="ServiceNotFoundException",
        )
    return dict(found[0])


def _complete(api: Any, job: Job, service: dict[str, Any], history: History) -> dict[str, Any]:
    running = (primary(service) or {}).get("id")
    if not history.briefs or (not job.params["deployment"] and history.lacks(running)):
        return {"deployment": running}
    return notes_of(history.find(job.params["deployment"]))


def _roll_back(api: Any, job: Job, service: dict[str, Any], history: History) -> dict[str, Any]:
    latest = history.find(None)
    brief = history.find(job.params["deployment"])
    if job.params["task_definition"]:
        return _go_back(api, job, service, {"taskDefinition": job.params["task_definition"]}, latest)
    if brief["serviceDeploymentArn"] != latest["serviceDeploymentArn"]:
        return notes_of(brief, outcome="rolled_back", said="another deployment has taken its place")
    if brief["status"] in BACKWARD or brief["status"] == "ROLLBACK_SUCCESSFUL":
        return notes_of(brief)
    target, again = history.before(brief)
    if again and not job.params["deployment"]:
        return notes_of(brief, wants="completed", said="its latest deployment was itself a way back")
    if target is None:
        raise Blocked(
            f"The service {history.service} has nothing to go back to: no deployment with another revision has "
            "completed before; deploy a good revision with longshore.ecs.service, or name one in task_definition.",
            code="NothingToGoBackTo",
        )
    if brief["status"] in OPEN:
        params = {"serviceDeploymentArn": brief["serviceDeploymentArn"], "stopType": "ROLLBACK"}
        job.do(api, Call("StopServiceDeployment", params))
        return notes_of(brief)
    return _go_back(api, job, service, history.change(brief["targetServiceRevisionArn"], target), latest)


def _go_back(
    api: Any, job: Job, service: dict[str, Any], change: dict[str, Any], latest: dict[str, Any]
) -> dict[str, Any]:
    """Deploy an earlier revision anew, since nothing is under way that could be stopped."""
    wanted = change.get("taskDefinition")
    if (
        len(change) == 1
        and wanted
        and _same(wanted, service["taskDefinition"])
        and latest["status"]
        in (
            "SUCCESSFUL",
            *FORWARD,
        )
    ):
        return notes_of(latest, wants="completed", said=f"it runs {revision_name(wanted)} already")
    address = {"cluster": job.params["cluster"], "service": service["serviceName"]}
    answer = job.do(api, Call("UpdateService", {**address, **change}))
    notes: dict[str, Any] = {"wants": "completed"}
    if answer:
        _rollout.remember(answer["service"], notes)
    return notes


def _same(wanted: str, shown: str) -> bool:
    return wanted in (shown, revision_name(shown))


DECISIONS: dict[str, Callable[[Any, Job, dict[str, Any], History], dict[str, Any]]] = {
    "completed": _complete,
    "rolled_back": _roll_back,
    "continued": _approval.continued,
    "rejected": _approval.rejected,
}


def _await(api: Any, job: Job, followed: list[Followed]) -> None:
    """Wait until each deployment has ended; one failure does not hide another."""

    def look() -> UnderWay | None:
        waiting = [item for item in followed if not item.notes.get("outcome")]
        return _rollout.together(waiting, _states(api, waiting))

    try:
        job.watch.until(look, float(job.params["wait_timeout"]))
    except TimedOut as error:
        _rollout.all_overdue(api, [item for item in followed if not item.notes.get("outcome")], error)


def _states(api: Any, waiting: list[Followed]) -> list[UnderWay | DeploymentFailed | None]:
    """Look at all deployments, each where it is made: those of ECS together, those of CodeDeploy one by one."""
    own = [item for item in waiting if not item.notes.get("code_deploy")]
    states = dict(zip(map(id, own), _rollout.look_at_all(api, own), strict=True))
    for item in waiting:
        if item.notes.get("code_deploy"):
            states[id(item)] = _code_deployment.look(api, item, _service(api, item.cluster, item.service))
    return [states[id(item)] for item in waiting]


def _report(followed: Followed) -> dict[str, Any]:
    more = {name: followed.notes[name] for name in ("failure", "said", "answered") if followed.notes.get(name)}
    return {"service": followed.service, "cluster": followed.cluster, **followed.report(), **more}


def _check_outcomes(job: Job, followed: list[Followed], reports: list[dict[str, Any]]) -> None:
    state = job.params["state"]
    failed = [item for item in followed if item.notes.get("failure") and not _as_wanted(item, state)]
    if not failed:
        return
    failures = [item.notes["failure"] for item in failed]
    text = failures[0]["message"]
    if len(followed) > 1:
        said = " ".join(failure["message"] for failure in failures)
        text = f"{len(failed)} of {len(followed)} deployments did not end as wanted: {said}"
    result = {"deployments": reports, "diagnosis": failures[0]["diagnosis"]}
    raise DeploymentFailed(text, code=failures[0]["code"], result=result, deployment=failed[0].ours)


def _as_wanted(followed: Followed, state: str) -> bool:
    wanted = followed.notes.get("wants") or WANTED[state]
    reached = followed.notes.get("outcome")
    return reached in wanted.split() or (reached == "awaiting_approval" and followed.approval_is_enough)
