# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the AppSpec file of a revision.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html and
.../reference-appspec-file-structure-hooks.html. CodeDeploy documents no texts of its refusals: they are guesses.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import EcsError
from .region import Region

Document = dict[str, Any]

HOOK_EVENTS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")


@dataclass(frozen=True)
class AppSpec:
    """What a revision wants: a task definition, a container and port behind the load balancer, and hooks by event."""

    task_definition: str
    container: str
    port: int
    settings: Document = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)


def _invalid(text: str) -> EcsError:
    return EcsError("InvalidRevisionException", text)


def read(region: Region, revision: Document) -> AppSpec:
    """Read the AppSpec of a revision, or refuse it."""
    text = _text(region, revision)
    try:
        # JSON is YAML too.
        document = yaml.safe_load(text)
        service = next(iter(document["Resources"][0].values()))
        kind, properties = service["Type"], service["Properties"]
        balancer = properties["LoadBalancerInfo"]
        spec = AppSpec(
            str(properties["TaskDefinition"]),
            str(balancer["ContainerName"]),
            int(balancer["ContainerPort"]),
            _settings(properties),
            {event: str(function) for item in document.get("Hooks") or [] for event, function in item.items()},
        )
    except (yaml.YAMLError, KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise _invalid(f"The AppSpec file cannot be read: {type(error).__name__} {error}") from None
    if kind != "AWS::ECS::Service":
        raise _invalid("The Type of the resource must be AWS::ECS::Service.")
    unknown = set(spec.hooks) - set(HOOK_EVENTS)
    if unknown:
        raise _invalid(f"The AppSpec file has hooks for unknown lifecycle events: {sorted(unknown)}.")
    return spec


def _text(region: Region, revision: Document) -> str:
    kind = revision.get("revisionType")
    if kind == "S3":
        return _object(region, revision.get("s3Location", {}))
    member = {"AppSpecContent": "appSpecContent", "String": "string"}.get(str(kind))
    if member is None:
        raise _invalid("The revision type of an Amazon ECS deployment must be S3, AppSpecContent or String.")
    content = revision.get(member, {}).get("content")
    if not content:
        raise _invalid("The revision has no content.")
    wanted = revision[member].get("sha256")
    if wanted and wanted != hashlib.sha256(content.encode()).hexdigest():
        raise _invalid("The SHA256 hash of the revision does not match its content.")
    return str(content)


def _object(region: Region, place: Document) -> str:
    try:
        s3 = importlib.import_module("moto.s3.models").s3_backends[region.account]["aws"]
        found = s3.get_object(place["bucket"], place["key"])
    except Exception as error:
        raise EcsError("RevisionDoesNotExistException", f"The revision does not exist: {error}") from None
    if found is None:
        raise EcsError("RevisionDoesNotExistException", "The revision does not exist.")
    return bytes(found.value).decode()


def _settings(properties: Document) -> Document:
    """Give the optional properties in the spelling of ECS."""
    settings: Document = {}
    if properties.get("PlatformVersion"):
        settings["platformVersion"] = properties["PlatformVersion"]
    network = (properties.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration")
    if network:
        settings["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": network.get("Subnets", []),
                "securityGroups": network.get("SecurityGroups", []),
                "assignPublicIp": network.get("AssignPublicIp", "DISABLED"),
            }
        }
    if properties.get("CapacityProviderStrategy"):
        settings["capacityProviderStrategy"] = [
            {
                "capacityProvider": item["CapacityProvider"],
                "base": int(item.get("Base", 0)),
                "weight": int(item.get("Weight", 0)),
            }
            for item in properties["CapacityProviderStrategy"]
        ]
    return settings
