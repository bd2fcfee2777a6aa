#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apply
short_description: Bring a whole Amazon ECS estate to the state that a manifest describes
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Takes hundreds of clusters, task definitions, services and other resources in one task. Each entry of the manifest
    is exactly the options of the module of that name.
  - The whole manifest is checked before the first call, and everything that is wrong with it is reported at once. Then
    all is read in as few calls as possible, the plan is made and told, and only then is anything written, in parallel
    and in the order in which resources refer to each other.
  - There is no state file. A run that was killed or failed half-way is finished by the next one.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._deployment.progress
  - longshore.ecs._attributes
attributes:
  diff_mode:
    support: full
    description: Shows, for each resource that changes, what differs. Values that look secret are masked.
  idempotent:
    support: partial
    description: A second run makes no writing call, unless an entry asks for one every time.
options:
  src:
    description:
      - A YAML or JSON file, or a directory in which all such files are read at any depth, on the host that runs the
        module. Hidden files are left out.
      - A file holds a dictionary with C(resources), a list of entries, and on demand C(defaults), which hold in that
        file. A list of entries alone will do.
      - At least one of O(src) and O(resources) is required; both together are one manifest.
    type: path
  resources:
    description:
      - The entries, each a dictionary with one key, which is the kind, for example C(cluster), C(task_definition),
        C(service) or C(repository). Its value holds the options of the module of that name, without those of the
        connection.
      - Each entry also takes C(depends_on), a list of services by name (or C(cluster/name)), or of dictionaries of kind
        and name, that come before it.
    type: list
    elements: dict
  defaults:
    description:
      - Options by kind, for all entries that do not have them. An option of an entry replaces the default as a whole.
    type: dict
  placeholders:
    description:
      - The values of placeholders by name. A placeholder is text of the manifest that is nothing but the name of a
        variable, for example C({{ vault_web_password }}); the name begins with C(vault_).
      - Files are read without templating, so this is how secrets come into them. A placeholder without a value is a
        mistake.
    type: dict
  prune:
    description:
      - Deletes what this manifest's owner once applied and declares no more.
      - Everything applied with this option carries the tag C(longshore:owner) with the owner as its value. What carries
        that tag and is not declared is deleted. Nothing else is, ever.
      - What carries the tag, is not declared, and is used by something declared stays, with a warning.
    type: dict
    suboptions:
      owner:
        description:
          - The name of the owner, which should be unique in the account and Region.
        type: str
        required: true
  concurrency:
    description:
      - How many calls to make at the same time, from V(1) to V(64).
    type: int
    default: 16
  continue_on_error:
    description:
      - Whether a failure only stops what depends on it. When V(false), nothing is begun any more after a failure. What
        has begun is seen to its end in any case.
      - When V(false), a resource that cannot be planned stops the run before the first write.
    type: bool
    default: false
  plan_only:
    description:
      - Whether to end after the plan, as in check mode. RV(ignore:changed) is then V(false).
    type: bool
    default: false
  max_deletes:
    description:
      - How many resources the plan may delete. When it would delete more, the task fails before the first write.
    type: int
  max_replaces:
    description:
      - How many resources the plan may delete and create anew. When it would replace more, the task fails before the
        first write.
    type: int
seealso:
  - module: longshore.ecs.cluster
  - module: longshore.ecs.task_definition
  - module: longshore.ecs.service
"""

EXAMPLES = r"""
- name: A shop in one task
  longshore.ecs.apply:
    defaults:
      service:
        cluster: shop
        launch_type: FARGATE
        network_configuration:
          awsvpc_configuration:
            subnets: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
            security_groups: [sg-0cccccccccccccccc]
      task_definition:
        network_mode: awsvpc
        requires_compatibilities: [FARGATE]
        cpu: "256"
        memory: "512"
    resources:
      - cluster:
          name: shop
          capacity_providers: [FARGATE, FARGATE_SPOT]
      - task_definition:
          family: api
          container_definitions:
            - name: api
              image: public.ecr.aws/docker/library/nginx:1.27
      - task_definition:
          family: web
          container_definitions:
            - name: web
              image: public.ecr.aws/docker/library/nginx:1.27
      - service:
          name: api
          task_definition: api
          desired_count: 1
      - service:
          name: web
          task_definition: web
          desired_count: 2
          depends_on: [api]
    prune:
      owner: shop

- name: From now on without the API; what is left of it goes, but never more than two resources
  longshore.ecs.apply:
    resources:
      - cluster:
          name: shop
      - task_definition:
          family: web
          network_mode: awsvpc
          requires_compatibilities: [FARGATE]
          cpu: "256"
          memory: "512"
          container_definitions:
            - name: web
              image: public.ecr.aws/docker/library/nginx:1.27
      - service:
          name: web
          cluster: shop
          task_definition: web
    prune:
      owner: shop
    max_deletes: 2
"""

RETURN = r"""
plan:
  description:
    - What is planned for each resource, whether it is carried out or not.
    - C(action) is V(create), V(update), V(deploy) (an update that starts a deployment), V(replace), V(delete) or
      V(none). C(members) names what an update changes, C(calls) the operations.
  returned: when the manifest could be read
  type: list
  elements: dict
  sample:
    - kind: service
      name: shop/web
      action: deploy
      members: [task_definition]
      calls: [UpdateService]
      arn: arn:aws:ecs:eu-central-1:123456789012:service/shop/web
      file: estate/web.yml
summary:
  description: How many resources the plan has for each action.
  returned: when the manifest could be read
  type: dict
  sample: {create: 0, update: 0, deploy: 1, replace: 0, delete: 0, none: 41}
resources:
  description:
    - What became of each resource.
    - C(outcome) is V(done), V(unchanged), V(failed) or V(skipped). C(seconds) is how long it took, C(deployment) what
      became of the deployment, C(failure) holds code, message and diagnosis, C(said) tells why it was skipped.
  returned: when something could be carried out
  type: list
  elements: dict
  sample:
    - kind: service
      name: shop/web
      action: deploy
      members: [task_definition]
      outcome: done
      seconds: 74.2
timing:
  description:
    - The module's own seconds. C(read), C(plan), C(write) while something was being written, C(wait) while nothing but
      waiting was left, and C(total).
  returned: when the plan was carried out
  type: dict
  sample: {read: 0.41, plan: 0.22, write: 1.1, wait: 73.0, total: 74.73}
errors:
  description: Everything that is wrong with the manifest, each with C(file), C(line), C(path) and C(message).
  returned: when the manifest cannot be meant
  type: list
  elements: dict
diagnosis:
  description: Why the first deployment that failed did; that of each stands in its entry of RV(resources).
  returned: when a deployment failed
  type: dict
actions:
  description: The calls that were made, or in check mode would be, as service, operation and params.
  returned: always
  type: list
  elements: dict
failure:
  description: The failure of the first resource, as code, message, operation and request_id.
  returned: failure
  type: dict
  contains:
    code:
      description: AWS's error code, or one of the collection's, such as C(BadInput), C(TooMany) or C(Conflict).
      type: str
      sample: RolledBack
      returned: failure
"""

from ..module_utils._actions.apply import Apply
from ..module_utils._module import act


def main() -> None:
    act(Apply())


if __name__ == "__main__":
    main()
