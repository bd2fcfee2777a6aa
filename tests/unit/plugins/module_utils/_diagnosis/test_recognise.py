# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a stopped task: which of the many things that it says is the cause, and when there is no hope."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis import recognise
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis.diagnose import hopeless

EXITED = {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
NOT_FOUND = "CannotPullContainerError: failed to resolve ref docker.io/library/web:9: not found"


def _container(name: str = "web", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": f"{name}:9", **more}


def _task(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"taskArn": "arn:aws:ecs:eu-west-1:1:task/shop/0123", "containers": list(containers), **more}


def _cause(task: dict[str, Any]) -> tuple[str, str | None] | None:
    finding = recognise.of_task(task)
    return (finding.entry.cause, finding.words.get("container")) if finding else None


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        # EC2 says in the task only that it failed, and in the container why
        (_task(_container(reason=NOT_FOUND), stoppedReason="Task failed to start"), ("image", "web")),
        # Fargate says it in the task; the image tells which container is meant
        (
            _task(_container("proxy"), _container(), stopCode="TaskFailedToStart", stoppedReason=NOT_FOUND),
            ("image", "web"),
        ),
        # memory explains the exit code
        (
            _task(_container(exitCode=137, reason="OutOfMemoryError: Container killed due to memory usage"), **EXITED),
            ("out-of-memory", "web"),
        ),
        # the container that ended by itself, not those that were ended for it
        (_task(_container("proxy", exitCode=143), _container(exitCode=1), **EXITED), ("exit-code", "web")),
        (_task(_container("proxy", exitCode=0), _container(exitCode=137), **EXITED), ("out-of-memory", "web")),
        (_task(_container("proxy", exitCode=137), _container(exitCode=127), **EXITED), ("command", "web")),
        # a container that is told to stop has an exit code too: the reason of the order counts
        (
            _task(
                _container(exitCode=137),
                stopCode="ServiceSchedulerInitiated",
                stoppedReason="Task failed container health checks",
            ),
            ("container-health", "web"),
        ),
        (
            _task(
                _container(exitCode=137), stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted."
            ),
            ("spot", "web"),
        ),
        # no longer wanted: no failure
        (
            _task(
                _container(exitCode=143),
                stopCode="ServiceSchedulerInitiated",
                stoppedReason="Scaling activity initiated by (deployment ecs-svc/1)",
            ),
            None,
        ),
        # a person stopped it: what the person said
        (_task(_container(exitCode=143), stopCode="UserInitiated", stoppedReason="lunch"), ("unknown", None)),
        (_task(_container(), stopCode="TaskFailedToStart"), ("unknown", None)),
    ],
)
def test_the_cause_of_a_task_is_what_explains_most(task: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert _cause(task) == expected


def test_tasks_are_grouped_by_cause_and_container() -> None:
    crash = _task(_container(exitCode=1), **EXITED)
    other = _task(_container("proxy", exitCode=1), **EXITED)
    missing = _task(_container(reason=NOT_FOUND), stoppedReason="Task failed to start")
    groups = recognise.grouped([crash, crash, other, missing])
    assert [(group.finding.entry.cause, len(group.tasks)) for group in groups] == [
        ("image", 1),
        ("exit-code", 2),
        ("exit-code", 1),
    ]


MISSING = _task(_container(reason=NOT_FOUND), stoppedReason="Task failed to start")
CRASHED = _task(_container(exitCode=1), **EXITED)
ILL = _task(
    _container(exitCode=0), stopCode="ServiceSchedulerInitiated", stoppedReason="Task failed container health checks"
)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([], None),
        ([MISSING] * 2, None),
        ([MISSING] * 3, ("image", 3)),
        ([MISSING] * 2 + [ILL], None),
        ([ILL] * 4 + [MISSING], ("container-health", 4)),
        # a program that crashes may find tomorrow what it lacks today
        ([CRASHED] * 9, None),
        ([CRASHED] * 9 + [MISSING] * 3, ("image", 3)),
    ],
)
def test_hope_ends_with_three_tasks_of_a_cause_that_lasts(
    tasks: list[dict[str, Any]], expected: tuple[str, int] | None
) -> None:
    assert hopeless(tasks) == expected


def test_a_reason_becomes_a_part_of_a_sentence() -> None:
    assert recognise.clipped("It broke.  Twice.\n") == "It broke; Twice"
    assert recognise.clipped("login with password=hunter2 failed") == "login with password=******** failed"
    assert recognise.clipped("x" * 300) == "x" * 240 + "..."


def test_several_names_are_spoken_of_as_several() -> None:
    assert recognise.worded("{subnet}; {alarm}; {group}", {"subnet": "a and b", "alarm": "c"}) == (
        "the subnets a and b; the alarm c; its security group"
    )


def test_a_secret_in_a_name_is_hidden() -> None:
    assert recognise.worded("{command}", {"command": "serve --token abc123"}) == "serve --token ********"
