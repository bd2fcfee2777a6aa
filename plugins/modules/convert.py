#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: convert
short_description: Turn another tool's description of services into a manifest
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads a docker-compose file, an ecspresso configuration, a Copilot application or a Terraform state, and writes what
    it says as a manifest for M(longshore.ecs.apply).
  - What cannot be carried over is listed with the reason and a remedy. So is every member that the module does not
    know. Nothing is dropped in silence.
  - Values that look secret, or that the source marks as such, make way for placeholders.
  - The module makes no call to AWS, and needs no credentials. It only reads the source.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  src:
    description:
      - The file to convert, or a directory that holds it, on the host on which the module runs.
      - One of O(src) and O(content) is required. Files that the source refers to are only found with O(src).
    type: path
  content:
    description:
      - The text to convert, instead of a file.
    type: str
  format:
    description:
      - What the source is. It is found out when not given.
    type: str
    choices: [copilot, docker_compose, ecspresso, terraform]
  cluster:
    description:
      - The cluster of services for which the source names none.
    type: str
  name:
    description:
      - What the names of families and services begin with, followed by a hyphen, where the source has short names that
        would meet others in the account.
    type: str
  environment:
    description:
      - The environment that is meant, of a source that describes several.
    type: str
  variables:
    description:
      - Values that the source takes from its surroundings, by name, such as C(${TAG}) in a docker-compose file.
    type: dict
  defaults:
    description:
      - Options by kind, as O(longshore.ecs.apply#module:defaults) takes them, for what the source does not say; for
        example the subnets of services.
    type: dict
notes:
  - The options of the connection have no effect. They are taken so that C(module_defaults) of the group
    C(longshore.ecs.all) do not get in the way.
seealso:
  - module: longshore.ecs.apply
  - module: longshore.ecs.export
  - ref: ansible_collections.longshore.ecs.docsite.convert
    description: What is carried over from each format.
"""

EXAMPLES = r"""
- name: What a docker-compose file comes to
  longshore.ecs.convert:
    content: |
      services:
        web:
          image: "public.ecr.aws/nginx/nginx:${TAG}"
          ports: ["80"]
          environment:
            DB_PASSWORD: hunter2
    variables:
      TAG: stable
    cluster: shop-prod
    name: shop
    defaults:
      service:
        network_configuration:
          awsvpc_configuration:
            subnets: [subnet-0aaaaaaaaaaaaaaaa]
  register: converted

- name: What is left to do by hand
  ansible.builtin.debug:
    var: converted.not_carried

- name: The manifest as text, to be kept in a file
  ansible.builtin.debug:
    var: converted.manifest
"""

RETURN = r"""
resources:
  description: The entries of the manifest, as O(longshore.ecs.apply#module:resources) takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - task_definition: {family: shop-web, container_definitions: [{name: web, image: "web:1.4"}]}
    - service: {name: shop-web, cluster: shop, task_definition: shop-web, desired_count: 1}
manifest:
  description: The same manifest as the text of a file.
  returned: success
  type: str
  sample: |
    ---
    resources:
      - service:
          name: shop-web
placeholders:
  description:
    - The placeholders that stand for values that are or look secret, each with its C(name), the C(kind) and the
      C(resource) in which it stands, and the C(path) there. C(shown) is the value with what is secret masked.
  returned: success
  type: list
  elements: dict
  sample:
    - name: vault_shop_web_db_password
      kind: task_definition
      resource: shop-web
      path: container_definitions[0].environment.DB_PASSWORD
      shown: "********"
not_carried:
  description:
    - What cannot be carried over, or not as it is, each with the C(path) in the source, the C(reason) and a C(remedy).
  returned: success
  type: list
  elements: dict
  sample:
    - path: services.web.build
      reason: ECS runs images, and builds none.
      remedy: build and push the image, and name it with image.
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.convert import Convert
from ..module_utils._module import act


def main() -> None:
    act(Convert())


if __name__ == "__main__":
    main()
