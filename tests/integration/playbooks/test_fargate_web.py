# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks fargate_web and teardown, from an empty account to an empty account."""

from __future__ import annotations

from typing import Any

import pytest

from .account import FARGATE_WEB, IMAGE, TEARDOWN, Account

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"
# What check mode says instead of a task whose module has no check mode, or cannot look at what is only planned.
PLANNED = {
    "longshore.ecs.web_service : Plan the target group": "longshore.ecs.web_service : Create the target group",
    "longshore.ecs.workload : Plan what each role may do": "longshore.ecs.workload : Write what each role may do",
    "longshore.ecs.web_service : Plan the removal of the target group": (
        "longshore.ecs.web_service : Remove the target group"
    ),
}


def planned(names: list[str]) -> set[str]:
    """Give the names of the tasks that will change something, from a plan."""
    return {PLANNED.get(name, name) for name in names}


def test_life_of_the_example(account: Account) -> None:
    plan = account.play(FARGATE_WEB, "--check", "--diff").ok()
    assert account.written == []
    built = account.play(FARGATE_WEB).ok()
    assert planned(plan.changed) == set(built.changed)
    assert account.service()["runningCount"] == 2
    assert "answers at http://demo-hello-web" in built.task("Say where it is").result["msg"]

    again = account.play(FARGATE_WEB, "--check", "--diff").ok()
    assert again.changed == []
    again = account.play(FARGATE_WEB).ok()
    assert again.changed == []
    assert account.written == []

    plan = account.play(TEARDOWN, "--check").ok()
    assert account.written == []
    removed = account.play(TEARDOWN).ok()
    assert planned(plan.changed) == set(removed.changed)
    assert account.leftovers() == {}
    again = account.play(TEARDOWN).ok()
    assert again.changed == []
    assert account.written == []


def test_new_and_broken_images_in_an_existing_vpc(account: Account) -> None:
    variables = {**account.existing_vpc(), "web_service_traffic_shifting": True}
    before = account.leftovers()
    built = account.play(FARGATE_WEB, web_service_image=f"{IMAGE}:1.28", **variables).ok()
    assert not any(name.startswith("longshore.ecs.network") for name in built.changed)

    predicted = account.play(FARGATE_WEB, "--check", web_service_image=f"{IMAGE}:1.29", **variables).ok()
    changed = account.play(FARGATE_WEB, web_service_image=f"{IMAGE}:1.29", **variables).ok()
    assert account.written == ["RegisterTaskDefinition", "UpdateService"]
    assert predicted.changed == changed.changed
    assert account.definition()["containerDefinitions"][0]["image"] == f"{IMAGE}:1.29"

    broken = account.play(FARGATE_WEB, web_service_image=f"{IMAGE}:missing", **variables)
    assert broken.code != 0
    [failure] = broken.failed
    said = failure.result["msg"]
    assert "was rolled back" in said
    assert "cannot be pulled" in said
    assert f"{IMAGE}:missing" in said
    assert account.definition()["containerDefinitions"][0]["image"] == f"{IMAGE}:1.29"
    assert account.service()["runningCount"] == 2

    canary = {"release_strategy": "canary", "release_canary_minutes": 0, "release_bake_minutes": 0}
    account.play("longshore.ecs.release", release_image=f"{IMAGE}:1.30", release_progress=False, **canary).ok()
    assert weights(account) == {"demo-hello-web": 0, "demo-hello-web-b": 100}
    # Building again leaves the traffic and the strategy as the release has left them.
    account.play(FARGATE_WEB, web_service_image=f"{IMAGE}:1.30", **variables).ok()
    assert account.written == []

    account.play(TEARDOWN, **variables).ok()
    assert account.leftovers() == before


def weights(account: Account) -> dict[str, int]:
    """Give the share of the production traffic of each target group, by its name."""
    elb = account.client("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    [action] = next(rule["Actions"] for rule in rules if rule["Priority"] == "50000")
    groups = action["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"].split("/")[1]: int(group["Weight"]) for group in groups}


def test_https_secrets_and_documents(account: Account) -> None:
    certificate = account.client("acm").request_certificate(DomainName="shop.example.com")["CertificateArn"]
    variables = {
        **account.existing_vpc(),
        "app_env": "prod",
        "app_name": "shop",
        "app_component": "api",
        "app_tags": {"Owner": "shop-team"},
        "web_service_image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api:4f1c2ab",
        "web_service_certificate_arn": certificate,
        "web_service_secrets": {"DB_PASSWORD": f"{SECRET}:password::", "API_TOKEN": "/prod/shop/api-token"},
        "web_service_kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/one"],
        "web_service_task_role_statements": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*"}
        ],
        "web_service_scaling": {"min": "1", "max": 4, "cpu": "60", "requests": 1000, "step_scaling": {}},
        "web_service_container": {"stop_timeout": 60},
        "web_service_task_definition": {"ephemeral_storage": {"size_in_gib": 30}},
        "web_service_service": {"deployment_configuration": {"maximum_percent": 150}},
    }
    account.play(FARGATE_WEB, **variables).ok()
    assert account.play(FARGATE_WEB, **variables).ok().changed == []
    _check_balancer(account)
    _check_roles(account, variables)
    _check_documents(account)
    _check_scaling(account)


def _check_scaling(account: Account) -> None:
    client = account.client("application-autoscaling")
    place = {"ServiceNamespace": "ecs", "ResourceId": "service/prod-shop/shop-api"}
    found = client.describe_scaling_policies(**place)["ScalingPolicies"]
    goals = {one["PolicyName"]: one["TargetTrackingScalingPolicyConfiguration"] for one in found}
    assert {name: goal["TargetValue"] for name, goal in goals.items()} == {"cpu": 60, "requests_per_target": 1000}
    label = goals["requests_per_target"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label.startswith("app/prod-shop-api/") and "/targetgroup/prod-shop-api/" in label


def _check_balancer(account: Account) -> None:
    elb = account.client("elbv2")
    [balancer] = elb.describe_load_balancers(Names=["prod-shop-api"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert {it["Port"]: it["DefaultActions"][0]["Type"] for it in listeners} == {80: "redirect", 443: "forward"}


def _check_roles(account: Account, variables: dict[str, Any]) -> None:
    start = account.policy("prod-shop-api-exec", "start")
    assert {str(it["Action"]): it["Resource"] for it in start} == {
        "['logs:CreateLogStream', 'logs:PutLogEvents']": (
            "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/prod/shop/api:*"
        ),
        "ecr:GetAuthorizationToken": "*",
        "['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']": [
            "arn:aws:ecr:us-east-1:123456789012:repository/shop/api"
        ],
        "secretsmanager:GetSecretValue": [SECRET],
        "ssm:GetParameters": ["arn:aws:ssm:us-east-1:123456789012:parameter/prod/shop/api-token"],
        "kms:Decrypt": ["arn:aws:kms:us-east-1:123456789012:key/one"],
    }
    assert account.policy("prod-shop-api-task", "app") == variables["web_service_task_role_statements"]
    trust = account.client("iam").get_role(RoleName="prod-shop-api-exec")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
    }


def _check_documents(account: Account) -> None:
    definition = account.definition("prod-shop", "shop-api")
    [container] = definition["containerDefinitions"]
    assert container["stopTimeout"] == 60
    assert container["readonlyRootFilesystem"] is True
    assert definition["ephemeralStorage"] == {"sizeInGiB": 30}
    configuration = account.service("prod-shop", "shop-api")["deploymentConfiguration"]
    assert configuration["maximumPercent"] == 150
    assert configuration["deploymentCircuitBreaker"]["rollback"] is True


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"web_service_desired_count": "two"}, "argument 'web_service_desired_count' is of type str"),
        ({"web_service_environment": "hello"}, "must be dictionaries, or strings as key=value with commas"),
        ({"web_service_secrets": {"PASSWORD": "hunter two"}}, "it never holds the secret itself"),
        ({"app_component": "a-component-with-a-long-name"}, "AWS allows 32 letters, digits and hyphens there"),
        ({"web_service_log_retention": 8}, "value of web_service_log_retention must be one of: 1, 3"),
        ({"network_egress": "tunnel"}, "value of network_egress must be one of: nat, nat_per_zone, endpoints, none"),
        ({"network_cidr": "10.0.0.0/8"}, "must be an address with /16 to /24"),
        ({"network_zones": "us-east-1a,mars-1a"}, "The network does not fit"),
        ({"network_vpc_id": "vpc-1"}, "network_vpc_id names an existing VPC, so network_public_subnet_ids"),
    ],
)
def test_wrong_variables_give_a_sentence(account: Account, variables: dict[str, object], sentence: str) -> None:
    run = account.play(FARGATE_WEB, "--check", **variables)
    [failure] = run.failed
    assert sentence in failure.result["msg"]
    assert account.written == []
