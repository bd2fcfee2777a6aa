#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule_info
short_description: Read schedules that run Amazon ECS tasks
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads schedules of Amazon EventBridge Scheduler by name, or all that run tasks of ECS. Those with another target are
    left out, and so is a name that does not exist.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  name:
    description:
      - The names of the schedules. All schedules that run tasks when not given.
    type: list
    elements: str
    aliases: [names, schedules]
  group_name:
    description:
      - The group that they are in. When not given, V(default) for schedules that are named, and all groups otherwise.
    type: str
  cluster:
    description:
      - Only schedules that run tasks in the cluster of this name.
    type: str
seealso:
  - module: longshore.ecs.schedule
  - module: longshore.ecs.schedule_group_info
"""

EXAMPLES = r"""
- name: One schedule
  longshore.ecs.schedule_info:
    name: prod-shop-report

- name: Everything that runs in a cluster by itself
  longshore.ecs.schedule_info:
    cluster: shop-prod
  register: found

- name: When
  ansible.builtin.debug:
    msg: "{{ found.schedules | items2dict(key_name='name', value_name='schedule_expression') }}"
"""

RETURN = r"""
schedules:
  description:
    - The schedules that were found.
    - Each can be given back as C(definition) of M(longshore.ecs.schedule).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the schedule.
      type: str
      sample: prod-shop-report
      returned: always
    group_name:
      description: The group that it is in.
      type: str
      sample: default
      returned: always
    schedule_expression:
      description: When it runs.
      type: str
      sample: rate(5 minutes)
      returned: always
    state:
      description: V(ENABLED) or V(DISABLED).
      type: str
      sample: ENABLED
      returned: always
    cluster:
      description: The cluster that it runs tasks in.
      type: str
      sample: shop-prod
      returned: always
    task_definition:
      description: What it runs, as a family or family:revision.
      type: str
      sample: prod-shop-web
      returned: always
"""

from ..module_utils._module import inform
from ..module_utils._resources.schedule import Schedule


def main() -> None:
    inform(Schedule())


if __name__ == "__main__":
    main()
