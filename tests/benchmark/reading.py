# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor for a whole estate: a script by hand that reads everything with boto3, in batches and threads.

It compares nothing and writes nothing. Its seconds are those from making the client to the last answer, so that neither
the start of Python nor imports count, which they do not in the module's own time either.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

THREADS = 16  # as many as apply takes unless it is told another number
BATCH = 10  # services that one call describes


def main() -> None:
    """Read the cluster, the services and the families whose names come as arguments; print seconds and calls."""
    cluster, *names = sys.argv[1:]
    began = time.perf_counter()
    # botocore keeps ten connections unless it is told otherwise, and says so on stderr when there are more threads.
    ecs = boto3.client("ecs", config=Config(max_pool_connections=THREADS))
    tags: dict[str, Any] = {"include": ["TAGS"]}
    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(ecs.describe_clusters, clusters=[cluster], **tags)]
        for start in range(0, len(names), BATCH):
            jobs.append(
                pool.submit(ecs.describe_services, cluster=cluster, services=names[start : start + BATCH], **tags)
            )
        jobs += [pool.submit(ecs.describe_task_definition, taskDefinition=name, **tags) for name in names]
        answers = [job.result() for job in jobs]
    print(json.dumps({"seconds": time.perf_counter() - began, "calls": len(answers)}))


if __name__ == "__main__":
    main()
