# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all parts of a Copilot manifest have in common: its names, its variables, and how environments change it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._export.secrets import Hidden
from ._compose_values import seconds
from ._piece import Choice
from ._reader import LOOK, Reader, spelled

APPLICATION, ENVIRONMENT = "COPILOT_APPLICATION_NAME", "COPILOT_ENVIRONMENT_NAME"
JOB = "Scheduled Job"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
VARIABLE = re.compile(r"(?P<escape>\\?)\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
SCALED = ("range", "cooldown", "cpu_percentage", "memory_percentage", "requests", "response_time", "queue_delay")
# Where one member of a dictionary is given for an environment, its rivals of the base do not hold there.
RIVALS: dict[str, dict[str, tuple[str, ...]]] = {
    "image": {"build": ("location",), "location": ("build",)},
    "count": {"spot": SCALED, **dict.fromkeys(SCALED, ("spot",))},
}


@dataclass(frozen=True)
class Workload:
    """A service or a job, for one environment."""

    reader: Reader
    choice: Choice
    type: str
    name: str
    app: str | None

    @property
    def environment(self) -> str | None:
        """Name the environment."""
        return self.choice.environment

    @property
    def kind(self) -> str:
        """Name the kind of the entry that runs its tasks."""
        return "schedule" if self.type == JOB else "service"

    @property
    def home(self) -> str:
        """Give what Copilot's names begin with: application-environment; empty where one of them is not known."""
        return f"{self.app}-{self.environment}" if self.app and self.environment else ""

    @property
    def full_name(self) -> str:
        """Give the name of the family and of the service or schedule."""
        prefix = self.choice.name or self.home
        return f"{prefix}-{self.name}" if prefix else self.name

    @property
    def cluster(self) -> str | None:
        """Name the cluster."""
        return self.choice.cluster

    @property
    def region(self) -> str | None:
        """Name the Region, if anybody has said it."""
        return next((self.choice.variables[name] for name in REGIONS if self.choice.variables.get(name)), None)

    @property
    def namespace(self) -> str | None:
        """Name the namespace of the environment (ServiceDiscoveryEndpoint in Copilot's templates)."""
        return f"{self.environment}.{self.app}.local" if self.home else None

    @property
    def log_group(self) -> str:
        """Name the log group."""
        return f"/copilot/{f'{self.home}-{self.name}' if self.home else self.full_name}"


def merged(base: Any, over: Any, member: str = "") -> Any:
    """Lay one value over another: dictionaries are merged, everything else is replaced."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    lost = {rival for name in over for rival in RIVALS.get(member, {}).get(name, ())} - set(over)
    result = {name: value for name, value in base.items() if name not in lost}
    for name, value in over.items():
        if value is not None:
            result[name] = merged(result.get(name), value, str(name))
    return result


def interpolated(
    value: Any, variables: Mapping[str, str], missing: Callable[[str, list[str]], None], path: str = ""
) -> Any:
    r"""Copy a document with ${NAME} filled in (\${NAME} stays); text for which a value is missing is hidden."""
    if isinstance(value, Mapping):
        return {
            name: interpolated(entry, variables, missing, f"{path}{spelled(str(name), bool(path))}")
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [interpolated(entry, variables, missing, f"{path}[{index}]") for index, entry in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    lacking = [match["name"] for match in VARIABLE.finditer(value) if not match["escape"]]
    lacking = sorted({name for name in lacking if name not in variables})
    if lacking:
        missing(path, lacking)
        return Hidden(value)
    return VARIABLE.sub(lambda match: match[0][1:] if match["escape"] else variables[match["name"]], value)


def whole_seconds(reader: Reader, name: str) -> int | None:
    """Take a duration such as 1m30s as seconds, rounded up."""
    text = reader.text(name)
    value = seconds(text) if text else None
    if text and value is None:
        reader.note(name, "it is no duration such as 1m30s.", LOOK)
    return None if value is None else math.ceil(value)


def port_of(value: Any) -> tuple[int | None, str | None]:
    """Read a port such as 80, "80/udp" or "443/tls": its number, and udp or tcp where it says so."""
    number, _slash, protocol = str(value or "").partition("/")
    return (int(number) if number.isdecimal() else None), protocol.lower() or None
