# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever happens to a run: it converges, nothing is made twice, nothing is lost, and the report is true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.estates import OWNER, Estate, Maker, cluster, family, outcomes, planned
from support.modules import ModuleRun

PAIRS = 8
# Runs apply with the options on its standard input, in a process of its own that can be killed.
PROCESS = """
import json, sys
from support.emulator import Emulator
from support.modules import ModuleRun
emulator = Emulator.__new__(Emulator)
emulator.url = sys.argv[1]
print(json.dumps(ModuleRun(emulator)("apply", **json.load(sys.stdin))))
"""


@pytest.fixture
def many(service: Maker) -> Estate:
    """Give a manifest with some pairs of a task definition and a service."""
    names = [f"s{number}" for number in range(PAIRS)]
    return [*(service(name) for name in names), *(family(name) for name in names), cluster()]


def process(emulator: Emulator, **options: Any) -> subprocess.Popen[str]:
    """Begin a run in a process of its own."""
    started = subprocess.Popen(
        [sys.executable, "-c", PROCESS, emulator.url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdin
    started.stdin.write(json.dumps(options))
    started.stdin.close()
    started.stdin = None
    return started


def revisions(client: Callable[[str], Any]) -> dict[str, int]:
    """Count the active revisions of each family."""
    arns = client("ecs").list_task_definitions()["taskDefinitionArns"]
    return Counter(arn.rsplit("/", 1)[-1].partition(":")[0] for arn in arns)


def settled(module: ModuleRun, emulator: Emulator, **options: Any) -> None:
    """Expect that there is nothing left to do."""
    seen = len(emulator.calls())
    again = module.ok("apply", **options)
    assert not again["changed"], again["plan"]
    assert emulator.writes(seen) == []


def truth(result: dict[str, Any], module: ModuleRun) -> None:
    """Compare what the report says was done with what there is."""
    there = {
        item["name"] for item in module.ok("service_info", cluster="shop")["services"] if item["status"] != "INACTIVE"
    }
    for name, outcome in outcomes(result).items():
        if name.startswith("service ") and outcome in ("done", "unchanged"):
            assert name.rpartition("/")[2] in there


@pytest.mark.parametrize("kind", ["5xx", "reset", "lost"])
def test_answers_that_do_not_come(
    kind: str, module: ModuleRun, emulator: Emulator, many: Estate, client: Callable[[str], Any]
) -> None:
    """One call in nine is not answered, whether it was carried out or not."""
    emulator.control("faults", {"operation": "*", "kind": kind, "every": 9, "times": 8})
    result = module("apply", resources=many, prune=OWNER)
    truth(result, module)
    if result.get("failed"):
        module.ok("apply", resources=many, prune=OWNER)
    assert revisions(client) == {f"s{number}": 1 for number in range(PAIRS)}
    settled(module, emulator, resources=many, prune=OWNER)


def test_buckets_that_run_dry_only_take_time(
    module: ModuleRun, emulator: Emulator, many: Estate, client: Callable[[str], Any]
) -> None:
    sizes = {name: [2, 1] for name in ("task definition modify", "task definition read", "service modify")}
    emulator.control("buckets", {"enabled": True, "sizes": {**sizes, "service read": [3, 2], "cluster read": [2, 1]}})
    result = module.ok("apply", resources=many)
    assert result["changed"]
    assert revisions(client) == {f"s{number}": 1 for number in range(PAIRS)}
    settled(module, emulator, resources=many)


def test_reads_that_show_the_past(
    module: ModuleRun, emulator: Emulator, many: Estate, client: Callable[[str], Any]
) -> None:
    emulator.control("stale", {"reads": 2})
    module.ok("apply", resources=many)
    assert revisions(client) == {f"s{number}": 1 for number in range(PAIRS)}
    settled(module, emulator, resources=many)


@pytest.mark.parametrize("calls", [2, 20, 50])
def test_a_killed_run_is_finished_by_the_next(
    calls: int, module: ModuleRun, emulator: Emulator, many: Estate, client: Callable[[str], Any]
) -> None:
    with process(emulator, resources=many, prune=OWNER) as running:
        while running.poll() is None and len(emulator.calls()) < calls:
            pass
        running.kill()
    module.ok("apply", resources=many, prune=OWNER)
    assert revisions(client) == {f"s{number}": 1 for number in range(PAIRS)}
    settled(module, emulator, resources=many, prune=OWNER)


def test_two_runs_at_once_do_not_spoil_each_other(
    module: ModuleRun, emulator: Emulator, many: Estate, client: Callable[[str], Any]
) -> None:
    """What the one has done the other finds done, or says that it came too late; nothing is left half-way."""
    runs = [process(emulator, resources=many) for _run in range(2)]
    results = [json.loads(run.communicate(timeout=60)[0]) for run in runs]
    for result in results:
        codes = {entry["failure"]["code"] for entry in result["resources"] if entry["outcome"] == "failed"}
        assert codes <= {"Conflict", "Superseded", "InvalidParameterException", "ClientException"}, codes
        truth(result, module)
    module.ok("apply", resources=many)
    settled(module, emulator, resources=many)
    assert set(revisions(client)) == {f"s{number}" for number in range(PAIRS)}


def test_what_somebody_else_changes_after_the_plan_is_left_alone(
    module: ModuleRun, emulator: Emulator, service: Maker, client: Callable[[str], Any]
) -> None:
    """The first slice plans; before the second one writes, somebody changes the service."""
    estate = [service("web"), family("web"), cluster()]
    module.ok("apply", resources=estate)
    wanted = [service("web", desired_count=2), family("web"), cluster()]
    first = module("apply", _watch={}, resources=wanted)
    assert planned(first)["service shop/web"] == "update"
    client("ecs").update_service(cluster="shop", service="web", enableExecuteCommand=True, desiredCount=2)
    second = module("apply", _watch=first["_watch"]["token"], resources=wanted)
    assert not second["changed"] and "somebody else has done it" in str(second["resources"])

    wanted[0]["service"]["enable_execute_command"] = False
    wanted[0]["service"]["desired_count"] = 3
    first = module("apply", _watch={}, resources=wanted)
    client("ecs").update_service(
        cluster="shop", service="web", healthCheckGracePeriodSeconds=0, propagateTags="SERVICE"
    )
    wanted[0]["service"]["propagate_tags"] = "NONE"
    second = module("apply", _watch=first["_watch"]["token"], resources=wanted)
    assert second["failed"] and second["failure"]["code"] == "Conflict" and not second["changed"]
    assert "propagate_tags" in second["msg"]
