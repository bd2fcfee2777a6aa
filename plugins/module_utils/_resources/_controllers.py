# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service's deployment controller, scheduling strategy and capacity leave open to change."""

from __future__ import annotations

from typing import Any

from .._core import Ask, BadInput, Blocked, Found
from .._normal import CLEARED, snake

# What UpdateService takes for a service whose deployments another controller makes (API reference, UpdateService).
EXTERNAL = frozenset(
    {
        "deploymentController",
        "desiredCount",
        "enableECSManagedTags",
        "healthCheckGracePeriodSeconds",
        "placementConstraints",
        "placementStrategy",
        "propagateTags",
    }
)
ALLOWED = {"CODE_DEPLOY": EXTERNAL | {"deploymentConfiguration"}, "EXTERNAL": EXTERNAL}

# What belongs to the task sets of an EXTERNAL service, not to the service (CreateService, deploymentController).
IN_TASK_SETS = (
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceRegistries",
    "taskDefinition",
)
ELSEWHERE = {
    "CODE_DEPLOY": "deploy through AWS CodeDeploy, or change deployment_controller to ECS",
    "EXTERNAL": "change the task sets, or change deployment_controller to ECS",
}


def controller_of(document: dict[str, Any]) -> str:
    """Name the deployment controller of a service; ECS where none is named."""
    return str((document.get("deploymentController") or {}).get("type") or "ECS")


def check_create(ask: Ask) -> None:
    """Refuse what CreateService would refuse, in the words of the options."""
    document = ask.document
    controller = controller_of(document)
    if controller == "EXTERNAL":
        given = [snake(name) for name in IN_TASK_SETS if document.get(name)]
        if given:
            raise BadInput(f"{', '.join(given)}: a service under the EXTERNAL controller has them in its task sets.")
        return
    if not document.get("taskDefinition"):
        raise BadInput("task_definition is required to create a service: give a family, family:revision or ARN.")
    if document.get("schedulingStrategy") != "DAEMON" and document.get("desiredCount") is None:
        raise BadInput("desired_count is required to create a service: say how many tasks it shall run; 0 is a number.")


def check_update(found: Found, changes: set[str], ask: Ask) -> None:
    """Refuse changes that UpdateService does not take under the service's controller."""
    controller = controller_of(found.document)
    allowed = ALLOWED.get(controller)
    if allowed is None or "deploymentController" in changes:
        return
    refused = sorted(snake(name) for name in changes - allowed)
    if ask.options.get("force_new_deployment"):
        refused.append("force_new_deployment")
    if refused:
        raise Blocked(
            f"{', '.join(refused)} of the service {found.shown['serviceName']} cannot be changed while its deployment "
            f"controller is {controller}: {ELSEWHERE[controller]}."
        )


def check_daemon(ask: Ask) -> None:
    """A DAEMON service has one task on each instance: it takes neither a count nor a placement strategy."""
    document, given = ask.document, ask.options.get("given", frozenset())
    if document.pop("desiredCount", None) is not None and "desiredCount" in given:
        raise BadInput("desired_count: a DAEMON service runs one task on each instance; leave desired_count out.")
    if document.get("placementStrategy"):
        raise BadInput("placement_strategy: a DAEMON service runs on every instance; leave placement_strategy out.")
    if document.get("deploymentConfiguration") == CLEARED["DeploymentConfiguration"]:
        document["deploymentConfiguration"] = {
            **CLEARED["DeploymentConfiguration"],
            "maximumPercent": 100,
            "minimumHealthyPercent": 0,
        }


def adopt_capacity(have: dict[str, Any], ask: Ask) -> None:
    """A service has a launch type or a strategy, never both; giving the one replaces the other.

    To go back to a launch type, the API wants the strategy emptied (UpdateService, capacityProviderStrategy).
    """
    if ask.document.get("launchType") and have.get("capacityProviderStrategy"):
        del ask.document["launchType"]
        ask.document["capacityProviderStrategy"] = []
    if ask.document.get("capacityProviderStrategy"):
        have.pop("launchType", None)
