# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option spelling <-> API document, by botocore's service model.

The model names every member, its type, its enum and its range. So a member that AWS adds works with the botocore that
knows it, and a mistake is found at any depth before a call is made.
"""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Mapping
from typing import Any

from ._errors import BadInput
from ._normal import CLEARED, snake

try:
    from botocore import __version__ as BOTOCORE_VERSION
except ImportError:  # reported by _module, with the remedy
    BOTOCORE_VERSION = "none"

# Spellings that people bring from Ansible's own case helpers, which tear acronyms apart.
ALSO = {"size_in_gi_b": "sizeInGiB", "managed_ebsvolume": "managedEBSVolume", "v_cpu_count": "vCpuCount"}

BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
SHOWN = 60  # characters of a value in a message
SWITCH = {True: "ENABLED", False: "DISABLED"}
KINDS = dict.fromkeys(("integer", "long", "float", "double"), "number")


@functools.lru_cache(maxsize=1000)
def spellings(shape: Any) -> Mapping[str, str]:
    """Map every spelling that is accepted for a member of a structure to the member."""
    names = {snake(name): name for name in shape.members}
    also = {spelling: name for spelling, name in ALSO.items() if name in shape.members}
    return {**also, **names, **{name: name for name in shape.members}}


def pair_members(shape: Any) -> tuple[str, str] | None:
    """Name the two members of a list's entries that make it a dictionary in disguise (Tag, KeyValuePair, Secret)."""
    if shape.type_name != "list" or shape.member.type_name != "structure":
        return None
    members = {name[:1].lower() + name[1:]: name for name in shape.member.members}
    for key in ("name", "key", "namespace"):
        for value in ("value", "valueFrom"):
            if set(members) == {key, value}:
                return members[key], members[value]
    return None


def known_to(shape: Any, value: Any) -> Any:
    """Copy a value of a table of ours without the members that this botocore does not know."""
    if shape.type_name == "structure":
        return {name: known_to(shape.members[name], entry) for name, entry in value.items() if name in shape.members}
    return [known_to(shape.member, entry) for entry in value] if shape.type_name == "list" else value


def to_api(document: Mapping[str, Any], shape: Any, path: str = "") -> dict[str, Any]:
    """Translate a user's document into the API's spelling and types.

    Both spellings of a member are accepted at every depth; the keys of maps belong to the user. Raises BadInput with
    the path, the value and the remedy; when several things are wrong, `errors` of the failure holds them all.
    """
    reader = _Reader()
    result = reader.read_structure(document, shape, path, partial=True)
    if reader.errors:
        raise BadInput(reader.errors[0], errors=reader.errors)
    return dict(result)


class _Reader:
    """One walk over a document and its shape, which collects what is wrong instead of stopping at the first."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def refuse(self, path: str, message: str) -> None:
        self.errors.append(f"{path}: {message}" if path else message)

    def value(self, value: Any, shape: Any, path: str) -> Any:
        if value in ("", {}, []) and shape.name in CLEARED:
            return known_to(shape, CLEARED[shape.name])
        handler = getattr(self, f"read_{KINDS.get(shape.type_name, shape.type_name)}", None)
        return handler(value, shape, path) if handler else value

    def read_structure(self, value: Any, shape: Any, path: str, partial: bool = False) -> Any:
        if getattr(shape, "is_document_type", False):
            return value
        if not isinstance(value, Mapping):
            return self.refuse(path, f"{_show(value)} is {_kind(value)}, {shape.name} wants a dictionary.")
        known = spellings(shape)
        result: dict[str, Any] = {}
        for key, entry in value.items():
            here = f"{path}.{key}" if path else str(key)
            member = known.get(key)
            if member is None:
                self.refuse(here, _unknown(key, shape))
            elif member in result:
                self.refuse(here, f"{member} is given twice, in two spellings; keep one.")
            elif entry is not None:
                result[member] = self.value(entry, shape.members[member], here)
        missing = [snake(name) for name in shape.required_members if name not in result]
        if missing and not partial:
            self.refuse(path, f"{shape.name} needs {' and '.join(missing)}.")
        return result

    def read_list(self, value: Any, shape: Any, path: str) -> Any:
        pair = pair_members(shape)
        if pair and isinstance(value, Mapping):
            value = [{pair[0]: key, pair[1]: entry} for key, entry in value.items() if entry is not None]
        if not isinstance(value, (list, tuple)):
            wanted = "a list or a dictionary" if pair else "a list"
            return self.refuse(path, f"{_show(value)} is {_kind(value)}, the API wants {wanted}.")
        self.length(value, shape, path, "entries")
        result = [self.value(entry, shape.member, f"{path}[{index}]") for index, entry in enumerate(value)]
        if pair:
            self.unique(result, pair[0], path)
        return result

    def unique(self, entries: list[Any], key: str, path: str) -> None:
        seen: set[Any] = set()
        for entry in entries:
            name = entry.get(key) if isinstance(entry, Mapping) else None
            if name in seen:
                self.refuse(path, f"{name} is given more than once; AWS does not say which one counts, keep one.")
            seen.add(name)

    def read_map(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            return self.refuse(path, f"{_show(value)} is {_kind(value)}, the API wants a dictionary.")
        return {
            str(key): self.value(entry, shape.value, f"{path}.{key}")
            for key, entry in value.items()
            if entry is not None
        }

    def read_string(self, value: Any, shape: Any, path: str) -> Any:
        choices = list(getattr(shape, "enum", None) or ())
        if isinstance(value, bool):
            if set(choices) == set(SWITCH.values()):
                return SWITCH[value]
            return self.refuse(
                path, f"{_show(value)} is a boolean, the API wants a string; quote it ('{str(value).lower()}')."
            )
        if not isinstance(value, (str, int, float)):
            return self.refuse(path, f"{_show(value)} is {_kind(value)}, the API wants a string.")
        text = str(value)
        if choices and text not in choices:
            return self.refuse(path, _not_one_of(text, choices))
        self.length(text, shape, path, "characters")
        return text

    def read_boolean(self, value: Any, shape: Any, path: str) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in BOOLEANS:
            return BOOLEANS[value.lower()]
        return self.refuse(path, f"{_show(value)} is {_kind(value)}, the API wants true or false.")

    def read_number(self, value: Any, shape: Any, path: str) -> Any:
        whole = shape.type_name in ("integer", "long")
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
            if not math.isfinite(number) or (whole and number != int(number)):
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            wanted = "a whole number" if whole else "a number"
            return self.refuse(path, f"{_show(value)} is {_kind(value)}, the API wants {wanted}.")
        result = int(number) if whole else number
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and result < low) or (high is not None and result > high):
            return self.refuse(path, f"{result} is out of range; {_range(low, high)}.")
        return result

    def length(self, value: Any, shape: Any, path: str, unit: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and len(value) < low) or (high is not None and len(value) > high):
            self.refuse(path, f"it has {len(value)} {unit}; {_range(low, high)}.")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "a dictionary"}
    return names.get(type(value), f"a {type(value).__name__}")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _range(low: Any, high: Any) -> str:
    if high is None:
        return f"the API wants at least {low}"
    return f"the API wants at most {high}" if low is None else f"the API wants {low} to {high}"


def _not_one_of(text: str, choices: list[str]) -> str:
    near = {choice.lower().replace("_", ""): choice for choice in choices}
    close = difflib.get_close_matches(text.lower().replace("_", ""), near, 1, 0.6)
    if close:
        return f"{text!r} is not one of the API's values; did you mean {near[close[0]]}?"
    return f"{text!r} is not one of the API's values ({', '.join(choices)})."


def _unknown(key: Any, shape: Any) -> str:
    names = [snake(name) for name in shape.members]
    close = difflib.get_close_matches(snake(str(key)), names, 1, 0.6)
    hint = f"did you mean {close[0]}?" if close else f"botocore {BOTOCORE_VERSION} knows {', '.join(sorted(names))}."
    return f"no such member of {shape.name}; {hint}"


def to_ansible(value: Any, shape: Any, pairs: bool = False) -> Any:
    """Translate a document of the API into the spelling of the options; times become ISO 8601 strings.

    Tags become a dictionary, and with `pairs` every other list of pairs does too, which reads better in a diff.
    """
    if shape.type_name == "structure" and isinstance(value, Mapping) and not getattr(shape, "is_document_type", False):
        return {
            snake(name): to_ansible(entry, shape.members[name], pairs) if name in shape.members else entry
            for name, entry in value.items()
        }
    if shape.type_name == "list" and value is not None:
        pair = pair_members(shape)
        if pair and (pairs or shape.member.name == "Tag"):
            return {entry.get(pair[0]): entry.get(pair[1]) for entry in value}
        return [to_ansible(entry, shape.member, pairs) for entry in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
