# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module in this process, as Ansible would run it in one of its own, but with the emulator's time."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import threading
from typing import Any
from unittest import mock

import botocore.loaders
import botocore.session
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.longshore.ecs.plugins.module_utils import _module
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock
from support.emulator import Emulator

MODULES = "ansible_collections.longshore.ecs.plugins.modules"
CONNECTION = {"access_key": "AKIDEXAMPLE", "secret_key": "notarealsecretkey", "region": "eu-central-1"}


# A process of its own reads the service models anew; the many runs in this one read them once.
one_loader = functools.cache(botocore.loaders.create_loader)


class EmulatorClock(Clock):
    """Time that passes by sleeping: what a module waits, the emulator's stopped clock moves on at once."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move the time on to the end of this sleep; threads that sleep at the same time do so side by side."""
        end = self.seconds + seconds
        with self._lock:
            if end > self.seconds:
                self.emulator.clock(step=end - self.seconds)
                self.seconds = end

    def date(self) -> float:
        return super().date() + self.seconds


class ModuleRun:
    """A door to the modules for one emulator; each call gives the module's result as a dictionary."""

    def __init__(self, emulator: Emulator, **connection: Any) -> None:
        self.clock = EmulatorClock(emulator)
        self.connection = {**CONNECTION, "endpoint_url": emulator.url, **connection}

    def __call__(self, module_name: str, check: bool = False, /, **params: Any) -> dict[str, Any]:
        """Run the module `module_name` with these options; a failure is a result too, with `failed`."""
        arguments = {**self.connection, **params, "_ansible_check_mode": check, "_ansible_diff": True}
        printed = io.StringIO()
        # A test process may have loaded parts of the controller, which keeps warnings to itself; a module's does not,
        # and has none of the run before.
        module_process = mock.patch.object(_internal, "is_controller", False)
        with (
            module_process,
            mock.patch.dict(warnings._global_warnings, clear=True),
            mock.patch.dict(warnings._global_deprecations, clear=True),
            mock.patch.object(botocore.session, "create_loader", one_loader),
            mock.patch.object(_module, "Clock", lambda: self.clock),
            patch_module_args(arguments),
            contextlib.redirect_stdout(printed),
            contextlib.suppress(SystemExit),
        ):
            importlib.import_module(f"{MODULES}.{module_name}").main()
        return dict(json.loads(printed.getvalue().strip().splitlines()[-1]))

    def ok(self, module_name: str, check: bool = False, /, **params: Any) -> dict[str, Any]:
        """Run the module and expect no failure."""
        result = self(module_name, check, **params)
        if result.get("failed"):
            raise AssertionError(result["msg"])
        return result

    def refused(self, module_name: str, check: bool = False, /, **params: Any) -> str:
        """Run the module, expect a failure, and give its message."""
        result = self(module_name, check, **params)
        if not result.get("failed"):
            raise AssertionError(f"{module_name} did not fail: {result}")
        return str(result["msg"])
