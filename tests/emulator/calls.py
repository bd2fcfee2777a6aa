# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which call a request is, and the list of the calls received."""

from __future__ import annotations

import functools
import re
import threading
import urllib.parse
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError

from .wire import Request

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]*)/aws4_request")
_ECS_TARGET = "AmazonEC2ContainerServiceV20141113."
_MAXIMUM_KEPT = 100_000


@dataclass(frozen=True)
class Call:
    """An API call as far as its envelope tells."""

    service: str
    operation: str
    region: str
    access_key: str


def recognise(request: Request) -> Call:
    """Read service, operation, Region and access key from a signed request."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    key, region, service = scope.groups() if scope else ("", "us-east-1", "")
    target = request.headers.get("x-amz-target", "")
    if target.startswith(_ECS_TARGET):
        return Call("ecs", target.removeprefix(_ECS_TARGET), region, key)
    if target:
        return Call(service, target.rpartition(".")[2], region, key)
    action = _form(request).get("Action")
    return Call(service, action[0] if action else _rest_operation(service, request), region, key)


def _form(request: Request) -> dict[str, list[str]]:
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return urllib.parse.parse_qs(request.body.decode("utf-8", "replace"))
    return urllib.parse.parse_qs(request.query)


def _rest_operation(service: str, request: Request) -> str:
    """Match method, path, query and headers against the service's model; the most particular route wins."""
    given = urllib.parse.parse_qs(request.query, keep_blank_values=True).keys() | request.headers.keys()
    for route in _routes(service):
        if route.method == request.method and route.path.match(request.path) and route.needed <= given:
            return route.operation
    return f"{request.method} {request.path}"


@dataclass(frozen=True)
class _Route:
    """How a REST operation is addressed; `needed` are the parts of the query and the headers that it must have."""

    operation: str
    method: str
    path: re.Pattern[str]
    needed: frozenset[str]


@functools.cache
def _routes(service: str) -> list[_Route]:
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return []
    routes = [_route(model.operation_model(name)) for name in model.operation_names]
    return sorted(routes, key=lambda route: (len(route.needed), len(route.path.pattern)), reverse=True)


def _route(operation: Any) -> _Route:
    path, _ignored, query = operation.http.get("requestUri", "/").partition("?")
    pattern = re.sub(r"\\{\w+\\\+\\}", ".+", re.escape(path))
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", pattern)
    needed = {item.partition("=")[0] for item in query.split("&") if item}
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        member = shape.members[name].serialization
        if member.get("location") in ("querystring", "header"):
            needed.add(member["name"].lower() if member["location"] == "header" else member["name"])
    return _Route(operation.name, operation.http["method"], re.compile(pattern + r"/?\Z"), frozenset(needed))


class CallLog:
    """The calls received since the last reset, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any]) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(entry)
            del self._calls[:-_MAXIMUM_KEPT]

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def show(self, service: str | None, operation: str | None) -> list[dict[str, Any]]:
        """List calls, all or those of a service or operation."""
        with self._lock:
            return [
                call
                for call in self._calls
                if service in (None, call["service"]) and operation in (None, call["operation"])
            ]
