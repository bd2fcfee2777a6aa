# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An estate of 200 services, and an AWS that fails, throttles and lags, or a run that is killed.

Each time it converges, nothing is registered or created twice, nothing is lost, and what a run says of itself is what
AWS has. Every test prints its seed, and takes one from FAULT_SEED to be run again.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from support.emulator import Emulator
from support.estates import OWNER, Estate, Maker, cluster, family
from support.forked import Forked
from support.modules import ModuleRun

PAIRS = 200
NAMES = [f"s{number:03}" for number in range(PAIRS)]
KINDS = ("5xx", "reset", "lost", "timeout")
ONE_IN_TWENTY = 0.05
# A call that is not answered at all is given up after so many seconds, which are real ones.
IMPATIENT = {"read_timeout": 0.5}
KILLS = 20


@pytest.fixture
def dice() -> random.Random:
    """Give dice whose seed is known when a test fails."""
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(10**6))
    print(f"FAULT_SEED={seed}")
    return random.Random(seed)


def many(service: Maker, image: str = "web:1") -> Estate:
    """Give a manifest of all pairs."""
    return [*(service(name) for name in NAMES), *(family(name, image) for name in NAMES), cluster()]


class Account:
    """What AWS has, as somebody else would read it."""

    def __init__(self, client: Any) -> None:
        pages = client.get_paginator("list_task_definitions").paginate()
        arns = [arn for page in pages for arn in page["taskDefinitionArns"]]
        self.revisions = Counter(arn.rsplit("/", 1)[-1].partition(":")[0] for arn in arns)
        self.services: dict[str, dict[str, Any]] = {}
        clusters = client.describe_clusters(clusters=["shop"])["clusters"]
        living = any(item["status"] == "ACTIVE" for item in clusters)
        for start in range(0, PAIRS if living else 0, 10):
            shown = client.describe_services(cluster="shop", services=NAMES[start : start + 10])["services"]
            self.services.update({item["serviceName"]: item for item in shown if item["status"] == "ACTIVE"})

    def holds(self, number: int) -> None:
        """Expect every family in revision `number`, and every service to run that, once."""
        assert self.revisions == dict.fromkeys(NAMES, number)
        assert sorted(self.services) == NAMES
        for name, item in self.services.items():
            assert item["taskDefinition"].endswith(f"/{name}:{number}")
            assert (item["runningCount"], len(item["deployments"])) == (1, 1), item

    def agrees(self, result: dict[str, Any], number: int) -> None:
        """Expect that what a run says it has brought about, or has not, is what is there."""
        assert result["changed"] == bool(result["actions"])
        for entry in result["resources"]:
            name, outcome = entry["name"].rpartition("/")[2], entry["outcome"]
            if outcome == "failed":
                assert entry["failure"]["message"]
            elif entry["kind"] == "service":
                there = self.services.get(name, {"taskDefinition": ""})["taskDefinition"].endswith(f":{number}")
                assert there == (outcome != "skipped"), entry
            elif entry["kind"] == "task_definition":
                assert (self.revisions[name] == number) == (outcome != "skipped"), entry
        made = Counter(call["operation"] for call in result["actions"])
        written = [entry for entry in result["resources"] if entry.get("action", "none") != "none"]
        done = Counter(entry["kind"] for entry in written if entry["outcome"] == "done")
        uncertain = sum(entry["outcome"] == "failed" for entry in written)
        writes = made["RegisterTaskDefinition"], made["CreateService"] + made["UpdateService"]
        for told, kind in zip(writes, ("task_definition", "service"), strict=True):
            assert done[kind] <= told <= done[kind] + uncertain


def fail(emulator: Emulator, dice: random.Random, kinds: Sequence[str]) -> None:
    """Let one ECS call in twenty fail, in one of these ways."""
    common = {"operation": "*", "probability": ONE_IN_TWENTY / len(kinds)}
    emulator.control("faults", [{**common, "kind": kind, "seed": dice.randrange(10**6)} for kind in kinds])


def converged(run: Callable[[], dict[str, Any]], emulator: Emulator, client: Any, number: int) -> None:
    """Run until it succeeds, which the second time it must; compare each time what is told with what is there."""
    for last in (False, True):
        result = run()
        emulator.drop("faults")
        Account(client).agrees(result, number)
        if not result.get("failed"):
            break
        assert not last, result["msg"]
    Account(client).holds(number)


def settled(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    """Expect that nothing is left to do once AWS behaves."""
    for name in ("faults", "stale", "buckets"):
        emulator.drop(name)
    seen = len(emulator.calls())
    again = module.ok("apply", resources=estate, prune=OWNER)
    assert not again["changed"], again["plan"]
    assert emulator.writes(seen) == []


def failing(
    module: ModuleRun, emulator: Emulator, dice: random.Random, kinds: Sequence[str], estate: Estate
) -> Callable[[], dict[str, Any]]:
    """Give a run of the module during which calls fail."""

    def run() -> dict[str, Any]:
        fail(emulator, dice, kinds)
        result = module("apply", resources=estate, prune=OWNER, aws_config=IMPATIENT)
        assert sum(rule["hits"] for rule in emulator.control("faults")["faults"])
        return result

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_one_call_in_twenty_fails(
    kind: str, dice: random.Random, module: ModuleRun, emulator: Emulator, client: Callable[[str], Any], service: Maker
) -> None:
    """Calls that are refused, that break before or after they are carried out, or that nobody answers."""
    estate = many(service)
    converged(failing(module, emulator, dice, [kind], estate), emulator, client("ecs"), 1)
    settled(module, emulator, estate)


def test_a_release_and_an_end_of_everything_while_calls_fail(
    dice: random.Random, module: ModuleRun, emulator: Emulator, client: Callable[[str], Any], service: Maker
) -> None:
    ecs, released = client("ecs"), many(service, "web:2")
    module.ok("apply", resources=many(service), prune=OWNER)
    converged(failing(module, emulator, dice, KINDS, released), emulator, ecs, 2)
    settled(module, emulator, released)

    nothing = [{"cluster": {"name": "unrelated", "state": "absent"}}]
    end = failing(module, emulator, dice, KINDS, nothing)
    result = end()
    if result.get("failed"):
        result = end()
    assert not result.get("failed"), result["msg"]
    settled(module, emulator, nothing)
    left = Account(ecs)
    assert not left.services and not left.revisions


def test_throttling_as_aws_documents_it(
    module: ModuleRun, emulator: Emulator, client: Callable[[str], Any], service: Maker
) -> None:
    """Throttled calls cost time and nothing else: no more than registering takes, 20 at once and then one a second."""
    estate = many(service)
    emulator.control("buckets", {"enabled": True})
    result = module.ok("apply", resources=estate, prune=OWNER)
    assert result["timing"]["write"] < 1.1 * (PAIRS - 20)
    account = Account(client("ecs"))
    account.holds(1)
    account.agrees(result, 1)
    settled(module, emulator, estate)


def test_reads_that_lag_behind(
    module: ModuleRun, emulator: Emulator, client: Callable[[str], Any], service: Maker
) -> None:
    ecs = client("ecs")
    for number, image in enumerate(("web:1", "web:2"), 1):
        emulator.control("stale", {"seconds": 5})
        estate = many(service, image)
        result = module.ok("apply", resources=estate, prune=OWNER)
        emulator.drop("stale")
        account = Account(ecs)
        account.holds(number)
        account.agrees(result, number)
    settled(module, emulator, estate)


def test_runs_that_are_killed(
    dice: random.Random, module: ModuleRun, emulator: Emulator, client: Callable[[str], Any], service: Maker
) -> None:
    """Twenty runs, each of which dies after some call; a last one finishes, of the creation and of a release."""
    ecs, killed = client("ecs"), 0
    with Forked(emulator) as run:
        for number, image in enumerate(("web:1", "web:2"), 1):
            estate = many(service, image)
            for _kill in range(KILLS // 2):
                killed += run("apply", dice.randint(1, 3 * PAIRS), resources=estate, prune=OWNER) is None
                twice = [name for name, count in Account(ecs).revisions.items() if count > number]
                assert not twice
            converged(lambda estate=estate: module("apply", resources=estate, prune=OWNER), emulator, ecs, number)
            settled(module, emulator, estate)
    assert killed > KILLS // 2  # a run that has less to do than that ends by itself
    made = [call["params"] for call in emulator.calls() if call["operation"] == "CreateService"]
    whole = [params for params in made if params]  # a process that is killed may leave half a request
    tokens = Counter((params["serviceName"], params["clientToken"]) for params in whole)
    assert len(tokens) == PAIRS, "a service was asked for twice"
