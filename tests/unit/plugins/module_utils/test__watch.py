# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting in one piece and in slices, by a clock that only moves when it is slept on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._errors import TimedOut
from ansible_collections.longshore.ecs.plugins.module_utils._watch import SLICE, Clock, Paused, UnderWay, Watch


class StepClock(Clock):
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.naps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds


def states(*texts: str | None) -> Iterator[UnderWay | None]:
    """Give one state after the other, None at the end."""
    yield from (UnderWay(text) if text else None for text in texts)


def in_slices(watch: Watch, looks: Iterator[UnderWay | None], patience: float = 600) -> list[list[str]]:
    """Wait as the action plugin makes it: slice by slice, each with the token of the one before, read from JSON."""
    told = []
    while True:
        try:
            watch.until(lambda: next(looks), patience)
        except Paused:
            told.append(watch.lines)
            watch = Watch(watch.clock, json.loads(json.dumps(watch.token())))
            continue
        return [*told, watch.lines]


def test_a_wait_looks_ever_more_rarely_until_nothing_is_under_way() -> None:
    clock = StepClock()
    Watch(clock).until(lambda: UnderWay("a") if len(clock.naps) < 20 else None, 600)
    assert clock.naps == sorted(clock.naps) and (clock.naps[0], clock.naps[-1]) == (1.0, 10.0)


def test_the_longest_pause_can_be_set_and_a_costly_look_be_spared() -> None:
    clock = StepClock()
    Watch(clock, longest=2).until(lambda: UnderWay("a") if len(clock.naps) < 9 else None, 600)
    assert max(clock.naps) == 2
    clock = StepClock()
    Watch(clock).until(lambda: UnderWay("a", pause=25) if len(clock.naps) < 2 else None, 600)
    assert clock.naps == [25, 25]


def test_a_timeout_says_what_was_under_way() -> None:
    clock = StepClock()
    with pytest.raises(TimedOut, match=r"Timed out after 30 seconds: a\. The work goes on in AWS"):
        Watch(clock).until(lambda: UnderWay("a"), 30)
    assert clock.seconds == 30


def test_without_patience_it_looks_once() -> None:
    clock, looks = StepClock(), states("a", "b")
    Watch(clock).until(lambda: next(looks), 0)
    assert clock.naps == [] and next(looks) == UnderWay("b")


def test_without_a_token_a_wait_is_one_piece() -> None:
    looks = states("a", "b", None)
    Watch(StepClock()).until(lambda: next(looks), 600)
    assert next(looks, "none left") == "none left"


def test_each_change_is_told_once_and_soon() -> None:
    told = in_slices(Watch(StepClock(), {}), states("a", "a", "b", "b", "b", *"cccccc", None))
    assert [[line.partition(";")[0] for line in lines] for lines in told] == [["a", "b"], ["c"], []]


def test_what_is_over_soon_is_told_at_its_end() -> None:
    told = in_slices(Watch(StepClock(), {}), states("a", "b", None))
    assert [[line.partition(";")[0] for line in lines] for lines in told] == [["a", "b"]]


def test_news_are_told_before_the_state_and_quiet_states_are_not_told() -> None:
    looks = iter([UnderWay("unseen", quiet=True), UnderWay("a", ("one", "two")), None])
    told = in_slices(Watch(StepClock(), {}), looks)
    assert told[0][:2] == ["one", "two"] and told[0][2].startswith("a; 9:59")


def test_patience_is_that_of_all_slices_together() -> None:
    clock = StepClock()
    with pytest.raises(TimedOut, match="100 seconds"):
        in_slices(Watch(clock, {}), (UnderWay(str(number // 3)) for number in range(1000)), 100)
    assert 95 <= clock.seconds <= 101


def test_a_slice_ends_after_a_while_although_nothing_has_changed() -> None:
    clock = StepClock()
    watch = Watch(clock, {"told": "a"})
    with pytest.raises(Paused):
        watch.until(lambda: UnderWay("a"), 6000)
    assert watch.lines == [] and SLICE < clock.seconds < SLICE + 20


def test_a_wait_in_the_middle_of_the_work_is_not_cut() -> None:
    watch, looks = Watch(StepClock(), {}), states("a", "b", None)
    watch.until(lambda: next(looks), 600, whole=True)
    assert [line.partition(";")[0] for line in watch.lines] == ["a", "b"]


def test_notes_outlive_a_slice_and_only_a_later_slice_is_resumed() -> None:
    watch = Watch(StepClock(), {})
    assert watch.sliced and not watch.resumed
    watch.notes["deployment"] = "ecs-svc/1"
    later = Watch(StepClock(), json.loads(json.dumps(watch.token())))
    assert later.resumed and later.notes == {"deployment": "ecs-svc/1"}


def test_work_before_the_wait_is_not_waiting() -> None:
    clock = StepClock()
    watch = Watch(clock)
    clock.sleep(500)
    watch.until(lambda: UnderWay("a") if clock.seconds < 520 else None, 60)
    assert watch.waited() < 40
