# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS CodeDeploy for Amazon ECS: applications, deployment groups, deployments. moto's own deploys nothing.

botocore CodeDeploy model and https://docs.aws.amazon.com/codedeploy/latest/userguide/. Other compute platforms are
refused. Texts of errors are those that users of public tools quote (`No application found for name`, `No Deployment
Group found for name`, `is already deploying deployment`), else guesses.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from . import appspec, codedeploy_configs, codedeploy_run, neighbours
from .codedeploy_records import Application, Group, Run
from .errors import EcsError
from .names import uuid
from .paging import page
from .region import Region

Document = dict[str, Any]
Operation = Callable[[Region, Document], Document]

OPERATIONS: dict[str, Operation] = {}

_GROUP_MEMBERS = (
    "deploymentConfigName",
    "serviceRoleArn",
    "triggerConfigurations",
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "outdatedInstancesStrategy",
    "deploymentStyle",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
    "ecsServices",
    "terminationHookEnabled",
)
_LIMIT = 100
_DEFAULT_CONFIG = "CodeDeployDefault.ECSAllAtOnce"


def _operation(function: Operation) -> Operation:
    OPERATIONS["".join(word.capitalize() for word in function.__name__.split("_"))] = function
    return function


def carried_out(region: Region, operation: str, request: Document) -> Document:
    """Carry out an operation."""
    if operation not in OPERATIONS:
        raise EcsError("InvalidAction", f"The emulator does not implement {operation}.")
    return OPERATIONS[operation](region, request)


def _required(request: Document, member: str, code: str) -> str:
    value = request.get(member)
    if not value:
        raise EcsError(code, f"{member} is required.")
    return str(value)


# Applications


@_operation
def create_application(region: Region, request: Document) -> Document:
    """Create an application for ECS."""
    name = _required(request, "applicationName", "ApplicationNameRequiredException")
    held = region.codedeploy.applications
    if name in held:
        raise EcsError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
    platform = request.get("computePlatform", "Server")
    if platform not in ("Server", "Lambda", "ECS", "Kubernetes"):
        raise EcsError("InvalidComputePlatformException", f"Compute platform {platform} is not valid.")
    doc = {
        "applicationId": uuid(),
        "applicationName": name,
        "createTime": region.timeline.stamp(),
        "linkedToGitHub": False,
        "computePlatform": platform,
    }
    held[name] = Application(doc)
    _tag(region, f"application:{name}", request)
    return {"applicationId": doc["applicationId"]}


def _application(region: Region, request: Document, member: str = "applicationName") -> Application:
    name = _required(request, member, "ApplicationNameRequiredException")
    found = region.codedeploy.applications.get(name)
    if found is None:
        raise EcsError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


@_operation
def get_application(region: Region, request: Document) -> Document:
    """Describe an application."""
    return {"application": _application(region, request).doc}


@_operation
def batch_get_applications(region: Region, request: Document) -> Document:
    """Describe applications; one that does not exist is an error."""
    names = request.get("applicationNames", [])
    return {"applicationsInfo": [_application(region, {"applicationName": name}).doc for name in names]}


@_operation
def list_applications(region: Region, request: Document) -> Document:
    """List the names of applications."""
    chosen, following = page(sorted(region.codedeploy.applications), request, _LIMIT)
    return {"applications": chosen, **following}


@_operation
def update_application(region: Region, request: Document) -> Document:
    """Rename an application."""
    found, name = _application(region, request), request.get("newApplicationName")
    if name:
        if name in region.codedeploy.applications:
            raise EcsError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
        del region.codedeploy.applications[found.doc["applicationName"]]
        found.doc["applicationName"] = name
        region.codedeploy.applications[name] = found
        for group in found.groups.values():
            group.doc["applicationName"] = name
    return {}


@_operation
def delete_application(region: Region, request: Document) -> Document:
    """Delete an application with its groups; one that does not exist is no error."""
    name = _required(request, "applicationName", "ApplicationNameRequiredException")
    region.codedeploy.applications.pop(name, None)
    return {}


# Deployment groups


@_operation
def create_deployment_group(region: Region, request: Document) -> Document:
    """Create a deployment group for an ECS service."""
    application = _application(region, request)
    name = _required(request, "deploymentGroupName", "DeploymentGroupNameRequiredException")
    if name in application.groups:
        raise EcsError("DeploymentGroupAlreadyExistsException", f"Deployment Group already exists: {name}")
    _required(request, "serviceRoleArn", "RoleRequiredException")
    doc = {
        "applicationName": application.doc["applicationName"],
        "deploymentGroupId": uuid(),
        "deploymentGroupName": name,
        "deploymentConfigName": _DEFAULT_CONFIG,
        "computePlatform": application.doc["computePlatform"],
        "triggerConfigurations": [],
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "autoScalingGroups": [],
        "outdatedInstancesStrategy": "UPDATE",
        "terminationHookEnabled": False,
    }
    doc |= {member: copy.deepcopy(request[member]) for member in _GROUP_MEMBERS if member in request}
    _check_group(region, doc, None)
    application.groups[name] = Group(_filled(doc))
    _tag(region, f"deploymentgroup:{doc['applicationName']}/{name}", request)
    return {"deploymentGroupId": doc["deploymentGroupId"]}


def _filled(doc: Document) -> Document:
    """Fill the defaults of a blue/green configuration (botocore CodeDeploy model, BlueGreenDeploymentConfiguration)."""
    blue_green = doc.setdefault("blueGreenDeploymentConfiguration", {})
    ready = blue_green.setdefault("deploymentReadyOption", {"actionOnTimeout": "CONTINUE_DEPLOYMENT"})
    ready.setdefault("waitTimeInMinutes", 0)
    end = blue_green.setdefault("terminateBlueInstancesOnDeploymentSuccess", {"action": "TERMINATE"})
    end.setdefault("terminationWaitTimeInMinutes", 0)
    return doc


def _check_group(region: Region, doc: Document, held: Group | None) -> None:
    if doc["computePlatform"] != "ECS":
        raise EcsError("InvalidComputePlatformException", "The emulator has deployment groups for ECS only.")
    style = doc.get("deploymentStyle", {})
    if (style.get("deploymentType"), style.get("deploymentOption")) != ("BLUE_GREEN", "WITH_TRAFFIC_CONTROL"):
        raise EcsError(
            "InvalidDeploymentStyleException",
            "For ECS deployment group, the deployment style must be BLUE_GREEN with WITH_TRAFFIC_CONTROL.",
        )
    codedeploy_configs.find(region, doc["deploymentConfigName"])
    _check_services(region, doc, held)
    _check_pairs(region, doc)


def _check_services(region: Region, doc: Document, held: Group | None) -> None:
    if len(doc.get("ecsServices", [])) != 1:
        raise EcsError("InvalidECSServiceException", "For ECS deployment group, ecsServices can not be empty.")
    named = doc["ecsServices"][0]
    cluster = region.find_cluster(named.get("clusterName"))
    service = region.find_service(cluster, named.get("serviceName", "")) if cluster else None
    if service is None or service.controller != "CODE_DEPLOY":
        raise EcsError(
            "InvalidECSServiceException",
            "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
        )
    for application in region.codedeploy.applications.values():
        for group in application.groups.values():
            if group is not held and group.doc["ecsServices"] == doc["ecsServices"]:
                raise EcsError(
                    "ECSServiceMappingLimitExceededException",
                    f"The ECS service is already associated with the deployment group {group.name}.",
                )


def _check_pairs(region: Region, doc: Document) -> None:
    pairs = doc.get("loadBalancerInfo", {}).get("targetGroupPairInfoList", [])
    if len(pairs) != 1:
        raise EcsError(
            "InvalidLoadBalancerInfoException", "For ECS deployment group, one target group pair must be specified."
        )
    groups = pairs[0].get("targetGroups", [])
    if len(groups) != 2 or not pairs[0].get("prodTrafficRoute", {}).get("listenerArns"):
        raise EcsError(
            "InvalidTargetGroupPairException",
            "A target group pair has two target groups and a production traffic route with a listener.",
        )
    for group in groups:
        if neighbours.target_group_named(region, group.get("name", "")) is None:
            text = f"The target group {group.get('name')} could not be found."
            raise EcsError("InvalidTargetGroupPairException", text)


def _group(region: Region, request: Document, member: str = "deploymentGroupName") -> Group:
    application = _application(region, request)
    name = _required(request, member, "DeploymentGroupNameRequiredException")
    if name not in application.groups:
        raise EcsError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return application.groups[name]


@_operation
def get_deployment_group(region: Region, request: Document) -> Document:
    """Describe a deployment group."""
    return {"deploymentGroupInfo": _group(region, request).doc}


@_operation
def batch_get_deployment_groups(region: Region, request: Document) -> Document:
    """Describe deployment groups of an application."""
    name = request.get("applicationName")
    found = [
        _group(region, {"applicationName": name, "deploymentGroupName": group}).doc
        for group in request.get("deploymentGroupNames", [])
    ]
    return {"deploymentGroupsInfo": found}


@_operation
def list_deployment_groups(region: Region, request: Document) -> Document:
    """List the names of an application's groups."""
    application = _application(region, request)
    chosen, following = page(sorted(application.groups), request, _LIMIT)
    return {"applicationName": application.doc["applicationName"], "deploymentGroups": chosen, **following}


@_operation
def update_deployment_group(region: Region, request: Document) -> Document:
    """Change a deployment group; what is absent stays."""
    application = _application(region, request)
    group = _group(region, request, "currentDeploymentGroupName")
    doc = group.doc | {member: copy.deepcopy(request[member]) for member in _GROUP_MEMBERS if member in request}
    _check_group(region, doc, group)
    name = request.get("newDeploymentGroupName", group.name)
    if name != group.name and name in application.groups:
        raise EcsError("DeploymentGroupAlreadyExistsException", f"Deployment Group already exists: {name}")
    del application.groups[group.name]
    group.doc = _filled(doc) | {"deploymentGroupName": name}
    application.groups[name] = group
    return {"hooksNotCleanedUp": []}


@_operation
def delete_deployment_group(region: Region, request: Document) -> Document:
    """Delete a deployment group; one that does not exist is no error."""
    application = _application(region, request)
    application.groups.pop(request.get("deploymentGroupName", ""), None)
    return {"hooksNotCleanedUp": []}


# Configurations


@_operation
def create_deployment_config(region: Region, request: Document) -> Document:
    """Create a configuration with its own canary or linear steps."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    if name in region.codedeploy.configs or name in codedeploy_configs.PREDEFINED:
        raise EcsError("DeploymentConfigAlreadyExistsException", f"Deployment Configuration already exists: {name}")
    if name.startswith(codedeploy_configs.PREFIX):
        raise EcsError("InvalidDeploymentConfigNameException", f"Names must not begin with {codedeploy_configs.PREFIX}")
    doc = {
        "deploymentConfigId": uuid(),
        "deploymentConfigName": name,
        "createTime": region.timeline.stamp(),
        "computePlatform": request.get("computePlatform", "Server"),
        "trafficRoutingConfig": request.get("trafficRoutingConfig", {"type": "AllAtOnce"}),
    }
    region.codedeploy.configs[name] = doc
    return {"deploymentConfigId": doc["deploymentConfigId"]}


@_operation
def get_deployment_config(region: Region, request: Document) -> Document:
    """Describe a configuration."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    return {"deploymentConfigInfo": codedeploy_configs.find(region, name)}


@_operation
def list_deployment_configs(region: Region, request: Document) -> Document:
    """List the names of configurations; those for other platforms than ECS are left out."""
    names = sorted([*codedeploy_configs.PREDEFINED, *region.codedeploy.configs])
    chosen, following = page(names, request, _LIMIT)
    return {"deploymentConfigsList": chosen, **following}


@_operation
def delete_deployment_config(region: Region, request: Document) -> Document:
    """Delete a configuration of one's own."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    region.codedeploy.configs.pop(name, None)
    return {}


# Deployments


@_operation
def create_deployment(region: Region, request: Document) -> Document:
    """Begin a deployment."""
    group = _group(region, request)
    if not request.get("revision"):
        raise EcsError("RevisionRequiredException", "The revision is required.")
    spec = appspec.read(region, request["revision"])
    config = request.get("deploymentConfigName") or group.doc["deploymentConfigName"]
    codedeploy_configs.find(region, config)
    for run in region.codedeploy.runs.values():
        if run.group is group and not run.finished:
            text = f"The Deployment Group '{group.name}' is already deploying deployment '{run.id}'."
            raise EcsError("DeploymentLimitExceededException", text)
    doc = {
        "applicationName": group.doc["applicationName"],
        "deploymentGroupName": group.name,
        "deploymentConfigName": config,
        "deploymentId": codedeploy_run.deployment_id(),
        "revision": copy.deepcopy(request["revision"]),
        "status": "Created",
        "createTime": region.timeline.stamp(),
        "creator": "user",
        "ignoreApplicationStopFailures": request.get("ignoreApplicationStopFailures", False),
        "updateOutdatedInstancesOnly": request.get("updateOutdatedInstancesOnly", False),
        "deploymentStyle": group.doc["deploymentStyle"],
        "instanceTerminationWaitTimeStarted": False,
        "blueGreenDeploymentConfiguration": group.doc["blueGreenDeploymentConfiguration"],
        "loadBalancerInfo": group.doc["loadBalancerInfo"],
        "fileExistsBehavior": request.get("fileExistsBehavior", "DISALLOW"),
        "deploymentStatusMessages": [],
        "computePlatform": "ECS",
    }
    optional = ("description", "autoRollbackConfiguration", "overrideAlarmConfiguration")
    doc |= {member: copy.deepcopy(request[member]) for member in optional if member in request}
    if "targetRevision" in group.doc:
        doc["previousRevision"] = group.doc["targetRevision"]
    codedeploy_run.begin(region, Run(doc, group, spec))
    return {"deploymentId": doc["deploymentId"]}


def _run(region: Region, request: Document) -> Run:
    identifier = _required(request, "deploymentId", "DeploymentIdRequiredException")
    found = region.codedeploy.runs.get(identifier)
    if found is None:
        raise EcsError("DeploymentDoesNotExistException", f"The deployment {identifier} could not be found")
    return found


_OVERVIEW = {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}


def _view(run: Run) -> Document:
    counts = dict.fromkeys(("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"), 0)
    counts[_OVERVIEW.get(run.status, run.status)] = 1
    return {**run.doc, "deploymentOverview": counts}


@_operation
def get_deployment(region: Region, request: Document) -> Document:
    """Describe a deployment."""
    return {"deploymentInfo": _view(_run(region, request))}


@_operation
def batch_get_deployments(region: Region, request: Document) -> Document:
    """Describe deployments; those that do not exist are left out."""
    known = region.codedeploy.runs
    return {"deploymentsInfo": [_view(known[name]) for name in request.get("deploymentIds", []) if name in known]}


@_operation
def list_deployments(region: Region, request: Document) -> Document:
    """List the ids of deployments, newest first (that order is a guess)."""
    if request.get("deploymentGroupName"):
        _group(region, request)
    elif request.get("applicationName"):
        _application(region, request)
    found = [run.id for run in reversed(region.codedeploy.runs.values()) if _listed(run, request)]
    chosen, following = page(found, request, _LIMIT)
    return {"deployments": chosen, **following}


def _listed(run: Run, request: Document) -> bool:
    for member in ("applicationName", "deploymentGroupName"):
        if member in request and run.doc[member] != request[member]:
            return False
    if request.get("includeOnlyStatuses") and run.status not in request["includeOnlyStatuses"]:
        return False
    span = request.get("createTimeRange", {})
    created = run.doc["createTime"]
    return bool(span.get("start", created) <= created <= span.get("end", created))


@_operation
def continue_deployment(region: Region, request: Document) -> Document:
    """End the wait before the traffic is rerouted, or that before the original task set is terminated."""
    run = _run(region, request)
    if run.finished:
        raise EcsError("DeploymentAlreadyCompletedException", "The deployment has already completed.")
    wanted = request.get("deploymentWaitType", "READY_WAIT")
    if wanted not in ("READY_WAIT", "TERMINATION_WAIT"):
        raise EcsError("InvalidDeploymentWaitTypeException", f"{wanted} is no wait type.")
    if run.waits_for != wanted:
        code = "DeploymentIsNotInReadyStateException" if wanted == "READY_WAIT" else "InvalidDeploymentStatusException"
        raise EcsError(code, f"The deployment {run.id} is not waiting.")
    codedeploy_run.proceed(region, run)
    return {}


@_operation
def stop_deployment(region: Region, request: Document) -> Document:
    """Stop a deployment, with or without rollback."""
    run = _run(region, request)
    if run.finished:
        raise EcsError("DeploymentAlreadyCompletedException", "The deployment has already completed.")
    back = request.get("autoRollbackEnabled")
    back = codedeploy_run.rolls_back(run, "DEPLOYMENT_STOP_ON_REQUEST") if back is None else back and run.undoes is None
    codedeploy_run.stop(region, run, "MANUAL_STOP", "The deployment was stopped by a user.", bool(back))
    return {"status": "Succeeded", "statusMessage": f"The deployment {run.id} was stopped."}


@_operation
def list_deployment_targets(region: Region, request: Document) -> Document:
    """List the target of a deployment."""
    run = _started(region, request)
    return {"targetIds": [codedeploy_run.target_id(run)]}


def _started(region: Region, request: Document) -> Run:
    run = _run(region, request)
    if "startTime" not in run.doc:
        raise EcsError("DeploymentNotStartedException", f"The deployment {run.id} has not started.")
    return run


@_operation
def get_deployment_target(region: Region, request: Document) -> Document:
    """Describe the target of a deployment."""
    run = _started(region, request)
    return {"deploymentTarget": _target(region, run, _required(request, "targetId", _TARGET_REQUIRED))}


_TARGET_REQUIRED = "DeploymentTargetIdRequiredException"


def _target(region: Region, run: Run, identifier: str) -> Document:
    if identifier != codedeploy_run.target_id(run):
        text = f"The target {identifier} does not exist in the deployment {run.id}."
        raise EcsError("DeploymentTargetDoesNotExistException", text)
    return codedeploy_run.target(region, run)


@_operation
def batch_get_deployment_targets(region: Region, request: Document) -> Document:
    """Describe targets of a deployment."""
    run = _started(region, request)
    if not request.get("targetIds"):
        raise EcsError(_TARGET_REQUIRED, "targetIds is required.")
    return {"deploymentTargets": [_target(region, run, name) for name in request["targetIds"]]}


@_operation
def put_lifecycle_event_hook_execution_status(region: Region, request: Document) -> Document:
    """Take the answer of a hook's function."""
    run = _run(region, request)
    identifier, status = request.get("lifecycleEventHookExecutionId", ""), request.get("status", "")
    if status not in ("Succeeded", "Failed"):
        raise EcsError("InvalidLifecycleEventHookExecutionStatusException", "The status must be Succeeded or Failed.")
    if identifier not in run.hook_ids.values():
        raise EcsError("InvalidLifecycleEventHookExecutionIdException", "There is no such hook.")
    if not codedeploy_run.answer_hook(region, run, identifier, status):
        raise EcsError("LifecycleEventAlreadyCompletedException", "The lifecycle event has already completed.")
    return {"lifecycleEventHookExecutionId": identifier}


# Tags


def _tag(region: Region, resource: str, request: Document) -> None:
    arn = region.arn(resource, "codedeploy")
    region.codedeploy.tags[arn] = [dict(tag) for tag in request.get("tags") or []]


def _tagged(region: Region, request: Document) -> list[Document]:
    arn = _required(request, "ResourceArn", "ResourceArnRequiredException")
    if arn not in region.codedeploy.tags:
        raise EcsError("InvalidArnException", f"There is no resource {arn}.")
    return region.codedeploy.tags[arn]


@_operation
def list_tags_for_resource(region: Region, request: Document) -> Document:
    """List the tags of an application or a deployment group."""
    return {"Tags": _tagged(region, request)}


@_operation
def tag_resource(region: Region, request: Document) -> Document:
    """Set tags."""
    held = _tagged(region, request)
    given = {tag["Key"]: tag for tag in request.get("Tags", [])}
    held[:] = [tag for tag in held if tag["Key"] not in given] + list(given.values())
    return {}


@_operation
def untag_resource(region: Region, request: Document) -> Document:
    """Remove tags."""
    held = _tagged(region, request)
    held[:] = [tag for tag in held if tag["Key"] not in request.get("TagKeys", [])]
    return {}
