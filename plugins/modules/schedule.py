#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule
short_description: Run Amazon ECS tasks on a schedule
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, changes or deletes a schedule of Amazon EventBridge Scheduler that runs a task of Amazon ECS, on Fargate,
    on EC2 or by a capacity provider strategy.
  - EventBridge Scheduler replaces a schedule as a whole with each change. This module sends what nobody speaks of along
    as it is, so an option that is not given leaves things as they are. An empty value clears.
  - EventBridge Scheduler looks at the task for the first time when it runs it. This module looks before, at the task
    definition, its network mode and the names of its containers.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  name:
    description:
      - The name of the schedule. Required, here or in O(definition) or O(src).
    type: str
    aliases: [Name]
  group_name:
    description:
      - The group of schedules that it is in. V(default) when not given. Groups are made by
        M(longshore.ecs.schedule_group).
      - A schedule cannot move to another group; the same name in another group is another schedule.
    type: str
    aliases: [GroupName]
  description:
    description:
      - What the schedule is for.
    type: str
    aliases: [Description]
  rate:
    description:
      - How often to run the task, as V(5 minutes), V(12 hours) or V(1 day). It runs at once, or at O(start_date), and
        then so often.
    type: str
  cron:
    description:
      - When to run the task, as six fields, minutes, hours, day-of-month, month, day-of-week and year, for example
        V(30 3 ? * MON-FRI *). One of the two days has to be C(?).
      - A time that does not exist on the day on which summer time begins is skipped. One that comes twice when it ends
        counts once.
    type: str
  at:
    description:
      - When to run the task, once, as V(2030-01-31T03:00:00).
    type: str
  schedule_expression:
    description:
      - The same as O(rate), O(cron) or O(at), as AWS spells it, for example V(rate(5 minutes)).
    type: str
    aliases: [ScheduleExpression]
  schedule_expression_timezone:
    description:
      - The time zone in which O(cron) and O(at) are meant, as V(Europe/Berlin). V(UTC) when not given.
    type: str
    aliases: [ScheduleExpressionTimezone, time_zone]
  start_date:
    description:
      - From when on the schedule runs, as V(2030-01-31T03:00:00Z). Without a zone it is meant in UTC.
      - It cannot lie in the past when the schedule is made. Afterwards one that is over changes nothing.
    type: str
    aliases: [StartDate]
  end_date:
    description:
      - Until when the schedule runs.
    type: str
    aliases: [EndDate]
  flexible_time_window:
    description:
      - A window in which the task may start, as C(maximum_window_in_minutes), 1 to 1440. It spreads schedules that
        would all start on the hour. Empty for none.
    type: dict
    aliases: [FlexibleTimeWindow]
  enabled:
    description:
      - Whether the schedule runs, C(State) of the API. Enabled when it is made and nothing is said.
    type: bool
  action_after_completion:
    description:
      - V(DELETE) deletes the schedule when it has run for the last time, V(NONE) keeps it.
    type: str
    aliases: [ActionAfterCompletion]
  kms_key_arn:
    description:
      - The ARN of the KMS key that encrypts the schedule. An empty one returns to the key of AWS.
    type: str
    aliases: [KmsKeyArn]
  role_arn:
    description:
      - The ARN of the role by which EventBridge Scheduler runs the task. It needs C(ecs:RunTask) for the family,
        C(iam:PassRole) for the roles of the task, and C(sqs:SendMessage) for the queue of O(dead_letter_config).
        P(longshore.ecs.scheduled_task#role) makes one.
    type: str
    aliases: [RoleArn]
  dead_letter_config:
    description:
      - The queue that runs are reported to that could not be started, as C(arn) of a standard queue of SQS.
    type: dict
    aliases: [DeadLetterConfig]
  retry_policy:
    description:
      - How often to try to start the task, as C(maximum_retry_attempts) (185 when not given) and
        C(maximum_event_age_in_seconds) (86400). It is not about tasks that were started and fail.
    type: dict
    aliases: [RetryPolicy]
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
  task_definition:
    description:
      - A family, of which the latest revision is run, whichever that is at the time. Or a certain revision, as
        V(family:revision). An ARN will do too.
    type: str
    aliases: [taskDefinition]
  task_count:
    description:
      - How many tasks to run each time, 1 to 10.
    type: int
    aliases: [taskCount]
  task_group:
    description:
      - The task group.
    type: str
    aliases: [taskGroup]
  task_tags:
    description:
      - Tags of the tasks, as keys and values.
    type: raw
    aliases: [taskTags]
  overrides:
    description:
      - What of the task definition is overridden, as M(longshore.ecs.task) takes it.
    type: dict
  launch_type:
    description:
      - V(FARGATE), V(EC2) or V(EXTERNAL). Replaces O(capacity_provider_strategy).
    type: str
    aliases: [launchType]
  capacity_provider_strategy:
    description:
      - Which capacity providers to use, as C(capacity_provider), C(weight) and C(base). Replaces O(launch_type).
    type: list
    elements: dict
    aliases: [capacityProviderStrategy]
  platform_version:
    description:
      - The platform version of Fargate.
    type: str
    aliases: [platformVersion]
  network_configuration:
    description:
      - Subnets and security groups for task definitions with the network mode V(awsvpc), as C(awsvpc_configuration).
      - Subnets and security groups may be given by id, by name, or as V(tag:Key=value).
    type: dict
    aliases: [networkConfiguration]
  placement_constraints:
    description:
      - Which container instances may be used, as C(type) and C(expression).
    type: list
    elements: dict
    aliases: [placementConstraints]
  placement_strategy:
    description:
      - Which container instances are preferred, as C(type) and C(field).
    type: list
    elements: dict
    aliases: [placementStrategy]
  propagate_tags:
    description:
      - V(TASK_DEFINITION) gives the tags of the task definition to the tasks. Empty for none.
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
  reference_id:
    description:
      - An id for the tasks.
    type: str
    aliases: [referenceId]
  tags:
    description:
      - Not taken, since schedules have no tags. Those of their group are given to M(longshore.ecs.schedule_group),
        those of the tasks by O(task_tags).
    type: dict
seealso:
  - module: longshore.ecs.schedule_info
  - module: longshore.ecs.schedule_group
  - module: longshore.ecs.task
  - ref: ansible_collections.longshore.ecs.docsite.schedules
    description: Schedules, their roles, and moving from rules of EventBridge.
"""

EXAMPLES = r"""
- name: A report on each working day, at half past three in Berlin
  longshore.ecs.schedule:
    name: prod-shop-report
    cron: 30 3 ? * MON-FRI *
    schedule_expression_timezone: Europe/Berlin
    cluster: shop-prod
    task_definition: prod-shop-web
    launch_type: FARGATE
    network_configuration:
      awsvpc_configuration: {subnets: [subnet-0aaaaaaaaaaaaaaaa], security_groups: [sg-0cccccccccccccccc]}
    role_arn: arn:aws:iam::123456789012:role/prod-shop-report-schedule

- name: On Spot, spread over a quarter of an hour, and with a command of its own
  longshore.ecs.schedule:
    name: prod-shop-report
    capacity_provider_strategy: [{capacity_provider: FARGATE_SPOT, weight: 1}]
    flexible_time_window: {maximum_window_in_minutes: 15}
    retry_policy: {maximum_retry_attempts: 3, maximum_event_age_in_seconds: 3600}
    dead_letter_config: {arn: "arn:aws:sqs:eu-central-1:123456789012:prod-shop-report-failed"}
    overrides:
      container_overrides: [{name: web, command: [report, --daily], environment: {LOG_LEVEL: debug}}]

- name: Not for now; everything else stays as it is
  longshore.ecs.schedule:
    name: prod-shop-report
    enabled: false

- name: Once, and then the schedule goes
  longshore.ecs.schedule:
    name: prod-shop-migration
    at: "2099-01-31T03:00:00"
    action_after_completion: DELETE
    cluster: shop-prod
    task_definition: prod-shop-migrate:1
    launch_type: FARGATE
    network_configuration:
      awsvpc_configuration: {subnets: [subnet-0aaaaaaaaaaaaaaaa]}
    role_arn: arn:aws:iam::123456789012:role/prod-shop-report-schedule

- name: Delete it
  longshore.ecs.schedule:
    name: prod-shop-report
    state: absent
"""

RETURN = r"""
schedule:
  description:
    - The schedule as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Empty when the schedule does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the schedule.
      type: str
      sample: prod-shop-report
      returned: success
    arn:
      description: The ARN of the schedule.
      type: str
      sample: arn:aws:scheduler:eu-central-1:123456789012:schedule/default/prod-shop-report
      returned: success
    schedule_expression:
      description: When it runs.
      type: str
      sample: cron(30 3 ? * MON-FRI *)
      returned: success
    state:
      description: V(ENABLED) or V(DISABLED).
      type: str
      sample: ENABLED
      returned: success
    task_definition:
      description: What it runs, as a family or family:revision.
      type: str
      sample: prod-shop-web
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: scheduler, operation: UpdateSchedule, params: {Name: prod-shop-report}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.schedule import Schedule


def main() -> None:
    manage(Schedule())


if __name__ == "__main__":
    main()
