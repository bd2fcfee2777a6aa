#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_instance_info
short_description: Read Amazon ECS container instances
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads the container instances of a cluster, all or those that fit, a hundred with each call.
  - All given conditions must hold for an instance that is shown. One that does not exist is left out.
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
  container_instance:
    description:
      - The ids or ARNs of container instances.
    type: list
    elements: str
    aliases: [container_instances, containerInstances, name, names]
  ec2_instance_id:
    description:
      - The ids of EC2 instances, or of external instances (C(mi-...)).
    type: list
    elements: str
    aliases: [ec2_instance_ids, instance_ids]
  filter:
    description:
      - An expression of the cluster query language, such as V(attribute:ecs.instance-type =~ m5.*).
    type: str
  status:
    description:
      - The statuses of the instances, such as V(ACTIVE) or V(DRAINING).
    type: list
    elements: str
  older_than:
    description:
      - Instances that were registered so long ago or longer, in seconds, or with a unit, such as V(36h) or V(14d).
    type: str
  ami:
    description:
      - The images that the instances were started from.
    type: list
    elements: str
    aliases: [amis]
  not_ami:
    description:
      - Images that they were not started from. What is not on the newest image is found this way.
    type: list
    elements: str
  capacity_provider:
    description:
      - The capacity provider that they belong to.
    type: str
seealso:
  - module: longshore.ecs.container_instance
"""

EXAMPLES = r"""
- name: Instances that are older than two weeks
  longshore.ecs.container_instance_info:
    cluster: shop-prod
    older_than: 14d
  register: old

- name: Instances that are not connected
  ansible.builtin.debug:
    msg: "{{ old.container_instances | rejectattr('agent_connected') | map(attribute='ec2_instance_id') }}"

- name: All instances of the cluster
  longshore.ecs.container_instance_info:
    cluster: shop-prod
"""

RETURN = r"""
container_instances:
  description:
    - The instances that were found, with their C(id), their resources, their health, and C(attributes) as a dictionary.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the container instance.
      type: str
      returned: success
    ec2_instance_id:
      description: The id of the EC2 instance, or of the external one.
      type: str
      returned: success
    status:
      description: The status, such as V(ACTIVE) or V(DRAINING).
      type: str
      returned: success
    attributes:
      description: The attributes by their names; without a value, V(null).
      type: dict
      returned: success
"""

from ..module_utils._actions.container_instance_info import ContainerInstanceInfo
from ..module_utils._module import act


def main() -> None:
    act(ContainerInstanceInfo())


if __name__ == "__main__":
    main()
