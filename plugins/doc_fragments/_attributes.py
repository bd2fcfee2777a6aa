# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module promises, in the same words."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules that change something, and of those that only look."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - python >= 3.10
  - botocore >= 1.40.0
attributes:
  check_mode:
    support: full
    description: Predicts exactly what a real run would do, and changes nothing.
  diff_mode:
    support: full
    description: Shows what differs, and only that. Values that look secret are masked.
  idempotent:
    support: full
    description: A second run with the same options makes no writing call.
  action_group:
    support: full
    membership:
      - longshore.ecs.all
    description: Use C(group/longshore.ecs.all) in C(module_defaults) to give options to all modules of the collection.
"""

    INFO = r"""
options: {}
requirements:
  - python >= 3.10
  - botocore >= 1.40.0
attributes:
  check_mode:
    support: full
    description: The module only reads.
  diff_mode:
    support: N/A
    description: There is no change to show.
  idempotent:
    support: full
    description: The module only reads.
  action_group:
    support: full
    membership:
      - longshore.ecs.all
    description: Use C(group/longshore.ecs.all) in C(module_defaults) to give options to all modules of the collection.
"""
