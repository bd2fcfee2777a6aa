#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: attribute
short_description: Set or remove attributes of an Amazon ECS container instance
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Sets or removes attributes of one container instance. It takes what community.aws.ecs_attribute takes.
  - For many instances at once, and for attributes that are to be complete, see M(longshore.ecs.container_instance).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
options:
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    required: true
  state:
    description:
      - Whether the instance is to have the attributes. One that is given with a value is removed only where it has
        that value.
    type: str
    choices: [present, absent]
    default: present
  attributes:
    description:
      - The attributes, as a dictionary, or as a list of names, of C(name) and C(value), or of pairs.
    type: raw
    required: true
  ec2_instance_id:
    description:
      - The id of the EC2 instance, or of the external one.
    type: str
    required: true
seealso:
  - module: longshore.ecs.container_instance
"""

EXAMPLES = r"""
- name: Give an instance attributes
  longshore.ecs.attribute:
    cluster: shop-prod
    ec2_instance_id: i-0aaaaaaaaaaaaaaaa
    attributes:
      - {name: stack, value: jobs}
      - {name: migrated}

- name: Take one away again
  longshore.ecs.attribute:
    cluster: shop-prod
    ec2_instance_id: i-0aaaaaaaaaaaaaaaa
    state: absent
    attributes: [migrated]
"""

RETURN = r"""
attributes:
  description: The custom attributes that the instance has afterwards, with its C(cluster) and C(ec2_instance_id).
  returned: success
  type: dict
  sample:
    cluster: shop-prod
    ec2_instance_id: i-0aaaaaaaaaaaaaaaa
    attributes: [{name: stack, value: jobs}]
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

from ..module_utils._actions.attribute import Attribute
from ..module_utils._module import act


def main() -> None:
    act(Attribute())


if __name__ == "__main__":
    main()
