# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers about many resources: pages of List operations, and what Describe operations find and miss."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .errors import failure, invalid_parameter
from .names import is_arn
from .operations import Document
from .region import Region

Item = TypeVar("Item")


def page(items: list[Item], request: dict[str, Any], default: int = 100, maximum: int = 100) -> tuple[list[Item], dict]:
    """Cut the page that a request asks for; gives the items and `{"nextToken": ...}` or nothing.

    The default and the maximum of each operation stand in its API reference, e.g.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html
    """
    size = request.get("maxResults") or default
    if not 1 <= size <= maximum:
        raise invalid_parameter(f"maxResults must be between 1 and {maximum}.")
    start = _offset(request["nextToken"]) if request.get("nextToken") else 0
    chosen = items[start : start + size]
    following = {"nextToken": _token(start + size)} if start + size < len(items) else {}
    return chosen, following


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"offset": offset}).encode()).decode()


def _offset(token: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["offset"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid_parameter("Invalid token.") from None


def described(
    region: Region, references: Iterable[str], kind: str, show: Callable[[str], Document | None]
) -> tuple[list[Document], list[dict[str, str]]]:
    """Show each of the resources that are named; those that are missing are failures, by their ARN."""
    found, failures = [], []
    for reference in references:
        shown = show(reference)
        if shown is None:
            failures.append(failure(reference if is_arn(reference) else region.arn(f"{kind}/{reference}")))
        else:
            found.append(shown)
    return found, failures
