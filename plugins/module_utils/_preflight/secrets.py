# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets: each secret and parameter exists, and holds the key that is named. No value is ever shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ._check import Check, Finding, failed, ok
from ._look import Look
from ._wish import Wish, region_of

NAME = "secrets"

# Parts of a Secrets Manager reference: the seven of the ARN, or with json-key, version-stage and version-id ten
# (developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables").
PLAIN, SUFFIXED = 7, 10
# What Systems Manager takes as a name (PutParameter), with the version or label that a reference may add.
PARAMETER = re.compile(r"[A-Za-z0-9_.\-/]+(?::[A-Za-z0-9_.\-]+)?")
PARAMETER_ARN = re.compile(r"arn:[^:]+:ssm:[^:]+:\d*:parameter/.")
FORM = "arn:...:secret:name or arn:...:secret:name:json-key:version-stage:version-id, where a part may be empty"
# Keys that a secret for a private registry holds (developer guide, "Using non-AWS container images").
REGISTRY_KEYS = ("username", "password")


@dataclass(frozen=True)
class Secret:
    """A secret of Secrets Manager, and which part and version of it is wanted."""

    arn: str
    keys: tuple[str, ...] = ()
    stage: str = ""
    version: str = ""

    @property
    def which(self) -> dict[str, str]:
        """Give the version as the parameters of GetSecretValue."""
        given = {"VersionStage": self.stage, "VersionId": self.version}
        return {name: value for name, value in given.items() if value}


def references(wish: Wish) -> Iterator[tuple[str, str]]:
    """Give each secret's use, as "container: name", and its reference."""
    for item in wish.containers:
        for entry in item.get("secrets") or []:
            yield f"{item.get('name')}: {entry.get('name')}", str(entry.get("valueFrom") or "")
    for owner, configuration in wish.log_configurations:
        for entry in configuration.get("secretOptions") or []:
            yield f"{owner}: log option {entry.get('name')}", str(entry.get("valueFrom") or "")


def credentials(wish: Wish) -> Iterator[tuple[str, Secret]]:
    """Give each container with a private registry, and the secret with its credentials."""
    for item in wish.containers:
        parameter = (item.get("repositoryCredentials") or {}).get("credentialsParameter")
        if parameter:
            yield f"{item.get('name')}: repository credentials", Secret(str(parameter), REGISTRY_KEYS)


def is_secret(reference: str) -> bool:
    """Tell a reference to Secrets Manager from one to Systems Manager."""
    return bool(re.match(r"arn:[^:]+:secretsmanager:", reference))


def secret_of(reference: str) -> Secret | None:
    """Take apart a reference to Secrets Manager; None when it has neither of the two forms."""
    parts = reference.split(":")
    if len(parts) not in (PLAIN, SUFFIXED) or parts[5] != "secret" or not parts[6]:
        return None
    key, stage, version = parts[PLAIN:] or ("", "", "")
    return Secret(":".join(parts[:PLAIN]), (key,) if key else (), stage, version)


def checks(wish: Wish, look: Look) -> Iterator[Check]:
    """Check each use of a secret or parameter."""
    for use, reference in references(wish):
        work = _from_secrets_manager if is_secret(reference) else _from_parameter_store
        yield Check(NAME, use, partial(work, reference, look))
    for use, secret in credentials(wish):
        yield Check(NAME, use, partial(_secret, secret, look))


def _from_secrets_manager(reference: str, look: Look) -> Iterator[Finding]:
    secret = secret_of(reference)
    if secret is None:
        yield failed(f"'{reference}' is no reference to a secret that ECS takes.", f"Write it as {FORM}.")
        return
    yield from _secret(secret, look)


def _secret(secret: Secret, look: Look) -> Iterator[Finding]:
    shown = look.find(
        "secretsmanager", "DescribeSecret", ("ResourceNotFoundException",), region_of(secret.arn), SecretId=secret.arn
    )
    if shown is None:
        yield failed(f"There is no secret '{secret.arn}'.", "Create the secret, or correct its ARN.")
    elif shown.get("DeletedDate"):
        yield failed(
            f"The secret '{secret.arn}' is scheduled for deletion, and can no longer be read.",
            "Restore it with RestoreSecret, or name another secret.",
        )
    elif not _has_version(secret, shown.get("VersionIdsToStages") or {}):
        yield failed(
            f"The secret '{secret.arn}' has no version {secret.version or secret.stage}.",
            "Name a version that it has, or leave it out for the current one.",
        )
    elif secret.keys:
        yield from _keys(secret, look)
    else:
        yield ok(f"The secret '{secret.arn}' exists.")


def _has_version(secret: Secret, stages: dict[str, list[str]]) -> bool:
    if secret.version and secret.version not in stages:
        return False
    held = stages.get(secret.version, []) if secret.version else [stage for entry in stages.values() for stage in entry]
    return not secret.stage or secret.stage in held


def _keys(secret: Secret, look: Look) -> Iterator[Finding]:
    answer = look.find(
        "secretsmanager",
        "GetSecretValue",
        ("ResourceNotFoundException",),
        region_of(secret.arn),
        SecretId=secret.arn,
        **secret.which,
    )
    if answer is None:
        yield failed(f"The secret '{secret.arn}' has no value yet.", "Put a value into it.")
        return
    held = _keys_of(answer)
    lacking = [key for key in secret.keys if key not in held] if held is not None else []
    if held is None:
        yield failed(
            f"The secret '{secret.arn}' holds no JSON object, so it has no key '{secret.keys[0]}'.",
            "Store a JSON object in it, or leave the key out of the reference to get all of the text.",
        )
    elif lacking:
        yield failed(
            f"The secret '{secret.arn}' has no key '{lacking[0]}'.", "Add the key to the secret, or name one it holds."
        )
    else:
        yield ok(f"The secret '{secret.arn}' exists and holds '{', '.join(secret.keys)}'.")


def _keys_of(answer: dict[str, Any]) -> set[str] | None:
    """Name the keys in a secret's value, and let go of the value itself; None when it is no JSON object."""
    try:
        value = json.loads(answer.get("SecretString") or "")
    except ValueError:
        return None
    return {str(key) for key in value} if isinstance(value, dict) else None


def _from_parameter_store(reference: str, look: Look) -> Iterator[Finding]:
    is_arn = bool(PARAMETER_ARN.match(reference))
    if not is_arn and not PARAMETER.fullmatch(reference):
        # What is no name may be a value that somebody put here; it is not repeated.
        yield failed(
            "value_from is neither the name of a parameter nor the ARN of a parameter or secret.",
            "Give the ARN of a secret, or the name or ARN of a parameter; a plain value belongs to environment.",
        )
        return
    answer = look.find("ssm", "GetParameters", (), region_of(reference), Names=[reference])
    if answer and answer.get("Parameters"):
        yield ok(f"The parameter '{reference}' exists.")
    else:
        yield failed(
            f"There is no parameter '{reference}'{'' if is_arn else ' in this Region'}.",
            "Create the parameter, or correct its name; one of another Region or account is named by its ARN.",
        )
