# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of List operations."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypeVar

from .errors import invalid_parameter

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
