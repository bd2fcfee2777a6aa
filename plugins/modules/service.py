#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service
short_description: Manage an Amazon ECS service
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, changes, replaces or deletes a service, and waits for the deployment that this causes.
  - Only what differs is sent. An option that is not given leaves things as they are in AWS. An empty value clears.
  - Waiting follows the deployment of this run by its id. The task fails when that deployment fails, is rolled back, is
    stopped, is superseded by another one, pauses for approval or does not end in time, and says why.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._resource.legacy
  - longshore.ecs._deployment
  - longshore.ecs._deployment.progress
  - longshore.ecs._attributes
attributes:
  idempotent:
    support: partial
    description: A second run with the same options makes no writing call, except with O(force_new_deployment=true).
options:
  name:
    description:
      - The name of the service. Required, here or in O(definition) or O(src).
    type: str
    aliases: [service, service_name, serviceName]
  cluster:
    description:
      - The name or ARN of the cluster. AWS takes V(default) when it is not given.
    type: str
  task_definition:
    description:
      - The task definition to run, as C(family), C(family:revision) or ARN. A bare family means its latest active
        revision at the time of the run.
    type: str
    aliases: [taskDefinition]
  desired_count:
    description:
      - How many tasks to run. Required to create a service, unless it is a DAEMON or under the EXTERNAL controller.
        When not given, the count is left alone.
      - When Application Auto Scaling scales the service, the count is left alone, with a warning. Whether it does is
        only looked up when the count differs. O(force_desired_count=true) sets it nevertheless.
    type: int
    aliases: [desiredCount]
  launch_type:
    description:
      - The launch type, for example V(FARGATE). Excludes O(capacity_provider_strategy).
    type: str
    aliases: [launchType]
  capacity_provider_strategy:
    description:
      - Capacity providers with C(weight) and C(base). A change starts a new deployment.
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
      - The C(awsvpc_configuration) with C(subnets), C(security_groups) and C(assign_public_ip). A member that is not
        given stays as it is.
      - A subnet or security group may be given by its id, its name (a subnet's is its tag V(Name)), or a tag as
        V(tag:Tier=private), which may fit several. Both take the wildcards C(*) and C(?). A security group is looked
        for in the VPC of the subnets.
    type: dict
    aliases: [networkConfiguration]
  load_balancers:
    description:
      - The target groups that tasks are registered in, with C(target_group_arn), C(container_name), C(container_port).
      - The strategies V(BLUE_GREEN), V(LINEAR) and V(CANARY) need C(advanced_configuration) in each, with
        C(alternate_target_group_arn), C(production_listener_rule), C(role_arn) and, on demand, C(test_listener_rule).
        Each deployment moves the traffic from the one target group to the other; which of the two stands first is no
        difference.
    type: list
    elements: dict
    aliases: [loadBalancers]
  health_check_grace_period_seconds:
    description:
      - How many seconds a new task has before failing load balancer health checks count.
    type: int
    aliases: [healthCheckGracePeriodSeconds]
  service_registries:
    description:
      - The Cloud Map registry for service discovery.
    type: list
    elements: dict
    aliases: [serviceRegistries]
  service_connect_configuration:
    description:
      - Service Connect. An empty dictionary switches it off.
    type: dict
    aliases: [serviceConnectConfiguration]
  vpc_lattice_configurations:
    description:
      - VPC Lattice target groups.
    type: list
    elements: dict
    aliases: [vpcLatticeConfigurations]
  gateway_connectors:
    description:
      - Connectors to ECS gateways.
    type: list
    elements: dict
    aliases: [gatewayConnectors]
  volume_configurations:
    description:
      - EBS volumes that are made for each task.
    type: list
    elements: dict
    aliases: [volumeConfigurations]
  deployment_configuration:
    description:
      - How deployments go, as C(strategy), C(minimum_healthy_percent), C(maximum_percent),
        C(deployment_circuit_breaker), C(alarms), C(lifecycle_hooks) and more. A part that is not given stays as it is.
      - C(strategy) is V(ROLLING), V(BLUE_GREEN), V(LINEAR) or V(CANARY), and may be changed at any time. What belongs
        to one strategy alone, C(linear_configuration) and C(canary_configuration), goes with it.
      - The guide on deployment strategies, named below, shows each of them.
    type: dict
    aliases: [deploymentConfiguration]
  deployment_controller:
    description:
      - Who makes deployments, as C(type) V(ECS), V(CODE_DEPLOY) or V(EXTERNAL).
      - With V(CODE_DEPLOY), a change of O(task_definition), O(network_configuration), O(platform_version),
        O(capacity_provider_strategy) or of the container and port of O(load_balancers) goes out as a deployment of AWS
        CodeDeploy, see O(code_deploy). The target group of O(load_balancers) may be either of the deployment group's
        two.
      - With V(EXTERNAL), these members belong to the task sets, and a change of them is refused.
    type: dict
    aliases: [deploymentController]
  code_deploy:
    description:
      - How CodeDeploy deploys, for a service whose O(deployment_controller) is V(CODE_DEPLOY). The AppSpec is made from
        the options of the service.
      - CodeDeploy makes one deployment of a group at a time. One of the same content that is under way is followed
        instead of started again; another one fails the task, before anything is changed.
    type: dict
    suboptions:
      application:
        description:
          - The CodeDeploy application. When not given, it is C(AppECS-<cluster>-<service>), as the ECS console names
            it.
        type: str
      deployment_group:
        description:
          - The deployment group. When not given, it is C(DgpECS-<cluster>-<service>), or else the group of the
            application that deploys to this service.
        type: str
      deployment_config:
        description:
          - The deployment configuration, for example V(CodeDeployDefault.ECSCanary10Percent5Minutes). When not given,
            that of the deployment group counts.
        type: str
      description:
        description:
          - A comment that CodeDeploy shows with the deployment.
        type: str
      hooks:
        description:
          - Lambda functions, by name or ARN, to call in the deployment, with C(before_install), C(after_install),
            C(after_allow_test_traffic), C(before_allow_traffic) or C(after_allow_traffic) as keys.
        type: dict
      auto_rollback:
        description:
          - The events after which CodeDeploy rolls back by itself. An empty list means none. When not given, those of
            the deployment group count.
        type: list
        elements: str
        choices: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM, DEPLOYMENT_STOP_ON_REQUEST]
  scheduling_strategy:
    description:
      - V(REPLICA) or V(DAEMON).
    type: str
    aliases: [schedulingStrategy]
  availability_zone_rebalancing:
    description:
      - Whether ECS spreads tasks over Availability Zones again, V(ENABLED) or V(DISABLED).
    type: str
    aliases: [availabilityZoneRebalancing]
  placement_constraints:
    description:
      - Constraints on the container instances that tasks may be placed on.
    type: list
    elements: dict
    aliases: [placementConstraints]
  placement_strategy:
    description:
      - How tasks are placed on container instances. Their order counts.
    type: list
    elements: dict
    aliases: [placementStrategy]
  propagate_tags:
    description:
      - Whether tasks get the tags of the V(SERVICE), of the V(TASK_DEFINITION), or V(NONE).
    type: str
    aliases: [propagateTags]
  enable_ecs_managed_tags:
    description:
      - Whether tasks get the tags that ECS manages, with the names of the cluster and the service.
    type: bool
    aliases: [enableECSManagedTags]
  enable_execute_command:
    description:
      - Whether commands may be executed in the containers. Only new tasks follow a change.
    type: bool
    aliases: [enableExecuteCommand]
  monitoring:
    description:
      - The metrics of the service and their resolution.
    type: dict
  role:
    description:
      - The role with which ECS calls the load balancer, where the service-linked role is not used.
    type: str
  client_token:
    description:
      - A token that makes a repeated creation the same creation. One is made up when it is not given.
    type: str
    aliases: [clientToken]
  force_new_deployment:
    description:
      - Whether to deploy even if nothing differs. The task then always reports a change. With CodeDeploy, it is a
        deployment of the same revision.
    type: bool
    default: false
    aliases: [forceNewDeployment]
  force_deletion:
    description:
      - Whether O(state=absent) may delete a service that still wants tasks.
    type: bool
    default: true
  force_desired_count:
    description:
      - Whether to set O(desired_count) although Application Auto Scaling scales the service.
    type: bool
    default: false
  purge_placement_constraints:
    description:
      - Has no effect; a list of constraints that is given is complete. For playbooks that come from community.aws.
    type: bool
  purge_placement_strategy:
    description:
      - Has no effect; a strategy that is given is complete. For playbooks that come from community.aws.
    type: bool
seealso:
  - module: longshore.ecs.service_info
  - module: longshore.ecs.deployment
  - module: longshore.ecs.preflight
  - module: longshore.ecs.task_definition
  - module: longshore.ecs.cluster
  - ref: ansible_collections.longshore.ecs.docsite.waiting
    description: How a deployment is followed, the outcomes, and the causes that a diagnosis names.
  - ref: ansible_collections.longshore.ecs.docsite.strategies
    description: Rolling, blue/green, linear and canary deployments, hooks, and CodeDeploy.
"""

EXAMPLES = r"""
- name: Two tasks of the latest revision, behind a load balancer
  longshore.ecs.service:
    name: shop-web
    cluster: shop-prod
    task_definition: prod-shop-web
    desired_count: 2
    launch_type: FARGATE
    network_configuration:
      awsvpc_configuration:
        subnets: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
        security_groups: [sg-0cccccccccccccccc]
        assign_public_ip: DISABLED
    deployment_configuration:
      deployment_circuit_breaker:
        enable: true
        rollback: true
    enable_ecs_managed_tags: true
    propagate_tags: SERVICE
    tags:
      Environment: prod

- name: Deploy another revision; everything else stays as it is
  longshore.ecs.service:
    name: shop-web
    cluster: shop-prod
    task_definition: prod-shop-web:2

- name: Run the same containers anew, for example to pull a moved tag
  longshore.ecs.service:
    name: shop-web
    cluster: shop-prod
    force_new_deployment: true

- name: From now on, let a tenth of the traffic try a new revision for ten minutes before the rest follows
  longshore.ecs.service:
    name: shop-web
    cluster: shop-prod
    deployment_configuration:
      strategy: CANARY
      canary_configuration:
        canary_percent: 10
        canary_bake_time_in_minutes: 10
      bake_time_in_minutes: 5

- name: Delete it, and wait until its tasks have stopped
  longshore.ecs.service:
    name: shop-web
    cluster: shop-prod
    state: absent
"""

RETURN = r"""
service:
  description:
    - The service as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Empty when the service does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the service.
      type: str
      sample: shop-web
      returned: success
    service_arn:
      description: The ARN of the service.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:service/shop-prod/shop-web
      returned: success
    task_definition:
      description: The task definition of the newest deployment, as family and revision.
      type: str
      sample: prod-shop-web:7
      returned: success
    running_count:
      description: How many tasks run.
      type: int
      sample: 2
      returned: success
    deployments:
      description: The deployments, the newest of which is PRIMARY.
      type: list
      elements: dict
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: UpdateService, params: {service: shop-web, desiredCount: 4}}]
deployment:
  description:
    - What became of the deployment that was followed, as C(id), C(arn), C(outcome), C(status), C(stage)
      and, where it pauses for approval, C(hook_id).
    - C(outcome) is V(completed), V(rolled_back), V(rollback_failed), V(failed), V(hopeless), V(stopped),
      V(superseded), V(awaiting_approval), V(timed_out) or V(gone), and absent when it was not waited for.
  returned: when a deployment was started or followed
  type: dict
  sample:
    id: ecs-svc/1234567890123456789
    arn: arn:aws:ecs:eu-central-1:123456789012:service-deployment/shop-prod/shop-web/AbCdEfGhIjKl
    outcome: completed
    status: SUCCESSFUL
diagnosis:
  description:
    - Why a deployment did not complete.
    - C(cause) is a name for it and C(confidence) V(high), V(medium) or V(low). C(summary) is a sentence to act on, and
      C(next_step) what a person would do.
    - C(evidence) holds the stopped tasks grouped by cause, the events since the start, what the load balancer says of
      the targets, the circuit breaker, alarms and hooks, and the last log lines of failing containers. What may not be
      seen is noted there.
  returned: when a deployment did not complete
  type: dict
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - When a deployment did not complete also its id as C(deployment), and what AWS gave as C(reason). The code is then
      V(RolledBack), V(RollbackFailed), V(Failed), V(Hopeless), V(Stopped), V(Superseded), V(AwaitingApproval),
      V(TimedOut) or V(Gone).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.service import Service


def main() -> None:
    manage(Service())


if __name__ == "__main__":
    main()
