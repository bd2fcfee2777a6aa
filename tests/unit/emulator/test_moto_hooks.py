# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hooks into moto that the emulator uses exist in the moto that is installed."""

from __future__ import annotations

import inspect
from typing import Any

import moto.backends
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.core import request
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.resource_tagging import TaggableResourcesMixin
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ecr.models import ECRBackend, Image
from moto.ecs import models
from moto.elbv2.models import FakeAction, FakeHealthStatus, FakeListener, FakeTargetGroup
from moto.iam.models import IAMBackend, Role, get_account_id_from
from moto.logs.models import LogEvent, LogGroup, LogStream
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.secretsmanager.models import FakeSecret
from moto.sqs.models import SQSBackend
from moto.ssm.models import SimpleSystemManagerBackend


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


def test_groups() -> None:
    """Auto Scaling groups launch and terminate by these methods, and launch templates make versions by this one."""
    assert list(inspect.signature(FakeAutoScalingGroup.set_desired_capacity).parameters)[1:] == ["new_capacity"]
    original = inspect.signature(FakeAutoScalingGroup.replace_autoscaling_group_instances)
    assert list(original.parameters)[1:] == ["count_needed", "propagated_tags"]
    for name in ("terminate_instance", "delete_auto_scaling_group", "notify_terminate_instances"):
        assert callable(getattr(AutoScalingBackend, name))
    assert isinstance(InstanceState.launch_template, property)
    assert callable(AutoScalingResponse.delete_auto_scaling_group)
    assert callable(LaunchTemplates.create_launch_template_version)


def test_listener_rules() -> None:
    """Weights are set in the actions of rules and in the default actions of listeners."""
    action = FakeAction({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a", "Weight": 1}]}})
    assert (action.type, action.data["ForwardConfig"]["TargetGroups"][0]["Weight"]) == ("forward", 1)
    listener = FakeListener("balancer", "listener", "HTTP", "80", "", None, [action], None)
    rule = next(iter(listener.rules.values()))
    assert (rule.is_default, rule.actions, rule.listener_arn) == (True, [action], "listener")
    assert listener.default_actions == [action]


def test_alarms() -> None:
    """The state of an alarm is a member of it."""
    assert 'self.state_value = "OK"' in inspect.getsource(Alarm.__init__)
    assert "self.alarms" in inspect.getsource(CloudWatchBackend.__init__)


def test_target_health() -> None:
    """The health of a target is asked of its group."""
    assert list(inspect.signature(FakeTargetGroup.health_for).parameters) == ["self", "target", "ec2_backend"]
    expected = ["self", "instance_id", "port", "health_port", "status", "reason", "description"]
    assert list(inspect.signature(FakeHealthStatus.__init__).parameters) == expected


def test_identity() -> None:
    """Managed policies are read in one method, and keys are looked up by one function."""
    assert list(inspect.signature(IAMBackend._init_aws_policies).parameters) == ["self"]
    assert list(inspect.signature(get_account_id_from).parameters) == ["access_key"]


def test_registry() -> None:
    """What is replaced in ECR, and what is read of it."""
    put = list(inspect.signature(ECRBackend.put_image).parameters)
    assert put == ["self", "repository_name", "image_manifest", "image_tag", "image_manifest_mediatype", "digest"]
    delete = list(inspect.signature(ECRBackend.batch_delete_image).parameters)
    assert delete == ["self", "repository_name", "registry_id", "image_ids"]
    assert list(inspect.signature(ECRBackend.put_image_tag_mutability).parameters)[1:] == [
        "registry_id",
        "repository_name",
        "image_tag_mutability",
        "image_tag_mutability_exclusion_filters",
    ]
    assert list(inspect.signature(Image._create_digest).parameters) == ["self"]
    assert "scan_finding_results_queue" in inspect.getsource(Image.__init__)
    assert callable(ECRBackend._get_repository)


def test_logs_and_secrets() -> None:
    """Lines are put into streams; secrets, parameters and roles are looked up."""
    assert list(inspect.signature(LogStream.put_log_events).parameters) == ["self", "log_events"]
    assert list(inspect.signature(LogGroup.create_log_stream).parameters) == ["self", "log_stream_name"]
    assert "self.ingestion_time" in inspect.getsource(LogEvent.__init__)
    assert callable(FakeSecret.is_deleted)
    assert "default_version_id" in inspect.getsource(FakeSecret)
    assert "name" in inspect.signature(SimpleSystemManagerBackend.get_parameter).parameters


def test_queues_and_roles() -> None:
    """The dead letters of schedules are sent to queues, by roles whose trust is looked at."""
    assert {"queue_name", "message_body", "message_attributes"} <= set(
        inspect.signature(SQSBackend.send_message).parameters
    )
    assert "assume_role_policy_document" in inspect.signature(Role.__init__).parameters
