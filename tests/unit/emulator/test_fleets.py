# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container instances of EC2 and Auto Scaling groups, capacity providers that scale, and instance refreshes."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest

USER_DATA = "#!/bin/bash\necho ECS_CLUSTER=c >> /etc/ecs/ecs.config\n"
BOTTLEROCKET = """
[settings.ecs]
cluster = "c"
enable-spot-instance-draining = true

[settings.ecs.instance-attributes]
stack = "blue"
"""


class Fleet:
    """A group with a capacity provider in the cluster `c`."""

    def __init__(self, account: Any, clients: Any) -> None:
        self.account = account
        self.auto_scaling = clients("autoscaling")
        self.ec2 = account.ec2

    def template(self, user_data: str = USER_DATA, kind: str = "m7g.large", image: str = "ami-1") -> str:
        data = {
            "ImageId": image,
            "InstanceType": kind,
            "UserData": base64.b64encode(user_data.encode()).decode(),
        }
        made = self.ec2.create_launch_template(LaunchTemplateName="hosts", LaunchTemplateData=data)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def new_version(self, image: str) -> None:
        data = {"ImageId": image}
        self.ec2.create_launch_template_version(LaunchTemplateName="hosts", SourceVersion="1", LaunchTemplateData=data)

    def group(self, **changes: Any) -> None:
        request = {
            "AutoScalingGroupName": "hosts",
            "MinSize": 0,
            "MaxSize": 6,
            "DesiredCapacity": 0,
            "VPCZoneIdentifier": ",".join(self.account.subnets),
            "NewInstancesProtectedFromScaleIn": True,
            "HealthCheckGracePeriod": 0,
            **changes,
        }
        if "MixedInstancesPolicy" not in request:
            request["LaunchTemplate"] = {"LaunchTemplateName": "hosts", "Version": "$Latest"}
        self.auto_scaling.create_auto_scaling_group(**request)

    @property
    def described(self) -> Any:
        return self.auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]

    def provider(self, attach: bool = True, **changes: Any) -> None:
        scaling = {"status": "ENABLED", "targetCapacity": 100, **changes.pop("scaling", {})}
        self.account.ecs.create_capacity_provider(
            name="hosts",
            autoScalingGroupProvider={
                "autoScalingGroupArn": self.described["AutoScalingGroupARN"],
                "managedScaling": scaling,
                "managedTerminationProtection": "ENABLED",
                "managedDraining": "ENABLED",
                **changes,
            },
        )
        if attach:
            self.account.ecs.put_cluster_capacity_providers(
                cluster="c",
                capacityProviders=["hosts"],
                defaultCapacityProviderStrategy=[{"capacityProvider": "hosts", "weight": 1}],
            )
            self.account.emulator.step(10)

    @property
    def instances(self) -> list[Any]:
        ecs = self.account.ecs
        arns = ecs.list_container_instances(cluster="c")["containerInstanceArns"]
        found = ecs.describe_container_instances(cluster="c", containerInstances=arns) if arns else {}
        return list(found.get("containerInstances", []))

    def service(self, count: int, cpu: int = 1024, **changes: Any) -> None:
        one = {"name": "app", "image": "app:1", "cpu": cpu, "memory": 512}
        self.account.register_ec2(containerDefinitions=[one])
        request = {"taskDefinition": "host", "launchType": None, "networkConfiguration": None, "desiredCount": count}
        self.account.create(**request, **changes)


@pytest.fixture
def fleet(account: Any, running: Any) -> Fleet:
    return Fleet(account, running.client)


@pytest.mark.parametrize("user_data", [USER_DATA, BOTTLEROCKET, "ECS_CLUSTER='c'", "cat <<E >> x\nECS_CLUSTER=c\nE"])
def test_an_instance_registers_itself_by_its_user_data(fleet: Fleet, user_data: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_container_instance.html"""
    fleet.template(user_data)
    fleet.ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "hosts"}, MinCount=1, MaxCount=1)
    assert fleet.instances == []
    fleet.account.emulator.step(61)
    (instance,) = fleet.instances
    names = {item["name"]: item.get("value") for item in instance["attributes"]}
    assert names["ecs.ami-id"] == "ami-1" and names["ecs.vpc-id"].startswith("vpc-")
    assert names.get("stack") == ("blue" if user_data == BOTTLEROCKET else None)
    fleet.ec2.stop_instances(InstanceIds=[instance["ec2InstanceId"]])
    assert not fleet.instances[0]["agentConnected"]
    fleet.ec2.start_instances(InstanceIds=[instance["ec2InstanceId"]])
    assert fleet.instances[0]["agentConnected"]
    fleet.ec2.terminate_instances(InstanceIds=[instance["ec2InstanceId"]])
    assert fleet.instances == []


def test_other_instances_do_not(fleet: Fleet) -> None:
    fleet.template("#!/bin/sh\necho hello")
    fleet.ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "hosts"}, MinCount=1, MaxCount=1)
    fleet.account.emulator.step(120)
    assert fleet.instances == []


def test_a_group_spreads_over_its_subnets(fleet: Fleet) -> None:
    fleet.template()
    fleet.group(DesiredCapacity=4)
    fleet.account.emulator.step(61)
    zones = Counter(item["AvailabilityZone"] for item in fleet.described["Instances"])
    assert sorted(zones.values()) == [2, 2] and len(fleet.instances) == 4
    assert {item["LaunchTemplate"]["Version"] for item in fleet.described["Instances"]} == {"1"}


def test_the_spot_share_of_mixed_instances(fleet: Fleet) -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html"""
    template = {"LaunchTemplateName": "hosts", "Version": "$Latest"}
    fleet.template()
    fleet.group(
        DesiredCapacity=5,
        MixedInstancesPolicy={
            "LaunchTemplate": {
                "LaunchTemplateSpecification": template,
                "Overrides": [{"InstanceType": "m7g.xlarge"}, {"InstanceType": "m6g.large"}],
            },
            "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 25},
        },
    )
    found = [item for one in fleet.ec2.describe_instances()["Reservations"] for item in one["Instances"]]
    assert Counter(item.get("InstanceLifecycle", "on-demand") for item in found) == {"on-demand": 2, "spot": 3}
    assert {item["InstanceType"] for item in found} == {"m7g.xlarge"}


def test_protection_needs_the_groups(fleet: Fleet, refused: Any) -> None:
    """The words: CreateCapacityProvider's, as users quote them."""
    fleet.template()
    fleet.group(NewInstancesProtectedFromScaleIn=False)
    with pytest.raises(fleet.account.ecs.exceptions.ClientException, match="instance protection from scale in"):
        fleet.provider()
    fleet.auto_scaling.update_auto_scaling_group(
        AutoScalingGroupName="hosts", NewInstancesProtectedFromScaleIn=True, MaxSize=6
    )
    fleet.provider()
    assert "AmazonECSManaged" in {tag["Key"] for tag in fleet.described["Tags"]}


def test_tasks_wait_for_the_instances_that_are_launched_for_them(fleet: Fleet) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html"""
    fleet.template()
    fleet.group()
    fleet.provider()
    fleet.service(5)
    fleet.account.emulator.step(10)
    assert {task["lastStatus"] for task in fleet.account.tasks()} == {"PROVISIONING"}
    fleet.account.emulator.step(60)
    assert fleet.described["DesiredCapacity"] == 3
    fleet.account.emulator.step(200)
    assert fleet.account.service()["runningCount"] == 5
    assert {task["capacityProviderName"] for task in fleet.account.tasks()} == {"hosts"}
    assert {item["capacityProviderName"] for item in fleet.instances} == {"hosts"}
    protected = [item["ProtectedFromScaleIn"] for item in fleet.described["Instances"]]
    assert protected == [True] * 3


def test_empty_instances_go_after_a_quarter_of_an_hour(fleet: Fleet) -> None:
    fleet.template()
    fleet.group()
    fleet.provider()
    fleet.service(4, placementStrategy=[{"type": "binpack", "field": "cpu"}])
    fleet.account.emulator.step(300)
    assert len(fleet.instances) == 2
    fleet.account.update(desiredCount=2)
    fleet.account.emulator.step(600)
    assert len(fleet.instances) == 2
    before = {task["taskArn"] for task in fleet.account.tasks()}
    fleet.account.emulator.step(900)
    hosts = {task["containerInstanceArn"] for task in fleet.account.tasks()}
    assert len(fleet.instances) == len(hosts)
    assert {task["taskArn"] for task in fleet.account.tasks()} == before


def test_nothing_grows_beyond_the_groups_maximum(fleet: Fleet) -> None:
    fleet.template()
    fleet.group(MaxSize=1)
    fleet.provider()
    fleet.service(4)
    fleet.account.emulator.step(400)
    assert fleet.described["DesiredCapacity"] == 1 and fleet.account.service()["runningCount"] == 2


def test_tasks_do_not_wait_forever(fleet: Fleet) -> None:
    """api_failures_messages, DescribeTasks."""
    fleet.template()
    fleet.group(MaxSize=1)
    fleet.provider()
    one = {"name": "app", "image": "app:1", "cpu": 9000, "memory": 512}
    fleet.account.register_ec2(containerDefinitions=[one])
    fleet.account.ecs.run_task(cluster="c", taskDefinition="host")
    fleet.account.emulator.step(1000)
    (task,) = fleet.account.tasks(desiredStatus="STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("TaskFailedToStart", "TaskFailedToStart: RESOURCE:CPU")


def test_without_managed_scaling_a_task_is_refused(fleet: Fleet, refused: Any) -> None:
    fleet.template()
    fleet.group()
    fleet.provider(scaling={"status": "DISABLED"}, managedTerminationProtection="DISABLED")
    fleet.account.register_ec2()
    text = "No Container Instances were found in your capacity provider."
    refused("InvalidParameterException", text, fleet.account.ecs.run_task, cluster="c", taskDefinition="host")


def test_managed_draining_moves_tasks_before_an_instance_ends(fleet: Fleet) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html"""
    fleet.template()
    fleet.group(DesiredCapacity=2)
    fleet.provider()
    fleet.account.emulator.step(61)
    fleet.service(2)
    fleet.account.settle()
    victim = fleet.described["Instances"][0]["InstanceId"]
    fleet.auto_scaling.terminate_instance_in_auto_scaling_group(InstanceId=victim, ShouldDecrementDesiredCapacity=False)
    states = {item["InstanceId"]: item["LifecycleState"] for item in fleet.described["Instances"]}
    assert states[victim] == "Terminating:Wait" and len(states) == 3
    seen = []
    for _number in range(60):
        fleet.account.emulator.step(5)
        seen.append(fleet.account.service()["runningCount"])
    assert min(seen) == 2
    assert victim not in {item["ec2InstanceId"] for item in fleet.instances}
    assert len(fleet.described["Instances"]) == 2


def test_a_spot_interruption_is_replaced_by_the_group(fleet: Fleet) -> None:
    fleet.template(BOTTLEROCKET)
    fleet.group(DesiredCapacity=2)
    fleet.provider()
    fleet.account.emulator.step(61)
    victim = fleet.instances[0]["ec2InstanceId"]
    fleet.account.emulator.control("instances", {"interrupt": victim})
    assert Counter(item["status"] for item in fleet.instances) == {"DRAINING": 1, "ACTIVE": 1}
    fleet.account.emulator.step(200)
    assert len(fleet.instances) == 2 and victim not in {item["ec2InstanceId"] for item in fleet.instances}


def test_a_group_with_instances_is_deleted_by_force(fleet: Fleet, refused: Any) -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html"""
    fleet.template()
    fleet.group(DesiredCapacity=2)
    fleet.account.emulator.step(61)
    delete = fleet.auto_scaling.delete_auto_scaling_group
    refused("ResourceInUse", "still in the group", delete, AutoScalingGroupName="hosts")
    delete(AutoScalingGroupName="hosts", ForceDelete=True)
    assert fleet.instances == []
    found = [item for one in fleet.ec2.describe_instances()["Reservations"] for item in one["Instances"]]
    assert {item["State"]["Name"] for item in found} == {"terminated"}


# Instance refreshes


def refresh(fleet: Fleet, **preferences: Any) -> Any:
    fleet.auto_scaling.start_instance_refresh(AutoScalingGroupName="hosts", Preferences=preferences)
    return described(fleet)


def described(fleet: Fleet) -> Any:
    return fleet.auto_scaling.describe_instance_refreshes(AutoScalingGroupName="hosts")["InstanceRefreshes"][0]


@pytest.mark.parametrize("maximum", [100, 150])
def test_a_refresh_replaces_all_instances(fleet: Fleet, refused: Any, maximum: int) -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html"""
    fleet.template()
    fleet.group(DesiredCapacity=2)
    fleet.provider()
    fleet.account.emulator.step(61)
    fleet.service(2)
    fleet.account.settle()
    fleet.new_version("ami-2")
    preferences = {"MinHealthyPercentage": 100 if maximum > 100 else 50, "MaxHealthyPercentage": maximum}
    started = refresh(fleet, ScaleInProtectedInstances="Refresh", SkipMatching=True, InstanceWarmup=90, **preferences)
    assert (started["Status"], started["InstancesToUpdate"]) == ("Pending", 2)
    start = fleet.auto_scaling.start_instance_refresh
    refused("InstanceRefreshInProgress", "", start, AutoScalingGroupName="hosts")
    seen = []
    for _number in range(100):
        fleet.account.emulator.step(10)
        seen.append(fleet.account.service()["runningCount"])
    assert (described(fleet)["Status"], described(fleet)["PercentageComplete"]) == ("Successful", 100)
    assert {item["LaunchTemplate"]["Version"] for item in fleet.described["Instances"]} == {"2"}
    assert min(seen) == 2


def test_a_refresh_waits_for_protected_instances(fleet: Fleet) -> None:
    fleet.template()
    fleet.group(DesiredCapacity=1)
    fleet.account.emulator.step(61)
    refresh(fleet)
    fleet.account.emulator.step(3500)
    assert described(fleet)["Status"] == "InProgress"
    fleet.account.emulator.step(200)
    assert described(fleet)["Status"] == "Failed" and "protected" in described(fleet)["StatusReason"]


def test_a_refresh_is_cancelled(fleet: Fleet, refused: Any) -> None:
    fleet.template()
    fleet.group(DesiredCapacity=1)
    cancel = fleet.auto_scaling.cancel_instance_refresh
    refused("ActiveInstanceRefreshNotFound", "", cancel, AutoScalingGroupName="hosts")
    refresh(fleet)
    cancel(AutoScalingGroupName="hosts")
    assert described(fleet)["Status"] == "Cancelled"


# ECS Managed Instances


def test_managed_instances_start_when_tasks_need_them(fleet: Fleet) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html"""
    account = fleet.account
    account.ecs.create_capacity_provider(
        name="managed",
        cluster="c",
        managedInstancesProvider={
            "infrastructureRoleArn": "arn:aws:iam::123456789012:role/infrastructure",
            "instanceLaunchTemplate": {
                "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/hosts",
                "networkConfiguration": {"subnets": account.subnets},
            },
        },
    )
    account.emulator.step(10)
    account.register(requiresCompatibilities=["MANAGED_INSTANCES"])
    strategy = [{"capacityProvider": "managed", "weight": 1}]
    account.create(desiredCount=2, launchType=None, capacityProviderStrategy=strategy)
    account.emulator.step(10)
    assert {task["lastStatus"] for task in account.tasks()} == {"PROVISIONING"}
    account.emulator.step(300)
    assert account.service()["runningCount"] == 2
    assert {task["launchType"] for task in account.tasks()} == {"MANAGED_INSTANCES"}
    account.update(desiredCount=0)
    account.emulator.step(600)
    assert fleet.instances == []


# --- images


def test_parameters_of_images(fleet: Fleet) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html"""
    ssm = fleet.account.emulator.client("ssm")

    def read(name: str) -> str:
        return str(ssm.get_parameter(Name=f"/aws/service/{name}/image_id")["Parameter"]["Value"])

    linux = "ecs/optimized-ami/amazon-linux-2023/recommended"
    known = read(linux)
    assert known.startswith("ami-") and read("bottlerocket/aws-ecs-2/arm64/latest").startswith("ami-")
    fleet.account.emulator.control("parameters", {f"/aws/service/{linux}/image_id": "ami-2"})
    assert read(linux) == "ami-2"
    assert "/aws/service/" in fleet.account.emulator.refused("parameters", {"/mine": "x"})
