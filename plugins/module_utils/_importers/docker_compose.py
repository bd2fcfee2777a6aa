# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A docker-compose file: each service becomes a family and a service on Fargate.

Source: https://github.com/compose-spec/compose-spec, and for the extensions x-aws-* the documentation of the ECS
integration that Compose had (https://docs.docker.com/cloud/ecs-compose-features/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import _compose_reasons as reasons
from ._compose_container import Container
from ._compose_deploy import Deploy
from ._compose_files import Files
from ._compose_values import environment_file, interpolated
from ._piece import Choice, Piece, filled
from ._reader import Reader
from ._source import Source

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OVERRIDES = tuple(name.replace(".y", ".override.y") for name in NAMES)
DONE = "service_completed_successfully"


def fits(source: Source) -> bool:
    """Tell whether the source has services as Compose writes them."""
    if source.is_directory:
        return any(source.has(name) for name in NAMES)
    value = source.seen()
    services = value.get("services") if isinstance(value, Mapping) else None
    return isinstance(services, Mapping) and all(
        isinstance(service, Mapping) and {"image", "build", "extends"} & set(service) for service in services.values()
    )


def pieces(source: Source, choice: Choice) -> Iterator[Piece]:
    """Give a family, a service, and on demand the scaling for each service."""
    name = next((name for name in NAMES if source.has(name)), "") if source.is_directory else ""
    for other in NAMES if name else ():
        if other != name and source.has(other):
            source.left.leave(other, f"Compose takes {name} where there are several.", reasons.DROP)
    for other in OVERRIDES if source.name not in OVERRIDES else ():
        if source.has(other):
            source.left.leave(other, "what it overrides is not merged here.", reasons.RESOLVED)
    variables = {**_surroundings(source), **choice.variables}

    def missing(path: str, names: list[str]) -> None:
        source.left.leave(path, f"there is no value for {', '.join(sorted(set(names)))}.", "give it in variables.")

    yield from Compose(source, choice, source.over(interpolated(source.value(name), variables, missing), ""), variables)


def _surroundings(source: Source) -> dict[str, str]:
    """Read the file .env, in which Compose looks for variables."""
    if not source.has(".env"):
        return {}
    return {name: value or "" for name, value in environment_file(source.text(".env"), {}).items()}


class Compose:
    """The document, with its variables filled in."""

    def __init__(self, source: Source, choice: Choice, reader: Reader, variables: Mapping[str, str]) -> None:
        self._source, self._choice, self._reader, self._variables = source, choice, reader, variables
        self._project = choice.name or reader.text("name")
        reader.take("name")
        self._cluster = choice.cluster or reader.text("x-aws-cluster")
        reader.take("x-aws-cluster")
        self._services = reader.inside("services").names
        self._files = Files(reader)
        self._silent = False  # whether there is a container whose output would be lost

    def __iter__(self) -> Iterator[Piece]:
        reader = self._reader
        reader.take("version")  # has had no meaning since Compose 2
        for member, (reason, remedy) in reasons.TOP.items():
            reader.leave(member, reason, remedy)
        for name, service in reader.each("services"):
            yield from self._service(str(name), service)
        self._files.unused()
        _leave_extensions(reader)
        self._leave_surroundings()

    def _named(self, name: str) -> str:
        """Give the name of a family and its service: that of the project, a hyphen, and that of the service."""
        return re.sub(r"[^A-Za-z0-9_-]", "-", f"{self._project}-{name}" if self._project else name)

    def _service(self, name: str, reader: Reader) -> Iterator[Piece]:
        if not isinstance(reader.value, Mapping):
            return
        family, deploy = self._named(name), Deploy(reader)
        for member, (reason, remedy) in reasons.SERVICE.items():
            reader.leave(member, reason, remedy)
        if "profiles" in reader:
            reader.leave("profiles", "an estate has no profiles; the service is part of it.", "take it out on demand.")
        container = Container(reader, self._source, self._variables).options(_container(name), f"{family}:latest")
        volumes, points, memory = self._files.mounted(reader)
        linux = container.pop("linux_parameters", {})
        linux = filled({**linux, "tmpfs": [*linux.get("tmpfs", []), *memory]})
        secrets = self._files.secrets(reader)
        if secrets and "execution_role_arn" not in self._choice.defaults.get("task_definition", {}):
            remedy = "give execution_role_arn in defaults of task_definition."
            reader.note("secrets", "it takes an execution role that may read them.", remedy)
        container = {**container, **filled({"mount_points": points, "linux_parameters": linux, "secrets": secrets})}
        yield Piece(
            "task_definition",
            filled(
                {
                    "family": family,
                    "requires_compatibilities": ["FARGATE"],
                    "network_mode": "awsvpc",
                    **deploy.task_size(),
                    "runtime_platform": deploy.platform(),
                    "container_definitions": [container],
                    "volumes": volumes,
                }
            ),
        )
        self._silent = self._silent or "log_configuration" not in container
        yield from self._deployed(family, reader, deploy)
        _leave_extensions(reader)

    def _deployed(self, family: str, reader: Reader, deploy: Deploy) -> Iterator[Piece]:
        deploy.restarts()
        count = deploy.count()
        scaling = deploy.scaling()
        service: dict[str, Any] = {
            "name": family,
            "cluster": self._cluster,
            "task_definition": family,
            "desired_count": count,
            "launch_type": "FARGATE",
            "deployment_configuration": deploy.configuration(count),
            "tags": deploy.tags(),
            "depends_on": self._depends(reader),
            "ignore_changes": ["desired_count"] if scaling else None,
        }
        yield Piece("service", filled(service))
        if scaling:
            yield Piece("scaling", filled({"service": family, "cluster": self._cluster, **scaling}))

    def _depends(self, reader: Reader) -> list[str]:
        entries = reader.each("depends_on")
        found = []
        for step, entry in entries:
            name = str(step) if isinstance(step, str) else str(entry.whole())
            condition = None
            if isinstance(entry.value, Mapping):
                condition = entry.text("condition")
                entry.leave("restart", "services of ECS are not restarted with others.", reasons.DROP)
                entry.take("required")
            if name not in self._services:
                entry.note(None, "there is no service of this name.", reasons.DROP)
            elif condition == DONE:
                entry.note(None, "a service of ECS does not complete.", "run it with longshore.ecs.task before.")
            else:
                found.append(self._named(name))
        return found

    def _leave_surroundings(self) -> None:
        """Tell what Docker gives by itself, and ECS does not."""
        reader, defaults = self._reader, self._choice.defaults.get("service", {})
        if self._services and "network_configuration" not in defaults:
            said = "the file names no subnets, which services on Fargate need."
            reader.note("services", said, "give network_configuration in defaults of service.")
        if self._silent:
            said = "on Fargate, what a container prints is kept only with a log configuration."
            reader.note("services", said, "give log_configuration with awslogs in the containers.")
        if len(self._services) > 1 and "service_connect_configuration" not in defaults:
            said = "on ECS they do not find each other by their names."
            remedy = "give their ports names, and service_connect_configuration with a namespace."
            reader.note("services", said, remedy)


def _container(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def _leave_extensions(reader: Reader) -> None:
    for name in reader.names:
        if name.startswith("x-") and not name.startswith("x-aws-"):
            reader.leave(name, reasons.EXTENSION, reasons.DROP)
