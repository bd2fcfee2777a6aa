# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The register of ECS operations: each is a function from (region, request) to the answer's document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .region import Region

Document = dict[str, Any]
Operation = Callable[[Region, Document], Document]

OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Register a function under the API's name: `create_cluster` becomes CreateCluster."""
    name = "".join(word.capitalize() for word in function.__name__.split("_"))
    OPERATIONS[name] = function
    return function
