# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment that is under way looks like in one line, and the events that are news."""

from __future__ import annotations

from typing import Any

from ._verdict import Followed, entry, moment, primary
from ._watch import UnderWay

# Strategies in which traffic is shifted from one revision to the other.
SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")


def progress(followed: Followed, service: dict[str, Any], record: dict[str, Any] | None) -> UnderWay:
    """Say how far a deployment has come: its stage, its tasks, its traffic, and the events since the last look."""
    current = entry(service, followed.ours) or primary(service) or {}
    followed.notes["seen"] = moment(current)
    target = (record or {}).get("targetServiceRevision") or {}
    running, wanted, pending = (
        target.get(of_record) or current.get(of_service, 0)
        for of_record, of_service in (
            ("runningTaskCount", "runningCount"),
            ("requestedTaskCount", "desiredCount"),
            ("pendingTaskCount", "pendingCount"),
        )
    )
    wanted = wanted or service.get("desiredCount", 0)  # neither shows the count in the first moments
    parts = [_state(record or {}, current), f"{running} of {wanted} running", f"{pending} pending"]
    parts += [f"{current['failedTasks']} failed"] if current.get("failedTasks") else []
    parts += _traffic(record or {}, target)
    news = _news(followed, service, moment(current))
    return UnderWay(f"{service['serviceName']}: {', '.join(parts)}", news)


def _state(record: dict[str, Any], current: dict[str, Any]) -> str:
    status, stage = record.get("status", ""), record.get("lifecycleStage")
    if status.startswith(("ROLLBACK", "STOP")):
        return f"{status} ({stage})" if stage else status
    return str(stage or status or current.get("rolloutState") or "under way")


def _traffic(record: dict[str, Any], target: dict[str, Any]) -> list[str]:
    if (record.get("deploymentConfiguration") or {}).get("strategy") not in SHIFTING:
        return []
    kinds = {"requestedTestTrafficWeight": "test", "requestedProductionTrafficWeight": "production"}
    return [f"{target[name]:g}% of {kind} traffic" for name, kind in kinds.items() if target.get(name) is not None]


def _news(followed: Followed, service: dict[str, Any], since: float) -> tuple[str, ...]:
    """Give the service's events that have not been told, oldest first."""
    told = followed.notes.get("event", since)
    fresh = sorted((item for item in service.get("events", []) if moment(item) > told), key=moment)
    if fresh:
        followed.notes["event"] = moment(fresh[-1])
    name = service["serviceName"]
    return tuple(f"{name}: {item['message'].removeprefix(f'(service {name}) ')}" for item in fresh)
