#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_setting
short_description: Manage the account settings of Amazon ECS
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Sets what ECS does by default in an account and a region, or for one principal of it; C(containerInsights) for new
    clusters, C(awsvpcTrunking), C(fargateFIPSMode), C(defaultLogDriverMode), C(tagResourceAuthorization), how long
    Fargate waits before it retires a task, and the others.
  - Only the settings that are named are looked at. What holds already is not set again.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  principal:
    description:
      - For whom. V(default) is for the account, and holds for all that have no setting of their own. V(self) is for the
        identity that the module has. Everybody else is named by an ARN; the root user's settings are the account's.
      - Only the root user may change the settings of others.
      - Where your own identity has a setting of its own, and may not list those of the root user, the module cannot see
        what the account has; it then sets it, whatever it was.
      - V(default) when not given.
    type: str
    aliases: [principal_arn, principalArn]
  settings:
    description:
      - Names of settings and their values, as a dictionary. Names are as AWS has them or in snake_case; V(true) and
        V(false) become the two words that the setting takes.
      - With O(state=absent) the settings return to what holds without them. There a list of names is enough.
    type: raw
seealso:
  - module: longshore.ecs.account_setting_info
  - name: Account settings of Amazon ECS
    description: What each of them does.
    link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
"""

EXAMPLES = r"""
- name: What every cluster and task of the account gets
  longshore.ecs.account_setting:
    settings:
      containerInsights: enhanced
      awsvpcTrunking: enabled
      defaultLogDriverMode: non-blocking
      tagResourceAuthorization: "on"
      fargateTaskRetirementWaitPeriod: 14

- name: FIPS for the tasks that the pipeline starts
  longshore.ecs.account_setting:
    principal: arn:aws:iam::123456789012:role/pipeline
    settings:
      fargate_fips_mode: enabled

- name: The pipeline is like everybody else again
  longshore.ecs.account_setting:
    principal: arn:aws:iam::123456789012:role/pipeline
    settings: [fargateFIPSMode]
    state: absent
"""

RETURN = r"""
account_setting:
  description:
    - The named settings as they are afterwards, in check mode as they would be.
    - It can be given back as O(definition).
  returned: success, and O(state=present)
  type: dict
  contains:
    principal_arn:
      description: For whom, as O(principal) says it.
      type: str
      sample: default
      returned: always
    settings:
      description: The settings with their values.
      type: list
      elements: dict
      sample: [{"name": "containerInsights", "value": "enhanced"}]
      returned: always
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: PutAccountSettingDefault, params: {name: awsvpcTrunking, value: enabled}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.account_setting import AccountSetting


def main() -> None:
    manage(AccountSetting())


if __name__ == "__main__":
    main()
