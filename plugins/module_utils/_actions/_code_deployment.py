# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding over the deployments of a service that CodeDeploy deploys."""

from __future__ import annotations

from typing import Any

from .._action import Job
from .._core import Call
from .._errors import Blocked
from .._resources import _code_deploy, _code_deploy_watch
from .._rollout import note_failure
from .._verdict import DeploymentFailed, Followed
from .._watch import UnderWay

# How many deployments back a revision is looked for; BatchGetDeployments takes so many.
DEPTH = 25
ENDED = ("Succeeded", "Failed", "Stopped")


def decided(api: Any, job: Job, service: dict[str, Any]) -> dict[str, Any]:
    """Make the calls that a service needs, and give the notes by which its deployment is followed."""
    info = _meant(api, job, service)
    state = job.params["state"]
    running = bool(info) and info["status"] in _code_deploy.RUNNING
    notes = {"deployment": (info or {}).get("deploymentId"), "code_deploy": True}
    if state == "completed" or (not running and state in ("continued", "rejected")):
        _check_answered(service, info, state)
        return notes
    if running and state == "continued":
        return _continued(api, job, service, info, notes)
    if running:
        job.do(api, _code_deploy.stop_call(info["deploymentId"]))
        return {**notes, "wants": "rolled_back stopped"}
    return {**notes, "wants": "completed", **_gone_back(api, job, service)}


def look(api: Any, followed: Followed, service: dict[str, Any]) -> UnderWay | DeploymentFailed | None:
    """Look at a deployment that CodeDeploy makes; a failure is given instead of raised, as `look_at_all` does."""
    try:
        state = _code_deploy_watch.look(api, followed, service)
    except DeploymentFailed as failed:
        note_failure(followed, failed)
        return failed
    if state is None:
        followed.notes.setdefault("outcome", "completed")
    return state


def _meant(api: Any, job: Job, service: dict[str, Any]) -> Any:
    """Find the deployment that is meant: the one named, the latest of the group, or the one that made what runs."""
    named = job.params["deployment"]
    if not named:
        try:
            latest = _latest(api, service, _code_deploy.RUNNING) or _latest(api, service, ENDED)
        except Blocked:  # without the group's name, the task sets tell as much as is needed
            latest = None
        made = _code_deploy.primary(service).get("externalId")
        return latest or (_code_deploy.deployment(api, made) if made else None)
    info = _code_deploy.deployment(api, named)
    if info is None:
        raise Blocked(
            f"deployment: CodeDeploy has no deployment {named} in {api.region}; check the id and the region.",
            code="DeploymentDoesNotExistException",
        )
    return info


def _latest(api: Any, service: dict[str, Any], statuses: tuple[str, ...]) -> dict[str, Any] | None:
    """Give the deployment of a service with one of these statuses that was created last, rollbacks aside."""
    made = [info for info in _newest(api, service, statuses) if info.get("creator") != "codeDeployRollback"]
    return made[0] if made else None


def _newest(api: Any, service: dict[str, Any], statuses: tuple[str, ...]) -> list[dict[str, Any]]:
    group = _code_deploy.deployment_group(api, service, {})
    names = {name: group[name] for name in ("applicationName", "deploymentGroupName")}
    listed = api.pages("ListDeployments", "deployments", "codedeploy", **names, includeOnlyStatuses=list(statuses))
    ids = list(listed)[:DEPTH]
    found = api.read("BatchGetDeployments", "codedeploy", deploymentIds=ids)["deploymentsInfo"] if ids else []
    return sorted(found, key=lambda info: info["createTime"], reverse=True)


def _check_answered(service: dict[str, Any], info: dict[str, Any] | None, state: str) -> None:
    """Refuse to be taken for the opposite of what was done before."""
    name, status = service["serviceName"], (info or {}).get("status", "not there")
    if state == "continued" and status != "Succeeded":
        raise Blocked(f"The deployment of the service {name} cannot be continued: it is {status}.")
    if state == "rejected" and status == "Succeeded":
        raise Blocked(
            f"The deployment of the service {name} has succeeded, so there is nothing to reject: use state=rolled_back "
            "to go back to what ran before."
        )


def _continued(
    api: Any, job: Job, service: dict[str, Any], info: dict[str, Any], notes: dict[str, Any]
) -> dict[str, Any]:
    """Tell a deployment to move the traffic, once it is ready to; without a wait only one that is."""
    state = {"info": info}

    def not_ready() -> UnderWay | None:
        api.forget()
        state["info"] = _code_deploy.deployment(api, info["deploymentId"]) or info
        waits = (state["info"].get("blueGreenDeploymentConfiguration") or {}).get("deploymentReadyOption") or {}
        if state["info"]["status"] not in ("Created", "Queued", "InProgress"):
            return None
        if waits.get("actionOnTimeout") != "STOP_DEPLOYMENT":  # it moves the traffic without being told
            return None
        return UnderWay(f"{service['serviceName']}: {state['info']['status']}, not ready to move the traffic yet")

    if not job.check:
        job.watch.until(not_ready, float(job.params["wait_timeout"]) if job.params["wait"] else 0.0, whole=True)
    if state["info"]["status"] == "Ready":
        job.do(api, _code_deploy.continue_call(info["deploymentId"]))
    return notes


def _gone_back(api: Any, job: Job, service: dict[str, Any]) -> dict[str, Any]:
    """Deploy anew what succeeded last before the present revision, unless the present one was itself a way back."""
    newest = _newest(api, service, ("Succeeded",))
    contents = [_content(info) for info in newest]
    different = next((place for place, content in enumerate(contents) if content != contents[0]), None)
    if different is None:
        raise Blocked(
            f"The service {service['serviceName']} has nothing to go back to: no deployment of CodeDeploy with another "
            "revision has succeeded before; deploy a good revision with longshore.ecs.service.",
            code="NothingToGoBackTo",
        )
    if contents[0] in contents[different:] and not job.params["deployment"]:
        return {"said": "its latest deployment was itself a way back"}
    revision = newest[different]["revision"]
    names = {name: newest[0][name] for name in ("applicationName", "deploymentGroupName")}
    answer = job.do(api, Call("CreateDeployment", {**names, "revision": revision}, service="codedeploy"))
    return {"deployment": answer.get("deploymentId"), "made": True}


def _content(info: dict[str, Any]) -> str:
    return str(((info.get("revision") or {}).get("appSpecContent") or {}).get("content"))
