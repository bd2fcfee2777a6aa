#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule_group
short_description: Manage a group of schedules
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, tags or deletes a group of schedules of Amazon EventBridge Scheduler. Groups are what can be tagged there;
    schedules have no tags of their own.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  name:
    description:
      - The name of the group. Required, here or in O(definition) or O(src).
    type: str
    aliases: [Name]
  force:
    description:
      - Whether to delete a group that holds schedules, with them.
    type: bool
    default: false
seealso:
  - module: longshore.ecs.schedule_group_info
  - module: longshore.ecs.schedule
"""

EXAMPLES = r"""
- name: A group for what runs at night
  longshore.ecs.schedule_group:
    name: shop-nightly
    tags:
      Application: shop

- name: Delete it with all its schedules
  longshore.ecs.schedule_group:
    name: shop-nightly
    force: true
    state: absent
"""

RETURN = r"""
schedule_group:
  description:
    - The group as AWS shows it, in the spelling of the options. Empty when it does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the group.
      type: str
      sample: shop-nightly
      returned: success
    arn:
      description: The ARN of the group.
      type: str
      sample: arn:aws:scheduler:eu-central-1:123456789012:schedule-group/shop-nightly
      returned: success
    tags:
      description: The tags of the group.
      type: dict
      sample: {Application: shop}
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: scheduler, operation: CreateScheduleGroup, params: {Name: shop-nightly}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.schedule_group import ScheduleGroup


def main() -> None:
    manage(ScheduleGroup())


if __name__ == "__main__":
    main()
