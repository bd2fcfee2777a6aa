# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CodeDeploy for Amazon ECS: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

NAMED = {"applicationName": "shop", "deploymentGroupName": "web"}
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
ROLLBACK = {"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]}
EVENTS = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
]


class Shop:
    """A CODE_DEPLOY service behind two listeners and two target groups, and its deployment group."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.deploy = account.emulator.client("codedeploy")
        elbv2 = account.elbv2
        self.blue, self.green = (
            account.target_group(attached=False, name="blue"),
            account.target_group(False, name="green"),
        )
        balancer = elbv2.create_load_balancer(Name="lb", Subnets=account.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        self.listeners = [
            elbv2.create_listener(
                LoadBalancerArn=balancer,
                Protocol="HTTP",
                Port=port,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": self.blue}],
            )["Listeners"][0]["ListenerArn"]
            for port in (80, 8080)
        ]
        account.register()
        target = {"targetGroupArn": self.blue, "containerName": "app", "containerPort": 80}
        account.create(deploymentController={"type": "CODE_DEPLOY"}, loadBalancers=[target])
        account.settle()
        self.deploy.create_application(applicationName="shop", computePlatform="ECS")

    def group(self, wait: int = 5, **changes: Any) -> str:
        """Create the deployment group."""
        request = {
            **NAMED,
            "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
            "deploymentStyle": STYLE,
            "blueGreenDeploymentConfiguration": {
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": wait,
                },
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            },
            "loadBalancerInfo": {"targetGroupPairInfoList": [self.pair()]},
            "ecsServices": [{"clusterName": "c", "serviceName": "s"}],
            **changes,
        }
        return str(self.deploy.create_deployment_group(**request)["deploymentGroupId"])

    def pair(self, test: bool = True) -> Any:
        """The pair of target groups with its listeners."""
        pair: Any = {
            "targetGroups": [{"name": "blue"}, {"name": "green"}],
            "prodTrafficRoute": {"listenerArns": self.listeners[:1]},
        }
        return pair | ({"testTrafficRoute": {"listenerArns": self.listeners[1:]}} if test else {})

    def revision(self, definition: str = "web:2", **changes: Any) -> Any:
        """An AppSpec as JSON."""
        properties = {
            "TaskDefinition": definition,
            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
            **changes.pop("properties", {}),
        }
        service = {"Type": "AWS::ECS::Service", "Properties": properties}
        content = json.dumps({"version": 0.0, "Resources": [{"TargetService": service}], **changes})
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}

    def start(self, tag: str = "2", **changes: Any) -> str:
        """Register a revision of the task definition and deploy it; gives the deployment's id."""
        self.account.register(tag)
        request = {**NAMED, "revision": self.revision(**changes.pop("spec", {})), **changes}
        return str(self.deploy.create_deployment(**request)["deploymentId"])

    def info(self, identifier: str) -> Any:
        """Describe a deployment."""
        return self.deploy.get_deployment(deploymentId=identifier)["deploymentInfo"]

    def target(self, identifier: str) -> Any:
        """Describe its target."""
        return self.deploy.get_deployment_target(deploymentId=identifier, targetId="c:s")["deploymentTarget"][
            "ecsTarget"
        ]

    def weights(self, listener: int = 0) -> dict[str, int]:
        """Where a listener sends its traffic: target group's name to weight."""
        found = self.account.elbv2.describe_listeners(ListenerArns=[self.listeners[listener]])["Listeners"][0]
        action = found["DefaultActions"][0]
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
        return {item["TargetGroupArn"].split("/")[1]: item.get("Weight", 1) for item in groups}


@pytest.fixture
def shop(account: Any) -> Shop:
    """A service that CodeDeploy deploys."""
    return Shop(account)


def test_a_deployment(shop: Shop) -> None:
    """All at once, with a test listener, and a wait before the original task set is terminated."""
    shop.group()
    before = shop.account.service()
    identifier = shop.start(description="new")
    assert identifier.startswith("d-")
    assert (shop.info(identifier)["status"], shop.info(identifier)["creator"]) == ("Created", "user")
    shop.account.emulator.step(10)
    info = shop.info(identifier)
    assert (info["status"], info["deploymentOverview"]["InProgress"]) == ("InProgress", 1)
    service = shop.account.service()
    assert [item["status"] for item in service["taskSets"]] == ["PRIMARY", "ACTIVE"]
    assert [item["loadBalancers"][0]["targetGroupArn"] for item in service["taskSets"]] == [shop.blue, shop.green]
    assert service["deployments"] == []
    assert service["taskDefinition"] == before["taskDefinition"]
    shop.account.emulator.step(60)
    target = shop.target(identifier)
    assert [item["lifecycleEventName"] for item in target["lifecycleEvents"]] == EVENTS
    assert {item["status"] for item in target["lifecycleEvents"]} == {"Succeeded"}
    assert [(item["taskSetLabel"], item["trafficWeight"]) for item in target["taskSetsInfo"]] == [
        ("Blue", 0.0),
        ("Green", 100.0),
    ]
    assert [item["targetGroup"]["name"] for item in target["taskSetsInfo"]] == ["blue", "green"]
    assert shop.weights() == shop.weights(1) == {"green": 100}
    info = shop.info(identifier)
    assert (info["status"], info["instanceTerminationWaitTimeStarted"]) == ("InProgress", True)
    service = shop.account.service()
    assert [item["taskDefinition"][-1] for item in service["taskSets"]] == ["2", "1"]
    assert service["taskDefinition"].endswith("web:2")
    assert service["loadBalancers"][0]["targetGroupArn"] == shop.green
    shop.account.emulator.step(320)
    info = shop.info(identifier)
    assert (info["status"], info["deploymentOverview"]["Succeeded"]) == ("Succeeded", 1)
    assert info["completeTime"] > info["startTime"] >= info["createTime"]
    service = shop.account.service()
    assert [(item["status"], item["stabilityStatus"]) for item in service["taskSets"]] == [("PRIMARY", "STEADY_STATE")]
    assert service["runningCount"] == 2
    group = shop.deploy.get_deployment_group(**NAMED)["deploymentGroupInfo"]
    assert group["lastSuccessfulDeployment"]["deploymentId"] == identifier
    assert group["targetRevision"]["revisionType"] == "AppSpecContent"


def test_there_and_back(shop: Shop) -> None:
    """The next deployment uses the other target group."""
    shop.group(wait=0)
    shop.start()
    shop.account.emulator.step(120)
    identifier = shop.start("3", spec={"definition": "web:3"})
    shop.account.emulator.step(120)
    info = shop.info(identifier)
    assert info["status"] == "Succeeded"
    assert info["previousRevision"]["revisionType"] == "AppSpecContent"
    assert shop.weights() == {"blue": 100}
    assert shop.account.service()["taskDefinition"].endswith("web:3")


def test_yaml_and_checksum(shop: Shop, refused: Any) -> None:
    """An AppSpec file is YAML or JSON; its checksum is checked."""
    shop.group(loadBalancerInfo={"targetGroupPairInfoList": [shop.pair(test=False)]})
    shop.account.register("2")
    content = """version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: web:2
        LoadBalancerInfo: {ContainerName: app, ContainerPort: 80}
        PlatformVersion: LATEST
"""
    digest = hashlib.sha256(content.encode()).hexdigest()
    bad = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest[::-1]}}
    refused("InvalidRevisionException", "SHA256", shop.deploy.create_deployment, **NAMED, revision=bad)
    good = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}
    identifier = shop.deploy.create_deployment(**NAMED, revision=good)["deploymentId"]
    shop.account.emulator.step(70)
    names = [item["lifecycleEventName"] for item in shop.target(identifier)["lifecycleEvents"]]
    assert "AllowTestTraffic" not in names
    assert shop.weights() == {"green": 100}
    assert shop.weights(1) == {"blue": 1}


def test_a_revision_in_s3(shop: Shop, refused: Any) -> None:
    """A revision may lie in a bucket."""
    shop.group()
    s3 = shop.account.emulator.client("s3")
    s3.create_bucket(Bucket="specs")
    s3.put_object(Bucket="specs", Key="a.json", Body=shop.revision()["appSpecContent"]["content"].encode())
    shop.account.register("2")
    place = {"bucket": "specs", "key": "a.json", "bundleType": "JSON"}
    assert shop.deploy.create_deployment(**NAMED, revision={"revisionType": "S3", "s3Location": place})["deploymentId"]
    nowhere = {"revisionType": "S3", "s3Location": {**place, "key": "b.json"}}
    refused("RevisionDoesNotExistException", "", shop.deploy.create_deployment, **NAMED, revision=nowhere)


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ("CodeDeployDefault.ECSCanary10Percent5Minutes", [(0, 10), (301, 100)]),
        ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", [(0, 10), (60, 20), (60, 30), (420, 100)]),
        ("mine", [(0, 25), (120, 100)]),
    ],
)
def test_shifting(shop: Shop, config: str, steps: list[tuple[int, int]]) -> None:
    """deployment-configurations: canary and linear."""
    routing = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 25, "canaryInterval": 2}}
    shop.deploy.create_deployment_config(
        deploymentConfigName="mine", computePlatform="ECS", trafficRoutingConfig=routing
    )
    shop.group(deploymentConfigName=config)
    identifier = shop.start()
    for _ignored in range(100):
        shop.account.emulator.step(1)
        if shop.weights() != {"blue": 1}:
            break
    for seconds, share in steps:
        shop.account.emulator.step(seconds)
        assert shop.weights() == ({"green": 100} if share == 100 else {"blue": 100 - share, "green": share})
        shown = {item["taskSetLabel"]: item["trafficWeight"] for item in shop.target(identifier)["taskSetsInfo"]}
        assert shown["Green"] == share


def test_waiting_to_be_continued(shop: Shop, refused: Any) -> None:
    """ContinueDeployment: READY_WAIT and TERMINATION_WAIT."""
    wait = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}
    end = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60}
    shop.group(
        blueGreenDeploymentConfiguration={
            "deploymentReadyOption": wait,
            "terminateBlueInstancesOnDeploymentSuccess": end,
        }
    )
    identifier = shop.start()
    go_on = shop.deploy.continue_deployment
    refused("DeploymentIsNotInReadyStateException", "", go_on, deploymentId=identifier)
    shop.account.emulator.step(100)
    assert (shop.info(identifier)["status"], shop.weights()) == ("Ready", {"blue": 1})
    assert shop.weights(1) == {"green": 100}
    go_on(deploymentId=identifier, deploymentWaitType="READY_WAIT")
    shop.account.emulator.step(20)
    assert (shop.info(identifier)["status"], shop.weights()) == ("InProgress", {"green": 100})
    assert len(shop.account.service()["taskSets"]) == 2
    go_on(deploymentId=identifier, deploymentWaitType="TERMINATION_WAIT")
    shop.account.emulator.step(20)
    assert shop.info(identifier)["status"] == "Succeeded"
    assert len(shop.account.service()["taskSets"]) == 1
    refused("DeploymentAlreadyCompletedException", "", go_on, deploymentId=identifier)


def test_nobody_continues(shop: Shop) -> None:
    """DeploymentReadyOption STOP_DEPLOYMENT: stopped when the time is over."""
    wait = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}
    shop.group(blueGreenDeploymentConfiguration={"deploymentReadyOption": wait})
    identifier = shop.start()
    shop.account.emulator.step(2000)
    assert shop.info(identifier)["status"] == "Stopped"
    assert shop.weights() == {"blue": 1}


def test_tasks_that_crash(shop: Shop) -> None:
    """The replacement never becomes healthy: failed after an hour, and taken back by a deployment of its own."""
    shop.group(autoRollbackConfiguration=ROLLBACK)
    identifier = shop.start("crash")
    shop.account.emulator.step(3000)
    assert shop.info(identifier)["status"] == "InProgress"
    shop.account.emulator.step(700)
    info = shop.info(identifier)
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "TIMEOUT")
    assert "60 minutes" in info["errorInformation"]["message"]
    events = {item["lifecycleEventName"]: item["status"] for item in shop.target(identifier)["lifecycleEvents"]}
    assert (events["Install"], events["AllowTraffic"]) == ("Failed", "Skipped")
    back = shop.info(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (back["creator"], back["status"]) == ("codeDeployRollback", "Succeeded")
    assert back["rollbackInfo"]["rollbackTriggeringDeploymentId"] == identifier
    service = shop.account.service()
    assert [item["taskDefinition"][-1] for item in service["taskSets"]] == ["1"]
    assert (service["runningCount"], shop.weights()) == (2, {"blue": 100})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"definition": "web:9"}, "TaskDefinition not found."),
        (
            {"properties": {"LoadBalancerInfo": {"ContainerName": "x", "ContainerPort": 80}}},
            "The container x does not exist",
        ),
        ({"properties": {"LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 81}}}, "container port 81"),
    ],
)
def test_ecs_refuses(shop: Shop, spec: Any, words: str) -> None:
    """What ECS would refuse fails the deployment with ECS_UPDATE_ERROR."""
    shop.group()
    identifier = shop.start(spec=spec)
    shop.account.emulator.step(10)
    error = shop.info(identifier)["errorInformation"]
    assert error["code"] == "ECS_UPDATE_ERROR"
    assert error["message"].startswith("The ECS service cannot be updated due to an unexpected error: ")
    assert words in error["message"]


def test_stop(shop: Shop, refused: Any) -> None:
    """StopDeployment, with and without rollback."""
    shop.group(deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")
    identifier = shop.start()
    shop.account.emulator.step(90)
    assert shop.weights() == {"blue": 90, "green": 10}
    answer = shop.deploy.stop_deployment(deploymentId=identifier, autoRollbackEnabled=True)
    assert answer["status"] == "Succeeded"
    info = shop.info(identifier)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    shop.account.emulator.step(20)
    assert shop.weights() == {"blue": 100}
    assert len(shop.account.service()["taskSets"]) == 1
    refused("DeploymentAlreadyCompletedException", "", shop.deploy.stop_deployment, deploymentId=identifier)
    second = shop.start("3", spec={"definition": "web:3"})
    shop.account.emulator.step(5)
    shop.deploy.stop_deployment(deploymentId=second)
    assert "rollbackInfo" not in shop.info(second)


def test_alarms(shop: Shop) -> None:
    """alarmConfiguration: an alarm stops the deployment, and takes it back if the group says so."""
    cloudwatch = shop.account.emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="5xx",
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    shop.group(autoRollbackConfiguration=ROLLBACK, alarmConfiguration={"enabled": True, "alarms": [{"name": "5xx"}]})
    identifier = shop.start()
    shop.account.emulator.step(80)
    assert shop.weights() == {"green": 100}
    cloudwatch.set_alarm_state(AlarmName="5xx", StateValue="ALARM", StateReason="test")
    shop.account.emulator.step(30)
    info = shop.info(identifier)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert "5xx" in info["errorInformation"]["message"]
    shop.account.emulator.step(30)
    assert shop.weights() == {"blue": 100}
    assert shop.account.service()["taskDefinition"].endswith("web:1")


def test_hooks(shop: Shop, refused: Any) -> None:
    """Lambda hooks: an answer by the control `hooks`, or by PutLifecycleEventHookExecutionStatus."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:"
    shop.account.emulator.control("hooks", {"slow": ["NOTHING"], "bad": ["FAILED"]})
    shop.group()
    hooks = [{"AfterInstall": f"{arn}slow"}, {"AfterAllowTestTraffic": f"{arn}bad"}]
    identifier = shop.start(spec={"Hooks": hooks})
    shop.account.emulator.step(300)
    states = {item["lifecycleEventName"]: item["status"] for item in shop.target(identifier)["lifecycleEvents"]}
    assert states["AfterInstall"] == "InProgress"
    invocation = shop.account.emulator.control("hooks")["invocations"][-1]
    answer = shop.deploy.put_lifecycle_event_hook_execution_status
    request = {"deploymentId": identifier, "lifecycleEventHookExecutionId": invocation["LifecycleEventHookExecutionId"]}
    answer(**request, status="Succeeded")
    refused("LifecycleEventAlreadyCompletedException", "", answer, **request, status="Succeeded")
    shop.account.emulator.step(30)
    info = shop.info(identifier)
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    states = {item["lifecycleEventName"]: item["status"] for item in shop.target(identifier)["lifecycleEvents"]}
    assert states["AfterAllowTestTraffic"] == "Failed"


def test_one_at_a_time(shop: Shop, refused: Any) -> None:
    """DeploymentLimitExceededException names the deployment that is under way."""
    shop.group()
    identifier = shop.start()
    text = f"The Deployment Group 'web' is already deploying deployment '{identifier}'."
    refused("DeploymentLimitExceededException", text, shop.deploy.create_deployment, **NAMED, revision=shop.revision())


def test_lists(shop: Shop, refused: Any) -> None:
    """ListDeployments by status, BatchGetDeployments, ListDeploymentTargets, BatchGetDeploymentTargets."""
    shop.group(wait=0)
    first = shop.start()
    refused("DeploymentNotStartedException", "", shop.deploy.list_deployment_targets, deploymentId=first)
    shop.account.emulator.step(120)
    second = shop.start("3", spec={"definition": "web:3"})
    listed = shop.deploy.list_deployments
    assert listed(**NAMED)["deployments"] == [second, first]
    assert listed(**NAMED, includeOnlyStatuses=["Succeeded"])["deployments"] == [first]
    assert listed(**NAMED, includeOnlyStatuses=["Created", "InProgress"])["deployments"] == [second]
    found = shop.deploy.batch_get_deployments(deploymentIds=[first, "d-NONE"])["deploymentsInfo"]
    assert [item["deploymentId"] for item in found] == [first]
    assert shop.deploy.list_deployment_targets(deploymentId=first)["targetIds"] == ["c:s"]
    targets = shop.deploy.batch_get_deployment_targets(deploymentId=first, targetIds=["c:s"])["deploymentTargets"]
    assert targets[0]["deploymentTargetType"] == "ECSTarget"
    waiter = shop.deploy.get_waiter("deployment_successful")
    waiter.wait(deploymentId=first, WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_the_service_is_gone(shop: Shop) -> None:
    """A service that no longer exists fails the deployment."""
    shop.group()
    shop.account.ecs.delete_service(cluster="c", service="s", force=True)
    shop.account.emulator.step(60)
    identifier = shop.start()
    shop.account.emulator.step(10)
    assert shop.info(identifier)["errorInformation"]["code"] == "INVALID_ECS_SERVICE"


def test_missing_things(shop: Shop, refused: Any) -> None:
    """The exceptions of the model for what does not exist."""
    deploy = shop.deploy
    shop.group()
    revision = shop.revision()
    nope = {**NAMED, "deploymentGroupName": "nope"}
    refused(
        "DeploymentGroupDoesNotExistException",
        "No Deployment Group found",
        deploy.create_deployment,
        **nope,
        revision=revision,
    )
    nope = {**NAMED, "applicationName": "nope"}
    refused(
        "ApplicationDoesNotExistException", "No application found", deploy.create_deployment, **nope, revision=revision
    )
    refused("RevisionRequiredException", "", deploy.create_deployment, **NAMED)
    refused(
        "DeploymentConfigDoesNotExistException",
        "",
        deploy.create_deployment,
        **NAMED,
        revision=revision,
        deploymentConfigName="x",
    )
    refused("DeploymentDoesNotExistException", "d-1", deploy.get_deployment, deploymentId="d-1")
    refused("DeploymentIdRequiredException", "", deploy.get_deployment)
    for content in (
        "{",
        "a: 1",
        json.dumps({"Resources": [{"T": {"Type": "AWS::Lambda::Function", "Properties": {}}}]}),
    ):
        bad = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        refused("InvalidRevisionException", "", deploy.create_deployment, **NAMED, revision=bad)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deploymentStyle": {"deploymentType": "IN_PLACE"}}, "InvalidDeploymentStyleException"),
        ({"ecsServices": []}, "InvalidECSServiceException"),
        ({"ecsServices": [{"clusterName": "c", "serviceName": "x"}]}, "InvalidECSServiceException"),
        ({"loadBalancerInfo": {}}, "InvalidLoadBalancerInfoException"),
        ({"loadBalancerInfo": {"targetGroupPairInfoList": [{"targetGroups": []}]}}, "InvalidTargetGroupPairException"),
        ({"serviceRoleArn": ""}, "RoleRequiredException"),
        ({"deploymentConfigName": "x"}, "DeploymentConfigDoesNotExistException"),
        ({"applicationName": "x"}, "ApplicationDoesNotExistException"),
    ],
)
def test_groups_that_are_refused(shop: Shop, changes: Any, code: str) -> None:
    """botocore CodeDeploy model, CreateDeploymentGroup."""
    with pytest.raises(shop.deploy.exceptions.ClientError) as caught:
        shop.group(**changes)
    assert caught.value.response["Error"]["Code"] == code


def test_groups(shop: Shop, refused: Any) -> None:
    """Create, read, change, rename, list, delete."""
    deploy = shop.deploy
    identifier = shop.group()
    info = deploy.get_deployment_group(**NAMED)["deploymentGroupInfo"]
    assert (info["deploymentGroupId"], info["computePlatform"]) == (identifier, "ECS")
    assert info["deploymentConfigName"] == "CodeDeployDefault.ECSAllAtOnce"
    assert info["loadBalancerInfo"] == {"targetGroupPairInfoList": [shop.pair()]}
    deploy.update_deployment_group(
        applicationName="shop",
        currentDeploymentGroupName="web",
        newDeploymentGroupName="web2",
        autoRollbackConfiguration=ROLLBACK,
    )
    assert deploy.list_deployment_groups(applicationName="shop")["deploymentGroups"] == ["web2"]
    found = deploy.batch_get_deployment_groups(applicationName="shop", deploymentGroupNames=["web2"])
    assert found["deploymentGroupsInfo"][0]["autoRollbackConfiguration"] == ROLLBACK
    deploy.delete_deployment_group(applicationName="shop", deploymentGroupName="web2")
    assert deploy.list_deployment_groups(applicationName="shop")["deploymentGroups"] == []


def test_applications(emulator: Any, refused: Any) -> None:
    """Create, read, rename, tag, list, delete."""
    deploy = emulator.client("codedeploy")
    tags = [{"Key": "a", "Value": "b"}]
    deploy.create_application(applicationName="one", computePlatform="ECS", tags=tags)
    refused("ApplicationAlreadyExistsException", "one", deploy.create_application, applicationName="one")
    assert deploy.get_application(applicationName="one")["application"]["computePlatform"] == "ECS"
    arn = "arn:aws:codedeploy:us-east-1:123456789012:application:one"
    assert deploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    deploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    deploy.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert deploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    deploy.update_application(applicationName="one", newApplicationName="two")
    assert deploy.list_applications()["applications"] == ["two"]
    assert deploy.batch_get_applications(applicationNames=["two"])["applicationsInfo"][0]["applicationName"] == "two"
    deploy.delete_application(applicationName="two")
    assert deploy.list_applications()["applications"] == []


def test_configurations(emulator: Any, refused: Any) -> None:
    """The predefined ones for ECS, and one's own."""
    deploy = emulator.client("codedeploy")
    assert "CodeDeployDefault.ECSAllAtOnce" in deploy.list_deployment_configs()["deploymentConfigsList"]
    name = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"
    info = deploy.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert info["trafficRoutingConfig"]["timeBasedLinear"] == {"linearPercentage": 10, "linearInterval": 3}
    refused("DeploymentConfigDoesNotExistException", "x", deploy.get_deployment_config, deploymentConfigName="x")
    deploy.create_deployment_config(deploymentConfigName="x", computePlatform="ECS")
    refused("DeploymentConfigAlreadyExistsException", "x", deploy.create_deployment_config, deploymentConfigName="x")
    deploy.delete_deployment_config(deploymentConfigName="x")
    refused("InvalidAction", "GetOnPremisesInstance", deploy.get_on_premises_instance, instanceName="x")
