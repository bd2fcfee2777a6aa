# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds in an account where everything is there, and what it says when one thing is not."""

from __future__ import annotations

import copy
import functools
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun

ACCOUNT, REGION = "123456789012", CONNECTION["region"]
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
VALUE = "correct horse battery staple"
GROUP = "/ecs/prod/shop/web"
PULL = ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"]
ALLOWED = [
    *PULL,
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameters",
    "s3:GetObject",
    "s3:GetBucketLocation",
]
FAMILIES = [
    "sizes",
    "images",
    "secrets",
    "environment_files",
    "roles",
    "logs",
    "volumes",
    "capacity",
    "network",
    "load_balancers",
    "service_connect",
    "hooks",
    "alarms",
    "progress",
]

Checks = list[dict[str, str]]


class Account:
    """An account with everything that a deployment needs, made piece by piece, and the documents that name it."""

    def __init__(self, module: ModuleRun, client: Callable[[str], Any], subnets: list[str]) -> None:
        self.module, self.client = module, functools.cache(client)
        self.subnets = subnets
        self.vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        module.ok("cluster", name="shop", capacity_providers=["FARGATE", "FARGATE_SPOT"])
        self.container: dict[str, Any] = {
            "name": "web",
            "image": "public.ecr.aws/nginx/nginx:stable",
            "port_mappings": [{"name": "http", "container_port": 80}],
        }
        self.definition: dict[str, Any] = {
            "family": "web",
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "cpu": ".25 vCPU",
            "memory": "0.5 GB",
            "container_definitions": [self.container],
        }
        self.awsvpc: dict[str, Any] = {"subnets": subnets, "assign_public_ip": "ENABLED"}
        self.deployment: dict[str, Any] = {}
        self.service: dict[str, Any] = {
            "name": "web",
            "cluster": "shop",
            "desired_count": 2,
            "launch_type": "FARGATE",
            "network_configuration": {"awsvpc_configuration": self.awsvpc},
            "deployment_configuration": self.deployment,
        }

    # What is in the account

    def push(self, tag: str, *platforms: str, repository: str = "shop/web") -> str:
        """Push an index for these platforms, or with none a single image; give the reference."""
        ecr = self.client("ecr")
        if repository not in [item["repositoryName"] for item in ecr.describe_repositories()["repositories"]]:
            ecr.create_repository(repositoryName=repository)
        digest = "sha256:" + "a" * 64
        entries = [
            {
                "mediaType": MANIFEST,
                "digest": digest,
                "size": 1,
                "platform": dict(zip(("os", "architecture"), name, strict=True)),
            }
            for name in (platform.split("/") for platform in (*platforms, "unknown/unknown"))
        ]
        kind = {"mediaType": INDEX, "manifests": entries} if platforms else {"mediaType": MANIFEST, "layers": []}
        text = json.dumps({"schemaVersion": 2, **kind, "annotations": {"tag": tag}})
        ecr.put_image(
            repositoryName=repository, imageManifest=text, imageTag=tag, imageManifestMediaType=kind["mediaType"]
        )
        return f"{REGISTRY}/{repository}:{tag}"

    def add_image(self) -> None:
        self.container["image"] = self.push("1", "linux/amd64", "linux/arm64")

    def add_secrets(self) -> None:
        secrets = self.client("secretsmanager")
        arn = secrets.create_secret(Name="shop-db", SecretString=json.dumps({"password": VALUE}))["ARN"]
        self.secret = str(arn)
        self.client("ssm").put_parameter(Name="/shop/key", Value=VALUE, Type="SecureString")
        self.container["secrets"] = {
            "DB": arn,
            "DB_PASSWORD": f"{arn}:password::",
            "KEY": "/shop/key",
            "SAME_KEY": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/key",
        }
        login = secrets.create_secret(Name="hub", SecretString=json.dumps({"username": "u", "password": VALUE}))
        self.container["repository_credentials"] = {"credentials_parameter": login["ARN"]}

    def add_file(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket="shop-env", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="shop-env", Key="prod/web.env", Body=b"A=b\n")
        self.container["environment_files"] = [{"value": "arn:aws:s3:::shop-env/prod/web.env", "type": "s3"}]

    def role(self, name: str, principal: str = "ecs-tasks.amazonaws.com", *actions: str, **statement: Any) -> str:
        """Make a role that trusts this service, and may do this; give its ARN."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": [principal]}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if actions:
            allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **statement}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        return str(arn)

    def add_roles(self, *actions: str) -> None:
        self.definition["execution_role_arn"] = self.role("exec", "ecs-tasks.amazonaws.com", *(actions or ALLOWED))
        self.definition["task_role_arn"] = self.role("task")

    def add_log_group(self, **options: str) -> None:
        self.client("logs").create_log_group(logGroupName=GROUP)
        self.log_to(GROUP, **options)

    def log_to(self, group: str, **options: str) -> None:
        """Let the container write its log to a group."""
        given = {"awslogs-group": group, "awslogs-region": REGION, "awslogs-stream-prefix": "web", **options}
        self.container["log_configuration"] = {"log_driver": "awslogs", "options": given}

    def add_volume(self) -> None:
        efs = self.client("efs")
        system = efs.create_file_system(CreationToken="shop")["FileSystemId"]
        efs.create_mount_target(FileSystemId=system, SubnetId=self.subnets[0])
        point = efs.create_access_point(ClientToken="shop", FileSystemId=system)["AccessPointId"]
        self.efs: dict[str, Any] = {
            "file_system_id": system,
            "transit_encryption": "ENABLED",
            "authorization_config": {"access_point_id": point, "iam": "ENABLED"},
        }
        self.definition["volumes"] = [{"name": "data", "efs_volume_configuration": self.efs}]

    def target_group(self, name: str, kind: str = "ip", vpc: str = "") -> str:
        """Make a target group; give its ARN."""
        made = self.client("elbv2").create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=vpc or self.vpc, TargetType=kind
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, group: str, name: str = "shop") -> str:
        """Make a load balancer with a rule that forwards to a group; give the rule's ARN."""
        elb = self.client("elbv2")
        balancer = elb.create_load_balancer(Name=name, Subnets=self.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
        paths = [{"Field": "path-pattern", "Values": ["/*"]}]
        arn = listener["Listeners"][0]["ListenerArn"]
        return str(
            elb.create_rule(ListenerArn=arn, Conditions=paths, Priority=1, Actions=forward)["Rules"][0]["RuleArn"]
        )

    def add_balancer(self) -> None:
        blue, green = self.target_group("blue"), self.target_group("green")
        self.balancer: dict[str, Any] = {
            "target_group_arn": blue,
            "container_name": "web",
            "container_port": 80,
            "advanced_configuration": {
                "alternate_target_group_arn": green,
                "production_listener_rule": self.listener(blue),
                "test_listener_rule": self.listener(green, "test"),
                "role_arn": self.role("infrastructure", "ecs.amazonaws.com"),
            },
        }
        self.service["load_balancers"] = [self.balancer]
        self.deployment["strategy"] = "BLUE_GREEN"

    def add_namespace(self) -> None:
        discovery = self.client("servicediscovery")
        discovery.create_http_namespace(Name="shop")
        namespace = discovery.list_namespaces()["Namespaces"][0]
        registry = discovery.create_service(Name="web", NamespaceId=namespace["Id"], Type="HTTP")["Service"]["Arn"]
        self.connect: dict[str, Any] = {"enabled": True, "namespace": "shop", "services": [{"port_name": "http"}]}
        self.registry: dict[str, Any] = {"registry_arn": registry, "container_name": "web", "container_port": 80}
        self.service["service_connect_configuration"] = self.connect
        self.service["service_registries"] = [self.registry]

    def add_hook(self) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("main.py", "def handler(event, context): return {}")
        function = self.client("lambda").create_function(
            FunctionName="smoke",
            Runtime="python3.13",
            Role=self.role("function", "lambda.amazonaws.com"),
            Handler="main.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        self.hook: dict[str, Any] = {
            "hook_target_arn": function["FunctionArn"],
            "role_arn": self.role("hooks", "ecs.amazonaws.com", "lambda:InvokeFunction"),
            "lifecycle_stages": ["POST_TEST_TRAFFIC_SHIFT"],
        }
        self.deployment["lifecycle_hooks"] = [self.hook]

    def add_alarm(self) -> None:
        self.client("cloudwatch").put_metric_alarm(
            AlarmName="errors",
            MetricName="5xx",
            Namespace="shop",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.deployment["alarms"] = {"alarm_names": ["errors"], "enable": True, "rollback": True}

    def add_all(self) -> None:
        for add in (self.add_image, self.add_secrets, self.add_file, self.add_log_group, self.add_volume):
            add()
        for add in (self.add_balancer, self.add_namespace, self.add_hook, self.add_alarm, self.add_roles):
            add()

    # What is found

    def run(self, *families: str, **options: Any) -> dict[str, Any]:
        """Run the module on both documents; with families, only these."""
        given = {"task_definition": self.definition, "service": self.service, **options}
        return self.module("preflight", **given, **({"checks": list(families)} if families else {}))

    def found(self, *families: str, **options: Any) -> Checks:
        """Give what the checks find that is not ok; the run must not fail for another reason."""
        result = self.run(*families, fail=False, **options)
        if result.get("failed"):
            raise AssertionError(result["msg"])
        return [item for item in result["checks"] if item["status"] != "ok"]

    def only(self, family: str, **options: Any) -> tuple[str, str]:
        """Give status and message of the one thing that this family finds."""
        (item,) = self.found(family, **options)
        assert item["check"] == family
        assert item["remedy"].endswith("."), item
        return item["status"], item["message"]


@pytest.fixture
def account(module: ModuleRun, client: Callable[[str], Any], subnets: list[str]) -> Account:
    """Give an account with a cluster, a network, and the documents of a small service."""
    gateway = client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    result = Account(module, client, subnets)
    client("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=result.vpc)
    table = client("ec2").describe_route_tables()["RouteTables"][0]["RouteTableId"]
    client("ec2").create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return result


# As a whole


def test_where_everything_is_there_everything_is_ok(account: Account, emulator: Emulator) -> None:
    account.add_all()
    seen = len(emulator.calls())
    result = account.run()
    assert not result.get("failed"), result.get("msg")
    assert [item for item in result["checks"] if item["status"] != "ok"] == []
    assert {item["check"] for item in result["checks"]} == set(FAMILIES)
    none = dict.fromkeys(("failed", "warning", "not_permitted", "skipped"), 0)
    assert result["summary"] == {"ok": len(result["checks"]), **none}
    assert result["changed"] is False
    assert "actions" not in result
    reading = ("Describe", "List", "Get", "BatchGet", "Simulate", "Head", "GET /")
    assert [name for name in emulator.operations(seen) if not name.startswith(reading)] == []


def test_no_value_of_a_secret_appears_anywhere(account: Account) -> None:
    account.add_secrets()
    result = account.run("secrets", debug_botocore_endpoint_logs=True)
    assert "GetSecretValue" in str(result["resource_actions"])
    assert VALUE not in json.dumps(result)


def test_each_question_is_asked_once(account: Account, emulator: Emulator) -> None:
    """The subnets are asked for by four checks, the cluster by three, the target group by three, at the same time."""
    account.add_all()
    account.awsvpc["security_groups"] = [
        account.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ]
    seen = len(emulator.calls())
    account.run("network", "load_balancers", "capacity")
    asked = emulator.operations(seen)
    assert {name: asked.count(name) for name in ("DescribeClusters", "DescribeSubnets", "DescribeTargetGroups")} == {
        "DescribeClusters": 1,
        "DescribeSubnets": 1,
        "DescribeTargetGroups": 2,
    }


def test_all_that_is_wrong_is_reported_at_once(account: Account) -> None:
    container = account.container
    container["image"] = f"{REGISTRY}/shop/web:1"
    container["secrets"] = {"DB": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:none-abcdef", "KEY": "/none"}
    container["environment_files"] = [{"value": "arn:aws:s3:::none/web.env", "type": "s3"}]
    account.log_to("/none")
    account.definition.update(cpu="300", execution_role_arn="none", task_role_arn="none")
    account.efs = {"file_system_id": "fs-12345678"}
    account.definition["volumes"] = [{"name": "data", "efs_volume_configuration": account.efs}]
    account.awsvpc["subnets"] = ["subnet-12345678"]
    group = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/none/1234567890123456"
    account.service["load_balancers"] = [{"target_group_arn": group, "container_name": "api", "container_port": 80}]
    account.service["service_connect_configuration"] = {"enabled": True, "namespace": "none", "services": []}
    account.service.update(cluster="none", desired_count=1)
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
    hook = {"hook_target_arn": function, "role_arn": "none", "lifecycle_stages": ["PRE_SCALE_UP"]}
    account.deployment.update(
        lifecycle_hooks=[hook],
        alarms={"alarm_names": ["none"], "enable": True, "rollback": True},
        minimum_healthy_percent=100,
        maximum_percent=100,
    )
    result = account.run()
    assert result["failed"]
    wrong = [item for item in result["checks"] if item["status"] == "failed"]
    assert {item["check"] for item in wrong} == set(FAMILIES)
    assert all(item["message"].endswith(".") and item["remedy"].endswith(".") for item in wrong)
    assert result["failure"]["code"] == "NotReady"
    assert result["failure"]["checks"] == wrong
    assert result["summary"]["failed"] == len(wrong)
    assert result["msg"].startswith(f"{len(wrong)} of {len(result['checks'])} checks failed, first sizes of task: ")
    assert account.run(fail=False).get("failed") is None


def test_what_may_not_be_seen_is_said_and_is_no_failure(account: Account, emulator: Emulator) -> None:
    account.add_all()
    denied = {"service": "*", "operation": "*", "kind": "error", "code": "AccessDeniedException", "status": 403}
    emulator.control("faults", {**denied, "message": "not authorized to perform this"})
    result = account.run()
    assert not result.get("failed"), result.get("msg")
    hidden = [item for item in result["checks"] if item["status"] == "not_permitted"]
    needing = set(FAMILIES) - {"sizes", "progress"}
    assert {item["check"] for item in hidden} == {*needing, "service"}
    named = " ".join(item["message"] for item in hidden)
    for action in (
        "ecr:BatchGetImage",
        "secretsmanager:DescribeSecret",
        "ssm:GetParameters",
        "s3:GetObject",
        "iam:GetRole",
        "logs:DescribeLogGroups",
        "elasticfilesystem:DescribeFileSystems",
        "ecs:DescribeClusters",
        "ec2:DescribeSubnets",
        "elasticloadbalancing:DescribeTargetGroups",
        "servicediscovery:ListNamespaces",
        "lambda:GetFunction",
        "cloudwatch:DescribeAlarms",
    ):
        assert action in named


@pytest.mark.parametrize(
    ("operation", "service", "family", "action"),
    [
        ("GetSecretValue", "secretsmanager", "secrets", "secretsmanager:GetSecretValue"),
        ("SimulatePrincipalPolicy", "iam", "roles", "iam:SimulatePrincipalPolicy"),
        ("DescribeRouteTables", "ec2", "network", "ec2:DescribeRouteTables"),
    ],
)
def test_a_single_denial_hides_what_it_hides_alone(
    account: Account, emulator: Emulator, operation: str, service: str, family: str, action: str
) -> None:
    account.add_secrets()
    account.add_roles()
    denied = {"service": service, "operation": operation, "kind": "error", "code": "AccessDenied", "status": 403}
    emulator.control("faults", {**denied, "message": "no"})
    found = account.found(family)
    assert {item["status"] for item in found} == {"not_permitted"}
    assert all(action in item["message"] and action in item["remedy"] for item in found)


def test_an_answer_that_does_not_come_is_a_warning(account: Account, emulator: Emulator) -> None:
    account.add_log_group()
    failing = {"service": "logs", "operation": "DescribeLogGroups", "kind": "error", "code": "ValidationException"}
    emulator.control("faults", {**failing, "message": "odd"})
    status, message = account.only("logs")
    assert status == "warning"
    assert message.startswith("It could not be looked at: DescribeLogGroups was refused: odd")


def test_a_passing_fault_is_ridden_out(account: Account, emulator: Emulator) -> None:
    account.add_log_group()
    emulator.control("faults", {"service": "logs", "operation": "DescribeLogGroups", "kind": "throttle", "times": 1})
    assert account.found("logs") == []


def test_credentials_that_are_worth_nothing_end_the_run(account: Account, emulator: Emulator) -> None:
    account.add_log_group()
    expired = {"service": "logs", "operation": "DescribeLogGroups", "kind": "error", "code": "ExpiredTokenException"}
    emulator.control("faults", {**expired, "message": "The token is expired"})
    result = account.run("logs", fail=False)
    assert result["failed"] and "get new credentials" in result["msg"]


def test_check_mode_is_the_same(account: Account) -> None:
    account.definition["cpu"] = "300"
    given = {"task_definition": account.definition, "service": account.service}
    assert account.module("preflight", True, **given)["msg"] == account.module("preflight", **given)["msg"]


def test_families_are_chosen_and_left_out(account: Account) -> None:
    both = account.run("sizes", "progress")["checks"]
    assert {item["check"] for item in both} == {"sizes", "progress"}
    one = account.run("sizes", "progress", skip=["sizes"])["checks"]
    assert {item["check"] for item in one} == {"progress"}
    assert account.run("sizes", "progress", skip=["sizes", "progress"])["checks"] == []


def test_warnings_fail_on_demand(account: Account) -> None:
    account.container["image"] = account.push("1")
    assert not account.run("images").get("failed")
    result = account.run("images", warnings_as_errors=True)
    assert result["failed"]
    assert (result["summary"]["ok"], result["summary"]["warning"]) == (1, 1)


# What is given


def test_documents_may_be_spelled_as_aws_spells_them(account: Account, module: ModuleRun) -> None:
    definition = {
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "513",
        "containerDefinitions": [{"name": "web", "image": "web"}],
    }
    wanted = "Fargate does not offer 513 MiB of memory with 256 CPU units."
    for document in (
        definition,
        {"definition": definition},
        {"definition": {"taskDefinition": definition, "tags": []}},
        {
            **definition,
            "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1",
            "revision": 1,
        },
        {**definition, "keep": 3},
    ):
        assert module("preflight", task_definition=document)["msg"].split(": ", 1)[1].startswith(wanted)


def test_a_document_in_a_file_is_read(account: Account, module: ModuleRun, tmp_path: Any) -> None:
    account.definition["memory"] = "513"
    path = tmp_path / "web.json"
    path.write_text(json.dumps(account.definition), encoding="utf-8")
    assert "513 MiB" in module("preflight", task_definition={"src": str(path)})["msg"]


def test_what_was_checked_can_be_handed_on(account: Account, module: ModuleRun) -> None:
    """The same two documents, as the modules of the resources take them."""
    account.add_image()
    account.add_log_group()
    account.add_roles()
    assert not account.run().get("failed")
    module.ok("task_definition", **copy.deepcopy(account.definition))
    module.ok("service", **copy.deepcopy(account.service), task_definition="web")
    assert not module("preflight", service="web", cluster="shop").get("failed")


def test_a_service_that_exists_counts_with_its_settings(account: Account, module: ModuleRun) -> None:
    module.ok("task_definition", **account.definition)
    module.ok("service", **account.service, task_definition="web")
    tight = {"name": "web", "cluster": "shop", "deployment_configuration": {"maximum_percent": 100}}
    (item,) = [entry for entry in module("preflight", service=tight)["checks"] if entry["status"] == "failed"]
    assert item["message"].startswith("Of 2 tasks 2 must keep running and at most 2 may run")
    by_name = module.ok("preflight", service="web", cluster="shop")["checks"]
    assert {"task_definition", "capacity", "network", "progress"} <= {entry["check"] for entry in by_name}


def test_a_new_revision_is_checked_against_a_service_that_exists(account: Account, module: ModuleRun) -> None:
    account.add_balancer()
    module.ok("task_definition", **account.definition)
    module.ok("service", **account.service, task_definition="web")
    account.container["port_mappings"] = [{"name": "http", "container_port": 8080}]
    given = {"task_definition": account.definition, "service": "web", "cluster": "shop"}
    result = module("preflight", **given, checks=["load_balancers"])
    assert "has no port mapping for 80" in result["msg"]


def test_what_does_not_exist_by_name_is_a_failed_check(account: Account, module: ModuleRun) -> None:
    result = module("preflight", task_definition="none:3", service="none", cluster="shop", fail=False)
    wrong = {item["check"]: item["message"] for item in result["checks"] if item["status"] == "failed"}
    assert wrong == {
        "task_definition": "The task definition 'none:3' does not exist.",
        "service": "The service 'none' does not exist in the cluster 'shop'.",
    }


def test_capacity_that_is_given_replaces_the_launch_type_that_is_there(account: Account, module: ModuleRun) -> None:
    module.ok("task_definition", **account.definition)
    module.ok("service", **account.service, task_definition="web")
    strategy = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    document = {"name": "web", "cluster": "shop", "capacity_provider_strategy": strategy}
    found = module.ok("preflight", service=document, checks=["capacity"])["checks"]
    assert "capacity provider FARGATE_SPOT" in [item["subject"] for item in found]


def test_under_an_external_controller_task_sets_have_capacity_and_network(account: Account, module: ModuleRun) -> None:
    service = {"name": "web", "cluster": "shop", "deployment_controller": {"type": "EXTERNAL"}}
    assert module("preflight", task_definition=account.definition, service=service)["summary"]["failed"] == 0


def test_a_revision_that_was_deregistered_is_a_failed_check(account: Account, module: ModuleRun) -> None:
    module.ok("task_definition", **account.definition)
    module.ok("task_definition", family="web", state="absent")
    assert "is INACTIVE" in module.refused("preflight", task_definition="web:1")


def test_without_the_definition_what_needs_it_is_skipped(account: Account, module: ModuleRun) -> None:
    account.add_balancer()
    account.service["service_connect_configuration"] = {"enabled": True, "services": [{"port_name": "http"}]}
    result = module("preflight", task_definition="none", service=account.service, fail=False)
    skipped = {item["check"] for item in result["checks"] if item["status"] == "skipped"}
    assert skipped == {"load_balancers", "network", "service_connect"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the following is required: task_definition, service"),
        ({"task_definition": ["web"]}, "task_definition: a list is neither a name nor a document."),
        ({"service": {"cluster": "shop"}}, "service: name is required"),
        (
            {"task_definition": {"family": "web", "container_definitions": [{"nam": "web"}]}},
            "task_definition: container_definitions[0].nam: no such member of ContainerDefinition; did you mean name?",
        ),
        (
            {"task_definition": {"family": "web", "contaner_definitions": []}},
            "task_definition: contaner_definitions: no such member",
        ),
        (
            {"task_definition": {"definition": {"family": "web"}, "famly": "web"}},
            "task_definition: famly is no option of longshore.ecs.task_definition.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    module: ModuleRun, emulator: Emulator, given: dict[str, Any], words: str
) -> None:
    assert words in module.refused("preflight", **given)
    assert emulator.calls() == []


# Sizes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cpu": "300"}, "Fargate does not offer 300 CPU units."),
        ({"memory": "1536"}, "Fargate does not offer 1536 MiB of memory with 256 CPU units."),
        ({"memory": None}, "A task on Fargate needs cpu and memory."),
        ({"ephemeral_storage": {"size_in_gib": 201}}, "Fargate does not offer 201 GiB of storage."),
        ({"runtime_platform": {"operating_system_family": "WINDOWS_SERVER_2022_CORE"}}, "256 CPU units for Windows"),
    ],
)
def test_sizes_that_fargate_does_not_offer(account: Account, changes: dict[str, Any], words: str) -> None:
    account.definition.update(changes)
    status, message = account.only("sizes")
    assert status == "failed" and words in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cpu": 512}, "ask for 512 CPU units"),
        ({"memory": 1024}, "ask for 1024 MiB"),
        ({"memory_reservation": 513}, "513"),
    ],
)
def test_containers_that_do_not_fit_into_their_task(account: Account, changes: dict[str, Any], words: str) -> None:
    account.container.update(changes)
    assert words in account.only("sizes")[1]


def test_storage_that_fargate_offers(account: Account) -> None:
    account.definition["ephemeral_storage"] = {"size_in_gib": 200}
    assert account.found("sizes") == []


def test_on_ec2_somebody_has_to_say_the_memory(account: Account) -> None:
    on_ec2(account)
    account.definition.update(cpu=None, memory=None)
    assert "Neither the task nor the container 'web'" in account.only("sizes")[1]
    account.container["memory_reservation"] = 64
    assert account.found("sizes") == []
    account.definition["ephemeral_storage"] = {"size_in_gib": 30}
    assert "Only tasks on Fargate" in account.only("sizes")[1]


def on_ec2(account: Account) -> None:
    """Let the service run on container instances, with the network mode bridge."""
    account.definition.update(requires_compatibilities=["EC2"], network_mode="bridge")
    account.service.update(launch_type="EC2")
    del account.service["network_configuration"]


# Images


def test_an_image_that_is_not_in_its_repository(account: Account) -> None:
    account.add_image()
    account.container["image"] += "0"
    assert account.only("images") == (
        "failed",
        f"ECR of {ACCOUNT} in {REGION} has the repository 'shop/web' but not the image 'shop/web:10'.",
    )


def test_a_repository_that_is_not_there(account: Account) -> None:
    account.container["image"] = f"{REGISTRY}/shop/api:1"
    assert account.only("images")[1] == f"ECR of {ACCOUNT} in {REGION} has no repository 'shop/api'."


def test_an_image_is_looked_for_in_its_own_region(account: Account, emulator: Emulator) -> None:
    account.add_image()
    account.container["image"] = account.container["image"].replace(REGION, "us-east-1")
    assert account.only("images")[1] == f"ECR of {ACCOUNT} in us-east-1 has no repository 'shop/web'."
    assert [call["region"] for call in emulator.calls() if call["operation"] == "BatchGetImage"] == ["us-east-1"]


def test_an_image_by_digest(account: Account, client: Callable[[str], Any]) -> None:
    account.add_image()
    (shown,) = client("ecr").describe_images(repositoryName="shop/web")["imageDetails"]
    account.container["image"] = f"{REGISTRY}/shop/web:gone@{shown['imageDigest']}"
    assert account.found("images") == []
    account.container["image"] = f"{REGISTRY}/shop/web@sha256:{'0' * 64}"
    assert "not the image 'shop/web@sha256:000" in account.only("images")[1]


def test_an_image_for_another_platform(account: Account) -> None:
    account.container["image"] = account.push("arm", "linux/arm64")
    status, message = account.only("images")
    assert status == "failed"
    assert "'shop/web:arm' is not built for linux/amd64, but for linux/arm64" in message
    account.definition["runtime_platform"] = {"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}
    assert account.found("images") == []


def test_the_platform_of_a_single_image_cannot_be_told(account: Account) -> None:
    account.container["image"] = account.push("1")
    status, message = account.only("images")
    assert status == "warning" and "Whether 'shop/web:1' is built for linux/amd64 cannot be told" in message
    on_ec2(account)
    assert account.found("images") == []


def test_a_reference_that_is_none(account: Account) -> None:
    account.container["image"] = "Shop/Web:latest release"
    said = "The image 'Shop/Web:latest release' is no valid reference: it holds white space."
    assert account.only("images") == ("failed", said)


# Secrets


def test_a_secret_that_does_not_exist(account: Account) -> None:
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:none-abcdef"
    account.container["secrets"] = {"DB": arn}
    assert account.only("secrets") == ("failed", f"There is no secret '{arn}'.")


def test_a_secret_without_the_key(account: Account) -> None:
    account.add_secrets()
    account.container["secrets"] = {"DB": f"{account.secret}:username::"}
    assert account.only("secrets") == ("failed", f"The secret '{account.secret}' has no key 'username'.")


def test_a_secret_that_is_no_json(account: Account, client: Callable[[str], Any]) -> None:
    arn = client("secretsmanager").create_secret(Name="plain", SecretString=VALUE)["ARN"]
    account.container["secrets"] = {"DB": f"{arn}:password::"}
    result = account.run("secrets", fail=False)
    assert "holds no JSON object" in result["checks"][0]["message"]
    assert VALUE not in json.dumps(result)
    account.container["secrets"] = {"DB": arn}
    assert account.found("secrets") == []


def test_a_secret_without_the_version(account: Account) -> None:
    account.add_secrets()
    account.container["secrets"] = {"DB": f"{account.secret}::AWSCURRENT:"}
    assert account.found("secrets") == []
    account.container["secrets"] = {"DB": f"{account.secret}::OTHER:"}
    assert "has no version OTHER" in account.only("secrets")[1]


def test_a_secret_that_is_being_deleted(account: Account, client: Callable[[str], Any]) -> None:
    account.add_secrets()
    client("secretsmanager").delete_secret(SecretId=account.secret)
    account.container["secrets"] = {"DB": account.secret}
    assert "scheduled for deletion" in account.only("secrets")[1]


def test_a_reference_to_a_secret_in_another_form(account: Account) -> None:
    account.container["secrets"] = {"DB": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop-db:password"}
    assert "is no reference to a secret that ECS takes" in account.only("secrets")[1]


def test_a_parameter_that_does_not_exist(account: Account) -> None:
    account.container["secrets"] = {"KEY": "/none"}
    assert account.only("secrets") == ("failed", "There is no parameter '/none' in this Region.")


def test_a_value_in_the_place_of_a_reference_is_not_repeated(account: Account) -> None:
    account.container["secrets"] = {"KEY": VALUE}
    result = account.run("secrets", fail=False)
    assert result["checks"][0]["message"].startswith("value_from is neither the name of a parameter")
    assert VALUE not in json.dumps(result["checks"])


def test_a_secret_of_a_log_option(account: Account) -> None:
    options = [{"name": "apikey", "value_from": "/none"}]
    account.container["log_configuration"] = {"log_driver": "splunk", "secret_options": options}
    (item,) = account.found("secrets")
    assert item["subject"] == "web: log option apikey"


def test_credentials_of_a_registry_hold_both_keys(account: Account, client: Callable[[str], Any]) -> None:
    arn = client("secretsmanager").create_secret(Name="hub", SecretString='{"username": "u"}')["ARN"]
    account.container["repository_credentials"] = {"credentials_parameter": arn}
    assert account.only("secrets") == ("failed", f"The secret '{arn}' has no key 'password'.")


# Environment files


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("arn:aws:s3:::shop-env/prod/none.env", "has no object 'prod/none.env'"),
        ("arn:aws:s3:::none/prod/web.env", "The bucket 'none'"),
        ("arn:aws:s3:::shop-env/prod/web.txt", "does not end with .env"),
        ("s3://shop-env/prod/web.env", "is no ARN of an object in S3"),
    ],
)
def test_an_environment_file_that_is_not_there(account: Account, arn: str, words: str) -> None:
    account.add_file()
    account.container["environment_files"] = [{"value": arn, "type": "s3"}]
    status, message = account.only("environment_files")
    assert status == "failed" and words in message


# Roles


@pytest.mark.parametrize("member", ["execution_role_arn", "task_role_arn"])
def test_a_role_that_does_not_exist(account: Account, member: str) -> None:
    account.definition[member] = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert account.only("roles")[1] == f"There is no role 'arn:aws:iam::{ACCOUNT}:role/none' in this account."


def test_a_role_that_trusts_somebody_else(account: Account) -> None:
    account.definition["task_role_arn"] = account.role("task", "ec2.amazonaws.com")
    assert account.only("roles")[1].startswith("The role 'task' does not trust ecs-tasks.amazonaws.com")


def test_a_role_of_another_account(account: Account) -> None:
    account.definition["task_role_arn"] = account.role("task").replace(ACCOUNT, "210987654321")
    assert "and not 'arn:aws:iam::210987654321:role/task'" in account.only("roles")[1]


def test_a_role_by_its_name(account: Account) -> None:
    account.role("task")
    account.definition["task_role_arn"] = "task"
    assert account.found("roles") == []


def test_an_execution_role_that_is_missing_and_needed(account: Account) -> None:
    account.add_image()
    account.add_secrets()
    (item,) = account.found("roles")
    assert item["message"] == (
        "There is no execution role, and without one ECS cannot read its secrets, read its parameters, sign in to ECR, "
        "pull its images."
    )


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("secretsmanager:GetSecretValue", "may not read its secrets: its policies do not allow secretsmanager:GetSecr"),
        ("ssm:GetParameters", f"ssm:GetParameters on 'arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/key'"),
        ("ecr:BatchGetImage", f"ecr:BatchGetImage on 'arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/web'"),
        ("ecr:GetAuthorizationToken", "may not sign in to ECR"),
        ("logs:PutLogEvents", f"log-group:{GROUP}:log-stream:"),
        ("s3:GetObject", "may not read its environment files"),
    ],
)
def test_an_execution_role_that_may_not(account: Account, lacking: str, words: str) -> None:
    account.add_image()
    account.add_secrets()
    account.add_file()
    account.add_log_group()
    account.add_roles(*[action for action in ALLOWED if action != lacking])
    status, message = account.only("roles")
    assert status == "failed" and words in message


def test_what_a_condition_decides_is_a_warning(account: Account) -> None:
    account.add_secrets()
    condition = {"StringEquals": {"aws:ResourceTag/team": "shop"}}
    role = account.role("exec", "ecs-tasks.amazonaws.com", *ALLOWED, Condition=condition)
    account.definition["execution_role_arn"] = role
    found = account.found("roles")
    assert {item["status"] for item in found} == {"warning"}
    assert "depends on conditions that cannot be told" in found[0]["message"]


def test_a_role_that_may_not_create_its_log_group(account: Account) -> None:
    account.log_to("/none", **{"awslogs-create-group": "true"})
    account.add_roles()
    assert "may not create its log groups" in account.only("roles")[1]
    assert account.found("logs") == []


def test_on_ec2_the_instance_pulls_and_writes_logs(account: Account) -> None:
    account.add_image()
    account.add_log_group()
    account.add_roles("s3:GetObject")
    on_ec2(account)
    assert account.found("roles") == []


def test_roles_with_which_ecs_acts(account: Account) -> None:
    account.add_balancer()
    account.add_hook()
    account.hook["role_arn"] = account.definition["task_role_arn"] = account.role("task")
    del account.balancer["advanced_configuration"]["role_arn"]
    volume = {"name": "data", "managed_ebs_volume": {"role_arn": "none", "size_in_gib": 1}}
    account.service["volume_configurations"] = [volume]
    messages = " ".join(item["message"] for item in account.found("roles"))
    assert "ECS needs a role for the load balancer of web, and none is given." in messages
    assert "The role 'task' does not trust ecs.amazonaws.com" in messages
    assert "There is no role 'none' in this account." in messages
    assert "The role 'task' may not invoke its function" in messages


# Logs


def test_a_log_group_that_does_not_exist(account: Account) -> None:
    account.add_log_group()
    account.log_to("/ecs/prod/shop")
    assert account.only("logs") == ("failed", f"There is no log group '/ecs/prod/shop' in {REGION}.")
    account.log_to("/ecs/prod/shop", **{"awslogs-create-group": "true"})
    assert account.found("logs") == []


def test_a_log_group_of_another_region(account: Account) -> None:
    account.add_log_group()
    account.log_to(GROUP, **{"awslogs-region": "us-east-1"})
    assert account.only("logs")[1] == f"There is no log group '{GROUP}' in us-east-1."


def test_log_options_that_are_lacking(account: Account) -> None:
    account.add_log_group()
    del account.container["log_configuration"]["options"]["awslogs-stream-prefix"]
    assert "lacks awslogs-stream-prefix" in account.only("logs")[1]
    on_ec2(account)
    assert account.found("logs") == []


# Volumes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file_system_id": "fs-12345678", "authorization_config": {}}, "There is no file system 'fs-12345678'."),
        ({"authorization_config": {"access_point_id": "fsap-1"}}, "There is no access point 'fsap-1'."),
        ({"transit_encryption": "DISABLED"}, "An access point needs encryption in transit."),
        ({"root_directory": "/data"}, "With an access point the root directory is / and not '/data'."),
    ],
)
def test_a_file_system_that_cannot_be_mounted(account: Account, changes: dict[str, Any], words: str) -> None:
    account.add_volume()
    account.efs.update(changes)
    assert account.only("volumes") == ("failed", words)


def test_a_file_system_without_a_mount_target(account: Account, client: Callable[[str], Any]) -> None:
    system = client("efs").create_file_system(CreationToken="other")["FileSystemId"]
    account.add_volume()
    account.efs["file_system_id"] = system
    messages = [item["message"] for item in account.found("volumes")]
    assert messages[0] == f"The file system '{system}' has no mount target, so no task can mount it."
    assert f", not of '{system}'." in messages[1]


def test_volumes_that_are_configured_at_launch(account: Account) -> None:
    account.definition["volumes"] = [{"name": "data", "configured_at_launch": True}]
    assert "the service does not configure it" in account.only("volumes")[1]
    volume = {"name": "data", "managed_ebs_volume": {"role_arn": "r", "size_in_gib": 1}}
    account.service["volume_configurations"] = [volume]
    assert account.found("volumes") == []
    account.definition["volumes"] = [{"name": "data"}]
    assert "which the task definition does not leave to it" in account.only("volumes")[1]


# Capacity


def test_a_cluster_that_does_not_exist(account: Account) -> None:
    account.service["cluster"] = "none"
    assert account.only("capacity") == ("failed", f"There is no cluster 'none' in {REGION}.")


def test_a_cluster_that_was_deleted(account: Account, module: ModuleRun) -> None:
    module.ok("cluster", name="shop", state="absent")
    assert account.only("capacity")[1] == f"There is no cluster 'shop' in {REGION}."


def test_capacity_providers(account: Account, module: ModuleRun) -> None:
    del account.service["launch_type"]
    account.service["capacity_provider_strategy"] = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    assert account.found("capacity") == []
    module.ok("cluster", name="shop", capacity_providers=["FARGATE"])
    assert account.only("capacity")[1] == "The capacity provider 'FARGATE_SPOT' is not attached to the cluster 'shop'."
    account.service["capacity_provider_strategy"] = [{"capacity_provider": "none", "weight": 1}]
    assert account.only("capacity")[1] == "There is no capacity provider 'none'."


def test_a_strategy_of_two_kinds(account: Account) -> None:
    del account.service["launch_type"]
    strategy = [{"capacity_provider": name, "weight": 1} for name in ("FARGATE", "none")]
    account.service["capacity_provider_strategy"] = strategy
    assert "A strategy cannot mix Fargate with other capacity" in str(account.found("capacity"))


def test_without_a_launch_type_the_cluster_decides(account: Account, module: ModuleRun) -> None:
    del account.service["launch_type"]
    assert account.only("capacity")[1].startswith(
        "The service would run on EC2, but the task definition is made for FAR"
    )
    strategy = [{"capacity_provider": "FARGATE", "weight": 1}]
    module.ok("cluster", name="shop", default_capacity_provider_strategy=strategy)
    assert account.found("capacity") == []


def test_container_instances_that_are_lacking(account: Account) -> None:
    on_ec2(account)
    status, message = account.only("capacity")
    assert status == "warning" and "has no container instance" in message
    add_instance(account)
    assert account.found("capacity") == []


def add_instance(account: Account) -> None:
    """Register a container instance, as the agent does."""
    identity = json.dumps({"instanceId": "i-0123456789abcdef0", "region": REGION, "accountId": ACCOUNT})
    account.client("ecs").register_container_instance(
        cluster="shop", instanceIdentityDocument=identity, instanceIdentityDocumentSignature="signed"
    )


def test_fargate_wants_awsvpc(account: Account) -> None:
    account.definition["network_mode"] = "host"
    assert account.only("capacity")[1] == "Fargate wants the network mode awsvpc, and the task definition's is host."


# Network


def other_vpc(account: Account) -> tuple[str, str]:
    """Make another VPC with a subnet."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]


def test_subnets_that_do_not_exist(account: Account) -> None:
    account.awsvpc["subnets"] = ["subnet-12345678"]
    assert ("failed", f"There are no subnets subnet-12345678 in {REGION}.") in [
        (item["status"], item["message"]) for item in account.found("network")
    ]


def test_subnets_of_two_vpcs(account: Account) -> None:
    vpc, subnet = other_vpc(account)
    account.awsvpc["subnets"] = [account.subnets[0], subnet]
    messages = [item["message"] for item in account.found("network")]
    assert f"The subnets are of several VPCs: {', '.join(sorted([vpc, account.vpc]))}." in messages


def test_security_groups(account: Account) -> None:
    vpc, _subnet = other_vpc(account)
    ec2 = account.client("ec2")
    own, other = (
        ec2.create_security_group(GroupName="web", Description="web", VpcId=name)["GroupId"]
        for name in (account.vpc, vpc)
    )
    account.awsvpc["security_groups"] = [own]
    assert account.found("network") == []
    account.awsvpc["security_groups"] = [other]
    assert "are not of one VPC" in account.only("network")[1]
    account.awsvpc["security_groups"] = ["sg-12345678"]
    assert account.only("network")[1] == f"There are no security groups sg-12345678 in {REGION}."


def test_a_target_group_of_another_vpc(account: Account) -> None:
    group = account.target_group("web", vpc=other_vpc(account)[0])
    account.service["load_balancers"] = [{"target_group_arn": group, "container_name": "web", "container_port": 80}]
    assert account.only("network")[1].startswith("The target group 'web' is of vpc-")


def test_network_configuration_and_network_mode(account: Account) -> None:
    network = account.service["network_configuration"]
    on_ec2(account)
    assert account.found("network") == []
    account.service["network_configuration"] = network
    assert "is only for the network mode awsvpc" in account.only("network")[1]
    account.definition["network_mode"] = "awsvpc"
    assert account.only("network")[1] == "Only tasks on Fargate get a public IP address."
    account.awsvpc["assign_public_ip"] = "DISABLED"
    assert account.found("network") == []
    account.awsvpc["security_groups"] = [f"sg-{number}" for number in range(6)]
    assert "AWS takes at most 5 securityGroups." in str(account.found("network"))
    del account.service["network_configuration"]
    assert "needs subnets, and the service names none" in account.only("network")[1]


def test_a_public_subnet_without_a_public_address(account: Account) -> None:
    account.awsvpc["assign_public_ip"] = "DISABLED"
    account.add_image()
    account.add_secrets()
    account.add_log_group()
    status, message = account.only("network")
    assert status == "warning"
    assert message.endswith("have no way to ecr.api, ecr.dkr, s3, logs, secretsmanager, ssm.")


def test_vpc_endpoints_in_the_place_of_a_way_out(account: Account) -> None:
    ec2, (vpc, subnet) = account.client("ec2"), other_vpc(account)
    account.awsvpc["subnets"] = [subnet]
    account.add_image()
    assert account.only("network")[1] == f"Tasks in {subnet} have no way to ecr.api, ecr.dkr, s3."
    for name, kind in (("ecr.api", "Interface"), ("ecr.dkr", "Interface"), ("s3", "Gateway")):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.{name}", VpcEndpointType=kind)
    assert account.found("network") == []
    account.container["image"] = "nginx"
    assert account.only("network")[1].endswith("the registries of other images.")


def test_a_nat_gateway_is_a_way_out(account: Account) -> None:
    ec2, (vpc, subnet) = account.client("ec2"), other_vpc(account)
    account.awsvpc.update(subnets=[subnet], assign_public_ip="DISABLED")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=account.subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
    assert account.only("network")[0] == "warning"
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert account.found("network") == []


# Load balancers


def test_target_groups(account: Account) -> None:
    group = account.target_group("web")
    entry = {"target_group_arn": group, "container_name": "web", "container_port": 80}
    account.service["load_balancers"] = [entry]
    assert account.only("load_balancers")[1] == "The target group 'web' is behind no load balancer, so ECS refuses it."
    account.listener(group)
    assert account.found("load_balancers") == []
    on_ec2(account)
    assert "takes targets of the type ip, but tasks with the network mode bridge" in account.only("load_balancers")[1]
    entry["target_group_arn"] = group.replace("/web/", "/none/")
    assert account.only("load_balancers")[1].startswith("There is no target group 'arn:")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"container_name": "api"}, "names the container 'api', which the task definition does not have"),
        ({"container_port": 81}, "The container 'web' has no port mapping for 81"),
    ],
)
def test_a_load_balancer_that_leads_nowhere(account: Account, changes: dict[str, Any], words: str) -> None:
    account.add_balancer()
    account.balancer.update(changes)
    assert words in account.only("load_balancers")[1]


def test_a_range_of_ports(account: Account) -> None:
    account.add_balancer()
    account.container["port_mappings"] = [{"container_port_range": "79-81"}]
    assert account.found("load_balancers") == []


def test_what_shifts_traffic(account: Account) -> None:
    account.add_balancer()
    advanced = account.balancer["advanced_configuration"]
    whole = copy.deepcopy(advanced)
    advanced["production_listener_rule"] = account.listener(account.target_group("other"), "other")
    assert "forwards to neither of the two target groups" in account.only("load_balancers")[1]
    advanced["production_listener_rule"] = whole["production_listener_rule"][:-1] + "x"
    assert account.only("load_balancers")[1].startswith("There is no production listener rule 'arn:")
    advanced.update(whole, alternate_target_group_arn=account.balancer["target_group_arn"])
    assert account.only("load_balancers")[1] == "The alternate target group is the target group itself."
    del account.balancer["advanced_configuration"]
    assert "needs alternateTargetGroupArn and productionListenerRule" in account.only("load_balancers")[1]
    account.deployment["strategy"] = "ROLLING"
    assert account.found("load_balancers") == []


def test_a_listener_in_the_place_of_its_rule(account: Account) -> None:
    account.add_balancer()
    advanced = account.balancer["advanced_configuration"]
    advanced["production_listener_rule"] = advanced["production_listener_rule"].rpartition("/")[0].replace("-rule", "")
    assert account.found("load_balancers") == []


def test_health_check_grace_period(account: Account) -> None:
    account.service["health_check_grace_period_seconds"] = 60
    assert "only taken for a service with a load balancer" in account.only("load_balancers")[1]
    account.add_balancer()
    assert account.found("load_balancers") == []
    account.container["health_check"] = {"command": ["CMD", "true"], "start_period": 300}
    status, message = account.only("load_balancers")
    assert status == "warning" and "may take 300 seconds to start" in message
    account.service["health_check_grace_period_seconds"] = 300
    assert account.found("load_balancers") == []


# Service Connect, hooks, alarms


def test_service_connect(account: Account, module: ModuleRun) -> None:
    account.add_namespace()
    account.connect["services"] = [{"port_name": "grpc"}]
    assert account.only("service_connect")[1] == "The task definition has no port named 'grpc', only http."
    account.connect.update(services=[], namespace="none")
    assert account.only("service_connect")[1] == f"There is no namespace 'none' in {REGION}."
    del account.connect["namespace"]
    assert account.only("service_connect")[1].startswith("Service Connect has no namespace")
    module.ok("cluster", name="shop", service_connect_defaults={"namespace": "shop"})
    assert account.found("service_connect") == []


def test_service_registries(account: Account) -> None:
    account.add_namespace()
    account.registry["container_port"] = 81
    assert "The registry names the port 81 of the container 'web'" in account.only("service_connect")[1]
    account.registry.update(container_port=80, registry_arn=account.registry["registry_arn"][:-1] + "!")
    assert account.only("service_connect")[1].startswith("There is no Cloud Map service 'arn:")


def test_hooks(account: Account) -> None:
    account.add_hook()
    pause = {"target_type": "PAUSE", "lifecycle_stages": ["POST_SCALE_UP"]}
    account.deployment["lifecycle_hooks"].append(pause)
    assert account.found("hooks") == []
    account.hook["hook_target_arn"] = account.hook["hook_target_arn"].replace("smoke", "none")
    assert account.only("hooks")[1].startswith("There is no function 'arn:")


def test_alarms(account: Account, client: Callable[[str], Any]) -> None:
    account.add_alarm()
    client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    status, message = account.only("alarms")
    assert status == "warning" and "is in ALARM now" in message
    account.deployment["alarms"]["alarm_names"] = ["none"]
    assert account.only("alarms") == ("failed", f"There is no alarm 'none' in {REGION}.")
    account.deployment["alarms"]["enable"] = False
    assert account.found("alarms") == []


# Progress


@pytest.mark.parametrize(
    ("desired", "low", "high", "room"),
    [
        (1, 100, 100, False),
        (1, 100, 199, False),  # the maximum is rounded down
        (1, 100, 200, True),
        (1, 0, 100, True),
        (1, 50, 100, False),  # the minimum is rounded up
        (2, 50, 100, True),
        (3, 67, 133, False),
        (3, 66, 100, True),
        (0, 100, 100, True),
    ],
)
def test_room_to_replace_tasks(account: Account, desired: int, low: int, high: int, room: bool) -> None:
    account.service["desired_count"] = desired
    account.deployment.update(minimum_healthy_percent=low, maximum_percent=high)
    found = account.found("progress")
    assert (found == []) is room
    assert all("can neither stop nor start one" in item["message"] for item in found)


def test_a_daemon_has_to_stop_a_task_first(account: Account) -> None:
    on_ec2(account)
    del account.service["desired_count"]
    account.service["scheduling_strategy"] = "DAEMON"
    assert account.found("progress") == []
    account.deployment["minimum_healthy_percent"] = 100
    assert account.only("progress")[1].startswith("No task of a DAEMON service may stop")


@pytest.mark.parametrize(("mode", "ports"), [("host", {"container_port": 80}), ("bridge", {"host_port": 80})])
def test_ports_of_the_host_that_are_all_taken(account: Account, mode: str, ports: dict[str, int]) -> None:
    on_ec2(account)
    add_instance(account)
    account.definition["network_mode"] = mode
    account.container["port_mappings"] = [{"container_port": 80, **ports}]
    account.service["desired_count"] = 1
    assert "there are only 1 container instances" in account.only("progress")[1]
    account.deployment["minimum_healthy_percent"] = 0
    assert account.found("progress") == []


def test_what_a_controller_does_not_take(account: Account) -> None:
    account.service["deployment_controller"] = {"type": "CODE_DEPLOY"}
    assert account.only("progress")[1] == "The deployment controller CODE_DEPLOY needs a load balancer."
    account.deployment["deployment_circuit_breaker"] = {"enable": True, "rollback": True}
    assert account.only("progress")[1] == "The deployment controller CODE_DEPLOY does not take a circuit breaker."
