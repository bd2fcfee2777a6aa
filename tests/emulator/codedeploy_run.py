# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CodeDeploy deployment of an Amazon ECS service, from its creation to its end, by the clock.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html: a replacement task set is made and
waited for, the test listener and then the production listener are moved to its target group, and the original task set
is terminated after a wait. Its durations are those of the sample output in the developer guide's tutorial
(create-blue-green.html); the texts of errors are those that users quote, else guesses.
"""

from __future__ import annotations

import copy
import secrets
import string
from collections.abc import Callable
from functools import partial
from typing import Any

from . import listeners, neighbours, outcomes, revisions, scaling
from .codedeploy_configs import shifts
from .codedeploy_records import Run
from .names import deployment_digits, last_part, uuid
from .records import Deployment, Service
from .region import Region

Document = dict[str, Any]
Next = Callable[[], None]

_START_SECONDS = 1.0
_EVENT_SECONDS = 1.0
_POLL_SECONDS = 2.0
# "This time out period is 60 minutes": what CodeDeploy says of the replacement task set.
_INSTALL_SECONDS = 3600.0
# A hook that does not answer in one hour fails: reference-appspec-file-structure-hooks.html.
_HOOK_SECONDS = 3600.0
_INSTALL_TIMEOUT = (
    "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is "
    "60 minutes."
)
_UPDATE_ERROR = "The ECS service cannot be updated due to an unexpected error: {}. Check your ECS service status."
_HOOK_FAILED = "The deployment failed because one or more of the lifecycle event validation functions failed."
_ALARM = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected "
    "deployments have been stopped. Activated alarms: {}"
)


def deployment_id() -> str:
    """Make an id as CodeDeploy spells them."""
    return "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ignored in range(9))


def begin(region: Region, run: Run) -> None:
    """Start a deployment that was created."""
    region.codedeploy.runs[run.id] = run
    run.group.doc["lastAttemptedDeployment"] = _last(run)
    names = ["BeforeInstall", "Install", "AfterInstall", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
    if _pair(run).get("testTrafficRoute"):
        names[3:3] = ["AllowTestTraffic", "AfterAllowTestTraffic"]
    run.events = [{"lifecycleEventName": name, "status": "Pending"} for name in names]
    region.timeline.after(_START_SECONDS, partial(_started, region, run))


def _last(run: Run) -> Document:
    members = {
        "endTime": "completeTime",
        "createTime": "createTime",
        "deploymentId": "deploymentId",
        "status": "status",
    }
    return {name: run.doc[member] for name, member in members.items() if member in run.doc}


def _pair(run: Run) -> Document:
    found: Document = run.group.doc["loadBalancerInfo"]["targetGroupPairInfoList"][0]
    return found


def _started(region: Region, run: Run) -> None:
    if run.finished:
        return
    now = region.timeline.stamp()
    run.doc |= {"status": "InProgress", "startTime": now}
    if run.undoes is not None:
        _undo(region, run, run.undoes)
        return
    _find_service(region, run)
    if run.service is None or run.service.status != "ACTIVE":
        fail(region, run, "INVALID_ECS_SERVICE", _UPDATE_ERROR.format("Service was not ACTIVE."))
        return
    _watch_alarms(region, run)
    _event(region, run, "BeforeInstall", partial(_install, region, run))


def _find_service(region: Region, run: Run) -> None:
    named = run.group.doc["ecsServices"][0]
    cluster = region.find_cluster(named["clusterName"])
    run.service = region.find_service(cluster, named["serviceName"]) if cluster else None
    run.blue = run.service.deployments[0] if run.service and run.service.deployments else None


# Lifecycle events


def _entry(run: Run, name: str) -> Document | None:
    return next((item for item in run.events if item["lifecycleEventName"] == name), None)


def _event(region: Region, run: Run, name: str, then: Next) -> None:
    """Go through an event of which nothing but a hook is known, then go on."""
    _open(region, run, name)
    function = run.spec.hooks.get(name)
    if function is None:
        region.timeline.after(_EVENT_SECONDS, partial(_close, region, run, name, then))
        return
    identifier = run.hook_ids[name] = uuid()
    region.later[identifier] = then
    function_name = function.rpartition(":")[2]
    payload = {"DeploymentId": run.id, "LifecycleEventHookExecutionId": identifier}
    answer = region.world.hooks.invoke(function_name, payload)
    region.timeline.after(_HOOK_SECONDS, lambda: _answered(region, run, identifier, "Failed"))
    if answer in ("SUCCEEDED", "FAILED"):
        seconds = region.world.hooks.of(function_name).seconds
        region.timeline.after(seconds, lambda: _answered(region, run, identifier, answer.capitalize()))


def _answered(region: Region, run: Run, identifier: str, status: str) -> None:
    answer_hook(region, run, identifier, status)


def answer_hook(region: Region, run: Run, identifier: str, status: str) -> bool:
    """Take the answer of a hook's function; False if it is not waited for."""
    name = next((event for event, held in run.hook_ids.items() if held == identifier), "")
    entry = _entry(run, name)
    if run.finished or entry is None or entry["status"] != "InProgress":
        return False
    then = region.later.pop(identifier)
    if status == "Succeeded":
        _close(region, run, name, then)
    else:
        entry["diagnostics"] = {"errorCode": "ScriptFailed", "message": _HOOK_FAILED}
        fail(region, run, "HOOK_EXECUTION_FAILURE", _HOOK_FAILED)
    return True


def _open(region: Region, run: Run, name: str) -> None:
    entry = _entry(run, name)
    if entry is not None:
        entry |= {"status": "InProgress", "startTime": region.timeline.stamp()}


def _close(region: Region, run: Run, name: str, then: Next) -> None:
    entry = _entry(run, name)
    if run.finished:
        return
    if entry is not None:
        entry |= {"status": "Succeeded", "endTime": region.timeline.stamp()}
    then()


# The replacement task set


def _install(region: Region, run: Run) -> None:
    _open(region, run, "Install")
    service = run.service
    definition = region.find_definition(run.spec.task_definition)
    error = "TaskDefinition not found." if definition is None else _misfit(definition.doc, run)
    if error is not None or service is None or definition is None:
        text = f"{error} (Service: AmazonECS; Status Code: 400; Error Code: InvalidParameterException; Request ID: "
        fail(region, run, "ECS_UPDATE_ERROR", _UPDATE_ERROR.format(f"{text}{uuid()}; Proxy: null)"))
        return
    for left in service.deployments[1:]:
        # What an earlier deployment left behind; that CodeDeploy removes it now is a guess.
        left.leaving = True
    run.green = _replacement(region, run, service)
    service.deployments.insert(1, run.green)
    scaling.schedule(region, service)
    _await_green(region, run, region.timeline.now + _INSTALL_SECONDS)


def _misfit(definition: Document, run: Run) -> str | None:
    containers = {item["name"]: item for item in definition["containerDefinitions"]}
    if definition["status"] != "ACTIVE":
        return "TaskDefinition is inactive"
    if run.spec.container not in containers:
        return f"The container {run.spec.container} does not exist in the task definition."
    ports = [item.get("containerPort") for item in containers[run.spec.container]["portMappings"]]
    if run.spec.port not in ports:
        return f"The container {run.spec.container} did not have a container port {run.spec.port} defined."
    return None


def _replacement(region: Region, run: Run, service: Service) -> Deployment:
    definition = region.find_definition(run.spec.task_definition)
    assert definition is not None
    settings = copy.deepcopy(service.deployments[0].settings) | run.spec.settings
    settings["taskDefinition"] = definition.arn
    if "capacityProviderStrategy" in run.spec.settings:
        settings.pop("launchType", None)
    digits, now = deployment_digits(), region.timeline.stamp()
    doc = {
        **{name: value for name, value in service.deployments[0].doc.items() if name in _KEPT},
        **{name: settings[name] for name in _KEPT if name in settings},
        "id": f"ecs-svc/{digits}",
        # What the task set of a CodeDeploy deployment shows: botocore ECS model, TaskSet.
        "startedBy": "CODE_DEPLOY",
        "externalId": run.id,
        "status": "ACTIVE",
        "taskDefinition": definition.arn,
        "desiredCount": service.doc["desiredCount"],
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
    }
    if "platformVersion" in settings:
        doc["platformVersion"] = revisions.resolved_platform(settings["platformVersion"])
    green = Deployment(doc, definition, revisions.revision_arn(region, service, digits), settings)
    balancer = {"containerName": run.spec.container, "containerPort": run.spec.port}
    green.balancers = [{"targetGroupArn": _target_groups(region, run)[1], **balancer}]
    settings["loadBalancers"] = copy.deepcopy(green.balancers)
    outcomes.set_rollout(region, green, "IN_PROGRESS", f"ECS deployment {green.id} in progress.")
    return green


_KEPT = ("launchType", "capacityProviderStrategy", "platformFamily", "networkConfiguration")


def _target_groups(region: Region, run: Run) -> tuple[str, str]:
    """Give the ARNs of the group that has the traffic and of the other one of the pair."""
    arns = [neighbours.target_group_named(region, item["name"]) or item["name"] for item in _pair(run)["targetGroups"]]
    held = [item.get("targetGroupArn") for item in (run.blue.balancers if run.blue else [])]
    blue = next((arn for arn in arns if arn in held), arns[0])
    return blue, next((arn for arn in arns if arn != blue), blue)


def _await_green(region: Region, run: Run, until: float) -> None:
    if run.finished or run.green is None or run.service is None:
        return
    desired = int(run.service.doc["desiredCount"])
    if len(run.green.wanted) == desired == sum(task.healthy for task in run.green.wanted):
        outcomes.set_rollout(region, run.green, "COMPLETED", f"ECS deployment {run.green.id} completed.")
        _close(region, run, "Install", partial(_event, region, run, "AfterInstall", partial(_test, region, run)))
    elif region.timeline.now >= until:
        fail(region, run, "TIMEOUT", _INSTALL_TIMEOUT)
    else:
        region.timeline.after(_POLL_SECONDS, partial(_await_green, region, run, until))


# Traffic


def _test(region: Region, run: Run) -> None:
    if _entry(run, "AllowTestTraffic") is None:
        _await_permission(region, run)
        return
    _route(region, run, "testTrafficRoute", {_target_groups(region, run)[1]: 100.0})
    go_on = partial(_event, region, run, "AfterAllowTestTraffic", partial(_await_permission, region, run))
    _event(region, run, "AllowTestTraffic", go_on)


def _await_permission(region: Region, run: Run) -> None:
    """Wait for ContinueDeployment if the group says so; when nobody comes the deployment is stopped."""
    option = run.group.doc.get("blueGreenDeploymentConfiguration", {}).get("deploymentReadyOption", {})
    if option.get("actionOnTimeout", "CONTINUE_DEPLOYMENT") == "CONTINUE_DEPLOYMENT":
        _before_traffic(region, run)
        return
    run.doc["status"], run.waits_for = "Ready", "READY_WAIT"
    minutes = option.get("waitTimeInMinutes", 60)
    text = "The deployment was stopped because the original task set was not rerouted in time."
    region.timeline.after(minutes * 60.0, partial(_not_permitted, region, run, text))


def _not_permitted(region: Region, run: Run, text: str) -> None:
    if run.waits_for == "READY_WAIT" and not run.finished:
        stop(region, run, "TIMEOUT", text, rolls_back(run, "DEPLOYMENT_STOP_ON_REQUEST"))


def proceed(region: Region, run: Run) -> None:
    """Carry out ContinueDeployment."""
    waited, run.waits_for = run.waits_for, None
    run.doc["status"] = "InProgress"
    if waited == "READY_WAIT":
        _before_traffic(region, run)
    elif waited == "TERMINATION_WAIT":
        _terminate(region, run)


def _before_traffic(region: Region, run: Run) -> None:
    _event(region, run, "BeforeAllowTraffic", partial(_allow, region, run))


def _allow(region: Region, run: Run) -> None:
    _open(region, run, "AllowTraffic")
    _shift(region, run, shifts(region, run.doc["deploymentConfigName"]))


def _shift(region: Region, run: Run, left: list[tuple[float, float]]) -> None:
    """Move the production traffic by the shares and waits that are left."""
    if run.finished:
        return
    (share, minutes), rest = left[0], left[1:]
    run.share = share
    blue, green = _target_groups(region, run)
    shares = {blue: 100.0 - share, green: share} if share < 100 else {green: 100.0}
    _route(region, run, "prodTrafficRoute", shares)
    if rest:
        region.timeline.after(minutes * 60.0, partial(_shift, region, run, rest))
        return
    _promote(region, run)
    region.timeline.after(
        _EVENT_SECONDS, partial(_close, region, run, "AllowTraffic", partial(_after_traffic, region, run))
    )


def _route(region: Region, run: Run, which: str, shares: dict[str, float]) -> None:
    for arn in _pair(run).get(which, {}).get("listenerArns", []):
        listeners.forward(region, arn, shares)


def _promote(region: Region, run: Run) -> None:
    """Make the replacement the PRIMARY task set; the service shows its task definition and target group."""
    service, green = run.service, run.green
    assert service is not None
    assert green is not None
    service.deployments = [green, *(item for item in service.deployments if item is not green)]
    _show_primary(region, service)


def _show_primary(region: Region, service: Service) -> None:
    for deployment in service.deployments:
        deployment.doc["status"] = "PRIMARY" if deployment is service.deployments[0] else "ACTIVE"
        deployment.doc["updatedAt"] = region.timeline.stamp()
    settings = service.deployments[0].settings
    for name in (
        "taskDefinition",
        "networkConfiguration",
        "platformVersion",
        "loadBalancers",
        "capacityProviderStrategy",
    ):
        if name in settings:
            service.doc[name] = copy.deepcopy(settings[name])
    service.last_completed = service.deployments[0]


def _after_traffic(region: Region, run: Run) -> None:
    _event(region, run, "AfterAllowTraffic", partial(_await_termination, region, run))


# The end of the original task set


def _await_termination(region: Region, run: Run) -> None:
    option = run.group.doc.get("blueGreenDeploymentConfiguration", {})
    option = option.get("terminateBlueInstancesOnDeploymentSuccess", {})
    if option.get("action", "TERMINATE") == "KEEP_ALIVE":
        _end(region, run, "Succeeded")
        return
    run.waits_for = "TERMINATION_WAIT"
    run.doc["instanceTerminationWaitTimeStarted"] = True
    minutes = option.get("terminationWaitTimeInMinutes", 0)
    region.timeline.after(minutes * 60.0, partial(_wait_is_over, region, run))


def _wait_is_over(region: Region, run: Run) -> None:
    if run.waits_for == "TERMINATION_WAIT" and not run.finished:
        proceed(region, run)


def _terminate(region: Region, run: Run) -> None:
    service = run.service
    assert service is not None
    for deployment in service.deployments[1:]:
        deployment.leaving = True
        deployment.doc["status"] = "DRAINING"
    scaling.schedule(region, service)
    _end(region, run, "Succeeded")


def _end(region: Region, run: Run, status: str) -> None:
    run.doc |= {"status": status, "completeTime": region.timeline.stamp()}
    run.waits_for = None
    for item in run.events:
        if item["status"] == "InProgress":
            item |= {"status": "Failed" if status == "Failed" else "Skipped", "endTime": region.timeline.stamp()}
        elif item["status"] == "Pending":
            item["status"] = "Skipped"
    run.group.doc["lastAttemptedDeployment"] = _last(run)
    if status == "Succeeded":
        run.group.doc["lastSuccessfulDeployment"] = _last(run)
        run.group.doc["targetRevision"] = run.doc["revision"]


# Failure, stop and rollback


def fail(region: Region, run: Run, code: str, text: str) -> None:
    """End a deployment that cannot go on."""
    if run.finished:
        return
    run.doc["errorInformation"] = {"code": code, "message": text}
    _end(region, run, "Failed")
    if rolls_back(run, "DEPLOYMENT_FAILURE"):
        _roll_back(region, run, f"Deployment {run.id} failed.")


def stop(region: Region, run: Run, code: str, text: str, back: bool) -> None:
    """End a deployment on demand, by an alarm or because nobody continued it."""
    if run.finished:
        return
    run.doc["errorInformation"] = {"code": code, "message": text}
    _end(region, run, "Stopped")
    if back:
        _roll_back(region, run, f"Deployment {run.id} was stopped.")


def rolls_back(run: Run, event: str) -> bool:
    """Tell whether an event leads to a rollback, by the deployment's settings or else the group's."""
    given = run.doc.get("autoRollbackConfiguration") or run.group.doc.get("autoRollbackConfiguration") or {}
    return run.undoes is None and bool(given.get("enabled")) and event in given.get("events", [])


def _roll_back(region: Region, run: Run, text: str) -> None:
    """Create the deployment that takes this one back."""
    doc = {
        name: copy.deepcopy(value)
        for name, value in run.doc.items()
        if name not in ("errorInformation", "rollbackInfo", "startTime", "completeTime", "description")
    }
    held = run.group.doc.get("targetRevision") or run.doc["revision"]
    doc |= {
        "deploymentId": deployment_id(),
        "revision": held,
        "status": "Created",
        "creator": "codeDeployRollback",
        "createTime": region.timeline.stamp(),
        "rollbackInfo": {"rollbackTriggeringDeploymentId": run.id, "rollbackMessage": text},
        "instanceTerminationWaitTimeStarted": False,
    }
    back = Run(doc, run.group, run.spec, run.service, run.green, run.blue, undoes=run)
    run.doc["rollbackInfo"] = {"rollbackDeploymentId": back.id, "rollbackMessage": text}
    begin(region, back)


def _undo(region: Region, back: Run, run: Run) -> None:
    """Give the traffic back to the original task set and remove the replacement."""
    service, green, blue = run.service, run.green, run.blue
    if service is not None and blue in service.deployments and blue is not None:
        arn, _ignored = _target_groups(region, run)
        _route(region, run, "prodTrafficRoute", {arn: 100.0})
        if green is not None:
            _route(region, run, "testTrafficRoute", {arn: 100.0})
            green.leaving = True
            green.doc["status"] = "DRAINING"
        service.deployments = [blue, *(item for item in service.deployments if item is not blue)]
        _show_primary(region, service)
        scaling.schedule(region, service)
    for item in back.events:
        item |= {"status": "Succeeded", "startTime": region.timeline.stamp(), "endTime": region.timeline.stamp()}
    back.share = 100.0
    region.timeline.after(_EVENT_SECONDS, partial(_undone, region, back))


def _undone(region: Region, back: Run) -> None:
    if not back.finished:
        _end(region, back, "Succeeded")


# Alarms


def _watch_alarms(region: Region, run: Run) -> None:
    """Look at the alarms while the deployment goes on; that CodeDeploy does so every few seconds is a guess."""
    configuration = run.doc.get("overrideAlarmConfiguration") or run.group.doc.get("alarmConfiguration") or {}
    if run.finished or not configuration.get("enabled"):
        return
    states = listeners.alarm_states(region, [item["name"] for item in configuration.get("alarms", [])])
    active = [name for name, state in states.items() if state == "ALARM"]
    if active:
        text = _ALARM.format(", ".join(f"<{name}>" for name in active))
        stop(region, run, "ALARM_ACTIVE", text, rolls_back(run, "DEPLOYMENT_STOP_ON_ALARM"))
    else:
        region.timeline.after(_POLL_SECONDS * 5, partial(_watch_alarms, region, run))


# Showing


def target(region: Region, run: Run) -> Document:
    """Show the deployment's target: DeploymentTarget with the ECS service."""
    service = run.service
    arn = service.arn if service else ""
    return {
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": run.id,
            "targetId": target_id(run),
            "targetArn": arn,
            "lastUpdatedAt": run.doc.get("completeTime", region.timeline.stamp()),
            "lifecycleEvents": run.events,
            "status": {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}.get(run.status, run.status),
            "taskSetsInfo": _task_sets(run),
        },
    }


def target_id(run: Run) -> str:
    """Give the id of the one target."""
    named = run.group.doc["ecsServices"][0]
    return f"{last_part(named['clusterName'])}:{last_part(named['serviceName'])}"


def _task_sets(run: Run) -> list[Document]:
    shown = []
    for label, held, share in (("Blue", run.blue, 100.0 - run.share), ("Green", run.green, run.share)):
        if held is not None:
            group = held.balancers[0].get("targetGroupArn", "") if held.balancers else ""
            shown.append(
                {
                    # The model spells it so.
                    "identifer": held.id,
                    "desiredCount": 0 if held.leaving else held.doc["desiredCount"],
                    "pendingCount": sum(task.pending for task in held.tasks),
                    "runningCount": sum(task.running for task in held.tasks),
                    "status": held.doc["status"],
                    "trafficWeight": share,
                    "targetGroup": {"name": group.split("/")[1] if "/" in group else group},
                    "taskSetLabel": label,
                }
            )
    return shown
