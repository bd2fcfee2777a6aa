# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies that AWS takes as JSON text: read from text or a dictionary, and compared by what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._errors import BadInput

ACCOUNT_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
NUMBERS = frozenset({"rulePriority", "countNumber"})


def parsed(value: Any, option: str) -> dict[str, Any]:
    """Give a policy as a dictionary; empty text, or an empty dictionary, is no policy. Raises BadInput."""
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise BadInput(f"{option}: line {error.lineno}, column {error.colno} is not JSON: {error.msg}.") from None
    if not value or (isinstance(value, str) and not value.strip()):
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(f"{option}: it holds a {type(value).__name__}; give the policy as a dictionary or as JSON.")
    # YAML reads an unquoted Version as a date.
    return dict(json.loads(json.dumps(value, default=str)))


def access(value: Any, option: str) -> dict[str, Any]:
    """Read a policy that says who may do what."""
    policy = parsed(value, option)
    if policy and not policy.get("Statement"):
        raise BadInput(f"{option}: it has no Statement; an empty policy removes the one there is.")
    return policy


def lifecycle(value: Any, option: str) -> dict[str, Any]:
    """Read a lifecycle policy, whose members may be spelled as options are; without a rule it is no policy."""
    policy = _camel(parsed(value, option))
    if policy and not isinstance(policy.get("rules"), list):
        raise BadInput(f"{option}: it has no list of rules; an empty policy removes the one there is.")
    return dict(policy) if policy.get("rules") else {}


def _camel(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        spelled = {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): entry for key, entry in value.items()}
        return {key: _camel(entry, key) for key, entry in spelled.items()}
    if isinstance(value, list):
        return [_camel(entry) for entry in value]
    # Templates turn numbers into text, which ECR refuses.
    return int(value) if name in NUMBERS and isinstance(value, str) and value.isdigit() else value


def same_access(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Tell whether two policies mean the same.

    IAM takes one value for a list of one, the ID of an account for the ARN of its root user, and "*" for a principal
    {"AWS": "*"}; it knows no order of statements and values, and no case of actions (IAM user guide, "IAM JSON policy
    elements reference"). 2008-10-17 is the version of a policy that names none.
    """
    return _access(left) == _access(right)


def _access(policy: Mapping[str, Any]) -> dict[str, Any]:
    if not policy:
        return {}
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    parts = sorted((_statement(statement) for statement in statements), key=_text)
    return {"Version": "2008-10-17", **policy, "Statement": parts}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    return {name: _element(name, value) for name, value in statement.items() if value not in ("", [], {}, None)}


def _element(name: str, value: Any) -> Any:
    if name in ("Action", "NotAction"):
        return sorted({str(action).lower() for action in _listed(value)})
    if name in ("Principal", "NotPrincipal"):
        kinds = value if isinstance(value, Mapping) else {"AWS": value}
        return {kind: sorted({_account(entry) for entry in _listed(entries)}) for kind, entries in kinds.items()}
    if name == "Condition" and isinstance(value, Mapping):
        return {operator: {key: _values(entry) for key, entry in keys.items()} for operator, keys in value.items()}
    return _values(value) if name in ("Resource", "NotResource") else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values(value: Any) -> list[str]:
    """Give values as IAM reads them: all are text."""
    return sorted({str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in _listed(value)})


def _account(principal: Any) -> str:
    root = ACCOUNT_ROOT.fullmatch(str(principal))
    return root[1] if root else str(principal)


def same_lifecycle(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Tell whether two lifecycle policies mean the same: rules go by their priority, tags by no order."""
    return _rules(left) == _rules(right)


def _rules(policy: Mapping[str, Any]) -> list[Any]:
    return sorted((_rule(rule) for rule in policy.get("rules", [])), key=_text)


def _rule(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rule(entry) for name, entry in value.items() if entry not in (None, "", [], {})}
    return sorted(value, key=_text) if isinstance(value, list) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
