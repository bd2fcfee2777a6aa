# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A docker-compose file becomes families and services on Fargate; what it cannot say there is listed."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from support.conversions import EXAMPLES, convert, left, options

NETWORK = {"service": {"network_configuration": {"awsvpc_configuration": {"subnets": ["subnet-1"]}}}}


def compose(service: dict[str, Any], choice: dict[str, Any] | None = None, /, **more: Any) -> dict[str, Any]:
    return convert({"services": {"web": {"image": "web:1", **service}}, **more}, defaults=NETWORK, **(choice or {}))


def container(service: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Convert one service, and give what its container has beside its name and its image."""
    (found,) = options(compose(service, **more), "task_definition", "web")["container_definitions"]
    return {name: value for name, value in found.items() if name not in ("name", "image")}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"command": "serve --port '80 81'"}, {"command": ["serve", "--port", "80 81"]}),
        ({"command": ["a", 1], "entrypoint": ["/b"]}, {"command": ["a", "1"], "entry_point": ["/b"]}),
        ({"user": 1000, "working_dir": "/app"}, {"user": "1000", "working_directory": "/app"}),
        ({"read_only": True, "tty": "true", "stdin_open": True}, None),
        ({"environment": {"A": 1, "B": True, "C": ""}}, {"environment": {"A": "1", "B": "true", "C": ""}}),
        ({"environment": ["A=1", "B=x=y"]}, {"environment": {"A": "1", "B": "x=y"}}),
        ({"ports": ["80"]}, {"port_mappings": [{"container_port": 80}]}),
        ({"ports": [80, "80:80"], "expose": ["80", 81]}, {"port_mappings": [{"container_port": p} for p in (80, 81)]}),
        ({"ports": ["53:53/udp"]}, {"port_mappings": [{"container_port": 53, "protocol": "udp"}]}),
        ({"ports": ["3000-3005"]}, {"port_mappings": [{"container_port_range": "3000-3005"}]}),
        (
            {"ports": [{"target": 80, "published": "80", "name": "http", "app_protocol": "http"}]},
            {"port_mappings": [{"container_port": 80, "name": "http", "app_protocol": "http"}]},
        ),
        ({"ulimits": {"nofile": 10}}, {"ulimits": [{"name": "nofile", "soft_limit": 10, "hard_limit": 10}]}),
        ({"sysctls": ["net.core.somaxconn=1024"]}, {"system_controls": {"net.core.somaxconn": "1024"}}),
        ({"labels": ["a=b"]}, {"docker_labels": {"a": "b"}}),
        ({"labels": {"a": 1}}, {"docker_labels": {"a": "1"}}),
        ({"cap_add": ["SYS_PTRACE"], "init": True}, None),
        ({"stop_grace_period": "1m"}, {"stop_timeout": 60}),
        (
            {"healthcheck": {"test": "curl -f localhost", "interval": "10s", "retries": 2}},
            {"health_check": {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 10, "retries": 2}},
        ),
        ({"healthcheck": {"disable": True}}, {}),
        (
            {"logging": {"driver": "awslogs", "options": {"awslogs-group": "/web"}}},
            {"log_configuration": {"log_driver": "awslogs", "options": {"awslogs-group": "/web"}}},
        ),
        (
            {"x-aws-pull_credentials": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub"},
            {
                "repository_credentials": {
                    "credentials_parameter": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub"
                }
            },
        ),
    ],
)
def test_members_of_the_container(service: dict[str, Any], expected: dict[str, Any] | None) -> None:
    result = compose(service)
    assert set(left(result)) <= {"services", "services.web"}
    if expected is not None:
        assert container(service) == expected


def test_flags_and_the_kernel() -> None:
    found = container({"read_only": True, "tty": "true", "stdin_open": True, "cap_drop": ["ALL"], "init": True})
    assert found == {
        "readonly_root_filesystem": True,
        "pseudo_terminal": True,
        "interactive": True,
        "linux_parameters": {"capabilities": {"drop": ["ALL"]}, "init_process_enabled": True},
    }


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ({"build": {"context": "."}}, "build"),
        ({"ports": ["8080:80"]}, "ports[0]"),
        ({"ports": ["127.0.0.1:80:80"]}, "ports[0]"),
        ({"ports": ["http"]}, "ports[0]"),
        ({"privileged": True}, "privileged"),
        ({"cap_add": ["NET_ADMIN"]}, "cap_add"),
        ({"ulimits": {"nproc": 10}}, "ulimits.nproc"),
        ({"logging": {"driver": "json-file", "options": {"max-size": "1m"}}}, "logging"),
        ({"healthcheck": {"test": "x", "interval": "1s"}}, "healthcheck.interval"),
        ({"stop_grace_period": "5m"}, "stop_grace_period"),
        ({"dns": "10.0.0.2"}, "dns"),
        ({"extra_hosts": ["a:10.0.0.1"]}, "extra_hosts"),
        ({"env_file": "none.env"}, "env_file"),
        ({"volumes": ["./a:/a"]}, "volumes[0]"),
        ({"volumes": [{"type": "bind", "source": "/a", "target": "/a"}]}, "volumes[0]"),
        ({"networks": {"a": {"aliases": ["b"]}}}, "networks"),
        ({"depends_on": ["other"]}, "depends_on[0]"),
        ({"restart": "on-failure:3"}, "restart"),
        ({"deploy": {"restart_policy": {"condition": "none"}}}, "deploy.restart_policy.condition"),
        ({"deploy": {"placement": {"constraints": ["a"]}}}, "deploy.placement"),
        ({"deploy": {"mode": "global"}}, "deploy.mode"),
        ({"deploy": {"update_config": {"delay": "10s"}}}, "deploy.update_config.delay"),
        ({"profiles": ["debug"]}, "profiles"),
        ({"x-mine": 1}, "x-mine"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"image": "${NONE}"}, "image"),
        ({"secrets": ["none"]}, "secrets[0]"),
        ({"platform": "windows/amd64"}, "platform"),
    ],
)
def test_what_fargate_has_not_is_listed(service: dict[str, Any], path: str) -> None:
    assert f"services.web.{path}" in left(compose(service))


def test_a_file_that_is_carried_over_whole_leaves_nothing() -> None:
    service = {
        "deploy": {"replicas": 3, "resources": {"limits": {"cpus": "0.25", "memory": "512M"}}},
        "logging": {"driver": "awslogs", "options": {"awslogs-group": "/web"}},
    }
    result = compose(service, name="shop")
    assert result["not_carried"] == []
    assert options(result, "service", "shop-web") == {
        "name": "shop-web",
        "task_definition": "shop-web",
        "desired_count": 3,
        "launch_type": "FARGATE",
        **NETWORK["service"],
    }


@pytest.mark.parametrize(
    ("service", "size"),
    [
        ({}, ("256", "512")),
        ({"cpus": 1}, ("1024", "2048")),
        ({"cpus": "0.3", "mem_limit": "600m"}, ("512", "1024")),
        ({"mem_limit": "3g"}, ("512", "3072")),
        ({"deploy": {"resources": {"reservations": {"cpus": "2"}}}}, ("2048", "4096")),
        ({"cpus": 99}, ("32768", "249856")),
    ],
)
def test_sizes_are_rounded_up_to_those_of_fargate(service: dict[str, Any], size: tuple[str, str]) -> None:
    result = compose(service)
    family = options(result, "task_definition", "web")
    assert (family["cpu"], family["memory"]) == size
    exact = service in ({"cpus": 1}, {"mem_limit": "3g"}) or "deploy" in service
    assert ("services.web" in left(result)) is not exact


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"failure_action": "rollback"}, {"deployment_circuit_breaker": {"enable": True, "rollback": True}}),
        (
            {"order": "stop-first", "parallelism": 1},
            {"minimum_healthy_percent": 75, "maximum_percent": 100},
        ),
        ({"order": "stop-first", "parallelism": 0}, {"minimum_healthy_percent": 0, "maximum_percent": 100}),
        ({"x-aws-min_percent": 50, "x-aws-max_percent": 150}, {"minimum_healthy_percent": 50, "maximum_percent": 150}),
    ],
)
def test_updates(update: dict[str, Any], expected: dict[str, Any]) -> None:
    result = compose({"deploy": {"replicas": 4, "update_config": update}})
    assert options(result, "service", "web")["deployment_configuration"] == expected


def test_services_wait_for_each_other() -> None:
    image = {"image": "a"}
    depends = {"api": {"condition": "service_healthy"}, "job": {"condition": "service_completed_successfully"}}
    result = convert({"services": {"web": {**image, "depends_on": depends}, "api": image, "job": image}}, name="shop")
    assert options(result, "service", "shop-web")["depends_on"] == ["shop-api"]
    assert "services.web.depends_on.job" in left(result)


def test_volumes() -> None:
    volumes = {
        "efs": {"external": True, "name": "fs-0123456789abcdef0"},
        "nfs": {"driver_opts": {"type": "nfs", "o": "addr=fs-0a1b2c3d.efs.x", "device": ":/data"}},
        "local": {},
        "unused": {},
    }
    mounts = [
        "efs:/efs:ro",
        "nfs:/nfs",
        "local:/local",
        "/anonymous",
        {"type": "tmpfs", "target": "/tmp", "tmpfs": {"size": "64m"}},
    ]
    result = compose({"volumes": mounts}, volumes=volumes)
    family = options(result, "task_definition", "web")
    assert sorted(family["volumes"], key=itemgetter("name")) == [
        {
            "name": "efs",
            "efs_volume_configuration": {"file_system_id": "fs-0123456789abcdef0", "transit_encryption": "ENABLED"},
        },
        {"name": "local"},
        {
            "name": "nfs",
            "efs_volume_configuration": {
                "file_system_id": "fs-0a1b2c3d",
                "root_directory": "/data",
                "transit_encryption": "ENABLED",
            },
        },
        {"name": "volume-3"},
    ]
    (main,) = family["container_definitions"]
    assert sorted(main["mount_points"], key=itemgetter("source_volume")) == [
        {"source_volume": "efs", "container_path": "/efs", "read_only": True},
        {"source_volume": "local", "container_path": "/local"},
        {"source_volume": "nfs", "container_path": "/nfs"},
        {"source_volume": "volume-3", "container_path": "/anonymous"},
    ]
    assert main["linux_parameters"]["tmpfs"] == [{"container_path": "/tmp", "size": 64}]
    assert {"volumes.local", "volumes.unused"} <= set(left(result))


def test_secrets_are_variables_on_ecs() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db"
    secrets = {"db": {"external": True, "name": arn}, "file": {"file": "./a"}}
    result = compose(
        {"secrets": ["file", {"source": "db", "target": "/run/db-password", "mode": 0o400}]}, secrets=secrets
    )
    (main,) = options(result, "task_definition", "web")["container_definitions"]
    assert main["secrets"] == {"DB_PASSWORD": arn}
    assert {"secrets.file.file", "services.web.secrets[0]", "services.web.secrets[1].mode"} <= set(left(result))


def test_what_nobody_shall_see_becomes_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAG=1.4\n", encoding="utf-8")
    (tmp_path / "web.env").write_text("API_TOKEN=abc\nMODE=prod\n", encoding="utf-8")
    text = (
        "services:\n  web:\n    image: web:$TAG\n    env_file: [web.env]\n"
        "    environment:\n      - DB_PASSWORD=hunter2\n      - GIVEN\n      - FROM_HOST\n      - URL=http://$HOST/\n"
    )
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")
    result = convert(src=tmp_path, variables={"GIVEN": "x"})
    (main,) = options(result, "task_definition", "web")["container_definitions"]
    assert main["image"] == "web:1.4"
    assert main["environment"] == {
        "API_TOKEN": "{{ vault_web_api_token }}",
        "MODE": "prod",
        "DB_PASSWORD": "{{ vault_web_db_password }}",
        "GIVEN": "x",
        "FROM_HOST": "{{ vault_web_from_host }}",
        "URL": "{{ vault_web_url }}",
    }
    assert "hunter2" not in str(result) and "abc" not in str(result)
    assert "services.web.environment.FROM_HOST" in left(result)


def test_other_files_of_the_directory_are_told(tmp_path: Path) -> None:
    text = "services: {web: {image: 'web:1'}}"
    for name in ("compose.yml", "docker-compose.yml", "docker-compose.override.yml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert {"docker-compose.yml", "docker-compose.override.yml"} <= set(left(convert(src=tmp_path)))
    assert "docker-compose.override.yml" not in left(convert(src=tmp_path / "docker-compose.override.yml"))


def test_scaling_of_the_ecs_integration() -> None:
    deploy = {"x-aws-autoscaling": {"min": 2, "max": 6, "cpu": 75}}
    result = compose({"deploy": deploy}, {"cluster": "shop"})
    assert options(result, "scaling", "web") == {
        "service": "web",
        "cluster": "shop",
        "min_capacity": 2,
        "max_capacity": 6,
        "target_tracking": {"cpu": 75},
    }
    assert options(result, "service", "web")["ignore_changes"] == ["desired_count"]


def test_the_example() -> None:
    result = convert(src=EXAMPLES / "docker-compose.yml", cluster="shop-prod", defaults=NETWORK)
    assert [next(iter(entry)) for entry in result["resources"]] == ["task_definition", "service"] * 2
    assert [item["name"] for item in result["placeholders"]] == [
        "vault_shop_web_db_password",
        "vault_shop_api_api_token",
    ]
    assert result["manifest"].count("subnet-1") == 1
    assert set(left(result)) == {
        *("networks", "services", "services.api", "services.api.build", "services.api.networks"),
        *("services.api.secrets", "services.api.secrets[0]", "services.web", "services.web.ports[0]"),
        "services.web.volumes[0]",
    }
