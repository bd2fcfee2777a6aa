# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: each exists, trusts who is to take it, and, as far as IAM's simulation tells, is allowed what it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from . import _needs
from ._check import Check, Finding, failed, ok, warning
from ._look import Look
from ._needs import Home, Need
from ._wish import SHIFTING, Wish

NAME = "roles"
TASKS, ECS = "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"
ASSUMING = ("sts:assumerole", "sts:*", "*")
NO_ROLE = "Create the role, or correct its name."


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check the execution role, the task role, and the roles with which ECS acts for the service."""
    execution = wish.definition.get("executionRoleArn")
    if execution:
        yield Check(NAME, f"execution role {execution}", partial(_execution, str(execution), wish, look))
    elif wish.definition:
        yield Check(NAME, "execution role", partial(_no_execution_role, wish))
    task = wish.definition.get("taskRoleArn")
    if task:
        yield Check(NAME, f"task role {task}", partial(_trusted, str(task), TASKS, look))
    for purpose, role, needs in infrastructure(wish):
        yield Check(NAME, f"role of {purpose} {role}".rstrip(), partial(_infrastructure, purpose, role, needs, look))


def infrastructure(wish: Wish) -> Iterator[tuple[str, str, list[Need]]]:
    """Give each part of the service for which ECS takes a role, the role, empty where it is missing, and its needs.

    For all but hooks AWS has managed policies, whose content is AWS's own affair.
    """
    for entry in wish.service.get("volumeConfigurations") or []:
        managed = entry.get("managedEBSVolume") or {}
        yield f"the volume {entry.get('name')}", str(managed.get("roleArn") or ""), []
    for entry in wish.service.get("loadBalancers") or []:
        advanced = entry.get("advancedConfiguration") or {}
        if advanced and wish.strategy in SHIFTING:
            yield f"the load balancer of {entry.get('containerName')}", str(advanced.get("roleArn") or ""), []
    for entry in wish.service.get("vpcLatticeConfigurations") or []:
        yield f"VPC Lattice for {entry.get('portName')}", str(entry.get("roleArn") or ""), []
    for entry in wish.deployment.get("lifecycleHooks") or []:
        if entry.get("targetType", "AWS_LAMBDA") == "AWS_LAMBDA":
            function = str(entry.get("hookTargetArn") or "")
            invoking = Need("invoke its function", ("lambda:InvokeFunction",), (function,))
            yield f"the hook {function}", str(entry.get("roleArn") or ""), [invoking]


def _infrastructure(purpose: str, reference: str, needs: list[Need], look: Look) -> Iterator[Finding]:
    if not reference:
        yield failed(f"ECS needs a role for {purpose}, and none is given.", "Give its role_arn.")
        return
    role = _role(reference, look)
    yield from _trust(reference, role, ECS)
    if role:
        for need in needs:
            yield _allowed(role["Arn"], need, look)


def _no_execution_role(wish: Wish) -> Iterator[Finding]:
    # The account and the partition only matter to the simulation; here the purposes are enough.
    needed = [need.purpose for need in _needs.of_execution_role(wish, Home("aws", "", wish.region))]
    if needed:
        yield failed(
            f"There is no execution role, and without one ECS cannot {', '.join(needed)}.",
            "Give execution_role_arn in the task definition.",
        )
    else:
        yield ok("No execution role is given, and none is needed.")


def _execution(reference: str, wish: Wish, look: Look) -> Iterator[Finding]:
    role = _role(reference, look)
    yield from _trust(reference, role, TASKS)
    if role:
        parts = role["Arn"].split(":")
        for need in _needs.of_execution_role(wish, Home(parts[1], parts[4], wish.region)):
            yield _allowed(role["Arn"], need, look)


def _trusted(reference: str, principal: str, look: Look) -> Iterator[Finding]:
    yield from _trust(reference, _role(reference, look), principal)


def _role(reference: str, look: Look) -> dict[str, Any] | None:
    answer = look.find("iam", "GetRole", ("NoSuchEntity",), RoleName=reference.rsplit("/", 1)[-1])
    return dict(answer["Role"]) if answer else None


def _trust(reference: str, role: dict[str, Any] | None, principal: str) -> Iterator[Finding]:
    if role is None:
        yield failed(f"There is no role '{reference}' in this account.", NO_ROLE)
    elif reference.startswith("arn:") and reference != role["Arn"]:
        yield failed(
            f"The role is '{role['Arn']}', and not '{reference}'.", "Correct the account or the path in its ARN."
        )
    elif not trusts(role.get("AssumeRolePolicyDocument"), principal):
        yield failed(
            f"The role '{role['RoleName']}' does not trust {principal}, so ECS cannot take it.",
            f"Allow sts:AssumeRole to the service {principal} in its trust policy.",
        )
    else:
        yield ok(f"The role '{role['RoleName']}' exists and trusts {principal}.")


def trusts(policy: Any, principal: str) -> bool:
    """Tell whether a trust policy lets a service take the role. Conditions are taken for met."""
    document = json.loads(policy) if isinstance(policy, str) else policy or {}
    return any(
        statement.get("Effect") == "Allow"
        and principal in _listed((statement.get("Principal") or {}).get("Service"))
        and any(action.lower() in ASSUMING for action in _listed(statement.get("Action")))
        for statement in _listed(document.get("Statement"))
        if isinstance(statement.get("Principal"), dict)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _allowed(role: str, need: Need, look: Look) -> Finding:
    """Ask IAM whether the role's own policies allow a need; policies of the resources and of the organization are
    not asked (SimulatePrincipalPolicy)."""
    answer = look.get(
        "iam",
        "SimulatePrincipalPolicy",
        PolicySourceArn=role,
        ActionNames=list(need.actions),
        ResourceArns=list(need.resources),
    )
    name = role.rsplit("/", 1)[-1]
    refused, uncertain = _refused(answer.get("EvaluationResults") or [])
    if not refused:
        return ok(f"The role '{name}' may {need.purpose}.")
    listed = "; ".join(f"{action} on '{resource}'" for action, resource in refused)
    if uncertain:
        return warning(
            f"Whether the role '{name}' may {need.purpose} depends on conditions that cannot be told: {listed}.",
            "Look at the conditions in its policies.",
        )
    return failed(
        f"The role '{name}' may not {need.purpose}: its policies do not allow {listed}.",
        "Allow it in a policy of the role; where a policy of the resource allows it, leave out the check roles.",
    )


def _refused(results: list[dict[str, Any]]) -> tuple[list[tuple[str, str]], bool]:
    """Give what was not allowed, and whether each time a condition without a known value decided."""
    refused, certain = [], False
    for result in results:
        for part in result.get("ResourceSpecificResults") or [result]:
            if (part.get("EvalResourceDecision") or part.get("EvalDecision")) == "allowed":
                continue
            refused.append((result["EvalActionName"], part.get("EvalResourceName", "*")))
            certain = certain or not (part.get("MissingContextValues") or result.get("MissingContextValues"))
    return refused, not certain
