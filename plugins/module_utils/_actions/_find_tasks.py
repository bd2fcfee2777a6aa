# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding tasks: those that are named, or all of a service, a family, or of whoever started them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from .._errors import BadInput, EcsError
from .._normal import revision_name as short

# Option -> the filter of ListTasks that goes with others, and all options that say which tasks are meant.
FILTERS = {"service": "serviceName", "family": "family"}
WAYS = (*FILTERS, "started_by", "run_once")
STATUSES = ("RUNNING", "STOPPED")
STARTED_BY = re.compile(r"[A-Za-z0-9_/-]{1,128}")  # RunTask, startedBy


def no_cluster(api: Any, name: str, error: EcsError) -> BadInput:
    """Give what is said where the cluster is not there."""
    return BadInput(
        f"cluster: there is no active cluster {short(name)} in {api.region}; check the name and the region, or create "
        "it first, with longshore.ecs.cluster.",
        code=error.code,
    )


def starter(params: Mapping[str, Any]) -> str | None:
    """Give the startedBy that is meant: the one given, or the key of run_once in the letters that startedBy takes."""
    key = params.get("run_once")
    if not key or STARTED_BY.fullmatch(key):
        return key or params.get("started_by")
    return f"{re.sub(r'[^A-Za-z0-9_/-]', '_', key)[:100]}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def listed(
    api: Any, cluster: str, wanted: Mapping[str, Any], statuses: tuple[str, ...] = STATUSES
) -> list[dict[str, Any]]:
    """List and describe the tasks that fit all filters, by their desired status.

    startedBy can be the only filter of ListTasks beside the status, so next to others it is applied here.
    """
    given = {member: wanted[name] for name, member in FILTERS.items() if wanted.get(name)}
    by = starter(wanted)
    filters = given or ({"startedBy": by} if by else {})
    arns: list[str] = []
    for status in statuses:
        arns += api.pages("ListTasks", "taskArns", cluster=cluster, desiredStatus=status, **filters)
    found = described(api, cluster, list(dict.fromkeys(arns)))
    return [task for task in found if by in (None, task.get("startedBy"))]


def described(api: Any, cluster: str, names: list[str]) -> list[dict[str, Any]]:
    """Describe tasks by id or ARN, with their tags; those that ECS does not show (any more) are left out."""
    return list(api.describe("DescribeTasks", names, cluster=cluster, include=["TAGS"]))


def chosen(api: Any, params: Mapping[str, Any], statuses: tuple[str, ...]) -> list[dict[str, Any]]:
    """Give the tasks that the options name, by id or by what they have in common.

    Raises BadInput when the options name none, so that never all of a cluster are meant.
    """
    if params["task"] and any(params[name] for name in WAYS):
        raise BadInput(f"task and {', '.join(WAYS)} exclude each other: name the tasks, or what they have in common.")
    if params["task"]:
        return described(api, params["cluster"], params["task"])
    if not any(params[name] for name in WAYS):
        raise BadInput(f"task, {', '.join(WAYS)}: give one of them, to say which tasks are meant.")
    return listed(api, params["cluster"], params, statuses)


def warn_of_unseen(params: Mapping[str, Any], found: list[dict[str, Any]], warnings: list[str]) -> None:
    """Say which of the tasks that were named ECS does not show: they stopped an hour or more ago, or never were."""
    shown = {short(task["taskArn"]) for task in found}
    for name in params["task"] or []:
        if short(name) not in shown:
            warnings.append(f"ECS shows no task {short(name)} in the cluster {short(params['cluster'])} (any more).")
