# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down how long each task took, and on demand how many calls the emulator received meanwhile."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: stopwatch
type: aggregate
short_description: Writes the duration of each task into a file
version_added: 1.0.0
description:
  - Writes one line of JSON for each task into the file that the environment variable STOPWATCH_FILE names.
  - When STOPWATCH_CALLS names the emulator's list of calls, the line says how many calls the task made.
"""


class CallbackModule(CallbackBase):
    """One line for each task: its name, its seconds, whether it changed or failed, its calls, and its own timing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stopwatch"

    def __init__(self) -> None:
        super().__init__()
        self.started = 0.0
        self.calls = self._calls()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Start the watch."""
        self.calls = self._calls()
        self.started = time.perf_counter()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Stop the watch."""
        self._write(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Stop the watch of a task that failed."""
        self._write(result, failed=True)

    def _write(self, result: Any, failed: bool = False) -> None:
        seconds = time.perf_counter() - self.started
        answer = result.result if hasattr(result, "result") else result._result
        line = {
            "name": result.task.name if hasattr(result, "task") else result._task.name,
            "seconds": seconds,
            "changed": bool(answer.get("changed")),
            "failed": str(answer.get("msg", "failed")) if failed else "",
            "calls": self._calls()[len(self.calls) :],
            "timing": answer.get("timing"),
        }
        with open(os.environ["STOPWATCH_FILE"], "a", encoding="utf-8") as output:
            output.write(json.dumps(line) + "\n")

    @staticmethod
    def _calls() -> list[str]:
        url = os.environ.get("STOPWATCH_CALLS")
        if not url:
            return []
        with urllib.request.urlopen(url, timeout=30) as answer:
            return [call["operation"] for call in json.load(answer)["calls"]]
