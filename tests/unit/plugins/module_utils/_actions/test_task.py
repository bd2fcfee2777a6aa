# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of `task` are against the API, and what is told from what: a lack of capacity, a good end, a key."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._actions import _find_tasks, _run_task
from ansible_collections.longshore.ecs.plugins.module_utils._actions._definitions import Definitions, ended_well
from ansible_collections.longshore.ecs.plugins.module_utils._actions._protect_tasks import LONGEST_MINUTES
from ansible_collections.longshore.ecs.plugins.module_utils._actions.task import ONLY_WITH, Task
from ansible_collections.longshore.ecs.plugins.module_utils._api import AwsError
from ansible_collections.longshore.ecs.plugins.module_utils._normal import snake
from unit.plugins.fixtures import oldest
from unit.plugins.fixtures.model import request, structures

# Members without an option, and why.
NOT_OFFERED = {"clientToken": "made from run_once, or by botocore for each call"}
# Members that the oldest botocore lacks, at any depth.
SINCE_NEWER = {"ResourceRequirement": {"sharingStrategy"}}


@pytest.mark.parametrize("operation", ["RunTask", "StartTask"])
def test_every_member_has_an_option_or_a_reason(operation: str) -> None:
    members = request(operation).members
    assert {name for name in members if snake(name) not in Task.options} == set(NOT_OFFERED) & set(members)


@pytest.mark.parametrize("operation", ["RunTask", "StartTask"])
def test_an_option_takes_the_spelling_of_aws_and_lists_no_values(operation: str) -> None:
    for name in set(request(operation).members) - set(NOT_OFFERED):
        option = Task.options[snake(name)]
        assert name in (snake(name), *option.get("aliases", ())), name
        assert "choices" not in option


@pytest.mark.parametrize("operation", ["RunTask", "StartTask"])
def test_what_the_oldest_botocore_lacks_is_written_down(operation: str) -> None:
    old = structures(oldest.ecs().operation_model(operation).input_shape)
    new = structures(request(operation))
    lacking = {name: set(new[name].members) - set(shape.members) for name, shape in old.items() if name in new}
    assert {name: members for name, members in lacking.items() if members} == SINCE_NEWER


def test_what_goes_with_some_states_exists() -> None:
    states = set(Task.options["state"]["choices"])
    assert set(ONLY_WITH) <= set(Task.options)
    assert all(set(allowed) < states for allowed in ONLY_WITH.values())


def test_the_batches_are_those_that_the_api_documents() -> None:
    assert f"{_run_task.BATCH} tasks" in request("RunTask").members["count"].documentation
    assert f"up to {_run_task.BATCH}" in request("StartTask").members["containerInstances"].documentation
    assert (
        "2,880" in request("UpdateTaskProtection").members["expiresInMinutes"].documentation and LONGEST_MINUTES == 2880
    )


@pytest.mark.parametrize(
    ("reason", "passes"),
    [
        ("Capacity is unavailable at this time. Please try again later or in a different availability zone", True),
        ("RESOURCE:MEMORY", True),
        ("RESOURCE:CPU", True),
        ("RESOURCE:ENI", True),
        ("RESOURCE:PORTS", True),
        ("No Container Instances were found in your cluster.", True),
        ("You've reached the limit on the number of vCPUs you can run concurrently", True),
        ("You've reached the limit on the number of tasks you can run concurrently", True),
        ("You've reached the limit on the number of tasks in the PROVISIONING state", True),
        ("Rate exceeded", True),
        ("AGENT", False),
        ("ATTRIBUTE", False),
        ("LOCATION", False),
        ("MISSING", False),
        ("INACTIVE", False),
        ("The requested CPU configuration is above your limit", False),
        ("TaskDefinition is inactive", False),
        ("None", False),
    ],
)
def test_a_lack_of_capacity_is_told_from_other_failures(reason: str, passes: bool) -> None:
    assert bool(_run_task.LACKING.search(reason)) == passes


@pytest.mark.parametrize("key", ["migrate-7", "a/b_c", "x" * 128])
def test_a_key_that_fits_is_the_started_by(key: str) -> None:
    assert _find_tasks.starter({"run_once": key}) == key


def test_other_keys_stay_different_and_fit() -> None:
    keys = ["v1.2", "v1_2", "v1 2", "", "é", "x" * 129, "x" * 130]
    spelled = [_find_tasks.starter({"run_once": key}) for key in keys if key]
    assert len(set(spelled)) == len(spelled)
    assert all(by and _find_tasks.STARTED_BY.fullmatch(by) for by in spelled)
    assert _find_tasks.starter({"run_once": "", "started_by": "me"}) == "me"
    assert _find_tasks.starter({}) is None


class Registered:
    """An AWS that knows one definition, or lets nobody read it."""

    region = "eu-central-1"

    def __init__(self, *containers: dict[str, Any]) -> None:
        self.containers = containers

    def read(self, operation: str, **_params: Any) -> dict[str, Any]:
        if not self.containers:
            raise AwsError("no", code="AccessDeniedException")
        return {"taskDefinition": {"containerDefinitions": list(self.containers)}}


def stopped(code: str | None = "EssentialContainerExited", **exit_codes: int | None) -> dict[str, Any]:
    containers = [{"name": name, "exitCode": exit_code} for name, exit_code in exit_codes.items()]
    return {
        "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/shop/abc",
        "taskDefinitionArn": "a",
        "stopCode": code,
        "containers": containers,
    }


WEB, SIDECAR = {"name": "web"}, {"name": "sidecar", "essential": False}


@pytest.mark.parametrize(
    ("task", "well"),
    [
        (stopped(web=0, sidecar=None), True),
        (stopped(web=0, sidecar=1), True),
        (stopped(web=1, sidecar=0), False),
        (stopped(web=None, sidecar=0), False),
        (stopped("UserInitiated", web=0, sidecar=0), False),
        (stopped("SpotInterruption", web=0), False),
        (stopped("TaskFailedToStart", web=None), False),
        (stopped(None, web=0), True),
    ],
)
def test_a_task_ended_well_when_every_essential_container_exited_with_0(task: dict[str, Any], well: bool) -> None:
    assert ended_well(task, Definitions(Registered(WEB, SIDECAR))) == well


def test_without_the_definition_every_container_is_essential() -> None:
    assert not ended_well(stopped(web=0, sidecar=1), Definitions(Registered()))
    assert ended_well(stopped(web=0, sidecar=0), Definitions(Registered()))


def logged(**options: str) -> dict[str, Any]:
    return {"name": "web", "logConfiguration": {"logDriver": "awslogs", "options": options}}


@pytest.mark.parametrize(
    ("container", "streams"),
    [
        (logged(**{"awslogs-group": "g", "awslogs-stream-prefix": "p"}), {"web": ("g", "p/web/abc")}),
        (logged(**{"awslogs-group": "g"}), {"web": ("g", "runtime-1")}),
        (logged(**{"awslogs-group": "g", "awslogs-stream-prefix": "p", "awslogs-region": "us-east-1"}), {}),
        (logged(), {}),
        ({"name": "web", "logConfiguration": {"logDriver": "splunk", "options": {}}}, {}),
        ({"name": "web"}, {}),
    ],
)
def test_where_a_container_logs(container: dict[str, Any], streams: dict[str, tuple[str, str]]) -> None:
    task = {**stopped(), "containers": [{"name": "web", "runtimeId": "runtime-1"}]}
    assert Definitions(Registered(container)).streams(task) == streams
