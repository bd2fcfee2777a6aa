# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting old images of a repository, but none that ECS uses."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from .._action import Action, Job
from .._api import AwsError
from .._core import Call
from .._errors import BadInput, EcsError
from . import _image_names
from ._image_bundles import Bundle, bundles
from ._image_uses import Uses

DAY = 86400.0
# An image of an index is pushed before the index, and until then it looks like one that nothing needs.
FRESH = 3600.0
NUMBERS = ("keep_last", "older_than_days", "not_pulled_for_days")


class ImageCleanup(Action):
    """Deletes what the rules select and nothing uses."""

    options: ClassVar[dict[str, Any]] = {
        "repository": {"type": "str", "required": True, "aliases": ["name"]},
        "registry_id": {"type": "str"},
        "keep_last": {"type": "int"},
        "older_than_days": {"type": "int"},
        "not_pulled_for_days": {"type": "int"},
        "untagged_only": {"type": "bool", "default": False},
        "keep": {"type": "list", "elements": "str", "default": []},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        _check(job.params)
        where = _image_names.place(job.params)
        found = bundles(api, where)
        kept = dict(_kept_by_rule(found, job.params, api.clock.date()))
        chosen = [bundle for bundle in found if bundle.top["imageDigest"] not in kept]
        if chosen:
            uses = Uses(api, job.params["repository"])
            uses.look()
            kept.update(_kept_by_use(chosen, uses))
        gone = [bundle for bundle in found if bundle.top["imageDigest"] not in kept]
        needed = {digest for bundle in found if bundle.top["imageDigest"] in kept for digest in bundle.members}
        failures = _delete(api, job, where, gone, needed)
        return _result(found, kept, needed, failures, job.params["repository"])


def _check(params: dict[str, Any]) -> None:
    if all(params[name] is None for name in NUMBERS) and not params["untagged_only"]:
        raise BadInput(
            "No rule says which images to delete: give keep_last, older_than_days, not_pulled_for_days or "
            "untagged_only."
        )
    for name in NUMBERS:
        if (params[name] or 0) < 0:
            raise BadInput(f"{name}: {params[name]} is out of range; give 0 or more.")


def _kept_by_rule(found: list[Bundle], params: dict[str, Any], now: float) -> Iterator[tuple[str, str]]:
    """Give the images that the rules keep, with the reason, from a list that has the newest first."""
    left = params["keep_last"] or 0
    for bundle in found:
        reason = "it has a tag" if params["untagged_only"] and bundle.tags else _kept_by_age(bundle, params, now)
        if left > 0 and not (params["untagged_only"] and bundle.tags):
            left -= 1
            reason = f"it is one of the newest {params['keep_last']}"
        pattern = next((entry for entry in params["keep"] if _matches(bundle, entry)), None)
        if reason or pattern:
            yield bundle.top["imageDigest"], reason or f"keep holds {pattern}"


def _kept_by_age(bundle: Bundle, params: dict[str, Any], now: float) -> str | None:
    old, idle = params["older_than_days"], params["not_pulled_for_days"]
    if now - bundle.latest("imagePushedAt") < FRESH:
        return "it was pushed within the last hour"
    if old is not None and now - bundle.pushed < old * DAY:
        return f"it was pushed less than {old} days ago"
    if idle is not None and now - max(bundle.pushed, bundle.latest("lastRecordedPullTime")) < idle * DAY:
        return f"it was pushed or pulled less than {idle} days ago"
    return None


def _matches(bundle: Bundle, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (*bundle.tags, *bundle.members))


def _kept_by_use(chosen: list[Bundle], uses: Uses) -> Iterator[tuple[str, str]]:
    for bundle in chosen:
        for digest in bundle.members:
            if why := uses.of(digest, bundle.images[digest].get("imageTags", [])):
                yield bundle.top["imageDigest"], why
                break


def _delete(
    api: Any, job: Job, where: dict[str, str], gone: list[Bundle], needed: set[str]
) -> dict[str, dict[str, Any]]:
    """Delete bundles but for what others need, and give the failures by digest.

    ECR refuses to delete an image that an index lists, so the indexes go before what they list.
    """
    depths: dict[int, dict[str, None]] = {}
    for bundle in gone:
        for digest, depth in bundle.members.items():
            if digest not in needed:
                depths.setdefault(depth, {})[digest] = None
    failures: dict[str, dict[str, Any]] = {}
    done: set[str] = set()
    for depth in sorted(depths):
        digests = [digest for digest in depths[depth] if digest not in done]
        done |= set(digests)
        for start in range(0, len(digests), _image_names.BATCH):
            ids = [{"imageDigest": digest} for digest in digests[start : start + _image_names.BATCH]]
            call = Call("BatchDeleteImage", {**where, "imageIds": ids}, "ecr")
            try:
                job.do(api, call)
            except AwsError as error:
                if error.code != "Failures":
                    raise
                job.calls.append(call)
                failures.update({entry["imageId"].get("imageDigest", ""): entry for entry in error.data["failures"]})
    return {digest: entry for digest, entry in failures.items() if entry.get("failureCode") != "ImageNotFound"}


def _result(
    found: list[Bundle],
    kept: dict[str, str],
    needed: set[str],
    failures: dict[str, dict[str, Any]],
    repository: str,
) -> dict[str, Any]:
    deleted, remaining = [], []
    for bundle in found:
        digest = bundle.top["imageDigest"]
        own = [member for member in bundle.members if member not in needed]
        failed = next((failures[member] for member in bundle.members if member in failures), None)
        if digest in kept:
            remaining.append({**bundle.shown(), "reason": kept[digest]})
        elif failed:
            remaining.append({**bundle.shown(), "reason": f"ECR did not delete it: {failed.get('failureReason')}"})
        else:
            deleted.append(bundle.shown(own))
    freed = sum(entry["size_in_bytes"] for entry in deleted)
    result = {"repository": repository, "deleted": deleted, "kept": remaining, "freed_bytes": freed}
    if failures:
        listed = "; ".join(f"{digest}: {entry.get('failureReason')}" for digest, entry in failures.items())
        raise EcsError(
            f"ECR did not delete {len(failures)} of the images of {repository}: {listed}.",
            code="Failures",
            operation="BatchDeleteImage",
            failures=list(failures.values()),
            result=result,
        )
    return result
