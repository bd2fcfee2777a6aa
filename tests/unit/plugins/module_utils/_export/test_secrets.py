# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets go, placeholders come, and apply puts the values back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._bulk.manifest import Manifest
from ansible_collections.longshore.ecs.plugins.module_utils._export.secrets import Hidden, Vault
from ansible_collections.longshore.ecs.plugins.module_utils._secret import MASK, masked

OPTIONS: dict[str, Any] = {
    "family": "shop-web",
    "container_definitions": [
        {
            "name": "web",
            "environment": {"DB_PASSWORD": "hunter2", "LOG_LEVEL": "info", "URL": "postgres://app:pw@db/shop"},
            "secrets": {"API_TOKEN": "arn:aws:ssm:eu-central-1:123456789012:parameter/token"},
            "command": ["serve", "--token", "abc", "--password=def"],
        },
        {
            "name": "log-router",
            "log_configuration": {"log_driver": "splunk", "options": {"splunk-token": "xyz", "tag": "{{.Name}}"}},
        },
        {"name": "old", "environment": [{"name": "PASSWORD", "value": "a"}, {"name": "PASSWORD", "value": "b"}]},
    ],
    "tags": {"team": "{{ vault_team }}"},
}


def test_what_looks_secret_becomes_a_placeholder() -> None:
    vault = Vault()
    emptied = vault.emptied("task_definition", "shop-web", OPTIONS)
    assert [(item["name"], item["path"], item["shown"]) for item in vault.told] == [
        ("vault_shop_web_db_password", "container_definitions[0].environment.DB_PASSWORD", "********"),
        ("vault_shop_web_url", "container_definitions[0].environment.URL", "********"),
        ("vault_shop_web_command_2", "container_definitions[0].command[2]", "********"),
        ("vault_shop_web_command_3", "container_definitions[0].command[3]", "--password=********"),
        (
            "vault_shop_web_log_router_splunk_token",
            "container_definitions[1].log_configuration.options.splunk-token",
            "********",
        ),
        ("vault_shop_web_old_password_value", "container_definitions[2].environment[0].value", "********"),
        ("vault_shop_web_old_password_value_2", "container_definitions[2].environment[1].value", "********"),
        ("vault_shop_web_team", "tags.team", "{{ vault_team }}"),
    ]
    web = emptied["container_definitions"][0]
    assert web["environment"] == {
        "DB_PASSWORD": "{{ vault_shop_web_db_password }}",
        "LOG_LEVEL": "info",
        "URL": "{{ vault_shop_web_url }}",
    }
    assert web["secrets"] == OPTIONS["container_definitions"][0]["secrets"]
    assert emptied["container_definitions"][1]["log_configuration"]["options"]["tag"] == "{{.Name}}"
    assert {(item["kind"], item["resource"]) for item in vault.told} == {("task_definition", "shop-web")}


def test_nothing_secret_is_left() -> None:
    text = repr(Vault().emptied("task_definition", "shop-web", OPTIONS))
    assert [word for word in ("hunter2", "app:pw", "'abc'", "=def", "xyz", "'a'", "'b'") if word in text] == []


def test_masked_values_are_given_back_where_the_placeholders_stand() -> None:
    """`shown` says what a masked document would: so a verification needs no secret."""
    vault = Vault()
    emptied = vault.emptied("task_definition", "shop-web", OPTIONS)
    manifest = Manifest(("task_definition",))
    shown = {item["name"]: item["shown"] for item in vault.told}
    manifest.read({"resources": [{"task_definition": emptied}], "placeholders": shown})
    assert manifest.problems == []
    assert manifest.entries[0].options == masked(OPTIONS)


def test_what_is_not_exported_after_all_has_no_placeholder() -> None:
    vault = Vault()
    vault.emptied("task_definition", "web", {"tags": {"password": "a"}})
    vault.emptied("service", "web", {"tags": {"password": "b"}})
    vault.forget([("task_definition", "web")])
    assert [(item["kind"], item["name"]) for item in vault.told] == [("service", "vault_web_password_2")]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("{{ vault_a }}", "1"),
        ("{{vault_a}}", "1"),
        ("{{ vault_a }}s", "{{ vault_a }}s"),
        ("{{ other }}", "{{ other }}"),
        ("{{.Name}}", "{{.Name}}"),
    ],
)
def test_only_a_whole_value_is_a_placeholder(value: str, meant: str) -> None:
    manifest = Manifest(("cluster",))
    manifest.read({"resources": [{"cluster": {"tags": {"a": value}}}], "placeholders": {"vault_a": 1}})
    assert manifest.problems == []
    assert manifest.entries[0].options == {"tags": {"a": meant}}


def test_a_placeholder_without_a_value_is_a_mistake() -> None:
    manifest = Manifest(("cluster",))
    manifest.read(
        {
            "resources": [{"cluster": {"settings": [{"value": "{{ vault_b }}"}]}}],
            "defaults": {"cluster": {"tags": {"a": "{{ vault_a }}"}}},
            "placeholders": {"vault_a": None},
        }
    )
    assert [(problem.place.path, problem.message) for problem in manifest.problems] == [
        ("defaults.cluster.tags.a", "the placeholder vault_a has no value; give it in placeholders."),
        (
            "resources[0].cluster.settings[0].value",
            "the placeholder vault_b has no value; give it in placeholders.",
        ),
    ]


def test_what_is_said_to_be_secret_makes_way_whatever_it_looks_like() -> None:
    vault = Vault()
    options = {"container_definitions": [{"name": "web", "environment": {"MODE": Hidden("prod"), "LEVEL": "info"}}]}
    emptied = vault.emptied("task_definition", "web", options)
    assert emptied["container_definitions"][0]["environment"] == {"MODE": "{{ vault_web_mode }}", "LEVEL": "info"}
    assert [item["shown"] for item in vault.told] == [MASK]
