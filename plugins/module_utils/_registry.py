# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of resource, in the order in which they are created; deletion runs backwards.

A module imports its own resource, not this: AnsiballZ follows imports, and would ship every kind with every module.
"""

from __future__ import annotations

from ._core import Resource
from ._resources.account_setting import AccountSetting
from ._resources.capacity_provider import CapacityProvider
from ._resources.cluster import Cluster
from ._resources.repository import Repository
from ._resources.scaling import Scaling
from ._resources.schedule import Schedule
from ._resources.schedule_group import ScheduleGroup
from ._resources.service import Service
from ._resources.task_definition import TaskDefinition

RESOURCES: dict[str, Resource] = {
    resource.kind: resource
    for resource in (
        AccountSetting(),
        Repository(),
        CapacityProvider(),
        Cluster(),
        TaskDefinition(),
        Service(),
        Scaling(),
        ScheduleGroup(),
        Schedule(),
    )
}
