# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways in which a task fails: when, with which words and codes.

The words are those of these pages of the developer guide, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/:

- [1] stopped-tasks-error-messages-updates.html, which has whole messages
- [2] task_cannot_pull_image.html
- [3] resource-initialization-error.html, resource-not-found-error.html
- [4] failed-to-start-error.html
- [5] stopped-task-error-codes.html, out-of-memory.html, spot-interruption-errors.html
- [6] service-event-messages-list.html
- [7] troubleshoot-service-load-balancers.html, and TargetHealth in the Elastic Load Balancing API reference

Where a page has the first words only, [U] says that the rest is what users of public tools quote in their issues, and
[G] that it is a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# When a cause strikes, in the order of a task's life. LAUNCH is before there is a task: RunTask raises it, and a
# service has an event instead. HEALTH ends nothing by itself: the service's scheduler does.
LAUNCH, NETWORK, INIT, PULL, START, RUN, HEALTH = "launch", "network", "init", "pull", "start", "run", "health"
STAGES = (LAUNCH, NETWORK, INIT, PULL, START, RUN, HEALTH)

SIGKILL_EXIT_CODE = 137

_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth: "
_EXECUTION = _AUTH + "execution resource retrieval failed: "
_FROM_ASM = _EXECUTION + "unable to retrieve secret from asm: "
_FROM_SSM = _EXECUTION + "unable to retrieve secrets from ssm: "
_RETRIED = "service call has been retried 1 time(s): "
_EXECUTION_USER = (
    "User: arn:aws:sts::{account}:assumed-role/{execution_role_name}/{task_id} is not authorized to perform: "
)
_NO_POLICY = " because no identity-based policy allows the {action} action"
_PULL = "CannotPullContainerError: "
_LOGGER = "ResourceInitializationError: failed to validate logger args: "
_EFS = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
_EFS_END = " : unsuccessful EFS utils command execution; code: "
_SHIM = (
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to "
    "create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "
)
_START = "CannotStartContainerError: Error response from daemon: "
_ROLE = (
    "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being "
    "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)


@dataclass(frozen=True)
class Target:
    """What the load balancer's health checks find: TargetHealth of the Elastic Load Balancing API."""

    reason: str
    description: str


BAD_GATEWAY = Target("Target.ResponseCodeMismatch", "Health checks failed with these codes: [502]")


@dataclass(frozen=True)
class Cause:
    """One way to fail. Texts have places in braces that `facts` fills in.

    text: the container's reason, or the error of a LAUNCH; before PULL it is the task's stoppedReason only.
    stopped_reason: the task's, where it is not the text.
    """

    stage: str
    text: str = ""
    stopped_reason: str | None = None
    stop_code: str | None = None
    exit_code: int | None = None
    logs: tuple[str, ...] = ()
    container_unhealthy: bool = False
    target: Target | None = None


def _denied(prefix: str, action: str, resource: str) -> str:
    user = _EXECUTION_USER + action + f" on resource: {resource}" + _NO_POLICY.replace("{action}", action)
    return f"{prefix}{_RETRIED}AccessDeniedException: {user}"


CAUSES: dict[str, Cause] = {
    "ok": Cause(RUN),
    # --- before there is a task. [U] aws-samples/aws-modern-application-workshop#149, boto/boto3#1878
    "execution-role": Cause(LAUNCH, _ROLE.replace("{role}", "{execution_role}")),
    "task-role": Cause(LAUNCH, _ROLE.replace("{role}", "{task_role}")),
    # --- the network interface. [4]; the code in brackets is that of EC2's CreateNetworkInterface, [G]
    "no-addresses": Cause(
        NETWORK,
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet "
        "'{subnet}': InsufficientFreeAddressesInSubnet",
    ),
    "interface-timeout": Cause(NETWORK, "Timeout waiting for network interface provisioning to complete."),
    # --- what the execution role fetches. [1], [3]; [U] for those that are denied
    "registry-denied": Cause(
        INIT, _denied(_EXECUTION + "unable to retrieve ecr registry auth: ", "ecr:GetAuthorizationToken", "*")
    ),
    "registry-timeout": Cause(
        INIT,
        _AUTH + "The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and "
        "Amazon ECR. Check your task network configuration. RequestError: send request failed caused by: Post "
        '"https://api.ecr.{region}.amazonaws.com/": dial tcp 44.213.79.10:443: i/o timeout',
    ),
    "secret-missing": Cause(
        INIT,
        "ResourceNotFoundException: The task can't retrieve the secret with ARN '{secret}' from AWS Secrets Manager. "
        "Check whether the secret exists in the specified Region. ResourceNotFoundException: Fetching secret data from "
        "AWS Secrets Manager in region {region}: secret {secret}: ResourceNotFoundException: Secrets Manager can't "
        "find the specified secret.",
    ),
    "secret-key": Cause(
        INIT, _FROM_ASM + _RETRIED + "retrieved secret from Secrets Manager did not contain json key {key}"
    ),
    "secret-denied": Cause(
        INIT,
        f"{_FROM_ASM}{_RETRIED}failed to fetch secret {{secret}} from secrets manager: "
        + _denied("", "secretsmanager:GetSecretValue", "{secret}").removeprefix(_RETRIED),
    ),
    "secret-timeout": Cause(
        INIT,
        _AUTH + "unable to retrieve secret from asm: The task can't pull secrets from AWS Secrets Manager. There is a "
        "connection issue between the task and Secrets Manager. Check your task network configuration. "
        "RequestCanceled: request context canceled caused by: context deadline exceeded",
    ),
    "parameter-missing": Cause(INIT, _FROM_SSM + _RETRIED + "invalid ssm parameters: {parameter}"),
    "parameter-denied": Cause(INIT, _denied(_FROM_SSM, "ssm:GetParameters", "{parameter_arn}")),
    "parameter-timeout": Cause(
        INIT,
        _AUTH + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is "
        "a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network "
        "configuration. RequestCanceled: request context canceled caused by: context deadline exceeded",
    ),
    "env-file-timeout": Cause(
        INIT,
        "ResourceInitializationError: failed to download env files: The task can't download the environment variable "
        "files from Amazon S3. There is a connection issue between the task and Amazon S3. Check your task network "
        "configuration. service call has been retried 5 time(s): RequestCanceled: request context canceled caused by: "
        "context deadline exceeded",
    ),
    # --- logs and volumes. [1], [3]; [U]
    "log-group-missing": Cause(
        INIT,
        _LOGGER + "create stream has been retried 1 times: failed to create Cloudwatch log stream: "
        "ResourceNotFoundException: The specified log group does not exist. : exit status 1",
    ),
    "log-denied": Cause(
        INIT,
        _LOGGER + "create stream has been retried 1 times: failed to create Cloudwatch log stream: "
        "AccessDeniedException: "
        + (_EXECUTION_USER + "logs:CreateLogStream on resource: {log_group_arn}" + _NO_POLICY).replace(
            "{action}", "logs:CreateLogStream"
        )
        + " : exit status 1",
    ),
    "log-timeout": Cause(
        INIT,
        _LOGGER + "The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a "
        "connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed",
    ),
    "efs-timeout": Cause(
        INIT,
        _EFS + "Mount attempt 1/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. Mount attempt "
        "2/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. b'mount.nfs4: Connection timed out'"
        f"{_EFS_END}32",
    ),
    "efs-denied": Cause(INIT, f"{_EFS}b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'{_EFS_END}32"),
    "efs-missing": Cause(
        INIT,
        _EFS + 'Failed to resolve "{file_system}.efs.{region}.amazonaws.com" - check that your file system ID is '
        "correct, and ensure that the VPC has an EFS mount target for this file system ID." + _EFS_END + "1",
    ),
    # --- the image. [1], [2]; [U] for the platform
    "missing": Cause(
        PULL,
        _PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref {reference}: {reference}: "
        "not found",
    ),
    "platform": Cause(
        PULL,
        _PULL + "pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching "
        "platform '{platform}'",
    ),
    "pull-denied": Cause(
        PULL,
        _PULL + "The task can't pull the image. Check that the role has the permissions to pull images from the "
        "registry. Error response from daemon: pull access denied for {repository}, repository does not exist or may "
        "require 'docker login': denied: "
        + (_EXECUTION_USER + "ecr:BatchGetImage on resource: {repository_arn}" + _NO_POLICY).replace(
            "{action}", "ecr:BatchGetImage"
        ),
    ),
    "pull-private": Cause(
        PULL,
        _PULL + "The task can't pull the image. Check whether the image exists. Error response from daemon: pull "
        "access denied for {repository}, repository does not exist or may require 'docker login': denied: requested "
        "access to the resource is denied",
    ),
    "pull-timeout": Cause(
        PULL,
        _PULL + "The task cannot pull {image} from the registry {registry}. There is a connection issue between the "
        "task and the registry. Check your task network configuration. : failed to copy: httpReadSeeker: failed open: "
        'failed to do request: Get "https://{registry}/v2/": dial tcp 52.216.24.42:443: i/o timeout',
    ),
    "pull-rate-limit": Cause(
        PULL,
        _PULL + "inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code "
        "https://{registry}/v2/: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull "
        "rate limit. You may increase the limit by authenticating and upgrading: "
        "https://www.docker.com/increase-rate-limit",
    ),
    "pull-no-space": Cause(PULL, _PULL + "write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device"),
    # --- starting a container. [5]; [U]
    "command": Cause(
        START,
        _SHIM + '"{command}": executable file not found in $PATH: unknown',
    ),
    "not-executable": Cause(
        START,
        _SHIM + '"{command}": permission denied: unknown',
    ),
    "port-in-use": Cause(
        START,
        _START + "driver failed programming external connectivity on endpoint ecs-{family}-{container}: Bind for "
        "0.0.0.0:{port} failed: port is already allocated",
    ),
    "log-driver": Cause(
        START,
        _START + "failed to initialize logging driver: failed to create Cloudwatch log stream: "
        "ResourceNotFoundException: The specified log group does not exist.",
    ),
    "volume": Cause(
        START,
        "CannotCreateVolumeError: Get http://%2Frun%2Fdocker%2Fplugins%2Fvolume.sock/VolumeDriver.Create: dial unix "
        "/run/docker/plugins/volume.sock: connect: no such file or directory",
    ),
    # --- running. [5]; the log lines are those of programs, [G]
    "crash": Cause(RUN, exit_code=1, logs=("ERROR the application cannot go on",)),
    "oom": Cause(RUN, "OutOfMemoryError: Container killed due to memory usage", exit_code=SIGKILL_EXIT_CODE),
    "exec-format": Cause(RUN, exit_code=255, logs=("exec {command}: exec format error",)),
    "port-taken": Cause(RUN, exit_code=1, logs=("ERROR listen tcp 0.0.0.0:{port}: bind: address already in use",)),
    "task-role-denied": Cause(
        RUN,
        exit_code=1,
        logs=(
            "ERROR AccessDenied: User: arn:aws:sts::{account}:assumed-role/{task_role_name}/{task_id} is not "
            "authorized to perform: s3:GetObject on resource: arn:aws:s3:::settings/app.json because no identity-based "
            "policy allows the s3:GetObject action",
        ),
    ),
    "database-timeout": Cause(
        RUN, exit_code=1, logs=("ERROR could not connect to database at 10.0.0.9:5432: Connection timed out",)
    ),
    "spot": Cause(
        RUN,
        stopped_reason="Your Spot Task was interrupted.",
        stop_code="SpotInterruption",
        exit_code=SIGKILL_EXIT_CODE,
    ),
    "retired": Cause(
        # task-maintenance.html; the text is a guess
        RUN,
        stopped_reason="ECS is performing maintenance on the underlying infrastructure hosting the task.",
        stop_code="TerminationNotice",
        exit_code=0,
    ),
    # --- health. [7]
    "unhealthy": Cause(HEALTH, container_unhealthy=True, target=BAD_GATEWAY),
    "container-unhealthy": Cause(HEALTH, container_unhealthy=True),
    "target-unhealthy": Cause(HEALTH, target=BAD_GATEWAY),
    "target-not-found": Cause(
        HEALTH, target=Target("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")
    ),
    "target-timeout": Cause(HEALTH, target=Target("Target.Timeout", "Request timed out")),
    "target-closed": Cause(HEALTH, target=Target("Target.FailedHealthChecks", "Health checks failed")),
}

_EXIT = re.compile(r"exit-(\d{1,3})\Z")


def named(name: str) -> Cause | None:
    """Find a cause by name; `exit-3` is a program that ends with 3."""
    match = _EXIT.match(name)
    if match:
        return Cause(RUN, exit_code=int(match.group(1)))
    return CAUSES.get(name)
