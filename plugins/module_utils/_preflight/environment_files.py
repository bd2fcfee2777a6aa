# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Environment files: each exists in S3 under a name that ECS takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ._check import Check, Finding, failed, ok
from ._look import Look
from ._wish import Wish

NAME = "environment_files"
OBJECT = re.compile(r"arn:(?P<partition>[^:]+):s3:::(?P<bucket>[^/]+)/(?P<key>.+)")
MISSING = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")


def files(wish: Wish) -> Iterator[tuple[str, str]]:
    """Give each container with an environment file, and the file's ARN."""
    for item in wish.containers:
        for entry in item.get("environmentFiles") or []:
            yield str(item.get("name")), str(entry.get("value") or "")


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each file, once for each container that reads it."""
    for container, arn in files(wish):
        yield Check(NAME, f"{container}: {arn}", partial(_file, arn, look))


def _file(arn: str, look: Look) -> Iterator[Finding]:
    match = OBJECT.fullmatch(arn)
    if not match:
        yield failed(f"'{arn}' is no ARN of an object in S3.", "Write it as arn:aws:s3:::bucket/path/name.env.")
        return
    if not match["key"].endswith(".env"):
        # developer guide, "Pass environment variables to an Amazon ECS container"
        yield failed(
            f"'{arn}' does not end with .env, as ECS wants it to.", "Give the object a name that ends with .env."
        )
        return
    if look.find("s3", "HeadObject", MISSING, Bucket=match["bucket"], Key=match["key"]) is None:
        yield failed(
            f"The bucket '{match['bucket']}' has no object '{match['key']}', or does not exist.",
            "Upload the file, or correct its ARN.",
        )
    else:
        yield ok(f"The file '{arn}' exists.")
