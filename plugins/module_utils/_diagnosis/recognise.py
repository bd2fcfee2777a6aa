# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what AWS says to what it means: texts, tasks and records, each read with the catalogue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._secret import masked
from .catalogue import CATALOGUE, NOUNS, UNKNOWN, Entry

# A reason that AWS gives can be a page long, and goes into one sentence.
REASON_LENGTH = 240
# Exit codes of containers that ECS ended because another container of the task had ended: SIGTERM, SIGKILL, or obeyed.
AFTER_OTHERS = (143, 137, 0)


@dataclass(frozen=True)
class Finding:
    """One thing that was recognised: the entry, what the text names, and the text itself."""

    entry: Entry
    words: dict[str, str]
    source: str
    text: str
    count: int = 0  # of the tasks that stopped for it


@dataclass
class Group:
    """Tasks that stopped for the same cause."""

    finding: Finding
    tasks: list[dict[str, Any]]

    def told(self) -> Finding:
        """Give the finding with the number of its tasks."""
        return replace(self.finding, count=len(self.tasks))


def recognise(text: str, where: str, **known: str | None) -> Finding | None:
    """Find the first entry that fits a text of this kind; `known` are names that the text itself may lack."""
    for entry in CATALOGUE:
        match = where in entry.where.split() and re.search(entry.pattern, text, re.IGNORECASE | re.DOTALL)
        if match:
            named = {name.rstrip("0123456789"): word for name, word in match.groupdict().items() if word}
            words = {"reason": text} | {name: word for name, word in known.items() if word} | named
            return Finding(entry, words, where, text)
    return None


def of_task(task: dict[str, Any]) -> Finding | None:
    """Tell why a task stopped; None if it only stopped because it was no longer wanted.

    What a container says names the container, so it is read before the task's own reason; a symptom gives way to what
    explains it. An exit code counts only where nothing is said, since a container that is told to stop has one too.
    """
    said = _said(task)
    found = [finding for text, known in said if (finding := recognise(text, "task", **known))]
    if found:
        return max(found, key=lambda finding: finding.entry.rank)
    if task.get("stopCode") == "ServiceSchedulerInitiated":
        return None
    culprit = _culprit(task)
    if culprit and task.get("stopCode") != "UserInitiated":
        code = str(culprit["exitCode"])
        return recognise(code, "exit", **_named(culprit), code=code)
    reason = str(task.get("stoppedReason") or "AWS gives no reason why a task stopped")
    return Finding(UNKNOWN, {"reason": reason}, "task", reason)


def _said(task: dict[str, Any]) -> list[tuple[str, dict[str, str | None]]]:
    containers = task.get("containers", [])
    said = [(str(item["reason"]), _named(item)) for item in containers if item.get("reason")]
    reason = str(task.get("stoppedReason") or "")
    about = [item for item in containers if _mentioned(item, reason)] or containers
    known = _named(about[0]) if len(about) == 1 else {}
    return [*said, (f"{task.get('stopCode') or ''}: {reason}", {**known, "reason": reason})]


def _mentioned(container: dict[str, Any], reason: str) -> bool:
    image = str(container.get("image") or "")
    return bool(image) and image in reason


def _named(container: dict[str, Any]) -> dict[str, str | None]:
    return {"container": container.get("name"), "image": container.get("image")}


def _culprit(task: dict[str, Any]) -> dict[str, Any] | None:
    """Find the container that ended by itself: the others were ended for it."""
    ended = [item for item in task.get("containers", []) if item.get("exitCode") is not None]
    order = {code: place for place, code in enumerate(AFTER_OTHERS, 1)}
    return min(ended, key=lambda item: order.get(item["exitCode"], 0), default=None)


def grouped(tasks: Iterable[dict[str, Any]]) -> list[Group]:
    """Group stopped tasks by cause, the one that explains most first."""
    groups: dict[tuple[str, ...], Group] = {}
    for task in tasks:
        finding = of_task(task)
        if finding:
            told = finding.text if finding.entry is UNKNOWN else finding.words.get("container", "")
            key = (finding.entry.cause, finding.entry.pattern, told)
            groups.setdefault(key, Group(finding, [])).tasks.append(task)
    return sorted(groups.values(), key=lambda group: (-group.finding.entry.rank, -len(group.tasks)))


def hopeless_cause(tasks: Iterable[dict[str, Any]], enough: int) -> tuple[str, int] | None:
    """Name the cause that no further task can escape, if it stopped `enough` tasks, and how many it stopped."""
    found = [finding.entry.cause for task in tasks if (finding := of_task(task)) and finding.entry.hopeless]
    for cause, count in Counter(found).most_common(1):
        return (cause, count) if count >= enough else None
    return None


def of_record(record: dict[str, Any]) -> list[Finding]:
    """Tell why a service deployment ended, as its record has it: alarms and hooks are known from here alone."""
    alarms = (record.get("alarms") or {}).get("triggeredAlarmNames") or []
    hooks = [hook for hook in record.get("lifecycleHookDetails") or [] if hook.get("status") in ("FAILED", "TIMED_OUT")]
    texts = [
        str(record.get("statusReason") or ""),
        str((record.get("rollback") or {}).get("reason") or ""),
        f"alarms triggered: {' and '.join(alarms)}" if alarms else "",
        *(
            f"hook {hook.get('targetArn') or hook.get('hookId')} {hook['status']} at {record.get('lifecycleStage')}"
            for hook in hooks
        ),
    ]
    found = [recognise(text, "record") for text in texts if text]
    # The most that is named: the alarm with its name before a reason that only speaks of alarms.
    return sorted((finding for finding in found if finding), key=lambda finding: -len(finding.words))


def worded(template: str, names: Mapping[str, Any]) -> str:
    """Fill in a template: things are named where their name is known, and else spoken of in general."""
    return template.format_map({name: _noun(forms, names.get(name)) for name, forms in NOUNS.items()})


def _noun(forms: tuple[str, str], name: Any) -> str:
    known, unknown = forms
    if not name:
        return unknown
    several = known.startswith("the ") and " and " in str(name)
    return (known.replace(" {}", "s {}") if several else known).format(masked(str(name)))


def clipped(text: str) -> str:
    """Give a text as a part of a sentence: without secrets, in one piece, and not too long."""
    whole = re.sub(r"\.\s+", "; ", " ".join(str(masked(text)).split())).strip(" .:;")
    return whole if len(whole) <= REASON_LENGTH else whole[:REASON_LENGTH].rstrip() + "..."
