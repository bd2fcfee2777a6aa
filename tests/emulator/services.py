# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html and the botocore ECS model.
"""

from __future__ import annotations

import copy
from typing import Any

from . import (
    deployment_configuration,
    deployments,
    neighbours,
    outcomes,
    revisions,
    rollouts,
    service_document,
    service_rules,
    stages,
    strategies,
    tags,
)
from . import task_definitions as definitions
from .clusters import on_fargate
from .errors import invalid_parameter, service_not_active, service_not_found
from .names import NAME, last_part
from .operations import Document, operation
from .paging import described, page
from .records import Cluster, Deployment, Service, TaskDefinition
from .region import GONE, Region

_DESCRIBE_LIMIT = 10
_LIST_DEFAULT = 10
_MAXIMUM_TOKEN = 36

# What services with other controllers may change: botocore ECS model, UpdateService.
_UPDATABLE = {
    "CODE_DEPLOY": {
        "desiredCount",
        "deploymentConfiguration",
        "healthCheckGracePeriodSeconds",
        "placementConstraints",
        "placementStrategy",
        "enableECSManagedTags",
        "propagateTags",
        "deploymentController",
    },
    "EXTERNAL": {
        "desiredCount",
        "placementConstraints",
        "placementStrategy",
        "healthCheckGracePeriodSeconds",
        "enableECSManagedTags",
        "propagateTags",
        "deploymentController",
    },
}
_REFUSED_WORDS = {
    "taskDefinition": "task definition",
    "networkConfiguration": "network parameters",
    "loadBalancers": "load balancers",
    "serviceRegistries": "service registries",
    "platformVersion": "platform version",
    "capacityProviderStrategy": "capacity provider strategy",
    "forceNewDeployment": "force new deployment",
}
_PLAIN = (
    "desiredCount",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "placementConstraints",
    "loadBalancers",
    "serviceRegistries",
)
_STRATEGY_TEXT = (
    "When switching from launch type to capacity provider strategy on an existing service, or making a change to a "
    "capacity provider strategy on a service that is already using one, you must force a new deployment."
)


# Creating


@operation
def create_service(region: Region, request: Document) -> Document:
    """Create a service; its first deployment is PRIMARY in the answer."""
    cluster = region.cluster(request.get("cluster"))
    name = request["serviceName"]
    if not NAME.match(name):
        raise invalid_parameter("Service name must have 1 to 255 letters, numbers, underscores and hyphens.")
    _check_request(request, request.get("deploymentController", {}).get("type", "ECS"))
    repeated = _repeated(region, cluster, request)
    if repeated is not None:
        return {"service": view(repeated, with_tags=True)}
    definition = definitions.usable(region, request["taskDefinition"]) if "taskDefinition" in request else None
    given_tags = tags.checked(request.get("tags"))
    doc = service_document.created(region, cluster, request, definition)
    hidden = service_document.hidden(region, cluster, request, {})
    service_rules.check(doc, hidden, definition)
    service_rules.check_surroundings(region, cluster, doc, {}, definition)
    service = Service(doc, cluster.name, given_tags, hidden, launch_type=doc.get("launchType"))
    region.shadows.before_write(_key(service), lambda: None)
    rollouts.before_write(region, service)
    region.services.pop((cluster.name, name), None)
    region.services[cluster.name, name] = service
    if definition is not None:
        deployments.begin(region, service, definition)
    if "clientToken" in request:
        region.create_tokens[service.arn] = request
    return {"service": view(service, with_tags=True)}


def _repeated(region: Region, cluster: Cluster, request: Document) -> Service | None:
    """Look at a living service of the same name.

    Only the same request with the same clientToken is the same call
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html); what else AWS takes for the same
    is not documented, so it is refused.
    """
    held = region.services.get((cluster.name, request["serviceName"]))
    if held is None or held.status == GONE:
        return None
    if held.status == "DRAINING":
        raise invalid_parameter("Unable to Start a service that is still Draining.")
    if "clientToken" in request and region.create_tokens.get(held.arn) == request:
        return held
    raise invalid_parameter("Creation of service was not idempotent.")


def _check_request(request: Document, controller: str) -> None:
    if len(request.get("clientToken", "")) > _MAXIMUM_TOKEN:
        raise invalid_parameter(f"clientToken must have at most {_MAXIMUM_TOKEN} characters.")
    _check_count(request, controller)
    if controller != "EXTERNAL" and "taskDefinition" not in request:
        raise invalid_parameter("TaskDefinition can not be blank.")
    if controller == "CODE_DEPLOY" and not request.get("loadBalancers"):
        raise invalid_parameter("A load balancer is required for services with the CODE_DEPLOY deployment controller.")
    if controller != "ECS" and (request.get("serviceConnectConfiguration") or request.get("vpcLatticeConfigurations")):
        raise invalid_parameter(f"Service Connect and VPC Lattice are not supported with the {controller} controller.")
    if request.get("launchType") == "FARGATE" and request.get("placementStrategy"):
        _refuse_placement_strategy()


def _check_count(request: Document, controller: str) -> None:
    if request.get("schedulingStrategy") == "DAEMON":
        _refuse_daemon_count(request)
    elif "desiredCount" not in request and controller != "EXTERNAL":
        raise invalid_parameter("desiredCount is required for services with the REPLICA scheduling strategy.")
    if request.get("desiredCount", 0) < 0:
        raise invalid_parameter("desiredCount must be 0 or more.")


def _refuse_daemon_count(request: Document) -> None:
    if "desiredCount" in request:
        raise invalid_parameter(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count "
            "value and try again"
        )


def _refuse_placement_strategy() -> None:
    raise invalid_parameter("Placement strategies are not valid for tasks using the Fargate launch type.")


# Updating


@operation
def update_service(region: Region, request: Document) -> Document:
    """Change a service; an absent member means no change. A deploying change starts a deployment."""
    cluster = region.cluster(request.get("cluster"))
    service = _living(region, cluster, request["service"])
    _check_update(service, request)
    old_definition = region.find_definition(service.doc["taskDefinition"]) if "taskDefinition" in service.doc else None
    definition = (
        definitions.usable(region, request["taskDefinition"]) if "taskDefinition" in request else old_definition
    )
    doc = _updated(service, request, definition)
    hidden = service_document.hidden(region, cluster, request, service.hidden)
    service_rules.check(doc, hidden, definition)
    service_rules.check_surroundings(region, cluster, doc, service.doc, definition)
    region.shadows.before_write(_key(service), lambda: view(service, with_tags=True))
    rollouts.before_write(region, service)
    deploying = _differs(service, doc, hidden) or bool(request.get("forceNewDeployment"))
    service.doc, service.hidden = doc, hidden
    service.steady = False
    if deploying and definition is not None and service.controller == "ECS":
        deployments.begin(region, service, definition)
    else:
        deployments.touch(region, service)
    return {"service": view(service, with_tags=True)}


def _living(region: Region, cluster: Cluster, reference: str) -> Service:
    service = region.find_service(cluster, reference)
    if service is None:
        raise service_not_found()
    if service.status != "ACTIVE":
        raise service_not_active()
    return service


def _check_update(service: Service, request: Document) -> None:
    allowed = _UPDATABLE.get(service.controller)
    for member in request:
        if allowed is not None and member not in allowed | {"cluster", "service"}:
            _refuse_by_controller(service.controller, member)
    if request.get("desiredCount", 0) < 0:
        raise invalid_parameter("desiredCount must be 0 or more.")
    if service.doc["schedulingStrategy"] == "DAEMON":
        _refuse_daemon_count(request)
    if on_fargate(service.doc) and "placementStrategy" in request:
        _refuse_placement_strategy()
    if "deploymentController" in request:
        _check_controller(service, request["deploymentController"]["type"])


def _refuse_by_controller(controller: str, member: str) -> None:
    word = _REFUSED_WORDS.get(member, member)
    verb = "" if member == "forceNewDeployment" else "update "
    advice = " Use AWS CodeDeploy to trigger a new deployment." if controller == "CODE_DEPLOY" else ""
    article = "an" if controller == "EXTERNAL" else "a"
    raise invalid_parameter(
        f"Unable to {verb}{word} on services with {article} {controller} deployment controller.{advice}"
    )


def _check_controller(service: Service, wanted: str) -> None:
    """Refuse a change of the controller that the developer guide's page on such changes rules out."""
    if wanted == service.controller:
        return
    if any(deployment.in_progress for deployment in service.deployments):
        raise invalid_parameter("The deployment controller cannot be changed while a deployment is in progress.")
    if wanted == "CODE_DEPLOY" and not service.doc["loadBalancers"]:
        raise invalid_parameter("A load balancer is required for services with the CODE_DEPLOY deployment controller.")
    configuration = service.doc["deploymentConfiguration"]
    blockers = {
        "Service Connect": service.hidden.get("serviceConnectConfiguration", {}).get("enabled"),
        "VPC Lattice": service.hidden.get("vpcLatticeConfigurations"),
        "deployment alarms": configuration["alarms"]["enable"],
        "the deployment circuit breaker": configuration["deploymentCircuitBreaker"]["enable"],
        "a traffic shifting strategy": configuration["strategy"] in stages.SHIFTING,
    }
    for name, present in blockers.items():
        if present:
            raise invalid_parameter(f"The deployment controller cannot be changed while {name} is configured.")


def _updated(service: Service, request: Document, definition: TaskDefinition | None) -> Document:
    doc = copy.deepcopy(service.doc)
    doc |= {member: copy.deepcopy(request[member]) for member in _PLAIN if member in request}
    if definition is not None:
        doc["taskDefinition"] = definition.arn
    if "placementStrategy" in request:
        doc["placementStrategy"] = service_document.placement_strategy(request["placementStrategy"])
    if "networkConfiguration" in request:
        doc["networkConfiguration"] = service_document.network(request["networkConfiguration"])
    if "deploymentConfiguration" in request:
        held = doc["deploymentConfiguration"]
        doc["deploymentConfiguration"] = deployment_configuration.merged(held, request["deploymentConfiguration"])
    if "deploymentController" in request:
        doc["deploymentController"] = dict(request["deploymentController"])
    if "capacityProviderStrategy" in request:
        _switch_capacity(service, doc, request)
    service_document.set_platform(doc, request.get("platformVersion"), definition)
    return doc


def _switch_capacity(service: Service, doc: Document, request: Document) -> None:
    """Change the strategy, or go back to the launch type with an empty one; both need forceNewDeployment."""
    strategy = strategies.filled(request["capacityProviderStrategy"])
    if strategy == doc.get("capacityProviderStrategy", []):
        return
    if not request.get("forceNewDeployment"):
        raise invalid_parameter(_STRATEGY_TEXT)
    if strategy:
        service.launch_type = doc.pop("launchType", None) or service.launch_type
        doc["capacityProviderStrategy"] = strategy
    elif service.launch_type is None:
        raise invalid_parameter(
            "The service was not created with a launch type: a capacity provider strategy is required."
        )
    else:
        doc.pop("capacityProviderStrategy", None)
        doc["launchType"] = service.launch_type


def _differs(service: Service, doc: Document, hidden: Document) -> bool:
    """Tell whether a member that deploys changes; re-sending an equal value does not deploy (a guess)."""
    shown = any(doc.get(name) != service.doc.get(name) for name in outcomes.DEPLOYING)
    return shown or any(
        (hidden.get(name) or None) != (service.hidden.get(name) or None) for name in outcomes.DEPLOYING_HIDDEN
    )


# Deleting


@operation
def delete_service(region: Region, request: Document) -> Document:
    """Delete a service: DRAINING until its tasks are gone, then INACTIVE.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
    """
    cluster = region.cluster(request.get("cluster"))
    service = region.find_service(cluster, request["service"])
    if service is None or service.status == GONE:
        raise service_not_found()
    if service.status == "ACTIVE":
        _check_deletable(service, request)
        region.shadows.before_write(_key(service), lambda: view(service, with_tags=True))
        deployments.drain(region, service)
    return {"service": view(service, with_tags=True)}


def _check_deletable(service: Service, request: Document) -> None:
    if request.get("force"):
        return
    if service.doc["schedulingStrategy"] == "REPLICA" and service.doc["desiredCount"] > 0:
        raise invalid_parameter("The service cannot be stopped while it is scaled above 0.")
    if any(deployment.wanted for deployment in service.deployments[1:]) or service.task_sets:
        raise invalid_parameter("The service cannot be stopped while deployments are active.")


# Reading


@operation
def describe_services(region: Region, request: Document) -> Document:
    """Describe up to ten services; absent ones are failures."""
    cluster = region.cluster(request.get("cluster"))
    references = request["services"]
    if not references:
        raise invalid_parameter("Services cannot be empty.")
    if len(references) > _DESCRIBE_LIMIT:
        raise invalid_parameter(f"Services can have at most {_DESCRIBE_LIMIT} items.")
    with_tags = "TAGS" in request.get("include", [])
    found, failures = described(
        region,
        references,
        f"service/{cluster.name}",
        lambda reference: _read(region, cluster, reference, with_tags),
    )
    return {"services": found, "failures": failures}


def _read(region: Region, cluster: Cluster, reference: str, with_tags: bool) -> Document | None:
    stale, old = region.shadows.read(f"service/{cluster.name}/{last_part(reference)}")
    if stale:
        return old if old is None or with_tags else {key: item for key, item in old.items() if key != "tags"}
    service = region.find_service(cluster, reference)
    return None if service is None else view(service, with_tags)


@operation
def list_services(region: Region, request: Document) -> Document:
    """List the ACTIVE services of a cluster, ten a page unless told otherwise."""
    cluster = region.cluster(request.get("cluster"))
    arns = [service.arn for service in region.services_of(cluster.name) if _is_listed(service, request)]
    chosen, following = page(arns, request, _LIST_DEFAULT)
    return {"serviceArns": chosen, **following}


def _is_listed(service: Service, request: Document) -> bool:
    if service.status != "ACTIVE":
        return False
    if "launchType" in request and service.doc.get("launchType") != request["launchType"]:
        return False
    return service.doc["schedulingStrategy"] == request.get("schedulingStrategy", service.doc["schedulingStrategy"])


@operation
def list_services_by_namespace(region: Region, request: Document) -> Document:
    """List the services that use a Cloud Map namespace for Service Connect."""
    namespace = neighbours.namespace_arn(region, request["namespace"], create=False)
    arns = [
        service.arn for service in region.services.values() if service.status == "ACTIVE" and _uses(service, namespace)
    ]
    chosen, following = page(arns, request, _LIST_DEFAULT)
    return {"serviceArns": chosen, **following}


def _uses(service: Service, namespace: str) -> bool:
    configuration = service.hidden.get("serviceConnectConfiguration", {})
    return bool(configuration.get("enabled")) and configuration["namespace"] == namespace


def _key(service: Service) -> str:
    return f"service/{service.cluster}/{service.name}"


def view(service: Service, with_tags: bool) -> Document:
    """Show a service as DescribeServices does."""
    shown: dict[str, Any] = {
        **service.doc,
        "runningCount": sum(task.running for task in service.tasks),
        "pendingCount": sum(task.pending for task in service.tasks),
        "deployments": [deployment_view(deployment) for deployment in service.deployments],
        "events": service.events,
    }
    if service.controller == "EXTERNAL":
        shown["taskSets"] = [item.doc for item in service.task_sets]
    elif service.controller == "CODE_DEPLOY":
        shown |= {
            "taskSets": [_task_set_view(service, deployment) for deployment in service.deployments],
            "deployments": [],
        }
    if service.deployments:
        shown["currentServiceRevisions"] = [_current(deployment) for deployment in service.deployments]
    if with_tags:
        shown["tags"] = service.tags
    return shown


def _current(deployment: Deployment) -> Document:
    counts = revisions.summary(deployment)
    return {name: counts[name] for name in ("arn", "requestedTaskCount", "runningTaskCount", "pendingTaskCount")}


def _task_set_view(service: Service, deployment: Deployment) -> Document:
    """Show a deployment as the task set of a CODE_DEPLOY service (botocore ECS model, Service.taskSets)."""
    counts = deployment_view(deployment)
    members = (
        *("launchType", "capacityProviderStrategy", "platformVersion", "platformFamily", "networkConfiguration"),
        *("startedBy", "externalId"),
    )
    return {
        **{name: counts[name] for name in members if name in counts},
        **{name: counts[name] for name in ("id", "status", "taskDefinition", "createdAt", "updatedAt")},
        "taskSetArn": service.arn.replace(":service/", ":task-set/") + f"/{deployment.id}",
        "serviceArn": service.arn,
        "clusterArn": service.doc["clusterArn"],
        "computedDesiredCount": 0 if deployment.leaving else service.doc["desiredCount"],
        "pendingCount": counts["pendingCount"],
        "runningCount": counts["runningCount"],
        "loadBalancers": deployment.balancers or service.doc["loadBalancers"],
        "serviceRegistries": service.doc["serviceRegistries"],
        "scale": {"value": 100.0, "unit": "PERCENT"},
        "stabilityStatus": "STABILIZING" if deployment.in_progress else "STEADY_STATE",
        "stabilityStatusAt": counts["updatedAt"],
    }


def deployment_view(deployment: Deployment) -> Document:
    """Show a deployment with its present counts; behind a Classic Load Balancer it has no rollout state.

    botocore ECS model, Deployment.rolloutState.
    """
    shown = dict(deployment.doc)
    if any("loadBalancerName" in balancer for balancer in deployment.settings["loadBalancers"]):
        del shown["rolloutState"], shown["rolloutStateReason"]
    return {
        **shown,
        "runningCount": sum(task.running for task in deployment.tasks),
        "pendingCount": sum(task.pending for task in deployment.tasks),
    }
