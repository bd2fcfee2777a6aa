# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is added to a document, anywhere, is carried over or listed; and no document is too odd to be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversions import EXAMPLES, MARK, Steps, convert, lost, nodes, path, places, put

COMPOSE: dict[str, Any] = yaml.safe_load((EXAMPLES / "docker-compose.yml").read_text(encoding="utf-8"))
COMPOSE["services"]["web"]["deploy"] |= {
    "placement": {"constraints": ["a"]},
    "restart_policy": {"condition": "any"},
    "x-aws-autoscaling": {"min": 1, "max": 2, "cpu": 50},
    "labels": {"a": "b"},
}
COMPOSE["services"]["api"] |= {
    "logging": {"driver": "awslogs", "options": {"a": "b"}},
    "ports": [{"target": 80, "published": "80"}],
    "sysctls": {"net.core.somaxconn": 1},
    "env_file": [{"path": "api.env", "required": False}],
    "networks": {"backend": {"aliases": ["a"]}},
}
COMPOSE["services"]["api"]["volumes"] += [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": 1048576}}]
COMPOSE["volumes"]["uploads"]["driver_opts"] = {"type": "nfs"}
STATE: dict[str, Any] = json.loads((EXAMPLES / "terraform.tfstate").read_text(encoding="utf-8"))
OURS = [index for index, item in enumerate(STATE["resources"]) if item["type"].startswith(("aws_ecs", "aws_appauto"))]
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "x", "$", "${A", ":/-"])
)
ANYTHING = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)
# A value that is not empty: it is what would be lost.
SOMETHING = st.just(1) | st.just("x") | st.just({"a": 1}) | st.just(["a"])


def attributes(steps: Steps) -> str | None:
    """Spell a way into the attributes of an instance as the module does, by its address; None for all other ways."""
    if len(steps) < 5 or steps[0] != "resources" or steps[4] != "attributes" or steps[1] not in OURS:
        return None
    resource = STATE["resources"][steps[1]]
    key = resource["instances"][steps[3]].get("index_key")
    address = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
    index = "" if key is None else f'["{key}"]'
    return f"{address}{index}{path(('x', *steps[5:]))[1:]}"


@settings(deadline=None)
@given(st.sampled_from(list(places(COMPOSE))), SOMETHING)
def test_nothing_of_a_docker_compose_file_is_lost(steps: Steps, value: Any) -> None:
    result = convert(put(COMPOSE, (*steps, MARK), value), form="docker_compose")
    assert not lost(result, path((*steps, MARK)))


@settings(deadline=None)
@given(st.sampled_from([steps for steps in places(STATE) if attributes((*steps, MARK))]), SOMETHING)
def test_nothing_of_a_resource_of_terraform_is_lost(steps: Steps, value: Any) -> None:
    result = convert(put(STATE, (*steps, MARK), value))
    assert not lost(result, str(attributes((*steps, MARK))))


@pytest.mark.parametrize("steps", [(), ("resources", 1), ("resources", 1, "instances", 0)])
def test_nothing_of_the_state_itself_is_lost(steps: Steps) -> None:
    assert not lost(convert(put(STATE, (*steps, MARK), 1)), path((*steps, MARK)))


CONTAINERS = json.loads(STATE["resources"][3]["instances"][0]["attributes"]["container_definitions"])


@settings(deadline=None)
@given(st.sampled_from(list(places(CONTAINERS))), SOMETHING)
def test_nothing_of_the_containers_of_terraform_is_lost(steps: Steps, value: Any) -> None:
    where = ("resources", 3, "instances", 0, "attributes", "container_definitions")
    document = put(STATE, where, json.dumps(put(CONTAINERS, (*steps, MARK), value)))
    address = 'module.services.aws_ecs_task_definition.this["web"].container_definitions'
    document["resources"][3]["instances"][0]["sensitive_attributes"] = []
    assert not lost(convert(document), f"{address}{path(('x', *steps, MARK))[1:]}")


@settings(deadline=None)
@given(st.sampled_from([("docker_compose", COMPOSE), ("terraform", STATE)]), st.data())
def test_no_document_is_too_odd(chosen: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    form, document = chosen
    steps = data.draw(st.sampled_from(list(nodes(document))))
    odd = put(document, steps, data.draw(ANYTHING))
    try:
        assert convert(odd, form=form)["manifest"].startswith("---\n")
    except BadInput as error:
        assert str(error).endswith(".")
