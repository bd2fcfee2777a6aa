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
  - ECS keeps deployments for 90 days.
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
      - How many deployments of each service to show at most.
    type: int
  revisions:
    description:
      - Whether to show the revisions too, with their task definition and the digests of their images.
    type: bool
    default: true
seealso:
  - module: longshore.ecs.deployment
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
    - The deployments, for each service newest first, with the members that AWS shows.
    - C(id) is the id that the service shows for the deployment.
    - C(target_service_revision) and C(source_service_revisions) hold the C(task_definition), the C(images) with their
      digests, and the whole C(revision).
    - C(lifecycle_hook_details) holds the C(hook_id) and C(status) of each hook.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._actions.deployment_info import DeploymentInfo
from ..module_utils._module import act


def main() -> None:
    act(DeploymentInfo())


if __name__ == "__main__":
    main()
