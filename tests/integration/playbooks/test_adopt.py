# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook adopt: a live estate becomes files, which apply finds unchanged."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .account import Account

ADOPT = "longshore.ecs.adopt"
APPLY: dict[str, Any] = {
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [
        {
            "name": "Apply",
            "longshore.ecs.apply": {"src": "{{ estate }}/resources", "placeholders": "{{ estate_secrets }}"},
        }
    ],
}


@pytest.fixture
def estate(account: Account) -> Account:
    """Give an account with two services, one of which has a secret in its environment."""
    ecs = account.client("ecs")
    subnets = [subnet["SubnetId"] for subnet in account.client("ec2").describe_subnets()["Subnets"]][:1]
    ecs.create_cluster(clusterName="shop", tags=[{"key": "team", "value": "shop"}])
    for name in ("web", "api"):
        environment = [{"name": "DB_PASSWORD", "value": "hunter2"}] if name == "web" else []
        tag = {"logDriver": "json-file", "options": {"tag": "{{.Name}}"}}
        ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "web", "image": "web:1", "environment": environment, "logConfiguration": tag}
            ],
        )
        ecs.create_service(
            cluster="shop",
            serviceName=name,
            taskDefinition=name,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}},
        )
    account.emulator.clock(speed=0)
    account.emulator.clock(step=600)
    return account


def test_a_live_estate_is_adopted(estate: Account) -> None:
    """It is predicted, written, found unchanged, and written again without a change; then the files are applied."""
    dest = estate.home / "estate"
    plan = estate.play(ADOPT, "--check", "--diff", adopt_dest=str(dest)).ok()
    assert estate.written == [] and not dest.exists()
    done = estate.play(ADOPT, adopt_dest=str(dest)).ok()
    assert estate.written == []
    assert plan.changed == done.changed
    files = sorted(str(path.relative_to(dest)) for path in dest.rglob("*.yml"))
    assert files == [
        "resources/clusters.yml",
        "resources/services/shop/api.yml",
        "resources/services/shop/web.yml",
        "vault.example.yml",
    ]
    texts = "".join(path.read_text(encoding="utf-8") for path in dest.rglob("*.yml"))
    assert "hunter2" not in texts + done.output and "{{.Name}}" in texts
    assert "finds these resources unchanged" in done.task("Say whether apply would change something").result["msg"]
    assert "3 files in" in done.task("Say where it is").result["msg"]
    again = estate.play(ADOPT, adopt_dest=str(dest)).ok()
    assert again.changed == []

    vault = yaml.safe_load((dest / "vault.example.yml").read_text(encoding="utf-8"))
    assert vault == {"estate_secrets": {"vault_web_db_password": None}}
    path = estate.home / "apply.yml"
    path.write_text(yaml.safe_dump([APPLY]), encoding="utf-8")
    vault["estate_secrets"]["vault_web_db_password"] = "hunter2"
    applied = estate.play(str(path), estate=str(dest), **vault).ok()
    assert applied.changed == [] and estate.written == []

    # A file of a service that is gone would bring it back, so the check fails and says what to do about it.
    estate.client("ecs").delete_service(cluster="shop", service="api", force=True)
    estate.emulator.clock(step=600)
    stray = estate.play(ADOPT, adopt_dest=str(dest), adopt_services="web, none*", adopt_tags="")
    assert "It would: create service shop/api. " in stray.failed[0].result["msg"]
    assert "resources/services/shop/api.yml" in stray.failed[0].result["msg"]
    assert "adopt_purge" in stray.failed[0].result["msg"]
    purged = estate.play(ADOPT, adopt_dest=str(dest), adopt_purge=True).ok()
    assert "Delete the files of what is gone" in " ".join(purged.changed)
    assert not (dest / "resources" / "services" / "shop" / "api.yml").exists()
    assert (dest / "resources" / "families" / "api.yml").exists()
