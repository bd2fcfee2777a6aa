# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cause, strategy and hook in whole playbooks; what a module sleeps steps the emulator's clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.playbooks import playbook, stepped

from ..test_diagnosis import TROUBLES
from .account import Account

HERE = Path(__file__).parent
ROLE = "arn:aws:iam::123456789012:role/shop"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-AbCdEf:PASSWORD::"
SMOKE = "arn:aws:lambda:us-east-1:123456789012:function:smoke"
BROKEN = "arn:aws:lambda:us-east-1:123456789012:function:broken"
SLOW = "arn:aws:lambda:us-east-1:123456789012:function:slow"
# For each service: its configuration, and the code with which its deployment fails, where it does.
SERVICES: dict[str, tuple[dict[str, Any], str | None]] = {
    "rolling": ({"strategy": "ROLLING"}, None),
    "blue-green": ({"strategy": "BLUE_GREEN", "bake_time_in_minutes": 2}, None),
    "linear": (
        {"strategy": "LINEAR", "linear_configuration": {"step_percent": 40, "step_bake_time_in_minutes": 1}},
        None,
    ),
    "canary": (
        {"strategy": "CANARY", "canary_configuration": {"canary_percent": 10, "canary_bake_time_in_minutes": 1}},
        None,
    ),
    "checked": ({"strategy": "BLUE_GREEN", "lifecycle_hooks": [{"hook_target_arn": SMOKE}]}, None),
    "patient": ({"strategy": "CANARY", "lifecycle_hooks": [{"hook_target_arn": SLOW}]}, None),
    "unsound": ({"strategy": "BLUE_GREEN", "lifecycle_hooks": [{"hook_target_arn": BROKEN}]}, "RolledBack"),
    "paused": ({"strategy": "BLUE_GREEN", "lifecycle_hooks": [{"target_type": "PAUSE"}]}, None),
    "undecided": ({"strategy": "LINEAR", "lifecycle_hooks": [{"target_type": "PAUSE"}]}, "AwaitingApproval"),
}
# Services that an alarm guards.
GUARDED = {"guarded": "BLUE_GREEN", "guarded-rolling": "ROLLING"}


@pytest.fixture
def still(server: Emulator, tmp_path: Path) -> Account:
    """Give an account with a cluster, whose clock stands still but for what modules sleep."""
    server.reset()
    server.clock(speed=0)
    account = Account(server, tmp_path)
    account.environment = stepped(account.environment, server.url)
    account.client("ecs").create_cluster(clusterName="shop")
    server.clock(step=60)
    return account


def subnets(account: Account) -> list[str]:
    return [subnet["SubnetId"] for subnet in account.client("ec2").describe_subnets()["Subnets"]][:2]


def register(account: Account, family: str, image: str, **container: Any) -> None:
    definition = {"name": "web", "image": image, "portMappings": [{"containerPort": 80}], **container}
    account.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=f"{ROLE}-execution",
        taskRoleArn=f"{ROLE}-task",
        containerDefinitions=[definition],
    )


def target_group(account: Account) -> str:
    elb, vpc = account.client("elbv2"), account.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets(account))["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = str(group["TargetGroups"][0]["TargetGroupArn"])
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    return arn


def test_every_cause_is_named_in_a_playbook(still: Account) -> None:
    logs = {"awslogs-group": "/shop/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}
    still.client("logs").create_log_group(logGroupName="/shop/web")
    for tag, *_expected in TROUBLES:
        register(
            still,
            f"web-{tag}",
            f"web:{tag}",
            logConfiguration={"logDriver": "awslogs", "options": logs},
            healthCheck={"command": ["CMD", "true"]},
            secrets=[
                {"name": "PASSWORD", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-Ab1:P::"}
            ],
        )
    values = {"subnets": subnets(still), "target_group": target_group(still), "troubles": [row[0] for row in TROUBLES]}
    run = playbook(str(HERE / "causes.yml"), still.environment, values).ok()
    results = run.task("Deploy what cannot run").items
    causes = {item["item"]: item["diagnosis"]["cause"] for item in results}
    assert causes == {tag: cause for tag, cause, *_words in TROUBLES}
    for item in results:
        assert item["failure"]["code"] == "Failed" and item["diagnosis"]["summary"] in item["msg"]
        assert item["diagnosis"]["next_step"] in item["msg"]


def configured(name: str) -> dict[str, Any]:
    """Give a service of `SERVICES` as the playbook wants it; hooks get their stage and role."""
    configuration, code = SERVICES[name]
    hooks = [
        {"lifecycle_stages": ["POST_SCALE_UP"], **({"role_arn": ROLE} if "hook_target_arn" in hook else {}), **hook}
        for hook in configuration.get("lifecycle_hooks", [])
    ]
    steps = {"canary_percent": 10, "canary_bake_time_in_minutes": 1}
    more = {"canary_configuration": steps} if configuration["strategy"] == "CANARY" else {}
    if configuration["strategy"] == "LINEAR":
        more = {"linear_configuration": {"step_percent": 50, "step_bake_time_in_minutes": 1}}
    service = {
        "name": name,
        "configuration": {**more, **configuration, **({"lifecycle_hooks": hooks} if hooks else {})},
        "wait_until": "approval" if name == "paused" else "completed",
    }
    return {**service, "fails": code} if code else service


def test_every_strategy_and_hook_in_a_playbook(still: Account) -> None:
    for tag in ("1", "2"):
        register(still, "web", f"web:{tag}")
    metric = {"Namespace": "shop", "MetricName": "errors", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
    still.client("cloudwatch").put_metric_alarm(
        AlarmName="web-5xx", ComparisonOperator="GreaterThanThreshold", Threshold=1, **metric
    )
    still.emulator.control("hooks", {"broken": ["FAILED"], "slow": ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]})
    alarms = {"alarm_names": ["web-5xx"], "enable": True, "rollback": True}
    guarded = [
        {"name": name, "configuration": {"strategy": strategy, "bake_time_in_minutes": 5, "alarms": alarms}}
        for name, strategy in GUARDED.items()
    ]
    services = [configured(name) for name in SERVICES]
    values = {"subnets": subnets(still), "services": services, "guarded": guarded}
    run = playbook(str(HERE / "strategies.yml"), still.environment, values).ok()
    foreseen, deployed = run.task("What would be deployed").items, run.task("What is deployed").items
    assert [item["actions"] for item in foreseen] == [item["actions"] for item in deployed]
    codes = {item["item"]["name"]: (item.get("failure") or {}).get("code") for item in deployed}
    assert codes == {name: code for name, (_configuration, code) in SERVICES.items()}
    outcomes = {item["item"]["name"]: item["deployment"]["outcome"] for item in deployed}
    assert outcomes["paused"] == "awaiting_approval" and outcomes["canary"] == "completed"
    unsound = next(item for item in deployed if item["item"]["name"] == "unsound")
    assert unsound["diagnosis"]["cause"] == "hook" and "broken" in unsound["msg"]
    stopped = run.task("What the alarm has done").result
    assert stopped["failure"]["code"] == "RolledBack" and stopped["diagnosis"]["cause"] == "alarm"
    assert [item["outcome"] for item in stopped["deployments"]] == ["rolled_back", "rolled_back"]
    assert not any(item["changed"] for item in run.task("What was deployed, once more").items)
    assert run.task("Reject what is paused").result["deployment"]["outcome"] == "rolled_back"
