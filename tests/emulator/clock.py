# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one clock of the emulator: real time, faster, or stopped and moved by steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Clock:
    """Simulated time in epoch seconds.

    Nothing ticks: whoever needs the time asks for it, so a stopped clock stops the whole emulated world.
    """

    def __init__(self, speed: float = 1.0, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._initial_speed = speed
        self._lock = threading.Lock()
        self._per_read = 0.0
        self._start(source(), speed)

    def set_per_read(self, seconds: float) -> None:
        """Let each read move a stopped clock by so many seconds; 0 ends it."""
        if seconds < 0:
            raise ValueError("time does not run backwards: per_read must be 0 or more")
        with self._lock:
            self._per_read = seconds

    def note_read(self) -> None:
        """Move a stopped clock, because somebody looks."""
        with self._lock:
            if not self._speed and self._per_read:
                self._start(self._now() + self._per_read, 0)

    def _start(self, now: float, speed: float) -> None:
        self._base = now
        self._anchor = self._source()
        self._speed = speed

    def _now(self) -> float:
        return self._base + (self._source() - self._anchor) * self._speed

    def now(self) -> float:
        """Give the current simulated time."""
        with self._lock:
            return self._now()

    def set_speed(self, speed: float) -> None:
        """Let time run `speed` times as fast as real time from now on; 0 stops it."""
        if speed < 0:
            raise ValueError("time does not run backwards: speed must be 0 or more")
        with self._lock:
            self._start(self._now(), speed)

    def step(self, seconds: float) -> None:
        """Move a stopped clock forward."""
        if seconds < 0:
            raise ValueError("time does not run backwards: step must be 0 or more")
        with self._lock:
            if self._speed:
                raise ValueError('only a stopped clock can be stepped: send {"speed": 0} first')
            self._start(self._now() + seconds, 0)

    def reset(self) -> None:
        """Return to real time at the speed the emulator was started with."""
        with self._lock:
            self._start(self._source(), self._initial_speed)
            self._per_read = 0.0

    def show(self) -> dict[str, float]:
        """Describe the clock for the control endpoint."""
        with self._lock:
            return {"now": round(self._now(), 3), "speed": self._speed, "per_read": self._per_read}
