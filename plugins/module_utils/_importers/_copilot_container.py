# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers of a Copilot workload: what the main one and its sidecars have in common."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from .._export.secrets import Hidden
from . import _copilot_reasons as reasons
from ._copilot_values import APPLICATION, ENVIRONMENT, Workload, whole_seconds
from ._piece import filled
from ._reader import LOOK, Reader

STREAM = "copilot"  # awslogs-stream-prefix in Copilot's templates
# What a health check is without these members (NewDefaultContainerHealthCheck of Copilot).
HEALTH = {"interval": 10, "retries": 2, "timeout": 5, "start_period": 0}
ACCOUNT = "AWS_ACCOUNT_ID"


def image(reader: Reader, name: str) -> str:
    """Give the image; one that Copilot builds makes way for a placeholder."""
    if isinstance(reader.look("image"), str):
        return str(reader.text("image"))
    inner = reader.inside("image")
    inner.leave("build", *reasons.BUILD)
    return inner.text("location") or Hidden(f"the image of {name}")


def common(workload: Workload, reader: Reader, inner: Reader) -> dict[str, Any]:
    """Give what a workload says of its main container, or a sidecar of itself, and `inner` of both."""
    reader.leave("env_file", *reasons.ENV_FILE)
    return {
        "entry_point": words(reader, "entrypoint"),
        "command": words(reader, "command"),
        "environment": {**_of_copilot(workload), **values(reader.inside("variables"))},
        "secrets": secrets(workload, reader.inside("secrets")),
        "docker_labels": values(inner.inside("labels")),
        "depends_on": [
            {"container_name": name, "condition": condition.upper()}
            for name, condition in values(inner.inside("depends_on")).items()
        ],
        "health_check": _health(inner.inside("healthcheck")),
        "log_configuration": logs(workload),
    }


def words(reader: Reader, name: str) -> list[str]:
    """Give a command that is written as text or as a list."""
    value = reader.look(name)
    if not isinstance(value, str) or isinstance(value, Hidden):
        return _listed(reader, name)
    reader.take(name)
    try:
        return shlex.split(value)
    except ValueError:
        reader.note(name, "its quotes do not match.", "give it as a list.")
        return []


def _listed(reader: Reader, name: str) -> list[str]:
    found = []
    entries = reader.inside(name)
    if isinstance(entries.value, Hidden):
        return [entries.whole()]
    for _index, entry in entries.entries():
        word = plain(entry)
        if word is None:
            entry.leave_all("it is no word of a command.", LOOK)
        else:
            found.append(word)
    return found


def values(reader: Reader) -> dict[str, str]:
    """Give variables or labels; exports of CloudFormation make way for placeholders."""
    found: dict[str, str] = {}
    for name, entry in reader.entries():
        value = imported(entry) if isinstance(entry.value, Mapping) else plain(entry)
        if value is not None:
            found[str(name)] = value
    return found


def plain(reader: Reader) -> str | None:
    """Give text, a number or a boolean as text; anything else is not taken."""
    if reader.value is None or isinstance(reader.value, (Mapping, list)):
        return None
    value = reader.whole()
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def imported(reader: Reader) -> str | None:
    """Give a placeholder for the export of a CloudFormation stack, if that is what stands there."""
    export = reader.text("from_cfn")
    if export is None:
        return None
    reader.note("from_cfn", *reasons.IMPORTED)
    return Hidden(export)


def secrets(workload: Workload, reader: Reader) -> dict[str, str]:
    """Give where secrets are read from; ECS takes parameters by name, and secrets by ARN."""
    found: dict[str, str] = {}
    for name, entry in reader.entries():
        if not isinstance(entry.value, Mapping):
            value = plain(entry)
        else:
            secret = entry.text("secretsmanager")
            value = _secret(workload, entry, secret) if secret else imported(entry)
        if value:
            found[str(name)] = value
    return found


def _secret(workload: Workload, reader: Reader, name: str) -> str:
    account = workload.choice.variables.get(ACCOUNT)
    if name.startswith("arn:") or isinstance(name, Hidden):
        return name
    if account and workload.region:
        return f"arn:aws:secretsmanager:{workload.region}:{account}:secret:{name}"
    reader.note("secretsmanager", *reasons.SECRET_ARN)
    return Hidden(name)


def logs(workload: Workload) -> dict[str, Any]:
    """Give where a container without other plans logs to; ECS has to be told the Region."""
    if not workload.region:
        return {}
    options = {"group": workload.log_group, "region": workload.region, "stream-prefix": STREAM}
    return {"log_driver": "awslogs", "options": {f"awslogs-{name}": value for name, value in options.items()}}


def _of_copilot(workload: Workload) -> dict[str, str]:
    """Give the variables that Copilot gives to every container, as far as they are known."""
    known = {
        APPLICATION: workload.app,
        ENVIRONMENT: workload.environment,
        "COPILOT_SERVICE_NAME": workload.name,
        "COPILOT_SERVICE_DISCOVERY_ENDPOINT": workload.namespace,
    }
    return filled(known)


def _health(reader: Reader) -> dict[str, Any]:
    if not isinstance(reader.value, Mapping):
        return {}
    given = {name: whole_seconds(reader, name) for name in HEALTH if name != "retries"}
    given["retries"] = reader.whole_number("retries")
    command = words(reader, "command")
    if not command:
        reader.note(None, "it has no command.", "give one; ECS does not use the check of the image.")
        return {}
    return {"command": command, **HEALTH, **{name: value for name, value in given.items() if value is not None}}
