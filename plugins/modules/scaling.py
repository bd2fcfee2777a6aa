#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scaling
short_description: Scale an Amazon ECS service
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Declares how Application Auto Scaling scales a service, as one document. These are its bounds, policies of target
    tracking, step and predictive scaling, scheduled actions, what is suspended, and tags.
  - An option that is not given leaves things as they are in AWS. A list of policies or actions that is given is
    complete, and what it does not name is deleted. An empty one deletes them all.
  - Only what differs is sent. A service is registered again for its bounds and for what is suspended alone, since that
    moves the number of its tasks into the bounds.
  - Bounds that a scheduled action of this document has set are left as they are, so a run at night does not wake what
    sleeps until the morning.
  - M(longshore.ecs.service) leaves the number of tasks of a scaled service alone by itself.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  service:
    description:
      - The name or ARN of the service. Required, here or in O(definition) or O(src).
    type: str
  cluster:
    description:
      - The name or ARN of its cluster. The cluster V(default) when not given.
    type: str
  min_capacity:
    description:
      - How many tasks there are at least. Required when the service is not scaled yet.
      - With V(0), metrics such as the CPU load end when no task is left. A policy that shall start the first task again
        needs a metric that goes on, such as the length of a queue.
    type: int
    aliases: [MinCapacity]
  max_capacity:
    description:
      - How many tasks there are at most. Required when the service is not scaled yet.
    type: int
    aliases: [MaxCapacity]
  role_arn:
    description:
      - The ARN of a role for Application Auto Scaling. For ECS it uses its service-linked role in any case, so this is
        sent when the service is registered and not compared afterwards.
    type: str
    aliases: [RoleARN]
  suspended_state:
    description:
      - What is suspended, as C(dynamic_scaling_in_suspended), C(dynamic_scaling_out_suspended) and
        C(scheduled_scaling_suspended). Those that are not given stay as they are, an empty dictionary resumes all.
    type: dict
    aliases: [SuspendedState]
  target_tracking:
    description:
      - "Policies that keep a metric at a value, by name, for example V({cpu: 60, memory: 70}). Or a list of
        dictionaries that each have a C(name)."
      - A value alone is the target value. Otherwise an entry takes C(value) (or C(target_value)), C(scale_in_cooldown)
        and C(scale_out_cooldown) in seconds (300 each by default), and C(disable_scale_in).
      - What is measured is said by C(metric), which is C(cpu), C(memory), C(requests_per_target) or the name of a
        predefined metric of AWS. A policy with one of the first three names needs no C(metric).
      - C(requests_per_target) counts the requests of the target group of the service. When it has several, name one as
        C(target_group), by name or ARN; or give the C(resource_label).
      - C(metrics) has metrics of CloudWatch by id, each with C(namespace), C(metric_name), C(dimensions) and C(stat),
        or an C(expression) over the others. The one expression is what is tracked; with several, set C(return_data).
      - C(predefined_metric_specification) and C(customized_metric_specification) are taken as AWS has them.
      - The alarms that AWS makes for these policies belong to AWS. They are shown, and never touched.
    type: raw
    aliases: [targetTracking]
  step_scaling:
    description:
      - Policies that change the number of tasks by steps, by name or as a list, with C(adjustment_type),
        C(step_adjustments), C(cooldown), C(metric_aggregation_type) and C(min_adjustment_magnitude) as AWS has them.
      - They act when a CloudWatch alarm tells them to. Make it with M(amazon.aws.cloudwatch_metric_alarm), with the
        C(policy_arn) that the result shows as its action.
    type: raw
    aliases: [stepScaling]
  predictive_scaling:
    description:
      - Policies that forecast the load, by name or as a list. They take C(value), C(metric), C(target_group) and
        C(resource_label) as O(target_tracking) does, and C(mode), C(scheduling_buffer_time),
        C(max_capacity_breach_behavior) and C(max_capacity_buffer).
      - Without C(mode) AWS only forecasts. C(ForecastAndScale) scales.
      - C(metric_specifications) is taken as AWS has it.
    type: raw
    aliases: [predictiveScaling]
  scheduled_actions:
    description:
      - Actions that change the bounds at a time, by name or as a list. An entry has a C(schedule), such as
        V(cron(0 22 * * ? *\)), V(rate(1 hour\)) or V(at(2030-01-31T08:00:00\)), and C(min_capacity), C(max_capacity) or
        both.
      - C(timezone) goes with C(cron) and C(at), and is UTC when not given. C(start_time) and C(end_time) are ISO 8601
        times between which the schedule holds.
    type: raw
    aliases: [scheduledActions]
seealso:
  - module: longshore.ecs.scaling_info
  - module: longshore.ecs.service
  - module: amazon.aws.cloudwatch_metric_alarm
  - ref: ansible_collections.longshore.ecs.docsite.scaling
    description: Scaling of services, with examples.
"""

EXAMPLES = r"""
- name: Between two and ten tasks, at 60 per cent of their CPU
  longshore.ecs.scaling:
    service: shop-web
    cluster: shop-prod
    min_capacity: 2
    max_capacity: 10
    target_tracking:
      cpu: 60

- name: Slower in than out, and by memory too
  longshore.ecs.scaling:
    service: shop-web
    cluster: shop-prod
    target_tracking:
      cpu: {value: 60, scale_out_cooldown: 60, scale_in_cooldown: 300}
      memory: {value: 75, disable_scale_in: true}

- name: Nothing runs at night
  longshore.ecs.scaling:
    service: shop-web
    cluster: shop-prod
    scheduled_actions:
      evening:
        schedule: cron(0 22 * * ? *)
        timezone: Europe/Berlin
        min_capacity: 0
        max_capacity: 0
      morning:
        schedule: cron(0 6 * * ? *)
        timezone: Europe/Berlin
        min_capacity: 2
        max_capacity: 10

- name: A hundred messages for each task
  longshore.ecs.scaling:
    service: shop-worker
    cluster: shop-prod
    min_capacity: 1
    max_capacity: 20
    target_tracking:
      backlog:
        value: 100
        metrics:
          visible:
            namespace: AWS/SQS
            metric_name: ApproximateNumberOfMessagesVisible
            dimensions: {QueueName: shop-jobs}
            stat: Sum
          running:
            namespace: ECS/ContainerInsights
            metric_name: RunningTaskCount
            dimensions: {ClusterName: shop-prod, ServiceName: shop-worker}
            stat: Average
          each: visible / running

- name: No scaling in while a campaign runs
  longshore.ecs.scaling:
    service: shop-web
    cluster: shop-prod
    suspended_state:
      dynamic_scaling_in_suspended: true

- name: Scale it no more
  longshore.ecs.scaling:
    service: shop-web
    cluster: shop-prod
    state: absent
"""

RETURN = r"""
scaling:
  description:
    - How the service is scaled, in the spelling of the options. It can be given back as O(definition).
    - Empty when the service is not scaled.
  returned: success
  type: dict
  contains:
    service:
      description: The name of the service.
      type: str
      sample: shop-web
      returned: success
    cluster:
      description: The name of the cluster.
      type: str
      sample: shop-prod
      returned: success
    min_capacity:
      description: How many tasks there are at least.
      type: int
      sample: 2
      returned: success
    max_capacity:
      description: How many tasks there are at most.
      type: int
      sample: 10
      returned: success
    scalable_target_arn:
      description: The ARN under which the scaling is tagged.
      type: str
      sample: arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target/0ec50123456789abcdef
      returned: success
    target_tracking:
      description: The policies of target tracking, each with its C(policy_arn) and the names of its C(alarms).
      type: list
      elements: dict
      returned: success
    step_scaling:
      description: The step policies, each with its C(policy_arn) and the names of its C(alarms).
      type: list
      elements: dict
      returned: success
    scheduled_actions:
      description: The scheduled actions.
      type: list
      elements: dict
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: application-autoscaling, operation: RegisterScalableTarget, params: {MinCapacity: 2}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.scaling import Scaling


def main() -> None:
    manage(Scaling())


if __name__ == "__main__":
    main()
