# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a deployment is followed, in the modules that wait for one."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of following a deployment, and that of telling progress."""

    DOCUMENTATION = r"""
options:
  wait_until:
    description:
      - V(completed) waits until the deployment has completed; one that pauses for approval fails the task with the code
        C(AwaitingApproval).
      - V(approval) is content with a deployment that pauses for approval, too. Use it where somebody, or an approval
        node of an AWX workflow, decides before M(longshore.ecs.deployment) continues it.
    type: str
    choices: [completed, approval]
    default: completed
  fail_fast:
    description:
      - Whether to stop waiting when the deployment can only fail. That is when three tasks have stopped for the same
        cause that no retry mends, such as an image that is not there, or ten tasks in a row have failed for whatever
        cause.
      - The failure's code is then C(Hopeless). ECS goes on trying until the deployment is rolled back or replaced.
      - A circuit breaker that is about to end the deployment is waited for in any case.
    type: bool
    default: true
  log_lines:
    description:
      - How many of the last log lines of each failing container to show with a failure, from its C(awslogs) group.
        V(0) reads no log.
    type: int
    default: 10
"""

    PROGRESS = r"""
options:
  progress:
    description:
      - Whether to tell in the playbook's output, while waiting, what has changed.
      - For this the module is run again and again, each time until there is something to tell. With V(false), with
        C(async), with C(no_log) and in check mode it runs once.
    type: bool
    default: true
"""
