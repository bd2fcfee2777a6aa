#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_provider_info
short_description: Read Amazon ECS capacity providers
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads capacity providers by name, or all of the account in the region, V(FARGATE) and V(FARGATE_SPOT) among them.
  - A provider that does not exist is left out.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  name:
    description:
      - The names or ARNs of the providers. All providers when not given.
    type: list
    elements: str
    aliases: [names, capacity_providers]
  cluster:
    description:
      - Read the providers of this cluster only.
    type: str
seealso:
  - module: longshore.ecs.capacity_provider
"""

EXAMPLES = r"""
- name: One provider
  longshore.ecs.capacity_provider_info:
    name: FARGATE_SPOT
  register: found

- name: What it is
  ansible.builtin.debug:
    var: found.capacity_providers[0].type

- name: All providers of the region
  longshore.ecs.capacity_provider_info:
"""

RETURN = r"""
capacity_providers:
  description:
    - The providers that were found.
    - Each that is not AWS's own can be given back as C(definition) of M(longshore.ecs.capacity_provider).
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._module import inform
from ..module_utils._resources.capacity_provider import CapacityProvider


def main() -> None:
    inform(CapacityProvider())


if __name__ == "__main__":
    main()
