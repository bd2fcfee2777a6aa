# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that people give to container instances, for placement constraints; AWS's own are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._action import Job
from .._core import Call
from .._errors import BadInput, Blocked
from ._find_instances import Document, attributes_of, batches, name_of

OWN = ("ecs.", "com.amazonaws.")  # those of the agent and of AWS
MOST = 10  # custom attributes of an instance, and attributes that one call takes (PutAttributes)
# Attribute, name and value, in the API reference.
NAME = re.compile(r"[\w./\\-]{1,128}", re.ASCII)
VALUE = re.compile(r"(?! )[\w.@/\\: -]{1,128}(?<! )", re.ASCII)

Attributes = dict[str, Any]  # a value is a string, or None for none


def wanted(given: Any) -> Attributes:
    """Read attributes: a dictionary, or a list of names, of name and value, or of single pairs.

    Raises BadInput for names and values that AWS does not take.
    """
    found: Attributes = {}
    for name, value in _pairs(given):
        if not NAME.fullmatch(name):
            raise BadInput(
                f"attributes: AWS does not take {name!r} as a name; use up to 128 letters, digits, hyphens, "
                "underscores, periods and slashes."
            )
        if name.startswith(OWN):
            raise BadInput(f"attributes: {name} belongs to AWS; choose a name that starts with neither of {OWN}.")
        if value is not None and not VALUE.fullmatch(value):
            raise BadInput(
                f"attributes.{name}: AWS does not take {value!r} as a value; use up to 128 letters, digits, spaces "
                "within, and - _ . @ : / \\."
            )
        found[name] = value
    return found


def _pairs(given: Any) -> Iterable[tuple[str, str | None]]:
    if isinstance(given, Mapping):
        return [(str(name), _text(value)) for name, value in given.items()]
    if not isinstance(given, list):
        raise BadInput("attributes: give a dictionary of names and values, or a list of names, or of name and value.")
    pairs: list[tuple[str, str | None]] = []
    for item in given:
        if not isinstance(item, Mapping):
            pairs.append((str(item), None))
        elif "name" in item:
            pairs.append((str(item["name"]), _text(item.get("value"))))
        else:
            pairs += [(str(name), _text(value)) for name, value in item.items()]
    return pairs


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value in (None, "") else str(value)


def put(api: Any, job: Job, found: list[Document], want: Attributes, purge: bool) -> None:
    """Give instances these attributes, and with `purge` take away others that are not AWS's."""
    new, gone = [], []
    for item in found:
        have = custom(item)
        after = {**({} if purge else have), **want}
        if len(after) > MOST:
            raise Blocked(
                f"attributes: {name_of(item)} would have {len(after)} custom attributes, and AWS allows {MOST}: set "
                "purge_attributes=true, or remove some first."
            )
        new += [_attribute(item, name, value) for name, value in want.items() if (name, value) not in have.items()]
        gone += [_attribute(item, name) for name in have if name not in after]
    _change(api, job, "DeleteAttributes", gone)
    _change(api, job, "PutAttributes", new)


def remove(api: Any, job: Job, found: list[Document], names: Attributes) -> None:
    """Take these attributes from instances; one that is named with a value only where it has that value."""
    gone = [
        _attribute(item, name)
        for item in found
        for name, value in custom(item).items()
        if name in names and names[name] in (None, value)
    ]
    _change(api, job, "DeleteAttributes", gone)


def custom(item: Document) -> Attributes:
    """Give the attributes of an instance that are not AWS's."""
    return {name: value for name, value in attributes_of(item).items() if not name.startswith(OWN)}


def _attribute(item: Document, name: str, value: str | None = None) -> dict[str, str]:
    more = {} if value is None else {"value": value}
    return {"name": name, **more, "targetType": "container-instance", "targetId": item["containerInstanceArn"]}


def _change(api: Any, job: Job, operation: str, attributes: list[dict[str, str]]) -> None:
    for numbers in batches(map(str, range(len(attributes))), MOST):
        batch = [attributes[int(number)] for number in numbers]
        job.do(api, Call(operation, {"cluster": job.params["cluster"], "attributes": batch}))
