# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the playbook longshore.ecs.demo, show its steps and its summary, and leave no process behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PLAYBOOK = [sys.executable, "-m", "ansible", "playbook", "longshore.ecs.demo"]
STOP = [sys.executable, str(Path(__file__).resolve().parent.parent / "playbooks" / "files" / "emulator.py"), "stop"]
STEP = re.compile(r"TASK \[Step: (.+?)\]")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
QUIET = {
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_NOCOLOR": "true",
    "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
}


def interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def follow(playbook: subprocess.Popen[str]) -> str:
    """Show each step as it begins, and keep everything that was said."""
    said = []
    for line in playbook.stdout or ():
        said.append(line)
        if step := STEP.match(line):
            print(f"  {step.group(1)} ...", flush=True)
    playbook.wait()
    return "".join(said)


def end(playbook: subprocess.Popen[str]) -> None:
    """End what the playbook started, and let nobody interrupt this."""
    for sign in SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    subprocess.run([*STOP, str(playbook.pid)], start_new_session=True, check=False)
    playbook.wait()


def main() -> int:
    for sign in SIGNALS:
        signal.signal(sign, interrupt)
    print("Deployments to Amazon ECS, with an emulator in place of AWS. They take about three minutes.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="longshore-demo-") as directory:
        summary = Path(directory, "summary")
        playbook = subprocess.Popen(
            [*PLAYBOOK, "-e", f"demo_summary_file={summary}"],
            env={**os.environ, **QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        try:
            said = follow(playbook)
        except KeyboardInterrupt:
            print("\nInterrupted: stopping what was started.", flush=True)
            return 130
        finally:
            end(playbook)
        if playbook.returncode:
            print(said)
        else:
            print(f"\nWhat happened\n\n{summary.read_text(encoding='utf-8')}", end="")
        return playbook.returncode


if __name__ == "__main__":
    sys.exit(main())
