# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are members of the API: each also takes the API's own spelling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# How a deployment is followed.
FOLLOWING: dict[str, dict[str, Any]] = {
    "wait_until": {"type": "str", "choices": ["completed", "approval"], "default": "completed"},
    "fail_fast": {"type": "bool", "default": True},
    "log_lines": {"type": "int", "default": 10},
}


# What is done although it would not be done by itself.
FORCING: dict[str, dict[str, Any]] = {
    "force_new_deployment": {"type": "bool", "default": False, "aliases": ["forceNewDeployment"]},
    "force_deletion": {"type": "bool", "default": True},
    "force_desired_count": {"type": "bool", "default": False},
}
# What service_info takes.
OF_SERVICE_INFO: dict[str, dict[str, Any]] = {
    "cluster": {"type": "str"},
    "name": {"type": "list", "elements": "str", "aliases": ["names", "service", "services"]},
    "events": {"type": "bool", "default": True},
    "details": {"type": "bool", "default": True},
}


def documents(*names: str) -> dict[str, dict[str, Any]]:
    """Give options that are lists of structures."""
    return {name: {"type": "list", "elements": "dict", "aliases": [alias]} for name, alias in _camel(names)}


def structures(*names: str) -> dict[str, dict[str, Any]]:
    """Give options that are structures."""
    return {name: {"type": "dict", "aliases": [alias]} for name, alias in _camel(names)}


def scalars(kind: str, *names: str) -> dict[str, dict[str, Any]]:
    """Give options of one of Ansible's plain types."""
    return {name: {"type": kind, "aliases": [alias]} for name, alias in _camel(names)}


def _camel(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        head, *tail = name.split("_")
        yield name, head + "".join("ECS" if word == "ecs" else word.capitalize() for word in tail)
