# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies and tags of a repository, which have operations of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api import AwsError
from .._core import Call
from .._normal import snake
from . import _policies


@dataclass(frozen=True)
class Policy:
    """A policy of a repository: its member in documents, its text in the API, its operations, and its meaning."""

    member: str
    text: str
    get: str
    set: str
    remove: str
    parse: Callable[[Any, str], dict[str, Any]]
    same: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


POLICIES = (
    Policy(
        "policy",
        "policyText",
        "GetRepositoryPolicy",
        "SetRepositoryPolicy",
        "DeleteRepositoryPolicy",
        _policies.access,
        _policies.same_access,
    ),
    Policy(
        "lifecyclePolicy",
        "lifecyclePolicyText",
        "GetLifecyclePolicy",
        "PutLifecyclePolicy",
        "DeleteLifecyclePolicy",
        _policies.lifecycle,
        _policies.same_lifecycle,
    ),
)
SPELLINGS = {
    spelling: policy
    for policy in POLICIES
    for spelling in (policy.member, policy.text, snake(policy.member), snake(policy.text))
}


def accepted(given: dict[str, Any]) -> dict[str, Any]:
    """Read policies that are given as text or dictionaries, and tags as ECR spells them."""
    result: dict[str, Any] = {}
    for name, value in given.items():
        if name in SPELLINGS and value is not None:
            result[SPELLINGS[name].member] = SPELLINGS[name].parse(value, name)
        elif name == "tags" and isinstance(value, list):
            result[name] = [_lower(tag) for tag in value]
        else:
            result[name] = value
    return result


def _lower(tag: Any) -> Any:
    return {str(key).lower(): entry for key, entry in tag.items()} if isinstance(tag, Mapping) else tag


def beside(api: Any, arn: str, place: dict[str, Any], needed: set[str]) -> dict[str, Any]:
    """Read what DescribeRepositories does not show. What may not be read, and is not needed, is left out."""
    found: dict[str, Any] = {}
    for policy in POLICIES:
        try:
            text = api.read(policy.get, "ecr", **place)[policy.text]
            found[policy.member] = _policies.parsed(text, policy.member)
        except AwsError as error:
            if error.code.endswith("PolicyNotFoundException"):
                found[policy.member] = {}
            elif policy.member in needed or not error.code.startswith("AccessDenied"):
                raise
    try:
        tags = api.read("ListTagsForResource", "ecr", resourceArn=arn).get("tags", [])
        found["tags"] = [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]
    except AwsError as error:
        if "tags" in needed or not error.code.startswith("AccessDenied"):
            raise
    return found


def calls(place: dict[str, Any], after: dict[str, Any], changes: set[str], force: bool) -> Iterable[Call]:
    """Plan the calls that set the policies among `changes`, or remove those that `after` does not have."""
    for policy in POLICIES:
        if policy.member not in changes:
            continue
        if after.get(policy.member):
            forced = {"force": True} if force and policy.member == "policy" else {}
            text = {policy.text: json.dumps(after[policy.member])}
            yield Call(policy.set, {**place, **text, **forced}, "ecr")
        else:
            yield Call(policy.remove, place, "ecr")
