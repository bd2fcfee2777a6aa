# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a request on its way: control, or faults, throttling, latency, and then ECS or moto."""

from __future__ import annotations

import html
import json
import re
import threading
import traceback
from typing import Any

from moto.core.exceptions import ServiceException

from . import app_scaling, codedeploy, dispatch, fleet, install, registry, scans, scheduler
from .calls import Call, recognise
from .control import Controls
from .errors import EcsError
from .faults import Fault, error_of, kill
from .names import uuid
from .region import World
from .wire import Answer, Request, json_answer, through_wsgi

# Services beside ECS that are not moto's.
_OWN = {"application-autoscaling": app_scaling.carried_out, "codedeploy": codedeploy.carried_out}

_SILENT_KINDS = {"reset": "reset", "timeout": "silence"}


class Application:
    """The emulator as a function from requests to answers."""

    def __init__(self, world: World) -> None:
        self.controls = Controls(world)
        self.port = 0
        self._moto = install.install(world)
        self._pause = threading.Event()

    def answer(self, request: Request) -> Answer:
        """Answer any request that arrives at the port."""
        if request.path.startswith("/_emulator/"):
            return self.controls.answer(request)
        if request.path.startswith("/moto-api"):
            return through_wsgi(self._moto, request, self.port)
        call = recognise(request)
        entry: dict[str, Any] = {
            "service": call.service,
            "operation": call.operation,
            "region": call.region,
            "params": None,
            "time": round(self.controls.world.clock.now(), 3),
        }
        self.controls.calls.add(entry)
        answer = self._faulty(call, request, entry)
        entry["status"] = answer.status or None
        if answer.status >= 400:
            entry["error"] = _error_code(answer)
        return answer

    def _faulty(self, call: Call, request: Request, entry: dict[str, Any]) -> Answer:
        fault = self.controls.faults.strike(call)
        if fault is None:
            return self._carried_out(call, request, entry)
        entry["fault"] = fault.kind
        if fault.kind in _SILENT_KINDS:
            return Answer(0, b"", instead=_SILENT_KINDS[fault.kind])
        if fault.kind in ("lost", "kill"):
            self._carried_out(call, request, entry)
            if fault.kind == "kill":
                kill(fault)
            return Answer(0, b"", instead="reset")
        return _fault_answer(fault, request)

    def _carried_out(self, call: Call, request: Request, entry: dict[str, Any]) -> Answer:
        try:
            if call.service == "ecs":
                return self._ecs(call, request, entry)
            if call.service in _OWN or call.service == "scheduler":
                return (self._own if call.service in _OWN else self._scheduler)(call, request, entry)
            install.catch_up()
            self._wait()
            return _THROUGH.get(call.service, Application._through_moto)(self, call, request)
        except EcsError as error:
            return json_answer(error.status, error.body())
        except NotImplementedError as error:
            return _error_answer(400, "InvalidAction", f"moto does not implement this: {error}", request)
        except Exception as error:
            # A mistake of the emulator must be seen, not retried: hence no 5xx.
            traceback.print_exc()
            return _error_answer(400, "EmulatorMistake", f"{type(error).__name__}: {error}", request)

    def _ecs(self, call: Call, request: Request, entry: dict[str, Any]) -> Answer:
        account = install.account_of(call.access_key, request.headers.get("x-moto-account-id"))
        document = dispatch.parsed(request.body)
        entry["params"] = document
        if not self.controls.buckets.take(account, call.region, call.operation):
            raise EcsError("ThrottlingException", "Rate exceeded")
        region = install.region_of(account, call.region)
        with dispatch.registering(region, call.operation, document):
            self._wait()
            if call.operation.startswith(("Describe", "List")):
                self.controls.world.clock.note_read()
            return dispatch.answer(region, call.operation, document)

    def _own(self, call: Call, request: Request, entry: dict[str, Any]) -> Answer:
        account = install.account_of(call.access_key, request.headers.get("x-moto-account-id"))
        document = entry["params"] = dispatch.parsed(request.body)
        region = install.region_of(account, call.region)
        self._wait()
        with region.lock:
            region.timeline.catch_up()
            return json_answer(200, _OWN[call.service](region, call.operation, document))

    def _ecr(self, call: Call, request: Request) -> Answer:
        account = install.account_of(call.access_key, request.headers.get("x-moto-account-id"))
        world, document = self.controls.world, dispatch.parsed(request.body)
        if call.operation in scans.OPERATIONS:
            found = scans.Registry(registry.ecr_backends[account][call.region], world.scans, world.clock.now())
            try:
                return json_answer(200, scans.OPERATIONS[call.operation](found, document))
            except ServiceException as error:
                raise EcsError(error.code, str(error.message)) from None
        answer = self._through_moto(call, request)
        return registry.repaired(world, (account, call.region), call.operation, document, answer)

    def _machines(self, call: Call, request: Request) -> Answer:
        """Carry out a call of EC2 or Auto Scaling, which may change container instances."""
        if call.operation.startswith("Describe"):
            return self._through_moto(call, request)
        account = install.account_of(call.access_key, request.headers.get("x-moto-account-id"))
        region = install.region_of(account, call.region)
        with region.lock:
            answer = self._through_moto(call, request)
            fleet.look(region)
        return answer

    def _scheduler(self, call: Call, request: Request, entry: dict[str, Any]) -> Answer:
        account = install.account_of(call.access_key, request.headers.get("x-moto-account-id"))
        document = entry["params"] = scheduler.parsed(call.operation, request)
        region = install.region_of(account, call.region)
        self._wait()
        with region.lock:
            region.timeline.catch_up()
            return json_answer(200, scheduler.carried_out(region, call.operation, document), "application/json")

    def _through_moto(self, _call: Call, request: Request) -> Answer:
        return through_wsgi(self._moto, request, self.port)

    def _wait(self) -> None:
        """Add the latency that was asked for."""
        if self.controls.latency_ms:
            self._pause.wait(self.controls.latency_ms / 1000)


_THROUGH = {"ecr": Application._ecr, "ec2": Application._machines, "autoscaling": Application._machines}


def _fault_answer(fault: Fault, request: Request) -> Answer:
    return _error_answer(*error_of(fault), request)


def _error_answer(status: int, code: str, message: str, request: Request) -> Answer:
    """Spell an error as the protocol of the request wants it."""
    if "x-amz-target" in request.headers or "json" in request.headers.get("content-type", ""):
        answer = json_answer(status, {"__type": code, "message": message})
        answer.headers.append(("x-amzn-errortype", code))
        return answer
    # Both the form of the query protocols and that of EC2.
    error = f"<Error><Code>{code}</Code><Message>{html.escape(message)}</Message></Error>"
    text = f"<ErrorResponse><Errors>{error}</Errors>{error}<RequestId>{uuid()}</RequestId></ErrorResponse>"
    # A REST service that speaks JSON is not told by a request without a body; it reads the code from this header.
    return Answer(status, text.encode(), [("Content-Type", "text/xml"), ("x-amzn-errortype", code)])


def _error_code(answer: Answer) -> str | None:
    """Read the code out of an error's body, for the list of calls."""
    try:
        return str(json.loads(answer.body)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        match = re.search(rb"<Code>([^<]+)</Code>", answer.body)
        return match.group(1).decode() if match else None
