# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module's `main` in this process, as Ansible would run it in one of its own."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from typing import Any

from ansible.module_utils.testing import patch_module_args

CONNECTION = {"access_key": "AKIDEXAMPLE", "secret_key": "notarealsecretkey", "region": "eu-central-1"}


class ModuleRun:
    """A door to the modules for one endpoint; each call gives the module's result as a dictionary."""

    def __init__(self, endpoint_url: str, **connection: Any) -> None:
        self.connection = {**CONNECTION, "endpoint_url": endpoint_url, **connection}

    def __call__(self, module_name: str, check: bool = False, /, **params: Any) -> dict[str, Any]:
        """Run the module `module_name` with these options; a failure is a result too, with `failed`."""
        module = importlib.import_module(f"ansible_collections.longshore.ecs.plugins.modules.{module_name}")
        arguments = {**self.connection, **params, "_ansible_check_mode": check, "_ansible_diff": True}
        printed = io.StringIO()
        with patch_module_args(arguments), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            module.main()
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
