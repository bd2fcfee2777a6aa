# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hiding what looks secret in diffs, results and logs: values go, names and the fact of a change stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "********"
CHANGED_MASK = "******** (changed)"

SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)?$|pwd$|secret|token|credential|private|api_?key|access_?key|(signing|encryption|auth)_?key"
    r"|salt$|dsn$|connection_?string|(database|db|redis|amqp|mongo(db)?|broker|postgres(ql)?|mysql)_?ur[il]$",
    re.IGNORECASE,
)
SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\b(ghp|gho|ghs|glpat|xox[abp])[-_][A-Za-z0-9-]{16,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]*:[^/\s@]+@"
)
SECRET_ARGUMENT = re.compile(
    r"((?:--[\w-]*)?(?:pass(?:word|wd)?|pwd|secret|token|api[-_]?key|access[-_]?key)=|"
    r"--[\w-]*(?:pass(?:word|wd)?|pwd|secret|token|key)\s+)([^\s\"',;&]+)",
    re.IGNORECASE,
)
# Members that hold references to secrets and identifiers: what they name is what a reader has to see.
NOT_SECRET = frozenset({"valueFrom", "value_from", "credentialsParameter", "credentials_parameter", "clientToken"})
REFERENCES = frozenset({"secrets", "secretOptions", "secret_options", "credentialSpecs", "credential_specs"})


def masked(value: Any, name: str = "") -> Any:
    """Copy a document with every value that looks secret replaced, at any depth.

    A value looks secret by the name it is filed under (a key, or the `name` beside its `value`) or by its own form:
    private keys, access keys, tokens, URLs with a password.
    """
    if isinstance(value, Mapping) and name in REFERENCES:
        return {key: masked(entry, "valueFrom") for key, entry in value.items()}
    if isinstance(value, Mapping):
        label = str(value.get("name", value.get("key", "")))
        return {key: masked(entry, label if key == "value" and label else str(key)) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(entry, name) for entry in value]
    if value in (None, "") or isinstance(value, bool):
        return value
    named = name not in NOT_SECRET | REFERENCES and SECRET_NAME.search(name)
    if named or (isinstance(value, str) and SECRET_VALUE.search(value)):
        return MASK
    return SECRET_ARGUMENT.sub(rf"\g<1>{MASK}", value) if isinstance(value, str) else value


def masked_pair(before: Any, after: Any) -> tuple[Any, Any]:
    """Mask two documents for a diff; where a masked value differs, the second one says that it changed."""
    old, new = masked(before), masked(after)
    return old, _marked(before, after, old, new)


def _marked(before: Any, after: Any, old: Any, new: Any) -> Any:
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        return {
            key: _marked(before.get(key), after.get(key), old.get(key), entry) if key in old else entry
            for key, entry in new.items()
        }
    if isinstance(new, list) and isinstance(old, list):
        counterpart = _counterparts(before, old)
        return [
            _marked(was, item, shown, entry)
            for index, (item, entry) in enumerate(zip(after, new, strict=True))
            for was, shown in [_match(counterpart, item, index)]
        ]
    return CHANGED_MASK if new == old and before != after and MASK in str(new) else new


def _counterparts(before: list[Any], old: list[Any]) -> dict[Any, tuple[Any, Any]]:
    return {
        item["name"] if isinstance(item, Mapping) and "name" in item else index: (item, entry)
        for index, (item, entry) in enumerate(zip(before, old, strict=True))
    }


def _match(counterparts: dict[Any, tuple[Any, Any]], item: Any, index: int) -> tuple[Any, Any]:
    key = item["name"] if isinstance(item, Mapping) and "name" in item else index
    return counterparts.get(key, (None, None))


def restored(value: Any, have: Any) -> Any:
    """Put back what a mask hides, so that a masked result can be given as input: the resource keeps what it has.

    Raises LookupError where the resource has no value in that place: a mask is never sent to AWS.
    """
    if isinstance(value, str) and MASK in value:
        if isinstance(have, str):
            return have
        raise LookupError(value)
    if isinstance(value, Mapping):
        known = have if isinstance(have, Mapping) else {}
        return {key: restored(entry, known.get(key)) for key, entry in value.items()}
    if isinstance(value, list):
        known_entries = _counterparts(have, have) if isinstance(have, list) else {}
        return [restored(item, _match(known_entries, item, index)[0]) for index, item in enumerate(value)]
    return value
