#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_setting_info
short_description: Read the account settings of Amazon ECS
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads what holds by default in an account and a region, or what one principal has of its own.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  principal:
    description:
      - Whose settings. V(default) is the account, with the values of AWS where nobody set one; V(self) is the identity
        that the module has; others are named by an ARN, which only the root user may do.
    type: str
    default: default
seealso:
  - module: longshore.ecs.account_setting
"""

EXAMPLES = r"""
- name: What holds in the account
  longshore.ecs.account_setting_info:
  register: found

- name: Whether new clusters have Container Insights
  ansible.builtin.debug:
    msg: "{{ found.account_settings[0].settings | items2dict('name', 'value') }}"
"""

RETURN = r"""
account_settings:
  description:
    - The settings, as one entry.
    - It can be given back as C(definition) of M(longshore.ecs.account_setting).
  returned: success
  type: list
  elements: dict
  contains:
    principal_arn:
      description: For whom, as C(principal) says it.
      type: str
      sample: default
      returned: always
    settings:
      description: The settings with their values.
      type: list
      elements: dict
      sample: [{"name": "containerInsights", "value": "enhanced"}]
      returned: always
"""

from ..module_utils._module import inform
from ..module_utils._resources.account_setting import AccountSetting


def main() -> None:
    inform(AccountSetting())


if __name__ == "__main__":
    main()
