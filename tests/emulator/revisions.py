# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service revisions and service deployments: the records that each deployment leaves.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html
"""

from __future__ import annotations

import copy
from typing import Any

from . import alarms, tasks, traffic
from .names import service_deployment_id
from .records import Deployment, Service, ServiceDeployment
from .region import Region

Document = dict[str, Any]

FINISHED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")

_REVISION_MEMBERS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "launchType",
    "platformFamily",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)


def revision_arn(region: Region, service: Service, digits: str) -> str:
    """Spell the ARN of a service revision, which ends with the digits of its deployment."""
    return region.arn(f"service-revision/{service.cluster}/{service.name}/{digits}")


def add_revision(region: Region, service: Service, deployment: Deployment) -> None:
    """Record the configuration that a deployment rolls out."""
    settings = deployment.settings
    revision = {
        "serviceRevisionArn": deployment.revision_arn,
        "serviceArn": service.arn,
        "clusterArn": service.doc["clusterArn"],
        "guardDutyEnabled": False,
        "serviceConnectConfiguration": settings.get("serviceConnectConfiguration", {"enabled": False}),
        "containerImages": [_image(container) for container in deployment.definition.doc["containerDefinitions"]],
        "createdAt": region.timeline.stamp(),
    }
    revision |= {name: copy.deepcopy(settings[name]) for name in _REVISION_MEMBERS if settings.get(name)}
    if "platformVersion" in settings:
        revision["platformVersion"] = resolved_platform(settings["platformVersion"])
    if traffic.resolved(deployment):
        revision["resolvedConfiguration"] = traffic.resolved(deployment)
    service.revisions.append(revision)


def resolved_platform(version: str) -> str:
    """Resolve LATEST, as deployments, task sets and revisions show it."""
    return tasks.PLATFORM_VERSION if version == "LATEST" else version


def _image(container: Document) -> Document:
    image = container["image"]
    return {"containerName": container["name"], "image": image, "imageDigest": tasks.digest_of(image)}


def add_service_deployment(region: Region, service: Service, target: Deployment) -> ServiceDeployment:
    """Record a new deployment; the sources are the deployments that still have tasks."""
    path = f"service-deployment/{service.cluster}/{service.name}/{service_deployment_id()}"
    doc = {
        "serviceDeploymentArn": region.arn(path),
        "serviceArn": service.arn,
        "clusterArn": service.doc["clusterArn"],
        "createdAt": region.timeline.stamp(),
        "updatedAt": region.timeline.stamp(),
        "status": "PENDING",
        "deploymentConfiguration": copy.deepcopy(service.doc["deploymentConfiguration"]),
        "lifecycleHookDetails": [],
    }
    sources = [deployment for deployment in service.deployments if deployment is not target and deployment.wanted]
    record = ServiceDeployment(doc, target, sources)
    service.service_deployments.insert(0, record)
    service.doc["currentServiceDeployment"] = record.arn
    return record


def set_status(region: Region, record: ServiceDeployment, status: str, reason: str | None = None) -> None:
    """Move a service deployment on; a finished one stays what it is."""
    if record.status in FINISHED:
        return
    now = region.timeline.stamp()
    record.doc |= {"status": status, "updatedAt": now}
    if reason:
        record.doc["statusReason"] = reason
    if status == "IN_PROGRESS":
        record.doc["startedAt"] = now
    if status in FINISHED:
        record.doc["finishedAt"] = now
    if status == "STOPPED":
        record.doc["stoppedAt"] = now


def strategy_of(record: ServiceDeployment) -> str:
    """Give the deployment strategy that the record was made under."""
    return str(record.doc["deploymentConfiguration"].get("strategy", "ROLLING"))


def threshold(service: Service, desired: int) -> int:
    """How many failed tasks trip the circuit breaker.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html: the share of the latest
    desired count, rounded up; BOUNDED_PERCENT is kept between 3 and 200.
    """
    breaker = service.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]
    configured = breaker["thresholdConfiguration"]
    value = int(configured["value"])
    if configured["type"] == "COUNT":
        return value
    share = -(-value * desired // 100)
    return min(200, max(3, share)) if configured["type"] == "BOUNDED_PERCENT" else max(1, share)


def shown(service: Service, record: ServiceDeployment) -> Document:
    """Show a service deployment with its present counts."""
    target = record.target
    return {
        **record.doc,
        "sourceServiceRevisions": [summary(source) for source in record.sources],
        "targetServiceRevision": summary(target),
        "deploymentCircuitBreaker": {
            "status": _breaker_status(record),
            "failureCount": target.breaker_failures,
            "threshold": threshold(service, service.doc["desiredCount"]),
        },
        "alarms": alarms.shown(record, record.status in FINISHED),
    }


def summary(deployment: Deployment) -> Document:
    """Show a revision with the counts of its tasks."""
    return {
        "arn": deployment.revision_arn,
        "requestedTaskCount": deployment.doc["desiredCount"],
        "runningTaskCount": sum(task.running for task in deployment.tasks),
        "pendingTaskCount": sum(task.pending for task in deployment.tasks),
        "requestedTestTrafficWeight": deployment.test,
        "requestedProductionTrafficWeight": deployment.production,
    }


def _breaker_status(record: ServiceDeployment) -> str:
    if not record.doc["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"]:
        return "DISABLED"
    if record.target.tripped:
        return "TRIGGERED"
    return "MONITORING_COMPLETE" if record.status in FINISHED else "MONITORING"


def brief(record: ServiceDeployment) -> Document:
    """Show a service deployment as ListServiceDeployments does."""
    members = (
        "serviceDeploymentArn",
        "serviceArn",
        "clusterArn",
        "startedAt",
        "createdAt",
        "finishedAt",
        "status",
        "statusReason",
    )
    listed = {name: record.doc[name] for name in members if name in record.doc}
    return {**listed, "targetServiceRevisionArn": record.target.revision_arn}
