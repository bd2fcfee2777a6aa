# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every answer has the members that AWS's own sample outputs have.

The member lists in fixtures/answer_members.json were written down from the outputs in the AWS CLI's command reference
(https://docs.aws.amazon.com/cli/latest/reference/ecs/, one page a command), one list a kind of resource.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXPECTED: dict[str, list[str]] = json.loads((Path(__file__).parent / "fixtures" / "answer_members.json").read_text())
EBS = {
    "name": "data",
    "managedEBSVolume": {
        "roleArn": "arn:aws:iam::123456789012:role/infrastructure",
        "volumeType": "gp3",
        "sizeInGiB": 100,
        "iops": 3000,
        "throughput": 125,
        "filesystemType": "ext4",
    },
}
CONFIGURED = {"volumes": [{"name": "data", "configuredAtLaunch": True}]}
STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1}]
TAGS = [{"key": "key1", "value": "value1"}]


def provider(account: Any, name: str = "asg") -> Any:
    return account.ecs.create_capacity_provider(
        name=name,
        autoScalingGroupProvider={"autoScalingGroupArn": "arn:aws:autoscaling:::autoScalingGroupName/x"},
    )


def attach(account: Any, **request: Any) -> Any:
    provider(account)
    return account.ecs.put_cluster_capacity_providers(
        **{
            "cluster": "c",
            "capacityProviders": ["asg"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "asg", "weight": 1}],
            **request,
        }
    )


def detach(account: Any) -> Any:
    attach(account)
    account.emulator.step(60)
    return account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=[], defaultCapacityProviderStrategy=[]
    )


def cluster_with_providers(account: Any) -> Any:
    provider(account)
    strategy = [{"capacityProvider": "asg", "weight": 1}]
    return account.ecs.create_cluster(
        clusterName="new", capacityProviders=["asg"], defaultCapacityProviderStrategy=strategy
    )


def clusters_with_attachments(account: Any) -> Any:
    attach(account)
    account.emulator.step(60)
    return account.ecs.describe_clusters(clusters=["c"], include=["ATTACHMENTS"])


def updated_cluster(account: Any) -> Any:
    attach(account)
    account.emulator.step(60)
    return account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": "space"})


def deleted_provider(account: Any) -> Any:
    provider(account)
    return account.ecs.delete_capacity_provider(capacityProvider="asg")


def updated_provider(account: Any) -> Any:
    provider(account)
    return account.ecs.update_capacity_provider(
        name="asg", autoScalingGroupProvider={"managedScaling": {"status": "ENABLED"}}
    )


def described_providers(account: Any) -> Any:
    provider(account)
    return account.ecs.describe_capacity_providers()


def fargate_service(account: Any) -> Any:
    account.register()
    return {"service": account.create(tags=TAGS)}


def ec2_service(account: Any) -> Any:
    account.register_ec2()
    return account.ecs.create_service(cluster="c", serviceName="s", taskDefinition="host", desiredCount=1)


def external_service(account: Any) -> Any:
    return account.ecs.create_service(
        cluster="c", serviceName="s", desiredCount=1, deploymentController={"type": "EXTERNAL"}
    )


def classic_service(account: Any) -> Any:
    account.register_ec2()
    balancer = {"loadBalancerName": "classic", "containerName": "app", "containerPort": 80}
    return account.ecs.create_service(
        cluster="c",
        serviceName="s",
        taskDefinition="host",
        desiredCount=10,
        loadBalancers=[balancer],
        role="ecsServiceRole",
    )


def volume_service(account: Any) -> Any:
    account.register(**CONFIGURED)
    return {"service": account.create(volumeConfigurations=[EBS])}


def updated_service(account: Any) -> Any:
    account.deployed()
    account.register("2")
    return {"service": account.update(taskDefinition="web")}


def updated_strategy(account: Any) -> Any:
    account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    account.emulator.step(60)
    account.deployed(launchType=None, capacityProviderStrategy=STRATEGY)
    return {"service": account.update(forceNewDeployment=True)}


def updated_volume(account: Any) -> Any:
    account.deployed()
    account.register(**CONFIGURED)
    return {"service": account.update(taskDefinition="web", volumeConfigurations=[EBS])}


def described_service(account: Any) -> Any:
    account.deployed()
    return account.ecs.describe_services(cluster="c", services=["s"])


def listed_services_by_namespace(account: Any) -> Any:
    account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": "space"})
    account.deployed(serviceConnectConfiguration={"enabled": True})
    return account.ecs.list_services_by_namespace(namespace="space")


def listed_deployments(account: Any) -> Any:
    account.deployed()
    return account.ecs.list_service_deployments(cluster="c", service="s")


def described_deployments(account: Any) -> Any:
    arns = [item["serviceDeploymentArn"] for item in listed_deployments(account)["serviceDeployments"]]
    return account.ecs.describe_service_deployments(serviceDeploymentArns=arns)


def described_revisions(account: Any) -> Any:
    updated_strategy(account)
    arns = [item["arn"] for item in account.service()["currentServiceRevisions"]]
    return account.ecs.describe_service_revisions(serviceRevisionArns=arns)


def ec2_tasks(account: Any) -> Any:
    account.instance()
    ec2_service(account)
    account.emulator.step(60)
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    return account.ecs.describe_tasks(cluster="c", tasks=arns)


def fargate_tasks(account: Any) -> Any:
    account.register(container={"memory": 100})
    account.create()
    account.settle()
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    return account.ecs.describe_tasks(cluster="c", tasks=arns)


def run_ec2_task(account: Any) -> Any:
    attach(account)
    account.emulator.control("instances", {"cluster": "c", "capacity_provider": "asg"})
    account.register_ec2()
    account.emulator.step(60)
    return account.ecs.run_task(cluster="c", taskDefinition="host")


def run_fargate_task(account: Any) -> Any:
    account.register(**CONFIGURED)
    return account.ecs.run_task(
        cluster="c",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration=account.network,
        volumeConfigurations=[EBS],
    )


def start_bridge_task(account: Any) -> Any:
    instance = account.instance()["containerInstanceArn"]
    account.register_ec2()
    return account.ecs.start_task(cluster="c", taskDefinition="host", containerInstances=[instance])


def start_awsvpc_task(account: Any) -> Any:
    instance = account.instance()["containerInstanceArn"]
    account.register(requiresCompatibilities=["EC2"], **CONFIGURED)
    return account.ecs.start_task(
        cluster="c",
        taskDefinition="web",
        containerInstances=[instance],
        networkConfiguration=account.network,
        volumeConfigurations=[EBS],
    )


def stopped_task(account: Any) -> Any:
    arn = start_bridge_task(account)["tasks"][0]["taskArn"]
    account.emulator.step(60)
    account.ecs.stop_task(cluster="c", task=arn)
    account.emulator.step(60)
    return account.ecs.stop_task(cluster="c", task=arn)


def protection(account: Any, enabled: bool) -> Any:
    account.deployed()
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    return account.ecs.update_task_protection(cluster="c", tasks=arns, protectionEnabled=enabled)


def protections(account: Any) -> Any:
    account.deployed()
    return account.ecs.get_task_protection(cluster="c", tasks=account.ecs.list_tasks(cluster="c")["taskArns"])


def task_set(account: Any) -> Any:
    external_service(account)
    account.register(requiresCompatibilities=["EC2"])
    return account.ecs.create_task_set(
        cluster="c", service="s", taskDefinition="web", networkConfiguration=account.network
    )


def with_task_set(operation: str, **request: Any) -> Callable[[Any], Any]:
    def call(account: Any) -> Any:
        name = task_set(account)["taskSet"]["id"]
        named = {key: name if value == "ID" else value for key, value in request.items()}
        return getattr(account.ecs, operation)(cluster="c", service="s", **named)

    return call


def deleted_definitions(account: Any) -> Any:
    container = {
        "entryPoint": ["sh", "-c"],
        "command": ["true"],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {f"awslogs-{name}": "x" for name in ("create-group", "group", "region", "stream-prefix")},
        },
    }
    role = "arn:aws:iam::123456789012:role/execution"
    account.register(container=container, taskRoleArn=role, executionRoleArn=role)
    account.ecs.deregister_task_definition(taskDefinition="web:1")
    return account.ecs.delete_task_definitions(taskDefinitions=["web:1"])


def deregistered_definition(account: Any) -> Any:
    container = {"name": "a", "image": "a", "memory": 64, "command": ["true"], "entryPoint": []}
    account.register_ec2(containerDefinitions=[container])
    return account.ecs.deregister_task_definition(taskDefinition="host:1")


def described_definition(account: Any) -> Any:
    database = {"name": "db", "image": "mysql", "memory": 64, "environment": [{"name": "A", "value": "b"}]}
    web = {
        "name": "app",
        "image": "wordpress",
        "memory": 64,
        "links": ["db"],
        "portMappings": [{"containerPort": 80, "hostPort": 80}],
    }
    account.register_ec2(containerDefinitions=[web, database])
    return account.ecs.describe_task_definition(taskDefinition="host")


def registered_definition(account: Any) -> Any:
    container = {"name": "sleep", "image": "busybox", "cpu": 10, "memory": 10, "command": ["sleep", "360"]}
    return account.ecs.register_task_definition(family="sleep360", containerDefinitions=[container])


def described_instances(account: Any) -> Any:
    arn = account.instance()["containerInstanceArn"]
    return account.ecs.describe_container_instances(cluster="c", containerInstances=[arn])


def deregistered_instance(account: Any) -> Any:
    arn = account.instance()["containerInstanceArn"]
    return account.ecs.deregister_container_instance(cluster="c", containerInstance=arn)


def updated_instances(account: Any) -> Any:
    arn = account.instance()["containerInstanceArn"]
    return account.ecs.update_container_instances_state(cluster="c", containerInstances=[arn], status="DRAINING")


def attributes(operation: str) -> Callable[[Any], Any]:
    def call(account: Any) -> Any:
        arn = account.instance()["containerInstanceArn"]
        attribute = {"name": "stack", "value": "production", "targetId": arn}
        return getattr(account.ecs, operation)(cluster="c", attributes=[attribute])

    return call


def listed_attributes(account: Any) -> Any:
    account.instance()
    return account.ecs.list_attributes(cluster="c", targetType="container-instance")


def listed_instances(account: Any) -> Any:
    account.instance()
    return account.ecs.list_container_instances(cluster="c")


def after(make: Callable[[Any], Any], operation: str, **request: Any) -> Callable[[Any], Any]:
    def call(account: Any) -> Any:
        make(account)
        return getattr(account.ecs, operation)(**request)

    return call


def direct(operation: str, **request: Any) -> Callable[[Any], Any]:
    return after(lambda account: None, operation, **request)


def setting(operation: str) -> Callable[[Any], Any]:
    return direct(operation, name="containerInsights", value="enhanced")


CLUSTER_ARN = "arn:aws:ecs:us-east-1:123456789012:cluster/c"
SCENARIOS: dict[str, Callable[[Any], Any]] = {
    "CreateCluster: with settings": direct(
        "create_cluster", clusterName="new", settings=[{"name": "containerInsights", "value": "enhanced"}]
    ),
    "CreateCluster: with capacity providers": cluster_with_providers,
    "CreateCluster: with tags": direct("create_cluster", clusterName="new", tags=TAGS),
    "CreateService: fargate": fargate_service,
    "CreateService: ec2": ec2_service,
    "CreateService: external": external_service,
    "CreateService: classic load balancer": classic_service,
    "CreateService: volume": volume_service,
    "CreateTaskSet": task_set,
    "DeleteAccountSetting": direct("delete_account_setting", name="serviceLongArnFormat"),
    "DeleteAttributes": attributes("delete_attributes"),
    "DeleteCapacityProvider": deleted_provider,
    "DeleteTaskDefinitions": deleted_definitions,
    "DeleteTaskSet": with_task_set("delete_task_set", taskSet="ID"),
    "DeregisterContainerInstance": deregistered_instance,
    "DeregisterTaskDefinition": deregistered_definition,
    "DescribeCapacityProviders": described_providers,
    "DescribeClusters: bare": direct("describe_clusters", clusters=["c"]),
    "DescribeClusters: with attachments": clusters_with_attachments,
    "DescribeContainerInstances": described_instances,
    "DescribeServiceDeployments": described_deployments,
    "DescribeServiceRevisions": described_revisions,
    "DescribeServices": described_service,
    "DescribeTaskDefinition": described_definition,
    "DescribeTaskSets": with_task_set("describe_task_sets", taskSets=[]),
    "DescribeTasks: ec2": ec2_tasks,
    "DescribeTasks: fargate": fargate_tasks,
    "GetTaskProtection": protections,
    "ListAccountSettings": direct("list_account_settings", effectiveSettings=True),
    "ListAttributes": listed_attributes,
    "ListClusters": direct("list_clusters"),
    "ListContainerInstances": listed_instances,
    "ListServiceDeployments": listed_deployments,
    "ListServices": after(fargate_service, "list_services", cluster="c"),
    "ListServicesByNamespace": listed_services_by_namespace,
    "ListTagsForResource": after(
        lambda account: account.ecs.tag_resource(resourceArn=CLUSTER_ARN, tags=TAGS),
        "list_tags_for_resource",
        resourceArn=CLUSTER_ARN,
    ),
    "ListTaskDefinitionFamilies": after(registered_definition, "list_task_definition_families"),
    "ListTaskDefinitions": after(registered_definition, "list_task_definitions"),
    "ListTasks": after(fargate_tasks, "list_tasks", cluster="c"),
    "PutAccountSetting": setting("put_account_setting"),
    "PutAccountSettingDefault": setting("put_account_setting_default"),
    "PutAttributes": attributes("put_attributes"),
    "PutClusterCapacityProviders: attach": attach,
    "PutClusterCapacityProviders: detach": detach,
    "RegisterTaskDefinition": registered_definition,
    "RunTask: ec2": run_ec2_task,
    "RunTask: fargate with volume": run_fargate_task,
    "StartTask: bridge": start_bridge_task,
    "StartTask: awsvpc with volume": start_awsvpc_task,
    "StopTask": stopped_task,
    "UpdateCapacityProvider": updated_provider,
    "UpdateCluster": updated_cluster,
    "UpdateClusterSettings": direct(
        "update_cluster_settings", cluster="c", settings=[{"name": "containerInsights", "value": "enhanced"}]
    ),
    "UpdateContainerInstancesState": updated_instances,
    "UpdateService: launch type": updated_service,
    "UpdateService: strategy": updated_strategy,
    "UpdateService: volume": updated_volume,
    "UpdateServicePrimaryTaskSet": with_task_set("update_service_primary_task_set", primaryTaskSet="ID"),
    "UpdateTaskProtection: on": lambda account: protection(account, True),
    "UpdateTaskProtection: off": lambda account: protection(account, False),
    "UpdateTaskSet": with_task_set("update_task_set", taskSet="ID", scale={"value": 50.0, "unit": "PERCENT"}),
}


def paths(value: Any, path: str = "") -> set[str]:
    """Give the paths of all members of a document; elements of a list share `[]`."""
    if isinstance(value, dict):
        found = set()
        for name, item in value.items():
            below = f"{path}.{name}" if path else name
            found |= {below} | paths(item, below)
        return found
    if isinstance(value, list):
        return {found for item in value for found in paths(item, f"{path}[]")}
    return set()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_answers_have_the_members_of_the_samples(name: str, account: Any) -> None:
    """AWS CLI command reference, the output of the command's examples."""
    missing = set(EXPECTED[name]) - paths(SCENARIOS[name](account))
    assert not missing


def test_every_scenario_is_expected() -> None:
    """No scenario without members, no members without a scenario."""
    assert set(SCENARIOS) == set(EXPECTED)
