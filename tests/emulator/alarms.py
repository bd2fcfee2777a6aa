# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployment alarms.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html. Alarms that are in ALARM when
a deployment begins are ignored for it; one that goes into ALARM later, until the end of the bake time, fails it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import listeners
from .records import ServiceDeployment
from .region import Region

Document = dict[str, Any]

# How often ECS looks at the alarms is not documented.
_LOOK_SECONDS = 15.0


def _configured(record: ServiceDeployment) -> Document:
    alarms: Document = record.doc["deploymentConfiguration"].get("alarms") or {}
    return alarms


def begin(region: Region, record: ServiceDeployment, failed: Callable[[str], None]) -> None:
    """Watch the alarms of a deployment that begins; `failed` is told the reason once."""
    if not _configured(record).get("enable"):
        return
    record.alarmed = set(_ringing(region, record))
    region.timeline.after(_LOOK_SECONDS, lambda: _look(region, record, failed))


def _ringing(region: Region, record: ServiceDeployment) -> list[str]:
    states = listeners.alarm_states(region, _configured(record)["alarmNames"])
    return [name for name, state in states.items() if state == "ALARM"]


def _look(region: Region, record: ServiceDeployment, failed: Callable[[str], None]) -> None:
    # In CLEAN_UP the bake time is over, and with it the watch.
    if record.status not in ("PENDING", "IN_PROGRESS") or record.doc.get("lifecycleStage") == "CLEAN_UP":
        return
    record.triggered = [name for name in _ringing(region, record) if name not in record.alarmed]
    if record.triggered:
        failed(f"Service deployment rolled back because of CloudWatch alarm(s): {', '.join(record.triggered)}.")
    else:
        region.timeline.after(_LOOK_SECONDS, lambda: _look(region, record, failed))


def shown(record: ServiceDeployment, finished: bool) -> Document:
    """Show the watch as DescribeServiceDeployments does."""
    alarms = _configured(record)
    if not alarms.get("enable"):
        status = "DISABLED"
    elif record.triggered:
        status = "TRIGGERED"
    else:
        status = "MONITORING_COMPLETE" if finished else "MONITORING"
    return {
        "status": status,
        "alarmNames": alarms.get("alarmNames", []),
        "triggeredAlarmNames": record.triggered,
    }
