# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hooks into moto that the emulator uses exist in the moto that is installed."""

from __future__ import annotations

import inspect
from typing import Any

import moto.backends
from moto.core import request
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.resource_tagging import TaggableResourcesMixin
from moto.ecs import models
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup
from moto.iam.models import IAMBackend, get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


def test_backend_of_ecs() -> None:
    """The class that makes ECS's state can be replaced."""
    assert isinstance(models.ecs_backends, BackendDict)
    assert issubclass(models.EC2ContainerServiceBackend, BaseBackend)
    assert hasattr(models.ecs_backends, "backend")
    assert list(inspect.signature(BaseBackend.__init__).parameters) == ["self", "region_name", "account_id"]


def test_reset() -> None:
    """All state hangs on BackendDict._instances."""
    registry: Any = BackendDict
    assert isinstance(registry._instances, list)
    assert callable(BackendDict.iter_backends)
    assert callable(BaseBackend.reset)


def test_server() -> None:
    """The WSGI application takes moto's maker of applications."""
    assert list(inspect.signature(DomainDispatcherApplication.__init__).parameters) == ["self", "create_app"]
    assert callable(create_backend_app)
    assert "ecs" in moto.backends.list_of_moto_modules()


def test_headers() -> None:
    """Names of headers that WSGI cannot spell are handed to moto beside it."""
    assert isinstance(request.PRESERVED_HEADER_NAMES_ENVIRON_KEY, str)
    assert request.environ_key_for_header("X-Amz-Meta-a_b") == "HTTP_X_AMZ_META_A_B"
    assert request.should_preserve_original_header_name("x-amz-meta-a_b")


def test_tagging() -> None:
    """The Resource Groups Tagging API asks the backends."""
    assert issubclass(models.EC2ContainerServiceBackend, TaggableResourcesMixin)
    for name in ("iter_tagged_resources", "tag_resource", "untag_resource", "owns_arn"):
        assert callable(getattr(TaggableResourcesMixin, name))


def test_target_health() -> None:
    """The health of a target is asked of its group."""
    assert list(inspect.signature(FakeTargetGroup.health_for).parameters) == ["self", "target", "ec2_backend"]
    expected = ["self", "instance_id", "port", "health_port", "status", "reason", "description"]
    assert list(inspect.signature(FakeHealthStatus.__init__).parameters) == expected


def test_identity() -> None:
    """Managed policies are read in one method, and keys are looked up by one function."""
    assert list(inspect.signature(IAMBackend._init_aws_policies).parameters) == ["self"]
    assert list(inspect.signature(get_account_id_from).parameters) == ["access_key"]
