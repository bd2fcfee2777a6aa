# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Copilot application, or one manifest of it: web, backend and worker services, and scheduled jobs.

Sources: https://aws.github.io/copilot-cli/docs/manifest/overview/ and the CloudFormation templates of
https://github.com/aws/copilot-cli/tree/mainline/internal/pkg/template/templates/workloads for what Copilot adds itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import _copilot_reasons as reasons
from ._copilot_job import job
from ._copilot_service import service
from ._copilot_task import Task
from ._copilot_values import APPLICATION, ENVIRONMENT, JOB, Workload, interpolated, merged
from ._piece import Choice, Piece
from ._reader import LOOK
from ._source import Source

TYPES = ("Load Balanced Web Service", "Backend Service", "Worker Service", JOB)
FOLDER = "copilot/"  # in the root of a project
WORKSPACE = ".workspace"  # names the application
MANIFESTS = "*/manifest.yml"
NAMELESS = "app"


def fits(source: Source) -> bool:
    """Tell whether the source is a manifest, or a directory that holds some."""
    if source.is_directory:
        return bool(_manifests(source))
    value = source.value()
    return isinstance(value, Mapping) and value.get("type") in {*TYPES, *reasons.TYPES}


def pieces(source: Source, choice: Choice) -> Iterator[Piece]:
    """Give the task definition of each workload, and its service, scaling or schedule."""
    names = _manifests(source) if source.is_directory else [""]
    for pattern, (reason, remedy) in reasons.FILES.items():
        for name in source.names(pattern) + source.names(f"{FOLDER}{pattern}"):
            source.left.leave(name, reason, remedy)
    for name in names:
        workload = _workload(source, choice, name)
        if workload:
            yield from _entries(workload)


def _manifests(source: Source) -> list[str]:
    return source.names(MANIFESTS) or source.names(f"{FOLDER}{MANIFESTS}")


def _entries(workload: Workload) -> Iterator[Piece]:
    for name, (reason, remedy) in reasons.MEMBERS.items():
        workload.reader.leave(name, reason, remedy)
    task = Task(workload)
    # The service comes first, since its load balancers may want ports of the task.
    beside = list(job(workload) if workload.type == JOB else service(workload, task))
    yield task.piece()
    yield from beside
    _leave_surroundings(workload)


def _workload(source: Source, choice: Choice, name: str) -> Workload | None:
    """Read a manifest for the environment that is meant; one of another type is left."""
    value = source.value(name)
    value = value if isinstance(value, Mapping) else {}
    app = choice.variables.get(APPLICATION) or _application(source, name)
    variables = dict(choice.variables)
    variables.update({key: text for key, text in ((APPLICATION, app), (ENVIRONMENT, choice.environment)) if text})

    def missing(path: str, names: list[str]) -> None:
        source.left.leave(path, f"there is no value for {', '.join(names)}.", reasons.GIVE)

    reader = source.over(interpolated(_chosen(source, value, choice, name), variables, missing, name), name)
    kind = str(reader.take("type"))
    if kind not in TYPES:
        reader.whole()
        reason, remedy = reasons.TYPES.get(kind, reasons.NO_TYPE)
        reader.note("type", reason, remedy)
        return None
    named = reader.text("name")
    if not named:
        reader.note("type", f"it has no name; {NAMELESS} is taken.", "give name.")
    return Workload(reader, choice, kind, named or NAMELESS, app)


def _chosen(source: Source, value: Mapping[str, Any], choice: Choice, name: str) -> dict[str, Any]:
    """Lay what is particular to the environment over the rest; what is of other environments is left."""
    base = {member: entry for member, entry in value.items() if member != "environments"}
    environments = value.get("environments")
    if not isinstance(environments, Mapping):
        return dict(value)
    path = f"{name}.environments" if name else "environments"
    if choice.environment is None:
        names = " or ".join(map(str, environments))
        source.left.leave(path, "no environment is chosen, so these are left out.", f"give environment, as {names}.")
        return base
    for other in environments:
        if other != choice.environment:
            source.left.leave(
                f"{path}.{other}", "it is another environment.", f"convert with environment: {other} too."
            )
    over = environments.get(choice.environment) or {}
    if not isinstance(over, Mapping):
        source.left.leave(f"{path}.{choice.environment}", "it is no dictionary.", LOOK)
        return base
    return dict(merged(base, over))


def _application(source: Source, name: str) -> str | None:
    """Give the name of the application, from the file of the workspace."""
    folder = name.rpartition("/")[0].rpartition("/")[0]
    path = f"{folder}/{WORKSPACE}" if folder else WORKSPACE if name else f"../{WORKSPACE}"
    value = source.value(path) if source.has(path) else None
    return str(value["application"]) if isinstance(value, Mapping) and value.get("application") else None


def _leave_surroundings(workload: Workload) -> None:
    """Tell what Copilot makes around a workload without being told to."""
    for kind, option, (reason, remedy) in reasons.SURROUNDINGS:
        if option not in workload.choice.defaults.get(kind, {}):
            workload.reader.note("type", reason, remedy)
    if not workload.cluster:
        workload.reader.note("type", "the cluster is that of the environment, and has no fixed name.", "give cluster.")
    if not workload.region:
        said = "its logs go to CloudWatch Logs in its own Region, which is not known here."
        workload.reader.note("type", said, "give AWS_REGION in variables.")
    else:
        said = f"Copilot makes the log group {workload.log_group}."
        workload.reader.note("type", said, "make it with amazon.aws.cloudwatchlogs_log_group, unless it stays.")
