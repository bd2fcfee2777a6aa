# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services: creating, reading, changing and deleting them."""

from __future__ import annotations

from typing import Any

import pytest

FORCE = "you must force a new deployment."
SLR = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
FARGATE = [{"capacityProvider": "FARGATE", "weight": 1}]
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def associate(account: Any, default: Any = ()) -> None:
    """Make the Fargate providers usable in the cluster."""
    account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=list(default)
    )
    account.emulator.step(10)


@pytest.fixture
def web(account: Any) -> Any:
    """An account with a Fargate definition `web` and one for instances, `host`."""
    account.register()
    account.register_ec2()
    return account


def on_instances(account: Any, **changes: Any) -> Any:
    """Create a service on instances."""
    defaults = {"taskDefinition": "host", "launchType": None, "networkConfiguration": None, "desiredCount": 0}
    return account.create(**{**defaults, **changes})


# What is filled in


def test_defaults(web: Any) -> None:
    """botocore ECS model, CreateService; a service of 2026 as published with go-to-k/cdk-real-drift."""
    service = web.create(desiredCount=0)
    varying = ("serviceArn", "createdAt", "createdBy", "deployments", "currentServiceDeployment")
    rest = {name: item for name, item in service.items() if name not in (*varying, "currentServiceRevisions")}
    network = {"subnets": web.subnets, "securityGroups": [], "assignPublicIp": "DISABLED"}
    assert rest == {
        "serviceName": "s",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
        "status": "ACTIVE",
        "schedulingStrategy": "REPLICA",
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
        "desiredCount": 0,
        "runningCount": 0,
        "pendingCount": 0,
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": {"awsvpcConfiguration": network},
        "healthCheckGracePeriodSeconds": 0,
        "deploymentController": {"type": "ECS"},
        "availabilityZoneRebalancing": "ENABLED",
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "resourceManagementType": "CUSTOMER",
        "deploymentConfiguration": {
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {
                "enable": False,
                "rollback": False,
                "resetOnHealthyTask": True,
                "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
            },
            "alarms": {"alarmNames": [], "enable": False, "rollback": False},
        },
        "roleArn": SLR,
        "events": [],
        "tags": [],
    }
    deployment = service["deployments"][0]
    assert deployment["id"].startswith("ecs-svc/")
    assert (deployment["status"], deployment["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert deployment["rolloutStateReason"] == f"ECS deployment {deployment['id']} in progress."
    assert (deployment["platformVersion"], deployment["platformFamily"]) == ("1.4.0", "Linux")
    assert deployment["networkConfiguration"] == {"awsvpcConfiguration": network}


def test_defaults_on_instances(web: Any) -> None:
    """botocore ECS model: EC2 without launch type or strategy; no role and no platform in bridge mode."""
    service = on_instances(web)
    assert service["launchType"] == "EC2"
    absent = ("roleArn", "platformVersion", "platformFamily", "networkConfiguration", "capacityProviderStrategy")
    assert not set(absent) & set(service)


def test_daemon_defaults(web: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html: DAEMON."""
    service = on_instances(web, schedulingStrategy="DAEMON", desiredCount=None)
    configuration = service["deploymentConfiguration"]
    assert (configuration["maximumPercent"], configuration["minimumHealthyPercent"]) == (100, 0)
    assert service["availabilityZoneRebalancing"] == "DISABLED"
    text = "The daemon scheduling strategy does not support a desired count for services."
    refused("InvalidParameterException", text, web.ecs.update_service, cluster="c", service="s", desiredCount=1)


def test_cluster_default_strategy_is_copied(web: Any) -> None:
    """botocore ECS model, CreateService.capacityProviderStrategy: the cluster's default when nothing is given."""
    associate(web, SPOT)
    service = web.create(launchType=None)
    assert service["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    assert "launchType" not in service
    assert service["platformVersion"] == "LATEST"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "ENABLED"),
        ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 50}}, "DISABLED"),
        ({"placementStrategy": [{"type": "binpack", "field": "cpu"}]}, "DISABLED"),
        ({"placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}]}, "ENABLED"),
        (
            {"placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == a"}]},
            "DISABLED",
        ),
    ],
)
def test_availability_zone_rebalancing(web: Any, changes: Any, expected: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html"""
    assert on_instances(web, **changes)["availabilityZoneRebalancing"] == expected


def test_placement_spelling(web: Any) -> None:
    """hashicorp/terraform-provider-aws service.go: host reads back instanceId, cpu and memory in upper case."""
    given = [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "memory"}, {"type": "random"}]
    assert on_instances(web, placementStrategy=given)["placementStrategy"] == [
        {"type": "spread", "field": "instanceId"},
        {"type": "binpack", "field": "MEMORY"},
        {"type": "random"},
    ]


def test_service_connect_in_deployments_only(web: Any, clients: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts.html; botocore ECS model."""
    configuration = {"enabled": True, "services": [{"portName": "http", "clientAliases": [{"port": 80}]}]}
    request = {"serviceConnectConfiguration": {**configuration, "namespace": "space"}}
    refused("NamespaceNotFoundException", "space", web.ecs.create_service, **create_request(web, **request))
    clients["servicediscovery"].create_http_namespace(Name="space")
    service = web.create(**request)
    arn = clients["servicediscovery"].list_namespaces()["Namespaces"][0]["Arn"]
    assert "serviceConnectConfiguration" not in service
    held = service["deployments"][0]["serviceConnectConfiguration"]
    alias = {"port": 80, "dnsName": "http.space"}
    services = [{"portName": "http", "discoveryName": "http", "clientAliases": [alias]}]
    assert held == {"enabled": True, "namespace": arn, "services": services}
    assert service["deployments"][0]["serviceConnectResources"][0]["discoveryName"] == "http"
    assert len(clients["servicediscovery"].list_services()["Services"]) == 1
    web.update(serviceConnectConfiguration={"enabled": False})
    assert "serviceConnectConfiguration" not in web.service()["deployments"][0]


def create_request(account: Any, **changes: Any) -> Any:
    request = {
        "cluster": "c",
        "serviceName": "s",
        "taskDefinition": "web",
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": account.network,
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


def test_traffic_shifting_defaults(web: Any) -> None:
    """botocore ECS model, LinearConfiguration, CanaryConfiguration and DeploymentLifecycleHook: defaults."""
    hook = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}
    linear = web.create("l", deploymentConfiguration={"strategy": "LINEAR", "lifecycleHooks": [hook]})
    assert linear["deploymentConfiguration"]["linearConfiguration"] == {"stepPercent": 10, "stepBakeTimeInMinutes": 6}
    timeout = {"timeoutInMinutes": 1440, "action": "ROLLBACK"}
    assert linear["deploymentConfiguration"]["lifecycleHooks"] == [{**hook, "timeoutConfiguration": timeout}]
    canary = web.create("k", deploymentConfiguration={"strategy": "CANARY"})
    expected = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
    assert canary["deploymentConfiguration"]["canaryConfiguration"] == expected


# Names and idempotence


def test_name_is_taken(web: Any, refused: Any) -> None:
    """hashicorp/terraform-provider-aws#2283: the second creation is refused; the first service is untouched."""
    web.create()
    text = "Creation of service was not idempotent."
    refused("InvalidParameterException", text, web.ecs.create_service, **create_request(web, desiredCount=5))
    assert web.service()["desiredCount"] == 2


def test_client_token(web: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html"""
    first = web.create(clientToken="token")
    assert web.create(clientToken="token")["createdAt"] == first["createdAt"]
    request = create_request(web, clientToken="token", desiredCount=9)
    refused("InvalidParameterException", "not idempotent", web.ecs.create_service, **request)
    refused("InvalidParameterException", "36", web.ecs.create_service, **create_request(web, clientToken="x" * 37))


def test_life_after_delete(web: Any, refused: Any) -> None:
    """botocore ECS model, DeleteService: ACTIVE, DRAINING, INACTIVE, and much later nothing."""
    web.create()
    web.settle()
    web.ecs.delete_service(cluster="c", service="s", force=True)
    assert web.service()["status"] == "DRAINING"
    assert web.ecs.list_services(cluster="c")["serviceArns"] == []
    text = "Unable to Start a service that is still Draining."
    refused("InvalidParameterException", text, web.ecs.create_service, **create_request(web))
    refused("ServiceNotActiveException", "", web.ecs.update_service, cluster="c", service="s", desiredCount=1)
    assert web.ecs.delete_service(cluster="c", service="s")["service"]["status"] == "DRAINING"
    web.emulator.step(30)
    assert web.service()["status"] == "INACTIVE"
    refused("ServiceNotFoundException", "Service not found.", web.ecs.delete_service, cluster="c", service="s")
    refused("ServiceNotActiveException", "", web.ecs.update_service, cluster="c", service="s", desiredCount=1)
    created = web.service()["createdAt"]
    assert web.create()["createdAt"] > created
    web.ecs.delete_service(cluster="c", service="s", force=True)
    web.emulator.step(2 * 86400)
    failures = web.ecs.describe_services(cluster="c", services=["s"])["failures"]
    assert [item["reason"] for item in failures] == ["MISSING"]


def test_delete_refusals(web: Any, refused: Any) -> None:
    """hashicorp/terraform-provider-aws service.go: scaled above 0, and deployments that still have tasks."""
    web.create()
    web.settle()
    delete = web.ecs.delete_service
    text = "The service cannot be stopped while it is scaled above 0."
    refused("InvalidParameterException", text, delete, cluster="c", service="s")
    web.register("2")
    web.update(taskDefinition="web", desiredCount=0)
    text = "The service cannot be stopped while deployments are active."
    refused("InvalidParameterException", text, delete, cluster="c", service="s")
    web.emulator.step(30)
    assert delete(cluster="c", service="s")["service"]["status"] == "DRAINING"


# Reading


def test_describe_by_name_and_arn(web: Any, refused: Any) -> None:
    """go-to-k/cdkd#1170: an ARN does not select the cluster; absent services are failures."""
    arn = web.create()["serviceArn"]
    assert arn == "arn:aws:ecs:us-east-1:123456789012:service/c/s"
    describe = web.ecs.describe_services
    assert describe(cluster="c", services=[arn])["services"][0]["serviceName"] == "s"
    refused("ClusterNotFoundException", "Cluster not found.", describe, services=[arn])
    web.ecs.create_cluster()
    assert describe(services=[arn])["failures"] == [{"arn": arn, "reason": "MISSING"}]
    missing = describe(cluster="c", services=["nope"])["failures"]
    assert missing == [{"arn": arn.replace("/c/s", "/c/nope"), "reason": "MISSING"}]
    refused("InvalidParameterException", "at most 10", describe, cluster="c", services=["s"] * 11)
    refused("InvalidParameterException", "empty", describe, cluster="c", services=[])


def test_tags_only_when_asked_for(web: Any) -> None:
    """botocore ECS model, DescribeServices.include."""
    tags = [{"key": "a", "value": "b"}]
    assert web.create(tags=tags)["tags"] == tags
    assert "tags" not in web.service()
    assert web.service(include=["TAGS"])["tags"] == tags


def test_list(web: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html: ten a page by default."""
    for number in range(12):
        on_instances(web, name=f"s{number}")
    web.create("fargate", desiredCount=0)
    first = web.ecs.list_services(cluster="c")
    assert len(first["serviceArns"]) == 10
    assert len(web.ecs.list_services(cluster="c", nextToken=first["nextToken"])["serviceArns"]) == 3
    assert len(web.ecs.list_services(cluster="c", launchType="FARGATE")["serviceArns"]) == 1
    assert web.ecs.list_services(cluster="c", schedulingStrategy="DAEMON")["serviceArns"] == []
    web.ecs.create_cluster(clusterName="cc")
    assert web.ecs.list_services(cluster="cc")["serviceArns"] == []
    refused("ClusterNotFoundException", "", web.ecs.list_services, cluster="nope")


# What is refused


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"cluster": "nope"}, "ClusterNotFoundException", "Cluster not found."),
        ({"taskDefinition": "nope"}, "ClientException", "TaskDefinition not found."),
        ({"serviceName": "with space"}, "InvalidParameterException", "Service name"),
        ({"desiredCount": None}, "InvalidParameterException", "desiredCount is required"),
        ({"desiredCount": -1}, "InvalidParameterException", "desiredCount"),
        ({"taskDefinition": None}, "InvalidParameterException", "TaskDefinition can not be blank."),
        (
            {"networkConfiguration": None},
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}},
            "InvalidParameterException",
            "subnets can not be empty.",
        ),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-x"]}}},
            "InvalidParameterException",
            "Error retrieving subnet information for [subnet-x]",
        ),
        ({"taskDefinition": "host", "networkConfiguration": None}, "ClientException", "launch_type FARGATE."),
        (
            {"taskDefinition": "host", "launchType": "EC2"},
            "InvalidParameterException",
            "Network Configuration is not valid for the given networkMode",
        ),
        (
            {"placementStrategy": [{"type": "random"}]},
            "InvalidParameterException",
            "Placement strategies are not valid",
        ),
        ({"capacityProviderStrategy": FARGATE}, "InvalidParameterException", "Specifying both"),
        (
            {"launchType": None, "capacityProviderStrategy": FARGATE},
            "InvalidParameterException",
            "The specified capacity provider 'FARGATE' was not found.",
        ),
        ({"platformVersion": "9.9.9"}, "PlatformUnknownException", "platform"),
        ({"role": "r"}, "InvalidParameterException", "You cannot specify an IAM role"),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "app", "containerPort": 80}]},
            "InvalidParameterException",
            "does not exist",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "db", "containerPort": 80}]},
            "InvalidParameterException",
            "The container db does not exist in the task definition.",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "app", "containerPort": 81}]},
            "InvalidParameterException",
            "The container app did not have a container port 81 defined.",
        ),
        (
            {"serviceConnectConfiguration": {"enabled": True}},
            "InvalidParameterException",
            "namespace is required",
        ),
        (
            {"volumeConfigurations": [{"name": "data"}]},
            "InvalidParameterException",
            "not configured at launch",
        ),
        ({"schedulingStrategy": "DAEMON", "desiredCount": None}, "InvalidParameterException", "Fargate launch type"),
        ({"deploymentController": {"type": "CODE_DEPLOY"}}, "InvalidParameterException", "load balancer is required"),
        (
            {
                "availabilityZoneRebalancing": "ENABLED",
                "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0},
            },
            "InvalidParameterException",
            "Availability Zone rebalancing",
        ),
    ],
)
def test_refused(web: Any, refused: Any, changes: Any, code: str, text: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html"""
    refused(code, text, web.ecs.create_service, **create_request(web, **changes))


def test_inactive_definition(web: Any, refused: Any) -> None:
    """botocore ECS model, DeregisterTaskDefinition: no new work with an INACTIVE revision; services go on."""
    web.create()
    web.ecs.deregister_task_definition(taskDefinition="web:1")
    create, update = web.ecs.create_service, web.ecs.update_service
    refused("ClientException", "TaskDefinition not found.", create, **create_request(web, serviceName="t"))
    text = "TaskDefinition is inactive"
    refused("ClientException", text, update, cluster="c", service="s", taskDefinition="web:1")
    assert web.update(desiredCount=3)["desiredCount"] == 3


def test_unknown_security_group(web: Any, refused: Any) -> None:
    """The words of EC2 inside the words of ECS."""
    network = {"awsvpcConfiguration": {"subnets": web.subnets, "securityGroups": ["sg-x"]}}
    text = "(ErrorCode: InvalidGroup.NotFound)"
    request = create_request(web, networkConfiguration=network)
    refused("InvalidParameterException", text, web.ecs.create_service, **request)


def test_target_groups(web: Any, refused: Any) -> None:
    """hashicorp/terraform-provider-aws service.go: a target group needs a load balancer, and type ip for awsvpc."""

    def request(group: str) -> Any:
        balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
        return create_request(web, loadBalancers=[balancer])

    alone = web.target_group(attached=False, name="alone")
    text = f"The target group with targetGroupArn {alone} does not have an associated load balancer."
    refused("InvalidParameterException", text, web.ecs.create_service, **request(alone))
    instances = web.target_group(kind="instance", name="instances")
    text = "has target type instance, which is incompatible with the awsvpc network mode"
    refused("InvalidParameterException", text, web.ecs.create_service, **request(instances))


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        (
            {"linearConfiguration": {"stepPercent": 5}},
            "Linear configuration can only be present with LINEAR deployment strategy",
        ),
        (
            {"strategy": "LINEAR", "canaryConfiguration": {"canaryPercent": 5}},
            "Canary configuration can only be present with CANARY deployment strategy",
        ),
        (
            {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "PAUSE"}]},
            "Lifecycle stage cannot be null or empty for any deployment lifecycle hooks",
        ),
        (
            {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"lifecycleStages": ["POST_SCALE_UP"]}]},
            "Role arn or Hook Target arn is missing for one or more deployment lifecycle hooks",
        ),
        (
            {
                "deploymentCircuitBreaker": {
                    "enable": True,
                    "rollback": True,
                    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 0},
                }
            },
            "Invalid deployment circuit breaker threshold value.",
        ),
        ({"minimumHealthyPercent": 101}, "minimumHealthyPercent"),
        ({"maximumPercent": 99}, "maximumPercent"),
        ({"bakeTimeInMinutes": 1441}, "bakeTimeInMinutes"),
        ({"strategy": "CANARY", "earlySuccessCriteria": {"enable": True}}, "ROLLING"),
    ],
)
def test_refused_deployment_configuration(web: Any, refused: Any, configuration: Any, text: str) -> None:
    """go-to-k/cdkd#1806: the words of ECS; botocore ECS model, DeploymentConfiguration."""
    request = create_request(web, deploymentConfiguration=configuration)
    refused("InvalidParameterException", text, web.ecs.create_service, **request)


# Updating


def test_absent_means_unchanged(web: Any) -> None:
    """go-to-k/cdkd#1160: an update with nothing changes nothing and starts no deployment."""
    web.create(enableExecuteCommand=True, propagateTags="SERVICE", healthCheckGracePeriodSeconds=30)
    before = web.settle()
    after = web.update()
    moving = {"deployments", "events"}
    assert {key: item for key, item in after.items() if key not in moving} == {
        **{key: item for key, item in before.items() if key not in moving},
        "tags": [],
    }
    assert [item["id"] for item in after["deployments"]] == [item["id"] for item in before["deployments"]]


def test_family_resolves_to_the_latest_revision(web: Any) -> None:
    """botocore ECS model, UpdateService.taskDefinition: a family is the latest ACTIVE revision."""
    web.create()
    web.register("2")
    assert web.update(taskDefinition="web")["taskDefinition"].endswith("web:2")
    assert web.update(taskDefinition="web:1")["taskDefinition"].endswith("web:1")


@pytest.mark.parametrize(
    ("changes", "deploys"),
    [
        ({"desiredCount": 3}, False),
        ({"taskDefinition": "web:1"}, False),
        ({"taskDefinition": "web:2"}, True),
        ({"forceNewDeployment": True}, True),
        ({"platformVersion": "1.4.0"}, True),
        ({"enableExecuteCommand": True}, False),
        ({"propagateTags": "SERVICE"}, False),
        ({"enableECSManagedTags": True}, False),
        ({"healthCheckGracePeriodSeconds": 9}, False),
        ({"deploymentConfiguration": {"maximumPercent": 150}}, False),
        ({"availabilityZoneRebalancing": "DISABLED"}, False),
        ({"networkConfiguration": "one subnet"}, True),
        (
            {"monitoring": {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]}},
            True,
        ),
    ],
)
def test_what_deploys(web: Any, changes: Any, deploys: bool) -> None:
    """botocore ECS model, UpdateService: which members start a new deployment."""
    web.register("2")
    before = web.create(taskDefinition="web:1")["deployments"][0]["id"]
    if "networkConfiguration" in changes:
        changes = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": web.subnets[:1]}}}
    after = web.update(**changes)["deployments"]
    assert (after[0]["id"] != before) is deploys
    assert len(after) == 1 + deploys


def test_deployment_configuration_merges(web: Any) -> None:
    """go-to-k/cdkd#1806 #1861: merged one level deep, with a rule of its own for each nested structure."""
    breaker = {
        "enable": True,
        "rollback": True,
        "resetOnHealthyTask": False,
        "thresholdConfiguration": {"type": "COUNT", "value": 5},
    }
    web.create(deploymentConfiguration={"minimumHealthyPercent": 50, "deploymentCircuitBreaker": breaker})
    held = web.update(deploymentConfiguration={"maximumPercent": 150})["deploymentConfiguration"]
    assert (held["maximumPercent"], held["minimumHealthyPercent"]) == (150, 50)
    assert held["deploymentCircuitBreaker"] == breaker
    change = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    held = web.update(deploymentConfiguration=change)["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert held == {**breaker, "rollback": False}
    linear: Any = {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.0, "stepBakeTimeInMinutes": 9}}
    web.update(deploymentConfiguration=linear)
    steeper = {"linearConfiguration": {"stepPercent": 44.0}}
    held = web.update(deploymentConfiguration=steeper)["deploymentConfiguration"]["linearConfiguration"]
    assert held == {"stepPercent": 44.0, "stepBakeTimeInMinutes": 6}


def test_clearing(web: Any) -> None:
    """botocore ECS model, UpdateService: an empty list or an off value clears."""
    group = web.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    web.create(loadBalancers=[balancer], propagateTags="SERVICE", healthCheckGracePeriodSeconds=5)
    service = web.update(loadBalancers=[], propagateTags="NONE", healthCheckGracePeriodSeconds=0)
    cleared = [service[name] for name in ("loadBalancers", "propagateTags", "healthCheckGracePeriodSeconds")]
    assert cleared == [[], "NONE", 0]


def test_strategy_needs_force(web: Any, refused: Any) -> None:
    """aws/aws-cdk#34631: each change of the strategy needs forceNewDeployment; [] goes back to the launch type."""
    associate(web)
    web.create()
    update = web.ecs.update_service
    named = {"cluster": "c", "service": "s"}
    refused("InvalidParameterException", FORCE, update, **named, capacityProviderStrategy=SPOT)
    service = web.update(capacityProviderStrategy=SPOT, forceNewDeployment=True)
    assert service["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    assert "launchType" not in service
    assert len(web.update(capacityProviderStrategy=SPOT)["deployments"]) == 2
    refused("InvalidParameterException", FORCE, update, **named, capacityProviderStrategy=FARGATE)
    service = web.update(capacityProviderStrategy=[], forceNewDeployment=True)
    assert service["launchType"] == "FARGATE"
    assert "capacityProviderStrategy" not in service


def test_no_launch_type_to_go_back_to(web: Any, refused: Any) -> None:
    """botocore ECS model, UpdateService.capacityProviderStrategy."""
    associate(web)
    web.create(launchType=None, capacityProviderStrategy=FARGATE)
    request = {"cluster": "c", "service": "s", "capacityProviderStrategy": [], "forceNewDeployment": True}
    refused("InvalidParameterException", "launch type", web.ecs.update_service, **request)


def test_configured_at_launch_volume(web: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/configure-ebs-volume.html"""
    web.register(volumes=[{"name": "data", "configuredAtLaunch": True}])
    text = "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime"
    refused("InvalidParameterException", text, web.ecs.create_service, **create_request(web))
    volume = {"name": "data", "managedEBSVolume": {"roleArn": "arn:aws:iam::123456789012:role/r", "sizeInGiB": 5}}
    held = web.create(volumeConfigurations=[volume])["deployments"][0]["volumeConfigurations"][0]
    assert held["managedEBSVolume"]["filesystemType"] == "xfs"


def test_unknown_service(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html#API_UpdateService_Errors"""
    update, delete = account.ecs.update_service, account.ecs.delete_service
    refused("ServiceNotFoundException", "Service not found.", update, cluster="c", service="s")
    refused("ServiceNotFoundException", "Service not found.", delete, cluster="c", service="s")


# Controllers


def code_deploy(account: Any) -> Any:
    balancer = {"targetGroupArn": account.target_group(), "containerName": "app", "containerPort": 80}
    return account.create(deploymentController={"type": "CODE_DEPLOY"}, loadBalancers=[balancer])


def test_code_deploy(web: Any, refused: Any) -> None:
    """botocore ECS model, UpdateService: what CODE_DEPLOY services may change; boto/boto3#1936."""
    service = code_deploy(web)
    assert service["deployments"] == []
    assert service["taskSets"][0]["status"] == "PRIMARY"
    web.register("2")
    named = {"cluster": "c", "service": "s"}
    text = "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy"
    refused("InvalidParameterException", text, web.ecs.update_service, **named, taskDefinition="web:2")
    text = "Unable to update network parameters on services with a CODE_DEPLOY deployment controller."
    refused("InvalidParameterException", text, web.ecs.update_service, **named, networkConfiguration=web.network)
    text = "force new deployment"
    refused("InvalidParameterException", text, web.ecs.update_service, **named, forceNewDeployment=True)
    assert web.update(desiredCount=3)["desiredCount"] == 3


def test_external(account: Any, refused: Any) -> None:
    """Developer guide, deployment-type-external: a name is all that is needed."""
    create = account.ecs.create_service
    service = create(cluster="c", serviceName="s", deploymentController={"type": "EXTERNAL"})["service"]
    assert (service["taskSets"], service["deployments"]) == ([], [])
    assert service["launchType"] == "EC2"
    assert "taskDefinition" not in service
    text = "an EXTERNAL deployment controller"
    refused("InvalidParameterException", text, account.ecs.update_service, cluster="c", service="s", taskDefinition="x")


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ({"deploymentCircuitBreaker": {"enable": True, "rollback": False}}, "circuit breaker"),
        ({"strategy": "BLUE_GREEN"}, "traffic shifting"),
        ({"alarms": {"alarmNames": ["a"], "enable": True, "rollback": True}}, "alarms"),
        ({}, None),
    ],
)
def test_changing_the_controller(web: Any, refused: Any, configuration: Any, text: str | None) -> None:
    """Developer guide, changing the deployment controller: what must be off first."""
    web.create(deploymentConfiguration=configuration)
    request = {"cluster": "c", "service": "s", "deploymentController": {"type": "EXTERNAL"}}
    refused("InvalidParameterException", "in progress", web.ecs.update_service, **request)
    web.settle()
    if text is None:
        assert web.ecs.update_service(**request)["service"]["deploymentController"] == {"type": "EXTERNAL"}
    else:
        refused("InvalidParameterException", text, web.ecs.update_service, **request)


# Stale reads


def test_stale_reads(web: Any) -> None:
    """API_RunTask, eventual consistency: describes after a write show the old state for n reads."""
    web.create()
    web.settle()
    web.emulator.control("stale", {"reads": 2})
    web.register("2")
    assert web.update(taskDefinition="web:2", desiredCount=5)["desiredCount"] == 5
    shown = [(item["desiredCount"], item["taskDefinition"][-1]) for item in (web.service() for _ignored in range(3))]
    assert shown == [(2, "1"), (2, "1"), (5, "2")]


def test_stale_reads_of_new_things(account: Any) -> None:
    """A new resource is not there at first; a family still has its old revision."""
    account.register()
    account.emulator.control("stale", {"reads": 1})
    account.ecs.create_cluster(clusterName="new")
    describe = account.ecs.describe_clusters
    assert [len(describe(clusters=["new"])["failures"]) for _ignored in range(2)] == [1, 0]
    account.register()
    latest = account.ecs.describe_task_definition
    assert [latest(taskDefinition="web")["taskDefinition"]["revision"] for _ignored in range(2)] == [1, 2]
    account.create()
    services = account.ecs.describe_services
    assert [len(services(cluster="c", services=["s"])["failures"]) for _ignored in range(2)] == [1, 0]


def test_a_new_deployment_is_listed_late(web: Any) -> None:
    """A guess by the same rule: a client may list the deployments before the new one shows."""
    web.create()
    web.settle()
    web.emulator.control("stale", {"reads": 1})
    web.update(forceNewDeployment=True)
    listed = [web.ecs.list_service_deployments(cluster="c", service="s") for _ignored in range(2)]
    assert [len(answer["serviceDeployments"]) for answer in listed] == [1, 2]


def test_stale_for_a_while(web: Any) -> None:
    """The old state can be shown for a time instead, too."""
    web.create()
    web.emulator.control("stale", {"seconds": 30})
    web.update(desiredCount=9)
    assert web.service()["desiredCount"] == 2
    web.emulator.step(31)
    assert web.service()["desiredCount"] == 9
