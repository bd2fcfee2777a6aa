# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays whose tasks are measured: their time in ansible-playbook, their calls, and what their processes take."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from benchmark.account import Subject
from support.emulator import Emulator

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
KIB = 1024
REGION = "eu-central-1"

# Stands in for Python on the target: runs it, and writes down the CPU seconds and the KiB that it took.
WATCHER = """#!{python}
import json, resource, subprocess, sys
code = subprocess.run(["{python}", *sys.argv[1:]]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open("{output}", "a", encoding="utf-8") as output:
    output.write(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]) + chr(10))
sys.exit(code)
"""


def say(text: str) -> None:
    """Tell on stderr what goes on."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Bench:
    """Where plays are written and run."""

    env: dict[str, str]
    home: Path
    pipelining: bool

    def play(self, tasks: Iterable[Subject], python: str = sys.executable, calls: str = "") -> list[dict[str, Any]]:
        """Run tasks in one play, one after the other, and give the stopwatch's lines; nothing may change or fail."""
        book, times = self.home / "play.json", self.home / "times.jsonl"
        times.unlink(missing_ok=True)
        content = [subject.task for subject in tasks]
        book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": content}]), encoding="utf-8")
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), str(book), "--extra-vars", f"ansible_python_interpreter={python}"],
            env={**self.env, **self._settings(), "STOPWATCH_FILE": str(times), "STOPWATCH_CALLS": calls},
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
        )
        lines = _lines(times)
        wrong = [line for line in lines if line["failed"] or line["changed"]]
        if done.returncode or wrong or len(lines) != len(content):
            said = wrong or done.stdout + done.stderr
            raise RuntimeError(f"tasks that find nothing to change did not go well: {said}")
        return lines

    def processes(self, tasks: list[Subject]) -> list[tuple[float, float]]:
        """Run tasks; give the CPU seconds and the peak memory in MiB of each module's process."""
        watcher, output = watched(self.home)
        self.play(tasks, str(watcher))
        return taken(output)

    def _settings(self) -> dict[str, str]:
        return {
            "ANSIBLE_CALLBACKS_ENABLED": "stopwatch",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_PIPELINING": str(self.pipelining).lower(),
        }


def subnets(emulator: Emulator) -> list[str]:
    """Name two subnets of the default VPC."""
    settings = {"region_name": REGION, "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example"}
    shown = boto3.client("ec2", endpoint_url=emulator.url, **settings).describe_subnets()["Subnets"]
    return sorted(subnet["SubnetId"] for subnet in shown)[:2]


def watched(home: Path) -> tuple[Path, Path]:
    """Write a stand-in for Python that notes what its processes take; give its path, and where it notes that."""
    watcher, output = home / "python", home / "processes.jsonl"
    output.unlink(missing_ok=True)
    watcher.write_text(WATCHER.format(python=sys.executable, output=output), encoding="utf-8")
    watcher.chmod(0o755)
    return watcher, output


def taken(output: Path) -> list[tuple[float, float]]:
    """Give the CPU seconds and the peak memory in MiB of each process."""
    return [(cpu, peak / KIB) for cpu, peak in _lines(output)]


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
