# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole estate in one task. The clock is stepped by what the module waits: nothing sleeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from support.emulator import Emulator
from support.estates import OWNER, Estate, Maker, called, cluster, family, outcomes, planned
from support.modules import ModuleRun


def unchanged(module: ModuleRun, emulator: Emulator, **options: Any) -> dict[str, Any]:
    seen = len(emulator.calls())
    result = module.ok("apply", **options)
    assert not result["changed"], result["plan"]
    assert result["actions"] == [] and result["diff"] == [] and emulator.writes(seen) == []
    assert set(planned(result).values()) <= {"none"}
    return result


# Plan and order


def test_an_estate_is_made_in_the_order_of_its_references(
    module: ModuleRun, emulator: Emulator, estate: Estate
) -> None:
    predicted = module.ok("apply", True, resources=estate)
    assert emulator.writes() == []
    done = module.ok("apply", resources=estate)
    assert predicted["changed"] and done["changed"]
    assert planned(predicted) == planned(done) == dict.fromkeys(outcomes(done), "create")
    assert called(predicted) == called(done)
    assert predicted["diff"] == done["diff"]
    assert done["summary"]["create"] == 5 and set(outcomes(done).values()) == {"done"}
    writes = emulator.writes()
    assert writes[0] in ("CreateCluster", "RegisterTaskDefinition")
    assert sorted(writes) == ["CreateCluster", "CreateService", "CreateService", *["RegisterTaskDefinition"] * 2]
    unchanged(module, emulator, resources=estate)


def test_a_service_waits_for_the_deployment_of_the_one_it_depends_on(
    module: ModuleRun, emulator: Emulator, estate: Estate
) -> None:
    module.ok("apply", resources=estate)
    services = [call["params"] for call in emulator.calls() if call["operation"] == "CreateService"]
    assert [params["serviceName"] for params in services] == ["api", "web"]
    info = {item["name"]: item for item in module.ok("service_info", cluster="shop")["services"]}
    assert info["web"]["created_at"] > info["api"]["deployments"][0]["updated_at"]


def test_what_is_unchanged_costs_few_calls(module: ModuleRun, emulator: Emulator, service: Maker) -> None:
    names = [f"s{number}" for number in range(12)]
    estate = [cluster(), *(family(name) for name in names), *(service(name) for name in names)]
    module.ok("apply", resources=estate)
    seen = len(emulator.calls())
    result = module.ok("apply", resources=estate)
    assert not result["changed"]
    counted = sorted(emulator.operations(seen))
    assert counted == ["DescribeClusters", "DescribeServices", "DescribeServices", *["DescribeTaskDefinition"] * 12]


def test_a_new_revision_is_deployed_and_nothing_else(
    module: ModuleRun, emulator: Emulator, estate: Estate, service: Maker
) -> None:
    module.ok("apply", resources=estate)
    changed = [service("web"), service("api"), family("web", "web:2"), family("api"), cluster()]
    predicted = module.ok("apply", True, resources=changed)
    seen = len(emulator.calls())
    done = module.ok("apply", resources=changed)
    assert planned(done) == planned(predicted)
    assert planned(done)["service shop/web"] == "deploy" and planned(done)["task_definition web"] == "update"
    assert emulator.writes(seen) == ["RegisterTaskDefinition", "UpdateService"]
    entry = next(item for item in done["resources"] if item["name"] == "shop/web")
    assert entry["members"] == ["task_definition"] and entry["deployment"]["outcome"] == "completed"
    assert done["actions"][1]["params"]["taskDefinition"] == "web:2"
    assert {item["before_header"] for item in done["diff"]} == {"task_definition web", "service shop/web"}
    unchanged(module, emulator, resources=changed)


def test_the_kinds_of_actions(module: ModuleRun, estate: Estate, service: Maker) -> None:
    module.ok("apply", resources=estate)
    changed = [
        service("web", desired_count=2),
        service("api", launch_type="EXTERNAL", network_configuration=None, recreate=True),
        family("web"),
        family("api", network_mode="bridge", requires_compatibilities=["EXTERNAL"]),
        cluster(settings={"containerInsights": "enabled"}),
    ]
    result = module.ok("apply", True, resources=changed)
    assert planned(result) == {
        "cluster shop": "update",
        "task_definition web": "none",
        "task_definition api": "update",
        "service shop/web": "update",
        "service shop/api": "replace",
    }
    refused = module("apply", True, resources=changed, max_replaces=0)
    assert refused["failure"]["code"] == "TooMany" and "service shop/api" in refused["msg"]


def test_deletion_runs_backwards(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    module.ok("apply", resources=estate)
    gone = [
        {"cluster": {"name": "shop", "state": "absent"}},
        {"task_definition": {"family": "web", "state": "absent"}},
        {"task_definition": {"family": "api", "state": "absent"}},
        {"service": {"name": "api", "cluster": "shop", "state": "absent"}},
        {"service": {"name": "web", "cluster": "shop", "state": "absent", "depends_on": ["api"]}},
    ]
    refused = module("apply", resources=gone, max_deletes=4)
    assert refused["failure"]["code"] == "TooMany" and "max_deletes" in refused["msg"]
    predicted = module.ok("apply", True, resources=gone)
    seen = len(emulator.calls())
    done = module.ok("apply", resources=gone)
    assert called(predicted) == called(done)
    deleted = [call for call in emulator.calls()[seen:] if call["operation"] in emulator.writes(seen)]
    members = ("service", "taskDefinition", "cluster")
    names = [next(call["params"][member] for member in members if member in call["params"]) for call in deleted]
    order = [name.rpartition("/")[2] for name in names]
    assert sorted(order) == ["api", "api:1", "shop", "web", "web:1"]
    assert order.index("web") < order.index("api") < order.index("shop")
    assert all(order.index(name) < order.index(f"{name}:1") for name in ("web", "api"))
    unchanged(module, emulator, resources=gone)


def test_plan_only_ends_with_the_plan(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    result = module.ok("apply", resources=estate, plan_only=True)
    assert emulator.writes() == [] and not result["changed"] and result["actions"] == []
    assert result["summary"]["create"] == 5


def test_what_the_manifest_lacks_must_be_there(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    """All that cannot be planned is told, and nothing is written."""
    result = module("apply", resources=[*estate[:2], family("api")])
    assert "there is no cluster shop" in result["msg"] and "family web has no active revision" in result["msg"]
    assert emulator.writes() == [] and result["changed"] is False
    assert len([entry for entry in result["plan"] if "failure" in entry]) == 2


# The document


def test_all_mistakes_are_told_at_once_with_their_places(module: ModuleRun, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "defaults:\n  service: {cluster: shop}\nresources:\n  - service:\n      name: web\n      desired_cont: 2\n"
        "  - task_definition:\n      family: web\n      container_definitions:\n        - name: web\n"
        "          image: web:1\n          port_mapping: []\n  - cluster: {name: shop}\n",
        encoding="utf-8",
    )
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.json").write_text('{"resources": [{"cluster":\n {"name": "shop"}},\n {"queue": {}}]}')
    (tmp_path / "c.yaml").write_text("resources:\n  - cluster: {name: a, name: b}\n", encoding="utf-8")
    result = module("apply", src=str(tmp_path), resources=[{"service": {"name": "x", "depends_on": ["nobody"]}}])
    assert result["failed"] and emulator.calls() == []
    told = [(Path(str(item["file"])).name, item["line"], item["path"], item["message"]) for item in result["errors"]]
    assert told == [
        ("c.yaml", 2, "", "column 24: name is given twice in one dictionary; keep one."),
        ("b.json", 3, "resources[1].queue", f"no such kind of resource; there are {', '.join(RESOURCES)}."),
        ("a.yml", 12, "resources[1].task_definition.container_definitions[0].port_mapping",
         "no such member of ContainerDefinition; did you mean port_mappings?"),
        ("a.yml", 6, "resources[0].service.desired_cont", "no such option of service; did you mean desired_count?"),
        ("b.json", 1, "resources[0].cluster", f"cluster shop is declared already, at {tmp_path}/a.yml "
         "resources[2].cluster; keep one."),
        ("None", None, "resources[0].service.depends_on", "there is no service nobody here; it names resources of the "
         "same manifest."),
    ]  # fmt: skip
    assert "6 mistakes" in result["msg"] and f"{tmp_path}/a.yml, line 12, resources[1]" in result["msg"]


def test_a_cycle_is_named(module: ModuleRun, service: Maker) -> None:
    circle = [service("a", depends_on=["b"]), service("b", depends_on=["c"]), service("c", depends_on=["a"])]
    said = module.refused("apply", resources=circle)
    assert "wait for each other: service shop/" in said
    assert all(f"service shop/{name}" in said for name in "abc")


def test_something_needed_is_not_declared_absent(module: ModuleRun, service: Maker) -> None:
    gone = {"cluster": {"name": "shop", "state": "absent"}}
    assert "it needs cluster shop" in module.refused("apply", resources=[gone, service("web")])


def test_defaults_of_the_file_and_of_the_task(module: ModuleRun, tmp_path: Path, subnets: list[str]) -> None:
    """Nearest wins: the entry, then its file, then the task; in any spelling, and a document wins over a default."""
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    document = {"serviceName": "doc", "cluster": "other", "taskDefinition": "web", "desiredCount": 3}
    (tmp_path / "doc.json").write_text(json.dumps(document), encoding="utf-8")
    manifest = {
        "defaults": {"service": {"desiredCount": 2}},
        "resources": [
            {"service": {"name": "two"}},
            {"service": {"name": "one", "desired_count": 1, "cluster": "other"}},
            {"service": {"src": "doc.json"}},
        ],
    }
    (tmp_path / "estate.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    common = {"cluster": "shop", "task_definition": "web", "launch_type": "FARGATE", "network_configuration": network}
    result = module.ok(
        "apply",
        True,
        src=str(tmp_path / "estate.yml"),
        defaults={"service": {"desired_count": 9, **common}},
        resources=[cluster(), cluster("other"), family("web"), {"service": {"name": "nine"}}],
    )
    made = [call["params"] for call in result["actions"] if call["operation"] == "CreateService"]
    assert {(params["cluster"], params["serviceName"], params["desiredCount"]) for params in made} == {
        ("shop", "nine", 9),
        ("shop", "two", 2),
        ("other", "one", 1),
        ("other", "doc", 3),
    }


# Waiting and failures


def broken(service: Maker) -> Estate:
    """Give the estate with an API whose image is not there, and a service that nobody depends on."""
    return [service("web", depends_on=["api"]), service("api"), service("job"), family("web"),
            family("api", "api:missing"), family("job"), cluster()]  # fmt: skip


def test_one_failure_does_not_hide_another_or_stop_what_does_not_need_it(
    module: ModuleRun, estate: Estate, service: Maker
) -> None:
    estate = [*broken(service), service("other"), family("other", "other:crash")]
    result = module("apply", resources=estate, continue_on_error=True)
    assert result["failed"] and result["changed"]
    told = outcomes(result)
    assert told == {
        **dict.fromkeys(told, "done"),
        "service shop/api": "failed",
        "service shop/other": "failed",
        "service shop/web": "skipped",
    }
    assert "2 of 9 failed, 6 done, 1 skipped" in result["msg"]
    assert "api:missing cannot be pulled" in result["msg"] and "exit code 1" in result["msg"]
    entries = {entry["name"]: entry for entry in result["resources"] if entry["kind"] == "service"}
    assert entries["shop/api"]["failure"]["diagnosis"]["cause"] == "image"
    assert "service shop/api has failed" in entries["shop/web"]["said"]


def test_after_a_failure_nothing_new_is_begun_and_the_next_run_finishes(
    module: ModuleRun, emulator: Emulator, estate: Estate, service: Maker
) -> None:
    result = module("apply", resources=broken(service))
    told = outcomes(result)
    assert told["service shop/job"] == "done" and told["service shop/web"] == "skipped"
    mended = [*broken(service)[:4], family("api"), family("job"), cluster()]
    seen = len(emulator.calls())
    done = module.ok("apply", resources=mended)
    assert planned(done)["service shop/web"] == "create" and planned(done)["service shop/job"] == "none"
    assert emulator.writes(seen) == ["RegisterTaskDefinition", "UpdateService", "CreateService"]
    unchanged(module, emulator, resources=mended)


def test_a_deployment_of_an_earlier_run_is_waited_for(
    module: ModuleRun, emulator: Emulator, estate: Estate, service: Maker
) -> None:
    estate = [service("web", wait=False), family("web"), cluster()]
    module.ok("apply", resources=estate)
    followed = unchanged(module, emulator, resources=[service("web"), *estate[1:]])
    assert followed["resources"][-1]["deployment"]["outcome"] == "completed"
    assert module.clock.now() > 30


def sliced(module: ModuleRun, **options: Any) -> tuple[dict[str, Any], list[str], int]:
    """Run the module as its action plugin does: again and again with the token, until it has ended."""
    token: dict[str, Any] | None = {}
    result: dict[str, Any] = {}
    lines: list[str] = []
    number = 0
    while token is not None and number < 100:
        slice_ = module("apply", _watch=json.loads(json.dumps(token)), **options)
        told = slice_.pop("_watch", {})
        token, number = told.get("token"), number + 1
        lines += told.get("lines", [])
        slice_["actions"] = [*result.get("actions", []), *slice_.get("actions", [])]
        result = {**result, **slice_}
    return result, lines, number


def test_a_run_in_slices_comes_to_the_same(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    result, lines, number = sliced(module, resources=estate, prune=OWNER)
    assert not result.get("failed"), result["msg"]
    assert number > 3
    assert lines[0] == "Plan: 5 to create" and "  create  service shop/web" in lines
    assert "service shop/api: create done" in " ".join(lines)
    assert sorted(call["operation"] for call in result["actions"]) == sorted(emulator.writes())
    assert set(outcomes(result).values()) == {"done"} and len(result["plan"]) == 5
    assert result["timing"]["total"] > 30
    unchanged(module, emulator, resources=estate, prune=OWNER)


def test_a_slice_without_changes_is_the_only_one(module: ModuleRun, estate: Estate) -> None:
    module.ok("apply", resources=estate)
    result, lines, number = sliced(module, resources=estate)
    assert (number, lines) == (1, ["Plan: 5 unchanged"]) and not result["changed"]


def test_a_failure_in_slices_is_the_same_failure(module: ModuleRun, estate: Estate, service: Maker) -> None:
    result, lines, _number = sliced(module, resources=broken(service), continue_on_error=True)
    assert result["failed"] and result["failure"]["code"] == "Failed"
    assert outcomes(result)["service shop/web"] == "skipped"
    assert any("service shop/api: failed" in line for line in lines)


# Pruning


def test_prune_deletes_what_is_ours_and_nothing_else(
    module: ModuleRun, emulator: Emulator, estate: Estate, service: Maker
) -> None:
    strangers = [cluster("theirs"), family("theirs"), service("theirs", cluster="theirs"), service("near")]
    module.ok("apply", resources=[*estate, family("near"), *strangers])
    module.ok("apply", resources=[cluster("theirs", tags={"longshore:owner": "somebody"})])
    adopted = module.ok("apply", resources=estate, prune=OWNER)
    assert set(planned(adopted).values()) == {"update"}
    assert {call["operation"] for call in adopted["actions"]} == {"TagResource"}
    unchanged(module, emulator, resources=estate, prune=OWNER)

    less = [service("api"), family("api"), cluster()]
    predicted = module.ok("apply", True, resources=less, prune=OWNER)
    done = module.ok("apply", resources=less, prune=OWNER)
    assert called(predicted) == called(done)
    deleted = {name for name, action in planned(done).items() if action == "delete"}
    assert deleted == {"service shop/web", "task_definition web:1"}
    assert unchanged(module, emulator, resources=less, prune=OWNER)["summary"]["none"] == 3

    living = module.ok("service_info")["services"]
    assert {(item["cluster"], item["name"]) for item in living if item["status"] == "ACTIVE"} == {
        ("shop", "api"),
        ("shop", "near"),
        ("theirs", "theirs"),
    }


def test_an_empty_manifest_takes_everything_down(module: ModuleRun, emulator: Emulator, estate: Estate) -> None:
    module.ok("apply", resources=estate, prune=OWNER)
    empty = [{"cluster": {"name": "unrelated", "state": "absent"}}]
    done = module.ok("apply", resources=empty, prune=OWNER)
    assert done["summary"]["delete"] == 5
    assert module.ok("cluster_info", name=["shop"])["clusters"][0]["status"] == "INACTIVE"
    unchanged(module, emulator, resources=empty, prune=OWNER)


def test_what_is_still_used_is_not_pruned(module: ModuleRun, estate: Estate, service: Maker) -> None:
    module.ok("apply", resources=estate, prune=OWNER)
    result = module.ok("apply", resources=[{"service": {"name": "web", "cluster": "shop"}}], prune=OWNER)
    deleted = {name for name, action in planned(result).items() if action == "delete"}
    assert deleted == {"service shop/api", "task_definition api:1"}
    assert "needs cluster shop" in str(result["warnings"])


def test_the_owner_stands_beside_other_tags(module: ModuleRun, emulator: Emulator) -> None:
    tagged = [family("web", tags={"a": "1"}), cluster(tags={"b": "2"})]
    module.ok("apply", resources=tagged, prune=OWNER)
    found = module.ok("task_definition_info", family=["web"])["task_definitions"][0]
    assert found["tags"] == {"a": "1", "longshore:owner": "shop"}
    module.ok("apply", resources=[family("web", "web:2"), cluster()], prune=OWNER)
    found = module.ok("task_definition_info", family=["web"])["task_definitions"][0]
    assert (found["revision"], found["tags"]) == (2, {"a": "1", "longshore:owner": "shop"})
    assert module.ok("cluster_info", name=["shop"])["clusters"][0]["tags"] == {"b": "2", "longshore:owner": "shop"}
    kept = [family("web", ignore_changes=["tags"])]
    assert "tags cannot be left alone with prune" in module.refused("apply", resources=kept, prune=OWNER)


def test_regions_do_not_see_each_other(emulator: Emulator, module: ModuleRun) -> None:
    there = ModuleRun(emulator, region="us-east-1")
    for run in (module, there):
        assert run.ok("apply", resources=[cluster(), family("web")], prune=OWNER)["changed"]
    there.ok("apply", resources=[cluster()], prune=OWNER)
    unchanged(module, emulator, resources=[cluster(), family("web")], prune=OWNER)


def test_a_secret_under_a_name_that_promises_none_is_shown_nowhere(module: ModuleRun) -> None:
    """What a placeholder stands for is secret wherever it goes, in the plan and in the result."""
    container = {"name": "web", "image": "nginx:1", "memory": 64, "environment": {"SESSION_KEY": "{{ vault_session }}"}}
    resources = [{"task_definition": {"family": "web", "container_definitions": [container]}}]
    for check in (True, False):
        for value in ("first-of-all", "second-one"):
            result = module.ok("apply", check, resources=resources, placeholders={"vault_session": value})
            assert result["changed"]
            assert value not in json.dumps({**result, "invocation": None}, default=str)
