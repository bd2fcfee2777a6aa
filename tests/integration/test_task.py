# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running tasks: started once, waited for, judged by what every essential container exits with.

The threads of other tools' users: ga is aws-actions/amazon-ecs-deploy-task-definition, ca ansible-collections/
community.aws, tf hashicorp/terraform-provider-aws, rm aws/containers-roadmap.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

LOGGED = {
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/shop/migrate",
            "awslogs-region": "eu-central-1",
            "awslogs-stream-prefix": "job",
            "awslogs-create-group": "true",
        },
    }
}


class Jobs:
    """A cluster and a family to run, and the tasks that were."""

    def __init__(self, module: ModuleRun, emulator: Emulator, subnets: list[str]) -> None:
        self.module, self.emulator = module, emulator
        self.network = {"subnets": subnets, "assign_public_ip": True}
        module.ok("cluster", name="shop", capacity_providers=["FARGATE", "FARGATE_SPOT"])

    def register(self, image: str = "migrate:exit-0", *beside: dict[str, Any], **more: Any) -> None:
        """Register a revision of the family `migrate`: the container of this name, and those `beside` it."""
        definition = {
            "family": "migrate",
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "execution_role_arn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
            "container_definitions": [{"name": "migrate", "image": image, **more.pop("container", {})}, *beside],
        }
        self.module.ok("task_definition", **{**definition, **more})

    def options(self, **params: Any) -> dict[str, Any]:
        """Give the options that run the family on Fargate, and these; None leaves one out."""
        base = {
            "cluster": "shop",
            "task_definition": "migrate",
            "launch_type": "FARGATE",
            "network_configuration": self.network,
        }
        return {name: value for name, value in {**base, **params}.items() if value is not None}

    def run(self, check: bool = False, /, **params: Any) -> dict[str, Any]:
        """Run the module; the result may be a failure."""
        return self.module("task", check, **self.options(**params))

    def ok(self, check: bool = False, /, **params: Any) -> dict[str, Any]:
        """Run the module and expect no failure."""
        return self.module.ok("task", check, **self.options(**params))

    def refused(self, check: bool = False, /, **params: Any) -> str:
        """Run the module, expect a failure before anything was started, and give its message."""
        before = len(self.emulator.calls())
        message = self.module.refused("task", check, **self.options(**params))
        assert self.emulator.writes(before) == []
        return message

    def told(self, **params: Any) -> tuple[list[str], dict[str, Any], int]:
        """Run the module slice by slice, as the action plugin does: the lines, the result, the number of slices."""
        token: dict[str, Any] | None = {}
        lines: list[str] = []
        slices, result = 0, {}
        while token is not None:
            token = json.loads(json.dumps(token))  # it travels as JSON
            result = self.module("task", **self.options(**params), _watch=token)
            lines += result["_watch"]["lines"]
            token = result["_watch"]["token"]
            slices += 1
        return lines, result, slices

    def requests(self, operation: str = "RunTask") -> list[dict[str, Any]]:
        """Give the requests of an operation that the emulator received."""
        return [call["params"] for call in self.emulator.calls() if call["operation"] == operation]


@pytest.fixture
def jobs(module: ModuleRun, emulator: Emulator, subnets: list[str]) -> Jobs:
    """Give a cluster in which tasks can be run."""
    return Jobs(module, emulator, subnets)


# Run and judge


def test_a_task_is_run_to_its_end(jobs: Jobs) -> None:
    """ga#54, tf#1703, tf#5893, px#870, pulumi/pulumi#5083: run a migration, and know how it ended before the rest."""
    jobs.register()
    result = jobs.ok(started_by="release-7", tags={"Environment": "test"})
    assert result["changed"]
    assert [call["operation"] for call in result["actions"]] == ["RunTask"]
    task = result["task"]
    assert (task["last_status"], task["exit_codes"]) == ("STOPPED", {"migrate": 0})
    assert task["id"] == task["task_arn"].rpartition("/")[2]
    assert (task["started_by"], task["tags"]) == ("release-7", {"Environment": "test"})
    assert result["tasks"] == [task]


def test_a_container_that_fails_fails_the_task(jobs: Jobs) -> None:
    """ga#304, CircleCI-Public/aws-ecs-orb#230, ansible/ansible-modules-extras#2524: the exit code is the verdict."""
    jobs.register("migrate:exit-3")
    result = jobs.run()
    assert result["failed"] and result["changed"]
    assert result["failure"]["code"] == "TaskFailed"
    assert result["failure"]["tasks"] == [result["task"]["task_arn"]]
    assert result["task"]["exit_codes"] == {"migrate": 3}
    assert result["diagnosis"]["cause"] == "exit-code"
    assert f"The task {result['task']['id']} of migrate:1 failed: " in result["msg"]


def test_any_essential_container_counts_and_no_other(jobs: Jobs) -> None:
    """peers: others judge the first container alone."""
    sidecar = {"name": "proxy", "image": "proxy:exit-2", "essential": False}
    jobs.register("migrate:exit-0", sidecar)
    assert jobs.ok()["task"]["exit_codes"]["migrate"] == 0
    jobs.register("migrate:1", {**sidecar, "essential": True})
    assert jobs.run()["failure"]["code"] == "TaskFailed"


def test_every_task_is_judged(jobs: Jobs) -> None:
    jobs.register("migrate:exit-5")
    result = jobs.run(count=3)
    assert "3 of 3 tasks of migrate:1 failed" in result["msg"]
    assert len(result["tasks"]) == len(result["failure"]["tasks"]) == 3


def test_a_task_that_never_started_fails_with_the_reason(jobs: Jobs) -> None:
    """ca#2409, aws/aws-cli#1494: a task that cannot start ends the wait at once, and says why."""
    jobs.register("migrate:missing")
    for state in ("finished", "running"):
        result = jobs.run(state=state)
        assert result["failure"]["code"] == "TaskFailed"
        assert result["diagnosis"]["cause"] == "image"
        assert result["task"]["stop_code"] == "TaskFailedToStart"
        assert jobs.module.clock.seconds < 100


def test_a_task_that_somebody_stops_has_not_done_its_work(jobs: Jobs, client: Callable[[str], Any]) -> None:
    jobs.register("migrate:1")
    sleep = jobs.module.clock.sleep

    def stop(seconds: float) -> None:
        ecs = client("ecs")
        for arn in ecs.list_tasks(cluster="shop")["taskArns"]:
            ecs.stop_task(cluster="shop", task=arn, reason="enough")
        sleep(seconds)

    jobs.module.clock.sleep = stop  # type: ignore[method-assign]
    result = jobs.run()
    assert result["failure"]["code"] == "TaskFailed"
    assert result["task"]["stopped_reason"] == "enough"


def test_running_waits_until_tasks_run(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    result = jobs.ok(state="running", count=2)
    assert [task["last_status"] for task in result["tasks"]] == ["RUNNING", "RUNNING"]


def test_a_task_that_ends_well_before_it_is_seen_running_has_run(jobs: Jobs) -> None:
    """geekcell/github-action-aws-ecs-run-task#33: a short task, and a waiter that never sees it run."""
    jobs.register("migrate:short")
    jobs.emulator.control("images", {"migrate:short": {"exit_code": 0, "run_seconds": 0.1}})
    assert jobs.ok(state="running")["task"]["exit_codes"] == {"migrate": 0}


def test_without_wait_the_tasks_are_only_started(jobs: Jobs) -> None:
    jobs.register("migrate:exit-1")
    before = jobs.module.clock.seconds
    result = jobs.ok(wait=False)
    assert result["changed"] and result["task"]["last_status"] in ("PROVISIONING", "PENDING")
    assert jobs.module.clock.seconds == before


def test_a_timeout_names_the_task_and_leaves_it_alone(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    result = jobs.run(wait_timeout=60)
    assert result["failure"]["code"] == "TimedOut" and result["changed"]
    assert f"Timed out after 60 seconds: the task {result['task']['id']} is RUNNING" in result["msg"]
    assert result["diagnosis"] and "StopTask" not in jobs.emulator.operations()


def test_what_ended_is_kept_although_ecs_forgets_it(jobs: Jobs) -> None:
    """rm#1246: ECS shows a stopped task for an hour; the other task runs longer than that."""
    jobs.register("migrate:1")
    rules = {
        "migrate:1 quick": {"exit_code": 0, "run_seconds": 5},
        "migrate:1 slow": {"exit_code": 0, "run_seconds": 5000},
    }
    jobs.emulator.control("images", rules)

    def command(word: str) -> dict[str, Any]:
        return {"containerOverrides": [{"name": "migrate", "command": [word]}]}

    jobs.ok(wait=False, overrides=command("quick"), run_once="both")
    result = jobs.ok(overrides=command("slow"), run_once="both", count=2, wait_timeout=7200)
    assert [task["exit_codes"] for task in result["tasks"]] == [{"migrate": 0}, {"migrate": 0}]
    info = jobs.module.ok("task_info", cluster="shop", run_once="both", status="all")
    assert len(info["tasks"]) == 1


def test_more_than_ten_tasks_take_more_calls(jobs: Jobs) -> None:
    jobs.register()
    result = jobs.ok(count=23)
    assert [request["count"] for request in jobs.requests()] == [10, 10, 3]
    assert len(result["tasks"]) == 23


def test_stale_reads_do_not_end_the_wait(jobs: Jobs) -> None:
    """boto3#3393: right after RunTask, ECS may answer that there is no such task."""
    jobs.register()
    jobs.emulator.control("stale", {"reads": 2})
    assert jobs.ok()["task"]["exit_codes"] == {"migrate": 0}


def test_the_service_is_updated_after_a_task_that_went_well(jobs: Jobs) -> None:
    """ga#678: the migration passes, and then the service is never updated. Here the one does not know of the other."""
    jobs.register()
    jobs.module.ok("service", **service(jobs, "web:1"))
    jobs.ok(like_service="web", task_definition="migrate", launch_type=None, network_configuration=None)
    after = len(jobs.emulator.calls())
    jobs.module.ok("service", **service(jobs, "web:2"))
    assert jobs.emulator.writes(after) == ["RegisterTaskDefinition", "UpdateService"]


def service(jobs: Jobs, image: str, **more: Any) -> dict[str, Any]:
    """Register a revision of the family `web`, and give the options of a service of it."""
    jobs.register(family="web", container_definitions=[{"name": "web", "image": image}])
    return {"name": "web", "cluster": "shop", "task_definition": "web", "desired_count": 1, **where(jobs), **more}


def where(jobs: Jobs) -> dict[str, Any]:
    return {"launch_type": "FARGATE", "network_configuration": jobs.network}


# What AWS does not start


def test_a_lack_of_capacity_is_tried_again(jobs: Jobs) -> None:
    jobs.register()
    jobs.emulator.control("capacity", {"fargate": "unavailable", "for": 3})
    result = jobs.ok()
    assert result["task"]["exit_codes"] == {"migrate": 0}
    assert len(jobs.requests()) == 4
    assert len({request["clientToken"] for request in jobs.requests()}) == 4
    assert len(result["actions"]) == 1


def test_a_lack_of_capacity_that_stays_is_a_failure_with_aws_s_words(jobs: Jobs) -> None:
    """ga#757 prints [null] here, since the failure of Fargate names no resource."""
    jobs.register()
    jobs.emulator.control("capacity", {"fargate": "unavailable"})
    result = jobs.run(capacity_retry=60, count=2)
    assert result["failure"]["code"] == "Capacity" and not result["changed"]
    assert "2 of 2 tasks could not be started within 60 seconds" in result["msg"]
    assert "Capacity is unavailable at this time" in result["msg"]
    assert "null" not in result["msg"] and "None" not in result["msg"]
    assert result["diagnosis"]["cause"] == "capacity"
    assert 60 <= jobs.module.clock.seconds < 80
    assert result["tasks"] == []


def test_without_patience_it_is_tried_once(jobs: Jobs) -> None:
    jobs.register()
    jobs.emulator.control("capacity", {"fargate": "unavailable"})
    assert jobs.run(capacity_retry=0)["failure"]["code"] == "Capacity"
    assert len(jobs.requests()) == 1


def test_another_failure_is_not_tried_again_and_what_was_started_is_named(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    jobs.emulator.control("capacity", {"fargate": "cpu-limit", "for": 1})
    result = jobs.run(count=2)
    assert result["failure"]["code"] == "Failures"
    assert "The requested CPU configuration is above your limit" in result["msg"]
    assert len(jobs.requests()) == 1


def test_what_was_started_before_a_failure_is_named_and_returned(jobs: Jobs, client: Callable[[str], Any]) -> None:
    jobs.register("migrate:1")
    fault = {"service": "ecs", "operation": "RunTask", "kind": "error", "code": "InvalidParameterException"}
    jobs.emulator.control("faults", {**fault, "message": "something is wrong", "status": 400, "every": 2})
    result = jobs.run(count=12)
    running = client("ecs").list_tasks(cluster="shop")["taskArns"]
    assert result["failed"] and result["changed"] and len(running) == 10
    assert "something is wrong" in result["msg"] and "Started and left alone: " in result["msg"]
    assert {task["task_arn"] for task in result["tasks"]} == set(result["failure"]["tasks"]) == set(running)


def test_a_lost_answer_starts_nothing_twice(jobs: Jobs, client: Callable[[str], Any]) -> None:
    jobs.register("migrate:1")
    jobs.emulator.control("faults", {"service": "ecs", "operation": "RunTask", "kind": "lost", "times": 1})
    jobs.ok(state="running")
    assert len({request["clientToken"] for request in jobs.requests()}) == 1
    assert len(jobs.requests()) == 2
    assert len(client("ecs").list_tasks(cluster="shop")["taskArns"]) == 1


# Once


def test_what_ended_well_is_not_run_again(jobs: Jobs) -> None:
    """tf#29783: a migration that runs again with each plan."""
    jobs.register()
    first = jobs.ok(run_once="migrate-2.4.1")
    again = jobs.ok(run_once="migrate-2.4.1")
    assert first["changed"] and not again["changed"] and again["actions"] == []
    assert again["task"]["task_arn"] == first["task"]["task_arn"]
    assert len(jobs.requests()) == 1
    assert jobs.ok(run_once="migrate-2.4.2")["changed"]


def test_a_check_run_runs_nothing(jobs: Jobs) -> None:
    """tf#29783: looking must not run the task."""
    jobs.register()
    result = jobs.ok(True, run_once="migrate-1", count=12)
    assert result["changed"] and result["tasks"] == []
    assert [call["params"]["count"] for call in result["actions"]] == [10, 2]
    assert jobs.requests() == []
    done = jobs.ok(run_once="migrate-1", count=12)
    assert done["actions"] == result["actions"]
    assert jobs.ok(True, run_once="migrate-1", count=12)["actions"] == []


def test_what_failed_is_run_again(jobs: Jobs) -> None:
    jobs.register("migrate:fixed-later")
    jobs.emulator.control("images", {"migrate:fixed-later": {"exit_code": 1}})
    failed = jobs.run(run_once="migrate-1")
    assert failed["failure"]["code"] == "TaskFailed"
    jobs.emulator.control("images", {"migrate:fixed-later": {"exit_code": 0}})
    again = jobs.ok(run_once="migrate-1")
    assert again["changed"] and again["task"]["task_arn"] != failed["task"]["task_arn"]
    assert not jobs.ok(run_once="migrate-1")["changed"]


def test_a_run_that_was_killed_is_taken_up(jobs: Jobs, client: Callable[[str], Any]) -> None:
    jobs.register("migrate:exit-0")

    def kill(seconds: float) -> None:
        raise KeyboardInterrupt

    sleep, jobs.module.clock.sleep = jobs.module.clock.sleep, kill  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        jobs.run(run_once="migrate-1")
    jobs.module.clock.sleep = sleep  # type: ignore[method-assign]
    again = jobs.ok(run_once="migrate-1")
    assert not again["changed"] and again["task"]["exit_codes"] == {"migrate": 0}
    assert len(jobs.requests()) == 1


def test_two_runs_at_once_start_one_task(jobs: Jobs, client: Callable[[str], Any]) -> None:
    """The second run has looked for the task before the first had started it: the token keeps them together."""
    jobs.register("migrate:1")
    jobs.emulator.control("latency", {"ms": 150})
    results: list[dict[str, Any]] = []
    ecs = client("ecs")
    request = jobs.ok(True, run_once="migrate-1")["actions"][0]["params"]
    threads = [threading.Thread(target=lambda: results.append(ecs.run_task(**request))) for _ignored in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({task["taskArn"] for answer in results for task in answer["tasks"]}) == 1
    jobs.emulator.control("latency", {"ms": 0})
    assert not jobs.ok(run_once="migrate-1", state="running")["changed"]


def test_the_key_wins_over_other_options_in_a_race(jobs: Jobs, client: Callable[[str], Any]) -> None:
    """Another run, with another count, has just started a task with the key; the look-up did not see it yet."""
    jobs.register("migrate:1")
    request = jobs.ok(True, run_once="migrate-1", enable_execute_command=True)["actions"][0]["params"]
    client("ecs").run_task(**{**request, "startedBy": "not-seen"})
    message = jobs.module.refused("task", **jobs.options(run_once="migrate-1"))
    assert "run_once: a task with the key migrate-1 was started with other options" in message


def test_a_key_may_hold_any_letter(jobs: Jobs) -> None:
    jobs.register()
    result = jobs.ok(run_once="migrate 2.4.1 / prod")
    assert result["task"]["started_by"].startswith("migrate_2_4_1_/_prod-")
    assert not jobs.ok(run_once="migrate 2.4.1 / prod")["changed"]
    assert jobs.ok(run_once="migrate 2.4_1 / prod")["changed"]
    found = jobs.module.ok("task_info", cluster="shop", run_once="migrate 2.4.1 / prod", status="stopped")
    assert [task["id"] for task in found["tasks"]] == [result["task"]["id"]]


def test_once_is_counted(jobs: Jobs) -> None:
    """Of three tasks one failed: one is run again."""
    jobs.register("migrate:1")
    jobs.emulator.control("images", {"migrate:1 bad": {"exit_code": 1}, "migrate:1 *": {"exit_code": 0}})

    def overrides(word: str) -> dict[str, Any]:
        return {"overrides": {"container_overrides": [{"name": "migrate", "command": [word]}]}}

    jobs.ok(run_once="k", count=2, **overrides("good"))
    assert jobs.run(run_once="k", count=3, **overrides("bad"))["failed"]
    result = jobs.ok(run_once="k", count=3, **overrides("good"))
    assert [request["count"] for request in jobs.requests()] == [2, 1, 1]
    assert len(result["tasks"]) == 3


# Where and as what


def test_both_spellings_and_dictionaries_are_taken_at_every_depth(jobs: Jobs) -> None:
    jobs.register()
    jobs.ok(
        overrides={
            "containerOverrides": [
                {"name": "migrate", "command": ["bin/migrate"], "environment": {"RELEASE": "7", "PASSWORD": "abc"}}
            ],
            "ephemeral_storage": {"size_in_gib": 30},
        },
        propagateTags="TASK_DEFINITION",
        enable_execute_command=True,
        group="jobs",
        platform_version="1.4.0",
    )
    (request,) = jobs.requests()
    (container,) = request["overrides"]["containerOverrides"]
    assert container["environment"] == [{"name": "RELEASE", "value": "7"}, {"name": "PASSWORD", "value": "abc"}]
    assert request["overrides"]["ephemeralStorage"] == {"sizeInGiB": 30}
    assert request["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"
    assert (request["propagateTags"], request["group"]) == ("TASK_DEFINITION", "jobs")


def test_secrets_are_shown_nowhere(jobs: Jobs) -> None:
    jobs.register(container=LOGGED)
    jobs.emulator.control("images", {"migrate:exit-0": {"exit_code": 0, "logs": ["connecting with password=hunter2"]}})
    overrides = {"containerOverrides": [{"name": "migrate", "environment": {"DB_PASSWORD": "hunter2"}}]}
    lines, result, _slices = jobs.told(overrides=overrides)
    assert "hunter2" not in json.dumps(result)
    assert "migrate | connecting with password=********" in lines


def test_a_task_is_run_like_a_service(jobs: Jobs) -> None:
    strategy = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    options = service(jobs, "web:1", capacity_provider_strategy=strategy)
    del options["launch_type"]
    jobs.module.ok("service", **options)
    jobs.emulator.control("images", {"web:1 true": {"exit_code": 0}})
    overrides = {"containerOverrides": [{"name": "web", "command": ["true"]}]}
    like = {"like_service": "web", "launch_type": None, "network_configuration": None, "overrides": overrides}
    result = jobs.ok(task_definition=None, **like)
    assert result["task"]["task_definition_arn"].endswith("task-definition/web:1")
    (request,) = jobs.requests()
    assert request["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    assert sorted(request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == jobs.network["subnets"]
    jobs.ok(task_definition=None, **{**like, "launch_type": "FARGATE"})
    assert "capacityProviderStrategy" not in jobs.requests()[-1]
    assert "there is no service other in the cluster shop" in jobs.refused(**{**like, "like_service": "other"})


def test_instances_are_named(jobs: Jobs, module: ModuleRun, client: Callable[[str], Any]) -> None:
    instances = [instance(client("ecs"), number) for number in range(2)]
    jobs.register("migrate:exit-0", network_mode="bridge", requires_compatibilities=["EC2"])
    here = {"launch_type": None, "network_configuration": None, "container_instances": instances}
    result = jobs.ok(**here)
    assert {task["container_instance_arn"] for task in result["tasks"]} == set(instances)
    assert "StartTask, which does not take it" in jobs.refused(**{**here, "count": 2})
    result = jobs.run(**{**here, "container_instances": [instances[0], "no-such-instance"]})
    assert result["failure"]["code"] == "Failures" and "1 of 2 tasks could not be started: MISSING" in result["msg"]
    assert result["changed"] and len(result["tasks"]) == 1


def test_an_unanswered_start_task_is_not_repeated(jobs: Jobs, client: Callable[[str], Any]) -> None:
    jobs.register("migrate:1", network_mode="bridge", requires_compatibilities=["EC2"])
    jobs.emulator.control("faults", {"service": "ecs", "operation": "StartTask", "kind": "lost", "times": 1})
    instances = [instance(client("ecs"), 1)]
    result = jobs.run(launch_type=None, network_configuration=None, container_instances=instances)
    assert result["failed"] and "StartTask was not answered" in result["msg"]
    assert jobs.emulator.operations().count("StartTask") == 1


def instance(ecs: Any, number: int) -> str:
    """Register a container instance as the agent on it does, and give its ARN."""
    document = json.dumps({"instanceId": f"i-0123456789abcdef{number}", "accountId": "123456789012"})
    answer = ecs.register_container_instance(cluster="shop", instanceIdentityDocument=document)
    return str(answer["containerInstance"]["containerInstanceArn"])


# Input that cannot be meant

OVERRIDES = {"container_overrides": [{"name": "migrat", "command": ["x"]}]}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "count: 0 is out of range"),
        ({"count": -1}, "count: -1 is out of range"),
        ({"task_definition": None}, "task_definition is required"),
        ({"network_configuration": None}, "network_configuration is required: migrate:1 has the network mode awsvpc"),
        ({"network_configuration": {"subnet": ["x"]}}, "did you mean subnets"),
        (
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]},
            "launch_type and capacity_provider_strategy exclude each other",
        ),
        ({"launch_type": None}, "launch_type or capacity_provider_strategy is required"),
        ({"launch_type": "EC2"}, "launch_type: migrate:1 is made for FARGATE, not for EC2"),
        ({"launch_type": "FARGAT"}, "did you mean FARGATE?"),
        ({"overrides": OVERRIDES}, "has no container 'migrat', it has migrate; did you mean migrate?"),
        ({"overrides": {"container_overrides": [{"command": ["x"]}]}}, "overrides.container_overrides[0].name"),
        ({"overrides": {"container_override": []}}, "did you mean container_overrides?"),
        (
            {"volume_configurations": [{"name": "data", "managed_ebs_volume": {"role_arn": "x"}}]},
            "volume_configurations: migrate:1 has no volume data",
        ),
        ({"run_once": "k", "started_by": "me"}, "mutually exclusive"),
        ({"run_once": "k", "container_instances": ["i"]}, "run_once and container_instances exclude each other"),
        ({"state": "running", "operation": "run"}, "mutually exclusive"),
        ({"operation": "start"}, "container_instances is required"),
        ({"task": ["x"]}, "task means nothing with state=finished"),
        ({"reason": "x"}, "reason means nothing with state=finished"),
        ({"capacity_retry": -1}, "give 0 or more"),
        ({"tags": {"a": ["b"]}}, "tags"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(jobs: Jobs, options: dict[str, Any], said: str) -> None:
    jobs.register()
    assert said in jobs.refused(**options)
    assert said in jobs.refused(True, **options)


def test_a_network_for_a_definition_that_has_none_is_refused(jobs: Jobs) -> None:
    jobs.register(network_mode="bridge", requires_compatibilities=["EC2"])
    assert "has the network mode bridge" in jobs.refused(launch_type="EC2")


def test_a_volume_that_is_configured_at_launch_is_asked_for(jobs: Jobs) -> None:
    jobs.register(volumes=[{"name": "data", "configured_at_launch": True}])
    assert "leaves the volume data to be configured at launch" in jobs.refused()
    role = "arn:aws:iam::123456789012:role/ecsInfrastructureRole"
    volume = {"name": "data", "managed_ebs_volume": {"role_arn": role, "size_in_gib": 20, "filesystem_type": "ext4"}}
    jobs.ok(volume_configurations=[volume])
    (configuration,) = jobs.requests()[0]["volumeConfigurations"]
    assert configuration["managedEBSVolume"]["sizeInGiB"] == 20


def test_a_definition_that_is_not_there_is_named(jobs: Jobs) -> None:
    assert "task_definition: there is no migrate in eu-central-1" in jobs.refused()


def test_a_cluster_that_is_not_there_is_named(jobs: Jobs) -> None:
    jobs.register()
    for options in ({}, {"run_once": "k"}):
        message = jobs.module.refused("task", **jobs.options(cluster="shpo", **options))
        assert "cluster: there is no active cluster shpo in eu-central-1" in message


def test_a_check_run_takes_what_is_not_there_yet_for_made(jobs: Jobs) -> None:
    result = jobs.ok(True, cluster="other", task_definition="later:(known after apply)", run_once="k")
    assert len(result["actions"]) == 1
    assert "later:(known after apply) does not exist yet" in str(result["warnings"])


# Log lines as progress


def test_log_lines_are_told_once_each_over_all_slices(jobs: Jobs) -> None:
    jobs.register("migrate:chatty", container=LOGGED)
    said = [f"step {number}" for number in range(1, 7)]
    jobs.emulator.control("images", {"migrate:chatty": {"exit_code": 0, "run_seconds": 60, "logs": said}})
    lines, result, slices = jobs.told()
    assert [line for line in lines if line.startswith("migrate | ")] == [f"migrate | {line}" for line in said]
    assert slices > len(said)
    assert len(jobs.requests()) == 1
    assert result["task"]["log_tail"] == {"migrate": said}
    assert any("is PROVISIONING" in line for line in lines) and any("is RUNNING" in line for line in lines)


def test_the_lines_of_several_tasks_are_told_apart(jobs: Jobs) -> None:
    jobs.register("migrate:chatty", container=LOGGED)
    jobs.emulator.control("images", {"migrate:chatty": {"exit_code": 0, "logs": ["hello"]}})
    lines, result, _slices = jobs.told(count=2)
    expected = {f"migrate/{task['id'][:8]} | hello" for task in result["tasks"]}
    assert {line for line in lines if line.endswith("| hello")} == expected and len(expected) == 2


def test_the_last_lines_come_with_a_failure(jobs: Jobs) -> None:
    """CircleCI-Public/aws-ecs-orb#10: the exit code of a task, and its log."""
    jobs.register("migrate:bad", container=LOGGED)
    said = [f"line {number}" for number in range(30)]
    jobs.emulator.control("images", {"migrate:bad": {"exit_code": 1, "run_seconds": 60, "logs": said}})
    result = jobs.run(log_lines=5)
    assert result["failed"] and result["task"]["log_tail"] == {"migrate": said[-5:]}
    silent = jobs.run(log_lines=0)
    assert silent["task"]["log_tail"] == {}


def test_a_log_that_may_not_be_read_is_no_failure(jobs: Jobs) -> None:
    jobs.register(container=LOGGED)
    denied = {"service": "logs", "operation": "GetLogEvents", "kind": "error", "code": "AccessDeniedException"}
    jobs.emulator.control("faults", {**denied, "message": "no", "status": 400})
    _lines, result, _slices = jobs.told()
    assert not result.get("failed") and result["task"]["log_tail"] == {}
    assert any("The log /shop/migrate cannot be read" in str(warning) for warning in result["warnings"])


def test_the_search_for_capacity_is_told_and_survives_slices(jobs: Jobs) -> None:
    jobs.register()
    jobs.emulator.control("capacity", {"fargate": "unavailable", "for": 2})
    lines, result, _slices = jobs.told()
    assert lines[0].startswith("0 of 1 tasks are started, Capacity is unavailable at this time")
    assert result["task"]["exit_codes"] == {"migrate": 0} and len(jobs.requests()) == 3


# Stop and protect


def test_tasks_are_stopped_by_id_with_a_reason(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    arn = jobs.ok(state="running")["task"]["task_arn"]
    named = {"cluster": "shop", "state": "stopped", "task": [arn]}
    predicted = jobs.module.ok("task", True, **named, reason="maintenance")
    result = jobs.module.ok("task", **named, reason="maintenance")
    assert predicted["actions"] == result["actions"] and result["changed"]
    assert (result["task"]["last_status"], result["task"]["stopped_reason"]) == ("STOPPED", "maintenance")
    again = jobs.module.ok("task", **named, reason="maintenance")
    assert not again["changed"]


def test_a_task_that_is_not_there_is_stopped(jobs: Jobs) -> None:
    result = jobs.module.ok("task", cluster="shop", state="stopped", task="0123456789abcdef")
    assert not result["changed"] and "ECS shows no task 0123456789abcdef" in str(result["warnings"])


def test_all_of_a_family_or_of_a_starter_are_stopped(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    jobs.ok(state="running", count=2, started_by="me")
    jobs.ok(state="running", started_by="you")
    mine = jobs.module.ok("task", cluster="shop", state="stopped", started_by="me")
    assert len(mine["tasks"]) == len(mine["actions"]) == 2
    rest = jobs.module.ok("task", cluster="shop", state="stopped", family="migrate")
    assert [task["started_by"] for task in rest["tasks"]] == ["you"]
    assert not jobs.module.ok("task", cluster="shop", state="stopped", family="migrate")["changed"]


def test_all_of_a_service_are_stopped_and_it_starts_others(jobs: Jobs) -> None:
    jobs.module.ok("service", **service(jobs, "web:1"))
    stopped = jobs.module.ok("task", cluster="shop", state="stopped", service="web", reason="restart")
    assert [task["last_status"] for task in stopped["tasks"]] == ["STOPPED"]
    jobs.module.clock.sleep(60)
    running = jobs.module.ok("task_info", cluster="shop", service="web")["tasks"]
    assert len(running) == 1 and running[0]["id"] != stopped["task"]["id"]


def test_nothing_is_stopped_when_nothing_is_named(jobs: Jobs) -> None:
    for options in ({}, {"task": ["x"], "family": "migrate"}):
        assert "task" in jobs.module.refused("task", cluster="shop", state="stopped", **options)
    long = jobs.module.refused("task", cluster="shop", state="stopped", family="x", reason="x" * 1025)
    assert "at most 1024" in long


def test_tasks_of_a_service_are_protected(jobs: Jobs) -> None:
    jobs.module.ok("service", **service(jobs, "web:1"))
    named = {"cluster": "shop", "service": "web", "expires_in_minutes": 10}
    predicted = jobs.module.ok("task", True, state="protected", **named)
    result = jobs.module.ok("task", state="protected", **named)
    assert result["changed"] and predicted["actions"] == result["actions"]
    assert result["task"]["protection"]["protection_enabled"] is True
    assert not jobs.module.ok("task", state="protected", **named)["changed"]
    assert jobs.module.ok("task", state="protected", **{**named, "expires_in_minutes": 60})["changed"]
    shown = jobs.module.ok("task_info", cluster="shop", service="web", protection=True)["tasks"]
    assert shown[0]["protection"]["protection_enabled"] is True
    free = {"cluster": "shop", "service": "web", "state": "unprotected"}
    assert jobs.module.ok("task", **free)["task"]["protection"] == {"protection_enabled": False}
    assert not jobs.module.ok("task", **free)["changed"]


def test_only_tasks_of_services_can_be_protected(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    arn = jobs.ok(state="running")["task"]["task_arn"]
    message = jobs.module.refused("task", cluster="shop", state="protected", task=arn)
    assert "it is not a running task of a service" in message
    assert "there is no such task" in jobs.module.refused("task", cluster="shop", state="protected", task="abc")
    bad = jobs.module.refused("task", cluster="shop", state="protected", task=arn, expires_in_minutes=0)
    assert "expires_in_minutes: 0 is out of range" in bad


# Playbooks of community.aws


def test_the_options_of_community_aws_do_what_they_did(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    result = jobs.ok(operation="run", task="arn:aws:ecs:eu-central-1:123456789012:task/unused", wait=True)
    assert result["task"]["last_status"] == "RUNNING"
    stop = {"operation": "stop", "cluster": "shop", "task_definition": "migrate", "task": result["task"]["task_arn"]}
    assert jobs.module.ok("task", **stop)["task"]["last_status"] == "STOPPED"


# Reading


def test_tasks_are_found_by_what_they_have_in_common(jobs: Jobs) -> None:
    jobs.register("migrate:1", container=LOGGED)
    first = jobs.ok(state="running", started_by="me", tags={"Job": "one"})["task"]
    jobs.ok(state="running", started_by="you", tags={"Job": "two"})
    jobs.module.ok("task", cluster="shop", state="stopped", started_by="you")

    def ids(**options: Any) -> list[str]:
        return [task["id"] for task in jobs.module.ok("task_info", cluster="shop", **options)["tasks"]]

    assert ids() == ids(started_by="me") == ids(family="migrate") == ids(task=first["task_arn"]) == [first["id"]]
    assert ids(family="migrate", started_by="me", status="all") == [first["id"]]
    assert len(ids(status="all")) == 2 and len(ids(status="stopped")) == 1
    assert ids(status="all", tags={"Job": "one"}) == [first["id"]]
    assert ids(family="other") == []
    tail = jobs.module.ok("task_info", cluster="shop", task=first["id"], log_lines=5)["tasks"][0]["log_tail"]
    assert tail["migrate"]


def test_more_than_a_hundred_tasks_are_described_in_batches(jobs: Jobs) -> None:
    jobs.register("migrate:1")
    jobs.ok(wait=False, count=110)
    before = len(jobs.emulator.calls())
    assert len(jobs.module.ok("task_info", cluster="shop")["tasks"]) == 110
    assert jobs.emulator.operations(before).count("DescribeTasks") == 2
