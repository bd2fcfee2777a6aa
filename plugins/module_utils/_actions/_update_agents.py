# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updating the agent of container instances, which leaves their tasks alone."""

from __future__ import annotations

from typing import Any

from .._action import Job
from .._api import AwsError
from .._core import Call
from .._errors import Blocked, EcsError
from .._watch import UnderWay
from ._find_instances import Document, attributes_of, described, name_of

EXTERNAL, OS = "ecs.capability.external", "ecs.os-type"
# What UpdateContainerAgent refuses, and what to do instead.
REFUSALS = {
    "MissingVersionException": "ECS cannot tell which agent runs there; update it on the instance, by its package",
    "InvalidParameterException": "AWS updates agents only on ECS-optimised Linux images; take a newer image instead",
    "ClientException": "AWS updates agents only on ECS-optimised Linux images; take a newer image instead",
}


def update(api: Any, job: Job, found: list[Document]) -> dict[str, str]:
    """Update the agents of instances, and wait until that is done; gives what became of each, by name.

    Raises Blocked before any call for an instance whose agent AWS does not update.
    """
    notes = job.watch.notes
    if "agents" not in notes:
        for item in found:
            _refuse(item)
        notes["agents"], notes["said"] = [], {}
        for item in found:
            notes["said"][name_of(item)] = _begun(api, job, item)
    if job.params["wait"] and notes["agents"] and not job.check:
        job.watch.until(lambda: _look(api, job), float(job.params["wait_timeout"]))
    return dict(notes["said"])


def _refuse(item: Document) -> None:
    attributes = attributes_of(item)
    reason = None
    if EXTERNAL in attributes:
        reason = "it is an external instance; update the package amazon-ecs-init on the host, or install it anew"
    elif (attributes.get(OS) or "").lower().startswith("windows"):
        reason = "it runs Windows; take a newer image instead"
    elif not item.get("agentConnected"):
        reason = "its agent is not connected; see to that first"
    if reason:
        raise Blocked(f"update_agent: AWS does not update the agent of {name_of(item)}: {reason}.")


def _begun(api: Any, job: Job, item: Document) -> str:
    """Begin an update, or see that one is under way already, or that there is none."""
    arn = item["containerInstanceArn"]
    try:
        job.do(api, Call("UpdateContainerAgent", {"cluster": job.params["cluster"], "containerInstance": arn}))
    except AwsError as error:
        if error.code == "NoUpdateAvailableException":
            return "latest"
        if error.code not in ("UpdateInProgressException", *REFUSALS):
            raise
        if error.code in REFUSALS:
            raise Blocked(
                f"update_agent: the agent of {name_of(item)} cannot be updated: {REFUSALS[error.code]}. {error}",
                code=error.code,
            ) from None
    job.watch.notes["agents"].append(arn)
    return "pending"


def _look(api: Any, job: Job) -> UnderWay | None:
    api.forget()
    said = job.watch.notes["said"]
    for item in described(api, job.params["cluster"], job.watch.notes["agents"]):
        said[name_of(item)] = str(item.get("agentUpdateStatus", "pending")).lower()
    if failed := [name for name, status in said.items() if status == "failed"]:
        raise EcsError(
            f"The agent of {', '.join(failed)} could not be updated (FAILED): look at /var/log/ecs/ecs-init.log there, "
            "or take a newer image.",
            code="AgentUpdateFailed",
            result={"agents": said},
        )
    waiting = [name for name, status in said.items() if status not in ("updated", "latest")]
    return UnderWay(f"the agents of {', '.join(waiting)} are being updated") if waiting else None
