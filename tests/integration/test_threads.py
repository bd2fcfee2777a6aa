# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of other tools have suffered when they deployed to ECS, thread by thread. Nothing sleeps.

A test names in its docstring, or in the ids of its parameters, the threads whose situation it brings about. Many are
shown where the behaviour has its own tests; the last test here looks for each of them in all tests.

Short forms: agent aws/amazon-ecs-agent, ca ansible-collections/community.aws, cdk aws/aws-cdk, cp aws/copilot-cli,
ep kayac/ecspresso, fd fabfuel/ecs-deploy, ga aws-actions/amazon-ecs-deploy-task-definition, px pulumi/pulumi-awsx,
rm aws/containers-roadmap, tf hashicorp/terraform-provider-aws, tm terraform-aws-modules/terraform-aws-ecs.

What no test can show:

cdk#10971               asks CDK for constructs that CloudFormation lacks
tf#13658, cdk#36012,    known by their numbers alone: the threads could not be read
ep#827, fd#105
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator

from .conftest import Shop
from .test_strategies import FUNCTION, ROLE, Shifted, balancer, shifted
from .test_waiting_traps import meanwhile, outcome, stable

__all__ = ["balancer", "shifted", "stable"]  # fixtures

NO_BREAKER = {"deployment_circuit_breaker": {"enable": False, "rollback": False}}
BREAKER = {"enable": True, "rollback": True}


def behind(target_group: str) -> list[dict[str, Any]]:
    """Give the load balancers of a service behind one target group."""
    return [{"target_group_arn": target_group, "container_name": "web", "container_port": 80}]


def told(shop: Shop, **options: Any) -> tuple[list[str], dict[str, Any]]:
    """Deploy slice by slice, as the action plugin does: the lines that a user sees, and the result."""
    token: dict[str, Any] | None = {}
    lines: list[str] = []
    result: dict[str, Any] = {}
    while token is not None:
        result = shop.deploy(**options, _watch=token)
        lines += result["_watch"]["lines"]
        token = result["_watch"]["token"]
    return lines, result


# A rollback is no success


def test_targets_that_stay_unhealthy_are_rolled_back_and_no_success(shop: Shop, target_group: str) -> None:
    """px#1848: three tasks fail the load balancer's check one after the other, and Pulumi says "updated"."""
    shop.register()
    shop.deploy(load_balancers=behind(target_group), desired_count=1)
    shop.register("web:target-unhealthy")
    result = shop.deploy(load_balancers=behind(target_group), desired_count=1, wait_timeout=3600)
    assert outcome(result) == ("RolledBack", "rolled_back") and "It runs web:1 now" in result["msg"]
    assert result["diagnosis"]["cause"] == "target-health"


def test_a_first_deployment_that_fails_is_no_success(shop: Shop) -> None:
    """rm#1369: the circuit breaker has nothing to go back to, and CloudFormation says CREATE_COMPLETE."""
    shop.register("web:container-unhealthy", health_check={"command": ["CMD-SHELL", "exit 1"]})
    result = shop.deploy()
    assert outcome(result) == ("Failed", "failed") and result["changed"]
    assert result["diagnosis"]["cause"] == "container-health"
    assert "It runs" not in result["msg"]


def test_what_was_rolled_back_is_deployed_by_the_next_run(shop: Shop, emulator: Emulator) -> None:
    """rm#1205: CloudFormation takes what was rolled back for deployed, and so it has nothing to do the next time."""
    shop.register()
    shop.deploy()
    shop.register("web:later")
    emulator.control("images", {"web:later": {"behaviour": "crash"}})
    assert outcome(shop.deploy()) == ("RolledBack", "rolled_back")
    assert shop.module.ok("service", True, **shop.base, task_definition="web")["changed"]
    emulator.control("images", {"web:later": {"behaviour": "ok"}})
    again = shop.deploy()
    assert again["changed"] and outcome(again) == (None, "completed")
    assert again["service"]["task_definition"] == "web:2"


def test_the_revision_that_a_rollback_brings_back_is_kept(shop: Shop) -> None:
    """fd#185, fd#251: the tool deregisters the revision before, and that is the one which runs again."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    assert outcome(shop.deploy()) == ("RolledBack", "rolled_back")
    shop.module.ok("task_definition", **shop.definition("web:3"), keep=1)
    found = shop.module.ok("task_definition_info", family=["web"])["task_definitions"]
    assert {item["revision"]: item["status"] for item in found}[3] == "ACTIVE"
    running = shop.module.ok("task_definition_info", task_definition=["web:1"])["task_definitions"]
    assert [item["status"] for item in running] == ["ACTIVE"]


# Why it failed


def test_hours_later_the_outcome_is_still_told(shop: Shop, emulator: Emulator) -> None:
    """rm#1246, rm#677: ECS forgets the stopped tasks after an hour, so whoever asks later finds nothing of them.

    The run that waited has the reason in its result; a later one says what ECS still knows.
    """
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    at_once = shop.deploy()
    assert at_once["diagnosis"]["cause"] == "image" and at_once["diagnosis"]["evidence"]["stopped_tasks"]
    emulator.clock(step=7200)
    later = shop.module("deployment", cluster="shop", service="web")
    assert later["failure"]["code"] == "RolledBack" and later["diagnosis"]["evidence"]["stopped_tasks"] == []
    assert "was rolled back: " in later["msg"] and "circuit breaker" in later["msg"]
    assert any("deployment failed" in event["message"] for event in later["diagnosis"]["evidence"]["events"])


# Waits


@pytest.mark.parametrize("image", ["web:crash", "web:secret-missing", "web:exec-format"])
def test_a_deployment_that_nothing_ends_is_not_waited_for_hours(shop: Shop, image: str) -> None:
    """cdk#1498, cdk#14457, agent#1996, aws/aws-toolkit-visual-studio#293, cp#4266: tasks fail for three hours.

    That of Copilot has the advice to set the desired count to 0, which makes the tool believe in a success.
    """
    secrets = {"SECRET": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf"}
    role = {"execution_role_arn": "arn:aws:iam::123456789012:role/shop-execution"}
    shop.module.ok("task_definition", **{**shop.definition(image, secrets=secrets), **role})
    began = shop.module.clock.seconds
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=4 * 3600)
    assert outcome(result) == ("Hopeless", "hopeless"), result["msg"]
    assert shop.module.clock.seconds - began < 1800
    stopped = shop.deploy(deployment_configuration=NO_BREAKER, desired_count=0)
    assert "proves nothing about the revision" in str(stopped["warnings"])


def test_tasks_that_start_well_and_then_exit_are_seen(shop: Shop, emulator: Emulator) -> None:
    """rm#1206: each was healthy for a moment, which resets the count of failures, so the breaker never ends it."""
    guarded = {"deployment_circuit_breaker": BREAKER, "bake_time_in_minutes": 5}
    shop.register()
    shop.deploy(deployment_configuration=guarded)
    shop.register("web:short")
    emulator.control("images", {"web:short": {"behaviour": "crash", "run_seconds": 60}})
    began = shop.module.clock.seconds
    result = shop.deploy(deployment_configuration=guarded, wait_timeout=3 * 3600)
    assert outcome(result) == ("Hopeless", "hopeless"), result["msg"]
    assert "the container web ended with exit code 1" in result["msg"]
    (service,) = shop.module.ok("service_info", cluster="shop", name=["web"])["services"]
    assert service["deployments"][0].get("failed_tasks", 0) < 3
    assert shop.module.clock.seconds - began < 1800


def test_the_number_of_failures_can_be_set(shop: Shop) -> None:
    """tf#48748, rm#1573: the circuit breaker takes too many tasks to make up its mind."""
    impatient = {**BREAKER, "threshold_configuration": {"type": "COUNT", "value": 1}}
    shop.register()
    shop.deploy(deployment_configuration={"deployment_circuit_breaker": impatient})
    shop.register("web:missing")
    began = shop.module.clock.seconds
    result = shop.deploy(deployment_configuration={"deployment_circuit_breaker": impatient})
    assert outcome(result) == ("RolledBack", "rolled_back")
    breaker = result["diagnosis"]["evidence"]["circuit_breaker"]
    assert (breaker["status"], breaker["threshold"], breaker["failure_count"]) == ("TRIGGERED", 1, 1)
    assert shop.module.clock.seconds - began < 60


@pytest.mark.parametrize(
    ("minutes", "limit", "end"),
    [
        pytest.param(11, 15, (None, "completed"), id="px#300"),
        pytest.param(16, 20, (None, "completed"), id="px#354"),
        pytest.param(70, 90, (None, "completed"), id="ga#527"),
        pytest.param(70, 60, ("TimedOut", "timed_out"), id="limit"),
    ],
)
def test_a_limit_of_hours_is_kept(
    shop: Shop, emulator: Emulator, minutes: int, limit: int, end: tuple[str | None, str]
) -> None:
    """A container that takes so many minutes to start, and a wait of so many: others end after 10, 15 and 60."""
    shop.register("web:slow")
    emulator.control("images", {"web:slow": {"start_seconds": 60 * minutes}})
    result = shop.deploy(wait_timeout=60 * limit)
    assert outcome(result) == end, result.get("msg")


def test_the_draining_of_targets_is_told(shop: Shop, target_group: str) -> None:
    """cdk#4599, cdk#31529, byu-oit/handel#500: five minutes pass, and nothing says that targets are deregistered."""
    shop.register()
    shop.deploy(load_balancers=behind(target_group))
    shop.register("web:2")
    lines, result = told(shop, load_balancers=behind(target_group))
    assert outcome(result) == (None, "completed")
    assert any("has begun draining connections on" in line for line in lines), lines
    assert any(re.search(rf"deregistered \d targets in \(target-group {target_group}\)", line) for line in lines)


# The wrong finish line


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="botocore#1021"),
        pytest.param({"desired_count": 1, "deployment_configuration": {"minimum_healthy_percent": 50}}, id="tf#16012"),
    ],
)
def test_targets_are_healthy_at_the_end_of_the_wait(
    shop: Shop, client: Callable[[str], Any], target_group: str, stable: Callable[[], bool], options: dict[str, Any]
) -> None:
    """ga#838, ep#821, aws/aws-sdk#199, boto/botocore#1021: the service is stable before its deployment is completed."""
    seen: list[tuple[bool, set[str], str]] = []

    def look() -> None:
        health = client("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        service = client("ecs").describe_services(cluster="shop", services=["web"])["services"][0]
        states = {target["TargetHealth"]["State"] for target in health}
        seen.append((stable(), states, service["deployments"][0]["rolloutState"]))

    meanwhile(shop, look)
    shop.register()
    result = shop.deploy(load_balancers=behind(target_group), **options)
    assert outcome(result) == (None, "completed")
    assert (True, {"initial"}, "IN_PROGRESS") in seen, seen
    assert seen[-1] == (True, {"healthy"}, "COMPLETED")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"task_definition": "web:2"}, id="px#902"),
        pytest.param({"force_new_deployment": True}, id="cdk#27882"),
    ],
)
def test_an_update_ends_when_nothing_of_before_is_left(shop: Shop, change: dict[str, Any]) -> None:
    """Right after the update all is as it was before: one deployment, and as many tasks as are wanted."""
    shop.register()
    before = shop.deploy()["service"]["deployments"][0]["id"]
    shop.register("web:2")
    result = shop.module.ok("service", name="web", cluster="shop", **change)
    (only,) = result["service"]["deployments"]
    assert only["id"] == result["deployment"]["id"] != before
    assert (only["rollout_state"], only["running_count"]) == ("COMPLETED", 2)


# Blue/green


def test_blue_green_with_a_hook_can_be_left(shifted: Shifted, emulator: Emulator) -> None:
    """rm#2664: back to ROLLING, with an empty list of hooks or with the old one, and the hook fails each attempt."""
    hook: dict[str, Any] = {"hook_target_arn": FUNCTION, "role_arn": ROLE, "lifecycle_stages": ["PRE_SCALE_UP"]}
    shifted.deploy(strategy="BLUE_GREEN", bake_time_in_minutes=0, lifecycle_hooks=[hook])
    emulator.control("hooks", {"smoke": ["FAILED"]})
    shifted.shop.register("web:2")
    result = shifted.deploy("web:2", strategy="ROLLING", lifecycle_hooks=[])
    assert outcome(result) == (None, "completed")
    shown = result["service"]["deployment_configuration"]
    assert shown["strategy"] == "ROLLING" and not shown.get("lifecycle_hooks")
    shifted.unchanged("web:2", strategy="ROLLING", lifecycle_hooks=[])


def test_a_rollback_is_told_as_it_begins(shifted: Shifted, emulator: Emulator) -> None:
    """cdk#36764: no stage and no hook tells of an automatic rollback, so nobody can act on it."""
    hook = {"hook_target_arn": FUNCTION, "role_arn": ROLE, "lifecycle_stages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}
    hooked: dict[str, Any] = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1, "lifecycle_hooks": [hook]}
    shifted.deploy(**hooked)
    emulator.control("hooks", {"smoke": ["FAILED"]})
    shifted.shop.register("web:2")
    lines, result = told(shifted.shop, revision="web:2", **shifted.base, deployment_configuration=hooked)
    assert outcome(result) == ("RolledBack", "rolled_back") and result["diagnosis"]["cause"] == "hook"
    assert any("web: ROLLBACK_IN_PROGRESS" in line for line in lines), lines
    assert any("deployment failed: lifecycle hook failed" in line for line in lines), lines


def test_a_pause_that_nobody_answers_ends_as_it_was_told(shifted: Shifted) -> None:
    """tf#48075: a canary that pauses for two days. The API has it, and the provider knows no such member."""
    pause: dict[str, Any] = {
        "target_type": "PAUSE",
        "lifecycle_stages": ["POST_TEST_TRAFFIC_SHIFT"],
        "timeout_configuration": {"timeout_in_minutes": 2880, "action": "ROLLBACK"},
    }
    canary: dict[str, Any] = {"canary_percent": 10, "canary_bake_time_in_minutes": 60}
    paused: dict[str, Any] = {"strategy": "CANARY", "canary_configuration": canary, "lifecycle_hooks": [pause]}
    shifted.deploy(strategy="CANARY", canary_configuration=canary)
    shifted.shop.register("web:2")
    asked = shifted.shop.deploy("web:2", **shifted.base, deployment_configuration=paused)
    assert outcome(asked) == ("AwaitingApproval", "awaiting_approval")
    assert "it will ROLLBACK by itself" in asked["msg"]
    shifted.emulator.clock(step=2880 * 60)
    result = shifted.shop.module("deployment", cluster="shop", service="web", wait_timeout=3600)
    assert result["failure"]["code"] == "RolledBack" and result["diagnosis"]["cause"] == "hook", result["msg"]


def test_a_pause_is_described_continued_rejected_and_stopped(shifted: Shifted) -> None:
    """reproio/ecs_deploy#125: four commands for operators, so that they need no raw calls."""
    module = shifted.shop.module
    pause = {"target_type": "PAUSE", "lifecycle_stages": ["POST_SCALE_UP"]}
    paused = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 0, "lifecycle_hooks": [pause]}
    shifted.deploy(strategy="BLUE_GREEN", bake_time_in_minutes=0)
    for image, state in enumerate(("continued", "rejected", "rolled_back"), 2):
        shifted.shop.register(f"web:{image}")
        asked = shifted.shop.deploy("web", **shifted.base, deployment_configuration=paused)
        (known,) = module.ok("deployment_info", cluster="shop", service="web", latest=1)["deployments"]
        (hook,) = (item for item in known["lifecycle_hook_details"] if item["status"] == "AWAITING_ACTION")
        assert hook["hook_id"] == asked["deployment"]["hook_id"] and hook["timeout_action"] == "ROLLBACK"
        assert module.ok("deployment", cluster="shop", service="web", state=state)["changed"]
        (service,) = module.ok("service_info", cluster="shop", name=["web"])["services"]
        assert service["task_definition"] == "web:2"


def test_blue_green_goes_with_service_connect(shop: Shop) -> None:
    """rm#1993: CodeDeploy's blue/green has no Service Connect; that of ECS needs no load balancer for it."""
    shop.module.ok("cluster", name="shop", service_connect_defaults={"namespace": "inner"})
    connect = {
        "enabled": True,
        "services": [{"port_name": "http", "client_aliases": [{"port": 80}]}],
    }
    options: dict[str, Any] = {
        "service_connect_configuration": connect,
        "deployment_configuration": {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 0},
    }
    shop.register(port_mappings=[{"container_port": 80, "name": "http"}])
    shop.deploy(**options)
    shop.register("web:2", port_mappings=[{"container_port": 80, "name": "http"}])
    result = shop.deploy(**options)
    assert outcome(result) == (None, "completed") and result["service"]["task_definition"] == "web:2"
    assert not shop.deploy(**options)["changed"]


# All of them

# The threads of six complaints, those about the same behaviour beside each other.
THREADS = {
    "rolled back, and reported as success": """
        ga#191 ga#494 ga#838 ga#860 tf#20858 tf#19519 tm#325 px#1848 pulumi/pulumi-aws#4487 fd#185 fd#251 rm#1205
        rm#1369
    """,
    "failed without a reason": """
        ga#447 ga#454 ga#102 fd#195 fd#65 cp#1938 cp#4417 cp#1893 px#1112 px#300 tf#18329 aws/aws-cli#1494
        transcom/mymove#310 rm#1246 rm#677
    """,
    "waits that last hours or hang": """
        cdk#1498 cdk#14457 agent#1996 aws/aws-toolkit-visual-studio#293 px#354 px#1112 ga#527 ga#102 cp#4266 rm#1573
        rm#1206 cdk#4599 cdk#31529 byu-oit/handel#500 tf#48748
    """,
    "stable is the wrong finish line": """
        ga#838 ep#821 boto/botocore#1021 aws/aws-sdk#199 tf#16012 px#902 cdk#27882 tf#29252
    """,
    "a deployment behind a one-off task": """
        ga#54 ga#304 ga#757 ga#678 tf#1703 tf#5893 tf#29783 px#870 pulumi/pulumi#5083 CircleCI-Public/aws-ecs-orb#10
        CircleCI-Public/aws-ecs-orb#230 fd#105 ansible/ansible-modules-extras#2524 ca#2409
    """,
    "blue/green": """
        cdk#1559 cdk#10971 cdk#15902 fd#120 tf#12703 tf#13658 cdk#36012 ep#827 rm#1993 rm#2664 cdk#36764 tf#48075
        reproio/ecs_deploy#125
    """,
}
NOT_SHOWN = {"cdk#10971", "tf#13658", "cdk#36012", "ep#827", "fd#105"}  # see above


def test_each_thread_is_shown_by_a_test_or_has_a_reason() -> None:
    named: set[str] = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                text = " ".join([ast.get_docstring(node) or "", *map(ast.unparse, node.decorator_list)])
                named.update(re.findall(r"[\w./-]+#\d+", text))
    wanted = {thread for threads in THREADS.values() for thread in threads.split()}
    assert wanted - named == NOT_SHOWN
