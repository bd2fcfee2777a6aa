# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: their limits, and lists of pairs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions
"""

from __future__ import annotations

import re

from .errors import invalid_parameter

Tags = list[dict[str, str]]

MAXIMUM = 50
_CHARACTERS = re.compile(r"[\w\s.:/=+\-@]*\Z")


def checked(tags: Tags | None) -> Tags:
    """Give a copy of a request's tags, or refuse them."""
    result = [{"key": tag.get("key", ""), "value": tag.get("value", "")} for tag in tags or []]
    if len(result) > MAXIMUM:
        raise invalid_parameter(f"The maximum number of tags is {MAXIMUM}.")
    for tag in result:
        check_key(tag["key"])
        if not _CHARACTERS.match(tag["key"] + tag["value"]):
            raise invalid_parameter(f"Tag '{tag['key']}' has characters that are not allowed.")
    if len({tag["key"] for tag in result}) != len(result):
        raise invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case sensitive.")
    return result


def check_key(key: str) -> None:
    """Refuse an empty key and the reserved prefix, which is reserved in any combination of case."""
    if not key:
        raise invalid_parameter("Tag keys can not be empty.")
    if key.lower().startswith("aws:"):
        raise invalid_parameter("Tag keys with the prefix aws: are reserved for AWS use.")


def merged(old: Tags, new: Tags) -> Tags:
    """Add tags: TagResource overwrites equal keys and never removes one."""
    pairs = {tag["key"]: tag["value"] for tag in old} | {tag["key"]: tag["value"] for tag in new}
    if len(pairs) > MAXIMUM:
        raise invalid_parameter(f"The maximum number of tags is {MAXIMUM}.")
    return [{"key": key, "value": value} for key, value in pairs.items()]


def without(old: Tags, keys: list[str]) -> Tags:
    """Remove tags by key."""
    return [tag for tag in old if tag["key"] not in keys]
