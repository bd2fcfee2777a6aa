# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ECS fills into a task definition when it is registered.

botocore ECS model (ContainerDefinition, PortMapping, HealthCheck, RegisterTaskDefinition) and the outputs of
register-task-definition and describe-task-definition in the AWS CLI's reference
(https://docs.aws.amazon.com/cli/latest/reference/ecs/describe-task-definition.html).
"""

from __future__ import annotations

import copy
import hashlib
from typing import Any

from . import sizes

Document = dict[str, Any]

_HEALTH_CHECK = {"interval": 30, "timeout": 5, "retries": 3}
_CAPABILITY = "com.amazonaws.ecs.capability"


def filled(request: Document) -> Document:
    """Give the definition as Describe shows it, without the members of its identity."""
    doc = copy.deepcopy({key: value for key, value in request.items() if key != "tags"})
    doc["containerDefinitions"] = [_container(item, doc.get("networkMode")) for item in doc["containerDefinitions"]]
    doc["volumes"] = [_volume(volume) for volume in doc.get("volumes", [])]
    doc.setdefault("placementConstraints", [])
    if "requiresCompatibilities" in doc:
        # An enum set: [FARGATE, EC2] comes back as [EC2, FARGATE].
        doc["requiresCompatibilities"] = sorted(set(doc["requiresCompatibilities"]))
    doc["compatibilities"] = _compatibilities(doc)
    doc["requiresAttributes"] = _attributes(doc)
    return doc


def _shuffled(pairs: list[Document]) -> list[Document]:
    """Put pairs into an order that is neither the given nor a sorted one.

    ECS keeps `environment` and `secrets` unordered (hashicorp/terraform-provider-aws#3035, PrefectHQ/prefect#18306);
    the same names always come back in the same order here.
    """
    return sorted(pairs, key=lambda pair: hashlib.sha256(str(pair.get("name")).encode()).digest())


def _container(container: Document, network_mode: str | None) -> Document:
    container.setdefault("cpu", 0)
    container.setdefault("essential", True)
    for member in ("environment", "mountPoints", "portMappings", "systemControls", "volumesFrom"):
        container.setdefault(member, [])
    container["portMappings"] = [_port(mapping, network_mode) for mapping in container["portMappings"]]
    container["environment"] = _shuffled(container["environment"])
    if "secrets" in container:
        container["secrets"] = _shuffled(container["secrets"])
    if "healthCheck" in container:
        container["healthCheck"] = _HEALTH_CHECK | container["healthCheck"]
    if "linuxParameters" in container:
        linux = container["linuxParameters"]
        linux["capabilities"] = {"add": [], "drop": []} | linux.get("capabilities", {})
        linux.setdefault("devices", [])
        linux.setdefault("tmpfs", [])
    if "logConfiguration" in container:
        # An empty list comes back (whether always is a guess).
        container["logConfiguration"].setdefault("secretOptions", [])
    return container


def _port(mapping: Document, network_mode: str | None) -> Document:
    mapping.setdefault("protocol", "tcp")
    if "containerPortRange" not in mapping:
        fixed = network_mode in ("awsvpc", "host")
        mapping.setdefault("hostPort", mapping.get("containerPort", 0) if fixed else 0)
    return mapping


def _volume(volume: Document) -> Document:
    configured = set(volume) - {"name"}
    if not configured:
        volume["host"] = {}
    if "efsVolumeConfiguration" in volume:
        # The effective default; that it is echoed is a guess.
        volume["efsVolumeConfiguration"].setdefault("rootDirectory", "/")
    return volume


def _compatibilities(doc: Document) -> list[str]:
    """Compute what the definition can run on: ["EXTERNAL", "EC2"] or ["EC2", "FARGATE"] in AWS's samples."""
    required = doc.get("requiresCompatibilities", [])
    extra = ["MANAGED_INSTANCES"] if "MANAGED_INSTANCES" in required else []
    if doc.get("networkMode") != "awsvpc":
        return ["EXTERNAL", "EC2", *extra]
    sized = "cpu" in doc and "memory" in doc and sizes.fits_fargate(doc["cpu"], doc["memory"])
    return ["EC2", "FARGATE", *extra] if sized else ["EC2", *extra]


def _attributes(doc: Document) -> list[Document]:
    """Compute the attributes that a container instance must have; AWS knows more of them than are listed here."""
    names = {f"{_CAPABILITY}.docker-remote-api.1.18"}
    if doc.get("networkMode") == "awsvpc":
        names.add("ecs.capability.task-eni")
    if "taskRoleArn" in doc:
        names.add(f"{_CAPABILITY}.task-iam-role")
    for container in doc["containerDefinitions"]:
        driver = container.get("logConfiguration", {}).get("logDriver")
        if driver:
            names.add(f"{_CAPABILITY}.logging-driver.{driver}")
        if ".dkr.ecr." in container["image"]:
            names.add(f"{_CAPABILITY}.ecr-auth")
        if "healthCheck" in container:
            names.add("ecs.capability.container-health-check")
        if container.get("secrets"):
            names.add("ecs.capability.secrets.ssm.environment-variables")
    return [{"name": name} for name in sorted(names)]


def platform_family(doc: Document) -> str:
    """Spell the platform family of Fargate tasks: `Linux`, or `Windows_Server_2022_Core` and the like (a guess)."""
    family = str(doc.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX"))
    return "_".join(word.capitalize() for word in family.split("_"))
