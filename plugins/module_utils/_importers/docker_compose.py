# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A docker-compose file: each service becomes a family and a service on Fargate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ._piece import Choice, Piece, filled
from ._source import Source


def fits(source: Source) -> bool:
    """Tell whether the source has services as Compose writes them."""
    if source.is_directory:
        return False
    value = source.value()
    return isinstance(value, Mapping) and isinstance(value.get("services"), Mapping)


def pieces(source: Source, choice: Choice) -> Iterator[Piece]:
    """Give a family and a service for each service."""
    for name, reader in source.reader().each("services"):
        family = choice.named(str(name))
        main = filled({"name": str(name), "image": reader.text("image")})
        yield Piece("task_definition", {"family": family, "container_definitions": [main]})
        yield Piece("service", filled({"name": family, "cluster": choice.cluster, "task_definition": family}))
