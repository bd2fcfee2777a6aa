# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a capacity provider: clusters, their default strategies, services, and tasks that run on it.

AWS deletes a provider that nobody uses; asked too early, it notes DELETE_FAILED (DeleteCapacityProvider).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .._core import Call
from .._normal import revision_name as short
from . import _names

PROVIDERS, DEFAULT = "capacityProviders", "defaultCapacityProviderStrategy"
NAMED = 5  # names that a message tells


class Users:
    """Those who use one provider.

    Of what is deleted or changed with it, `notes` names in `earlier` who lets go of it before, and in `doomed` all that
    goes in the same run, as kind and name.
    """

    def __init__(self, api: Any, provider: Mapping[str, Any], notes: Mapping[str, Any]) -> None:
        self._api = api
        self._name = str(provider["name"])
        self._own = short(str(provider.get("cluster") or ""))  # the cluster to which managed instances belong
        self._doomed: Collection[str] = notes.get("doomed", ())
        self._done = {*notes.get("earlier", ()), *self._doomed}
        self.clusters: list[dict[str, Any]] = []
        self.services: list[str] = []
        self.tasks = 0
        self.where: list[str] = []
        self._attached: dict[str, set[str]] = {}  # what is not listed for a cluster, since it attaches itself
        for cluster in self._living():
            self._look(cluster)

    @property
    def attaches_itself(self) -> bool:
        """Tell whether the provider belongs to a cluster, which lists it without being told to."""
        return bool(self._own)

    def _living(self) -> Iterator[dict[str, Any]]:
        names = [self._own] if self._own else list(self._api.pages("ListClusters", "clusterArns"))
        for shown in self._api.describe("DescribeClusters", names):
            listed = self._name in shown.get(PROVIDERS, []) or self._is_in(shown.get(DEFAULT))
            done = f"cluster {shown['clusterName']}" in self._done and not self._own
            if listed and shown.get("status") != "INACTIVE" and not done:
                yield shown

    def _is_in(self, strategy: Any) -> bool:
        return any(short(item["capacityProvider"]) == self._name for item in strategy or [])

    def _look(self, cluster: dict[str, Any]) -> None:
        if not self._own or self._is_in(cluster.get(DEFAULT)):
            self.clusters.append(cluster)
            self._attached[cluster["clusterName"]] = {self._name} | _names.own_providers(self._api, cluster[PROVIDERS])
        self.where.append(cluster["clusterName"])
        there = {"cluster": cluster["clusterArn"]}
        arns = list(self._api.pages("ListServices", "serviceArns", maxResults=100, **there))
        names = [arn for arn in arns if f"service {cluster['clusterName']}/{short(arn)}" not in self._done]
        using = [
            shown["serviceName"]
            for shown in self._api.describe("DescribeServices", names, **there)
            if shown["status"] != "INACTIVE" and self._is_in(shown.get("capacityProviderStrategy"))
        ]
        self.services += [f"{name} in {cluster['clusterName']}" for name in using]
        told = {f"service:{name}" for name in (*using, *map(short, set(arns) - set(names)))}
        tasks = list(self._api.pages("ListTasks", "taskArns", desiredStatus="RUNNING", **there))
        self.tasks += sum(
            task.get("capacityProviderName") == self._name and task.get("group") not in told
            for task in self._api.describe("DescribeTasks", tasks, **there)
        )

    def refusal(self, remedy: str) -> str | None:
        """Say why the provider cannot be deleted, and what to do; None when it can.

        `remedy` is what to do about clusters, empty where they are made to let go.
        """
        tasks = f"{self.tasks} running task{'' if self.tasks == 1 else 's'}"
        if self.services:
            also = f" and by {tasks} beside" if self.tasks else ""
            return (
                f"The capacity provider {self._name} is used by {_several('service', self.services)}{also}: give them "
                "another capacity_provider_strategy with force_new_deployment (longshore.ecs.service), or delete them, "
                "and run again."
            )
        if self.tasks:
            return (
                f"The capacity provider {self._name} is used by {tasks} in {', '.join(self.where)}: wait for their "
                "end, or stop them with longshore.ecs.task, and run again."
            )
        staying = [cluster for cluster in self.clusters if f"cluster {cluster['clusterName']}" not in self._doomed]
        if staying and remedy:
            names = [self._told(cluster) for cluster in staying]
            return f"The capacity provider {self._name} is used by {_several('cluster', names)}: {remedy}."
        return None

    def _told(self, cluster: Mapping[str, Any]) -> str:
        used = self._is_in(cluster.get(DEFAULT))
        return f"{cluster['clusterName']}{' (also by its default strategy)' if used else ''}"

    def releases(self) -> Iterator[Call]:
        """Plan the calls that take the provider out of the clusters; the API wants both lists, each as a whole."""
        for cluster in self.clusters:
            kept = [name for name in cluster.get(PROVIDERS, []) if name not in self._attached[cluster["clusterName"]]]
            strategy = [item for item in cluster.get(DEFAULT, []) if short(item["capacityProvider"]) != self._name]
            lists = {PROVIDERS: kept, DEFAULT: strategy}
            yield Call("PutClusterCapacityProviders", {"cluster": cluster["clusterName"], **lists})


def _several(noun: str, names: list[str]) -> str:
    listed = ", ".join([*names[:NAMED], *([f"and {len(names) - NAMED} more"] if names[NAMED:] else [])])
    return f"the {noun} {listed}" if len(names) == 1 else f"the {noun}s {listed}"
