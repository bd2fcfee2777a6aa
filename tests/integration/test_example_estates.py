# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests of examples/estate as their playbook applies them: planned, made, found unchanged, and pruned."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment
from support.emulator import Emulator
from support.estates import outcomes, planned
from support.modules import ModuleRun

ESTATE = Path(__file__).parents[2] / "examples" / "estate"
PLAY = yaml.safe_load((ESTATE / "apply.yml").read_text(encoding="utf-8"))[0]
TASKS = {task["name"]: task["longshore.ecs.apply"] for task in PLAY["tasks"]}
SECRETS = {"vault_shop_api_session_secret": "correct horse battery staple"}


def templated(value: Any, variables: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: templated(entry, variables) for key, entry in value.items()}
    if isinstance(value, list):
        return [templated(entry, variables) for entry in value]
    return NativeEnvironment().from_string(value).render(variables) if isinstance(value, str) else value


@pytest.fixture
def options(client: Callable[[str], Any], target_group: str, subnets: list[str], tmp_path: Path) -> dict[str, Any]:
    """Give the options of the playbook's tasks, in an account that has what the manifests take for granted."""
    ec2 = client("ec2")
    for subnet, name in zip(subnets, PLAY["vars"]["shop_subnets"], strict=True):
        ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": name}])
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.create_security_group(GroupName="shop-tasks", Description="tasks", VpcId=vpc)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="shop", ImageId=image, InstanceType="t3.large")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="shop-instances",
        LaunchConfigurationName="shop",
        MinSize=0,
        MaxSize=4,
        VPCZoneIdentifier=subnets[0],
    )
    folder = shutil.copytree(ESTATE, tmp_path / "estate")
    return dict(
        templated(TASKS, {**PLAY["vars"], **SECRETS, "shop_target_group": target_group, "playbook_dir": str(folder)})
    )


def test_the_playbook_applies_every_manifest_beside_it() -> None:
    folders = {str(Path(options["src"]).name) for options in TASKS.values()}
    assert folders == {path.name for path in ESTATE.iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", TASKS)
def test_an_estate_is_made_as_planned_and_found_unchanged(
    name: str, options: dict[str, Any], module: ModuleRun, emulator: Emulator
) -> None:
    seen = len(emulator.calls())
    predicted = module.ok("apply", True, **options[name])
    assert emulator.writes(seen) == []
    done = module.ok("apply", **options[name])
    assert planned(predicted) == planned(done) == dict.fromkeys(outcomes(done), "create")
    assert set(outcomes(done).values()) == {"done"}
    assert SECRETS["vault_shop_api_session_secret"] not in str(done)
    again = module.ok("apply", **options[name])
    assert not again["changed"], again["diff"]


def test_what_is_taken_out_of_the_files_goes(options: dict[str, Any], module: ModuleRun) -> None:
    shop = options["On Fargate"]
    module.ok("apply", **shop)
    (Path(shop["src"]) / "worker.json").unlink()
    pruned = module.ok("apply", **shop)
    assert {key for key, action in planned(pruned).items() if action != "none"} == {
        "service shop/worker",
        "task_definition shop-worker:1",
    }
    assert pruned["summary"]["delete"] == 2
    assert not module.ok("apply", **shop)["changed"]
