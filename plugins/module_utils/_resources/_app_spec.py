# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AppSpec of a CodeDeploy deployment to an ECS service: what the next task set shall run.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .._errors import BadInput
from .._normal import snake

HOOKS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")


def hooks(given: dict[str, Any] | None) -> dict[str, str]:
    """Give the hooks by their names in an AppSpec; both spellings of a name are taken. Raises BadInput for others."""
    known = {spelling: name for name in HOOKS for spelling in (name, snake(name))}
    for name in given or {}:
        if name not in known:
            raise BadInput(f"code_deploy.hooks.{name}: no such hook for ECS; AWS takes {', '.join(HOOKS)}.")
    return {known[name]: str(function) for name, function in (given or {}).items()}


def written(service_arn: str, after: dict[str, Any], functions: dict[str, str]) -> str:
    """Write the AppSpec of a deployment to `after`, in the shape of CreateService: the same text for the same content.

    It names everything that it can, so that nothing depends on what CodeDeploy takes for what is left out.
    """
    properties: dict[str, Any] = {"TaskDefinition": _revision_arn(service_arn, after["taskDefinition"])}
    for balancer in (after.get("loadBalancers") or [])[:1]:
        properties["LoadBalancerInfo"] = _pascal(balancer, ("containerName", "containerPort"))
    if after.get("platformVersion"):
        properties["PlatformVersion"] = after["platformVersion"]
    network = (after.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network:
        lists = {name: sorted(network[name]) for name in ("subnets", "securityGroups") if network.get(name)}
        network = {"AwsvpcConfiguration": _pascal({**network, **lists}, (*lists, "assignPublicIp"))}
        properties["NetworkConfiguration"] = network
    if after.get("capacityProviderStrategy"):
        strategy = sorted(after["capacityProviderStrategy"], key=lambda item: str(item["capacityProvider"]))
        properties["CapacityProviderStrategy"] = [
            _pascal({"base": 0, "weight": 0, **item}, ("capacityProvider", "base", "weight")) for item in strategy
        ]
    target = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    document: dict[str, Any] = {"version": 0.0, "Resources": [target]}
    if functions:
        document["Hooks"] = [{name: functions[name]} for name in HOOKS if name in functions]
    return json.dumps(document, sort_keys=True)


def _pascal(item: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: item[name] for name in names if item.get(name) is not None}


def _revision_arn(service_arn: str, revision: str) -> str:
    """Give the ARN of a task definition; an AppSpec takes nothing else. It is of the service's account and region."""
    home = service_arn.partition(":service/")[0]
    return revision if revision.startswith("arn:") else f"{home}:task-definition/{revision}"
