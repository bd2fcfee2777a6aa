# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs: the options are complete, and each log group exists or is going to be made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ._check import Check, Finding, failed, ok
from ._look import Look
from ._wish import Wish

NAME = "logs"


def creates_group(options: dict[str, str]) -> bool:
    """Tell whether the log driver makes the group itself."""
    return str(options.get("awslogs-create-group", "")).lower() == "true"


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check the awslogs configuration of each container and of Service Connect."""
    for owner, options in wish.awslogs():
        subject = f"{owner}: {options.get('awslogs-group') or 'awslogs'}"
        yield Check(NAME, subject, partial(_awslogs, options, wish, look))


def _awslogs(options: dict[str, str], wish: Wish, look: Look) -> Iterator[Finding]:
    # developer guide, "Send Amazon ECS logs to CloudWatch": the prefix is required on Fargate.
    required = ["awslogs-group", "awslogs-region", *(["awslogs-stream-prefix"] if wish.on_fargate else [])]
    lacking = [name for name in required if not options.get(name)]
    if lacking:
        yield failed(
            f"The awslogs configuration lacks {' and '.join(lacking)}.", "Add it to the options of log_configuration."
        )
    group = options.get("awslogs-group")
    if not group:
        return
    region = options.get("awslogs-region", "")
    answer = look.find("logs", "DescribeLogGroups", (), region, logGroupNamePrefix=group) or {}
    where = f" in {region}" if region else ""
    # Names are listed in ASCII order, so the one that equals the prefix comes first.
    if any(item.get("logGroupName") == group for item in answer.get("logGroups", [])):
        yield ok(f"The log group '{group}' exists{where}.")
    elif creates_group(options):
        yield ok(f"The log group '{group}' does not exist{where} yet; the log driver makes it.")
    else:
        yield failed(
            f"There is no log group '{group}'{where}.",
            'Create it, or set awslogs-create-group to "true" and let the role create log groups.',
        )
