# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lifecycle stages of a deployment that shifts traffic, as a list of steps.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")

RECONCILE = "RECONCILE_SERVICE"
SCALE_UP = "SCALE_UP"
TEST = "TEST_TRAFFIC_SHIFT"
PRODUCTION = "PRODUCTION_TRAFFIC_SHIFT"
BAKE = "BAKE_TIME"
CLEAN_UP = "CLEAN_UP"

# botocore ECS model, DeploymentLifecycleHook.lifecycleStages: these are for AWS_LAMBDA hooks only.
LAMBDA_ONLY = (TEST, PRODUCTION)

# How long a stage takes in which nothing is to be done, and how long a load balancer takes to follow a new weight: not
# documented.
STAGE_SECONDS = 3.0
SHIFT_SECONDS = 5.0
_ALL = 100.0


@dataclass(frozen=True)
class Step:
    """A stage on the way; it lasts `seconds` at least. `production` is the target's share in percent from then on."""

    stage: str
    seconds: float = STAGE_SECONDS
    production: float | None = None
    test: float | None = None


def forth(configuration: Document, reconcile: bool, first: bool) -> list[Step]:
    """List the steps of a deployment.

    That a service's first deployment walks through the stages with its hooks, shifts at once and does not bake is what
    users report (hashicorp/terraform-provider-aws#43434), not documented.
    """
    shifts = [(_ALL, 0.0)] if first else _shifts(configuration)
    bake = 0.0 if first else configuration["bakeTimeInMinutes"] * 60.0
    steps = [Step(RECONCILE)] if reconcile else []
    steps += [Step("PRE_SCALE_UP"), Step(SCALE_UP), Step("POST_SCALE_UP")]
    steps += [Step(TEST, SHIFT_SECONDS, test=_ALL), Step("POST_TEST_TRAFFIC_SHIFT")]
    for share, wait in shifts:
        steps += [Step("PRE_PRODUCTION_TRAFFIC_SHIFT"), Step(PRODUCTION, SHIFT_SECONDS + wait, production=share)]
    return [*steps, Step("POST_PRODUCTION_TRAFFIC_SHIFT"), Step(BAKE, max(bake, STAGE_SECONDS)), Step(CLEAN_UP)]


def _shifts(configuration: Document) -> list[tuple[float, float]]:
    """Give the shares of production traffic, each with the time to wait after it in seconds; the last has none."""
    strategy = configuration["strategy"]
    if strategy == "LINEAR":
        linear = configuration["linearConfiguration"]
        # In tenths of a percent, so that 3.3 % and its like add up.
        tenths = round(linear["stepPercent"] * 10)
        shares = [share / 10 for share in range(tenths, 1000, tenths)]
        wait = linear["stepBakeTimeInMinutes"] * 60.0
    elif strategy == "CANARY":
        canary = configuration["canaryConfiguration"]
        shares = [float(canary["canaryPercent"])] if canary["canaryPercent"] < _ALL else []
        wait = canary["canaryBakeTimeInMinutes"] * 60.0
    else:
        shares, wait = [], 0.0
    return [*((share, wait) for share in shares), (_ALL, 0.0)]


def back() -> list[Step]:
    """List the steps of a rollback: full count first, then all traffic at once, then the new tasks go.

    AWS documents that traffic goes back to the source revision; the stages that it shows meanwhile are a guess, and so
    is that hooks do not run.
    """
    return [Step(SCALE_UP, 0.0), Step(PRODUCTION, SHIFT_SECONDS, production=_ALL, test=_ALL), Step(CLEAN_UP)]
