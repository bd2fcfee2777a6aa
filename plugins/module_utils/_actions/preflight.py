# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before a deployment: look at everything it will need, at once, and report all of it."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._errors import EcsError
from .._preflight import (
    _check,
    alarms,
    capacity,
    environment_files,
    hooks,
    images,
    load_balancers,
    logs,
    network,
    progress,
    roles,
    secrets,
    service_connect,
    sizes,
    volumes,
)
from .._preflight._look import Look
from .._preflight._wanted import Wanted

# The families of checks, in the order in which they are reported.
FAMILIES = {
    family.NAME: family
    for family in (
        sizes,
        images,
        secrets,
        environment_files,
        roles,
        logs,
        volumes,
        capacity,
        network,
        load_balancers,
        service_connect,
        hooks,
        alarms,
        progress,
    )
}
STATUSES = (_check.OK, _check.FAILED, _check.WARNING, _check.NOT_PERMITTED, _check.SKIPPED)
NAMED = 3  # failures that a message tells of beside the first


class NotReady(EcsError):
    """A check failed: the deployment would not succeed."""

    code = "NotReady"


class Preflight(Action):
    """Look only: nothing is changed, whatever is found."""

    writes = False
    options: ClassVar[dict[str, Any]] = {
        "task_definition": {"type": "raw", "aliases": ["taskDefinition"]},
        "service": {"type": "raw"},
        "cluster": {"type": "str"},
        "checks": {"type": "list", "elements": "str", "choices": list(FAMILIES)},
        "skip": {"type": "list", "elements": "str", "choices": list(FAMILIES), "default": []},
        "fail": {"type": "bool", "default": True},
        "warnings_as_errors": {"type": "bool", "default": False},
    }
    rules: ClassVar[dict[str, Any]] = {"required_one_of": [("task_definition", "service")]}

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        """Give what every check found. Raises NotReady when one failed, unless `fail` is false."""
        look = Look(api)
        wanted = Wanted(api, look, job.params)
        wish = wanted.wish()
        families = [FAMILIES[name] for name in FAMILIES if _is_chosen(name, job.params)]
        checks = [*wanted.checks, *(check for family in families for check in family.checks(wish, look))]
        found = _check.run(checks)
        result = {
            "checks": found,
            "summary": {status: sum(item["status"] == status for item in found) for status in STATUSES},
        }
        bad = [_check.FAILED, *([_check.WARNING] if job.params["warnings_as_errors"] else [])]
        wrong = [item for item in found if item["status"] in bad]
        if wrong and job.params["fail"]:
            raise NotReady(_told(wrong, len(found)), checks=wrong, result=result)
        return result


def _is_chosen(name: str, params: dict[str, Any]) -> bool:
    chosen = params["checks"] if params["checks"] is not None else FAMILIES
    return name in chosen and name not in params["skip"]


def _told(wrong: list[dict[str, str]], total: int) -> str:
    first, *others = wrong
    message = f"{len(wrong)} of {total} checks failed, first {_named(first)}: {first['message']} {first['remedy']}"
    named = [f"{_named(item)}: {item['message']}" for item in others[:NAMED]]
    left = [f"{len(others) - NAMED} more stand in checks."] if len(others) > NAMED else []
    return " ".join([message, *(["Also " + " ".join(named)] if named else []), *left])


def _named(item: dict[str, str]) -> str:
    return f"{item['check']} of {item['subject']}"
