# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook patch_instances: told, broken off, gone on with, and nothing to do afterwards."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.playbooks import stepped

from .account import Account

PATCH = "longshore.ecs.patch_instances"
NAME = "demo-hello-ec2"
PARAMETER = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
OLD = "ami-0aaaaaaaaaaaaaaaa"


@pytest.fixture
def account(server: Emulator, tmp_path: Path) -> Account:
    """Give an account whose clock stands still but for what modules sleep, with two instances of an old image."""
    server.reset()
    server.clock(speed=0)
    account = Account(server, tmp_path)
    account.environment = stepped(account.environment, server.url)
    _build(account)
    return account


def _build(account: Account) -> None:
    ec2, autoscaling, ecs = (account.client(name) for name in ("ec2", "autoscaling", "ecs"))
    ecs.create_cluster(clusterName="demo-hello")
    data = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=demo-hello >> /etc/ecs/ecs.config\n").decode()
    launched = {"ImageId": OLD, "InstanceType": "t3.medium", "UserData": data}
    ec2.create_launch_template(LaunchTemplateName=NAME, LaunchTemplateData=launched)
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=NAME,
        LaunchTemplate={"LaunchTemplateName": NAME, "Version": "1"},
        MinSize=2,
        MaxSize=4,
        DesiredCapacity=2,
        VPCZoneIdentifier=",".join(subnets),
        NewInstancesProtectedFromScaleIn=True,
    )
    ecs.create_capacity_provider(name=NAME, autoScalingGroupProvider={"autoScalingGroupArn": NAME})
    ecs.put_cluster_capacity_providers(
        cluster="demo-hello", capacityProviders=[NAME], defaultCapacityProviderStrategy=[]
    )
    account.emulator.clock(step=180)
    container = {"name": "web", "image": "web:1", "memory": 128}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    strategy = [{"capacityProvider": NAME, "weight": 1}]
    ecs.create_service(
        cluster="demo-hello",
        serviceName="hello-web",
        taskDefinition="web",
        desiredCount=2,
        capacityProviderStrategy=strategy,
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
    )
    account.emulator.clock(step=180)


def instances(account: Account) -> dict[str, str]:
    """Give the image of each container instance, by its EC2 id."""
    ecs = account.client("ecs")
    arns = ecs.list_container_instances(cluster="demo-hello")["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster="demo-hello", containerInstances=arns)["containerInstances"]
    return {
        item["ec2InstanceId"]: next(one["value"] for one in item["attributes"] if one["name"] == "ecs.ami-id")
        for item in found
    }


def least_running(calls: list[dict[str, Any]]) -> int:
    """Count the calls that stopped tasks by themselves: none may."""
    return sum(call["operation"] == "StopTask" for call in calls)


def test_instances_are_rolled_to_the_newest_image(account: Account) -> None:
    newest = account.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    before = instances(account)
    assert set(before.values()) == {OLD} and newest != OLD and account.service()["runningCount"] == 2

    plan = account.play(PATCH, "--check").ok()
    assert account.written == []
    assert (
        f"do not run {newest} yet, and are replaced in 2 batches" in plan.task("Say what there is to do").result["msg"]
    )

    # Broken off after the first drain: what is drained is seen, and the rest goes on.
    account.emulator.control(
        "faults",
        {
            "service": "autoscaling",
            "operation": "TerminateInstanceInAutoScalingGroup",
            "kind": "error",
            "code": "ValidationError",
            "message": "Not now.",
            "status": 400,
            "times": 1,
        },
    )
    broken = account.play(PATCH, patch_instances_progress=False)
    assert broken.code != 0 and set(instances(account)) == set(before)
    done = account.play(PATCH, patch_instances_progress=False).ok()
    after = instances(account)
    assert set(after.values()) == {newest} and len(after) == 2 and not set(after) & set(before)
    assert account.service()["runningCount"] == 2
    assert account.written.count("TerminateInstanceInAutoScalingGroup") == 2
    assert account.written.count("UpdateContainerInstancesState") == 1
    assert least_running(account.emulator.calls()) == 0
    assert f"2 instances were replaced; all of {NAME} run {newest}" in done.task("Say what was done").result["msg"]
    assert set(done.changed) <= set(plan.changed)

    again = account.play(PATCH, patch_instances_progress=False).ok()
    assert again.changed == [] and account.written == []


def test_what_is_not_there_is_said(account: Account) -> None:
    run = account.play(PATCH, patch_instances_capacity_provider="FARGATE")
    assert "There is no capacity provider FARGATE with an Auto Scaling group" in run.failed[0].result["msg"]
