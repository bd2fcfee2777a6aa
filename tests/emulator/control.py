# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control endpoints under `/_emulator/`: they set and inspect the emulator, and are no API calls."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import Any

from . import app_scaling_run, hybrid, install, instance_control, public_parameters
from .buckets import Buckets
from .calls import CallLog
from .faults import Faults
from .region import World
from .shortage import KINDS
from .strict import CHECKS
from .wire import Answer, Request, json_answer

Handler = Callable[[str, Any, dict[str, str]], Any]

_MAXIMUM_LATENCY_MS = 60_000
_SETTING_THE_FUTURE = ("images", "hooks", "rollbacks", "capacity", "strict", "metrics")


class Controls:
    """Everything that can be set from outside."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls = CallLog()
        self.faults = Faults()
        self.buckets = Buckets(world.clock)
        self.latency_ms = 0.0
        self._handlers: dict[str, tuple[str, Handler]] = {
            "reset": ("POST", self._reset),
            "clock": ("GET POST", self._clock),
            "faults": ("GET POST DELETE", self._faults),
            "buckets": ("GET POST DELETE", self._buckets),
            "images": ("GET POST DELETE", self._images),
            "hooks": ("GET POST DELETE", self._hooks),
            "rollbacks": ("GET POST DELETE", self._rollbacks),
            "capacity": ("GET POST DELETE", self._capacity),
            "instances": ("GET POST", self._instances),
            "external": ("POST", self._external),
            "parameters": ("GET POST DELETE", self._parameters),
            "strict": ("GET POST DELETE", self._strict),
            "scans": ("GET POST DELETE", self._scans),
            "metrics": ("GET POST DELETE", self._metrics),
            "stale": ("GET POST DELETE", self._stale),
            "calls": ("GET DELETE", self._calls),
            "latency": ("GET POST DELETE", self._latency),
        }

    def answer(self, request: Request) -> Answer:
        """Answer a control request: 400 says what is wrong with it."""
        name = request.path.removeprefix("/_emulator/").strip("/")
        if name not in self._handlers:
            return json_answer(404, {"error": f"there are {sorted(self._handlers)}"}, "application/json")
        methods, handler = self._handlers[name]
        if request.method not in methods.split():
            return json_answer(405, {"error": f"{name} takes {methods}"}, "application/json")
        query = dict(urllib.parse.parse_qsl(request.query))
        try:
            body = json.loads(request.body) if request.body else {}
            if name in _SETTING_THE_FUTURE:
                # What is due by now happens under the rules that held until now.
                install.catch_up()
            return json_answer(200, handler(request.method, body, query), "application/json")
        except (ValueError, TypeError) as error:
            return json_answer(400, {"error": str(error)}, "application/json")

    def _reset(self, _method: str, _body: Any, _query: dict[str, str]) -> Any:
        self.world.clock.reset()
        install.forget()
        self.calls.clear()
        self.faults.clear()
        self.buckets.reset()
        self.world.images.clear()
        self.world.capacity.clear()
        self.world.strict.clear()
        self.world.scans.clear()
        self.world.public_parameters.clear()
        self.world.metrics.clear()
        self.world.hooks.clear()
        self.world.failing_rollbacks.clear()
        self.world.stale.reads, self.world.stale.seconds = 0, 0.0
        self.latency_ms = 0.0
        return {"status": "ok"}

    def _clock(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            _only(body, {"speed", "step", "per_read"})
            if "speed" in body:
                self.world.clock.set_speed(float(body["speed"]))
            if "per_read" in body:
                self.world.clock.set_per_read(float(body["per_read"]))
            if "step" in body:
                self.world.clock.step(float(body["step"]))
        return self.world.clock.show()

    def _faults(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            self.faults.add(body if isinstance(body, list) else [body])
        elif method == "DELETE":
            self.faults.clear()
        return {"faults": self.faults.show()}

    def _buckets(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            self.buckets.configure(body)
        elif method == "DELETE":
            self.buckets.reset()
        return self.buckets.show()

    def _images(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            self.world.images.put(body)
        elif method == "DELETE":
            self.world.images.clear()
        return self.world.images.show()

    def _hooks(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            self.world.hooks.put(body)
        elif method == "DELETE":
            self.world.hooks.clear()
        return self.world.hooks.show()

    def _rollbacks(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            _only(body, {"fail"})
            self.world.failing_rollbacks |= set(body["fail"])
        elif method == "DELETE":
            self.world.failing_rollbacks.clear()
        return {"fail": sorted(self.world.failing_rollbacks)}

    def _capacity(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            _only(body, {*KINDS, "for"})
            self.world.capacity.put(body)
        elif method == "DELETE":
            self.world.capacity.clear()
        return self.world.capacity.show()

    def _instances(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        regions = install.regions()
        found = [instance for region in regions for instance in region.instances.values()]
        if method == "POST":
            found = instance_control.change(regions, body)
        return {"instances": [instance_control.shown(instance) for instance in found]}

    def _external(self, _method: str, body: Any, _query: dict[str, str]) -> Any:
        return hybrid.register(install.regions(), body)

    def _parameters(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            public_parameters.put(self.world, body)
        elif method == "DELETE":
            self.world.public_parameters.clear()
        return dict(self.world.public_parameters)

    def _strict(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            _only(body, set(CHECKS))
            for name, wanted in body.items():
                (self.world.strict.add if wanted else self.world.strict.discard)(name)
        elif method == "DELETE":
            self.world.strict.clear()
        return {name: name in self.world.strict for name in CHECKS}

    def _scans(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            self.world.scans.put(body if isinstance(body, list) else [body])
        elif method == "DELETE":
            self.world.scans.clear()
        return {"scans": self.world.scans.show()}

    def _metrics(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            for entry in body if isinstance(body, list) else [body]:
                self.world.metrics.put(entry)
            for region in install.regions():
                with region.lock:
                    app_scaling_run.wake_all(region)
        elif method == "DELETE":
            self.world.metrics.clear()
        return {"metrics": self.world.metrics.show()}

    def _stale(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        stale = self.world.stale
        if method == "POST":
            _only(body, {"reads", "seconds"})
            stale.reads, stale.seconds = int(body.get("reads", 0)), float(body.get("seconds", 0))
        elif method == "DELETE":
            stale.reads, stale.seconds = 0, 0.0
        return {"reads": stale.reads, "seconds": stale.seconds}

    def _calls(self, method: str, _body: Any, query: dict[str, str]) -> Any:
        if method == "DELETE":
            self.calls.clear()
        return {"calls": self.calls.show(query.get("service"), query.get("operation"))}

    def _latency(self, method: str, body: Any, _query: dict[str, str]) -> Any:
        if method == "POST":
            _only(body, {"ms"})
            self.latency_ms = min(float(body.get("ms", 0)), _MAXIMUM_LATENCY_MS)
        elif method == "DELETE":
            self.latency_ms = 0.0
        return {"ms": self.latency_ms}


def _only(body: Any, members: set[str]) -> None:
    if not isinstance(body, dict) or set(body) - members:
        raise ValueError(f"send an object with {sorted(members)}")
