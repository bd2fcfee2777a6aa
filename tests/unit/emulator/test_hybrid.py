# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations of Systems Manager, and hosts that register with them."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture
def ssm(account: Any) -> Any:
    """Systems Manager of an account with a role for hosts."""
    iam = account.emulator.client("iam")
    statement = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="anywhere", AssumeRolePolicyDocument=policy)
    return account.emulator.client("ssm")


def register(account: Any, made: Any, cluster: str = "c") -> str:
    body = {"cluster": cluster, "activation_id": made["ActivationId"], "activation_code": made["ActivationCode"]}
    return str(account.emulator.control("external", body)["instance_id"])


def refused(account: Any, made: Any, **changes: str) -> str:
    body = {"cluster": "c", "activation_id": made["ActivationId"], "activation_code": made["ActivationCode"]}
    return str(account.emulator.refused("external", {**body, **changes}))


def test_a_host_registers_with_both_services(account: Any, ssm: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-registration.html"""
    made = ssm.create_activation(IamRole="anywhere", DefaultInstanceName="rack", RegistrationLimit=1)
    name = register(account, made)
    assert name.startswith("mi-")
    (node,) = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [name]}])[
        "InstanceInformationList"
    ]
    assert (node["ResourceType"], node["Name"]) == ("ManagedInstance", "rack")
    arns = account.ecs.list_container_instances(cluster="c")["containerInstanceArns"]
    (shown,) = account.ecs.describe_container_instances(cluster="c", containerInstances=arns)["containerInstances"]
    assert shown["ec2InstanceId"] == name
    (activation,) = ssm.describe_activations()["ActivationList"]
    assert (activation["RegistrationsCount"], activation["Expired"]) == (1, False)
    assert "no registrations left" in refused(account, made)
    ssm.deregister_managed_instance(InstanceId=name)
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    with pytest.raises(ssm.exceptions.InvalidInstanceId):
        ssm.deregister_managed_instance(InstanceId=name)


def test_what_is_not_valid_registers_nobody(account: Any, ssm: Any) -> None:
    """API_CreateActivation: it expires after a day, unless told otherwise."""
    made = ssm.create_activation(IamRole="anywhere", RegistrationLimit=5)
    assert "not valid" in refused(account, made, activation_code="other")
    assert "no cluster nope" in refused(account, made, cluster="nope")
    account.emulator.step(86401)
    assert "expired" in refused(account, made)
    ssm.delete_activation(ActivationId=made["ActivationId"])
    assert "not valid" in refused(account, made)
    with pytest.raises(ssm.exceptions.InvalidActivation):
        ssm.delete_activation(ActivationId=made["ActivationId"])


def test_a_role_must_trust_systems_manager(account: Any, ssm: Any) -> None:
    """terraform-provider-aws, internal/service/ssm."""
    with pytest.raises(Exception, match="Nonexistent role or missing ssm service principal"):
        ssm.create_activation(IamRole="nobody")
