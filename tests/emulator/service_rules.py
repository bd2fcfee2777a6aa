# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Create- and UpdateService refuse about a service as it is going to be.

botocore ECS model, CreateService, and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html. The texts are AWS's as
users of public tools quote them (hashicorp/terraform-provider-aws `internal/service/ecs/service.go`, kayac/ecspresso);
some are guesses.
"""

from __future__ import annotations

from typing import Any

from . import neighbours, strategies, traffic
from .clusters import on_fargate
from .errors import EcsError, client_error, invalid_parameter
from .records import Cluster, TaskDefinition
from .region import Region

Document = dict[str, Any]

_MAXIMUM_TARGET_GROUPS = 5
_MAXIMUM_CONSTRAINTS = 10
_MAXIMUM_STRATEGIES = 5
_MAXIMUM_SUBNETS = 16
_MAXIMUM_GROUPS = 5
_PLATFORM_VERSIONS = ("LATEST", "1.4.0", "1.3.0", "1.0.0")
_AZ_FIELDS = ("attribute:ecs.availability-zone",)


def check(doc: Document, hidden: Document, definition: TaskDefinition | None) -> None:
    """Refuse what ECS refuses about the whole of a service."""
    _check_scheduling(doc, hidden)
    _check_placement(doc)
    if definition is not None:
        _check_launch_type(doc, definition)
        _check_platform(doc)
        _check_network(doc, definition)
        _check_load_balancers(doc, definition)
        _check_service_connect(hidden, definition)
        _check_volumes(hidden, definition)
    if doc["availabilityZoneRebalancing"] == "ENABLED" and not rebalancing_eligible(doc):
        raise invalid_parameter("The service does not meet the requirements of Availability Zone rebalancing.")


def check_surroundings(
    region: Region, cluster: Cluster, doc: Document, held: Document, definition: TaskDefinition | None
) -> None:
    """Refuse what does not exist around the service.

    Only for members that change (`held` is the service as it was): a service whose subnets or target groups are gone
    can still be scaled and deleted.
    """
    strategy = doc.get("capacityProviderStrategy")
    if strategy and strategy != held.get("capacityProviderStrategy"):
        strategies.check_used(region, cluster, strategy)
    configuration = doc.get("networkConfiguration")
    if configuration and configuration != held.get("networkConfiguration"):
        neighbours.check_network(region, configuration)
    traffic.check(region, doc, held)
    if definition is not None and doc["loadBalancers"] != held.get("loadBalancers"):
        for balancer in doc["loadBalancers"]:
            if "targetGroupArn" in balancer:
                _check_target_group(region, balancer["targetGroupArn"], definition)


def _check_scheduling(doc: Document, hidden: Document) -> None:
    if doc["schedulingStrategy"] != "DAEMON":
        return
    if on_fargate(doc):
        raise invalid_parameter(
            "The daemon scheduling strategy is not supported for tasks using the Fargate launch type."
        )
    if doc["deploymentController"]["type"] != "ECS":
        raise invalid_parameter("The daemon scheduling strategy is only supported with the ECS deployment controller.")
    if doc["placementStrategy"]:
        raise invalid_parameter("The daemon scheduling strategy does not support placement strategies.")
    if hidden.get("volumeConfigurations"):
        raise invalid_parameter("The daemon scheduling strategy does not support volume configurations.")
    if doc["deploymentConfiguration"]["maximumPercent"] != 100:
        raise invalid_parameter("The daemon scheduling strategy requires a maximumPercent of 100.")


def _check_placement(doc: Document) -> None:
    if len(doc["placementConstraints"]) > _MAXIMUM_CONSTRAINTS:
        raise invalid_parameter(f"A service can have at most {_MAXIMUM_CONSTRAINTS} placement constraints.")
    if len(doc["placementStrategy"]) > _MAXIMUM_STRATEGIES:
        raise invalid_parameter(f"A service can have at most {_MAXIMUM_STRATEGIES} placement strategies.")
    for constraint in doc["placementConstraints"]:
        if constraint.get("type") == "distinctInstance" and constraint.get("expression"):
            raise invalid_parameter("A distinctInstance placement constraint must not have an expression.")
    if on_fargate(doc) and doc["placementConstraints"]:
        raise invalid_parameter("Placement constraints are not valid for tasks using the Fargate launch type.")


def _check_launch_type(doc: Document, definition: TaskDefinition) -> None:
    kind = "FARGATE" if on_fargate(doc) else doc.get("launchType", "EC2")
    required = definition.doc.get("requiresCompatibilities") or [kind]
    if kind == "MANAGED_INSTANCES":
        return
    if kind not in definition.doc["compatibilities"] or (kind == "FARGATE" and kind not in required):
        raise client_error(f"Task definition does not support launch_type {kind}.")


def _check_platform(doc: Document) -> None:
    version = doc.get("platformVersion")
    if version is None:
        return
    if not on_fargate(doc):
        raise invalid_parameter("The platform version must be null when specifying an EC2 launch type.")
    if version not in _PLATFORM_VERSIONS:
        raise EcsError("PlatformUnknownException", "The specified platform does not exist.")


def _check_network(doc: Document, definition: TaskDefinition) -> None:
    configuration = doc.get("networkConfiguration")
    awsvpc = definition.doc.get("networkMode") == "awsvpc"
    if awsvpc and not configuration:
        raise invalid_parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if configuration and not awsvpc:
        raise invalid_parameter("Network Configuration is not valid for the given networkMode of this task definition.")
    if not configuration:
        return
    vpc = configuration["awsvpcConfiguration"]
    if len(vpc["subnets"]) > _MAXIMUM_SUBNETS or len(vpc["securityGroups"]) > _MAXIMUM_GROUPS:
        raise invalid_parameter("A service can have at most 16 subnets and 5 security groups.")
    if vpc["assignPublicIp"] == "ENABLED" and not on_fargate(doc):
        raise invalid_parameter("Assign public IP is not supported for this launch type.")


def _check_load_balancers(doc: Document, definition: TaskDefinition) -> None:
    balancers = doc["loadBalancers"]
    if len(balancers) > _MAXIMUM_TARGET_GROUPS:
        raise invalid_parameter(f"load balancers can have at most {_MAXIMUM_TARGET_GROUPS} items.")
    for balancer in balancers:
        _check_container_port(definition, balancer)
    for registry in doc["serviceRegistries"]:
        if "containerName" in registry:
            _check_container_port(definition, registry)
    if len(doc["serviceRegistries"]) > 1:
        raise invalid_parameter("A service can have only one service registry.")


def _check_container_port(definition: TaskDefinition, target: Document) -> None:
    """Refuse a container or port that the definition does not have."""
    name, port = target.get("containerName"), target.get("containerPort")
    containers = {item["name"]: item for item in definition.doc["containerDefinitions"]}
    if name not in containers:
        raise invalid_parameter(f"The container {name} does not exist in the task definition.")
    if port is not None and port not in [mapping.get("containerPort") for mapping in containers[name]["portMappings"]]:
        raise invalid_parameter(f"The container {name} did not have a container port {port} defined.")


def _check_target_group(region: Region, arn: str, definition: TaskDefinition) -> None:
    group = neighbours.target_group(region, arn)
    if group is None:
        raise invalid_parameter(f"The target group with targetGroupArn {arn} does not exist.")
    if not group.load_balancer_arns:
        raise invalid_parameter(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )
    if definition.doc.get("networkMode") == "awsvpc" and group.target_type != "ip":
        raise invalid_parameter(
            f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )


def _check_service_connect(hidden: Document, definition: TaskDefinition) -> None:
    ports = {
        mapping.get("name")
        for container in definition.doc["containerDefinitions"]
        for mapping in container["portMappings"]
    }
    services = hidden.get("serviceConnectConfiguration", {}).get("services", [])
    names = [service["portName"] for service in services]
    names += [connector["portName"] for connector in hidden.get("gatewayConnectors", [])]
    names += [lattice["portName"] for lattice in hidden.get("vpcLatticeConfigurations", [])]
    for name in names:
        if name not in ports:
            raise invalid_parameter(f"portName '{name}' does not refer to a named PortMapping in the task definition.")


def _check_volumes(hidden: Document, definition: TaskDefinition) -> None:
    launched = [volume["name"] for volume in definition.doc["volumes"] if volume.get("configuredAtLaunch")]
    given = [volume["name"] for volume in hidden.get("volumeConfigurations", [])]
    if launched and not given:
        raise invalid_parameter(
            "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime"
        )
    for name in given:
        if name not in launched:
            raise invalid_parameter(f"Volume '{name}' is not configured at launch in the task definition.")


def rebalancing_eligible(doc: Document) -> bool:
    """Tell whether Availability Zone rebalancing can be used.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    if doc["schedulingStrategy"] == "DAEMON" or doc.get("launchType") == "EXTERNAL":
        return False
    if doc["deploymentConfiguration"]["maximumPercent"] <= 100:
        return False
    if any("loadBalancerName" in balancer for balancer in doc["loadBalancers"]):
        return False
    if any("ecs.availability-zone" in item.get("expression", "") for item in doc["placementConstraints"]):
        return False
    first = doc["placementStrategy"][:1]
    return all(item.get("type") == "spread" and item.get("field") in _AZ_FIELDS for item in first)
