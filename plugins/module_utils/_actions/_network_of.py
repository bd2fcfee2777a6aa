# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task is to run: the network as it is given, or all that a service says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import BadInput
from .._normal import revision_name

# What is taken from a service that a task is to run like; each only where it is not given.
COPIED = ("taskDefinition", "networkConfiguration", "platformVersion", "launchType", "capacityProviderStrategy")


def service(api: Any, params: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """Give, for a request, where a service runs its tasks and from which definition; what is given stays out.

    A service under the EXTERNAL or CODE_DEPLOY controller may show both in its primary task set alone. Raises BadInput
    when there is no such service.
    """
    name, cluster = params["like_service"], params["cluster"]
    found = api.describe("DescribeServices", [name], cluster=cluster)
    if not found or found[0].get("status") == "INACTIVE":
        raise BadInput(
            f"like_service: there is no service {revision_name(name)} in the cluster {revision_name(cluster)}; "
            "check both names.",
            code="ServiceNotFoundException",
        )
    sets = found[0].get("taskSets", [])
    primary: dict[str, Any] = next((item for item in sets if item.get("status") == "PRIMARY"), {})
    shown = {**{name: primary[name] for name in COPIED if primary.get(name)}, **found[0]}
    taken = {name: shown[name] for name in COPIED if shown.get(name) and name in api.shape(operation).members}
    if params["launch_type"] or params["capacity_provider_strategy"]:
        for member in ("launchType", "capacityProviderStrategy", "platformVersion"):
            taken.pop(member, None)
    if taken.get("capacityProviderStrategy"):
        taken.pop("launchType", None)
    return taken
