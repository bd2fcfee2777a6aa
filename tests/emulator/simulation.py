# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SimulatePrincipalPolicy for roles, which moto lacks.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

A context value that a condition needs is never known here: such a statement does not match, and its keys are listed as
missing. Not modelled: permissions boundaries, NotResource, policy variables, and context entries in the request.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

_RANK = {"implicitDeny": 0, "allowed": 1, "explicitDeny": 2}


def install() -> None:
    """Teach moto's IAM the operation."""

    def simulate_principal_policy(response: Any) -> ActionResult:
        role = response.backend.get_role_by_arn(response._get_param("PolicySourceArn"))
        resources = response._get_param("ResourceArns", None) or ["*"]
        found = [_result(role, action, resources) for action in response._get_param("ActionNames")]
        return ActionResult({"EvaluationResults": found, "IsTruncated": False})

    IamResponse.simulate_principal_policy = simulate_principal_policy  # type: ignore[attr-defined]


def _result(role: Any, action: str, resources: list[str]) -> dict[str, Any]:
    statements = [statement for policy in _policies(role) for statement in _listed(policy["Statement"])]
    parts = [_part(statements, action, resource) for resource in resources]
    # For several resources the decision of all is the worst; AWS documents only those for each. A guess.
    worst = min(parts, key=lambda part: part["EvalResourceDecision"] == "allowed")
    return {
        "EvalActionName": action,
        "EvalResourceName": worst["EvalResourceName"],
        "EvalDecision": worst["EvalResourceDecision"],
        "MissingContextValues": worst["MissingContextValues"],
        "ResourceSpecificResults": parts,
    }


def _part(statements: list[dict[str, Any]], action: str, resource: str) -> dict[str, Any]:
    decision, missing = "implicitDeny", set()
    for statement in statements:
        if not _names(statement, action) or not _matches(_listed(statement.get("Resource", "*")), resource):
            continue
        if statement.get("Condition"):
            missing |= {key for keys in statement["Condition"].values() for key in keys}
            continue
        effect = "allowed" if statement["Effect"] == "Allow" else "explicitDeny"
        decision = max(decision, effect, key=lambda name: _RANK[name])
    return {"EvalResourceName": resource, "EvalResourceDecision": decision, "MissingContextValues": sorted(missing)}


def allows(role: Any, action: str, resource: str, context: dict[str, str]) -> bool:
    """Tell whether a role may do something, with the values that its conditions are about."""
    statements = [statement for policy in _policies(role) for statement in _listed(policy["Statement"])]
    fitting = [
        statement["Effect"]
        for statement in statements
        if _names(statement, action)
        and _matches(_listed(statement.get("Resource", "*")), resource)
        and _met(statement.get("Condition", {}), context)
    ]
    return "Allow" in fitting and "Deny" not in fitting


def _met(condition: dict[str, Any], context: dict[str, str]) -> bool:
    """Tell whether every test of a condition is met; the tests that there are compare texts and ARNs."""
    return all(
        key in context and _matches(_listed(values), context[key])
        for tests in condition.values()
        for key, values in tests.items()
    )


def _policies(role: Any) -> list[dict[str, Any]]:
    managed = [
        next(version.document for version in policy.versions if version.is_default)
        for policy in role.managed_policies.values()
    ]
    return [json.loads(document) for document in (*role.policies.values(), *managed)]


def _names(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(_listed(statement["NotAction"]), action, re.IGNORECASE)
    return _matches(_listed(statement.get("Action", [])), action, re.IGNORECASE)


def _matches(patterns: list[str], text: str, flags: int = 0) -> bool:
    """Match as policies do: `*` is any text, `?` any one character."""
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, flags) for pattern in patterns
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
