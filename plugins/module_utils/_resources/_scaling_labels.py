# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The label under which Application Auto Scaling knows a target group: that of its load balancer, and its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._api import AwsError
from .._core import Ask
from .._errors import BadInput
from ._scaling_forms import OF_TARGET_GROUPS, PREDICTIVE, TRACKING
from ._scaling_parts import UNKNOWN

SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")


def complete(api: Any, ask: Ask, service: dict[str, Any] | None) -> None:
    """Give every metric of a target group its label, from the target group that is named or that the service has.

    Raises BadInput where that cannot be told. A service that is not there yet leaves the label unknown.
    """
    for path, entry, metric in _metrics(ask.document):
        group = entry.pop("targetGroup", None)
        if metric.get("PredefinedMetricType") not in OF_TARGET_GROUPS or metric.get("ResourceLabel"):
            continue
        if service and (service.get("deploymentConfiguration") or {}).get("strategy") in SHIFTING:
            ask.warnings.append(
                f"{path}: requests are counted for one target group, and this service moves its traffic between two "
                "of them; scale by cpu, or by a metric of the load balancer."
            )
        group = group or (_of_service(service, path) if service else None)
        metric["ResourceLabel"] = _label(api, group, path) if group else UNKNOWN


def lacking(document: dict[str, Any]) -> bool:
    """Tell whether a metric of a target group has no label yet."""
    metrics = [metric for _path, _entry, metric in _metrics(document)]
    return any(
        metric.get("PredefinedMetricType") in OF_TARGET_GROUPS and not metric.get("ResourceLabel") for metric in metrics
    )


def _metrics(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for entry in document.get(TRACKING) or []:
        yield f"target_tracking.{entry['name']}", entry, entry.get("PredefinedMetricSpecification") or {}
    for entry in document.get(PREDICTIVE) or []:
        for wanted in entry["MetricSpecifications"]:
            metric = wanted.get("PredefinedMetricPairSpecification") or {}
            yield f"predictive_scaling.{entry['name']}", entry, metric


def _of_service(service: dict[str, Any], path: str) -> str:
    groups = [one["targetGroupArn"] for one in service.get("loadBalancers") or [] if one.get("targetGroupArn")]
    if not groups:
        raise BadInput(
            f"{path}: the service {service['serviceName']} has no target group whose requests could be counted; "
            "scale by cpu or memory, or give the service load_balancers."
        )
    if len(groups) > 1:
        raise BadInput(f"{path}: the service has {len(groups)} target groups; name one of them as target_group.")
    return str(groups[0])


def _label(api: Any, group: str, path: str) -> str:
    by = {"TargetGroupArns": [group]} if group.startswith("arn:") else {"Names": [group]}
    try:
        shown = api.read("DescribeTargetGroups", "elbv2", **by)["TargetGroups"][0]
    except AwsError as error:
        if error.code == "TargetGroupNotFound":
            raise BadInput(f"{path}: there is no target group {group} in {api.region}.") from None
        raise
    balancers = shown.get("LoadBalancerArns") or []
    if not balancers:
        raise BadInput(
            f"{path}: no load balancer sends requests to the target group {group} yet; add it to a listener."
        )
    return f"{balancers[0].partition(':loadbalancer/')[2]}/{shown['TargetGroupArn'].rpartition(':')[2]}"
