#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_info
short_description: Read the deployments of Amazon ECS services
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads the deployments of services, newest first, with their lifecycle stage, traffic weights, hooks, circuit breaker
    and alarms, and with the revisions they lead from and to.
  - ECS keeps deployments for 90 days. Deployments of AWS CodeDeploy are not among them.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes.info
options:
  cluster:
    description:
      - The name or ARN of the cluster.
    type: str
    default: default
  service:
    description:
      - The names or ARNs of the services. All services of the cluster when not given.
    type: list
    elements: str
    aliases: [services, name]
  status:
    description:
      - Only deployments with one of these statuses.
    type: list
    elements: str
    choices:
      - PENDING
      - IN_PROGRESS
      - SUCCESSFUL
      - STOP_REQUESTED
      - STOPPED
      - ROLLBACK_REQUESTED
      - ROLLBACK_IN_PROGRESS
      - ROLLBACK_SUCCESSFUL
      - ROLLBACK_FAILED
  created_after:
    description:
      - Only deployments that were created after this time, in ISO 8601, or after so long ago, such as V(90m), V(24h) or
        V(7d).
    type: str
    aliases: [since]
  created_before:
    description:
      - Only deployments that were created before this time, in the same forms.
    type: str
  latest:
    description:
      - How many deployments of each service to show at most. All when not given.
    type: int
  revisions:
    description:
      - Whether to show the revisions too, with their task definition and the digests of their images.
    type: bool
    default: true
seealso:
  - module: longshore.ecs.deployment
  - module: longshore.ecs.service_info
"""

EXAMPLES = r"""
- name: The latest deployment of a service
  longshore.ecs.deployment_info:
    cluster: shop-prod
    service: shop-web
    latest: 1

- name: What was rolled back in the last week, in the whole cluster
  longshore.ecs.deployment_info:
    cluster: shop-prod
    status: [ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED]
    created_after: 7d
"""

RETURN = r"""
deployments:
  description:
    - The deployments, for each service newest first.
    - Beside the members below, all that AWS shows of a service deployment, in snake_case.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id that the service shows for the deployment.
      type: str
      sample: ecs-svc/1234567890123456789
      returned: always
    service:
      description: The name of the service.
      type: str
      sample: shop-web
      returned: always
    cluster:
      description: The name of the cluster.
      type: str
      sample: shop-prod
      returned: always
    service_deployment_arn:
      description: The ARN of the deployment.
      type: str
      sample: arn:aws:ecs:eu-central-1:123456789012:service-deployment/shop-prod/shop-web/AbCdEfGhIjKl
      returned: always
    status:
      description: How far the deployment is, or how it ended.
      type: str
      sample: SUCCESSFUL
      returned: always
    status_reason:
      description: Why it ended so.
      type: str
      returned: when AWS gives a reason
    lifecycle_stage:
      description: The stage, with strategies that have stages.
      type: str
      sample: BAKE_TIME
      returned: when there is one
    lifecycle_hook_details:
      description: The hooks that were run, each with C(hook_id), C(target_type) and C(status), a pause also with
        C(expires_at) and C(timeout_action).
      type: list
      elements: dict
      returned: when there are some
    target_service_revision:
      description:
        - The revision that the deployment brings in, with its task counts and traffic weights.
        - With O(revisions=true) also its C(task_definition), its C(images) with their digests, and the whole of it as
          C(revision).
      type: dict
      sample:
        arn: arn:aws:ecs:eu-central-1:123456789012:service-revision/shop-prod/shop-web/1234567890123456789
        requested_task_count: 2
        running_task_count: 2
        pending_task_count: 0
        task_definition: prod-shop-web:7
        images: [{container: web, image: "public.ecr.aws/nginx/nginx:stable", digest: "sha256:94afd1f2e64d908bc90dbca"}]
      returned: always
    source_service_revisions:
      description: The revisions that it replaces, in the same form.
      type: list
      elements: dict
      returned: always
    deployment_circuit_breaker:
      description: The circuit breaker, as C(status), C(failure_count) and C(threshold).
      type: dict
      sample: {status: MONITORING_COMPLETE, failure_count: 0, threshold: 3}
      returned: when AWS shows it
    alarms:
      description: The alarms that guard the deployment, as C(status), C(alarm_names) and C(triggered_alarm_names).
      type: dict
      returned: when AWS shows them
    rollback:
      description: Why and when a rollback began, and to which revision.
      type: dict
      returned: when there was one
"""

from ..module_utils._actions.deployment_info import DeploymentInfo
from ..module_utils._module import act


def main() -> None:
    act(DeploymentInfo())


if __name__ == "__main__":
    main()
