# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role worker: a queue, and as many tasks as its messages want."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .account import Account

WORKER = str(Path(__file__).parent / "worker.yml")
PLANNED = "longshore.ecs.workload : Plan what each role may do"
DONE = "longshore.ecs.workload : Write what each role may do"


def planned(names: list[str]) -> set[str]:
    """Give the names of the tasks that will change something, from a plan."""
    return {DONE if name == PLANNED else name for name in names}


def scaling(account: Account) -> dict[str, Any]:
    """Give the target and the policies of the worker."""
    client = account.client("application-autoscaling")
    place = {"ServiceNamespace": "ecs", "ResourceId": "service/demo-hello/hello-worker"}
    (target,) = client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[place["ResourceId"]])[
        "ScalableTargets"
    ]
    (policy,) = client.describe_scaling_policies(**place)["ScalingPolicies"]
    return {**target, **policy["TargetTrackingScalingPolicyConfiguration"]}


def test_life_of_a_worker(account: Account) -> None:
    network = account.existing_vpc()
    before = account.leftovers()
    plan = account.play(WORKER, "--check", "--diff", **network).ok()
    assert account.written == []
    built = account.play(WORKER, **network).ok()
    assert planned(plan.changed) == set(built.changed)
    check_queues(account)
    check_documents(account)
    assert scaling(account)["MaxCapacity"] == 10

    account.emulator.clock(speed=0)
    account.emulator.control("metrics", {"service": "hello-worker", "backlog": 250})
    account.emulator.clock(step=200)
    assert account.service("demo-hello", "hello-worker")["desiredCount"] == 3
    account.emulator.control("metrics", {"service": "hello-worker", "backlog": None})
    account.emulator.clock(speed=60)
    for mode in (["--check", "--diff"], []):
        assert account.play(WORKER, *mode, **network).ok().changed == []
        assert account.written == []

    change = {**network, "worker_backlog": "50", "worker_max": "20", "worker_cpu": "512", "worker_memory": "1024"}
    predicted = account.play(WORKER, "--check", **change).ok()
    changed = account.play(WORKER, **change).ok()
    assert predicted.changed == changed.changed
    assert account.written == ["RegisterTaskDefinition", "UpdateService", "RegisterScalableTarget", "PutScalingPolicy"]
    assert scaling(account)["TargetValue"] == 50
    assert account.service("demo-hello", "hello-worker")["desiredCount"] == 3

    plan = account.play(WORKER, "--check", worker_state="absent").ok()
    assert account.written == []
    removed = account.play(WORKER, worker_state="absent").ok()
    assert planned(plan.changed) == set(removed.changed)
    assert account.leftovers() == before
    assert "QueueUrls" not in account.client("sqs").list_queues()
    assert account.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert account.play(WORKER, worker_state="absent").ok().changed == []


def check_queues(account: Account) -> None:
    sqs = account.client("sqs")
    queues = {url.rpartition("/")[2]: url for url in sqs.list_queues()["QueueUrls"]}
    assert set(queues) == {"demo-hello-worker", "demo-hello-worker-dead"}
    attributes = sqs.get_queue_attributes(QueueUrl=queues["demo-hello-worker"], AttributeNames=["All"])["Attributes"]
    assert "demo-hello-worker-dead" in attributes["RedrivePolicy"] and attributes["VisibilityTimeout"] == "300"


def check_documents(account: Account) -> None:
    definition = account.definition("demo-hello", "hello-worker")
    (container,) = definition["containerDefinitions"]
    environment = {pair["name"]: pair["value"] for pair in container["environment"]}
    assert environment["QUEUE_URL"].endswith("/demo-hello-worker") and container["stopTimeout"] == 120
    assert container["readonlyRootFilesystem"] and not container["portMappings"]
    (statement,) = account.policy("demo-hello-worker-task", "app")
    assert statement["Resource"] == "arn:aws:sqs:us-east-1:123456789012:demo-hello-worker"
    assert set(statement["Action"]) >= {"sqs:ReceiveMessage", "sqs:DeleteMessage"}
    service = account.service("demo-hello", "hello-worker")
    assert service["desiredCount"] == service["runningCount"] == 1 and not service["loadBalancers"]
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    (shown,) = account.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissions"] == []


def test_an_existing_queue_is_left_alone_and_mistakes_are_named(account: Account) -> None:
    network = account.existing_vpc()
    arn = "arn:aws:sqs:us-east-1:123456789012:jobs"
    url = account.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    built = account.play(WORKER, **network, worker_queue_arn=arn, worker_deploy="false", worker_min=0).ok()
    assert "RegisterScalableTarget" not in account.written and "CreateService" not in account.written
    result = built.task("Say what there is").result["worker_result"]
    assert [kind for entry in result["resources"] for kind in entry] == ["task_definition", "service", "scaling"]
    assert result["queue_url"] == "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
    account.play(WORKER, worker_state="absent", worker_queue_arn=arn).ok()
    assert account.client("sqs").list_queues()["QueueUrls"] == [url]
    for variables, words in (
        ({"worker_min": 5, "worker_max": 4}, "worker_min is 5 and worker_max is 4"),
        ({"worker_stop_timeout": 300}, "worker_stop_timeout is 300"),
        ({"worker_queue_arn": "jobs"}, "worker_queue_arn is 'jobs'"),
        ({"worker_retention": 5}, "worker_retention is 5"),
    ):
        failed = account.play(WORKER, **network, **variables)
        assert words in failed.failed[0].result["msg"], failed.failed[0].result
