# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the execution role has to be allowed: actions on resources, read off the definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import environment_files, images, logs, secrets
from ._wish import Wish

# Actions that ECS needs for each (developer guide, "Amazon ECS task execution IAM role").
AUTHORISE = ("ecr:GetAuthorizationToken",)
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True)
class Need:
    """One purpose for which a role needs actions on resources."""

    purpose: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Home:
    """Where the role lives, which names without an account belong to."""

    partition: str
    account: str
    region: str


def of_execution_role(wish: Wish, home: Home) -> Iterator[Need]:
    """Give what the execution role needs. On EC2 the instance's role pulls images and writes logs."""
    found = [*_of_secrets(wish, home), *_of_files(wish)]
    if wish.on_fargate:
        found += [*_of_images(wish, home), *_of_logs(wish, home)]
    yield from found


def _of_secrets(wish: Wish, home: Home) -> Iterator[Need]:
    used = [reference for _use, reference in secrets.references(wish)]
    named = [secrets.secret_of(reference) for reference in used if secrets.is_secret(reference)]
    arns = [secret.arn for secret in named if secret]
    arns += [_whole_secret(secret.arn, home) for _use, secret in secrets.credentials(wish)]
    if arns:
        yield Need("read its secrets", ("secretsmanager:GetSecretValue",), tuple(dict.fromkeys(arns)))
    names = [_parameter(reference, home) for reference in used if not secrets.is_secret(reference)]
    if names:
        yield Need("read its parameters", ("ssm:GetParameters",), tuple(dict.fromkeys(names)))


def _whole_secret(arn: str, home: Home) -> str:
    """Give the ARN of a secret; one that is named alone lies in the task's own Region."""
    return arn if arn.startswith("arn:") else _arn(home, "secretsmanager", f"secret:{arn}-??????")


def _parameter(reference: str, home: Home) -> str:
    return reference if reference.startswith("arn:") else _arn(home, "ssm", f"parameter/{reference.lstrip('/')}")


def _of_files(wish: Wish) -> Iterator[Need]:
    files = dict.fromkeys(arn for _container, arn in environment_files.files(wish))
    if files:
        yield Need("read its environment files", ("s3:GetObject",), tuple(files))
        buckets = dict.fromkeys(arn.partition("/")[0] for arn in files)
        yield Need("find the bucket of its environment files", ("s3:GetBucketLocation",), tuple(buckets))


def _of_images(wish: Wish, home: Home) -> Iterator[Need]:
    found = [image for item in wish.containers if (image := images.in_ecr(str(item.get("image") or "")))]
    if found:
        yield Need("sign in to ECR", AUTHORISE, ("*",))
        repositories = dict.fromkeys(
            f"arn:{home.partition}:ecr:{image.region}:{image.account}:repository/{image.repository}" for image in found
        )
        yield Need("pull its images", PULL, tuple(repositories))


def _of_logs(wish: Wish, home: Home) -> Iterator[Need]:
    groups: dict[str, None] = {}
    made: dict[str, None] = {}
    for _owner, options in wish.awslogs():
        if options.get("awslogs-group"):
            there = Home(home.partition, home.account, options.get("awslogs-region") or home.region)
            group = _arn(there, "logs", f"log-group:{options['awslogs-group']}")
            # What policies speak of as log-group:name:* (DescribeLogGroups, member arn).
            groups[f"{group}:log-stream:preflight"] = None
            if logs.creates_group(options):
                made[f"{group}:log-stream:"] = None
    if groups:
        yield Need("write its logs", WRITE_LOGS, tuple(groups))
    if made:
        yield Need("create its log groups", ("logs:CreateLogGroup",), tuple(made))


def _arn(home: Home, service: str, resource: str) -> str:
    return f"arn:{home.partition}:{service}:{home.region}:{home.account}:{resource}"
