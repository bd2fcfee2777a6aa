# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as a person writes it, without a library: the host of a module may have none.

Text stands as it is where no reader of YAML 1.1 or 1.2 could take it for anything else, and in JSON's quotes otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# Words joined by single spaces or colons; none of them begins with a digit or a sign, so none is a number or a date.
PLAIN = re.compile(r"(?=[A-Za-z/])[\w./@-]+(?:(?: |:+)[\w./@-]+)*", re.ASCII)
WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
LAST = 0xFFFF  # the last character that four digits escape
# Text of several lines that a block shows as it is.
BLOCK = re.compile(r"[!-~][ -~]*(?:\n+[ -~]*[!-~])*\n?")


def written(value: Any) -> str:
    """Write a document: dictionaries, lists, text, numbers, booleans."""
    return "".join(f"{line}\n" for line in ["---", *_lines(value)])


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, entry in value.items():
            yield from _after(f"{_scalar(str(key))}:", entry)
    elif isinstance(value, list) and value:
        for entry in value:
            yield from _item(entry)
    else:
        yield _scalar(value)


def _after(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and BLOCK.fullmatch(value):
        yield f"{key} |" if value.endswith("\n") else f"{key} |-"
        yield from (f"  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    elif isinstance(value, (Mapping, list)) and value:
        yield key
        yield from (f"  {line}" if line else line for line in _lines(value))
    else:
        yield f"{key} {_scalar(value)}"


def _item(value: Any) -> Iterator[str]:
    first, *rest = _lines(value)
    yield f"- {first}"
    yield from (f"  {line}" if line else line for line in rest)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    if isinstance(value, str):
        return f'"{"".join(map(_quoted, value))}"'
    # To YAML 1.1 a number with an exponent is one only if it has a period too.
    return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value, default=str))


def _quoted(char: str) -> str:
    if char.isprintable() and char not in '"\\':
        return char
    return f"\\U{ord(char):08x}" if ord(char) > LAST else json.dumps(char)[1:-1]
