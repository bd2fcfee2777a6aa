# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrays of one-off tasks: so many at a time, again where they fail, never twice where they have run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

NAME = "report-1"


class Batches:
    """A cluster and a family, and batches of its tasks."""

    def __init__(self, module: ModuleRun, emulator: Emulator, subnets: list[str]) -> None:
        self.module, self.emulator = module, emulator
        module.ok("cluster", name="shop", capacity_providers=["FARGATE", "FARGATE_SPOT"])
        logs = {"awslogs-group": "/shop", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "job"}
        logs["awslogs-create-group"] = "true"
        module.ok(
            "task_definition",
            family="report",
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            execution_role_arn="arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
            container_definitions=[
                {
                    "name": "report",
                    "image": "report:exit-0",
                    "environment": {"LEVEL": "info"},
                    "log_configuration": {"logDriver": "awslogs", "options": logs},
                },
                {"name": "sidecar", "image": "sidecar:1", "essential": False},
            ],
        )
        self.base = {
            "name": NAME,
            "cluster": "shop",
            "task_definition": "report",
            "launch_type": "FARGATE",
            "network_configuration": {"subnets": subnets},
        }

    def run(self, check: bool = False, /, **options: Any) -> dict[str, Any]:
        given = {**self.base, **options}
        return self.module("batch", check, **{name: value for name, value in given.items() if value is not None})

    def ok(self, check: bool = False, /, **options: Any) -> dict[str, Any]:
        result = self.run(check, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def slice(self, token: dict[str, Any] | None = None, /, **options: Any) -> dict[str, Any]:
        """Run one slice, as the action plugin does; its token travels as JSON."""
        return self.run(**options, _watch=json.loads(json.dumps(token or {})))

    def rest(self, slice_: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Run the slices that follow one."""
        while token := slice_["_watch"]["token"]:
            slice_ = self.slice(token, **options)
        return slice_

    def images(self, **rules: dict[str, Any]) -> None:
        """Say how the container behaves with these commands."""
        self.emulator.control("images", {f"report:* *{command}": rule for command, rule in rules.items()})

    def requests(self) -> list[dict[str, Any]]:
        return [call["params"] for call in self.emulator.calls() if call["operation"] == "RunTask"]

    def started(self) -> list[str]:
        """Give the items for which RunTask was carried out, in this order."""
        done = [call for call in self.emulator.calls() if call["operation"] == "RunTask" and call["status"] == 200]
        return [tag["value"] for call in done for tag in call["params"]["tags"] if tag["key"] == "longshore:item"]


@pytest.fixture
def batches(module: ModuleRun, emulator: Emulator, subnets: list[str]) -> Batches:
    return Batches(module, emulator, subnets)


def items(*commands: str) -> list[dict[str, Any]]:
    return [{"name": f"{command}-{index}", "command": ["run", command]} for index, command in enumerate(commands)]


def states(result: dict[str, Any]) -> list[str]:
    return [item["state"] for item in result["outcomes"]]


def known(slice_: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give what a slice that has not ended knows of each item."""
    return dict(slice_["_watch"]["token"]["notes"]["items"])


def test_every_item_is_run_once_and_told(batches: Batches) -> None:
    wanted: list[Any] = ["eu", 2, {"name": "c", "command": ["x"], "environment": {"LEVEL": "debug", "DRY": True}}]
    result = batches.ok(items=wanted)
    assert [item["name"] for item in result["outcomes"]] == ["eu", "2", "c"]
    assert result["summary"] == {"succeeded": 3, "failed": 0, "running": 0, "waiting": 0, "tasks": 3, "adopted": 0}
    for item in result["outcomes"]:
        assert (item["exit_code"], item["attempts"], item["stop_code"]) == (0, 1, "EssentialContainerExited")
        assert item["seconds"] > 0 and item["task"].endswith(item["id"])
    one, two, three = (request["overrides"]["containerOverrides"] for request in batches.requests())
    assert one == [{"name": "report", "environment": [{"name": "ITEM", "value": "eu"}]}]
    assert two[0]["environment"] == [{"name": "ITEM", "value": "2"}]
    assert three[0]["command"] == ["x"]
    assert three[0]["environment"] == [{"name": "LEVEL", "value": "debug"}, {"name": "DRY", "value": "true"}]


def test_check_mode_plans_what_a_run_would_start(batches: Batches) -> None:
    seen = len(batches.emulator.calls())
    predicted = batches.ok(True, items=["a", "b"])
    assert batches.emulator.writes(seen) == []
    done = batches.ok(items=["a", "b"])
    assert predicted["actions"] == done["actions"] and predicted["changed"] and done["changed"]
    again = batches.ok(True, items=["a", "b"])
    assert not again["changed"] and again["actions"] == []


def test_run_again_nothing_runs_again(batches: Batches) -> None:
    batches.ok(items=["a", "b"])
    again = batches.ok(items=["a", "b", "c"])
    assert [item["attempts"] for item in again["outcomes"]] == [1, 1, 1]
    assert again["summary"]["adopted"] == 2
    assert batches.started() == ["a", "b", "c"]
    assert not batches.ok(items=["a", "b", "c"])["changed"]
    batches.ok(items=["a"], name="report-2")
    assert batches.started() == ["a", "b", "c", "a"]


def test_no_more_run_at_a_time_than_are_wanted(batches: Batches) -> None:
    """The list of calls tells: each DescribeTasks names the tasks that run."""
    batches.ok(items=[f"i{number}" for number in range(23)], concurrency=5)
    looks = [call["params"]["tasks"] for call in batches.emulator.calls() if call["operation"] == "DescribeTasks"]
    assert max(map(len, looks[:-1])) == 5
    assert len(batches.started()) == 23


def test_many_tasks_are_followed_by_few_calls(batches: Batches) -> None:
    seen = len(batches.emulator.calls())
    batches.ok(items=list(range(130)), concurrency=130)
    operations = batches.emulator.operations(seen)
    assert operations.count("RunTask") == 130
    assert operations.count("DescribeTasks") <= 40
    assert operations.count("DescribeTaskDefinition") <= 4 * len(
        [name for name in operations if name == "DescribeTasks"]
    )


def test_one_that_fails_fails_the_batch_and_leaves_the_others(batches: Batches) -> None:
    batches.images(bad={"behaviour": "exit-3", "logs": ["cannot read the file"]})
    result = batches.run(items=items("good", "bad", "good"))
    assert states(result) == ["succeeded", "failed", "succeeded"]
    assert result["failure"]["code"] == "BatchFailed" and result["failure"]["items"] == ["bad-1"]
    assert result["msg"].startswith("1 of 3 items of the batch report-1 failed (bad-1): ")
    failed = result["outcomes"][1]
    assert failed["exit_code"] == 3 and failed["attempts"] == 1
    assert failed["log_tail"]["report"][-1] == "cannot read the file"
    assert result["outcomes"][0]["log_tail"] == {}
    assert result["diagnosis"]["cause"] == "exit-code"
    assert result["changed"]


def test_the_log_of_all_is_shown_where_that_is_asked(batches: Batches) -> None:
    batches.images(good={"behaviour": "exit-0", "logs": ["42 lines"]})
    (item,) = batches.ok(items=items("good"), log_all=True)["outcomes"]
    assert item["log_tail"]["report"] == ["42 lines"]


def test_one_that_fails_is_run_again_so_often(batches: Batches) -> None:
    batches.images(bad={"behaviour": "exit-1"})
    result = batches.run(items=items("bad", "good"), retries=2)
    assert [item["attempts"] for item in result["outcomes"]] == [3, 1]
    assert sorted(batches.started()) == ["bad-0", "bad-0", "bad-0", "good-1"]
    tokens = [request["clientToken"] for request in batches.requests()]
    assert len(set(tokens)) == 4


def test_one_that_comes_right_is_a_success(batches: Batches) -> None:
    batches.images(flaky={"behaviour": "exit-1"})
    options: dict[str, Any] = {"items": items("flaky"), "retries": 50}
    first = batches.slice(**options)
    while len(known(first)["flaky-0"]["tasks"]) < 2:
        first = batches.slice(first["_watch"]["token"], **options)
    batches.images(flaky={"behaviour": "exit-0"})
    done = batches.rest(first, **options)
    assert states(done) == ["succeeded"] and done["outcomes"][0]["attempts"] >= 2


def test_what_spot_takes_away_is_run_again_and_does_not_count(batches: Batches) -> None:
    batches.images(job={"behaviour": "spot"})
    options: dict[str, Any] = {"items": items("job"), "retries": 0}
    first = batches.slice(**options)
    while len(known(first)["job-0"]["tasks"]) < 2:
        first = batches.slice(first["_watch"]["token"], **options)
    batches.images(job={"behaviour": "exit-0"})
    assert states(batches.rest(first, **options)) == ["succeeded"]


def test_spot_that_takes_away_again_and_again_is_a_failure(batches: Batches) -> None:
    batches.images(job={"behaviour": "spot"})
    result = batches.run(items=items("job"), interruption_retries=1)
    assert states(result) == ["failed"] and result["outcomes"][0]["attempts"] == 2
    assert result["outcomes"][0]["stop_code"] == "SpotInterruption"


def test_a_killed_run_is_resumed(batches: Batches) -> None:
    """The first slice is all that the first run has done; the second run begins from nothing but what ECS shows."""
    batches.images(long={"behaviour": "exit-0", "run_seconds": 300}, bad={"behaviour": "exit-1"})
    wanted = items("short", "long", "bad", "short", "short")
    options: dict[str, Any] = {"items": wanted, "concurrency": 3}
    slice_ = batches.slice(**options)
    while not {"succeeded", "failed", "running"} <= {item["state"] for item in known(slice_).values()}:
        slice_ = batches.slice(slice_["_watch"]["token"], **options)
    batches.images(bad={"behaviour": "exit-0"})
    done = batches.ok(**options)
    assert states(done) == ["succeeded"] * 5
    assert done["summary"]["adopted"] >= 2
    assert sorted(batches.started()) == ["bad-2", "bad-2", "long-1", "short-0", "short-3", "short-4"]


def test_a_lost_answer_starts_no_second_task(batches: Batches, client: Any) -> None:
    batches.emulator.control("faults", {"operation": "RunTask", "kind": "lost", "every": 3})
    result = batches.ok(items=list("abcdef"))
    assert [item["attempts"] for item in result["outcomes"]] == [1] * 6
    assert len(client("ecs").list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]) == 6


def test_throttling_slows_it_down_and_that_is_all(batches: Batches) -> None:
    batches.emulator.control("buckets", {"enabled": True, "sizes": {"cluster resource modify": [2, 1]}})
    result = batches.ok(items=list(range(12)), concurrency=12)
    assert result["summary"]["tasks"] == 12
    refused = [call for call in batches.emulator.calls() if call.get("error") == "ThrottlingException"]
    assert refused


def test_a_lack_of_room_is_waited_out(batches: Batches) -> None:
    batches.emulator.control("capacity", {"fargate": "unavailable", "for": 3})
    result = batches.ok(items=["a", "b", "c"])
    assert result["summary"]["tasks"] == 3


def test_refusals_end_it_after_three(batches: Batches) -> None:
    fault = {"kind": "error", "code": "AccessDeniedException", "message": "not authorized to RunTask", "status": 400}
    batches.emulator.control("faults", {"operation": "RunTask", **fault})
    result = batches.run(items=list("abcdefgh"))
    assert states(result).count("failed") == 3 and states(result).count("waiting") == 5
    assert "and 5 were not started" in result["msg"]
    assert "not authorized" in result["outcomes"][0]["reason"]
    assert len(batches.requests()) == 3


def test_too_many_failures_stop_the_rest(batches: Batches) -> None:
    batches.images(bad={"behaviour": "exit-1"})
    result = batches.run(items=items(*["bad"] * 10), concurrency=2, max_failures=1)
    assert result["summary"]["waiting"] == 8 - (result["summary"]["failed"] - 2)
    assert result["summary"]["waiting"] > 0


def test_a_task_that_somebody_stops_is_not_run_again(batches: Batches) -> None:
    batches.images(job={"behaviour": "ok", "run_seconds": 3000})
    options: dict[str, Any] = {"items": items("job"), "retries": 3}
    slice_ = batches.slice(**options)
    while known(slice_)["job-0"]["state"] != "running":
        slice_ = batches.slice(slice_["_watch"]["token"], **options)
    task = known(slice_)["job-0"]["current"]
    batches.module.ok("task", state="stopped", cluster="shop", task=[task], reason="enough")
    result = batches.rest(slice_, **options)
    assert states(result) == ["failed"] and result["outcomes"][0]["stop_code"] == "UserInitiated"


def test_time_runs_out_and_the_next_run_takes_it_up(batches: Batches) -> None:
    batches.images(job={"behaviour": "exit-0", "run_seconds": 200})
    options: dict[str, Any] = {"items": items("job", "job"), "concurrency": 1}
    result = batches.run(**options, wait_timeout=60)
    assert result["failure"]["code"] == "TimedOut" and states(result) == ["running", "waiting"]
    assert "Run again with the same name" in result["msg"]
    assert batches.ok(**options)["summary"]["tasks"] == 2


def test_progress_says_how_far_it_has_come(batches: Batches) -> None:
    slice_, lines = batches.slice(items=list(range(6)), concurrency=2), list[str]()
    while True:
        lines += slice_["_watch"]["lines"]
        if not slice_["_watch"]["token"]:
            break
        slice_ = batches.slice(slice_["_watch"]["token"], items=list(range(6)), concurrency=2)
    assert lines[0].startswith("report-1: 0 of 6 items done, ")
    assert any("of 6 items done, 2 running" in line for line in lines)


def test_all_items_run_the_same_revision(batches: Batches) -> None:
    options: dict[str, Any] = {"items": list("abcd"), "concurrency": 1}
    slice_ = batches.slice(**options)
    batches.module.ok(
        "task_definition",
        family="report",
        definition={"cpu": "512", "memory": "1024"},
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        container_definitions=[{"name": "report", "image": "report:exit-0"}],
    )
    batches.rest(slice_, **options)
    assert {request["taskDefinition"] for request in batches.requests()} == {"report:1"}


def test_common_overrides_and_those_of_an_item_are_merged(batches: Batches) -> None:
    common = {"cpu": "512", "container_overrides": [{"name": "report", "environment": {"A": "1", "B": "1"}}]}
    own = {"container_overrides": [{"name": "sidecar", "command": ["y"]}]}
    batches.ok(overrides=common, items=[{"name": "x", "environment": {"B": "2"}, "overrides": own}])
    (request,) = batches.requests()
    assert request["overrides"]["cpu"] == "512"
    containers = {item["name"]: item for item in request["overrides"]["containerOverrides"]}
    assert containers["report"]["environment"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert containers["sidecar"]["command"] == ["y"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"items": []}, "items: there is none"),
        ({"items": [{"command": ["x"]}]}, "items[0].name is required"),
        ({"items": ["a", "a"]}, "items[1].name: 'a' is the name of an item before it too"),
        ({"items": [{"name": "a", "comand": []}]}, "items[0].comand: no such member of an item; did you mean command?"),
        ({"items": [{"name": "a", "command": "x"}]}, "items[0].command"),
        ({"items": [{"name": "a", "container": "reprt"}]}, "did you mean report?"),
        ({"items": [{"name": "a", "overrides": {"cpus": 1}}]}, "items[0].overrides.cpus: no such member"),
        ({"items": ["what?"]}, "items[0].name: 'what?' cannot be the value of a tag"),
        ({"items": ["a"], "concurrency": 0}, "concurrency: 0 is out of range"),
        ({"items": ["a"], "retries": -1}, "retries: -1 is out of range"),
        ({"items": ["a"], "network_configuration": None}, "network_configuration is required"),
        ({"items": ["a"], "task_definition": "gone"}, "there is no gone in eu-central-1"),
        ({"items": ["a"], "cluster": "gone"}, "cluster: there is no active cluster gone"),
        ({"items": ["a"], "name": "what?"}, "name: 'what?' cannot be the value of a tag"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    batches: Batches, options: dict[str, Any], words: str
) -> None:
    seen = len(batches.emulator.calls())
    said = batches.run(**options)
    assert said["failed"] and words in said["msg"], said["msg"]
    assert batches.emulator.writes(seen) == []
