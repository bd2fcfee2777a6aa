#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: task_definition_info
short_description: Read Amazon ECS task definitions
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads task definitions by family, revision or ARN, or the latest active revision of every family in the
    region.
  - A task definition that does not exist is left out.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  task_definition:
    description:
      - The families (which mean their latest active revision), revisions (C(family:revision)) or ARNs. The latest
        active revision of every family when not given.
    type: list
    elements: str
    aliases: [family, name, names]
seealso:
  - module: longshore.ecs.task_definition
"""

EXAMPLES = r"""
- name: The latest active revision of a family
  longshore.ecs.task_definition_info:
    task_definition: prod-shop-web

- name: Two revisions
  longshore.ecs.task_definition_info:
    task_definition: ["prod-shop-web:1", "prod-shop-web:2"]
"""

RETURN = r"""
task_definitions:
  description:
    - The task definitions that were found.
    - Each can be given back as C(definition) of M(longshore.ecs.task_definition).
    - Values that look secret are masked; given back, they stay what they are.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._module import inform
from ..module_utils._resources.task_definition import TaskDefinition


def main() -> None:
    inform(TaskDefinition())


if __name__ == "__main__":
    main()
