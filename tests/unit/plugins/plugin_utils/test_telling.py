# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slices of a wait become one result; that they are run and told at all is shown by whole playbooks."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.longshore.ecs.plugins.module_utils._actions.deployment import Deployment
from ansible_collections.longshore.ecs.plugins.module_utils._actions.task import Task
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from ansible_collections.longshore.ecs.plugins.plugin_utils.telling import joined

PLUGINS = Path(__file__).parents[4] / "plugins"


def test_the_first_slice_knows_what_was_written_and_the_last_what_came_of_it() -> None:
    first = {"changed": True, "actions": ["UpdateService"], "diff": {"before": 1, "after": 2}, "service": {"old": 1}}
    last = {"changed": False, "actions": [], "diff": {"before": {}, "after": {}}, "service": {"new": 1}}
    assert joined(first, last) == {
        "changed": True,
        "actions": ["UpdateService"],
        "diff": {"before": 1, "after": 2},
        "service": {"new": 1},
    }


def test_a_failure_in_a_later_slice_keeps_what_was_written() -> None:
    result = joined({"changed": True, "actions": ["UpdateService"]}, {"failed": True, "changed": False, "actions": []})
    assert result == {"failed": True, "changed": True, "actions": ["UpdateService"]}


def test_calls_of_a_later_slice_are_added() -> None:
    result = joined({"changed": True, "actions": ["RunTask"]}, {"changed": True, "actions": ["StopTask"]})
    assert result["actions"] == ["RunTask", "StopTask"]


def test_a_warning_of_every_slice_is_given_once() -> None:
    result = joined({"changed": False, "warnings": ["a"]}, {"changed": False, "warnings": ["a", "b"]})
    assert result["warnings"] == ["a", "b"]


def test_a_single_slice_is_the_result() -> None:
    assert joined({}, {"changed": False}) == {"changed": False}


def test_whatever_tells_has_an_action_plugin_of_its_name() -> None:
    telling = {kind for kind, resource in RESOURCES.items() if resource.tells}
    telling |= {name for name, action in (("deployment", Deployment), ("task", Task)) if action.tells}
    assert {path.stem for path in (PLUGINS / "action").glob("*.py")} >= telling == {"deployment", "service", "task"}
