# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project of examples/awx under ansible-runner, the engine of AWX, with the strings that a survey gives."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from support.playbooks import BIN, warm_python

from .account import IMAGE, ROOT, Account

ANSWERS = {
    "app_env": "test",
    "app_name": "survey",
    "app_tags": "Owner=web team, CostCenter=4711",
    "cluster_capacity_providers": "FARGATE, FARGATE_SPOT",
    "cluster_container_insights": "disabled",
    "network_egress": "endpoints",
    "network_endpoint_services": "ecr.api, logs",
    "network_zones": "us-east-1b, us-east-1c",
    "web_service_allowed_cidrs": "10.0.0.0/8, 192.168.0.0/16",
    "web_service_certificate_arn": "",
    "web_service_cpu": "512",
    "web_service_desired_count": "3",
    "web_service_environment": '{"LOG_LEVEL": "info", "LIMIT": "7"}',
    "web_service_image": f"{IMAGE}:1.28",
    "web_service_internal": "true",
    "web_service_log_retention": "14",
    "web_service_memory": "1024",
    "web_service_port": "3000",
    "web_service_read_only": "false",
    "web_service_secrets": "",
    "web_service_wait_timeout": "600",
    "web_service_writable_paths": "/tmp, /run",
}


def job(account: Account, playbook: str, answers: dict[str, str]) -> dict[str, Any]:
    """Run a job as AWX does, and give what its recap says of localhost, with what the output told as `told`."""
    private = account.home / "job"
    shutil.rmtree(private, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "awx", private / "project")
    shutil.copytree(private / "project" / "inventory", private / "inventory")
    (private / "env").mkdir()
    (private / "env" / "extravars").write_text(
        json.dumps({**answers, "ansible_python_interpreter": str(warm_python())})
    )
    command = [str(BIN / "ansible-runner"), "run", str(private), "-p", playbook, "--ident", "1", "--quiet"]
    subprocess.run(command, env=account.environment, check=False, timeout=600, stdin=subprocess.DEVNULL)
    events = [json.loads(path.read_text()) for path in Path(private, "artifacts/1/job_events").glob("*.json")]
    [recap] = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
    said = [event["stdout"] for event in events if event["event"] == "runner_on_failed"]
    assert not recap["failures"], said
    counted = {name: counts.get("localhost", 0) for name, counts in recap.items() if isinstance(counts, dict)}
    return {**counted, "told": [event["stdout"] for event in events if event["event"] == "verbose"]}


def test_survey_strings_under_the_engine_of_awx(account: Account) -> None:
    deployed = job(account, "deploy.yml", ANSWERS)
    assert deployed["changed"] > 15
    assert any("[localhost] survey-web: " in line and "of 3 running" in line for line in deployed["told"])
    service, definition = account.service("test-survey", "survey-web"), account.definition("test-survey", "survey-web")
    [container] = definition["containerDefinitions"]
    assert service["runningCount"] == 3
    assert (definition["cpu"], definition["memory"]) == ("512", "1024")
    assert container["portMappings"][0]["containerPort"] == 3000
    assert container["readonlyRootFilesystem"] is False
    assert {it["name"]: it["value"] for it in container["environment"]} == {"LOG_LEVEL": "info", "LIMIT": "7"}
    assert container.get("secrets", []) == []
    [balancer] = account.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    assert {it["ZoneName"] for it in balancer["AvailabilityZones"]} == {"us-east-1b", "us-east-1c"}
    [group] = account.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 14
    tags = account.client("ecs").list_tags_for_resource(resourceArn=service["serviceArn"])["tags"]
    assert {"key": "Owner", "value": "web team"} in tags
    assert {"key": "CostCenter", "value": "4711"} in tags

    assert job(account, "deploy.yml", ANSWERS)["changed"] == 0
    job(account, "teardown.yml", ANSWERS)
    assert account.leftovers() == {}
