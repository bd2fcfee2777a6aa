# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity providers: groups by name, what is for life, who uses what, and deletion in the right order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import ModuleRun
from support.steps import four_steps

Client = Callable[[str], Any]
NAME = "shop-instances"
SCALING = {"status": "ENABLED", "target_capacity": 90, "minimum_scaling_step_size": 1, "maximum_scaling_step_size": 4}


@pytest.fixture
def group(client: Client, subnets: list[str]) -> str:
    """Make an Auto Scaling group without instances, and give its ARN."""
    return make_group(client, subnets, NAME)


def make_group(client: Client, subnets: list[str], name: str, protected: bool = False) -> str:
    autoscaling = client("autoscaling")
    if not client("ec2").describe_launch_templates()["LaunchTemplates"]:
        image = {"ImageId": "ami-0abcdef1234567890", "InstanceType": "m5.large"}
        client("ec2").create_launch_template(LaunchTemplateName="instances", LaunchTemplateData=image)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": "instances"},
        MinSize=0,
        MaxSize=4,
        VPCZoneIdentifier=",".join(subnets),
        NewInstancesProtectedFromScaleIn=protected,
    )
    found = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return str(found["AutoScalingGroupARN"])


def managed(subnets: list[str], **template: Any) -> dict[str, Any]:
    return {
        "infrastructure_role_arn": "arn:aws:iam::123456789012:role/ecsInfrastructureRole",
        "instance_launch_template": {
            "ec2_instance_profile_arn": "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole",
            "network_configuration": {"subnets": subnets},
            **template,
        },
    }


def operations(result: dict[str, Any]) -> list[str]:
    return [action["operation"] for action in result["actions"]]


def test_a_group_by_its_name_through_all_steps(module: ModuleRun, emulator: Emulator, group: str) -> None:
    provider = {"auto_scaling_group_arn": NAME, "managed_scaling": SCALING}
    created = four_steps(
        module, emulator, "capacity_provider", name=NAME, auto_scaling_group_provider=provider, tags={"a": "1"}
    )
    assert created["actions"][0]["params"]["autoScalingGroupProvider"]["autoScalingGroupArn"] == group
    shown = created["capacity_provider"]
    assert shown["auto_scaling_group_provider"]["managed_scaling"]["target_capacity"] == 90
    change = {"auto_scaling_group": NAME, "managed_scaling": {"target_capacity": 80}, "managed_draining": "DISABLED"}
    changed = four_steps(
        module, emulator, "capacity_provider", name=NAME, auto_scaling_group_provider=change, tags={"a": "2"}
    )
    assert operations(changed) == ["UpdateCapacityProvider", "TagResource"]
    sent = changed["actions"][0]["params"]["autoScalingGroupProvider"]
    assert "autoScalingGroupArn" not in sent
    assert sent["managedScaling"]["maximumScalingStepSize"] == 4  # AWS does not document a merge, so all is sent
    assert changed["diff"]["after"]["auto_scaling_group_provider"]["managed_scaling"] == {"target_capacity": 80}
    (read,) = module.ok("capacity_provider_info", name=[NAME, "other"])["capacity_providers"]
    assert not module.ok("capacity_provider", definition=read)["changed"]
    cleared = {"auto_scaling_group_arn": group, "managed_scaling": {}}
    off = module.ok("capacity_provider", name=NAME, auto_scaling_group_provider=cleared)["capacity_provider"]
    assert off["auto_scaling_group_provider"]["managed_scaling"]["status"] == "DISABLED"
    deleted = four_steps(module, emulator, "capacity_provider", name=NAME, state="absent")
    assert operations(deleted) == ["DeleteCapacityProvider"]
    assert deleted["capacity_provider"] == {}


def test_managed_instances_through_all_steps(module: ModuleRun, emulator: Emulator, subnets: list[str]) -> None:
    module.ok("cluster", name="shop", capacity_providers=["FARGATE"])
    requirements = {"v_cpu_count": {"min": 2}, "memory_mib": {"min": 4096}, "cpu_manufacturers": ["intel", "amd"]}
    template = {
        "instance_requirements": requirements,
        "storage_configuration": {"storage_size_gib": 50},
        "monitoring": "DETAILED",
    }
    wanted = {
        **managed(subnets, **template, capacity_option_type="SPOT"),
        "propagate_tags": "CAPACITY_PROVIDER",
        "infrastructure_optimization": {"scale_in_after": 300},
        "auto_repair_configuration": {"actions_status": True},
    }
    where = {"name": "mi", "cluster": "shop"}
    created = four_steps(module, emulator, "capacity_provider", **where, managed_instances_provider=wanted)
    assert created["capacity_provider"]["type"] == "MANAGED_INSTANCES"
    template["instance_requirements"] = {
        **requirements,
        "cpu_manufacturers": ["amd", "intel"],
        "bare_metal": "excluded",
    }
    same = managed(list(reversed(subnets)), **template)
    assert not module.ok("capacity_provider", **where, managed_instances_provider=same)["changed"]
    change = managed(subnets, monitoring="BASIC", instance_requirements={**requirements, "memory_mib": {"min": 8192}})
    changed = four_steps(module, emulator, "capacity_provider", **where, managed_instances_provider=change)
    sent = changed["actions"][0]["params"]
    assert sent["cluster"] == "shop" and sent["managedInstancesProvider"]["propagateTags"] == "CAPACITY_PROVIDER"
    assert "capacityOptionType" not in sent["managedInstancesProvider"]["instanceLaunchTemplate"]
    other = module(
        "capacity_provider", **where, managed_instances_provider=managed(subnets, capacity_option_type="ON_DEMAND")
    )
    assert other["failure"]["code"] == "Immutable"
    member = "managed_instances_provider.instance_launch_template.capacity_option_type"
    assert other["failure"]["members"] == [member] and "recreate=true" in other["msg"]
    four_steps(module, emulator, "capacity_provider", name="mi", state="absent")


def test_subnets_of_managed_instances_may_be_named(
    module: ModuleRun, subnets: list[str], client: Callable[[str], Any]
) -> None:
    module.ok("cluster", name="shop")
    client("ec2").create_tags(Resources=subnets, Tags=[{"Key": "Tier", "Value": "private"}])
    where = {"name": "mi", "cluster": "shop"}
    module.ok("capacity_provider", **where, managed_instances_provider=managed(["tag:Tier=private"]))
    assert not module.ok("capacity_provider", **where, managed_instances_provider=managed(subnets))["changed"]
    message = module.refused("capacity_provider", **where, managed_instances_provider=managed(["nowhere"]))
    assert message.startswith("network_configuration: there is no subnet called 'nowhere' in ")


def test_a_cluster_leaves_alone_what_attaches_itself(
    module: ModuleRun, emulator: Emulator, subnets: list[str], group: str
) -> None:
    """terraform-provider-aws issues 44783 and 46346: a change for ever, and a call that AWS refuses."""
    module.ok("cluster", name="shop", capacity_providers=["FARGATE"])
    module.ok("capacity_provider", name="mi", cluster="shop", managed_instances_provider=managed(subnets))
    assert not module.ok("cluster", name="shop", capacity_providers=["FARGATE"])["changed"]
    assert not module.ok("cluster", name="shop", capacity_providers=["FARGATE", "mi"])["changed"]
    module.ok("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": group})
    strategy = [{"capacity_provider": "mi", "weight": 1}]
    options = {"capacity_providers": ["FARGATE", NAME], "default_capacity_provider_strategy": strategy}
    done = four_steps(module, emulator, "cluster", name="shop", **options)
    assert done["actions"][0]["params"]["capacityProviders"] == ["FARGATE", NAME]
    assert done["cluster"]["capacity_providers"] == ["FARGATE", "mi", NAME]
    message = module.refused("capacity_provider", name="mi", state="absent")
    assert "used by the cluster shop (also by its default strategy): set force=true" in message
    gone = four_steps(module, emulator, "capacity_provider", name="mi", state="absent", force=True)
    assert operations(gone) == ["PutClusterCapacityProviders", "DeleteCapacityProvider"]
    assert gone["actions"][0]["params"]["capacityProviders"] == ["FARGATE", NAME]


@pytest.mark.parametrize("wait", [True, False])
def test_force_detaches_and_waits_before_it_deletes(
    module: ModuleRun, emulator: Emulator, group: str, wait: bool
) -> None:
    """AWS notes DELETE_FAILED when it is asked to delete what a cluster has not let go of yet."""
    module.ok("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": group})
    for name in ("shop", "jobs"):
        module.ok("cluster", name=name, capacity_providers=["FARGATE", NAME])
    strategy = [{"capacity_provider": NAME, "weight": 1}]
    module.ok("cluster", name="shop", default_capacity_provider_strategy=strategy)
    for check in (True, False):
        message = module.refused("capacity_provider", check, name=NAME, state="absent")
        assert message == (
            "The capacity provider shop-instances is used by the clusters shop (also by its default strategy), jobs: "
            "set force=true to take it out there first, or take it out yourself with longshore.ecs.cluster."
        )
    seen = len(emulator.calls())
    result = module.ok("capacity_provider", name=NAME, state="absent", force=True, wait=wait)
    put = "PutClusterCapacityProviders"
    assert emulator.writes(seen) == operations(result) == [put, put, "DeleteCapacityProvider"]
    module.clock.sleep(10)
    assert module.ok("capacity_provider_info", name=NAME)["capacity_providers"] == []
    (shop,) = module.ok("cluster_info", name="shop")["clusters"]
    assert (shop["capacity_providers"], shop["default_capacity_provider_strategy"]) == (["FARGATE"], [])


def test_services_that_use_it_are_named_and_never_changed(module: ModuleRun, emulator: Emulator, group: str) -> None:
    module.ok("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": group})
    module.ok("cluster", name="shop", capacity_providers=[NAME])
    containers = [{"name": "web", "image": "web:1", "memory": 128}]
    module.ok("task_definition", family="web", container_definitions=containers)
    strategy = [{"capacity_provider": NAME, "weight": 1}]
    for name in ("web", "api"):
        service = {"name": name, "cluster": "shop", "task_definition": "web", "desired_count": 0, "wait": False}
        module.ok("service", **service, capacity_provider_strategy=strategy)
    seen = len(emulator.calls())
    for force in (False, True):
        message = module.refused("capacity_provider", name=NAME, state="absent", force=force)
        assert "is used by the services web in shop, api in shop: give them another" in message
        assert "force_new_deployment" in message
    assert emulator.writes(seen) == []


def test_a_deletion_that_fails_says_why(module: ModuleRun, emulator: Emulator, client: Client, group: str) -> None:
    module.ok("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": group})
    module.ok("cluster", name="shop")
    module.clock.sleep(30)
    emulator.control("stale", {"seconds": 60})  # who reads now does not see that the cluster has it
    client("ecs").put_cluster_capacity_providers(
        cluster="shop", capacityProviders=[NAME], defaultCapacityProviderStrategy=[]
    )
    result = module("capacity_provider", name=NAME, state="absent")
    assert result["failure"]["code"] == "DELETE_FAILED"
    assert "is DELETE_FAILED: The capacity provider is associated with the cluster shop." in result["msg"]


def test_what_is_for_life_is_named(module: ModuleRun, client: Client, subnets: list[str], group: str) -> None:
    module.ok("cluster", name="shop")
    module.ok("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": group})
    other = make_group(client, subnets, "other")
    result = module("capacity_provider", name=NAME, auto_scaling_group_provider={"auto_scaling_group_arn": "other"})
    assert result["failure"]["members"] == ["auto_scaling_group_provider.auto_scaling_group_arn"]
    assert f"(is '{group}', wanted '{other}')" in result["msg"]
    kind = module("capacity_provider", name=NAME, cluster="shop", managed_instances_provider=managed(subnets))
    assert kind["failure"]["code"] == "Immutable"
    anew = module.ok(
        "capacity_provider", name=NAME, recreate=True, auto_scaling_group_provider={"auto_scaling_group_arn": other}
    )
    assert operations(anew) == ["DeleteCapacityProvider", "CreateCapacityProvider"]
    assert anew["capacity_provider"]["auto_scaling_group_provider"]["auto_scaling_group_arn"] == other
    module.ok("cluster", name="shop", capacity_providers=[NAME])
    message = module.refused(
        "capacity_provider", name=NAME, recreate=True, auto_scaling_group_provider={"auto_scaling_group_arn": group}
    )
    assert "take it out there with longshore.ecs.cluster, and put it back afterwards" in message


def test_protection_needs_a_group_that_protects(
    module: ModuleRun, emulator: Emulator, client: Client, subnets: list[str], group: str
) -> None:
    provider: dict[str, Any] = {"auto_scaling_group_arn": group, "managed_termination_protection": True}
    seen = len(emulator.calls())
    assert "it needs managed scaling; set" in module.refused(
        "capacity_provider", name=NAME, auto_scaling_group_provider=provider
    )
    provider["managed_scaling"] = {"status": True}
    message = module.refused("capacity_provider", name=NAME, auto_scaling_group_provider=provider)
    assert "does not protect new instances from scale-in, which this needs; set protect_instances=true" in message
    assert emulator.writes(seen) == []
    provider["auto_scaling_group_arn"] = make_group(client, subnets, "protected", protected=True)
    four_steps(module, emulator, "capacity_provider", name=NAME, auto_scaling_group_provider=provider)


def test_a_group_is_made_to_protect_its_instances(
    module: ModuleRun, emulator: Emulator, client: Client, group: str
) -> None:
    client("autoscaling").set_desired_capacity(AutoScalingGroupName=NAME, DesiredCapacity=2)
    provider = {
        "auto_scaling_group_arn": NAME,
        "managed_scaling": {"status": "ENABLED"},
        "managed_termination_protection": "ENABLED",
    }
    result = four_steps(
        module, emulator, "capacity_provider", name=NAME, auto_scaling_group_provider=provider, protect_instances=True
    )
    assert operations(result) == ["UpdateAutoScalingGroup", "SetInstanceProtection", "CreateCapacityProvider"]
    (shown,) = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert shown["NewInstancesProtectedFromScaleIn"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "name is required"),
        ({"name": "ecs-mine"}, "'ecs-mine' starts with aws or ecs or fargate, which AWS keeps for itself: choose"),
        ({"name": "a b"}, "name: AWS does not take 'a b' as a name"),
        ({"name": "FARGATE", "state": "absent"}, "FARGATE and FARGATE_SPOT belong to AWS and stay"),
        ({"auto_scaling_group_provider": None}, "managed_instances_provider is required, since there is no"),
        ({"cluster": "shop"}, "cluster goes with managed_instances_provider"),
        ({"managed_instances_provider": managed(["subnet-1"])}, "exclude each other: a provider is of one kind"),
        (
            {"auto_scaling_group_provider": {"managed_scaling": {}}},
            "AutoScalingGroupProvider needs auto_scaling",
        ),
        (
            {"auto_scaling_group_provider": {"auto_scaling_group_arn": "nope"}},
            "auto_scaling_group_arn: there is no Auto Scaling group nope in eu-central-1; check the name",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    module: ModuleRun, emulator: Emulator, group: str, options: dict[str, Any], words: str
) -> None:
    provider = {"auto_scaling_group_arn": group}
    wanted = {"name": NAME, "auto_scaling_group_provider": provider, **options}
    seen = len(emulator.calls())
    assert words in module.refused("capacity_provider", **wanted)
    assert emulator.writes(seen) == []


@pytest.mark.parametrize(
    ("scaling", "words"),
    [
        ({"target_capacity": 0}, "target_capacity: 0 is out of range; the API wants 1 to 100."),
        ({"target_capacity": 101}, "target_capacity: 101 is out of range"),
        ({"maximum_scaling_step_size": 10001}, "10001 is out of range; the API wants 1 to 10000."),
        ({"instance_warmup_period": -1}, "instance_warmup_period: -1 is out of range; the API wants 0 to 10000."),
        (
            {"minimum_scaling_step_size": 5, "maximum_scaling_step_size": 2},
            "minimum_scaling_step_size: 5 is more than maximum_scaling_step_size, 2; lower the one",
        ),
    ],
)
def test_scaling_out_of_range_is_refused(module: ModuleRun, group: str, scaling: dict[str, Any], words: str) -> None:
    provider = {"auto_scaling_group_arn": group, "managed_scaling": scaling}
    assert words in module.refused("capacity_provider", name=NAME, auto_scaling_group_provider=provider)


@pytest.mark.parametrize(
    ("template", "more", "words"),
    [
        ({"network_configuration": {"subnets": []}}, {}, "network_configuration.subnets is required"),
        ({}, {"infrastructure_optimization": {"scale_in_after": 4000}}, "scale_in_after: 4000 is out of range"),
        (
            {"nitro_enclaves_enabled": True, "local_storage_configuration": {"use_local_storage": True}},
            {},
            "nitro_enclaves_enabled: it cannot go with",
        ),
        ({"instance_requirements": {"v_cpu_count": {"min": 1}}}, {}, "InstanceRequirementsRequest needs memory_mib"),
        (
            {"instance_requirements": {"v_cpu_count": {"min": 4, "max": 2}, "memory_mib": {"min": 1}}},
            {},
            "vcpu_count: min, 4, is more than max, 2",
        ),
    ],
)
def test_managed_instances_that_cannot_be_are_refused(
    module: ModuleRun, template: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    wanted = {**managed(["subnet-1"], **template), **more}
    assert words in module.refused("capacity_provider", name="mi", cluster="shop", managed_instances_provider=wanted)
    assert "cluster is required" in module.refused(
        "capacity_provider", name="mi", managed_instances_provider=managed(["subnet-1"])
    )


def test_refusals_of_aws_say_what_to_do(module: ModuleRun, emulator: Emulator, group: str) -> None:
    fault = {
        "operation": "CreateCapacityProvider",
        "kind": "error",
        "status": 400,
        "message": "The limit was exceeded.",
    }
    emulator.control("faults", {**fault, "code": "LimitExceededException", "times": 1})
    provider = {"auto_scaling_group_arn": group}
    once = {"retries": {"total_max_attempts": 1}}  # botocore takes this code for throttling
    message = module.refused("capacity_provider", name=NAME, auto_scaling_group_provider=provider, aws_config=once)
    assert "delete what is not used any more, or ask AWS for a higher quota" in message
    emulator.control("faults", {**fault, "code": "UpdateInProgressException", "times": 2})
    assert module.ok("capacity_provider", name=NAME, auto_scaling_group_provider=provider)["changed"]
    again = module.refused("capacity_provider", name="other", auto_scaling_group_provider=provider)
    assert "already being used by another capacity provider" in again


def test_an_estate_with_both_kinds_comes_and_goes(
    module: ModuleRun, emulator: Emulator, subnets: list[str], group: str
) -> None:
    """The cluster needs the one provider before it, and the other needs the cluster."""
    default = [{"capacity_provider": NAME, "weight": 1}]
    estate: list[dict[str, Any]] = [
        {"capacity_provider": {"name": "mi", "cluster": "shop", "managed_instances_provider": managed(subnets)}},
        {"cluster": {"name": "shop", "capacity_providers": [NAME], "default_capacity_provider_strategy": default}},
        {"capacity_provider": {"name": NAME, "auto_scaling_group_provider": {"auto_scaling_group_arn": group}}},
    ]
    made = module.ok("apply", resources=estate, prune={"owner": "shop"})
    assert [name for name in emulator.writes() if "Capacity" in name or "CreateCluster" in name] == [
        "CreateCapacityProvider",
        "CreateCluster",
        "CreateCapacityProvider",
    ], made
    assert not module.ok("apply", resources=estate, prune={"owner": "shop"})["changed"]
    strategy = [{"capacity_provider": "mi", "weight": 1}]
    estate[1]["cluster"]["default_capacity_provider_strategy"] = strategy
    assert module.ok("apply", resources=estate, prune={"owner": "shop"})["changed"]
    assert not module.ok("apply", resources=estate, prune={"owner": "shop"})["changed"]
    seen = len(emulator.calls())
    gone = [{next(iter(entry)): {**_named(entry), "state": "absent"}} for entry in estate]
    module.ok("apply", resources=gone)
    assert emulator.writes(seen)[-1] in ("DeleteCapacityProvider", "DeleteCluster")
    assert not module.ok("apply", resources=gone)["changed"]


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    options = next(iter(entry.values()))
    return {name: options[name] for name in ("name", "cluster") if name in options}


def test_a_strategy_for_what_comes_after_the_cluster_is_refused(module: ModuleRun, subnets: list[str]) -> None:
    strategy = [{"capacity_provider": "mi", "weight": 1}]
    estate = [
        {"capacity_provider": {"name": "mi", "cluster": "shop", "managed_instances_provider": managed(subnets)}},
        {"cluster": {"name": "shop", "default_capacity_provider_strategy": strategy}},
    ]
    message = module.refused("apply", resources=estate)
    assert "mi can only be made once the cluster shop is there" in message
