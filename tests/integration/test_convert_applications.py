# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole applications of ecspresso and Copilot, applied as they were converted, beside what these tools leave behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.conversions import EXAMPLES
from support.emulator import Emulator
from support.modules import ModuleRun

from .test_convert import made_once

ROLE = "arn:aws:iam::123456789012:role/"
DEFAULTS = {
    "task_definition": {"execution_role_arn": f"{ROLE}execution", "task_role_arn": f"{ROLE}task"},
    "schedule": {"role_arn": f"{ROLE}schedule"},
}


def cluster(module: ModuleRun, name: str) -> None:
    module.ok("cluster", name=name, capacity_providers=["FARGATE", "FARGATE_SPOT"])


@pytest.fixture
def looked_up(client: Callable[[str], Any], subnets: list[str], target_group: str) -> dict[str, str]:
    """Give the values of what ecspresso looks up in Terraform's state and in Secrets Manager."""
    return {
        "vault_shop_web_target_group_arn": target_group,
        "vault_shop_web_subnets_0": subnets[0],
        "vault_shop_web_subnets_1": subnets[1],
        "vault_shop_web_security_groups_0": client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"],
        "vault_shop_web_db_password": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf",
    }


def test_an_ecspresso_configuration(
    module: ModuleRun, emulator: Emulator, tmp_path: Path, looked_up: dict[str, str]
) -> None:
    cluster(module, "shop")
    seen = len(emulator.calls())
    variables = {"TAG": "1.4", "AWS_ACCOUNT_ID": "123456789012", "/shop/features": "search"}
    converted = module.ok("convert", src=str(EXAMPLES / "ecspresso"), variables=variables)
    assert not converted["changed"] and emulator.calls()[seen:] == []
    assert {item["name"] for item in converted["placeholders"]} == set(looked_up)
    made = made_once(module, emulator, tmp_path, converted, **looked_up)
    assert sorted(made) == ["service shop/shop-web", "task_definition shop-web"]


def test_a_placeholder_without_a_value_is_refused(module: ModuleRun) -> None:
    converted = module.ok("convert", src=str(EXAMPLES / "ecspresso"))
    assert "vault_shop_web_image has no value" in module.refused("apply", resources=converted["resources"])


@pytest.fixture
def environment(module: ModuleRun, client: Callable[[str], Any], subnets: list[str]) -> str:
    """Make what Copilot's environment prod has, and give its security group."""
    ec2 = client("ec2")
    cluster(module, "shop-prod")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = str(ec2.create_security_group(GroupName="env", Description="env", VpcId=vpc)["GroupId"])
    names = {
        group: "copilot-shop-prod-env",
        subnets[0]: "copilot-shop-prod-pub0",
        subnets[1]: "copilot-shop-prod-priv0",
    }
    for thing, name in names.items():
        ec2.create_tags(Resources=[thing], Tags=[{"Key": "Name", "Value": name}])
    client("servicediscovery").create_private_dns_namespace(Name="prod.shop.local", Vpc=vpc)
    client("cloudwatch").put_metric_alarm(
        AlarmName="shop-errors", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1.0
    )
    return group


def test_a_copilot_application(
    module: ModuleRun, emulator: Emulator, tmp_path: Path, environment: str, target_group: str
) -> None:
    folder = shutil.copytree(EXAMPLES / "copilot", tmp_path / "copilot")
    api = folder / "api" / "manifest.yml"
    api.write_text(api.read_text(encoding="utf-8").replace("sg-0123456789abcdef0", environment), encoding="utf-8")
    converted = module.ok(
        "convert",
        src=str(folder),
        environment="prod",
        cluster="shop-prod",
        variables={"AWS_REGION": "eu-central-1", "AWS_ACCOUNT_ID": "123456789012", "TAG": "7"},
        defaults=DEFAULTS,
    )
    values = {
        "vault_shop_prod_api_image": "api:1",
        "vault_shop_prod_frontend_assets": "https://assets.example.com",
        "vault_shop_prod_frontend_target_group_arn": target_group,
    }
    assert {item["name"] for item in converted["placeholders"]} == set(values)
    made = made_once(module, emulator, tmp_path, converted, **values)
    names = ("api", "frontend", "orders")
    assert sorted(made) == sorted(
        [
            *(f"{kind} shop-prod/shop-prod-{name}" for kind in ("scaling", "service") for name in names),
            *(f"task_definition shop-prod-{name}" for name in (*names, "report")),
            "schedule default/shop-prod-report",
        ]
    )
