# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""External instances as Systems Manager knows them: it goes on to know them when ECS has forgotten them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._action import Job
from .._core import Call
from ._find_instances import batches

SSM, PREFIX = "ssm", "mi-"
AT_ONCE = 50  # DescribeInstanceInformation, MaxResults


def deregister(api: Any, job: Job, names: Iterable[str]) -> None:
    """Deregister those of these that are managed nodes; others, and what is gone already, are left alone."""
    for part in batches(sorted({name for name in names if name.startswith(PREFIX)}), AT_ONCE):
        filters = [{"Key": "InstanceIds", "Values": part}]
        for shown in api.pages("DescribeInstanceInformation", "InstanceInformationList", SSM, Filters=filters):
            job.do(api, Call("DeregisterManagedInstance", {"InstanceId": shown["InstanceId"]}, SSM))
