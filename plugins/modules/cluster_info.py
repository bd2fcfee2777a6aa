#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Read Amazon ECS clusters
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads clusters by name, or all of the account in the region, in as few calls as the API allows.
  - A cluster that does not exist is left out.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  name:
    description:
      - The names or ARNs of the clusters. All clusters when not given.
    type: list
    elements: str
    aliases: [names, clusters]
seealso:
  - module: longshore.ecs.cluster
"""

EXAMPLES = r"""
- name: One cluster
  longshore.ecs.cluster_info:
    name: shop-prod
  register: found

- name: What it may run on
  ansible.builtin.debug:
    var: found.clusters[0].capacity_providers

- name: All clusters of the region
  longshore.ecs.cluster_info:
"""

RETURN = r"""
clusters:
  description:
    - The clusters that were found.
    - Each can be given back as C(definition) of M(longshore.ecs.cluster).
    - Values that look secret are masked; given back, they stay what they are.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._module import inform
from ..module_utils._resources.cluster import Cluster


def main() -> None:
    inform(Cluster())


if __name__ == "__main__":
    main()
