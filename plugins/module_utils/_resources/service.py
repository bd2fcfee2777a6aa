# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service: so many tasks of a task definition, kept running and rolled over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .. import _rollout
from .._api import AwsError
from .._core import Ask, BadInput, Blocked, Call, Found, Resource
from .._normal import part, revision_name
from . import _controllers, _names, _service_views

# Options of community.aws that have no effect: a list that is given is complete.
PURGES = ("purge_placement_constraints", "purge_placement_strategy")


def _documents(*names: str) -> dict[str, dict[str, Any]]:
    return {name: {"type": "list", "elements": "dict", "aliases": [alias]} for name, alias in _camel(names)}


def _structures(*names: str) -> dict[str, dict[str, Any]]:
    return {name: {"type": "dict", "aliases": [alias]} for name, alias in _camel(names)}


def _scalars(kind: str, *names: str) -> dict[str, dict[str, Any]]:
    return {name: {"type": kind, "aliases": [alias]} for name, alias in _camel(names)}


def _camel(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        head, *tail = name.split("_")
        yield name, head + "".join("ECS" if word == "ecs" else word.capitalize() for word in tail)


class Service(Resource):
    """A service of a cluster, under any deployment controller as far as the API lets it be changed."""

    kind = "service"
    creates = "CreateService"
    answers = "Service"
    arn = "serviceArn"
    identity = ("cluster", "serviceName")
    rename: ClassVar[dict[str, Any]] = {"name": "serviceName"}
    wrappers = ("services",)
    create_only = frozenset({"launchType", "role", "schedulingStrategy"})
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "aliases": ["service", "service_name", "serviceName"]},
        "cluster": {"type": "str"},
        **_scalars("str", "task_definition", "launch_type", "platform_version", "propagate_tags"),
        **_scalars("str", "availability_zone_rebalancing", "scheduling_strategy"),
        "client_token": {"type": "str", "aliases": ["clientToken"], "no_log": False},
        **_scalars("int", "desired_count", "health_check_grace_period_seconds"),
        **_scalars("bool", "enable_ecs_managed_tags", "enable_execute_command"),
        **_structures("deployment_configuration", "deployment_controller", "network_configuration"),
        **_structures("service_connect_configuration"),
        "role": {"type": "str"},
        "monitoring": {"type": "dict"},
        **_documents("load_balancers", "service_registries", "placement_constraints", "placement_strategy"),
        **_documents("capacity_provider_strategy", "volume_configurations", "vpc_lattice_configurations"),
        **_documents("gateway_connectors"),
        "force_new_deployment": {"type": "bool", "default": False, "aliases": ["forceNewDeployment"]},
        "force_deletion": {"type": "bool", "default": True},
        **Resource.legacy(*PURGES),
    }
    manner = frozenset({"force_new_deployment", "force_deletion", "delay", "repeat", *PURGES})
    info_options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str"},
        "name": {"type": "list", "elements": "str", "aliases": ["names", "service", "services"]},
        "events": {"type": "bool", "default": True},
        "details": {"type": "bool", "default": True},
    }

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take the flat network_configuration of community.aws, and members where DescribeServices puts them."""
        given = {**_service_views.lifted(given), **given}
        for name in ("network_configuration", "networkConfiguration"):
            network = given.get(name)
            if network and not {"awsvpc_configuration", "awsvpcConfiguration"} & set(network):
                given = {**given, name: {"awsvpc_configuration": network}}
        return given

    def prepare(self, api: Any, ask: Ask) -> None:
        document = ask.document
        document["serviceName"] = _names.checked(document, "serviceName", "name")
        document["cluster"] = _names.checked({"cluster": "default", **document}, "cluster", "cluster")
        if ask.gone:
            ask.document = {name: document[name] for name in self.identity}
            return
        _service_views.without_empty_words(document)
        if document.get("schedulingStrategy") == "DAEMON":
            _controllers.check_daemon(ask)
        if document.get("launchType") and document.get("capacityProviderStrategy"):
            raise BadInput("launch_type and capacity_provider_strategy exclude each other: give one of the two.")
        ask.notes["members"] = api.shape(self.creates).members
        if _controllers.controller_of(document) != "EXTERNAL":
            self._resolve(api, ask)

    def _resolve(self, api: Any, ask: Ask) -> None:
        """Turn a bare family into its latest active revision, which is what the service would get."""
        wanted = ask.document.get("taskDefinition")
        if not wanted or ":" in revision_name(wanted) or "taskDefinition" in (ask.options.get("ignore_changes") or ()):
            return
        try:
            shown = api.read("DescribeTaskDefinition", taskDefinition=wanted)["taskDefinition"]
        except AwsError as error:
            if error.code != "ClientException":
                raise
            shown = {}
        if shown.get("status") == "ACTIVE":
            ask.document["taskDefinition"] = f"{shown['family']}:{shown['revision']}"
        elif not ask.check:
            raise BadInput(
                f"task_definition: the family {wanted} has no active revision in {api.region}; "
                "register one first, with longshore.ecs.task_definition.",
                code="TaskDefinitionNotFound",
            )
        else:
            ask.warnings.append(f"The family {wanted} has no active revision yet; the plan takes it for registered.")

    def read(self, api: Any, ask: Ask) -> Found | None:
        cluster, name = (ask.document[member] for member in self.identity)
        try:
            found = api.describe("DescribeServices", [name], cluster=cluster, include=["TAGS"])
        except AwsError as error:
            if error.code != "ClusterNotFoundException":
                raise
            ask.notes["no_cluster"] = True
            return None
        if not found or found[0].get("status") == "INACTIVE":
            return None
        service = self.shaped(found[0])
        if set(_service_views.IN_REVISION) & set(ask.document):
            service.document.update(_service_views.revision_members(api, found[0]))
        return service

    def shaped(self, shown: dict[str, Any]) -> Found:
        document = _service_views.document(shown)
        return Found(document, {**shown, **document})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        clusters = [params["cluster"]] if params["cluster"] else ["default"]
        if not params["cluster"] and not params["name"]:
            clusters = list(api.pages("ListClusters", "clusterArns"))
        for cluster in clusters:
            names = params["name"] or api.pages("ListServices", "serviceArns", cluster=cluster, maxResults=100)
            wanted = [_names.short(name) for name in names]
            for shown in api.describe("DescribeServices", wanted, cluster=cluster, include=["TAGS"]):
                found = self.shaped(shown)
                if not params["events"]:
                    found.shown.pop("events", None)
                yield found

    def leaving(self, found: Found) -> bool:
        return found.shown.get("status") == "DRAINING"

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        _names.adopt_role(found.document, ask, "role")
        _names.adopt_namespace(
            api, found.document.get("serviceConnectConfiguration"), ask, "serviceConnectConfiguration"
        )
        _controllers.adopt_capacity(found.document, ask)
        if found.document.get("schedulingStrategy") == "DAEMON":
            _controllers.check_daemon(ask)
        ask.document.pop("clientToken", None)  # it only means something to a creation
        _service_views.adopt_service_connect(found.document, ask.document)

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        if ask.gone or found is not None or not ask.notes.get("no_cluster"):
            return
        name = ask.document["cluster"]
        shown = api.describe("DescribeClusters", [name])
        # A cluster that was made a moment ago is described before its services can be: CreateService then waits.
        if shown and shown[0]["status"] != "INACTIVE":
            return
        if not ask.check:
            raise Blocked(
                f"cluster: there is no cluster {name} in {api.region}; "
                "check the name and the region, or create it first, with longshore.ecs.cluster.",
                code="ClusterNotFoundException",
            )
        ask.warnings.append(f"The cluster {name} does not exist yet; the plan takes it for created.")

    def create(self, ask: Ask) -> Iterable[Call]:
        _controllers.check_create(ask)
        if not ask.document.get("healthCheckGracePeriodSeconds"):  # even 0 is refused without a load balancer
            ask.document.pop("healthCheckGracePeriodSeconds", None)
        return super().create(ask)

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        _controllers.check_update(found, changes, ask)
        members = ask.notes["members"]
        params = {name: part(found.document.get(name), after.get(name), members[name]) for name in sorted(changes)}
        if "capacityProviderStrategy" in params or ask.options.get("force_new_deployment"):
            params["forceNewDeployment"] = True
        if params:
            yield Call("UpdateService", {**_address(found), **params})

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None or self.leaving(found):
            return []
        if found.shown.get("desiredCount") and not ask.options.get("force_deletion", True):
            raise Blocked(
                f"The service {found.shown['serviceName']} still wants {found.shown['desiredCount']} tasks: "
                "set desired_count to 0 first, or leave force_deletion at true."
            )
        return [Call("DeleteService", {**_address(found), "force": True})]

    def remember(self, call: Call, answer: dict[str, Any], ask: Ask) -> None:
        if call.operation in ("CreateService", "UpdateService"):
            _rollout.remember(answer["service"], ask)

    def pending(self, api: Any, found: Found | None, ask: Ask) -> str | None:
        name = ask.document["serviceName"]
        if found is None:
            return None if ask.gone else f"the service {name} is not there yet"
        if ask.gone:
            return f"the service {name} is {found.shown['status']}"
        return _rollout.pending(api, found.shown, ask) if ask.wait else None

    def evidence(self, api: Any, found: Found | None, ask: Ask) -> str:
        return "" if found is None or ask.gone else _rollout.evidence(api, found.shown, ask)


def _address(found: Found) -> dict[str, str]:
    return {"cluster": found.document["cluster"], "service": found.shown["serviceName"]}
