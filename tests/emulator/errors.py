# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors as Amazon ECS answers them.

Shape and status: JSON 1.1 protocol, `{"__type": ..., "message": ...}`; client faults are HTTP 400
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html). Message texts that AWS does not document
were taken from what users of the public tools quote in their issues; where nobody quotes one, the text is a guess.
"""

from __future__ import annotations

from typing import Any


class EcsError(Exception):
    """A refusal with one of the exception names of the ECS model."""

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members
        self.status = 400

    def body(self) -> dict[str, Any]:
        """Give the JSON document of the error."""
        return {"__type": self.code, "message": self.message, **self.members}


def client_error(message: str) -> EcsError:
    """ClientException: AWS's catch-all for requests that cannot be carried out."""
    return EcsError("ClientException", message)


def invalid_parameter(message: str) -> EcsError:
    """InvalidParameterException: a value that is wrong in itself or in the present state."""
    return EcsError("InvalidParameterException", message)


def cluster_not_found() -> EcsError:
    """ClusterNotFoundException with AWS's text."""
    return EcsError("ClusterNotFoundException", "Cluster not found.")


def service_not_found() -> EcsError:
    """ServiceNotFoundException with AWS's text."""
    return EcsError("ServiceNotFoundException", "Service not found.")


def service_not_active() -> EcsError:
    """ServiceNotActiveException with AWS's text."""
    return EcsError("ServiceNotActiveException", "Service was not ACTIVE.")


def failure(arn: str, reason: str = "MISSING", detail: str | None = None) -> dict[str, str]:
    """Build an entry of `failures[]`.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    """
    entry = {"arn": arn, "reason": reason}
    if detail is not None:
        entry["detail"] = detail
    return entry
