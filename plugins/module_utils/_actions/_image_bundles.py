# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of a repository in bundles: what is kept together, and deleted together.

A bundle is an image that nothing else lists, with what hangs on it: the images of an index, its signatures and its
other attachments. Their digests are their own, and ECR shows them as images of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import _image_names

# How cosign tags a signature and its like: by the digest of the image that it belongs to.
ATTACHED = re.compile(r"sha256-([0-9a-f]{64})(?:\.\w+)?")


@dataclass
class Bundle:
    """An image with what hangs on it. `members` maps digests to their depth: 0 for the image itself."""

    top: dict[str, Any]
    members: dict[str, int]
    images: dict[str, dict[str, Any]] = field(repr=False)

    @property
    def pushed(self) -> float:
        """Give when the image itself was pushed, in seconds since 1970."""
        return float(self.top["imagePushedAt"].timestamp())

    def latest(self, event: str) -> float:
        """Give when something last happened to any of the members: imagePushedAt, or lastRecordedPullTime."""
        times = [self.images[digest][event].timestamp() for digest in self.members if event in self.images[digest]]
        return float(max(times, default=0))

    @property
    def tags(self) -> list[str]:
        """Name the tags of the image and of the images that it lists."""
        found = {tag for digest in self.members for tag in self.images[digest].get("imageTags", [])}
        return sorted(tag for tag in found if not ATTACHED.fullmatch(tag))

    def shown(self, digests: Iterable[str] | None = None) -> dict[str, Any]:
        """Give what a result says about the bundle; with `digests`, its size is that of these members."""
        chosen = self.members if digests is None else digests
        return {
            "digest": self.top["imageDigest"],
            "tags": self.tags,
            "pushed_at": self.top["imagePushedAt"].isoformat(),
            "size_in_bytes": sum(self.images[digest].get("imageSizeInBytes") or 0 for digest in chosen),
        }


def bundles(api: Any, where: dict[str, str]) -> list[Bundle]:
    """Read the images of a repository, newest first. Raises EcsError when an index cannot be read."""
    images = {image["imageDigest"]: image for image in api.pages("DescribeImages", "imageDetails", "ecr", **where)}
    hanging = _hanging(api, where, images)
    below = {digest for digests in hanging.values() for digest in digests}
    found = [Bundle(images[digest], _members(digest, hanging), images) for digest in images if digest not in below]
    return sorted(found, key=lambda bundle: (-bundle.pushed, bundle.top["imageDigest"]))


def _hanging(api: Any, where: dict[str, str], images: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Map images to those that hang on them, of which the repository has more than the name."""
    found: dict[str, set[str]] = {}
    indexes = [digest for digest, image in images.items() if _may_be_index(image)]
    for digest, parts in _image_names.parts(api, where, indexes):
        found[digest] = {part.digest for part in parts if part.digest in images}
    for digest, image in images.items():
        for subject in _subjects(image):
            if subject in images:
                found.setdefault(subject, set()).add(digest)
    return found


def _may_be_index(image: dict[str, Any]) -> bool:
    return image.get("imageManifestMediaType") in _image_names.INDEXES


def _subjects(image: dict[str, Any]) -> Iterator[str]:
    if image.get("subjectManifestDigest"):
        yield image["subjectManifestDigest"]
    for tag in image.get("imageTags", []):
        if attached := ATTACHED.fullmatch(tag):
            yield f"sha256:{attached[1]}"


def _members(top: str, hanging: dict[str, set[str]]) -> dict[str, int]:
    depths, rest = {top: 0}, [top]
    while rest:
        digest = rest.pop(0)
        for inner in sorted(hanging.get(digest, ())):
            if inner not in depths:
                depths[inner] = depths[digest] + 1
                rest.append(inner)
    return depths
