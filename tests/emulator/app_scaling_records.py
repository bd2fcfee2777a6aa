# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a region remembers of Application Auto Scaling. Every `doc` is a document in the API's spelling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(eq=False)
class Policy:
    """A scaling policy; `above` and `below` count the minutes in which its alarms' thresholds were breached."""

    doc: Document
    above: int = 0
    below: int = 0


@dataclass(eq=False)
class Target:
    """A scalable target: the count of a service, with what scales it.

    `base` is the count before the last scale-out, which counts until that one's cooldown ends.
    """

    doc: Document
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    actions: dict[str, Document] = field(default_factory=dict)
    activities: list[Document] = field(default_factory=list)
    ticking: bool = False
    base: int = 0
    out_until: float = 0.0
    in_until: float = 0.0

    @property
    def id(self) -> str:
        """`service/CLUSTER/NAME`."""
        return str(self.doc["ResourceId"])


class Metrics:
    """What CloudWatch measures of services, as it was set from outside; it stays so until it is set anew."""

    def __init__(self) -> None:
        self._values: dict[tuple[str | None, str], dict[str, float]] = {}

    def put(self, body: Any) -> None:
        """Take `{"service": ..., "cluster": ..., NAME: value}`; a value of null is no data."""
        if not isinstance(body, dict) or not isinstance(body.get("service"), str):
            raise ValueError("send an object with service, perhaps cluster, and values by the name of the metric")
        held = self._values.setdefault((body.get("cluster"), body["service"]), {})
        for name, value in body.items():
            if name in ("service", "cluster"):
                continue
            if value is None:
                held.pop(name, None)
            else:
                held[name] = float(value)

    def of(self, cluster: str, service: str) -> dict[str, float]:
        """Give what is measured of a service."""
        return {**self._values.get((None, service), {}), **self._values.get((cluster, service), {})}

    def clear(self) -> None:
        """Measure nothing."""
        self._values.clear()

    def show(self) -> list[Document]:
        """List what was set."""
        return [
            {"service": service, **({"cluster": cluster} if cluster else {}), **values}
            for (cluster, service), values in self._values.items()
        ]
