# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What deletes nothing it must not, and what ECR says when it does not delete."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils import _api
from ansible_collections.longshore.ecs.plugins.module_utils._action import Job
from ansible_collections.longshore.ecs.plugins.module_utils._actions.image_cleanup import ImageCleanup
from ansible_collections.longshore.ecs.plugins.module_utils._errors import EcsError
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock, Watch
from botocore.stub import ANY, Stubber

OLD = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
PARAMS: dict[str, Any] = {
    "repository": "web",
    "registry_id": None,
    "keep_last": None,
    "older_than_days": 30,
    "not_pulled_for_days": None,
    "untagged_only": False,
    "keep": [],
}


def image(digit: str, **more: Any) -> dict[str, Any]:
    media = "application/vnd.oci.image.manifest.v1+json"
    shown = {"imageDigest": f"sha256:{digit * 64}", "imagePushedAt": OLD, "imageManifestMediaType": media}
    return {**shown, "imageSizeInBytes": 10, **more}


@pytest.fixture
def api() -> _api.Api:
    """Give the door to AWS; what AWS answers is stubbed."""
    return _api.connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


@pytest.fixture
def ecr(api: _api.Api) -> Iterator[Stubber]:
    """Stub ECR; ECS has neither definitions nor clusters."""
    with Stubber(api.client("ecs")) as ecs, Stubber(api.client("ecr")) as stub:
        ecs.add_response("list_task_definitions", {"taskDefinitionArns": []}, {"status": "ACTIVE"})
        ecs.add_response("list_clusters", {"clusterArns": []}, {})
        yield stub


def run(api: _api.Api, **params: Any) -> tuple[dict[str, Any], Job]:
    job = Job({**PARAMS, **params}, False, Watch(Clock()))
    return ImageCleanup().run(api, job), job


def test_what_ecr_did_not_delete_is_told(api: _api.Api, ecr: Stubber) -> None:
    ecr.add_response(
        "describe_images", {"imageDetails": [image("a"), image("b"), image("c")]}, {"repositoryName": "web"}
    )
    failures = [
        {"imageId": {"imageDigest": f"sha256:{digit * 64}"}, "failureCode": code, "failureReason": reason}
        for digit, code, reason in (
            ("a", "ImageReferencedByManifestList", "an index has it"),
            ("b", "ImageNotFound", "somebody was faster"),
        )
    ]
    ecr.add_response("batch_delete_image", {"failures": failures}, {"repositoryName": "web", "imageIds": ANY})
    with pytest.raises(EcsError) as caught:
        run(api)
    assert caught.value.code == "Failures" and "an index has it" in str(caught.value)
    assert caught.value.data["failures"] == failures[:1]
    result = caught.value.data["result"]
    assert [entry["digest"][7] for entry in result["deleted"]] == ["b", "c"]
    assert [entry["reason"] for entry in result["kept"]] == ["ECR did not delete it: an index has it"]


def test_what_somebody_else_deleted_meanwhile_is_no_failure(api: _api.Api, ecr: Stubber) -> None:
    ecr.add_response("describe_images", {"imageDetails": [image("a")]}, {"repositoryName": "web"})
    gone = {"imageId": {"imageDigest": f"sha256:{'a' * 64}"}, "failureCode": "ImageNotFound", "failureReason": "gone"}
    ecr.add_response("batch_delete_image", {"failures": [gone]}, {"repositoryName": "web", "imageIds": ANY})
    result, job = run(api)
    assert result["freed_bytes"] == 10 and len(job.calls) == 1


def test_what_was_pulled_of_late_is_kept(api: _api.Api, ecr: Stubber) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    images = [image("a", lastRecordedPullTime=now), image("b", lastRecordedPullTime=OLD), image("c")]
    ecr.add_response("describe_images", {"imageDetails": images}, {"repositoryName": "web"})
    ids = [{"imageDigest": f"sha256:{digit * 64}"} for digit in "bc"]
    ecr.add_response("batch_delete_image", {"failures": []}, {"repositoryName": "web", "imageIds": ids})
    result, _job = run(api, not_pulled_for_days=7)
    assert [entry["reason"] for entry in result["kept"]] == ["it was pushed or pulled less than 7 days ago"]


def test_an_attachment_goes_with_its_subject_and_keeps_no_name(api: _api.Api, ecr: Stubber) -> None:
    attachment = image("b", subjectManifestDigest=f"sha256:{'a' * 64}")
    cosign = image("c", imageTags=[f"sha256-{'a' * 64}.sig"])
    ecr.add_response("describe_images", {"imageDetails": [attachment, image("a"), cosign]}, {"repositoryName": "web"})
    for digits in ("a", "bc"):
        ids = [{"imageDigest": f"sha256:{digit * 64}"} for digit in digits]
        ecr.add_response("batch_delete_image", {"failures": []}, {"repositoryName": "web", "imageIds": ids})
    result, _job = run(api, untagged_only=True)
    assert [entry["digest"][7] for entry in result["deleted"]] == ["a"]
    assert result["freed_bytes"] == 30
