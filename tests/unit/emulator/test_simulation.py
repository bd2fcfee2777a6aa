# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SimulatePrincipalPolicy: what the policies of a role come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::shop/*"}


def role(iam: Any, *statements: dict[str, Any]) -> str:
    """Make a role with these statements, and give its ARN."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    arn = iam.create_role(RoleName="exec", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName="exec", PolicyName="own", PolicyDocument=policy)
    return str(arn)


@pytest.mark.parametrize(
    ("statements", "resource", "expected"),
    [
        ([], "arn:aws:s3:::shop/a", "implicitDeny"),
        ([READ], "arn:aws:s3:::shop/a", "allowed"),
        ([READ], "arn:aws:s3:::other/a", "implicitDeny"),
        ([{**READ, "Action": ["S3:getobject"]}], "arn:aws:s3:::shop/a", "allowed"),
        ([{**READ, "Resource": "arn:aws:s3:::sh?p/*"}], "arn:aws:s3:::shop/a", "allowed"),
        ([READ, {**READ, "Effect": "Deny"}], "arn:aws:s3:::shop/a", "explicitDeny"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "arn:aws:s3:::shop/a", "allowed"),
    ],
)
def test_decisions(account: Any, statements: list[dict[str, Any]], resource: str, expected: str) -> None:
    """An explicit denial wins, and what nothing allows is denied."""
    iam = account.emulator.client("iam")
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role(iam, *statements), ActionNames=["s3:GetObject"], ResourceArns=[resource]
    )
    (result,) = answer["EvaluationResults"]
    (part,) = result["ResourceSpecificResults"]
    assert (result["EvalActionName"], result["EvalDecision"]) == ("s3:GetObject", expected)
    assert (part["EvalResourceName"], part["EvalResourceDecision"]) == (resource, expected)


def test_managed_policies_count(account: Any) -> None:
    """An attached policy of AWS is as good as one of the role's own."""
    iam = account.emulator.client("iam")
    arn = role(iam)
    iam.attach_role_policy(RoleName="exec", PolicyArn=EXECUTION)
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["logs:PutLogEvents", "logs:CreateLogGroup"], ResourceArns=["*"]
    )
    assert [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["allowed", "implicitDeny"]


def test_conditions_are_missing_values(account: Any) -> None:
    """What a condition needs is not known, and is named."""
    iam = account.emulator.client("iam")
    condition = {"StringEquals": {"aws:ResourceTag/team": "shop"}}
    arn = role(iam, {**READ, "Condition": condition})
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::shop/a"]
    )
    (result,) = answer["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:ResourceTag/team"])


def test_an_unknown_role_is_refused(account: Any) -> None:
    """As other operations on a role that does not exist."""
    iam = account.emulator.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/none", ActionNames=["s3:GetObject"]
        )
