# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that every resource has."""

from __future__ import annotations


class ModuleDocFragment:
    """State, waiting, whole documents, tags; and what paces the waiting in playbooks from community.aws."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - Whether the resource is to exist.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Whether to wait until AWS has done what was asked for.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most. When the time is over the task fails; the work goes on in AWS, and the next
        run takes it up.
    type: int
    default: 900
  definition:
    description:
      - A whole document, as the AWS API documents it or as C(describe-*) prints it. Members may be spelled as AWS
        spells them or as the options are. Members that can only be read are dropped.
      - Options given beside it win over it.
      - A member of the API that has no option here yet can be given this way.
    type: dict
  src:
    description:
      - A JSON or YAML file that holds such a document, on the host that runs the module.
    type: path
  ignore_changes:
    description:
      - Members that something else owns. They are used when the resource is created, and left as they are afterwards.
      - For example O(ignore_changes=desired_count) under auto scaling.
    type: list
    elements: str
  recreate:
    description:
      - Whether to delete and create the resource anew when a member is to change that AWS cannot change in place.
        This interrupts what runs.
      - When V(false), such a change fails and names the member.
    type: bool
    default: false
  tags:
    description:
      - Tags as keys and values. Tags that start with C(aws:) belong to AWS and are never touched.
      - When the option is not given, tags are left as they are.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether tags that O(tags) does not hold are removed, when O(tags) is given.
    type: bool
    default: true
"""

    LEGACY = r"""
options:
  delay:
    description:
      - How many seconds to let pass between two looks at the resource, at most. For playbooks that come from
        community.aws; looks are frequent at first and become rarer in any case.
    type: int
  repeat:
    description:
      - When O(delay) is given too, the product of both is used instead of O(wait_timeout). For playbooks that come from
        community.aws.
    type: int
"""
