# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Auto Scaling group of a capacity provider: its ARN, and whether it protects its instances from scale-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._api import AwsError
from .._core import Ask, Call
from .._errors import BadInput
from .._normal import overlay
from . import _provider_rules
from ._provider_rules import GROUP

ARN, PROTECTION = "autoScalingGroupArn", "managedTerminationProtection"
AT_ONCE = 50  # instances that SetInstanceProtection takes (Amazon EC2 Auto Scaling, API reference)


def group_name(value: str) -> str:
    """Give the name of an Auto Scaling group that is given by its name or its ARN."""
    return value.rpartition("autoScalingGroupName/")[2]


def check(api: Any, have: dict[str, Any], ask: Ask) -> None:
    """Complete the group's ARN, and see that the group can do what is asked of it."""
    ask.notes.pop("unprotected", None)  # of a look before a call whose answer was lost
    group = ask.document[GROUP]
    after = overlay(have, group, api.type("AutoScalingGroupProvider"))
    _provider_rules.check_scaling(after)
    protects = after.get(PROTECTION) == "ENABLED" and have.get(PROTECTION) != "ENABLED"
    if group[ARN].startswith("arn:") and not protects:
        return
    name, place = group_name(group[ARN]), "auto_scaling_group_provider.auto_scaling_group_arn"
    try:
        found = api.read("DescribeAutoScalingGroups", "autoscaling", AutoScalingGroupNames=[name])["AutoScalingGroups"]
    except AwsError as error:
        ask.warnings.append(f"Cannot look at the Auto Scaling group {name}, so it is left to AWS to judge. {error}")
        return
    if not found:
        raise BadInput(
            f"{place}: there is no Auto Scaling group {name} in {api.region}; check the name and the region, or "
            "create it first."
        )
    if protects and not found[0].get("NewInstancesProtectedFromScaleIn"):
        if not ask.options.get("protect_instances"):
            raise BadInput(
                f"auto_scaling_group_provider.managed_termination_protection: the Auto Scaling group {name} does not "
                "protect new instances from scale-in, which this needs; set protect_instances=true to change that too, "
                "or managed_termination_protection to DISABLED."
            )
        ask.notes["unprotected"] = found[0]
    ask.document[GROUP] = {**group, ARN: found[0]["AutoScalingGroupARN"]}


def protection(ask: Ask) -> Iterator[Call]:
    """Plan the calls after which a group protects its instances, those that it has and new ones.

    ECS takes the protection away again from instances without tasks (managed-termination-protection of its guide).
    """
    group = ask.notes.get("unprotected")
    if group is None:
        return
    there, name = {"AutoScalingGroupName": group["AutoScalingGroupName"]}, "NewInstancesProtectedFromScaleIn"
    yield Call("UpdateAutoScalingGroup", {**there, name: True}, "autoscaling")
    ids = [item["InstanceId"] for item in group["Instances"] if not item.get("ProtectedFromScaleIn")]
    for start in range(0, len(ids), AT_ONCE):
        chosen = {"InstanceIds": ids[start : start + AT_ONCE], "ProtectedFromScaleIn": True}
        yield Call("SetInstanceProtection", {**there, **chosen}, "autoscaling")
