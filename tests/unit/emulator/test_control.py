# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control endpoints, faults, throttling and the list of calls."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError


def codes(call: Any, times: int, **request: Any) -> list[str]:
    """Call several times and give `ok` or the error code of each."""
    result = []
    for _ignored in range(times):
        try:
            call(**request)
            result.append("ok")
        except ClientError as error:
            result.append(error.response["Error"]["Code"])
    return result


def test_reset_drops_everything(account: Any, clients: Any) -> None:
    """Reset empties all services and all settings."""
    account.register()
    clients["servicediscovery"].create_http_namespace(Name="space")
    account.emulator.control("images", {"x": {"behaviour": "crash"}})
    account.emulator.control("faults", {"kind": "5xx", "operation": "CreateCluster"})
    account.emulator.control("buckets", {"enabled": True})
    account.emulator.control("stale", {"reads": 5})
    account.emulator.control("latency", {"ms": 1})
    account.emulator.control("reset", {})
    assert account.ecs.list_clusters()["clusterArns"] == []
    assert account.ecs.list_task_definition_families()["families"] == []
    assert clients["servicediscovery"].list_namespaces()["Namespaces"] == []
    assert account.emulator.control("images") == {}
    assert account.emulator.control("faults") == {"faults": []}
    assert account.emulator.control("buckets")["enabled"] is False
    assert account.emulator.control("stale") == {"reads": 0, "seconds": 0.0}
    assert account.emulator.control("latency") == {"ms": 0.0}
    assert account.emulator.control("clock")["speed"] == 1
    assert [call["operation"] for call in account.emulator.calls()] == [
        "ListClusters",
        "ListTaskDefinitionFamilies",
        "ListNamespaces",
    ]


def test_calls(account: Any, clients: Any) -> None:
    """All calls of all services are listed, with parameters for ECS, and can be filtered and deleted."""
    account.emulator.control("calls", method="DELETE")
    account.ecs.describe_clusters(clusters=["c"])
    codes(account.ecs.delete_cluster, 1, cluster="nope")
    clients["ec2"].describe_vpcs()
    described, deleted, vpcs = account.emulator.calls()
    assert described["service"] == "ecs"
    assert (described["operation"], described["params"]) == ("DescribeClusters", {"clusters": ["c"]})
    assert described["status"] == 200
    assert (deleted["status"], deleted["error"]) == (400, "ClusterNotFoundException")
    assert (vpcs["service"], vpcs["operation"], vpcs["status"]) == ("ec2", "DescribeVpcs", 200)
    assert account.emulator.calls("?service=ecs&operation=DeleteCluster") == [deleted]
    assert account.emulator.calls("?service=ec2") == [vpcs]
    account.emulator.control("calls", method="DELETE")
    assert account.emulator.calls() == []


@pytest.mark.parametrize(
    ("service", "call", "request_", "operation"),
    [
        ("scheduler", "list_schedules", {}, "ListSchedules"),
        ("s3", "list_buckets", {}, "ListBuckets"),
        ("logs", "describe_log_groups", {}, "DescribeLogGroups"),
        ("iam", "list_roles", {}, "ListRoles"),
    ],
)
def test_calls_of_other_protocols(emulator: Any, service: str, call: str, request_: Any, operation: str) -> None:
    """Calls by path, by target header and by form are recognised by botocore's models."""
    getattr(emulator.client(service), call)(**request_)
    assert [(item["service"], item["operation"]) for item in emulator.calls()] == [(service, operation)]


def test_unknown_endpoint_and_method(emulator: Any) -> None:
    """Control requests that mean nothing say so."""
    assert "fault has a kind" in emulator.refused("faults", {"kind": "flood"})
    assert "fault has no members" in emulator.refused("faults", {"kind": "5xx", "tims": 1})
    assert "behaviour is one of" in emulator.refused("images", {"x": {"behaviour": "nice"}})
    assert "a rule has the members" in emulator.refused("images", {"x": {"behavior": "ok"}})
    assert "sizes are" in emulator.refused("buckets", {"sizes": {"coffee": [1, 1]}})
    assert "object with" in emulator.refused("latency", {"seconds": 1})


def test_latency(account: Any) -> None:
    """Latency is added to each API call in real time, and to no control request."""
    account.emulator.control("latency", {"ms": 60})
    began = time.monotonic()
    account.ecs.list_clusters()
    assert time.monotonic() - began >= 0.06


# Faults


def test_error_faults(account: Any) -> None:
    """A fault can be an answer: 5xx, throttling, or any error; it hits a number of times."""
    account.emulator.control(
        "faults",
        [
            {"operation": "ListClusters", "kind": "5xx", "times": 1},
            {"operation": "ListClusters", "kind": "throttle", "times": 1},
            {"operation": "ListClusters", "kind": "error", "code": "BlockedException", "message": "no", "times": 1},
        ],
    )
    expected = ["ServerException", "ThrottlingException", "BlockedException", "ok"]
    assert codes(account.ecs.list_clusters, 4) == expected
    assert [item["status"] for item in account.emulator.calls("?operation=ListClusters")] == [500, 400, 400, 200]
    assert [fault["hits"] for fault in account.emulator.control("faults")["faults"]] == [1, 1, 1]


def test_every_and_probability(account: Any) -> None:
    """Faults can hit every n-th call, or by a chance that a seed makes repeatable."""
    account.emulator.control("faults", {"kind": "throttle", "every": 3})
    assert [code == "ok" for code in codes(account.ecs.list_clusters, 6)] == [True, True, False] * 2
    runs = []
    for _ignored in range(2):
        account.emulator.control("faults", method="DELETE")
        account.emulator.control("faults", {"kind": "throttle", "probability": 0.5, "seed": 7})
        runs.append(codes(account.ecs.list_clusters, 20))
    assert runs[0] == runs[1]
    assert 0 < runs[0].count("ok") < 20


def test_faults_of_other_services(account: Any, clients: Any) -> None:
    """A fault can hit a neighbour, and then speaks that one's protocol."""
    account.emulator.control("faults", {"service": "ec2", "kind": "error", "code": "RequestLimitExceeded", "times": 1})
    assert codes(clients["ec2"].describe_vpcs, 2) == ["RequestLimitExceeded", "ok"]
    account.emulator.control("faults", {"service": "elbv2", "kind": "throttle"})
    account.emulator.control("faults", {"service": "elasticloadbalancing", "kind": "throttle"})
    assert codes(clients["elbv2"].describe_load_balancers, 1) == ["ThrottlingException"]


def test_reset_and_lost(account: Any) -> None:
    """A reset request is not applied; a lost one is, although the client sees the same."""
    account.emulator.control("faults", {"operation": "CreateCluster", "kind": "reset", "times": 1})
    with pytest.raises(ConnectionClosedError):
        account.ecs.create_cluster(clusterName="reset")
    account.emulator.control("faults", {"operation": "CreateCluster", "kind": "lost", "times": 1})
    with pytest.raises(ConnectionClosedError):
        account.ecs.create_cluster(clusterName="lost")
    names = [arn.rpartition("/")[2] for arn in account.ecs.list_clusters()["clusterArns"]]
    assert names == ["c", "lost"]


def test_kill(account: Any) -> None:
    """The call is carried out, and then the process that the rule names is no more."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        rule = {"operation": "CreateCluster", "kind": "kill", "pid": process.pid, "times": 1}
        account.emulator.control("faults", rule)
        with pytest.raises(ConnectionClosedError):
            account.ecs.create_cluster(clusterName="last")
        assert process.wait() == -signal.SIGKILL
    assert any(arn.endswith("/last") for arn in account.ecs.list_clusters()["clusterArns"])
    assert "pid" in account.emulator.refused("faults", {"kind": "kill"})
    assert "pid" in account.emulator.refused("faults", {"kind": "5xx", "pid": 5})


def test_timeout(emulator: Any) -> None:
    """A timed-out request gets no answer while the client waits."""
    emulator.control("faults", {"kind": "timeout", "times": 1})
    impatient = emulator.client("ecs", read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        impatient.list_clusters()


# Throttling


def test_buckets(account: Any) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html: burst, then refill."""
    account.emulator.control("buckets", {"enabled": True})
    answers = codes(account.ecs.update_cluster_settings, 25, cluster="c", settings=[])
    assert answers == ["ok"] * 20 + ["ThrottlingException"] * 5
    account.emulator.step(2)
    assert codes(account.ecs.create_cluster, 3, clusterName="x") == ["ok", "ok", "ThrottlingException"]


def test_buckets_are_separate(account: Any) -> None:
    """Each account, Region and group of operations has its own bucket; sizes can be set."""
    account.emulator.control("buckets", {"enabled": True, "sizes": {"cluster read": [1, 1]}})
    elsewhere = account.emulator.client("ecs", region="eu-west-1")
    somebody = account.emulator.client("ecs", account="111111111111")
    for client in (account.ecs, elsewhere, somebody):
        assert codes(client.list_clusters, 2) == ["ok", "ThrottlingException"]
    assert codes(account.ecs.list_task_definitions, 2) == ["ok", "ok"]


def test_parallel_registers_of_one_family(account: Any) -> None:
    """hashicorp/terraform-provider-aws#9777: parallel registers of one family are refused, others are not."""
    account.emulator.control("latency", {"ms": 150})
    container = {"name": "app", "image": "app", "memory": 64}

    def register(family: str) -> str:
        return codes(account.ecs.register_task_definition, 1, family=family, containerDefinitions=[container])[0]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(register, ["same", "same", "other", "another"]))
    assert sorted(answers[:2]) == ["ClientException", "ok"]
    assert answers[2:] == ["ok", "ok"]
