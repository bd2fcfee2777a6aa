#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: task
short_description: Run, stop and protect Amazon ECS tasks
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Runs tasks outside of a service, such as a migration before a deployment, and waits for them. Stops tasks, and
    protects tasks of services from scale-in.
  - The task of the playbook fails when fewer tasks are started than O(count), when one stops before it ran, is stopped
    by somebody else, or when an essential container exits with anything but 0. The message says why.
  - While it waits, the lines that the containers log with C(awslogs) are shown in the playbook's output, each once.
  - Before anything is started, the request is checked against the task definition.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._deployment.progress
  - longshore.ecs._attributes
attributes:
  check_mode:
    details: The request is checked and shown in RV(actions), and nothing is started.
  diff_mode:
    support: none
    description: A task that is run replaces nothing.
  idempotent:
    support: partial
    description: Stopping and protecting are. Running is with O(run_once), and otherwise runs a task each time.
options:
  state:
    description:
      - What is to come about. V(finished) when neither this nor O(operation) is given.
      - V(finished) runs tasks and waits until they have stopped.
      - V(running) runs tasks and waits until they run, or have ended well already.
      - V(stopped) stops tasks and waits until they have stopped. A service starts others in place of its own.
      - V(protected) protects tasks of services from scale-in and from deployments, V(unprotected) ends that.
    type: str
    choices: [finished, running, stopped, protected, unprotected]
  operation:
    description:
      - The name of O(state) in playbooks that come from community.aws. V(run) and V(start) mean V(running), V(stop)
        means V(stopped).
    type: str
    choices: [run, start, stop]
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    default: default
  task_definition:
    description:
      - What to run, as C(family), C(family:revision) or ARN. A bare family means its latest active revision.
    type: str
    aliases: [taskDefinition]
  like_service:
    description:
      - A service of the cluster to run the task like. O(task_definition), O(network_configuration), O(launch_type) or
        O(capacity_provider_strategy), and O(platform_version) are taken from it where they are not given.
    type: str
  count:
    description:
      - How many tasks to run. V(1) when it is not given. AWS starts ten with each call, so more take more calls.
    type: int
  overrides:
    description:
      - What is to differ from the definition, with C(container_overrides), C(cpu), C(memory), C(task_role_arn),
        C(execution_role_arn) and C(ephemeral_storage). The environment of a container may be a dictionary.
    type: dict
  launch_type:
    description:
      - The launch type, for example V(FARGATE). Excludes O(capacity_provider_strategy).
    type: str
    aliases: [launchType]
  capacity_provider_strategy:
    description:
      - Capacity providers with C(weight) and C(base). The cluster's default strategy when neither this nor
        O(launch_type) is given.
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
      - The C(awsvpc_configuration) with C(subnets), C(security_groups) and C(assign_public_ip), or these three at its
        top. Required, here or through O(like_service), when the definition has the network mode V(awsvpc).
      - A subnet or security group may be given by its id, its name (a subnet's is its tag V(Name)), or a tag as
        V(tag:Tier=private), which may fit several. Both take the wildcards C(*) and C(?). A security group is looked
        for in the VPC of the subnets.
    type: dict
    aliases: [networkConfiguration]
  volume_configurations:
    description:
      - The EBS volumes that the definition leaves to be configured at launch, with C(name) and C(managed_ebs_volume).
    type: list
    elements: dict
    aliases: [volumeConfigurations]
  container_instances:
    description:
      - Container instances to start one task on each, past the scheduler. With it, O(count), the capacity and the
        placement cannot be given.
    type: list
    elements: str
    aliases: [containerInstances]
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
      - The group of the task. AWS takes the family when it is not given.
    type: str
  started_by:
    description:
      - Who or what starts the tasks, up to 128 letters, digits, hyphens, slashes and underscores.
      - With O(state=stopped), O(state=protected) and O(state=unprotected), the tasks that were started by this.
    type: str
    aliases: [startedBy]
  reference_id:
    description:
      - A reference of your own, which AWS keeps with the task.
    type: str
    aliases: [referenceId]
  tags:
    description:
      - Tags of the tasks, as keys and values.
    type: dict
    aliases: [resource_tags]
  propagate_tags:
    description:
      - V(TASK_DEFINITION) copies the tags of the definition to the tasks.
    type: str
    aliases: [propagateTags]
  enable_ecs_managed_tags:
    description:
      - Whether AWS tags the tasks with the name of the cluster.
    type: bool
    aliases: [enableECSManagedTags]
  enable_execute_command:
    description:
      - Whether commands can be run in the containers with ECS Exec.
    type: bool
    aliases: [enableExecuteCommand]
  run_once:
    description:
      - A key for the work that the tasks do, for example V(migrate-2.4.1). It says which tasks are the same.
      - A task with the key that still runs is waited for, one that ended well is not run again, one that failed is. So
        a run that was interrupted can be repeated, and two runs at the same time start one task.
      - The key is kept as C(startedBy) of the task. ECS shows a stopped task for about an hour; after that it cannot be
        told that the work was done, and it is done again.
    type: str
  capacity_retry:
    description:
      - For how many seconds to try again while AWS has no capacity for a task. V(0) tries once. Only a lack of capacity
        is tried again, no other failure.
    type: int
    default: 120
  task:
    description:
      - The tasks to stop or protect, by id or ARN.
    type: list
    elements: str
    aliases: [tasks]
  service:
    description:
      - Stop or protect the tasks of this service.
    type: str
  family:
    description:
      - Stop or protect the tasks of this family of task definitions.
    type: str
  reason:
    description:
      - Why the tasks are stopped, up to 1024 characters. AWS shows it as the C(stopped_reason).
    type: str
  expires_in_minutes:
    description:
      - How long tasks are protected, 1 to 2880. AWS takes 120 when it is not given.
      - A task that is protected already is protected anew when less than half of this time is left.
    type: int
    aliases: [expiresInMinutes]
  log_lines:
    description:
      - How many of the last log lines of each container to return. V(0) reads no logs, and shows none as progress.
      - Of more than ten tasks, the log lines of the first ten are shown as progress.
    type: int
    default: 20
  wait:
    description:
      - Whether to wait for what O(state) says. When V(false), the tasks are only started, or told to stop.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most. When the time is over the task fails; the tasks go on in AWS. With O(run_once)
        the next run takes the wait up.
    type: int
    default: 900
seealso:
  - module: longshore.ecs.task_info
  - module: longshore.ecs.service
  - ref: ansible_collections.longshore.ecs.docsite.tasks
    description: Running tasks once, when they fail, and what their failures mean.
"""

EXAMPLES = r"""
- name: Migrate the database, and go on only when that worked
  longshore.ecs.task:
    cluster: shop-prod
    task_definition: prod-shop-migrate
    launch_type: FARGATE
    network_configuration:
      subnets: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
      security_groups: [sg-0cccccccccccccccc]
      assign_public_ip: false
    overrides:
      container_overrides:
        - name: migrate
          command: [bin/migrate, --to, latest]
          environment:
            RELEASE: "2.4.1"
    run_once: migrate-2.4.1

- name: Clear the cache where and as the web service runs
  longshore.ecs.task:
    cluster: shop-prod
    like_service: shop-web
    task_definition: prod-shop-migrate
    count: 2
    started_by: nightly
    tags:
      Environment: prod

- name: Start a worker, and go on when it runs
  longshore.ecs.task:
    cluster: shop-prod
    like_service: shop-web
    started_by: worker
    state: running

- name: Stop it
  longshore.ecs.task:
    cluster: shop-prod
    started_by: worker
    state: stopped
    reason: the night is over

- name: Keep the tasks of a service while they work
  longshore.ecs.task:
    cluster: shop-prod
    service: shop-web
    state: protected
    expires_in_minutes: 60
"""

RETURN = r"""
task:
  description: The task, or the first of several; empty when there is none, as in check mode.
  returned: success, or on failure when tasks were started
  type: dict
  contains:
    id:
      description: The id of the task.
      type: str
      sample: 0f9de17a6465404e8b1b2356dc13c2f8
      returned: success
    task_arn:
      description: The ARN of the task.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:task/shop-prod/0f9de17a6465404e8b1b2356dc13c2f8
      returned: success
    task_definition_arn:
      description: The revision that was run.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:task-definition/prod-shop-migrate:7
      returned: success
    last_status:
      description: How far the task has come.
      type: str
      sample: STOPPED
      returned: success
    exit_codes:
      description: The exit code of each container that has one.
      type: dict
      sample: {migrate: 0}
      returned: success
    log_tail:
      description: The last log lines of each container that has a log which may be read.
      type: dict
      sample: {migrate: [3 migrations applied]}
      returned: when tasks are run or stopped
    protection:
      description: Whether the task is protected from scale-in, and until when.
      type: dict
      sample: {protection_enabled: true, expiration_date: "2025-03-01T12:00:00+00:00"}
      returned: when tasks are protected or unprotected
    stop_code:
      description: What kind of event stopped the task.
      type: str
      sample: EssentialContainerExited
      returned: when the task is stopped
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
tasks:
  description: All tasks, each as in RV(task). Those that had been started before a failure are among them.
  returned: success, or on failure when tasks were started
  type: list
  elements: dict
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: RunTask, params: {cluster: shop-prod, taskDefinition: "migrate:7", count: 1}}]
diagnosis:
  description:
    - Why it failed, as C(cause), C(confidence), C(summary), C(evidence) and C(next_step).
  returned: when a task was not started, failed, or did not end in time
  type: dict
  sample: {cause: exit-code, confidence: medium, summary: the container migrate ended with exit code 1 (1 task)}
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - C(code) is C(TaskFailed), C(Capacity), C(Failures) or C(TimedOut) when a task was not started, failed, or did not
      end in time; C(failures) holds what AWS said of tasks that it did not start, C(tasks) the ARNs of those that it
      did.
  returned: on failure
  type: dict
"""

from ..module_utils._actions.task import Task
from ..module_utils._module import act


def main() -> None:
    act(Task())


if __name__ == "__main__":
    main()
