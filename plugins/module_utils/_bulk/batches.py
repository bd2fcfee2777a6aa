# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describing many resources in as few calls as the API allows, so that each is known when it is asked for alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Executor, Future
from typing import Any

from .._api import BATCHES, OWNERS, AwsError
from .nodes import Node

# The record of a deployment, which those who wait for it look at.
DEPLOYMENTS = "DescribeServiceDeployments"
# A read that many can share: operation, name, further parameters.
Read = tuple[str, str, dict[str, Any]]


def submitted(api: Any, nodes: Collection[Node], executor: Executor) -> list[Future[None]]:
    """Begin to describe everything that these nodes read, and the deployments that they wait for."""
    records = (node.ask.watch.notes.get("record") for node in nodes)
    waited_for: list[Read] = [(DEPLOYMENTS, record, {}) for record in records if record]
    return together(api, [*(node.resource.batch(node.ask) for node in nodes), *waited_for], executor)


def together(api: Any, reads: Iterable[Read | None], executor: Executor) -> list[Future[None]]:
    """Begin to make these reads, in as few calls as the API allows."""
    batches: dict[str, tuple[str, dict[str, Any], list[str]]] = {}
    for operation, name, params in filter(None, reads):
        batches.setdefault(f"{operation} {params}", (operation, params, []))[2].append(name)
    return [
        executor.submit(_prime, api, operation, names[start : start + BATCHES[operation][2]], params)
        for operation, params, names in batches.values()
        for start in range(0, len(names), BATCHES[operation][2])
    ]


def _prime(api: Any, operation: str, names: list[str], params: dict[str, Any]) -> None:
    takes, gives, _size = BATCHES[operation]
    noun = gives.removesuffix("s")
    try:
        described = api.describe(operation, names, **params)
    except AwsError:  # whoever asks for one of them meets it again, and says whose it is
        return
    members = (f"{noun}Arn", f"{noun}Name", "name", "ResourceId")
    found = {item[member]: item for item in described for member in members if member in item}
    for name in names:
        answer = {gives: [found[name]] if name in found else []}
        api.remember(answer, operation, OWNERS.get(operation, "ecs"), **{**params, takes: [name]})
