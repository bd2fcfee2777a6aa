# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options to the request of RunTask or StartTask, checked against the definition before a task is started."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .._action import Job
from .._api import AwsError
from .._errors import BadInput
from .._normal import revision_name, snake
from .._resources import _networks
from .._shape import spellings, to_api
from . import _network_of

# What the definition leaves open, so that nothing can be said about it.
UNKNOWN: dict[str, Any] = {}
EXCLUSIVE = (("launch_type", "capacity_provider_strategy"), ("run_once", "container_instances"))


def request(api: Any, job: Job) -> tuple[str, dict[str, Any]]:
    """Give the operation and its request, complete but for the count and the token.

    Raises BadInput, with the option, the value and the remedy, for whatever AWS would refuse or the user cannot mean.
    """
    params = job.params
    operation = "StartTask" if params["container_instances"] else "RunTask"
    _check_options(params, operation, api)
    shape = api.shape(operation)
    own = {snake(member) for member in shape.members}  # the parameters hold each option under its other names too
    given = {name: value for name, value in params.items() if name in own and value is not None}
    document = to_api(_networks.nested(given), shape)
    if params["like_service"]:
        document = {**_network_of.service(api, params, operation), **document}
    if not document.get("taskDefinition"):
        raise BadInput("task_definition is required to run a task: give a family, family:revision or ARN.")
    _networks.by_id(api, document, job)
    definition = _definition(api, job, document)
    if definition:
        document["taskDefinition"] = f"{definition['family']}:{definition['revision']}"
        _check_network(document, definition, params)
        _check_overrides(document, definition)
        _check_volumes(document, definition)
        _check_capacity(api, document, definition, operation)
    return operation, document


def _check_options(params: Mapping[str, Any], operation: str, api: Any) -> None:
    for one, other in EXCLUSIVE:
        if params[one] and params[other]:
            raise BadInput(f"{one} and {other} exclude each other: give one of the two.")
    if params["count"] is not None and params["count"] < 1:
        raise BadInput(f"count: {params['count']} is out of range; give 1 or more, or run no task at all.")
    if operation == "StartTask":
        refused = spellings(api.shape("RunTask")).keys() - spellings(api.shape(operation)).keys()
        for name in sorted(refused & params.keys()):
            if params[name] is not None:
                raise BadInput(
                    f"{name}: a task on each of container_instances is started with StartTask, which does not take it; "
                    f"leave out {name}, or container_instances."
                )


def _definition(api: Any, job: Job, document: dict[str, Any]) -> dict[str, Any]:
    name = document["taskDefinition"]
    try:
        return dict(api.read("DescribeTaskDefinition", taskDefinition=name)["taskDefinition"])
    except AwsError as error:
        if error.code == "AccessDeniedException":
            return UNKNOWN
        if error.code not in ("ClientException", "InvalidParameterException"):
            raise
    if not job.check:
        raise BadInput(
            f"task_definition: there is no {revision_name(name)} in {api.region}; "
            "check the name, or register it first, with longshore.ecs.task_definition.",
            code="TaskDefinitionNotFound",
        )
    job.warnings.append(
        f"The task definition {revision_name(name)} does not exist yet; the plan takes it for registered."
    )
    return UNKNOWN


def _check_network(document: dict[str, Any], definition: dict[str, Any], params: Mapping[str, Any]) -> None:
    mode, name = definition.get("networkMode") or "bridge", document["taskDefinition"]
    if mode == "awsvpc" and not document.get("networkConfiguration"):
        raise BadInput(
            f"network_configuration is required: {name} has the network mode awsvpc; give its subnets, or like_service."
        )
    if mode != "awsvpc" and document.pop("networkConfiguration", None) and params["network_configuration"]:
        raise BadInput(
            f"network_configuration: {name} has the network mode {mode}, which takes the network of its instance; "
            "leave it out."
        )


def _check_overrides(document: dict[str, Any], definition: dict[str, Any]) -> None:
    names = [container["name"] for container in definition["containerDefinitions"]]
    for index, override in enumerate((document.get("overrides") or {}).get("containerOverrides", [])):
        name, path = str(override.get("name") or ""), f"overrides.container_overrides[{index}].name"
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {close[0]}?" if close else "."
            said = f"{document['taskDefinition']} has no container {name!r}, it has {', '.join(names)}"
            raise BadInput(f"{path}: {said}{hint}")


def _check_volumes(document: dict[str, Any], definition: dict[str, Any]) -> None:
    later = {volume["name"] for volume in definition.get("volumes", []) if volume.get("configuredAtLaunch")}
    given = {volume["name"] for volume in document.get("volumeConfigurations", [])}
    if later - given:
        raise BadInput(
            f"volume_configurations: {document['taskDefinition']} leaves the volume {', '.join(sorted(later - given))} "
            "to be configured at launch; say with managed_ebs_volume what it is."
        )
    if given - later:
        raise BadInput(
            f"volume_configurations: {document['taskDefinition']} has no volume {', '.join(sorted(given - later))} "
            "that is configured at launch; set configured_at_launch there, or leave it out here."
        )


def _check_capacity(api: Any, document: dict[str, Any], definition: dict[str, Any], operation: str) -> None:
    """Without a launch type, a strategy or a default of the cluster, ECS takes EC2 (RunTask, launchType)."""
    wanted = definition.get("requiresCompatibilities") or []
    if operation == "StartTask" or document.get("capacityProviderStrategy"):
        return
    kind = document.get("launchType")
    if kind and wanted and kind not in wanted:
        raise BadInput(f"launch_type: {document['taskDefinition']} is made for {', '.join(wanted)}, not for {kind}.")
    if kind or not wanted or "EC2" in wanted:
        return
    cluster = api.describe("DescribeClusters", [document["cluster"]])
    if cluster and not cluster[0].get("defaultCapacityProviderStrategy"):
        raise BadInput(
            f"launch_type or capacity_provider_strategy is required: {document['taskDefinition']} is made for "
            f"{', '.join(wanted)}, and without a default strategy of the cluster {revision_name(document['cluster'])} "
            "ECS would take EC2."
        )
