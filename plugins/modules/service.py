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
    stopped, is superseded by another one or does not end in time, and says why tasks stopped.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._resource.legacy
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
        When not given, the count is left alone, which is what auto scaling needs.
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
    type: dict
    aliases: [networkConfiguration]
  load_balancers:
    description:
      - The target groups that tasks are registered in, with C(target_group_arn), C(container_name), C(container_port).
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
    type: dict
    aliases: [deploymentConfiguration]
  deployment_controller:
    description:
      - Who makes deployments, as C(type) V(ECS), V(CODE_DEPLOY) or V(EXTERNAL).
    type: dict
    aliases: [deploymentController]
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
      - Whether to deploy even if nothing differs. The task then always reports a change.
    type: bool
    default: false
    aliases: [forceNewDeployment]
  force_deletion:
    description:
      - Whether O(state=absent) may delete a service that still wants tasks.
    type: bool
    default: true
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
  - module: longshore.ecs.task_definition
  - module: longshore.ecs.cluster
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
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - When a deployment failed also its id as C(deployment), and C(stopped_tasks) and C(events).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.service import Service


def main() -> None:
    manage(Service())


if __name__ == "__main__":
    main()
