# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something that is done rather than kept: a task is run, a deployment is rolled back, a check is made.

An action has no document to compare with what AWS has. It looks, decides, and makes its calls through its job, which
notes them: from there come `changed`, `actions` and check mode.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ._core import Call
from ._watch import Watch


@dataclass
class Job:
    """One run of an action: what was asked, how it waits, and the writes it has made."""

    params: dict[str, Any]
    check: bool
    watch: Watch
    warnings: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def do(self, api: Any, call: Call) -> dict[str, Any]:
        """Make a call and give its answer; in check mode only validate and note it, and give an empty answer.

        Raises BadInput when the call does not fit the service model, AwsError when AWS refuses it.
        """
        api.validate(call)
        if self.check:
            self.calls.append(call)
            return {}
        answer = api.make(call)
        self.calls.append(call)
        return dict(answer)


class Action:
    """One kind of action: its options, and what it does."""

    options: ClassVar[dict[str, Any]] = {}  # the argument spec, without the options of the connection
    rules: ClassVar[dict[str, Any]] = {}  # what AnsibleModule checks among options, such as required_if
    tells = False  # whether its waits are long enough to tell progress, by an action plugin of its name
    clean = False  # whether its result holds nothing secret, because it takes that out itself, and need not be masked
    offline = (
        False  # whether it needs no AWS, only the service models; the options of the connection have no effect then
    )
    writes = True  # whether it may make calls that change something; an action that only looks has no `actions`

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        """Do it, and give the result.

        Raises EcsError when it cannot be done; what `error.data["result"]` holds stands in the result beside the
        failure. Waits by `job.watch.until`; when `job.watch.resumed` its calls have been made, and only the wait is
        left, with what `job.watch.notes` holds.
        """
        raise NotImplementedError
