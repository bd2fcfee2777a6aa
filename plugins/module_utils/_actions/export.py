# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Live resources as a manifest that `apply` finds unchanged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from .._action import Action, Job
from .._bulk.limits import Limiter
from .._export.choice import chosen
from .._export.collect import Collector
from .._export.files import files
from .._export.reading import Reader
from .._registry import RESOURCES

MOST = 64  # threads, as many as there are connections


class Export(Action):
    """Reads resources and writes them as a person would have declared them."""

    writes = False
    clean = True
    options: ClassVar[dict[str, Any]] = {
        "kinds": {"type": "list", "elements": "str", "aliases": ["include"]},
        "clusters": {"type": "list", "elements": "str", "aliases": ["cluster"]},
        "services": {"type": "list", "elements": "str", "aliases": ["service"]},
        "families": {"type": "list", "elements": "str", "aliases": ["task_definitions", "family"]},
        "tags": {"type": "dict"},
        "concurrency": {"type": "int", "default": 16},
    }

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        """Give the manifest. Raises BadInput for a name or a kind that there is none of."""
        choice = chosen(job.params, RESOURCES)
        api.pace = Limiter(api.clock, api.attempts - 1)
        with ThreadPoolExecutor(min(max(job.params["concurrency"], 1), MOST)) as executor:
            account = Reader(api, RESOURCES, executor, choice).read()
            collector = Collector(api, RESOURCES, account, choice)
            pieces = collector.pieces()
        job.warnings += collector.estate.warnings
        return {
            "resources": [piece.entry for piece in pieces],
            "files": files(pieces, api),
            "placeholders": collector.vault.told,
            "not_exported": collector.estate.left,
        }
