# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPU and memory of tasks: spellings, and the pairs that Fargate has.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

from __future__ import annotations

import re

from .errors import invalid_parameter

_PLAIN = re.compile(r"\d+\Z")
_UNITS = re.compile(r"(\d*\.?\d+)\s*(vcpu|gb)\Z")
_PER_UNIT = 1024


def canonical(member: str, text: str) -> str:
    """Spell `cpu` in CPU units and `memory` in MiB: "1 vCPU" and "2GB" become "1024" and "2048".

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    """
    stripped = text.strip().lower()
    if _PLAIN.match(stripped):
        return str(int(stripped))
    match = _UNITS.match(stripped)
    if match is None or match.group(2) != {"cpu": "vcpu", "memory": "gb"}[member]:
        raise invalid_parameter(f"Invalid '{member}' setting for task.")
    return str(int(float(match.group(1)) * _PER_UNIT))


def _range(low: int, high: int, step: int) -> set[int]:
    return set(range(low, high + 1, step))


# CPU units -> MiB; 32 vCPU is in the guide though not in the text of the API model.
FARGATE_PAIRS = {
    256: {512, 1024, 2048},
    512: _range(1024, 4096, 1024),
    1024: _range(2048, 8192, 1024),
    2048: _range(4096, 16384, 1024),
    4096: _range(8192, 30720, 1024),
    8192: _range(16384, 61440, 4096),
    16384: _range(32768, 122880, 8192),
    32768: {61440, 122880, 249856},
}


def fits_fargate(cpu: str, memory: str) -> bool:
    """Tell whether Fargate has this size."""
    return int(memory) in FARGATE_PAIRS.get(int(cpu), set())
