# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, as types: each carries what a playbook can act on, and says it in one sentence."""

from __future__ import annotations

from typing import Any


class EcsError(Exception):
    """A failure that carries what a playbook can act on; `code` is AWS's error code, or one of ours."""

    code = "Error"
    # Whether the call may have been carried out although it failed.
    uncertain = False

    def __init__(self, message: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.data = data

    def as_dict(self) -> dict[str, Any]:
        """Give the failure as the result's `failure`: code, message, operation, request_id and what else is known."""
        known = {"operation": None, "request_id": None, **self.data}
        return {"code": self.code, "message": str(self), **known}


class BadInput(EcsError):
    """The user's input cannot be meant; no call has been made."""

    code = "BadInput"


class Immutable(EcsError):
    """AWS offers no call that makes this change to an existing resource."""

    code = "Immutable"


class Blocked(EcsError):
    """The resource is in a state in which the change cannot be made."""

    code = "Blocked"


class TimedOut(EcsError):
    """The state that was waited for did not come about in time; the work goes on in AWS."""

    code = "TimedOut"
