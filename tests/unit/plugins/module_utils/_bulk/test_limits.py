# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls at the pace that AWS allows, learned from what it answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import AwsError
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.limits import BUCKET_OF, RATES, Limiter
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock

WRITE = "RegisterTaskDefinition"


class Stepped(Clock):
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Bucket:
    """AWS's side: so many calls at once, so many a second, and what lies in between is throttled."""

    def __init__(self, clock: Clock, burst: float, rate: float) -> None:
        self.clock, self.burst, self.rate = clock, burst, rate
        self.level, self.then, self.refused = burst, 0.0, 0

    def send(self) -> dict[str, Any]:
        now = self.clock.now()
        self.level, self.then = min(self.burst, self.level + (now - self.then) * self.rate), now
        if self.level < 1:
            self.refused += 1
            raise AwsError("Rate exceeded.", code="ThrottlingException")
        self.level -= 1
        return {}


@pytest.mark.parametrize(("burst", "rate"), [(20, 1), (20, 0.7), (20, 3), (50, 5)])
def test_many_calls_take_little_longer_than_the_bucket_must(burst: float, rate: float) -> None:
    """Whether the account has the documented rate, less of it or more."""
    clock = Stepped()
    limiter, bucket = Limiter(clock), Bucket(clock, burst, rate)
    for _call in range(1000):
        limiter.through(WRITE, bucket.send, False)
    bound = (1000 - burst) / rate
    assert clock.now() < bound * 1.1
    assert bucket.refused < 200


def test_nothing_is_paced_before_aws_throttles() -> None:
    clock = Stepped()
    limiter = Limiter(clock)
    for _call in range(1000):
        limiter.through(WRITE, dict, False)
    assert clock.now() == 0


def test_a_bucket_is_shared_by_its_operations_and_by_no_others() -> None:
    clock = Stepped()
    limiter = Limiter(clock)
    assert limiter.bucket("CreateService") is limiter.bucket("UpdateService")
    assert limiter.bucket("CreateService") is not limiter.bucket(WRITE)
    assert limiter.bucket("GetNamespace") is limiter.bucket("GetNamespace")
    assert limiter.bucket("GetNamespace") is not limiter.bucket("GetResources")
    assert len(BUCKET_OF) == sum(len(names.split()) for _rate, names in RATES)


@pytest.mark.parametrize(("repeat", "sent"), [(True, 4), (False, 1)])
def test_a_call_that_nobody_answered_is_repeated_only_where_that_does_no_harm(repeat: bool, sent: int) -> None:
    clock = Stepped()
    calls = []

    def lost() -> dict[str, Any]:
        calls.append(clock.now())
        error = AwsError("The connection was closed.")
        error.broken = True
        raise error

    with pytest.raises(AwsError):
        Limiter(clock, repeats=3).through(WRITE, lost, repeat)
    assert len(calls) == sent
    assert calls == [0.0, 1.0, 3.0, 7.0][:sent]


def test_a_refusal_is_not_repeated() -> None:
    def refused() -> dict[str, Any]:
        raise AwsError("no", code="AccessDeniedException")

    clock = Stepped()
    with pytest.raises(AwsError):
        Limiter(clock).through(WRITE, refused, True)
    assert clock.now() == 0


def test_throttling_without_end_is_a_failure() -> None:
    def throttled() -> dict[str, Any]:
        raise AwsError("Rate exceeded.", code="ThrottlingException")

    clock = Stepped()
    with pytest.raises(AwsError, match="Rate exceeded"):
        Limiter(clock).through(WRITE, throttled, True)
    assert 600 <= clock.now() < 700
