# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster, and the capacity providers it may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._core import Ask, Call, Found, Resource
from .._errors import Blocked
from .._watch import UnderWay
from . import _names

CAPACITY = ("capacityProviders", "defaultCapacityProviderStrategy")
NAMED = 5  # services that a message names
INCLUDE = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "TAGS"]


class Cluster(Resource):
    """A cluster. Its name is its identity; everything else can change in place."""

    kind = "cluster"
    creates = "CreateCluster"
    answers = "Cluster"
    arn = "clusterArn"
    identity = ("clusterName",)
    rename: ClassVar[dict[str, Any]] = {"name": "clusterName"}
    wrappers = ("clusters",)
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "aliases": ["cluster_name", "clusterName"]},
        "settings": {"type": "raw"},
        "configuration": {"type": "dict"},
        "service_connect_defaults": {"type": "dict", "aliases": ["serviceConnectDefaults"]},
        "capacity_providers": {"type": "list", "elements": "str", "aliases": ["capacityProviders"]},
        "default_capacity_provider_strategy": {
            "type": "list",
            "elements": "dict",
            "aliases": ["defaultCapacityProviderStrategy", "capacity_provider_strategy"],
        },
        **Resource.legacy("purge_capacity_providers"),
    }
    manner = frozenset({"delay", "repeat", "purge_capacity_providers"})

    info_options: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "aliases": ["names", "clusters"]}
    }

    def prepare(self, api: Any, ask: Ask) -> None:
        ask.document["clusterName"] = _names.checked(ask.document, "clusterName", "name")

    def batch(self, ask: Ask) -> tuple[str, str, dict[str, Any]]:
        return "DescribeClusters", ask.document["clusterName"], {"include": INCLUDE}

    def read(self, api: Any, ask: Ask) -> Found | None:
        operation, name, params = self.batch(ask)
        found = api.describe(operation, [name], **params)
        # An INACTIVE cluster stays visible by its name for a while after it was deleted (DeleteCluster).
        living = [cluster for cluster in found if cluster.get("status") != "INACTIVE"]
        return self.shaped(living[0]) if living else None

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        names = params["name"] or list(api.pages("ListClusters", "clusterArns"))
        return [self.shaped(shown) for shown in api.describe("DescribeClusters", names, include=INCLUDE)]

    def leaving(self, found: Found) -> bool:
        return found.shown.get("status") == "DEPROVISIONING"

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        _names.adopt_namespace(api, found.document.get("serviceConnectDefaults"), ask, "serviceConnectDefaults")
        if ask.document.keys() & set(CAPACITY):
            sides = [side for side in (found.document, ask.document) if side.get("capacityProviders")]
            own = _names.own_providers(api, (name for side in sides for name in side["capacityProviders"]))
            for side in sides:
                side["capacityProviders"] = [
                    name for name in side["capacityProviders"] if _names.short(name) not in own
                ]
        settings = ask.document.get("settings")
        if settings:  # UpdateCluster changes the settings that it is sent and leaves the others
            named = {setting["name"] for setting in settings}
            kept = [setting for setting in found.document.get("settings") or [] if setting["name"] not in named]
            ask.document["settings"] = [*settings, *kept]

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Note what keeps the cluster from being deleted, by name where a name helps."""
        if found is None or not ask.gone:
            return
        shown, living, leaving = found.shown, [], set()
        if shown.get("activeServicesCount"):
            arns = api.pages("ListServices", "serviceArns", cluster=shown["clusterArn"], maxResults=100)
            there = {arn.rsplit("/", 1)[-1] for arn in arns}
            leaving = there.intersection(ask.notes.get("leaving", ()))  # those that are deleted before the cluster
            names = sorted(there - leaving)
            listed = ", ".join([*names[:NAMED], *(["..."] if names[NAMED:] else [])])
            living += [f"{_counted(len(names), 'service')} ({listed})"] if names else []
        if shown.get("registeredContainerInstancesCount"):
            living.append(_counted(shown["registeredContainerInstancesCount"], "container instance"))
        if shown.get("runningTasksCount") or shown.get("pendingTasksCount"):
            # Tasks of a service that is draining are stopping by themselves; only tasks that shall run count.
            where = {"cluster": shown["clusterArn"], "desiredStatus": "RUNNING"}
            tasks = set(api.pages("ListTasks", "taskArns", **where))
            for service in sorted(leaving):
                tasks.difference_update(api.pages("ListTasks", "taskArns", **where, serviceName=service))
            living += [_counted(len(tasks), "running task")] if tasks else []
        if living:
            plural = len(living) > 1 or not living[0].startswith("1 ")
            ask.notes["living"] = " and ".join(living) + (" are" if plural else " is")

    def create(self, ask: Ask) -> Iterable[Call]:
        document = {name: value for name, value in ask.document.items() if value not in ([], {}, {"namespace": ""})}
        later = ask.notes.get("later", ())  # providers that need the cluster, and will attach themselves
        for item in document.get(CAPACITY[1], []):
            if item["capacityProvider"] in later:
                raise Blocked(
                    f"default_capacity_provider_strategy: {item['capacityProvider']} can only be made once the cluster "
                    f"{document['clusterName']} is there: leave it out in the first run, and put it in afterwards."
                )
        if later:
            document[CAPACITY[0]] = [name for name in document.get(CAPACITY[0], []) if name not in later]
        return [Call(self.creates, document)]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        cluster = {"cluster": found.document["clusterName"]}
        if plain := {name: after[name] for name in sorted(changes - set(CAPACITY))}:
            yield Call("UpdateCluster", {**cluster, **plain})
        if changes & set(CAPACITY):  # the API wants both lists, each as a whole
            lists = {name: after.get(name) or [] for name in CAPACITY}
            yield Call("PutClusterCapacityProviders", {**cluster, **lists})

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None or self.leaving(found):
            return []
        if living := ask.notes.get("living"):
            raise Blocked(
                f"The cluster {found.document['clusterName']} cannot be deleted while {living} in it: "
                "delete them first."
            )
        return [Call("DeleteCluster", {"cluster": found.shown["clusterArn"]})]

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        name = ask.document["clusterName"]
        if found is None:
            return None if ask.gone else UnderWay(f"the cluster {name} is not there yet")
        if ask.gone:
            return UnderWay(f"the cluster {name} is {found.shown['status']}")
        if found.shown["status"] == "FAILED":
            raise Blocked(f"The cluster {name} is FAILED: its capacity could not be made; delete it and try again.")
        if found.shown["status"] != "ACTIVE":
            return UnderWay(f"the cluster {name} is {found.shown['status']}")
        if found.shown.get("attachmentsStatus") == "UPDATE_FAILED":
            raise Blocked(f"The capacity providers of the cluster {name} could not be attached (UPDATE_FAILED).")
        if found.shown.get("attachmentsStatus") == "UPDATE_IN_PROGRESS":
            return UnderWay(f"the capacity providers of the cluster {name} are being attached")
        return None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
