# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity provider strategies, as clusters, services and tasks carry them.

botocore ECS model, CapacityProviderStrategyItem and CreateService.capacityProviderStrategy.
"""

from __future__ import annotations

from typing import Any

from .errors import invalid_parameter
from .names import last_part
from .records import Cluster
from .region import Region

Strategy = list[dict[str, Any]]

FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
MAXIMUM_PROVIDERS = 20


def filled(strategy: Strategy) -> Strategy:
    """Fill `base` and `weight` with 0, as ECS shows them; the order is kept."""
    return [
        {
            "capacityProvider": last_part(item["capacityProvider"]),
            "weight": item.get("weight", 0),
            "base": item.get("base", 0),
        }
        for item in strategy
    ]


def is_fargate(strategy: Strategy) -> bool:
    """Tell whether a strategy runs on Fargate."""
    return any(item["capacityProvider"] in FARGATE_PROVIDERS for item in strategy)


def first_provider(strategy: Strategy) -> str:
    """Give the provider that gets the next task.

    AWS spreads tasks by base and weight; the emulator gives every task to the provider with the greatest claim.
    """
    return str(max(strategy, key=lambda item: (item["base"], item["weight"]))["capacityProvider"])


def check_used(region: Region, cluster: Cluster, strategy: Strategy) -> None:
    """Refuse a strategy that a service or task cannot use in this cluster."""
    check_shape(strategy)
    if not any(item.get("weight", 0) for item in strategy):
        raise invalid_parameter(
            "A capacity provider strategy must contain at least one provider with a weight above 0."
        )
    for item in strategy:
        name = last_part(item["capacityProvider"])
        provider = region.capacity_providers.get(name)
        managed_instances = provider is not None and provider.doc.get("cluster") in (
            cluster.name,
            cluster.doc["clusterArn"],
        )
        if name not in cluster.doc["capacityProviders"] and not managed_instances:
            raise invalid_parameter(
                f"The specified capacity provider '{name}' was not found. Specify a valid name or ARN and try again."
            )


def check_shape(strategy: Strategy) -> None:
    """Refuse what no strategy may be."""
    if len(strategy) > MAXIMUM_PROVIDERS:
        raise invalid_parameter(
            f"A capacity provider strategy may have at most {MAXIMUM_PROVIDERS} capacity providers."
        )
    if sum(bool(item.get("base")) for item in strategy) > 1:
        raise invalid_parameter("Only one capacity provider in a capacity provider strategy can have a base defined.")
    kinds = {last_part(item["capacityProvider"]) in FARGATE_PROVIDERS for item in strategy}
    if len(kinds) > 1:
        raise invalid_parameter(
            "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and "
            "Fargate providers."
        )
