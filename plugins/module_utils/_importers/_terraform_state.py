# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Terraform, version 4: its instances, each with its address, and with what is sensitive hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._export.secrets import Hidden
from ._reader import LOOK, Reader
from ._source import Source
from ._terraform_modules import MODULES

VERSION = 4
KINDS = frozenset(
    {
        *("aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "aws_ecs_capacity_provider", "aws_ecs_service"),
        *("aws_ecs_task_definition", "aws_appautoscaling_target", "aws_appautoscaling_policy"),
        "aws_appautoscaling_scheduled_action",
    }
)
# What Terraform keeps for itself, in the document and with each resource and instance.
OWN = ("version", "terraform_version", "serial", "lineage", "check_results")
OF_RESOURCE = ("mode", "type", "name", "provider", "module", "each")
OF_INSTANCE = (
    *("index_key", "schema_version", "private", "dependencies", "create_before_destroy"),
    *("identity", "identity_schema_version", "sensitive_attributes"),
)
AGAIN = "run terraform apply, and convert the state after it."


@dataclass
class Instance:
    """An instance of a resource: count and for_each give one several."""

    type: str
    reader: Reader  # of its attributes

    @property
    def arn(self) -> str:
        """Give its ARN, empty where it has none."""
        return str(self.reader.look("arn") or "")


def instances(source: Source, name: str) -> Iterator[Instance]:
    """Give what Terraform manages in ECS, and leave all other resources."""
    document = source.reader(name)
    for member in OWN:
        document.take(member)
    if document.look("outputs"):
        document.leave("outputs", "a manifest has no outputs.", "read what you need with the info modules.")
    document.take("outputs")
    for _index, resource in document.each("resources"):
        yield from _of_resource(resource, source)


def _of_resource(resource: Reader, source: Source) -> Iterator[Instance]:
    mode, kind, name, module = (resource.text(member) for member in ("mode", "type", "name", "module"))
    for member in OF_RESOURCE:
        resource.take(member)
    path = ".".join(part for part in (module, "data" if mode == "data" else None, kind, name) if part)
    if mode == "data" or kind not in KINDS:
        resource.take("instances")
        reason, remedy = ("it only reads.", "nothing to do.") if mode == "data" else _apart(kind or "")
        source.left.leave(path or resource.path, reason, remedy)
        return
    for _index, instance in resource.each("instances"):
        key = instance.look("index_key")
        index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
        yield from _of_instance(instance, kind, f"{path}{index}", source)


def _of_instance(instance: Reader, kind: str, address: str, source: Source) -> Iterator[Instance]:
    sensitive = instance.look("sensitive_attributes")
    for member in OF_INSTANCE:
        instance.take(member)
    if instance.text("status") == "tainted":
        source.left.leave(address, "it is tainted: Terraform would make it anew.", AGAIN)
    if "deposed" in instance:
        instance.take("attributes")
        instance.take("deposed")
        source.left.leave(address, "a former instance of it is about to be deleted by Terraform.", AGAIN)
        return
    attributes = instance.take("attributes")
    if not isinstance(attributes, Mapping):
        source.left.leave(address, "it has no attributes.", LOOK)
        return
    for path in sensitive if isinstance(sensitive, list) else ():
        attributes = _hidden(attributes, path if isinstance(path, list) else [])
    yield Instance(kind, source.over(attributes, address))


def _hidden(value: Any, path: list[Any]) -> Any:
    """Copy a value with the text at a path, and all below it, hidden."""
    if not path:
        return _all_hidden(value)
    step = path[0].get("value") if isinstance(path[0], Mapping) else None
    step = step.get("value") if isinstance(step, Mapping) else step
    if isinstance(value, Mapping):
        return {name: _hidden(entry, path[1:]) if name == step else entry for name, entry in value.items()}
    if isinstance(value, list):
        return [_hidden(entry, path[1:]) if index == step else entry for index, entry in enumerate(value)]
    return value


def _all_hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _all_hidden(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_all_hidden(entry) for entry in value]
    return Hidden(value) if isinstance(value, str) and value else value


def _apart(kind: str) -> tuple[str, str]:
    """Say why a type of resource is not carried over, and which module manages it."""
    if not kind.startswith("aws_"):
        return "it is not of AWS.", "it stays with Terraform, or see the collection for it."
    module = next((module for start, module in MODULES.items() if kind.startswith(start)), None)
    remedy = f"it stays with Terraform, or {module} takes it over." if module else "it stays with Terraform."
    return "it is none of the kinds that are converted.", remedy
