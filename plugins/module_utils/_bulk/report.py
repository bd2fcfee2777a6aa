# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says: its plan as data, as a diff and as a table, and what became of each resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._errors import BadInput, EcsError
from .manifest import Manifest
from .nodes import Node
from .plan import ACTIONS, NONE, Step, totals
from .records import DONE, FAILED, SKIPPED, Record, failure

SHOWN = 20  # mistakes, or failures, that a message tells of


class ApplyFailed(EcsError):
    """Something of an estate could not be brought about; the result says what, and what was."""

    code = "ApplyFailed"


def refused(manifest: Manifest) -> BadInput:
    """Give the error of a manifest that cannot be meant, with everything that is wrong with it."""
    told = [problem.told() for problem in manifest.problems]
    errors = [{name: value for name, value in item.items() if name != "text"} for item in told]
    texts = [item["text"] for item in told[:SHOWN]]
    texts += [f"{len(told) - SHOWN} more stand in errors."] if len(told) > SHOWN else []
    count = f"{len(told)} mistakes in the manifest: " if len(told) > 1 else ""
    return BadInput(count + " ".join(texts), result={"errors": errors})


def plan_data(nodes: Mapping[str, Node], steps: Mapping[str, Step]) -> list[dict[str, Any]]:
    """Give the plan as data, one entry for each resource."""
    result = []
    for key, step in steps.items():
        node = nodes[key]
        entry: dict[str, Any] = {"kind": node.kind, "name": node.name, "action": step.action}
        entry["members"] = step.members
        entry["calls"] = [call.operation for call in step.calls]
        entry["arn"] = step.arn
        entry["file"] = node.place.file
        if step.failure:
            entry["failure"] = failure(step.failure)
        result.append(entry)
    return result


def diff(steps: Mapping[str, Step]) -> list[dict[str, Any]]:
    """Give the two sides of everything that changes, as Ansible shows them."""
    return [
        {"before_header": key, "after_header": f"{key} ({step.action})", "before": step.before, "after": step.after}
        for key, step in steps.items()
        if step.action != NONE
    ]


def table(steps: Mapping[str, Step]) -> list[str]:
    """Give the plan as lines for a person; what stays as it is is only counted."""
    lines = [f"Plan: {counted(totals(steps.values()))}"]
    order = sorted((ACTIONS.index(step.action), key) for key, step in steps.items() if step.action != NONE)
    for _rank, key in order:
        step = steps[key]
        members = f" ({', '.join(step.members)})" if step.members else ""
        lines.append(f"  {step.action:<8}{key}{members}")
    lines += [f"  cannot  {key}: {step.failure}" for key, step in steps.items() if step.failure]
    return lines


def counted(numbers: Mapping[str, int]) -> str:
    """Say how many there are of each action."""
    said = [
        f"{number} {'unchanged' if action == NONE else f'to {action}'}" for action, number in numbers.items() if number
    ]
    return ", ".join(said) or "nothing is declared"


def outcomes(nodes: Iterable[Node], records: Mapping[str, Record]) -> list[dict[str, Any]]:
    """Tell of each resource what became of it."""
    names = ("action", "members", "seconds", "arn", "deployment", "failure", "said")
    result = []
    for node in nodes:
        record = records.get(node.key, {"action": NONE, "state": "unchanged"})
        told = {name: record[name] for name in names if record.get(name)}
        result.append({"kind": node.kind, "name": node.name, **told, "outcome": record["state"]})
    return result


def check(records: Mapping[str, Record], result: dict[str, Any]) -> None:
    """Raise ApplyFailed, with the result, when something has failed."""
    failed = {key: record["failure"] for key, record in records.items() if record["state"] == FAILED}
    if not failed:
        return
    skipped = sum(record["state"] == SKIPPED for record in records.values())
    done = sum(record["state"] == DONE for record in records.values())
    texts = [f"{key}: {item['message']}" for key, item in list(failed.items())[:SHOWN]]
    text = f"{len(failed)} of {len(records)} failed, {done} done, {skipped} skipped. {' '.join(texts)}"
    first = next(iter(failed.values()))
    diagnosis = {"diagnosis": first["diagnosis"]} if first.get("diagnosis") else {}
    raise ApplyFailed(text, code=first["code"], operation=first.get("operation"), result={**result, **diagnosis})


def guard(steps: Mapping[str, Step], action: str, limit: int | None, result: dict[str, Any]) -> None:
    """Refuse a plan that deletes or replaces more than was allowed; nothing has been written."""
    keys = [key for key, step in steps.items() if step.action == action]
    if limit is None or len(keys) <= limit:
        return
    named = ", ".join(keys[:SHOWN]) + (", ..." if len(keys) > SHOWN else "")
    option = f"max_{action}s"
    raise ApplyFailed(
        f"{option}: the plan would {action} {len(keys)}, and {limit} are allowed: {named}. Nothing was changed; raise "
        f"{option} if this is meant.",
        code="TooMany",
        result=result,
    )
