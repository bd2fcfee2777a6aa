# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service Connect, Cloud Map and VPC Lattice: namespaces and registries exist, and ports have the names used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, skipped
from ._look import Look
from ._wish import Wish
from .capacity import cluster_of

NAME = "service_connect"
MOST = 100  # namespaces in one answer (ListNamespaces, MaxResults)


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check Service Connect, the service registries, and the port names of VPC Lattice."""
    connect = wish.service_connect
    if connect:
        yield Check(NAME, f"namespace {connect.get('namespace') or ''}".rstrip(), partial(_namespace, wish, look))
    lattice = wish.service.get("vpcLatticeConfigurations") or []
    names = [str(entry.get("portName")) for entry in [*(connect.get("services") or []), *lattice]]
    for name in dict.fromkeys(names):
        yield Check(NAME, f"port {name}", partial(_port, name, wish))
    for entry in wish.service.get("serviceRegistries") or []:
        yield Check(NAME, str(entry.get("registryArn")), partial(_registry, entry, wish, look))


def _namespace(wish: Wish, look: Look) -> Iterator[Finding]:
    given = wish.service_connect.get("namespace")
    if not given:
        cluster = cluster_of(wish.cluster, look)
        given = ((cluster or {}).get("serviceConnectDefaults") or {}).get("namespace")
    if not given:
        yield failed(
            "Service Connect has no namespace: the service names none, and the cluster has no default.",
            "Give namespace, or set service_connect_defaults of the cluster.",
        )
    elif _is_there(str(given), look):
        yield ok(f"The namespace '{given}' exists.")
    else:
        yield failed(f"There is no namespace '{given}' in {wish.region}.", "Create it, or correct its name or ARN.")


def _is_there(namespace: str, look: Look) -> bool:
    if namespace.startswith("arn:"):
        identity = namespace.rsplit("/", 1)[-1]
        return look.find("servicediscovery", "GetNamespace", ("NamespaceNotFound",), Id=identity) is not None
    wanted = [{"Name": "NAME", "Values": [namespace], "Condition": "EQ"}]
    shown = look.get("servicediscovery", "ListNamespaces", Filters=wanted, MaxResults=MOST)
    return any(entry.get("Name") == namespace for entry in shown.get("Namespaces", []))


def _port(name: str, wish: Wish) -> Iterator[Finding]:
    if not wish.definition:
        yield skipped("Without the task definition its port names cannot be compared.")
    elif name in wish.port_names():
        yield ok(f"The task definition has a port named '{name}'.")
    else:
        yield failed(
            f"The task definition has no port named '{name}'{_known(wish.port_names())}.",
            "Give the port mapping this name, or correct port_name.",
        )


def _known(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f", only {listed}" if listed else ""


def _registry(entry: dict[str, Any], wish: Wish, look: Look) -> Iterator[Finding]:
    arn = str(entry.get("registryArn"))
    if look.find("servicediscovery", "GetService", ("ServiceNotFound",), Id=arn.rsplit("/", 1)[-1]) is None:
        yield failed(f"There is no Cloud Map service '{arn}'.", "Create it, or correct its ARN.")
    else:
        yield ok(f"The Cloud Map service '{arn}' exists.")
    container, port = entry.get("containerName"), entry.get("containerPort")
    if container and wish.definition and not wish.port(str(container), int(port or 0)):
        yield failed(
            f"The registry names the port {port} of the container '{container}', and the task definition has no such "
            "port mapping.",
            "Correct container_name and container_port of the registry.",
        )
