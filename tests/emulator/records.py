# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a region remembers. Every `doc` is a document in the API's spelling, as a Describe call shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .images import Behaviour
from .stages import Step
from .tags import Tags

Document = dict[str, Any]


@dataclass
class Cluster:
    """A cluster; `doc` lacks the members that must be asked for with `include`."""

    doc: Document
    tags: Tags
    settings: list[Document]
    configuration: Document | None = None
    attachments: list[Document] = field(default_factory=list)
    capacity_change: int = 0

    @property
    def name(self) -> str:
        """The cluster's name."""
        return str(self.doc["clusterName"])


@dataclass
class TaskDefinition:
    """One revision of a family."""

    doc: Document
    tags: Tags

    @property
    def arn(self) -> str:
        """The revision's full ARN."""
        return str(self.doc["taskDefinitionArn"])


@dataclass
class Family:
    """A task definition family; its numbers are never used twice."""

    revisions: dict[int, TaskDefinition] = field(default_factory=dict)
    last_revision: int = 0


@dataclass
class Waiting:
    """A task in PROVISIONING that has no container instance yet; `begin` goes on once it has one."""

    wish: Any
    begin: Callable[[str], None]


@dataclass
class Task:
    """A task. `listener` is told when it is running, healthy, unhealthy or stopped."""

    doc: Document
    cluster: str
    tags: Tags
    definition: TaskDefinition
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    load_balancers: list[Document] = field(default_factory=list)
    grace_seconds: float = 0.0
    listener: Callable[[Task, str], None] | None = None
    service_name: str | None = None
    unmet_checks: set[str] = field(default_factory=set)
    targets: list[tuple[str, str, int]] = field(default_factory=list)
    was_healthy: bool = False
    failed_check: str | None = None
    started: set[str] = field(default_factory=set)
    target_trouble: str | None = None
    protected_until: float | None = None
    waiting: Waiting | None = None

    @property
    def arn(self) -> str:
        """The task's ARN."""
        return str(self.doc["taskArn"])

    @property
    def id(self) -> str:
        """The last part of the ARN, as service events print it."""
        return self.arn.rpartition("/")[2]

    @property
    def instance(self) -> str | None:
        """The ARN of its container instance, if it has one."""
        return self.doc.get("containerInstanceArn")

    @property
    def stopping(self) -> bool:
        """Whether it is stopped or on its way out."""
        return bool(self.doc["desiredStatus"] == "STOPPED")

    @property
    def stopped(self) -> bool:
        """Whether it has come to its end."""
        return bool(self.doc["lastStatus"] == "STOPPED")

    @property
    def running(self) -> bool:
        """Whether it counts in runningCount."""
        return bool(self.doc["lastStatus"] == "RUNNING" and not self.stopping)

    @property
    def pending(self) -> bool:
        """Whether it counts in pendingCount."""
        return bool(self.doc["lastStatus"] != "RUNNING" and not self.stopping)

    @property
    def healthy(self) -> bool:
        """Whether it counts towards the minimum healthy percent."""
        return self.running and self.was_healthy and self.failed_check is None


@dataclass(eq=False)
class Deployment:
    """A deployment as `services[].deployments[]` shows it, and how its tasks are started.

    `production` and `test` are the percentages of traffic that are sent to it. `balancers` are its load balancers with
    the target group that its tasks are in, which may be the alternate one.
    """

    doc: Document
    definition: TaskDefinition
    revision_arn: str
    settings: Document
    tasks: list[Task] = field(default_factory=list)
    breaker_failures: int = 0
    refused: int = 0
    leaving: bool = False
    failed_rounds: int = 0
    not_before: float = 0.0
    ready: bool = False
    ready_since: float = 0.0
    tripped: bool = False
    cleaning: bool = False
    production: float = 0.0
    test: float = 0.0
    balancers: list[Document] = field(default_factory=list)

    @property
    def id(self) -> str:
        """`ecs-svc/<digits>`."""
        return str(self.doc["id"])

    @property
    def wanted(self) -> list[Task]:
        """Its tasks that are to run."""
        return [task for task in self.tasks if not task.stopping]

    @property
    def in_progress(self) -> bool:
        """Whether the rollout goes on."""
        return bool(self.doc["rolloutState"] == "IN_PROGRESS")

    @property
    def failed(self) -> bool:
        """Whether the circuit breaker or a user ended it."""
        return bool(self.doc["rolloutState"] == "FAILED")


@dataclass
class Walk:
    """The way of a traffic-shifting deployment through its stages: forth, or back in a rollback.

    `target` is the deployment that gets the traffic; `kept` those that stay at full count until CLEAN_UP. `until` is
    the moment before which the present step does not end.
    """

    steps: list[Step]
    target: Deployment
    kept: list[Deployment]
    scaled: bool = False
    cleaning: bool = False
    index: int = -1
    until: float = 0.0

    @property
    def step(self) -> Step | None:
        """The present step."""
        return self.steps[self.index] if 0 <= self.index < len(self.steps) else None


@dataclass
class Hook:
    """A lifecycle hook at work; `doc` is its entry of `lifecycleHookDetails`."""

    doc: Document
    configuration: Document
    stage: str

    @property
    def open(self) -> bool:
        """Whether the deployment waits for it."""
        return self.doc["status"] in ("AWAITING_ACTION", "IN_PROGRESS")


@dataclass
class ServiceDeployment:
    """A service deployment: the record of one deployment with its source and target revisions.

    `back` is what a rollback returns to. `alarmed` are the alarms that were in ALARM when it began: they are ignored.
    """

    doc: Document
    target: Deployment
    sources: list[Deployment]
    back: Deployment | None = None
    walk: Walk | None = None
    hooks: list[Hook] = field(default_factory=list)
    alarmed: set[str] = field(default_factory=set)
    triggered: list[str] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The service deployment's ARN."""
        return str(self.doc["serviceDeploymentArn"])

    @property
    def status(self) -> str:
        """PENDING, IN_PROGRESS, SUCCESSFUL ..."""
        return str(self.doc["status"])


@dataclass
class Service:
    """A service; `doc` lacks counters, events, deployments and tags.

    `hidden` holds the members that DescribeServices shows in `deployments[]` only, or that only service revisions show.
    `look` is the scheduler's next look at it, due at `look_at`.
    """

    doc: Document
    cluster: str
    tags: Tags
    hidden: Document = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)
    service_deployments: list[ServiceDeployment] = field(default_factory=list)
    revisions: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    task_sets: list[TaskSet] = field(default_factory=list)
    last_completed: Deployment | None = None
    launch_type: str | None = None
    steady: bool = False
    look: Callable[[], None] | None = None
    look_at: float | None = None

    @property
    def name(self) -> str:
        """The service's name."""
        return str(self.doc["serviceName"])

    @property
    def arn(self) -> str:
        """The service's ARN."""
        return str(self.doc["serviceArn"])

    @property
    def status(self) -> str:
        """ACTIVE, DRAINING or INACTIVE."""
        return str(self.doc["status"])

    @property
    def controller(self) -> str:
        """ECS, CODE_DEPLOY or EXTERNAL."""
        return str(self.doc["deploymentController"]["type"])

    @property
    def tasks(self) -> list[Task]:
        """All tasks that have not stopped yet."""
        return [task for deployment in self.deployments for task in deployment.tasks]


@dataclass
class TaskSet:
    """A task set of a service with the EXTERNAL controller."""

    doc: Document
    tags: Tags

    @property
    def id(self) -> str:
        """`ecs-svc/<digits>`."""
        return str(self.doc["id"])


@dataclass
class ContainerInstance:
    """A container instance.

    `spot_draining` is the agent's ECS_ENABLE_SPOT_INSTANCE_DRAINING. `task_interfaces` is how many tasks can have a
    network interface of their own; None if that is not known.
    """

    doc: Document
    cluster: str
    tags: Tags
    availability_zone: str
    spot_draining: bool = False
    task_interfaces: int | None = None
    health: str = "OK"

    @property
    def arn(self) -> str:
        """The instance's ARN."""
        return str(self.doc["containerInstanceArn"])

    @property
    def status(self) -> str:
        """ACTIVE, DRAINING, or REGISTERING and its like."""
        return str(self.doc["status"])

    @property
    def attributes(self) -> dict[str, str | None]:
        """Its attributes by name; those without a value have None."""
        return {item["name"]: item.get("value") for item in self.doc["attributes"]}

    @property
    def external(self) -> bool:
        """Whether it is no EC2 instance."""
        return "ecs.capability.external" in self.attributes


@dataclass
class CapacityProvider:
    """A capacity provider that the account made; FARGATE and FARGATE_SPOT are implicit.

    `low_since` is the moment since when managed scaling sees more instances than needed. `launching` counts the Managed
    Instances that start.
    """

    doc: Document
    tags: Tags
    low_since: float | None = None
    launching: int = 0

    @property
    def name(self) -> str:
        """The provider's name."""
        return str(self.doc["name"])
