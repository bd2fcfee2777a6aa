# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes of tasks, rounded up to what Fargate offers."""

from __future__ import annotations

from .._resources._sizes import FARGATE


def size(cpu: float, memory: float) -> tuple[int, int] | None:
    """Give the smallest size of Fargate with at least so many CPU units and MiB; None where it is larger than all."""
    for units, offered in FARGATE.items():
        fitting = [mebibytes for mebibytes in offered if mebibytes >= memory]
        if units >= cpu and fitting:
            return units, fitting[0]
    return None
