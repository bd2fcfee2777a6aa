# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of all resources, container instances, attributes, task sets and account settings."""

from __future__ import annotations

from typing import Any

import pytest

TAGS = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]


def arns(account: Any) -> dict[str, str]:
    """Make one resource of each kind."""
    account.deployed()
    account.ecs.create_service(cluster="c", serviceName="x", deploymentController={"type": "EXTERNAL"})
    task_set = account.ecs.create_task_set(
        cluster="c", service="x", taskDefinition="web", launchType="FARGATE", networkConfiguration=account.network
    )
    provider = account.ecs.create_capacity_provider(
        name="asg", autoScalingGroupProvider={"autoScalingGroupArn": "arn:aws:autoscaling:::x"}
    )
    return {
        "cluster": account.ecs.describe_clusters(clusters=["c"])["clusters"][0]["clusterArn"],
        "service": account.service()["serviceArn"],
        "task": account.ecs.list_tasks(cluster="c")["taskArns"][0],
        "task-definition": account.service()["taskDefinition"],
        "container-instance": account.instance()["containerInstanceArn"],
        "capacity-provider": provider["capacityProvider"]["capacityProviderArn"],
        "task-set": task_set["taskSet"]["taskSetArn"],
    }


def test_tags_of_every_kind(account: Any) -> None:
    """Tagging merges and overwrites, and never removes: botocore ECS model, TagResource and UntagResource."""
    for arn in arns(account).values():

        def tags(arn: str = arn) -> dict[str, str]:
            listed = account.ecs.list_tags_for_resource(resourceArn=arn)["tags"]
            return {tag["key"]: tag["value"] for tag in listed}

        assert tags() == {}
        account.ecs.tag_resource(resourceArn=arn, tags=TAGS)
        account.ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "3"}])
        assert tags() == {"a": "3", "b": "2"}
        account.ecs.untag_resource(resourceArn=arn, tagKeys=["a", "unknown"])
        assert tags() == {"b": "2"}


def test_tagging_api(account: Any) -> None:
    """https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    account.register(tags=TAGS)
    account.create(tags=TAGS)
    tagging = account.emulator.client("resourcegroupstaggingapi")

    def found(**request: Any) -> list[str]:
        listed = tagging.get_resources(TagFilters=[{"Key": "a"}], **request)["ResourceTagMappingList"]
        return [item["ResourceARN"].rpartition(":ecs:us-east-1:123456789012:")[2] for item in listed]

    assert sorted(found()) == ["service/c/s", "task-definition/web:1"]
    assert found(ResourceTypeFilters=["ecs:service"]) == ["service/c/s"]
    arn = account.service()["serviceArn"]
    tagging.tag_resources(ResourceARNList=[arn], Tags={"x": "y"})
    tagging.untag_resources(ResourceARNList=[arn], TagKeys=["a"])
    assert account.service(include=["TAGS"])["tags"] == [{"key": "b", "value": "2"}, {"key": "x", "value": "y"}]


@pytest.mark.parametrize(
    "tags",
    [
        [{"key": "aws:x", "value": ""}],
        [{"key": "AWS:x", "value": ""}],
        [{"key": "a!", "value": ""}],
        [{"key": "x" * 129, "value": ""}],
        [{"key": "x", "value": "y" * 257}],
        [{"key": f"k{number}", "value": ""} for number in range(51)],
        [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
    ],
)
def test_bad_tags(account: Any, refused: Any, tags: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions"""
    arn = account.ecs.describe_clusters(clusters=["c"])["clusters"][0]["clusterArn"]
    refused("InvalidParameterException", "", account.ecs.tag_resource, resourceArn=arn, tags=tags)
    refused("InvalidParameterException", "", account.ecs.create_cluster, clusterName="new", tags=tags)
    assert len(account.ecs.list_clusters()["clusterArns"]) == 1


def test_no_more_than_fifty_tags(account: Any, refused: Any) -> None:
    """ecs-using-tags: fifty a resource, counted over all calls."""
    arn = account.ecs.describe_clusters(clusters=["c"])["clusters"][0]["clusterArn"]
    account.ecs.tag_resource(resourceArn=arn, tags=[{"key": f"k{number}", "value": ""} for number in range(50)])
    refused("InvalidParameterException", "50", account.ecs.tag_resource, resourceArn=arn, tags=TAGS)


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("cluster/nope", "ClusterNotFoundException"),
        ("service/c/nope", "InvalidParameterException"),
        ("service/nope", "InvalidParameterException"),
        ("task-definition/nope:1", "InvalidParameterException"),
        ("coffee/pot", "InvalidParameterException"),
    ],
)
def test_tags_of_nothing(account: Any, refused: Any, resource: str, code: str) -> None:
    """API_ListTagsForResource; short ARNs of services cannot be tagged."""
    arn = f"arn:aws:ecs:us-east-1:123456789012:{resource}"
    refused(code, "", account.ecs.list_tags_for_resource, resourceArn=arn)


# Container instances and attributes


def test_instances(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterContainerInstance.html and its siblings."""
    first = account.instance()
    account.instance(instanceId="i-2")
    assert (first["status"], first["ec2InstanceId"]) == ("ACTIVE", "i-0123456789abcdef0")
    ecs, arn = account.ecs, first["containerInstanceArn"]
    ecs.update_container_instances_state(cluster="c", containerInstances=[arn], status="DRAINING")
    assert ecs.list_container_instances(cluster="c", status="DRAINING")["containerInstanceArns"] == [arn]
    assert len(ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 2
    answer = ecs.describe_container_instances(cluster="c", containerInstances=[arn, "nope"])
    assert answer["containerInstances"][0]["status"] == "DRAINING"
    assert [item["reason"] for item in answer["failures"]] == ["MISSING"]
    ecs.deregister_container_instance(cluster="c", containerInstance=arn)
    assert len(ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 1
    refused("InvalidParameterException", "identity document", ecs.register_container_instance, cluster="c")


def test_instances_in_use(account: Any, refused: Any) -> None:
    """API_DeregisterContainerInstance: with running tasks only by force; draining moves a service's tasks away."""
    first = account.instance()["containerInstanceArn"]
    account.register_ec2()
    account.create(taskDefinition="host", launchType="EC2", networkConfiguration=None)
    account.settle()
    ecs = account.ecs
    shown = ecs.describe_container_instances(cluster="c", containerInstances=[first])["containerInstances"][0]
    assert shown["runningTasksCount"] == 2
    text = "Found running tasks on the instance."
    deregister = ecs.deregister_container_instance
    refused("InvalidParameterException", text, deregister, cluster="c", containerInstance=first)
    second = account.instance(instanceId="i-2")["containerInstanceArn"]
    ecs.update_container_instances_state(cluster="c", containerInstances=[first], status="DRAINING")
    account.settle()
    assert {item["containerInstanceArn"] for item in account.tasks()} == {second}
    deregister(cluster="c", containerInstance=second, force=True)
    account.emulator.step(30)
    assert account.service()["runningCount"] == 0


def test_attributes(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html and its siblings."""
    arn = account.instance()["containerInstanceArn"]
    attribute = {"name": "stack", "value": "production", "targetId": arn}
    account.ecs.put_attributes(cluster="c", attributes=[attribute])
    listed = account.ecs.list_attributes
    named = {"cluster": "c", "targetType": "container-instance", "attributeName": "stack"}
    assert listed(**named)["attributes"] == [attribute]
    assert listed(**named, attributeValue="test")["attributes"] == []
    account.ecs.delete_attributes(cluster="c", attributes=[{"name": "stack", "targetId": arn}])
    assert listed(**named)["attributes"] == []
    request = {"cluster": "c", "attributes": [{"name": "stack", "targetId": "nope"}]}
    refused("TargetNotFoundException", "", account.ecs.put_attributes, **request)


# Task sets


@pytest.fixture
def external(account: Any) -> Any:
    """An account with a service for task sets."""
    account.register()
    account.ecs.create_service(cluster="c", serviceName="s", desiredCount=3, deploymentController={"type": "EXTERNAL"})
    return account


def create_set(account: Any, **changes: Any) -> Any:
    request = {
        "cluster": "c",
        "service": "s",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": account.network,
        **changes,
    }
    return account.ecs.create_task_set(**request)["taskSet"]


def test_task_set_life(external: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-external.html"""
    ecs = external.ecs
    made = create_set(external, scale={"value": 50.0, "unit": "PERCENT"}, externalId="x", tags=TAGS)
    assert (made["computedDesiredCount"], made["stabilityStatus"]) == (2, "STABILIZING")
    assert (made["platformVersion"], made["externalId"], made["status"]) == ("1.4.0", "x", "ACTIVE")
    external.emulator.step(60)
    named = {"cluster": "c", "service": "s"}
    held = ecs.describe_task_sets(**named)["taskSets"][0]
    assert (held["runningCount"], held["stabilityStatus"], held["tags"]) == (2, "STEADY_STATE", [])
    assert ecs.describe_task_sets(**named, include=["TAGS"])["taskSets"][0]["tags"] == TAGS
    ecs.update_service_primary_task_set(**named, primaryTaskSet=made["id"])
    assert external.service()["taskSets"][0]["status"] == "PRIMARY"
    ecs.update_task_set(**named, taskSet=made["id"], scale={"value": 100.0, "unit": "PERCENT"})
    external.emulator.step(60)
    assert ecs.describe_task_sets(**named, taskSets=[made["taskSetArn"]])["taskSets"][0]["runningCount"] == 3
    refused("InvalidParameterException", "above 0", ecs.delete_task_set, **named, taskSet=made["id"])
    assert ecs.delete_task_set(**named, taskSet=made["id"], force=True)["taskSet"]["status"] == "DRAINING"
    assert ecs.describe_task_sets(**named, taskSets=[made["id"]])["failures"][0]["reason"] == "MISSING"
    request = {"taskSet": made["id"], "scale": {"value": 1.0}}
    refused("TaskSetNotFoundException", "", ecs.update_task_set, **named, **request)


def test_task_sets_need_the_external_controller(account: Any, refused: Any) -> None:
    """botocore ECS model, CreateTaskSet."""
    account.deployed()
    request = {"cluster": "c", "service": "s", "taskDefinition": "web"}
    refused("InvalidParameterException", "EXTERNAL", account.ecs.create_task_set, **request)
    refused("ServiceNotFoundException", "", account.ecs.create_task_set, **{**request, "service": "nope"})


def test_five_task_sets(external: Any, refused: Any) -> None:
    """AWS General Reference, Amazon ECS quotas: five task sets a service."""
    for _ignored in range(5):
        create_set(external)
    request = {"cluster": "c", "service": "s", "taskDefinition": "web"}
    refused("LimitExceededException", "", external.ecs.create_task_set, **request)


# Account settings


def test_account_settings(ecs: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html"""

    def values(**request: Any) -> dict[str, str]:
        pages = ecs.get_paginator("list_account_settings").paginate(**request)
        return {item["name"]: item["value"] for page in pages for item in page["settings"]}

    assert values() == {}
    assert values(effectiveSettings=True)["containerInsights"] == "disabled"
    assert len(values(effectiveSettings=True)) > 10
    ecs.put_account_setting(name="containerInsights", value="enhanced")
    assert values() == {"containerInsights": "enhanced"}
    assert values(name="awsvpcTrunking") == {}
    assert values(effectiveSettings=True, name="containerInsights") == {"containerInsights": "enhanced"}
    ecs.delete_account_setting(name="containerInsights")
    assert values() == {}
    put = ecs.put_account_setting
    refused("InvalidParameterException", "", put, name="containerInsights", value="on")
    refused("InvalidParameterException", "", put, name="guardDutyActivate", value="on")
