# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container instances: what they are, what fits on them, and how tasks leave them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

ZONES = ["us-east-1a", "us-east-1b"]


def add(account: Any, **options: Any) -> list[str]:
    """Make instances by the control, and give their ARNs."""
    made = account.emulator.control("instances", {"cluster": "c", "type": "m7g.large", **options})["instances"]
    return [item["containerInstanceArn"] for item in made]


def shown(account: Any, *arns: str, include: Any = ()) -> list[Any]:
    request = {"cluster": "c", "containerInstances": list(arns), "include": list(include)}
    return list(account.ecs.describe_container_instances(**request)["containerInstances"])


def drain(account: Any, *arns: str) -> None:
    account.ecs.update_container_instances_state(cluster="c", containerInstances=list(arns), status="DRAINING")


def host(account: Any, **container: Any) -> None:
    """Register `host`, a definition for instances."""
    one = {"name": "app", "image": "app:1", "cpu": 256, "memory": 512, **container}
    account.register_ec2(containerDefinitions=[one])


def service(account: Any, name: str = "s", **changes: Any) -> Any:
    request = {"taskDefinition": "host", "launchType": "EC2", "networkConfiguration": None, **changes}
    return account.create(name, **request)


def run(account: Any, **request: Any) -> Any:
    return account.ecs.run_task(**{"cluster": "c", "taskDefinition": "host", "launchType": "EC2", **request})


def places(account: Any, name: str = "s") -> Counter[str]:
    """Count a service's tasks by instance."""
    return Counter(task["containerInstanceArn"] for task in account.tasks(serviceName=name))


def messages(account: Any, name: str = "s") -> list[str]:
    return [event["message"] for event in account.service(name)["events"]]


# What they are


def test_an_instance_of_a_type(account: Any) -> None:
    """botocore ECS model, ContainerInstance."""
    (arn,) = add(account, attributes={"stack": "blue"}, ami="ami-1", zones=["us-east-1b"])
    (instance,) = shown(account, arn, include=["CONTAINER_INSTANCE_HEALTH"])
    attributes = {item["name"]: item.get("value") for item in instance["attributes"]}
    assert attributes["ecs.instance-type"] == "m7g.large" and attributes["ecs.cpu-architecture"] == "arm64"
    assert attributes["ecs.availability-zone"] == "us-east-1b" and attributes["ecs.ami-id"] == "ami-1"
    assert attributes["stack"] == "blue" and "ecs.capability.task-eni" in attributes
    resources = {item["name"]: item["integerValue"] for item in instance["registeredResources"]}
    assert (resources["CPU"], resources["MEMORY"]) == (2048, 7680)
    assert instance["healthStatus"]["overallStatus"] == "OK" and instance["agentConnected"]


def test_the_control_refuses_what_makes_no_sense(account: Any) -> None:
    assert "no cluster" in account.emulator.refused("instances", {"cluster": "nope"})
    assert "no container instance" in account.emulator.refused("instances", {"terminate": "i-nope"})
    assert "send" in account.emulator.refused("instances", {"cluster": "c", "colour": "blue"})
    assert "send" in account.emulator.refused("instances", {"connect": "i-1", "disconnect": "i-1"})


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("attribute:ecs.instance-type == m7g.large", 2),
        ("attribute:ecs.instance-type =~ t3.*", 1),
        ("attribute:ecs.instance-type !~ t3.*", 2),
        ("attribute:ecs.availability-zone in [us-east-1a, us-east-1c]", 2),
        ("attribute:ecs.availability-zone not_in ['us-east-1a']", 1),
        ("attribute:stack exists", 1),
        ("not(attribute:stack exists)", 2),
        ("attribute:stack !exists and runningTasksCount == 0", 1),
        ("runningTasksCount > 0", 1),
        ("task:group == family:host", 1),
        ("task:group == family:host or attribute:stack == blue", 2),
        ("(runningTasksCount >= 1 || attribute:stack == blue) && agentConnected == true", 2),
        ("agentVersion >= 1.50.0", 2),
        ("agentVersion < 1.50", 1),
        ("ec2InstanceId in ['i-1', 'i-3']", 2),
        ("registeredAt <= 2100-01-01T00:00:00+00:00", 3),
    ],
)
def test_filters(account: Any, expression: str, count: int) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html"""
    host(account)
    add(account, count=1, zones=["us-east-1a"], instance_ids=["i-1"])
    run(account)
    add(account, count=1, zones=["us-east-1b"], attributes={"stack": "blue"}, instance_ids=["i-2"])
    add(account, type="t3.small", zones=["us-east-1a"], agent="1.29.0", instance_ids=["i-3"])
    account.emulator.step(30)
    listed = account.ecs.list_container_instances(cluster="c", filter=expression)["containerInstanceArns"]
    assert len(listed) == count


@pytest.mark.parametrize("expression", ["attribute:a ==", "colour == blue", "(attribute:a exists", "a b c", "]"])
def test_filters_that_cannot_be_read(account: Any, refused: Any, expression: str) -> None:
    add(account)
    refused("InvalidParameterException", "", account.ecs.list_container_instances, cluster="c", filter=expression)


def test_attributes_have_limits(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html"""
    (arn,) = add(account)
    put = account.ecs.put_attributes
    put(cluster="c", attributes=[{"name": f"a{number}", "targetId": arn} for number in range(10)])
    more = [{"name": "b", "targetId": arn}]
    refused("AttributeLimitExceededException", "10", put, cluster="c", attributes=more)
    built_in = [{"name": "ecs.os-type", "value": "dos", "targetId": arn}]
    refused("InvalidParameterException", "ecs.os-type", put, cluster="c", attributes=built_in)


def test_the_agent_is_updated(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerAgent.html"""
    old, new = *add(account, agent="1.29.0"), *add(account)
    update = account.ecs.update_container_agent
    refused("NoUpdateAvailableException", "", update, cluster="c", containerInstance=new)
    assert update(cluster="c", containerInstance=old)["containerInstance"]["agentUpdateStatus"] == "PENDING"
    refused("UpdateInProgressException", "", update, cluster="c", containerInstance=old)
    account.emulator.step(60)
    first, second = shown(account, old, new)
    assert first["agentUpdateStatus"] == "UPDATED" and first["versionInfo"] == second["versionInfo"]


# What fits


def test_dynamic_ports_are_the_tasks_own(account: Any) -> None:
    """botocore ECS model, PortMapping.hostPort: a port of the ephemeral range for each task."""
    (arn,) = add(account)
    host(account, portMappings=[{"containerPort": 80}])
    assert len(run(account, count=5)["tasks"]) == 5
    account.emulator.step(30)
    ports = [task["containers"][0]["networkBindings"][0]["hostPort"] for task in account.tasks()]
    assert len(set(ports)) == 5 and all(32768 <= port <= 60999 for port in ports)
    left = {item["name"]: item for item in shown(account, arn)[0]["remainingResources"]}
    assert {str(port) for port in ports} <= set(left["PORTS"]["stringSetValue"])


def test_a_fixed_port_fits_once(account: Any) -> None:
    add(account)
    host(account, portMappings=[{"containerPort": 80, "hostPort": 80}])
    answer = run(account, count=2)
    assert (len(answer["tasks"]), [item["reason"] for item in answer["failures"]]) == (1, ["RESOURCE:PORTS"])


@pytest.mark.parametrize(("trunking", "count"), [("disabled", 2), ("enabled", 10)])
def test_network_interfaces_are_few(account: Any, trunking: str, count: int) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html"""
    account.ecs.put_account_setting(name="awsvpcTrunking", value=trunking)
    account.register(requiresCompatibilities=["EC2"], cpu="128", memory="128")
    zones = [subnet["AvailabilityZone"] for subnet in account.ec2.describe_subnets()["Subnets"]][:1]
    add(account, zones=zones)
    request = {"taskDefinition": "web", "networkConfiguration": account.network, "count": 10}
    answer = run(account, **request)
    assert len(answer["tasks"]) == count
    assert [item["reason"] for item in answer["failures"]] == ["RESOURCE:ENI"] * (count < 10)


def test_the_subnets_have_to_be_in_the_zone(account: Any) -> None:
    """api_failures_messages: LOCATION."""
    add(account, zones=["us-east-1f"])
    account.register(requiresCompatibilities=["EC2"])
    answer = run(account, taskDefinition="web", networkConfiguration=account.network)
    assert [item["reason"] for item in answer["failures"]] == ["LOCATION"]


def test_gpus(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html"""
    add(account, type="g4dn.xlarge")
    host(account, resourceRequirements=[{"type": "GPU", "value": "1"}])
    answer = run(account, count=2)
    assert (len(answer["tasks"]), answer["failures"][0]["reason"]) == (1, "RESOURCE:GPU")


def test_the_architecture_has_to_fit(account: Any) -> None:
    add(account, type="m7i.large")
    account.register_ec2(runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"})
    assert run(account)["failures"][0]["reason"] == "ATTRIBUTE"
    add(account)
    assert run(account)["failures"] == []


def test_a_disconnected_agent_gets_no_tasks(account: Any) -> None:
    (arn,) = add(account)
    host(account)
    account.emulator.control("instances", {"disconnect": arn})
    assert run(account)["failures"][0]["reason"] == "AGENT"
    account.emulator.control("instances", {"connect": [arn]})
    assert run(account)["failures"] == []


def test_external_instances_are_apart(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html"""
    (arn,) = add(account, external=True)
    assert shown(account, arn)[0]["ec2InstanceId"].startswith("mi-")
    host(account)
    assert run(account)["tasks"] == []
    assert len(run(account, launchType="EXTERNAL")["tasks"]) == 1


def test_memory_that_lacks_is_told(account: Any) -> None:
    """The words: users' outputs, e.g. in hashicorp's and AWS's own tests."""
    (arn,) = add(account)
    host(account, memory=9000)
    service(account, desiredCount=1)
    account.emulator.step(60)
    words = f"The closest matching (container-instance {arn.rpartition('/')[2]}) has insufficient memory available."
    assert any(words in text for text in messages(account))


# Where


def test_binpack_fills_one_instance_first(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html"""
    add(account, count=3)
    host(account)
    service(account, desiredCount=6, placementStrategy=[{"type": "binpack", "field": "memory"}])
    account.settle()
    assert sorted(places(account).values()) == [6]


def test_spread_over_zones_then_binpack(account: Any) -> None:
    add(account, count=4, zones=ZONES)
    host(account)
    strategy = [{"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "binpack", "field": "cpu"}]
    service(account, desiredCount=6, placementStrategy=strategy)
    account.settle()
    assert sorted(places(account).values()) == [3, 3]


def test_spread_over_an_attribute(account: Any) -> None:
    add(account, count=2, attributes={"rack": "1"})
    add(account, count=1, attributes={"rack": "2"})
    host(account)
    service(account, desiredCount=4, placementStrategy=[{"type": "spread", "field": "attribute:rack"}])
    account.settle()
    assert max(places(account).values()) == 2


def test_random_is_somewhere(account: Any) -> None:
    add(account, count=2)
    host(account)
    service(account, desiredCount=3, placementStrategy=[{"type": "random"}])
    account.settle()
    assert sum(places(account).values()) == 3


def test_a_daemon_runs_once_on_each(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html#service_scheduler_daemon"""
    add(account, count=3)
    host(account)
    service(account, desiredCount=None, schedulingStrategy="DAEMON")
    account.settle()
    assert list(places(account).values()) == [1, 1, 1]
    add(account, attributes={"gpu": "no"})
    account.settle()
    assert list(places(account).values()) == [1, 1, 1, 1]
    host(account, image="app:2")
    account.update(taskDefinition="host:2")
    account.settle()
    assert list(places(account).values()) == [1, 1, 1, 1]
    assert {task["taskDefinitionArn"][-1] for task in account.tasks()} == {"2"}


# Draining


def lowest(account: Any, seconds: int = 200) -> int:
    """Step through time, and give the fewest running tasks that were seen."""
    seen = []
    for _number in range(seconds // 5):
        account.emulator.step(5)
        seen.append(account.service()["runningCount"])
    return min(seen)


@pytest.mark.parametrize(("minimum", "fewest"), [(100, 4), (50, 2)])
def test_draining_keeps_to_the_minimum(account: Any, minimum: int, fewest: int) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html"""
    first = add(account, count=2)
    host(account)
    percents = {"minimumHealthyPercent": minimum, "maximumPercent": 200 if minimum == 100 else 100}
    service(account, desiredCount=4, deploymentConfiguration=percents)
    account.settle()
    second = add(account, count=2)
    drain(account, *first)
    assert lowest(account) == fewest
    assert set(places(account)) == set(second) and sum(places(account).values()) == 4
    assert [item["runningTasksCount"] for item in shown(account, *first)] == [0, 0]
    assert {item["status"] for item in shown(account, *first)} == {"DRAINING"}


def test_draining_waits_where_there_is_no_room(account: Any) -> None:
    (arn,) = add(account)
    host(account)
    service(account, desiredCount=2)
    account.settle()
    drain(account, arn)
    assert lowest(account) == 2
    assert any("No Container Instances were found in your cluster" in text for text in messages(account))


def test_what_does_not_run_yet_leaves_at_once(account: Any) -> None:
    (arn,) = add(account)
    host(account)
    service(account, desiredCount=1)
    account.emulator.step(2)
    drain(account, arn)
    account.emulator.step(2)
    assert account.tasks(desiredStatus="RUNNING") == []


def test_tasks_of_no_service_stay(account: Any) -> None:
    (arn,) = add(account)
    host(account)
    run(account)
    account.emulator.step(60)
    drain(account, arn)
    account.emulator.step(600)
    assert [task["lastStatus"] for task in account.tasks()] == ["RUNNING"]


def test_protected_tasks_leave_when_their_protection_ends(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html"""
    (first,) = add(account)
    host(account)
    service(account, desiredCount=1)
    account.settle()
    (task,) = account.tasks()
    protect = account.ecs.update_task_protection
    protect(cluster="c", tasks=[task["taskArn"]], protectionEnabled=True, expiresInMinutes=10)
    (second,) = add(account)
    drain(account, first)
    account.emulator.step(500)
    assert places(account)[first] == 1
    account.emulator.step(200)
    assert places(account) == {second: 1}


def test_daemons_leave_last(account: Any) -> None:
    (first,) = add(account)
    host(account)
    service(account, desiredCount=1)
    service(account, "watch", desiredCount=None, schedulingStrategy="DAEMON")
    account.settle()
    drain(account, first)
    account.emulator.step(60)
    assert places(account, "watch")[first] == 1
    (second,) = add(account)
    account.settle()
    assert places(account, "watch") == {second: 1} and places(account) == {second: 1}


def test_an_instance_that_is_active_again_takes_tasks(account: Any) -> None:
    (arn,) = add(account)
    host(account)
    drain(account, arn)
    assert run_refused(account)
    account.ecs.update_container_instances_state(cluster="c", containerInstances=[arn], status="ACTIVE")
    assert len(run(account)["tasks"]) == 1


def run_refused(account: Any) -> bool:
    with pytest.raises(account.ecs.exceptions.InvalidParameterException, match="No Container Instances"):
        run(account)
    return True


# Ends


def test_a_spot_interruption_drains_first(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html"""
    (first,) = add(account, spot_draining=True)
    host(account)
    service(account, desiredCount=2)
    account.settle()
    (second,) = add(account)
    account.emulator.control("instances", {"interrupt": first})
    assert shown(account, first)[0]["status"] == "DRAINING"
    assert lowest(account, 115) == 2
    assert places(account) == {second: 2}
    account.emulator.step(30)
    assert shown(account, first) == []


def test_without_spot_draining_the_tasks_die_with_the_instance(account: Any) -> None:
    first, second = add(account, count=2)
    host(account)
    service(account, desiredCount=2)
    account.settle()
    account.emulator.control("instances", {"interrupt": first})
    assert shown(account, first)[0]["status"] == "ACTIVE"
    account.emulator.step(122)
    stopped = account.tasks(desiredStatus="STOPPED")
    assert [task["stopCode"] for task in stopped] == ["TerminationNotice"]
    assert stopped[0]["stoppedReason"].startswith("Host EC2 (instance i-")
    account.settle()
    assert places(account) == {second: 2}
