# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes of tasks that Fargate offers."""

from __future__ import annotations

from collections.abc import Sequence

# CPU units -> the memory in MiB that Fargate offers with them (developer guide, "Fargate task size").
FARGATE: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
    32768: (61440, 122880, 249856),
}


def described(cpu: int) -> str:
    """Say in words which memory Fargate offers with so many CPU units."""
    offered = FARGATE[cpu]
    if isinstance(offered, range):
        return f"{offered[0]} to {offered[-1]} MiB in steps of {offered.step}"
    return f"{', '.join(map(str, offered))} MiB"
