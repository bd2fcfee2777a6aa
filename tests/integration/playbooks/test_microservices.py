# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook microservices, from an empty account to an empty account, and what all service roles can be told."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .account import IMAGE, ROOT, TEARDOWN, Account
from .test_fargate_web import planned

MICROSERVICES = "longshore.ecs.microservices"
AUTHORITY = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"
# The playbook removes callers first. Check mode leaves the services to their roles.
REMOVAL = "longshore.ecs.microservices : Remove the services"
REMOVALS = {f"longshore.ecs.{role} : Remove the service" for role in ("web_service", "internal_service", "worker")}


def groups(account: Account) -> dict[str, list[str]]:
    """Give who may reach whom: the names of security groups, by the name of the group that lets them in."""
    found = account.client("ec2").describe_security_groups()["SecurityGroups"]
    names = {group["GroupId"]: group["GroupName"] for group in found}
    return {
        group["GroupName"]: sorted(
            names[pair["GroupId"]] for rule in group["IpPermissions"] for pair in rule["UserIdGroupPairs"]
        )
        for group in found
    }


def service_connect(account: Account, name: str) -> dict[str, Any]:
    """Give the Service Connect configuration of the service's deployment."""
    [deployment] = account.service("demo-hello", name)["deployments"]
    return dict(deployment["serviceConnectConfiguration"])


def test_life_of_the_example(account: Account) -> None:
    plan = account.play(MICROSERVICES, "--check", "--diff").ok()
    assert account.written == []
    built = account.play(MICROSERVICES).ok()
    assert planned(plan.changed) == set(built.changed)
    _check_example(account)

    again = account.play(MICROSERVICES).ok()
    assert again.changed == []
    assert account.written == []

    # A new image for two of them, and one caller less.
    variables = {"service_defaults": {"image": f"{IMAGE}:1.29"}, **only_web_and_api()}
    changed = account.play(MICROSERVICES, **variables).ok()
    assert changed.changed == [
        "longshore.ecs.workload : Create the security group of the tasks",
        "longshore.ecs.microservices : Deploy the services",
    ]
    assert sorted(account.written) == [
        "RegisterTaskDefinition",
        "RegisterTaskDefinition",
        "RevokeSecurityGroupIngress",
        "UpdateService",
        "UpdateService",
    ]
    assert groups(account)["demo-hello-api-task"] == ["demo-hello-web-task"]

    plan = account.play(TEARDOWN, "--check", teardown_of="microservices").ok()
    assert account.written == []
    removed = account.play(TEARDOWN, teardown_of="microservices").ok()
    assert planned(plan.changed) - REMOVALS == set(removed.changed) - {REMOVAL}
    assert account.leftovers() == {}


def only_web_and_api() -> dict[str, Any]:
    """Give two services of the example, whose image is the default."""
    text = (ROOT / "roles" / "microservices" / "vars" / "main.yml").read_text(encoding="utf-8")
    example = yaml.safe_load(text)["__microservices_example"]
    return {"services": {name: example[name] for name in ("web", "api")}}


def _check_example(account: Account) -> None:
    allowed = groups(account)
    assert allowed["demo-hello-api-task"] == ["demo-hello-jobs-task", "demo-hello-web-task"]
    assert allowed["demo-hello-web-task"] == ["demo-hello-web-lb"]
    assert allowed["demo-hello-jobs-task"] == []
    [api] = service_connect(account, "hello-api")["services"]
    assert api["clientAliases"] == [{"dnsName": "api", "port": 8080}]
    assert service_connect(account, "hello-web")["enabled"] is True
    assert service_connect(account, "hello-jobs")["enabled"] is True
    created = {name: account.service("demo-hello", f"hello-{name}")["createdAt"] for name in ("web", "api", "jobs")}
    assert created["api"] < min(created["web"], created["jobs"])
    [spot] = account.service("demo-hello", "hello-jobs")["capacityProviderStrategy"]
    assert spot["capacityProvider"] == "FARGATE_SPOT"


OBSERVED: dict[str, Any] = {
    "services": {
        "web": {
            "type": "web",
            "calls": ["api"],
            "alarms": {"cpu": 90, "http_5xx": 10, "unhealthy_hosts": 0},
            "tracing": "adot",
            "log_router": {"Name": "firehose", "delivery_stream": "logs"},
        },
        "api": {
            "type": "internal",
            "ports": [{"port": 9000, "name": "grpc", "app_protocol": "grpc", "alias_port": 80}],
            "tls_authority_arn": AUTHORITY,
            "access_logs": "JSON",
            "tracing": "xray",
            "log_blocking": True,
            "spot": 75,
            "spot_base": 1,
        },
    },
    "cluster_events_log_group": "/ecs/demo/events",
}


def test_what_can_be_seen_of_services(account: Account) -> None:
    variables = {**OBSERVED, **account.existing_vpc()}
    before = account.leftovers()
    account.play(MICROSERVICES, **variables).ok()
    _check_web(account)
    _check_api(account)

    variables["services"] = {**variables["services"], "web": {**variables["services"]["web"], "alarms": {"cpu": 90}}}
    fewer = account.play(MICROSERVICES, **variables).ok()
    assert fewer.changed == [
        "longshore.ecs.workload : Remove alarms that are not wanted any more",
        "longshore.ecs.microservices : Deploy the services",
    ]
    assert alarms(account) == ["demo-hello-web-cpu"]
    assert account.play(MICROSERVICES, **variables).ok().changed == []

    account.play(TEARDOWN, teardown_of="microservices", **variables).ok()
    assert alarms(account) == []
    assert account.leftovers() == before


def alarms(account: Account) -> list[str]:
    """Give the names of all alarms."""
    return [alarm["AlarmName"] for alarm in account.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def _check_web(account: Account) -> None:
    names = ["demo-hello-web-cpu", "demo-hello-web-5xx", "demo-hello-web-unhealthy-hosts"]
    assert sorted(alarms(account)) == sorted(names)
    guard = account.service("demo-hello", "hello-web")["deploymentConfiguration"]["alarms"]
    assert guard["rollback"] is True
    assert sorted(guard["alarmNames"]) == sorted(names)
    web, router, tracing = account.definition("demo-hello", "hello-web")["containerDefinitions"]
    assert web["logConfiguration"]["logDriver"] == "awsfirelens"
    assert web["logConfiguration"]["options"]["delivery_stream"] == "logs"
    assert {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://localhost:4317"} in web["environment"]
    assert router["firelensConfiguration"]["type"] == "fluentbit"
    assert tracing["essential"] is False
    actions = [action for it in account.policy("demo-hello-web-task", "app") for action in it["Action"]]
    assert "firehose:PutRecordBatch" in actions
    assert "xray:PutTraceSegments" in actions


def _check_api(account: Account) -> None:
    connect = service_connect(account, "hello-api")
    [api] = connect["services"]
    assert api["clientAliases"] == [{"dnsName": "api", "port": 80}]
    assert api["tls"]["issuerCertificateAuthority"] == {"awsPcaAuthorityArn": AUTHORITY}
    assert api["tls"]["roleArn"] == "arn:aws:iam::123456789012:role/demo-hello-api-tls"
    assert connect["accessLogConfiguration"]["format"] == "JSON"
    container = account.definition("demo-hello", "hello-api")["containerDefinitions"][0]
    assert container["logConfiguration"]["options"]["mode"] == "blocking"
    strategy = account.service("demo-hello", "hello-api")["capacityProviderStrategy"]
    assert {it["capacityProvider"]: (it["base"], it["weight"]) for it in strategy} == {
        "FARGATE": (1, 25),
        "FARGATE_SPOT": (0, 75),
    }


@pytest.mark.parametrize(
    ("variables", "sentences"),
    [
        (
            {
                "services": {
                    "web": {"type": "website"},
                    "api": {"type": "internal", "calls": ["mail", "jobs"], "imgae": "nginx"},
                    "jobs": {"type": "worker", "depends_on": ["post"]},
                },
                "service_defaults": {"cpus": 1},
            },
            [
                "web has the type 'website'; there are web, internal, worker.",
                "api has imgae, which is no variable of a service of the type internal.",
                "api calls mail, which is no service; there are web, api, jobs.",
                "api calls jobs, which has the type worker; only services of the type internal can be called.",
                "jobs depends on post, which is no service.",
                "microservices_defaults has cpus, which is no variable of any service.",
            ],
        ),
        (
            {
                "services": {
                    "web": {"type": "web", "calls": ["api"]},
                    "api": {"type": "internal", "calls": ["prices"]},
                    "prices": {"type": "internal", "depends_on": ["api"]},
                }
            },
            ["need each other in a circle: api -> prices -> api."],
        ),
    ],
)
def test_wrong_maps_are_told_at_once(account: Account, variables: dict[str, Any], sentences: list[str]) -> None:
    [failure] = account.play(MICROSERVICES, "--check", **variables).failed
    assert [sentence for sentence in sentences if sentence not in failure.result["msg"]] == []
    assert account.written == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"web_service_spot": 150}, "web_service_spot is 150, but it is a percentage: give a number from 0 to 100."),
        ({"web_service_launch_type": "EC2", "web_service_spot": 50}, "web_service_spot is the share of Fargate Spot"),
        ({"web_service_network_mode": "bridge"}, "web_service_network_mode is 'bridge', but FARGATE has only awsvpc."),
        ({"web_service_alarms": {"requests": 5}}, "web_service_alarms names requests; there are cpu, memory, http_5xx"),
    ],
)
def test_wrong_variables_of_services_give_a_sentence(
    account: Account, variables: dict[str, object], sentence: str
) -> None:
    [failure] = account.play("longshore.ecs.fargate_web", "--check", **variables).failed
    assert sentence in failure.result["msg"]
    assert account.written == []


def test_every_variable_of_a_role_reaches_it_from_the_map() -> None:
    tasks = ROOT / "roles" / "microservices" / "tasks"
    for type_, role in (("web", "web_service"), ("internal", "internal_service"), ("worker", "worker")):
        [task] = yaml.safe_load((tasks / f"{type_}.yml").read_text(encoding="utf-8"))
        known = set(yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8")))
        named = {f"{role}_{name}" for name in ("name", "family", "log_group")}
        assert known - named == set(task["vars"])
