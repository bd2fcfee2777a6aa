# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of other tools reported of deployments, each as it happened to them. Nothing sleeps.

The names are those of the threads: ga is aws-actions/amazon-ecs-deploy-task-definition, tf terraform-provider-aws,
tm terraform-aws-modules/terraform-aws-ecs, px pulumi/pulumi-awsx, fd fabfuel/ecs-deploy, rm aws/containers-roadmap,
cp aws/copilot-cli, cdk aws/aws-cdk, ep kayac/ecspresso, agent aws/amazon-ecs-agent, orb CircleCI-Public/aws-ecs-orb.
Threads that report the same share a test. Others are named where what they report is tested: in test_rollout,
test_deployment, test_diagnosis, test_strategies, test_code_deploy, test_task and test_waiting_traps.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.emulator import Emulator

from .conftest import Shop

NO_BREAKER = {"deployment_circuit_breaker": {"enable": False, "rollback": False}}
LOGS = {"awslogs-group": "/shop/web", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web"}


def running(shop: Shop) -> dict[str, Any]:
    return dict(shop.module.ok("service_info", cluster="shop", name=["web"])["services"][0])


def balanced(target_group: str) -> dict[str, Any]:
    return {"load_balancers": [{"target_group_arn": target_group, "container_name": "web", "container_port": 80}]}


def test_ga_494_tf_20858_tm_325_px_1848_pulumi_aws_4487_rm_1205_rm_1369_a_rollback_is_no_success(shop: Shop) -> None:
    """Whether a new revision or the same one anew: what was rolled back has failed, although the service is stable."""
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    result = shop.deploy()
    assert result["failed"] and result["failure"]["code"] == "RolledBack"
    assert running(shop)["running_count"] == 2 and running(shop)["task_definition"] == "web:1"


def test_fd_185_the_revision_that_runs_after_a_rollback_is_not_deregistered(shop: Shop, emulator: Emulator) -> None:
    shop.register()
    shop.deploy()
    shop.register("web:missing")
    seen = len(emulator.calls())
    shop.deploy()
    assert emulator.writes(seen) == ["UpdateService"]
    described = shop.module.ok("task_definition_info", task_definition="web:1")
    assert described["task_definitions"][0]["status"] == "ACTIVE"


def test_cp_1893_px_300_px_1112_aws_cli_1494_mymove_310_rm_677_the_log_is_in_the_failure(shop: Shop) -> None:
    """Users wrote log dumps of their own, because the failure had no reason, and ECS forgets the task in an hour."""
    shop.register()
    shop.deploy()
    logged = {"log_driver": "awslogs", "options": {**LOGS, "awslogs-create-group": "true"}}
    role = "arn:aws:iam::123456789012:role/shop-execution"
    shop.module.ok("task_definition", **shop.definition("web:crash", log_configuration=logged), execution_role_arn=role)
    result = shop.deploy()
    [log] = result["diagnosis"]["evidence"]["logs"]
    assert log["container"] == "web" and log["lines"] and log["lines"][-1] in result["msg"]
    assert result["diagnosis"]["evidence"]["stopped_tasks"][0]["exit_codes"] == [1]


def test_cdk_1498_cdk_14457_agent_1996_toolkit_293_px_354_cp_4266_rm_1573_nothing_hopeless_is_waited_for(
    shop: Shop,
) -> None:
    """Three hours for an image that is not there, because ECS goes on trying and the tool goes on waiting."""
    shop.register("web:missing")
    began = shop.module.clock.now()
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=3 * 3600)
    assert result["failure"]["code"] == "Hopeless" and shop.module.clock.now() - began < 600


def test_ga_527_the_limit_of_the_wait_is_kept(shop: Shop) -> None:
    shop.register()
    shop.deploy(deployment_configuration=NO_BREAKER)
    shop.register("web:missing")
    began = shop.module.clock.now()
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=45, fail_fast=False)
    assert result["failure"]["code"] == "TimedOut" and 44.9 < shop.module.clock.now() - began < 60


def test_rm_1206_tasks_that_start_and_then_exit_are_found(shop: Shop, emulator: Emulator) -> None:
    """A circuit breaker does not see them, since a task that runs for a while resets its count."""
    shop.register()
    shop.deploy(deployment_configuration=NO_BREAKER)
    shop.register("web:fickle")
    emulator.control("images", {"web:fickle": {"behaviour": "crash", "run_seconds": 25}})
    result = shop.deploy(deployment_configuration=NO_BREAKER, wait_timeout=7200)
    assert result["failed"] and result["diagnosis"]["cause"] == "exit-code", result["msg"]


def told(shop: Shop, **options: Any) -> tuple[list[str], dict[str, Any]]:
    """Deploy in slices, as the action plugin does it; give what was told, and the result."""
    lines: list[str] = []
    token: dict[str, Any] | None = {}
    result: dict[str, Any] = {}
    while token is not None:
        result = shop.module("service", **{**shop.base, **options, "_watch": token})
        lines, token = [*lines, *result["_watch"]["lines"]], result["_watch"]["token"]
    return lines, result


def test_cdk_4599_cdk_31529_handel_500_the_old_tasks_that_are_drained_are_told(shop: Shop, target_group: str) -> None:
    """Five minutes of deregistration delay look like a hang; the events say what is waited for."""
    shop.register()
    shop.deploy(**balanced(target_group))
    shop.register("web:2")
    lines, result = told(shop, **balanced(target_group), task_definition="web:2", wait_timeout=3600)
    assert not result.get("failed") and any("deregistered" in line for line in lines), lines


def test_ep_821_botocore_1021_aws_sdk_199_tf_16012_px_902_cdk_27882_deployed_is_more_than_stable(
    shop: Shop, target_group: str
) -> None:
    """Stable comes before the targets are healthy; completed does not."""
    shop.register("web:unhealthy")
    result = shop.deploy(**balanced(target_group), health_check_grace_period_seconds=0)
    assert result["failed"] and result["diagnosis"]["cause"] in ("target-health", "port", "security-group"), result[
        "msg"
    ]


def test_tf_1703_px_870_pulumi_5083_orb_10_orb_230_fd_105_extras_2524_a_failed_task_stops_the_playbook(
    shop: Shop,
) -> None:
    """A migration before a deployment: exit code, log and a failure, so that what comes after it does not."""
    shop.register("migrate:exit-3")
    network = shop.base["network_configuration"]
    result = shop.module(
        "task", cluster="shop", task_definition="web", launch_type="FARGATE", network_configuration=network
    )
    assert result["failed"] and result["tasks"][0]["exit_codes"] == {"web": 3}


def test_tf_5893_a_task_that_was_run_is_not_run_again(shop: Shop, emulator: Emulator) -> None:
    shop.register("migrate:exit-0")
    options = {"cluster": "shop", "task_definition": "web", "launch_type": "FARGATE", "run_once": "release-7"}
    options["network_configuration"] = shop.base["network_configuration"]
    assert shop.module.ok("task", **options)["changed"]
    seen = len(emulator.calls())
    assert not shop.module.ok("task", **options)["changed"] and emulator.writes(seen) == []


@pytest.mark.parametrize("decision", ["continued", "rejected", "rolled_back"])
def test_cdk_1559_cdk_10971_cdk_15902_tf_12703_tf_13658_cdk_36012_rm_1993_ecs_deploy_125_blue_green_is_decided(
    shop: Shop, decision: str
) -> None:
    """Set up without CodeDeploy, paused, decided by one task of a playbook, and left for rolling again (rm 2664)."""
    hook = {"target_type": "PAUSE", "lifecycle_stages": ["POST_SCALE_UP"]}
    shop.register()
    shop.deploy(deployment_configuration={"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1})
    shop.register("web:2")
    paused = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1, "lifecycle_hooks": [hook]}
    assert shop.deploy(deployment_configuration=paused)["failure"]["code"] == "AwaitingApproval"
    decided = shop.module.ok("deployment", cluster="shop", service="web", state=decision)
    assert decided["changed"] and running(shop)["task_definition"] == ("web:2" if decision == "continued" else "web:1")
    left = shop.deploy(
        running(shop)["task_definition"], deployment_configuration={"strategy": "ROLLING", "lifecycle_hooks": []}
    )
    assert not left.get("failed"), left["msg"]


def test_cdk_36764_ep_827_a_rollback_has_its_stages_too(shop: Shop) -> None:
    """What fails in a blue/green deployment goes back, which is told while it happens and in the end."""
    guarded = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1, **shop.base["deployment_configuration"]}
    shop.register()
    shop.deploy(deployment_configuration=guarded)
    shop.register("web:missing")
    lines, result = told(shop, task_definition="web:2", deployment_configuration=guarded, wait_timeout=3600)
    assert result["failure"]["code"] == "RolledBack" and any("ROLLBACK_" in line for line in lines), lines
