# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats that can be converted, in the order in which a source is tried on them."""

from __future__ import annotations

from types import ModuleType

from . import copilot, docker_compose, ecspresso, terraform

FORMATS: dict[str, ModuleType] = {
    "terraform": terraform,  # first: a state is easily told from all others
    "ecspresso": ecspresso,
    "copilot": copilot,
    "docker_compose": docker_compose,
}
