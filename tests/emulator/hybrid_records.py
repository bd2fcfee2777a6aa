# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Systems Manager keeps of hosts that are not in EC2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass
class Hybrid:
    """Activations and their codes by id, and managed nodes by id."""

    activations: dict[str, Document] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Document] = field(default_factory=dict)
