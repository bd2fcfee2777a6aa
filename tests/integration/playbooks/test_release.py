# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks release, approve and rollback: what goes out, what is stopped on the way, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.playbooks import Run, stepped

from .account import IMAGE, Account

RELEASE = "longshore.ecs.release"
APPROVE = "longshore.ecs.approve"
ROLLBACK = "longshore.ecs.rollback"
CANARY = {
    "release_strategy": "canary",
    "release_canary_minutes": 1,
    "release_bake_minutes": 1,
    "release_approval": True,
}
MIGRATION = "bin/migrate --expand-only"


@pytest.fixture
def still(account: Account) -> Account:
    """Give an account whose clock stands still, but for what modules sleep."""
    account.emulator.clock(speed=0)
    account.environment = stepped(account.environment, account.emulator.url)
    return account


def play(account: Account, name: str, *options: str, **variables: Any) -> Run:
    """Run a playbook of the role without its progress, which costs a process for each line."""
    return account.play(name, *options, release_progress=False, **variables)


def running(account: Account) -> str:
    """Give the tag of the image that the service is to run."""
    return str(account.definition()["containerDefinitions"][0]["image"].rpartition(":")[2])


def share(account: Account) -> float:
    """Give the percentage of the production traffic that the newest deployment has."""
    ecs = account.client("ecs")
    [newest, *_older] = ecs.list_service_deployments(cluster="demo-hello", service="hello-web")["serviceDeployments"]
    arns = [newest["serviceDeploymentArn"]]
    [shown] = ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    return float(shown["targetServiceRevision"]["requestedProductionTrafficWeight"])


def told(run: Run) -> str:
    """Give the last sentence of a playbook: what runs now, or why it failed."""
    return str(run.failed[-1].result["msg"] if run.code else run.task("Say what runs").result["msg"])


@pytest.fixture
def service(still: Account) -> Account:
    """Give an account with a service that needs no load balancer: two tasks, with one container called web."""
    account = still
    ecs, subnets = account.client("ecs"), account.client("ec2").describe_subnets()["Subnets"]
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = account.client("iam").create_role(RoleName="exec", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    ecs.create_cluster(clusterName="demo-hello")
    ecs.register_task_definition(
        family="demo-hello-web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=arn,
        containerDefinitions=[{"name": "web", "image": f"{IMAGE}:1.28"}],
    )
    ecs.create_service(
        cluster="demo-hello",
        serviceName="hello-web",
        taskDefinition="demo-hello-web",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": [subnets[0]["SubnetId"]], "assignPublicIp": "ENABLED"}
        },
    )
    account.emulator.clock(step=300)
    return account


def test_a_canary_asks_and_is_approved_or_rejected(service: Account) -> None:
    """It stops with a tenth of the traffic, says so when it is run again, and goes on or back as it is told."""
    plan = play(service, RELEASE, "--check", "--diff", **CANARY).ok()
    assert service.written == []
    paused = play(service, RELEASE, **CANARY).ok()
    assert plan.changed == paused.changed
    assert service.written == ["RegisterTaskDefinition", "UpdateService", "ContinueServiceDeployment"]
    assert "waits for approval" in told(paused)
    assert share(service) == 10
    again = play(service, RELEASE, **CANARY).ok()
    assert (again.changed, service.written, told(again)) == ([], [], told(paused))
    other = play(service, RELEASE, release_image=f"{IMAGE}:1.30", **CANARY)
    assert "answer it with longshore.ecs.approve first" in told(other)
    assert service.written == []

    approved = play(service, APPROVE).ok()
    assert service.written == ["ContinueServiceDeployment"]
    assert told(approved) == f"hello-web runs {IMAGE}:1.29 as demo-hello-web:2 in the cluster demo-hello."
    assert (running(service), share(service)) == ("1.29", 100)

    play(service, RELEASE, release_image=f"{IMAGE}:1.30", **CANARY).ok()
    rejected = play(service, APPROVE, approve_decision="reject").ok()
    assert told(rejected) == f"hello-web runs {IMAGE}:1.29 as demo-hello-web:2 in the cluster demo-hello again."


def notes(account: Account) -> dict[str, Any]:
    """Give the variable of a file of tasks that writes down what it is told."""
    path = account.home / "notify.yml"
    task = {
        "name": "Write it down",
        "ansible.builtin.lineinfile": {
            "path": str(account.home / "events"),
            "line": "{{ release_event.event }} {{ release_event.image }}",
            "create": True,
            "mode": "0600",
        },
    }
    path.write_text(json.dumps([task]), encoding="utf-8")
    return {"release_notify": str(path)}


def test_what_fails_is_stopped_or_comes_back(service: Account) -> None:
    """A migration that fails leaves the service alone, one that is done is not done again, a smoke check rolls back."""
    service.emulator.control("images", {f"{IMAGE}:1.29 *migrate*": {"exit_code": 3, "logs": ["no table users"]}})
    release = {**notes(service), "release_migration_command": MIGRATION}
    failed = play(service, RELEASE, **release)
    assert service.written == ["RegisterTaskDefinition", "RunTask"], told(failed)
    assert "(Run the migration)" in told(failed)
    assert f". The service was not touched and runs {IMAGE}:1.28 as demo-hello-web:1" in told(failed)

    service.emulator.control("images", {f"{IMAGE}:1.29 *migrate*": {"exit_code": 0}})
    smoke = {
        "release_smoke_url": f"{service.emulator.url}/_emulator/nothing",
        "release_smoke_retries": 1,
        "release_smoke_delay": 0,
    }
    broken = play(service, RELEASE, **release, **smoke)
    assert service.written == ["RunTask", "UpdateService", "UpdateService"]
    assert "(Ask the service)" in told(broken)
    assert f". It was rolled back: hello-web runs {IMAGE}:1.28 as demo-hello-web:1" in told(broken)
    assert running(service) == "1.28"

    smoke["release_smoke_url"] = f"{service.emulator.url}/_emulator/clock"
    done = play(
        service, RELEASE, **{**release, "release_notify": "no.such.role"}, **smoke, release_smoke_content="speed"
    ).ok()
    assert service.written == ["UpdateService"]
    assert "the release goes on" in done.task("Say that nobody was told").result["msg"]
    assert running(service) == "1.29"
    events = (service.home / "events").read_text(encoding="utf-8").splitlines()
    assert events == [f"{event} {IMAGE}:1.29" for event in ("started", "failed", "rolled_back")]


def test_runs_that_are_repeated_or_cut_short(service: Account) -> None:
    """A deployment that an earlier run began is followed; what is done is done; a rollback asked twice happens once."""
    ecs = service.client("ecs")
    base = service.definition()
    ecs.register_task_definition(
        family=base["family"],
        containerDefinitions=[{**base["containerDefinitions"][0], "image": f"{IMAGE}:1.29"}],
        **{
            name: base[name] for name in ("requiresCompatibilities", "networkMode", "cpu", "memory", "executionRoleArn")
        },
    )
    ecs.update_service(cluster="demo-hello", service="hello-web", taskDefinition="demo-hello-web:2")
    followed = play(service, RELEASE).ok()
    assert (followed.changed, service.written) == ([], [])
    assert service.service()["deployments"][0]["rolloutState"] == "COMPLETED"
    assert told(followed).startswith(f"hello-web runs {IMAGE}:1.29 as demo-hello-web:2 in the cluster demo-hello")
    again = play(service, RELEASE).ok()
    assert service.written == []
    assert told(again).endswith("already.")

    back = play(service, ROLLBACK).ok()
    assert service.written == ["UpdateService"]
    assert told(back) == f"hello-web runs {IMAGE}:1.28 as demo-hello-web:1 in the cluster demo-hello again."
    twice = play(service, ROLLBACK).ok()
    assert (twice.changed, service.written, running(service)) == ([], [], "1.28")


def test_the_scan_and_the_preflight_stop_a_release(service: Account) -> None:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    ecr = service.client("ecr")
    ecr.create_repository(repositoryName="shop")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "config": {}}
    ecr.put_image(repositoryName="shop", imageManifest=json.dumps(manifest), imageTag="1")
    service.emulator.control("scans", {"repository": "shop", "findings": [{"name": "CVE-2026-1", "severity": "HIGH"}]})
    ecr.start_image_scan(repositoryName="shop", imageId={"imageTag": "1"})
    gated = play(service, RELEASE, release_image=f"{registry}/shop:1", release_scan_fail_on="high")
    assert service.written == [], told(gated)
    assert "(Look at what the scan of the image found)" in told(gated)
    assert "CVE-2026-1" in told(gated)
    unready = play(service, RELEASE, release_image=f"{registry}/shop:2")
    assert service.written == []
    assert "(Look at what the deployment needs)" in told(unready)
    assert running(service) == "1.28"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"release_containers": "app"}, "release_containers names app, but demo-hello-web:1 has web."),
        ({"release_approval": True}, "set release_strategy to blue_green, linear or canary."),
        ({"release_tags": "hello"}, "release_tags must be a dictionary, or a string as key=value"),
    ],
)
def test_wrong_variables_give_a_sentence(service: Account, variables: dict[str, object], sentence: str) -> None:
    run = play(service, RELEASE, **variables)
    [failure] = run.failed
    assert sentence in json.dumps(failure.result)
    assert service.written == []
