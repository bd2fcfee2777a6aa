# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of the account, and tags of anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun
from support.steps import four_steps

ROLE = "arn:aws:iam::123456789012:role/pipeline"
SETTINGS = {
    "containerInsights": "enhanced",
    "fargate_task_retirement_wait_period": 14,
    "tagResourceAuthorization": True,
}


def _values(client: Callable[[str], Any], **request: Any) -> dict[str, str]:
    pages = client("ecs").get_paginator("list_account_settings").paginate(**request)
    return {entry["name"]: entry["value"] for page in pages for entry in page["settings"]}


def test_the_account(module: ModuleRun, emulator: Emulator, client: Callable[[str], Any]) -> None:
    done = four_steps(module, emulator, "account_setting", settings=SETTINGS)
    assert done["diff"]["before"]["settings"]["containerInsights"] == "disabled"
    assert {call["operation"] for call in done["actions"]} == {"PutAccountSettingDefault"}
    assert len(done["actions"]) == 3
    held = _values(client, effectiveSettings=True)
    assert (held["containerInsights"], held["fargateTaskRetirementWaitPeriod"]) == ("enhanced", "14")
    assert held["tagResourceAuthorization"] == "on"
    changed = four_steps(module, emulator, "account_setting", settings={**SETTINGS, "containerInsights": "enabled"})
    assert [call["params"] for call in changed["actions"]] == [{"name": "containerInsights", "value": "enabled"}]
    gone = four_steps(module, emulator, "account_setting", settings=["containerInsights"], state="absent")
    assert [call["operation"] for call in gone["actions"]] == ["DeleteAccountSetting"]
    assert _values(client, effectiveSettings=True)["containerInsights"] == "disabled"


def test_a_value_that_holds_anyway_is_not_set(module: ModuleRun) -> None:
    """The default of ECS for the account is what is asked for."""
    assert not module.ok("account_setting", settings={"awsvpcTrunking": "disabled"})["changed"]


def test_a_principal_has_its_own(module: ModuleRun, emulator: Emulator, client: Callable[[str], Any]) -> None:
    """For a principal the setting is its own, even where the account has the same."""
    four_steps(module, emulator, "account_setting", principal=ROLE, settings={"awsvpcTrunking": "disabled"})
    assert _values(client, principalArn=ROLE) == {"awsvpcTrunking": "disabled"}
    four_steps(module, emulator, "account_setting", principal=ROLE, settings=["awsvpcTrunking"], state="absent")
    assert _values(client, principalArn=ROLE) == {}


def test_what_the_caller_has_does_not_hide_the_account(
    module: ModuleRun, emulator: Emulator, client: Callable[[str], Any]
) -> None:
    four_steps(module, emulator, "account_setting", principal="self", settings={"containerInsights": "enabled"})
    assert _values(client) == {"containerInsights": "enabled"}
    done = four_steps(module, emulator, "account_setting", settings={"containerInsights": "enhanced"})
    assert done["diff"]["before"]["settings"]["containerInsights"] == "disabled"


def test_who_may_not_see_the_account_sets_it(module: ModuleRun, emulator: Emulator) -> None:
    """ListAccountSettings, principalArn: only the root user may name another principal."""
    module.ok("account_setting", principal="self", settings={"containerInsights": "enabled"})
    # The effective settings are two pages; the third call asks for those of the root user.
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400}
    emulator.control("faults", {"operation": "ListAccountSettings", "every": 3, **denied})
    done = module.ok("account_setting", settings={"containerInsights": "enhanced"})
    assert [call["operation"] for call in done["actions"]] == ["PutAccountSettingDefault"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "settings is required: "),
        ({"settings": {"containerInsight": "enabled"}}, "'containerInsight' is not one of the API's values; did you"),
        ({"settings": {"containerInsights": "on"}}, "settings.containerInsights: 'on' is no value of it; give one of"),
        ({"settings": {"guardDutyActivate": "on"}}, "settings.guardDutyActivate: AWS manages this setting"),
        ({"settings": {"fargateTaskRetirementWaitPeriod": 3}}, "give one of 0, 7, 14."),
        (
            {"principal": ROLE, "settings": {"fargateTaskRetirementWaitPeriod": 7}},
            "settings.fargateTaskRetirementWaitPeriod: it belongs to the account; leave principal at default.",
        ),
        ({"principal": "pipeline", "settings": SETTINGS}, "principal: 'pipeline' is none; give default"),
        (
            {"principal": "arn:aws:sts::123456789012:assumed-role/x/y", "settings": SETTINGS},
            "The session of a role has the settings of its role.",
        ),
        ({"settings": SETTINGS, "tags": {"a": "b"}}, "tags: AWS has none for account settings; leave"),
    ],
)
def test_wrong_settings(module: ModuleRun, emulator: Emulator, options: dict[str, Any], said: str) -> None:
    assert said in module.refused("account_setting", **options)
    assert emulator.calls() == []


def test_reading(module: ModuleRun) -> None:
    module.ok("account_setting", settings={"containerInsights": "enhanced"})
    [account] = module.ok("account_setting_info")["account_settings"]
    values = {entry["name"]: entry["value"] for entry in account["settings"]}
    assert values["containerInsights"] == "enhanced" and values["fargateTaskRetirementWaitPeriod"] == "7"
    [mine] = module.ok("account_setting_info", principal="self")["account_settings"]
    assert mine == {"principal_arn": "self", "settings": []}
    writable = [entry for entry in account["settings"] if entry["name"] != "guardDutyActivate"]
    assert not module.ok("account_setting", definition={**account, "settings": writable})["changed"]


def test_settings_in_a_manifest(module: ModuleRun, emulator: Emulator) -> None:
    resources = [{"cluster": {"name": "shop"}}, {"account_setting": {"settings": {"awsvpcTrunking": "enabled"}}}]
    module.ok("apply", resources=resources)
    assert sorted(emulator.writes()) == ["CreateCluster", "PutAccountSettingDefault"]
    assert not module.ok("apply", resources=resources)["changed"]


@pytest.fixture
def things(module: ModuleRun, subnets: list[str]) -> dict[str, str]:
    """Make one of each kind that can be tagged, and give their names."""
    module.ok("cluster", name="shop")
    definition = {"network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"], "cpu": 256, "memory": 512}
    module.ok(
        "task_definition", family="web", **definition, container_definitions=[{"name": "web", "image": "nginx:1"}]
    )
    network = {"subnets": subnets}
    service = {"task_definition": "web", "desired_count": 0, "launch_type": "FARGATE", "network_configuration": network}
    module.ok("service", name="web", cluster="shop", **service, wait=False)
    return {"cluster": "shop", "service": "web", "task_definition": "web:1"}


@pytest.mark.parametrize("kind", ["cluster", "service", "task_definition"])
def test_tags(module: ModuleRun, emulator: Emulator, things: dict[str, str], kind: str) -> None:
    where = {"resource": things[kind], "resource_type": kind, "cluster_name": "shop"}
    done = four_steps(module, emulator, "tag", **where, tags={"Owner": "shop", "Cost": 4711})
    assert done["tags"] == done["added_tags"] == {"Owner": "shop", "Cost": "4711"}
    more = four_steps(module, emulator, "tag", **where, tags={"Owner": "web"})
    assert more["tags"] == {"Owner": "web", "Cost": "4711"}
    purged = four_steps(module, emulator, "tag", **where, tags={"Owner": "web"}, purge_tags=True)
    assert purged["removed_tags"] == {"Cost": "4711"}
    by_arn = {"resource": done["resource_arn"]}
    kept = module.ok("tag", **by_arn, tags={"Owner": "other"}, state="absent")
    assert not kept["changed"], "another value is another tag"
    gone = four_steps(module, emulator, "tag", **by_arn, tags={"Owner": None}, state="absent")
    assert gone["tags"] == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resource": "nope", "tags": {"a": "b"}}, "resource: there is no cluster nope in eu-central-1; check"),
        (
            {"resource": "nope", "resource_type": "service", "cluster": "shop", "tags": {"a": "b"}},
            "resource: there is no service nope in the cluster shop of eu-central-1; check the name",
        ),
        ({"resource": "nope:7", "resource_type": "task_definition", "tags": {}}, "no task definition nope:7 in"),
        ({"resource": "t", "resource_type": "task", "cluster": "none", "tags": {}}, "no task t in the cluster none"),
        ({"resource": "shop", "tags": {"AWS:x": "y"}}, "tags.AWS:x: names that begin with aws: belong to AWS"),
        ({"resource": "shop", "tags": {str(n): "x" for n in range(51)}}, "would have more than 50 tags"),
        ({"resource": "shop", "state": "absent"}, "tags"),
    ],
)
def test_wrong_tags(
    module: ModuleRun, emulator: Emulator, things: dict[str, str], options: dict[str, Any], said: str
) -> None:
    seen = len(emulator.calls())
    assert said in module.refused("tag", **options)
    assert emulator.writes(seen) == []
