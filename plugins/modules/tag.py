#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tag
short_description: Tag anything in Amazon ECS
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Sets and removes tags of a cluster, service, task, container instance, capacity provider or task definition.
  - The modules of these have O(ignore:tags) of their own. This one is for what another tool owns, for tasks, and for
    playbooks that come from C(community.aws.ecs_tag).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
options:
  resource:
    description:
      - The ARN or the name of what to tag; of a task or container instance its ID; of a task definition
        C(family:revision), or the family for its latest revision.
      - When not given, and O(resource_type=cluster), O(cluster) is what is tagged.
    type: str
  resource_type:
    description:
      - What a name stands for. An ARN says it by itself. V(container) is another word for V(container_instance).
    type: str
    choices: [cluster, service, task, container_instance, capacity_provider, task_definition, container]
    default: cluster
  cluster:
    description:
      - The cluster of a service, task or container instance that is given by name.
    type: str
    default: default
    aliases: [cluster_name]
  tags:
    description:
      - The tags, as a dictionary.
      - With O(state=absent) the tags to remove. One with a value is only removed if it has that value.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether tags that are not in O(tags) are removed. Those of AWS always stay.
    type: bool
    default: false
  state:
    description:
      - Whether the tags are to be there.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: longshore.ecs.cluster
  - module: longshore.ecs.service
"""

EXAMPLES = r"""
- name: Who pays for the cluster
  longshore.ecs.tag:
    resource: shop-prod
    tags:
      CostCenter: "4711"

- name: The same for a revision that a pipeline has registered
  longshore.ecs.tag:
    resource: prod-shop-web:1
    resource_type: task_definition
    tags:
      CostCenter: "4711"
    purge_tags: true

- name: Nobody does
  longshore.ecs.tag:
    resource: shop-prod
    tags:
      CostCenter:
    state: absent
"""

RETURN = r"""
resource_arn:
  description: The ARN of what was tagged.
  returned: success
  type: str
  sample: arn:aws:ecs:eu-central-1:123456789012:cluster/shop-prod
tags:
  description: The tags as they are afterwards, in check mode as they would be.
  returned: success
  type: dict
  sample: {CostCenter: "4711"}
added_tags:
  description: The tags that were set, or would be.
  returned: success
  type: dict
  sample: {CostCenter: "4711"}
removed_tags:
  description: The tags that were removed, or would be.
  returned: success
  type: dict
  sample: {}
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: TagResource, params: {}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.tag import Tag
from ..module_utils._module import act


def main() -> None:
    act(Tag())


if __name__ == "__main__":
    main()
