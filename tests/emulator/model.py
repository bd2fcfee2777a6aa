# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ECS service model of botocore: names of operations, and the check of requests that AWS makes on its side.

botocore checks required members, Python types and minima before it sends; enums and maxima reach the service, so they
are checked here. The texts follow the form that AWS services use for constraint violations; the exception name that
ECS uses for each is a guess: InvalidParameterException throughout.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from .errors import invalid_parameter

_NUMBERS = {"integer", "long", "double", "float", "timestamp"}


@lru_cache(maxsize=1)
def service_model() -> Any:
    """Load the ECS model once."""
    return botocore.session.get_session().get_service_model("ecs")


@lru_cache(maxsize=1)
def operation_names() -> frozenset[str]:
    """All operations that the API has."""
    return frozenset(service_model().operation_names)


@cache
def input_shape(operation: str) -> StructureShape | None:
    """Give the shape of an operation's request."""
    shape: StructureShape | None = service_model().operation_model(operation).input_shape
    return shape


def without_nulls(value: Any) -> Any:
    """Drop JSON nulls: to AWS a null member is an absent one."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value


def check_request(operation: str, request: Any) -> None:
    """Refuse a request that does not fit the model."""
    shape = input_shape(operation)
    if shape is not None:
        _check(shape, request, "")


def check(shape: Shape, value: Any) -> None:
    """Refuse a request of another service that does not fit its shape."""
    _check(shape, value, "")


def _check(shape: Shape, value: Any, path: str) -> None:
    if isinstance(shape, StructureShape):
        _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        _check_list(shape, value, path)
    elif isinstance(shape, MapShape):
        _require(isinstance(value, dict), value, path, "Member must be a map")
        for key, item in value.items():
            _check(shape.value, item, f"{path}.{key}")
    else:
        _check_scalar(shape, value, path)


def _check_structure(shape: StructureShape, value: Any, path: str) -> None:
    if getattr(shape, "is_document_type", False):
        return
    _require(isinstance(value, dict), value, path or "request", "Member must be a structure")
    for name in shape.required_members:
        _require(name in value, None, f"{path}.{name}".lstrip("."), "Member must not be null")
    for name, item in value.items():
        if name in shape.members:
            _check(shape.members[name], item, f"{path}.{name}".lstrip("."))


def _check_list(shape: ListShape, value: Any, path: str) -> None:
    _require(isinstance(value, list), value, path, "Member must be a list")
    _check_range(shape, len(value), value, path, "length")
    for index, item in enumerate(value):
        _check(shape.member, item, f"{path}.{index + 1}.member")


def _check_scalar(shape: Shape, value: Any, path: str) -> None:
    if shape.type_name == "string":
        _require(isinstance(value, str), value, path, "Member must be a string")
        allowed = getattr(shape, "enum", None)
        _require(not allowed or value in allowed, value, path, f"Member must satisfy enum value set: {allowed}")
        _check_range(shape, len(value), value, path, "length")
    elif shape.type_name == "boolean":
        _require(isinstance(value, bool), value, path, "Member must be a boolean")
    elif shape.type_name in _NUMBERS:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = shape.type_name not in ("integer", "long") or isinstance(value, int)
        _require(number and whole, value, path, f"Member must be of type {shape.type_name}")
        _check_range(shape, value, value, path, "value")


def _check_range(shape: Shape, size: float, value: Any, path: str, what: str) -> None:
    low = shape.metadata.get("min", -math.inf)
    high = shape.metadata.get("max", math.inf)
    if shape.type_name == "integer":
        low, high = max(low, -(2**31)), min(high, 2**31 - 1)
    _require(size >= low, value, path, f"Member must have {what} greater than or equal to {low}")
    _require(size <= high, value, path, f"Member must have {what} less than or equal to {high}")


def _require(fits: bool, value: Any, path: str, constraint: str) -> None:
    if not fits:
        found = "null" if value is None else value
        raise invalid_parameter(
            f"1 validation error detected: Value '{found}' at '{path}' failed to satisfy constraint: {constraint}"
        )
