# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images: references are well-formed, and those in ECR exist for the platform of the task."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok, warning
from ._look import Denied, Look, Unseen
from ._wish import Wish

NAME = "images"

# The grammar of references (the distribution project's reference package): [host[:port]/]path[:tag][@digest].
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"(?:(?P<host>{_HOST})/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)
LONGEST_NAME = 255
# Host of a private registry (ECR user guide, "Amazon ECR private registries" and "... FIPS and dual-stack endpoints").
ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)

# What is usually wrong with a reference that does not fit the grammar, the most telling first.
MISTAKES = (
    (re.compile(r"[{}$<>]"), "a placeholder in it was not filled in"),
    (re.compile(r"\s"), "it holds white space"),
    (re.compile(r"^\w+://"), "it starts with a URL scheme, which a reference has not"),
    (
        re.compile(r"@(?!sha256:[0-9a-f]{64}$|sha512:[0-9a-f]{128}$)"),
        "its digest is not sha256: and 64 hexadecimal digits",
    ),
    (re.compile(r":$"), "its tag is empty"),
    (re.compile(r"/[^:@]*[A-Z]|^[^/:@]*[A-Z][^/]*$"), "its repository holds capital letters"),
)

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


@dataclass(frozen=True)
class Image:
    """A reference to an image in a private registry of ECR."""

    account: str
    region: str
    repository: str
    identity: dict[str, str]

    @property
    def name(self) -> str:
        """Give the repository with the tag or digest that counts."""
        (value,) = self.identity.values()
        return f"{self.repository}{'@' if 'imageDigest' in self.identity else ':'}{value}"


def in_ecr(reference: str) -> Image | None:
    """Take apart a reference to a private registry of ECR; None for any other, and for what is no reference.

    Of a tag and a digest the digest counts, as it does for the Docker daemon.
    """
    match = REFERENCE.fullmatch(reference)
    host = ECR.fullmatch((match["host"] or "") if match else "")
    if not match or not host:
        return None
    identity = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"] or "latest"}
    return Image(host["account"], host["region"], match["path"], identity)


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each image that the definition names, once."""
    for reference in dict.fromkeys(str(item.get("image") or "") for item in wish.containers):
        yield Check(NAME, reference, partial(_image, reference, wish, look))


def _image(reference: str, wish: Wish, look: Look) -> Iterator[Finding]:
    match = REFERENCE.fullmatch(reference)
    if not match or len(reference) - len(match["tag"] or "") - len(match["digest"] or "") > LONGEST_NAME:
        why = next((text for pattern, text in MISTAKES if pattern.search(reference)), "it does not fit the grammar")
        yield failed(
            f"The image '{reference}' is no valid reference: {why}.",
            "Write it as [registry/]repository[:tag][@digest], with a repository in lower case.",
        )
        return
    image = in_ecr(reference)
    if image is None:
        host = match["host"] if match["host"] and re.search(r"[.:]|^localhost$", match["host"]) else "Docker Hub"
        yield ok(f"The reference '{reference}' is well-formed; whether {host} has it shows when it is pulled.")
        return
    answer = look.find(
        "ecr",
        "BatchGetImage",
        ("RepositoryNotFoundException",),
        image.region,
        registryId=image.account,
        repositoryName=image.repository,
        imageIds=[image.identity],
        acceptedMediaTypes=[*INDEXES, *MANIFESTS],
    )
    if not answer or not answer.get("images"):
        yield _missing(image, look, repository=answer is not None)
        return
    yield ok(f"ECR of {image.account} in {image.region} has '{image.name}'.")
    yield from _platform(image, answer["images"][0], wish)


def _missing(image: Image, look: Look, repository: bool) -> Finding:
    where = f"ECR of {image.account} in {image.region}"
    if _is_cached(image, look):
        return warning(
            f"{where} does not have '{image.name}' yet; a pull through cache rule brings it when it is first pulled.",
            "Pull it once beforehand, and see that the execution role may create repositories and import images.",
        )
    if repository:
        return failed(
            f"{where} has the repository '{image.repository}' but not the image '{image.name}'.",
            "Push the image, or name a tag or digest that is there.",
        )
    return failed(
        f"{where} has no repository '{image.repository}'.",
        "Check account, Region and repository of the image, or create the repository and push the image.",
    )


def _is_cached(image: Image, look: Look) -> bool:
    """Tell whether the registry fetches the repository from another one (DescribePullThroughCacheRules)."""
    try:
        answer = look.find("ecr", "DescribePullThroughCacheRules", (), image.region, registryId=image.account)
    except (Denied, Unseen):
        return False
    prefixes = [rule.get("ecrRepositoryPrefix", "") for rule in (answer or {}).get("pullThroughCacheRules", [])]
    return any(prefix == "ROOT" or image.repository.startswith(f"{prefix}/") for prefix in prefixes)


def _platform(image: Image, shown: dict[str, Any], wish: Wish) -> Iterator[Finding]:
    wanted = wanted_platform(wish)
    if wanted is None:
        return
    offered = platforms(shown.get("imageManifest") or "")
    if offered is None:
        yield warning(
            f"Whether '{image.name}' is built for {wanted} cannot be told: it is a single image, and no index of "
            "platforms.",
            f"Build it with --platform {wanted}, and push an index to have this checked.",
        )
    elif wanted in offered:
        yield ok(f"'{image.name}' is built for {wanted}.")
    else:
        yield failed(
            f"'{image.name}' is not built for {wanted}, but for {', '.join(offered) or 'no platform'}; its containers "
            "would stop with an exec format error.",
            f"Build it for {wanted} too, or change runtime_platform of the task definition.",
        )


def wanted_platform(wish: Wish) -> str | None:
    """Name the platform that images need, such as linux/arm64; None where the container instances decide.

    Fargate takes LINUX and X86_64 for what is not given (developer guide, task definition parameters for Fargate).
    """
    given = wish.definition.get("runtimePlatform") or {}
    if not given and not wish.on_fargate:
        return None
    system = "windows" if str(given.get("operatingSystemFamily", "")).startswith("WINDOWS") else "linux"
    return f"{system}/{ARCHITECTURES[given.get('cpuArchitecture') or 'X86_64']}"


def platforms(manifest: str) -> list[str] | None:
    """Name the platforms in an index; None for a single image, whose manifest does not say its platform."""
    try:
        entries = json.loads(manifest).get("manifests")
    except (ValueError, AttributeError):
        return None
    if not isinstance(entries, list):
        return None
    found = [(entry.get("platform") or {}) for entry in entries]
    named = [f"{item.get('os')}/{item.get('architecture')}" for item in found if item.get("architecture")]
    # Attestations lie in the index as images for the platform unknown/unknown.
    return sorted({name for name in named if name != "unknown/unknown"})
