# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon ECR where moto's differs from it: pushes and tags, pages, what is shown of scans; scans are in scans.py.

botocore ECR model, https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html, and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html.
"""

from __future__ import annotations

import hashlib
import json
import re
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageAlreadyExistsException, InvalidParameterException
from moto.ecr.models import ECRBackend, Image, ecr_backends

from . import scans
from .paging import page
from .region import World
from .wire import Answer, json_answer

Document = dict[str, Any]

_PAGES = {"DescribeRepositories": "repositories", "DescribeImages": "imageDetails", "ListImages": "imageIds"}
_PAGE, _MAXIMUM_PAGE = 100, 1000
_TOKEN_SECONDS = 12 * 3600
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


class ImageTagAlreadyExistsException(ServiceException):
    """The tag is immutable; AWS's text."""

    code = "ImageTagAlreadyExistsException"

    def __init__(self, tag: str, repository: str) -> None:
        super().__init__(
            f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because "
            "the tag is immutable."
        )


def install(world: World) -> None:
    """Replace what moto's backend does otherwise."""
    original_delete = getattr(ECRBackend.batch_delete_image, "original", ECRBackend.batch_delete_image)
    original_mutability = getattr(ECRBackend.put_image_tag_mutability, "original", ECRBackend.put_image_tag_mutability)

    def put_image(backend: Any, repository_name: str, image_manifest: str, image_tag: str, *rest: Any) -> Any:
        image = _pushed(backend, repository_name, image_manifest, image_tag, *rest)
        image.image_pushed_at = int(world.clock.now())
        registry = scans.Registry(backend, world.scans, world.clock.now())
        scans.begin_on_push(registry, backend.repositories[repository_name], image)
        return image

    def batch_delete_image(
        backend: Any, repository_name: str, registry_id: str | None = None, image_ids: Any = None
    ) -> Document:
        answer: Document = {"imageIds": [], "failures": []}
        repository = backend._get_repository(repository_name, registry_id)
        for identifier in image_ids or []:
            untagged = _untagged(repository, identifier)
            if untagged is not None:
                repository.images.remove(untagged)
                answer["imageIds"].append({"imageDigest": untagged.get_image_digest()})
                continue
            part = original_delete(backend, repository_name, registry_id, [identifier])
            answer["imageIds"] += part["imageIds"]
            answer["failures"] += part["failures"]
        return answer

    def put_image_tag_mutability(
        backend: Any,
        registry_id: str,
        repository_name: str,
        image_tag_mutability: str,
        image_tag_mutability_exclusion_filters: Any = None,
    ) -> Document:
        filters = image_tag_mutability_exclusion_filters
        backend.validate_image_tag_mutability_params_compatibility(image_tag_mutability, filters)
        answer: Document = original_mutability(backend, registry_id, repository_name, image_tag_mutability, filters)
        return answer | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})

    batch_delete_image.original = original_delete  # type: ignore[attr-defined]
    put_image_tag_mutability.original = original_mutability  # type: ignore[attr-defined]
    hooks: Any = ECRBackend
    hooks.put_image = put_image
    hooks.batch_delete_image = batch_delete_image
    hooks.put_image_tag_mutability = put_image_tag_mutability
    image_hooks: Any = Image
    image_hooks._create_digest = _create_digest


def _create_digest(image: Any) -> None:
    """A digest is that of the manifest's bytes; moto invents one, which may be another image's."""
    image._image_digest = "sha256:" + hashlib.sha256(image.image_manifest.encode()).hexdigest()


def _pushed(
    backend: Any,
    repository_name: str,
    manifest: str,
    tag: str | None,
    media_type: str | None = None,
    digest: Any = None,
) -> Any:
    """Push a manifest: a tag that moves leaves its old image without it, but there."""
    repository = backend._get_repository(repository_name)
    try:
        media_type = media_type or json.loads(manifest)["mediaType"]
    except (ValueError, KeyError, TypeError):
        text = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise InvalidParameterException(text) from None
    same = next((image for image in repository.images if image.image_manifest == manifest), None)
    holder = next((image for image in repository.images if tag and tag in image.image_tags), None)
    if same is not None and (not tag or same is holder):
        raise ImageAlreadyExistsException(
            registry_id=repository.registry_id,
            image_tag=tag or "null",
            digest=same.get_image_digest(),
            repository_name=repository_name,
        )
    if holder is not None:
        if _immutable(repository, str(tag)):
            raise ImageTagAlreadyExistsException(str(tag), repository_name)
        holder.remove_tag(tag)
        holder.image_tag = holder.image_tags[-1] if holder.image_tags else None
    if same is None:
        same = Image(backend.account_id, tag, manifest, repository_name, media_type, digest)  # type: ignore[arg-type]
        repository.images.append(same)
    elif tag:
        same.update_tag(tag)
    return same


def _immutable(repository: Any, tag: str) -> bool:
    """Tell whether a tag may not move: the filters are wildcards for the tags that are excepted."""
    filters = repository.image_tag_mutability_exclusion_filters or []
    excepted = any(fnmatchcase(tag, item["filter"]) for item in filters)
    return str(repository.image_tag_mutability).rpartition(".")[2].startswith("IMMUTABLE") != excepted


def _untagged(repository: Any, identifier: Document) -> Any:
    """Find an image without tags that is named by its digest; moto deletes it and says nothing."""
    digest = identifier.get("imageDigest", "")
    if "imageTag" in identifier or not _DIGEST.match(digest):
        return None
    found = [image for image in repository.images if image.get_image_digest() == digest and not image.image_tags]
    return found[0] if found else None


def repaired(world: World, place: tuple[str, str], operation: str, request: Document, answer: Answer) -> Answer:
    """Repair an answer of moto's; `place` is the account and the Region."""
    if answer.status != 200 or operation not in (*_PAGES, "BatchGetImage", "GetAuthorizationToken"):
        return answer
    document = json.loads(answer.body)
    registry = scans.Registry(ecr_backends[place[0]][place[1]], world.scans, world.clock.now())
    if operation == "DescribeImages":
        document["imageDetails"] = _details(registry, request, document["imageDetails"])
    elif operation == "BatchGetImage":
        _name_failures(registry, request, document)
    elif operation == "GetAuthorizationToken":
        for item in document["authorizationData"]:
            item["expiresAt"] = round(world.clock.now() + _TOKEN_SECONDS, 3)
    member = _PAGES.get(operation)
    if member is not None:
        document[member], following = page(document[member], request, _PAGE, _MAXIMUM_PAGE)
        document |= following
    return json_answer(200, document)


def _details(registry: scans.Registry, request: Document, details: list[Document]) -> list[Document]:
    """Order images by their push, filter them by tag status, and show the state of their scans."""
    repository = registry.ecr._get_repository(request["repositoryName"], request.get("registryId"))
    order = {image.get_image_digest(): image for image in repository.images}
    wanted = request.get("filter", {}).get("tagStatus", "ANY")
    shown = []
    for detail in sorted(details, key=lambda item: list(order).index(item["imageDigest"])):
        if wanted != "ANY" and bool(detail.get("imageTags")) != (wanted == "TAGGED"):
            continue
        image = order[detail["imageDigest"]]
        status = registry.status(repository, image)
        if status is not None:
            detail["imageScanStatus"] = status
            if status["status"] in ("COMPLETE", "ACTIVE"):
                detail["imageScanFindingsSummary"] = scans.summary(registry, repository, image)
        shown.append(detail)
    return shown


def _name_failures(registry: scans.Registry, request: Document, document: Document) -> None:
    """Name what was not found as it was asked for; moto names a tag `null` for a digest."""
    repository = registry.ecr._get_repository(request["repositoryName"], request.get("registryId"))
    tags = {tag for image in repository.images for tag in image.image_tags}
    digests = {image.get_image_digest() for image in repository.images}
    missing = [
        item
        for item in request["imageIds"]
        if item.get("imageTag") not in tags and item.get("imageDigest") not in digests
    ]
    for failure, identifier in zip(document["failures"], missing, strict=False):
        failure["imageId"] = identifier
