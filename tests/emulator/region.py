# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of ECS in one account and Region."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .app_scaling_records import Metrics, Target
from .clock import Clock
from .codedeploy_records import CodeDeploy
from .errors import cluster_not_found
from .hook_answers import HookAnswers
from .hybrid_records import Hybrid
from .images import Images
from .names import is_arn, last_part
from .records import CapacityProvider, Cluster, ContainerInstance, Family, Service, Task, TaskDefinition
from .scan_rules import Scans
from .scheduler_records import Scheduler
from .shortage import Capacity
from .stale import Shadows, StaleSettings
from .timeline import Timeline

GONE = "INACTIVE"


def _nothing(*_ignored: Any) -> None:
    """Do nothing: nobody is interested yet."""


@dataclass
class World:
    """What all accounts and Regions have in common."""

    clock: Clock = field(default_factory=Clock)
    images: Images = field(default_factory=Images)
    stale: StaleSettings = field(default_factory=StaleSettings)
    hooks: HookAnswers = field(default_factory=HookAnswers)
    failing_rollbacks: set[str] = field(default_factory=set)
    strict: set[str] = field(default_factory=set)
    capacity: Capacity = field(default_factory=Capacity)
    scans: Scans = field(default_factory=Scans)
    public_parameters: dict[str, str] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)


class Region:
    """ECS of one account in one Region; callers hold `lock` and have called `catch_up`."""

    def __init__(self, world: World, account: str, name: str, partition: str) -> None:
        self.world = world
        self.account = account
        self.name = name
        self.partition = partition
        self.lock = threading.RLock()
        self.timeline = Timeline(world.clock)
        self.shadows = Shadows(world.stale, lambda: self.timeline.now)
        self.clusters: dict[str, Cluster] = {}
        self.families: dict[str, Family] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.tasks: dict[str, Task] = {}
        self.instances: dict[str, ContainerInstance] = {}
        self.capacity_providers: dict[str, CapacityProvider] = {}
        self.account_settings: dict[tuple[str, str], str] = {}
        self.create_tokens: dict[str, dict[str, Any]] = {}
        self.codedeploy = CodeDeploy()
        self.scalable: dict[str, Target] = {}
        self.scheduler = Scheduler()
        self.hybrid = Hybrid()
        self.later: dict[str, Callable[[], None]] = {}
        self.run_tokens: dict[str, tuple[dict[str, Any], list[str]]] = {}
        self.waiting: list[Task] = []
        self.hosts: set[str] = set()
        self.draining_since: dict[str, float] = {}
        self.next_drain_look = 0.0
        self.scaling_looks = False
        self.scaling_changed: Callable[[], None] = _nothing
        self.place_waiting: Callable[[], None] = _nothing
        self.waiting_began: Callable[[Task], None] = _nothing
        self.hosts_changed: Callable[[list[str]], None] = _nothing

    def wait(self, task: Task) -> None:
        """Let a task wait for a container instance."""
        self.waiting.append(task)
        self.waiting_began(task)

    def freed(self) -> None:
        """Let those that wait for capacity look again, in a moment."""
        if self.waiting:
            self.timeline.after(1.0, self.place_waiting)

    def arn(self, resource: str, service: str = "ecs", region: str | None = None) -> str:
        """Spell the ARN of a resource of this account and Region."""
        place = self.name if region is None else region
        return f"arn:{self.partition}:{service}:{place}:{self.account}:{resource}"

    @property
    def caller(self) -> str:
        """The principal that `createdBy` and `registeredBy` name; the emulator does not tell callers apart."""
        return self.arn("root", "iam", "")

    def find_cluster(self, reference: str | None) -> Cluster | None:
        """Find a cluster that is not deleted, by name or ARN; the default is named `default`."""
        cluster = self.any_cluster(reference)
        return cluster if cluster and cluster.doc["status"] != GONE else None

    def any_cluster(self, reference: str | None) -> Cluster | None:
        """Find a cluster by name or ARN, deleted ones included."""
        name = reference or "default"
        cluster = self.clusters.get(last_part(name))
        if cluster is None or (is_arn(name) and cluster.doc["clusterArn"] != name):
            return None
        return cluster

    def cluster(self, reference: str | None) -> Cluster:
        """Find a cluster or raise ClusterNotFoundException."""
        cluster = self.find_cluster(reference)
        if cluster is None:
            raise cluster_not_found()
        return cluster

    def find_service(self, cluster: Cluster, reference: str) -> Service | None:
        """Find a service of a cluster by name or ARN; an ARN never selects another cluster."""
        service = self.services.get((cluster.name, last_part(reference)))
        if service is None or (is_arn(reference) and service.arn != reference):
            return None
        return service

    def services_of(self, cluster: str) -> list[Service]:
        """All services of a cluster in the order of their creation, INACTIVE ones included."""
        return [service for (owner, _ignored), service in self.services.items() if owner == cluster]

    def tasks_of(self, cluster: str) -> list[Task]:
        """All tasks of a cluster that are still remembered."""
        return [task for task in self.tasks.values() if task.cluster == cluster]

    def find_definition(self, reference: str) -> TaskDefinition | None:
        """Find a revision: `family` is the latest ACTIVE one, `family:revision` or an ARN any that exists.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
        """
        family_name, _ignored, revision = last_part(reference).partition(":")
        family = self.families.get(family_name)
        if family is None:
            return None
        if revision:
            return family.revisions.get(int(revision)) if revision.isdigit() else None
        active = [number for number, held in family.revisions.items() if held.doc["status"] == "ACTIVE"]
        return family.revisions[max(active)] if active else None
