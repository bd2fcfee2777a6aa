# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the definitions of tasks say about them: which containers are essential, and where their log goes."""

from __future__ import annotations

from typing import Any

from .._api import AwsError
from .._normal import revision_name as short


class Definitions:
    """Task definitions by ARN, each read once. A definition that may not be read says nothing."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, task: dict[str, Any]) -> dict[str, Any]:
        """Give the definition of a task as DescribeTaskDefinition shows it; empty where it cannot be read."""
        arn = task["taskDefinitionArn"]
        if arn not in self._known:
            try:
                self._known[arn] = self._api.read("DescribeTaskDefinition", taskDefinition=arn)["taskDefinition"]
            except AwsError:
                self._known[arn] = {}
        return self._known[arn]

    def essential(self, task: dict[str, Any]) -> set[str]:
        """Name the containers with which the task ends; all of them where the definition cannot be read."""
        containers = self.of(task).get("containerDefinitions") or task.get("containers", [])
        return {container["name"] for container in containers if container.get("essential", True)}

    def streams(self, task: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """Give the log group and stream of each container that logs with awslogs to the region of the task.

        A stream is called prefix/container/task, or without a prefix by the container's runtime id (ECS developer
        guide, "awslogs log driver options").
        """
        runtime = {container["name"]: container.get("runtimeId") for container in task.get("containers", [])}
        found = {}
        for container in self.of(task).get("containerDefinitions", []):
            log = container.get("logConfiguration") or {}
            options, name = log.get("options") or {}, container["name"]
            prefix = options.get("awslogs-stream-prefix")
            stream = f"{prefix}/{name}/{short(task['taskArn'])}" if prefix else runtime.get(name)
            near = options.get("awslogs-region") in (None, self._api.region)
            if log.get("logDriver") == "awslogs" and options.get("awslogs-group") and stream and near:
                found[name] = (options["awslogs-group"], stream)
        return found


def ended_well(task: dict[str, Any], definitions: Definitions) -> bool:
    """Tell whether a stopped task did its work: it ended by itself, and every essential container exited with 0."""
    by_itself = task.get("stopCode") in (None, "EssentialContainerExited")
    essential = definitions.essential(task)
    containers = [container for container in task.get("containers", []) if container["name"] in essential]
    return by_itself and all(container.get("exitCode") == 0 for container in containers)
