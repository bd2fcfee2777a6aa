# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that dies at any of its calls is finished by running it again, and nothing is made twice.

The call is applied and its answer lost, and the run does not retry: what a killed process leaves behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun
from support.playbooks import BIN, environment

from .conftest import Shop

NO_RETRY = {"retries": {"total_max_attempts": 1}}
# After which of its calls a run dies: the first ones, then ever more coarsely; 40 calls are more than any run makes.
DEATHS = (1, 2, 3, 4, 5, 7, 10, 14, 20, 40)


def cluster(shop: Shop) -> tuple[str, dict[str, Any]]:
    return "cluster", {"name": "new", "capacity_providers": ["FARGATE"], "tags": {"a": "1"}}


def cluster_change(shop: Shop) -> tuple[str, dict[str, Any]]:
    return "cluster", {
        "name": "shop",
        "capacity_providers": ["FARGATE"],
        "settings": {"containerInsights": "enhanced"},
        "tags": {"a": "1"},
    }


def revision(shop: Shop) -> tuple[str, dict[str, Any]]:
    for number in range(4):
        shop.register(f"web:{number}")
    container = {"name": "web", "image": "web:new"}
    return "task_definition", {"family": "web", "memory": "512", "container_definitions": [container], "keep": 2}


def family_absent(shop: Shop) -> tuple[str, dict[str, Any]]:
    for number in range(3):
        shop.register(f"web:{number}")
    return "task_definition", {"family": "web", "state": "absent", "purge": True}


def service(shop: Shop) -> tuple[str, dict[str, Any]]:
    return "service", {**shop.base, "task_definition": shop.register(), "tags": {"a": "1"}}


def service_change(shop: Shop) -> tuple[str, dict[str, Any]]:
    shop.deploy(shop.register())
    options = {"desired_count": 3, "propagate_tags": "SERVICE", "tags": {"b": "2"}}
    return "service", {**shop.base, "task_definition": shop.register("web:2"), **options}


def service_absent(shop: Shop) -> tuple[str, dict[str, Any]]:
    shop.deploy(shop.register())
    return "service", {"name": "web", "cluster": "shop", "state": "absent"}


@pytest.mark.parametrize(
    "prepare", [cluster, cluster_change, revision, family_absent, service, service_change, service_absent]
)
def test_the_next_run_finishes(
    prepare: Callable[[Shop], tuple[str, dict[str, Any]]],
    emulator: Emulator,
    module: ModuleRun,
    client: Callable[[str], Any],
) -> None:
    for number in DEATHS:
        emulator.reset()
        emulator.clock(speed=0)
        subnets = sorted(subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"])[:2]
        name, options = prepare(Shop(module, subnets))
        before = len(client("ecs").list_task_definitions()["taskDefinitionArns"])
        emulator.control("faults", {"operation": "*", "kind": "lost", "every": number, "times": 1})
        died = module(name, aws_config=NO_RETRY, **options)
        assert emulator.control("faults")  # the rule is there, hit or not
        finished = module.ok(name, **options)
        again = module.ok(name, **options)
        assert again["changed"] is False
        assert finished[name] or options.get("state") == "absent"
        after = len(client("ecs").list_task_definitions()["taskDefinitionArns"])
        assert after <= before + (1 if name == "task_definition" else 0)
        if not died.get("failed"):
            return
    raise AssertionError("the run made more calls than expected")


@pytest.mark.parametrize("kind", ["lost", "reset", "5xx", "throttle"])
def test_a_lost_answer_registers_no_second_revision(
    kind: str, shop: Shop, emulator: Emulator, client: Callable[[str], Any]
) -> None:
    """RegisterTaskDefinition takes no token: a client that repeats the call makes two revisions."""
    shop.register("web:1")
    emulator.control("faults", {"operation": "RegisterTaskDefinition", "kind": kind, "times": 2})
    result = shop.module.ok("task_definition", **shop.definition("web:2"), keep=1)
    assert result["task_definition"]["revision"] == 2
    assert len(client("ecs").list_task_definitions()["taskDefinitionArns"]) == 1
    assert shop.module.ok("task_definition", **shop.definition("web:2"), keep=1)["changed"] is False


def test_ctrl_c_while_waiting_leaves_no_trace_but_the_deployment(
    shop: Shop, emulator: Emulator, tmp_path: Path
) -> None:
    shop.register()
    play = tmp_path / "play.yml"
    options = {**shop.base, **CONNECTION, "endpoint_url": emulator.url, "task_definition": "web"}
    variables = {"ansible_python_interpreter": sys.executable}
    play.write_text(str([{"hosts": "localhost", "gather_facts": False, "vars": variables,
                          "tasks": [{"longshore.ecs.service": options}]}]).replace("False", "false")
                    .replace("True", "true"), encoding="utf-8")  # fmt: skip
    with subprocess.Popen(
        [BIN / "ansible-playbook", play], env=environment(emulator.url, tmp_path), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        end = time.monotonic() + 30
        while "CreateService" not in emulator.operations() and time.monotonic() < end:
            process.poll()
        os.killpg(process.pid, signal.SIGINT)
        output = process.communicate(timeout=30)[0]
    assert "Traceback" not in output
    seen = len(emulator.calls())
    result = shop.deploy()
    assert not result["changed"] and emulator.writes(seen) == []
    assert result["service"]["running_count"] == 2
