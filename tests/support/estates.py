# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of manifests, and what the results of apply say of them."""

from __future__ import annotations

import json
from typing import Any, Protocol

Estate = list[dict[str, Any]]
OWNER = {"owner": "shop"}


class Maker(Protocol):
    """Makes the entry of a service."""

    def __call__(self, name: str, **options: Any) -> dict[str, Any]: ...


def cluster(name: str = "shop", **options: Any) -> dict[str, Any]:
    """Give the entry of a cluster."""
    return {"cluster": {"name": name, "capacity_providers": ["FARGATE"], **options}}


def family(name: str, image: str = "web:1", **options: Any) -> dict[str, Any]:
    """Give the entry of a task definition."""
    container = {"name": "web", "image": image}
    return {
        "task_definition": {
            "family": name,
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "container_definitions": [container],
            **options,
        }
    }


def services_in(subnets: list[str]) -> Maker:
    """Give what makes entries of services in these subnets, of which each runs the family of its own name."""

    def entry(name: str, **options: Any) -> dict[str, Any]:
        network = {"awsvpc_configuration": {"subnets": subnets}}
        base = {"name": name, "cluster": "shop", "task_definition": name, "desired_count": 1, "launch_type": "FARGATE"}
        breaker = {"deployment_circuit_breaker": {"enable": True, "rollback": True}}
        return {"service": {**base, "network_configuration": network, "deployment_configuration": breaker, **options}}

    return entry


def planned(result: dict[str, Any]) -> dict[str, str]:
    """Give what is planned, by kind and name."""
    return {f"{entry['kind']} {entry['name']}": entry["action"] for entry in result["plan"]}


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    """Give what became of each resource, by kind and name."""
    return {f"{entry['kind']} {entry['name']}": entry["outcome"] for entry in result["resources"]}


def called(result: dict[str, Any]) -> list[str]:
    """Give what calls came to, in an order of no meaning, without the numbers of revisions."""
    return sorted(
        f"{call['operation']} {json.dumps(call['params'], sort_keys=True)}".replace("(known after apply)", "1")
        for call in result["actions"]
    )
