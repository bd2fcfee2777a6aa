# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a region remembers of CodeDeploy. Every `doc` is a document in the API's spelling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .appspec import AppSpec
    from .records import Deployment, Service

Document = dict[str, Any]

FINISHED = ("Succeeded", "Failed", "Stopped")


@dataclass
class Group:
    """A deployment group; `doc` is its DeploymentGroupInfo."""

    doc: Document

    @property
    def name(self) -> str:
        """The group's name."""
        return str(self.doc["deploymentGroupName"])


@dataclass
class Application:
    """An application; `doc` is its ApplicationInfo."""

    doc: Document
    groups: dict[str, Group] = field(default_factory=dict)


@dataclass
class Run:
    """A deployment; `doc` is its DeploymentInfo, `events` are the lifecycle events of its one target.

    `blue` is the task set that was PRIMARY when it began, `green` the replacement. `share` is green's part of the
    production traffic in percent. `undoes` is the deployment that a rollback takes back.
    """

    doc: Document
    group: Group
    spec: AppSpec
    service: Service | None = None
    blue: Deployment | None = None
    green: Deployment | None = None
    events: list[Document] = field(default_factory=list)
    hook_ids: dict[str, str] = field(default_factory=dict)
    share: float = 0.0
    waits_for: str | None = None
    undoes: Run | None = None

    @property
    def id(self) -> str:
        """`d-XXXXXXXXX`."""
        return str(self.doc["deploymentId"])

    @property
    def status(self) -> str:
        """Created, Queued, InProgress, Ready, Succeeded, Failed or Stopped."""
        return str(self.doc["status"])

    @property
    def finished(self) -> bool:
        """Whether it is over."""
        return self.status in FINISHED


@dataclass
class CodeDeploy:
    """CodeDeploy of one account in one Region."""

    applications: dict[str, Application] = field(default_factory=dict)
    configs: dict[str, Document] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    tags: dict[str, list[Document]] = field(default_factory=dict)
