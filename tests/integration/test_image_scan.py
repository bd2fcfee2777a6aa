# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scans of images: waiting for them, telling what they found, and stopping what must not go out."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun

Client = Callable[[str], Any]
NAME = "shop/web"
URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """A repository with one image, and what its scans find."""

    def __init__(self, module: ModuleRun, emulator: Emulator, ecr: Any) -> None:
        self.module, self.emulator, self.ecr = module, emulator, ecr
        module.ok("repository", name=NAME)
        self.digest = self.push("1.2")

    def push(self, tag: str, parts: tuple[tuple[str, str], ...] = ()) -> str:
        """Push an image; `parts` are digests and architectures of the images of an index."""
        kind = INDEX if parts else IMAGE
        manifests = [
            {"digest": digest, "platform": {"os": "unknown" if arch == "unknown" else "linux", "architecture": arch}}
            for digest, arch in parts
        ]
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "tag": tag, "manifests": manifests})
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        self.ecr.put_image(
            repositoryName=NAME,
            imageManifest=manifest,
            imageManifestMediaType=kind,
            imageTag=tag,
            imageDigest=digest,
        )
        return digest

    def scan(self, digest: str = "") -> None:
        """Scan an image as somebody else would."""
        self.ecr.start_image_scan(repositoryName=NAME, imageId={"imageDigest": digest or self.digest})

    def finds(self, status: str, scan: dict[str, Any], digest: str = "") -> None:
        """Let the next scan of an image come to this."""
        result = {
            "repositoryName": NAME,
            "imageId": {"imageDigest": digest or self.digest},
            "imageScanStatus": {"status": status, "description": ""},
            "imageScanFindings": scan,
        }
        body = json.dumps({"results": [result], "region": CONNECTION["region"]}).encode()
        url = f"{self.emulator.url}/moto-api/static/ecr/scan-finding-results"
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30).close()
        self.scan(digest)


def basic(name: str, severity: str) -> dict[str, Any]:
    attributes = [{"key": "package_name", "value": "openssl"}, {"key": "package_version", "value": "1.0"}]
    return {"name": name, "severity": severity, "uri": f"https://example.com/{name}", "attributes": attributes}


def enhanced(name: str, severity: str, status: str = "ACTIVE", **details: Any) -> dict[str, Any]:
    packages = [{"name": "zlib", "version": "1", "fixedInVersion": "2"}]
    vulnerability = {"vulnerabilityId": name, "vulnerablePackages": packages, "sourceUrl": "https://example.com"}
    return {"severity": severity, "status": status, "packageVulnerabilityDetails": {**vulnerability, **details}}


@pytest.fixture
def registry(module: ModuleRun, emulator: Emulator, client: Client) -> Registry:
    """Give a repository with an image that nobody has scanned."""
    return Registry(module, emulator, client("ecr"))


def test_findings_are_told_by_severity(registry: Registry, module: ModuleRun) -> None:
    registry.finds("COMPLETE", {"findings": [basic("CVE-1", "HIGH"), basic("CVE-2", "UNDEFINED")]})
    result = module.ok("image_scan_info", repository=NAME, tag="1.2")
    assert not result["changed"] and result["actions"] == []
    scan = result["image_scan"]
    assert (scan["digest"], scan["tags"], scan["complete"]) == (registry.digest, ["1.2"], True)
    assert scan["counts"] == {"critical": 0, "high": 1, "medium": 0, "low": 0, "informational": 0, "undefined": 1}
    assert scan["findings"][0] == {
        "name": "CVE-1",
        "severity": "HIGH",
        "package": "openssl",
        "version": "1.0",
        "fixed_in": None,
        "uri": "https://example.com/CVE-1",
        "also_known_as": [],
        "digest": registry.digest,
    }
    (about,) = scan["scans"]
    assert (about["digest"], about["status"], about["source"]) == (registry.digest, "COMPLETE", "basic")
    assert scan["gate"]["passed"] is None


@pytest.mark.parametrize("where", ["tag", "digest", "uri with tag", "uri with digest", "uri with both"])
def test_an_image_can_be_named_in_several_ways(registry: Registry, module: ModuleRun, where: str) -> None:
    registry.finds("COMPLETE", {"findings": [basic("CVE-1", "HIGH")]})
    names = {
        "tag": {"repository": NAME, "tag": "1.2"},
        "digest": {"repository": NAME, "digest": registry.digest},
        "uri with tag": {"image": f"{URI}:1.2"},
        "uri with digest": {"image": f"{URI}@{registry.digest}"},
        "uri with both": {"image": f"{URI}:moved@{registry.digest}"},
    }
    scan = module.ok("image_scan_info", **names[where])["image_scan"]
    assert (scan["digest"], [finding["name"] for finding in scan["findings"]]) == (registry.digest, ["CVE-1"])


@pytest.mark.parametrize(
    ("fail_on", "severity", "stops"),
    [
        ("critical", "HIGH", False),
        ("high", "HIGH", True),
        ("high", "CRITICAL", True),
        ("medium", "LOW", False),
        ("low", "LOW", True),
        ("low", "INFORMATIONAL", False),
        ("informational", "UNDEFINED", False),
        ("undefined", "UNDEFINED", True),
        ("any", "UNDEFINED", True),
        ("critical", "DREADFUL", True),
    ],
)
def test_the_gate(registry: Registry, module: ModuleRun, fail_on: str, severity: str, stops: bool) -> None:
    registry.finds("COMPLETE", {"findings": [basic("CVE-1", severity)]})
    result = module("image_scan_info", repository=NAME, tag="1.2", fail_on=fail_on)
    assert bool(result.get("failed")) is stops
    assert result["image_scan"]["gate"]["passed"] is not stops
    if stops:
        assert result["failure"]["code"] == "ScanGate"
        assert [finding["name"] for finding in result["failure"]["findings"]] == ["CVE-1"]
        assert result["msg"].startswith(f"The image shop/web:1.2 ({registry.digest[:19]}) has 1 finding")
        assert f"CVE-1 ({severity.lower()}, openssl 1.0)" in result["msg"]


def test_what_is_allowed_is_allowed_until_its_day(registry: Registry, module: ModuleRun) -> None:
    registry.finds("COMPLETE", {"findings": [basic(f"CVE-{number}", "HIGH") for number in (1, 2)]})
    allow = [
        {"cve": "cve-1", "until": "2099-12-31", "reason": "not reached"},
        {"cve": "CVE-2", "until": "2020-12-31"},
        {"cve": "CVE-3"},
    ]
    result = module("image_scan_info", repository=NAME, tag="1.2", fail_on="high", allow=allow)
    assert [finding["name"] for finding in result["failure"]["findings"]] == ["CVE-2"]
    assert "CVE-2 was allowed until 2020-12-31 and counts again" in str(result["warnings"])
    gate = result["image_scan"]["gate"]
    assert [(entry["name"], entry["reason"]) for entry in gate["allowed"]] == [("CVE-1", "not reached")]
    assert gate["unmatched"] == [{"cve": "CVE-3", "until": None, "reason": ""}]
    assert [entry["cve"] for entry in gate["expired"]] == ["CVE-2"]
    allow[1]["until"] = "2099-12-31"
    assert module.ok("image_scan_info", repository=NAME, tag="1.2", fail_on="high", allow=allow)


def test_enhanced_findings_are_told_in_the_same_form(registry: Registry, module: ModuleRun) -> None:
    findings = [
        enhanced("GHSA-1", "HIGH", relatedVulnerabilities=["CVE-1"]),
        enhanced("CVE-2", "CRITICAL", status="SUPPRESSED"),
        enhanced("CVE-3", "UNTRIAGED", vulnerablePackages=[{"name": "a", "fixedInVersion": "NotAvailable"}]),
    ]
    registry.finds("ACTIVE", {"enhancedFindings": findings})
    allow = [{"cve": "CVE-1"}]
    scan = module.ok("image_scan_info", repository=NAME, tag="1.2", fail_on="high", allow=allow)["image_scan"]
    assert scan["scans"][0]["source"] == "enhanced"
    told = [(one["name"], one["severity"], one["package"], one["fixed_in"]) for one in scan["findings"]]
    assert told == [("GHSA-1", "HIGH", "zlib", "2"), ("CVE-3", "UNDEFINED", "a", None)]


def test_an_image_that_was_never_scanned_says_what_to_do(registry: Registry, module: ModuleRun) -> None:
    result = module("image_scan_info", repository=NAME, tag="1.2", fail_on="high")
    assert result["failure"]["code"] == "NotScanned"
    assert "set start_scan=true to have it scanned now" in result["msg"]


def test_a_scan_is_started_when_it_was_asked_for(registry: Registry, module: ModuleRun, emulator: Emulator) -> None:
    wanted = {"repository": NAME, "tag": "1.2", "start_scan": True}
    seen = len(emulator.calls())
    predicted = module.ok("image_scan_info", True, **wanted, fail_on="high")
    assert predicted["changed"] and emulator.writes(seen) == []
    assert not predicted["image_scan"]["complete"] and predicted["image_scan"]["gate"]["passed"] is None
    result = module.ok("image_scan_info", **wanted)
    assert result["actions"] == predicted["actions"] and emulator.writes(seen) == ["StartImageScan"]
    assert result["image_scan"]["complete"]
    assert not module.ok("image_scan_info", **wanted)["changed"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ("LimitExceededException", "ScanUnavailable", "run again tomorrow"),
        ("UnsupportedImageTypeException", "ScanUnsupported", "does not support its operating system"),
        ("ValidationException", "ScanUnavailable", "have its filters name the repository"),
    ],
)
def test_a_scan_that_cannot_be_started_says_why(
    registry: Registry, module: ModuleRun, emulator: Emulator, error: str, code: str, words: str
) -> None:
    fault = {"service": "ecr", "operation": "StartImageScan", "kind": "error", "status": 400}
    emulator.control("faults", {**fault, "code": error, "message": "no"})
    result = module("image_scan_info", repository=NAME, tag="1.2", start_scan=True)
    assert result["failure"]["code"] == code and words in result["msg"] and not result["changed"]


def test_a_scan_on_push_that_has_not_begun_is_waited_for(registry: Registry, module: ModuleRun) -> None:
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]
    registry.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)
    assert "not begun" in module.refused("image_scan_info", repository=NAME, tag="1.2", wait_timeout=5)
    sleep = module.clock.sleep

    def begin(seconds: float) -> None:
        registry.scan()
        module.clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)

    module.clock.sleep = begin  # type: ignore[method-assign]
    result = module.ok("image_scan_info", repository=NAME, tag="1.2")
    assert not result["changed"] and result["image_scan"]["complete"]


def test_a_gate_is_closed_while_the_scan_is_not_done(registry: Registry, module: ModuleRun) -> None:
    registry.finds("IN_PROGRESS", {})
    wanted = {"repository": NAME, "tag": "1.2"}
    assert not module.ok("image_scan_info", **wanted, wait=False)["image_scan"]["complete"]
    assert module("image_scan_info", **wanted, wait=False, fail_on="low")["failure"]["code"] == "ScanNotDone"
    late = module("image_scan_info", **wanted, wait_timeout=60, fail_on="low")
    assert late["failure"]["code"] == "TimedOut" and "0 of 1 scans" in late["msg"] and "IN_PROGRESS" in late["msg"]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("FAILED", "ScanFailed", "push the image again"),
        ("UNSUPPORTED_IMAGE", "ScanUnsupported", "does not support its operating system"),
        ("SCAN_ELIGIBILITY_EXPIRED", "ScanUnavailable", "older than what Amazon Inspector scans again"),
        ("FINDINGS_UNAVAILABLE", "ScanUnavailable", "Amazon Inspector"),
        ("IMAGE_ARCHIVED", "ScanUnavailable", "restore it first"),
    ],
)
def test_a_scan_that_came_to_nothing_is_no_pass(
    registry: Registry, module: ModuleRun, status: str, code: str, words: str
) -> None:
    registry.finds(status, {})
    result = module("image_scan_info", repository=NAME, tag="1.2")
    assert (result["failure"]["code"], result["failure"]["status"]) == (code, status)
    assert words in result["msg"]


def test_each_platform_of_an_image_is_judged(registry: Registry, module: ModuleRun) -> None:
    arm, intel, attestation = (registry.push(tag) for tag in ("arm", "intel", "attestation"))
    registry.push("2.0", ((arm, "arm64"), (intel, "amd64"), (attestation, "unknown")))
    registry.finds("COMPLETE", {"findings": [basic("CVE-1", "CRITICAL")]}, arm)
    registry.finds("COMPLETE", {"findings": []}, intel)
    result = module("image_scan_info", repository=NAME, tag="2.0", fail_on="high")
    assert [finding["digest"] for finding in result["failure"]["findings"]] == [arm]
    platforms = {scan["platform"] for scan in result["image_scan"]["scans"]}
    assert platforms == {"linux/arm64", "linux/amd64"}
    module.ok("image_scan_info", repository=NAME, tag="2.0", fail_on="high", platform="linux/amd64")
    refused = module.refused("image_scan_info", repository=NAME, tag="2.0", platform="windows")
    assert refused == "platform: the image has no windows; it has linux/amd64, linux/arm64."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tag": "missing"}, "There is no image shop/web:missing in eu-central-1"),
        ({"repository": "nothing", "tag": "1"}, "There is no repository nothing in eu-central-1"),
        ({}, "tag or digest is required with repository"),
        ({"repository": None, "image": "nginx:1"}, "does not name an image in ECR"),
        (
            {"repository": None, "image": f"{URI.replace('eu-central-1', 'us-east-1')}:1"},
            "set region=us-east-1",
        ),
        ({"tag": "1.2", "allow": [{"cve": "CVE-1", "until": "soon"}]}, "allow[0].until: 'soon' is no day"),
        ({"repository": None}, "one of the following is required"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    registry: Registry, module: ModuleRun, options: dict[str, Any], words: str
) -> None:
    given = {name: value for name, value in {"repository": NAME, **options}.items() if value is not None}
    assert words in module.refused("image_scan_info", **given)
