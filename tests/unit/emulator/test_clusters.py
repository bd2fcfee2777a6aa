# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters and capacity providers."""

from __future__ import annotations

from typing import Any

import pytest

ASG = {"autoScalingGroupArn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:x:autoScalingGroupName/x"}


def described(ecs: Any, name: str = "c", *include: str) -> Any:
    return ecs.describe_clusters(clusters=[name], include=list(include))["clusters"][0]


def put(account: Any, *providers: str, strategy: Any = ()) -> Any:
    return account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=list(providers), defaultCapacityProviderStrategy=list(strategy)
    )["cluster"]


def test_create_returns_the_existing_one(account: Any) -> None:
    """nandemo-ya/kecs#79: an existing cluster is no error, and the new settings do not apply."""
    settings = [{"name": "containerInsights", "value": "enhanced"}]
    again = account.ecs.create_cluster(clusterName="c", settings=settings)["cluster"]
    assert again["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert len(account.ecs.list_clusters()["clusterArns"]) == 1


def test_default_name(ecs: Any) -> None:
    """botocore ECS model, CreateCluster: without a name the cluster is named default."""
    assert ecs.create_cluster()["cluster"]["clusterName"] == "default"
    assert ecs.describe_clusters()["clusters"][0]["clusterName"] == "default"


def test_include(account: Any) -> None:
    """botocore ECS model, DescribeClusters.include: what is not asked for is empty or absent."""
    account.ecs.update_cluster(
        cluster="c",
        configuration={"executeCommandConfiguration": {"logging": "NONE"}},
        settings=[{"name": "containerInsights", "value": "enabled"}],
    )
    account.ecs.tag_resource(resourceArn=described(account.ecs)["clusterArn"], tags=[{"key": "a", "value": "b"}])
    bare = described(account.ecs)
    assert (bare["settings"], bare["tags"], bare["statistics"]) == ([], [], [])
    assert not {"configuration", "attachments", "attachmentsStatus"} & set(bare)
    full = described(account.ecs, "c", "SETTINGS", "TAGS", "STATISTICS", "CONFIGURATIONS", "ATTACHMENTS")
    assert full["settings"][0]["value"] == "enabled"
    assert full["tags"] == [{"key": "a", "value": "b"}]
    assert full["configuration"]["executeCommandConfiguration"] == {"logging": "NONE"}
    assert {"name": "runningFargateTasksCount", "value": "0"} in full["statistics"]
    assert full["attachments"] == []


def test_missing_is_a_failure(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"""
    answer = account.ecs.describe_clusters(clusters=["c", "nope"])
    assert [item["clusterName"] for item in answer["clusters"]] == ["c"]
    arn = "arn:aws:ecs:us-east-1:123456789012:cluster/nope"
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_arn_or_name(account: Any) -> None:
    """botocore ECS model: the short name or full ARN of the cluster."""
    arn = described(account.ecs)["clusterArn"]
    assert described(account.ecs, arn)["clusterName"] == "c"
    other = arn.replace("123456789012", "111111111111")
    assert account.ecs.describe_clusters(clusters=[other])["failures"][0]["reason"] == "MISSING"


def test_counters(account: Any) -> None:
    """botocore ECS model, Cluster: the counts follow services, tasks and instances."""
    account.deployed()
    account.instance()
    cluster = described(account.ecs)
    names = ("activeServicesCount", "runningTasksCount", "pendingTasksCount", "registeredContainerInstancesCount")
    assert [cluster[name] for name in names] == [1, 2, 0, 1]
    account.ecs.delete_service(cluster="c", service="s", force=True)
    account.emulator.step(60)
    assert [described(account.ecs)[name] for name in names] == [0, 0, 0, 1]


def test_list_pages(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListClusters.html"""
    for number in range(4):
        account.ecs.create_cluster(clusterName=f"c{number}")
    account.ecs.delete_cluster(cluster="c1")
    first = account.ecs.list_clusters(maxResults=3)
    second = account.ecs.list_clusters(maxResults=3, nextToken=first["nextToken"])
    assert "nextToken" not in second
    names = [arn.rpartition("/")[2] for arn in first["clusterArns"] + second["clusterArns"]]
    assert names == ["c", "c0", "c2", "c3"]


def test_delete_leaves_an_inactive_cluster(account: Any, refused: Any) -> None:
    """botocore ECS model, DeleteCluster: INACTIVE clusters remain discoverable by name for a while."""
    assert account.ecs.delete_cluster(cluster="c")["cluster"]["status"] == "INACTIVE"
    assert described(account.ecs)["status"] == "INACTIVE"
    refused("ClusterNotFoundException", "Cluster not found.", account.ecs.delete_cluster, cluster="c")
    refused("ClusterNotFoundException", "Cluster not found.", account.ecs.list_services, cluster="c")
    assert account.ecs.create_cluster(clusterName="c")["cluster"]["status"] == "ACTIVE"


def test_delete_refuses_what_is_in_use(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html#API_DeleteCluster_Errors"""
    account.deployed()
    delete = account.ecs.delete_cluster
    refused("ClusterContainsServicesException", "Services are active", delete, cluster="c")
    account.ecs.delete_service(cluster="c", service="s", force=True)
    refused("ClusterContainsServicesException", "", delete, cluster="c")
    account.emulator.step(60)
    account.ecs.run_task(cluster="c", taskDefinition="web", launchType="FARGATE", networkConfiguration=account.network)
    refused("ClusterContainsTasksException", "Tasks are active", delete, cluster="c")
    account.ecs.stop_task(cluster="c", task=account.tasks()[0]["taskArn"])
    account.emulator.step(60)
    arn = account.instance()["containerInstanceArn"]
    refused("ClusterContainsContainerInstancesException", "Container Instances", delete, cluster="c")
    account.ecs.deregister_container_instance(cluster="c", containerInstance=arn)
    assert delete(cluster="c")["cluster"]["status"] == "INACTIVE"


def test_settings(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ClusterSetting.html: three values."""
    update = account.ecs.update_cluster_settings
    for value in ("enabled", "enhanced", "disabled"):
        update(cluster="c", settings=[{"name": "containerInsights", "value": value}])
        assert described(account.ecs, "c", "SETTINGS")["settings"][0]["value"] == value
    setting = {"name": "containerInsights", "value": "on"}
    refused("InvalidParameterException", "containerInsights", update, cluster="c", settings=[setting])


def test_settings_come_from_the_account(ecs: Any) -> None:
    """Developer guide, ecs-account-settings: the value applies to clusters that are made later."""
    ecs.create_cluster(clusterName="before")
    ecs.put_account_setting_default(name="containerInsights", value="enhanced")
    ecs.create_cluster(clusterName="after")
    values = [described(ecs, name, "SETTINGS")["settings"][0]["value"] for name in ("before", "after")]
    assert values == ["disabled", "enhanced"]


def test_service_connect_default(account: Any, clients: Any) -> None:
    """botocore ECS model, ClusterServiceConnectDefaultsRequest: an unknown name makes a namespace, "" removes it."""
    account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": "space"})
    namespaces = clients["servicediscovery"].list_namespaces()["Namespaces"]
    assert [(item["Name"], item["Type"]) for item in namespaces] == [("space", "HTTP")]
    assert described(account.ecs)["serviceConnectDefaults"] == {"namespace": namespaces[0]["Arn"]}
    account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": ""})
    assert "serviceConnectDefaults" not in described(account.ecs)


def test_associating_fargate(account: Any) -> None:
    """Developer guide, fargate-capacity-providers: nothing to create; the list is sorted, the strategy is not."""
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 2}, {"capacityProvider": "FARGATE", "base": 1}]
    cluster = put(account, "FARGATE_SPOT", "FARGATE", strategy=strategy)
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert cluster["defaultCapacityProviderStrategy"] == [
        {"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 0},
        {"capacityProvider": "FARGATE", "weight": 0, "base": 1},
    ]


def test_associating_takes_time(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html: asynchronous."""
    account.ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    assert put(account, "asg")["attachmentsStatus"] == "UPDATE_IN_PROGRESS"
    again = {"cluster": "c", "capacityProviders": [], "defaultCapacityProviderStrategy": []}
    refused("UpdateInProgressException", "", account.ecs.put_cluster_capacity_providers, **again)
    refused("UpdateInProgressException", "", account.ecs.delete_cluster, cluster="c")
    account.emulator.step(10)
    cluster = described(account.ecs, "c", "ATTACHMENTS")
    assert cluster["attachmentsStatus"] == "UPDATE_COMPLETE"
    assert [item["type"] for item in cluster["attachments"]] == ["as_policy", "managed_draining"]
    put(account)
    account.emulator.step(10)
    assert described(account.ecs, "c", "ATTACHMENTS")["attachments"] == []


def test_created_with_providers(ecs: Any) -> None:
    """botocore ECS model, Cluster.status: PROVISIONING while resources for capacity providers are created."""
    assert ecs.create_cluster(clusterName="p", capacityProviders=["FARGATE"])["cluster"]["status"] == "PROVISIONING"


@pytest.mark.parametrize(
    ("providers", "strategy", "text"),
    [
        (["nope"], [], "was not found"),
        (["FARGATE"], [{"capacityProvider": "FARGATE_SPOT", "weight": 1}], "not associated"),
        (["FARGATE", "asg"], [{"capacityProvider": "FARGATE"}, {"capacityProvider": "asg"}], "mix"),
        (
            ["FARGATE", "FARGATE_SPOT"],
            [{"capacityProvider": "FARGATE", "base": 1}, {"capacityProvider": "FARGATE_SPOT", "base": 1}],
            "Only one",
        ),
    ],
)
def test_bad_associations(account: Any, refused: Any, providers: Any, strategy: Any, text: str) -> None:
    """botocore ECS model, CapacityProviderStrategyItem and PutClusterCapacityProviders."""
    account.ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    call = account.ecs.put_cluster_capacity_providers
    request = {"cluster": "c", "capacityProviders": providers, "defaultCapacityProviderStrategy": strategy}
    refused("InvalidParameterException", text, call, **request)


def test_a_provider_in_use_stays(account: Any, refused: Any) -> None:
    """API_PutClusterCapacityProviders, ResourceInUseException: a service still uses it."""
    put(account, "FARGATE")
    account.emulator.step(10)
    account.register()
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    account.create(launchType=None, capacityProviderStrategy=strategy)
    request = {"cluster": "c", "capacityProviders": [], "defaultCapacityProviderStrategy": []}
    refused("ResourceInUseException", "in use", account.ecs.put_cluster_capacity_providers, **request)


# Capacity providers


def test_provider_defaults(ecs: Any) -> None:
    """botocore ECS model, ManagedScaling and AutoScalingGroupProvider: defaults."""
    answer = ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)["capacityProvider"]
    assert answer["autoScalingGroupProvider"] == {
        **ASG,
        "managedScaling": {
            "status": "DISABLED",
            "targetCapacity": 100,
            "minimumScalingStepSize": 1,
            "maximumScalingStepSize": 10000,
            "instanceWarmupPeriod": 300,
        },
        "managedTerminationProtection": "DISABLED",
        "managedDraining": "ENABLED",
    }


def test_update_provider(ecs: Any, refused: Any) -> None:
    """Members that are left out keep their value; the update takes a while."""
    ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    change = {"managedScaling": {"status": "ENABLED"}, "managedDraining": "DISABLED"}
    ecs.update_capacity_provider(name="asg", autoScalingGroupProvider=change)
    held = ecs.describe_capacity_providers(capacityProviders=["asg"])["capacityProviders"][0]
    assert held["updateStatus"] == "UPDATE_IN_PROGRESS"
    assert held["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"] == 100
    assert held["autoScalingGroupProvider"]["managedDraining"] == "DISABLED"
    refused("ClientException", "does not exist", ecs.update_capacity_provider, name="nope")


def test_managed_instances_are_kept(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-capacity-providers-concept.html"""
    provider = {
        "infrastructureRoleArn": "arn:aws:iam::123456789012:role/r",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/p",
            "networkConfiguration": {"subnets": ["subnet-1"]},
        },
    }
    account.ecs.create_capacity_provider(name="mi", cluster="c", managedInstancesProvider=provider)
    account.emulator.step(10)
    held = account.ecs.describe_capacity_providers(capacityProviders=["mi"])["capacityProviders"][0]
    assert (held["managedInstancesProvider"], held["cluster"]) == (provider, "c")
    assert (held["type"], held["status"]) == ("MANAGED_INSTANCES", "ACTIVE")
    assert described(account.ecs)["capacityProviders"] == ["mi"]


def test_managed_instances_attach_themselves(account: Any, refused: Any) -> None:
    """terraform-provider-aws issues 44783 and 46346."""
    template = {"ec2InstanceProfileArn": "p", "networkConfiguration": {"subnets": ["subnet-1"]}}
    provider = {"infrastructureRoleArn": "r", "instanceLaunchTemplate": template}
    account.ecs.create_capacity_provider(name="mi", cluster="c", managedInstancesProvider=provider)
    account.emulator.step(10)
    with pytest.raises(account.ecs.exceptions.InvalidParameterException, match="Cannot associate Managed Instances"):
        put(account, "FARGATE", "mi")
    put(account, "FARGATE")
    account.emulator.step(10)
    assert described(account.ecs)["capacityProviders"] == ["FARGATE", "mi"]
    account.ecs.delete_capacity_provider(capacityProvider="mi", cluster="c")
    account.emulator.step(10)
    assert described(account.ecs)["capacityProviders"] == ["FARGATE"]


def test_a_group_has_one_provider(ecs: Any, refused: Any) -> None:
    """aws/containers-roadmap issue 632."""
    ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    call = ecs.create_capacity_provider
    refused("ClientException", "already being used", call, name="other", autoScalingGroupProvider=ASG)


def test_describe_providers(ecs: Any) -> None:
    """botocore ECS model, DescribeCapacityProviders: all by default, FARGATE ones included, ten a page."""
    for number in range(10):
        group = {"autoScalingGroupArn": f"{ASG['autoScalingGroupArn']}{number}"}
        tags = [{"key": "a", "value": "b"}]
        ecs.create_capacity_provider(name=f"p{number}", autoScalingGroupProvider=group, tags=tags)
    first = ecs.describe_capacity_providers()
    second = ecs.describe_capacity_providers(nextToken=first["nextToken"])
    names = [item["name"] for item in first["capacityProviders"] + second["capacityProviders"]]
    assert names == ["FARGATE", "FARGATE_SPOT", *(f"p{number}" for number in range(10))]
    answer = ecs.describe_capacity_providers(capacityProviders=["p0", "nope"], include=["TAGS"])
    assert answer["capacityProviders"][0]["tags"] == [{"key": "a", "value": "b"}]
    assert answer["failures"][0]["reason"] == "MISSING"


def test_delete_provider(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html"""
    account.ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    delete = account.ecs.delete_capacity_provider
    put(account, "asg")
    failed = delete(capacityProvider="asg")["capacityProvider"]
    assert (failed["status"], failed["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    account.emulator.step(10)
    put(account)
    assert delete(capacityProvider="asg")["capacityProvider"]["updateStatus"] == "DELETE_IN_PROGRESS"
    account.emulator.step(10)
    held = account.ecs.describe_capacity_providers(capacityProviders=["asg"])["capacityProviders"][0]
    assert (held["status"], held["updateStatus"]) == ("INACTIVE", "DELETE_COMPLETE")
    refused("ClientException", "does not exist", delete, capacityProvider="asg")
    refused("InvalidParameterException", "reserved", delete, capacityProvider="FARGATE")


@pytest.mark.parametrize("name", ["aws-x", "ECSx", "fargate1", "with space", ""])
def test_provider_names(ecs: Any, refused: Any, name: str) -> None:
    """botocore ECS model, CreateCapacityProvider.name: no aws, ecs or fargate prefix."""
    refused("InvalidParameterException", "", ecs.create_capacity_provider, name=name, autoScalingGroupProvider=ASG)


def test_provider_twice(ecs: Any, refused: Any) -> None:
    """Names are unique in an account and Region."""
    ecs.create_capacity_provider(name="asg", autoScalingGroupProvider=ASG)
    call = ecs.create_capacity_provider
    refused("InvalidParameterException", "already exists", call, name="asg", autoScalingGroupProvider=ASG)
