# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scans of an image: where they stand, and starting those that were never made."""

from __future__ import annotations

from typing import Any

from .._action import Job
from .._api import AwsError
from .._core import Call
from .._errors import BadInput, EcsError
from .._watch import UnderWay
from . import _image_names, _scan_findings

DONE = frozenset({"COMPLETE", "ACTIVE"})
GOING_ON = frozenset({"IN_PROGRESS", "PENDING"})
# ImageScanStatus.status (ECR API reference): what to do when a scan has come to this.
BROKEN = {
    "FAILED": "the scan failed; push the image again, or start another scan a day after the last",
    "FINDINGS_UNAVAILABLE": "its findings are not available; look at the state of Amazon Inspector in this account",
    "IMAGE_ARCHIVED": "the image is archived, and such images are not scanned; restore it first",
    "IMAGE_SIZE_EXCEEDED": "the image is larger than the scanner takes; make it smaller, or scan it elsewhere",
    "LIMIT_EXCEEDED": "a limit on scans has been reached; run again when it has been raised or a day has passed",
    "SCAN_ELIGIBILITY_EXPIRED": "it is older than what Amazon Inspector scans again; push it anew, or extend that time",
    "UNSUPPORTED_IMAGE": "the scanner does not support its operating system or media type; scan it elsewhere",
}
CODES = {"UNSUPPORTED_IMAGE": "ScanUnsupported", "FAILED": "ScanFailed"}
# A scan on push shows up so many seconds after the push at the latest; a guess, ECR says nothing about it.
SOON = 900.0


class Scans:
    """The scans of an image: one, or one for each platform of an image for several."""

    def __init__(self, api: Any, job: Job, where: dict[str, str], image: dict[str, Any]) -> None:
        self.api, self.job, self.where, self.image = api, job, where, image
        self.platforms = _platforms(api, where, image, job.params["platform"])
        self.done: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}

    def look(self) -> UnderWay | None:
        """Look at the scans that are not done yet. Raises EcsError for one that can come to nothing."""
        self.api.forget()
        states = {digest: self._state(digest) for digest in self.platforms if digest not in self.done}
        left = {digest: state for digest, state in states.items() if state}
        if not left or (self.job.check and self.job.calls):
            return None
        states_named = ", ".join(sorted(set(left.values())))
        return UnderWay(f"{len(self.done)} of {len(self.platforms)} scans of {self._name()} done ({states_named})")

    def _name(self) -> str:
        return f"{self.where['repositoryName']}@{self.image['imageDigest'][:19]}"

    def _state(self, digest: str) -> str:
        """Give the state of a scan, or nothing when it is done."""
        try:
            about, found = _scan_findings.read(self.api, self.where, digest)
        except AwsError as error:
            if error.code != "ScanNotFoundException":
                raise
            return self._missing(digest)
        status = about["status"]
        if status in DONE:
            self.done[digest] = about, found
            return ""
        if status in GOING_ON:
            return str(status)
        remedy = BROKEN.get(status, "nothing is known here about this status")
        raise EcsError(
            f"The scan of {self._name()} is {status}: {remedy}.",
            code=CODES.get(status, "ScanUnavailable"),
            status=status,
            digest=digest,
        )

    def _missing(self, digest: str) -> str:
        started = self.job.watch.notes.setdefault("started", [])
        if digest in started:
            return "started"
        age = self.job.watch.clock.date() - self.image["imagePushedAt"].timestamp()
        if age < SOON and _scanned_by_itself(self.api, self.where):
            return "not begun"
        if self.job.params["start_scan"]:
            self._start(digest)
            started.append(digest)
            return "started"
        raise EcsError(
            f"The image {self._name()} has never been scanned: set start_scan=true to have it scanned now (basic "
            "scanning), or have the repository scanned on push and push the image again.",
            code="NotScanned",
            digest=digest,
        )

    def _start(self, digest: str) -> None:
        call = Call("StartImageScan", {**self.where, "imageId": {"imageDigest": digest}}, "ecr")
        try:
            self.job.do(self.api, call)
        except AwsError as error:
            remedies = {
                "LimitExceededException": "an image can be scanned once a day; run again tomorrow",
                "UnsupportedImageTypeException": BROKEN["UNSUPPORTED_IMAGE"],
                "ValidationException": "enhanced scanning scans by itself; have its filters name the repository",
            }
            if error.code not in remedies:
                raise
            raise EcsError(
                f"A scan of {self._name()} cannot be started: {remedies[error.code]}. {error}",
                code="ScanUnsupported" if error.code.startswith("Unsupported") else "ScanUnavailable",
                **error.data,
            ) from error


def _platforms(api: Any, where: dict[str, str], image: dict[str, Any], wanted: str | None) -> dict[str, str | None]:
    """Map the digests to judge to their platforms: scanners look at the images of an index, not at the index."""
    digest = image["imageDigest"]
    if image.get("imageManifestMediaType") not in _image_names.INDEXES:
        return {digest: None}
    ((_digest, parts),) = _image_names.parts(api, where, [digest])
    platforms = {part.digest: part.platform for part in parts if part.platform}
    chosen = {key: name for key, name in platforms.items() if not wanted or name.startswith(wanted)}
    if not chosen:
        offered = ", ".join(sorted(platforms.values())) or "none"
        raise BadInput(f"platform: the image has no {wanted or 'platform'}; it has {offered}.")
    return dict(chosen)


def _scanned_by_itself(api: Any, where: dict[str, str]) -> bool:
    """Tell whether ECR scans what is pushed; taken for granted where that may not be seen."""
    try:
        names = [where["repositoryName"]]
        answer = api.read("BatchGetRepositoryScanningConfiguration", "ecr", repositoryNames=names)
    except EcsError:
        return True
    return any(
        entry.get("scanOnPush") or entry.get("scanFrequency") in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")
        for entry in answer.get("scanningConfigurations", [])
    )
