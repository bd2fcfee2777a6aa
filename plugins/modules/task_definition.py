#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: task_definition
short_description: Manage an Amazon ECS task definition
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Registers a revision of a task definition, if what is given differs from the latest active revision of its family.
  - The document is compared as a whole, after what AWS fills in and what order means nothing have been put aside. A
    member that is not given must not be there.
  - Documents may be written with members as AWS spells them or in the spelling of the options, at every depth.
    Environment variables and secrets may be lists, as AWS has them, or dictionaries.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  state:
    description:
      - V(present) registers a revision if need be.
      - V(absent) deregisters all active revisions of the family, or the one that O(revision) names. What runs goes on.
    type: str
    choices: [present, absent]
    default: present
  family:
    description:
      - The family. Required, here or in O(definition) or O(src).
    type: str
  revision:
    description:
      - The revision to remove with O(state=absent).
    type: int
  container_definitions:
    description:
      - The containers of the task.
      - A boolean where AWS wants a string, as in log options, is refused; quote it.
    type: list
    elements: dict
    aliases: [containerDefinitions, containers]
  cpu:
    description:
      - CPU of the task, in units (V(256)) or vCPU (V(.25 vCPU)).
    type: str
  memory:
    description:
      - Memory of the task, in MiB (V(512)) or GB (V(0.5 GB)).
    type: str
  network_mode:
    description:
      - The network mode. Fargate wants V(awsvpc).
    type: str
    aliases: [networkMode]
  requires_compatibilities:
    description:
      - The launch types that AWS checks the definition against, for example V(FARGATE).
    type: list
    elements: str
    aliases: [requiresCompatibilities]
  execution_role_arn:
    description:
      - The role with which ECS pulls the image, reads secrets and writes logs.
    type: str
    aliases: [executionRoleArn]
  task_role_arn:
    description:
      - The role that the containers have.
    type: str
    aliases: [taskRoleArn]
  runtime_platform:
    description:
      - C(cpu_architecture) and C(operating_system_family).
    type: dict
    aliases: [runtimePlatform]
  volumes:
    description:
      - The volumes that containers may mount.
    type: list
    elements: dict
  placement_constraints:
    description:
      - Constraints on the container instances that tasks may be placed on.
    type: list
    elements: dict
    aliases: [placementConstraints]
  pid_mode:
    description:
      - The process namespace that the containers use.
    type: str
    aliases: [pidMode]
  ipc_mode:
    description:
      - The IPC namespace that the containers use.
    type: str
    aliases: [ipcMode]
  proxy_configuration:
    description:
      - The App Mesh proxy.
    type: dict
    aliases: [proxyConfiguration]
  ephemeral_storage:
    description:
      - The size of a Fargate task's storage, as C(size_in_gib).
    type: dict
    aliases: [ephemeralStorage]
  enable_fault_injection:
    description:
      - Whether tasks accept fault injection requests.
    type: bool
    aliases: [enableFaultInjection]
  inference_accelerators:
    description:
      - Elastic Inference accelerators.
    type: list
    elements: dict
    aliases: [inferenceAccelerators]
  trusted_execution_configuration:
    description:
      - How tasks are isolated on ECS Managed Instances.
    type: dict
    aliases: [trustedExecutionConfiguration]
  keep:
    description:
      - Keep this many of the newest revisions, and deregister and delete the older ones.
      - A revision that a service, a deployment, a running task or a schedule uses is kept in any case. If that cannot
        be seen everywhere, nothing is removed and a warning says why.
    type: int
  purge:
    description:
      - Whether O(state=absent) also deletes the revisions that it deregisters, and those deregistered before.
    type: bool
    default: false
  force_create:
    description:
      - Whether to register a revision even if nothing differs. The task then always reports a change.
    type: bool
    default: false
  launch_type:
    description:
      - Taken as O(requires_compatibilities) when that is not given; for playbooks that come from community.aws.
    type: str
    choices: [EC2, FARGATE]
  arn:
    description:
      - The ARN of a revision, instead of O(family) and O(revision).
    type: str
seealso:
  - module: longshore.ecs.task_definition_info
  - module: longshore.ecs.service
"""

EXAMPLES = r"""
- name: A web server on Fargate
  longshore.ecs.task_definition:
    family: prod-shop-web
    requires_compatibilities: [FARGATE]
    network_mode: awsvpc
    cpu: .25 vCPU
    memory: 0.5 GB
    execution_role_arn: arn:aws:iam::123456789012:role/prod-shop-web-exec
    container_definitions:
      - name: web
        image: public.ecr.aws/nginx/nginx:stable
        port_mappings:
          - container_port: 80
        environment:
          LOG_LEVEL: info
        secrets:
          DB_PASSWORD: arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-db
        log_configuration:
          log_driver: awslogs
          options:
            awslogs-group: /ecs/prod/shop/web
            awslogs-region: eu-central-1
            awslogs-stream-prefix: web

- name: The same family from a file, with another image, keeping ten revisions
  longshore.ecs.task_definition:
    definition:
      family: prod-shop-web
      requiresCompatibilities: [FARGATE]
      networkMode: awsvpc
      cpu: "256"
      memory: "512"
      executionRoleArn: arn:aws:iam::123456789012:role/prod-shop-web-exec
      containerDefinitions:
        - name: web
          image: public.ecr.aws/nginx/nginx:mainline
    keep: 10

- name: Deregister all revisions of a family
  longshore.ecs.task_definition:
    family: prod-shop-web
    state: absent
"""

RETURN = r"""
task_definition:
  description:
    - The revision as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Empty when the family has no active revision.
  returned: success
  type: dict
  contains:
    family:
      description: The family.
      type: str
      sample: prod-shop-web
      returned: success
    revision:
      description: The number of the revision.
      type: int
      sample: 7
      returned: success
    task_definition_arn:
      description: The ARN of the revision.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:task-definition/prod-shop-web:7
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: RegisterTaskDefinition, params: {family: prod-shop-web}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.task_definition import TaskDefinition


def main() -> None:
    manage(TaskDefinition())


if __name__ == "__main__":
    main()
