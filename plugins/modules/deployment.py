#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment
short_description: Wait for, roll back, continue or reject Amazon ECS deployments
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Waits for the deployments of one or many services and tells how each of them ended, or decides over them.
  - The verdict is that of the service deployment itself. One that was rolled back, stopped, superseded, or that failed
    is a failure, with its cause.
  - Asked twice, it acts once.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._deployment
  - longshore.ecs._deployment.progress
  - longshore.ecs._attributes
attributes:
  diff_mode:
    support: none
    description: What changes is the course of a deployment, which has no two sides.
options:
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    default: default
  service:
    description:
      - The names or ARNs of the services. Many are watched together, with few calls.
    type: list
    elements: str
    required: true
    aliases: [services, name]
  state:
    description:
      - V(completed) waits for the deployment, and fails when it ends in another way.
      - V(rolled_back) stops a deployment that is under way, which brings back what ran before. When none is under way,
        it deploys the revision that completed last before the present one and differs from it. When the latest
        deployment was rolled back already, or was itself such a way back, nothing is done.
      - V(continued) lets a deployment go on that is paused at a lifecycle hook; one that has not come to its pause yet
        is waited for.
      - V(rejected) rolls a deployment back that is paused at a lifecycle hook.
    type: str
    choices: [completed, rolled_back, continued, rejected]
    default: completed
  deployment:
    description:
      - The deployment that is meant, by the ARN of the service deployment or by its id such as C(ecs-svc/123). The
        latest when not given.
      - With O(state=rolled_back), a deployment whose place another one has taken is left alone.
    type: str
    aliases: [service_deployment]
  hook_id:
    description:
      - The id of the lifecycle hook to answer, as M(longshore.ecs.deployment_info) shows it. Whichever awaits an answer
        when not given.
    type: str
  task_definition:
    description:
      - What to go back to with O(state=rolled_back), as C(family:revision) or ARN, instead of the revision that
        completed last before the present one.
    type: str
  wait:
    description:
      - Whether to wait until the deployment has ended.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most. The deployments go on in AWS.
    type: int
    default: 900
seealso:
  - module: longshore.ecs.deployment_info
  - module: longshore.ecs.service
"""

EXAMPLES = r"""
- name: Start the deployments of two services, without waiting for either
  longshore.ecs.service:
    cluster: shop-prod
    name: "{{ item }}"
    force_new_deployment: true
    wait: false
  loop: [shop-web, shop-api]

- name: Wait for both together
  longshore.ecs.deployment:
    cluster: shop-prod
    service: [shop-web, shop-api]
    wait_timeout: 1800

- name: Go back to a revision that is known to be good; without task_definition, to what completed before
  longshore.ecs.deployment:
    cluster: shop-prod
    service: shop-web
    state: rolled_back
    task_definition: prod-shop-web:1

- name: Let the deployment go on that is paused for approval
  longshore.ecs.deployment:
    cluster: shop-prod
    service: shop-worker
    state: continued
"""

RETURN = r"""
deployments:
  description:
    - What became of each service's deployment.
    - C(outcome) is V(completed), V(rolled_back), V(rollback_failed), V(failed), V(hopeless), V(stopped),
      V(superseded), V(awaiting_approval), V(timed_out) or V(gone), and absent when it was not waited for.
    - C(failure) holds code, message and diagnosis where it did not complete. C(said) tells why nothing was done.
  returned: always, once the services have been found
  type: list
  elements: dict
  sample:
    - service: shop-web
      cluster: shop-prod
      id: ecs-svc/1234567890123456789
      arn: arn:aws:ecs:eu-central-1:123456789012:service-deployment/shop-prod/shop-web/AbCdEfGhIjKl
      outcome: completed
      status: SUCCESSFUL
deployment:
  description: The same, where a single service is named.
  returned: when one service is named
  type: dict
diagnosis:
  description:
    - Why the first deployment that did not end as wanted did not.
    - Holds cause, confidence, summary, evidence and next_step.
  returned: when a deployment did not end as wanted
  type: dict
actions:
  description: The calls that were made, or in check mode would be, as service, operation and params.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._actions.deployment import Deployment
from ..module_utils._module import act


def main() -> None:
    act(Deployment())


if __name__ == "__main__":
    main()
