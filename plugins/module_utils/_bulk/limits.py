# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of many threads, paced: as fast as AWS lets them until it throttles, then as fast as its buckets fill again.

ECS documents its buckets, but others draw from them too, and an account may have larger ones. So the documented rate is
where pacing starts, and what AWS answers moves it.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .._api import AwsError
from .._watch import Clock

# Calls a second that a bucket sustains, and the operations that draw from it; reads share 20 a second each.
RATES: tuple[tuple[float, str], ...] = (
    (1.0, "CreateCluster DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders"),
    (1.0, "RegisterTaskDefinition DeregisterTaskDefinition"),
    (1.0, "DeleteTaskDefinitions"),
    (1.0, "CreateCapacityProvider UpdateCapacityProvider DeleteCapacityProvider"),
    (5.0, "CreateService UpdateService DeleteService CreateTaskSet UpdateTaskSet DeleteTaskSet"),
    (10.0, "TagResource UntagResource"),
    (20.0, "DescribeClusters ListClusters"),
    (20.0, "DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies"),
    (20.0, "DescribeServices ListServices DescribeTaskSets"),
    (20.0, "DescribeServiceDeployments ListServiceDeployments DescribeServiceRevisions"),
    (40.0, "RunTask StartTask StopTask"),
    (20.0, "DescribeTasks ListTasks"),
)
BUCKET_OF = {operation: number for number, (_rate, names) in enumerate(RATES) for operation in names.split()}
OTHERS = 5.0  # a second, for operations that no bucket of ours names

THROTTLED = (
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("TooManyRequestsException", "RequestLimitExceeded", "SlowDown"),
)
# What a rate is multiplied with after a refusal, and after a second without one; as long as the documented rate was
# never too much, the account may have a far larger bucket.
SLOWER, FASTER, SEARCHING = 0.9, 1.02, 1.1
SLOWEST = 0.2  # calls a second
PATIENCE = 600.0  # seconds for which one call is throttled before that is taken for a failure
REPEATS = 5  # how often a call is repeated that nobody answered, as often as botocore does
BACKOFF = 1.0  # seconds before the first repetition; it doubles


class Bucket:
    """The pace of operations that AWS counts together."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._clock = clock
        self._documented = rate
        self._lock = threading.Lock()
        self.rate: float | None = None  # unknown until AWS has throttled
        self._growth = SEARCHING
        self._next = 0.0  # when the next call may go
        self._changed = 0.0  # when the rate was changed last

    def take(self) -> float:
        """Wait for a turn; gives the moment at which the call goes."""
        with self._lock:
            now = self._clock.now()
            if self.rate is None:
                return now
            if now - self._changed > 1:
                self.rate, self._changed = self.rate * self._growth, now
            turn = max(now, self._next)
            self._next = turn + 1 / self.rate
        if turn > now:
            self._clock.sleep(turn - now)
        return turn

    def refused(self, sent: float) -> None:
        """Learn that a call that went at `sent` was throttled; one sent before the last lesson teaches nothing new."""
        with self._lock:
            now = self._clock.now()
            if self.rate is None:
                self.rate = self._documented
            elif sent > self._changed:
                self.rate, self._growth = max(self.rate * SLOWER, SLOWEST), FASTER
            self._changed = now
            self._next = max(self._next, now + 1 / self.rate)


class Limiter:
    """Sends calls at the pace of their buckets, and repeats those that were throttled or got lost."""

    def __init__(self, clock: Clock, repeats: int = REPEATS) -> None:
        self._clock = clock
        self._repeats = repeats
        self._buckets = [Bucket(rate, clock) for rate, _names in RATES]
        self._others: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def bucket(self, operation: str) -> Bucket:
        """Give the bucket that an operation draws from."""
        if operation in BUCKET_OF:
            return self._buckets[BUCKET_OF[operation]]
        with self._lock:
            return self._others.setdefault(operation, Bucket(OTHERS, self._clock))

    def through(self, operation: str, send: Callable[[], dict[str, Any]], repeat: bool) -> dict[str, Any]:
        """Send a call in its turn. Throttled calls did nothing, so they are repeated; lost ones only if `repeat`."""
        bucket, lost = self.bucket(operation), 0
        deadline = self._clock.now() + PATIENCE
        while True:
            sent = bucket.take()
            try:
                return send()
            except AwsError as error:
                if error.code in THROTTLED and self._clock.now() < deadline:
                    bucket.refused(sent)
                    continue
                if not error.broken or not repeat or lost >= self._repeats:
                    raise
            self._clock.sleep(BACKOFF * 2**lost)
            lost += 1
