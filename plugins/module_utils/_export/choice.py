# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which resources are meant: by name, by cluster, by tag; and, where that is narrowed down, what belongs to them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .._core import Resource
from .._errors import BadInput

GLOB = frozenset("*?[")
# Kinds that are of the whole account and touch what nobody has named: they are exported when they are asked for.
ON_DEMAND = frozenset({"account_setting"})


@dataclass(frozen=True)
class Choice:
    """What was asked for."""

    kinds: tuple[str, ...]
    clusters: tuple[str, ...]
    services: tuple[str, ...]
    families: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def narrow(self) -> bool:
        """Whether only a part of the account is meant."""
        return bool(self.clusters or self.services or self.families or self.tags)

    def cluster(self, name: str) -> bool:
        """Tell whether a cluster, and what is in it, may be meant."""
        return _one_of(self.clusters, name)

    def service(self, cluster: str, name: str) -> bool:
        """Tell whether a service is meant, by its name or by cluster/name."""
        return _one_of(self.services, name) or _one_of(self.services, f"{cluster}/{name}")

    def family(self, name: str) -> bool:
        """Tell whether a family is meant."""
        return _one_of(self.families, name)

    def tagged(self, tags: Mapping[str, str]) -> bool:
        """Tell whether something carries all the tags."""
        return all(name in tags and fnmatchcase(tags[name], value) for name, value in self.tags.items())


def chosen(params: Mapping[str, Any], resources: Mapping[str, Resource]) -> Choice:
    """Read the options; raises BadInput for a kind that there is none of, or that cannot be exported."""
    known = [kind for kind, resource in resources.items() if exportable(resource)]
    kinds = params["kinds"] or [kind for kind in known if kind not in ON_DEMAND]
    for kind in kinds:
        if kind not in known:
            close = difflib.get_close_matches(kind, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
            raise BadInput(f"kinds: {kind!r} is no kind of resource that can be exported; {hint}")
    tags = {str(name): "*" if value is None else str(value) for name, value in (params["tags"] or {}).items()}
    clusters, services, families = (
        tuple(map(_short, params[option] or ())) for option in ("clusters", "services", "families")
    )
    return Choice(tuple(kinds), clusters, services, families, tags)


def _short(name: str) -> str:
    """Give the name in an ARN: that of a service with its cluster, that of a family without its revision."""
    if not name.startswith("arn:"):
        return name
    kind, _slash, path = name.rpartition(":")[2].partition("/") if ":task-def" not in name else ("", "", "")
    return path if kind else name.rpartition("/")[2].partition(":")[0]


def exportable(resource: Resource) -> bool:
    """Tell whether resources of a kind can be found without being named."""
    return type(resource).find is not Resource.find


def missing(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Name the patterns without a wildcard that are the name of nothing."""
    there = set(names)
    return [pattern for pattern in patterns if not GLOB & set(pattern) and pattern not in there]


def _one_of(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
