# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The causes of failures, as data: how AWS words each of them, what that means, and what a person does about it.

To recognise another message, add an entry here and an example to the tests, which fail for an entry without one.
Entries are tried in this order, and the first that fits a text tells what the text means: so what is said in more
detail stands before what is said in general.

Four causes are here because AWS documents them as troubles of their own, with a remedy that no other cause has:
`logging` (the log group), `volume` (a file system, or a full disk), `listener` (the rules of a load balancer) and
`deployment-configuration` (limits that let no task be stopped or started).
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One way in which AWS tells of one cause.

    where: the kinds of text in which it is looked for: task (why a task or container stopped), exit (a bare exit
    code), failure (of RunTask), event (of a service), target (health of a target), record (how a deployment ended),
    log (what a container wrote).
    pattern: regular expression; its named groups are what the templates name. A digit at the end of a group's name
    tells alternatives apart.
    rank: 2 explains a failure; 1 is a symptom, which something else may explain; 0 happens beside the real cause.
    hopeless: no further task can fare better until somebody changes something.
    page: where AWS documents the wording; a bare name is a page of the developer guide.
    """

    cause: str
    where: str
    pattern: str
    summary: str
    next_step: str
    page: str
    confidence: str = "high"
    hopeless: bool = False
    rank: int = 2

    @property
    def documentation(self) -> str:
        """Give the address of the page that documents the message."""
        guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
        return self.page if self.page.startswith("https:") else f"{guide}{self.page}.html"


# How the templates name things: with their name where it is known, else without.
NOUNS = {
    "action": ("{}", "what it has to do"),
    "alarm": ("the alarm {}", "an alarm of the deployment"),
    "code": ("{}", "unknown"),
    "codes": ("{}", "unknown"),
    "command": ("{}", "its command"),
    "container": ("the container {}", "a container"),
    "execution_role": ("the execution role {}", "the execution role of the task definition"),
    "group": ("the security group {}", "its security group"),
    "hook": ("the lifecycle hook {}", "a lifecycle hook"),
    "image": ("the image {}", "the image of a container"),
    "key": ("{}", "that is asked for"),
    "log": (", and its log ends with: {}", ""),
    "log_group": ("the log group {}", "its log group"),
    "memory": (": it may use {} MiB", ""),
    "parameter": ("the parameter {}", "a parameter"),
    "peer": ("{}", "the registry, the secrets or the logs"),
    "platform": ("{}", "the platform of the task"),
    "port": ("port {}", "its port"),
    "processor": ("{}", "the one of the task"),
    "quota": ("{}", "a resource"),
    "reason": ("{}", "AWS gives no reason"),
    "repository": ("the repository {}", "its repository"),
    "resource": ("{}", "what it needs"),
    "role": ("the role {}", "its role"),
    "secret": ("the secret {}", "a secret"),
    "stage": ("at the stage {}", "at its stage"),
    "subnet": ("the subnet {}", "its subnet"),
    "target_group": ("the target group {}", "its target group"),
    "task_role": ("the task role {}", "the task role of the task definition"),
    "version": ("{}", "such image"),
}

TASK, TEXTS = "task event", "task event failure"
PULL = "task_cannot_pull_image"
INIT = "resource-initialization-error"
NEWER = "stopped-tasks-error-messages-updates"
START = "cannot-start-container"
EVENTS = "service-event-messages-list"
API = "api_failures_messages"
BLUE_GREEN = "troubleshooting-blue-green"
EXITS = "https://repost.aws/knowledge-center/ecs-task-stopped"
HEALTH = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html"
DENIED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"

FAILED = r"(?:CannotPull|ResourceInit|unable to pull|unable to retrieve|can.t (?:pull|retrieve)|cannot (?:pull|find))"
UNHEALTHY = r"unhealthy in (?:.*?targetgroup/(?P<target_group>[^/)]+))?.*"
ROLE_DENIED = r"assumed-role/(?P<role>[^/\s]+)/.*?not authorized to perform: (?P<action>[\w:-]+)"

CATALOGUE = (
    # The network between a task and what it fetches, before anything that would blame what is fetched.
    Entry(
        "subnet-route",
        TASK,
        FAILED + r".*?(?:connection issue between the task and (?P<peer>[\w ]+?)\."
        r"|(?:Get|Post|Head) \"?https?://(?P<peer2>[\w.-]+)[^:]*?: (?:net/http: request canceled|dial tcp|context)"
        r"|i/o timeout|context (?:canceled|deadline exceeded)|check your (?:task )?network configuration"
        r"|signal: killed|request canceled while waiting|nil pointer dereference)",
        "the task cannot reach {peer} from {subnet}",
        "Give {subnet} a way to {peer}: a public address and an internet gateway, a NAT gateway, or VPC endpoints, and "
        "security groups that let HTTPS out to it.",
        "verify-connectivity",
    ),
    Entry(
        "subnet-route",
        TASK,
        r"network interface.*subnet '?(?P<subnet>subnet-\w+)'?.*InvalidSubnetID|InvalidSubnetID",
        "{subnet} does not exist",
        "Name subnets that exist in the network_configuration.",
        "failed-to-start-error",
        hopeless=True,
    ),
    Entry(
        "security-group",
        TASK,
        r"(?:InvalidGroup|InvalidSecurityGroup\w*)\.\w+(?:.*?(?P<group>sg-\w+))?",
        "{group} does not exist or is of another VPC",
        "Name security groups of the VPC of the subnets in the network_configuration.",
        "failed-to-start-error",
        hopeless=True,
    ),
    Entry(
        "capacity",
        TEXTS,
        r"Create Network Interface(?:.*?(?P<subnet>subnet-\w+))?.*InsufficientFreeAddresses|InsufficientFreeAddresses"
        r"|Create Network Interface with public IP assignment \w+ in subnet '?(?P<subnet2>subnet-\w+)",
        "{subnet} has no free address for the network interface of a task",
        "Name further subnets in the network_configuration, or free addresses in {subnet}.",
        "failed-to-start-error",
    ),
    Entry(
        "subnet-route",
        TASK,
        r"network interface provisioning|unused device index|configure ENI|attach network interface",
        "the network interface of the task was not ready in time",
        "Run again, and if it stays so look at the free addresses and the interface limits of the subnets and "
        "instances.",
        "failed-to-start-error",
        "low",
        rank=1,
    ),
    # Roles: who may not do what.
    Entry(
        "execution-role",
        TASK,
        FAILED + ".*" + ROLE_DENIED + r"(?: on resource: (?P<resource>[^\s]+))?",
        "{execution_role} may not do {action}, which the task needs before it starts",
        "Allow {action} on {resource} to {execution_role}.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "execution-role",
        TASK,
        FAILED + r"(?:.*?secret (?P<secret>arn:\S+))?.*(?:Access to KMS|KMS key|kms:Decrypt)",
        "{execution_role} may not decrypt {secret}",
        "Allow kms:Decrypt to {execution_role} for the key that encrypts {secret}.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "execution-role",
        TASK,
        FAILED + r".*(?:AccessDenied|role has the permissions)",
        "{execution_role} may not fetch what {container} needs to start",
        "Allow {execution_role} to pull {image} and to read the secrets of the task definition.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "task-role",
        TEXTS,
        r"unable to assume the role '?(?:arn:[\w:-]+:role/)?(?P<role>[\w+=,.@/-]+)'? that was provided for this task",
        "ECS may not assume {role} of the task definition",
        "Let ecs-tasks.amazonaws.com assume {role}, and make sure that it exists.",
        "task-iam-roles",
        hopeless=True,
    ),
    Entry(
        "permission",
        "event record",
        r"(?:unable to assume (?:the )?(?:configured ECS Infrastructure Role|role)"
        r"|missing permissions on ECS Infrastructure Role) '?(?:arn:[\w:-]+:role/)?(?P<role>[\w+=,.@/-]*[\w+=@/-])",
        "ECS may not work with {role}",
        "Let ecs.amazonaws.com assume {role}, and give it the AmazonECSInfrastructureRolePolicy that its use asks for.",
        BLUE_GREEN,
    ),
    Entry(
        "permission",
        "event record failure",
        ROLE_DENIED,
        "{role}, with which ECS runs the service, may not do {action}",
        "Allow {action} to {role}.",
        BLUE_GREEN,
    ),
    Entry(
        "permission",
        "event record",
        r"IAM (?:permissions policies have|trust relationship has) been misconfigured|service.linked role",
        "a role with which ECS runs the service lacks a permission or does not trust ECS",
        "Restore the permissions and the trust of the roles of the service and of AWSServiceRoleForECS.",
        EVENTS,
        "medium",
    ),
    # Secrets.
    Entry(
        "secret",
        TASK,
        r"did not contain json key (?P<key>[^\s,.]+)",
        "{secret} has no key {key}, which the task definition asks for",
        "Add the key {key} to {secret}, or correct value_from in the task definition.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "secret",
        TASK,
        r"(?:secret with ARN '(?P<secret>[^']+)'|fetch secret (?P<secret2>\S+) from secrets manager"
        r"|secret (?P<secret3>arn:\S+?):? ).*?(?:Check whether the secret exists|ResourceNotFound|can.t find)",
        "{secret} does not exist in this region",
        "Create {secret}, or correct value_from in the task definition.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "secret",
        TASK,
        r"invalid (?:ssm )?parameters?: \[?(?P<parameter>[^\]\s,]+)|ParameterNotFound",
        "{parameter} does not exist in the Parameter Store",
        "Create {parameter}, or correct value_from in the task definition.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "secret",
        TASK,
        r"fetch secret (?P<secret>\S+) from secrets manager: (?P<reason>.+)|unable to retrieve secrets? from",
        "{secret} cannot be read: {reason}",
        "Correct {secret} or its value_from in the task definition.",
        NEWER,
        hopeless=True,
    ),
    # Images.
    Entry(
        "exec-format",
        TASK,
        r"(?:descriptor (?:matching|for) platform|no match for platform|no matching manifest for)"
        r"(?: in manifest)?\s*[{']?(?P<platform>\w+/[\w/]+)?",
        "{image} has no build for {platform}",
        "Build {image} for {platform}, or set runtime_platform.cpu_architecture to what it is built for.",
        PULL,
        hopeless=True,
    ),
    Entry(
        "quota",
        TASK,
        r"toomanyrequests|Too Many Requests|pull rate limit",
        "{image} cannot be pulled, since the pull rate limit of its registry is reached",
        "Pull {image} with credentials (repository_credentials), or from an ECR pull through cache.",
        PULL,
    ),
    Entry(
        "volume",
        TASK,
        r"no space left on device",
        "{image} cannot be unpacked, since the disk is full",
        "Raise ephemeral_storage, or the disk of the instances, or make {image} smaller.",
        PULL,
    ),
    Entry(
        "image",
        TASK,
        r"repository .{0,120}does not exist in the registry|name unknown|repository \S+ not found",
        "{image} cannot be pulled, since {repository} does not exist",
        "Create {repository} and push {image}, or correct the image in the task definition.",
        PULL,
        hopeless=True,
    ),
    Entry(
        "registry-auth",
        TASK,
        r"CannotPull.*(?:no basic auth|unauthorized|authentication required|40[13] Forbidden|401 |may require"
        r"|pull access denied)",
        "the registry of {image} refuses the pull, or has no such repository",
        "Check that {image} exists, and give the registry's secret in repository_credentials or the ECR permissions to "
        "{execution_role}.",
        "private-auth",
        hopeless=True,
    ),
    Entry(
        "image",
        TASK,
        r"CannotPull.*(?:not found|manifest unknown|does not exist|image exists|API error \(404\))",
        "{image} cannot be pulled, since {repository} has no {version}",
        "Push {image}, or correct the image in the task definition.",
        PULL,
        hopeless=True,
    ),
    Entry(
        "image",
        TASK,
        r"CannotPull\w*:? ?(?P<reason>.*)",
        "{image} cannot be pulled: {reason}",
        "Check that {image} exists and that {execution_role} and the network of the task can reach its registry.",
        PULL,
        "medium",
    ),
    # What else is set up before the containers start.
    Entry(
        "logging",
        TASK,
        r"(?:logging driver|logger args|log group|log stream).*?(?:does not exist|ResourceNotFound|cannot find)"
        r"|cannot find the Amazon CloudWatch log group|failed to (?:initialize logging driver|validate logger args)",
        "the logs of {container} cannot be sent, most likely since {log_group} does not exist",
        "Create {log_group}, or set awslogs-create-group and allow logs:CreateLogGroup to {execution_role}.",
        INIT,
        hopeless=True,
    ),
    Entry(
        "volume",
        TASK,
        r"EFS utils.*?(?:access denied)",
        "the file system of the task refuses the mount",
        "Allow elasticfilesystem:ClientMount to {task_role} in the policies of the role and of the file system, and "
        "check the access point.",
        INIT,
    ),
    Entry(
        "volume",
        TASK,
        r"EFS utils|CannotCreateVolumeError|EBS volume|managed volume|mount\.nfs",
        "a volume of the task cannot be mounted",
        "Check that the volume, its mount targets in the subnets of the task and its access point exist, and that its "
        "security group lets NFS (port 2049) in.",
        "cannot-create-volume",
        "medium",
    ),
    Entry(
        "subnet-route",
        TASK,
        r"failed to download env files",
        "the environment files of the task cannot be fetched from Amazon S3",
        "Check that the files exist, that {execution_role} may read them, and that the task reaches Amazon S3.",
        INIT,
        "medium",
    ),
    Entry(
        "execution-role",
        TASK,
        r"unable to pull secrets or registry auth",
        "{execution_role} did not get what {container} needs to start (secrets or the registry's credentials)",
        "Check the permissions of {execution_role}, and that the task reaches ECR and the secrets.",
        INIT,
        "low",
        rank=1,
    ),
    # Starting the command.
    Entry(
        "exec-format",
        "task event log",
        r"exec format error|exec user process caused.{0,20}exec format",
        "the command of {container} is built for another processor than {processor}",
        "Build {image} for {processor}, or set runtime_platform.cpu_architecture.",
        START,
        hopeless=True,
    ),
    Entry(
        "port",
        "task log",
        r":(?P<port>\d+)?\b[^\n]{0,60}(?:already allocated|already in use)|(?:address|port)[\w ]*(?:already )?in use"
        r"|EADDRINUSE\D*(?P<port2>\d+)?",
        "{container} cannot listen, since {port} is taken",
        "Let {container} listen on another port than the other containers of the task or of its instance; on instances "
        "in bridge mode, set host_port to 0.",
        START,
    ),
    Entry(
        "command",
        TASK,
        r"(?:exec:? |starting container process).*?\\?\"(?P<command>[^\"\\]+)\\?\":? .*?"
        r"(?:executable file not found|no such file or directory|permission denied|is a directory)",
        "the command {command} of {container} cannot be executed: it is missing in the image or not executable",
        "Correct command or entry_point of {container}; each argument is an entry of the list.",
        START,
        hopeless=True,
    ),
    Entry(
        "command",
        TASK,
        r"executable file not found|(?:Cannot(?:Start|Create)Container|ContainerRuntime)Error:? ?(?P<reason>.*)",
        "{container} cannot be started: {reason}",
        "Correct command, entry_point, working_directory or user of {container}.",
        START,
        "medium",
    ),
    Entry(
        "unknown",
        TEXTS,
        r"ContainerRuntimeTimeout\w*|Cannot(?:Stop|Inspect)Container\w*|DockerTimeoutError|InternalError",
        "AWS did not manage to run {container}: {reason}",
        "Run again; if it stays so, ask AWS with the id of a stopped task.",
        "internal-error",
        "low",
        rank=1,
    ),
    # Running.
    Entry(
        "out-of-memory",
        "task event log",
        r"OutOfMemory(?:Error)?|out of memory|MemoryError",
        "{container} was killed for lack of memory{memory}",
        "Raise memory of {container} or of the task, or make it use less.",
        "out-of-memory",
    ),
    Entry(
        "task-role",
        "log",
        ROLE_DENIED + r"(?: on resource: (?P<resource>\S*\w))?",
        "{container} ended since {role} may not do {action}",
        "Allow {action} on {resource} to {role}.",
        DENIED,
        "medium",
    ),
    Entry(
        "task-role",
        "log",
        r"Unable to locate credentials|NoCredentialProviders|Could not load credentials|CredentialsProviderError",
        "{container} ended since it found no credentials",
        "Set task_role_arn in the task definition.",
        "task-iam-roles",
        "medium",
    ),
    Entry(
        "security-group",
        "log",
        r"(?P<reason>[^\n]*(?:connect|dial)[^\n]*(?:timed out|timeout|ETIMEDOUT)[^\n]*)",
        "{container} ended since it reached no other host in time: {reason}",
        "Let the security groups of the task out to that host, and the host's let the task in.",
        EXITS,
        "medium",
    ),
    Entry(
        "spot",
        TASK,
        r"Spot Task was interrupted|SpotInterruption",
        "AWS took the Spot capacity of the task back",
        "Run again, or give FARGATE a base or weight beside FARGATE_SPOT in the capacity_provider_strategy.",
        "spot-interruption-errors",
        rank=0,
    ),
    Entry(
        "capacity",
        TASK,
        r"TerminationNotice|InfrastructureHealth|maintenance on the underlying|Host EC2|deregistration forced",
        "the host of the task went away: {reason}",
        "Run again; look at the instances of the cluster if it has any.",
        "task-maintenance",
        "medium",
        rank=0,
    ),
    # Health, as the task tells it; the targets and the events say more.
    Entry(
        "container-health",
        TASK,
        r"failed container health checks",
        "{container} never passed its own health check",
        "Run the command of the health_check of {container} in its image, and give start_period, retries and timeout "
        "that suit its start.",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
        hopeless=True,
        rank=1,
    ),
    Entry(
        "target-health",
        "target event",
        UNHEALTHY + r"codes: \[(?P<codes>[^\]]+)\]",
        "the load balancer's health check of {container} on {port} is answered with {codes}, which {target_group} does "
        "not take for healthy",
        "Make the path of the health check of {target_group} answer with a code of its matcher, or correct path, port "
        "or matcher.",
        HEALTH,
        hopeless=True,
    ),
    Entry(
        "security-group",
        "target event",
        UNHEALTHY + r"(?:timed out|Target\.Timeout).*\[container runs\]",
        "the load balancer gets no answer from {container} on {port} in time although the container runs, so that "
        "most likely {group} does not let the load balancer in",
        "Let the security group of the load balancer in to {port} in {group}; if it is, make {container} answer "
        "the health check of {target_group} faster.",
        HEALTH,
        "medium",
    ),
    Entry(
        "target-health",
        "target event",
        UNHEALTHY + r"(?:timed out|Target\.Timeout)",
        "{container} does not answer the load balancer's health check on {port} in time",
        "Find out from its logs why {container} does not answer, or raise the timeout of the health check of "
        "{target_group}.",
        HEALTH,
    ),
    Entry(
        "target-health",
        "target event",
        UNHEALTHY + r"(?:Availability Zone|Target\.NotInUse)",
        "{container} runs in an Availability Zone that is not enabled for the load balancer of {target_group}",
        "Enable the zones of the subnets of the service for the load balancer, or attach {target_group} to a listener.",
        HEALTH,
    ),
    Entry(
        "port",
        "target event",
        UNHEALTHY + r"(?:reason Health checks failed\)|FailedHealth)",
        "{container} accepts no connection of the load balancer on {port}",
        "Make {container} listen on {port} and on all addresses (0.0.0.0), or correct container_port and the protocol "
        "of {target_group}.",
        HEALTH,
        "medium",
        hopeless=True,
    ),
    Entry(
        "target-health",
        "task event target",
        r"target.?group.*TARGET (?:GROUP )?IS NOT FOUND",
        "{target_group} does not exist any more",
        "Create the target group, and name it in the load_balancers of the service.",
        EVENTS,
        hopeless=True,
    ),
    Entry(
        "target-health",
        "task event target",
        r"(?:failed ELB health checks|is (?:unhealthy|not healthy) in)"
        r"(?:.*?targetgroup/(?P<target_group>[^/)]+))?(?:.*due to \(reason (?P<reason>[^)]+))?",
        "{container} never passed the health check of {target_group}",
        "Look at what {container} answers on {port} to the health check of {target_group}, and give "
        "health_check_grace_period_seconds if it starts slowly.",
        "troubleshoot-service-load-balancers",
        hopeless=True,
        rank=1,
    ),
    # Where tasks are to run.
    Entry(
        "quota",
        TEXTS,
        r"reached the limit on the number of (?P<quota>\w+)|requested (?P<quota2>\w+) configuration is above your limit"
        r"|provisioning capacity (?P<quota3>limit) was exceeded",
        "the account's quota of {quota} is reached",
        "Have the quota of Amazon ECS or AWS Fargate raised in Service Quotas, or run fewer or smaller tasks.",
        "service-quotas",
    ),
    Entry(
        "port",
        TEXTS,
        r"already using a port|RESOURCE:PORTS",
        "no instance of the cluster has the host port free that the task asks for",
        "Set host_port to 0, or use one instance more than tasks on this port.",
        EVENTS,
    ),
    Entry(
        "capacity",
        TEXTS,
        r"insufficient (?P<resource>[\w ]+?) available|RESOURCE:(?P<resource2>\w+)",
        "no instance of the cluster has enough {resource} for another task",
        "Add instances, or ask for less in the task definition.",
        API,
    ),
    Entry(
        "capacity",
        TEXTS,
        r"Capacity is unavailable at this time",
        "AWS has no capacity for the task in the zones of its subnets",
        "Run again later, or name subnets of further zones.",
        EVENTS,
    ),
    Entry(
        "capacity",
        TEXTS,
        r"No Container Instances were found|NO ACTIVE INSTANCES|EMPTY CAPACITY PROVIDER",
        "the cluster has no instance on which the task could run",
        "Add instances to the cluster or its capacity provider, or use launch_type FARGATE.",
        API,
    ),
    Entry(
        "placement",
        TEXTS,
        r"\bAGENT\b|Amazon ECS Agent to start",
        "the ECS agent of the instance that fits the task is disconnected",
        "Restart the agent on the instances of the cluster (systemctl restart ecs).",
        API,
    ),
    Entry(
        "placement",
        TEXTS,
        r"missing an attribute|\b(?:ATTRIBUTE|LOCATION|DISTINCT_INSTANCE)\b|placement constraint|compute strategy",
        "no instance of the cluster has the attributes, the zone or the kind that the task asks for",
        "Compare placement_constraints, subnets and requirements of the task definition with the instances.",
        API,
    ),
    Entry(
        "placement",
        "failure",
        r"^\s*(?:MISSING|INACTIVE)\b",
        "the container instance that was named does not exist in the cluster",
        "Name an active container instance of the cluster.",
        API,
        hopeless=True,
    ),
    Entry(
        "placement",
        TEXTS,
        r"Reason: Internal error",
        "a subnet lies in an Availability Zone that AWS Fargate does not support",
        "Name subnets of other zones.",
        EVENTS,
        "medium",
    ),
    Entry(
        "capacity",
        TEXTS,
        r"container instance met all of its requirements|could not launch \d+ tasks",
        "the cluster has no room for another task",
        "Add capacity to the cluster, or compare the task definition with what the instances offer.",
        EVENTS,
        "medium",
        rank=1,
    ),
    # How the deployment went.
    Entry(
        "alarm",
        "record event",
        r"alarms? detected|alarms? triggered: (?P<alarm>.+)|rolled back because.{0,40}\balarm",
        "{alarm} went off during the deployment",
        "Look at the metric of {alarm} and at the logs of the new revision before it is deployed again.",
        "deployment-alarm-failure",
    ),
    Entry(
        "hook",
        "record event",
        r"because (?P<stage>\w+) lifecycle hook\(s\) failed\.(?:.*?function:(?P<hook>[\w-]+))?"
        r"|hook (?:\S*:function:)?(?P<hook2>\S+) (?:FAILED|TIMED_OUT) at (?P<stage2>\w+)",
        "{hook} failed {stage}",
        "Read the logs of {hook}, and deploy again when it succeeds.",
        BLUE_GREEN,
    ),
    Entry(
        "listener",
        "record event",
        r"invalid networking configuration[.:] ?(?P<reason>.*)",
        "the listener rules of the load balancer do not fit the deployment: {reason}",
        "Correct the listener rules and target groups in advanced_configuration of the load_balancers.",
        BLUE_GREEN,
    ),
    Entry(
        "deployment-configuration",
        "event",
        r"because of the service deployment configuration",
        "minimum_healthy_percent and maximum_percent allow neither to stop an old task nor to start a new one",
        "Lower minimum_healthy_percent or raise maximum_percent.",
        EVENTS,
    ),
    Entry(
        "deployment-configuration",
        "event",
        r"number of protected tasks",
        "more tasks are protected from scale-in than the service may have",
        "End the protection of tasks, or raise desired_count.",
        EVENTS,
    ),
    Entry(
        "quota",
        "event",
        r"operations are being throttled",
        "AWS throttles what ECS does for the service",
        "Wait, or deploy fewer services at once.",
        EVENTS,
        "low",
        rank=0,
    ),
    # Exit codes of containers that ended by themselves.
    Entry(
        "exit-code",
        "exit",
        r"^0$",
        "{container} ended by itself with exit code 0, although it is essential",
        "Let {container} run in the foreground, or set essential to false.",
        EXITS,
        "medium",
        rank=1,
    ),
    Entry(
        "command",
        "exit",
        r"^12[567]$",
        "the command of {container} was not found or cannot be executed: exit code {code}",
        "Correct command or entry_point of {container}, or what its script calls.",
        EXITS,
        hopeless=True,
    ),
    Entry(
        "out-of-memory",
        "exit",
        r"^137$",
        "{container} was killed (exit code 137), most likely for lack of memory{memory}",
        "Raise memory of {container} or of the task, or find out from its logs who killed it.",
        EXITS,
        "medium",
    ),
    Entry(
        "exit-code",
        "exit",
        r"^13[49]$",
        "{container} crashed in native code (134: aborted, 139: segmentation fault): exit code {code}",
        "Read the last log lines of {container}, and build {image} for the processor of the task.",
        EXITS,
        "medium",
        rank=1,
    ),
    Entry(
        "exit-code",
        "exit",
        r"^143$",
        "{container} ended since it was told to by a SIGTERM that did not come from ECS: exit code {code}",
        "Find out from the logs of {container} who sent the signal.",
        EXITS,
        "low",
        rank=1,
    ),
    Entry(
        "exit-code",
        "exit",
        r"^-?\d+$",
        "{container} ended with exit code {code}{log}",
        "Read the last log lines of {container} in the evidence, and start its image with the same environment.",
        EXITS,
        "medium",
        rank=1,
    ),
)

UNKNOWN = Entry(
    "unknown",
    "",
    "",
    "{reason}",
    "Look at the events, the stopped tasks and the logs in the evidence.",
    "troubleshooting",
    "low",
    rank=0,
)
