#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: task_info
short_description: Read Amazon ECS tasks
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads tasks by id, or those of a cluster that have something in common, a hundred with each call.
  - ECS shows a stopped task for about an hour. A task that it does not show is left out, with a warning when it was
    asked for by id.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    default: default
  task:
    description:
      - The ids or ARNs of the tasks, whatever their status. All that fit the other options when not given.
    type: list
    elements: str
    aliases: [tasks, name, names]
  service:
    description:
      - The service that the tasks belong to.
    type: str
  family:
    description:
      - The family of their task definitions.
    type: str
  started_by:
    description:
      - Who or what started the tasks. For those of a service, the id of its deployment.
    type: str
    aliases: [startedBy]
  run_once:
    description:
      - The key under which M(longshore.ecs.task) ran the tasks.
    type: str
  tags:
    description:
      - Tags that the tasks have, as keys and values.
    type: dict
  status:
    description:
      - Whether to show tasks that run or are about to, tasks that have stopped or are about to, or both.
    type: str
    choices: [running, stopped, all]
    default: running
  protection:
    description:
      - Whether to show if the tasks of services are protected from scale-in. This takes the permission to call
        GetTaskProtection.
    type: bool
    default: false
  log_lines:
    description:
      - How many of the last log lines of each container to show, for containers that log with C(awslogs). This takes a
        call for each container.
    type: int
    default: 0
seealso:
  - module: longshore.ecs.task
"""

EXAMPLES = r"""
- name: The tasks of a service
  longshore.ecs.task_info:
    cluster: shop-prod
    service: shop-web
    protection: true

- name: What stopped lately, and what it said in the end
  longshore.ecs.task_info:
    cluster: shop-prod
    family: prod-shop-web
    status: stopped
    log_lines: 20
"""

RETURN = r"""
tasks:
  description: The tasks that were found.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the task.
      type: str
      sample: 0f9de17a6465404e8b1b2356dc13c2f8
      returned: success
    last_status:
      description: How far the task has come.
      type: str
      sample: RUNNING
      returned: success
    exit_codes:
      description: The exit code of each container that has one.
      type: dict
      sample: {web: 137}
      returned: success
    stopped_reason:
      description: Why the task was stopped.
      type: str
      sample: Essential container in task exited
      returned: when the task is stopped
    containers:
      description: The containers, with their own status, exit code and reason.
      type: list
      elements: dict
      returned: success
    protection:
      description: Whether the task is protected from scale-in, and until when. Empty for a task of no service.
      type: dict
      sample: {protection_enabled: false}
      returned: when O(protection=true)
    log_tail:
      description: The last log lines of each container that has a log which may be read.
      type: dict
      sample: {web: [listening on port 80]}
      returned: when O(log_lines) is not 0
"""

from ..module_utils._actions.task_info import TaskInfo
from ..module_utils._module import act


def main() -> None:
    act(TaskInfo())


if __name__ == "__main__":
    main()
