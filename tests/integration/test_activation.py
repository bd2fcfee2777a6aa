# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations for hosts outside of EC2: made with each run, used, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

Client = Callable[[str], Any]
NAME = "shop-external"
WANTED = {"name": NAME, "iam_role": "anywhere"}


def make_role(client: Client, name: str = "anywhere", service: str = "ssm.amazonaws.com") -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)


def test_an_activation_is_made_used_and_deleted(module: ModuleRun, emulator: Emulator, client: Client) -> None:
    make_role(client)
    module.ok("cluster", name="shop")
    seen = len(emulator.calls())
    predicted = module.ok("activation", True, **WANTED, registration_limit=2, tags={"a": "1"})
    assert predicted["changed"] and predicted["activation_code"] == "" and emulator.writes(seen) == []
    made = module.ok("activation", **WANTED, registration_limit=2, tags={"a": "1"})
    assert [call["operation"] for call in made["actions"]] == ["CreateActivation"]
    assert made["activation_code"] not in str(made["actions"])
    given = {"cluster": "shop", "activation_id": made["activation_id"], "activation_code": made["activation_code"]}
    node = emulator.control("external", given)["instance_id"]
    (found,) = module.ok("container_instance_info", cluster="shop")["container_instances"]
    assert found["ec2_instance_id"] == node and node.startswith("mi-")
    assert "ecs.capability.external" in found["attributes"]
    alone = {"cluster": "shop", "ec2_instance_id": [node], "state": "deregistered", "managed_node": True}
    predicted = module.ok("container_instance", True, **alone)
    done = module.ok("container_instance", **alone)
    assert predicted["actions"] == done["actions"]
    made_calls = [call["operation"] for call in done["actions"]]
    assert made_calls == ["DeregisterContainerInstance", "DeregisterManagedInstance"]
    for check in (True, False):
        assert not module.ok("container_instance", check, **alone)["changed"]
    (shown,) = module.ok("activation", True, name=NAME, state="absent")["activations"]
    assert (shown["registrations_count"], shown["registration_limit"]) == (1, 2)
    gone = module.ok("activation", name=NAME, state="absent")
    assert [call["operation"] for call in gone["actions"]] == ["DeleteActivation"]
    for check in (True, False):
        assert not module.ok("activation", check, name=NAME, state="absent")["changed"]
    assert not module.ok("activation", activation_id=made["activation_id"], state="absent")["changed"]


def test_a_role_that_is_new_is_waited_for(module: ModuleRun, emulator: Emulator, client: Client) -> None:
    make_role(client)
    words = "Nonexistent role or missing ssm service principal in trust policy: arn:aws:iam::123456789012:role/anywhere"
    fault = {"service": "ssm", "operation": "CreateActivation", "kind": "error", "code": "ValidationException"}
    emulator.control("faults", {**fault, "status": 400, "message": words, "times": 3})
    assert module.ok("activation", **WANTED)["activation_id"]
    make_role(client, "other", "ec2.amazonaws.com")
    assert "missing ssm service principal" in module.refused("activation", name=NAME, iam_role="other")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "name is required to make an activation"),
        ({"iam_role": None}, "iam_role is required"),
        (
            {"registration_limit": 1001},
            "registration_limit: 1001 is out of range; AWS wants more than 0 and",
        ),
        ({"expires_in_hours": 721}, "expires_in_hours: 721 is out of range"),
        ({"activation_id": "a"}, "activation_id: AWS chooses it"),
        ({"state": "absent", "activation_id": "a"}, "name, activation_id: give one of them"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    module: ModuleRun, emulator: Emulator, options: dict[str, Any], words: str
) -> None:
    assert words in module.refused("activation", **{**WANTED, **options})
    assert emulator.writes() == []
