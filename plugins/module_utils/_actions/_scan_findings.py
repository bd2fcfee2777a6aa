# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scan of an image found, in one form for basic and for enhanced scanning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# The worst first. Basic scanning calls UNDEFINED what enhanced scanning calls UNTRIAGED: nobody has judged it yet.
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
UNJUDGED = frozenset({"", "UNTRIAGED", "UNDEFINED"})
PAGE = 1000


def severity(word: str) -> str:
    """Give a severity in one spelling; one that nobody here knows is kept."""
    return "UNDEFINED" if word.upper() in UNJUDGED else word.upper()


def rank(word: str) -> int:
    """Give the place of a severity, the worst first; one that nobody here knows is as bad as can be."""
    return SEVERITIES.index(word) if word in SEVERITIES else -1


def at_least(word: str, limit: str) -> bool:
    """Tell whether a severity is as bad as another, or worse."""
    return rank(word) <= rank(limit)


def read(api: Any, where: dict[str, str], digest: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a scan: what it says about itself, and what it found."""
    token: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    while True:
        answer = api.read(
            "DescribeImageScanFindings", "ecr", **where, imageId={"imageDigest": digest}, maxResults=PAGE, **token
        )
        scan = answer.get("imageScanFindings") or {}
        found += [finding for entry in scan.get("findings", []) for finding in _basic(entry, digest)]
        found += [finding for entry in scan.get("enhancedFindings", []) for finding in _enhanced(entry, digest)]
        if not answer.get("nextToken"):
            return _about(answer, scan), found
        token = {"nextToken": answer["nextToken"]}


def _about(answer: dict[str, Any], scan: dict[str, Any]) -> dict[str, Any]:
    status = answer["imageScanStatus"]["status"]
    times = {
        "scanned_at": scan.get("imageScanCompletedAt"),
        "vulnerability_source_updated_at": scan.get("vulnerabilitySourceUpdatedAt"),
    }
    return {
        "status": status,
        # Only enhanced scanning goes on after it has found something: its scans are ACTIVE, not COMPLETE.
        "source": "enhanced" if status == "ACTIVE" or "enhancedFindings" in scan else "basic",
        **{name: time.isoformat() for name, time in times.items() if time},
    }


def _basic(entry: dict[str, Any], digest: str) -> Iterator[dict[str, Any]]:
    attributes = {pair["key"]: pair.get("value") for pair in entry.get("attributes", [])}
    yield {
        "name": entry.get("name", ""),
        "severity": severity(entry.get("severity", "")),
        "package": attributes.get("package_name"),
        "version": attributes.get("package_version"),
        "fixed_in": attributes.get("fixed_in_version"),
        "uri": entry.get("uri"),
        "also_known_as": [],
        "digest": digest,
    }


def _enhanced(entry: dict[str, Any], digest: str) -> Iterator[dict[str, Any]]:
    """Give one finding for each package; those that somebody suppressed in Amazon Inspector do not count."""
    if entry.get("status", "ACTIVE") != "ACTIVE":
        return
    details = entry.get("packageVulnerabilityDetails") or {}
    for package in details.get("vulnerablePackages") or [{}]:
        fixed = package.get("fixedInVersion")
        yield {
            "name": details.get("vulnerabilityId") or entry.get("title", ""),
            "severity": severity(entry.get("severity", "")),
            "package": package.get("name"),
            "version": package.get("version"),
            "fixed_in": None if fixed == "NotAvailable" else fixed,
            "uri": details.get("sourceUrl"),
            "also_known_as": list(details.get("relatedVulnerabilities") or []),
            "digest": digest,
        }
