# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service's deploymentConfiguration: what ECS fills in, how updates merge into it, and what it refuses.

Defaults: botocore ECS model, DeploymentConfiguration. Merging: probes of the real API published with go-to-k/cdkd
(issues 1160, 1806, 1861).
"""

from __future__ import annotations

import copy
from typing import Any

from .errors import invalid_parameter
from .stages import LAMBDA_ONLY

Document = dict[str, Any]

_BREAKER: Document = {
    "enable": False,
    "rollback": False,
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}
_ALARMS: Document = {"alarmNames": [], "enable": False, "rollback": False}
_STEPS: dict[str, tuple[str, Document]] = {
    "LINEAR": ("linearConfiguration", {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}),
    "CANARY": ("canaryConfiguration", {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}),
}
_HOOK_TIMEOUT: Document = {"timeoutInMinutes": 1440, "action": "ROLLBACK"}
_PERCENT = 100
_DAY_IN_MINUTES = 1440
# Share of traffic and wait of each strategy, with the lowest share (botocore ECS model). The texts that refuse others
# are guesses.
_RANGES = {
    "linearConfiguration": ("stepPercent", "stepBakeTimeInMinutes", 3.0),
    "canaryConfiguration": ("canaryPercent", "canaryBakeTimeInMinutes", 0.1),
}


def created(given: Document, daemon: bool) -> Document:
    """Fill the configuration of a new service."""
    percents = {"maximumPercent": 100, "minimumHealthyPercent": 0} if daemon else {}
    empty: Document = {
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": _BREAKER,
        "alarms": _ALARMS,
        **percents,
    }
    return merged(empty, given)


def merged(held: Document, given: Document) -> Document:
    """Merge an update: one level deep, with a rule of its own for each nested structure."""
    result = copy.deepcopy(held) | copy.deepcopy(given)
    if "deploymentCircuitBreaker" in given:
        # enable and rollback are replaced, the optional children are kept when they are left out.
        result["deploymentCircuitBreaker"] = copy.deepcopy(
            held["deploymentCircuitBreaker"] | {"rollback": False} | given["deploymentCircuitBreaker"]
        )
    for strategy, (member, defaults) in _STEPS.items():
        if member in given:
            # What is left out gets AWS's default, not the value it had.
            result[member] = defaults | given[member]
        elif result["strategy"] == strategy:
            result.setdefault(member, dict(defaults))
        else:
            result.pop(member, None)
    if "lifecycleHooks" in given:
        result["lifecycleHooks"] = [_hook(hook) for hook in given["lifecycleHooks"]]
    _check(result)
    return result


def _hook(given: Document) -> Document:
    hook = {"targetType": "AWS_LAMBDA", **copy.deepcopy(given)}
    hook["timeoutConfiguration"] = _HOOK_TIMEOUT | given.get("timeoutConfiguration", {})
    return hook


def _check(configuration: Document) -> None:
    for strategy, (member, _ignored) in _STEPS.items():
        if member in configuration and configuration["strategy"] != strategy:
            word = strategy.capitalize()
            raise invalid_parameter(f"{word} configuration can only be present with {strategy} deployment strategy")
    if not 0 <= configuration["minimumHealthyPercent"] <= _PERCENT:
        raise invalid_parameter("minimumHealthyPercent must be between 0 and 100.")
    if configuration["maximumPercent"] < _PERCENT:
        raise invalid_parameter("maximumPercent must be at least 100.")
    if not 0 <= configuration["bakeTimeInMinutes"] <= _DAY_IN_MINUTES:
        raise invalid_parameter("bakeTimeInMinutes must be between 0 and 1440.")
    if "earlySuccessCriteria" in configuration and configuration["strategy"] != "ROLLING":
        raise invalid_parameter("Early success criteria can only be present with ROLLING deployment strategy")
    _check_early(configuration)
    _check_shifts(configuration)
    _check_threshold(configuration["deploymentCircuitBreaker"]["thresholdConfiguration"])
    _check_hooks(configuration.get("lifecycleHooks", []))


def _check_early(configuration: Document) -> None:
    """Refuse criteria that lack what the model says must be specified; the texts are guesses."""
    criteria = configuration.get("earlySuccessCriteria", {})
    if not criteria.get("enable"):
        return
    if "healthyPercent" not in criteria or "sourceServiceRevisionCleanup" not in criteria:
        raise invalid_parameter("Early success criteria need healthyPercent and sourceServiceRevisionCleanup.")
    if criteria["healthyPercent"] < configuration["minimumHealthyPercent"]:
        raise invalid_parameter("healthyPercent must be greater than or equal to minimumHealthyPercent.")


def _check_shifts(configuration: Document) -> None:
    for member, (share, wait, lowest) in _RANGES.items():
        if member not in configuration:
            continue
        percent = configuration[member][share]
        if not lowest <= percent <= _PERCENT or abs(percent * 10 - round(percent * 10)) > 1e-6:
            raise invalid_parameter(f"{share} must be a multiple of 0.1 between {lowest} and 100.0.")
        if not 0 <= configuration[member][wait] <= _DAY_IN_MINUTES:
            raise invalid_parameter(f"{wait} must be between 0 and {_DAY_IN_MINUTES}.")


def _check_threshold(threshold: Document) -> None:
    highest = 2**31 - 1 if threshold["type"] == "COUNT" else _PERCENT
    if not 1 <= threshold["value"] <= highest:
        raise invalid_parameter("Invalid deployment circuit breaker threshold value.")


def _check_hooks(hooks: list[Document]) -> None:
    for hook in hooks:
        if not hook.get("lifecycleStages"):
            raise invalid_parameter("Lifecycle stage cannot be null or empty for any deployment lifecycle hooks")
        if hook["targetType"] == "AWS_LAMBDA" and not (hook.get("hookTargetArn") and hook.get("roleArn")):
            raise invalid_parameter("Role arn or Hook Target arn is missing for one or more deployment lifecycle hooks")
        wrong = sorted(set(hook["lifecycleStages"]) & set(LAMBDA_ONLY))
        if hook["targetType"] == "PAUSE" and wrong:
            # botocore ECS model, DeploymentLifecycleHook; the text is a guess.
            raise invalid_parameter(f"PAUSE hooks cannot be configured at lifecycle stage {wrong[0]}")
