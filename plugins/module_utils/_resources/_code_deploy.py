# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service under the CODE_DEPLOY controller: what it runs is changed by a deployment of AWS CodeDeploy.

The service's PRIMARY task set holds what it runs; a deployment makes a second one, moves the traffic to it, and then
it is PRIMARY. Sources: CodeDeploy API reference (CreateDeployment, GetDeployment, ECSTarget), ECS API reference
(TaskSet), https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from .._api import AwsError
from .._core import Ask, Call, Found
from .._errors import BadInput, Blocked
from . import _app_spec, _names

# Members of a service that an AppSpec carries to the next task set.
CARRIED = ("taskDefinition", "loadBalancers", "platformVersion", "networkConfiguration", "capacityProviderStrategy")
# Members that the PRIMARY task set shows as they are; those of the service are from its creation, or may be.
IN_TASK_SET = (
    "taskDefinition",
    "loadBalancers",
    "networkConfiguration",
    "capacityProviderStrategy",
    "serviceRegistries",
)
RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")
EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
OPTION: dict[str, Any] = {
    "type": "dict",
    "options": {
        "application": {"type": "str"},
        "deployment_group": {"type": "str"},
        "deployment_config": {"type": "str"},
        "description": {"type": "str"},
        "hooks": {"type": "dict"},
        "auto_rollback": {"type": "list", "elements": "str", "choices": EVENTS},
    },
}
GROUPS_BATCH = 100  # BatchGetDeploymentGroups takes up to 100 names
DEPLOYMENTS_BATCH = 25  # BatchGetDeployments takes up to 25 ids
# How many seconds back a deployment is looked for whose creation was not answered; clocks may differ by some of it.
RECENT = 600.0


def primary(service: dict[str, Any]) -> dict[str, Any]:
    """Give the task set that serves production traffic; empty where there is none."""
    return next((item for item in service.get("taskSets") or [] if item.get("status") == "PRIMARY"), {})


def shown_members(service: dict[str, Any]) -> dict[str, Any]:
    """Give the members that the PRIMARY task set of a service shows in the place of the service's own."""
    running = primary(service) if controlled(service) else {}
    return {name: running[name] for name in IN_TASK_SET if name in running}


def controlled(service: dict[str, Any]) -> bool:
    """Tell whether CodeDeploy makes the deployments of a service."""
    return (service.get("deploymentController") or {}).get("type") == "CODE_DEPLOY"


def adopt(api: Any, found: Found, ask: Ask) -> None:
    """Bring into one spelling what a deployment of CodeDeploy leaves behind.

    The tasks of the PRIMARY set are in the one or the other of the group's two target groups: both mean the same.
    LATEST is resolved there to the version that was the latest.
    """
    have, want = found.document, ask.document
    version = primary(found.shown).get("platformVersion")
    if version and want.get("platformVersion") not in (None, "LATEST"):
        have["platformVersion"] = version
    here, there = have.get("loadBalancers") or [], want.get("loadBalancers") or []
    if len(here) == len(there) == 1 and here[0].get("targetGroupArn") != there[0].get("targetGroupArn"):
        _check_target_group(api, found, ask, str(there[0].get("targetGroupArn")))
        want["loadBalancers"] = [{**there[0], "targetGroupArn": here[0].get("targetGroupArn")}]


def _check_target_group(api: Any, found: Found, ask: Ask, wanted: str) -> None:
    group = deployment_group(api, found.shown, ask.options.get("code_deploy") or {})
    pairs = (group.get("loadBalancerInfo") or {}).get("targetGroupPairInfoList") or []
    names = sorted(item["name"] for pair in pairs for item in pair.get("targetGroups", []))
    # arn:...:targetgroup/<name>/<id>
    if wanted.split("/")[1:2] and wanted.split("/")[1] not in names:
        raise BadInput(
            f"load_balancers[0].target_group_arn: {wanted} is not one of the target groups "
            f"({' and '.join(names)}) of the deployment group {group['deploymentGroupName']}: "
            "name one of them, or change the deployment group."
        )


def deployment_group(api: Any, service: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Find the deployment group that deploys to a service, as GetDeploymentGroup shows it.

    Without a name the one that the ECS console makes is meant, or else whichever of the application deploys to it.
    """
    cluster, name = _names.short(service["clusterArn"]), service["serviceName"]
    application = options.get("application") or f"AppECS-{cluster}-{name}"
    group = options.get("deployment_group") or f"DgpECS-{cluster}-{name}"
    try:
        params = {"applicationName": application, "deploymentGroupName": group}
        known: Iterable[dict[str, Any]] = [
            api.read("GetDeploymentGroup", "codedeploy", **params)["deploymentGroupInfo"]
        ]
    except AwsError as error:
        if error.code == "ApplicationDoesNotExistException":
            raise Blocked(
                f"code_deploy.application: there is no CodeDeploy application {application} in {api.region}; "
                f"create it, with a deployment group for {cluster}:{name}, or name the right one.",
                code=error.code,
            ) from None
        if error.code != "DeploymentGroupDoesNotExistException":
            raise
        known = [] if options.get("deployment_group") else _groups(api, application)
    target = {"clusterName": cluster, "serviceName": name}
    mine = next((info for info in known if target in (info.get("ecsServices") or [])), None)
    if mine is None:
        meant = f"there is no group {group} that deploys" if options.get("deployment_group") else "no group deploys"
        raise Blocked(
            f"code_deploy.deployment_group: in the CodeDeploy application {application} {meant} to {cluster}:{name}; "
            "create one, or name the right one.",
            code="DeploymentGroupDoesNotExistException",
        )
    return dict(mine)


def _groups(api: Any, application: str) -> Iterator[dict[str, Any]]:
    names = list(api.pages("ListDeploymentGroups", "deploymentGroups", "codedeploy", applicationName=application))
    for start in range(0, len(names), GROUPS_BATCH):
        batch = names[start : start + GROUPS_BATCH]
        params = {"applicationName": application, "deploymentGroupNames": batch}
        yield from api.read("BatchGetDeploymentGroups", "codedeploy", **params)["deploymentGroupsInfo"]


def planned(api: Any, found: Found, ask: Ask, after: dict[str, Any], wanted: bool) -> list[Call]:
    """Plan the deployment that makes a service run `after`, if one is wanted and none of that content is under way.

    CodeDeploy makes one deployment of a group at a time, so another one that is under way is an obstacle. A lost answer
    leads here a second time: what was then created since the first time, with this content, is ours.
    """
    if ask.watch.resumed:
        return []
    if not wanted:
        _warn_of_another(api, found, ask)
        return []
    options = ask.options.get("code_deploy") or {}
    group = deployment_group(api, found.shown, options)
    names = {name: group[name] for name in ("applicationName", "deploymentGroupName")}
    content = _app_spec.written(found.shown["serviceArn"], after, _app_spec.hooks(options.get("hooks")))
    digest = hashlib.sha256(content.encode()).hexdigest()
    recent = _deployments(api, names)
    known = ask.notes.setdefault("known_deployments", {info["deploymentId"] for info in recent})
    for info in recent:
        running = info["status"] in RUNNING
        if _digest(info) == digest and (running or info["deploymentId"] not in known):
            ask.watch.notes["deployment"] = info["deploymentId"]
            return []
        if running:
            raise Blocked(
                f"The CodeDeploy deployment {info['deploymentId']} of another revision of the service "
                f"{found.shown['serviceName']} is {info['status']}: wait for its end, or stop it with "
                "longshore.ecs.deployment, then run again.",
                deployment=info["deploymentId"],
            )
    return [_create(names, {"content": content, "sha256": digest}, options)]


def _create(names: dict[str, str], content: dict[str, str], options: dict[str, Any]) -> Call:
    revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
    params: dict[str, Any] = {**names, "revision": revision}
    if options.get("deployment_config"):
        params["deploymentConfigName"] = options["deployment_config"]
    if options.get("description"):
        params["description"] = options["description"]
    if options.get("auto_rollback") is not None:
        events = options["auto_rollback"]
        params["autoRollbackConfiguration"] = {"enabled": bool(events), **({"events": events} if events else {})}
    return Call("CreateDeployment", params, service="codedeploy")


def _deployments(api: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    """Read the deployments of a group that are under way, and those that were created lately."""
    choices: tuple[dict[str, Any], ...] = (
        {"includeOnlyStatuses": list(RUNNING)},
        {"createTimeRange": {"start": round(api.clock.date() - RECENT)}},
    )
    ids = dict.fromkeys(
        found
        for choice in choices
        for found in api.pages("ListDeployments", "deployments", "codedeploy", **names, **choice)
    )
    wanted = list(ids)[:DEPLOYMENTS_BATCH]
    if not wanted:
        return []
    return list(api.read("BatchGetDeployments", "codedeploy", deploymentIds=wanted)["deploymentsInfo"])


def _digest(info: dict[str, Any]) -> str | None:
    return ((info.get("revision") or {}).get("appSpecContent") or {}).get("sha256")


def _warn_of_another(api: Any, found: Found, ask: Ask) -> None:
    """Warn, where the service runs what was asked for, that a deployment under way is going to change that."""
    others = [item for item in found.shown.get("taskSets") or [] if item.get("status") != "PRIMARY"]
    if not others or not set(CARRIED) & set(ask.document):
        return
    info = current(api, found.shown)
    if info and info["deploymentId"] != primary(found.shown).get("externalId"):
        ask.warnings.append(
            f"The service {found.shown['serviceName']} runs what was asked for, but the CodeDeploy deployment "
            f"{info['deploymentId']} ({info['status']}) is about to replace it; to prevent that, stop it with "
            "longshore.ecs.deployment."
        )


def current(api: Any, service: dict[str, Any]) -> dict[str, Any] | None:
    """Give the deployment of a service that is under way, as GetDeployment shows it; None where there is none.

    The task set that a deployment has made names it (TaskSet.externalId); before it has made one, it is not found.
    """
    made = (item for item in service.get("taskSets") or [] if item.get("externalId"))
    newest = sorted(made, key=lambda item: item["createdAt"], reverse=True)
    for item in newest:
        info = deployment(api, item["externalId"])
        if info and info["status"] in RUNNING:
            return info
    return None


def deployment(api: Any, name: str) -> dict[str, Any] | None:
    """Read one deployment; None where CodeDeploy has none of this id."""
    try:
        return dict(api.read("GetDeployment", "codedeploy", deploymentId=name)["deploymentInfo"])
    except AwsError as error:
        if error.code in ("DeploymentDoesNotExistException", "InvalidDeploymentIdException"):
            return None
        raise


def stop_call(name: str, rollback: bool = True) -> Call:
    """Plan the end of a deployment; with `rollback` the task set that it replaces serves the traffic again."""
    return Call("StopDeployment", {"deploymentId": name, "autoRollbackEnabled": rollback}, service="codedeploy")


def continue_call(name: str) -> Call:
    """Plan that a deployment that is Ready moves the traffic now."""
    return Call("ContinueDeployment", {"deploymentId": name, "deploymentWaitType": "READY_WAIT"}, service="codedeploy")
