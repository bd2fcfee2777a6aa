# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents that AWS shows as examples are taken as they are: made as predicted, and unchanged the second time."""

from __future__ import annotations

import functools
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import yaml
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun

FOLDER = Path(__file__).parents[1] / "fixtures" / "developer_guide"
# Structures and members that no document shows: the attestation of confidential tasks and gateways are newer than the
# guide's examples, and a token only means something to one creation.
NOT_SHOWN = {
    "GatewayConnector",
    "GatewayConnectorDeregistrationDelay",
    "GatewayConnectorFilters",
    "GatewayConnectorHealthCheck",
    "GatewayConnectorHealthCheckMatcher",
    "TrustedExecutionConfiguration",
}
NOT_SHOWN_MEMBERS = {
    "RegisterTaskDefinition": {"trustedExecutionConfiguration"},
    "CreateService": {"clientToken", "gatewayConnectors"},
}


@functools.cache
def documents(pattern: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob(pattern)):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not found.keys() & loaded.keys()
        found.update(loaded)
    return found


def client_of(url: str, service: str) -> Any:
    keys = {"aws_access_key_id": CONNECTION["access_key"], "aws_secret_access_key": CONNECTION["secret_key"]}
    return boto3.client(service, endpoint_url=url, region_name=CONNECTION["region"], **keys)


FAMILIES = documents("task_definitions_*.yml")
SERVICES = documents("services.yml")


def taken(module: ModuleRun, kind: str, tmp_path: Path, document: dict[str, Any]) -> list[str]:
    """Run a document through the forms in which it can be given; name the operations that make it."""
    path = tmp_path / f"{kind}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    seen = len(module.clock.emulator.calls())
    predicted = module.ok(kind, True, src=str(path), wait=False)
    assert module.clock.emulator.writes(seen) == []
    made = module.ok(kind, src=str(path), wait=False)
    assert predicted["changed"] and made["changed"]
    assert predicted["actions"] == made["actions"] and predicted["diff"] == made["diff"]
    seen = len(module.clock.emulator.calls())
    for form in ({"src": str(path)}, {"definition": document}, {"definition": made[kind]}):
        again = module.ok(kind, wait=False, **form)
        assert not again["changed"], again["diff"]
    assert not module.ok(kind, True, src=str(path), wait=False)["changed"]
    assert module.clock.emulator.writes(seen) == []
    return [call["operation"] for call in made["actions"]]


@pytest.fixture(scope="module")
def guide(server: Emulator) -> Iterator[ModuleRun]:
    """Run modules against an emulator that all documents share: each has a name of its own."""
    server.reset()
    server.clock(speed=0)
    module = ModuleRun(server)
    module.ok("cluster", name="guide", capacity_providers=["FARGATE", "FARGATE_SPOT"])
    yield module


@pytest.mark.parametrize("name", FAMILIES)
def test_task_definitions(name: str, guide: ModuleRun, tmp_path: Path) -> None:
    assert taken(guide, "task_definition", tmp_path, FAMILIES[name]["document"]) == ["RegisterTaskDefinition"]


@pytest.fixture(scope="module")
def surroundings(guide: ModuleRun) -> dict[str, str]:
    """Give what the services take for granted: a network, target groups, a namespace, alarms."""
    url = guide.connection["endpoint_url"]
    ec2, elb, names, alarms = (client_of(url, name) for name in ("ec2", "elbv2", "servicediscovery", "cloudwatch"))
    subnets = sorted(subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"])[:2]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elb.create_load_balancer(Name="guide", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {}
    for name, kind in (("TARGET_GROUP_1", "ip"), ("TARGET_GROUP_2", "ip"), ("INSTANCE_GROUP", "instance")):
        made = elb.create_target_group(
            Name=name.replace("_", "-"), Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind
        )
        groups[name] = made["TargetGroups"][0]["TargetGroupArn"]
    rules: dict[str, str] = {}
    for name, port in (("PRODUCTION_RULE", 80), ("TEST_RULE", 8080)):
        forwards = {
            group: [{"Type": "forward", "TargetGroupArn": groups[group]}]
            for group in ("INSTANCE_GROUP", "TARGET_GROUP_1", "TARGET_GROUP_2")
        }
        listener = elb.create_listener(
            LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forwards["INSTANCE_GROUP"]
        )["Listeners"][0]["ListenerArn"]
        for priority in (1, 2):
            paths = [{"Field": "path-pattern", "Values": [f"/{priority}/*"]}]
            made = elb.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=paths,
                Actions=forwards[f"TARGET_GROUP_{priority}"],
            )
            rules.setdefault(name, made["Rules"][0]["RuleArn"])
    names.create_http_namespace(Name="guide")
    namespace = names.list_namespaces()["Namespaces"][0]
    registry = names.create_service(Name="pages", NamespaceId=namespace["Id"])["Service"]["Arn"]
    metric: dict[str, Any] = {
        "MetricName": "Errors",
        "Namespace": "Guide",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
    }
    for alarm in ("guide-errors", "guide-latency"):
        alarms.put_metric_alarm(AlarmName=alarm, ComparisonOperator="GreaterThanThreshold", Threshold=1, **metric)
    return {
        **groups,
        **rules,
        "SUBNET_1": subnets[0],
        "SUBNET_2": subnets[1],
        "SECURITY_GROUP": ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"],
        "REGISTRY": registry,
        "NAMESPACE": namespace["Arn"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_services(name: str, guide: ModuleRun, surroundings: dict[str, str], tmp_path: Path) -> None:
    guide.ok("task_definition", definition=FAMILIES[SERVICES[name]["family"]]["document"])
    text = string.Template(json.dumps(SERVICES[name]["document"])).substitute(surroundings)
    assert taken(guide, "service", tmp_path, json.loads(text)) == ["CreateService"]


def used(document: Any, shape: Any) -> Iterator[tuple[str, str]]:
    """Name the members that a document sets, each with its structure."""
    if shape.type_name == "structure" and not shape.is_document_type:
        for member, value in document.items():
            yield shape.name, member
            yield from used(value, shape.members[member])
    elif shape.type_name == "list":
        for entry in document:
            yield from used(entry, shape.member)


def offered(shape: Any, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Name all members of a shape and of the structures in it."""
    if shape.type_name == "structure" and shape.name not in seen:
        seen.add(shape.name)
        for member, inner in shape.members.items():
            yield shape.name, member
            yield from offered(inner, seen)
    elif shape.type_name == "list":
        yield from offered(shape.member, seen)


@pytest.mark.parametrize(
    ("operation", "found"),
    [("RegisterTaskDefinition", FAMILIES), ("CreateService", SERVICES)],
    ids=["task_definitions", "services"],
)
def test_every_member_stands_in_one_of_them(operation: str, found: dict[str, dict[str, Any]]) -> None:
    """A member of the newest botocore that no document shows is added to one, or named above."""
    shape = botocore.session.get_session().get_service_model("ecs").operation_model(operation).input_shape
    set_somewhere = {member for entry in found.values() for member in used(entry["document"], shape)}
    rest = set(offered(shape, set())) - set_somewhere
    assert {member for structure, member in rest if structure not in NOT_SHOWN} == NOT_SHOWN_MEMBERS[operation]
