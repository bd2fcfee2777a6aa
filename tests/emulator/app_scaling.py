# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Application Auto Scaling for the count of ECS services; moto's own scales nothing and lacks activities and tags.

botocore model and https://docs.aws.amazon.com/autoscaling/application/APIReference/. The exceptions are those of the
model. Texts of errors are those that users of public tools quote (`No scalable target registered for`,
`ECS service doesn't exist`), else guesses.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import botocore.session

from . import app_scaling_run, cron, model, neighbours
from .app_scaling_records import Document, Policy, Target
from .errors import EcsError
from .names import uuid
from .paging import page
from .region import Region

Operation = Callable[[Region, Document], Document]

OPERATIONS: dict[str, Operation] = {}

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
_SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
_MOST_POLICIES, _MOST_ACTIONS = 50, 200


def _operation(function: Operation) -> Operation:
    OPERATIONS["".join(word.capitalize() for word in function.__name__.split("_"))] = function
    return function


@lru_cache(maxsize=1)
def _model() -> Any:
    return botocore.session.get_session().get_service_model("application-autoscaling")


def carried_out(region: Region, operation: str, request: Document) -> Document:
    """Carry out an operation on what belongs to ECS."""
    if operation not in OPERATIONS:
        raise EcsError("InvalidAction", f"The emulator does not implement {operation}.")
    try:
        model.check(_model().operation_model(operation).input_shape, request)
    except EcsError as error:
        raise _invalid(error.message) from None
    if (
        request.get("ServiceNamespace", NAMESPACE) != NAMESPACE
        or request.get("ScalableDimension", DIMENSION) != DIMENSION
    ):
        raise _invalid("The emulator scales the count of ECS services only.")
    return OPERATIONS[operation](region, request)


def _invalid(message: str) -> EcsError:
    return EcsError("ValidationException", message)


def _place(request: Document) -> str:
    return f"service namespace: {NAMESPACE}, resource ID: {request['ResourceId']}, scalable dimension: {DIMENSION}"


def _target(region: Region, request: Document) -> Target:
    found = region.scalable.get(request["ResourceId"])
    if found is None:
        raise EcsError("ObjectNotFoundException", f"No scalable target registered for {_place(request)}")
    return found


# Targets


@_operation
def register_scalable_target(region: Region, request: Document) -> Document:
    """Register or update a target; each time the count is moved into the bounds."""
    held = region.scalable.get(request["ResourceId"])
    if app_scaling_run.service_of(region, request["ResourceId"]) is None:
        raise _invalid(f"ECS service doesn't exist: {request['ResourceId']}")
    doc = dict(held.doc) if held else _new(region, request)
    doc |= {member: request[member] for member in ("MinCapacity", "MaxCapacity") if member in request}
    doc["SuspendedState"] = {**doc["SuspendedState"], **request.get("SuspendedState", {})}
    if doc["MinCapacity"] < 0 or doc["MaxCapacity"] < doc["MinCapacity"]:
        raise _invalid("Maximum capacity cannot be less than minimum capacity, and neither can be less than 0.")
    if held is None:
        held = region.scalable[doc["ResourceId"]] = Target(doc, dict(request.get("Tags", {})))
    elif request.get("Tags"):
        raise _invalid("Tags can be given when a scalable target is created; use TagResource for one that exists.")
    held.doc = doc
    app_scaling_run.bound(region, held, app_scaling_run.bounds_cause(request))
    app_scaling_run.wake(region, held)
    return {"ScalableTargetARN": doc["ScalableTargetARN"]}


def _new(region: Region, request: Document) -> Document:
    for member in ("MinCapacity", "MaxCapacity"):
        if member not in request:
            raise _invalid(f"{member} is required when a scalable target is registered.")
    role = (
        "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
    )
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": request["ResourceId"],
        "ScalableDimension": DIMENSION,
        # ECS has a service-linked role, which is taken whatever RoleARN says (RegisterScalableTarget, RoleARN).
        "RoleARN": region.arn(f"role/{role}", "iam", ""),
        "CreationTime": region.timeline.stamp(),
        "SuspendedState": dict.fromkeys(_SUSPENSIONS, False),
        "ScalableTargetARN": region.arn(f"scalable-target/{uuid().replace('-', '')}", "application-autoscaling"),
    }


@_operation
def deregister_scalable_target(region: Region, request: Document) -> Document:
    """Forget a target with its policies and scheduled actions; the count stays."""
    target = _target(region, request)
    for policy in target.policies.values():
        _drop_alarms(region, policy)
    del region.scalable[target.id]
    return {}


@_operation
def describe_scalable_targets(region: Region, request: Document) -> Document:
    """Describe targets, all or those that are named."""
    wanted = request.get("ResourceIds") or list(region.scalable)
    found = [region.scalable[name].doc for name in wanted if name in region.scalable]
    return _paged("ScalableTargets", found, request, 50)


def _paged(member: str, items: list[Any], request: Document, size: int) -> Document:
    asked = {"maxResults": request.get("MaxResults"), "nextToken": request.get("NextToken")}
    try:
        chosen, following = page(items, asked, size, size)
    except EcsError as error:
        raise _invalid(error.message) from None
    return {member: copy.deepcopy(chosen), **({"NextToken": following["nextToken"]} if following else {})}


# Policies


@_operation
def put_scaling_policy(region: Region, request: Document) -> Document:
    """Create or replace a policy; target tracking gets its two alarms."""
    target, name = _target(region, request), request["PolicyName"]
    held = target.policies.get(name)
    kind = request.get("PolicyType") or (held.doc["PolicyType"] if held else None)
    if kind is None:
        raise _invalid("PolicyType is required when a scaling policy is created.")
    if held and held.doc["PolicyType"] != kind:
        raise _invalid("The type of a scaling policy cannot be changed.")
    configuration = _CONFIGURATIONS[kind]
    if configuration not in request or set(_CONFIGURATIONS.values()) & set(request) != {configuration}:
        raise _invalid(f"A policy of the type {kind} needs {configuration}, and no other configuration.")
    if held is None and len(target.policies) >= _MOST_POLICIES:
        raise EcsError("LimitExceededException", f"There can be {_MOST_POLICIES} scaling policies for a target.")
    _CHECKS.get(kind, lambda _configuration: None)(request[configuration])
    doc = held.doc if held else _new_policy(region, target, request, kind)
    doc[configuration] = _filled(kind, request[configuration])
    policy = target.policies.setdefault(name, Policy(doc))
    policy.above = policy.below = 0
    if kind == "TargetTrackingScaling":
        _drop_alarms(region, policy)
        doc["Alarms"] = _alarms(region, target, doc)
    app_scaling_run.wake(region, target)
    return {"PolicyARN": doc["PolicyARN"], "Alarms": copy.deepcopy(doc["Alarms"])}


def _new_policy(region: Region, target: Target, request: Document, kind: str) -> Document:
    resource = f"scalingPolicy:{uuid()}:resource/ecs/{target.id}:policyName/{request['PolicyName']}"
    return {
        "PolicyARN": region.arn(resource, "autoscaling"),
        "PolicyName": request["PolicyName"],
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.id,
        "ScalableDimension": DIMENSION,
        "PolicyType": kind,
        "Alarms": [],
        "CreationTime": region.timeline.stamp(),
    }


def _filled(kind: str, configuration: Document) -> Document:
    """Fill in what AWS is seen to fill in: DisableScaleIn, and no cooldowns."""
    filled = copy.deepcopy(configuration)
    if kind == "TargetTrackingScaling":
        filled.setdefault("DisableScaleIn", False)
    return filled


def _check_tracking(configuration: Document) -> None:
    specifications = [
        configuration[member]
        for member in ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        if member in configuration
    ]
    if len(specifications) != 1:
        raise _invalid("Exactly one of a predefined and a customized metric specification must be given.")
    kind, label = specifications[0].get("PredefinedMetricType"), specifications[0].get("ResourceLabel")
    if kind == "ALBRequestCountPerTarget" and not label:
        raise _invalid("The ResourceLabel is required for the metric type ALBRequestCountPerTarget.")
    if kind and kind != "ALBRequestCountPerTarget" and label:
        raise _invalid(f"The ResourceLabel cannot be given for the metric type {kind}.")
    queries = specifications[0].get("Metrics")
    if queries is not None and sum(query.get("ReturnData", True) for query in queries) != 1:
        raise _invalid("Exactly one metric data query must return data.")


def _check_step(configuration: Document) -> None:
    if not configuration.get("AdjustmentType") or not configuration.get("StepAdjustments"):
        raise _invalid("A step scaling policy needs AdjustmentType and at least one step adjustment.")


def _check_predictive(configuration: Document) -> None:
    if len(configuration["MetricSpecifications"]) != 1:
        raise _invalid("Predictive scaling takes one metric specification.")


_CHECKS: dict[str, Callable[[Document], None]] = {
    "TargetTrackingScaling": _check_tracking,
    "StepScaling": _check_step,
    "PredictiveScaling": _check_predictive,
}


def _alarms(region: Region, target: Target, policy: Document) -> list[Document]:
    """Make the alarms of target tracking; their names are those that AWS gives them."""
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    made = []
    for word, operator in (("High", "GreaterThanThreshold"), ("Low", "LessThanThreshold")):
        goal = configuration["TargetValue"] * (1 if word == "High" else app_scaling_run.IN_SHARE)
        name = f"TargetTracking-{target.id}-Alarm{word}-{uuid()}"
        periods = app_scaling_run.MINUTES_OUT if word == "High" else app_scaling_run.MINUTES_IN
        arn = neighbours.put_alarm(region, name, operator, goal, periods, policy["PolicyARN"])
        made.append({"AlarmName": name, "AlarmARN": arn})
    return made


def _drop_alarms(region: Region, policy: Policy) -> None:
    """Delete the alarms that were made for a policy; those of step policies belong to their users."""
    if policy.doc["PolicyType"] == "TargetTrackingScaling":
        neighbours.delete_alarms(region, [alarm["AlarmName"] for alarm in policy.doc["Alarms"]])


@_operation
def describe_scaling_policies(region: Region, request: Document) -> Document:
    """Describe policies, ten a page."""
    found = [
        {**policy.doc, "Alarms": _alarms_of(region, policy)}
        for target in _chosen(region, request)
        for policy in target.policies.values()
        if policy.doc["PolicyName"] in request.get("PolicyNames", [policy.doc["PolicyName"]])
    ]
    return _paged("ScalingPolicies", found, request, 10)


def _alarms_of(region: Region, policy: Policy) -> list[Document]:
    if policy.doc["PolicyType"] != "StepScaling":
        return list(policy.doc["Alarms"])
    return [
        {"AlarmName": name, "AlarmARN": arn} for name, arn in neighbours.alarms_for(region, policy.doc["PolicyARN"])
    ]


def _chosen(region: Region, request: Document) -> list[Target]:
    wanted = request.get("ResourceId")
    return [target for target in region.scalable.values() if wanted in (None, target.id)]


@_operation
def delete_scaling_policy(region: Region, request: Document) -> Document:
    """Delete a policy, with the alarms that were made for it."""
    found = region.scalable.get(request["ResourceId"])
    policy = found.policies.pop(request["PolicyName"], None) if found else None
    if policy is None:
        text = f"No scaling policy found for {_place(request)}, policy name: {request['PolicyName']}"
        raise EcsError("ObjectNotFoundException", text)
    _drop_alarms(region, policy)
    return {}


# Scheduled actions


@_operation
def put_scheduled_action(region: Region, request: Document) -> Document:
    """Create or change an action. What is absent stays, but for the start and the end time."""
    target, name = _target(region, request), request["ScheduledActionName"]
    held = target.actions.get(name)
    doc = {
        "ScheduledActionName": name,
        "ScheduledActionARN": region.arn(
            f"scheduledAction:{uuid()}:resource/ecs/{target.id}:scheduledActionName/{name}", "autoscaling"
        ),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.id,
        "ScalableDimension": DIMENSION,
        "CreationTime": region.timeline.stamp(),
        **({key: item for key, item in held.items() if key not in ("StartTime", "EndTime")} if held else {}),
    }
    doc |= {
        member: copy.deepcopy(request[member])
        for member in ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
        if member in request
    }
    _check_action(region, doc)
    if held is None and len(target.actions) >= _MOST_ACTIONS:
        raise EcsError("LimitExceededException", f"There can be {_MOST_ACTIONS} scheduled actions for a target.")
    target.actions[name] = doc
    app_scaling_run.arm(region, target, doc)
    return {}


def _check_action(region: Region, doc: Document) -> None:
    wanted = doc.get("ScalableTargetAction", {})
    if "Schedule" not in doc or not wanted:
        raise _invalid("A scheduled action needs a schedule and a scalable target action.")
    if wanted.get("MinCapacity", 0) > wanted.get("MaxCapacity", wanted.get("MinCapacity", 0)):
        raise _invalid("Maximum capacity cannot be less than minimum capacity.")
    try:
        coming = cron.following(doc["Schedule"], doc.get("Timezone", "UTC"), region.timeline.now)
    except cron.BadSchedule as error:
        raise _invalid(str(error)) from None
    if coming is None:
        raise _invalid("The schedule lies in the past.")


@_operation
def describe_scheduled_actions(region: Region, request: Document) -> Document:
    """Describe scheduled actions."""
    found = [
        action
        for target in _chosen(region, request)
        for name, action in target.actions.items()
        if name in request.get("ScheduledActionNames", [name])
    ]
    return _paged("ScheduledActions", found, request, 50)


@_operation
def delete_scheduled_action(region: Region, request: Document) -> Document:
    """Delete a scheduled action."""
    found = region.scalable.get(request["ResourceId"])
    if found is None or found.actions.pop(request["ScheduledActionName"], None) is None:
        text = (
            f"No scheduled action found for {_place(request)}, scheduled action name: {request['ScheduledActionName']}"
        )
        raise EcsError("ObjectNotFoundException", text)
    return {}


# Activities and tags


@_operation
def describe_scaling_activities(region: Region, request: Document) -> Document:
    """Describe what was done and why, newest first; what was not done is told when it is asked for."""
    every = bool(request.get("IncludeNotScaledActivities"))
    found = [
        activity
        for target in _chosen(region, request)
        for activity in target.activities
        if every or activity["StatusCode"] != "NotScaled"
    ]
    return _paged("ScalingActivities", found, request, 50)


def _tagged(region: Region, request: Document) -> Target:
    found = next(
        (one for one in region.scalable.values() if one.doc["ScalableTargetARN"] == request["ResourceARN"]), None
    )
    if found is None:
        raise EcsError("ResourceNotFoundException", f"There is no resource {request['ResourceARN']}.")
    return found


@_operation
def list_tags_for_resource(region: Region, request: Document) -> Document:
    """List the tags of a target."""
    return {"Tags": dict(_tagged(region, request).tags)}


@_operation
def tag_resource(region: Region, request: Document) -> Document:
    """Set tags."""
    _tagged(region, request).tags.update(request["Tags"])
    return {}


@_operation
def untag_resource(region: Region, request: Document) -> Document:
    """Remove tags."""
    held = _tagged(region, request).tags
    for key in request["TagKeys"]:
        held.pop(key, None)
    return {}
