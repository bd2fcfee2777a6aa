# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto Scaling groups where moto differs: zones, types, Spot shares, versions, protection, draining and deletion.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-groups.html. In moto all instances of a group are of
one type in one subnet, go without their lifecycle hook, and stay behind when a group is deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

Document = dict[str, Any]

WAITING = "Terminating:Wait"
_WHOLE = 100

# Asked before an instance goes whether it has to be drained first; install.py names who answers.
asked: list[Callable[[Any, str], bool]] = []


class Refusal(ServiceException):
    """An error of Auto Scaling."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def install() -> None:
    """Replace what moto does otherwise."""
    group: Any = FakeAutoScalingGroup
    group.set_desired_capacity = set_desired
    if not getattr(group.update, "emulated", False):
        group.update = _keeping(group.update)
    group.replace_autoscaling_group_instances = lambda group, count, _tags: launch(group, count)
    state: Any = InstanceState
    state.launch_template = property(_template_of)
    backend: Any = AutoScalingBackend
    backend.terminate_instance = _terminate_instance
    response: Any = AutoScalingResponse
    response.delete_auto_scaling_group = _delete
    response.disable_metrics_collection = _disable_metrics


def _keeping(original: Callable[..., None]) -> Callable[..., None]:
    """Let an update that does not speak of mixed instances leave them; moto forgets them."""

    def update(group: Any, *args: Any, **changes: Any) -> None:
        held = group.mixed_instances_policy
        original(group, *args, **changes)
        if not changes.get("mixed_instances_policy") and not changes.get("launch_template"):
            group.mixed_instances_policy = held

    update.emulated = True  # type: ignore[attr-defined]
    return update


def in_service(group: Any) -> list[Any]:
    """The instances that count."""
    return [state for state in group.instance_states if state.lifecycle_state == "InService"]


def set_desired(group: Any, count: int | None) -> None:
    """Launch or terminate until the group has its size; protected instances stay, which leaves it larger.

    moto calls this for a group that is not made yet, too.
    """
    group.desired_capacity = group.min_size if count is None else count
    missing = (group.desired_capacity or 0) - len(in_service(group))
    if missing > 0:
        launch(group, missing)
    for _number in range(-missing):
        free = [state for state in in_service(group) if not state.protected_from_scale_in]
        if not free:
            break
        terminate(group, _surplus(group, free))
    _balance(group)


def _surplus(group: Any, free: list[Any]) -> Any:
    """Choose as the default termination policy does: the zone with the most instances, there the oldest template.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    zones = Counter(state.availability_zone for state in in_service(group))
    return min(free, key=lambda state: (-zones[state.availability_zone], version_of(state), state.instance_id))


def launch(group: Any, count: int) -> list[Any]:
    """Launch instances of the group's present template, each where there are the fewest."""
    template = group.ec2_launch_template
    version = template.get_version(group.launch_template_version) if template else None
    started = []
    for _number in range(count):
        subnet, zone = _place(group)
        kind, market = _kind(group)
        reservation = group.ec2_backend.run_instances(
            group.image_id,
            1,
            group.user_data,
            group.security_groups,
            instance_type=kind,
            tags={"instance": {**group.get_propagated_tags(), ASG_NAME_TAG: group.name, **group.instance_tags}},
            placement=zone,
            launch_config=group.launch_config,
            launch_template={"LaunchTemplateId": template.id, "Version": version.number} if version else None,
            is_instance_type_default=False,
            subnet_id=subnet,
            **({"instance_market_options": {"MarketType": "spot"}} if market == "spot" else {}),
        )
        for instance in reservation.instances:
            for interface in instance.nics.values():
                # The first interface of an instance goes with it (EC2 user guide, scenarios-enis); moto keeps it.
                interface.delete_on_termination = True
            instance.autoscaling_group = group
            state = InstanceState(instance, protected_from_scale_in=group.new_instances_protected_from_scale_in)
            state.version = str(version.number) if version else None  # type: ignore[attr-defined]
            group.instance_states.append(state)
            started.append(state)
    return started


def _place(group: Any) -> tuple[str | None, str]:
    """Choose the zone with the fewest instances, and a subnet there."""
    zones = Counter(state.availability_zone for state in in_service(group))
    if not group.vpc_zone_identifier:
        return None, min(group.availability_zones, key=lambda zone: zones[zone])
    subnets = group.ec2_backend.describe_subnets(subnet_ids=group.vpc_zone_identifier.split(","))
    chosen = min(subnets, key=lambda subnet: zones[subnet.availability_zone])
    return chosen.id, chosen.availability_zone


def _kind(group: Any) -> tuple[str, str]:
    """Give type and market of the next instance: the first override, and Spot as far as its share goes.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/mixed-instances-groups-set-up-overview.html
    """
    policy = group.mixed_instances_policy or {}
    overrides = policy.get("LaunchTemplate", {}).get("Overrides") or []
    kind = next((item["InstanceType"] for item in overrides if item.get("InstanceType")), group.instance_type)
    if not policy:
        return kind, "on-demand"
    distribution = policy.get("InstancesDistribution") or {}
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    given = distribution.get("OnDemandPercentageAboveBaseCapacity")
    share = _WHOLE if given is None else int(given)
    held = in_service(group)
    spot = sum(state.instance.lifecycle == "spot" for state in held)
    on_demand = len(held) - spot
    above = max(0, on_demand - base) + spot + 1
    wanted = base + -(-above * share // _WHOLE)
    return kind, "on-demand" if on_demand < base or on_demand < wanted else "spot"


def version_of(state: Any) -> int:
    """Give the version of the launch template that an instance was launched with; 0 without a template."""
    return int(getattr(state, "version", None) or 0)


def present_version(group: Any) -> int:
    """Give the version of the launch template that the group launches with; 0 without a template."""
    template = group.ec2_launch_template
    return int(template.get_version(group.launch_template_version).number) if template else 0


def _template_of(state: Any) -> Document | None:
    template = state.auto_scaling_group.ec2_launch_template if state.auto_scaling_group else None
    if template is None:
        return None
    version = getattr(state, "version", None) or str(template.default_version_number)
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": version}


def terminate(group: Any, state: Any) -> None:
    """Let an instance go: at once, or when its tasks have moved."""
    if any(drains_first(group, state.instance_id) for drains_first in asked):
        state.lifecycle_state = WAITING
    else:
        finish(group, state)


def finish(group: Any, state: Any) -> None:
    """End an instance for good."""
    group.instance_states = [item for item in group.instance_states if item is not state]
    if state.instance.state == "running":
        group.ec2_backend.terminate_instances([state.instance_id])
    _balance(group)


def _balance(group: Any) -> None:
    backend = group.autoscaling_backend
    if group.name in backend.autoscaling_groups:
        backend.update_attached_elbs(group.name)
        backend.update_attached_target_groups(group.name)


def _terminate_instance(backend: Any, instance_id: str, should_decrement: bool) -> Document:
    """TerminateInstanceInAutoScalingGroup: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/."""
    for group in backend.autoscaling_groups.values():
        for state in group.instance_states:
            if state.instance_id == instance_id:
                if should_decrement:
                    group.desired_capacity -= 1
                terminate(group, state)
                set_desired(group, group.desired_capacity)
                return {
                    "ActivityId": instance_id,
                    "AutoScalingGroupName": group.name,
                    "Description": f"Terminating EC2 instance: {instance_id}",
                    "Cause": "instance was taken out of service in response to a user request.",
                    "StartTime": state.instance.launch_time,
                    "StatusCode": "InProgress",
                    "Progress": 0,
                }
    text = f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
    raise Refusal("ValidationError", text)


def _disable_metrics(response: Any) -> ActionResult:
    """DisableMetricsCollection: of the metrics that are named, or of all."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    named = response._get_param("Metrics", [])
    group.metrics = [name for name in group.metrics if named and name not in named]
    return EmptyResult()


def _delete(response: Any) -> ActionResult:
    """DeleteAutoScalingGroup: with instances by force only, and then they go with it."""
    backend, name = response.autoscaling_backend, response._get_param("AutoScalingGroupName")
    group = backend.autoscaling_groups.get(name)
    if group is not None:
        if group.instance_states and not response._get_bool_param("ForceDelete", False):
            raise Refusal(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
                "still in the group.",
            )
        for state in list(group.instance_states):
            finish(group, state)
    backend.delete_auto_scaling_group(name)
    return EmptyResult()
