# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository of images in Amazon ECR, with the policies that hang on it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from .._api import AwsError
from .._core import Ask, Call, Found, Resource
from .._errors import BadInput, Blocked, EcsError
from .._watch import UnderWay
from . import _repository_parts, _shapes

# What CreateRepository takes as a name; the service model knows how long it may be.
NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
FILTERS = "imageTagMutabilityExclusionFilters"
EXCLUDING = "_WITH_EXCLUSION"
COUNTED = 1000  # ListImages gives up to so many at a time; a message needs no more


class Repository(Resource):
    """A repository. Its name and its encryption stay what they are; everything else can change in place."""

    kind = "repository"
    plural = "repositories"
    service = "ecr"
    creates = "CreateRepository"
    answers = "Repository"
    arn = "repositoryArn"
    tag_members = ("Key", "Value")
    identity = ("registryId", "repositoryName")
    rename: ClassVar[dict[str, Any]] = {"name": "repositoryName"}
    create_only = frozenset({"encryptionConfiguration"})
    wrappers = ("repositories",)
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "aliases": ["repository_name", "repositoryName"]},
        "registry_id": {"type": "str", "aliases": ["registryId"]},
        "image_tag_mutability": {"type": "str", "aliases": ["imageTagMutability"]},
        "image_tag_mutability_exclusion_filters": {
            "type": "raw",
            "aliases": ["imageTagMutabilityExclusionFilters"],
        },
        "image_scanning_configuration": {"type": "dict", "aliases": ["imageScanningConfiguration"]},
        "encryption_configuration": {"type": "dict", "aliases": ["encryptionConfiguration"]},
        "policy": {"type": "raw"},
        "lifecycle_policy": {"type": "raw", "aliases": ["lifecyclePolicy"]},
        "scan_on_push": {"type": "bool"},
        "force": {"type": "bool", "default": False, "aliases": ["force_absent"]},
        "force_set_policy": {"type": "bool", "default": False},
        "purge_policy": {"type": "bool", "aliases": ["delete_policy"]},
        "purge_lifecycle_policy": {"type": "bool"},
    }
    manner = frozenset({"scan_on_push", "force", "force_set_policy", "purge_policy", "purge_lifecycle_policy"})

    info_options: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "aliases": ["names", "repositories"]},
        "registry_id": {"type": "str"},
    }

    def shape(self, api: Any) -> Any:
        kinds = {"policy": "RepositoryPolicy", "lifecyclePolicy": "LifecyclePolicy"}
        return _shapes.extended(super().shape(api), **kinds)

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Read policies given as text, filters given as patterns, and tags as ECR spells them."""
        result = _repository_parts.accepted(given)
        for name in ("image_tag_mutability", "imageTagMutability"):
            if isinstance(result.get(name), str):
                result[name] = result[name].upper()
        for name in ("image_tag_mutability_exclusion_filters", FILTERS):
            if isinstance(result.get(name), list):
                result[name] = [
                    {"filter": entry, "filterType": "WILDCARD"} if isinstance(entry, str) else entry
                    for entry in result[name]
                ]
        return result

    def prepare(self, api: Any, ask: Ask) -> None:
        document, options = ask.document, ask.options
        name = str(document.get("repositoryName") or "")
        if not name:
            raise BadInput("name is required: give it as an option, in definition or in src.")
        if not NAME.fullmatch(name):
            raise BadInput(
                f"name: ECR does not take {name!r} as a name; use 2 to 256 lower-case letters and digits, and between "
                "them single periods, underscores, slashes, or hyphens."
            )
        for policy, option in zip(_repository_parts.POLICIES, ("purge_policy", "purge_lifecycle_policy"), strict=True):
            if options.get(option):
                if document.get(policy.member):
                    raise BadInput(
                        f"{option} and {option.removeprefix('purge_')} exclude each other: give one of them."
                    )
                document[policy.member] = {}
        if options.get("scan_on_push") is not None:
            if document.setdefault("imageScanningConfiguration", {}).get("scanOnPush") is (not options["scan_on_push"]):
                raise BadInput("scan_on_push and image_scanning_configuration contradict each other: give one of them.")
            document["imageScanningConfiguration"] = {"scanOnPush": options["scan_on_push"]}

    def read(self, api: Any, ask: Ask) -> Found | None:
        # What an old repository had, its successor is to have; else what nobody asked for need not be seen.
        needed = (
            {"tags", *(policy.member for policy in _repository_parts.POLICIES)}
            if ask.options.get("recreate")
            else set(ask.document)
        )
        return self._described(api, _place(ask.document), needed)

    def _described(self, api: Any, place: dict[str, Any], needed: set[str]) -> Found | None:
        name, registry = place["repositoryName"], {key: place[key] for key in place if key == "registryId"}
        try:
            shown = api.read("DescribeRepositories", "ecr", repositoryNames=[name], **registry)["repositories"][0]
        except AwsError as error:
            if error.code == "RepositoryNotFoundException":
                return None
            raise
        return self.shaped({**shown, **_repository_parts.beside(api, shown["repositoryArn"], place, needed)})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        registry = {"registryId": params["registry_id"]} if params["registry_id"] else {}
        names = params["name"] or [
            shown["repositoryName"] for shown in api.pages("DescribeRepositories", "repositories", "ecr", **registry)
        ]
        found = (self._described(api, {"repositoryName": name, **registry}, set()) for name in names)
        return [one for one in found if one]

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        have, want = found.document, ask.document
        for policy in _repository_parts.POLICIES:
            if want.get(policy.member) and policy.same(have.get(policy.member) or {}, want[policy.member]):
                want[policy.member] = have[policy.member]
        _adopt_key(api, have, ask)
        if FILTERS not in want and not want.get("imageTagMutability", EXCLUDING).endswith(EXCLUDING):
            want[FILTERS] = []

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Check the filters against what they belong to, and count the images that would be lost."""
        after = {**(found.document if found else {}), **ask.document}
        mutability = after.get("imageTagMutability", "MUTABLE")
        if not ask.gone and mutability.endswith(EXCLUDING) and not after.get(FILTERS):
            raise BadInput(f"image_tag_mutability: {mutability} needs image_tag_mutability_exclusion_filters.")
        if not ask.gone and not mutability.endswith(EXCLUDING) and after.get(FILTERS):
            raise BadInput(
                f"image_tag_mutability_exclusion_filters: {mutability} takes none; set image_tag_mutability to "
                f"{mutability}{EXCLUDING}."
            )
        if found and (ask.gone or ask.options.get("recreate")) and not ask.options.get("force"):
            ask.notes["images"] = _counted(api, _place(ask.document))

    def create(self, ask: Ask) -> Iterable[Call]:
        document = {name: value for name, value in ask.document.items() if value not in ([], {}, "")}
        apart = {policy.member for policy in _repository_parts.POLICIES}
        plain = {name: value for name, value in document.items() if name not in apart}
        if "tags" in plain:
            plain["tags"] = self.spelled_tags(plain["tags"])
        yield Call(self.creates, plain, "ecr")
        yield from _repository_parts.calls(_place(document), document, apart & set(document), self._forced(ask))

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        place = _place(ask.document)
        if changes & {"imageTagMutability", FILTERS}:
            filters = {FILTERS: after[FILTERS]} if after.get(FILTERS) else {}
            params = {"imageTagMutability": after["imageTagMutability"], **filters}
            yield Call("PutImageTagMutability", {**place, **params}, "ecr")
        if "imageScanningConfiguration" in changes:
            scanning = after.get("imageScanningConfiguration") or {"scanOnPush": False}
            yield Call("PutImageScanningConfiguration", {**place, "imageScanningConfiguration": scanning}, "ecr")
        yield from _repository_parts.calls(place, after, changes, self._forced(ask))

    @staticmethod
    def _forced(ask: Ask) -> bool:
        return bool(ask.options.get("force_set_policy"))

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None:
            return []
        place = _place(ask.document)
        if images := ask.notes.get("images"):
            raise Blocked(
                f"The repository {place['repositoryName']} holds {images}, which would be lost: set force=true to "
                "delete it with them."
            )
        force = {"force": True} if ask.options.get("force") else {}
        return [Call("DeleteRepository", {**place, **force}, "ecr")]

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        if bool(found) != ask.gone:
            return None
        state = "is still there" if found else "is not there yet"
        return UnderWay(f"the repository {ask.document['repositoryName']} {state}")


def _place(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("registryId", "repositoryName") if document.get(name)}


def _counted(api: Any, place: dict[str, Any]) -> str:
    """Say how many images there are; nothing where that may not be seen, and ECR refuses on its own."""
    try:
        answer = api.read("ListImages", "ecr", **place, maxResults=COUNTED)
    except AwsError:
        return ""
    digests = {image.get("imageDigest") for image in answer["imageIds"]}
    if not digests:
        return ""
    more = "more than " if answer.get("nextToken") else ""
    return f"{more}{len(digests)} image{'' if len(digests) == 1 else 's'}"


def _adopt_key(api: Any, have: dict[str, Any], ask: Ask) -> None:
    """Take the ARN that ECR shows for the key that the user gave by alias or ID, or left to ECR."""
    shown, wanted = (side.get("encryptionConfiguration") or {} for side in (have, ask.document))
    if not wanted or wanted.get("encryptionType") != shown.get("encryptionType"):
        return
    key, arn = wanted.get("kmsKey"), shown.get("kmsKey", "")
    if key and not arn.endswith(f"/{key}"):
        if ":key/" in key:
            return
        try:
            if api.read("DescribeKey", "kms", KeyId=key)["KeyMetadata"]["Arn"] != arn:
                return
        except EcsError as error:
            ask.warnings.append(f"Cannot tell whether {arn} is the key {key}; taken for unchanged. {error}")
    ask.document["encryptionConfiguration"] = shown
