# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of a Copilot workload: its containers, volumes, size and platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._export.secrets import Hidden
from . import _copilot_container as container
from . import _copilot_reasons as reasons
from ._copilot_overrides import overridden
from ._copilot_values import Workload, port_of
from ._piece import Piece, filled
from ._reader import LOOK, Reader

WORKER = "Worker Service"
ROUTER, ROUTER_IMAGE = "firelens_log_router", "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
TRACER, TRACER_IMAGE = "aws-otel-collector", "public.ecr.aws/aws-observability/aws-otel-collector:latest"
TRACER_COMMAND = "--config=/etc/ecs/ecs-xray.yaml"
SYSTEMS = {"linux": "LINUX", "windows": "WINDOWS_SERVER_2019_CORE"}
MACHINES = {"x86_64": "X86_64", "amd64": "X86_64", "arm64": "ARM64", "arm": "ARM64"}
CPU, MEMORY = 256, 512  # what a manifest has that says nothing


class Task:
    """Reads the task definition from a manifest; the service may add port mappings before it is given."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._reader = workload.reader
        self._volumes: list[dict[str, Any]] = []
        storage = self._reader.inside("storage")
        self._ephemeral = storage.whole_number("ephemeral")
        points = self._mounted(storage)
        main = self._main({"mount_points": points, "readonly_root_filesystem": storage.flag("readonly_fs")})
        sidecars = [self._sidecar(str(name), entry) for name, entry in self._reader.each("sidecars")]
        self.containers = [main, *self._helpers(main), *sidecars]

    def port(self, name: str) -> int | None:
        """Give the first port of a container."""
        mappings = self._of(name).get("port_mappings") or [{}]
        return mappings[0].get("container_port")

    def expose(self, name: str, port: int, protocol: str | None = None, port_name: str | None = None) -> None:
        """Let a container have a port mapping for a port, under a name if one is given."""
        mappings = self._of(name).setdefault("port_mappings", [])
        mapping = next((one for one in mappings if one["container_port"] == port), None)
        if mapping is None:
            mapping = {"container_port": port}
            mappings.append(mapping)
        mapping.update(filled({"protocol": protocol, "name": port_name}))

    def piece(self) -> Piece:
        """Give the entry."""
        reader = self._reader
        cpu, memory = reader.whole_number("cpu"), reader.whole_number("memory")
        options = {
            "family": self._workload.full_name,
            "requires_compatibilities": ["FARGATE"],
            "network_mode": "awsvpc",
            "cpu": str(cpu or CPU),
            "memory": str(memory or MEMORY),
            "runtime_platform": self._platform(),
            "ephemeral_storage": {"size_in_gib": self._ephemeral} if self._ephemeral else None,
            "container_definitions": self.containers,
            "volumes": self._volumes,
        }
        return Piece("task_definition", overridden(filled(options), reader.inside("taskdef_overrides")))

    def _of(self, name: str) -> dict[str, Any]:
        return next((one for one in self.containers if one["name"] == name), {})

    def _platform(self) -> dict[str, str]:
        reader = self._reader.inside("platform")
        if isinstance(reader.value, Mapping):
            system, machine = (reader.text("osfamily") or "linux").lower(), reader.text("architecture") or "x86_64"
        else:
            system, _slash, machine = (self._reader.text("platform") or "").lower().partition("/")
        system, machine = SYSTEMS.get(system, system.upper()), MACHINES.get(machine.lower(), machine.upper())
        if (system, machine) in (("", ""), ("LINUX", "X86_64")):
            return {}
        return {"operating_system_family": system, "cpu_architecture": machine}

    # Containers -------------------------------------------------------------------------------------------------------

    def _main(self, beside: dict[str, Any]) -> dict[str, Any]:
        reader, inner = self._reader, self._reader.inside("image")
        port = None if self._workload.type == WORKER else inner.whole_number("port")  # a worker has none
        credentials = inner.text("credentials")
        return filled(
            {
                "name": self._workload.name,
                "image": container.image(reader, self._workload.name),
                "repository_credentials": {"credentials_parameter": credentials} if credentials else None,
                "port_mappings": [{"container_port": port}] if port else None,
                **container.common(self._workload, reader, inner),
                **beside,
            }
        )

    def _sidecar(self, name: str, reader: Reader) -> dict[str, Any]:
        number, protocol = port_of(reader.text("port"))
        credentials = reader.text("credentialsParameter")
        mapping = filled({"container_port": number, "protocol": protocol}) if number else None
        points = [_point(entry) for _index, entry in reader.each("mount_points")]
        return filled(
            {
                "name": name,
                "image": container.image(reader, name),
                "essential": reader.flag("essential"),
                "repository_credentials": {"credentials_parameter": credentials} if credentials else None,
                "port_mappings": [mapping] if mapping else None,
                **container.common(self._workload, reader, reader),
                "mount_points": points,
            }
        )

    def _helpers(self, main: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the containers that Copilot adds, for logs and for traces."""
        logging = self._reader.inside("logging")
        logging.leave("retention", "it is of the log group.", "set it with amazon.aws.cloudwatchlogs_log_group.")
        found = [self._router(main, logging)] if set(logging.names) - {"retention"} else []
        tracing = self._reader.inside("observability").text("tracing")
        if tracing and tracing.lower() == "awsxray":
            found.append({"name": TRACER, "image": TRACER_IMAGE, "command": [TRACER_COMMAND]})
        elif tracing:
            self._reader.inside("observability").note("tracing", "Copilot has awsxray alone.", LOOK)
        return [filled({**one, "log_configuration": container.logs(self._workload)}) for one in found]

    def _router(self, main: dict[str, Any], reader: Reader) -> dict[str, Any]:
        metadata, path = reader.flag("enableMetadata"), reader.text("configFilePath")
        reader.leave("env_file", *reasons.ENV_FILE)
        main["log_configuration"] = filled(
            {
                "log_driver": "awsfirelens",
                "options": container.values(reader.inside("destination")),
                "secret_options": container.secrets(self._workload, reader.inside("secretOptions")),
            }
        )
        options = {
            "enable-ecs-log-metadata": str(metadata is not False).lower(),
            **({"config-file-type": "file", "config-file-value": path} if path else {}),
        }
        return filled(
            {
                "name": ROUTER,
                "image": reader.text("image") or ROUTER_IMAGE,
                "environment": container.values(reader.inside("variables")),
                "secrets": container.secrets(self._workload, reader.inside("secrets")),
                "firelens_configuration": {"type": "fluentbit", "options": options},
            }
        )

    # Volumes ----------------------------------------------------------------------------------------------------------

    def _mounted(self, storage: Reader) -> list[dict[str, Any]]:
        """Note the volumes, and give the places at which the main container has them."""
        points = []
        for name, entry in storage.each("volumes"):
            self._volumes.append(filled({"name": str(name), "efs_volume_configuration": _efs(entry)}))
            if "path" in entry:
                points.append(_point(entry, str(name)))
        return points


def _point(reader: Reader, volume: str | None = None) -> dict[str, Any]:
    """Give a mount point; it is for reading alone where nothing is said."""
    return {
        "source_volume": volume or reader.text("source_volume"),
        "container_path": reader.text("path"),
        "read_only": reader.flag("read_only") is not False,
    }


def _efs(volume: Reader) -> dict[str, Any]:
    """Give the EFS file system of a volume; without one it is storage of the task."""
    value, reader = volume.look("efs"), volume.inside("efs")
    if not isinstance(value, Mapping) and not volume.flag("efs"):
        return {}
    system = container.imported(reader.inside("id")) if isinstance(reader.look("id"), Mapping) else reader.text("id")
    for name in ("uid", "gid"):
        reader.leave(name, "it is of an access point that Copilot makes.", "make one with the module for EFS.")
    if not system:
        volume.note("efs", *reasons.MANAGED_EFS)
    auth = reader.inside("auth")
    point, iam = auth.text("access_point_id"), auth.flag("iam")
    authorization = {"access_point_id": point, "iam": "ENABLED" if iam or not system else "DISABLED"}
    return filled(
        {
            "file_system_id": system or Hidden("managed by Copilot"),
            "root_directory": reader.text("root_dir") or "/",
            "transit_encryption": "ENABLED",
            "authorization_config": filled(authorization),
        }
    )
