# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that AWS shows as ARNs: both sides of a comparison are brought to one spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._core import Ask
from .._errors import BadInput, EcsError

# What CreateCluster, RegisterTaskDefinition (family) and CreateService take as a name.
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
FARGATE = ("FARGATE", "FARGATE_SPOT")


def short(value: str) -> str:
    """Give the last part of an ARN, or the name itself."""
    return value.rsplit("/", 1)[-1] if value.startswith("arn:") else value


def checked(document: dict[str, Any], member: str, option: str) -> str:
    """Give the name of a resource, short; refuse none, and one that AWS would refuse."""
    name = short(str(document.get(member) or ""))
    if not name:
        raise BadInput(f"{option} is required: give it as an option, in definition or in src.")
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{option}: AWS does not take {name!r} as a name; use up to 255 letters, digits, hyphens and underscores."
        )
    return name


def adopt_namespace(api: Any, have: dict[str, Any] | None, ask: Ask, member: str) -> None:
    """Spell the Service Connect namespace that AWS shows as an ARN by its name, where the user gave a name.

    ECS takes a name or an ARN and answers with the ARN (UpdateCluster, serviceConnectDefaults). Only Cloud Map knows
    the name; without the permission to ask, the namespace is taken for unchanged, with a warning.
    """
    wanted = (ask.document.get(member) or {}).get("namespace")
    shown = (have or {}).get("namespace")
    if have is None or not wanted or not shown or wanted.startswith("arn:") or not shown.startswith("arn:"):
        return
    try:
        answer = api.read("GetNamespace", "servicediscovery", Id=short(shown))
        have["namespace"] = answer["Namespace"]["Name"]
    except EcsError as error:
        have["namespace"] = wanted
        ask.warnings.append(f"Cannot tell whether {shown} is the namespace {wanted}; taken for unchanged. {error}")


def adopt_role(found: dict[str, Any], ask: Ask, member: str) -> None:
    """Take AWS's spelling of a role that the user gave by its name alone."""
    wanted, shown = ask.document.get(member), found.get(member)
    if wanted and shown and not wanted.startswith("arn:") and short(shown) == wanted:
        ask.document[member] = shown


def own_providers(api: Any, names: Iterable[str]) -> set[str]:
    """Tell which capacity providers of a cluster belong to it: Managed Instances, which attach themselves.

    DescribeClusters lists them, and PutClusterCapacityProviders refuses to have them listed (terraform-provider-aws
    issues 44783 and 46346). Where they may not be described, none is taken for one.
    """
    asked = sorted({short(name) for name in names} - set(FARGATE))
    try:
        shown = api.describe("DescribeCapacityProviders", asked, include=["TAGS"]) if asked else []
    except EcsError:
        return set()
    return {provider["name"] for provider in shown if provider.get("cluster")}
