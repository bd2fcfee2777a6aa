# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service's deployment controller, scheduling strategy and capacity leave open to change."""

from __future__ import annotations

from typing import Any

from .._core import Ask, Found
from .._errors import BadInput, Blocked
from .._normal import CLEARED, snake
from . import _app_spec, _code_deploy, _strategies

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
    "CODE_DEPLOY": "CodeDeploy cannot do it either; change deployment_controller to ECS, or delete the service and "
    "create it anew",
    "EXTERNAL": "change the task sets, or change deployment_controller to ECS",
}


def controller_of(document: dict[str, Any]) -> str:
    """Name the deployment controller of a service; ECS where none is named."""
    return str((document.get("deploymentController") or {}).get("type") or "ECS")


def check_create(ask: Ask) -> None:
    """Refuse what CreateService would refuse, in the words of the options."""
    document = ask.document
    controller = controller_of(document)
    check_code_deploy(ask, controller)
    _strategies.check(document, controller)
    if controller == "EXTERNAL":
        given = [snake(name) for name in IN_TASK_SETS if document.get(name)]
        if given:
            raise BadInput(f"{', '.join(given)}: a service under the EXTERNAL controller has them in its task sets.")
        return
    if not document.get("taskDefinition"):
        raise BadInput("task_definition is required to create a service: give a family, family:revision or ARN.")
    if document.get("schedulingStrategy") != "DAEMON" and document.get("desiredCount") is None:
        raise BadInput("desired_count is required to create a service: say how many tasks it shall run; 0 is a number.")


def shared_out(found: Found, changes: set[str], ask: Ask) -> tuple[set[str], bool]:
    """Divide changes: which members UpdateService takes, and whether CodeDeploy has to make a deployment.

    Raises Blocked for what neither can do under the service's controller.
    """
    controller = controller_of(found.document)
    wanted = controller_of({**found.document, **ask.document})
    check_code_deploy(ask, wanted)
    allowed = ALLOWED.get(controller)
    if allowed is None or "deploymentController" in changes:
        return changes, False
    force = bool(ask.options.get("force_new_deployment"))
    carried = changes & set(_code_deploy.CARRIED) if controller == "CODE_DEPLOY" else set()
    refused = sorted(snake(name) for name in changes - allowed - carried)
    refused += [f"an empty {snake(name)}" for name in sorted(carried) if not ask.document.get(name)]
    if force and controller == "EXTERNAL":
        refused.append("force_new_deployment")
    if refused:
        raise Blocked(
            f"{', '.join(refused)} of the service {found.shown['serviceName']} cannot be changed while its deployment "
            f"controller is {controller}: {ELSEWHERE[controller]}."
        )
    return changes - carried, bool(carried) or (force and controller == "CODE_DEPLOY")


def check_code_deploy(ask: Ask, controller: str) -> None:
    """Refuse settings for CodeDeploy that it could not follow."""
    given, balancers = ask.options.get("code_deploy"), ask.document.get("loadBalancers") or []
    if given and controller != "CODE_DEPLOY":
        raise BadInput(
            f"code_deploy: the deployment controller of this service is {controller}, which does not ask CodeDeploy: "
            "leave code_deploy out, or set deployment_controller to CODE_DEPLOY."
        )
    if controller == "CODE_DEPLOY" and len(balancers) > 1:
        raise BadInput(
            f"load_balancers: CodeDeploy shifts the traffic of one target group, and {len(balancers)} are given: "
            "give the one that serves production now; the other of the pair belongs to the deployment group."
        )
    _app_spec.hooks((given or {}).get("hooks"))


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
