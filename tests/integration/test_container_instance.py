# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container instances: which are meant, rolling drains that can be resumed, attributes, agents, deregistration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun

Client = Callable[[str], Any]
CLUSTER = {"cluster": "shop"}


class Fleet:
    """A cluster with container instances, and services on them."""

    def __init__(self, module: ModuleRun, emulator: Emulator) -> None:
        self.module, self.emulator = module, emulator
        module.ok("cluster", name="shop")
        for image in ("web:1", "web:crash", "job:1"):
            containers = [{"name": "app", "image": image, "memory": 64, "cpu": 64, "command": ["sleep"]}]
            module.ok("task_definition", family=image.replace(":", "-"), container_definitions=containers)

    def add(self, count: int = 3, **options: Any) -> list[str]:
        """Register instances, and give their EC2 ids."""
        answer = self.emulator.control("instances", {**CLUSTER, "count": count, **options})
        return [item["ec2InstanceId"] for item in answer["instances"][-count:]]

    def serve(self, name: str = "web", count: int = 3, **options: Any) -> None:
        """Run a service that spreads over the instances."""
        spread = [{"type": "spread", "field": "instanceId"}]
        service = {"name": name, **CLUSTER, "task_definition": "web-1", "desired_count": count, "launch_type": "EC2"}
        self.module.ok("service", **service, placement_strategy=spread, **options)

    def drain(self, check: bool = False, /, **options: Any) -> dict[str, Any]:
        return self.module("container_instance", check, **CLUSTER, state="drained", **options)

    def shown(self, **options: Any) -> list[dict[str, Any]]:
        found = self.module.ok("container_instance_info", **CLUSTER, **options)
        return list(found["container_instances"])

    def counts(self) -> dict[str, tuple[str, int]]:
        """Give status and number of tasks of each instance, by EC2 id."""
        return {item["ec2_instance_id"]: (item["status"], item["running_tasks_count"]) for item in self.shown()}


@pytest.fixture
def fleet(module: ModuleRun, emulator: Emulator) -> Fleet:
    return Fleet(module, emulator)


def operations(result: dict[str, Any]) -> list[str]:
    return [action["operation"] for action in result["actions"]]


# Which instances are meant


def test_instances_are_found_by_what_they_have_in_common(fleet: Fleet, module: ModuleRun) -> None:
    old = fleet.add(2, ami="ami-old", type="m5.large")
    module.clock.sleep(7200)
    new = fleet.add(1, ami="ami-new", type="m7g.large", capacity_provider="fleet")

    def found(**options: Any) -> list[str]:
        return [item["ec2_instance_id"] for item in fleet.shown(**options)]

    assert found() == [*old, *new]
    assert (
        found(older_than="1h") == found(older_than="3600") == found(not_ami=["ami-new"]) == found(ami="ami-old") == old
    )
    assert found(older_than="3h") == []
    assert found(filter="attribute:ecs.instance-type =~ m7g.*") == found(capacity_provider="fleet") == new
    assert found(ec2_instance_id=[old[1], "i-gone"]) == [old[1]]
    by_id = fleet.shown(container_instance=[fleet.shown()[0]["id"]])
    assert by_id[0]["attributes"]["ecs.ami-id"] == "ami-old"
    fleet.drain(ec2_instance_id=old[:1])
    assert found(status=["draining"]) == old[:1]
    assert found(status=["ACTIVE"], ami=["ami-old"]) == old[1:]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"all": True}, "state, attributes or update_agent is required"),
        ({"state": "drained"}, "give at least one of them, to say which instances are meant, or set all=true"),
        ({"state": "drained", "all": True, "ami": ["ami-1"]}, "all and ami exclude each other"),
        ({"state": "active", "all": True, "force": True}, "force means nothing with state=active; it goes with dereg"),
        ({"state": "drained", "all": True, "batch_size": 0}, "batch_size: 0 is out of range; give 1 or more"),
        ({"state": "drained", "older_than": "old"}, "older_than: 'old' is no age"),
        ({"state": "drained", "all": True, "cluster": "nope"}, "there is no active cluster nope in eu-central-1"),
        (
            {"state": "drained", "ec2_instance_id": ["i-gone"]},
            "There is no container instance i-gone in the cluster",
        ),
        ({"all": True, "attributes": {"ecs.mine": "1"}}, "ecs.mine belongs to AWS; choose a name"),
        ({"all": True, "attributes": {"a b": "1"}}, "AWS does not take 'a b' as a name"),
        ({"all": True, "attributes": {"a": "1 "}}, "attributes.a: AWS does not take '1 ' as a value"),
        ({"all": True, "purge_attributes": True, "state": "active"}, "purge_attributes goes with attributes"),
    ],
)
def test_what_cannot_be_meant_is_refused(fleet: Fleet, emulator: Emulator, options: dict[str, Any], words: str) -> None:
    seen = len(emulator.calls())
    assert words in fleet.module.refused("container_instance", **{**CLUSTER, **options})
    assert emulator.writes(seen) == []


# Draining


def test_batches_wait_until_the_tasks_have_moved(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(4)
    fleet.serve(count=4)
    planned = fleet.drain(True, ec2_instance_id=ids[:3], batch_size=2)
    assert operations(planned) == ["UpdateContainerInstancesState"] * 2
    assert planned["drained"] == ids[:3]
    assert set(fleet.counts().values()) == {("ACTIVE", 1)}
    seen = len(emulator.calls())
    done = fleet.drain(ec2_instance_id=ids[:3], batch_size=2)
    assert done["changed"] and done["actions"] == planned["actions"]
    assert (done["drained"], done["draining"], done["left"]) == (ids[:3], [], [])
    assert fleet.counts() == {**dict.fromkeys(ids[:3], ("DRAINING", 0)), ids[3]: ("ACTIVE", 4)}
    first, second = (len(action["params"]["containerInstances"]) for action in done["actions"])
    assert (first, second) == (2, 1)
    assert emulator.writes(seen) == operations(done)
    for check in (True, False):
        again = fleet.drain(check, ec2_instance_id=ids[:3], batch_size=2)
        assert not again["changed"] and again["drained"] == ids[:3]
    back = fleet.module.ok("container_instance", **CLUSTER, status=["DRAINING"], state="active")
    assert operations(back) == ["UpdateContainerInstancesState"]
    assert {item["status"] for item in back["container_instances"]} == {"ACTIVE"}
    assert not fleet.module.ok("container_instance", **CLUSTER, ec2_instance_id=ids, state="active")["changed"]


def test_a_drain_is_resumed_after_it_was_broken_off(fleet: Fleet, client: Client) -> None:
    """What is drained is seen, and what has been begun comes first, whatever the batches are now."""
    ids = fleet.add(4)
    fleet.serve(count=4)
    begun = fleet.drain(ec2_instance_id=ids[:3], wait=False)
    assert (begun["drained"], begun["draining"], len(begun["left"])) == ([], ids[:1], 2)
    result = fleet.drain(ec2_instance_id=ids[:3], batch_size=3)
    assert set(result["drained"]) == set(ids[:3])
    assert [len(action["params"]["containerInstances"]) for action in result["actions"]] == [2]


def test_slices_of_a_drain_add_up(fleet: Fleet) -> None:
    """Told progress cuts the run into slices, each with the token of the one before."""
    ids = fleet.add(3)
    fleet.serve(count=3)
    token: dict[str, Any] | None = {}
    lines, calls = [], []
    for _slice in range(60):
        result = fleet.drain(ec2_instance_id=ids[:2], _watch=token)
        calls += operations(result)
        lines += result["_watch"]["lines"]
        token = result["_watch"]["token"]
        if token is None:
            break
    assert result["drained"] == ids[:2]
    assert calls == ["UpdateContainerInstancesState"] * 2
    assert any(f"draining {ids[0]} (1 of 2): 1 task to leave" in line for line in lines)


def test_an_unhealthy_service_stops_the_draining_with_its_diagnosis(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(3)
    fleet.serve(count=3)
    emulator.control("images", {"web:1": {"behaviour": "crash", "logs": ["no such table"]}})
    result = fleet.drain(ec2_instance_id=ids[:2])
    assert result["failure"]["code"] == "ServiceUnhealthy" and result["failure"]["service"] == "web"
    assert f"The draining of {ids[0]} was stopped: the service web runs" in result["msg"]
    assert result["diagnosis"]["cause"] == "exit-code"
    assert "run again to go on, or set state=active" in result["msg"]
    assert (result["drained"], result["draining"], result["left"]) == ([], [ids[0]], [ids[1]])
    assert fleet.counts()[ids[1]][0] == "ACTIVE"


def test_nothing_is_drained_from_a_service_that_lacks_tasks_already(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(1)
    fleet.serve(count=1)
    big = [{"name": "app", "image": "web:1", "memory": 90000}]
    fleet.module.ok("task_definition", family="web-1", container_definitions=big)
    service = {"name": "web", **CLUSTER, "task_definition": "web-1", "wait": False}
    fleet.module.ok("service", **service, desired_count=2)
    fleet.module.clock.sleep(60)
    seen = len(emulator.calls())
    result = fleet.drain(ec2_instance_id=ids, wait_timeout=20)
    assert f"before draining {ids[0]} (1 of 1): web runs 1 of 2: the service web runs 1 of 2 tasks" in result["msg"]
    assert result["failure"]["code"] == "ServiceUnhealthy" and result["left"] == ids
    assert emulator.writes(seen) == []


def test_protected_tasks_hold_an_instance_and_say_how_long(fleet: Fleet) -> None:
    ids = fleet.add(2)
    fleet.serve(count=2)
    (held,) = [
        task for task in fleet.module.ok("task_info", **CLUSTER, service="web")["tasks"] if task_on(fleet, task, ids[0])
    ]
    fleet.module.ok("task", **CLUSTER, task=[held["id"]], state="protected", expires_in_minutes=60)
    result = fleet.drain(ec2_instance_id=ids[:1], wait_timeout=600)
    assert result["failure"]["code"] == "TimedOut"
    assert f"the task {held['id'][:12]} of web is protected until" in result["msg"]
    assert "for 50 minutes more" in result["msg"] and "state=unprotected" in result["msg"]
    assert fleet.drain(ec2_instance_id=ids[:1], wait_timeout=3600)["drained"] == ids[:1]


def task_on(fleet: Fleet, task: dict[str, Any], instance: str) -> bool:
    (found,) = fleet.shown(container_instance=[task["container_instance_arn"]])
    return bool(found["ec2_instance_id"] == instance)


def test_tasks_of_no_service_are_told_of_or_waited_for(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(2)
    emulator.control("images", {"job:1": {"behaviour": "ok", "run_seconds": 300, "exit_code": 0}})
    arn = fleet.shown(ec2_instance_id=ids[:1])[0]["container_instance_arn"]
    job = {**CLUSTER, "task_definition": "job-1", "container_instances": [arn]}
    fleet.module.ok("task", **job, operation="start", wait=False)
    fleet.module.clock.sleep(30)
    result = fleet.drain(ec2_instance_id=ids[:1])
    assert result["drained"] == ids[:1] and "Tasks of no service run on" in str(result["warnings"])
    assert fleet.counts()[ids[0]] == ("DRAINING", 1)
    began = fleet.module.clock.now()
    assert fleet.drain(ec2_instance_id=ids[:1], wait_for="all")["drained"] == ids[:1]
    assert fleet.counts()[ids[0]] == ("DRAINING", 0) and fleet.module.clock.now() - began > 200


def test_max_unavailable_counts_what_others_took_out(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(4)
    emulator.control("instances", {"disconnect": ids[3]})
    first = fleet.drain(ec2_instance_id=ids[:3], max_unavailable=2, batch_size=5)
    assert (first["drained"], first["left"]) == (ids[:1], ids[1:3])
    again = fleet.module.refused(
        "container_instance", **CLUSTER, state="drained", ec2_instance_id=ids[1:3], max_unavailable=2
    )
    assert "2 instances of the cluster are out of service already, and 2 may be" in again
    emulator.control("instances", {"terminate": ids[0]})
    assert fleet.drain(ec2_instance_id=ids[1:3], max_unavailable=2)["drained"] == [ids[1]]


def test_many_instances_are_drained_ten_a_call(fleet: Fleet) -> None:
    fleet.add(103)
    result = fleet.drain(all=True, batch_size=200)
    assert [len(action["params"]["containerInstances"]) for action in result["actions"]] == [10] * 10 + [3]
    assert "No other instance of the cluster is ACTIVE" in str(result["warnings"])


# Attributes, agents, deregistration


def test_attributes_are_put_and_removed(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(12)
    wanted = {"stack": "jobs", "fast": None}
    predicted = fleet.module.ok("container_instance", True, **CLUSTER, all=True, attributes=wanted)
    done = fleet.module.ok("container_instance", **CLUSTER, all=True, attributes=wanted)
    assert predicted["actions"] == done["actions"] and operations(done) == ["PutAttributes"] * 3
    shown = fleet.shown(ec2_instance_id=ids[:1])[0]["attributes"]
    assert (shown["stack"], shown["fast"]) == ("jobs", None) and "ecs.instance-type" in shown
    assert not fleet.module.ok("container_instance", **CLUSTER, all=True, attributes=wanted)["changed"]
    one = {**CLUSTER, "ec2_instance_id": ids[:1]}
    more = fleet.module.ok("container_instance", **one, attributes={"other": True})
    assert more["container_instances"][0]["attributes"]["other"] == "true"
    purged = fleet.module.ok("container_instance", **one, attributes={"stack": "web"}, purge_attributes=True)
    assert operations(purged) == ["DeleteAttributes", "PutAttributes"]
    left = purged["container_instances"][0]["attributes"]
    assert left["stack"] == "web" and not {"fast", "other"} & set(left) and "ecs.instance-type" in left
    message = fleet.module.refused("container_instance", **one, attributes={f"a{number}": "" for number in range(10)})
    assert f"{ids[0]} would have 11 custom attributes, and AWS allows 10: set purge_attributes=true" in message


def test_playbooks_of_community_aws_move_over(fleet: Fleet, emulator: Emulator) -> None:
    (one,) = fleet.add(1)
    where = {**CLUSTER, "ec2_instance_id": one}
    given = [{"name": "flavor", "value": "test"}, {"name": "migrated"}]
    predicted = fleet.module.ok("attribute", True, **where, attributes=given)
    done = fleet.module.ok("attribute", **where, attributes=given)
    assert predicted["attributes"] == done["attributes"] == {**where, "attributes": given}
    assert not fleet.module.ok("attribute", **where, attributes=[{"flavor": "test"}, "migrated"])["changed"]
    other = {"state": "absent", "attributes": [{"flavor": "other"}]}
    assert not fleet.module.ok("attribute", **where, **other)["changed"]
    gone = fleet.module.ok("attribute", **where, state="absent", attributes=["flavor"])
    assert gone["attributes"]["attributes"] == [{"name": "migrated"}]
    assert not fleet.module.ok("attribute", **where, state="absent", attributes=["flavor"])["changed"]
    missing = {**CLUSTER, "ec2_instance_id": "i-gone", "attributes": ["a"]}
    assert "i-gone is no container instance of the cluster shop" in fleet.module.refused("attribute", **missing)


def test_agents_are_updated_where_there_is_an_update(fleet: Fleet) -> None:
    old, new = fleet.add(1, agent="1.90.0")[0], fleet.add(1)[0]
    result = fleet.module.ok("container_instance", **CLUSTER, all=True, update_agent=True)
    assert result["agents"] == {old: "updated", new: "latest"}
    assert operations(result) == ["UpdateContainerAgent"]
    versions = {item["version_info"]["agent_version"] for item in result["container_instances"]}
    assert len(versions) == 1
    again = fleet.module.ok("container_instance", **CLUSTER, all=True, update_agent=True)
    assert not again["changed"] and set(again["agents"].values()) == {"latest"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"external": True}, "it is an external instance; update the package amazon-ecs-init"),
        ({"attributes": {"ecs.os-type": "windows"}}, "it runs Windows; take a newer image"),
    ],
)
def test_agents_that_aws_does_not_update_are_refused(
    fleet: Fleet, emulator: Emulator, options: dict[str, Any], words: str
) -> None:
    fleet.add(1, agent="1.90.0", **options)
    seen = len(emulator.calls())
    assert words in fleet.module.refused("container_instance", **CLUSTER, all=True, update_agent=True)
    assert emulator.writes(seen) == []


@pytest.mark.parametrize("code", ["MissingVersionException", "InvalidParameterException"])
def test_refusals_of_an_update_say_what_to_do(fleet: Fleet, emulator: Emulator, code: str) -> None:
    fleet.add(1, agent="1.90.0")
    fault = {"operation": "UpdateContainerAgent", "kind": "error", "code": code, "message": "No.", "status": 400}
    emulator.control("faults", fault)
    message = fleet.module.refused("container_instance", **CLUSTER, all=True, update_agent=True)
    assert "cannot be updated: " in message and ("by its package" in message or "ECS-optimised" in message)


def test_deregistering_does_not_lose_tasks_by_mistake(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(2)
    fleet.serve(count=2)
    seen = len(emulator.calls())
    meant = {**CLUSTER, "ec2_instance_id": ids, "state": "deregistered"}
    message = fleet.module.refused("container_instance", **meant)
    assert f"{ids[0]} runs 1 task, which ECS would lose sight of: drain it first" in message
    assert emulator.writes(seen) == []
    forced = {**meant, "force": True}
    predicted = fleet.module.ok("container_instance", True, **forced)
    done = fleet.module.ok("container_instance", **forced)
    assert predicted["actions"] == done["actions"] and operations(done) == ["DeregisterContainerInstance"] * 2
    assert done["container_instances"] == [] and fleet.shown() == []
    for check in (True, False):
        assert not fleet.module.ok("container_instance", check, **forced)["changed"]


def test_instances_that_are_about_to_register_are_waited_for(fleet: Fleet, emulator: Emulator) -> None:
    ids = fleet.add(1)
    awaited = {**CLUSTER, "status": ["ACTIVE"], "state": "registered"}
    assert not fleet.module.ok("container_instance", **awaited)["changed"]
    emulator.control("instances", {"disconnect": ids[0]})
    message = fleet.module.refused("container_instance", **awaited, count=2, wait_timeout=60)
    assert "Timed out after 60 seconds: 0 of 2 instances have registered" in message
    emulator.control("instances", {"connect": ids[0]})
    fleet.add(1)
    found = fleet.module.ok("container_instance", **awaited, count=2)
    assert len(found["container_instances"]) == 2 and found["actions"] == []


def test_ages_are_told_by_the_moment_of_registration(fleet: Fleet) -> None:
    fleet.add(1)
    (shown,) = fleet.shown()
    assert datetime.fromisoformat(shown["registered_at"]).tzinfo is not None
    assert shown["health_status"]["overall_status"] == "OK"
