# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a whole estate costs: apply, a loop over community.aws, and a script that only reads, as the floor.

A pair is a task definition and the service that runs it. `whole` is a whole ansible-playbook process, `module` the
module's own time (timing.total), `floor` the time of the script. Figures are medians of rounds that ran in turn; a
ratio is the median of the ratios of the rounds. Nobody waits for deployments.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from benchmark.account import CONTAINER
from benchmark.measure import BIN, HERE, REGION, say, subnets, taken, watched
from support.emulator import Emulator
from support.playbooks import environment

CLUSTER = "bench"
CASES = ("create", "no change", "one changed")
ROUNDS = {"create": 2, "no change": 5, "one changed": 3}
BASE = {"cpu": "256", "memory": "512", "network_mode": "awsvpc"}
LEGEND = """
whole: seconds of ansible-playbook with one apply task. module: its timing.total. floor: a script that only reads, in
batches and 16 threads. ms/pair: of the module. loop: ansible-playbook with community.aws in loops, ~ extrapolated from
the largest that was run. loop/: how many times faster apply is, as a whole process."""
COLUMNS = ("pairs", "ms", "case", "whole", "module", "floor", "/ floor", "ms/pair", "calls", "MiB", "loop", "loop/")


@dataclass
class Round:
    """One run: seconds of the whole process and of the module, calls, and the peak memory of a module in MiB."""

    whole: float
    module: float = 0.0
    calls: int = 0
    peak: float = 0.0
    floor: float | None = None


@dataclass
class Site:
    """The emulator's account with a number of pairs, and the tools that run against it."""

    emulator: Emulator
    home: Path
    pairs: int
    subnets: list[str] = field(default_factory=list)
    changed: int = 1  # the release of the first pair

    @property
    def names(self) -> list[str]:
        """Name the pairs."""
        return [f"bench-{number:05}" for number in range(self.pairs)]

    @property
    def env(self) -> dict[str, str]:
        """Give an environment in which all tools talk to the emulator."""
        return environment(self.emulator.url, self.home, AWS_DEFAULT_REGION=REGION, AWS_REGION=REGION)

    def empty(self, latency: float) -> None:
        """Begin anew, with nothing but a network."""
        self.emulator.reset()
        self.emulator.clock(speed=600)
        self.changed = 1
        self.subnets = subnets(self.emulator)
        self.emulator.control("latency", {"ms": latency})

    def apply(self) -> Round:
        """Run one task that applies a manifest of everything."""
        entries: list[dict[str, Any]] = [{"cluster": {"name": CLUSTER, "capacity_providers": ["FARGATE"]}}]
        for number, name in enumerate(self.names):
            image = f"web:{self.changed if number == 0 else 1}"
            definition = {"family": name, "container_definitions": [{**CONTAINER, "image": image}]}
            entries += [{"task_definition": definition}, {"service": {"name": name, "task_definition": name}}]
        network = {"awsvpc_configuration": {"subnets": self.subnets, "assign_public_ip": "DISABLED"}}
        service = {"cluster": CLUSTER, "desired_count": 1, "launch_type": "FARGATE", "wait": False}
        defaults = {
            "task_definition": {**BASE, "requires_compatibilities": ["FARGATE"]},
            "service": {**service, "network_configuration": network},
        }
        manifest = self.home / "estate.yml"
        manifest.write_text(yaml.safe_dump({"defaults": defaults, "resources": entries}), encoding="utf-8")
        return self._play([{"name": "apply", "longshore.ecs.apply": {"src": str(manifest)}}])

    def loop(self) -> Round:
        """Run two tasks of community.aws in loops over everything."""
        releases = [self.changed, *[1] * (self.pairs - 1)]
        pairs = [{"name": name, "release": release} for name, release in zip(self.names, releases, strict=True)]
        container = {**CONTAINER, "image": "web:{{ item.release }}"}
        definition = {**BASE, "family": "{{ item.name }}", "launch_type": "FARGATE", "containers": [container]}
        network = {"subnets": self.subnets, "assign_public_ip": False}
        revision = "{{ item.name }}:{{ item.release }}"
        service = {"name": "{{ item.name }}", "cluster": CLUSTER, "task_definition": revision, "desired_count": 1}
        more = {"launch_type": "FARGATE", "network_configuration": network, "state": "present"}
        loop = {"loop": pairs, "loop_control": {"label": "{{ item.name }}"}}
        return self._play(
            [
                {"community.aws.ecs_cluster": {"name": CLUSTER, "state": "present"}},
                {"community.aws.ecs_taskdefinition": {**definition, "state": "present"}, **loop},
                {"community.aws.ecs_service": {**service, **more}, **loop},
            ]
        )

    def floor(self) -> float:
        """Run the script that only reads; give its seconds."""
        command = [sys.executable, str(HERE / "reading.py"), CLUSTER, *self.names]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True)
        return float(json.loads(done.stdout)["seconds"])

    def _play(self, tasks: list[dict[str, Any]]) -> Round:
        book, times = self.home / "play.json", self.home / "times.jsonl"
        times.unlink(missing_ok=True)
        watcher, output = watched(self.home)
        book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        before, began = len(self.emulator.calls()), time.perf_counter()
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), str(book), "--extra-vars", f"ansible_python_interpreter={watcher}"],
            env={
                **self.env,
                "ANSIBLE_CALLBACKS_ENABLED": "stopwatch",
                "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
                "ANSIBLE_PIPELINING": "false",
                "STOPWATCH_FILE": str(times),
            },
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        whole = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        timing = json.loads(times.read_text(encoding="utf-8").splitlines()[-1])["timing"] or {}
        peak = max(peak for _cpu, peak in taken(output))
        return Round(whole, timing.get("total", 0.0), len(self.emulator.calls()) - before, peak)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this part of the benchmark takes."""
    parser.add_argument("--pairs", type=_numbers, default=[1, 20, 200], help="sizes of the estate (1,20,200)")
    parser.add_argument("--latency", type=_numbers, default=[0, 30], help="milliseconds added to each call (0,30)")
    parser.add_argument("--loop", type=_numbers, default=[20], help="sizes at which community.aws runs (20); 0: none")
    parser.add_argument("--rounds", type=int, help="how often each case runs (create 2, no change 5, one changed 3)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def run(options: argparse.Namespace) -> None:
    """Measure, and print a table or JSON."""
    result = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, Emulator() as emulator:
        for latency in options.latency:
            for pairs in options.pairs:
                site = Site(emulator, Path(folder), pairs)
                result += _measured(site, latency, options)
    _compare(result)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print(result)


def _measured(site: Site, latency: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    rows, loops = [], _loops(site, latency) if site.pairs in options.loop else {}
    for case in CASES:
        say(f"apply, {site.pairs} pairs, {latency} ms: {case}.")
        rounds = [_round(site, case, latency) for _number in range(options.rounds or ROUNDS[case])]
        figures = {name: statistics.median(getattr(item, name) for item in rounds) for name in ("whole", "module")}
        ratios = [item.module / item.floor for item in rounds if item.floor]
        rows.append(
            {
                "pairs": site.pairs,
                "ms": latency,
                "case": case,
                **figures,
                "floor": statistics.median(item.floor for item in rounds if item.floor) if ratios else None,
                "/ floor": statistics.median(ratios) if ratios else None,
                "ms/pair": figures["module"] * 1000 / site.pairs,
                "calls": rounds[-1].calls,
                "MiB": max(item.peak for item in rounds),
                "loop": loops.get(case),
            }
        )
    return rows


def _round(site: Site, case: str, latency: int) -> Round:
    if case == "create":
        site.empty(latency)
    if case == "one changed":
        site.changed += 1
    floor = site.floor() if case == "no change" else None
    measured = site.apply()
    measured.floor = floor
    return measured


def _loops(site: Site, latency: int) -> dict[str, float]:
    """Measure community.aws once in each case; give its seconds."""
    site.empty(latency)
    seconds = {}
    for case in CASES:
        say(f"community.aws, {site.pairs} pairs, {latency} ms: {case}.")
        site.changed += case == "one changed"
        seconds[case] = site.loop().whole
    return seconds


def _compare(rows: list[dict[str, Any]]) -> None:
    """Fill in, from the largest loop that was measured, what it would have taken at other sizes, and compare."""
    for row in rows:
        alike = [other for other in rows if other["loop"] and (other["ms"], other["case"]) == (row["ms"], row["case"])]
        near = max(alike, key=lambda other: int(other["pairs"]), default=None)
        row["extrapolated"] = bool(near) and not row["loop"]
        row["against"] = row["loop"] or (near and near["loop"] * row["pairs"] / near["pairs"])
        row["loop/"] = row["against"] / row["whole"] if row["against"] else None


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"\nWhole estates, medians:\n\n{'pairs':>6}{'ms':>4}  {'case':<12}", *(f"{name:>8}" for name in COLUMNS[3:]))
    for row in rows:
        loop = "" if row["against"] is None else f"{'~' if row['extrapolated'] else ''}{row['against']:.1f}"
        cells = [
            *(_cell(row[name], 2) for name in ("whole", "module", "floor", "/ floor")),
            *(_cell(row[name], 1) for name in ("ms/pair",)),
            *(_cell(row[name], 0) for name in ("calls", "MiB")),
            loop,
            _cell(row["loop/"], 0),
        ]
        print(f"{row['pairs']:>6}{row['ms']:>4}  {row['case']:<12}", *(f"{cell:>8}" for cell in cells))
    print(LEGEND)


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
