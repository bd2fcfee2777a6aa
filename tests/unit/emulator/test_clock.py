# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock and the timeline behind it."""

from __future__ import annotations

from typing import Any

import pytest
from emulator.clock import Clock
from emulator.timeline import Timeline


class Source:
    """A source of real time that tests move by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_real_time_and_faster() -> None:
    """Time runs as fast as the speed says, without jumping when the speed changes."""
    source = Source()
    clock = Clock(source=source)
    source.time += 5
    assert clock.now() == 1005
    clock.set_speed(60)
    source.time += 2
    assert clock.now() == 1125


def test_stopped_and_stepped() -> None:
    """A stopped clock moves by steps only, and a running one takes no steps."""
    source = Source()
    clock = Clock(source=source)
    with pytest.raises(ValueError, match="stopped"):
        clock.step(10)
    clock.set_speed(0)
    source.time += 100
    assert clock.now() == 1000
    clock.step(10)
    assert clock.now() == 1010


@pytest.mark.parametrize("method", ["set_speed", "step"])
def test_time_does_not_run_backwards(method: str) -> None:
    """Neither speed nor step may be negative."""
    with pytest.raises(ValueError, match="backwards"):
        getattr(Clock(speed=0), method)(-1)


def test_reset_returns_to_real_time_at_the_initial_speed() -> None:
    """Reset is for the next test: it must find what the first one found."""
    source = Source()
    clock = Clock(2, source)
    clock.set_speed(0)
    clock.step(500)
    clock.reset()
    source.time += 1
    assert clock.show() == {"now": 1002.0, "speed": 2, "per_read": 0.0}


def test_events_run_at_their_own_time() -> None:
    """Looking once after an hour gives the same timestamps as watching every second."""
    clock = Clock(0, Source())
    timeline = Timeline(clock)
    seen: list[float] = []

    def chain() -> None:
        seen.append(timeline.stamp())
        if len(seen) < 3:
            timeline.after(10, chain)

    timeline.after(10, chain)
    timeline.after(15, lambda: seen.append(timeline.stamp()))
    clock.step(3600)
    timeline.catch_up()
    assert seen == [1010, 1015, 1020]
    assert timeline.now == 4600


def test_endpoint(emulator: Any) -> None:
    """`POST /_emulator/clock` sets speed and steps, GET shows."""
    before = emulator.control("clock")["now"]
    assert emulator.control("clock", {"step": 10})["now"] == pytest.approx(before + 10)
    assert emulator.control("clock", {"speed": 60})["speed"] == 60
    assert "stopped" in emulator.refused("clock", {"step": 10})
    assert "speed" in emulator.refused("clock", {"sped": 1})


def test_timestamps_come_from_the_clock(account: Any) -> None:
    """Every timestamp in an answer is simulated time."""
    account.emulator.step(86400)
    now = account.emulator.control("clock")["now"]
    assert account.register()["registeredAt"].timestamp() == pytest.approx(now, abs=0.01)
    assert account.create()["createdAt"].timestamp() == pytest.approx(now, abs=0.01)
