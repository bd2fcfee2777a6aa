# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is particular about a kind: defaults that depend on other members, names in the place of ARNs, and what stays.

Each kind has a row in `REDUCTIONS`; a kind without one is exported by the general rules alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._errors import EcsError
from .._normal import snake
from .._resources import _code_deploy, _controllers, _names, account_setting
from .entries import OF_AWS, Piece

SINGLE, DOUBLE = 100, 200  # percent of the desired count
MOST, LEAST = "deploymentConfiguration.maximumPercent", "deploymentConfiguration.minimumHealthyPercent"
# Members that have one value if nobody gives another: kind -> member, or members with periods between them
# (DeploymentConfiguration, and for a DAEMON the service scheduler's own).
DEFAULTS: dict[str, dict[str, Any]] = {"service": {MOST: DOUBLE, LEAST: SINGLE}}
DAEMON = {MOST: SINGLE, LEAST: 0}
# Members that the connection says, or that AWS alone sets.
GIVEN = {"repository": frozenset({"registryId"}), "scaling": frozenset({"RoleARN"})}
# Members that are read by calls of their own, and are missing where that is not allowed.
APART = {
    "repository": ("policy", "lifecyclePolicy", "tags"),
    "scaling": ("targetTracking", "stepScaling", "predictiveScaling", "scheduledActions", "tags"),
}
# Resources that AWS has made, by kind.
BUILT_IN = {
    "capacity_provider": frozenset({"FARGATE", "FARGATE_SPOT"}),
    "schedule_group": frozenset({"default"}),
}
STACK = "aws:cloudformation:stack-name"


@dataclass
class Estate:
    """What is known of the whole while its resources are reduced one by one."""

    api: Any
    insights: str | None = "disabled"  # the account's default of Container Insights; None where it cannot be seen
    latest: dict[str, str] = field(default_factory=dict)  # family -> name of its latest revision
    namespaces: dict[str, str] = field(default_factory=dict)  # cluster -> ARN of the namespace that is its default
    least: dict[str, int] = field(default_factory=dict)  # cluster/service -> the least count that it is scaled to
    left: list[dict[str, Any]] = field(default_factory=list)  # what cannot be carried over
    warnings: list[str] = field(default_factory=list)

    def leave(self, kind: str, name: str, reason: str, path: str | None = None) -> None:
        """Note something that cannot be carried over: a resource, or with a path a part of one."""
        entry = {"kind": kind, "name": name, "path": path, "reason": reason}
        if entry not in self.left:
            self.left.append(entry)

    def warn(self, text: str) -> None:
        """Note something that a person should know."""
        if text not in self.warnings:
            self.warnings.append(text)

    def namespace(self, value: str) -> str:
        """Give the name of a namespace that AWS shows as an ARN; the ARN, where its name cannot be seen."""
        if not value.startswith("arn:"):
            return value
        try:
            return str(self.api.read("GetNamespace", "servicediscovery", Id=_names.short(value))["Namespace"]["Name"])
        except EcsError as error:
            self.warn(f"The name of {value} cannot be seen, so its ARN is written. {error}")
            return value


def reduce(piece: Piece, estate: Estate) -> None:
    """Bring the document of a piece, which the general rules have been through, to its last form."""
    document = piece.document
    daemon = document.get("schedulingStrategy") == "DAEMON"
    for path, value in {**DEFAULTS.get(piece.kind, {}), **(DAEMON if daemon else {})}.items():
        _drop(document, path.split("."), value)
    for member in APART.get(piece.kind, ()):
        if member not in piece.found.document:
            estate.leave(piece.kind, piece.name, "it may not be read.", snake(member))
    for step in REDUCTIONS.get(piece.kind, ()):
        step(piece, estate)
    if STACK in piece.tags:
        estate.warn(
            f"{piece.key} belongs to the CloudFormation stack {piece.tags[STACK]}, which may undo what apply changes."
        )


def _drop(document: dict[str, Any], path: list[str], value: Any) -> None:
    """Drop a member that has this value, and what is empty without it."""
    name, *rest = path
    if rest and isinstance(document.get(name), dict):
        _drop(document[name], rest, value)
    elif not rest and document.get(name) == value:
        del document[name]
    if document.get(name) == {}:
        del document[name]


# Clusters


def _insights(piece: Piece, estate: Estate) -> None:
    """Container Insights are the account's default unless the cluster says otherwise (ClusterSetting, value)."""
    settings = [item for item in piece.document.pop("settings", []) if item.get("value") != estate.insights]
    if settings:
        piece.document["settings"] = settings


def _default_namespace(piece: Piece, estate: Estate) -> None:
    defaults = piece.document.get("serviceConnectDefaults")
    if defaults:
        piece.document["serviceConnectDefaults"] = {"namespace": estate.namespace(defaults["namespace"])}


def _instances(piece: Piece, estate: Estate) -> None:
    count = piece.found.shown.get("registeredContainerInstancesCount")
    if count:
        some = "a container instance" if count == 1 else f"{count} container instances"
        estate.leave("container_instance", piece.name, f"the cluster has {some}, which register by themselves.")


# Services


def _revision(piece: Piece, estate: Estate) -> None:
    """Name the family alone where the service runs its latest revision, so that it will run the next one too."""
    revision = piece.document.get("taskDefinition")
    if not revision:
        return
    family = revision.partition(":")[0]
    if estate.latest.get(family) == revision:
        piece.document["taskDefinition"] = family
        return
    latest = estate.latest.get(family)
    state = f"the latest is {latest}" if latest else "the family has no active revision any more"
    reason = f"it runs {revision}, but {state}: the number is kept, and means nothing in another account."
    estate.leave(piece.kind, piece.name, reason, "task_definition")


def _capacity(piece: Piece, _estate: Estate) -> None:
    if piece.document.get("capacityProviderStrategy"):
        piece.document.pop("launchType", None)


def _bake_time(piece: Piece, _estate: Estate) -> None:
    """A strategy that shifts traffic must be given a bake time (DeploymentConfiguration, bakeTimeInMinutes)."""
    shown = piece.found.document.get("deploymentConfiguration") or {}
    if shown.get("strategy", "ROLLING") != "ROLLING" and "bakeTimeInMinutes" in shown:
        piece.document["deploymentConfiguration"]["bakeTimeInMinutes"] = shown["bakeTimeInMinutes"]


def _rebalancing(piece: Piece, _estate: Estate) -> None:
    """A new service rebalances over zones if it can (CreateService, availabilityZoneRebalancing)."""
    document, shown = piece.document, piece.found.document.get("availabilityZoneRebalancing")
    document.pop("availabilityZoneRebalancing", None)
    if shown == "DISABLED" and _rebalances(document):
        document["availabilityZoneRebalancing"] = shown


def _rebalances(document: dict[str, Any]) -> bool:
    """Tell whether a service could rebalance.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    if document.get("schedulingStrategy") == "DAEMON" or document.get("launchType") == "EXTERNAL":
        return False
    first = (document.get("placementStrategy") or [{"type": "spread", "field": "attribute:ecs.availability-zone"}])[0]
    return bool(
        (document.get("deploymentConfiguration") or {}).get("maximumPercent", DOUBLE) > SINGLE
        and not any(item.get("loadBalancerName") for item in document.get("loadBalancers") or [])
        and first.get("type") == "spread"
        and first.get("field") in ("attribute:ecs.availability-zone", "attribute:ecs.availability-zone-id")
    )


def _service_connect(piece: Piece, estate: Estate) -> None:
    """Leave out the cluster's namespace, and the names that ECS makes of those that are given."""
    connect = piece.document.get("serviceConnectConfiguration")
    if not connect:
        return
    arn = connect.pop("namespace", None) or ""
    name = estate.namespace(arn)
    if arn and arn != estate.namespaces.get(piece.document["cluster"]):
        connect["namespace"] = name
    for service in connect.get("services", []):
        made = f"{service['discoveryName']}.{name}"
        for alias in service.get("clientAliases", []):
            _drop(alias, ["dnsName"], made)
        _drop(service, ["discoveryName"], service["portName"])


def _controller(piece: Piece, estate: Estate) -> None:
    controller = _controllers.controller_of(piece.found.document)
    shown, name = piece.found.shown, piece.name
    if controller == "EXTERNAL":
        for member in _controllers.IN_TASK_SETS:
            piece.document.pop(member, None)
        sets = [item["id"] for item in shown.get("taskSets") or []]
        if sets:
            reason = "task sets belong to the tool that makes them; the service is exported without them."
            estate.leave(piece.kind, name, f"{', '.join(sets)}: {reason}", "task_sets")
    if _code_deploy.controlled(shown):
        reason = "the CodeDeploy application and deployment group of the service are not part of a manifest."
        estate.leave(piece.kind, name, reason, "code_deploy")


def _count(piece: Piece, estate: Estate) -> None:
    """A count that Application Auto Scaling sets is the least one when the service is made, and then left alone."""
    least = estate.least.get(piece.name)
    if least is not None and "desiredCount" in piece.document:
        piece.document["desiredCount"] = least
        piece.manner["ignore_changes"] = ["desired_count"]


# Account settings


def _settable(piece: Piece, _estate: Estate) -> None:
    settings = piece.document.get("settings", [])
    piece.document["settings"] = [item for item in settings if account_setting.VALUES.get(item["name"]) != ()]


REDUCTIONS: dict[str, tuple[Callable[[Piece, Estate], None], ...]] = {
    "account_setting": (_settable,),
    "cluster": (_insights, _default_namespace, _instances),
    "service": (_revision, _capacity, _bake_time, _rebalancing, _service_connect, _controller, _count),
}
# Reasons for which a resource is not exported at all, by what AWS shows of it; None where there is none.
REFUSALS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "service": lambda shown: (
        "ECS manages it for an Express Mode service." if shown.get("resourceManagementType") == "ECS" else None
    ),
}


def owned_by_aws(kind: str, name: str) -> bool:
    """Tell whether a resource is there without anybody having made it."""
    return name in BUILT_IN.get(kind, ()) or name.startswith(OF_AWS)
