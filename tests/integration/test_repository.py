# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repositories of images: what is left alone, what is refused, and what is the same in other words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

Client = Callable[[str], Any]
NAME = "shop/web"
EXPIRE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9},
            "action": {"type": "expire"},
        }
    ]
}
PULL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


def push(ecr: Any, tag: str, name: str = NAME) -> None:
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "tag": tag}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag=tag)


def operations(result: dict[str, Any]) -> list[str]:
    return [action["operation"] for action in result["actions"]]


def test_options_that_are_left_out_are_never_downgraded(module: ModuleRun) -> None:
    """community.aws.ecs_ecr makes tags mutable again and stops scanning when a playbook says nothing about them."""
    settings = {"image_tag_mutability": "IMMUTABLE", "scan_on_push": True, "policy": PULL, "lifecycle_policy": EXPIRE}
    module.ok("repository", name=NAME, **settings)
    result = module.ok("repository", name=NAME, tags={"Owner": "me"})
    assert operations(result) == ["TagResource"]
    shown = result["repository"]
    assert shown["image_tag_mutability"] == "IMMUTABLE"
    assert shown["image_scanning_configuration"] == {"scan_on_push": True}
    assert shown["policy"] == PULL and shown["lifecycle_policy"] == EXPIRE


def test_what_community_aws_takes_is_taken(module: ModuleRun) -> None:
    old = {"image_tag_mutability": "immutable", "scan_on_push": True, "lifecycle_policy": json.dumps(EXPIRE)}
    old |= {"encryption_configuration": {"encryption_type": "AES256"}, "policy": json.dumps(PULL)}
    assert module.ok("repository", name=NAME, **old)["changed"]
    assert not module.ok("repository", name=NAME, **old)["changed"]
    purged = module.ok("repository", name=NAME, purge_policy=True, purge_lifecycle_policy=True)
    assert operations(purged) == ["DeleteRepositoryPolicy", "DeleteLifecyclePolicy"]
    again = module.ok("repository", name=NAME, purge_policy=True, purge_lifecycle_policy=True)
    assert not again["changed"]


def test_policies_are_compared_by_what_they_mean(module: ModuleRun) -> None:
    module.ok("repository", name=NAME, policy=PULL, lifecycle_policy=EXPIRE)
    statement = {**PULL["Statement"][0], "Principal": {"AWS": ["210987654321"]}}
    statement["Action"] = ["ecr:getDownloadUrlForLayer", "ecr:BatchGetImage"]
    selection = {"tag_status": "untagged", "count_type": "imageCountMoreThan", "count_number": "9"}
    rules = [{"rule_priority": "1", "selection": selection, "action": {"type": "expire"}}]
    policy = {"Statement": statement, "Version": "2012-10-17"}
    assert not module.ok("repository", name=NAME, policy=policy, lifecycle_policy={"rules": rules})["changed"]


def test_a_diff_of_a_policy_is_readable(module: ModuleRun) -> None:
    module.ok("repository", name=NAME, policy=PULL)
    wanted = {**PULL, "Version": "2008-10-17"}
    result = module.ok("repository", True, name=NAME, policy=wanted)
    assert result["diff"] == {
        "before": {"policy": {"Version": "2012-10-17"}},
        "after": {"policy": {"Version": "2008-10-17"}},
    }
    assert operations(result) == ["SetRepositoryPolicy"]
    assert json.loads(result["actions"][0]["params"]["policyText"]) == wanted


def test_a_policy_that_would_lock_you_out_is_set_by_force_alone(module: ModuleRun) -> None:
    module.ok("repository", name=NAME)
    result = module.ok("repository", True, name=NAME, policy=PULL, force_set_policy=True)
    assert result["actions"][0]["params"]["force"] is True


def test_tags_can_be_immutable_but_for_some(module: ModuleRun) -> None:
    mutability = "image_tag_mutability"
    filters = "image_tag_mutability_exclusion_filters"
    wanted: dict[str, Any] = {mutability: "IMMUTABLE_WITH_EXCLUSION", filters: ["latest", "dev-*"]}
    shown = module.ok("repository", name=NAME, **wanted)["repository"]
    assert shown[mutability] == "IMMUTABLE_WITH_EXCLUSION"
    assert {entry["filter"] for entry in shown[filters]} == {"latest", "dev-*"}
    turned = {**wanted, filters: [{"filter": "dev-*", "filter_type": "WILDCARD"}, "latest"]}
    assert not module.ok("repository", name=NAME, **turned)["changed"]
    fewer = module.ok("repository", name=NAME, **{filters: ["latest"]})
    assert [entry["filter"] for entry in fewer["repository"][filters]] == ["latest"]
    plain = module.ok("repository", name=NAME, **{mutability: "IMMUTABLE"})
    assert plain["actions"][0]["params"] == {"repositoryName": NAME, "imageTagMutability": "IMMUTABLE"}
    assert not plain["repository"].get(filters)
    assert not module.ok("repository", name=NAME, **{mutability: "IMMUTABLE"})["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION"}, "needs image_tag_mutability_exclusion_filters"),
        ({"image_tag_mutability_exclusion_filters": ["a*"]}, "set image_tag_mutability to MUTABLE_WITH_EXCLUSION"),
        ({"image_tag_mutability": "frozen"}, "'FROZEN' is not one of the API's values"),
        ({"policy": "{"}, "policy: line 1, column 2 is not JSON"),
        ({"policy": {"Version": "2012-10-17"}}, "policy: it has no Statement"),
        ({"lifecycle_policy": {"rule": []}}, "lifecycle_policy: it has no list of rules"),
        ({"lifecycle_policy": "[1]"}, "lifecycle_policy: it holds a list"),
        ({"policy": PULL, "purge_policy": True}, "purge_policy and policy exclude each other"),
        ({"scan_on_push": True, "image_scanning_configuration": {"scan_on_push": False}}, "contradict each other"),
        ({"encryption_configuration": {"kms_key": "alias/mine"}}, "needs encryption_type"),
        ({"name": "Shop"}, "name: ECR does not take 'Shop'"),
        ({"name": "shop//web"}, "name: ECR does not take 'shop//web'"),
        ({"name": None}, "name is required"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    module: ModuleRun, emulator: Emulator, options: dict[str, Any], words: str
) -> None:
    assert words in module.refused("repository", **{"name": NAME, **options})
    assert emulator.writes() == []


def test_a_repository_with_images_is_deleted_by_force_alone(
    module: ModuleRun, emulator: Emulator, client: Client
) -> None:
    module.ok("repository", name=NAME)
    for tag in ("1", "2"):
        push(client("ecr"), tag)
    seen = len(emulator.calls())
    for check in (True, False):
        message = module.refused("repository", check, name=NAME, state="absent")
        assert message == (
            "The repository shop/web holds 2 images, which would be lost: set force=true to delete it with them."
        )
    assert emulator.writes(seen) == []
    assert module.ok("repository", name=NAME, state="absent", force=True)["repository"] == {}
    assert not module.ok("repository", name=NAME, state="absent")["changed"]


def test_encryption_is_for_life(module: ModuleRun, client: Client) -> None:
    module.ok("repository", name=NAME, policy=PULL, image_tag_mutability="IMMUTABLE", tags={"Keep": "me"})
    wanted: dict[str, Any] = {"name": NAME, "encryption_configuration": {"encryption_type": "KMS"}}
    result = module("repository", **wanted)
    assert result["failure"]["code"] == "Immutable"
    assert result["failure"]["members"] == ["encryption_configuration"]
    push(client("ecr"), "1")
    assert "holds 1 image," in module.refused("repository", recreate=True, **wanted)
    anew = module.ok("repository", recreate=True, force=True, **wanted)
    assert operations(anew) == ["DeleteRepository", "CreateRepository", "SetRepositoryPolicy"]
    shown = anew["repository"]
    assert shown["encryption_configuration"]["encryption_type"] == "KMS"
    assert (shown["image_tag_mutability"], shown["tags"], shown["policy"]) == ("IMMUTABLE", {"Keep": "me"}, PULL)
    assert not module.ok("repository", **wanted)["changed"]


def test_a_key_is_known_by_its_alias_and_its_id(module: ModuleRun, client: Client) -> None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/images", TargetKeyId=key["KeyId"])
    for name in (key["Arn"], key["KeyId"], "alias/images"):
        encryption = {"encryption_type": "KMS", "kms_key": name}
        created = module("repository", name=NAME, encryption_configuration=encryption)
        assert not created.get("failed"), created["msg"]
    other = {"encryption_type": "KMS", "kms_key": kms.create_key()["KeyMetadata"]["Arn"]}
    assert module("repository", name=NAME, encryption_configuration=other)["failure"]["code"] == "Immutable"


def test_what_may_not_be_read_is_left_out_unless_it_was_asked_for(module: ModuleRun, emulator: Emulator) -> None:
    module.ok("repository", name=NAME, policy=PULL)
    denied = {"service": "ecr", "kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400}
    emulator.control("faults", {**denied, "operation": "GetRepositoryPolicy"})
    result = module.ok("repository", name=NAME, scan_on_push=True)
    assert operations(result) == ["PutImageScanningConfiguration"]
    assert "policy" not in result["repository"]
    assert "GetRepositoryPolicy" in module.refused("repository", name=NAME, policy={})
    (read,) = module.ok("repository_info", name=NAME)["repositories"]
    assert "policy" not in read and read["tags"] == {}


@pytest.mark.parametrize("operation", ["CreateRepository", "DeleteRepository"])
def test_a_lost_answer_is_looked_after(module: ModuleRun, emulator: Emulator, operation: str) -> None:
    wanted = {"name": NAME, "state": "present" if operation == "CreateRepository" else "absent", "policy": PULL}
    if operation == "DeleteRepository":
        module.ok("repository", name=NAME)
    seen = len(emulator.calls())
    emulator.control("faults", {"service": "ecr", "operation": operation, "kind": "lost", "times": 1})
    result = module.ok("repository", **wanted)
    assert emulator.writes(seen).count(operation) == 1
    assert result["changed"] and bool(result["repository"]) == (operation == "CreateRepository")
    assert not module.ok("repository", **wanted)["changed"]


def test_all_repositories_are_listed(module: ModuleRun) -> None:
    for name in (NAME, "shop/api"):
        module.ok("repository", name=name)
    read = module.ok("repository_info")["repositories"]
    assert {entry["name"] for entry in read} == {NAME, "shop/api"}
    assert module.ok("repository_info", name="missing")["repositories"] == []


def test_documents_as_the_cli_prints_them_are_taken(module: ModuleRun) -> None:
    document = {
        "repositories": [
            {
                "repositoryName": NAME,
                "repositoryArn": f"arn:aws:ecr:eu-central-1:123456789012:repository/{NAME}",
                "createdAt": "2026-01-01T00:00:00+00:00",
                "imageTagMutability": "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": True},
                "encryptionConfiguration": {"encryptionType": "AES256"},
                "tags": [{"Key": "Owner", "Value": "me"}],
                "policyText": json.dumps(PULL),
            }
        ]
    }
    shown = module.ok("repository", definition=document)["repository"]
    assert (shown["tags"], shown["policy"]) == ({"Owner": "me"}, PULL)
    assert not module.ok("repository", definition=document)["changed"]


def test_a_principal_that_iam_has_just_made_is_waited_for(module: ModuleRun, emulator: Emulator) -> None:
    module.ok("repository", name=NAME)
    words = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
    fault = {"service": "ecr", "operation": "SetRepositoryPolicy", "kind": "error", "status": 400}
    fault |= {"code": "InvalidParameterException", "message": words}
    emulator.control("faults", {**fault, "times": 3})
    assert module.ok("repository", name=NAME, policy=PULL)["repository"]["policy"] == PULL
    emulator.control("faults", fault)
    assert "Invalid repository policy" in module.refused(
        "repository", name=NAME, policy={**PULL, "Version": "2008-10-17"}
    )
