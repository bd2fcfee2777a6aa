# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old images go, but none that ECS uses: aws/containers-roadmap 1078, 1036, ministryofjustice/cloud-platform 3537."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

from .conftest import Shop

Client = Callable[[str], Any]
NAME = "shop/web"
URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DAYS = 86400.0


class Repository:
    """A repository of images that are 40 days old once `age` has been called."""

    def __init__(self, module: ModuleRun, ecr: Any) -> None:
        self.module, self.ecr = module, ecr
        module.ok("repository", name=NAME)

    def push(self, tag: str | None, digest: str | None = None, lists: tuple[str, ...] = ()) -> str:
        """Push an image; `lists` are the digests of the images of an index."""
        content: dict[str, Any] = {"schemaVersion": 2, "mediaType": INDEX if lists else IMAGE, "content": tag or digest}
        if lists:
            content["manifests"] = [
                {"digest": entry, "platform": {"os": "linux", "architecture": "amd64"}} for entry in lists
            ]
        manifest = json.dumps(content)
        own = digest or f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        named = {"imageTag": tag} if tag else {}
        self.ecr.put_image(
            repositoryName=NAME,
            imageManifest=manifest,
            imageManifestMediaType=content["mediaType"],
            imageDigest=own,
            **named,
        )
        return own

    def age(self) -> None:
        """Let 40 days pass."""
        self.module.clock.sleep(40 * DAYS)

    def clean(self, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run the module."""
        return self.module.ok("image_cleanup", check, repository=NAME, **options)

    def digests(self) -> set[str]:
        """Name what is there."""
        return {image["imageDigest"] for image in self.ecr.describe_images(repositoryName=NAME)["imageDetails"]}


@pytest.fixture
def repository(module: ModuleRun, client: Client) -> Repository:
    """Give an empty repository."""
    return Repository(module, client("ecr"))


def reasons(result: dict[str, Any]) -> dict[str, str]:
    """Map the first tag, or the digest, of what is kept to the reason."""
    return {(entry["tags"] or [entry["digest"]])[0]: entry["reason"] for entry in result["kept"]}


def tags(result: dict[str, Any]) -> list[str]:
    return sorted(tag for entry in result["deleted"] for tag in entry["tags"])


def definition(image: str) -> dict[str, Any]:
    return {
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "execution_role_arn": "arn:aws:iam::123456789012:role/web-exec",
        "container_definitions": [{"name": "web", "image": image, "port_mappings": [{"container_port": 80}]}],
    }


def test_what_an_active_revision_names_is_kept(repository: Repository, module: ModuleRun) -> None:
    digest = repository.push("by-digest")
    for tag in ("by-tag", "inactive", "unused"):
        repository.push(tag)
    module.ok("task_definition", family="digest", **definition(f"{URI}@{digest}"))
    module.ok("task_definition", family="tag", **definition(f"registry.example.com/{NAME}:by-tag"))
    module.ok("task_definition", family="gone", **definition(f"{URI}:inactive"))
    module.ok("task_definition", family="gone", state="absent")
    module.ok("task_definition", family="other", **definition(f"{URI}-other:unused"))
    repository.age()
    predicted = repository.clean(True, older_than_days=30)
    assert len(repository.digests()) == 4
    result = repository.clean(older_than_days=30)
    assert (predicted["deleted"], predicted["actions"]) == (result["deleted"], result["actions"])
    assert tags(result) == ["inactive", "unused"]
    assert reasons(result) == {
        "by-digest": "the task definition digest:1 names it",
        "by-tag": "the task definition tag:1 names it",
    }
    assert len(repository.digests()) == 2
    again = repository.clean(older_than_days=30)
    assert not again["changed"] and again["deleted"] == []


def test_what_runs_is_kept_by_its_digest_although_its_tag_has_moved_on(
    repository: Repository, shop: Shop, module: ModuleRun, client: Client
) -> None:
    """containers-roadmap 1078: the service is fine until its next task cannot pull the image it was deployed with."""
    module.ok("task_definition", family="web", **definition(f"{URI}:stable"))
    shop.deploy()
    ecs = client("ecs")
    task = ecs.describe_tasks(cluster="shop", tasks=ecs.list_tasks(cluster="shop")["taskArns"][:1])["tasks"][0]
    used = repository.push(None, task["containers"][0]["imageDigest"])
    unused = repository.push(None, f"sha256:{'0' * 64}")
    repository.push("stable")
    repository.age()
    result = repository.clean(untagged_only=True)
    assert [entry["digest"] for entry in result["deleted"]] == [unused]
    assert "service shop/web" in reasons(result)[used] and reasons(result)["stable"] == "it has a tag"


def test_a_task_that_runs_alone_keeps_its_image(repository: Repository, module: ModuleRun, client: Client) -> None:
    ecs = client("ecs")
    module.ok("cluster", name="jobs", capacity_providers=["FARGATE"])
    module.ok("task_definition", family="job", **definition(f"{URI}:job"))
    subnets = [client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]]
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    ran = ecs.run_task(cluster="jobs", taskDefinition="job", launchType="FARGATE", networkConfiguration=network)
    assert ran["failures"] == []
    module.ok("task_definition", family="job", state="absent")
    repository.push("job")
    repository.age()
    result = repository.clean(older_than_days=30)
    assert result["deleted"] == []
    assert "in the cluster jobs runs it" in reasons(result)["job"]


def test_what_a_rollback_leads_to_is_kept(repository: Repository, shop: Shop, module: ModuleRun) -> None:
    for tag in ("1", "2", "3"):
        repository.push(tag)
        module.ok("task_definition", family="web", **definition(f"{URI}:{tag}"))
        assert not shop.deploy().get("failed")
    module.ok("task_definition", family="web", state="absent")
    repository.age()
    result = repository.clean(older_than_days=30)
    assert tags(result) == ["1"]
    assert "the service shop/web runs it or may go back to it" in reasons(result)["2"]
    assert set(reasons(result)) == {"2", "3"}


def test_an_image_stays_or_goes_with_its_platforms_and_signatures(
    repository: Repository, module: ModuleRun, client: Client
) -> None:
    arm, intel, old = (repository.push(None, f"sha256:{digit * 64}") for digit in "abc")
    kept = repository.push("2.0", lists=(arm, intel))
    gone = repository.push("1.0", lists=(old, intel))
    signature = repository.push(f"{gone.replace(':', '-')}.sig")
    module.ok("task_definition", family="web", **definition(f"{URI}@{arm}"))
    repository.age()
    result = repository.clean(older_than_days=30)
    assert [entry["digest"] for entry in result["deleted"]] == [gone]
    assert [entry["digest"] for entry in result["kept"]] == [kept]
    batches = [{image["imageDigest"] for image in call["params"]["imageIds"]} for call in result["actions"]]
    assert batches == [{gone}, {old, signature}]
    assert repository.digests() == {kept, arm, intel}


def test_all_rules_must_select_an_image(repository: Repository) -> None:
    for tag in ("1", "2", "3", "release-1"):
        repository.push(tag)
    repository.push(None, f"sha256:{'0' * 64}")
    fresh = repository.clean(keep_last=0)
    assert fresh["deleted"] == [] and set(reasons(fresh).values()) == {"it was pushed within the last hour"}
    repository.age()
    assert repository.clean(True, older_than_days=50)["deleted"] == []
    assert repository.clean(True, not_pulled_for_days=50)["deleted"] == []
    assert len(repository.clean(True, keep_last=2)["deleted"]) == 3
    assert len(repository.clean(True, untagged_only=True)["deleted"]) == 1
    assert repository.clean(True, untagged_only=True, keep_last=1)["deleted"] == []
    assert tags(repository.clean(older_than_days=30, keep=["release-*", "2"])) == ["1", "3"]


@pytest.mark.parametrize("operation", ["ListTaskDefinitions", "DescribeServiceRevisions", "ListTasks", "ListClusters"])
def test_what_cannot_be_seen_is_not_taken_for_unused(
    repository: Repository, shop: Shop, emulator: Emulator, module: ModuleRun, operation: str
) -> None:
    shop.register()
    shop.deploy()
    repository.push("1")
    repository.age()
    denied = {"service": "ecs", "kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400}
    emulator.control("faults", {**denied, "operation": operation})
    seen = len(emulator.calls())
    result = module("image_cleanup", repository=NAME, older_than_days=30)
    assert (result["failure"]["code"], result["failure"]["reason_code"]) == ("UsesUnseen", "AccessDeniedException")
    assert result["failure"]["operation"] == operation and result["msg"].startswith("No image is deleted")
    assert emulator.writes(seen) == [] and not result["changed"]


def test_an_index_that_cannot_be_read_stops_everything(repository: Repository, module: ModuleRun) -> None:
    repository.push("1")
    repository.ecr.put_image(
        repositoryName=NAME,
        imageManifest="{}",
        imageManifestMediaType=INDEX,
        imageTag="odd",
        imageDigest=f"sha256:{'1' * 64}",
    )
    repository.age()
    assert "is no list of images" in module.refused("image_cleanup", repository=NAME, older_than_days=30)
    assert len(repository.digests()) == 2


def test_images_go_by_the_hundred(repository: Repository) -> None:
    for number in range(101):
        repository.push(None, f"sha256:{number:064x}")
    repository.age()
    result = repository.clean(untagged_only=True)
    assert [len(call["params"]["imageIds"]) for call in result["actions"]] == [100, 1]
    assert repository.digests() == set()


def test_nothing_to_do_asks_ecs_nothing(repository: Repository, emulator: Emulator) -> None:
    repository.push("1")
    seen = len(emulator.calls())
    assert not repository.clean(keep_last=5)["changed"]
    assert emulator.operations(seen) == ["DescribeImages"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "No rule says which images to delete"),
        ({"untagged_only": False}, "No rule says which images to delete"),
        ({"keep_last": -1}, "keep_last: -1 is out of range"),
        ({"older_than_days": -1}, "older_than_days: -1 is out of range"),
        ({"keep_last": 1, "repository": "missing"}, "RepositoryNotFoundException"),
    ],
)
def test_what_cannot_be_meant_is_refused(module: ModuleRun, options: dict[str, Any], words: str) -> None:
    assert words in module.refused("image_cleanup", **{"repository": NAME, **options})
