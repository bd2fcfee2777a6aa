# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ecspresso configuration becomes a family and a service; what it looks up elsewhere becomes a placeholder."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversions import EXAMPLES, MARK, Steps, convert, left, lost, nodes, options, path, places, put

ECSPRESSO = EXAMPLES / "ecspresso"
CONFIG: dict[str, Any] = yaml.safe_load((ECSPRESSO / "ecspresso.yml").read_text(encoding="utf-8"))
FILES = {
    "ecspresso.yml": CONFIG
    | {
        "appspec": {"version": "0.0", "Hooks": [{"BeforeInstall": "check"}]},
        "codedeploy": {"application_name": "shop", "deployment_group_name": "web"},
    },
    "ecs-task-def.json": json.loads((ECSPRESSO / "ecs-task-def.json").read_text(encoding="utf-8")),
    "ecs-service-def.json": json.loads((ECSPRESSO / "ecs-service-def.json").read_text(encoding="utf-8")),
}
TASK = '{"family": "web", "containerDefinitions": [{"name": "web", "image": "web:1"}]}'
Convert = Callable[..., dict[str, Any]]


@pytest.fixture
def ecspresso(tmp_path: Path) -> Convert:
    """Convert files given by their names without suffix; `choice` goes to the module."""

    def run(task: str = TASK, service: str = "{}", config: str = "", **choice: Any) -> dict[str, Any]:
        main = "cluster: shop\nservice: web\nservice_definition: s.json\ntask_definition: t.json\n"
        for name, text in {"t.json": task, "s.json": service, "ecspresso.yml": main + config}.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return convert(src=tmp_path, **choice)

    return run


def environment(value: str) -> str:
    entry = {"name": "web", "image": "web:1", "environment": [{"name": "A", "value": value}]}
    return json.dumps({"family": "web", "containerDefinitions": [entry]})


PATH = "t.json.containerDefinitions[0].environment[0].value"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ env `NAME` `other` }}", "shop"),
        ("{{ env `NOT_SET` `NAME` `other` }}", "shop"),
        ("{{ env `EMPTY` `other` }}", "other"),
        ("{{ env `NOT_SET` `` }}", ""),
        ("{{ env `NOT_SET` `other` }}", "other"),
        ("{{env `NOT_SET` `other`}}-{{- must_env `NAME` -}}", "other-shop"),
        ("{{ must_env `NAME` }}", "shop"),
        ("{{ must_env `EMPTY` }}", ""),
        ("{{ must_env `NAME` | json_escape }}", "shop"),
        ("{{ printf `%s-%s` (must_env `NAME`) `x` }}", "shop-x"),
        ("{{ tfstate `aws_subnet.a.id` }}", "subnet-1"),
        ("{{ tfstatef `aws_subnet.%s.id` (env `NOT_SET` `a`) }}", "subnet-1"),
        ("{{ first_tfstate `aws_subnet.a.id` }}", "subnet-1"),
        ("{{ ssm `/shop/x` }}", "y"),
        ("{{ cfn_output `stack` `Key` }}", "z"),
        ("a{{/* a comment */}}b", "ab"),
        ("{{ `{{.Name}}` }}", "{{.Name}}"),
    ],
)
def test_templates_are_filled_in(ecspresso: Convert, text: str, expected: str) -> None:
    variables = {"NAME": "shop", "EMPTY": "", "aws_subnet.a.id": "subnet-1", "/shop/x": "y", "stack.Key": "z"}
    result = ecspresso(environment(text), variables=variables)
    (container,) = options(result, "task_definition", "web")["container_definitions"]
    assert container["environment"]["A"] == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{{ must_env `TAG` }}", "TAG in the environment"),
        ("{{ env `TAG` }}", "TAG in the environment"),
        ("a-{{ tfstate `aws_x.y.id` }}-b", "aws_x.y.id in a Terraform state"),
        ("{{ tfstate `aws_x.y['a'].id` }}", "aws_x.y['a'].id in a Terraform state"),
        ("{{ ssm `/shop/x` }}", "/shop/x in the Parameter Store"),
        ("{{ secretsmanager_arn `shop/db` }}", "shop/db in Secrets Manager"),
        ("{{ cfn_output `stack` `Key` }}", "stack.Key in the outputs of a CloudFormation stack"),
        ("{{ cfn_export `Key` }}", "Key in the exports of CloudFormation"),
    ],
)
def test_what_is_looked_up_elsewhere_becomes_a_placeholder(ecspresso: Convert, text: str, where: str) -> None:
    result = ecspresso(environment(text))
    (container,) = options(result, "task_definition", "web")["container_definitions"]
    assert container["environment"]["A"] == "{{ vault_web_a }}"
    assert where in left(result)[PATH]
    assert [item["path"] for item in result["placeholders"]] == ["container_definitions[0].environment.A"]


def test_a_default_that_is_taken_is_told(ecspresso: Convert) -> None:
    assert "TAG" in left(ecspresso(environment("{{ env `TAG` `1` }}")))["t.json"]
    assert "t.json" not in left(ecspresso(environment("{{ env `TAG` `1` }}"), variables={"TAG": "2"}))


@pytest.mark.parametrize(
    "text", ["{{ if true }}x{{ end }}", "{{ .Name }}", "{{ unknown `x` }}", "{{ }}", "{{ env (`a` }}"]
)
def test_statements_are_not_carried_out(ecspresso: Convert, text: str) -> None:
    result = ecspresso(environment(text))
    assert "is not carried out here" in left(result)["ecspresso.yml.task_definition"]
    assert [next(iter(entry)) for entry in result["resources"]] == ["service"]


def test_statements_in_the_configuration_are_refused(ecspresso: Convert) -> None:
    with pytest.raises(BadInput, match=r"line 5: the template .*ecspresso render"):
        ecspresso(config="{{ if true }}\nplugins: []\n{{ end }}\n")


def test_text_without_quotes_may_be_looked_up_too(ecspresso: Convert) -> None:
    service = '{"desiredCount": {{ env `COUNT` `3` }}, "platformVersion": {{ must_env `PLATFORM` }}}'
    found = options(ecspresso(service=service), "service", "web")
    assert (found["desired_count"], found["platform_version"]) == (3, "{{ vault_web_platform_version }}")


def test_members_keep_the_keys_of_users(ecspresso: Convert) -> None:
    container = {
        "name": "web",
        "image": "web:1",
        "dockerLabels": {"com.example.Team": "web"},
        "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "x", "apiKeyName": "y"}},
        "secrets": [{"name": "A", "valueFrom": "/a"}],
        "environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    }
    result = ecspresso(json.dumps({"family": "web", "containerDefinitions": [container]}))
    (found,) = options(result, "task_definition", "web")["container_definitions"]
    assert found["docker_labels"] == {"com.example.Team": "web"}
    assert found["log_configuration"]["options"] == {"Name": "x", "apiKeyName": "y"}
    assert found["secrets"] == {"A": "/a"}
    assert any("given more than once" in item["reason"] for item in result["not_carried"])


def test_answers_of_the_api_are_taken_too(ecspresso: Convert) -> None:
    shown = {
        "taskDefinition": {**json.loads(TASK), "revision": 3, "status": "ACTIVE"},
        "tags": [{"key": "a", "value": "b"}],
    }
    service = {"serviceArn": "arn:x", "cluster": "other", "taskDefinition": "web:3", "desiredCount": 2, "events": []}
    result = ecspresso(json.dumps(shown), json.dumps(service))
    assert options(result, "task_definition", "web")["tags"] == {"a": "b"}
    assert options(result, "service", "web") == {
        "name": "web",
        "cluster": "shop",
        "task_definition": "web",
        "desired_count": 2,
    }
    paths = {"t.json.taskDefinition.revision", "s.json.serviceArn", "s.json.cluster", "s.json.taskDefinition"}
    assert paths <= set(left(result))


def test_the_configuration_says_how_to_deploy(ecspresso: Convert) -> None:
    config = (
        "region: eu-central-1\nrequired_version: '>= 2'\ntimeout: 5m30s\n"
        "codedeploy: {application_name: app, deployment_group_name: group}\n"
        "appspec: {version: '0.0', Hooks: [{BeforeInstall: check}, {AfterInstall: look}]}\n"
    )
    result = ecspresso(service='{"deploymentController": {"type": "CODE_DEPLOY"}}', config=config)
    found = options(result, "service", "web")
    assert found["wait_timeout"] == 330
    assert found["code_deploy"] == {
        "application": "app",
        "deployment_group": "group",
        "hooks": {"BeforeInstall": "check", "AfterInstall": "look"},
    }
    assert {"ecspresso.yml.region", "ecspresso.yml.required_version"} <= set(left(result))


def test_names_and_clusters(ecspresso: Convert) -> None:
    result = ecspresso(name="test", cluster="other")
    found = options(result, "service", "test-web")
    assert (found["cluster"], found["task_definition"]) == ("shop", "test-web")
    assert options(result, "task_definition", "test-web")


def test_a_task_alone(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(TASK, encoding="utf-8")
    (tmp_path / "c.yml").write_text("cluster: shop\nservice: web\ntask_definition: t.json\n", encoding="utf-8")
    result = convert(src=tmp_path / "c.yml")
    assert [next(iter(entry)) for entry in result["resources"]] == ["task_definition"]
    assert "no definition" in left(result)["service"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.jsonnet", "{}", "it is Jsonnet"),
        ("t.json", "// a comment of Jsonnet\n{family: 'web' + 'x'}", "it cannot be read"),
        ("t.json", "[]", "it is no dictionary"),
        ("missing.json", None, "the file is not there"),
    ],
)
def test_what_cannot_be_read_is_left(tmp_path: Path, name: str, text: str | None, reason: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "ecspresso.yml").write_text(f"cluster: shop\ntask_definition: {name}\n", encoding="utf-8")
    result = convert(src=tmp_path)
    (entry,) = (item for item in result["not_carried"] if item["path"] == "ecspresso.yml.task_definition")
    assert reason in entry["reason"]
    assert result["resources"] == []


def test_a_configuration_in_jsonnet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ecspresso.jsonnet").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match="Jsonnet"):
        convert(src=tmp_path)


# Nothing is lost ------------------------------------------------------------------------------------------------------


def converted(files: dict[str, Any]) -> dict[str, Any]:
    """Convert files given as documents."""
    with tempfile.TemporaryDirectory() as folder:
        for name, document in files.items():
            (Path(folder) / name).write_text(json.dumps(document), encoding="utf-8")
        return convert(src=Path(folder), form="ecspresso")


PLACES = [(name, steps) for name, document in FILES.items() for steps in places(document)]
NODES = [(name, steps) for name, document in FILES.items() for steps in nodes(document)]


@settings(deadline=None)
@given(st.sampled_from(PLACES), st.just(1) | st.just("x") | st.just({"a": 1}) | st.just(["a"]))
def test_nothing_is_lost(place: tuple[str, Steps], value: Any) -> None:
    name, steps = place
    result = converted({**FILES, name: put(FILES[name], (*steps, MARK), value)})
    assert not lost(result, path((name, *steps, MARK)).replace(path((name,)), name, 1))


@settings(deadline=None)
@given(st.sampled_from(NODES), st.none() | st.booleans() | st.sampled_from([0, "", "x", "{{", "{{ x }}", [], {}, [1]]))
def test_no_configuration_is_too_odd(place: tuple[str, Steps], value: Any) -> None:
    name, steps = place
    try:
        assert re.match("---\n", converted({**FILES, name: put(FILES[name], steps, value)})["manifest"])
    except BadInput as error:
        assert str(error).endswith(".")
