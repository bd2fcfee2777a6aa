# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules in processes of their own, which can be killed.

A server imports what is dear once and forks for each run, so that a process costs milliseconds instead of a second.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any

from support.emulator import Emulator
from support.modules import MODULES, ModuleRun


class Forked:
    """Runs a module in a process of its own; use it in a `with` statement."""

    def __init__(self, emulator: Emulator) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "support.forked", emulator.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.communicate()

    def __call__(self, module: str, die_at: int = 0, /, **options: Any) -> dict[str, Any] | None:
        """Give the module's result, or None if it was killed, which happens once its call of this number is done."""
        if not self._server.stdin or not self._server.stdout:
            raise RuntimeError("the server has no pipes")
        self._server.stdin.write(json.dumps([module, die_at, options]) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        if not answer and not die_at:
            raise RuntimeError(f"{module} ended without a result")
        return answer or None


def _run(emulator: Emulator, output: int, work: list[Any]) -> None:
    """Be the process of one module: write its result, unless it is killed before."""
    module, die_at, options = work
    if die_at:
        rule = {"service": "*", "operation": "*", "kind": "kill", "pid": os.getpid(), "every": die_at, "times": 1}
        emulator.control("faults", rule)
    result = ModuleRun(emulator)(module, **options)
    emulator.drop("faults")
    with os.fdopen(output, "w") as pipe:
        json.dump(result, pipe)


def _serve(url: str) -> None:
    emulator = Emulator.__new__(Emulator)
    emulator.url = url
    importlib.import_module(f"{MODULES}.apply")
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _run(emulator, writing, json.loads(line))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer = pipe.read()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) not in (0, -signal.SIGKILL):
            sys.exit("a module broke")
        print(answer or "{}", flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
