# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator of the collection in the background of a playbook.

`start` starts it for as long as the `ansible-playbook` above this process lives, and prints one line of JSON with its
`url` and `pid`. `stop PID` ends the playbook PID, everything below it, and its emulator.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).absolute().parent.parent.parent / "tests"
PROC = Path("/proc")
READY = "ready "
START_SECONDS = 60
LIFE_SECONDS = 1800
FORCE_SECONDS = 3
OWNERS = ("ansible-playbook", "-m ansible playbook")


class Process(NamedTuple):
    """What a process is, as far as this file cares."""

    parent: int
    command: str


def processes() -> dict[int, Process]:
    """Give every process, from Linux itself or from `ps`, which not every Linux has."""
    if not (PROC / "self" / "stat").exists():
        rows = (
            line.split(None, 2)
            for line in subprocess.check_output(["ps", "-Axo", "pid=,ppid=,args="], text=True).splitlines()
        )
        return {int(pid): Process(int(parent), command) for pid, parent, command in rows}
    found = {}
    for directory in PROC.glob("[0-9]*"):
        # It may be gone by now.
        with contextlib.suppress(OSError):
            status = (directory / "stat").read_text(errors="replace").rpartition(")")[2].split()
            command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if status[0] != "Z":
                found[int(directory.name)] = Process(int(status[1]), command)
    return found


def owner() -> int:
    """Find the outermost `ansible-playbook` that this process descends from; 0 when there is none."""
    known, found, pid = processes(), 0, os.getpid()
    while pid in known:
        if any(word in known[pid].command for word in OWNERS):
            found = pid
        pid = known[pid].parent
    return found


def family(pid: int, before: set[int]) -> set[int]:
    """Give a process with its living descendants, and the emulator that it started, which is nobody's child."""
    known = processes()
    mine = f"{Path(__file__).name} serve {pid}"
    found = {other for other in known if other in before or other == pid or known[other].command.endswith(mine)}
    while more := {other for other in known if known[other].parent in found} - found:
        found |= more
    return found


def stop(pid: int) -> int:
    """End a playbook with everything that it started, with force after a while."""
    begun = time.monotonic()
    everything = family(pid, set())
    while everything:
        sign = signal.SIGTERM if time.monotonic() < begun + FORCE_SECONDS else signal.SIGKILL
        for other in everything:
            with contextlib.suppress(ProcessLookupError):
                os.kill(other, sign)
        time.sleep(0.2)
        everything = family(pid, everything)
    return 0


def watch(pid: int) -> None:
    """End this process when its owner has gone, and in any case some day."""
    end = time.monotonic() + LIFE_SECONDS
    while time.monotonic() < end and (pid == 0 or pid in processes()):
        time.sleep(0.5)
    os._exit(0)


def serve(pid: int) -> int:
    """Run the emulator in this process, with a clock that makes minutes of seconds."""
    threading.Thread(target=watch, args=(pid,), daemon=True).start()
    # This file has the name of the package.
    sys.path[0] = str(TESTS)
    return int(importlib.import_module("emulator.__main__").main(["--port", "0", "--speed", "60"]))


def start() -> int:
    """Start a process that serves, and wait until it is ready."""
    with tempfile.NamedTemporaryFile("w+", prefix="longshore-emulator-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", __file__, "serve", str(owner())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            ended = process.poll() is not None
            lines = Path(log.name).read_text(encoding="utf-8").splitlines()
            for line in lines:
                if line.startswith(READY):
                    print(json.dumps({"url": line[len(READY) :].strip(), "pid": process.pid}))
                    return 0
            if ended:
                break
            time.sleep(0.1)
        process.kill()
        print("\n".join(["The emulator did not start.", *lines[-20:]]), file=sys.stderr)
        return 1


def main(words: list[str]) -> int:
    """Do what the command line says."""
    if words == ["start"]:
        return start()
    return {"serve": serve, "stop": stop}[words[0]](int(words[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
