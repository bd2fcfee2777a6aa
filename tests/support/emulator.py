# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator as a process of its own, and its control interface, with nothing but the standard library."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
READY = "ready "
START_SECONDS = 60
STOP_SECONDS = 10
# Operations that change nothing, whatever the service.
READING = ("Describe", "List", "Get", "BatchGet", "Lookup", "Filter", "Simulate")


class Emulator:
    """One emulator on a free port of the loopback interface; use it in a `with` statement."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "--port", "0"],
            env={**os.environ, "PYTHONPATH": str(TESTS), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._wait_until_ready()

    def _wait_until_ready(self) -> str:
        output = self.process.stdout
        if output is None:
            raise RuntimeError("the emulator has no output")
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            end = time.monotonic() + START_SECONDS
            while selector.select(max(0, end - time.monotonic())):
                line = output.readline()
                if line.startswith(READY):
                    return line[len(READY) :].strip()
                if not line:
                    break
        self.stop()
        raise RuntimeError(f"the emulator did not get ready: exit code {self.process.returncode}")

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, with force if it does not listen."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the control interface: GET without a body, POST with one."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_emulator/{name}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip() else None

    def drop(self, name: str) -> None:
        """Take back what was set at the control interface, for example all faults."""
        request = urllib.request.Request(f"{self.url}/_emulator/{name}", method="DELETE")
        urllib.request.urlopen(request, timeout=30).close()

    def reset(self) -> None:
        """Empty the account and forget the calls."""
        self.control("reset", {})

    def clock(self, **settings: Any) -> Any:
        """Set the clock, for example `speed=60` or `step=10`."""
        return self.control("clock", settings)

    def calls(self) -> list[dict[str, Any]]:
        """Give the API calls received since the last reset, oldest first."""
        answer = self.control("calls")
        return list(answer["calls"] if isinstance(answer, dict) else answer)

    def operations(self, since: int = 0) -> list[str]:
        """Give the names of the calls, from the one with this number on."""
        return [str(call["operation"]) for call in self.calls()[since:]]

    def writes(self, since: int = 0) -> list[str]:
        """Give the names of the calls that can change something, from the one with this number on."""
        return [name for name in self.operations(since) if not name.startswith(READING)]
