# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other tools describe is applied as it was converted: made once, and unchanged after that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.conversions import EXAMPLES
from support.emulator import Emulator
from support.modules import ModuleRun

CLUSTER = [{"cluster": {"name": "shop", "capacity_providers": ["FARGATE"]}}]


@pytest.fixture
def network(client: Callable[[str], Any], subnets: list[str]) -> dict[str, str]:
    """Give what stands for the network in the examples, and what there is."""
    group = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    names = ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "sg-0cccccccccccccccc")
    return dict(zip(names, (*subnets, group), strict=True))


def made_once(module: ModuleRun, emulator: Emulator, path: Path, converted: dict[str, Any], **values: str) -> list[str]:
    """Apply the text of a manifest twice, with these values of placeholders, and name what the first time made."""
    file = path / "manifest.yml"
    file.write_text(converted["manifest"], encoding="utf-8")
    secrets = {item["name"]: values.get(item["name"], "swordfish") for item in converted["placeholders"]}
    first = module.ok("apply", src=str(file), placeholders=secrets)
    assert first["changed"]
    seen = len(emulator.calls())
    again = module.ok("apply", src=str(file), placeholders=secrets)
    assert not again["changed"] and emulator.writes(seen) == [], again["diff"]
    inline = module.ok("apply", resources=converted["resources"], placeholders=secrets)
    assert not inline["changed"]
    return [f"{item['kind']} {item['name']}" for item in first["resources"] if item["outcome"] == "done"]


def test_a_docker_compose_file(module: ModuleRun, emulator: Emulator, tmp_path: Path, subnets: list[str]) -> None:
    module.ok("apply", resources=CLUSTER)
    seen = len(emulator.calls())
    converted = module.ok(
        "convert",
        src=str(EXAMPLES / "docker-compose.yml"),
        cluster="shop",
        defaults={
            "service": {"network_configuration": {"awsvpc_configuration": {"subnets": subnets}}},
            "task_definition": {"execution_role_arn": "arn:aws:iam::123456789012:role/shop-execution"},
        },
    )
    assert not converted["changed"] and emulator.calls()[seen:] == []
    assert sorted(made_once(module, emulator, tmp_path, converted)) == [
        *("service shop/shop-api", "service shop/shop-web"),
        *("task_definition shop-api", "task_definition shop-web"),
    ]


def test_a_state_of_terraform(module: ModuleRun, emulator: Emulator, tmp_path: Path, network: dict[str, str]) -> None:
    text = (EXAMPLES / "terraform.tfstate").read_text(encoding="utf-8")
    for example, real in network.items():
        text = text.replace(example, real)
    converted = module.ok("convert", content=text)
    assert sorted(made_once(module, emulator, tmp_path, converted)) == [
        *("cluster shop", "scaling shop/shop-web", "service shop/shop-api", "service shop/shop-web"),
        *("task_definition shop-api", "task_definition shop-web"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"content": "a: 1"}, "format: the source is none of"),
        ({"content": "a: 1\na: 2", "format": "docker_compose"}, "content: line 2"),
        ({"src": "/none/compose.yml"}, "/none/compose.yml"),
        ({"content": "{}", "format": "terraform", "defaults": {"servise": {}}}, "defaults: 'servise' is no kind"),
        ({"content": "{}", "src": "/none"}, "mutually exclusive"),
        ({}, "one of the following is required: src, content"),
    ],
)
def test_what_cannot_be_read_is_refused(module: ModuleRun, options: dict[str, Any], message: str) -> None:
    assert message in module.refused("convert", **options)


def test_it_needs_neither_credentials_nor_a_region(module: ModuleRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "none")
    monkeypatch.delenv("AWS_REGION", raising=False)
    module.connection = {}
    result = module.ok(
        "convert", True, content="services: {web: {image: 'web:1', environment: {KEY: 'AKIAIOSFODNN7EXAMPLE'}}}"
    )
    assert [next(iter(entry)) for entry in result["resources"]] == ["task_definition", "service"]
    assert "AKIAIOSFODNN7EXAMPLE" not in str(result)
