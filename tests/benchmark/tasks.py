# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs that finds nothing to change: ours, community.aws, and the least that is possible, side by side.

Every figure is a median over tasks that ran in turn within the same plays, so that a busy machine slows all alike;
a ratio is the median of the ratios of the single turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmark.account import Subject, fill, subjects
from benchmark.measure import REGION, Bench, say
from support.emulator import Emulator
from support.playbooks import environment

COLUMNS = ("ms", "/ floor", "/ ping", "calls", "cpu ms", "MiB")
PROCESSES = 3  # how often each process is watched


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this part of the benchmark takes."""
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=5, help="how often each task runs in a play (5)")
    parser.add_argument("--seconds", type=float, default=120, help="start no further play after so many seconds (120)")
    parser.add_argument("--pipelining", action="store_true", help="with Ansible's pipelining, which is off by default")


def run(options: argparse.Namespace) -> None:
    """Measure, and print a table or JSON."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, Emulator() as emulator:
        say("Filling the emulator.")
        tasks = subjects(fill(emulator, REGION))
        env = environment(emulator.url, Path(folder), AWS_DEFAULT_REGION=REGION, AWS_REGION=REGION)
        bench = Bench(env, Path(folder), options.pipelining)
        say("Counting calls.")
        counted = bench.play(tasks, calls=f"{emulator.url}/_emulator/calls")
        say("Watching processes.")
        processes = bench.processes(tasks * PROCESSES)
        seconds = _seconds(bench, tasks, options)
    taken = [processes[index :: len(tasks)] for index in range(len(tasks))]
    result = [
        _figures(task, seconds, line["calls"], used) for task, line, used in zip(tasks, counted, taken, strict=True)
    ]
    if options.json:
        print(json.dumps({"pipelining": options.pipelining, "tasks": result}, indent=2))
    else:
        _print(result, options)


def _seconds(bench: Bench, tasks: list[Subject], options: argparse.Namespace) -> dict[str, list[float]]:
    """Play the tasks in turn until the time is over; give the seconds that each took."""
    often, rarely = ([task for task in tasks if task.rarely is rare] for rare in (False, True))
    taken: dict[str, list[float]] = defaultdict(list)
    end, plays = time.monotonic() + options.seconds, 0
    while plays < 2 or time.monotonic() < end:
        plays += 1
        say(f"Play {plays}.")
        for line in bench.play([*often * options.rounds, *rarely]):
            taken[line["name"]].append(line["seconds"])
    return taken


def _figures(
    subject: Subject, seconds: dict[str, list[float]], calls: list[str], processes: list[tuple[float, float]]
) -> dict[str, Any]:
    cpu, peak = (statistics.median(values) for values in zip(*processes, strict=True))
    taken = seconds[subject.name]
    return {
        "task": subject.name,
        "ms": round(statistics.median(taken) * 1000),
        "/ floor": _ratio(taken, seconds[subject.floor]) if subject.floor else None,
        "/ ping": _ratio(taken, seconds["ping"]),
        "calls": len(calls),
        "cpu ms": round(cpu * 1000),
        "MiB": round(peak),
    }


def _ratio(taken: list[float], others: list[float]) -> float:
    """Compare each turn with the same turn of the other task, which ran just before: a busy moment slows both."""
    if len(taken) != len(others):
        return round(statistics.median(taken) / statistics.median(others), 2)
    return round(statistics.median(one / other for one, other in zip(taken, others, strict=True)), 2)


def _print(result: list[dict[str, Any]], options: argparse.Namespace) -> None:
    width = max(len(row["task"]) for row in result)
    print(f"\nTasks that find nothing to change, pipelining {'on' if options.pipelining else 'off'}, medians:\n")
    print(" " * width, *(f"{name:>8}" for name in COLUMNS))
    for row in result:
        print(f"{row['task']:<{width}}", *(f"{'' if row[name] is None else row[name]:>8}" for name in COLUMNS))
    print("\nms: in ansible-playbook, from start to result. calls: received by the emulator.")
    print("cpu ms, MiB: what the module's process took on the target.")
