# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the API's spelling of a document to that of the options, without the API's model: importers make no calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._normal import snake

# Maps and free documents of RegisterTaskDefinition and CreateService: their keys belong to the user.
OF_USER = frozenset({"dockerLabels", "driverOpts", "hookDetails", "labels", "options"})
# The two members of entries that say the same as a dictionary.
PAIRS = (("name", "value"), ("name", "valueFrom"), ("key", "value"), ("namespace", "value"))


def as_options(value: Any, member: str = "") -> Any:
    """Spell a value as options do, with lists of pairs as dictionaries, and without what is empty.

    Members may begin with a capital letter, as in CloudFormation.
    """
    if isinstance(value, Mapping):
        if member in OF_USER:
            return dict(value)
        spelled = {snake(str(name)): as_options(entry, _small(str(name))) for name, entry in value.items()}
        return {name: entry for name, entry in spelled.items() if entry is not None and entry not in ([], {})}
    if isinstance(value, list):
        pair = next((pair for pair in PAIRS if all(_is_pair(entry, pair) for entry in value)), None)
        names = [entry[pair[0]] for entry in value] if pair else []
        if pair and len(set(names)) == len(names):
            return dict(zip(names, (entry[pair[1]] for entry in value), strict=True))
        return [as_options(entry) for entry in value]
    return value


def _is_pair(entry: Any, pair: tuple[str, str]) -> bool:
    """Tell whether an entry has these two members and no others, both with text, a number or a boolean."""
    if not isinstance(entry, Mapping) or set(entry) != set(pair):
        return False
    return isinstance(entry[pair[0]], str) and isinstance(entry[pair[1]], (str, int, float))


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
