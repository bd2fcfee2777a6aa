# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EXAMPLES of every module run as they stand, one after the other."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun
from support.playbooks import environment, playbook

MODULES = Path(__file__).parents[2] / "plugins" / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("*.py"))
# Modules whose examples only look, or find nothing to do here.
IDLE = {"convert", "export", "image_cleanup", "preflight"}
# Modules whose examples take a service for granted.
SERVED = {"deployment", "deployment_info", "scaling", "scaling_info", "task", "task_info"}
PAUSED = {
    "strategy": "BLUE_GREEN",
    "lifecycle_hooks": [{"target_type": "PAUSE", "lifecycle_stages": ["POST_SCALE_UP"]}],
}


def examples(name: str) -> str:
    tree = ast.parse((MODULES / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "EXAMPLES":
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{name} has no EXAMPLES")


def on_instances(emulator: Emulator) -> None:
    """Register instances whose agents and images are old."""
    host = {"cluster": "shop-prod", "agent": "1.90.0", "ami": "ami-0aaaaaaaaaaaaaaaa"}
    emulator.control("instances", {**host, "instance_ids": ["i-0aaaaaaaaaaaaaaaa"]})
    emulator.control("instances", {**host, "ami": "ami-0bbbbbbbbbbbbbbbb"})


def with_a_group(client: Callable[[str], Any], subnets: list[str]) -> None:
    """Make an Auto Scaling group without instances."""
    template = {"ImageId": "ami-0abcdef1234567890", "InstanceType": "m5.large"}
    client("ec2").create_launch_template(LaunchTemplateName="shop-prod-instances", LaunchTemplateData=template)
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="shop-prod-instances",
        LaunchTemplate={"LaunchTemplateName": "shop-prod-instances"},
        MinSize=0,
        MaxSize=4,
        VPCZoneIdentifier=",".join(subnets),
    )


def with_a_role(client: Callable[[str], Any]) -> None:
    """Make a role for hosts outside of EC2."""
    statement = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName="ecsAnywhereRole", AssumeRolePolicyDocument=policy)


def prepare_capacity(name: str, emulator: Emulator, client: Callable[[str], Any], subnets: list[str]) -> None:
    """Make what the examples about capacity take for granted."""
    if name in ("attribute", "container_instance"):
        on_instances(emulator)
    elif name == "capacity_provider":
        with_a_group(client, subnets)
    elif name == "activation":
        with_a_role(client)


@pytest.mark.parametrize("name", NAMES)
def test_examples(
    name: str,
    emulator: Emulator,
    module: ModuleRun,
    subnets: list[str],
    client: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    """What an example takes for granted (a cluster, a revision, a network) is there, under the names it uses."""
    text = examples(name)
    group = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    for example, real in (
        ("subnet-0aaaaaaaaaaaaaaaa", subnets[0]),
        ("subnet-0bbbbbbbbbbbbbbbb", subnets[1]),
        ("sg-0cccccccccccccccc", group),
    ):
        text = text.replace(example, real)
    module.ok("cluster", name="shop-prod", capacity_providers=["FARGATE", "FARGATE_SPOT"])
    for family, image in (("web", "web:1"), ("web", "web:2"), ("migrate", "migrate:exit-0")):
        module.ok(
            "task_definition",
            family=f"prod-shop-{family}",
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            container_definitions=[{"name": family, "image": image}],
        )
    if name in SERVED:
        network = {"awsvpc_configuration": {"subnets": subnets}}
        where = {"cluster": "shop-prod", "launch_type": "FARGATE", "network_configuration": network}
        for service in ("shop-web", "shop-api", *(["shop-worker"] if name == "scaling" else [])):
            module.ok("service", name=service, task_definition="prod-shop-web", desired_count=1, **where)
    if name == "deployment":
        paused = {**where, "deployment_configuration": PAUSED, "wait_until": "approval"}
        module.ok("service", name="shop-worker", task_definition="prod-shop-web", desired_count=1, **paused)
    prepare_capacity(name, emulator, client, subnets)
    ecr = client("ecr")
    ecr.create_repository(repositoryName="shop/web")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    ecr.put_image(repositoryName="shop/web", imageManifest=json.dumps(manifest), imageTag="1.2")
    emulator.clock(speed=60)
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/longshore.ecs.all": {**CONNECTION, "endpoint_url": emulator.url}},
        "tasks": yaml.safe_load(text),
    }
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    run = playbook(str(path), environment(emulator.url, tmp_path)).ok()
    assert run.tasks
    if not name.endswith("_info") and name not in IDLE:
        assert run.stats["changed"] >= len(yaml.safe_load(text)) - 1
