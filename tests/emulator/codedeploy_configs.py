# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployment configurations of CodeDeploy for Amazon ECS: how the production traffic is shifted.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from __future__ import annotations

from typing import Any

from .errors import EcsError
from .region import Region

Document = dict[str, Any]

PREFIX = "CodeDeployDefault."


def _canary(percent: int, minutes: int) -> Document:
    return {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": minutes}}


def _linear(percent: int, minutes: int) -> Document:
    return {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": percent, "linearInterval": minutes}}


PREDEFINED: dict[str, Document] = {
    f"{PREFIX}ECSAllAtOnce": {"type": "AllAtOnce"},
    f"{PREFIX}ECSCanary10Percent5Minutes": _canary(10, 5),
    f"{PREFIX}ECSCanary10Percent15Minutes": _canary(10, 15),
    f"{PREFIX}ECSLinear10PercentEvery1Minutes": _linear(10, 1),
    f"{PREFIX}ECSLinear10PercentEvery3Minutes": _linear(10, 3),
}


def find(region: Region, name: str) -> Document:
    """Give a configuration as DeploymentConfigInfo."""
    if name in PREDEFINED:
        return {
            "deploymentConfigId": f"00000000-0000-0000-0000-{list(PREDEFINED).index(name):012d}",
            "deploymentConfigName": name,
            "createTime": 1543000000.0,
            "computePlatform": "ECS",
            "trafficRoutingConfig": PREDEFINED[name],
        }
    held = region.codedeploy.configs.get(name)
    if held is None:
        raise EcsError("DeploymentConfigDoesNotExistException", f"No Deployment Configuration found for name: {name}")
    return held


def shifts(region: Region, name: str) -> list[tuple[float, float]]:
    """List the shares of the replacement in percent, each with the minutes until the next."""
    routing = find(region, name).get("trafficRoutingConfig", {})
    if routing.get("type") == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        return [(float(canary["canaryPercentage"]), float(canary["canaryInterval"])), (100.0, 0.0)]
    if routing.get("type") == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        step, minutes = float(linear["linearPercentage"]), float(linear["linearInterval"])
        count = int(-(-100 // step))
        return [(min(100.0, step * number), minutes) for number in range(1, count + 1)]
    return [(100.0, 0.0)]
