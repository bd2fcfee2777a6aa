# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check, do, check again, do again: what every change of a resource must show."""

from __future__ import annotations

from typing import Any

from support.emulator import Emulator
from support.modules import ModuleRun


def four_steps(module: ModuleRun, emulator: Emulator, module_name: str, /, **options: Any) -> dict[str, Any]:
    """Take a module through the four steps with these options, and give the result of doing it.

    Check mode must write nothing and tell the truth, and the second time there must be nothing to do.
    """
    seen = len(emulator.calls())
    predicted = module.ok(module_name, True, **options)
    assert emulator.writes(seen) == []
    done = module.ok(module_name, **options)
    assert predicted["changed"] and done["changed"]
    assert (predicted["actions"], predicted["diff"]) == (done["actions"], done["diff"])
    assert [call["operation"] for call in done["actions"]] == emulator.writes(seen)
    seen = len(emulator.calls())
    for check in (True, False):
        again = module.ok(module_name, check, **options)
        assert not again["changed"] and again["actions"] == [], again["diff"]
    assert emulator.writes(seen) == []
    return done
