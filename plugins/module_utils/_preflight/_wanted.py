# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options to the wish: documents as the modules of the resources take them, or what is in AWS by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from .. import _document
from .._api import AwsError
from .._core import Ask, Resource
from .._errors import BadInput
from .._normal import normal, overlay
from .._resources.service import Service
from .._resources.task_definition import TaskDefinition
from ._check import Check, Finding, failed, ok
from ._look import Denied, Look, Unseen, explained
from ._wish import Wish
from .capacity import cluster_of

# What the module of each resource takes beside the options of its kind.
DOCUMENTS = frozenset({"definition", "src", "tags"})
MANNER = frozenset({"state", "wait", "wait_timeout", "progress", "ignore_changes", "recreate", "purge_tags"})


class Wanted:
    """Reads what is to be deployed, and keeps the checks that come of the reading itself."""

    def __init__(self, api: Any, look: Look, params: Mapping[str, Any]) -> None:
        self._api, self._look, self._params = api, look, params
        self.checks: list[Check] = []

    def wish(self) -> Wish:
        """Give what is to be deployed.

        Raises BadInput for what cannot be meant, before any call is made, and AwsError when the credentials are worth
        nothing. What is missing or may not be seen becomes a check.
        """
        definition = self._document("task_definition", TaskDefinition())
        given = self._document("service", Service())
        service, cluster = self._service(given)
        if definition is None:
            name = str(self._params.get("task_definition") or service.get("taskDefinition") or "")
            definition = self._definition(name) if name else {}
        plain = normal(definition, self._api.shape(TaskDefinition.creates)) or {}
        cpu, memory = (int(plain[name]) if str(plain.get(name)).isdigit() else None for name in ("cpu", "memory"))
        strategy = self._cluster_strategy(cluster) if service else []
        return Wish(definition, service, cluster, self._api.region, cpu, memory, strategy)

    def _document(self, option: str, resource: Resource) -> dict[str, Any] | None:
        value = self._params.get(option)
        if value is None or isinstance(value, str):
            return None
        if not isinstance(value, Mapping):
            raise BadInput(f"{option}: a {type(value).__name__} is neither a name nor a document.")
        return document_of(option, value, resource, self._api)

    def _definition(self, name: str) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            answer = self._look.find("ecs", "DescribeTaskDefinition", ("ClientException",), taskDefinition=name)
            return dict((answer or {}).get("taskDefinition") or {})

        shown = self._seen("task_definition", name, read)
        if shown is None:
            return {}
        if shown.get("status") == "ACTIVE":
            self._find("task_definition", name, ok(f"The task definition '{name}' is active."))
            return shown
        state = f"is {shown['status']}" if shown else "does not exist"
        remedy = "Register it first, or name a revision that is active."
        self._find("task_definition", name, failed(f"The task definition '{name}' {state}.", remedy))
        return {}

    def _service(self, given: dict[str, Any] | None) -> tuple[dict[str, Any], str]:
        """Give the service as it will be, and its cluster: what is given lies over what AWS has."""
        asked, cluster = self._params.get("service"), str(self._params.get("cluster") or "default")
        if not asked:
            return {}, cluster
        want = {"cluster": cluster, **(given or {"serviceName": str(asked)})}
        name, cluster = str(want["serviceName"]), str(want["cluster"])
        have = self._seen("service", name, lambda: self._existing(want))
        if have == {} and given is None:
            message = f"The service '{name}' does not exist in the cluster '{cluster}'."
            remedy = "Correct its name or the cluster, or give a document of the service to be."
            self._find("service", name, failed(message, remedy))
        if not have and given is None:
            return {}, cluster
        members, have = self._api.shape(Service.creates).members, dict(have or {})
        for one, other in (("launchType", "capacityProviderStrategy"), ("capacityProviderStrategy", "launchType")):
            if want.get(one):
                have.pop(other, None)
        return {**have, **{key: overlay(have.get(key), value, members[key]) for key, value in want.items()}}, cluster

    def _existing(self, want: dict[str, Any]) -> dict[str, Any]:
        """Read the service; empty when there is none."""
        try:
            found = Service().read(self._api, Ask({name: want[name] for name in Service.identity}))
        except AwsError as error:
            raise explained(error, "ecs", "DescribeServices") from None
        return found.document if found else {}

    def _cluster_strategy(self, cluster: str) -> list[dict[str, Any]]:
        """Read the cluster's own capacity; the checks of the cluster tell when it cannot be seen."""
        try:
            return list((cluster_of(cluster, self._look) or {}).get("defaultCapacityProviderStrategy") or [])
        except (Denied, Unseen):
            return []

    def _seen(self, name: str, subject: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """Read a part of the wish; None, and a check that says so, when it may not be seen."""
        try:
            return read()
        except (Denied, Unseen) as error:
            self.checks.append(Check(name, subject, partial(_again, error)))
            return None

    def _find(self, name: str, subject: str, finding: Finding) -> None:
        self.checks.append(Check(name, subject, lambda: [finding]))


def _again(error: Exception) -> NoReturn:
    raise error


def document_of(option: str, given: Mapping[str, Any], resource: Resource, api: Any) -> dict[str, Any]:
    """Give a document that is nested in an option as the module of its kind would read it from its own options.

    With a member that is no option of that module, all of it is a document as AWS prints it, like `definition` there.
    Raises BadInput, with the name of the option in front.
    """
    names = {other: name for name, spec in resource.options.items() for other in (name, *spec.get("aliases", []))}
    names.update({name: name for name in (*DOCUMENTS, *MANNER)}, resource_tags="tags")
    params = {names.get(name, name): value for name, value in given.items()}
    if unknown := sorted(str(name) for name in set(given) - set(names)):
        if {"definition", "src"} & set(given):
            raise BadInput(f"{option}: {unknown[0]} is no option of longshore.ecs.{resource.kind}.")
        params = {"definition": dict(given)}
    try:
        return _prepared(resource, params, api)
    except BadInput as error:
        raise BadInput(f"{option}: {str(error).removeprefix('definition.')}", code=error.code) from None


def _prepared(resource: Resource, params: dict[str, Any], api: Any) -> dict[str, Any]:
    ask = Ask(_document.wanted(resource, params, api), {name: params.get(name) for name in resource.manner}, check=True)
    # A service looks up its task definition when it is prepared; here a check does.
    named = ask.document.pop("taskDefinition", None)
    resource.prepare(api, ask)
    return {**ask.document, **({"taskDefinition": named} if named else {})}
