#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule_group_info
short_description: Read groups of schedules
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads groups of schedules of Amazon EventBridge Scheduler, with their tags. A group that does not exist is left out.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  name:
    description:
      - The names of the groups. All groups when not given.
    type: list
    elements: str
    aliases: [names, groups]
seealso:
  - module: longshore.ecs.schedule_group
  - module: longshore.ecs.schedule_info
"""

EXAMPLES = r"""
- name: All groups
  longshore.ecs.schedule_group_info:

- name: One group
  longshore.ecs.schedule_group_info:
    name: shop-nightly
"""

RETURN = r"""
schedule_groups:
  description:
    - The groups that were found.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the group.
      type: str
      sample: shop-nightly
      returned: always
    tags:
      description: The tags of the group.
      type: dict
      sample: {Application: shop}
      returned: always
"""

from ..module_utils._module import inform
from ..module_utils._resources.schedule_group import ScheduleGroup


def main() -> None:
    inform(ScheduleGroup())


if __name__ == "__main__":
    main()
