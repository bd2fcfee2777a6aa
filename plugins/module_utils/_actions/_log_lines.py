# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log lines of containers that log to CloudWatch Logs: followed while they come, or the last of them."""

from __future__ import annotations

from typing import Any

from .._api import AwsError
from .._normal import revision_name as short
from ._definitions import Definitions

# So many tasks are followed; the lines of more cannot be read by anybody, and each costs a call per look.
FOLLOWED = 10
# Lines that one call asks for while following, and calls per container and look.
PAGE, PAGES = 1000, 10
# There is no such stream, or not yet: it comes into being with the first line.
NOT_THERE = "ResourceNotFoundException"


class Logs:
    """Reads log lines. The first refusal is told as a warning, and then no log is asked for any more."""

    def __init__(self, api: Any, definitions: Definitions, warnings: list[str]) -> None:
        self._api = api
        self._definitions = definitions
        self._warnings = warnings
        self._refused = False

    def tails(self, task: dict[str, Any], lines: int) -> dict[str, list[str]]:
        """Give the last lines of each container of a task; nothing for a container that has no log to be read."""
        tails = {}
        for container, (group, stream) in self._definitions.streams(task).items() if lines else ():
            answer = self._read(group, stream, limit=lines, startFromHead=False)
            if answer.get("events"):
                tails[container] = [_line(event) for event in answer["events"]]
        return tails

    def news(self, tasks: list[dict[str, Any]], places: dict[str, str]) -> tuple[str, ...]:
        """Give the lines that have come since the last look, each once; `places` keeps how far each stream was read."""
        told: list[str] = []
        for task in tasks[:FOLLOWED]:
            beside = f"/{short(task['taskArn'])[:8]}" if len(tasks) > 1 else ""
            for container, (group, stream) in self._definitions.streams(task).items():
                told += [f"{container}{beside} | {line}" for line in self._following(group, stream, places)]
        return tuple(told)

    def _following(self, group: str, stream: str, places: dict[str, str]) -> list[str]:
        """Read on from where the last look ended; at the end, AWS gives back the token it was given (GetLogEvents)."""
        lines: list[str] = []
        for _ignored in range(PAGES):
            token = {"nextToken": places[stream]} if stream in places else {}
            answer = self._read(group, stream, limit=PAGE, startFromHead=True, **token)
            lines += [_line(event) for event in answer.get("events", [])]
            place = answer.get("nextForwardToken")
            if not place or place == places.get(stream):
                break
            places[stream] = place
        return lines

    def _read(self, group: str, stream: str, **how: Any) -> dict[str, Any]:
        if self._refused:
            return {}
        try:
            return dict(self._api.read("GetLogEvents", "logs", logGroupName=group, logStreamName=stream, **how))
        except AwsError as error:
            if error.code != NOT_THERE:
                self._refused = True
                self._warnings.append(f"The log {group} cannot be read, so no log lines are shown. {error}")
            return {}


def _line(event: dict[str, Any]) -> str:
    return str(event["message"]).rstrip()
