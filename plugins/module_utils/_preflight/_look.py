# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to AWS from many threads: each is asked once, and each answer is there, not there, denied or unseen."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from typing import Any

from .._api import AwsError

# Starts of the codes with which the services say that an action is not allowed. EC2 says UnauthorizedOperation, and a
# HEAD request of S3 has no body, so that its code is the status.
DENIALS = ("AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError", "Forbidden", "403")
# Starts of the codes that are about the credentials themselves: no other question would fare better.
HOPELESS = (
    "AuthFailure",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignature",
    "NoCredentials",
    "PartialCredentials",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
)
# Services and operations whose IAM actions have other names (Service Authorization Reference).
PREFIXES = {"elbv2": "elasticloadbalancing", "efs": "elasticfilesystem"}
ACTIONS = {"HeadObject": "s3:GetObject"}


class Denied(Exception):
    """The credentials in use may not ask."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class Unseen(Exception):
    """AWS gave no answer, or none that tells anything; the message says why."""


def action_of(service: str, operation: str) -> str:
    """Name the IAM action that allows an operation."""
    return ACTIONS.get(operation) or f"{PREFIXES.get(service, service)}:{operation}"


def explained(error: AwsError, service: str, operation: str) -> Exception:
    """Tell a denial and a missing answer from credentials with which nothing can be asked."""
    if error.code.startswith(HOPELESS):
        return error
    if error.code.startswith(DENIALS):
        return Denied(action_of(service, operation))
    return Unseen(str(error))


class Look:
    """The account as the credentials in use see it. Safe to share between threads."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._doors: dict[str, Any] = {api.region: api}
        # botocore makes one client at a time; the clients themselves may be shared (boto3 guide, "Multithreading").
        self._lock = threading.Lock()
        self._answers: dict[str, Future[dict[str, Any] | None]] = {}

    def find(
        self, service: str, operation: str, missing: tuple[str, ...] = (), region: str = "", /, **params: Any
    ) -> dict[str, Any] | None:
        """Give the answer to a reading call, or None when AWS answers with one of the codes in `missing`.

        Raises Denied, Unseen, or AwsError when the credentials are worth nothing.
        """
        key = json.dumps([service, operation, region, params], sort_keys=True)
        with self._lock:
            first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if first:
            try:
                answer.set_result(self._ask(service, operation, missing, region, params))
            except Exception as error:
                answer.set_exception(error)
        return answer.result()

    def get(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """Give the answer to a call that is answered whether or not what it asks for exists."""
        return self.find(service, operation, (), "", **params) or {}

    def _ask(
        self, service: str, operation: str, missing: tuple[str, ...], region: str, params: dict[str, Any]
    ) -> dict[str, Any] | None:
        try:
            with self._lock:
                door = self._door(region)
                door.client(service)
            return dict(door.read(operation, service, **params))
        except AwsError as error:
            if error.code in missing:
                return None
            raise explained(error, service, operation) from None

    def _door(self, region: str) -> Any:
        name = region or self._api.region
        if name not in self._doors:
            self._doors[name] = self._api.at(name)
        return self._doors[name]
