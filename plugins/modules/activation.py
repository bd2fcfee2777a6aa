#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: activation
short_description: Make an activation with which hosts outside of EC2 register for Amazon ECS Anywhere
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Makes an activation of AWS Systems Manager, or deletes activations. Hosts that are not in EC2 register with its id
    and its code, and become external instances of an ECS cluster.
  - AWS tells the code only when the activation is made. So each run makes one, and it is best deleted as soon as the
    hosts have registered, which they stay.
  - The code lets whoever has it register a host. It stands in the result in clear, because it is needed; run the task
    with C(no_log=true), as the role P(longshore.ecs.external_capacity#role) does.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
options:
  state:
    description:
      - Whether to make an activation, or to delete the one that O(activation_id) names or those of O(name).
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The name that the hosts have in Systems Manager. Required to make an activation.
    type: str
    aliases: [default_instance_name, DefaultInstanceName]
  activation_id:
    description:
      - The id of the activation to delete.
    type: str
    aliases: [ActivationId]
  iam_role:
    description:
      - The name or ARN of the role that the hosts take, which must trust C(ssm.amazonaws.com). Required to make an
        activation.
    type: str
    aliases: [IamRole]
  registration_limit:
    description:
      - How many hosts may register with it, up to 1000.
    type: int
    default: 1
    aliases: [RegistrationLimit]
  expires_in_hours:
    description:
      - How long hosts may register with it, up to 720 hours.
    type: float
    default: 24
  description:
    description:
      - What it is for.
    type: str
    aliases: [Description]
  tags:
    description:
      - Tags of the activation and of the hosts in Systems Manager, as keys and values.
    type: dict
    aliases: [resource_tags]
seealso:
  - module: longshore.ecs.container_instance
"""

EXAMPLES = r"""
- name: Make an activation for three hosts
  longshore.ecs.activation:
    name: shop-prod-external
    iam_role: ecsAnywhereRole
    registration_limit: 3
    expires_in_hours: 1
  register: activation
  no_log: true

- name: Delete it
  longshore.ecs.activation:
    name: shop-prod-external
    state: absent
"""

RETURN = r"""
activation_id:
  description: The id of the activation that was made; empty in check mode.
  returned: when O(state=present)
  type: str
activation_code:
  description: Its code, which AWS does not tell again; empty in check mode.
  returned: when O(state=present)
  type: str
activations:
  description: The activations that were deleted, as they were.
  returned: when O(state=absent)
  type: list
  elements: dict
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

from ..module_utils._actions.activation import Activation
from ..module_utils._module import act


def main() -> None:
    act(Activation())


if __name__ == "__main__":
    main()
