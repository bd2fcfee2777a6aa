# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a Copilot manifest has no counterpart in a manifest for ECS: why not, and what to do about it."""

from __future__ import annotations

DROP = "nothing to do."
GIVE = "give it in variables, or the value of the placeholder."
ROLE_WEB = "make them with the role longshore.ecs.web_service, or with amazon.aws.elb_application_lb."
OWN_STACK = "leave the stack as it is, or make its resources with the modules for them."
NO_TYPE = ("it is no type of Copilot that is known here.", "give one of its services or jobs.")
BUILD = ("ECS runs images, and builds none.", "build and push the image; its name is the value of the placeholder.")
IMPORTED = ("it is the export of a CloudFormation stack.", "give its value as that of the placeholder.")
SECRET_ARN = (
    "ECS wants the ARN of the secret, and the account and Region are not known here.",
    "give AWS_ACCOUNT_ID and AWS_REGION in variables, or the value of the placeholder.",
)
ENV_FILE = ("Copilot uploads it.", "put it into S3, and name it in environment_files of the container.")
LISTENER = ("Copilot makes the load balancer, its listeners, rules and names.", ROLE_WEB)
TARGET_GROUP = (
    "Copilot makes the target group.",
    "make it with the type of target ip; its ARN is the value of the placeholder.",
)
MANAGED_EFS = (
    "Copilot makes the file system.",
    "make it with community.aws.efs; its id is the value of the placeholder.",
)
VPC = (
    "the subnets and the security group are found by the names that Copilot gives them in a VPC that it made.",
    "in a VPC of yours, give network_configuration in defaults.",
)
NO_VPC = (
    "the subnets and the security group are those of the environment, which is not known here.",
    "give environment, and COPILOT_APPLICATION_NAME in variables, or network_configuration in defaults.",
)

# Types of manifests that do not run on ECS, or not by themselves.
TYPES: dict[str, tuple[str, str]] = {
    "Request-Driven Web Service": ("it runs on App Runner.", "run it on ECS with the role longshore.ecs.web_service."),
    "Static Site": ("it is files in S3 behind CloudFront.", OWN_STACK),
    "Environment": ("it is a network and a cluster.", "make them with the roles longshore.ecs.network and cluster."),
}
# Files of an application beside the manifests of its workloads.
FILES: dict[str, tuple[str, str]] = {
    "environments/*/manifest.yml": TYPES["Environment"],
    "pipelines/*/manifest.yml": ("it is a pipeline of CodePipeline.", "see the examples of pipelines."),
    "*/addons/*": ("it is a template of CloudFormation.", OWN_STACK),
    "*/overrides/*": ("it changes the template of CloudFormation.", "change the manifest to the same end."),
}
# Members of workloads.
MEMBERS: dict[str, tuple[str, str]] = {
    "publish": (
        "Copilot makes SNS topics and gives their ARNs in COPILOT_SNS_TOPIC_ARNS.",
        "make them with community.aws.sns_topic, and give the ARNs in environment.",
    ),
    "subscribe": (
        "Copilot makes SQS queues and gives their addresses in COPILOT_QUEUE_URI.",
        "make them with community.aws.sqs_queue, and give the addresses in environment.",
    ),
    "retries": (
        "the scheduler starts a task again only if it could not be started.",
        "start it again in the image, or run it by Step Functions.",
    ),
    "timeout": ("a scheduled task has no limit of time.", "end it in the image, for example with `timeout`."),
    "env_file": ENV_FILE,
}
QUEUE = (
    "its metric is made by a function of Copilot.",
    "track the backlog with target_tracking, as the documentation of longshore.ecs.scaling shows.",
)
RESPONSE_TIME = (
    "its metric belongs to a load balancer whose name is not known here.",
    "track TargetResponseTime with target_tracking.",
)
OVERRIDE = ("it changes a place of the template that is not there here.", "set it in the manifest.")
BOTH_DAYS = (
    "a schedule of AWS takes days of the month or days of the week, not both.",
    "make two schedules of it in the manifest.",
)
NO_SCHEDULE = ("it is no schedule of Copilot's.", "write a schedule into the manifest.")
DISABLED = ("the job is not scheduled.", "run the task with longshore.ecs.task.")
# What Copilot makes for each workload: the kind and option by which it is given, and what to say where it is not.
SURROUNDINGS: tuple[tuple[str, str, tuple[str, str]], ...] = (
    (
        "task_definition",
        "execution_role_arn",
        (
            "Copilot makes a role that pulls images, reads secrets and writes logs.",
            "give execution_role_arn in defaults of task_definition.",
        ),
    ),
    (
        "task_definition",
        "task_role_arn",
        (
            "Copilot makes a role for what runs in the task.",
            "give task_role_arn in defaults of task_definition, or in the manifest.",
        ),
    ),
)
SCHEDULE_ROLE = (
    "Copilot makes a role and a state machine that start the task; a schedule wants a role of its own.",
    "give role_arn in defaults of schedule.",
)
DISCOVERY = (
    "Copilot registers its tasks in a namespace of Cloud Map.",
    "give service_registries in the manifest, or use network.connect.",
)
