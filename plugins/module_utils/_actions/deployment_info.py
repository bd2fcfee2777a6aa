# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployments of services: how far they are or how they ended, and the revisions they lead from and to."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from .._action import Action, Job
from .._errors import BadInput
from .._normal import revision_name
from .._shape import to_ansible

STATUSES = (
    "PENDING",
    "IN_PROGRESS",
    "SUCCESSFUL",
    "STOP_REQUESTED",
    "STOPPED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
)
# A time that lies so far back, such as 90m, 24h or 7d.
AGO = re.compile(r"(?P<count>\d+)\s*(?P<unit>[mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class DeploymentInfo(Action):
    """Reads deployments, newest first."""

    writes = False
    options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str", "default": "default"},
        "service": {"type": "list", "elements": "str", "aliases": ["services", "name"]},
        "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
        "created_after": {"type": "str", "aliases": ["since"]},
        "created_before": {"type": "str"},
        "latest": {"type": "int"},
        "revisions": {"type": "bool", "default": True},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        params = job.params
        filters = _filters(params)
        if params["latest"] is not None and params["latest"] < 1:
            raise BadInput(f"latest: {params['latest']} is no count of deployments; give 1 or more.")
        names = params["service"] or _all_services(api, params["cluster"])
        arns = [brief["serviceDeploymentArn"] for name in names for brief in _briefs(api, params, name, filters)]
        records = {item["serviceDeploymentArn"]: item for item in api.describe("DescribeServiceDeployments", arns)}
        found = [records[arn] for arn in arns if arn in records]
        revisions = _revisions(api, found) if params["revisions"] else {}
        return {"deployments": [_shown(api, record, revisions) for record in found]}


def _filters(params: dict[str, Any]) -> dict[str, Any]:
    between = {
        member: _time(option, params[option])
        for member, option in (("after", "created_after"), ("before", "created_before"))
        if params[option]
    }
    status = {"status": params["status"]} if params["status"] else {}
    return {**status, **({"createdAt": between} if between else {})}


def _time(option: str, value: str) -> datetime.datetime:
    """Read a time: ISO 8601, in UTC where it names no zone, or how long ago."""
    ago = AGO.fullmatch(value.strip())
    if ago:
        span = datetime.timedelta(**{UNITS[ago["unit"]]: int(ago["count"])})
        return datetime.datetime.now(datetime.timezone.utc) - span
    try:
        moment = datetime.datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        raise BadInput(
            f"{option}: {value!r} is no time; give one like 2026-01-31T12:00:00Z, or how long ago: 90m, 24h, 7d."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def _all_services(api: Any, cluster: str) -> list[str]:
    return [revision_name(arn) for arn in api.pages("ListServices", "serviceArns", cluster=cluster, maxResults=100)]


def _briefs(api: Any, params: dict[str, Any], name: str, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    address = {"cluster": params["cluster"], "service": name.rsplit("/", 1)[-1], "maxResults": 100}
    briefs = api.pages("ListServiceDeployments", "serviceDeployments", **address, **filters)
    yield from sorted(briefs, key=lambda brief: brief["createdAt"], reverse=True)[: params["latest"]]


def _revisions(api: Any, records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read the revisions that deployments name; ECS may have forgotten old ones."""
    wanted = dict.fromkeys(
        summary["arn"]
        for record in records
        for summary in (record.get("targetServiceRevision"), *record.get("sourceServiceRevisions", []))
        if summary
    )
    found = api.describe("DescribeServiceRevisions", wanted)
    return {revision["serviceRevisionArn"]: revision for revision in found}


def _shown(api: Any, record: dict[str, Any], revisions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    shown = dict(to_ansible(record, api.type("ServiceDeployment")))
    digits = str((record.get("targetServiceRevision") or {}).get("arn", "")).rsplit("/", 1)[-1]
    shown.update(
        id=f"ecs-svc/{digits}",
        service=revision_name(record["serviceArn"]),
        cluster=revision_name(record["clusterArn"]),
    )
    summaries = (shown.get("target_service_revision"), *shown.get("source_service_revisions", []))
    for summary in filter(None, summaries):
        revision = revisions.get(summary["arn"])
        if revision:
            summary["revision"] = to_ansible(revision, api.type("ServiceRevision"))
            summary["task_definition"] = revision_name(revision["taskDefinition"])
            summary["images"] = [
                {"container": image["containerName"], "image": image["image"], "digest": image.get("imageDigest")}
                for image in revision.get("containerImages", [])
            ]
    return shown
