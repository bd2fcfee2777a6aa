# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service: so many tasks of a task definition, kept running and rolled over."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, ClassVar

from .. import _rollout, _verdict
from .._api import AwsError
from .._core import Ask, Call, Found, Resource
from .._errors import BadInput, Blocked, EcsError, TimedOut
from .._normal import part
from .._watch import UnderWay
from . import (
    _code_deploy,
    _code_deploy_watch,
    _controllers,
    _names,
    _networks,
    _options,
    _scaled,
    _service_views,
    _strategies,
    _surroundings,
)

# Options of community.aws that have no effect: a list that is given is complete.
PURGES = ("purge_placement_constraints", "purge_placement_strategy")


class Service(Resource):
    """A service of a cluster, under any deployment controller as far as the API lets it be changed."""

    kind = "service"
    creates = "CreateService"
    answers = "Service"
    arn = "serviceArn"
    identity = ("cluster", "serviceName")
    rename: ClassVar[dict[str, Any]] = {"name": "serviceName"}
    wrappers = ("services",)
    tells = True
    create_only = frozenset({"launchType", "role", "schedulingStrategy"})
    deploys = _service_views.DEPLOYS
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "aliases": ["service", "service_name", "serviceName"]},
        "cluster": {"type": "str"},
        **_options.scalars("str", "task_definition", "launch_type", "platform_version", "propagate_tags"),
        **_options.scalars("str", "availability_zone_rebalancing", "scheduling_strategy"),
        "client_token": {"type": "str", "aliases": ["clientToken"], "no_log": False},
        **_options.scalars("int", "desired_count", "health_check_grace_period_seconds"),
        **_options.scalars("bool", "enable_ecs_managed_tags", "enable_execute_command"),
        **_options.structures("deployment_configuration", "deployment_controller", "network_configuration"),
        **_options.structures("service_connect_configuration"),
        "role": {"type": "str"},
        "monitoring": {"type": "dict"},
        **_options.documents("load_balancers", "service_registries", "placement_constraints", "placement_strategy"),
        **_options.documents("capacity_provider_strategy", "volume_configurations", "vpc_lattice_configurations"),
        **_options.documents("gateway_connectors"),
        **_options.FORCING,
        "code_deploy": _code_deploy.OPTION,
        **_options.FOLLOWING,
        **Resource.legacy(*PURGES),
    }
    manner = frozenset({"code_deploy", "delay", "repeat", *_options.FORCING, *_options.FOLLOWING, *PURGES})
    info_options: ClassVar[dict[str, Any]] = _options.OF_SERVICE_INFO

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take the flat network_configuration of community.aws, and members where DescribeServices puts them."""
        return _networks.nested({**_service_views.lifted(given), **given})

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
        _networks.by_id(api, document, ask)
        if _controllers.controller_of(document) != "EXTERNAL":
            _surroundings.resolve_family(api, ask)

    def batch(self, ask: Ask) -> tuple[str, str, dict[str, Any]]:
        cluster, name = (ask.document[member] for member in self.identity)
        return "DescribeServices", name, {"cluster": cluster, "include": ["TAGS"]}

    def further(self, api: Any, ask: Ask) -> tuple[str, str, dict[str, Any]] | None:
        return _scaled.further(api, self.batch(ask), ask)

    def read(self, api: Any, ask: Ask) -> Found | None:
        operation, name, params = self.batch(ask)
        try:
            found = api.describe(operation, [name], **params)
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
        _scaled.leave_count(api, found, ask)
        ask.document.pop("clientToken", None)  # it only means something to a creation
        _service_views.adopt_service_connect(found.document, ask.document)
        _strategies.adopt_load_balancers(found.document, ask.document)
        if _code_deploy.controlled(found.shown):
            _code_deploy.adopt(api, found, ask)

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        if found and _code_deploy.controlled(found.shown):  # looked up only if the plan needs it
            ask.notes["code_deploy"] = functools.partial(_code_deploy.planned, api, found, ask)
        if not ask.gone and found is None and ask.notes.get("no_cluster"):
            _surroundings.expect_cluster(api, ask)

    def create(self, ask: Ask) -> Iterable[Call]:
        _controllers.check_create(ask)
        if not ask.document.get("healthCheckGracePeriodSeconds"):  # even 0 is refused without a load balancer
            ask.document.pop("healthCheckGracePeriodSeconds", None)
        return super().create(ask)

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        own, by_code_deploy = _controllers.shared_out(found, changes, ask)
        if changes & _strategies.JUDGED:
            _strategies.check(after, _controllers.controller_of(after))
        members = ask.notes["members"]
        params = {name: part(found.document.get(name), after.get(name), members[name]) for name in sorted(own)}
        if "capacityProviderStrategy" in params or (ask.options.get("force_new_deployment") and not by_code_deploy):
            params["forceNewDeployment"] = True
        if params:
            yield Call("UpdateService", {**_address(found), **params})
        if _code_deploy.controlled(found.shown):
            yield from ask.notes["code_deploy"](after, by_code_deploy)

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
        if call.operation == "CreateDeployment":
            ask.watch.notes.update(deployment=answer["deploymentId"], made=True)
        elif call.operation == "UpdateService" and _code_deploy.controlled(answer["service"]):
            ask.watch.notes["made"] = True
        elif call.operation in ("CreateService", "UpdateService"):
            _rollout.remember(answer["service"], ask.watch.notes)

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        name = ask.document["serviceName"]
        if found is None:
            return None if ask.gone else _rollout.missing(self._followed(ask), ask.watch.waited())
        if ask.gone:
            return UnderWay(f"{name}: {found.shown['status']}, {found.shown.get('runningCount', 0)} running")
        return _watching(found).look(api, self._followed(ask), found.shown) if ask.wait else None

    def overdue(self, api: Any, found: Found | None, ask: Ask, error: TimedOut) -> EcsError:
        if found is None or ask.gone:
            return error
        return _watching(found).overdue(api, self._followed(ask), found.shown, error)

    def report(self, ask: Ask) -> dict[str, Any]:
        report = self._followed(ask).report()
        return {"deployment": report} if report else {}

    def _followed(self, ask: Ask) -> _verdict.Followed:
        """The deployment of this run; what is known of it lies in the notes of the wait."""
        return _verdict.Followed(
            ask.document["cluster"],
            ask.document["serviceName"],
            ask.watch.notes,
            fail_fast=bool(ask.options.get("fail_fast", True)),
            approval_is_enough=ask.options.get("wait_until") == "approval",
            log_lines=ask.options.get("log_lines") or 0,
            warnings=ask.warnings,
        )


def _watching(found: Found) -> Any:
    """Give what watches the deployments of a service: they are ECS's own, or CodeDeploy's."""
    return _code_deploy_watch if _code_deploy.controlled(found.shown) else _rollout


def _address(found: Found) -> dict[str, str]:
    return {"cluster": found.document["cluster"], "service": found.shown["serviceName"]}
