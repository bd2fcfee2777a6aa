# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Application Auto Scaling moves the count of services: bounds, scheduled actions, target tracking.

https://docs.aws.amazon.com/autoscaling/application/userguide/ and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html. Predictive
policies are kept and shown; they move nothing here.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from . import app_scaling_steps, cron, deployments
from .app_scaling_records import Document, Policy, Target
from .names import uuid
from .records import Service
from .region import Region

# CloudWatch gets a value a minute. The alarms that target tracking makes take three of them above the target to scale
# out, and fifteen below nine tenths of it to scale in: seen in AWS's alarms for ECS, not documented as a rule.
TICK_SECONDS = 60.0
MINUTES_OUT, MINUTES_IN = 3, 15
IN_SHARE = 0.9
# TargetTrackingScalingPolicyConfiguration: the default of both cooldowns for ECS.
COOLDOWN_SECONDS = 300.0
# How long ECS takes to fulfil a change of the count, as the activity shows it: a guess.
FULFILL_SECONDS = 10.0
MOST_ACTIVITIES = 500

_PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "cpu",
    "ECSServiceAverageCPUUtilizationHighResolution": "cpu",
    "ECSServiceAverageMemoryUtilization": "memory",
    "ECSServiceAverageMemoryUtilizationHighResolution": "memory",
    "ALBRequestCountPerTarget": "requests_per_target",
}


def service_of(region: Region, resource_id: str) -> Service | None:
    """Find the living service that a target names."""
    _kind, _slash, rest = resource_id.partition("/")
    cluster, _slash, name = rest.partition("/")
    held = region.services.get((cluster, name))
    return held if held is not None and held.status == "ACTIVE" else None


def _suspended(target: Target, what: str) -> bool:
    return bool(target.doc["SuspendedState"][f"{what}Suspended"])


def _alive(region: Region, target: Target) -> bool:
    return region.scalable.get(target.id) is target


# Moving the count


def bound(region: Region, target: Target, cause: str) -> None:
    """Move the count into the bounds (RegisterScalableTarget)."""
    service = service_of(region, target.id)
    if service is not None:
        count = min(max(service.doc["desiredCount"], target.doc["MinCapacity"]), target.doc["MaxCapacity"])
        _move(region, target, service, count, cause)


def bounds_cause(request: Document) -> str:
    """Say which bounds were set; the page on scaling activities has one of them, the form for both is a guess."""
    said = [
        f"{word} capacity was set to {request[member]}"
        for word, member in (("minimum", "MinCapacity"), ("maximum", "MaxCapacity"))
        if member in request
    ]
    return " and ".join(said) or "scalable target was registered"


def _move(region: Region, target: Target, service: Service, count: int, cause: str) -> bool:
    if count == service.doc["desiredCount"]:
        return False
    service.doc["desiredCount"] = count
    service.steady = False
    deployments.touch(region, service)
    note(
        region,
        target,
        {
            "Description": f"Setting desired count to {count}.",
            "Cause": cause,
            "EndTime": region.timeline.stamp() + FULFILL_SECONDS,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
        },
    )
    return True


def note(region: Region, target: Target, activity: Document) -> None:
    """Remember an activity, newest first."""
    common = {name: target.doc[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    target.activities.insert(0, {"ActivityId": uuid(), **common, "StartTime": region.timeline.stamp(), **activity})
    del target.activities[MOST_ACTIVITIES:]


# Scheduled actions


def arm(region: Region, target: Target, action: Document) -> None:
    """Schedule the next firing of an action; raises BadSchedule for an expression that is none."""
    now, start = region.timeline.now, action.get("StartTime")
    after = max(now, start - 1) if start else now
    moment = cron.following(action["Schedule"], action.get("Timezone", "UTC"), after, start)
    if moment is not None and moment <= action.get("EndTime", math.inf):
        region.timeline.after(moment - now, partial(_fire, region, target, action))


def _fire(region: Region, target: Target, action: Document) -> None:
    name = action["ScheduledActionName"]
    if not _alive(region, target) or target.actions.get(name) is not action:
        return
    if not _suspended(target, "ScheduledScaling"):
        target.doc |= action["ScalableTargetAction"]
        # The words are a guess.
        bound(
            region,
            target,
            f"scheduled action name {name} was triggered: {bounds_cause(action['ScalableTargetAction'])}",
        )
    arm(region, target, action)


# Target tracking


def wake(region: Region, target: Target) -> None:
    """Look at the metrics of a target every minute, while there is something to look at."""
    if not target.ticking and (_measured(region, target) or _stepping(target)):
        target.ticking = True
        region.timeline.after(TICK_SECONDS, partial(_tick, region, target))


def wake_all(region: Region) -> None:
    """Look at the metrics of all targets: they have been set anew."""
    for target in region.scalable.values():
        wake(region, target)


def _measured(region: Region, target: Target) -> list[tuple[Policy, float]]:
    _kind, cluster, name = target.id.split("/")
    values = region.world.metrics.of(cluster, name)
    found = []
    for policy in target.policies.values():
        configuration = policy.doc.get("TargetTrackingScalingPolicyConfiguration")
        predefined = (configuration or {}).get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        metric = _PREDEFINED.get(predefined, policy.doc["PolicyName"])
        if configuration is not None and metric in values:
            found.append((policy, values[metric]))
    return found


def _stepping(target: Target) -> list[Policy]:
    return [policy for policy in target.policies.values() if policy.doc["PolicyType"] == "StepScaling"]


def _tick(region: Region, target: Target) -> None:
    target.ticking = False
    service, measured = service_of(region, target.id), _measured(region, target)
    if not _alive(region, target) or service is None or not (measured or _stepping(target)):
        return
    for policy, value in measured:
        goal = _goal(policy)
        policy.above = policy.above + 1 if value > goal else 0
        policy.below = policy.below + 1 if value < goal * IN_SHARE else 0
    if not _scale_out(region, target, service, measured):
        _scale_in(region, target, service, measured)
    for policy in _stepping(target):
        _step(region, target, service, policy)
    wake(region, target)


def _step(region: Region, target: Target, service: Service, policy: Policy) -> None:
    """Do what a step policy wants; that one cooldown serves all policies of a direction is a simplification."""
    _kind, cluster, name = target.id.split("/")
    value = region.world.metrics.of(cluster, name).get(policy.doc["PolicyName"])
    now, current = region.timeline.now, int(service.doc["desiredCount"])
    found = app_scaling_steps.wish(region, policy, current, value)
    if found is None:
        return
    wanted, alarm = min(max(found[0], target.doc["MinCapacity"]), target.doc["MaxCapacity"]), found[1]
    outward = wanted > current
    held = now < (target.out_until if outward else max(target.in_until, target.out_until))
    if held or _suspended(target, "DynamicScalingOut" if outward else "DynamicScalingIn"):
        return
    cause = f"monitor alarm {alarm} in state ALARM triggered policy {policy.doc['PolicyName']}"
    if _move(region, target, service, wanted, cause):
        until = now + float(policy.doc["StepScalingPolicyConfiguration"].get("Cooldown", COOLDOWN_SECONDS))
        if outward:
            target.base, target.out_until = current, until
        else:
            target.in_until = until


def _goal(policy: Policy) -> float:
    return float(policy.doc["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])


def _cooldown(policy: Policy, member: str) -> float:
    return float(policy.doc["TargetTrackingScalingPolicyConfiguration"].get(member, COOLDOWN_SECONDS))


def _cause(policy: Policy, alarm: int) -> str:
    name = policy.doc["Alarms"][alarm]["AlarmName"]
    return f"monitor alarm {name} in state ALARM triggered policy {policy.doc['PolicyName']}"


def _scale_out(region: Region, target: Target, service: Service, measured: list[tuple[Policy, float]]) -> bool:
    """Scale out by the policy that wants most; what a cooldown's scale-out added counts towards it.

    From no tasks at all it is one at least: a guess.
    """
    ringing = [(policy, value) for policy, value in measured if policy.above >= MINUTES_OUT]
    if not ringing or _suspended(target, "DynamicScalingOut"):
        return bool(ringing)
    now, current = region.timeline.now, int(service.doc["desiredCount"])
    base = target.base if now < target.out_until else current
    wanted, policy = max(
        ((max(math.ceil(base * value / _goal(policy)), 1), policy) for policy, value in ringing),
        key=lambda pair: pair[0],
    )
    highest = target.doc["MaxCapacity"]
    if current >= highest and wanted > current:
        if policy.above == MINUTES_OUT:
            _not_scaled(region, target, _cause(policy, 0), {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": highest})
    elif wanted > current:
        _move(region, target, service, min(wanted, highest), _cause(policy, 0))
        target.base, target.out_until = base, now + _cooldown(policy, "ScaleOutCooldown")
    return True


def _scale_in(region: Region, target: Target, service: Service, measured: list[tuple[Policy, float]]) -> None:
    """Scale in when all policies agree, and no deployment is in progress (service-autoscaling-targettracking)."""
    tracking = [
        policy for policy in target.policies.values() if "TargetTrackingScalingPolicyConfiguration" in policy.doc
    ]
    inward = [policy for policy in tracking if not _disabled(policy)]
    values = dict(measured)
    if not inward or any(policy not in values or policy.below < MINUTES_IN for policy in inward):
        return
    now, current = region.timeline.now, int(service.doc["desiredCount"])
    deploying = any(deployment.in_progress for deployment in service.deployments)
    if deploying or now < max(target.in_until, target.out_until) or _suspended(target, "DynamicScalingIn"):
        return
    wanted, policy = max(
        ((math.ceil(current * values[policy] / _goal(policy)), policy) for policy in inward), key=lambda pair: pair[0]
    )
    lowest = target.doc["MinCapacity"]
    if current > lowest and _move(region, target, service, max(wanted, lowest), _cause(policy, 1)):
        target.in_until = now + _cooldown(policy, "ScaleInCooldown")
    elif current <= lowest and policy.below == MINUTES_IN:
        _not_scaled(region, target, _cause(policy, 1), {"Code": "AlreadyAtMinCapacity", "MinCapacity": lowest})


def _disabled(policy: Policy) -> bool:
    return bool(policy.doc["TargetTrackingScalingPolicyConfiguration"].get("DisableScaleIn"))


def _not_scaled(region: Region, target: Target, cause: str, reason: dict[str, Any]) -> None:
    """Note that nothing was done (the page on scaling activities, "Include not scaled activities")."""
    told = {"Description": "Attempting to scale due to alarm triggered", "Cause": cause, "StatusCode": "NotScaled"}
    note(region, target, {**told, "EndTime": region.timeline.stamp(), "NotScaledReasons": [reason]})
