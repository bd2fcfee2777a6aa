#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: Read Amazon ECS services
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads services by name, all of a cluster, or all of the account in the region, ten with each call.
  - A service that does not exist is left out. One that was deleted lately is shown with the status V(INACTIVE) when it
    is asked for by name.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  cluster:
    description:
      - The name or ARN of the cluster. When not given, V(default) is taken for services that are named, and all
        clusters otherwise.
    type: str
  name:
    description:
      - The names or ARNs of the services. All services when not given.
    type: list
    elements: str
    aliases: [names, service, services]
  events:
    description:
      - Whether to show the events of each service.
    type: bool
    default: true
  details:
    description:
      - Has no effect; services are always shown in full. For playbooks that come from community.aws.
    type: bool
    default: true
seealso:
  - module: longshore.ecs.service
  - module: longshore.ecs.deployment_info
"""

EXAMPLES = r"""
- name: Two services
  longshore.ecs.service_info:
    cluster: shop-prod
    name: [shop-web, shop-api]

- name: All services of a cluster, without their events
  longshore.ecs.service_info:
    cluster: shop-prod
    events: false
"""

RETURN = r"""
services:
  description:
    - The services that were found.
    - Each can be given back as C(definition) of M(longshore.ecs.service).
    - Values that look secret are masked; given back, they stay what they are.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._module import inform
from ..module_utils._resources.service import Service


def main() -> None:
    inform(Service())


if __name__ == "__main__":
    main()
