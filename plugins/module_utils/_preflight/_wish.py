# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be deployed: the task definition and the service, in the API's own spelling, with what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FARGATE = ("FARGATE", "FARGATE_SPOT")
# The part of an ARN that names its Region; a plain name has none, and means the task's own.
REGION_PART = 3
SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")


@dataclass(frozen=True)
class Wish:
    """One deployment. A part that was not given, or could not be read, is empty."""

    definition: dict[str, Any]
    service: dict[str, Any]
    cluster: str
    region: str
    # CPU units and MiB of the task, as ECS reads them; None where they are not given or no numbers.
    cpu: int | None = None
    memory: int | None = None
    # The cluster's own choice of capacity, for a service that makes none.
    cluster_strategy: list[dict[str, Any]] = field(default_factory=list)

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Give the containers of the definition."""
        return list(self.definition.get("containerDefinitions") or [])

    @property
    def network_mode(self) -> str:
        """Name the network mode; bridge is what ECS takes on Linux when none is given."""
        return str(self.definition.get("networkMode") or "bridge")

    @property
    def providers(self) -> list[str]:
        """Name the capacity providers that would run the tasks."""
        own = self.service.get("capacityProviderStrategy") or []
        strategy = own if own or self.service.get("launchType") else self.cluster_strategy
        return [item["capacityProvider"] for item in strategy if item.get("capacityProvider")]

    @property
    def on_fargate(self) -> bool:
        """Tell whether Fargate runs the tasks: by the service, else by what the definition is made for."""
        if self.service.get("launchType"):
            return bool(self.service["launchType"] == "FARGATE")
        if self.providers:
            return set(self.providers) <= set(FARGATE)
        made_for = list(self.definition.get("requiresCompatibilities") or [])
        # A service without any choice runs on EC2, if its definition fits there.
        return made_for == ["FARGATE"] if self.service else "FARGATE" in made_for

    @property
    def deployment(self) -> dict[str, Any]:
        """Give the service's deployment configuration."""
        return dict(self.service.get("deploymentConfiguration") or {})

    @property
    def strategy(self) -> str:
        """Name the deployment strategy."""
        return str(self.deployment.get("strategy") or "ROLLING")

    @property
    def controller(self) -> str:
        """Name the deployment controller."""
        return str((self.service.get("deploymentController") or {}).get("type") or "ECS")

    @property
    def network(self) -> dict[str, Any]:
        """Give the awsvpc configuration of the service."""
        return dict((self.service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {})

    @property
    def service_connect(self) -> dict[str, Any]:
        """Give Service Connect's configuration, empty when it is off."""
        given = self.service.get("serviceConnectConfiguration") or {}
        return dict(given) if given.get("enabled") else {}

    @property
    def log_configurations(self) -> list[tuple[str, dict[str, Any]]]:
        """Give each log configuration with the name of who writes the log."""
        found = [(item["name"], item["logConfiguration"]) for item in self.containers if item.get("logConfiguration")]
        if self.service_connect.get("logConfiguration"):
            found.append(("Service Connect", self.service_connect["logConfiguration"]))
        return found

    def awslogs(self) -> list[tuple[str, dict[str, str]]]:
        """Give the options of each awslogs configuration with the name of who writes the log."""
        return [
            (name, entry.get("options") or {})
            for name, entry in self.log_configurations
            if entry.get("logDriver") == "awslogs"
        ]

    def port(self, container: str, port: int) -> bool:
        """Tell whether a container of the definition has a mapping of this port."""
        return any(
            _covers(mapping, port)
            for item in self.containers
            if item.get("name") == container
            for mapping in item.get("portMappings") or []
        )

    def port_names(self) -> set[str]:
        """Give the names of all port mappings, which Service Connect and VPC Lattice use."""
        mappings = [mapping for item in self.containers for mapping in item.get("portMappings") or []]
        return {mapping["name"] for mapping in mappings if mapping.get("name")}


def region_of(reference: str) -> str:
    """Name the Region in an ARN; empty for what is none."""
    parts = reference.split(":")
    return parts[REGION_PART] if parts[0] == "arn" and len(parts) > REGION_PART else ""


def _covers(mapping: dict[str, Any], port: int) -> bool:
    if mapping.get("containerPort") == port:
        return True
    first, _dash, last = str(mapping.get("containerPortRange") or "").partition("-")
    return first.isdigit() and last.isdigit() and int(first) <= port <= int(last)
