#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_provider
short_description: Manage an Amazon ECS capacity provider
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, changes or deletes a capacity provider, which is either an Auto Scaling group that ECS fills with tasks and
    scales, or a pool of Amazon ECS Managed Instances that belongs to one cluster.
  - An option that is not given leaves things as they are in AWS.
  - A provider of an Auto Scaling group can be used once the cluster names it, in
    O(longshore.ecs.cluster#module:capacity_providers).
    A provider of Managed Instances attaches itself to its cluster, and is not named there.
  - The providers V(FARGATE) and V(FARGATE_SPOT) belong to AWS, and need no creation.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  name:
    description:
      - The name of the provider, up to 255 letters, digits, hyphens and underscores. It cannot start with C(aws),
        C(ecs) or C(fargate). Required, here or in O(definition) or O(src).
    type: str
  cluster:
    description:
      - The cluster to which the instances of O(managed_instances_provider) belong. For life.
    type: str
  auto_scaling_group_provider:
    description:
      - The Auto Scaling group, as C(auto_scaling_group_arn), which also takes the group's name. For life; a group has
        at most one provider.
      - C(managed_scaling) lets ECS scale the group, by C(status), C(target_capacity) (1 to 100 percent),
        C(minimum_scaling_step_size), C(maximum_scaling_step_size) (1 to 10000 instances) and C(instance_warmup_period)
        (0 to 10000 seconds). An empty dictionary switches it off.
      - C(managed_termination_protection) keeps instances on which tasks run from being scaled in. It needs managed
        scaling, and a group that protects new instances from scale-in, see O(protect_instances); whether it does is
        looked at before any call.
      - C(managed_draining) drains instances before the group terminates them. AWS has it on unless told otherwise.
      - Of these, what is not given stays as it is.
    type: dict
    aliases: [autoScalingGroupProvider]
  managed_instances_provider:
    description:
      - C(infrastructure_role_arn), the role with which ECS manages the instances, and C(instance_launch_template), with
        C(ec2_instance_profile_arn), C(network_configuration), C(storage_configuration), C(local_storage_configuration),
        C(monitoring), C(capacity_option_type), C(instance_metadata_tags_propagation), C(instance_requirements),
        C(fips_enabled), C(capacity_reservations) and C(nitro_enclaves_enabled).
      - Subnets and security groups may be given by id, by name, or by tag as V(tag:Tier=private).
      - C(propagate_tags) copies the tags of the provider to its instances; C(infrastructure_optimization) and
        C(auto_repair_configuration) say when idle and broken instances are replaced.
      - C(capacity_option_type), C(fips_enabled) and C(nitro_enclaves_enabled) are for life. Other changes are for the
        instances that are launched after them. C(instance_requirements) are given as a whole.
    type: dict
    aliases: [managedInstancesProvider]
  force:
    description:
      - Whether clusters that use the provider, also in their default strategy, are made to let go of it before it is
        deleted. Services whose strategy names it are never changed; they are named in the refusal.
    type: bool
    default: false
  protect_instances:
    description:
      - Whether an Auto Scaling group that does not protect its instances from scale-in is made to, when
        C(managed_termination_protection) is switched on. Nothing else of the group is changed, nor is this taken back.
    type: bool
    default: false
seealso:
  - module: longshore.ecs.capacity_provider_info
  - module: longshore.ecs.cluster
  - module: longshore.ecs.container_instance
"""

EXAMPLES = r"""
- name: An Auto Scaling group that ECS scales to what its tasks need, and a tenth more
  longshore.ecs.capacity_provider:
    name: shop-prod-instances
    auto_scaling_group_provider:
      auto_scaling_group_arn: shop-prod-instances
      managed_scaling:
        status: ENABLED
        target_capacity: 90
      managed_termination_protection: ENABLED
      managed_draining: ENABLED
    protect_instances: true
    tags:
      Environment: prod

- name: Instances that ECS manages, of current generations on Graviton
  longshore.ecs.capacity_provider:
    name: shop-prod-managed
    cluster: shop-prod
    managed_instances_provider:
      infrastructure_role_arn: arn:aws:iam::123456789012:role/ecsInfrastructureRole
      instance_launch_template:
        ec2_instance_profile_arn: arn:aws:iam::123456789012:instance-profile/ecsInstanceRole
        network_configuration:
          subnets: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
          security_groups: [sg-0cccccccccccccccc]
        instance_requirements:
          vcpu_count: {min: 2, max: 8}
          memory_mib: {min: 4096}
          cpu_manufacturers: [amazon-web-services]
          instance_generations: [current]
      propagate_tags: CAPACITY_PROVIDER

- name: Delete it, and take it out of the clusters that use it
  longshore.ecs.capacity_provider:
    name: shop-prod-instances
    state: absent
    force: true
"""

RETURN = r"""
capacity_provider:
  description:
    - The provider as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Empty when the provider does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the provider.
      type: str
      sample: shop-prod-instances
      returned: success
    capacity_provider_arn:
      description: The ARN of the provider.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:capacity-provider/shop-prod-instances
      returned: success
    type:
      description: What it is made of.
      type: str
      sample: EC2_AUTOSCALING
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: CreateCapacityProvider, params: {name: shop-prod-instances}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.capacity_provider import CapacityProvider


def main() -> None:
    manage(CapacityProvider())


if __name__ == "__main__":
    main()
