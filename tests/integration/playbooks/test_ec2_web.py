# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook ec2_web and its teardown: from an empty account to an empty account, and a new image in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.playbooks import stepped

from .account import TEARDOWN, Account

EC2_WEB = "longshore.ecs.ec2_web"
OF = {"teardown_of": "ec2_web"}
# What check mode says instead of a task whose module has no check mode, or cannot look at what is only planned.
PLANNED = {
    "longshore.ecs.web_service : Plan the target group": "longshore.ecs.web_service : Create the target group",
    "longshore.ecs.workload : Plan what each role may do": "longshore.ecs.workload : Write what each role may do",
    "longshore.ecs.web_service : Plan the removal of the target group": (
        "longshore.ecs.web_service : Remove the target group"
    ),
    "longshore.ecs.ec2_capacity : Plan the capacity provider": (
        "longshore.ecs.ec2_capacity : Create the capacity provider"
    ),
}


@pytest.fixture
def still(server: Emulator, tmp_path: Path) -> Account:
    """Give an account whose clock stands still but for what modules sleep."""
    server.reset()
    server.clock(speed=0)
    account = Account(server, tmp_path)
    account.environment = stepped(account.environment, server.url)
    return account


def planned(names: list[str]) -> set[str]:
    """Give the names of the tasks that will change something, from a plan."""
    return {PLANNED.get(name, name) for name in names}


def instances(account: Account) -> list[dict[str, Any]]:
    """Give the container instances of the example."""
    ecs = account.client("ecs")
    arns = ecs.list_container_instances(cluster="demo-hello")["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster="demo-hello", containerInstances=arns) if arns else {}
    return list(found.get("containerInstances", []))


def images(account: Account) -> set[str]:
    """Give the images of the container instances."""
    attributes = [{item["name"]: item.get("value") for item in one["attributes"]} for one in instances(account)]
    return {str(one["ecs.ami-id"]) for one in attributes}


def group(account: Account) -> dict[str, Any]:
    return dict(account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0])


def left(account: Account) -> dict[str, list[Any]]:
    """List what is left in the account, that of instances among it."""
    ec2, iam = account.client("ec2"), account.client("iam")
    found = {
        "groups": account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"],
        "templates": ec2.describe_launch_templates()["LaunchTemplates"],
        "instances": [
            one["InstanceId"]
            for reservation in ec2.describe_instances()["Reservations"]
            for one in reservation["Instances"]
            if one["State"]["Name"] != "terminated"
        ],
        "profiles": iam.list_instance_profiles()["InstanceProfiles"],
        "providers": [
            one["name"]
            for one in account.client("ecs").describe_capacity_providers()["capacityProviders"]
            if not one["name"].startswith("FARGATE")
        ],
    }
    return {kind: things for kind, things in found.items() if things} | account.leftovers()


def test_life_of_the_example(still: Account) -> None:
    plan = still.play(EC2_WEB, "--check", "--diff").ok()
    assert still.written == []
    built = still.play(EC2_WEB).ok()
    assert planned(plan.changed) == set(built.changed)
    assert still.service()["runningCount"] == 2
    _check_instances(still)
    _check_service(still)

    again = still.play(EC2_WEB).ok()
    assert again.changed == []
    assert still.written == []

    _check_new_image(still)

    plan = still.play(TEARDOWN, "--check", **OF).ok()
    assert still.written == []
    removed = still.play(TEARDOWN, **OF).ok()
    assert planned(plan.changed) == set(removed.changed)
    assert left(still) == {}


def _check_instances(account: Account) -> None:
    data = account.client("ec2").describe_launch_template_versions(
        LaunchTemplateName="demo-hello-ec2", Versions=["$Latest"]
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert (data["MetadataOptions"]["HttpTokens"], data["MetadataOptions"]["HttpPutResponseHopLimit"]) == (
        "required",
        1,
    )
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"]
    there = instances(account)
    assert len(there) == 2 and len({one["capacityProviderName"] for one in there}) == 1
    assert {one["ProtectedFromScaleIn"] for one in group(account)["Instances"]} == {True}
    role = account.client("iam").list_attached_role_policies(RoleName="demo-hello-ec2-instance")["AttachedPolicies"]
    assert {one["PolicyName"] for one in role} == {
        "AmazonEC2ContainerServiceforEC2Role",
        "AmazonSSMManagedInstanceCore",
    }


def _check_service(account: Account) -> None:
    service = account.service()
    assert service["capacityProviderStrategy"] == [{"capacityProvider": "demo-hello-ec2", "weight": 1, "base": 0}]
    assert [(one["type"], one["field"]) for one in service["placementStrategy"]] == [
        ("spread", "attribute:ecs.availability-zone"),
        ("binpack", "MEMORY"),
    ]
    definition = account.definition()
    assert (definition["networkMode"], definition["requiresCompatibilities"]) == ("bridge", ["EC2"])
    targets = account.client("elbv2").describe_target_health(
        TargetGroupArn=service["loadBalancers"][0]["targetGroupArn"]
    )["TargetHealthDescriptions"]
    healthy = [one["Target"] for one in targets if one["TargetHealth"]["State"] == "healthy"]
    assert {one["Id"] for one in healthy} == {one["ec2InstanceId"] for one in instances(account)}
    assert all(one["Port"] >= 32768 for one in healthy)


def _check_new_image(account: Account) -> None:
    """A new image reaches the instances, and the service never runs fewer tasks than it shall."""
    before = {one["ec2InstanceId"] for one in instances(account)}
    plan = account.play(EC2_WEB, "--check", ec2_capacity_ami="ami-0feedfacefeedface").ok()
    assert account.written == []
    seen = len(account.emulator.calls())
    rolled = account.play(EC2_WEB, ec2_capacity_ami="ami-0feedfacefeedface").ok()
    assert set(plan.changed) == set(rolled.changed)
    counts = [call for call in account.emulator.calls()[seen:] if call["operation"] == "UpdateContainerInstancesState"]
    assert len(counts) == 2
    account.emulator.clock(step=120)
    assert images(account) == {"ami-0feedfacefeedface"}
    assert before & {one["ec2InstanceId"] for one in instances(account)} == set()
    assert account.service()["runningCount"] == 2


ROLE = Path(__file__).parent / "ec2_capacity.yml"
BOTTLEROCKET = "/aws/service/bottlerocket/aws-ecs-2/arm64/latest/image_id"


def test_spot_bottlerocket_and_refresh_in_a_cluster_that_exists(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="demo-hello", capacityProviders=["FARGATE"])
    place = account.existing_vpc()
    before = left(account)
    variables = {
        "ec2_capacity_vpc_id": place["network_vpc_id"],
        "ec2_capacity_subnet_ids": ",".join(place["network_private_subnet_ids"]),
        "ec2_capacity_os": "bottlerocket",
        "ec2_capacity_architecture": "ARM64",
        "ec2_capacity_instance_types": "m7g.large,m6g.large,m8g.large",
        "ec2_capacity_min_size": "3",
        "ec2_capacity_on_demand_base": "1",
        "ec2_capacity_spot": "100",
        "ec2_capacity_attributes": {"stack": "general"},
        "ec2_capacity_default": False,
        "ec2_capacity_termination_protection": False,
        "ec2_capacity_roll": "refresh",
        "ec2_capacity_warmup": 60,
    }
    account.play(str(ROLE), **variables).ok()
    account.emulator.clock(speed=0)
    account.emulator.clock(step=120)
    account.emulator.clock(speed=60)
    assert images(account) == {"ami-0b0771e0c3e700002"}
    assert all({"name": "stack", "value": "general"} in one["attributes"] for one in instances(account))
    described = account.client("ec2").describe_instances()["Reservations"]
    assert sum("InstanceLifecycle" in one for found in described for one in found["Instances"]) == 2
    [cluster] = account.client("ecs").describe_clusters(clusters=["demo-hello"])["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE", "demo-hello-ec2"]
    assert cluster["defaultCapacityProviderStrategy"] == []

    account.emulator.control("parameters", {BOTTLEROCKET: "ami-0b0771e0c3e7000ff"})
    plan = account.play(str(ROLE), "--check", **variables).ok()
    assert account.written == []
    refreshed = account.play(str(ROLE), **variables).ok()
    assert plan.changed == refreshed.changed
    assert {one["LaunchTemplate"]["Version"] for one in group(account)["Instances"]} == {"2"}
    assert account.play(str(ROLE), **variables).ok().changed == []

    account.play(str(ROLE), ec2_capacity_state="absent").ok()
    assert left(account) == before


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ec2_capacity_name": "ecs-hosts"}, "must not start with aws, ecs or fargate"),
        ({"ec2_capacity_max_size": 1}, "ec2_capacity_min_size is 2 and ec2_capacity_max_size"),
        ({"ec2_capacity_instance_types": "m7g.large"}, "but ec2_capacity_architecture is X86_64"),
        ({"ec2_capacity_roll": "refresh"}, "an instance refresh leaves protected instances alone"),
        ({}, "ec2_capacity_vpc_id and ec2_capacity_subnet_ids must be given"),
    ],
)
def test_wrong_variables_give_a_sentence(account: Account, variables: dict[str, object], sentence: str) -> None:
    [failure] = account.play(str(ROLE), "--check", **variables).failed
    assert sentence in failure.result["msg"]
    assert account.written == []
