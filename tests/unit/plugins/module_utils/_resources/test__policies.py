# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two policies mean, and what is no policy."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._resources import _policies

ROOT = "arn:aws:iam::123456789012:root"


def policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", **statement}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(), {"Statement": {"Action": ["ecr:*"], "Effect": "Allow"}, "Version": "2012-10-17"}),
        (policy(Principal="*"), policy(Principal={"AWS": "*"})),
        (policy(Principal={"AWS": ROOT}), policy(Principal={"AWS": "123456789012"})),
        (policy(Principal={"AWS": ROOT.replace("aws", "aws-cn", 1)}), policy(Principal={"AWS": ["123456789012"]})),
        (policy(Principal={"AWS": ["a", "b"]}), policy(Principal={"AWS": ["b", "a"]})),
        (
            policy(Action=["ecr:BatchGetImage", "ecr:ListImages"]),
            policy(Action=["ecr:listimages", "ecr:BatchGetImage"]),
        ),
        (policy(Condition={"Bool": {"a": True}}), policy(Condition={"Bool": {"a": ["true"]}})),
        (policy(Condition={"NumericLessThan": {"a": 5}}), policy(Condition={"NumericLessThan": {"a": "5"}})),
        (policy(Resource="x"), policy(Resource=["x"])),
        (policy(Sid=""), policy()),
        ({"Statement": []}, {"Version": "2008-10-17", "Statement": []}),
        ({}, {}),
    ],
)
def test_the_same_in_other_words(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert _policies.same_access(one, other) and _policies.same_access(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(), {}),
        (policy(), {**policy(), "Version": "2008-10-17"}),
        (policy(), policy(Effect="Deny")),
        (policy(), policy(Sid="x")),
        (policy(Principal={"AWS": "*"}), policy(NotPrincipal={"AWS": "*"})),
        (policy(Principal={"AWS": "x"}), policy(Principal={"Service": "x"})),
        (policy(Principal={"AWS": ROOT}), policy(Principal={"AWS": ROOT.replace("root", "role/root")})),
        (policy(Condition={"StringEquals": {"a": "X"}}), policy(Condition={"StringEquals": {"a": "x"}})),
        (policy(Condition={"StringEquals": {"a": "x"}}), policy(Condition={"StringLike": {"a": "x"}})),
        (policy(), {**policy(), "Statement": policy()["Statement"] * 2}),
    ],
)
def test_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not _policies.same_access(one, other) and not _policies.same_access(other, one)


def rule(priority: Any = 1, **selection: Any) -> dict[str, Any]:
    chosen = {
        "tagStatus": "tagged",
        "tagPatternList": ["a*", "b*"],
        "countType": "imageCountMoreThan",
        "countNumber": 1,
    }
    return {"rulePriority": priority, "selection": {**chosen, **selection}, "action": {"type": "expire"}}


def test_rules_of_a_lifecycle_go_by_their_priority() -> None:
    left, right = {"rules": [rule(1), rule(2)]}, {"rules": [rule(2), rule(1, tagPatternList=["b*", "a*"])]}
    assert _policies.same_lifecycle(left, right)
    assert _policies.same_lifecycle({"rules": [{**rule(), "description": ""}]}, {"rules": [rule()]})
    assert not _policies.same_lifecycle({"rules": [rule(1)]}, {"rules": [rule(2)]})
    assert not _policies.same_lifecycle({"rules": [rule()]}, {"rules": [rule(countNumber=2)]})


def test_a_lifecycle_may_be_spelled_as_options_are() -> None:
    given = {
        "rules": [
            {
                "rule_priority": "1",
                "selection": {
                    "tag_status": "tagged",
                    "tag_pattern_list": ["a_b*"],
                    "count_type": "imageCountMoreThan",
                    "count_number": "1",
                },
                "action": {"type": "expire"},
            }
        ]
    }
    assert _policies.lifecycle(given, "lifecycle_policy") == {"rules": [rule(tagPatternList=["a_b*"])]}


@pytest.mark.parametrize("value", ["", " ", {}, [], None])
def test_empty_is_no_policy(value: Any) -> None:
    assert _policies.access(value, "policy") == {} == _policies.lifecycle(value, "lifecycle_policy")


def test_a_lifecycle_without_rules_is_no_policy() -> None:
    assert _policies.lifecycle({"rules": []}, "lifecycle_policy") == {}


def test_a_version_that_yaml_takes_for_a_date_is_text() -> None:
    given = {**policy(), "Version": datetime.date(2012, 10, 17)}
    assert _policies.access(given, "policy") == policy() == _policies.access(json.dumps(policy()), "policy")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{"a": 1,\n}', "policy: line 2, column 1 is not JSON"),
        ("pull", "policy: line 1, column 1 is not JSON"),
        (["x"], "policy: it holds a list"),
        ("7", "policy: it holds a int"),
        ({"Version": "2012-10-17"}, "policy: it has no Statement"),
    ],
)
def test_what_is_no_policy_is_refused(value: Any, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        _policies.access(value, "policy")
    assert str(caught.value).startswith(words)
