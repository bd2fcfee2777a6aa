# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading an account in as few calls as there are, and these at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from .._api import BATCHES, AwsError
from .._core import Found, Resource
from .._errors import BadInput, EcsError
from .._resources import _service_views
from .choice import Choice, missing

CLUSTER, FAMILY, SERVICE = "cluster", "task_definition", "service"
# What an info module shows beside a resource, and what costs calls of its own.
SPARED = {"activities": 0, "details": False, "events": False}
# Kinds of which each resource takes calls of its own, and how their names are listed: operation, list, service, member.
LISTED = {"repository": ("DescribeRepositories", "repositories", "ecr", "repositoryName")}
PART = 10  # resources that one thread reads one after the other
# Kinds that are read in a way of their own; of any other kind, what its resource finds is taken.
APART = (CLUSTER, FAMILY, SERVICE)


@dataclass
class Account:
    """What was read: resources by kind, and what could not be seen, by kind."""

    found: dict[str, list[Found]]
    unseen: dict[str, str]
    insights: str | None = None  # the default of Container Insights, where it can be seen


class Reader:
    """Reads what a choice means, with the threads of an executor."""

    def __init__(self, api: Any, resources: Mapping[str, Resource], executor: Executor, choice: Choice) -> None:
        self._api = api
        self._resources = resources
        self._executor = executor
        self._choice = choice
        self._account = Account({kind: [] for kind in resources}, {})

    def read(self) -> Account:
        """Read everything. Raises BadInput for a name that is given in full and belongs to nothing."""
        found = self._account.found
        others = [kind for kind in self._choice.kinds if kind not in APART]
        jobs = {kind: self._begin(kind) for kind in others if not self._of_services(kind)}
        names = self._listed(CLUSTER, self._api.pages("ListClusters", "clusterArns"), self._choice.clusters)
        found[CLUSTER] = self._clusters(self._chosen(names, self._choice.cluster))
        insights = self._executor.submit(self._insights)
        found[SERVICE] = self._services([cluster.shown["clusterName"] for cluster in found[CLUSTER]])
        found[FAMILY] = self._families()
        self._account.insights = insights.result()
        jobs.update({kind: self._begin(kind) for kind in others if self._of_services(kind)})
        for kind, parts in jobs.items():
            try:
                found[kind] = [one for part in parts for one in part.result()]
            except EcsError as error:
                self._account.unseen[kind] = str(error)
        return self._account

    def _of_services(self, kind: str) -> bool:
        """Tell whether resources of a kind belong to services, by which they are then found."""
        return {"cluster", "service"} <= self._resources[kind].info_options.keys()

    def _begin(self, kind: str) -> list[Future[list[Found]]]:
        """Begin to find all resources of a kind."""
        resource = self._resources[kind]
        params = {name: SPARED.get(name, option.get("default")) for name, option in resource.info_options.items()}
        try:
            parts = list(self._parts(kind))
        except AwsError as error:
            self._account.unseen[kind] = str(error)
            return []
        return [self._executor.submit(_found, resource, self._api, {**params, **part}) for part in parts]

    def _parts(self, kind: str) -> Iterator[dict[str, Any]]:
        """Share the resources of a kind out to threads."""
        if self._of_services(kind):
            homes: dict[str, list[str]] = {}
            for service in self._account.found[SERVICE]:
                homes.setdefault(service.document["cluster"], []).append(service.document["serviceName"])
            yield from (
                {"cluster": cluster, "service": names} for cluster in homes for names in _cut(homes[cluster], PART)
            )
        elif kind in LISTED:
            operation, members, aws, name = LISTED[kind]
            names = [item[name] for item in self._api.pages(operation, members, aws)]
            yield from ({"name": part} for part in _cut(names, PART))
        else:
            yield {}

    def _insights(self) -> str | None:
        """Read the default of new clusters; what cannot be told from a default will be written."""
        try:
            answer = self._api.read("ListAccountSettings", name="containerInsights", effectiveSettings=True)
        except AwsError:
            return None
        return next((str(item.get("value")) for item in answer.get("settings", [])), "disabled")

    def _listed(self, kind: str, arns: Iterable[str], patterns: Iterable[str]) -> list[str]:
        names = [arn.rsplit("/", 1)[-1] for arn in arns]
        if lost := missing(patterns, names):
            option = {CLUSTER: "clusters", FAMILY: "families"}[kind]
            raise BadInput(
                f"{option}: there is no {kind.replace('_', ' ')} {lost[0]} in {self._api.region}; check the name and "
                "the region."
            )
        return names

    @staticmethod
    def _chosen(names: Iterable[str], test: Callable[[str], bool]) -> list[str]:
        return sorted(name for name in names if test(name))

    def _clusters(self, names: list[str]) -> list[Found]:
        resource = self._resources[CLUSTER]
        batches = list(_cut(names, BATCHES["DescribeClusters"][2]))
        many = self._executor.map(lambda batch: list(resource.find(self._api, {"name": batch})), batches)
        return [found for batch in many for found in batch if found.shown.get("status") != "INACTIVE"]

    def _services(self, clusters: list[str]) -> list[Found]:
        if not self._choice.services and not any(
            kind in (SERVICE, FAMILY) or self._of_services(kind) for kind in self._choice.kinds
        ):
            return []
        listed = list(self._executor.map(self._names_in, clusters))
        self._expect_services(clusters, listed)
        size = BATCHES["DescribeServices"][2]
        batches = [
            (cluster, batch) for cluster, names in zip(clusters, listed, strict=True) for batch in _cut(names, size)
        ]
        many = self._executor.map(self._services_in, batches)
        found = [item for batch in many for item in batch if item.shown.get("status") != "INACTIVE"]
        found = [item for item in found if self._choice.tagged(_tags(item))]
        self._add_revisions(found)
        return found

    def _names_in(self, cluster: str) -> list[str]:
        arns = self._api.pages("ListServices", "serviceArns", cluster=cluster, maxResults=100)
        names = (arn.rsplit("/", 1)[-1] for arn in arns)
        return self._chosen(names, lambda name: self._choice.service(cluster, name))

    def _expect_services(self, clusters: list[str], listed: list[list[str]]) -> None:
        pairs = [(cluster, name) for cluster, names in zip(clusters, listed, strict=True) for name in names]
        names = [name for cluster, plain in pairs for name in (plain, f"{cluster}/{plain}")]
        if lost := missing(self._choice.services, names):
            raise BadInput(
                f"services: there is no service {lost[0]} in the clusters {', '.join(clusters) or '(none)'}."
            )

    def _services_in(self, batch: tuple[str, list[str]]) -> list[Found]:
        cluster, names = batch
        params = {"cluster": cluster, "name": names, "events": False, "details": False}
        found = list(self._resources[SERVICE].find(self._api, params))
        for service in found:  # other kinds ask for one service alone
            name = service.shown["serviceName"]
            self._api.remember({"services": [service.shown]}, "DescribeServices", services=[name], cluster=cluster)
        return found

    def _add_revisions(self, services: list[Found]) -> None:
        """Read the members that only service revisions show; one read serves twenty services."""
        mine = {arn: service for service in services for arn in _service_views.own_revision(service.shown)}
        batches = list(_cut(list(mine), BATCHES["DescribeServiceRevisions"][2]))
        try:
            many = list(self._executor.map(lambda arns: self._api.describe("DescribeServiceRevisions", arns), batches))
        except AwsError as error:
            names = " and ".join(_service_views.IN_REVISION)
            self._account.unseen["service_revision"] = f"{names} of services cannot be seen: {error}"
            return
        for shown in (item for batch in many for item in batch):
            members = {name: shown[name] for name in _service_views.IN_REVISION if name in shown}
            mine[shown["serviceRevisionArn"]].document.update(members)

    def _families(self) -> list[Found]:
        """Read the latest revision of each family that is meant, and of those that services run."""
        choice, names = self._choice, set(map(family_of, self._account.found[SERVICE])) - {""}
        if FAMILY in choice.kinds and (choice.families or not choice.narrow):
            listed = self._api.pages("ListTaskDefinitionFamilies", "families", status="ACTIVE")
            names.update(self._chosen(self._listed(FAMILY, listed, choice.families), choice.family))
        find = self._resources[FAMILY].find
        many = self._executor.map(lambda name: list(find(self._api, {"task_definition": [name]})), sorted(names))
        return [found for one in many for found in one if found.shown.get("status") == "ACTIVE"]


def _found(resource: Resource, api: Any, params: dict[str, Any]) -> list[Found]:
    return list(resource.find(api, params))


def family_of(service: Found) -> str:
    """Name the family that a service runs; empty where it runs none."""
    return str(service.document.get("taskDefinition") or "").partition(":")[0]


def _tags(found: Found) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in found.document.get("tags") or []}


def _cut(names: list[str], size: int) -> Iterator[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
