# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hooks into moto: its ECS backend replaced, its other services as they are.

A test says that they exist: `moto.ecs.models.ecs_backends`, `moto.backends.list_of_moto_modules`, the health of
targets and the attributes of load balancers in `moto.elbv2.models`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

# Without it AttachRolePolicy knows no AWS managed policy. moto asks when the first IAM state is made.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

import moto.backends
from moto.core.base_backend import BackendDict, BaseBackend, backend_lock
from moto.core.model_instances import reset_model_data
from moto.core.resource_tagging import TaggedResource
from moto.ec2.models.subnets import Subnet
from moto.ecs import models
from moto.elbv2.models import FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup
from moto.iam.models import IAMBackend, get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import (
    fleet,
    groups,
    hybrid,
    launch_templates,
    managed_scaling,
    public_parameters,
    refreshes,
    registry,
    simulation,
    tagging,
    waiting,
)
from .errors import EcsError
from .region import Region, World
from .wire import Application


class EmulatorBackend(models.EC2ContainerServiceBackend):
    """The emulator's state of one account and Region, where moto's other services look for ECS.

    moto's own tables stay empty.
    """

    world: World

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.region = Region(self.world, account_id, region_name, self.partition)
        waiting.install(self.region)
        fleet.install(self.region)
        self.region.scaling_changed = lambda: managed_scaling.wake(self.region)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """List all resources for moto's Resource Groups Tagging API, which does the filtering."""
        for arn, record in tagging.taggable(self.region):
            kind = arn.split(":")[5].partition("/")[0]
            yield TaggedResource(arn, {tag["key"]: tag["value"] for tag in record.tags}, f"ecs:{kind}")
        for target in self.region.scalable.values():
            kind = "application-autoscaling:scalable-target"
            yield TaggedResource(target.doc["ScalableTargetARN"], dict(target.tags), kind)
        for group in self.region.scheduler.groups.values():
            tags = {tag["Key"]: tag["Value"] for tag in group.tags}
            yield TaggedResource(group.doc["Arn"], tags, "scheduler:schedule-group")

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Tag through the Resource Groups Tagging API."""
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        tagging.tag_resource(self.region, {"resourceArn": arn, "tags": pairs})

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Untag through the Resource Groups Tagging API."""
        tagging.untag_resource(self.region, {"resourceArn": arn, "tagKeys": tag_keys})


# moto derives the module with a backend's URLs from the class's module.
EmulatorBackend.__module__ = "moto.ecs.models"


def install(world: World) -> Application:
    """Hook into moto and give its application for all services but ECS."""
    EmulatorBackend.world = world
    models.ecs_backends.backend = EmulatorBackend
    models.ecs_backends.clear()
    # moto reads its package directory again with each request otherwise.
    modules = frozenset(moto.backends.list_of_moto_modules())
    moto.backends.list_of_moto_modules = lambda: modules
    _show_target_health()
    _show_balancer_defaults()
    _keep_managed_policies()
    registry.install(world)
    simulation.install()
    groups.install()
    launch_templates.install()
    public_parameters.install(world)
    hybrid.install(region_of)
    groups.asked[:] = [lambda group, instance: fleet.drains_first(_region_of_group(group), group, instance)]
    refreshes.install(_region_of_group)
    application: Application = DomainDispatcherApplication(create_backend_app)
    return application


def _region_of_group(group: Any) -> Region:
    """Give the state of the account and Region of an Auto Scaling group."""
    return region_of(group.account_id, group.region)


def _show_target_health() -> None:
    """Let DescribeTargetHealth show the health that the emulator gave a target; moto calls all healthy."""
    if getattr(FakeTargetGroup.health_for, "emulated", False):
        return
    original = FakeTargetGroup.health_for

    def health_for(group: Any, target: dict[str, Any], ec2: Any) -> Any:
        port = target.get("Port", group.port)
        health = group.targets.get(f"{target['Id']}:{port}", {}).get("EmulatedHealth")
        if health is None:
            return original(group, target, ec2)
        texts = (health["State"], health.get("Reason"), health.get("Description"))
        checked = port if group.health_check_port == "traffic-port" else group.health_check_port
        return FakeHealthStatus(target["Id"], port, checked, *texts)

    health_for.emulated = True  # type: ignore[attr-defined]
    FakeTargetGroup.health_for = health_for  # type: ignore[assignment,method-assign]


# What DescribeLoadBalancerAttributes answers for a load balancer of which nothing was set (Elastic Load Balancing API
# reference, LoadBalancerAttribute); moto leaves these out.
_BALANCER_DEFAULTS = {
    "access_logs.s3.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
}


def _show_balancer_defaults() -> None:
    """Let application load balancers show their attributes' defaults from the start."""
    if getattr(FakeLoadBalancer.__init__, "emulated", False):
        return
    original = FakeLoadBalancer.__init__

    def init(balancer: Any, *args: Any, **kwargs: Any) -> None:
        original(balancer, *args, **kwargs)
        if balancer.type == "application":
            balancer.attrs = {**_BALANCER_DEFAULTS, **balancer.attrs}

    init.emulated = True  # type: ignore[attr-defined]
    FakeLoadBalancer.__init__ = init  # type: ignore[assignment,method-assign]


def _keep_managed_policies() -> None:
    """Read AWS's managed policies once, instead of for each account and partition after each reset.

    Only the partition `aws` has them: moto makes the state of all partitions when it looks for the owner of a key.
    """
    if getattr(IAMBackend._init_aws_policies, "emulated", False):
        return
    original = IAMBackend._init_aws_policies
    known: dict[str, list[Any]] = {}

    def init_aws_policies(backend: Any) -> list[Any]:
        if backend.partition != "aws":
            return []
        if backend.account_id not in known:
            known[backend.account_id] = original(backend)
        for policy in known[backend.account_id]:
            policy.attachment_count = 0
        return list(known[backend.account_id])

    init_aws_policies.emulated = True  # type: ignore[attr-defined]
    IAMBackend._init_aws_policies = init_aws_policies  # type: ignore[assignment,method-assign]


def region_of(account: str, name: str) -> Region:
    """Give the state of an account and Region."""
    try:
        backend: Any = models.ecs_backends[account][name]
    except KeyError:
        raise EcsError("UnrecognizedClientException", f"There is no Region {name}.") from None
    region: Region = backend.region
    return region


def regions() -> list[Region]:
    """Give the states of all accounts and Regions in use, brought up to now."""
    found: list[Region] = [backend.region for _a, _r, backend in models.ecs_backends.iter_backends()]  # type: ignore[attr-defined]
    for region in found:
        with region.lock:
            region.timeline.catch_up()
    return found


def catch_up() -> None:
    """Let ECS act up to now everywhere, so that its neighbours show what it did to them."""
    for _ignored, _ignored, backend in list(models.ecs_backends.iter_backends()):
        region: Region = backend.region  # type: ignore[attr-defined]
        with region.lock:
            region.timeline.catch_up()


def account_of(access_key: str, header: str | None) -> str:
    """Find the account of a request as moto does: by header, else by access key."""
    if header:
        return header
    return str(get_account_id_from(access_key))


def forget() -> None:
    """Drop the state of all services.

    As `POST /moto-api/reset` does, but backends without a reset of their own are not made anew only to be dropped. What
    moto's caches hold on to is emptied: else each reset would leave the thousands of objects of EC2 behind.
    """
    registry: Any = BackendDict
    with backend_lock:
        for held in registry._instances:
            for _ignored, _ignored, backend in held.iter_backends():
                if type(backend).reset is not BaseBackend.reset:
                    backend.reset()
            for of_account in held.values():
                of_account.clear()
            held.clear()
        registry._instances.clear()
    Subnet._base_avail_ip_iterator.cache_clear()
    reset_model_data()
