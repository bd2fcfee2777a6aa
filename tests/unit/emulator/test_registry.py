# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon ECR: images, tags that may or may not move, scans, and the settings of repositories."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

TYPE = "application/vnd.oci.image.manifest.v1+json"
POLICY = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5},
                "action": {"type": "expire"},
            }
        ]
    }
)


class Registry:
    """A repository `shop` and short ways to it."""

    def __init__(self, emulator: Any) -> None:
        self.emulator = emulator
        self.ecr = emulator.client("ecr")

    def create(self, **changes: Any) -> Any:
        """Create the repository."""
        return self.ecr.create_repository(repositoryName="shop", **changes)["repository"]

    def push(self, tag: str | None = "1", content: str = "a") -> str:
        """Push an image; gives its digest."""
        manifest = json.dumps({"schemaVersion": 2, "mediaType": TYPE, "layers": [], "note": content})
        given = {"imageTag": tag} if tag else {}
        answer = self.ecr.put_image(repositoryName="shop", imageManifest=manifest, **given)
        assert answer["image"]["imageId"]["imageDigest"] == "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
        return str(answer["image"]["imageId"]["imageDigest"])

    def images(self, **changes: Any) -> dict[str, list[str]]:
        """Tags by digest."""
        found = self.ecr.describe_images(repositoryName="shop", **changes)["imageDetails"]
        return {item["imageDigest"]: item.get("imageTags", []) for item in found}

    def findings(self, tag: str = "1", **changes: Any) -> Any:
        """The answer about an image's scan."""
        return self.ecr.describe_image_scan_findings(repositoryName="shop", imageId={"imageTag": tag}, **changes)


@pytest.fixture
def registry(emulator: Any) -> Registry:
    """An empty registry."""
    return Registry(emulator)


# Images and tags


def test_a_tag_that_moves_leaves_its_image(registry: Registry) -> None:
    """image-tag-mutability: the old image stays, without the tag."""
    registry.create()
    first, second = registry.push(content="a"), registry.push(content="b")
    assert registry.images() == {first: [], second: ["1"]}
    assert registry.images(filter={"tagStatus": "UNTAGGED"}) == {first: []}
    assert registry.images(filter={"tagStatus": "TAGGED"}) == {second: ["1"]}
    registry.push(tag="2", content="a")
    assert registry.images() == {first: ["2"], second: ["1"]}


def test_deleting_images(registry: Registry) -> None:
    """API_BatchDeleteImage: the last tag takes the image with it; a digest takes the image whatever its tags."""
    registry.create()
    first, second = registry.push(content="a"), registry.push(content="b")
    delete = registry.ecr.batch_delete_image
    answer = delete(repositoryName="shop", imageIds=[{"imageDigest": first}, {"imageTag": "nope"}])
    assert answer["imageIds"] == [{"imageDigest": first}]
    assert [item["failureCode"] for item in answer["failures"]] == ["ImageNotFound"]
    registry.push(tag="2", content="b")
    delete(repositoryName="shop", imageIds=[{"imageTag": "1"}])
    assert registry.images() == {second: ["2"]}
    delete(repositoryName="shop", imageIds=[{"imageTag": "2"}])
    assert registry.images() == {}


@pytest.mark.parametrize(
    ("mutability", "filters", "tag", "moves"),
    [
        ("MUTABLE", None, "1", True),
        ("IMMUTABLE", None, "1", False),
        ("IMMUTABLE_WITH_EXCLUSION", ["*-dev", "latest"], "1", False),
        ("IMMUTABLE_WITH_EXCLUSION", ["*-dev", "latest"], "1-dev", True),
        ("MUTABLE_WITH_EXCLUSION", ["release-*"], "1", True),
        ("MUTABLE_WITH_EXCLUSION", ["release-*"], "release-1", False),
    ],
)
def test_mutability(registry: Registry, refused: Any, mutability: str, filters: Any, tag: str, moves: bool) -> None:
    """image-tag-mutability: filters are wildcards for the tags that are excepted."""
    given = [{"filterType": "WILDCARD", "filter": item} for item in filters or []]
    extra = {"imageTagMutabilityExclusionFilters": given} if given else {}
    registry.create()
    answer = registry.ecr.put_image_tag_mutability(repositoryName="shop", imageTagMutability=mutability, **extra)
    assert (answer["imageTagMutability"], answer.get("imageTagMutabilityExclusionFilters", [])) == (mutability, given)
    shown = registry.ecr.describe_repositories()["repositories"][0]
    assert shown.get("imageTagMutabilityExclusionFilters", []) == given
    registry.push(tag, "a")
    if moves:
        registry.push(tag, "b")
    else:
        manifest = json.dumps({"mediaType": TYPE, "note": "b"})
        text = f"The image tag '{tag}' already exists in the 'shop' repository and cannot be overwritten"
        request = {"repositoryName": "shop", "imageTag": tag, "imageManifest": manifest}
        refused("ImageTagAlreadyExistsException", text, registry.ecr.put_image, **request)
    with pytest.raises(registry.ecr.exceptions.ImageAlreadyExistsException):
        registry.push(tag, "b" if moves else "a")


@pytest.mark.parametrize(
    ("mutability", "filters"),
    [("IMMUTABLE_WITH_EXCLUSION", None), ("MUTABLE", [{"filterType": "WILDCARD", "filter": "x"}])],
)
def test_mutability_that_does_not_fit_its_filters(
    registry: Registry, refused: Any, mutability: str, filters: Any
) -> None:
    """botocore ECR model, PutImageTagMutability: filters and the words _WITH_EXCLUSION belong together."""
    registry.create()
    extra = {"imageTagMutabilityExclusionFilters": filters} if filters else {}
    put = registry.ecr.put_image_tag_mutability
    refused("InvalidParameterException", "", put, repositoryName="shop", imageTagMutability=mutability, **extra)


def test_missing_things(registry: Registry, refused: Any) -> None:
    """RepositoryNotFoundException and ImageNotFoundException, not a server error."""
    ecr = registry.ecr
    manifest = json.dumps({"mediaType": TYPE})
    refused("RepositoryNotFoundException", "shop", ecr.put_image, repositoryName="shop", imageManifest=manifest)
    refused("RepositoryNotFoundException", "shop", ecr.describe_images, repositoryName="shop")
    registry.create()
    named = {"repositoryName": "shop", "imageIds": [{"imageTag": "9"}]}
    refused("ImageNotFoundException", "9", ecr.describe_images, **named)
    refused("InvalidParameterException", "ImageManifest", ecr.put_image, repositoryName="shop", imageManifest="{")
    digest = "sha256:" + "0" * 64
    failures = ecr.batch_get_image(repositoryName="shop", imageIds=[{"imageDigest": digest}])["failures"]
    assert failures[0]["imageId"] == {"imageDigest": digest}


def test_pages(registry: Registry) -> None:
    """maxResults and nextToken of DescribeImages, ListImages and DescribeRepositories."""
    registry.create()
    digests = [registry.push(str(number), str(number)) for number in range(5)]
    pages = registry.ecr.get_paginator("describe_images").paginate(
        repositoryName="shop", PaginationConfig={"PageSize": 2}
    )
    sizes = [[item["imageDigest"] for item in page["imageDetails"]] for page in pages]
    assert sizes == [digests[:2], digests[2:4], digests[4:]]
    assert len(registry.ecr.list_images(repositoryName="shop", maxResults=3)["imageIds"]) == 3
    assert "nextToken" not in registry.ecr.describe_repositories()


def test_tokens_are_good_for_twelve_hours(registry: Registry) -> None:
    """API_AuthorizationData.expiresAt."""
    token = registry.ecr.get_authorization_token()["authorizationData"][0]
    now = registry.emulator.control("clock")["now"]
    assert abs(token["expiresAt"].timestamp() - now - 12 * 3600) < 2


# Repositories


def test_settings_of_a_repository(registry: Registry, refused: Any) -> None:
    """What CreateRepository and the Put operations set is what DescribeRepositories shows."""
    ecr = registry.ecr
    made = registry.create(
        tags=[{"Key": "a", "Value": "b"}],
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS"},
    )
    assert made["encryptionConfiguration"]["kmsKey"].startswith("arn:aws:kms:")
    assert made["imageTagMutability"] == "MUTABLE"
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [{"Key": "a", "Value": "b"}]
    ecr.put_image_scanning_configuration(repositoryName="shop", imageScanningConfiguration={"scanOnPush": False})
    shown = ecr.describe_repositories(repositoryNames=["shop"])["repositories"][0]
    assert shown["imageScanningConfiguration"] == {"scanOnPush": False}
    refused("LifecyclePolicyNotFoundException", "", ecr.get_lifecycle_policy, repositoryName="shop")
    ecr.put_lifecycle_policy(repositoryName="shop", lifecyclePolicyText=POLICY)
    assert json.loads(ecr.get_lifecycle_policy(repositoryName="shop")["lifecyclePolicyText"]) == json.loads(POLICY)
    refused("RepositoryPolicyNotFoundException", "", ecr.get_repository_policy, repositoryName="shop")
    refused("RepositoryAlreadyExistsException", "", ecr.create_repository, repositoryName="shop")
    registry.push()
    refused("RepositoryNotEmptyException", "", ecr.delete_repository, repositoryName="shop")
    ecr.delete_repository(repositoryName="shop", force=True)
    assert ecr.describe_repositories()["repositories"] == []


# Scans


def test_a_basic_scan(registry: Registry, refused: Any) -> None:
    """image-scanning-basic: on demand, in progress, complete; once a day."""
    registry.create()
    registry.push()
    describe, image = (
        registry.ecr.describe_image_scan_findings,
        {"repositoryName": "shop", "imageId": {"imageTag": "1"}},
    )
    refused("ScanNotFoundException", "Image scan does not exist", describe, **image)
    finding = {"name": "CVE-2024-1", "severity": "HIGH", "package": "zlib", "version": "1.2"}
    registry.emulator.control("scans", {"repository": "shop", "tag": "1", "findings": [finding]})
    assert registry.ecr.start_image_scan(**image)["imageScanStatus"] == {"status": "IN_PROGRESS"}
    answer = registry.findings()
    assert answer["imageScanStatus"]["status"] == "IN_PROGRESS"
    assert "imageScanFindings" not in answer
    registry.emulator.step(11)
    answer = registry.findings()
    assert answer["imageScanStatus"]["status"] == "COMPLETE"
    assert answer["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 1}
    found = answer["imageScanFindings"]["findings"][0]
    assert (found["name"], found["attributes"][0]) == ("CVE-2024-1", {"key": "package_name", "value": "zlib"})
    detail = registry.ecr.describe_images(repositoryName="shop")["imageDetails"][0]
    assert detail["imageScanStatus"]["status"] == "COMPLETE"
    assert detail["imageScanFindingsSummary"]["findingSeverityCounts"] == {"HIGH": 1}
    refused("LimitExceededException", "quota per image", registry.ecr.start_image_scan, **image)
    registry.emulator.step(24 * 3600)
    registry.ecr.start_image_scan(**image)
    registry.emulator.control("scans", method="DELETE")
    registry.emulator.step(20)
    assert registry.findings()["imageScanFindings"]["findings"] == []


def test_scan_on_push(registry: Registry) -> None:
    """imageScanningConfiguration.scanOnPush."""
    registry.create(imageScanningConfiguration={"scanOnPush": True})
    registry.push()
    assert registry.findings()["imageScanStatus"]["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED", "FINDINGS_UNAVAILABLE"])
def test_scans_that_end_otherwise(registry: Registry, status: str) -> None:
    """botocore ECR model, ScanStatus: no findings are shown."""
    registry.create()
    registry.push()
    registry.emulator.control("scans", {"status": status, "description": "because", "seconds": 0, "scanned": True})
    answer = registry.findings()
    assert answer["imageScanStatus"] == {"status": status, "description": "because"}
    assert "imageScanFindings" not in answer


def test_enhanced_scanning(registry: Registry, refused: Any) -> None:
    """image-scanning-enhanced: by the registry's filters, without being asked, in another form."""
    registry.create()
    rules = [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "shop*", "filterType": "WILDCARD"}]}]
    registry.ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
    held = registry.ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    assert held == {"scanType": "ENHANCED", "rules": rules}
    digest = registry.push()
    finding = {"name": "CVE-2024-1", "severity": "CRITICAL", "package": "zlib", "version": "1", "fixed_in": "2"}
    registry.emulator.control("scans", {"digest": digest, "findings": [finding]})
    assert registry.findings()["imageScanStatus"]["status"] == "PENDING"
    registry.emulator.step(11)
    answer = registry.findings()
    assert answer["imageScanStatus"]["status"] == "ACTIVE"
    found = answer["imageScanFindings"]["enhancedFindings"][0]
    assert (found["severity"], found["fixAvailable"]) == ("CRITICAL", "YES")
    details = found["packageVulnerabilityDetails"]
    assert details["vulnerabilityId"] == "CVE-2024-1"
    assert details["vulnerablePackages"] == [{"name": "zlib", "version": "1", "fixedInVersion": "2"}]
    request = {"repositoryName": "shop", "imageId": {"imageTag": "1"}}
    refused("ValidationException", "This feature is disabled", registry.ecr.start_image_scan, **request)


def test_pages_of_findings(registry: Registry) -> None:
    """maxResults and nextToken of DescribeImageScanFindings."""
    registry.create()
    registry.push()
    findings = [{"name": f"CVE-{number}", "severity": "LOW"} for number in range(5)]
    registry.emulator.control("scans", {"repository": "shop", "findings": findings, "scanned": True})
    pages = registry.ecr.get_paginator("describe_image_scan_findings").paginate(
        repositoryName="shop", imageId={"imageTag": "1"}, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["imageScanFindings"]["findings"]) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "FINE"}, "status"),
        ({"findings": [{"name": "x", "severity": "BAD"}]}, "severity"),
        ({"mood": 1}, "members"),
    ],
)
def test_scans_that_make_no_sense(emulator: Any, body: Any, words: str) -> None:
    """The control endpoint says what it takes."""
    assert words in emulator.refused("scans", body)


def test_scans_of_missing_things(registry: Registry, refused: Any) -> None:
    """The errors of both operations."""
    describe, start = registry.ecr.describe_image_scan_findings, registry.ecr.start_image_scan
    for call in (describe, start):
        refused("RepositoryNotFoundException", "shop", call, repositoryName="shop", imageId={"imageTag": "1"})
    registry.create()
    for call in (describe, start):
        refused("ImageNotFoundException", "", call, repositoryName="shop", imageId={"imageTag": "1"})
        refused("InvalidParameterException", "imageId", call, repositoryName="shop", imageId={})
