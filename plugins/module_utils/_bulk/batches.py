# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describing many resources in as few calls as the API allows, so that each is known when it is asked for alone."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from typing import Any

from .._api import BATCHES, AwsError
from .nodes import Node

# The record of a deployment, which those who wait for it look at.
DEPLOYMENTS = "DescribeServiceDeployments"


def submitted(api: Any, nodes: Iterable[Node], executor: Executor) -> list[Future[None]]:
    """Begin to describe everything that these nodes read, and the deployments that they wait for."""
    batches: dict[str, tuple[str, dict[str, Any], list[str]]] = {}
    for node in nodes:
        batch = node.resource.batch(node.ask)
        if batch:
            operation, name, params = batch
            batches.setdefault(f"{operation} {params}", (operation, params, []))[2].append(name)
        record = node.ask.watch.notes.get("record")
        if record:
            batches.setdefault(DEPLOYMENTS, (DEPLOYMENTS, {}, []))[2].append(record)
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
    members = (f"{noun}Arn", f"{noun}Name", "name")
    found = {item[member]: item for item in described for member in members if member in item}
    for name in names:
        answer = {gives: [found[name]] if name in found else []}
        api.remember(answer, operation, **{**params, takes: [name]})
