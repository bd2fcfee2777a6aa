# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What RegisterTaskDefinition refuses.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html. The texts are AWS's as users of
public tools quote them (hashicorp/terraform-provider-aws#3051, aws/amazon-ecs-cli#1145); some are guesses.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from . import sizes
from .errors import client_error, invalid_parameter
from .names import NAME

Document = dict[str, Any]

_MAXIMUM_BYTES = 64 * 1024
_MAXIMUM_CONTAINERS = 10
_MAXIMUM_IMAGE = 255
_MAXIMUM_PORT = 65535
_PORT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_EPHEMERAL_GIB = range(21, 201)
_EC2_CPU = range(128, 196609)
_MINIMUM_MEMORY = 6
_FORBIDDEN_ON_FARGATE = (
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "dockerSecurityOptions",
    "extraHosts",
    "links",
    "privileged",
)
# The API model (botocore 1.44, LinuxParameters) says "not on Fargate" of these alone. Pages of the developer guide that
# list tmpfs too contradict it; that ECS takes tmpfs is therefore a guess.
_FORBIDDEN_LINUX_PARAMETERS = ("devices", "maxSwap", "sharedMemorySize", "swappiness")


def check(request: Document) -> None:
    """Refuse a definition that ECS refuses; `cpu` and `memory` are canonical already."""
    if not NAME.match(request["family"]):
        raise client_error("Family contains invalid characters.")
    if len(json.dumps(request)) > _MAXIMUM_BYTES:
        raise client_error("Actual length of the task definition exceeds the maximum of 65536 bytes.")
    _check_task(request)
    _check_containers(request)
    _check_volumes(request)
    if "FARGATE" in request.get("requiresCompatibilities", []):
        _check_fargate(request)


def _check_task(request: Document) -> None:
    cpu = request.get("cpu")
    if cpu is not None and int(cpu) not in _EC2_CPU:
        raise invalid_parameter("Invalid 'cpu' setting for task.")
    if len(request.get("placementConstraints", [])) > _MAXIMUM_CONTAINERS:
        raise client_error("Too many placement constraints.")


def _check_containers(request: Document) -> None:
    containers = request["containerDefinitions"]
    if not containers:
        raise client_error("Container list cannot be empty.")
    if len(containers) > _MAXIMUM_CONTAINERS:
        raise client_error(f"Task definitions can have at most {_MAXIMUM_CONTAINERS} containers.")
    for container in containers:
        _check_container(request, container)
    _refuse_twice([container["name"] for container in containers], "container name")
    if not any(container.get("essential", True) for container in containers):
        raise client_error("At least one container in a task definition must be essential.")
    names = {container["name"] for container in containers}
    for container in containers:
        for dependency in container.get("dependsOn", []):
            if dependency["containerName"] not in names - {container["name"]}:
                raise client_error(f"Invalid 'dependsOn' setting for container '{container['name']}'.")


def _check_container(request: Document, container: Document) -> None:
    for member in ("name", "image"):
        if not container.get(member):
            raise client_error(f"Container.{member} should not be null or empty.")
    name = container["name"]
    if not NAME.match(name):
        raise client_error("Container.name contains invalid characters.")
    if len(container["image"]) > _MAXIMUM_IMAGE:
        raise client_error("Container.image should be 255 characters or less")
    _check_memory(request, container)
    _check_secret_names(container)
    _check_ports(request, container)
    if request.get("networkMode") == "awsvpc" and container.get("links"):
        raise client_error("Links are not supported when networkMode=awsvpc.")


def _check_secret_names(container: Document) -> None:
    """Names may repeat within `environment`, but a secret's name must be unique."""
    names = [pair.get("name") for pair in container.get("environment", [])]
    for secret in container.get("secrets", []):
        if secret["name"] in names:
            raise client_error(
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                f"the container, such as '{secret['name']}'."
            )
        names.append(secret["name"])


def _check_memory(request: Document, container: Document) -> None:
    name, memory, soft = container["name"], container.get("memory"), container.get("memoryReservation")
    if memory is None and soft is None and "memory" not in request:
        raise client_error(
            f"Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be "
            "specified."
        )
    if memory is not None and memory < _MINIMUM_MEMORY:
        raise client_error(f"Invalid 'memory' setting for container '{name}'.")
    if memory is not None and soft is not None and soft >= memory:
        raise client_error(
            f"Invalid setting for container '{name}'. The 'memory' setting must be greater than the "
            "'memoryReservation' setting."
        )
    if "memory" in request and (memory or soft or 0) > int(request["memory"]):
        raise client_error(f"The 'memory' setting for container '{name}' is greater than for the task.")
    if "cpu" in request and container.get("cpu", 0) > int(request["cpu"]):
        raise client_error(f"The 'cpu' setting for container '{name}' is greater than for the task.")


def _check_ports(request: Document, container: Document) -> None:
    for mapping in container.get("portMappings", []):
        for member in ("containerPort", "hostPort"):
            if not 0 <= mapping.get(member, 0) <= _MAXIMUM_PORT:
                raise client_error(f"Invalid '{member}' setting for container '{container['name']}'.")
        if mapping.get("name") and not _PORT_NAME.match(mapping["name"]):
            raise client_error("PortMapping.name must be lower case letters, numbers, hyphens and underscores.")
        same_ports = request.get("networkMode") in ("awsvpc", "host")
        if same_ports and mapping.get("hostPort", mapping.get("containerPort")) != mapping.get("containerPort"):
            mode = request["networkMode"]
            raise client_error(
                f"When networkMode={mode}, the host ports and container ports in port mappings must match."
            )


def _check_volumes(request: Document) -> None:
    volumes = request.get("volumes", [])
    _refuse_twice([volume.get("name") for volume in volumes], "volume name")
    if sum(bool(volume.get("configuredAtLaunch")) for volume in volumes) > 1:
        raise client_error("Task definitions can have at most one volume that is configured at launch.")
    names = {volume.get("name") for volume in volumes}
    for container in request["containerDefinitions"]:
        for mount in container.get("mountPoints", []):
            if mount.get("sourceVolume") not in names:
                raise client_error(f"Unknown volume '{mount.get('sourceVolume')}'.")


def _refuse_twice(values: list[Any], what: str) -> None:
    for value, times in Counter(values).items():
        if value is not None and times > 1:
            raise client_error(f"Duplicate {what} '{value}'.")


def _check_fargate(request: Document) -> None:
    for member in ("cpu", "memory"):
        if member not in request:
            raise client_error(f"Fargate requires that '{member}' be defined at the task level.")
    if request.get("networkMode") != "awsvpc":
        # AWS's text has typographic quotes.
        raise client_error("Fargate only supports network mode \u2018awsvpc\u2019.")
    if not sizes.fits_fargate(request["cpu"], request["memory"]):
        raise client_error(
            f"No Fargate configuration exists for given values: {request['cpu']} CPU, {request['memory']} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    _check_fargate_options(request)
    for container in request["containerDefinitions"]:
        _check_fargate_container(container)
        if "executionRoleArn" not in request:
            _check_needs_no_role(container)


def _check_fargate_options(request: Document) -> None:
    if request.get("pidMode", "task") != "task":
        raise client_error(
            "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is "
            "'task'."
        )
    size = request.get("ephemeralStorage", {}).get("sizeInGiB")
    if size is not None and size not in _EPHEMERAL_GIB:
        raise client_error("Invalid 'ephemeralStorage' setting: sizeInGiB must be between 21 and 200.")
    if request.get("placementConstraints"):
        raise client_error("Fargate does not support placement constraints.")


def _check_fargate_container(container: Document) -> None:
    linux = container.get("linuxParameters", {})
    present = [member for member in _FORBIDDEN_ON_FARGATE if container.get(member)]
    present += [f"linuxParameters.{member}" for member in _FORBIDDEN_LINUX_PARAMETERS if linux.get(member)]
    for member in present:
        raise client_error(f"Invalid setting for container '{container['name']}'. Fargate does not support '{member}'.")


def _check_needs_no_role(container: Document) -> None:
    needs = {
        "ECR images": ".dkr.ecr." in container["image"],
        "log driver awslogs": container.get("logConfiguration", {}).get("logDriver") == "awslogs",
        "secrets": bool(container.get("secrets")),
    }
    for what, needed in needs.items():
        if needed:
            raise client_error(f"Fargate requires task definition to have execution role ARN to support {what}.")
