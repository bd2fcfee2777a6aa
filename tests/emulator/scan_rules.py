# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What scans of images find and how they end, as set through `/_emulator/scans`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

Document = dict[str, Any]

SCAN_SECONDS = 10.0
STATUSES = (
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
    "UNSUPPORTED_IMAGE",
    "ACTIVE",
    "PENDING",
    "SCAN_ELIGIBILITY_EXPIRED",
    "FINDINGS_UNAVAILABLE",
    "LIMIT_EXCEEDED",
    "IMAGE_ARCHIVED",
    "IMAGE_SIZE_EXCEEDED",
)
_SEVERITIES = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL", "UNDEFINED", "UNTRIAGED")


@dataclass(frozen=True)
class Rule:
    """What the scan of an image finds and how it ends; without tag and digest it is for all images of repositories.

    `scanned` means that there has been a scan, although nobody asked for it.
    """

    repository: str = "*"
    tag: str | None = None
    digest: str | None = None
    findings: tuple[Document, ...] = ()
    status: str | None = None
    description: str | None = None
    seconds: float = SCAN_SECONDS
    scanned: bool = False


class Scans:
    """The rules, newest first."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def put(self, rules: list[Document]) -> None:
        """Add rules, or refuse all of them."""
        known = {item.name for item in fields(Rule)}
        parsed = []
        for rule in rules:
            if not isinstance(rule, dict) or set(rule) - known:
                raise ValueError(f"a rule has the members {sorted(known)}")
            if rule.get("status") not in (None, *STATUSES):
                raise ValueError(f"status is one of {STATUSES}")
            for finding in rule.get("findings", []):
                if "name" not in finding or finding.get("severity") not in _SEVERITIES:
                    raise ValueError(f"a finding has a name and a severity out of {_SEVERITIES}")
            parsed.append(Rule(**{**rule, "findings": tuple(rule.get("findings", []))}))
        self._rules = [*reversed(parsed), *self._rules]

    def clear(self) -> None:
        """Forget all rules."""
        self._rules = []

    def show(self) -> list[Document]:
        """Describe the rules for the control endpoint."""
        return [vars(rule) for rule in self._rules]

    def of(self, repository: str, image: Any) -> Rule:
        """Find the rule for an image."""
        for rule in self._rules:
            if not fnmatchcase(repository, rule.repository):
                continue
            if rule.digest in (None, image.get_image_digest()) and (rule.tag is None or rule.tag in image.image_tags):
                return rule
        return Rule()
