# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html and the botocore ECS model.
"""

from __future__ import annotations

from typing import Any

from . import account_settings, neighbours, strategies, tags
from .errors import EcsError, client_error, invalid_parameter
from .names import NAME, last_part, uuid
from .operations import Document, operation
from .paging import described, page
from .records import Cluster
from .region import GONE, Region

# How long the attachments of a capacity provider take; AWS gives no number.
ATTACHMENT_SECONDS = 5.0

_DESCRIBE_LIMIT = 100
_INSIGHTS = ("enabled", "disabled", "enhanced")


@operation
def create_cluster(region: Region, request: Document) -> Document:
    """Create a cluster; the name of a living one gives that one back, unchanged.

    That an existing cluster is returned is how public tools rely on the API; the reference does not say it.
    """
    name = request.get("clusterName", "default")
    if not NAME.match(name):
        raise invalid_parameter("Identifier must contain only letters, numbers, hyphens and underscores.")
    held = region.find_cluster(name)
    if held is not None:
        return {"cluster": view(region, held, {"SETTINGS", "CONFIGURATIONS", "TAGS"})}
    cluster = _new_cluster(region, name, request)
    region.shadows.before_write(f"cluster/{name}", lambda: None)
    region.clusters.pop(name, None)
    region.clusters[name] = cluster
    if cluster.doc["capacityProviders"]:
        cluster.doc["status"] = "PROVISIONING"
        _attach(region, cluster, [])
    shown = {"SETTINGS", "CONFIGURATIONS", "TAGS"} | ({"ATTACHMENTS"} if cluster.doc["capacityProviders"] else set())
    return {"cluster": view(region, cluster, shown)}


def _new_cluster(region: Region, name: str, request: Document) -> Cluster:
    providers = [last_part(item) for item in request.get("capacityProviders", [])]
    strategy = request.get("defaultCapacityProviderStrategy", [])
    _check_providers(region, providers, strategy)
    doc: Document = {
        "clusterArn": region.arn(f"cluster/{name}"),
        "clusterName": name,
        "status": "ACTIVE",
        "capacityProviders": sorted(providers),
        "defaultCapacityProviderStrategy": strategies.filled(strategy),
    }
    namespace = (request.get("serviceConnectDefaults") or {}).get("namespace")
    if namespace:
        doc["serviceConnectDefaults"] = {"namespace": neighbours.namespace_arn(region, namespace, create=True)}
    default = account_settings.value_of(region, "containerInsights")
    settings = _checked_settings(request.get("settings")) or [{"name": "containerInsights", "value": default}]
    return Cluster(doc, tags.checked(request.get("tags")), settings, request.get("configuration"))


def _checked_settings(settings: list[Document] | None) -> list[Document]:
    for setting in settings or []:
        if setting.get("value") not in _INSIGHTS:
            raise invalid_parameter(
                f"Invalid cluster setting value. containerInsights is one of {', '.join(_INSIGHTS)}."
            )
    return [dict(setting) for setting in settings or []]


@operation
def update_cluster(region: Region, request: Document) -> Document:
    """Change settings, configuration and Service Connect default.

    `configuration` is replaced as a whole (a guess: the reference does not say whether it is merged). An empty
    namespace removes the default (botocore ECS model, ClusterServiceConnectDefaultsRequest).
    """
    cluster = region.cluster(request["cluster"])
    settings = _checked_settings(request.get("settings"))
    _before_write(region, cluster)
    if settings:
        cluster.settings = settings
    if "configuration" in request:
        cluster.configuration = request["configuration"]
    if "serviceConnectDefaults" in request:
        _set_namespace(region, cluster, request["serviceConnectDefaults"]["namespace"])
    return {"cluster": view(region, cluster, {"SETTINGS", "CONFIGURATIONS", "TAGS", "ATTACHMENTS"})}


def _set_namespace(region: Region, cluster: Cluster, namespace: str) -> None:
    if namespace:
        arn = neighbours.namespace_arn(region, namespace, create=True)
        cluster.doc["serviceConnectDefaults"] = {"namespace": arn}
    else:
        cluster.doc.pop("serviceConnectDefaults", None)


@operation
def update_cluster_settings(region: Region, request: Document) -> Document:
    """Replace the settings."""
    cluster = region.cluster(request["cluster"])
    settings = _checked_settings(request["settings"])
    _before_write(region, cluster)
    cluster.settings = settings or cluster.settings
    return {"cluster": view(region, cluster, {"SETTINGS", "CONFIGURATIONS", "TAGS"})}


@operation
def put_cluster_capacity_providers(region: Region, request: Document) -> Document:
    """Replace the associated providers and the default strategy.

    Asynchronous: `attachmentsStatus` is UPDATE_IN_PROGRESS for a while, and a second change meanwhile is refused
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html).
    """
    cluster = region.cluster(request["cluster"])
    providers = [last_part(item) for item in request["capacityProviders"]]
    strategy = request["defaultCapacityProviderStrategy"]
    _refuse_while_attaching(cluster)
    own = _own_providers(region, cluster)
    if own & set(providers):
        # The words: terraform-provider-aws issue 44783, which cuts the sentence off.
        raise invalid_parameter(
            "Cannot associate Managed Instances capacity provider to clusters using this API. Managed Instances "
            "capacity providers are already associated with their cluster."
        )
    providers += sorted(own)
    _check_providers(region, providers, strategy)
    removed = [name for name in cluster.doc["capacityProviders"] if name not in providers]
    for name in removed:
        if _in_use(region, cluster, name):
            raise EcsError("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
    _before_write(region, cluster)
    changed = sorted(providers) != cluster.doc["capacityProviders"]
    cluster.doc["capacityProviders"] = sorted(providers)
    cluster.doc["defaultCapacityProviderStrategy"] = strategies.filled(strategy)
    if changed:
        _attach(region, cluster, removed)
    return {"cluster": view(region, cluster, {"SETTINGS", "CONFIGURATIONS", "TAGS", "ATTACHMENTS"})}


def _own_providers(region: Region, cluster: Cluster) -> set[str]:
    """Name the providers of Managed Instances that belong to a cluster: they are in it without being put there."""
    return {
        name
        for name in cluster.doc["capacityProviders"]
        if name in region.capacity_providers
        and last_part(region.capacity_providers[name].doc.get("cluster", "")) == cluster.name
    }


def _refuse_while_attaching(cluster: Cluster) -> None:
    if cluster.doc.get("attachmentsStatus") == "UPDATE_IN_PROGRESS":
        raise EcsError(
            "UpdateInProgressException",
            "The specified cluster is in a busy state. Cluster attachments are being updated. Try again later.",
        )


def _check_providers(region: Region, providers: list[str], strategy: list[Document]) -> None:
    for name in providers:
        provider = region.capacity_providers.get(name)
        if name not in strategies.FARGATE_PROVIDERS and provider is None:
            raise invalid_parameter(
                f"The specified capacity provider '{name}' was not found. Specify a valid name or ARN and try again."
            )
        if provider is not None and provider.doc["status"] != "ACTIVE":
            raise invalid_parameter(
                f"The specified capacity provider '{name}' is not in an ACTIVE state. Specify a valid capacity "
                "provider and try again."
            )
    if len(providers) > strategies.MAXIMUM_PROVIDERS:
        raise invalid_parameter(f"A cluster may have at most {strategies.MAXIMUM_PROVIDERS} capacity providers.")
    strategies.check_shape(strategy)
    for item in strategy:
        if last_part(item["capacityProvider"]) not in providers:
            raise invalid_parameter(
                "The specified capacity provider strategy contains a capacity provider that is not associated with the "
                "cluster. Associate the capacity provider with the cluster and try again."
            )


def _in_use(region: Region, cluster: Cluster, provider: str) -> bool:
    used = (
        item["capacityProvider"]
        for service in region.services_of(cluster.name)
        if service.status != GONE
        for item in service.doc.get("capacityProviderStrategy", [])
    )
    return provider in used


def _attach(region: Region, cluster: Cluster, removed: list[str]) -> None:
    """Begin to attach and detach; Fargate providers need no attachment of their own."""
    for attachment in cluster.attachments:
        if attachment["details"][0]["value"] in removed:
            attachment["status"] = "DELETING"
    attached = {attachment["details"][0]["value"] for attachment in cluster.attachments}
    for name in cluster.doc["capacityProviders"]:
        if name not in strategies.FARGATE_PROVIDERS and name not in attached:
            cluster.attachments += _attachments_of(name)
    cluster.doc["attachmentsStatus"] = "UPDATE_IN_PROGRESS"
    cluster.capacity_change += 1
    change = cluster.capacity_change
    region.timeline.after(ATTACHMENT_SECONDS, lambda: _attached(region, cluster, change))


def _attachments_of(provider: str) -> list[Document]:
    """The scaling policy and the draining hook that ECS makes for a provider."""

    def attachment(kind: str, name: str, value: str) -> Document:
        details = [{"name": "capacityProviderName", "value": provider}, {"name": name, "value": value}]
        return {"id": uuid(), "type": kind, "status": "PRECREATED", "details": details}

    return [
        attachment("as_policy", "scalingPolicyName", f"ECSManagedAutoScalingPolicy-{uuid()}"),
        attachment("managed_draining", "autoScalingLifecycleHookName", "ecs-managed-draining-termination-hook"),
    ]


def _attached(region: Region, cluster: Cluster, change: int) -> None:
    if cluster.capacity_change != change or cluster.doc["status"] == GONE:
        return
    cluster.attachments = [item for item in cluster.attachments if item["status"] != "DELETING"]
    for attachment in cluster.attachments:
        attachment["status"] = "CREATED"
    cluster.doc["attachmentsStatus"] = "UPDATE_COMPLETE"
    cluster.doc["status"] = "ACTIVE"
    region.scaling_changed()


@operation
def delete_cluster(region: Region, request: Document) -> Document:
    """Delete an empty cluster; it stays visible by name as INACTIVE.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
    """
    cluster = region.cluster(request["cluster"])
    _refuse_while_attaching(cluster)
    _check_empty(region, cluster)
    _before_write(region, cluster)
    cluster.doc["status"] = GONE
    cluster.attachments = []
    return {"cluster": view(region, cluster, {"SETTINGS", "CONFIGURATIONS", "TAGS"})}


def _check_empty(region: Region, cluster: Cluster) -> None:
    if any(instance.cluster == cluster.name for instance in region.instances.values()):
        raise EcsError(
            "ClusterContainsContainerInstancesException",
            "The Cluster cannot be deleted while Container Instances are active or draining.",
        )
    if any(service.status != GONE for service in region.services_of(cluster.name)):
        raise EcsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(task.doc["lastStatus"] != "STOPPED" for task in region.tasks_of(cluster.name)):
        raise EcsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    for provider in region.capacity_providers.values():
        if last_part(provider.doc.get("cluster", "")) == cluster.name and provider.doc["status"] != GONE:
            raise client_error(
                "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached to the cluster"
            )


@operation
def describe_clusters(region: Region, request: Document) -> Document:
    """Describe up to 100 clusters; an unknown one is a failure, not an error."""
    wanted = request.get("clusters") or ["default"]
    if len(wanted) > _DESCRIBE_LIMIT:
        raise invalid_parameter(f"Clusters can have at most {_DESCRIBE_LIMIT} items.")
    include = set(request.get("include", []))
    found, failures = described(region, wanted, "cluster", lambda reference: _read(region, reference, include))
    return {"clusters": found, "failures": failures}


def _read(region: Region, reference: str, include: set[str]) -> Document | None:
    stale, old = region.shadows.read(f"cluster/{last_part(reference)}")
    if stale:
        return None if old is None else trimmed(old, include)
    cluster = region.any_cluster(reference)
    return None if cluster is None else view(region, cluster, include)


@operation
def list_clusters(region: Region, request: Document) -> Document:
    """List the ARNs of the clusters that are not deleted."""
    living = [cluster.doc["clusterArn"] for cluster in region.clusters.values() if cluster.doc["status"] != GONE]
    arns, following = page(living, request)
    return {"clusterArns": arns, **following}


def _before_write(region: Region, cluster: Cluster) -> None:
    region.shadows.before_write(f"cluster/{cluster.name}", lambda: view(region, cluster, set(_BY_INCLUDE)))


_BY_INCLUDE: dict[str, tuple[str, Any]] = {
    "SETTINGS": ("settings", []),
    "TAGS": ("tags", []),
    "STATISTICS": ("statistics", []),
    "CONFIGURATIONS": ("configuration", None),
    "ATTACHMENTS": ("attachments", None),
}


def view(region: Region, cluster: Cluster, include: set[str]) -> Document:
    """Show a cluster with the members asked for by `include`."""
    services = region.services_of(cluster.name)
    living = region.tasks_of(cluster.name)
    shown = {
        **cluster.doc,
        "registeredContainerInstancesCount": sum(item.cluster == cluster.name for item in region.instances.values()),
        "runningTasksCount": sum(task.running for task in living),
        "pendingTasksCount": sum(task.pending for task in living),
        "activeServicesCount": sum(service.status == "ACTIVE" for service in services),
        "statistics": _statistics(region, cluster) if "STATISTICS" in include else [],
        "tags": list(cluster.tags),
        "settings": list(cluster.settings),
        "attachments": list(cluster.attachments),
    }
    if cluster.configuration:
        shown["configuration"] = cluster.configuration
    return trimmed(shown, include)


def trimmed(shown: Document, include: set[str]) -> Document:
    """Empty or drop what was not asked for (botocore ECS model, DescribeClusters.include)."""
    shown = dict(shown)
    for name, (member, empty) in _BY_INCLUDE.items():
        if name in include:
            continue
        if empty is None:
            shown.pop(member, None)
        else:
            shown[member] = empty
    if "ATTACHMENTS" not in include:
        shown.pop("attachmentsStatus", None)
    return shown


def _statistics(region: Region, cluster: Cluster) -> list[Document]:
    """Counts by launch type (botocore ECS model, Cluster.statistics)."""
    counts: dict[str, int] = {}
    for kind, fargate in (("EC2", False), ("Fargate", True)):
        running = [task for task in region.tasks_of(cluster.name) if (task.doc["launchType"] == "FARGATE") == fargate]
        owned = [item for item in region.services_of(cluster.name) if on_fargate(item.doc) == fargate]
        counts[f"running{kind}TasksCount"] = sum(task.running for task in running)
        counts[f"pending{kind}TasksCount"] = sum(task.pending for task in running)
        counts[f"active{kind}ServiceCount"] = sum(service.status == "ACTIVE" for service in owned)
        counts[f"draining{kind}ServiceCount"] = sum(service.status == "DRAINING" for service in owned)
    return [{"name": name, "value": str(count)} for name, count in counts.items()]


def on_fargate(service: Document) -> bool:
    """Tell whether a service runs on Fargate, by launch type or strategy."""
    if service.get("capacityProviderStrategy"):
        return strategies.is_fargate(service["capacityProviderStrategy"])
    return service.get("launchType") == "FARGATE"
