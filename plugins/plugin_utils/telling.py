# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling, while a module waits, what it waits for.

The module ends whenever it has something to tell (plugins/module_utils/_watch.py has the reasons); this prints it and
runs the module again with the token it gave, until it has ended for good. The lines go to standard error, like
Ansible's warnings: AWX shows them, and a callback that prints JSON stays readable.
"""

from __future__ import annotations

from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# Where the parts of the result that the writes made are kept from the first slice.
WRITTEN = ("diff", "actions", "plan")


class TellingAction(ActionBase):
    """Runs a module of the collection that waits, and tells its progress."""

    _supports_check_mode = True
    _supports_async = True
    tells_in_check_mode = False  # whether there is something to tell although nothing is waited for

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module, once where nobody would see its progress, else slice by slice."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        apart = bool(self._task.async_val) and not self._connection.has_native_async
        if apart or not self._wanted():
            result.update(self._execute_module(task_vars=task_vars, wrap_async=apart))
        else:
            result.update(self._in_slices(task_vars))
        if not apart:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _wanted(self) -> bool:
        asked = boolean(self._task.args.get("progress", True), strict=False)
        seen = self.tells_in_check_mode or not self._task.check_mode
        return bool(asked) and not self._task.no_log and seen

    def _in_slices(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        token: dict[str, Any] | None = {}
        whole: dict[str, Any] = {}
        while token is not None:
            arguments = {**self._task.args, "_watch": token}
            slice_ = self._execute_module(module_args=arguments, task_vars=task_vars)
            told = slice_.pop("_watch", None) or {}
            for line in told.get("lines", []):
                self._tell(line, task_vars)
            whole = joined(whole, slice_)
            token = told.get("token")
        return whole

    def _tell(self, line: str, task_vars: dict[str, Any] | None) -> None:
        host = (task_vars or {}).get("inventory_hostname", "localhost")
        Display().display(f"[{host}] {line}", color=constants.COLOR_SKIP, stderr=True)


def joined(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Join the results of two slices: the later one is the truth, but the writes were made in the earlier."""
    if not before:
        return after
    kept = {name: before[name] for name in WRITTEN if name in before}
    if after.get("actions") and "actions" in kept:
        kept["actions"] = [*kept["actions"], *after["actions"]]
    changed = bool(before.get("changed") or after.get("changed"))
    warnings = [
        *before.get("warnings", []),
        *(item for item in after.get("warnings", []) if item not in before.get("warnings", [])),
    ]
    return {**after, **kept, "changed": changed, **({"warnings": warnings} if warnings else {})}
