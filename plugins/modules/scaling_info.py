#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scaling_info
short_description: Read how Amazon ECS services are scaled, and what scaled them
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads the bounds, policies and scheduled actions of services, how many tasks they have now, and what Application
    Auto Scaling did lately, with its cause.
  - What it did not do, for example because the service has its most tasks already, is shown too.
  - A service that is not scaled is left out.
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
  service:
    description:
      - The names or ARNs of the services. All services that are scaled when not given.
    type: list
    elements: str
    aliases: [name, services]
  activities:
    description:
      - How many activities to show of each service, 50 at most. V(0) reads none.
    type: int
    default: 10
seealso:
  - module: longshore.ecs.scaling
"""

EXAMPLES = r"""
- name: One service
  longshore.ecs.scaling_info:
    cluster: shop-prod
    service: shop-web
  register: found

- name: Why it has as many tasks as it has
  ansible.builtin.debug:
    msg: "{{ found.scaling | map(attribute='activities') | flatten | map(attribute='cause') | list }}"

- name: All services that are scaled, in all clusters
  longshore.ecs.scaling_info:
    activities: 0
"""

RETURN = r"""
scaling:
  description:
    - How the services are scaled. Each can be given back as C(definition) of M(longshore.ecs.scaling).
    - What the credentials may not read is left out.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: The name of the service.
      type: str
      sample: shop-web
      returned: always
    cluster:
      description: The name of the cluster.
      type: str
      sample: shop-prod
      returned: always
    min_capacity:
      description: How many tasks there are at least.
      type: int
      sample: 2
      returned: always
    max_capacity:
      description: How many tasks there are at most.
      type: int
      sample: 10
      returned: always
    desired_count:
      description: How many tasks the service wants now; C(running_count) and C(pending_count) are beside it.
      type: int
      sample: 4
      returned: when the service may be read
    activities:
      description:
        - What was done or not done, newest first, as C(description), C(cause), C(status_code), C(status_message),
          C(start_time), C(end_time) and, where nothing was done, C(not_scaled_reasons).
      type: list
      elements: dict
      returned: always
      sample:
        - description: Setting desired count to 4.
          cause: monitor alarm TargetTracking-service/shop-prod/shop-web-AlarmHigh-1 in state ALARM triggered policy cpu
          status_code: Successful
"""

from ..module_utils._module import inform
from ..module_utils._resources.scaling import Scaling


def main() -> None:
    inform(Scaling())


if __name__ == "__main__":
    main()
