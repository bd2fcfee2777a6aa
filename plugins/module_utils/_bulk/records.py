# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far each resource of a run has come, as JSON: it outlives a slice of the wait, and is the report in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core import Call, Outcome, Plan
from .._errors import EcsError
from .nodes import Node
from .plan import NONE, Step

OPEN, SETTLING, DONE, FAILED, SKIPPED = "open", "settling", "done", "failed", "skipped"
OVER = (DONE, FAILED, SKIPPED)

Record = dict[str, Any]


def opened(nodes: Mapping[str, Node], steps: Mapping[str, Step]) -> dict[str, Record]:
    """Open a record for each resource with which something is to be done, or that is still on its way."""
    records: dict[str, Record] = {}
    for key, step in steps.items():
        if step.action == NONE and not step.under_way and not step.failure:
            continue
        state = FAILED if step.failure else SETTLING if step.under_way else OPEN
        records[key] = {"action": step.action, "members": step.members, "state": state, "arn": step.arn}
        if step.failure:
            records[key]["failure"] = failure(step.failure)
    for key, record in records.items():
        waits = record["state"] == OPEN
        record["after"] = sorted(nodes[key].needs & records.keys()) if waits else []
    return records


def keep(record: Record, node: Node, outcome: Outcome, seconds: float) -> None:
    """Note in a record what a later slice has to know."""
    ask = node.ask
    record["notes"] = ask.watch.notes
    record["known"] = {name: value for name, value in ask.notes.items() if isinstance(value, str)}
    record["made"] = [call.operation for call in outcome.made]
    record["seconds"] = round(seconds, 3)
    if outcome.found:
        record["arn"] = outcome.found.shown.get(node.resource.arn)


def restored(record: Record) -> Outcome:
    """Give what an earlier slice has come to; only that calls were made counts now, not which."""
    made = [Call(operation, {}) for operation in record.get("made") or []]
    return Outcome(Plan([]), None, made)


def failure(error: EcsError) -> dict[str, Any]:
    """Give an error as JSON, with its diagnosis where it has one."""
    told = {name: error.data.get(name) for name in ("operation", "request_id")}
    diagnosis = (error.data.get("result") or {}).get("diagnosis")
    return {"code": error.code, "message": str(error), **told, **({"diagnosis": diagnosis} if diagnosis else {})}
