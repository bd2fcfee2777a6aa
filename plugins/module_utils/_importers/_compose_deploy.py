# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a Compose service is deployed: sizes, counts, updates, scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._resources._sizes import FARGATE
from . import _compose_reasons as reasons
from ._compose_values import mebibytes, pairs
from ._fargate import size
from ._piece import filled
from ._reader import LOOK, Reader

UNITS = 1024  # of CPU, for one vCPU
ARCHITECTURES = {"arm64": "ARM64", "aarch64": "ARM64", "amd64": "X86_64", "x86_64": "X86_64"}
PACE = "ECS waits until new tasks are healthy, and knows no other pace."


class Deploy:
    """Reads what is about the service from a service of Compose."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._deploy = reader.inside("deploy")
        for name, (reason, remedy) in reasons.DEPLOY.items():
            if self._deploy.look(name) != "replicated":
                self._deploy.leave(name, reason, remedy)
        self._deploy.take("mode")

    def task_size(self) -> dict[str, str]:
        """Give the size of the task: the limits, or else the reservations, rounded up to what Fargate offers."""
        reader = self._reader
        parts = {name: self._deploy.inside("resources").inside(name) for name in ("limits", "reservations")}
        cpus = [part.number("cpus") for part in parts.values()]
        sizes = [self._size(part, "memory") for part in parts.values()]
        for part in parts.values():
            for name in ("pids", "devices", "generic_resources"):
                part.leave(name, reasons.CGROUP, reasons.EC2)
        cpus += [reader.number("cpus")]
        sizes += [self._size(reader, "mem_limit"), self._size(reader, "mem_reservation")]
        cpu = next((value for value in cpus if value is not None), None)
        memory = next((value for value in sizes if value is not None), None)
        offered = size((cpu or 0) * UNITS, memory or 0)
        if offered is None:
            largest = next(reversed(FARGATE))
            offered = (largest, max(FARGATE[largest]))
            reader.note(None, "Fargate has no task as large; the largest is taken.", reasons.EC2)
        elif (cpu, memory) == (None, None):
            said = f"it has no limits; the smallest size, {offered[0]} CPU units and {offered[1]} MiB, is taken."
            reader.note(None, said, "set cpu and memory of the task definition.")
        elif (cpu is not None and cpu * UNITS != offered[0]) or (memory is not None and memory != offered[1]):
            said = f"it is rounded up to a size of Fargate, {offered[0]} CPU units and {offered[1]} MiB."
            reader.note(None, said, reasons.DROP)
        return {"cpu": str(offered[0]), "memory": str(offered[1])}

    def _size(self, reader: Reader, name: str) -> float | None:
        text = reader.text(name)
        value = mebibytes(text) if text else None
        if text and value is None:
            reader.note(name, "it is no size such as 512M.", LOOK)
        return value

    def platform(self) -> dict[str, str]:
        """Give the runtime platform."""
        text = self._reader.text("platform")
        system, _slash, machine = (text or "").partition("/")
        architecture = ARCHITECTURES.get(machine.partition("/")[0])
        if text and (system != "linux" or not architecture):
            self._reader.note("platform", "it is none of linux/amd64 and linux/arm64.", "give runtime_platform.")
            return {}
        return {"cpu_architecture": architecture} if architecture == "ARM64" else {}

    def tags(self) -> dict[str, str]:
        """Give the labels of the service as tags."""
        return {name: value or "" for name, value in pairs(self._deploy.inside("labels")).items()}

    def count(self) -> int:
        """Give the number of tasks."""
        numbers = [self._deploy.whole_number("replicas"), self._reader.whole_number("scale")]
        return next((number for number in numbers if number is not None), 1)

    def restarts(self) -> None:
        """Tell of restarts, which ECS makes in any case."""
        policy = self._deploy.inside("restart_policy")
        for name in ("delay", "max_attempts", "window"):
            policy.leave(name, "ECS starts a task in the place of one that ends, ever more slowly.", reasons.DROP)
        asked = [
            ("condition", policy.text("condition"), policy),
            ("restart", self._reader.text("restart"), self._reader),
        ]
        for name, value, reader in asked:
            if value in ("no", "none") or (value or "").startswith("on-failure"):
                said = "a service of ECS replaces a task whenever it ends."
                reader.note(name, said, "run what ends by itself with longshore.ecs.task or on a schedule.")

    def configuration(self, count: int) -> dict[str, Any]:
        """Give the deployment configuration."""
        update = self._deploy.inside("update_config")
        action = update.text("failure_action")
        order = update.text("order")
        together = update.whole_number("parallelism")
        for name in ("delay", "monitor", "max_failure_ratio"):
            update.leave(name, PACE, "see deployment_configuration.")
        percents = {
            "minimum_healthy_percent": update.whole_number("x-aws-min_percent"),
            "maximum_percent": update.whole_number("x-aws-max_percent"),
        }
        if order == "stop-first":
            rest = count - (1 if together is None else together or count)
            percents = {
                "minimum_healthy_percent": max(rest, 0) * 100 // max(count, 1),
                "maximum_percent": 100,
                **{name: value for name, value in percents.items() if value is not None},
            }
        elif together is not None:
            update.note("parallelism", PACE, "see maximum_percent and minimum_healthy_percent.")
        breaker = {"enable": True, "rollback": action == "rollback"} if action in ("rollback", "pause") else None
        if action == "continue":
            update.note("failure_action", "without a circuit breaker ECS goes on trying.", reasons.DROP)
        return filled({**percents, "deployment_circuit_breaker": breaker})

    def scaling(self) -> dict[str, Any]:
        """Give the options of the scaling that the ECS integration of Compose had as an extension."""
        reader = self._deploy.inside("x-aws-autoscaling")
        if not isinstance(reader.value, Mapping):
            return {}
        bounds = {name: reader.whole_number(name) for name in ("min", "max")}
        metrics = {name: reader.number(name) for name in ("cpu", "memory")}
        return filled(
            {
                "min_capacity": bounds["min"] or 1,
                "max_capacity": bounds["max"] or 10,
                "target_tracking": {
                    name: int(value) if value.is_integer() else value
                    for name, value in metrics.items()
                    if value is not None
                },
            }
        )
