# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate: which findings stop an image, and which are allowed for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from .._errors import BadInput, EcsError
from . import _scan_findings

NAMED = 5  # findings that a message names


@dataclass(frozen=True)
class Allowance:
    """A vulnerability that is known, and allowed until a day has passed; `until` None is for good."""

    cve: str
    until: date | None
    reason: str

    def expired(self, today: date) -> bool:
        """Tell whether the day has passed."""
        return self.until is not None and today > self.until

    def covers(self, finding: dict[str, Any]) -> bool:
        """Tell whether a finding is about this vulnerability, by any of its names."""
        names = (finding["name"], *finding["also_known_as"])
        return self.cve.upper() in {name.upper() for name in names}

    def shown(self) -> dict[str, Any]:
        """Give the allowance as a result shows it."""
        return {"cve": self.cve, "until": self.until.isoformat() if self.until else None, "reason": self.reason}


def allowances(entries: Iterable[dict[str, Any]]) -> list[Allowance]:
    """Read the option `allow`. Raises BadInput for a day that is none."""
    return [_allowance(index, entry) for index, entry in enumerate(entries)]


def _allowance(index: int, entry: dict[str, Any]) -> Allowance:
    until = entry.get("until")
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        raise BadInput(f"allow[{index}].until: {until!r} is no day; write it as 2026-12-31.") from None
    return Allowance(entry["cve"].strip(), day, entry.get("reason") or "")


@dataclass
class Verdict:
    """What came of holding findings against a limit."""

    limit: str | None
    offending: list[dict[str, Any]]
    allowed: list[dict[str, Any]]
    unmatched: list[dict[str, Any]]
    expired: list[dict[str, Any]]

    def warnings(self) -> list[str]:
        """Say which allowances have come to their end."""
        return [
            f"allow: {entry['cve']} was allowed until {entry['until']} and counts again; renew or remove the entry."
            for entry in self.expired
        ]

    def shown(self) -> dict[str, Any]:
        """Give what a result says about the gate; `passed` is None where no limit was given."""
        return {
            "fail_on": self.limit.lower() if self.limit else None,
            "passed": not self.offending if self.limit else None,
            "allowed": self.allowed,
            "expired": self.expired,
            "unmatched": self.unmatched,
        }

    def failure(self, image: str) -> EcsError:
        """Give the failure that names what stops the image."""
        named = "; ".join(map(_sentence, self.offending[:NAMED]))
        more = f"; and {len(self.offending) - NAMED} more" if self.offending[NAMED:] else ""
        count = f"{len(self.offending)} finding{'' if len(self.offending) == 1 else 's'}"
        worse = "" if self.limit == _scan_findings.SEVERITIES[-1] else f" that are {str(self.limit).lower()} or worse"
        return EcsError(
            f"The image {image} has {count}{worse} and not allowed: {named}{more}. Build it with what fixes them, or "
            "name them in allow, with a day until which that holds.",
            code="ScanGate",
            findings=self.offending,
        )


def judge(findings: list[dict[str, Any]], limit: str | None, allow: list[Allowance], today: date) -> Verdict:
    """Hold findings against a severity and a list of what is allowed."""
    valid = [entry for entry in allow if not entry.expired(today)]
    offending, allowed = [], []
    for finding in findings:
        cover = next((entry for entry in valid if entry.covers(finding)), None)
        if cover:
            allowed.append({**finding, "until": cover.shown()["until"], "reason": cover.reason})
        elif limit and _scan_findings.at_least(finding["severity"], limit):
            offending.append(finding)
    return Verdict(
        limit,
        offending,
        allowed,
        [entry.shown() for entry in valid if not any(map(entry.covers, findings))],
        [entry.shown() for entry in allow if entry.expired(today)],
    )


def _sentence(finding: dict[str, Any]) -> str:
    package = " ".join(word for word in (finding["package"], finding["version"]) if word)
    fixed = f"fixed in {finding['fixed_in']}" if finding["fixed_in"] else ""
    about = ", ".join(word for word in (finding["severity"].lower(), package, fixed) if word)
    return f"{finding['name']} ({about})"
