# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hiding what looks secret in diffs, results and logs: values go, names and the fact of a change stay."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ._normal import label

MASK = "********"
CHANGED_MASK = "******** (changed)"

# A name, with its words joined by single underscores in lower case, that promises a secret ...
SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|passcode|pwd(_|$)|secret|credential|(^|_)pass$|(^|_)token(_|$)|(^|_)(salt|dsn|bearer)(_|$)"
    r"|(api|access|private|signing|encryption|auth|license|master|shared|hmac|ssh|account)_?keys?(_|$)"
    r"|connection_string|(database|db|redis|amqp|mongo|mongodb|broker|postgres|postgresql|mysql)_ur[il]$"
)
# ... unless it ends with a word for something about the secret, or is one of the API's names for references.
ABOUT_SECRET = re.compile(r"_(arn|name|id|file|path|prefix|length|ttl|expiry|timeout|count|enabled|parameter)$")
REFERENCES = frozenset({"secrets", "secret_options", "credential_specs"})
NOT_SECRET = REFERENCES | {"value_from", "client_token", "next_token"}

SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\b(sk|rk)_(live|test)_\w{8,}|\bgithub_pat_\w{8,}"
    r"|\b(gh[pousr]_|glpat-|xox[abprs]-)[\w-]{10,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]*:[^/\s@]+@"
)
STRONG = r"(?:passw(?:or)?d|passphrase|secret)"
WORDS = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|auth|private)[-_]?key)"
# A name and its value in one string: password=x, --token x, "secret": "x", Authorization: Bearer x.
SECRET_ARGUMENT = re.compile(
    rf"((?:\b|_|-){WORDS}[\"']?=|{STRONG}=|{WORDS}[\"']\s*:\s*(?=[\"'])|--?[\w-]*{WORDS}\s+"
    r"|\bAuthorization:\s*\w+\s+)([\"']?)([^\s\"',;&]+)",
    re.IGNORECASE,
)
SECRET_FLAG = re.compile(rf"--?[\w-]*{WORDS}", re.IGNORECASE)
# A known secret that is shorter may be a part of any word by chance.
LONG = 6
# The values that this run was told to be secret, wherever they stand.
_known: set[str] = set()


@functools.cache
def names_secret(name: str) -> bool:
    """Tell whether a value that is filed under this name is a secret: DB_PASSWORD, apiKey, x-api-key."""
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower())
    return words not in NOT_SECRET and bool(SECRET_NAME.search(words)) and not ABOUT_SECRET.search(words)


def hide(values: Iterable[Any]) -> None:
    """From here on take these values, and none of those before, for secrets, whatever they look like."""
    _known.clear()
    _known.update(str(value) for value in values if value not in (None, "") and MASK not in str(value))


def masked(value: Any, name: str = "") -> Any:
    """Copy a document with every value that looks secret replaced, at any depth.

    A value looks secret by the name it is filed under (a key, or the `name` beside its `value`), by the flag before it
    in a command, or by its own form: private keys, access keys, tokens, URLs with a password. What `hide` was told is
    secret anywhere.
    """
    if isinstance(value, Mapping):
        if name in ("secrets", "secret_options", "secretOptions"):
            return {key: masked(entry, "valueFrom") for key, entry in value.items()}
        beside = str(label(value) or "")
        return {key: masked(entry, beside if key == "value" and beside else str(key)) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [
            MASK if isinstance(entry, str) and _is_flag(before) else masked(entry, name)
            for before, entry in zip([None, *value], value, strict=False)
        ]
    if value in (None, "") or isinstance(value, bool):
        return value
    if names_secret(name) or str(value) in _known or (isinstance(value, str) and SECRET_VALUE.search(value)):
        return MASK
    return _masked_text(value) if isinstance(value, str) else value


def _masked_text(text: str) -> str:
    """Mask what a text holds of secrets: known ones, and what a name in the text itself promises."""
    for secret in _known:
        text = text.replace(secret, MASK) if len(secret) >= LONG else text
    if text[:1] == "{":
        text = _masked_json(text)
    return SECRET_ARGUMENT.sub(rf"\g<1>\g<2>{MASK}", text)


def _masked_json(text: str) -> str:
    """Mask a document that is written as JSON, such as the input of a schedule's target."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    hidden = masked(document)
    return text if hidden == document else json.dumps(hidden)


def _is_flag(value: Any) -> bool:
    return isinstance(value, str) and bool(SECRET_FLAG.fullmatch(value))


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
        counterparts = _counterparts(before, old)
        return [
            _marked(was, item, shown, entry)
            for index, (item, entry) in enumerate(zip(after, new, strict=True))
            for was, shown in [counterparts.get(label(item) or index, (None, None))]
        ]
    return CHANGED_MASK if new == old and before != after and MASK in str(new) else new


def _counterparts(items: list[Any], shown: list[Any]) -> dict[Any, tuple[Any, Any]]:
    return {label(item) or index: (item, entry) for index, (item, entry) in enumerate(zip(items, shown, strict=True))}


def restored(value: Any, have: Any) -> Any:
    """Put back what a mask hides, so that a masked result can be given as input: the resource keeps what it has.

    Raises LookupError where the resource has nothing that looks like this behind a mask: a mask is never sent to AWS.
    """
    return _restored(value, have, masked(have))


def _restored(value: Any, have: Any, shown: Any) -> Any:
    if isinstance(value, str) and MASK in value:
        if shown != value:
            raise LookupError(value)
        return have
    if isinstance(value, Mapping):
        known, seen = (side if isinstance(side, Mapping) else {} for side in (have, shown))
        return {key: _restored(entry, known.get(key), seen.get(key)) for key, entry in value.items()}
    if isinstance(value, list):
        entries = _counterparts(have, shown) if isinstance(have, list) else {}
        return [_restored(item, *entries.get(label(item) or index, (None, None))) for index, item in enumerate(value)]
    return value
