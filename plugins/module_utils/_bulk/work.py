# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing one resource about, by what was planned for it; many threads do this at once.

Each looks again before it writes. What somebody else has done since the plan was made is not done twice, and what the
plan did not foresee is not done at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core import Outcome, Plan, carry_out, foreseen, look
from .._errors import Blocked, EcsError
from .._watch import UnderWay, Watch
from . import prune
from .nodes import Node
from .plan import NONE, step_of
from .records import Record


@dataclass
class Worked:
    """What came of it: what was done, and what is still under way or went wrong."""

    outcome: Outcome = field(default_factory=lambda: Outcome(Plan([]), None))
    state: UnderWay | None = None
    error: EcsError | None = None
    seconds: float = 0.0
    said: str | None = None


def work(node: Node, record: Record, api: Any, revisions: Mapping[str, str]) -> Worked:
    """Carry out what is planned for a node, and look at it once; an error is part of what is given back."""
    view, clock = api.apart(), api.clock
    began, watch = clock.now(), Watch(clock)
    worked = Worked()
    try:
        node.anew(view, watch, revisions)
        worked.outcome = _planned(node, view)
        worked.said = _agreed(node, record, view, worked.outcome)
        if worked.outcome.plan.calls:
            carry_out(node.resource, view, node.ask, worked.outcome)
            watch.notes["made"] = bool(worked.outcome.made)
            watch.begin()
            worked.state = looked(node, view, worked.outcome)
    except EcsError as error:
        worked.error = error
    worked.seconds = clock.now() - began
    return worked


def looked(node: Node, api: Any, outcome: Outcome) -> UnderWay | None:
    """Read a resource again and say what is still under way; raises what its deployment came to, if it failed."""
    api.forget()
    return seen(node, api, outcome)


def seen(node: Node, api: Any, outcome: Outcome) -> UnderWay | None:
    """Say what is still under way, by what has been read a moment ago."""
    outcome.found = node.resource.read(api, node.ask)
    node.own_up(outcome.found, prune.TAG)
    return look(node.resource, api, node.ask, outcome)


def _planned(node: Node, api: Any) -> Outcome:
    found = node.resource.read(api, node.ask)
    if node.pruned and not prune.carries(found, node.owner):
        found = None
    node.own_up(found, prune.TAG)
    return foreseen(node.resource, api, node.ask, found)


def _agreed(node: Node, record: Record, api: Any, outcome: Outcome) -> str | None:
    """Compare with the plan that was told; gives what is to be said, raises Blocked for what was not foreseen."""
    step = step_of(node, api, outcome)
    if step.action == NONE:
        return "somebody else has done it since the plan was made"
    new = sorted(set(step.members) - set(record["members"]))
    if step.action != record["action"] or new:
        now = step.action + (f" of {', '.join(step.members)}" if step.members else "")
        raise Blocked(
            f"The {node.key} has been changed by somebody else since the plan was made: that was {record['action']}, "
            f"now it would be {now}. Nothing was done to it; run again to plan anew.",
            code="Conflict",
        )
    return None
