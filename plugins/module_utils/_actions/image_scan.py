# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the scan of an image, and judging what it found."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from .._action import Action, Job
from .._api import AwsError
from .._errors import BadInput, EcsError
from . import _image_names, _scan_findings, _scan_gate
from ._scans import Scans


class ImageScan(Action):
    """Reads the scan of an image, or of each of its platforms, and fails when it found what it must not."""

    options: ClassVar[dict[str, Any]] = {
        "image": {"type": "str"},
        "repository": {"type": "str"},
        "tag": {"type": "str"},
        "digest": {"type": "str"},
        "registry_id": {"type": "str"},
        "platform": {"type": "str"},
        "start_scan": {"type": "bool", "default": False},
        "fail_on": {"type": "str", "choices": [*map(str.lower, _scan_findings.SEVERITIES), "any"]},
        "allow": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"cve": {"type": "str", "required": True}, "until": {"type": "str"}, "reason": {"type": "str"}},
        },
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 900},
    }
    rules: ClassVar[dict[str, Any]] = {
        "required_one_of": [("image", "repository")],
        "mutually_exclusive": [("image", name) for name in ("repository", "tag", "digest", "registry_id")],
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        allow = _scan_gate.allowances(job.params["allow"])
        where, identity = _asked(api, job.params)
        image = _described(api, where, identity)
        scans = Scans(api, job, where, image)
        result: dict[str, Any] = {**where, "digest": image["imageDigest"], "tags": sorted(image.get("imageTags", []))}
        name = f"{where['repositoryName']}{_shown(identity)}"
        job.watch.until(scans.look, job.params["wait_timeout"] if job.params["wait"] else 0)
        return {"image_scan": self._judged(job, scans, allow, result, name)}

    @staticmethod
    def _judged(
        job: Job, scans: Scans, allow: list[_scan_gate.Allowance], result: dict[str, Any], name: str
    ) -> dict[str, Any]:
        findings = [finding for _about, found in scans.done.values() for finding in found]
        findings.sort(key=lambda finding: _scan_findings.rank(finding["severity"]))
        limit = _limit(job.params["fail_on"])
        today = datetime.datetime.fromtimestamp(job.watch.clock.date(), datetime.timezone.utc).date()
        verdict = _scan_gate.judge(findings, limit, allow, today)
        complete = set(scans.done) == set(scans.platforms)
        shown = {
            "registry_id": result.get("registryId"),
            "repository": result["repositoryName"],
            "digest": result["digest"],
            "tags": result["tags"],
            "complete": complete,
            "scans": [
                {"digest": digest, "platform": scans.platforms[digest], **about}
                for digest, (about, _found) in scans.done.items()
            ],
            "counts": _counts(findings),
            "findings": findings,
            "gate": verdict.shown(),
        }
        job.warnings += verdict.warnings()
        if not complete:
            return _unjudged(job, shown, limit, name)
        if verdict.offending:
            error = verdict.failure(f"{name} ({result['digest'][:19]})")
            error.data["result"] = {"image_scan": shown}
            raise error
        return shown


def _asked(api: Any, params: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    if params["image"]:
        return _image_names.in_ecr(params["image"], api.region)
    if not params["tag"] and not params["digest"]:
        raise BadInput("tag or digest is required with repository: say which image is meant.")
    identity = {"imageDigest": params["digest"]} if params["digest"] else {"imageTag": params["tag"]}
    return _image_names.place(params), identity


def _shown(identity: dict[str, str]) -> str:
    return f"@{identity['imageDigest'][:19]}" if "imageDigest" in identity else f":{identity['imageTag']}"


def _described(api: Any, where: dict[str, str], identity: dict[str, str]) -> dict[str, Any]:
    try:
        return dict(api.read("DescribeImages", "ecr", **where, imageIds=[identity])["imageDetails"][0])
    except AwsError as error:
        if error.code not in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise
        what = "image" if error.code.startswith("Image") else "repository"
        raise EcsError(
            f"There is no {what} {where['repositoryName']}{_shown(identity) if what == 'image' else ''} in "
            f"{api.region}: check the name, the region, and that it has been pushed.",
            code=error.code,
            **error.data,
        ) from error


def _limit(fail_on: str | None) -> str | None:
    return _scan_findings.SEVERITIES[-1] if fail_on == "any" else fail_on.upper() if fail_on else None


def _counts(findings: list[dict[str, Any]]) -> dict[str, int]:
    words = [finding["severity"] for finding in findings]
    return {word.lower(): words.count(word) for word in dict.fromkeys((*_scan_findings.SEVERITIES, *words))}


def _unjudged(job: Job, shown: dict[str, Any], limit: str | None, name: str) -> dict[str, Any]:
    """Give the result of a scan that is not done; a gate that nobody can judge is a closed one."""
    shown["gate"]["passed"] = None
    if limit and not job.check:
        raise EcsError(
            f"The scan of {name} is not done, so nothing can be said about fail_on: set wait=true to wait for it.",
            code="ScanNotDone",
            result={"image_scan": shown},
        )
    return shown
