# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting, and telling what goes on meanwhile.

A module cannot speak while it runs: Ansible shows what it printed when it has ended. So the wait can be cut into
slices: a slice ends soon after there is something to tell, with a token; an action plugin on the controller tells it
and runs the module again with the token, which goes on waiting where the slice before it ended. This works over every
connection and in AWX, and the loop that waits stays here. Without a token the wait is one piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._errors import TimedOut

# Seconds after which a slice ends although nothing has changed, so that the connection and the credentials stay fresh.
SLICE = 120.0
# Seconds that a slice lasts at least, so much later is something told: each slice costs the start of a process.
TELL = 5.0
# Fewer seconds than this are none: what is left after many additions may be too little to be slept away.
LEAST = 0.001
# Seconds between looks: how it starts, how it grows, where it ends.
FIRST, GROWTH, LONGEST = 1.0, 1.3, 10.0


class Clock:
    """Time as the waiting loops see it; tests bring their own."""

    def now(self) -> float:
        """Give the seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)

    def date(self) -> float:
        """Give the seconds since 1970."""
        return time.time()


@dataclass(frozen=True)
class UnderWay:
    """What is not done yet. `text` is the state in one line, and worth telling whenever it changes; `news` are things
    that happened since the last look, each told once. `pause`: look again no sooner than after so many seconds, where
    a look costs many calls. `quiet`: the state is only worth telling when time runs out."""

    text: str
    news: tuple[str, ...] = ()
    pause: float = 0.0
    quiet: bool = False


class Paused(Exception):
    """A slice has ended: there is something to tell, and the wait is not over."""

    outcome: Any = None  # what had come of the work when the slice ended


class Watch:
    """One wait, perhaps in slices. What a later slice needs to know of an earlier one lies in `notes`, as JSON."""

    def __init__(self, clock: Clock, token: dict[str, Any] | None = None, longest: float | None = None) -> None:
        """Begin a wait, or go on with the one that `token` tells of; an empty token begins one in slices."""
        self.clock = clock
        self.sliced = token is not None
        self.resumed = bool(token)
        self.lines: list[str] = []
        known = token or {}
        self.notes: dict[str, Any] = known.get("notes", {})
        self._told: str | None = known.get("told")
        self._delay: float = known.get("delay", FIRST)
        self._longest = longest or LONGEST
        self._before: float = known.get("waited", 0.0)
        if known.get("at"):  # the time between two slices passes too
            self._before += max(0.0, time.time() - known["at"])
        self._started = clock.now()

    def waited(self) -> float:
        """Give the seconds since the wait began, those of earlier slices among them."""
        return self._before + self.clock.now() - self._started

    def token(self) -> dict[str, Any]:
        """Give what the next slice needs to go on."""
        return {
            "notes": self.notes,
            "told": self._told,
            "delay": self._delay,
            "waited": self.waited(),
            "at": time.time(),
        }

    def begin(self) -> None:
        """Start counting anew: what has passed until here was work, not waiting."""
        if not self.resumed:
            self._before, self._started = 0.0, self.clock.now()

    def until(self, look: Callable[[], UnderWay | None], patience: float, whole: bool = False) -> None:
        """Look again and again, ever more slowly, until nothing is under way; without patience, look once.

        Raises TimedOut after `patience` seconds, and Paused where a slice ends; with `whole` no slice ends here, for a
        wait in the middle of the work.
        """
        self.begin()
        while state := look():
            if not patience:
                return
            left = patience - self.waited()
            self._tell(state, left)
            if left < LEAST:
                raise TimedOut(
                    f"Timed out after {patience:.0f} seconds: {state.text}. "
                    "The work goes on in AWS; raise wait_timeout to see it end."
                )
            if self.sliced and not whole and self.clock.now() - self._started > (TELL if self.lines else SLICE):
                raise Paused
            self.clock.sleep(min(max(self._delay, state.pause), left))
            self._delay = min(self._delay * GROWTH, self._longest)
        self.resumed, self._delay = False, FIRST

    def say(self, *lines: str) -> None:
        """Tell something as it is, at the end of this slice."""
        self.lines += lines

    def _tell(self, state: UnderWay, left: float) -> None:
        self.say(*state.news)
        if state.text != self._told and not state.quiet:
            self._told = state.text
            self.say(f"{state.text}; {_minutes(left)} left")


def _minutes(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
