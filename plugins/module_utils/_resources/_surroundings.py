# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service needs around it: a cluster, and a revision to run. In check mode they may be still to come."""

from __future__ import annotations

from typing import Any

from .._api import AwsError
from .._core import Ask
from .._errors import BadInput, Blocked
from .._normal import revision_name


def resolve_family(api: Any, ask: Ask) -> None:
    """Turn a bare family into its latest active revision, which is what a service would get."""
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


def expect_cluster(api: Any, ask: Ask) -> None:
    """Refuse a cluster that is not there; one that was made a moment ago may not be seen everywhere yet."""
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
