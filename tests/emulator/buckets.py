# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's request throttling: token buckets per account, Region and group of operations.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
"""

from __future__ import annotations

import threading
from typing import Any

from .clock import Clock

# name: (burst, sustained per second, operations)
_DOCUMENTED: dict[str, tuple[float, float, str]] = {
    "cluster modify": (
        20,
        1,
        "CreateCluster DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders",
    ),
    "cluster read": (50, 20, "DescribeClusters ListClusters"),
    "task definition modify": (20, 1, "RegisterTaskDefinition DeregisterTaskDefinition"),
    "task definition delete": (5, 1, "DeleteTaskDefinitions"),
    "task definition read": (50, 20, "DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies"),
    "capacity provider modify": (10, 1, "CreateCapacityProvider UpdateCapacityProvider DeleteCapacityProvider"),
    "capacity provider read": (50, 20, "DescribeCapacityProviders"),
    "service modify": (
        50,
        5,
        "CreateService UpdateService DeleteService CreateTaskSet UpdateTaskSet DeleteTaskSet "
        "UpdateServicePrimaryTaskSet StopServiceDeployment ContinueServiceDeployment",
    ),
    "service read": (100, 20, "DescribeServices ListServices DescribeTaskSets"),
    "service deployment read": (
        50,
        20,
        "DescribeServiceDeployments ListServiceDeployments DescribeServiceRevisions",
    ),
    "namespace service read": (10, 1, "ListServicesByNamespace"),
    "cluster resource modify": (
        100,
        40,
        "RunTask StartTask StopTask ExecuteCommand PutAttributes DeleteAttributes UpdateContainerInstancesState",
    ),
    "cluster resource read": (
        100,
        20,
        "DescribeTasks ListTasks DescribeContainerInstances ListContainerInstances ListAttributes",
    ),
    "agent modify": (
        200,
        120,
        "RegisterContainerInstance DeregisterContainerInstance SubmitTaskStateChange SubmitContainerStateChange "
        "SubmitAttachmentStateChanges",
    ),
    "tag modify": (20, 10, "TagResource UntagResource"),
    "tag read": (50, 20, "ListTagsForResource"),
    "setting modify": (10, 1, "PutAccountSetting PutAccountSettingDefault DeleteAccountSetting"),
    "setting read": (50, 20, "ListAccountSettings"),
    "task protection": (200, 80, "GetTaskProtection UpdateTaskProtection"),
}
_BUCKET_OF = {
    operation: name for name, (_ignored, _ignored, members) in _DOCUMENTED.items() for operation in members.split()
}


class Buckets:
    """The buckets; off until they are enabled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sizes: dict[str, tuple[float, float]] = {}
        self._levels: dict[tuple[str, str, str], tuple[float, float]] = {}
        self.enabled = False

    def configure(self, settings: dict[str, Any]) -> None:
        """Switch on or off, and override sizes: {"sizes": {"service read": [burst, per second]}}."""
        sizes = settings.get("sizes", {})
        unknown = set(sizes) - set(_DOCUMENTED)
        if unknown or set(settings) - {"enabled", "sizes"}:
            raise ValueError(f"buckets has the members enabled and sizes; the sizes are {sorted(_DOCUMENTED)}")
        with self._lock:
            self.enabled = bool(settings.get("enabled", self.enabled))
            self._sizes |= {name: (float(burst), float(rate)) for name, (burst, rate) in sizes.items()}
            self._levels = {}

    def reset(self) -> None:
        """Switch off and forget the overrides."""
        with self._lock:
            self.enabled, self._sizes, self._levels = False, {}, {}

    def show(self) -> dict[str, Any]:
        """Describe the buckets for the control endpoint."""
        sizes = {name: list(self._size(name)) for name in _DOCUMENTED}
        return {"enabled": self.enabled, "sizes": sizes}

    def _size(self, name: str) -> tuple[float, float]:
        burst, rate, _ignored = _DOCUMENTED[name]
        return self._sizes.get(name, (burst, rate))

    def take(self, account: str, region: str, operation: str) -> bool:
        """Take a token; False if the bucket is empty."""
        name = _BUCKET_OF.get(operation)
        if not self.enabled or name is None:
            return True
        burst, rate = self._size(name)
        now = self._clock.now()
        with self._lock:
            level, then = self._levels.get((account, region, name), (burst, now))
            level = min(burst, level + (now - then) * rate)
            enough = level >= 1
            self._levels[account, region, name] = (level - enough, now)
        return enough
