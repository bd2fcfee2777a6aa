# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes: EFS file systems and access points exist, and volumes configured at launch are configured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, warning
from ._look import Look
from ._wish import Wish

NAME = "volumes"


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each volume of the definition, and each that the service configures."""
    for volume in wish.definition.get("volumes") or []:
        name = str(volume.get("name"))
        if volume.get("efsVolumeConfiguration"):
            yield Check(NAME, name, partial(_efs, volume["efsVolumeConfiguration"], look))
        if volume.get("configuredAtLaunch") and wish.service:
            yield Check(NAME, name, partial(_at_launch, name, wish))
    if wish.definition:
        for entry in wish.service.get("volumeConfigurations") or []:
            yield Check(NAME, str(entry.get("name")), partial(_configured, str(entry.get("name")), wish))


def _efs(given: dict[str, Any], look: Look) -> Iterator[Finding]:
    system = str(given.get("fileSystemId") or "")
    point = (given.get("authorizationConfig") or {}).get("accessPointId")
    answer = look.find("efs", "DescribeFileSystems", ("FileSystemNotFound",), FileSystemId=system)
    shown = (answer or {}).get("FileSystems") or [None]
    if shown[0] is None:
        yield failed(f"There is no file system '{system}'.", "Create it, or correct its id.")
    elif shown[0].get("LifeCycleState") != "available":
        yield failed(f"The file system '{system}' is {shown[0].get('LifeCycleState')}.", "Wait until it is available.")
    elif not shown[0].get("NumberOfMountTargets"):
        yield failed(
            f"The file system '{system}' has no mount target, so no task can mount it.",
            "Create a mount target in the subnets of the tasks.",
        )
    else:
        yield ok(f"The file system '{system}' exists.")
    if point:
        yield from _access_point(str(point), system, given, look)


def _access_point(point: str, system: str, given: dict[str, Any], look: Look) -> Iterator[Finding]:
    """Check an access point, and what has to be given with one (EFSAuthorizationConfig)."""
    answer = look.find("efs", "DescribeAccessPoints", ("AccessPointNotFound",), AccessPointId=point)
    shown = (answer or {}).get("AccessPoints") or [None]
    if shown[0] is None:
        yield failed(f"There is no access point '{point}'.", "Create it, or correct its id.")
    elif shown[0].get("FileSystemId") != system:
        yield failed(
            f"The access point '{point}' is of the file system '{shown[0].get('FileSystemId')}', not of '{system}'.",
            "Name an access point of the file system.",
        )
    elif given.get("transitEncryption") != "ENABLED":
        yield failed("An access point needs encryption in transit.", "Set transit_encryption to ENABLED.")
    elif given.get("rootDirectory") not in (None, "", "/"):
        yield failed(
            f"With an access point the root directory is / and not '{given['rootDirectory']}'.",
            "Leave out root_directory; the access point has one.",
        )
    else:
        yield ok(f"The access point '{point}' exists.")


def _at_launch(name: str, wish: Wish) -> Iterator[Finding]:
    if name in [entry.get("name") for entry in wish.service.get("volumeConfigurations") or []]:
        yield ok(f"The volume '{name}' is configured by the service.")
    else:
        yield failed(
            f"The volume '{name}' is to be configured at launch, and the service does not configure it.",
            "Give it in volume_configurations of the service.",
        )


def _configured(name: str, wish: Wish) -> Iterator[Finding]:
    volumes = {volume.get("name"): volume for volume in wish.definition.get("volumes") or []}
    if volumes.get(name, {}).get("configuredAtLaunch"):
        yield ok(f"The task definition leaves the volume '{name}' to the service.")
    elif name in volumes:
        yield failed(
            f"The service configures the volume '{name}', which the task definition does not leave to it.",
            "Set configured_at_launch of the volume to true.",
        )
    else:
        yield warning(
            f"The service configures the volume '{name}', which the task definition does not have.",
            "Name a volume of the task definition, or leave it out.",
        )
