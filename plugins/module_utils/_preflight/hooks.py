# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lifecycle hooks: each function exists and can be invoked, and the controller knows hooks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok
from ._look import Look
from ._wish import Wish, region_of

NAME = "hooks"


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each hook; its role is checked with the other roles."""
    for hook in wish.deployment.get("lifecycleHooks") or []:
        pause = hook.get("targetType") == "PAUSE"
        subject = (
            f"pause at {', '.join(hook.get('lifecycleStages') or [])}" if pause else str(hook.get("hookTargetArn"))
        )
        yield Check(NAME, subject, partial(_hook, hook, pause, look))


def _hook(hook: dict[str, Any], pause: bool, look: Look) -> Iterator[Finding]:
    if not hook.get("lifecycleStages"):
        yield failed("The hook names no stage, so it is never called.", "Name at least one of lifecycle_stages.")
    elif pause:
        yield ok("The deployment waits here until somebody continues it.")
    else:
        yield from _function(str(hook.get("hookTargetArn") or ""), look)


def _function(arn: str, look: Look) -> Iterator[Finding]:
    missing = ("ResourceNotFoundException",)
    answer = look.find("lambda", "GetFunction", missing, region_of(arn), FunctionName=arn)
    state = ((answer or {}).get("Configuration") or {}).get("State", "Active")
    if answer is None:
        yield failed(f"There is no function '{arn}'.", "Create it, or correct hook_target_arn.")
    elif state == "Failed":
        yield failed(f"The function '{arn}' is in the state Failed, and cannot be invoked.", "Repair the function.")
    else:
        yield ok(f"The function '{arn}' exists.")
