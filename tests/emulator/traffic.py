# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which target group a deployment's tasks are in, and how much traffic each deployment gets.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html: the tasks of a new
revision go to the target group that the old ones are not in, so the two swap their roles with each deployment. The
service's own document keeps naming them as they were configured; which one serves is in the service revision.
"""

from __future__ import annotations

import copy
from typing import Any

from . import listeners, neighbours
from .errors import client_error, invalid_parameter
from .records import Deployment, Service
from .region import Region
from .stages import SHIFTING

Document = dict[str, Any]

_ALL = 100.0
_WORDS = {"BLUE_GREEN": "blue/green", "LINEAR": "linear", "CANARY": "canary"}
_NEEDED = ("alternateTargetGroupArn", "productionListenerRule", "roleArn")


def balancers(deployment: Deployment, source: Deployment | None, strategy: str) -> list[Document]:
    """Choose the target groups of a new deployment, given the one that is in service.

    A rolling deployment stays where the service is, as long as that is one of its two groups (a guess).
    """
    used = {balancer.get("targetGroupArn") for balancer in source.balancers} if source else set()
    chosen = []
    for balancer in deployment.settings.get("loadBalancers", []):
        entry = copy.deepcopy(balancer)
        groups = _groups(balancer)
        if len(groups) == 2:
            in_use = next((index for index, group in enumerate(groups) if group in used), None)
            shifted = strategy in SHIFTING
            entry["targetGroupArn"] = groups[0 if in_use is None else 1 - in_use if shifted else in_use]
        chosen.append(entry)
    return chosen


def _groups(balancer: Document) -> list[str]:
    """Give the target group and the alternate one, if there are both."""
    alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    return [balancer["targetGroupArn"], alternate] if alternate and "targetGroupArn" in balancer else []


def resolved(deployment: Deployment) -> Document:
    """Build the revision's resolvedConfiguration: the target groups that its tasks are really in."""
    entries = []
    for balancer in deployment.balancers:
        if "targetGroupArn" in balancer:
            entry = {"targetGroupArn": balancer["targetGroupArn"]}
            rule = balancer.get("advancedConfiguration", {}).get("productionListenerRule")
            entries.append({**entry, "productionListenerRule": rule} if rule else entry)
    return {"loadBalancers": entries} if entries else {}


def has_test_traffic(deployment: Deployment) -> bool:
    """Tell whether test traffic can be told apart: by a test listener rule, or by Service Connect.

    Service Connect takes requests with a header for test traffic
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-blue-green.html). Without either the
    weight stays 0 (a guess).
    """
    rules = [item.get("advancedConfiguration", {}).get("testListenerRule") for item in deployment.balancers]
    return any(rules) or bool(deployment.settings.get("serviceConnectConfiguration", {}).get("enabled"))


def shift_production(region: Region, service: Service, target: Deployment, share: float) -> None:
    """Send a share of production traffic to a deployment; the rest stays with the one that serves most."""
    others = [deployment for deployment in service.deployments if deployment is not target]
    rest = max(others, key=lambda deployment: deployment.production, default=None)
    for deployment in others:
        deployment.production = _ALL - share if deployment is rest else 0.0
    target.production = share
    _forward(region, service, target, "productionListenerRule", share)


def shift_test(region: Region, service: Service, target: Deployment) -> None:
    """Send all test traffic to a deployment."""
    if has_test_traffic(target):
        for deployment in service.deployments:
            deployment.test = 0.0
        target.test = _ALL
        _forward(region, service, target, "testListenerRule", _ALL)


def _forward(region: Region, service: Service, target: Deployment, member: str, share: float) -> None:
    if service.controller != "ECS":
        return
    for configured, actual in zip(target.settings.get("loadBalancers", []), target.balancers, strict=True):
        rule = configured.get("advancedConfiguration", {}).get(member)
        if rule and _groups(configured):
            shares = {
                group: share if group == actual["targetGroupArn"] else round(_ALL - share, 1)
                for group in _groups(configured)
            }
            listeners.forward(region, rule, shares)


# What is refused


def check(region: Region, doc: Document, held: Document) -> None:
    """Refuse load balancers that traffic cannot be shifted with.

    The first text is AWS's (terraform-aws-modules/terraform-aws-ecs#377, for linear); the others are guesses.
    """
    strategy = doc["deploymentConfiguration"]["strategy"]
    if strategy not in SHIFTING or doc["deploymentController"]["type"] != "ECS":
        return
    for balancer in doc["loadBalancers"]:
        _check_complete(balancer, strategy)
    if doc["loadBalancers"] != held.get("loadBalancers"):
        for balancer in doc["loadBalancers"]:
            _check_exists(region, balancer)


def _check_complete(balancer: Document, strategy: str) -> None:
    word = _WORDS[strategy]
    if "loadBalancerName" in balancer and "targetGroupArn" not in balancer:
        raise invalid_parameter(f"Classic Load Balancers are not supported with the {word} deployment strategy")
    if "advancedConfiguration" not in balancer:
        raise client_error(
            f"advancedConfiguration field is required for all loadBalancers when using the {word} deployment strategy"
        )
    for member in _NEEDED:
        if not balancer["advancedConfiguration"].get(member):
            raise invalid_parameter(f"{member} is required in advancedConfiguration.")
    if balancer["advancedConfiguration"]["alternateTargetGroupArn"] == balancer["targetGroupArn"]:
        raise invalid_parameter("The target group and the alternate target group must be different.")


def _check_exists(region: Region, balancer: Document) -> None:
    advanced = balancer["advancedConfiguration"]
    alternate = advanced["alternateTargetGroupArn"]
    if neighbours.target_group(region, alternate) is None:
        raise invalid_parameter(f"The target group with targetGroupArn {alternate} does not exist.")
    for member in ("productionListenerRule", "testListenerRule"):
        if member in advanced and listeners.rule(region, advanced[member]) is None:
            raise invalid_parameter(f"The listener rule {advanced[member]} does not exist.")
