# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on service deployments and service revisions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import outcomes, revisions, walks
from .errors import EcsError, failure, invalid_parameter, service_not_found
from .operations import Document, operation
from .paging import page
from .records import Service, ServiceDeployment
from .region import Region

_LIST_DEFAULT = 20
_DESCRIBE_LIMIT = 20


@operation
def list_service_deployments(region: Region, request: Document) -> Document:
    """List a service's deployments, newest first (that order is a guess)."""
    cluster = region.cluster(request.get("cluster"))
    service = region.find_service(cluster, request["service"])
    if service is None:
        raise service_not_found()
    stale, old = region.shadows.read(_key(service))
    records = [
        item for item in service.service_deployments if not stale or item.doc["serviceDeploymentArn"] in (old or {})
    ]
    listed = [revisions.brief(record) for record in records if _fits(record, request)]
    chosen, following = page(listed, request, _LIST_DEFAULT)
    return {"serviceDeployments": chosen, **following}


def before_write(region: Region, service: Service) -> None:
    """Remember which deployments there are: where reads are stale, the listing lacks a new one for a while too."""
    region.shadows.before_write(
        _key(service), lambda: {record.doc["serviceDeploymentArn"]: {} for record in service.service_deployments}
    )


def _key(service: Service) -> str:
    return f"service-deployments/{service.arn}"


def _fits(record: ServiceDeployment, request: Document) -> bool:
    if request.get("status") and record.status not in request["status"]:
        return False
    span = request.get("createdAt", {})
    created = record.doc["createdAt"]
    after = _epoch(span["after"]) if "after" in span else created
    before = _epoch(span["before"]) if "before" in span else created
    return bool(after <= created <= before)


def _epoch(moment: Any) -> float:
    return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else float(moment)


@operation
def describe_service_deployments(region: Region, request: Document) -> Document:
    """Describe up to twenty service deployments."""
    arns = _checked(request["serviceDeploymentArns"])
    found, failures = [], []
    for arn in arns:
        held = _find(region, arn)
        if held is None:
            failures.append(failure(arn))
        else:
            found.append(revisions.shown(*held))
    return {"serviceDeployments": found, "failures": failures}


@operation
def describe_service_revisions(region: Region, request: Document) -> Document:
    """Describe up to twenty service revisions."""
    arns = _checked(request["serviceRevisionArns"])
    known = {
        revision["serviceRevisionArn"]: revision
        for service in region.services.values()
        for revision in service.revisions
    }
    return {
        "serviceRevisions": [known[arn] for arn in arns if arn in known],
        "failures": [failure(arn) for arn in arns if arn not in known],
    }


def _checked(arns: list[str]) -> list[str]:
    if not 1 <= len(arns) <= _DESCRIBE_LIMIT:
        raise invalid_parameter(f"Specify between 1 and {_DESCRIBE_LIMIT} ARNs.")
    return arns


def _find(region: Region, arn: str) -> tuple[Service, ServiceDeployment] | None:
    for service in region.services.values():
        for record in service.service_deployments:
            if record.arn == arn:
                return service, record
    return None


@operation
def stop_service_deployment(region: Region, request: Document) -> Document:
    """Stop a deployment and roll back.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html; the API's enum has ABORT,
    its text allows ROLLBACK only.
    """
    arn = request["serviceDeploymentArn"]
    held = _find(region, arn)
    if held is None:
        raise EcsError("ServiceDeploymentNotFoundException", "The specified service deployment was not found.")
    service, record = held
    if request.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise invalid_parameter("stopType must be ROLLBACK.")
    if record.status in revisions.FINISHED:
        raise EcsError(
            "ConflictException",
            f"The service deployment is in {record.status} state and cannot be stopped.",
            resourceIds=[arn],
        )
    if record.back is None:
        # What AWS answers for a first deployment, which has nothing to go back to, is not documented.
        raise invalid_parameter("The service deployment has no source service revision to roll back to.")
    if record.status in ("PENDING", "IN_PROGRESS"):
        outcomes.request_rollback(region, service, record, outcomes.STOPPED_BY_USER)
    return {"serviceDeploymentArn": arn}


@operation
def continue_service_deployment(region: Region, request: Document) -> Document:
    """Continue a deployment that a PAUSE hook holds, or roll it back.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/continue-service-deployment.html: the deployment must be
    IN_PROGRESS and the hook AWAITING_ACTION. The model has no ConflictException for this operation, so a hook that
    awaits nothing is an invalid parameter; the text is a guess.
    """
    arn = request["serviceDeploymentArn"]
    held = _find(region, arn)
    if held is None:
        raise EcsError("ServiceDeploymentNotFoundException", "The specified service deployment was not found.")
    if not walks.resume(region, *held, request["hookId"], request.get("action", "CONTINUE")):
        raise invalid_parameter("The specified lifecycle hook is not in AWAITING_ACTION status.")
    return {"serviceDeploymentArn": arn}
