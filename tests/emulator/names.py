# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifiers: how ECS spells ids and how callers may refer to things."""

from __future__ import annotations

import re
import secrets

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def last_part(reference: str) -> str:
    """Give the name in a reference that may be a name or an ARN."""
    return reference.rpartition("/")[2]


def is_arn(reference: str) -> bool:
    """Tell an ARN from a plain name."""
    return reference.startswith("arn:")


def hex_id() -> str:
    """Make an id of 32 hexadecimal digits, as tasks and container instances have."""
    return secrets.token_hex(16)


def uuid() -> str:
    """Make an id in UUID spelling, as events and attachments have."""
    text = hex_id()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def deployment_digits() -> str:
    """Make the 19 digits that a deployment and its service revision share."""
    return str(10**18 + secrets.randbelow(9 * 10**18))


def service_deployment_id() -> str:
    """Make the id of a service deployment: 21 letters and digits, unrelated to the deployment's digits."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ignored in range(21))
