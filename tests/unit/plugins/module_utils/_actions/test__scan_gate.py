# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings stop an image, and until when they may be allowed."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._actions import _scan_findings, _scan_gate
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from unit.plugins.fixtures.model import service

TODAY = datetime.date(2026, 12, 31)


def finding(name: str, severity: str = "HIGH", *others: str, **more: Any) -> dict[str, Any]:
    shown = {"package": None, "version": None, "fixed_in": None, "digest": "sha256:a"}
    return {"name": name, "severity": severity, "also_known_as": list(others), **shown, **more}


def test_every_severity_of_the_service_has_its_place() -> None:
    assert set(_scan_findings.SEVERITIES) == set(service("ecr").shape_for("FindingSeverity").enum)


@pytest.mark.parametrize(("until", "counts"), [("2026-12-30", True), ("2026-12-31", False), (None, False)])
def test_the_last_day_is_allowed(until: str | None, counts: bool) -> None:
    allow = _scan_gate.allowances([{"cve": "CVE-1", "until": until, "reason": None}])
    verdict = _scan_gate.judge([finding("CVE-1")], "HIGH", allow, TODAY)
    assert bool(verdict.offending) is counts
    assert bool(verdict.warnings()) is counts


def test_an_allowance_knows_a_vulnerability_by_all_its_names() -> None:
    allow = _scan_gate.allowances([{"cve": " cve-1 "}])
    verdict = _scan_gate.judge([finding("GHSA-1", "HIGH", "CVE-1")], "HIGH", allow, TODAY)
    assert verdict.offending == [] and verdict.shown()["passed"] is True


def test_an_entry_that_is_not_needed_is_told() -> None:
    allow = _scan_gate.allowances([{"cve": "CVE-1"}, {"cve": "CVE-2"}])
    verdict = _scan_gate.judge([finding("CVE-1", "LOW")], "HIGH", allow, TODAY)
    assert [entry["cve"] for entry in verdict.unmatched] == ["CVE-2"]


@pytest.mark.parametrize("until", ["soon", "31.12.2026", "2026-02-30"])
def test_a_day_must_be_one(until: str) -> None:
    with pytest.raises(BadInput, match=r"allow\[0\]\.until: .* is no day"):
        _scan_gate.allowances([{"cve": "CVE-1", "until": until}])


def test_the_message_names_the_worst_of_it() -> None:
    found = [finding(f"CVE-{number}") for number in range(7)]
    found[0].update(package="openssl", version="1.0", fixed_in="1.1")
    message = str(_scan_gate.judge(found, "HIGH", [], TODAY).failure("web:1"))
    assert message.startswith(
        "The image web:1 has 7 findings that are high or worse and not allowed: "
        "CVE-0 (high, openssl 1.0, fixed in 1.1); CVE-1 (high);"
    )
    assert "CVE-4 (high); and 2 more." in message
