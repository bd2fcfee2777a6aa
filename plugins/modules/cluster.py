#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster
short_description: Manage an Amazon ECS cluster
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, changes or deletes an Amazon ECS cluster, with its settings, its capacity providers and its tags.
  - An option that is not given leaves things as they are in AWS. An empty value clears.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._resource.legacy
  - longshore.ecs._attributes
options:
  name:
    description:
      - The name of the cluster. Required, here or in O(definition) or O(src).
    type: str
    aliases: [cluster_name, clusterName]
  settings:
    description:
      - Cluster settings, as a dictionary or as a list of names and values.
      - V(containerInsights) may be V(enhanced), V(enabled) or V(disabled).
    type: raw
  configuration:
    description:
      - How commands are executed in containers (C(execute_command_configuration)) and which keys encrypt managed
        storage (C(managed_storage_configuration)). A part that is not given stays as it is.
    type: dict
  service_connect_defaults:
    description:
      - The C(namespace) that services created in this cluster use for Service Connect, as a name or an ARN.
        An empty dictionary removes it.
    type: dict
    aliases: [serviceConnectDefaults]
  capacity_providers:
    description:
      - The capacity providers that the cluster may use, for example V(FARGATE) and V(FARGATE_SPOT). The list is
        complete; a provider that it does not hold is detached.
    type: list
    elements: str
    aliases: [capacityProviders]
  default_capacity_provider_strategy:
    description:
      - The strategy for services and tasks that name neither a strategy nor a launch type.
    type: list
    elements: dict
    aliases: [defaultCapacityProviderStrategy, capacity_provider_strategy]
  purge_capacity_providers:
    description:
      - Has no effect; a list of capacity providers that is given is complete. For playbooks that come from
        community.aws.
    type: bool
seealso:
  - module: longshore.ecs.cluster_info
  - module: longshore.ecs.service
"""

EXAMPLES = r"""
- name: A cluster on Fargate, with enhanced Container Insights
  longshore.ecs.cluster:
    name: shop-prod
    settings:
      containerInsights: enhanced
    capacity_providers: [FARGATE, FARGATE_SPOT]
    default_capacity_provider_strategy:
      - capacity_provider: FARGATE
        base: 1
        weight: 1
    tags:
      Environment: prod

- name: Log the commands that people execute in its containers
  longshore.ecs.cluster:
    name: shop-prod
    configuration:
      execute_command_configuration:
        logging: OVERRIDE
        log_configuration:
          cloud_watch_log_group_name: /ecs/prod/exec

- name: Delete it
  longshore.ecs.cluster:
    name: shop-prod
    state: absent
"""

RETURN = r"""
cluster:
  description:
    - The cluster as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Empty when the cluster does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the cluster.
      type: str
      sample: shop-prod
      returned: success
    cluster_arn:
      description: The ARN of the cluster.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:cluster/shop-prod
      returned: success
    status:
      description: The status of the cluster.
      type: str
      sample: ACTIVE
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: CreateCluster, params: {clusterName: shop-prod}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.cluster import Cluster


def main() -> None:
    manage(Cluster())


if __name__ == "__main__":
    main()
