# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of a repository: how they are named, and what is inside of an image for several platforms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .._errors import BadInput, EcsError

# host/path:tag@digest; a first part is a host if a period or a colon is in it, or if it is localhost.
NAME = re.compile(
    r"(?:(?P<host>[^/@]*[.:][^/@]*|localhost)/)?(?P<path>[^:@]+)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>\w+:[0-9a-f]+))?"
)
# The host of a private registry (ECR user guide, "Private registry", and its dual-stack and FIPS endpoints).
ECR_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.|on\.aws|api\.)\S*"
)
# Media types of an image that is a list of images, one for each platform.
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
BATCH = 100  # images that BatchGetImage and BatchDeleteImage take in one call


@dataclass(frozen=True)
class Name:
    """The name of an image, taken apart; a name without tag and digest means the tag latest."""

    host: str
    path: str
    tag: str
    digest: str


@dataclass(frozen=True)
class Part:
    """An image that an index lists."""

    digest: str
    platform: str  # such as linux/arm64/v8; empty for what is no image but belongs to one, such as an attestation


def named(reference: str) -> Name | None:
    """Take the name of an image apart; None for what is no such name."""
    match = NAME.fullmatch(reference)
    if not match:
        return None
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return Name(match["host"] or "", match["path"], tag, match["digest"] or "")


def place(params: dict[str, Any]) -> dict[str, str]:
    """Give the members with which every call of ECR says which repository it is about."""
    registry = {"registryId": params["registry_id"]} if params.get("registry_id") else {}
    return {**registry, "repositoryName": params["repository"]}


def in_ecr(reference: str, region: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give the repository and the ID of an image that is named in full.

    Raises BadInput for another registry's image, and for one in another region than `region`.
    """
    name = named(reference)
    host = ECR_HOST.fullmatch(name.host) if name else None
    if not name or not host:
        raise BadInput(
            f"image: {reference!r} does not name an image in ECR; write it as "
            "<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>, or give repository and tag."
        )
    if host["region"] != region:
        raise BadInput(f"image: {reference} is in {host['region']}, not in {region}: set region={host['region']}.")
    identity = {"imageDigest": name.digest} if name.digest else {"imageTag": name.tag}
    return {"registryId": host["account"], "repositoryName": name.path}, identity


def parts(api: Any, where: dict[str, str], digests: Iterable[str]) -> Iterator[tuple[str, list[Part]]]:
    """Read what indexes list, by the index's digest. Raises EcsError where that cannot be told."""
    wanted = list(digests)
    for start in range(0, len(wanted), BATCH):
        batch = [{"imageDigest": digest} for digest in wanted[start : start + BATCH]]
        answer = api.read("BatchGetImage", "ecr", **where, imageIds=batch, acceptedMediaTypes=list(INDEXES))
        for image in answer.get("images", []):
            yield image["imageId"]["imageDigest"], _listed(image)
        if failures := answer.get("failures"):
            first = failures[0]
            raise EcsError(
                f"The manifest of {first['imageId'].get('imageDigest')} cannot be read: {first.get('failureReason')}.",
                code=str(first.get("failureCode")),
                operation="BatchGetImage",
            )


def _listed(image: dict[str, Any]) -> list[Part]:
    try:
        manifests = json.loads(image["imageManifest"])["manifests"]
        return [Part(entry["digest"], _platform(entry)) for entry in manifests]
    except (KeyError, TypeError, ValueError) as error:
        digest = image["imageId"]["imageDigest"]
        raise EcsError(f"The manifest of {digest} is no list of images: {error!r}.", code="ManifestUnknown") from None


def _platform(entry: dict[str, Any]) -> str:
    """Name a platform as docker does; builders list attestations under the platform unknown/unknown."""
    platform = entry.get("platform") or {}
    words = [platform.get(word) for word in ("os", "architecture", "variant")]
    return "" if "unknown" in words else "/".join(word for word in words if word)
