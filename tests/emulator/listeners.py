# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ECS asks of a load balancer's listener rules and of CloudWatch alarms during a deployment: moto's backends."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .neighbours import _backend as backend

if TYPE_CHECKING:
    from .region import Region

Document = dict[str, Any]

_HIGHEST_WEIGHT = 999


def rule(region: Region, reference: str) -> Any:
    """Find a listener rule by ARN, or the default rule of a listener by the listener's ARN; None if there is none."""
    for balancer in backend(region, "elbv2").load_balancers.values():
        for listener in balancer.listeners.values():
            for held in listener.rules.values():
                if reference == held.arn or (held.is_default and reference == listener.arn):
                    return held
    return None


def forward(region: Region, reference: str, shares: dict[str, float]) -> None:
    """Let a rule forward to target groups by shares in percent; a rule that is gone is left alone.

    An Application Load Balancer takes weights from 0 to 999 (Elastic Load Balancing API reference, TargetGroupTuple).
    That whole percents become weights as they are, and tenths the nearest of 999, is a guess.
    """
    found = rule(region, reference)
    if found is None:
        return
    held: Document = next((action.data for action in found.actions if action.type == "forward"), {})
    whole = all(share == int(share) for share in shares.values())
    scale = 1.0 if whole else _HIGHEST_WEIGHT / 100
    groups = [{"TargetGroupArn": arn, "Weight": round(share * scale)} for arn, share in shares.items()]
    config = {**held.get("ForwardConfig", {}), "TargetGroups": groups}
    make = importlib.import_module("moto.elbv2.models").FakeAction
    action = make({"Type": "forward", "Order": held.get("Order", 1), "ForwardConfig": config})
    found.actions = [*(other for other in found.actions if other.type != "forward"), action]
    for balancer in backend(region, "elbv2").load_balancers.values():
        if found.listener_arn in balancer.listeners:
            listener = balancer.listeners[found.listener_arn]
            if found.is_default:
                listener.default_actions = found.actions
            _attach(region, shares, listener.load_balancer_arn)


def _attach(region: Region, shares: dict[str, float], balancer: str) -> None:
    for arn in shares:
        group = backend(region, "elbv2").target_groups.get(arn)
        if group is not None and balancer not in group.load_balancer_arns:
            group.load_balancer_arns.append(balancer)


def alarm_states(region: Region, names: list[str]) -> dict[str, str]:
    """Give the states of the alarms that exist: OK, ALARM or INSUFFICIENT_DATA."""
    alarms = backend(region, "cloudwatch").alarms
    return {name: str(alarms[name].state_value) for name in names if name in alarms}
