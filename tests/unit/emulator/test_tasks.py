# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks: their states, how they end, and the operations on them."""

from __future__ import annotations

from typing import Any

import pytest

CHECK = {"command": ["CMD", "true"], "interval": 10, "retries": 3}


def run(account: Any, **changes: Any) -> Any:
    """Run a Fargate task."""
    request = {
        "cluster": "c",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": account.network,
        **changes,
    }
    return account.ecs.run_task(**{name: value for name, value in request.items() if value is not None})["tasks"]


def described(account: Any, task: Any) -> Any:
    return account.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]


def messages(account: Any) -> list[str]:
    return [event["message"] for event in account.service()["events"]]


def states(account: Any, task: Any, seconds: int) -> list[str]:
    """Step by seconds and give the different states on the way."""
    seen = [task["lastStatus"]]
    for _ignored in range(seconds):
        account.emulator.step(1)
        status = described(account, task)["lastStatus"]
        if seen[-1] != status:
            seen.append(status)
    return seen


def test_life(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html"""
    account.register()
    task = run(account)[0]
    assert states(account, task, 15) == ["PROVISIONING", "PENDING", "RUNNING"]
    running = described(account, task)
    order = [running[name] for name in ("createdAt", "connectivityAt", "pullStartedAt", "pullStoppedAt", "startedAt")]
    assert order == sorted(order)
    assert (running["platformVersion"], running["platformFamily"]) == ("1.4.0", "Linux")
    assert (running["cpu"], running["memory"], running["group"]) == ("256", "512", "family:web")
    assert running["containers"][0]["lastStatus"] == "RUNNING"
    account.ecs.stop_task(cluster="c", task=task["taskArn"], reason="enough")
    assert states(account, described(account, task), 10) == ["STOPPING", "DEPROVISIONING", "STOPPED"]
    stopped = described(account, task)
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough")
    assert stopped["stoppingAt"] <= stopped["executionStoppedAt"] <= stopped["stoppedAt"]
    assert stopped["containers"][0]["exitCode"] == 0


def test_stopped_tasks_are_forgotten(account: Any) -> None:
    """task-lifecycle: a stopped task can be described for at least an hour."""
    account.register()
    task = run(account)[0]
    account.ecs.stop_task(cluster="c", task=task["taskArn"])
    account.emulator.step(3500)
    assert described(account, task)["lastStatus"] == "STOPPED"
    account.emulator.step(200)
    answer = account.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])
    assert answer["failures"] == [{"arn": task["taskArn"], "reason": "MISSING"}]


def test_network_interface(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"""
    account.register()
    task = run(account)[0]
    attachment = task["attachments"][0]
    assert (attachment["type"], attachment["status"]) == ("ElasticNetworkInterface", "PRECREATED")
    account.emulator.step(15)
    attachment = described(account, task)["attachments"][0]
    details = {item["name"]: item["value"] for item in attachment["details"]}
    assert attachment["status"] == "ATTACHED"
    interface = account.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
    found = interface["NetworkInterfaces"][0]
    assert (found["PrivateIpAddress"], found["SubnetId"]) == (details["privateIPv4Address"], details["subnetId"])
    container = described(account, task)["containers"][0]["networkInterfaces"][0]
    assert container == {"attachmentId": attachment["id"], "privateIpv4Address": details["privateIPv4Address"]}
    account.ecs.stop_task(cluster="c", task=task["taskArn"])
    account.emulator.step(15)
    assert described(account, task)["attachments"][0]["status"] == "DELETED"
    assert account.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_the_subnet_is_gone(account: Any) -> None:
    """stopped-task-error-codes: the network interface cannot be made."""
    account.deployed()
    for subnet in account.subnets:
        account.ec2.delete_subnet(SubnetId=subnet)
    account.update(desiredCount=3)
    account.emulator.step(20)
    reasons = {item["stoppedReason"] for item in account.tasks(desiredStatus="STOPPED")}
    assert any("InvalidSubnetID.NotFound" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("tag", "code", "exit_code", "reason"),
    [
        (
            "missing",
            "TaskFailedToStart",
            None,
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            "docker.io/library/app:missing: docker.io/library/app:missing: not found",
        ),
        ("crash", "EssentialContainerExited", 1, None),
        ("oom", "EssentialContainerExited", 137, "OutOfMemoryError: Container killed due to memory usage"),
    ],
)
def test_images_by_tag(account: Any, tag: str, code: str, exit_code: int | None, reason: str | None) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"""
    account.register(tag)
    task = run(account)[0]
    account.emulator.step(60)
    stopped = described(account, task)
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", code)
    container = stopped["containers"][0]
    assert (container.get("exitCode"), container.get("reason")) == (exit_code, reason)
    assert ("startedAt" in stopped) is (code == "EssentialContainerExited")


def test_unhealthy_image(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html: no service, nobody stops it."""
    account.register("unhealthy", container={"healthCheck": CHECK})
    task = run(account)[0]
    account.emulator.step(120)
    found = described(account, task)
    assert (found["healthStatus"], found["lastStatus"]) == ("UNHEALTHY", "RUNNING")
    assert found["containers"][0]["healthStatus"] == "UNHEALTHY"


def test_images_by_rule(account: Any) -> None:
    """Rules come before tags; an exact image or a shell pattern, with durations and exit codes."""
    account.emulator.control(
        "images",
        {
            "job:*": {"behaviour": "ok", "exit_code": 0, "run_seconds": 30},
            "app:crash": {"behaviour": "ok"},
            "slow": {"pull_seconds": 100, "start_seconds": 50},
            "broken:1": {"behaviour": "crash", "exit_code": 42},
        },
    )
    images = ["job:7", "app:crash", "slow", "broken:1"]
    for number, image in enumerate(images):
        account.register(family=f"f{number}", container={"image": image})
    job, steady, slow, broken = (run(account, taskDefinition=f"f{number}")[0] for number in range(len(images)))
    account.emulator.step(60)
    assert described(account, job)["containers"][0]["exitCode"] == 0
    assert described(account, steady)["lastStatus"] == "RUNNING"
    assert described(account, slow)["lastStatus"] == "PENDING"
    assert described(account, broken)["containers"][0]["exitCode"] == 42
    account.emulator.step(110)
    assert described(account, slow)["lastStatus"] == "RUNNING"


def test_containers_that_are_not_essential(account: Any) -> None:
    """botocore ECS model, ContainerDefinition.essential: only an essential container ends the task."""
    app = {"name": "app", "image": "app:1"}
    side = {"name": "side", "image": "side:crash", "essential": False}
    account.register(containerDefinitions=[app, side])
    task = run(account)[0]
    account.emulator.step(60)
    found = described(account, task)
    assert found["lastStatus"] == "RUNNING"
    assert {item["name"]: item["lastStatus"] for item in found["containers"]} == {"app": "RUNNING", "side": "STOPPED"}


def test_a_stopped_service_task_is_replaced(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html: the desired count is kept."""
    account.deployed()
    victim = account.tasks()[0]["taskArn"]
    account.ecs.stop_task(cluster="c", task=victim)
    account.emulator.step(3)
    assert account.service()["runningCount"] == 1
    service = account.settle()
    assert (service["runningCount"], service["deployments"][0]["failedTasks"]) == (2, 0)
    assert victim not in account.ecs.list_tasks(cluster="c")["taskArns"]


def test_service_tasks(account: Any) -> None:
    """botocore ECS model, Task: group and startedBy of a service's tasks."""
    service = account.deployed()
    for task in account.tasks():
        assert task["group"] == "service:s"
        assert task["startedBy"] == service["deployments"][0]["id"]


# ListTasks and DescribeTasks


def test_filters(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html"""
    account.deployed()
    account.register(family="other")
    run(account, taskDefinition="other", startedBy="me")
    stopped = run(account, taskDefinition="other")[0]
    account.ecs.stop_task(cluster="c", task=stopped["taskArn"])
    account.ecs.create_cluster(clusterName="cc")

    def count(**request: Any) -> int:
        return len(account.ecs.list_tasks(**{"cluster": "c", **request})["taskArns"])

    identifier = account.service()["deployments"][0]["id"]
    assert [count(), count(serviceName="s"), count(family="other"), count(startedBy="me")] == [3, 2, 1, 1]
    assert [count(startedBy=identifier), count(desiredStatus="STOPPED"), count(launchType="EC2")] == [2, 1, 0]
    assert [count(cluster="cc"), count(desiredStatus="PENDING"), count(family="othe")] == [0, 0, 0]
    page = account.ecs.list_tasks(cluster="c", maxResults=2)
    assert len(page["taskArns"]) == 2
    assert count(nextToken=page["nextToken"]) == 1
    lister = account.ecs.list_tasks
    refused("InvalidParameterException", "only filter", lister, cluster="c", startedBy="me", family="other")
    refused("ServiceNotFoundException", "", lister, cluster="c", serviceName="nope")
    refused("ClusterNotFoundException", "", lister, cluster="nope")


def test_describe(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html: id or ARN, tags on demand."""
    account.register()
    tags = [{"key": "a", "value": "b"}]
    task = run(account, tags=tags)[0]
    assert task["tags"] == tags
    identifier = task["taskArn"].rpartition("/")[2]
    describe = account.ecs.describe_tasks
    assert describe(cluster="c", tasks=[identifier])["tasks"][0]["tags"] == []
    assert describe(cluster="c", tasks=[identifier], include=["TAGS"])["tasks"][0]["tags"] == tags
    account.ecs.create_cluster()
    assert len(describe(tasks=[task["taskArn"]])["failures"]) == 1
    refused("InvalidParameterException", "", describe, cluster="c", tasks=[])
    refused("InvalidParameterException", "", describe, cluster="c", tasks=["x"] * 101)


# RunTask, StartTask, StopTask


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"count": 11}, "InvalidParameterException", "Count"),
        ({"count": 0}, "InvalidParameterException", "Count"),
        ({"taskDefinition": "nope"}, "ClientException", "TaskDefinition not found."),
        ({"networkConfiguration": None}, "InvalidParameterException", "Network Configuration must be provided"),
        ({"launchType": None}, "InvalidParameterException", "No Container Instances were found in your cluster."),
        ({"overrides": {"containerOverrides": [{"name": "x"}]}}, "InvalidParameterException", "not a container"),
        ({"startedBy": "x" * 129}, "InvalidParameterException", "startedBy"),
        ({"cluster": "nope"}, "ClusterNotFoundException", "Cluster not found."),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "InvalidParameterException",
            "Specifying both",
        ),
    ],
)
def test_run_task_refusals(account: Any, refused: Any, changes: Any, code: str, text: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""
    account.register()
    request = {
        "cluster": "c",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": account.network,
        **changes,
    }
    given = {name: value for name, value in request.items() if value is not None}
    refused(code, text, account.ecs.run_task, **given)


def test_inactive_definition(account: Any, refused: Any) -> None:
    """DefangLabs/defang#775: RunTask has its own exception for it."""
    account.register()
    account.ecs.deregister_task_definition(taskDefinition="web:1")
    request = {"cluster": "c", "taskDefinition": "web:1", "launchType": "FARGATE"}
    refused("InvalidParameterException", "TaskDefinition is inactive", account.ecs.run_task, **request)


def test_run_task_token(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html"""
    account.register()
    first = run(account, clientToken="token", count=2)
    again = run(account, clientToken="token", count=2)
    assert [item["taskArn"] for item in again] == [item["taskArn"] for item in first]
    request = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "clientToken": "token"}
    refused("ConflictException", "", account.ecs.run_task, **request, networkConfiguration=account.network)


def test_overrides(account: Any) -> None:
    """botocore ECS model, TaskOverride: shown with all containers by name."""
    account.register()
    override = {"name": "app", "command": ["true"], "environment": [{"name": "A", "value": "b"}]}
    overrides = {"cpu": "512", "memory": "1024", "containerOverrides": [override], "taskRoleArn": "arn:x"}
    task = run(account, overrides=overrides)[0]
    assert task["overrides"] == {**overrides, "inferenceAcceleratorOverrides": []}
    assert (task["cpu"], task["memory"]) == ("512", "1024")


def test_capacity_provider(account: Any) -> None:
    """botocore ECS model, RunTask.capacityProviderStrategy, and the cluster's default."""
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy
    )
    account.register()
    task = run(account, launchType=None)[0]
    assert (task["capacityProviderName"], task["launchType"]) == ("FARGATE_SPOT", "FARGATE")


def test_tags_of_tasks(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html: propagated and managed tags."""
    account.register(tags=[{"key": "from", "value": "definition"}])
    propagate = {"propagateTags": "SERVICE", "enableECSManagedTags": True}
    account.create(tags=[{"key": "from", "value": "service"}], **propagate)
    account.emulator.step(5)
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    tags = account.ecs.describe_tasks(cluster="c", tasks=arns, include=["TAGS"])["tasks"][0]["tags"]
    assert {tag["key"]: tag["value"] for tag in tags} == {
        "from": "service",
        "aws:ecs:serviceName": "s",
        "aws:ecs:clusterName": "c",
    }
    assert run(account, propagateTags="TASK_DEFINITION")[0]["tags"] == [{"key": "from", "value": "definition"}]


def test_stop_of_an_unknown_task(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html"""
    refused("InvalidParameterException", "not found", account.ecs.stop_task, cluster="c", task="x")


def test_start_task(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StartTask.html: on the instances that are named."""
    arn = account.instance()["containerInstanceArn"]
    account.register_ec2()
    answer = account.ecs.start_task(cluster="c", taskDefinition="host", containerInstances=[arn, "nope"])
    assert [item["containerInstanceArn"] for item in answer["tasks"]] == [arn]
    assert answer["failures"] == [{"arn": "nope", "reason": "MISSING"}]
    account.emulator.step(30)
    binding = account.tasks()[0]["containers"][0]["networkBindings"][0]
    assert binding["containerPort"] == 80
    assert binding["hostPort"] >= 32768


def test_execute_command(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html: only where it was enabled."""
    account.register()
    plain, enabled = run(account)[0], run(account, enableExecuteCommand=True)[0]
    account.emulator.step(30)
    request = {"cluster": "c", "command": "sh", "interactive": True}
    execute = account.ecs.execute_command
    refused("InvalidParameterException", "was not enabled", execute, task=plain["taskArn"], **request)
    answer = execute(task=enabled["taskArn"], **request)
    assert answer["containerName"] == "app"
    agents = described(account, enabled)["containers"][0]["managedAgents"]
    assert (agents[0]["name"], agents[0]["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")


def test_protection(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html"""
    account.deployed()
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    protect = account.ecs.update_task_protection
    answer = protect(cluster="c", tasks=[arns[0]], protectionEnabled=True, expiresInMinutes=30)
    assert answer["protectedTasks"][0]["protectionEnabled"] is True
    account.update(desiredCount=0)
    account.emulator.step(60)
    assert account.ecs.list_tasks(cluster="c")["taskArns"] == [arns[0]]
    assert any("protected tasks are more than the desired count" in text for text in messages(account))
    account.emulator.step(1800)
    assert account.ecs.list_tasks(cluster="c")["taskArns"] == []
    alone = run(account)[0]["taskArn"]
    failures = protect(cluster="c", tasks=[alone, "nope"], protectionEnabled=True)["failures"]
    assert [item["reason"] for item in failures] == ["TASK_NOT_VALID", "MISSING"]


def test_protection_holds_a_deployment(account: Any) -> None:
    """task-scale-in-protection: a deployment waits for the protected tasks of the old revision."""
    account.deployed()
    arns = account.ecs.list_tasks(cluster="c")["taskArns"]
    account.ecs.update_task_protection(cluster="c", tasks=[arns[0]], protectionEnabled=True, expiresInMinutes=10)
    account.register("2")
    account.update(taskDefinition="web:2")
    service = account.settle()
    assert [item["runningCount"] for item in service["deployments"]] == [2, 1]
    account.emulator.step(600)
    assert [item["rolloutState"] for item in account.service()["deployments"]] == ["COMPLETED"]


def test_the_protection_of_a_task(account: Any) -> None:
    """botocore ECS model, UpdateTaskProtection: on, off, and as GetTaskProtection shows it."""
    account.deployed()
    arn = account.ecs.list_tasks(cluster="c")["taskArns"][0]
    account.ecs.update_task_protection(cluster="c", tasks=[arn], protectionEnabled=True, expiresInMinutes=10)
    assert account.ecs.get_task_protection(cluster="c", tasks=[arn])["protectedTasks"][0]["protectionEnabled"]
    account.ecs.update_task_protection(cluster="c", tasks=[arn], protectionEnabled=False)
    held = account.ecs.get_task_protection(cluster="c", tasks=[arn])["protectedTasks"]
    assert held == [{"taskArn": arn, "protectionEnabled": False}]
