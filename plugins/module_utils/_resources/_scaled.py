# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services whose count belongs to Application Auto Scaling."""

from __future__ import annotations

from typing import Any

from .._api import AwsError
from .._core import Ask, Found

SCALING = "application-autoscaling"
# What names the count of a service among all that Application Auto Scaling scales.
COUNT = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def resource_id(cluster: str, service: str) -> str:
    """Give the name that a service has there."""
    return f"service/{cluster}/{service}"


def question(have: dict[str, Any], ask: Ask) -> tuple[str, str, dict[str, Any]] | None:
    """Name the read that tells whether a count may be set, as operation, name and further parameters.

    None where the count is not to change, or shall change in any case: then nothing is asked.
    """
    wanted = ask.document.get("desiredCount")
    if wanted is None or wanted == have.get("desiredCount") or ask.options.get("force_desired_count"):
        return None
    if "desiredCount" in (ask.options.get("ignore_changes") or ()):
        return None
    return "DescribeScalableTargets", resource_id(have["cluster"], have["serviceName"]), COUNT


def further(api: Any, batch: tuple[str, str, dict[str, Any]], ask: Ask) -> tuple[str, str, dict[str, Any]] | None:
    """Name that read for a service that `batch` reads, once it has been read."""
    operation, name, params = batch
    known = api.describe(operation, [name], **params)
    return question({**known[0], "cluster": params["cluster"]}, ask) if known else None


def leave_count(api: Any, found: Found, ask: Ask) -> None:
    """Take the count that AWS has for the one that is wanted, where the service is scaled, and say so once."""
    have, known = found.document, ask.watch.notes.get("scaled")
    asked = question(have, ask)
    if not asked:
        return
    wanted, count = ask.document["desiredCount"], have["desiredCount"]
    if not known:
        operation, name, params = asked
        try:
            known = api.describe(operation, [name], **params)
        except AwsError as error:
            ask.warnings.append(f"desired_count: whether {name} is scaled by somebody else cannot be seen. {error}")
            known = None
        if not known:
            return
        target, ask.watch.notes["scaled"] = known[0], True
        ask.warnings.append(
            f"desired_count: {wanted} is not set, since Application Auto Scaling scales {name}: it keeps {count} of "
            f"{target['MinCapacity']} to {target['MaxCapacity']} tasks. Leave desired_count out, change the bounds "
            "with longshore.ecs.scaling, or set force_desired_count=true."
        )
    ask.document["desiredCount"] = count
