# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity provider strategies, as clusters, services and tasks carry them.

botocore ECS model, CapacityProviderStrategyItem and CreateService.capacityProviderStrategy.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .errors import invalid_parameter
from .names import last_part
from .records import Cluster, Task
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


def next_provider(strategy: Strategy, tasks: list[Task]) -> str:
    """Give the provider that gets the next task: first the base, then by weights; `tasks` are those that there are.

    botocore ECS model, CapacityProviderStrategyItem. Which of several equal claims is met first is not documented.
    """
    counts = Counter(task.doc.get("capacityProviderName") for task in tasks if not task.stopping)
    for item in strategy:
        if counts[item["capacityProvider"]] < item["base"]:
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item["weight"]]
    return str(min(weighted, key=lambda item: _share(item, counts))["capacityProvider"])


def _share(item: dict[str, Any], counts: Counter[Any]) -> float:
    """How much of its claim a provider would have with one more task."""
    return float((counts[item["capacityProvider"]] - item["base"] + 1) / item["weight"])


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
