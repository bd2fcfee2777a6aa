# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time that passes by sleeping, for modules that ansible-playbook runs in processes of their own.

Python imports this at its start when the folder is in PYTHONPATH. In the process of a module, what the module sleeps
the emulator's stopped clock moves on at once; nothing really sleeps.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request

EMULATOR = os.environ.get("EMULATOR_TO_STEP")


def _step_instead_of_sleeping(url: str) -> None:
    slept = 0.0
    monotonic = time.monotonic

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        data = json.dumps({"step": seconds}).encode()
        request = urllib.request.Request(
            f"{url}/_emulator/clock", data=data, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=60).close()

    time.sleep = sleep
    time.monotonic = lambda: monotonic() + slept


# A module comes by standard input or as a file that is called AnsiballZ; ansible-playbook itself must go on sleeping.
if EMULATOR and (len(sys.orig_argv) == 1 or any("AnsiballZ" in word for word in sys.orig_argv)):
    _step_instead_of_sleeping(EMULATOR)
