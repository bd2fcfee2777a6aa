# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long apply takes to create thousands of services where AWS throttles as it documents: a simulation.

The module runs against the emulator's token buckets, and what it waits passes at once on the emulator's clock. The
bound is the time in which the fullest bucket lets so many calls through; nobody can be faster.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

from benchmark.measure import say, subnets
from support.emulator import Emulator
from support.estates import cluster, family, services_in
from support.modules import ModuleRun

# Bucket: the operation of a creation that draws from it.
BUCKETS = {
    "task definition modify": "RegisterTaskDefinition",
    "service modify": "CreateService",
}
SHARES = (1, 100)  # services to a family: with one, registering is the bound; with many, creating services is


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this part of the benchmark takes."""
    parser.add_argument("--services", type=int, default=5000, help="how many services are created (5000)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> None:
    """Simulate, print a table or JSON, and fail where apply failed or was more than a tenth slower than the bound."""
    rows = []
    for share in SHARES:
        say(f"{options.services} services, {share} to a family.")
        with Emulator() as emulator:
            rows.append(_simulated(emulator, options.services, share))
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows)
    if any(row["failed"] or row["/ bound"] > 1.1 for row in rows):
        sys.exit("apply failed, or was more than a tenth slower than the buckets allow")


def _simulated(emulator: Emulator, services: int, share: int) -> dict[str, Any]:
    emulator.reset()
    emulator.clock(speed=0)
    module = ModuleRun(emulator)
    made = services_in(subnets(emulator))
    families = [f"f{number:04}" for number in range(-(-services // share))]
    resources = [
        cluster(),
        *(family(name) for name in families),
        *(
            made(f"s{number:04}", task_definition=families[number // share], wait=False, desired_count=0)
            for number in range(services)
        ),
    ]
    buckets = emulator.control("buckets", {"enabled": True})["sizes"]
    began = time.perf_counter()
    result = module("apply", resources=resources)
    calls = emulator.calls()
    done = Counter(call["operation"] for call in calls if call["status"] == 200)
    refused = sum(call.get("error") == "ThrottlingException" for call in calls)
    bound = max((done[operation] - buckets[name][0]) / buckets[name][1] for name, operation in BUCKETS.items())
    timing = result.get("timing", {})
    return {
        "services": services,
        "families": len(families),
        "failed": result.get("msg") if result.get("failed") else None,
        "bound": bound,
        "seconds": timing.get("total", 0.0),
        "/ bound": timing.get("total", 0.0) / bound,
        "timing": timing,
        "calls": len(calls),
        "throttled": refused,
        "real": time.perf_counter() - began,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    names = ("services", "families", "bound", "seconds", "/ bound", "calls", "throttled", "real")
    print("\nCreating services under AWS's token buckets, in simulated seconds:\n")
    print(*(f"{name:>9}" for name in names))
    for row in rows:
        print(*(f"{row[name]:>9.2f}" if name == "/ bound" else f"{row[name]:>9.0f}" for name in names))
        if row["failed"]:
            print(row["failed"])
    print("\nbound: what the fullest bucket takes. real: seconds of the simulation itself.")
