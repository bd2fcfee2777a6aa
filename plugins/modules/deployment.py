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
  check_mode:
    details: Says which calls would be made, and waits for nothing.
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
      - The names or ARNs of the services. Many are watched together, with few calls; one that fails does not end the
        wait for the others.
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
      - V(rejected) rolls a deployment back that is paused at a lifecycle hook, and waits for the pause in the same way.
      - With V(rolled_back) and V(rejected), it is the success that the deployment was rolled back. A hook that was
        answered before is not answered again, and a deployment that was decided the other way fails the task.
      - Of a service under the controller V(CODE_DEPLOY), the deployment of AWS CodeDeploy is meant, and V(continued)
        tells it to move the traffic. Under V(EXTERNAL) the module decides nothing and fails.
    type: str
    choices: [completed, rolled_back, continued, rejected]
    default: completed
  deployment:
    description:
      - The deployment that is meant, by the ARN of the service deployment or by its id such as C(ecs-svc/123), with
        CodeDeploy by its id such as C(d-ABCDEF123). The latest when not given.
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
      - How many seconds to wait at most. When the time is over the task fails; the deployments go on in AWS, and the
        next run takes the wait up.
    type: int
    default: 900
seealso:
  - module: longshore.ecs.deployment_info
  - module: longshore.ecs.service
  - ref: ansible_collections.longshore.ecs.docsite.waiting
    description: How a deployment is followed, the outcomes, and the causes that a diagnosis names.
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
    - In the order of O(service).
  returned: always, once the services have been found
  type: list
  elements: dict
  contains:
    service:
      description: The name of the service.
      type: str
      sample: shop-web
      returned: always
    cluster:
      description: The cluster, as O(cluster) has it.
      type: str
      sample: shop-prod
      returned: always
    id:
      description: The id of the deployment, as the service shows it.
      type: str
      sample: ecs-svc/1234567890123456789
      returned: when there is a deployment
    arn:
      description: The ARN of the service deployment.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:service-deployment/shop-prod/shop-web/AbCdEfGhIjKl
      returned: when it may be seen
    outcome:
      description: How it ended, or V(awaiting_approval), V(hopeless) or V(timed_out) when it has not.
      type: str
      sample: completed
      returned: when it was waited for
    status:
      description: The status in AWS.
      type: str
      sample: SUCCESSFUL
      returned: when it may be seen
    stage:
      description: The lifecycle stage, with strategies that have stages.
      type: str
      sample: PRE_PRODUCTION_TRAFFIC_SHIFT
      returned: when there is one
    answered:
      description: The id of the hook that was answered.
      type: str
      returned: when a hook was answered
    said:
      description: Why nothing was done.
      type: str
      sample: its latest deployment was itself a way back
      returned: when nothing had to be done
    failure:
      description: C(code), C(message) and C(diagnosis) of a deployment that did not complete.
      type: dict
      returned: when it did not complete
  sample:
    - service: shop-web
      cluster: shop-prod
      id: ecs-svc/1234567890123456789
      arn: arn:aws:ecs:eu-central-1:123456789012:service-deployment/shop-prod/shop-web/AbCdEfGhIjKl
      outcome: completed
      status: SUCCESSFUL
deployment:
  description: The one entry of RV(deployments), where a single service is named.
  returned: success, when one service is named
  type: dict
diagnosis:
  description:
    - Why the first deployment that did not end as wanted did not.
    - Holds C(cause), C(confidence), C(summary), C(evidence) and C(next_step), as with M(longshore.ecs.service).
  returned: when a deployment did not end as wanted
  type: dict
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecs, operation: StopServiceDeployment, params: {stopType: ROLLBACK}}]
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - When a deployment did not end as wanted, the code is that of the first such deployment, V(RolledBack) for example;
      M(longshore.ecs.service) has the list. V(NothingToGoBackTo) says that no deployment with another revision has
      completed before, V(HookNotFound) that O(hook_id) is none of the deployment's.
  returned: on failure
  type: dict
"""

from ..module_utils._actions.deployment import Deployment
from ..module_utils._module import act


def main() -> None:
    act(Deployment())


if __name__ == "__main__":
    main()
