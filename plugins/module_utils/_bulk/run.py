# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan out: what is ready is written in parallel, and what is written is watched together.

The main thread decides who is next, and looks; other threads write. One failure does not hide another: what depends on
it is skipped, and what has begun is seen to its end.
"""

from __future__ import annotations

import graphlib
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from .._action import Job
from .._core import Outcome
from .._errors import EcsError, TimedOut
from .._normal import revision_name
from .._watch import FIRST, GROWTH, LONGEST, SLICE, Paused, UnderWay, Watch
from . import batches, records
from .nodes import Node
from .records import DONE, FAILED, OPEN, OVER, SETTLING, SKIPPED, Record
from .work import Worked, seen, work

# Seconds after which a slice ends that has something to tell, although there is more to write.
TELLING = 15.0
# Looks a second that many resources may take together: half of what AWS refills (API throttling, ECS).
LOOKS = 50.0
# Seconds for which the main thread waits for the others before it looks after what has been written.
TURN = 0.5
NAMED = 5  # so many resources under way are told of one by one


@dataclass
class Settings:
    """How a plan is carried out."""

    concurrency: int
    go_on: bool  # whether a failure stops what does not depend on it


@dataclass
class Run:
    """One slice of carrying out a plan; how far it has come lies in the records."""

    api: Any
    job: Job
    nodes: dict[str, Node]
    records: dict[str, Record]
    revisions: dict[str, str]
    settings: Settings
    executor: Executor
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # of what is settling
    writing: float = 0.0  # seconds in which at least one thread wrote
    _ready: deque[str] = field(default_factory=deque)
    _begun: bool = False
    _running: dict[Future[Worked], str] = field(default_factory=dict)
    _delay: float = FIRST
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._clock = self.api.clock
        self._view = self.api.apart()
        self._began = self._next = self._clock.now()
        self._sorter = graphlib.TopologicalSorter({key: record["after"] for key, record in self.records.items()})
        self._sorter.prepare()
        self._failed = next((key for key, record in self.records.items() if record["state"] == FAILED), None)
        for key, record in self.records.items():
            if record["state"] == SETTLING:
                self._take_up(key, record)
        self._left = {key for key, record in self.records.items() if record["state"] not in OVER}
        self._advance()

    def finish(self) -> None:
        """Work until every record is over. Raises Paused where a slice ends."""
        while self._left:
            self._submit()
            self._collect()
            self._look()
            self._pause()

    # Who is next

    def _advance(self) -> None:
        """Take what has become ready by what is over.

        It goes before what was ready from the start: services are created while other families still wait to be
        registered, since the two draw from different buckets.
        """
        while self._sorter.is_active() and (keys := self._sorter.get_ready()):
            for key in keys:
                if self.records[key]["state"] in OVER:
                    self._sorter.done(key)
                elif self.records[key]["state"] == OPEN:
                    self._ready.insert(0 if self._begun else len(self._ready), key)
        self._begun = True

    def _submit(self) -> None:
        self._advance()
        while self._ready and len(self._running) < self.settings.concurrency and not self._ends():
            key = self._ready.popleft()
            reason = self._hindered(key)
            if reason:
                self._over(key, SKIPPED, reason)
                self._advance()
                continue
            future = self.executor.submit(work, self.nodes[key], self.records[key], self.api, self.revisions)
            self._running[future] = key

    def _hindered(self, key: str) -> str | None:
        for other in self.records[key]["after"]:
            state = self.records[other]["state"]
            if state in (FAILED, SKIPPED):
                return f"{other} {'has failed' if state == FAILED else 'was skipped'}, and it comes before this."
        if self._failed and not self.settings.go_on:
            return f"{self._failed} has failed, and continue_on_error is false."
        return None

    # What was written

    def _collect(self) -> None:
        if not self._running:
            return
        began = self._clock.now()
        finished, _rest = wait(self._running, TURN, FIRST_COMPLETED)
        for future in finished:
            self._file(self._running.pop(future), future.result())
        self.writing += self._clock.now() - began

    def _file(self, key: str, worked: Worked) -> None:
        """Note what a thread has come to."""
        record, node = self.records[key], self.nodes[key]
        records.keep(record, node, worked.outcome, worked.seconds)
        self.job.calls += worked.outcome.made
        revision = record["known"].get("registered") or record["arn"]
        if node.kind == "task_definition" and not node.gone and revision:
            self.revisions[node.ask.document["family"]] = revision_name(revision)
        if worked.error:
            self._fail(key, worked.error)
        elif worked.state and node.ask.wait:
            record["state"] = SETTLING
            self.outcomes[key] = worked.outcome
            self._delay, self._next = FIRST, min(self._next, self._clock.now() + FIRST)
            self._tell(key, worked.state)
        else:
            self._over(key, DONE, worked.said)

    def _fail(self, key: str, error: EcsError) -> None:
        record = self.records[key]
        record["failure"] = records.failure(error)
        self._failed = self._failed or key
        self._over(key, FAILED, str(error))

    def _over(self, key: str, state: str, said: str | None = None) -> None:
        record = self.records[key]
        record["state"] = state
        if said and state != FAILED:
            record["said"] = said
        if state != SKIPPED:
            self._report(key, record)
        self.outcomes.pop(key, None)
        self._left.discard(key)
        self._sorter.done(key)
        ended = f"{record['action']} {state}" if state == DONE else state
        self.job.watch.say(f"{key}: {ended}" + (f": {said}" if said else f" after {record.get('seconds', 0):.0f} s"))

    def _report(self, key: str, record: Record) -> None:
        """Note what became of a resource: how long it took, its deployment, and what it warns of."""
        node = self.nodes[key]
        if key in self.outcomes:
            record["seconds"] = round(record.get("seconds", 0.0) + node.ask.watch.waited(), 3)
        if record.get("notes"):
            record.update(node.resource.report(node.ask))
        told = (f"{key}: {warning}" for warning in node.ask.warnings)
        self.job.warnings += [warning for warning in told if warning not in self.job.warnings]

    # What is under way

    def _take_up(self, key: str, record: Record) -> None:
        """Go on with the wait of an earlier slice, or for an earlier run's deployment."""
        node = self.nodes[key]
        notes = record.setdefault("notes", {})
        watch = Watch(self._clock, {"notes": notes, "waited": record.get("waited", 0.0)})
        try:
            node.anew(self._view, watch, self.revisions)
        except EcsError as error:
            record.update(state=FAILED, failure=records.failure(error))
            self._failed = self._failed or key
            return
        node.ask.notes.update(record.get("known", {}))
        self.outcomes[key] = records.restored(record)

    def _look(self) -> None:
        """Look at everything that is under way, in as few calls as there are, when it is time."""
        if not self.outcomes:
            return
        if self._clock.now() < self._next:
            if self._running or self._ready:
                return
            self._clock.sleep(self._next - self._clock.now())
        self._view.forget()
        for job in batches.submitted(self._view, [self.nodes[key] for key in self.outcomes], self.executor):
            job.result()
        for key in list(self.outcomes):
            self._judge(key)
        self._delay = min(self._delay * GROWTH, LONGEST)
        self._next = self._clock.now() + max(self._delay, len(self.outcomes) / LOOKS)
        self._tell_count()
        for key in self.outcomes:
            self.records[key]["waited"] = self.nodes[key].ask.watch.waited()

    def _judge(self, key: str) -> None:
        node, outcome = self.nodes[key], self.outcomes[key]
        try:
            state = seen(node, self._view, outcome)
            if state and node.ask.watch.waited() >= node.ask.wait:
                late = TimedOut(
                    f"Timed out after {node.ask.wait:.0f} seconds: {state.text}. The work goes on in AWS; raise "
                    "wait_timeout to see it end."
                )
                raise node.resource.overdue(self._view, outcome.found, node.ask, late)
        except EcsError as error:
            self._fail(key, error)
        else:
            self._tell(key, state) if state else self._over(key, DONE)

    # What is told

    def _tell(self, key: str, state: UnderWay) -> None:
        if len(self.outcomes) > NAMED or state.quiet:
            return
        self.job.watch.say(*state.news)
        if self.records[key].get("told") != state.text:
            self.records[key]["told"] = state.text
            self.job.watch.say(state.text)

    def _tell_count(self) -> None:
        count, notes = len(self.outcomes), self.job.watch.notes
        if count > NAMED and notes.get("under_way") != count:
            notes["under_way"] = count
            self.job.watch.say(f"{count} resources are under way")

    def _ends(self) -> bool:
        """Tell whether this slice shall end as soon as nobody writes any more."""
        watch, age = self.job.watch, self._clock.now() - self._began
        return watch.sliced and (age > SLICE or (bool(watch.lines) and age > TELLING))

    def _pause(self) -> None:
        watch = self.job.watch
        if not watch.sliced or self._running or not self._left:
            return
        if self._ends() or (watch.lines and not self._ready):
            raise Paused
