# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity: the cluster and its capacity providers are active, and fit what the task definition is made for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, skipped, warning
from ._look import Look
from ._wish import FARGATE, Wish

NAME = "capacity"


def cluster_of(name: str, look: Look) -> dict[str, Any] | None:
    """Read a cluster; None when there is none, or none any more."""
    clusters = look.get("ecs", "DescribeClusters", clusters=[name]).get("clusters") or []
    return clusters[0] if clusters and clusters[0].get("status") != "INACTIVE" else None


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check the cluster, and on what the service would run."""
    yield Check(NAME, f"cluster {wish.cluster}", partial(_cluster, wish, look))
    for name in dict.fromkeys(wish.providers):
        yield Check(NAME, f"capacity provider {name}", partial(_provider, name, wish, look))
    if wish.service and wish.controller != "EXTERNAL":
        yield Check(NAME, "launch type", partial(_launch, wish, look))


def _cluster(wish: Wish, look: Look) -> Iterator[Finding]:
    cluster = cluster_of(wish.cluster, look)
    if cluster is None:
        yield failed(
            f"There is no cluster '{wish.cluster}' in {wish.region}.", "Create it, or correct its name or the Region."
        )
    elif cluster["status"] != "ACTIVE":
        yield failed(
            f"The cluster '{wish.cluster}' is {cluster['status']}.", "Wait until it is ACTIVE, or use another one."
        )
    else:
        yield ok(f"The cluster '{wish.cluster}' is active.")


def _provider(name: str, wish: Wish, look: Look) -> Iterator[Finding]:
    short = name.rsplit("/", 1)[-1]
    cluster = cluster_of(wish.cluster, look)
    if cluster is None:
        yield skipped("Without the cluster its capacity providers cannot be looked at.")
        return
    answer = look.find(
        "ecs", "DescribeCapacityProviders", ("ClientException", "InvalidParameterException"), capacityProviders=[short]
    )
    found = (answer or {}).get("capacityProviders") or [None]
    if found[0] is None:
        yield failed(f"There is no capacity provider '{short}'.", "Create it, or correct its name.")
    elif found[0].get("status") != "ACTIVE":
        yield failed(
            f"The capacity provider '{short}' is {found[0].get('status')}.",
            "Wait until it is ACTIVE, or use another one.",
        )
    elif short not in cluster.get("capacityProviders", []):
        yield failed(
            f"The capacity provider '{short}' is not attached to the cluster '{wish.cluster}'.",
            "Add it to capacity_providers of the cluster.",
        )
    else:
        yield ok(f"The capacity provider '{short}' is active and attached.")


def _launch(wish: Wish, look: Look) -> Iterator[Finding]:
    launch = wish.service.get("launchType") or ("" if wish.providers else "EC2")
    # DescribeTaskDefinition tells what ECS found the revision to fit; a document only what it shall fit.
    fits = wish.definition.get("compatibilities") or wish.definition.get("requiresCompatibilities") or []
    wanted = launch or _kind(wish.providers)
    if wish.service.get("launchType") and wish.service.get("capacityProviderStrategy"):
        yield failed("launch_type and capacity_provider_strategy exclude each other.", "Give one of the two.")
    elif wanted == "mixed":
        yield failed(
            f"A strategy cannot mix Fargate with other capacity: {', '.join(wish.providers)}.",
            "Use capacity providers of one kind.",
        )
    elif wanted and fits and wanted not in fits and not (wanted == "EC2" and "MANAGED_INSTANCES" in fits):
        yield failed(
            f"The service would run on {wanted}, but the task definition is made for {', '.join(fits)}.",
            f"Add {wanted} to requires_compatibilities, or set launch_type or capacity_provider_strategy.",
        )
    elif wish.on_fargate and wish.definition and wish.network_mode != "awsvpc":
        yield failed(
            f"Fargate wants the network mode awsvpc, and the task definition's is {wish.network_mode}.",
            "Set network_mode to awsvpc.",
        )
    elif launch in ("EC2", "EXTERNAL"):
        yield _instances(launch, wish, look)
    else:
        yield ok("Task definition and capacity fit each other.")


def _kind(providers: list[str]) -> str:
    fargate = [name for name in providers if name in FARGATE]
    return "mixed" if fargate and len(fargate) < len(providers) else "FARGATE" if fargate else ""


def _instances(launch: str, wish: Wish, look: Look) -> Finding:
    cluster = cluster_of(wish.cluster, look)
    if cluster is None:
        return skipped("Without the cluster its container instances cannot be looked at.")
    if not cluster.get("registeredContainerInstancesCount"):
        return warning(
            f"The service would run on {launch}, and the cluster '{wish.cluster}' has no container instance.",
            "Add container instances, or set launch_type or capacity_provider_strategy.",
        )
    return ok(f"The cluster '{wish.cluster}' has container instances.")
