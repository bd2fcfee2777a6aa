# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a docker-compose file has no counterpart on Fargate: why not, and what to do about it."""

from __future__ import annotations

AWSVPC = "a task on Fargate has a network interface of its own."
HOST = "Fargate has no host that a task could reach."
CGROUP = "Fargate takes the CPU and memory of the task, and nothing finer."
EXTENSION = "it is an extension, to which Compose itself gives no meaning."
EFS = "put the files into the image, or on an EFS file system (efs_volume_configuration)."
EC2 = "leave it out, or run on EC2."
DROP = "nothing to do."
RESOLVED = "resolve it with `docker compose config`, and convert what that prints."
DOCKER = "it is for the Docker engine alone."

# Members of a service.
SERVICE: dict[str, tuple[str, str]] = {
    "annotations": (DOCKER, DROP),
    "attach": ("there is no terminal that logs are shown on.", "read them with longshore.ecs.task_info or CloudWatch."),
    "blkio_config": (CGROUP, EC2),
    "build": ("ECS runs images, and builds none.", "build and push the image, and name it in the manifest."),
    "cgroup": (HOST, EC2),
    "cgroup_parent": (HOST, EC2),
    "configs": ("ECS mounts no configs.", "put them into the image, or into Secrets Manager or the Parameter Store."),
    "cpu_count": (CGROUP, "set cpu of the task definition."),
    "cpu_percent": (CGROUP, "set cpu of the task definition."),
    "cpu_period": (CGROUP, "set cpu of the task definition."),
    "cpu_quota": (CGROUP, "set cpu of the task definition."),
    "cpu_rt_period": (CGROUP, EC2),
    "cpu_rt_runtime": (CGROUP, EC2),
    "cpu_shares": (CGROUP, "set cpu of the task definition."),
    "cpuset": (CGROUP, EC2),
    "credential_spec": ("Compose's form of it is not that of ECS.", "give credential_specs in the container."),
    "develop": ("it is for development.", DROP),
    "device_cgroup_rules": ("Fargate has no devices.", EC2),
    "devices": ("Fargate has no devices.", EC2),
    "dns": ("Fargate takes no DNS servers.", "set them in the DHCP options of the VPC."),
    "dns_opt": ("Fargate takes no options of DNS.", "set them in the image."),
    "dns_search": ("Fargate takes no search domains.", "set them in the DHCP options of the VPC."),
    "domainname": (AWSVPC, "use Service Connect or Cloud Map."),
    "extends": ("what it extends has to be put together first.", RESOLVED),
    "external_links": (AWSVPC, "use Service Connect or Cloud Map."),
    "extra_hosts": (AWSVPC, "put the names into a private hosted zone of Route 53."),
    "gpus": ("Fargate has no GPUs.", "run on EC2, with resource_requirements."),
    "group_add": ("ECS adds no groups.", "set the groups in the image."),
    "hostname": (AWSVPC, "use Service Connect or Cloud Map."),
    "ipc": ("Fargate shares no memory between containers and hosts.", EC2),
    "isolation": (DOCKER, DROP),
    "label_file": ("labels in files are not read.", RESOLVED),
    "links": (AWSVPC, "use Service Connect or Cloud Map."),
    "mac_address": (AWSVPC, DROP),
    "mem_swappiness": ("Fargate has no swap.", EC2),
    "memswap_limit": ("Fargate has no swap.", EC2),
    "models": ("ECS provides no models.", "run the model as a service of its own, or use Amazon Bedrock."),
    "network_mode": (AWSVPC, "give the subnets and security groups in network_configuration."),
    "networks": (AWSVPC, "give the subnets and security groups in network_configuration."),
    "oom_kill_disable": (CGROUP, EC2),
    "oom_score_adj": (CGROUP, EC2),
    "pids_limit": (CGROUP, EC2),
    "post_start": ("ECS calls no commands in containers.", "do it in the entry point of the image."),
    "pre_stop": ("ECS calls no commands in containers.", "do it in the image when SIGTERM comes."),
    "privileged": ("Fargate runs no privileged containers.", EC2),
    "provider": ("another tool provides it.", "make it with the module for it."),
    "pull_policy": ("ECS pulls the image for each task.", DROP),
    "pull_refresh_after": ("ECS pulls the image for each task.", DROP),
    "runtime": ("Fargate has one runtime.", EC2),
    "security_opt": ("Fargate takes no security options.", EC2),
    "shm_size": ("Fargate takes no size of shared memory.", "mount a tmpfs on /dev/shm."),
    "stop_signal": ("ECS sends the signal that the image names.", "set STOPSIGNAL in the image."),
    "storage_opt": ("Fargate takes no options of storage.", "set ephemeral_storage of the task definition."),
    "use_api_socket": (HOST, EC2),
    "userns_mode": (HOST, EC2),
    "uts": (HOST, EC2),
    "volumes_from": ("tasks share no volumes.", "mount the same EFS file system in both."),
    "x-aws-policies": ("it makes a role.", "make it with amazon.aws.iam_role, and give its ARN as task_role_arn."),
    "x-aws-role": ("it makes a role.", "make it with amazon.aws.iam_role, and give its ARN as task_role_arn."),
    "x-aws-idle_timeout": ("it is of the load balancer.", "set it with amazon.aws.elb_application_lb."),
    "x-aws-logs_retention": ("it is of the log group.", "set it with amazon.aws.cloudwatchlogs_log_group."),
}
# Members of `deploy`.
DEPLOY: dict[str, tuple[str, str]] = {
    "endpoint_mode": ("ECS has no virtual addresses of services.", "use Service Connect or a load balancer."),
    "mode": ("services on Fargate have a number of tasks.", "see desired_count; DAEMON takes EC2."),
    "placement": ("Fargate has no nodes to choose from.", "run on EC2, with placement_constraints."),
    "rollback_config": ("ECS rolls back as it deploys.", "see deployment_configuration."),
}
# Members of the document.
TOP: dict[str, tuple[str, str]] = {
    "configs": SERVICE["configs"],
    "include": ("files that it includes are not read.", RESOLVED),
    "models": SERVICE["models"],
    "networks": SERVICE["networks"],
    "x-aws-cloudformation": ("there is no CloudFormation stack.", "make what it adds with the modules for it."),
    "x-aws-loadbalancer": ("the load balancer is not part of the file.", "name its target group in load_balancers."),
    "x-aws-vpc": ("the network is not part of the file.", "give its subnets in network_configuration."),
}
