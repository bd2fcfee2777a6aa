#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_info
short_description: Read Amazon ECR repositories
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads repositories by name, or all of a registry in the region, with their policies and tags.
  - A repository that does not exist is left out.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  name:
    description:
      - The names of the repositories. All repositories when not given.
    type: list
    elements: str
    aliases: [names, repositories]
  registry_id:
    description:
      - The account whose registry to read. Your own when not given.
    type: str
seealso:
  - module: longshore.ecs.repository
  - module: longshore.ecs.image_scan_info
"""

EXAMPLES = r"""
- name: One repository
  longshore.ecs.repository_info:
    name: shop/web
  register: found

- name: Where to push to
  ansible.builtin.debug:
    msg: "{{ found.repositories | map(attribute='repository_uri') | first | default('not there yet') }}"

- name: All repositories of the region
  longshore.ecs.repository_info:
"""

RETURN = r"""
repositories:
  description:
    - The repositories that were found.
    - Each can be given back as C(definition) of M(longshore.ecs.repository).
    - Policies are dictionaries. What the credentials may not read is left out.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the repository.
      type: str
      sample: shop/web
      returned: always
    repository_arn:
      description: The ARN of the repository.
      type: str
      sample: arn:aws:ecr:eu-central-1:123456789012:repository/shop/web
      returned: always
    repository_uri:
      description: What the name of an image starts with.
      type: str
      sample: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web
      returned: always
    image_tag_mutability:
      description: Whether a tag can be pushed again.
      type: str
      sample: IMMUTABLE
      returned: always
"""

from ..module_utils._module import inform
from ..module_utils._resources.repository import Repository


def main() -> None:
    inform(Repository())


if __name__ == "__main__":
    main()
