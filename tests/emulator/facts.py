# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the texts in causes.py speak of: the names of things in one task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .names import last_part
from .records import Task, TaskDefinition
from .region import Region

Document = dict[str, Any]

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
_SECRET_ARN_PARTS = 7


@dataclass(frozen=True)
class Image:
    """An image reference taken apart."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """Registry and path, as containerd spells them."""
        return f"{self.registry}/{self.path}"

    @property
    def reference(self) -> str:
        """The full reference, as containerd spells it; it needs no tag that was not given."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def image(reference: str) -> Image:
    """Take a reference apart: a name without a dot before its first slash is Docker Hub's."""
    name, _ignored, digest = reference.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Image(first, rest, tag, digest)
    return Image("docker.io", path if slash else f"library/{path}", tag, digest)


def definition_of(task: Task, container: str) -> Document:
    """Find a container's definition."""
    found: Document = next(item for item in task.definition.doc["containerDefinitions"] if item["name"] == container)
    return found


def command_of(definition: Document, overrides: Document) -> list[str]:
    """Give what a container runs: the entry point and the command, which may be overridden."""
    command = override_of(overrides, definition["name"]).get("command") or definition.get("command", [])
    return [*definition.get("entryPoint", []), *command]


def override_of(overrides: Document, container: str) -> Document:
    """Find the overrides of a container."""
    given = overrides.get("containerOverrides", [])
    return next((item for item in given if item.get("name") == container), {})


def role(region: Region, definition: TaskDefinition, overrides: Document, member: str) -> str:
    """Give the ARN of the execution role or the task role; a name that many use if there is none."""
    default = {"executionRoleArn": "ecsTaskExecutionRole", "taskRoleArn": "ecsTaskRole"}[member]
    found = overrides.get(member) or definition.doc.get(member) or default
    return found if found.startswith("arn:") else region.arn(f"role/{found}", "iam", "")


def gather(
    region: Region, definition: TaskDefinition, overrides: Document, container: Document, task_id: str
) -> dict[str, str]:
    """Name everything that a text about this container may name."""
    execution = role(region, definition, overrides, "executionRoleArn")
    task_role = role(region, definition, overrides, "taskRoleArn")
    picture = image(container["image"])
    platform = definition.doc.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    ports = [str(item["containerPort"]) for item in container.get("portMappings", []) if "containerPort" in item]
    group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group", "/ecs/app")
    volumes = [
        item["efsVolumeConfiguration"]["fileSystemId"]
        for item in definition.doc["volumes"]
        if "efsVolumeConfiguration" in item
    ]
    return {
        "account": region.account,
        "region": region.name,
        "task_id": task_id,
        "container": container["name"],
        "family": definition.doc["family"],
        "execution_role": execution,
        "execution_role_name": last_part(execution),
        "task_role": task_role,
        "task_role_name": last_part(task_role),
        "image": container["image"],
        "reference": picture.reference,
        "repository": picture.repository,
        "registry": picture.registry,
        "repository_arn": region.arn(f"repository/{picture.path}", "ecr"),
        "platform": f"linux/{_ARCHITECTURES.get(platform, 'amd64')}",
        "command": next(iter(command_of(container, overrides)), "/docker-entrypoint.sh"),
        "port": ports[0] if ports else "80",
        "log_group": group,
        "log_group_arn": region.arn(f"log-group:{group}:log-stream:*", "logs"),
        "file_system": volumes[0] if volumes else "fs-0123456789abcdef0",
        **_secrets(region, container),
    }


def _secrets(region: Region, container: Document) -> dict[str, str]:
    values = [item["valueFrom"] for item in container.get("secrets", [])]
    secrets = [value for value in values if ":secretsmanager:" in value]
    parameters = [value for value in values if ":secretsmanager:" not in value]
    secret = secrets[0] if secrets else region.arn("secret:app-AbCdEf", "secretsmanager")
    parts = secret.split(":")
    parameter = parameters[0] if parameters else "/app/setting"
    arn = parameter if parameter.startswith("arn:") else region.arn(f"parameter/{parameter.lstrip('/')}", "ssm")
    return {
        "secret": ":".join(parts[:_SECRET_ARN_PARTS]),
        "key": (parts[_SECRET_ARN_PARTS] if len(parts) > _SECRET_ARN_PARTS else "") or "PASSWORD",
        "parameter": parameter,
        "parameter_arn": arn,
    }
