# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check is and what it finds, and how many are made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ._look import Denied, Unseen

OK, FAILED, WARNING = "ok", "failed", "warning"
NOT_PERMITTED, SKIPPED = "not_permitted", "skipped"
# Checks wait for answers of AWS nearly all the time, and botocore's clients keep ten connections each.
AT_ONCE = 8


@dataclass(frozen=True)
class Finding:
    """What a check found out about its subject; `remedy` says what a person does about it."""

    status: str
    message: str
    remedy: str = ""


def ok(message: str) -> Finding:
    """Find everything as it should be."""
    return Finding(OK, message)


def failed(message: str, remedy: str) -> Finding:
    """Find what will keep the deployment from succeeding."""
    return Finding(FAILED, message, remedy)


def warning(message: str, remedy: str) -> Finding:
    """Find what may keep the deployment from succeeding, or what cannot be told."""
    return Finding(WARNING, message, remedy)


def skipped(message: str) -> Finding:
    """Find that there is nothing to look at, since what comes before is missing."""
    return Finding(SKIPPED, message)


@dataclass(frozen=True)
class Check:
    """One question about one subject; the work looks when it is called, and not before."""

    name: str
    subject: str
    work: Callable[[], Iterable[Finding]]

    def results(self) -> list[dict[str, str]]:
        """Look, and give the findings; what AWS does not let us see is a finding too."""
        return [
            {
                "check": self.name,
                "subject": self.subject,
                "status": found.status,
                "message": found.message,
                "remedy": found.remedy,
            }
            for found in self._findings()
        ]

    def _findings(self) -> Iterator[Finding]:
        try:
            yield from self.work()
        except Denied as denied:
            yield Finding(
                NOT_PERMITTED,
                f"These credentials may not look: {denied.action} is denied.",
                f"Allow {denied.action} to who runs the checks, or leave out the check {self.name}.",
            )
        except Unseen as unseen:
            yield warning(f"It could not be looked at: {unseen}", "Run again, or look at it by other means.")


def run(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Make all checks, several at a time, and give what they found in the order of the checks."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return [result for results in pool.map(Check.results, checks) for result in results]
