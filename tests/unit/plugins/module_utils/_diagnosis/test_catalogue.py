# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each entry of the catalogue, by the message that AWS documents for it: the cause, and what the sentences name.

Where a page of AWS has only the first words of a message, the rest is as users quote it in public issues.
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis.catalogue import CATALOGUE, NOUNS, UNKNOWN, Entry
from ansible_collections.longshore.ecs.plugins.module_utils._diagnosis.recognise import recognise, worded

# The causes that the results promise.
CAUSES = {
    "image", "registry-auth", "secret", "execution-role", "task-role", "exec-format", "command", "exit-code",
    "out-of-memory", "container-health", "target-health", "port", "subnet-route", "security-group", "capacity", "quota",
    "placement", "spot", "alarm", "hook", "permission", "unknown", "logging", "volume", "listener",
    "deployment-configuration",
}  # fmt: skip
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
AUTH = "ResourceInitializationError: unable to pull secrets or registry auth: "
FETCH = AUTH + "execution resource retrieval failed: "
ASM = FETCH + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
SSM = FETCH + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf"
USER = "User: arn:aws:sts::123456789012:assumed-role/shop-execution/0123abc is not authorized to perform: "
PULL = "CannotPullContainerError: "
DAEMON = "Error response from daemon: "
OCI = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
NO_INSTANCE = "(service web) was unable to place a task because no container instance met all of its requirements. "
CLOSEST = NO_INSTANCE + "The closest matching (container-instance 3f4de1c5) "
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"
UNHEALTHY = f"(service web) (task 0123abc) (port 8080) is unhealthy in (target-group {GROUP}) due to "
ROLLED_BACK = "Service deployment rolled back because "

EXAMPLES: list[tuple[str, str, str, list[str]]] = [
    # task_cannot_pull_image
    ("task", PULL + f"pull image manifest has been retried 1 time(s): failed to resolve ref {ECR}/web:9: {ECR}/web:9: "
     "not found", "image", []),
    ("task", PULL + "The task can\u2019t pull the image. Check whether the image exists. Error response from daemon: "
     "manifest for web:9 not found: manifest unknown: manifest unknown", "image", []),
    ("task", PULL + f"API error (404): repository {ECR}/web not found", "image", []),
    ("task", PULL + f"{DAEMON}manifest for {ECR}/web:9 not found: name unknown: The repository with name 'web' "
     "does not "
     "exist in the registry with id '123456789012'", "image", []),
    ("task", PULL + "ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected "
     "status code", "image", ["failed to copy"]),
    ("task", PULL + f'API error (500): Get https://{ECR}/v2/: net/http: request canceled while waiting for connection"',
     "subnet-route", [ECR]),
    ("task", PULL + f"The task cannot pull 'web:9' from the Amazon ECR repository '{ECR}/web'. There is a connection "
     "issue between the task and Amazon ECR. Check your task network configuration.", "subnet-route", ["Amazon ECR"]),
    ("task", PULL + "The task can\u2019t pull the image. Check your network configuration", "subnet-route", []),
    ("task", PULL + "context canceled", "subnet-route", []),
    ("task", PULL + "pull command failed: panic: runtime error: invalid memory address or nil pointer dereference",
     "subnet-route", []),
    ("task", PULL + f'pull image manifest has been retried 5 time(s): failed to resolve ref "{ECR}/api:42": '
     'failed to do '
     f'request: Head "https://{ECR}/v2/api/manifests/42": dial tcp 10.0.3.17:443: i/o timeout', "subnet-route", [ECR]),
    ("task", PULL + "write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device", "volume", []),
    ("task", PULL + "inspect image has been retried 5 time(s): httpReaderSeeker: failed open: unexpected status code "
     "https://registry-1.docker.io/v2/manifests/sha256:2bb501e6429: 429 Too Many Requests - Server message: "
     "toomanyrequests: You have reached your pull rate limit.", "quota", []),
    ("task", PULL + f"{DAEMON}pull access denied for shop/web, repository does not exist or may require 'docker "
     "login': "
     "denied: requested access to the resource is denied", "registry-auth", []),
    ("task", PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref registry.example.com/web:9: "
     "pulling from host registry.example.com failed with status code [manifests 9]: 401 Unauthorized",
     "registry-auth", []),
    ("task", PULL + f"The task can\u2019t pull the image. Check that the role has the permissions to pull "
     "images from the "
     f"registry. {DAEMON}pull access denied for {ECR}/web, repository does not exist or may require 'docker login': "
     f"denied: {USER}ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/web because no "
     "identity-based policy allows the ecr:BatchGetImage action", "execution-role", ["ecr:BatchGetImage"]),
    ("task", PULL + "The task can\u2019t pull the image. Check that the role has the permissions to pull images "
     "from the "
     "registry.", "execution-role", []),
    ("task", PULL + "pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor "
     "matching "
     "platform 'linux/amd64'", "exec-format", ["linux/amd64"]),
    ("task", PULL + f"{DAEMON}no matching manifest for linux/arm64/v8 in the manifest list entries", "exec-format",
     ["linux/arm64/v8"]),
    # resource-initialization-error, stopped-tasks-error-messages-updates
    ("task", FETCH + f"unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
     f"AccessDeniedException: {USER}ecr:GetAuthorizationToken on resource: * because no identity-based policy allows "
     "the ecr:GetAuthorizationToken action", "execution-role", ["ecr:GetAuthorizationToken"]),
    ("task", ASM + f"failed to fetch secret {SECRET} from secrets manager: AccessDeniedException: {USER}"
     f"secretsmanager:GetSecretValue on resource: {SECRET} because no identity-based policy allows it",
     "execution-role", ["secretsmanager:GetSecretValue", SECRET]),
    ("task", ASM + f"failed to fetch secret {SECRET} from secrets manager: AccessDeniedException: Access to KMS is not "
     "allowed status code: 400", "execution-role", [SECRET, "decrypt"]),
    ("task", AUTH + "The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task "
     "and Amazon ECR. Check your task network configuration. RequestError: send request failed caused by: Post "
     '"https://api.ecr.us-east-1.amazonaws.com/": dial tcp 172.40.1.94:443: i/o timeout', "subnet-route",
     ["Amazon ECR"]),
    ("task", AUTH + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems "
     "Manager. There is "
     "a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network "
     "configuration.", "subnet-route", ["AWS Systems Manager Parameter Store"]),
    ("task", AUTH + "pull command failed: : signal: killed", "subnet-route", []),
    ("task", AUTH + "AWS gives no more", "execution-role", []),
    ("task", "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch "
     "log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. "
     "Check your network configuration. : signal: killed", "subnet-route", ["Amazon CloudWatch"]),
    ("task", "ResourceNotFoundException: The task can't retrieve the secret with ARN '" + SECRET + "' from AWS Secrets "
     "Manager. Check whether the secret exists in the specified Region.", "secret", [SECRET]),
    ("task", f"Fetching secret data from AWS Secrets Manager in region eu-west-1: secret {SECRET}: "
     "ResourceNotFoundException: Secrets Manager can't find the specified secret.", "secret", [SECRET]),
    ("task", ASM + "retrieved secret from Secrets Manager did not contain json key PASSWORD", "secret", ["PASSWORD"]),
    ("task", SSM + "invalid ssm parameters: /shop/db", "secret", ["/shop/db"]),
    ("task", "Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: [/shop/db]", "secret",
     ["/shop/db"]),
    ("task", ASM + f"failed to fetch secret {SECRET} from secrets manager: InvalidRequestException: You can't perform "
     "this operation on the secret because it was marked for deletion.", "secret", [SECRET, "marked for deletion"]),
    ("task", "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 "
     "times: failed "
     "to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : "
     "exit status "
     "1", "logging", []),
    ("task", f"CannotStartContainerError: {DAEMON}failed to initialize logging driver: failed to create Cloudwatch log "
     "stream: ResourceNotFoundException: The specified log group does not exist.", "logging", []),
    ("task", "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
     "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'", "volume", ["refuses"]),
    ("task", "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
     "Failed to "
     'resolve "fs-01.efs.eu-west-1.amazonaws.com"', "volume", []),
    ("task", "CannotCreateVolumeError: Get http://%2Frun%2Fdocker%2Fplugins%2Fvolume.sock/VolumeDriver.Create",
     "volume", []),
    ("task", "ResourceInitializationError: failed to download env files: file download command: non empty error stream",
     "subnet-route", ["S3"]),
    # failed-to-start-error
    ("task", "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in "
     "subnet 'subnet-0abc': InsufficientFreeAddressesInSubnet", "capacity", ["subnet-0abc"]),
    ("task", "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in "
     "subnet 'subnet-0abc'", "capacity", ["subnet-0abc"]),
    ("task", "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0abc': "
     "InvalidSubnetID.NotFound", "subnet-route", ["subnet-0abc"]),
    ("task", "Unexpected EC2 error while attempting to Create Network Interface: InvalidGroup.NotFound: The security "
     "group 'sg-0abc' does not exist", "security-group", ["sg-0abc"]),
    ("task", "Timeout waiting for network interface provisioning to complete.", "subnet-route", []),
    ("task", "Unable to attach network interface to unused device index", "subnet-route", []),
    ("task", "The selected task definition is not compatible with the selected compute strategy", "placement", []),
    # cannot-start-container and its neighbours
    ("task", f"CannotStartContainerError: {DAEMON}{OCI}exec: \"serve\": executable file not found in $PATH: unknown",
     "command", ["serve"]),
    ("task", f"CannotStartContainerError: {DAEMON}{OCI}exec: \"/app/run.sh\": permission denied: unknown", "command",
     ["/app/run.sh"]),
    ("task", f"CannotStartContainerError: {DAEMON}{OCI}exec /app/run: exec format error: unknown", "exec-format", []),
    ("task", "CannotStartContainerError: failed to get container status: it is gone", "command", ["container status"]),
    ("task", f"CannotStartContainerError: {DAEMON}driver failed programming external connectivity on endpoint "
     "web: Bind "
     "for 0.0.0.0:8080 failed: port is already allocated", "port", ["port 8080"]),
    ("task", "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: it hangs",
     "unknown", ["timed out after waiting"]),
    ("task", "CannotInspectContainerError: could not transition to inspecting", "unknown", []),
    ("task", "OutOfMemoryError: Container killed due to memory usage", "out-of-memory", []),
    ("task", "SpotInterruption: Your Spot Task was interrupted.", "spot", []),
    ("task", "TerminationNotice: ECS is performing maintenance on the underlying infrastructure hosting the task.",
     "capacity", ["maintenance"]),
    ("task", "ServiceSchedulerInitiated: Task failed container health checks", "container-health", []),
    ("task", f"ServiceSchedulerInitiated: Task failed ELB health checks in (target-group {GROUP})", "target-health",
     ["the target group web"]),
    # API_TargetHealth, service-unhealthy-event-messages
    ("event", UNHEALTHY + "(reason Health checks failed with these codes: [502])", "target-health", ["502"]),
    ("event", UNHEALTHY + "(reason Request timed out) [container runs]", "security-group", ["the target group web"]),
    ("event", UNHEALTHY + "(reason Request timed out)", "target-health", ["the target group web", "in time"]),
    ("event", UNHEALTHY + "(reason Health checks failed)", "port", ["the target group web", "connection"]),
    ("target", UNHEALTHY + "(reason Health checks failed) Target.FailedHealthChecks", "port", []),
    ("event", UNHEALTHY + "(reason Target is in an Availability Zone that is not enabled for the load balancer)",
     "target-health", ["Availability Zone"]),
    ("event", f"(service web) task set (ecs-svc/1) is not healthy in target-group ({GROUP}) due to TARGET GROUP IS NOT "
     "FOUND", "target-health", ["does not exist any more"]),
    ("event", "(service web) (instance i-01) is unhealthy in (elb shop) due to (reason Instance has failed at "
     "least the "
     "UnhealthyThreshold number of health checks consecutively.)", "target-health", []),
    # service-event-messages-list
    ("event", CLOSEST + "has insufficient CPU units available.", "capacity", ["CPU units"]),
    ("event", CLOSEST + "is already using a port required by your task.", "port", []),
    ("event", CLOSEST + 'encountered error "AGENT".', "placement", ["agent"]),
    ("event", CLOSEST + "is missing an attribute required by your task.", "placement", []),
    ("event", NO_INSTANCE + "Reason: No Container Instances were found in your cluster.", "capacity", ["no instance"]),
    ("event", NO_INSTANCE, "capacity", []),
    ("event", "(service web) was unable to place a task. Reason: You\u2019ve reached the limit on the number of "
     "vCPUs you "
     "can run concurrently", "quota", ["vCPUs"]),
    ("event", "(service web) was unable to place a task. Reason: The requested MEMORY configuration is above "
     "your limit.",
     "quota", ["MEMORY"]),
    ("event", "(service web) was unable to place tasks in your cluster because the tasks provisioning capacity "
     "limit was "
     "exceeded.", "quota", []),
    ("event", "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please "
     "try again "
     "later or in a different availability zone.", "capacity", ["zones"]),
    ("event", "(service web) was unable to place a task. Reason: Internal error.", "placement", ["Availability Zone"]),
    ("event", "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
     "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
     "deployment-configuration", ["minimum_healthy_percent"]),
    ("event", "(service web) was unable to reach steady state because task set (ecs-svc/1) was unable to scale "
     "in. Reason: "
     "The number of protected tasks are more than the desired count of tasks", "deployment-configuration",
     ["protected"]),
    ("event", "(service web) operations are being throttled. Will try again later.", "quota", []),
    ("event", "(service web) could not launch 2 tasks for deployment ecs-svc/1.", "capacity", []),
    ("event", "(service web) Timed out waiting for Amazon ECS Agent to start. Please check logs at "
     '/var/log/ecs/ecs-agent.log".', "placement", []),
    ("event", "IAM trust relationship has been misconfigured or changed, and ECS can no longer maintain your service",
     "permission", []),
    ("event", "(service web) failed to launch a task with (error ECS was unable to assume the role "
     "'arn:aws:iam::123456789012:role/shop-task' that was provided for this task. Please verify that the role being "
     "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this "
     "role.).", "task-role", ["shop-task"]),
    ("event", "(service web) failed to register targets in target-group web with (error User: "
     "arn:aws:sts::123456789012:assumed-role/shop-balancer/ecs-service-scheduler is not authorized to perform: "
     "elasticloadbalancing:RegisterTargets on resource: " + GROUP + ")", "permission",
     ["shop-balancer", "elasticloadbalancing:RegisterTargets"]),
    ("event", "(service web) (deployment ecs-svc/1) deployment failed: alarm detected.", "alarm", []),
    # api_failures_messages
    ("failure", "RESOURCE:MEMORY", "capacity", ["MEMORY"]),
    ("failure", "RESOURCE:PORTS", "port", []),
    ("failure", "AGENT", "placement", ["agent"]),
    ("failure", "LOCATION", "placement", []),
    ("failure", "ATTRIBUTE", "placement", []),
    ("failure", "MISSING", "placement", ["container instance"]),
    ("failure", "INACTIVE", "placement", []),
    ("task", "TaskFailedToStart: MemberOf placement constraint unsatisfied", "placement", []),
    ("task", "TaskFailedToStart: NO ACTIVE INSTANCES", "capacity", []),
    ("task", "TaskFailedToStart: EMPTY CAPACITY PROVIDER", "capacity", []),
    # troubleshooting-blue-green, deployment-alarm-failure
    ("record", "alarms triggered: web-5xx and web-latency", "alarm", ["the alarms web-5xx and web-latency"]),
    ("record", ROLLED_BACK + "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook target "
     "arn:aws:lambda:us-west-2:123456789012:function:myHook returned FAILED status.", "hook",
     ["myHook", "TEST_TRAFFIC_SHIFT"]),
    ("record", "hook arn:aws:lambda:us-west-2:123456789012:function:myHook FAILED at POST_SCALE_UP", "hook",
     ["myHook", "POST_SCALE_UP"]),
    ("record", ROLLED_BACK + "invalid networking configuration: Target group " + GROUP + " is not associated "
     "with either "
     "productionListenerRule or testListenerRule.", "listener", ["is not associated"]),
    ("record", ROLLED_BACK + "invalid networking configuration. ECS was unable to manage the ELB resources due "
     "to missing "
     "permissions on ECS Infrastructure Role 'arn:aws:iam::123456789012:role/Admin'.", "permission", ["Admin"]),
    ("record", ROLLED_BACK + "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ECS was unable to assume role "
     "arn:aws:iam::123456789012:role/Admin", "permission", ["Admin"]),
    # What containers write
    ("log", "exec /usr/local/bin/docker-entrypoint.sh: exec format error", "exec-format", []),
    ("log", "Error: listen EADDRINUSE: address already in use :::3000", "port", ["port 3000"]),
    ("log", "listen tcp 0.0.0.0:8080: bind: address already in use", "port", ["port 8080"]),
    ("log", "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "port", ["port 80"]),
    ("log", "java.lang.OutOfMemoryError: Java heap space", "out-of-memory", []),
    ("log", "An error occurred (AccessDenied) when calling the GetObject operation: User: "
     "arn:aws:sts::123456789012:assumed-role/shop-task/0123abc is not authorized to perform: s3:GetObject on resource: "
     "arn:aws:s3:::shop/a.json", "task-role", ["shop-task", "s3:GetObject", "arn:aws:s3:::shop/a.json"]),
    ("log", "botocore.exceptions.NoCredentialsError: Unable to locate credentials", "task-role", ["credentials"]),
    ("log", "could not connect to database at 10.0.0.9:5432: Connection timed out", "security-group",
     ["10.0.0.9:5432"]),
    # ecs-task-stopped: exit codes
    ("exit", "0", "exit-code", ["exit code 0"]),
    ("exit", "1", "exit-code", ["exit code 1"]),
    ("exit", "255", "exit-code", ["exit code 255"]),
    ("exit", "125", "command", ["125"]),
    ("exit", "126", "command", ["126"]),
    ("exit", "127", "command", ["127"]),
    ("exit", "134", "exit-code", ["134", "abort"]),
    ("exit", "139", "exit-code", ["139", "segmentation"]),
    ("exit", "143", "exit-code", ["143", "SIGTERM"]),
    ("exit", "137", "out-of-memory", ["137"]),
]  # fmt: skip


@pytest.mark.parametrize(("where", "message", "cause", "named"), EXAMPLES, ids=lambda value: str(value)[:60])
def test_a_message_is_recognised(where: str, message: str, cause: str, named: list[str]) -> None:
    finding = recognise(message, where, code=message if where == "exit" else None)
    assert finding is not None
    assert finding.entry.cause == cause, finding.entry
    said = worded(f"{finding.entry.summary} | {finding.entry.next_step}", finding.words)
    assert [name for name in named if name not in said] == [], said


def test_every_entry_has_an_example() -> None:
    found = [recognise(message, where) for where, message, _cause, _named in EXAMPLES]
    shown = {finding.entry for finding in found if finding}
    assert [entry for entry in CATALOGUE if entry not in shown] == []


@pytest.mark.parametrize("entry", [*CATALOGUE, UNKNOWN], ids=lambda entry: f"{entry.cause} {entry.pattern[:40]}")
def test_an_entry_is_well_formed(entry: Entry) -> None:
    assert entry.cause in CAUSES
    assert entry.confidence in ("high", "medium", "low")
    assert set(entry.where.split()) <= {"task", "exit", "failure", "event", "target", "record", "log"}
    assert re.fullmatch(r"https://[\w./-]+|[\w-]+", entry.page)
    used = set(re.findall(r"{(\w+)}", entry.summary + entry.next_step))
    groups = {name.rstrip("0123456789") for name in re.compile(entry.pattern).groupindex}
    assert used | groups <= set(NOUNS)
    assert not entry.summary.endswith("."), "it is completed to a sentence"
    assert re.fullmatch(r"[A-Z].*[^.]\.", entry.next_step) and ". " not in entry.next_step


def test_every_cause_of_the_results_is_in_the_catalogue() -> None:
    assert {entry.cause for entry in CATALOGUE} == CAUSES


def test_every_noun_is_used() -> None:
    used = {name for entry in CATALOGUE for name in re.findall(r"{(\w+)}", entry.summary + entry.next_step)}
    assert set(NOUNS) == used


@pytest.mark.parametrize(
    "message",
    [
        "(service web) has reached a steady state.",
        "(service web) has started 2 tasks: (task 0123abc) (task 4567def).",
        "(service web) has stopped 1 running tasks: (task 0123abc).",
        f"(service web) registered 1 targets in (target-group {GROUP})",
        "(service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
        "(service web) is unable to consistently start tasks successfully.",
        "(service web) rolling back to deployment ecs-svc/2.",
    ],
)
def test_an_event_that_tells_no_cause_is_passed_over(message: str) -> None:
    assert recognise(message, "event") is None
