#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: batch
short_description: Run an array of one-off Amazon ECS tasks
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Runs a task for each item of a list, so many at a time, runs those that fail again, and gives what became of each.
    It fails when an item has failed.
  - Tasks are started in parallel, as fast as the account's buckets allow, and followed together, a hundred with each
    call. A task that Spot or AWS takes away is run again without counting as a failure.
  - The batch can be resumed. Its tasks carry its name and that of their item as tags, so a run after one that was
    interrupted waits for the tasks that run, and starts only those items again that have neither ended well nor run.
    ECS shows a stopped task for about an hour, so this holds for items that have ended in the last hour.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
  - longshore.ecs._deployment.progress
options:
  name:
    description:
      - The name of the batch, which tells it from others, also from the one of yesterday, for example
        V(report-2030-01-31). The same name resumes.
    type: str
    required: true
  items:
    description:
      - What to run. Each item is a dictionary with C(name) and what its task has of its own, C(command),
        C(environment), C(environment_files), C(cpu), C(memory), C(memory_reservation),
        C(resource_requirements) of the container C(container), or whole C(overrides) as M(longshore.ecs.task)
        takes them.
      - Or a plain value, which is then the item's name, and is handed to the container as the environment variable
        O(variable).
    type: list
    elements: raw
    required: true
  concurrency:
    description:
      - How many tasks to run at a time at most.
    type: int
    default: 10
  retries:
    description:
      - How often to run an item again that has failed. A task that somebody has stopped is not run again.
    type: int
    default: 0
  interruption_retries:
    description:
      - How often to run an item again whose task was taken away by Spot or by AWS.
    type: int
    default: 10
  max_failures:
    description:
      - Start no more items when more than so many have failed. Those that run are waited for. All items are started
        when not given. When three items in a row are refused by AWS, no more are started in any case.
    type: int
  container:
    description:
      - The container that items are about. The first essential one when not given.
    type: str
  variable:
    description:
      - The environment variable that holds an item which is a plain value.
    type: str
    default: ITEM
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    default: default
  task_definition:
    description:
      - The family, family:revision or ARN of the task definition. All items run the same revision, also if another is
        registered meanwhile. Required, here or through O(like_service).
    type: str
    aliases: [taskDefinition]
  like_service:
    description:
      - A service of the cluster to run the tasks like. O(task_definition), O(network_configuration), O(launch_type) or
        O(capacity_provider_strategy), and O(platform_version) are taken from it where they are not given.
    type: str
  overrides:
    description:
      - What is to differ from the definition for all items. What an item has of its own wins over it; environment
        variables are merged.
    type: dict
  launch_type:
    description:
      - The launch type, for example V(FARGATE). Excludes O(capacity_provider_strategy).
    type: str
    aliases: [launchType]
  capacity_provider_strategy:
    description:
      - Capacity providers with C(weight) and C(base), for example Spot. The cluster's default strategy when neither
        this nor O(launch_type) is given.
    type: list
    elements: dict
    aliases: [capacityProviderStrategy]
  platform_version:
    description:
      - The Fargate platform version.
    type: str
    aliases: [platformVersion]
  network_configuration:
    description:
      - The subnets and security groups, as M(longshore.ecs.task) takes them.
    type: dict
    aliases: [networkConfiguration]
  volume_configurations:
    description:
      - The EBS volumes that the definition leaves to be configured at launch, with C(name) and C(managed_ebs_volume).
    type: list
    elements: dict
    aliases: [volumeConfigurations]
  placement_constraints:
    description:
      - Constraints with C(type) and C(expression).
    type: list
    elements: dict
    aliases: [placementConstraints]
  placement_strategy:
    description:
      - Strategies with C(type) and C(field).
    type: list
    elements: dict
    aliases: [placementStrategy]
  group:
    description:
      - The group of the tasks. AWS takes the family when it is not given.
    type: str
  tags:
    description:
      - Tags of the tasks, beside V(longshore:batch) and V(longshore:item).
    type: dict
    aliases: [resource_tags]
  propagate_tags:
    description:
      - V(TASK_DEFINITION) gives the tags of the task definition to the tasks.
    type: str
    aliases: [propagateTags]
  enable_ecs_managed_tags:
    description:
      - Whether ECS tags the tasks with the name of the cluster.
    type: bool
    aliases: [enableECSManagedTags]
  enable_execute_command:
    description:
      - Whether commands can be run in the containers.
    type: bool
    aliases: [enableExecuteCommand]
  log_lines:
    description:
      - How many of the last log lines of each container of a failed item to show, from its C(awslogs) group. V(0) reads
        no log.
    type: int
    default: 20
  log_all:
    description:
      - Whether to show the log of items that have succeeded too, which costs a call for each.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait at most for the whole batch. When the time is over the task fails, and what runs goes
        on; the next run takes it up.
    type: int
    default: 3600
seealso:
  - module: longshore.ecs.task
  - ref: ansible_collections.longshore.ecs.docsite.batch
    description: Batches, what they cost in calls, and how they are resumed.
"""

EXAMPLES = r"""
- name: One task for each region, four at a time, and each twice if need be
  longshore.ecs.batch:
    name: import-2030-01-31
    cluster: shop-prod
    task_definition: prod-shop-migrate
    launch_type: FARGATE
    network_configuration: {subnets: [subnet-0aaaaaaaaaaaaaaaa]}
    variable: IMPORT_REGION
    items: [eu, us, asia]
    concurrency: 4
    retries: 1
  register: imported

- name: How long each took
  ansible.builtin.debug:
    msg: "{{ imported.outcomes | items2dict(key_name='name', value_name='seconds') }}"

- name: A thousand small ones on Spot, with a command and a size of their own
  longshore.ecs.batch:
    name: reports-2030-01
    cluster: shop-prod
    task_definition: prod-shop-migrate
    capacity_provider_strategy: [{capacity_provider: FARGATE_SPOT, weight: 1}]
    network_configuration: {subnets: [subnet-0aaaaaaaaaaaaaaaa]}
    items:
      - {name: daily, command: [report, --daily]}
      - {name: monthly, command: [report, --monthly], environment: {DETAILS: "all"}}
    concurrency: 50
    max_failures: 20
"""

RETURN = r"""
outcomes:
  description:
    - What became of each item, in the order in which they were given.
  returned: always, when an item was started or in check mode
  type: list
  elements: dict
  contains:
    name:
      description: The name of the item.
      type: str
      sample: eu
      returned: always
    state:
      description: V(succeeded), V(failed), V(running) or V(waiting).
      type: str
      sample: succeeded
      returned: always
    attempts:
      description: How many tasks were run for it, those of earlier runs of the batch among them.
      type: int
      sample: 1
      returned: always
    exit_code:
      description: What the essential containers of its last task have exited with, 0 if all have.
      type: int
      sample: 0
      returned: when its task has ended
    exit_codes:
      description: The exit code of each container.
      type: dict
      sample: {import: 0}
      returned: when its task has ended
    stop_code:
      description: Why ECS stopped the task.
      type: str
      sample: EssentialContainerExited
      returned: when its task has ended
    reason:
      description: The same in words, or why the task could not be started.
      type: str
      returned: when its task has ended, or was refused
    seconds:
      description: How long its last task ran.
      type: float
      sample: 41.5
      returned: when its task has ended
    task:
      description: The ARN of its last task.
      type: str
      returned: when a task was started
    log_tail:
      description: The last log lines of each container of its last task.
      type: dict
      returned: always
summary:
  description:
    - How many items C(succeeded), C(failed), are still C(running) or C(waiting), how many C(tasks) were run for them,
      and how many of them were C(adopted) from an earlier run.
  returned: always, when an item was started or in check mode
  type: dict
  sample: {succeeded: 3, failed: 0, running: 0, waiting: 0, tasks: 4, adopted: 0}
diagnosis:
  description: Why items failed, as M(longshore.ecs.task) gives it.
  returned: on failure
  type: dict
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: RunTask, params: {cluster: shop-prod}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id). The code is C(BatchFailed) when
    items have failed.
  returned: on failure
  type: dict
"""

from ..module_utils._actions.batch import Batch
from ..module_utils._module import act


def main() -> None:
    act(Batch())


if __name__ == "__main__":
    main()
