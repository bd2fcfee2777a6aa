# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the checks that need no account: references, platforms, routes, trust, needs, sizes, parallel work."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import AwsError
from ansible_collections.longshore.ecs.plugins.module_utils._preflight import (
    _needs,
    images,
    progress,
    roles,
    secrets,
)
from ansible_collections.longshore.ecs.plugins.module_utils._preflight._check import Check, Finding, ok, run
from ansible_collections.longshore.ecs.plugins.module_utils._preflight._look import Denied, Look, Unseen, explained
from ansible_collections.longshore.ecs.plugins.module_utils._preflight._routes import Ways, gaps
from ansible_collections.longshore.ecs.plugins.module_utils._preflight._wish import Wish
from ansible_collections.longshore.ecs.plugins.module_utils._resources import _sizes

DIGEST = "sha256:" + "0" * 64
HOME = _needs.Home("aws", "123456789012", "eu-central-1")


def wish(definition: dict[str, Any] | None = None, service: dict[str, Any] | None = None, **more: Any) -> Wish:
    """Give a wish for these documents."""
    return Wish(definition or {}, service or {}, "shop", "eu-central-1", **more)


def container(**members: Any) -> dict[str, Any]:
    """Give a definition for Fargate with one container."""
    return {"requiresCompatibilities": ["FARGATE"], "containerDefinitions": [{"name": "web", **members}]}


# Images


@pytest.mark.parametrize(
    "reference",
    [
        "nginx",
        "nginx:1.29",
        "library/nginx:stable-alpine",
        "public.ecr.aws/nginx/nginx:stable",
        "localhost:5000/a/b_c/d--e:V1.0_x-y",
        f"registry.example.com:443/shop/web@{DIGEST}",
        f"ghcr.io/org/app:tag@{DIGEST}",
        "[2001:db8::1]:5000/web",
        "a" * 255,
    ],
)
def test_references_that_are_well_formed(reference: str) -> None:
    (finding,) = images._image(reference, wish(), Look(_Door()))
    assert finding.status == "ok", finding.message


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "it does not fit the grammar"),
        ("https://example.com/web", "it starts with a URL scheme"),
        ("web:{{ version }}", "a placeholder in it was not filled in"),
        ("web:$TAG", "a placeholder in it was not filled in"),
        ("web:", "its tag is empty"),
        ("web latest", "it holds white space"),
        ("example.com/Shop/web:1", "its repository holds capital letters"),
        ("Web", "its repository holds capital letters"),
        ("web@sha256:abc", "its digest is not sha256: and 64 hexadecimal digits"),
        ("web:" + "a" * 129, "it does not fit the grammar"),
        ("a/" * 128 + "b", "it does not fit the grammar"),
        ("web//api", "it does not fit the grammar"),
    ],
)
def test_references_that_are_not_say_why(reference: str, words: str) -> None:
    (finding,) = images._image(reference, wish(), Look(_Door()))
    assert finding.status == "failed"
    assert words in finding.message


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1",
            ("123456789012", "eu-west-1", "shop/web", {"imageTag": "1"}),
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web",
            ("123456789012", "cn-north-1", "web", {"imageTag": "latest"}),
        ),
        (
            f"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web:1@{DIGEST}",
            ("123456789012", "us-gov-west-1", "web", {"imageDigest": DIGEST}),
        ),
        (
            "123456789012.dkr-ecr.eu-west-1.on.aws/web:1",
            ("123456789012", "eu-west-1", "web", {"imageTag": "1"}),
        ),
        ("public.ecr.aws/nginx/nginx", None),
        ("12345.dkr.ecr.eu-west-1.amazonaws.com/web", None),
    ],
)
def test_registries_of_ecr(reference: str, expected: tuple[Any, ...] | None) -> None:
    found = images.in_ecr(reference)
    assert (found and (found.account, found.region, found.repository, found.identity)) == expected


@pytest.mark.parametrize(
    ("definition", "service", "expected"),
    [
        (container(), {}, "linux/amd64"),
        ({**container(), "runtimePlatform": {"cpuArchitecture": "ARM64"}}, {}, "linux/arm64"),
        (
            {**container(), "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}},
            {},
            "windows/amd64",
        ),
        ({"requiresCompatibilities": ["EC2"]}, {}, None),
        ({"requiresCompatibilities": ["EC2", "FARGATE"]}, {"serviceName": "web"}, None),
        ({"requiresCompatibilities": ["EC2", "FARGATE"]}, {"launchType": "FARGATE"}, "linux/amd64"),
    ],
)
def test_the_platform_that_images_need(definition: Any, service: Any, expected: str | None) -> None:
    assert images.wanted_platform(wish(definition, service)) == expected


def test_the_platforms_of_an_index() -> None:
    entries = [("linux", "arm64"), ("unknown", "unknown"), ("linux", "amd64")]
    index = {"manifests": [{"platform": {"os": system, "architecture": name}} for system, name in entries]}
    assert images.platforms(json.dumps(index)) == ["linux/amd64", "linux/arm64"]
    assert images.platforms(json.dumps({"layers": []})) is None
    assert images.platforms("no json") is None


class _Door:
    """A door to AWS that answers nothing, for checks that must not ask."""

    region = "eu-central-1"

    def client(self, service: str) -> None:
        raise AssertionError(f"{service} was asked")


# Secrets

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (ARN, secrets.Secret(ARN)),
        (f"{ARN}:user::", secrets.Secret(ARN, ("user",))),
        (f"{ARN}::AWSPREVIOUS:", secrets.Secret(ARN, (), "AWSPREVIOUS")),
        (f"{ARN}:user:stage:id", secrets.Secret(ARN, ("user",), "stage", "id")),
        (f"{ARN}:user", None),
        (f"{ARN}:user:", None),
        (f"{ARN}:a:b:c:d", None),
        ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:", None),
    ],
)
def test_references_to_secrets(reference: str, expected: secrets.Secret | None) -> None:
    assert secrets.secret_of(reference) == expected


# Roles


def _trust(**members: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Statement": [{**statement, **members}]}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (_trust(), True),
        (json.dumps(_trust()), True),
        ({"Statement": _trust()["Statement"][0]}, True),
        (_trust(Principal={"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}), True),
        (_trust(Action=["sts:TagSession", "sts:AssumeRole"]), True),
        (_trust(Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}), True),
        (_trust(Effect="Deny"), False),
        (_trust(Action="sts:TagSession"), False),
        (_trust(Principal={"AWS": "*"}), False),
        (_trust(Principal="*"), False),
        (_trust(Principal={"Service": "ecs.amazonaws.com"}), False),
        ({}, False),
        (None, False),
    ],
)
def test_whom_a_role_trusts(policy: Any, expected: bool) -> None:
    assert roles.trusts(policy, "ecs-tasks.amazonaws.com") is expected


def test_what_an_execution_role_needs() -> None:
    definition = container(
        image="210987654321.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1",
        secrets=[{"name": "A", "valueFrom": f"{ARN}:user::"}, {"name": "B", "valueFrom": "key"}],
        repositoryCredentials={"credentialsParameter": "hub"},
        environmentFiles=[{"value": "arn:aws:s3:::env/a/web.env"}],
        logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "/g", "awslogs-create-group": "true"}},
    )
    own = "eu-central-1:123456789012"
    found = {need.purpose: (need.actions, need.resources) for need in _needs.of_execution_role(wish(definition), HOME)}
    assert found == {
        "read its secrets": (
            ("secretsmanager:GetSecretValue",),
            (ARN, f"arn:aws:secretsmanager:{own}:secret:hub-??????"),
        ),
        "read its parameters": (("ssm:GetParameters",), (f"arn:aws:ssm:{own}:parameter/key",)),
        "read its environment files": (("s3:GetObject",), ("arn:aws:s3:::env/a/web.env",)),
        "find the bucket of its environment files": (("s3:GetBucketLocation",), ("arn:aws:s3:::env",)),
        "sign in to ECR": (("ecr:GetAuthorizationToken",), ("*",)),
        "pull its images": (_needs.PULL, ("arn:aws:ecr:eu-west-1:210987654321:repository/shop/web",)),
        "write its logs": (_needs.WRITE_LOGS, (f"arn:aws:logs:{own}:log-group:/g:log-stream:preflight",)),
        "create its log groups": (("logs:CreateLogGroup",), (f"arn:aws:logs:{own}:log-group:/g:log-stream:",)),
    }


# Routes


def _table(route: dict[str, Any], **association: Any) -> dict[str, Any]:
    return {"VpcId": "vpc-1", "Routes": [route], "Associations": [association]}


ANYWHERE = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active"}
GATEWAY = {**ANYWHERE, "GatewayId": "igw-1"}


@pytest.mark.parametrize(
    ("tables", "public_address", "expected"),
    [
        ([], True, False),
        ([_table(GATEWAY, Main=True)], True, True),
        ([_table(GATEWAY, Main=True)], False, False),
        ([_table({**ANYWHERE, "NatGatewayId": "nat-1"}, Main=True)], False, True),
        ([_table({**ANYWHERE, "TransitGatewayId": "tgw-1"}, SubnetId="subnet-1")], False, True),
        ([_table({**ANYWHERE, "GatewayId": "vpce-1"}, SubnetId="subnet-1")], False, True),
        ([_table({**ANYWHERE, "NatGatewayId": "nat-1", "State": "blackhole"}, Main=True)], True, False),
        ([_table({"DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": "tgw-1"}, Main=True)], True, False),
        ([_table({**ANYWHERE, "NatGatewayId": "nat-1"}, SubnetId="subnet-2")], True, False),
        # a table of the subnet's own counts alone
        ([_table(GATEWAY, Main=True), _table({"GatewayId": "local"}, SubnetId="subnet-1")], True, False),
    ],
)
def test_ways_out_of_a_subnet(tables: list[dict[str, Any]], public_address: bool, expected: bool) -> None:
    assert Ways(tables, public_address).out("subnet-1", "vpc-1") is expected


def test_endpoints_that_are_not_available_are_gaps() -> None:
    definition = container(image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/web")
    there = [
        {"ServiceName": f"com.amazonaws.eu-central-1.{name}", "State": state}
        for name, state in (("ecr.api", "available"), ("ecr.dkr", "pending"), ("s3", "Available"))
    ]
    assert gaps(wish(definition), there) == ["ecr.dkr"]


# Sizes and progress


@pytest.mark.parametrize(
    ("cpu", "memory", "offered"),
    [
        (256, 2048, True),
        (256, 1536, False),
        (512, 4096, True),
        (8192, 20480, True),
        (8192, 17408, False),
        (16384, 122880, True),
        (32768, 249856, True),
        (32768, 62464, False),
    ],
)
def test_sizes_of_fargate(cpu: int, memory: int, offered: bool) -> None:
    assert (memory in _sizes.FARGATE[cpu]) is offered


def test_sizes_of_fargate_in_words() -> None:
    assert _sizes.described(256) == "512, 1024, 2048 MiB"
    assert _sizes.described(8192) == "16384 to 61440 MiB in steps of 4096"


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"desiredCount": 3}, (3, 6)),
        ({"desiredCount": 3, "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 150}}, (2, 4)),
        ({"desiredCount": 3, "deploymentConfiguration": {"minimumHealthyPercent": 0}}, (0, 6)),
        ({"schedulingStrategy": "DAEMON"}, (0, 1)),
    ],
)
def test_bounds_of_a_rolling_deployment(service: dict[str, Any], expected: tuple[int, int]) -> None:
    assert progress.bounds(wish(service=service)) == expected


@pytest.mark.parametrize(
    ("mode", "mapping", "expected"),
    [
        ("host", {"containerPort": 80}, [80]),
        ("bridge", {"containerPort": 80, "hostPort": 8080}, [8080]),
        ("bridge", {"containerPort": 80, "hostPort": 0}, []),
        ("bridge", {"containerPort": 80}, []),
        ("awsvpc", {"containerPort": 80, "hostPort": 80}, []),
    ],
)
def test_ports_of_the_container_instance(mode: str, mapping: dict[str, int], expected: list[int]) -> None:
    definition = {"networkMode": mode, "containerDefinitions": [{"name": "web", "portMappings": [mapping]}]}
    assert progress.static_ports(wish(definition)) == expected


# Looking


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", Denied),
        ("AccessDenied", Denied),
        ("UnauthorizedOperation", Denied),
        ("403", Denied),
        ("ThrottlingException", Unseen),
        ("InternalFailure", Unseen),
        ("EndpointConnectionError", Unseen),
        ("ExpiredTokenException", AwsError),
        ("UnrecognizedClientException", AwsError),
        ("NoCredentialsError", AwsError),
    ],
)
def test_what_an_error_means_for_a_look(code: str, kind: type[Exception]) -> None:
    assert explained(AwsError("no", code=code), "elbv2", "DescribeRules").__class__ is kind


def test_checks_are_made_at_the_same_time_and_told_in_their_order() -> None:
    """Each check waits for the other one, so one after the other they would never end."""
    together = threading.Barrier(2, timeout=10)

    def work() -> Iterator[Finding]:
        together.wait()
        yield ok("It is there.")

    found = run([Check("images", "one", work), Check("images", "two", work)])
    assert [item["subject"] for item in found] == ["one", "two"]


def test_what_was_found_before_a_denial_is_kept() -> None:
    def work() -> Iterator[Finding]:
        yield ok("It is there.")
        raise Denied("ecr:BatchGetImage")

    assert [item["status"] for item in run([Check("images", "one", work)])] == ["ok", "not_permitted"]


def test_threads_with_the_same_question_share_one_answer() -> None:
    asked: list[str] = []
    release = threading.Event()

    class Door(_Door):
        def client(self, service: str) -> None:
            return None

        def read(self, operation: str, service: str, **params: Any) -> dict[str, Any]:
            asked.append(operation)
            release.wait(10)
            return {"clusters": []}

    look = Look(Door())
    threads = [threading.Thread(target=look.get, args=("ecs", "DescribeClusters")) for _count in range(4)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(10)
    assert asked == ["DescribeClusters"]
