# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services whose deployments CodeDeploy makes: what goes to it, and how its deployments end. Nothing sleeps.

The short forms of threads are those of test_threads.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.steps import four_steps

from .conftest import Shop

APPLICATION, GROUP = "AppECS-shop-web", "DgpECS-shop-web"
ROLLBACK = {"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]}


class CodeDeployed:
    """A service under the CODE_DEPLOY controller, with its application and deployment group."""

    def __init__(self, shop: Shop, emulator: Emulator, client: Callable[[str], Any], groups: list[str]) -> None:
        self.shop, self.emulator = shop, emulator
        self.code_deploy, self.ecs = client("codedeploy"), client("ecs")
        self.blue, self.green, self.listener = groups
        shop.base.pop("deployment_configuration")
        balancer = {"target_group_arn": self.blue, "container_name": "web", "container_port": 80}
        shop.base |= {"deployment_controller": {"type": "CODE_DEPLOY"}, "load_balancers": [balancer]}
        shop.base["wait_timeout"] = 7200

    def group(self, name: str = GROUP, application: str = APPLICATION, **changes: Any) -> None:
        """Make a deployment group as the console does, and its application if need be."""
        if application not in self.code_deploy.list_applications()["applications"]:
            self.code_deploy.create_application(applicationName=application, computePlatform="ECS")
        pair = {
            "targetGroups": [{"name": "blue"}, {"name": "green"}],
            "prodTrafficRoute": {"listenerArns": [self.listener]},
        }
        members: dict[str, Any] = {
            "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
            "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "blueGreenDeploymentConfiguration": {
                "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 1},
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            },
            "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
            "ecsServices": [{"clusterName": "shop", "serviceName": "web"}],
            "autoRollbackConfiguration": ROLLBACK,
        }
        self.code_deploy.create_deployment_group(
            applicationName=application, deploymentGroupName=name, **{**members, **changes}
        )

    def another(self, name: str) -> dict[str, str]:
        """Make another service, and give its name as a deployment group has it."""
        self.shop.module.ok("service", **{**self.shop.base, "name": name, "desired_count": 0}, task_definition="web:1")
        return {"clusterName": "shop", "serviceName": name}

    def deploy(self, revision: str = "web:1", **options: Any) -> dict[str, Any]:
        """Deploy, and expect no failure."""
        result = self.shop.deploy(revision, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def begun(self, revision: str = "web:2", **options: Any) -> dict[str, Any]:
        """Begin a deployment that is not waited for."""
        return self.deploy(revision, wait=False, **options)

    def failed(self, revision: str = "web:2", **options: Any) -> dict[str, Any]:
        """Deploy, and expect a failure."""
        result = self.shop.deploy(revision, **options)
        assert result.get("failed"), result
        return result

    def refused(self, revision: str = "web:2", **options: Any) -> str:
        """Deploy, expect that it is refused before any call that writes, and give the message."""
        seen = len(self.emulator.calls())
        result = self.failed(revision, **options)
        assert self.emulator.writes(seen) == [] and result["actions"] == [] and not result["changed"]
        return str(result["msg"])

    def deployments(self) -> list[str]:
        """Name the deployments of the group."""
        names = {"applicationName": APPLICATION, "deploymentGroupName": GROUP}
        return list(self.code_deploy.list_deployments(**names)["deployments"])


@pytest.fixture
def groups(client: Callable[[str], Any], subnets: list[str]) -> list[str]:
    """Give the ARNs of two target groups, blue and green, and of the listener in front of blue."""
    elb, vpc = client("elbv2"), client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    made = [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0]
        for name in ("blue", "green")
    ]
    blue, green = (str(group["TargetGroupArn"]) for group in made)
    forward = [{"Type": "forward", "TargetGroupArn": blue}]
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    return [blue, green, str(listener["Listeners"][0]["ListenerArn"])]


@pytest.fixture
def bare(shop: Shop, emulator: Emulator, client: Callable[[str], Any], groups: list[str]) -> CodeDeployed:
    """Give a service that runs its first revision, and a second revision; CodeDeploy does not know it yet."""
    service = CodeDeployed(shop, emulator, client, groups)
    shop.register()
    service.deploy()
    shop.register("web:2")
    return service


@pytest.fixture
def service(bare: CodeDeployed) -> CodeDeployed:
    """Give a service that runs its first revision, a second revision, and the deployment group of the console."""
    bare.group()
    return bare


def app_spec(result: dict[str, Any]) -> dict[str, Any]:
    """Give the AppSpec that CreateDeployment was given."""
    params = next(call["params"] for call in result["actions"] if call["operation"] == "CreateDeployment")
    assert params["revision"]["revisionType"] == "AppSpecContent"
    return dict(json.loads(params["revision"]["appSpecContent"]["content"]))


def properties(result: dict[str, Any]) -> dict[str, Any]:
    """Give what the AppSpec says about the service."""
    (resource,) = app_spec(result)["Resources"]
    assert resource["TargetService"]["Type"] == "AWS::ECS::Service"
    return dict(resource["TargetService"]["Properties"])


def operations(result: dict[str, Any]) -> list[str]:
    return [call["operation"] for call in result["actions"]]


# What is sent


def test_the_first_revision_is_waited_for(shop: Shop, emulator: Emulator, client: Any, groups: list[str]) -> None:
    """tf#29252: waiting for a deployment of ECS's own never ends here."""
    service = CodeDeployed(shop, emulator, client, groups)
    shop.register()
    result = service.deploy()
    assert operations(result) == ["CreateService"]
    assert result["service"]["running_count"] == 2 and result["service"]["task_definition"] == "web:1"


def test_nothing_changed_is_one_call(service: CodeDeployed) -> None:
    seen = len(service.emulator.calls())
    assert not service.deploy("web:1")["changed"]
    assert service.emulator.operations(seen) == ["DescribeServices"]


def test_a_new_revision_is_a_deployment_with_an_app_spec(service: CodeDeployed, subnets: list[str]) -> None:
    """fd#120, tf#12703: others call UpdateService, and ECS refuses that: CodeDeploy has to make the deployment."""
    result = service.begun(code_deploy={"description": "release 2"})
    assert operations(result) == ["CreateDeployment"]
    (call,) = result["actions"]
    assert call["service"] == "codedeploy"
    assert (call["params"]["applicationName"], call["params"]["deploymentGroupName"]) == (APPLICATION, GROUP)
    assert call["params"]["description"] == "release 2"
    assert app_spec(result)["version"] == 0.0 and "Hooks" not in app_spec(result)
    network = {"Subnets": subnets, "AssignPublicIp": "DISABLED"}
    assert properties(result) == {
        "TaskDefinition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:2",
        "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80},
        "PlatformVersion": "LATEST",
        "NetworkConfiguration": {"AwsvpcConfiguration": network},
    }


def test_check_mode_tells_what_will_be_sent(service: CodeDeployed) -> None:
    options = {**service.shop.base, "task_definition": "web:2", "desired_count": 3}
    seen = len(service.emulator.calls())
    predicted = service.shop.module.ok("service", True, **options)
    assert service.emulator.writes(seen) == [] and service.deployments() == []
    done = service.begun("web:2", desired_count=3)
    assert (predicted["actions"], predicted["diff"]) == (done["actions"], done["diff"])
    assert operations(done) == ["UpdateService", "CreateDeployment"]
    assert done["actions"][0]["params"] == {"cluster": "shop", "service": "web", "desiredCount": 3}
    assert predicted["diff"]["after"]["task_definition"] == "web:2"


def test_what_ecs_changes_itself_needs_no_deployment(bare: CodeDeployed) -> None:
    result = bare.deploy("web:1", desired_count=3, health_check_grace_period_seconds=30, propagate_tags="SERVICE")
    assert operations(result) == ["UpdateService"]
    assert result["service"]["running_count"] == 3


def test_network_platform_and_capacity_are_carried(service: CodeDeployed, subnets: list[str]) -> None:
    strategy = [{"capacity_provider": "FARGATE_SPOT", "weight": "1"}, {"capacityProvider": "FARGATE", "base": 1}]
    network = {"awsvpc_configuration": {"subnets": subnets[:1], "assign_public_ip": "ENABLED"}}
    service.shop.base.pop("launch_type")
    result = service.begun(
        "web:1", platform_version="1.3.0", network_configuration=network, capacity_provider_strategy=strategy
    )
    assert operations(result) == ["CreateDeployment"]
    sent = properties(result)
    assert sent["PlatformVersion"] == "1.3.0"
    assert sent["NetworkConfiguration"] == {
        "AwsvpcConfiguration": {"Subnets": subnets[:1], "AssignPublicIp": "ENABLED"}
    }
    assert sent["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 0},
        {"CapacityProvider": "FARGATE_SPOT", "Base": 0, "Weight": 1},
    ]


def test_hooks_and_settings_of_one_deployment(service: CodeDeployed) -> None:
    hooks = {
        "after_allow_test_traffic": "smoke",
        "BeforeInstall": "arn:aws:lambda:eu-central-1:123456789012:function:x",
    }
    settings = {
        "hooks": hooks,
        "deployment_config": "CodeDeployDefault.ECSCanary10Percent5Minutes",
        "auto_rollback": ["DEPLOYMENT_FAILURE"],
    }
    result = service.begun(code_deploy=settings)
    assert app_spec(result)["Hooks"] == [
        {"BeforeInstall": "arn:aws:lambda:eu-central-1:123456789012:function:x"},
        {"AfterAllowTestTraffic": "smoke"},
    ]
    params = result["actions"][0]["params"]
    assert params["deploymentConfigName"] == "CodeDeployDefault.ECSCanary10Percent5Minutes"
    assert params["autoRollbackConfiguration"] == {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}


def test_a_forced_deployment_is_one_of_the_same_revision(service: CodeDeployed) -> None:
    result = service.begun("web:1", force_new_deployment=True)
    assert operations(result) == ["CreateDeployment"] and result["changed"]
    assert properties(result)["TaskDefinition"].endswith("task-definition/web:1")


def test_a_bare_family_is_its_latest_revision(service: CodeDeployed) -> None:
    assert properties(service.begun("web"))["TaskDefinition"].endswith("task-definition/web:2")


# Where it is sent


def test_without_the_names_of_the_console_the_group_is_found_by_its_service(bare: CodeDeployed) -> None:
    bare.group("other", "releases", ecsServices=[bare.another("api")])
    bare.group("mine", "releases")
    result = bare.begun(code_deploy={"application": "releases"})
    params = result["actions"][0]["params"]
    assert (params["applicationName"], params["deploymentGroupName"]) == ("releases", "mine")


def test_names_that_are_given_are_taken(bare: CodeDeployed) -> None:
    bare.group("mine", "releases")
    result = bare.begun(code_deploy={"application": "releases", "deployment_group": "mine"})
    assert result["actions"][0]["params"]["deploymentGroupName"] == "mine"


def test_no_application_is_one_sentence(bare: CodeDeployed) -> None:
    assert bare.refused() == (
        "code_deploy.application: there is no CodeDeploy application AppECS-shop-web in eu-central-1; "
        "create it, with a deployment group for shop:web, or name the right one."
    )


def test_no_group_is_one_sentence(bare: CodeDeployed) -> None:
    bare.group("other", ecsServices=[bare.another("api")])
    assert bare.refused() == (
        "code_deploy.deployment_group: in the CodeDeploy application AppECS-shop-web no group deploys to shop:web; "
        "create one, or name the right one."
    )
    assert "there is no group other that deploys to shop:web" in bare.refused(code_deploy={"deployment_group": "other"})
    assert "there is no group absent that" in bare.refused(code_deploy={"deployment_group": "absent"})


# What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"code_deploy": {"hooks": {"after_instal": "smoke"}}},
            "code_deploy.hooks.after_instal: no such hook for ECS; AWS takes BeforeInstall, AfterInstall,",
        ),
        ({"enable_execute_command": True}, "enable_execute_command of the service web cannot be changed"),
        ({"load_balancers": []}, "an empty load_balancers of the service web cannot be changed"),
        (
            {"deployment_configuration": {"strategy": "CANARY"}},
            "deployment_configuration.strategy: CANARY is a strategy of ECS",
        ),
    ],
)
def test_what_neither_can_do_is_refused(service: CodeDeployed, options: dict[str, Any], words: str) -> None:
    assert words in service.refused(**options)


def test_two_target_groups_are_refused(service: CodeDeployed) -> None:
    (balancer,) = service.shop.base["load_balancers"]
    both = [balancer, {**balancer, "target_group_arn": service.green}]
    assert "load_balancers: CodeDeploy shifts the traffic of one target group, and 2 are given" in service.refused(
        load_balancers=both
    )


def test_settings_for_codedeploy_need_its_controller(shop: Shop) -> None:
    shop.register()
    message = shop.deploy(code_deploy={"application": "releases"})["msg"]
    assert message.startswith("code_deploy: the deployment controller of this service is ECS")


def test_the_external_controller_is_told_apart(shop: Shop) -> None:
    external = {"name": "ext", "cluster": "shop", "deployment_controller": {"type": "EXTERNAL"}, "desired_count": 1}
    shop.module.ok("service", **external)
    message = shop.module.refused("service", name="ext", cluster="shop", force_new_deployment=True)
    assert "force_new_deployment" in message and "change the task sets" in message
    message = shop.module.refused("service", name="ext", cluster="shop", code_deploy={"application": "releases"})
    assert "EXTERNAL, which does not ask CodeDeploy" in message


def test_the_other_group_of_the_pair_is_the_same_and_a_third_is_not(service: CodeDeployed) -> None:
    (balancer,) = service.shop.base["load_balancers"]
    same = service.deploy("web:1", load_balancers=[{**balancer, "target_group_arn": service.green}])
    assert not same["changed"]
    foreign = service.blue.replace("targetgroup/blue", "targetgroup/red")
    message = service.refused("web:1", load_balancers=[{**balancer, "target_group_arn": foreign}])
    assert f"load_balancers[0].target_group_arn: {foreign} is not one of the target groups (blue and green)" in message


# One at a time


def test_the_same_content_under_way_is_not_deployed_again(service: CodeDeployed) -> None:
    service.begun()
    again = service.begun()
    assert not again["changed"] and again["actions"] == []
    assert len(service.deployments()) == 1


def test_another_content_under_way_is_an_obstacle_that_is_named(service: CodeDeployed) -> None:
    service.begun()
    (busy,) = service.deployments()
    service.shop.register("web:3")
    message = service.refused("web:3", desired_count=5)
    assert f"The CodeDeploy deployment {busy} of another revision of the service web is " in message
    assert "longshore.ecs.deployment" in message


def test_two_people_deploy_at_once(service: CodeDeployed) -> None:
    """What lies between our look and our call is told by AWS, with the id of the other deployment."""
    text = f"The Deployment Group '{GROUP}' already has an active Deployment 'd-OTHER'"
    fault = {"kind": "error", "code": "DeploymentLimitExceededException", "message": text, "status": 400, "times": 1}
    service.emulator.control("faults", {**fault, "service": "codedeploy", "operation": "CreateDeployment"})
    result = service.failed()
    assert "d-OTHER" in result["msg"] and "stop it with longshore.ecs.deployment" in result["msg"]


@pytest.mark.parametrize("kind", ["lost", "reset", "5xx"])
def test_a_lost_answer_deploys_once(service: CodeDeployed, kind: str) -> None:
    service.emulator.control(
        "faults", {"service": "codedeploy", "operation": "CreateDeployment", "kind": kind, "times": 1}
    )
    result = service.begun()
    assert operations(result) == ["CreateDeployment"]
    assert len(service.deployments()) == 1


# How it ends


def outcome(result: dict[str, Any]) -> tuple[Any, Any]:
    """Give the code of the failure and the outcome of the deployment."""
    return (result.get("failure") or {}).get("code"), result["deployment"]["outcome"]


def test_the_twelve_steps(shop: Shop, emulator: Emulator, client: Any, groups: list[str]) -> None:
    service = CodeDeployed(shop, emulator, client, groups)
    for image in ("web:1", "web:2"):
        shop.register(image)
    created = four_steps(shop.module, emulator, "service", **shop.base, task_definition="web:1", tags={"a": "1"})
    assert operations(created) == ["CreateService"]
    service.group()
    changed = four_steps(
        shop.module, emulator, "service", **{**shop.base, "desired_count": 3}, task_definition="web", tags={"b": "2"}
    )
    assert operations(changed) == ["UpdateService", "CreateDeployment", "UntagResource", "TagResource"]
    deleted = four_steps(shop.module, emulator, "service", name="web", cluster="shop", state="absent")
    assert operations(deleted) == ["DeleteService"]


def test_success_is_our_deployment_succeeded(service: CodeDeployed) -> None:
    result = service.deploy("web:2")
    assert outcome(result) == (None, "completed")
    assert result["deployment"]["status"] == "Succeeded" and result["deployment"]["id"] in service.deployments()
    shown = result["service"]
    assert (shown["task_definition"], shown["running_count"]) == ("web:2", 2)
    assert shown["load_balancers"][0]["target_group_arn"] == service.green


def test_after_each_deployment_nothing_is_left_to_do(service: CodeDeployed) -> None:
    """The tasks are in the other target group after each deployment, and the options still name the first."""
    for image in ("web:2", "web:3"):
        revision = service.shop.register(image)
        service.deploy(revision)
        seen = len(service.emulator.calls())
        assert not service.deploy(revision)["changed"]
        assert service.emulator.writes(seen) == []


def test_what_was_read_can_be_given_back(service: CodeDeployed) -> None:
    service.deploy("web:2")
    (read,) = service.shop.module.ok("service_info", cluster="shop", name=["web"])["services"]
    again = service.shop.module.ok("service", definition=read)
    assert not again["changed"], again["diff"]


def test_a_forced_deployment_deploys_each_time(service: CodeDeployed) -> None:
    for count in (1, 2):
        result = service.deploy("web:1", force_new_deployment=True)
        assert outcome(result) == (None, "completed") and len(service.deployments()) == count


@pytest.mark.parametrize("kind", ["lost", "5xx"])
def test_after_a_lost_answer_the_one_deployment_is_followed(service: CodeDeployed, kind: str) -> None:
    fault = {"service": "codedeploy", "operation": "CreateDeployment", "kind": kind, "times": 1}
    service.emulator.control("faults", fault)
    result = service.deploy("web:2", force_new_deployment=True)
    assert outcome(result) == (None, "completed") and result["service"]["task_definition"] == "web:2"
    assert operations(result) == ["CreateDeployment"] and len(service.deployments()) == 1


def test_an_interrupted_wait_is_taken_up_by_the_next_run(service: CodeDeployed) -> None:
    service.begun()
    service.emulator.clock(step=5)
    result = service.deploy("web:2")
    assert not result["changed"] and outcome(result) == (None, "completed")
    assert len(service.deployments()) == 1


def test_the_end_of_a_deployment_that_has_the_traffic_is_waited_for(service: CodeDeployed) -> None:
    started = service.begun()
    task_sets = started["service"]["task_sets"]
    for _step in range(60):
        task_sets = service.ecs.describe_services(cluster="shop", services=["web"])["services"][0]["taskSets"]
        if any(item["status"] == "PRIMARY" and item["taskDefinition"].endswith("web:2") for item in task_sets):
            break
        service.emulator.clock(step=2)
    assert len(task_sets) == 2
    result = service.deploy("web:2")
    assert not result["changed"] and outcome(result) == (None, "completed")
    assert [item["status"] for item in result["service"]["task_sets"]] in (["PRIMARY"], ["PRIMARY", "DRAINING"])


def test_a_deployment_that_will_replace_what_is_wanted_is_warned_of(service: CodeDeployed) -> None:
    service.begun()
    service.emulator.clock(step=5)
    (other,) = service.deployments()
    result = service.deploy("web:1")
    assert not result["changed"]
    assert other in str(result["warnings"]) and "about to replace it" in str(result["warnings"])


def test_an_image_that_is_not_there_is_told_early(service: CodeDeployed) -> None:
    service.shop.register("web:missing")
    result = service.failed("web")
    assert outcome(result) == ("Hopeless", "hopeless")
    assert result["diagnosis"]["cause"] == "image"
    assert "can only fail, and CodeDeploy goes on trying" in result["msg"] and "web:missing" in result["msg"]


def test_a_deployment_that_was_rolled_back_is_a_failure(service: CodeDeployed) -> None:
    service.shop.register("web:missing")
    result = service.failed("web", fail_fast=False)
    assert outcome(result) == ("RolledBack", "rolled_back")
    assert result["diagnosis"]["cause"] == "image"
    assert "was rolled back" in result["msg"] and "It runs web:1 now." in result["msg"]
    assert result["changed"] and operations(result) == ["CreateDeployment"]
    shown = service.shop.module.ok("service_info", cluster="shop", name=["web"])["services"][0]
    assert (shown["task_definition"], shown["running_count"]) == ("web:1", 2)


def test_without_automatic_rollback_it_has_failed(service: CodeDeployed) -> None:
    service.shop.register("web:missing")
    result = service.failed("web", fail_fast=False, code_deploy={"auto_rollback": []})
    assert outcome(result) == ("Failed", "failed")
    assert result["diagnosis"]["cause"] == "image"


@pytest.mark.parametrize(("back", "code"), [(True, "RolledBack"), (False, "Stopped")])
def test_a_deployment_that_somebody_stops(service: CodeDeployed, back: bool, code: str) -> None:
    clock = service.shop.module.clock
    sleep = clock.sleep

    def interfere(seconds: float) -> None:
        clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)
        (ours,) = service.deployments()
        service.code_deploy.stop_deployment(deploymentId=ours, autoRollbackEnabled=back)

    clock.sleep = interfere  # type: ignore[method-assign]
    result = service.failed("web:2", code_deploy={"auto_rollback": []})
    assert result["failure"]["code"] == code


def ready(service: CodeDeployed) -> None:
    """Let the deployments of the group wait to be told to move the traffic."""
    service.code_deploy.update_deployment_group(
        applicationName=APPLICATION,
        currentDeploymentGroupName=GROUP,
        blueGreenDeploymentConfiguration={
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 0},
            "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30},
        },
    )


def test_a_deployment_that_waits_for_approval_is_no_success(service: CodeDeployed) -> None:
    ready(service)
    result = service.failed("web:2")
    assert outcome(result) == ("AwaitingApproval", "awaiting_approval")
    assert "awaits approval to move the traffic; unless it gets it within 30 minutes, it stops" in result["msg"]
    content = service.deploy("web:2", wait_until="approval")
    assert not content["changed"] and content["deployment"]["outcome"] == "awaiting_approval"
    (ours,) = service.deployments()
    service.code_deploy.continue_deployment(deploymentId=ours, deploymentWaitType="READY_WAIT")
    approved = service.deploy("web:2")
    assert not approved["changed"] and outcome(approved) == (None, "completed")


def test_a_hook_that_says_no(service: CodeDeployed) -> None:
    service.emulator.control("hooks", {"smoke": ["FAILED"]})
    result = service.failed("web:2", code_deploy={"hooks": {"after_install": "smoke"}})
    assert result["failure"]["code"] == "RolledBack" and result["diagnosis"]["cause"] == "hook"
    assert "lifecycle event validation functions failed" in result["msg"]


def test_an_alarm_that_stops_it(service: CodeDeployed, client: Callable[[str], Any]) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName="errors", MetricName="5xx", Namespace="shop", Period=60, EvaluationPeriods=1, Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
    )  # fmt: skip
    client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    service.code_deploy.update_deployment_group(
        applicationName=APPLICATION,
        currentDeploymentGroupName=GROUP,
        alarmConfiguration={"enabled": True, "alarms": [{"name": "errors"}]},
    )
    events = ["DEPLOYMENT_STOP_ON_ALARM"]
    result = service.failed("web:2", code_deploy={"auto_rollback": events})
    assert result["failure"]["code"] == "RolledBack" and result["diagnosis"]["cause"] == "alarm"


def test_a_wait_that_is_too_short_says_how_far_it_got(service: CodeDeployed) -> None:
    result = service.failed("web:2", wait_timeout=4)
    assert outcome(result) == ("TimedOut", "timed_out")
    assert "Timed out after 4 seconds: web: " in result["msg"] and "InProgress (Install)" in result["msg"]


def test_the_stages_and_the_traffic_are_told_while_it_waits(service: CodeDeployed) -> None:
    """In slices, as the action plugin runs the module: the deployment is created in the first one alone."""
    token: dict[str, Any] | None = {}
    lines: list[str] = []
    while token is not None:
        result = service.shop.deploy("web:2", _watch=token)
        assert not result.get("failed"), result["msg"]
        lines += result["_watch"]["lines"]
        token = result["_watch"]["token"]
    assert service.emulator.operations().count("CreateDeployment") == len(service.deployments()) == 1
    assert result["service"]["task_definition"] == "web:2" and result["deployment"]["outcome"] == "completed"
    for words in ("(Install)", "0 of 2 running", "2 of 2 running", "100% of production traffic", "kept for 1 minutes"):
        assert any(words in line for line in lines), (words, lines)


def test_the_stages_are_a_detail_that_need_not_be_seen(service: CodeDeployed) -> None:
    denied = {"kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400, "times": 1000}
    fault = {**denied, "service": "codedeploy", "operation": "BatchGetDeploymentTargets"}
    service.emulator.control("faults", fault)
    assert outcome(service.deploy("web:2")) == (None, "completed")


def test_a_deleted_service_is_gone(service: CodeDeployed) -> None:
    service.begun()
    service.ecs.delete_service(cluster="shop", service="web", force=True)
    assert service.shop.module.ok("service", name="web", cluster="shop", state="absent")["service"] == {}


@pytest.mark.parametrize("later", [0, 60], ids=["draining", "inactive"])
def test_a_service_that_is_deleted_meanwhile_is_gone(service: CodeDeployed, later: int) -> None:
    clock = service.shop.module.clock
    sleep = clock.sleep

    def delete(seconds: float) -> None:
        clock.sleep = sleep  # type: ignore[method-assign]
        service.ecs.delete_service(cluster="shop", service="web", force=True)
        sleep(seconds + later)

    clock.sleep = delete  # type: ignore[method-assign]
    result = service.failed("web:2")
    assert outcome(result) == ("Gone", "gone") and result["diagnosis"]["cause"] == "deleted"


# Decisions over a deployment, by longshore.ecs.deployment


def decide(service: CodeDeployed, state: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the deployment module; the result may be a failure."""
    chosen = {"cluster": "shop", "service": "web", "state": state, "wait_timeout": 7200, **options}
    return service.shop.module("deployment", check, **chosen)


def runs(service: CodeDeployed) -> str:
    """Name the revision that serves the traffic."""
    return str(service.shop.module.ok("service_info", cluster="shop", name=["web"])["services"][0]["task_definition"])


def test_a_deployment_under_way_can_be_waited_for(service: CodeDeployed) -> None:
    service.begun()
    result = decide(service, "completed")
    assert not result.get("failed") and not result["changed"] and result["deployment"]["outcome"] == "completed"
    assert result["deployment"]["id"] == service.deployments()[0] and runs(service) == "web:2"


def test_a_deployment_that_is_ready_is_continued_once(service: CodeDeployed) -> None:
    ready(service)
    service.begun()
    foreseen = decide(service, "continued", check=True)
    result = decide(service, "continued")
    assert result["actions"][0]["operation"] == "ContinueDeployment" and result["deployment"]["outcome"] == "completed"
    assert not foreseen.get("failed") and runs(service) == "web:2"
    again = decide(service, "continued")
    assert not again.get("failed") and not again["changed"]
    assert "state=rolled_back" in decide(service, "rejected")["msg"]


def test_a_deployment_that_is_ready_is_rejected_once(service: CodeDeployed) -> None:
    ready(service)
    service.begun()
    result = decide(service, "rejected")
    assert not result.get("failed"), result["msg"]
    assert [call["operation"] for call in result["actions"]] == ["StopDeployment"] and runs(service) == "web:1"
    assert not decide(service, "rejected")["changed"]


def test_a_deployment_under_way_is_rolled_back(service: CodeDeployed) -> None:
    service.begun()
    result = decide(service, "rolled_back")
    assert not result.get("failed"), result["msg"]
    assert [call["operation"] for call in result["actions"]] == ["StopDeployment"] and runs(service) == "web:1"


def test_what_ran_before_is_deployed_anew_once(service: CodeDeployed) -> None:
    service.deploy("web:2")
    nothing = decide(service, "rolled_back")
    assert nothing["failure"]["code"] == "NothingToGoBackTo"
    service.shop.register("web:3")
    service.deploy("web:3")
    foreseen = decide(service, "rolled_back", check=True)
    result = decide(service, "rolled_back")
    assert not result.get("failed"), result["msg"]
    assert foreseen["actions"] == result["actions"] and runs(service) == "web:2"
    again = decide(service, "rolled_back")
    assert not again["changed"] and "itself a way back" in again["deployment"]["said"]


def test_a_deployment_that_codedeploy_does_not_know_is_refused(service: CodeDeployed) -> None:
    refused = decide(service, "completed", deployment="d-UNKNOWN00")
    assert refused["failed"] and "d-UNKNOWN00" in refused["msg"]
