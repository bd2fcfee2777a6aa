#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export
short_description: Describe a live Amazon ECS estate as a manifest
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads clusters, task definitions, services and what else there is, and writes them down as a person would have
    declared them. M(longshore.ecs.apply) finds what was exported unchanged, and can make it anew in another account or
    Region.
  - Defaults that AWS fills in are left out. Names stand in the place of ARNs where M(longshore.ecs.apply) takes them. A
    service that runs the latest revision of its family names the family alone.
  - Values that look secret make way for placeholders. What cannot be carried over is listed.
  - The module only reads. The role P(longshore.ecs.adopt#role) writes the files, and checks them.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  kinds:
    description:
      - The kinds of resources to export, by the names of their modules, for example C(cluster), C(task_definition) and
        C(service).
      - All that can be exported when not given, but for C(account_setting), which concerns more than what is exported.
    type: list
    elements: str
    aliases: [include]
  clusters:
    description:
      - Only these clusters, and what is in them. C(*), C(?) and C([...]) stand for any characters.
    type: list
    elements: str
    aliases: [cluster]
  services:
    description:
      - Only these services, by name or as C(cluster/name), and the clusters and families that they use. C(*), C(?) and
        C([...]) stand for any characters.
    type: list
    elements: str
    aliases: [service]
  families:
    description:
      - Only these families of task definitions. C(*), C(?) and C([...]) stand for any characters.
      - When not given, all active families, or with O(clusters), O(services) or O(tags) those that the exported
        services run.
    type: list
    elements: str
    aliases: [family, task_definitions]
  tags:
    description:
      - Only services and clusters that carry all these tags. A value may hold C(*), C(?) and C([...]); without a
        value, any will do.
      - The families that the services run are exported with or without the tags.
    type: dict
  concurrency:
    description:
      - How many calls to make at the same time, from V(1) to V(64).
    type: int
    default: 16
notes:
  - With O(clusters), O(services), O(families) or O(tags), resources of further kinds are exported if what is exported
    refers to them or is referred to by them, such as the repository of an image, or the scaling of a service.
seealso:
  - module: longshore.ecs.apply
  - ref: ansible_collections.longshore.ecs.docsite.adopt
    description: How to adopt a live estate.
"""

EXAMPLES = r"""
- name: Everything in this account and Region
  longshore.ecs.export:
  register: exported

- name: What cannot be carried over
  ansible.builtin.debug:
    var: exported.not_exported

- name: The clusters of production, as the files of a manifest
  longshore.ecs.export:
    clusters: ["*-prod"]
  register: production

- name: One team's services
  longshore.ecs.export:
    kinds: [task_definition, service]
    tags:
      team: checkout
"""

RETURN = r"""
resources:
  description: The entries of the manifest, as O(longshore.ecs.apply#module:resources) takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - cluster: {name: shop, capacity_providers: [FARGATE]}
    - service: {name: web, cluster: shop, task_definition: web, desired_count: 4, launch_type: FARGATE}
files:
  description:
    - The same manifest as files, by their relative paths. A service stands in a file of its own, together with its
      family if no other service runs it.
  returned: success
  type: dict
  sample:
    clusters.yml: |
      ---
      resources:
        - cluster:
            name: shop
placeholders:
  description:
    - The placeholders that stand for values that look secret, each with its C(name), the C(kind) and the C(resource) in
      which it stands, and the C(path) there.
    - C(shown) is the value with what is secret masked. Given as the value of the placeholder, it means what the
      resource has.
  returned: success
  type: list
  elements: dict
  sample:
    - name: vault_web_db_password
      kind: task_definition
      resource: web
      path: container_definitions[0].environment.DB_PASSWORD
      shown: "********"
not_exported:
  description:
    - What cannot be carried over, each with its C(kind), its C(name) and the C(reason). C(path) names the member if
      only a part of the resource is meant.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: service
      name: shop/api
      path: task_definition
      reason: "it runs api:3, but the latest is api:5: the number is kept, and means nothing in another account."
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.export import Export
from ..module_utils._module import act


def main() -> None:
    act(Export())


if __name__ == "__main__":
    main()
