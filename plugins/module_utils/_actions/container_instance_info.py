# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading container instances: those that are named, or those of a cluster that have something in common."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from . import _find_instances


class ContainerInstanceInfo(Action):
    """Container instances with their resources, attributes, health and agents."""

    writes = False
    options: ClassVar[dict[str, Any]] = _find_instances.OPTIONS

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        found, _missing = _find_instances.chosen(api, job.params, job.watch.clock.date())
        return {"container_instances": [_find_instances.shown_as(api, item) for item in found]}
