# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP server: loopback only, keep-alive, one thread a connection, no log unless asked for."""

from __future__ import annotations

import os
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .application import Application
from .wire import Answer, Request

HOST = "127.0.0.1"

# Turn an orderly close into a reset: linger on, zero seconds.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
# How long a connection stays silent before it is dropped anyway: longer than any client's read timeout.
_SILENCE_SECONDS = 900


class Server(ThreadingHTTPServer):
    """The listening socket."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, application: Application, port: int, verbose: bool) -> None:
        super().__init__((HOST, port), _Handler)
        self.application = application
        self.verbose = verbose
        application.port = int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def _serve(self) -> None:
        request = self._read()
        answer = self.server.application.answer(request)
        if answer.instead:
            self._instead(answer.instead)
        else:
            self._write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve

    def _read(self) -> Request:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _ignored, query = self.path.partition("?")
        raw = list(self.headers.items())
        return Request(self.command, path, query, {name.lower(): value for name, value in raw}, body, raw)

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ignored in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _instead(self, what: str) -> None:
        self.close_connection = True
        if what == "silence":
            # Until the client gives up and closes.
            self.connection.settimeout(_SILENCE_SECONDS)
            self.connection.recv(1)
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(self.connection.detach())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write the access log to stderr, if it was asked for."""
        if self.server.verbose:
            super().log_request(code, size)
