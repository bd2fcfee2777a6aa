# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alarms: each alarm that guards the deployment exists, and is not in alarm already."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ._check import Check, Finding, failed, ok, warning
from ._look import Look
from ._wish import Wish

NAME = "alarms"


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each alarm of the deployment configuration, unless they are off."""
    given = wish.deployment.get("alarms") or {}
    if given.get("enable"):
        for name in given.get("alarmNames") or []:
            yield Check(NAME, str(name), partial(_alarm, str(name), wish, look))


def _alarm(name: str, wish: Wish, look: Look) -> Iterator[Finding]:
    answer = look.get("cloudwatch", "DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    shown = [*(answer.get("MetricAlarms") or []), *(answer.get("CompositeAlarms") or [])]
    if not shown:
        yield failed(f"There is no alarm '{name}' in {wish.region}.", "Create it, or correct its name.")
    elif shown[0].get("StateValue") == "ALARM":
        # developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures"
        yield warning(
            f"The alarm '{name}' is in ALARM now, so ECS does not watch it during the deployment.",
            "Wait until it is OK again, if it is to guard the deployment.",
        )
    else:
        yield ok(f"The alarm '{name}' exists.")
