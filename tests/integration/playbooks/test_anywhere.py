# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook anywhere and its teardown, up to the door of the hosts: a stand-in plays the installation script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.playbooks import stepped

from .account import TEARDOWN, Account

ANYWHERE = "longshore.ecs.anywhere"
# Registers as the agents would, and notes it where the SSM agent does. It prints what it was given, as it should not.
INSTALL = """#!/bin/bash
set -eu
echo "$@"
echo "$@" >> {home}/said
while [ $# -gt 0 ]; do
  case "$1" in
    --cluster) cluster=$2 ;;
    --activation-id) id=$2 ;;
    --activation-code) code=$2 ;;
  esac
  shift
done
body='{{"cluster": "'$cluster'", "activation_id": "'$id'", "activation_code": "'$code'"}}'
answer=$(curl --fail --silent --data "$body" {url}/_emulator/external)
mkdir -p "$(dirname "$REGISTRATION")"
echo "$answer" | sed 's/.*"instance_id": *"\\([^"]*\\)".*/{{"ManagedInstanceID": "\\1"}}/' > "$REGISTRATION"
"""
REMOVE = "#!/bin/bash\nrm -f {home}/ssm/*\n"
PLANNED = {
    "longshore.ecs.workload : Plan what each role may do": "longshore.ecs.workload : Write what each role may do",
    "longshore.ecs.external_capacity : Plan the attributes of the instances": (
        "longshore.ecs.external_capacity : Give the instances their attributes"
    ),
    "longshore.ecs.external_capacity : Plan the installation": "longshore.ecs.external_capacity : Run the script",
    "longshore.ecs.external_capacity : Plan the removal of the agents": (
        "longshore.ecs.external_capacity : Stop and remove the agents"
    ),
}


@pytest.fixture
def still(server: Emulator, tmp_path: Path) -> Account:
    """Give an account whose clock stands still but for what modules sleep."""
    server.reset()
    server.clock(speed=0)
    account = Account(server, tmp_path)
    account.environment = stepped(account.environment, server.url)
    return account


class Hosts:
    """An inventory of two hosts, which are this one, with a stand-in for the script."""

    def __init__(self, account: Account) -> None:
        self.account, self.home = account, account.home
        self.inventory = self.home / "hosts.yml"
        self.inventory.write_text(json.dumps({"external": {"hosts": {name: self._host(name) for name in ("a", "b")}}}))
        (self.home / "install.sh").write_text(INSTALL.format(home=self.home, url=account.emulator.url))
        (self.home / "remove.sh").write_text(REMOVE.format(home=self.home))
        self.variables: dict[str, Any] = {
            "external_capacity_become": False,
            "external_capacity_remove_script": str(self.home / "remove.sh"),
            "external_capacity_attributes": {"rack": "r1"},
            "external_capacity_progress": False,
        }

    def _host(self, name: str) -> dict[str, Any]:
        script = self.home / f"install-{name}.sh"
        note = self.home / "ssm" / name
        script.write_text(f'#!/bin/bash\nREGISTRATION={note} exec bash {self.home}/install.sh "$@"\n')
        host = {"ansible_connection": "local", "external_capacity_registration": str(note)}
        return {**host, "external_capacity_script": str(script)}

    def play(self, name: str, *options: str, **more: Any) -> Any:
        return self.account.play(name, "-i", str(self.inventory), *options, **{**self.variables, **more})


def instances(account: Account) -> list[dict[str, Any]]:
    ecs = account.client("ecs")
    arns = ecs.list_container_instances(cluster="demo-hello")["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster="demo-hello", containerInstances=arns) if arns else {}
    return list(found.get("containerInstances", []))


def planned(names: list[str]) -> set[str]:
    return {PLANNED.get(name, name) for name in names}


def test_hosts_come_and_go(still: Account) -> None:
    hosts = Hosts(still)
    plan = hosts.play(ANYWHERE, "--check").ok()
    assert still.written == []
    built = hosts.play(ANYWHERE).ok()
    _check_secrecy(still, built)
    assert still.written.count("CreateActivation") == still.written.count("DeleteActivation") == 1
    assert still.client("ssm").describe_activations()["ActivationList"] == []
    there = instances(still)
    assert len(there) == 2 and all(item["ec2InstanceId"].startswith("mi-") for item in there)
    assert all({"name": "rack", "value": "r1"} in item["attributes"] for item in there)
    service = still.service(name="hello-worker")
    assert (service["launchType"], service["runningCount"]) == ("EXTERNAL", service["desiredCount"])
    assert planned(plan.changed) == set(built.changed)

    again = hosts.play(ANYWHERE).ok()
    assert again.changed == [] and still.written == []

    of = {"teardown_of": "anywhere"}
    plan = hosts.play(TEARDOWN, "--check", **of).ok()
    assert still.written == []
    removed = hosts.play(TEARDOWN, **of).ok()
    assert planned(plan.changed) == set(removed.changed)
    assert still.leftovers() == {}
    assert {"DeregisterContainerInstance", "DeregisterManagedInstance"} <= set(still.written)
    assert still.client("ssm").describe_instance_information()["InstanceInformationList"] == []
    again = hosts.play(TEARDOWN, **of).ok()
    assert again.changed == [] and still.written == []


def _check_secrecy(account: Account, run: Any) -> None:
    """The code was used, and stands nowhere in what Ansible said."""
    said = (account.home / "said").read_text().split()
    codes = {said[index + 1] for index, word in enumerate(said) if word == "--activation-code"}
    assert len(codes) == 1
    assert not any(code in run.output or code in run.errors for code in codes)


def test_without_an_inventory_there_is_a_cluster_alone(still: Account) -> None:
    run = still.play(ANYWHERE).ok()
    assert "no hosts in the group external" in run.task("Say that there are no hosts").result["msg"]
    assert set(still.leftovers()) == {"clusters"}


def test_a_script_that_fails_says_why_and_leaves_no_activation(still: Account) -> None:
    hosts = Hosts(still)
    (hosts.home / "install.sh").write_text('#!/bin/bash\necho "no way out to AWS with $@" >&2\nexit 3\n')
    run = hosts.play(ANYWHERE)
    said = run.failed[-1].result["msg"]
    assert "The installation script failed with 3: no way out to AWS with --region us-east-1" in said
    assert "--activation-code ********" in said
    assert still.client("ssm").describe_activations()["ActivationList"] == []
