# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures that follow from what there is: tasks look at the emulator's other services before they start.

`/_emulator/strict` says which: `images` (repositories of this account), `secrets` (Secrets Manager and Parameter
Store), `log_groups`, `roles`. A rule of `/_emulator/images` that fits an image goes before its truth.
"""

from __future__ import annotations

import json
from typing import Any

from . import facts, neighbours
from .images import Behaviour
from .records import Task, TaskDefinition
from .region import Region

Document = dict[str, Any]

CHECKS = ("images", "secrets", "log_groups", "roles")
_KEY_INDEX = 7


def behaviours(region: Region, task: Task) -> dict[str, Behaviour]:
    """Name the containers whose surroundings make the task fail, and how."""
    wanted = region.world.strict
    found = {}
    for definition in task.definition.doc["containerDefinitions"]:
        cause = None
        if "secrets" in wanted:
            cause = _secrets(region, definition)
        if cause is None and "log_groups" in wanted:
            cause = _log_group(region, definition)
        if cause is None and "images" in wanted:
            cause = _image(region, task, definition)
        if cause is not None:
            found[definition["name"]] = Behaviour(cause)
    return found


def _secrets(region: Region, definition: Document) -> str | None:
    """Look up secrets: `arn:...:secret:name:json-key:version-stage:version-id`, a parameter's ARN or its name.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    options = definition.get("logConfiguration", {}).get("secretOptions", [])
    for item in [*definition.get("secrets", []), *options]:
        value = item["valueFrom"]
        if ":secretsmanager:" not in value:
            if not neighbours.parameter_exists(region, value):
                return "parameter-missing"
            continue
        parts = value.split(":")
        text = neighbours.secret_value(region, ":".join(parts[:_KEY_INDEX]))
        if text is None:
            return "secret-missing"
        if len(parts) > _KEY_INDEX and parts[_KEY_INDEX] and parts[_KEY_INDEX] not in _keys(text):
            return "secret-key"
    return None


def _keys(text: str) -> set[str]:
    try:
        return set(json.loads(text))
    except (ValueError, TypeError):
        return set()


def _log_group(region: Region, definition: Document) -> str | None:
    configuration = definition.get("logConfiguration", {})
    options = configuration.get("options", {})
    if configuration.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true":
        return None
    group = options.get("awslogs-group", "")
    return (
        None if neighbours.log_group_exists(region, options.get("awslogs-region", ""), group) else "log-group-missing"
    )


def _image(region: Region, task: Task, definition: Document) -> str | None:
    command = facts.command_of(definition, task.doc["overrides"])
    if region.world.images.rule(definition["image"], command) is not None:
        return None
    held = neighbours.ecr_image(region, facts.image(definition["image"]))
    if held is None:
        return None
    if not held:
        return "missing"
    architecture = task.definition.doc.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    wanted = {"X86_64": "amd64", "ARM64": "arm64"}.get(architecture, "amd64")
    return "platform" if held.get("architectures") and wanted not in held["architectures"] else None


def digest(region: Region, image: str) -> str | None:
    """Give the digest that a repository of this account has for an image; None if it has none."""
    held = neighbours.ecr_image(region, facts.image(image))
    return str(held["digest"]) if held else None


def missing_role(region: Region, definition: TaskDefinition, overrides: Document) -> str | None:
    """Name the first role that does not exist, if roles are looked at."""
    if "roles" not in region.world.strict:
        return None
    for member in ("executionRoleArn", "taskRoleArn"):
        given = overrides.get(member) or definition.doc.get(member)
        if given and not neighbours.role_exists(region, given):
            return facts.role(region, definition, overrides, member)
    return None
