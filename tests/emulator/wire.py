# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and answers as plain values, and the way from them to moto's WSGI application."""

from __future__ import annotations

import io
import json
import sys
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from .names import uuid

ECS_CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass
class Request:
    """An HTTP request; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    raw_headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Answer:
    """An HTTP answer, or what is to happen to the connection instead: "reset" or "silence"."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    instead: str | None = None


def json_answer(status: int, document: Any, content_type: str = ECS_CONTENT_TYPE) -> Answer:
    """Build an answer with a JSON body."""
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, body, [("Content-Type", content_type), ("x-amzn-RequestId", uuid())])


Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def through_wsgi(application: Application, request: Request, port: int) -> Answer:
    """Let a WSGI application answer."""
    environ = _environ(request, port)
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status.split(maxsplit=1)[0]), headers]
        return lambda data: None

    parts = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    # The length of a HEAD's answer is that of the body it does not have.
    dropped = {"connection", "transfer-encoding"} | (set() if request.method == "HEAD" else {"content-length"})
    headers = [(name, value) for name, value in started[1] if name.lower() not in dropped]
    return Answer(started[0], body, headers)


def _environ(request: Request, port: int) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": f"{request.path}?{request.query}" if request.query else request.path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ["REQUEST_URI"] = environ["RAW_URI"]
    preserved: dict[str, str] = {}
    for name, value in request.raw_headers:
        key = environ_key_for_header(name)
        environ[key] = value
        if should_preserve_original_header_name(name):
            preserved[key] = name
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ
