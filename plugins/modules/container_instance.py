#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_instance
short_description: Drain, activate, tag with attributes and update Amazon ECS container instances
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Changes container instances that are registered in a cluster, whether EC2 or external ones.
  - With O(state=drained) they are drained batch by batch. A batch is done when no task of a service is left on it and
    all services whose tasks have moved run as many tasks as they shall. Only then comes the next batch.
  - The draining stops when a service does not recover, and says which and why. Tasks that are protected from scale-in
    hold an instance until their protection ends; the progress says how long that is.
  - What is drained already is left alone, so a run that was broken off is made again and goes on where it ended.
  - All given conditions must hold for an instance that is meant.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
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
  all:
    description:
      - Whether all instances of the cluster are meant. One of the conditions, or this, has to be given.
    type: bool
    default: false
  state:
    description:
      - V(drained) moves the tasks of services away, V(active) takes drained instances back, V(deregistered) takes
        instances out of the cluster. V(registered) changes nothing, and waits until O(count) instances that fit have
        registered and their agents are connected.
      - Only attributes and agents are changed when not given.
    type: str
    choices: [active, drained, deregistered, registered]
  batch_size:
    description:
      - How many instances are drained at a time. Drained instances stay drained while the next batch is drained, so the
        others, or what the capacity provider adds, must have room for all tasks.
    type: int
    default: 1
  max_unavailable:
    description:
      - How many instances of the cluster may be out of service, which are those that are V(DRAINING) and those whose
        agent is not connected, whoever caused that. What would be more is not drained, and named in RV(left).
    type: int
  wait_for:
    description:
      - Whether to wait for the tasks of services only, or for all. ECS does not stop tasks of no service when an
        instance is drained.
    type: str
    choices: [services, all]
    default: services
  force:
    description:
      - Whether instances are deregistered although tasks run on them. ECS loses sight of these tasks, and they go on.
    type: bool
    default: false
  managed_node:
    description:
      - Whether external instances are also deregistered from Systems Manager, which else goes on to know them.
    type: bool
    default: false
  count:
    description:
      - How many instances that fit the conditions must have registered. One when not given.
    type: int
  attributes:
    description:
      - Attributes for the instances, as a dictionary, or as a list of names, of C(name) and C(value), or of pairs.
        An attribute without a value has the value V(null). Attributes of AWS are left alone.
    type: raw
  purge_attributes:
    description:
      - Whether to remove attributes that O(attributes) does not hold, those of AWS excepted.
    type: bool
    default: false
  update_agent:
    description:
      - Whether to update the ECS agent, which does not interrupt tasks. AWS does it for ECS-optimised Linux images
        only.
        Check mode cannot know whether there is an update.
    type: bool
    default: false
  log_lines:
    description:
      - How many of the last log lines of a failing container stand in the diagnosis.
    type: int
    default: 10
  wait:
    description:
      - Whether to wait until batches are drained and agents are updated. Without, only the first batch is begun.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most for each batch, for the agents, and for instances to register.
        When the time is over the task fails; the
        work goes on in AWS, and the next run takes it up.
    type: int
    default: 1800
  progress:
    description:
      - Whether to tell, while the module waits, what it waits for.
    type: bool
    default: true
seealso:
  - module: longshore.ecs.container_instance_info
  - module: longshore.ecs.capacity_provider
  - module: longshore.ecs.attribute
"""

EXAMPLES = r"""
- name: Say which instances are for jobs
  longshore.ecs.container_instance:
    cluster: shop-prod
    filter: attribute:ecs.instance-type =~ m7g.*
    attributes: {stack: jobs}

- name: Move the tasks away from instances of an old image, two instances at a time
  longshore.ecs.container_instance:
    cluster: shop-prod
    ami: [ami-0aaaaaaaaaaaaaaaa]
    state: drained
    batch_size: 2

- name: Take them back
  longshore.ecs.container_instance:
    cluster: shop-prod
    status: [DRAINING]
    state: active

- name: Update the agents
  longshore.ecs.container_instance:
    cluster: shop-prod
    all: true
    update_agent: true

- name: Take one out of the cluster
  longshore.ecs.container_instance:
    cluster: shop-prod
    ec2_instance_id: [i-0aaaaaaaaaaaaaaaa]
    state: deregistered
    force: true
"""

RETURN = r"""
container_instances:
  description:
    - The chosen instances as AWS shows them afterwards, with their C(id), and C(attributes) as a dictionary.
    - Those that are deregistered are left out.
  returned: success
  type: list
  elements: dict
drained:
  description: The EC2 ids of the instances that are drained, those that were so before among them.
  returned: when O(state=drained)
  type: list
  elements: str
  sample: [i-0aaaaaaaaaaaaaaaa]
draining:
  description: The EC2 ids of those that are being drained.
  returned: when O(state=drained)
  type: list
  elements: str
left:
  description: The EC2 ids of those that were not begun.
  returned: when O(state=drained)
  type: list
  elements: str
agents:
  description: What became of the agent of each instance, V(updated), or V(latest) when there is no update.
  returned: when O(update_agent=true)
  type: dict
  sample: {i-0aaaaaaaaaaaaaaaa: updated}
diagnosis:
  description:
    - Why a service does not recover, as C(cause), C(confidence), C(summary), C(evidence) and C(next_step).
  returned: when a service is unhealthy
  type: dict
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.container_instance import ContainerInstance
from ..module_utils._module import act


def main() -> None:
    act(ContainerInstance())


if __name__ == "__main__":
    main()
