# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an ECS request to its answer."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from . import (
    account_settings,
    capacity_providers,
    clusters,
    container_instances,
    rollouts,
    services,
    tagging,
    task_definitions,
    task_operations,
    task_sets,
)
from .errors import EcsError, client_error
from .model import check_request, operation_names, without_nulls
from .operations import OPERATIONS
from .region import Region
from .wire import Answer, json_answer

# The modules register their operations when they are imported.
OPERATION_MODULES = (
    account_settings,
    capacity_providers,
    clusters,
    container_instances,
    rollouts,
    services,
    tagging,
    task_definitions,
    task_operations,
    task_sets,
)

_in_flight: Counter[tuple[str, str, str]] = Counter()
_in_flight_lock = threading.Lock()


def parsed(body: bytes) -> Any:
    """Read the JSON of a request."""
    try:
        return without_nulls(json.loads(body or b"{}"))
    except ValueError:
        raise EcsError("SerializationException", "The request body is not valid JSON.") from None


def answer(region: Region, operation: str, request: Any) -> Answer:
    """Carry out an operation; the answer is spelled under the region's lock, for it shows living state."""
    _check_known(operation)
    check_request(operation, request)
    with region.lock:
        region.timeline.catch_up()
        return json_answer(200, OPERATIONS[operation](region, request))


def _check_known(operation: str) -> None:
    """Refuse an operation for good: a 5xx would only be retried."""
    if operation not in operation_names():
        raise EcsError("UnknownOperationException", f"ECS has no operation {operation}.")
    if operation not in OPERATIONS:
        raise EcsError("InvalidAction", f"The emulator does not implement {operation}.")


@contextlib.contextmanager
def registering(region: Region, operation: str, request: Any) -> Iterator[None]:
    """Refuse a RegisterTaskDefinition that runs at the same time as another of its family.

    AWS's text: hashicorp/terraform-provider-aws#9777.
    """
    if operation != "RegisterTaskDefinition" or not isinstance(request, dict):
        yield
        return
    key = (region.account, region.name, str(request.get("family")))
    with _in_flight_lock:
        busy = _in_flight[key] > 0
        _in_flight[key] += 1
    try:
        if busy:
            raise client_error("Too many concurrent attempts to create a new revision of the specified family.")
        yield
    finally:
        with _in_flight_lock:
            _in_flight[key] -= 1
            if not _in_flight[key]:
                del _in_flight[key]
