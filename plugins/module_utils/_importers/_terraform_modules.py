# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that manage what Terraform manages, by how the names of its types begin; the first that fits counts."""

from __future__ import annotations

MODULES = {
    "aws_ecs_account_setting": "longshore.ecs.account_setting",
    "aws_ecs_tag": "longshore.ecs.tag",
    "aws_ecr_repository": "longshore.ecs.repository",
    "aws_ecr_lifecycle_policy": "longshore.ecs.repository",
    "aws_scheduler_schedule_group": "longshore.ecs.schedule_group",
    "aws_scheduler_schedule": "longshore.ecs.schedule",
    "aws_lb_target_group": "community.aws.elb_target_group",
    "aws_alb_target_group": "community.aws.elb_target_group",
    "aws_lb": "amazon.aws.elb_application_lb",
    "aws_alb": "amazon.aws.elb_application_lb",
    "aws_security_group": "amazon.aws.ec2_security_group",
    "aws_vpc_security_group": "amazon.aws.ec2_security_group",
    "aws_vpc_endpoint": "amazon.aws.ec2_vpc_endpoint",
    "aws_vpc": "amazon.aws.ec2_vpc_net",
    "aws_subnet": "amazon.aws.ec2_vpc_subnet",
    "aws_route_table": "amazon.aws.ec2_vpc_route_table",
    "aws_route53": "amazon.aws.route53",
    "aws_route": "amazon.aws.ec2_vpc_route_table",
    "aws_internet_gateway": "amazon.aws.ec2_vpc_igw",
    "aws_nat_gateway": "amazon.aws.ec2_vpc_nat_gateway",
    "aws_iam_role": "amazon.aws.iam_role",
    "aws_iam_policy": "amazon.aws.iam_managed_policy",
    "aws_iam_instance_profile": "amazon.aws.iam_instance_profile",
    "aws_cloudwatch_log_group": "amazon.aws.cloudwatchlogs_log_group",
    "aws_cloudwatch_metric_alarm": "amazon.aws.cloudwatch_metric_alarm",
    "aws_autoscaling_group": "amazon.aws.autoscaling_group",
    "aws_launch_template": "amazon.aws.ec2_launch_template",
    "aws_instance": "amazon.aws.ec2_instance",
    "aws_db_instance": "amazon.aws.rds_instance",
    "aws_rds_cluster": "amazon.aws.rds_cluster",
    "aws_s3_bucket": "amazon.aws.s3_bucket",
    "aws_kms_key": "amazon.aws.kms_key",
    "aws_sqs_queue": "community.aws.sqs_queue",
    "aws_ssm_parameter": "amazon.aws.ssm_parameter",
    "aws_secretsmanager_secret": "community.aws.secretsmanager_secret",
    "aws_efs_file_system": "community.aws.efs",
}
