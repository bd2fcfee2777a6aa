#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check before a deployment what it will need
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Looks, before anything is registered or deployed, at everything that a deployment will need. Images, secrets,
    roles, logs, load balancers, network, capacity and more are looked at in parallel, and reported all at once.
  - Takes the same documents as M(longshore.ecs.task_definition) and M(longshore.ecs.service), so that what was checked
    can be handed on to them.
  - What these credentials may not look at is reported as C(not_permitted), and never makes the task fail.
  - Only looks. The value of a secret is read only where a reference names a JSON key, and appears nowhere.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  task_definition:
    description:
      - The task definition that is to be deployed, as C(family), C(family:revision) or ARN, or a dictionary with the
        options of M(longshore.ecs.task_definition), O(ignore:definition) and O(ignore:src) among them.
      - A dictionary may also be a document as AWS prints it.
      - Taken from O(service) when not given.
    type: raw
    aliases: [taskDefinition]
  service:
    description:
      - The service that is to be deployed, as a dictionary with the options of M(longshore.ecs.service), or the name
        of one that exists.
      - Of a service that exists, what is not given counts as it is.
      - Without it only what the task definition needs is checked.
    type: raw
  cluster:
    description:
      - The name or ARN of the cluster, where O(service) does not name it. AWS takes V(default) when it is not given.
    type: str
  checks:
    description:
      - The families of checks to make. All of them when not given.
    type: list
    elements: str
    choices:
      - sizes
      - images
      - secrets
      - environment_files
      - roles
      - logs
      - volumes
      - capacity
      - network
      - load_balancers
      - service_connect
      - hooks
      - alarms
      - progress
  skip:
    description:
      - The families of checks to leave out.
    type: list
    elements: str
    default: []
    choices:
      - sizes
      - images
      - secrets
      - environment_files
      - roles
      - logs
      - volumes
      - capacity
      - network
      - load_balancers
      - service_connect
      - hooks
      - alarms
      - progress
  fail:
    description:
      - Whether the task fails when a check failed.
      - With V(false), RV(summary) tells how it went.
    type: bool
    default: true
  warnings_as_errors:
    description:
      - Whether the task fails for warnings too.
    type: bool
    default: false
seealso:
  - module: longshore.ecs.task_definition
  - module: longshore.ecs.service
  - ref: ansible_collections.longshore.ecs.docsite.preflight
    description: What each check looks at, and the permissions that it takes.
"""

EXAMPLES = r"""
- name: Is everything there that the latest revision needs?
  longshore.ecs.preflight:
    task_definition: prod-shop-web
    service:
      name: shop-web
      cluster: shop-prod
      desired_count: 2
      launch_type: FARGATE
      network_configuration:
        awsvpc_configuration:
          subnets: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
          assign_public_ip: ENABLED

- name: Look at a revision that is not registered yet, and go on whatever is found
  longshore.ecs.preflight:
    task_definition:
      family: prod-shop-web
      requires_compatibilities: [FARGATE]
      network_mode: awsvpc
      cpu: .25 vCPU
      memory: 0.5 GB
      container_definitions:
        - name: web
          image: public.ecr.aws/nginx/nginx:stable
    cluster: shop-prod
    skip: [roles]
    fail: false
  register: ready

- name: Say what is wrong
  ansible.builtin.debug:
    msg: "{{ ready.checks | rejectattr('status', 'eq', 'ok') | map(attribute='message') | list }}"
"""

RETURN = r"""
checks:
  description:
    - What each check found, failed or not, also when the task fails.
  returned: always
  type: list
  elements: dict
  contains:
    check:
      description: The family of checks, or V(task_definition) or V(service) for the reading of these.
      type: str
      sample: images
      returned: always
    subject:
      description: What was looked at.
      type: str
      sample: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.4.0
      returned: always
    status:
      description:
        - V(ok), V(failed), V(warning), V(not_permitted) when these credentials may not look, or V(skipped) when there
          was nothing to compare with.
      type: str
      sample: failed
      returned: always
    message:
      description: What was found, in one sentence.
      type: str
      sample: >-
        ECR of 123456789012 in eu-central-1 has the repository 'shop/web' but not the image 'shop/web:1.4.0'.
      returned: always
    remedy:
      description: What to do about it. Empty when nothing is wrong.
      type: str
      sample: Push the image, or name a tag or digest that is there.
      returned: always
summary:
  description: How many checks came to each status.
  returned: always
  type: dict
  sample: {ok: 14, failed: 1, warning: 0, not_permitted: 2, skipped: 0}
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - With the code V(NotReady) also C(checks), those that failed.
  returned: on failure
  type: dict
"""

from ..module_utils._actions.preflight import Preflight
from ..module_utils._module import act


def main() -> None:
    act(Preflight())


if __name__ == "__main__":
    main()
