# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Image scans of Amazon ECR, by the clock; what they find is set through `/_emulator/scans`, and nothing by default.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html: basic scans run on demand or on push and are
COMPLETE in the end; with enhanced scanning of the registry all images of the repositories that its filters name are
scanned, and ACTIVE. How long a scan takes is not documented.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .errors import EcsError, invalid_parameter
from .names import uuid
from .paging import page
from .scan_rules import Scans

Document = dict[str, Any]

# "An image can only be scanned once each 24 hours": botocore ECR model, StartImageScan.
_AGAIN_SECONDS = 24 * 3600.0
_PAGE, _MAXIMUM_PAGE = 100, 1000
_WITH_FINDINGS = ("COMPLETE", "ACTIVE")
_DESCRIPTIONS = {
    "COMPLETE": "The scan was completed successfully.",
    "FAILED": "UnsupportedImageError: The operating system and/or package manager are not supported.",
    "ACTIVE": "Continuous scan is selected for image.",
}


@dataclass
class Registry:
    """What a request about scans needs: moto's ECR of one account and Region, the rules and the time."""

    ecr: Any
    scans: Scans
    now: float

    @property
    def enhanced(self) -> bool:
        """Whether the registry has enhanced scanning."""
        return bool(self.ecr.registry_scanning_configuration["scanType"] == "ENHANCED")

    def image(self, request: Document) -> tuple[Any, Any]:
        """Find the repository and the image of a request; moto raises ECR's errors."""
        repository = self.ecr._get_repository(request.get("repositoryName"), request.get("registryId"))
        identifier = request.get("imageId") or {}
        if not identifier.get("imageTag") and not identifier.get("imageDigest"):
            raise invalid_parameter(
                "Invalid parameter at 'imageId' failed to satisfy constraint: 'must have a tag or a digest'"
            )
        return repository, repository._get_image(identifier.get("imageTag"), identifier.get("imageDigest"))

    def started(self, repository: Any, image: Any) -> float | None:
        """Say when the scan of an image began; None if there is none."""
        begun: float | None = getattr(image, "scan_begun", None)
        if self.enhanced and repository.scanning_config["scanFrequency"] != "MANUAL":
            begun = float(image.image_pushed_at)
        if begun is None and self.scans.of(repository.name, image).scanned:
            return float(image.image_pushed_at)
        return begun

    def status(self, repository: Any, image: Any) -> Document | None:
        """Show how far the scan of an image is."""
        begun = self.started(repository, image)
        if begun is None:
            return None
        rule = self.scans.of(repository.name, image)
        seconds = 0.0 if rule.scanned else rule.seconds
        if self.now < begun + seconds:
            return {"status": "PENDING" if self.enhanced else "IN_PROGRESS"}
        status = rule.status or ("ACTIVE" if self.enhanced else "COMPLETE")
        description = rule.description or _DESCRIPTIONS.get(status)
        return {"status": status} | ({"description": description} if description else {})


def begin_on_push(registry: Registry, repository: Any, image: Any) -> None:
    """Begin a basic scan if the repository or the registry scans on push."""
    frequency = repository.scanning_config["scanFrequency"]
    if repository.image_scanning_configuration.get("scanOnPush") or frequency == "SCAN_ON_PUSH":
        image.scan_begun = registry.now


def start_image_scan(registry: Registry, request: Document) -> Document:
    """Begin a basic scan."""
    repository, image = registry.image(request)
    if registry.enhanced:
        raise EcsError("ValidationException", "This feature is disabled")
    begun = getattr(image, "scan_begun", None)
    if begun is not None and registry.now < begun + _AGAIN_SECONDS:
        text = "The scan quota per image has been exceeded. Wait and try again."
        raise EcsError("LimitExceededException", text)
    image.scan_begun = registry.now
    image.last_scan = datetime.fromtimestamp(registry.now, UTC)
    return {**_named(repository, image, request), "imageScanStatus": {"status": "IN_PROGRESS"}}


def _named(repository: Any, image: Any, request: Document) -> Document:
    identifier = {"imageDigest": image.get_image_digest()}
    tag = request["imageId"].get("imageTag")
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageId": identifier | ({"imageTag": tag} if tag else {}),
    }


def describe_image_scan_findings(registry: Registry, request: Document) -> Document:
    """Show the findings of a scan, or how far it is."""
    repository, image = registry.image(request)
    static = _static(registry, repository, image, request)
    if static is not None:
        return static
    status = registry.status(repository, image)
    if status is None:
        given = request["imageId"]
        shown = f"{{imageDigest:'{given.get('imageDigest', 'null')}', imageTag:'{given.get('imageTag', 'null')}'}}"
        raise EcsError(
            "ScanNotFoundException",
            f"Image scan does not exist for the image with '{shown}' in the repository with name '{repository.name}' "
            f"in the registry with id '{repository.registry_id}'",
        )
    answer = {**_named(repository, image, request), "imageScanStatus": status}
    if status["status"] not in _WITH_FINDINGS:
        return answer
    rule = registry.scans.of(repository.name, image)
    chosen, following = page(list(rule.findings), request, _PAGE, _MAXIMUM_PAGE)
    member = "enhancedFindings" if registry.enhanced else "findings"
    spell = _enhanced if registry.enhanced else _basic
    listed = [spell(finding, repository, image) for finding in chosen]
    return {**answer, "imageScanFindings": {**summary(registry, repository, image), member: listed}, **following}


def _static(registry: Registry, repository: Any, image: Any, request: Document) -> Document | None:
    """Give what was set through moto's own `/moto-api/static/ecr/scan-finding-results` for an image that is scanned."""
    queued = [
        item
        for item in registry.ecr.scan_finding_results
        if item["repositoryName"] == repository.name
        and item["imageId"].get("imageDigest", image.get_image_digest()) == image.get_image_digest()
        and item["imageId"].get("imageTag", image.image_tag) == image.image_tag
    ]
    held = queued or image.scan_finding_results_queue or image.scan_finding_results
    if not held or image.last_scan is None:
        return None
    found: Document = registry.ecr.describe_image_scan_findings(
        repository.registry_id, repository.name, request["imageId"]
    )
    return found


def summary(registry: Registry, repository: Any, image: Any) -> Document:
    """Count the findings by severity."""
    rule = registry.scans.of(repository.name, image)
    begun = registry.started(repository, image) or registry.now
    return {
        "imageScanCompletedAt": round(begun + rule.seconds, 3),
        "vulnerabilitySourceUpdatedAt": round(begun, 3),
        "findingSeverityCounts": dict(Counter(finding["severity"] for finding in rule.findings)),
    }


def _basic(finding: Document, _repository: Any, _image: Any) -> Document:
    """botocore ECR model, ImageScanFinding."""
    names = {"package": "package_name", "version": "package_version"}
    attributes = [{"key": key, "value": str(finding[name])} for name, key in names.items() if name in finding]
    return {
        "name": finding["name"],
        "description": finding.get("description", f"{finding['name']} of a package."),
        "uri": finding.get("uri", f"https://cve.mitre.org/cgi-bin/cvename.cgi?name={finding['name']}"),
        "severity": finding["severity"],
        "attributes": finding.get("attributes", attributes),
    }


def _enhanced(finding: Document, repository: Any, image: Any) -> Document:
    """botocore ECR model, EnhancedImageScanFinding."""
    name, package = finding["name"], finding.get("package", "package")
    vulnerable = {"name": package, "version": str(finding.get("version", "1.0.0"))}
    if "fixed_in" in finding:
        vulnerable["fixedInVersion"] = str(finding["fixed_in"])
    digest = image.get_image_digest()
    return {
        "awsAccountId": repository.registry_id,
        "description": finding.get("description", f"{name} of a package."),
        "findingArn": f"arn:aws:inspector2:{repository.region_name}:{repository.registry_id}:finding/{uuid()}",
        "firstObservedAt": float(image.image_pushed_at),
        "lastObservedAt": float(image.image_pushed_at),
        "updatedAt": float(image.image_pushed_at),
        "packageVulnerabilityDetails": {
            "vulnerabilityId": name,
            "source": "NVD",
            "sourceUrl": f"https://nvd.nist.gov/vuln/detail/{name}",
            "vulnerablePackages": [vulnerable],
        },
        "resources": [{"type": "AWS_ECR_CONTAINER_IMAGE", "id": f"{repository.arn}/{digest}"}],
        "severity": finding["severity"],
        "status": "ACTIVE",
        "title": f"{name} - {package}",
        "type": "PACKAGE_VULNERABILITY",
        "fixAvailable": "YES" if "fixed_in" in finding else "NO",
        "exploitAvailable": "NO",
    }


OPERATIONS = {"StartImageScan": start_image_scan, "DescribeImageScanFindings": describe_image_scan_findings}
