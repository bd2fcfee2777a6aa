# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a task fails, as stopped tasks, events, failures of RunTask, target health and logs show it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from emulator.causes import CAUSES

LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop"
FAILED = "TaskFailedToStart"
EXITED = "EssentialContainerExited"

# behaviour: stopCode, words of stoppedReason, words of the container's reason, exit code
STOPS: dict[str, tuple[str, str, str | None, int | None]] = {
    "no-addresses": (
        FAILED,
        "Create Network Interface with public IP assignment enabled in subnet 'subnet-",
        None,
        None,
    ),
    "interface-timeout": (FAILED, "Timeout waiting for network interface", None, None),
    "registry-denied": (FAILED, "is not authorized to perform: ecr:GetAuthorizationToken on resource: *", None, None),
    "registry-timeout": (FAILED, "cannot pull registry auth from Amazon ECR: There is a connection issue", None, None),
    "secret-missing": (
        FAILED,
        "ResourceNotFoundException: The task can't retrieve the secret with ARN 'arn:",
        None,
        None,
    ),
    "secret-key": (FAILED, "did not contain json key PASSWORD", None, None),
    "secret-denied": (FAILED, "is not authorized to perform: secretsmanager:GetSecretValue on resource", None, None),
    "secret-timeout": (FAILED, "connection issue between the task and Secrets Manager", None, None),
    "parameter-missing": (FAILED, "invalid ssm parameters: /app/setting", None, None),
    "parameter-denied": (FAILED, "is not authorized to perform: ssm:GetParameters on resource: arn:", None, None),
    "parameter-timeout": (FAILED, "AWS Systems Manager Parameter Store. Check your task network", None, None),
    "env-file-timeout": (FAILED, "failed to download env files", None, None),
    "log-group-missing": (FAILED, "The specified log group does not exist", None, None),
    "log-denied": (FAILED, "logs:CreateLogStream on resource: arn:aws:logs:us-east-1:", None, None),
    "log-timeout": (FAILED, "failed to validate logger args: The task cannot find the Amazon CloudWatch", None, None),
    "efs-timeout": (FAILED, "failed to invoke EFS utils commands to set up EFS volumes", None, None),
    "efs-denied": (FAILED, "access denied by server while mounting", None, None),
    "efs-missing": (FAILED, "check that your file system ID is correct", None, None),
    "missing": (
        FAILED,
        "CannotPullContainerError: pull image manifest",
        "docker.io/library/app:missing: not found",
        None,
    ),
    "platform": (FAILED, "does not contain descriptor matching platform 'linux/amd64'", "CannotPull", None),
    "pull-denied": (FAILED, "is not authorized to perform: ecr:BatchGetImage on resource: arn:", "CannotPull", None),
    "pull-private": (FAILED, "requested access to the resource is denied", "CannotPull", None),
    "pull-timeout": (FAILED, "connection issue between the task and the registry", "i/o timeout", None),
    "pull-rate-limit": (FAILED, "toomanyrequests", "CannotPull", None),
    "pull-no-space": (FAILED, "no space left on device", "CannotPull", None),
    "command": (FAILED, "Task failed to start", "executable file not found in $PATH", None),
    "not-executable": (FAILED, "Task failed to start", "permission denied", None),
    "port-in-use": (FAILED, "Task failed to start", "port is already allocated", None),
    "log-driver": (FAILED, "Task failed to start", "failed to initialize logging driver", None),
    "volume": (FAILED, "Task failed to start", "CannotCreateVolumeError", None),
    "crash": (EXITED, "Essential container in task exited", None, 1),
    "exit-42": (EXITED, "Essential container in task exited", None, 42),
    "oom": (EXITED, "Essential container in task exited", "OutOfMemoryError", 137),
    "exec-format": (EXITED, "Essential container in task exited", None, 255),
    "port-taken": (EXITED, "Essential container in task exited", None, 1),
    "task-role-denied": (EXITED, "Essential container in task exited", None, 1),
    "database-timeout": (EXITED, "Essential container in task exited", None, 1),
    "spot": ("SpotInterruption", "Your Spot Task was interrupted.", None, 137),
    "retired": ("TerminationNotice", "maintenance", None, 0),
}
ELSEWHERE = {"ok", "execution-role", "task-role", *(name for name, cause in CAUSES.items() if cause.stage == "health")}


@pytest.fixture
def account(account: Any) -> Any:
    """Let every definition have an execution role, as logs, secrets and ECR need it."""
    plain = account.register

    def register(tag: str = "1", **changes: Any) -> Any:
        return plain(tag, **{"executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", **changes})

    account.register = register
    return account


def run(account: Any, **changes: Any) -> Any:
    """Run Fargate tasks; the whole answer."""
    request = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", **changes}
    if request["launchType"] == "FARGATE":
        request.setdefault("networkConfiguration", account.network)
    return account.ecs.run_task(**request)


def ended(account: Any, seconds: int = 60, **changes: Any) -> Any:
    """Run a task and describe it later."""
    task = run(account, **changes)["tasks"][0]
    account.emulator.step(seconds)
    return account.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]


def messages(account: Any) -> list[str]:
    return [event["message"] for event in account.service()["events"]]


def lines(account: Any, stream: str = "", group: str = "/ecs/web") -> list[str]:
    """Read the log lines of all streams whose name begins so."""
    client = account.emulator.client("logs")
    found = client.filter_log_events(logGroupName=group, **({"logStreamNamePrefix": stream} if stream else {}))
    return [event["message"] for event in found["events"]]


# Stopped tasks


def test_every_cause_is_tested() -> None:
    """The table above names each cause that stops a task."""
    assert set(STOPS) - {"exit-42"} == set(CAUSES) - ELSEWHERE


@pytest.mark.parametrize("name", STOPS)
def test_stopped_tasks(account: Any, name: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-tasks-error-messages-updates.html"""
    code, text, reason, exit_code = STOPS[name]
    account.register(name)
    stopped = ended(account)
    container = stopped["containers"][0]
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", code)
    assert text in stopped["stoppedReason"]
    assert (reason or "") in container.get("reason", "")
    assert ("reason" in container) is (reason is not None)
    assert container.get("exitCode") == exit_code
    assert "{" not in stopped["stoppedReason"] + container.get("reason", "")
    assert ("pullStartedAt" in stopped) is not (CAUSES.get(name, CAUSES["ok"]).stage in ("network", "init"))


def test_texts_name_the_things_of_the_task(account: Any) -> None:
    """resource-not-found-error: the ARN of the secret; the role is that of the definition."""
    role = "arn:aws:iam::123456789012:role/path/run"
    secrets = [{"name": "P", "valueFrom": f"{SECRET}:password::"}]
    account.register(
        container={"image": f"{IMAGE}:secret-denied", "secrets": secrets}, executionRoleArn=role, family="denied"
    )
    account.register(container={"image": f"{IMAGE}:secret-key", "secrets": secrets}, family="key")
    account.register(container={"image": f"{IMAGE}:missing"}, family="gone")
    denied = ended(account, taskDefinition="denied")["stoppedReason"]
    assert f"failed to fetch secret {SECRET} from secrets manager" in denied
    assert "assumed-role/run/" in denied
    assert "json key password" in ended(account, taskDefinition="key")["stoppedReason"]
    assert f"{IMAGE}:missing: not found" in ended(account, taskDefinition="gone")["stoppedReason"]


def test_on_instances_the_task_only_says_that_it_failed(account: Any) -> None:
    """The agent tells the reason of the container."""
    account.instance()
    account.register_ec2(containerDefinitions=[{"name": "app", "image": "app:missing", "memory": 64}])
    stopped = ended(account, taskDefinition="host", launchType="EC2")
    assert stopped["stoppedReason"] == "Task failed to start"
    assert stopped["containers"][0]["reason"].startswith("CannotPullContainerError")


def test_rules_say_how_it_ends(account: Any) -> None:
    """`/_emulator/images`: reasons, codes, stages and times of one's own."""
    account.emulator.control(
        "images",
        {
            "a:*": {"stage": "init", "stopped_reason": "ResourceInitializationError: {x}", "stop_code": FAILED},
            "b:*": {"stop_code": FAILED, "stopped_reason": "CannotPullContainerError: no", "reason": "no"},
            "c:*": {"exit_code": 7, "reason": "tired", "run_seconds": 100},
            "d:1 *migrate": {"behaviour": "crash", "exit_code": 3},
            "e:*": {"behaviour": "command", "reason": "CannotStartContainerError: mine"},
        },
    )
    for family in "abcde":
        account.register(family=family, container={"image": f"{family}:1", "command": ["serve"]})
    first, second = ended(account, taskDefinition="a"), ended(account, taskDefinition="b")
    assert (first["stoppedReason"], first["stopCode"]) == ("ResourceInitializationError: {x}", FAILED)
    assert (second["stoppedReason"], second["containers"][0]["reason"]) == ("CannotPullContainerError: no", "no")
    third = ended(account, 50, taskDefinition="c")
    assert third["lastStatus"] == "RUNNING"
    account.emulator.step(100)
    third = account.ecs.describe_tasks(cluster="c", tasks=[third["taskArn"]])["tasks"][0]
    assert (third["containers"][0]["exitCode"], third["containers"][0]["reason"]) == (7, "tired")
    assert ended(account, taskDefinition="d")["lastStatus"] == "RUNNING"
    override = {"containerOverrides": [{"name": "app", "command": ["db", "migrate"]}]}
    assert ended(account, taskDefinition="d", overrides=override)["containers"][0]["exitCode"] == 3
    assert ended(account, taskDefinition="e")["containers"][0]["reason"] == "CannotStartContainerError: mine"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"behaviour": "sulk"}, "behaviour"),
        ({"stage": "late"}, "stage"),
        ({"health": "so-so"}, "health"),
        ({"mood": 1}, "members"),
    ],
)
def test_rules_that_make_no_sense(account: Any, rule: Any, words: str) -> None:
    """The control endpoint says what it takes."""
    assert words in account.emulator.refused("images", {"x": rule})


def test_a_service_retries_and_fails(account: Any) -> None:
    """deployment-circuit-breaker: tasks that cannot start trip it."""
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    account.deployed(deploymentConfiguration=breaker)
    account.register("secret-missing")
    account.update(taskDefinition="web:2")
    assert account.settle()["taskDefinition"].endswith(":1")
    reasons = {task["stoppedReason"][:25] for task in account.tasks(desiredStatus="STOPPED")}
    assert "ResourceNotFoundException" in reasons


# Before there is a task


@pytest.mark.parametrize("name", ["execution-role", "task-role"])
def test_roles(account: Any, refused: Any, name: str) -> None:
    """aws-samples/aws-modern-application-workshop#149: an error of RunTask, an event of a service."""
    account.register(name, taskRoleArn="arn:aws:iam::123456789012:role/t", executionRoleArn="arn:aws:iam::1:role/e")
    text = "ECS was unable to assume the role 'arn:aws:iam::"
    network = {"networkConfiguration": account.network, "launchType": "FARGATE"}
    refused("ClientException", text, account.ecs.run_task, cluster="c", taskDefinition="web", **network)
    account.create()
    account.emulator.step(200)
    assert any(f"failed to launch a task with (error {text}" in message for message in messages(account))
    assert account.service()["deployments"][0]["failedTasks"] > 1
    assert account.tasks() == account.tasks(desiredStatus="STOPPED") == []


CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("unavailable", CAPACITY),
        ("quota", "You've reached the limit on the number of vCPUs you can run concurrently"),
        ("task-quota", "You've reached the limit on the number of tasks you can run concurrently"),
        ("cpu-limit", "The requested CPU configuration is above your limit"),
        ("memory-limit", "The requested MEMORY configuration is above your limit"),
        ("internal", "Internal error"),
    ],
)
def test_capacity_of_fargate(account: Any, kind: str, text: str) -> None:
    """service-event-messages-list, api_failures_messages: after n tries it works."""
    account.register()
    account.emulator.control("capacity", {"fargate": kind, "for": 2})
    for _ignored in range(2):
        answer = run(account)
        assert (answer["tasks"], answer["failures"]) == ([], [{"reason": text}])
    assert len(run(account)["tasks"]) == 1
    account.emulator.control("capacity", {"fargate": kind})
    account.create()
    account.emulator.step(60)
    assert f"(service s) was unable to place a task. Reason: {text}." in messages(account)
    assert account.emulator.control("capacity") == {"fargate": {"kind": kind}}
    account.emulator.control("capacity", method="DELETE")
    assert account.settle()["runningCount"] == 2


def test_spot_capacity_is_its_own(account: Any) -> None:
    """FARGATE_SPOT can be out of capacity while FARGATE is not."""
    account.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    account.register()
    account.emulator.control("capacity", {"fargate_spot": "unavailable"})
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    request = {"cluster": "c", "taskDefinition": "web", "networkConfiguration": account.network}
    assert account.ecs.run_task(**request, capacityProviderStrategy=spot)["failures"][0]["reason"] == CAPACITY
    assert run(account)["failures"] == []


def test_capacity_that_makes_no_sense(account: Any) -> None:
    """The control endpoint says what it takes."""
    assert "fargate" in account.emulator.refused("capacity", {"fargate": "plenty"})
    assert "fargate" in account.emulator.refused("capacity", {"moon": "unavailable"})


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"cpu": 4096}, "RESOURCE:CPU", "has insufficient CPU units available"),
        ({"memory": 9000}, "RESOURCE:MEMORY", "has insufficient memory available"),
        ({"portMappings": [{"containerPort": 80, "hostPort": 80}]}, "RESOURCE:PORTS", "is already using a port"),
    ],
)
def test_instances_without_room(account: Any, changes: Any, reason: str, words: str) -> None:
    """service-event-messages-list: the closest matching instance; api_failures_messages: RESOURCE:*."""
    instance = account.instance()
    container = {"name": "app", "image": "app:1", "memory": 64, **changes}
    account.register_ec2(containerDefinitions=[container])
    answer = run(account, taskDefinition="host", launchType="EC2", count=2)
    assert {(item["arn"], item["reason"]) for item in answer["failures"]} == {
        (instance["containerInstanceArn"], reason)
    }
    account.create(taskDefinition="host", launchType="EC2", networkConfiguration=None, desiredCount=1)
    account.emulator.step(60)
    identifier = instance["containerInstanceArn"].rpartition("/")[2]
    assert any(f"The closest matching (container-instance {identifier}) {words}" in text for text in messages(account))


def test_remaining_resources(account: Any) -> None:
    """botocore ECS model, ContainerInstance.remainingResources."""
    arn = account.instance()["containerInstanceArn"]
    container = {
        "name": "app",
        "image": "app:1",
        "memory": 64,
        "cpu": 100,
        "portMappings": [{"containerPort": 80, "hostPort": 80}],
    }
    account.register_ec2(containerDefinitions=[container])
    assert len(run(account, taskDefinition="host", launchType="EC2")["tasks"]) == 1
    shown = account.ecs.describe_container_instances(cluster="c", containerInstances=[arn])["containerInstances"][0]
    left = {item["name"]: item for item in shown["remainingResources"]}
    assert (left["CPU"]["integerValue"], left["MEMORY"]["integerValue"]) == (1948, 3776)
    assert "80" in left["PORTS"]["stringSetValue"]


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("attribute:stack == blue", True),
        ("attribute:stack == green", False),
        ("attribute:stack != blue", False),
        ("attribute:stack in [green, blue]", True),
        ("attribute:stack exists and attribute:gpu !exists", True),
        ("attribute:gpu exists", False),
        ("attribute:ecs.availability-zone =~ us-east-1.*", True),
        ("task:group == service:x", False),
    ],
)
def test_constraints(account: Any, expression: str, fits: bool) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html, as far as it is read."""
    arn = account.instance()["containerInstanceArn"]
    account.ecs.put_attributes(cluster="c", attributes=[{"name": "stack", "value": "blue", "targetId": arn}])
    account.register_ec2()
    constraints = [{"type": "memberOf", "expression": expression}]
    answer = run(account, taskDefinition="host", launchType="EC2", placementConstraints=constraints)
    reasons = [item["reason"] for item in answer["failures"]]
    assert reasons == ([] if fits else ["MemberOf placement constraint unsatisfied."])


def test_distinct_instances(account: Any) -> None:
    """task-placement-constraints: one task of the group on each instance."""
    account.instance()
    account.register_ec2()
    constraints = [{"type": "distinctInstance"}]
    answer = run(account, taskDefinition="host", launchType="EC2", placementConstraints=constraints, count=2)
    assert (len(answer["tasks"]), len(answer["failures"])) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("agent", "AGENT"), ("attribute", "ATTRIBUTE"), ("eni", "RESOURCE:ENI"), ("cpu", "RESOURCE:CPU")],
)
def test_trouble_with_instances_on_demand(account: Any, kind: str, reason: str) -> None:
    """api_failures_messages: what an instance can lack that the emulator does not know of."""
    account.instance()
    account.register_ec2()
    account.emulator.control("capacity", {"ec2": kind, "for": 1})
    assert run(account, taskDefinition="host", launchType="EC2")["failures"][0]["reason"] == reason
    assert run(account, taskDefinition="host", launchType="EC2")["failures"] == []


def test_the_breaker_counts_tasks_that_cannot_be_launched(account: Any) -> None:
    """botocore ECS model, Deployment.failedTasks: also those that the scheduler cannot launch."""
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    account.register()
    account.emulator.control("capacity", {"fargate": "quota"})
    account.create(deploymentConfiguration=breaker)
    account.emulator.step(200)
    assert account.service()["deployments"][0]["rolloutState"] == "FAILED"


# Health


@pytest.mark.parametrize(
    ("tag", "reason", "words"),
    [
        ("unhealthy", "Target.ResponseCodeMismatch", "codes: [502]"),
        ("target-unhealthy", "Target.ResponseCodeMismatch", "codes: [502]"),
        ("target-not-found", "Target.ResponseCodeMismatch", "codes: [404]"),
        ("target-timeout", "Target.Timeout", "Request timed out"),
        ("target-closed", "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_target_health(account: Any, tag: str, reason: str, words: str) -> None:
    """API_TargetHealth: initial, unhealthy with its reason, draining, gone; and the service's event."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.register(tag)
    account.create(desiredCount=1, loadBalancers=[balancer], healthCheckGracePeriodSeconds=100)

    def health() -> list[Any]:
        found = account.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [item["TargetHealth"] for item in found]

    account.emulator.step(20)
    assert [item["State"] for item in health()] == ["initial"]
    account.emulator.step(70)
    assert [item["State"] for item in health()] == ["unhealthy"]
    assert health()[0]["Reason"] == reason
    assert words in health()[0]["Description"]
    account.emulator.step(40)
    assert "draining" in [item["State"] for item in health()]
    stopped = account.tasks(desiredStatus="STOPPED")
    assert stopped[0]["stoppedReason"] == f"Task failed ELB health checks in (target-group {group})"
    assert any(
        f"is unhealthy in (target-group {group}) due to (reason " in text and words in text
        for text in messages(account)
    )


def test_a_container_that_is_unhealthy_behind_a_healthy_target(account: Any) -> None:
    """The two checks are independent."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    check = {"command": ["CMD", "true"], "interval": 10, "retries": 3}
    account.register("container-unhealthy", container={"healthCheck": check})
    account.create(desiredCount=1, loadBalancers=[balancer])
    account.emulator.step(80)
    assert account.tasks(desiredStatus="STOPPED")[0]["stoppedReason"] == "Task failed container health checks"


def test_the_target_group_is_gone(account: Any) -> None:
    """service-event-messages-list: TARGET GROUP IS NOT FOUND."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.deployed(loadBalancers=[balancer])
    for listener in account.elbv2.describe_listeners(
        LoadBalancerArn=account.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"]:
        account.elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
    account.elbv2.delete_target_group(TargetGroupArn=group)
    account.update(forceNewDeployment=True)
    account.emulator.step(40)
    assert any(
        f"is not healthy in target-group ({group}) due to TARGET GROUP IS NOT FOUND." in text
        for text in messages(account)
    )


def test_ecs_may_not_register_targets(account: Any) -> None:
    """The control `capacity` with elb denied: an event, and tasks that never become healthy."""
    group = account.target_group()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.register()
    account.emulator.control("capacity", {"elb": "denied"})
    account.create(loadBalancers=[balancer])
    service = account.settle()
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert any("elasticloadbalancing:RegisterTargets" in text for text in messages(account))


def test_targets_on_instances(account: Any) -> None:
    """Two tasks on one instance are two targets: the instance and its two ports."""
    group = account.target_group(kind="instance")
    account.instance()
    account.register_ec2()
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    account.create(taskDefinition="host", launchType="EC2", networkConfiguration=None, loadBalancers=[balancer])
    account.settle()
    found = account.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {item["Target"]["Id"] for item in found} == {"i-0123456789abcdef0"}
    assert len({item["Target"]["Port"] for item in found}) == 2
    assert {item["TargetHealth"]["State"] for item in found} == {"healthy"}


# Logs


def test_logs(account: Any) -> None:
    """using_awslogs: prefix-name/container-name/ecs-task-id, with the emulator's times."""
    client = account.emulator.client("logs")
    client.create_log_group(logGroupName="/ecs/web")
    account.register(container={"logConfiguration": LOGS})
    task = ended(account, 20)
    identifier = task["taskArn"].rpartition("/")[2]
    stream = client.describe_log_streams(logGroupName="/ecs/web")["logStreams"][0]
    assert stream["logStreamName"] == f"app/app/{identifier}"
    events = client.get_log_events(logGroupName="/ecs/web", logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["Starting app:1", "Listening on port 80"]
    started = task["startedAt"]
    moment = started.timestamp() if isinstance(started, datetime.datetime) else started
    assert abs(events[0]["timestamp"] / 1000 - moment) < 1
    account.ecs.stop_task(cluster="c", task=identifier)
    account.emulator.step(10)
    assert "SIGTERM" in lines(account)[-1]


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("crash", "ERROR the application cannot go on"),
        ("exit-3", "ERROR ended with code 3"),
        ("exec-format", "exec format error"),
        ("port-taken", "address already in use"),
        ("task-role-denied", "assumed-role/ecsTaskRole/"),
        ("database-timeout", "could not connect to database"),
    ],
)
def test_last_words(account: Any, tag: str, words: str) -> None:
    """A program that fails says so; the group is made if the definition asks for it."""
    options = {**LOGS["options"], "awslogs-create-group": "true"}  # type: ignore[dict-item]
    account.register(tag, container={"logConfiguration": {**LOGS, "options": options}})
    ended(account)
    assert words in lines(account)[-1]


def test_lines_of_a_rule(account: Any) -> None:
    """`logs` of a rule: spread over the run, and nothing else is written."""
    account.emulator.client("logs").create_log_group(logGroupName="/ecs/web")
    rule = {"exit_code": 0, "run_seconds": 30, "logs": ["one", "two", "three"]}
    account.emulator.control("images", {"app:*": rule})
    account.register(container={"logConfiguration": LOGS})
    ended(account, 15)
    assert lines(account) == ["one"]
    account.emulator.step(11)
    assert lines(account) == ["one", "two"]
    account.emulator.step(60)
    assert lines(account) == ["one", "two", "three"]


def test_no_group_no_lines(account: Any) -> None:
    """A group that does not exist is not made unless it is asked for."""
    account.register(container={"logConfiguration": LOGS})
    assert ended(account)["lastStatus"] == "RUNNING"
    assert account.emulator.client("logs").describe_log_groups()["logGroups"] == []


# Containers of one task


def containers(*definitions: tuple[str, str, bool, dict[str, str]]) -> list[dict[str, Any]]:
    """Containers by name, image, essential and what they depend on."""
    return [
        {
            "name": name,
            "image": image,
            "essential": essential,
            "dependsOn": [{"containerName": other, "condition": condition} for other, condition in needs.items()],
        }
        for name, image, essential, needs in definitions
    ]


def test_dependencies_are_awaited(account: Any) -> None:
    """botocore ECS model, ContainerDependency: SUCCESS of a container that prepares."""
    account.emulator.control("images", {"init:1": {"exit_code": 0, "run_seconds": 30}})
    account.register(
        containerDefinitions=containers(("init", "init:1", False, {}), ("app", "app:1", True, {"init": "SUCCESS"}))
    )
    task = ended(account, 20)
    assert task["lastStatus"] == "PENDING"
    assert [item["lastStatus"] for item in task["containers"]] == ["RUNNING", "PENDING"]
    account.emulator.step(30)
    task = account.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]
    assert task["lastStatus"] == "RUNNING"
    assert task["containers"][0]["exitCode"] == 0


@pytest.mark.parametrize("condition", ["SUCCESS", "HEALTHY"])
def test_dependencies_that_fail(account: Any, condition: str) -> None:
    """A container whose dependency can never be met ends the task."""
    app = ("app", "app:1", True, {"init": condition})
    account.register(containerDefinitions=containers(("init", "init:crash", False, {}), app))
    task = ended(account)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", FAILED)
    assert task["containers"][0]["exitCode"] == 1
    assert "exitCode" not in task["containers"][1]


def test_healthy_and_complete_dependencies(account: Any) -> None:
    """HEALTHY waits for the health check, COMPLETE for the end whatever the exit code."""
    given = containers(
        ("db", "db:1", True, {}),
        ("setup", "setup:crash", False, {"db": "HEALTHY"}),
        ("app", "app:1", True, {"setup": "COMPLETE"}),
    )
    given[0]["healthCheck"] = {"command": ["CMD", "true"], "interval": 10}
    account.register(containerDefinitions=given)
    task = ended(account, 20)
    assert [item["lastStatus"] for item in task["containers"]] == ["RUNNING", "PENDING", "PENDING"]
    account.emulator.step(30)
    task = account.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]
    assert [item["lastStatus"] for item in task["containers"]] == ["RUNNING", "STOPPED", "RUNNING"]
    assert task["lastStatus"] == "RUNNING"


def test_a_side_container_that_cannot_start(account: Any) -> None:
    """Only an essential container takes the task with it."""
    account.register(containerDefinitions=containers(("app", "app:1", True, {}), ("side", "side:command", False, {})))
    task = ended(account)
    assert task["lastStatus"] == "RUNNING"
    assert "executable file not found" in task["containers"][1]["reason"]


# Strict: what there is in the other services


def test_strict_secrets(account: Any) -> None:
    """secrets-envvar: the secret, its key, and the parameter must exist."""
    assert account.emulator.control("strict", {"secrets": True})["secrets"] is True
    manager, parameters = account.emulator.client("secretsmanager"), account.emulator.client("ssm")
    arn = manager.create_secret(Name="db", SecretString=json.dumps({"user": "u"}))["ARN"]
    parameters.put_parameter(Name="/app/url", Value="x", Type="String")
    wanted = {
        arn: None,
        f"{arn}:user::": None,
        f"{arn}:password::": "did not contain json key password",
        SECRET: "Secrets Manager can't find the specified secret",
        "/app/url": None,
        "arn:aws:ssm:us-east-1:123456789012:parameter/app/url": None,
        "/app/none": "invalid ssm parameters: /app/none",
    }
    for value, text in wanted.items():
        account.register(container={"secrets": [{"name": "A", "valueFrom": value}]})
        found = ended(account)
        assert (text or "") in found.get("stoppedReason", "")
        assert found["lastStatus"] == ("STOPPED" if text else "RUNNING"), value


def test_strict_log_groups(account: Any) -> None:
    """resource-initialization-error: the group must exist, or may be made."""
    account.emulator.control("strict", {"log_groups": True})
    account.register(container={"logConfiguration": LOGS})
    assert "The specified log group does not exist" in ended(account)["stoppedReason"]
    account.emulator.client("logs").create_log_group(logGroupName="/ecs/web")
    assert ended(account)["lastStatus"] == "RUNNING"


def test_strict_roles(account: Any, refused: Any) -> None:
    """The roles of the definition must exist."""
    account.emulator.control("strict", {"roles": True})
    account.register(executionRoleArn="arn:aws:iam::123456789012:role/run")
    network = {"networkConfiguration": account.network, "launchType": "FARGATE"}
    text = "unable to assume the role 'arn:aws:iam::123456789012:role/run'"
    refused("ClientException", text, account.ecs.run_task, cluster="c", taskDefinition="web", **network)
    account.emulator.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
    assert len(run(account)["tasks"]) == 1


def test_strict_images(account: Any) -> None:
    """task_cannot_pull_image: the tag must be in the repository, for the platform; other registries are not asked."""
    account.emulator.control("strict", {"images": True})
    ecr = account.emulator.client("ecr")
    ecr.create_repository(repositoryName="shop")
    single = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [], "config": {}}
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"platform": {"architecture": "arm64", "os": "linux"}}],
    }
    ecr.put_image(repositoryName="shop", imageTag="1", imageManifest=json.dumps(single))
    ecr.put_image(repositoryName="shop", imageTag="arm", imageManifest=json.dumps(index))
    expected = {f"{IMAGE}:1": None, f"{IMAGE}:2": "not found", f"{IMAGE}:arm": "platform 'linux/amd64'", "nginx": None}
    for image, text in expected.items():
        account.register(container={"image": image})
        found = ended(account)
        assert (text or "") in found.get("stoppedReason", "")
        assert found["lastStatus"] == ("STOPPED" if text else "RUNNING"), image
    digest = ecr.describe_images(repositoryName="shop", imageIds=[{"imageTag": "1"}])["imageDetails"][0]["imageDigest"]
    account.register(container={"image": f"{IMAGE}@{digest}"})
    assert ended(account)["containers"][0]["imageDigest"] == digest


# Volumes


def test_volumes_of_tasks(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html: an attachment of the task."""
    account.register(volumes=[{"name": "data", "configuredAtLaunch": True}])
    ebs = {"sizeInGiB": 10, "roleArn": "arn:aws:iam::123456789012:role/ecsInfrastructureRole"}
    task = ended(account, 20, volumeConfigurations=[{"name": "data", "managedEBSVolume": ebs}])
    attachment = next(item for item in task["attachments"] if item["type"] == "AmazonElasticBlockStorage")
    details = {item["name"]: item["value"] for item in attachment["details"]}
    assert attachment["status"] == "ATTACHED"
    assert (details["volumeName"], details["deleteOnTermination"]) == ("data", "true")
    assert details["volumeId"].startswith("vol-")
