# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is going to happen: a queue of events that is worked off lazily, whenever somebody looks."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from .clock import Clock

Event = Callable[[], None]


class Timeline:
    """Events of one region in the order of simulated time.

    A reader calls `catch_up` first. Each due event then runs with `now` set to the moment it was due, so the states
    and timestamps come out the same whether the clock was watched every second or moved by an hour at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self.now = clock.now()

    def after(self, seconds: float, event: Event) -> None:
        """Schedule an event `seconds` from the current moment."""
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), event))

    def catch_up(self) -> None:
        """Run every event that is due by now."""
        until = self._clock.now()
        while self._queue and self._queue[0][0] <= until:
            self.now, _ignored, event = heapq.heappop(self._queue)
            event()
        self.now = max(self.now, until)

    def stamp(self) -> float:
        """Give the current moment as ECS prints it: epoch seconds with milliseconds."""
        return round(self.now, 3)
