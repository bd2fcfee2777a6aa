# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lifecycle hooks: what a stage waits for.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html. All hooks of a stage begin
together, and all must be over before the next stage. `lifecycleHookDetails` holds those of the present stage; that
ended ones stay there until the next stage, or for good when one of them ended the deployment, is a guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from .records import Hook, Service, ServiceDeployment
from .region import Region

Document = dict[str, Any]
# Told when a hook is over: with a reason if the deployment is to be rolled back, else with None.
Done = Callable[[str | None], None]

_MINUTE = 60.0


def start(region: Region, service: Service, record: ServiceDeployment, stage: str, done: Done) -> None:
    """Begin the hooks of a stage."""
    configured = record.doc["deploymentConfiguration"].get("lifecycleHooks", [])
    record.hooks = [_hook(region, hook, stage) for hook in configured if stage in hook["lifecycleStages"]]
    record.doc["lifecycleHookDetails"] = [hook.doc for hook in record.hooks]
    for hook in record.hooks:
        minutes = hook.configuration["timeoutConfiguration"]["timeoutInMinutes"]
        region.timeline.after(minutes * _MINUTE, partial(_timed_out, hook, done))
        if hook.doc["targetType"] == "AWS_LAMBDA":
            _invoke(region, service, record, hook, done)


def _hook(region: Region, configuration: Document, stage: str) -> Hook:
    timeout = configuration["timeoutConfiguration"]
    pause = configuration["targetType"] == "PAUSE"
    # The form of a Lambda hook's id is a guess.
    doc: Document = {
        "hookId": f"ecs-{'pause' if pause else 'lambda'}-{secrets.token_urlsafe(32)}",
        "targetType": configuration["targetType"],
        "status": "AWAITING_ACTION" if pause else "IN_PROGRESS",
        "expiresAt": round(region.timeline.now + timeout["timeoutInMinutes"] * _MINUTE, 3),
        "timeoutAction": timeout["action"],
    }
    if not pause:
        doc["targetArn"] = configuration["hookTargetArn"]
    return Hook(doc, configuration, stage)


def _invoke(region: Region, service: Service, record: ServiceDeployment, hook: Hook, done: Done) -> None:
    """Call the function; it answers a little later."""
    if not hook.open:
        return
    name = function_name(hook.configuration["hookTargetArn"])
    payload = {
        "serviceArn": service.arn,
        "lifecycleStage": hook.stage,
        "targetServiceRevisionArn": record.target.revision_arn,
        "productionTrafficWeight": record.target.production,
        "testTrafficWeight": record.target.test,
        "hookDetails": hook.configuration.get("hookDetails"),
    }
    answer = region.world.hooks.invoke(name, payload)
    function = region.world.hooks.of(name)
    region.timeline.after(function.seconds, partial(_answered, hook, answer, done))
    if answer == "IN_PROGRESS":
        again = partial(_invoke, region, service, record, hook, done)
        region.timeline.after(function.seconds + function.delay_seconds, again)


def function_name(arn: str) -> str:
    """Give the name in a function's ARN, without a version or alias."""
    name = arn.partition(":function:")[2] or arn
    return name.partition(":")[0]


def _answered(hook: Hook, answer: str, done: Done) -> None:
    if hook.open and answer in ("SUCCEEDED", "FAILED"):
        hook.doc["status"] = answer
        done(f"Lifecycle hook {hook.doc['targetArn']} failed at {hook.stage}." if answer == "FAILED" else None)


def _timed_out(hook: Hook, done: Done) -> None:
    if hook.open:
        hook.doc["status"] = "TIMED_OUT"
        rollback = hook.doc["timeoutAction"] == "ROLLBACK"
        done(f"Lifecycle hook {hook.doc['hookId']} timed out at {hook.stage}." if rollback else None)


def waiting(record: ServiceDeployment) -> bool:
    """Tell whether a hook of the present stage is still open."""
    return any(hook.open for hook in record.hooks)


def paused(record: ServiceDeployment, hook_id: str) -> Hook | None:
    """Find the hook that awaits an action."""
    for hook in record.hooks:
        if hook.doc["hookId"] == hook_id and hook.doc["status"] == "AWAITING_ACTION":
            return hook
    return None


def drop(record: ServiceDeployment) -> None:
    """End the hooks of a deployment that is given up: nothing that they still do counts. FAILED is a guess."""
    for hook in record.hooks:
        if hook.open:
            hook.doc["status"] = "FAILED"
