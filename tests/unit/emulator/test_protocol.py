# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that are wrong in themselves, accounts, Regions and the process."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from emulator.dispatch import OPERATIONS
from emulator.measure import measure

TESTS = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("operation", "request_", "text"),
    [
        ("create_service", {"serviceName": "s", "launchType": "MOON"}, "enum value set"),
        ("create_service", {"serviceName": "s", "desiredCount": "two"}, "type integer"),
        ("create_service", {"serviceName": "s", "desiredCount": 2**40}, "less than or equal"),
        ("create_service", {}, "'serviceName' failed to satisfy constraint: Member must not be null"),
        ("create_service", {"serviceName": "s", "enableECSManagedTags": "yes"}, "must be a boolean"),
        (
            "create_service",
            {"serviceName": "s", "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1001}]},
            "less than or equal to 1000",
        ),
        ("describe_clusters", {"include": ["EVERYTHING"]}, "enum value set"),
        ("list_task_definitions", {"sort": "UP"}, "enum value set"),
        ("list_services", {"cluster": "c", "maxResults": 101}, "between 1 and 100"),
        ("list_clusters", {"nextToken": "garbage"}, "Invalid token"),
    ],
)
def test_values_outside_the_model(account: Any, refused: Any, operation: str, request_: Any, text: str) -> None:
    """botocore ECS model: types, enums, ranges and required members; AWS refuses what the client lets pass."""
    refused("InvalidParameterException", text, getattr(account.ecs, operation), **request_)


def post(url: str, target: str, body: bytes) -> tuple[int, bytes]:
    """Send bytes that no client would send."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
    headers = {
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{target}",
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ecs/aws4_request, Signature=0",
    }
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def test_a_body_that_is_no_json(emulator: Any) -> None:
    """AWS JSON protocol: a SerializationException, HTTP 400."""
    status, body = post(emulator.url, "ListClusters", b"{")
    assert status == 400
    assert b"SerializationException" in body


def test_a_map_for_a_list(account: Any) -> None:
    """AWS JSON protocol: a member of the wrong kind is refused; the name of the exception is a guess."""
    status, body = post(account.emulator.url, "CreateService", b'{"serviceName": "s", "loadBalancers": {}}')
    assert (status, b"must be a list" in body) == (400, True)


def test_null_means_absent(account: Any) -> None:
    """AWS JSON protocol: a null member is an absent one."""
    status, _ignored = post(account.emulator.url, "DescribeClusters", b'{"clusters": ["c"], "include": null}')
    assert status == 200


def test_unknown_operation(emulator: Any) -> None:
    """An operation that the API does not have is a 400, which no client retries."""
    status, body = post(emulator.url, "MakeCoffee", b"{}")
    assert (status, b"MakeCoffee" in body) == (400, True)


def test_operations_that_are_not_implemented(emulator: Any) -> None:
    """An operation without emulation is a clear 400 as well."""
    names = set(botocore.session.get_session().get_service_model("ecs").operation_names) - set(OPERATIONS)
    assert {"CreateGateway", "CreateDaemon", "CreateExpressGatewayService"} <= names
    for name in names:
        status, body = post(emulator.url, name, b"{}")
        assert (status, b"InvalidAction" in body) == (400, True)


def test_operations_that_moto_lacks(emulator: Any) -> None:
    """A neighbour's missing operation is no retryable 500 either."""
    client = emulator.client("autoscaling")
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.describe_adjustment_types()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Code"] == "InvalidAction"


def test_accounts_and_regions_are_isolated(account: Any) -> None:
    """Amazon ECS is a regional service of an account."""
    elsewhere = account.emulator.client("ecs", region="eu-west-1")
    somebody = account.emulator.client("ecs", account="111111111111")
    assert elsewhere.list_clusters()["clusterArns"] == []
    assert somebody.create_cluster(clusterName="c")["cluster"]["clusterArn"] == (
        "arn:aws:ecs:us-east-1:111111111111:cluster/c"
    )
    assert len(account.ecs.list_clusters()["clusterArns"]) == 1


def test_assumed_roles_are_other_accounts(account: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html, as moto has it."""
    sts = account.emulator.client("sts")
    role = "arn:aws:iam::222222222222:role/r"
    key = sts.assume_role(RoleArn=role, RoleSessionName="s")["Credentials"]["AccessKeyId"]
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(account.emulator.url).netloc)
    scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/ecs/aws4_request, Signature=0"
    headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateCluster", "Authorization": scope}
    connection.request("POST", "/", b"{}", headers)
    response = connection.getresponse()
    status, body = response.status, response.read()
    connection.close()
    assert (status, b":222222222222:cluster/default" in body) == (200, True)


def test_managed_policies_can_be_attached(emulator: Any) -> None:
    """https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSTaskExecutionRolePolicy.html"""
    iam = emulator.client("iam")
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    for _ignored in range(2):
        emulator.control("reset", {})
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1


def test_application_auto_scaling_sees_services(account: Any, refused: Any) -> None:
    """https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-ecs.html"""
    scaling = account.emulator.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 3,
    }
    account.register()
    account.create()
    scaling.register_scalable_target(ResourceId="service/c/s", **target)
    refused("ValidationException", "", scaling.register_scalable_target, ResourceId="service/c/x", **target)


def test_parallel_calls(account: Any) -> None:
    """Thread safety: nothing is lost or made twice."""
    account.register_ec2()

    def create(number: int) -> str:
        name = f"s{number}"
        service = account.ecs.create_service(cluster="c", serviceName=name, taskDefinition="host", desiredCount=0)
        account.ecs.describe_services(cluster="c", services=[name])
        return str(service["service"]["serviceArn"])

    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(create, range(40)))
    pages = account.ecs.get_paginator("list_services").paginate(cluster="c")
    assert {arn for page in pages for arn in page["serviceArns"]} == arns


def test_speed(emulator: Any) -> None:
    """At least 400 DescribeServices a second on two cores; a short run, so that a busy machine passes too."""
    assert measure(emulator.url, calls=400) > 400


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_process(end: signal.Signals) -> None:
    """One line on standard output when it is ready, a clean exit without traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready http://127.0.0.1:")
    process.send_signal(end)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_port_in_use(emulator: Any) -> None:
    """A port that is taken is named in one line, without traceback."""
    port = emulator.url.rpartition(":")[2]
    result = subprocess.run(
        [sys.executable, "-m", "emulator", "--port", port],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert f"port {port}" in result.stderr


def test_objects_of_s3(emulator: Any) -> None:
    """Chunked bodies, HEAD and the rest of HTTP work for the neighbours."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"text", Metadata={"my_key": "x"})
    head = s3.head_object(Bucket="bucket", Key="k")
    assert (head["ContentLength"], head["Metadata"]) == (4, {"my_key": "x"})
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"text"
    s3.delete_object(Bucket="bucket", Key="k")
    operations = [call["operation"] for call in emulator.calls("?service=s3")]
    assert operations == ["CreateBucket", "PutObject", "HeadObject", "GetObject", "DeleteObject"]
