# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of a Compose service."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from .._errors import BadInput
from .._export.secrets import Hidden
from . import _compose_reasons as reasons
from ._compose_ports import ports
from ._compose_values import environment_file, mebibytes, pairs, seconds
from ._piece import filled
from ._reader import LOOK, Reader
from ._source import Source

# Bounds of the API reference: HealthCheck, and ContainerDefinition stopTimeout on Fargate.
HEALTH = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "start_period": (0, 300)}
STOP = (2, 120)
# What Fargate takes (LogConfiguration, KernelCapabilities, Ulimit).
DRIVERS = ("awslogs", "splunk", "awsfirelens")
CAPABILITIES = ("SYS_PTRACE",)
ULIMITS = ("nofile",)
CONTAINER_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Container:
    """Reads what is about the container from a service."""

    def __init__(self, reader: Reader, source: Source, variables: Mapping[str, str]) -> None:
        self._reader = reader
        self._source = source
        self._variables = variables

    def options(self, name: str, image: str) -> dict[str, Any]:
        """Give the container definition, without mount points, secrets and memory."""
        reader = self._reader
        given = reader.text("container_name")
        if given and not CONTAINER_NAME.fullmatch(given):
            reader.note("container_name", "names of containers have letters, digits, _ and -.", reasons.DROP)
            given = None
        credentials = reader.text("x-aws-pull_credentials")
        return filled(
            {
                "name": given or name,
                "image": reader.text("image") or image,
                "repository_credentials": {"credentials_parameter": credentials} if credentials else None,
                "entry_point": self._words("entrypoint"),
                "command": self._words("command"),
                "user": reader.text("user"),
                "working_directory": reader.text("working_dir"),
                "readonly_root_filesystem": reader.flag("read_only"),
                "interactive": reader.flag("stdin_open"),
                "pseudo_terminal": reader.flag("tty"),
                "port_mappings": ports(reader),
                "environment": self._environment(),
                "docker_labels": {key: value or "" for key, value in pairs(reader.inside("labels")).items()},
                "linux_parameters": self._linux(),
                "ulimits": self._ulimits(),
                "system_controls": [
                    {"namespace": key, "value": value or ""} for key, value in pairs(reader.inside("sysctls")).items()
                ],
                "health_check": self._health(),
                "stop_timeout": self._seconds(reader, "stop_grace_period", STOP),
                "log_configuration": self._logging(),
            }
        )

    def _words(self, name: str) -> list[str]:
        value = self._reader.look(name)
        if not isinstance(value, str) or isinstance(value, Hidden):
            return self._reader.texts(name)
        self._reader.take(name)
        try:
            return shlex.split(value)
        except ValueError:
            self._reader.note(name, "its quotes do not match.", "give it as a list.")
            return []

    # Variables --------------------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        found: dict[str, str | None] = {}
        for path, entry in self._files():
            found.update(self._file(path, entry))
        here = self._reader.inside("environment")
        for name, value in pairs(here).items():
            found[name] = self._variables.get(name) if value is None else value
            if found[name] is None:
                here.note(name, "it is taken from where Compose runs.", "give it in variables, or the placeholder's.")
        return {name: Hidden(f"${name}") if value is None else value for name, value in found.items()}

    def _files(self) -> list[tuple[str, Reader]]:
        reader = self._reader.inside("env_file")
        if isinstance(reader.value, str):
            return [(str(reader.whole()), reader)]
        found = []
        for _index, entry in reader.entries():
            if isinstance(entry.value, Mapping):
                entry.take("required")
                entry.take("format")
                found.append((entry.text("path") or "", entry))
            elif isinstance(entry.value, str):
                found.append((entry.whole(), entry))
        return found

    def _file(self, path: str, entry: Reader) -> dict[str, str | None]:
        if not self._source.has(path):
            entry.note(None, "the file is not there.", "put it beside the source, and give src instead of content.")
            return {}
        try:
            text = self._source.text(path)
        except BadInput as error:
            entry.note(None, str(error).removeprefix("src: "), LOOK)
            return {}
        return environment_file(text, self._variables)

    # Health, logs, the kernel -----------------------------------------------------------------------------------------

    def _health(self) -> dict[str, Any]:
        reader = self._reader.inside("healthcheck")
        test = reader.look("test")
        words = ["CMD-SHELL", test] if isinstance(test, str) else reader.texts("test")
        reader.take("test")
        reader.leave("start_interval", "ECS checks at one interval.", reasons.DROP)
        values = {
            **{name: self._seconds(reader, name, HEALTH[name]) for name in ("interval", "timeout", "start_period")},
            "retries": _bounded(reader, "retries", reader.number("retries"), HEALTH["retries"]),
        }
        if reader.flag("disable") or words[:1] == ["NONE"]:
            return {}
        if not words and any(value is not None for value in values.values()):
            reader.note(None, "the test of the image is not one of ECS.", "give the test.")
        return filled({"command": words, **values}) if words else {}

    def _seconds(self, reader: Reader, name: str, bounds: tuple[int, int]) -> int | None:
        text = reader.text(name)
        value = seconds(text) if text else None
        if text and value is None:
            reader.note(name, "it is no duration such as 1m30s.", LOOK)
        return _bounded(reader, name, value, bounds)

    def _logging(self) -> dict[str, Any]:
        reader = self._reader.inside("logging")
        driver = reader.text("driver")
        options = {name: value or "" for name, value in pairs(reader.inside("options")).items()}
        if not driver and not options:
            return {}
        if driver not in DRIVERS:
            said = f"Fargate has the drivers {', '.join(DRIVERS)}, and no other."
            reader.note(None, said, "give log_configuration with awslogs in the container.")
            return {}
        return filled({"log_driver": driver, "options": options})

    def _linux(self) -> dict[str, Any]:
        reader = self._reader
        added = []
        for name in reader.texts("cap_add"):
            if name.removeprefix("CAP_") in CAPABILITIES:
                added.append(name.removeprefix("CAP_"))
            else:
                reader.note("cap_add", f"Fargate adds no capability but {CAPABILITIES[0]}.", reasons.EC2)
        dropped = [name.removeprefix("CAP_") for name in reader.texts("cap_drop")]
        return filled(
            {
                "capabilities": filled({"add": added, "drop": dropped}),
                "init_process_enabled": reader.flag("init"),
                "tmpfs": [tmpfs(reader, text) for text in reader.texts("tmpfs")],
            }
        )

    def _ulimits(self) -> list[dict[str, Any]]:
        found = []
        for name, entry in self._reader.each("ulimits"):
            parts = {}
            if isinstance(entry.value, Mapping):
                parts = {part: entry.whole_number(part) for part in ("soft", "hard")}
            elif not isinstance(entry.value, list):
                number = self._reader.inside("ulimits").whole_number(str(name))
                parts = {"soft": number, "hard": number}
            if name not in ULIMITS:
                entry.note(None, f"Fargate sets all limits itself, but for {ULIMITS[0]}.", reasons.EC2)
            elif None not in parts.values() and parts:
                found.append({"name": str(name), "soft_limit": parts["soft"], "hard_limit": parts["hard"]})
        return found


def tmpfs(reader: Reader, text: str) -> dict[str, Any]:
    """Give a tmpfs mount of Compose's short form, path:option,size=64m; ECS wants a size."""
    path, _colon, words = text.partition(":")
    options = [word for word in words.split(",") if word]
    sizes = [mebibytes(word.partition("=")[2]) for word in options if word.startswith("size=")]
    kept = [word for word in options if not word.startswith("size=")]
    return filled({"container_path": path, "size": tmpfs_size(reader, "tmpfs", sizes[0] if sizes else None)}) | filled(
        {"mount_options": kept}
    )


def tmpfs_size(reader: Reader, name: str | None, size: float | None) -> int:
    """Give the MiB of a tmpfs mount; half of the smallest task where none are given, which is told."""
    if size is None:
        reader.note(name, "ECS wants a size of a tmpfs; 256 MiB are taken.", "set the size that it needs.")
    return math.ceil(size) if size else 256


def _bounded(reader: Reader, name: str, value: float | None, bounds: tuple[int, int]) -> int | None:
    """Give a whole number within the bounds of the API, and tell if it had to be moved there."""
    if value is None:
        return None
    low, high = bounds
    result = min(max(math.ceil(value), low), high)
    if result != value:
        reader.note(name, f"ECS takes whole numbers from {low} to {high}; {result} is taken.", reasons.DROP)
    return result
