# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ECS asks of its neighbours (EC2, Elastic Load Balancing, Cloud Map): moto's backends, loaded when needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import EcsError, invalid_parameter
from .names import is_arn, uuid

if TYPE_CHECKING:
    from .region import Region

Document = dict[str, Any]


def _backend(region: Region, service: str) -> Any:
    module = importlib.import_module(f"moto.{service}.models")
    return getattr(module, f"{service}_backends")[region.account][region.name]


def check_network(region: Region, configuration: Document) -> None:
    """Refuse unknown subnets and security groups in the words of ECS, as users of public tools quote them."""
    awsvpc = configuration.get("awsvpcConfiguration") or {}
    subnets, groups = awsvpc.get("subnets") or [], awsvpc.get("securityGroups") or []
    if not subnets:
        raise invalid_parameter("subnets can not be empty.")
    ec2 = _backend(region, "ec2")
    known_subnets = {subnet for zone in ec2.subnets.values() for subnet in zone}
    for subnet in subnets:
        if subnet not in known_subnets:
            raise invalid_parameter(
                f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
    for group in groups:
        if ec2.get_security_group_from_id(group) is None:
            raise invalid_parameter(
                f"Error retrieving security group information for [{group}]: The security group '{group}' does not "
                "exist (ErrorCode: InvalidGroup.NotFound)"
            )


def availability_zone(region: Region, subnet_id: str) -> str:
    """Give the zone of a subnet, or any zone if the subnet is gone."""
    zones = _backend(region, "ec2").subnets
    return next((str(zone) for zone, subnets in zones.items() if subnet_id in subnets), f"{region.name}a")


def attach_interface(region: Region, subnet: str, groups: list[str], description: str) -> Document | None:
    """Create the elastic network interface of an awsvpc task; None if the subnet is gone."""
    ec2 = _backend(region, "ec2")
    if not any(subnet in subnets for subnets in ec2.subnets.values()):
        return None
    interface = ec2.create_network_interface(subnet, [], group_ids=groups or None, description=description)
    address = interface.private_ip_address
    domain = "ec2.internal" if region.name == "us-east-1" else f"{region.name}.compute.internal"
    return {
        "subnetId": subnet,
        "networkInterfaceId": interface.id,
        "macAddress": interface.mac_address,
        "privateDnsName": f"ip-{address.replace('.', '-')}.{domain}",
        "privateIPv4Address": address,
    }


def delete_interface(region: Region, interface_id: str) -> None:
    """Delete a task's network interface; it may already be gone with its VPC."""
    _backend(region, "ec2").enis.pop(interface_id, None)


def target_group(region: Region, arn: str) -> Any:
    """Find a target group of moto; None if there is none."""
    return _backend(region, "elbv2").target_groups.get(arn)


def set_target(region: Region, arn: str, address: str, port: int, state: Document) -> None:
    """Register a target, or change the health that DescribeTargetHealth shows for it."""
    group = target_group(region, arn)
    if group is not None:
        group.targets[address] = {"Id": address, "Port": port, "EmulatedHealth": state}
        group.deregistered_targets.pop(address, None)


def drop_target(region: Region, arn: str, address: str) -> None:
    """Deregister a target; the group may be gone."""
    group = target_group(region, arn)
    if group is not None and address in group.targets:
        group.deregister([{"Id": address}])


def namespace_arn(region: Region, reference: str, create: bool) -> str:
    """Resolve a Cloud Map namespace given by name or ARN.

    For a cluster's default an unknown name makes ECS create an HTTP namespace (botocore ECS model,
    ClusterServiceConnectDefaultsRequest); for a service it is NamespaceNotFoundException.
    """
    cloud_map = _backend(region, "servicediscovery")
    for namespace in cloud_map.namespaces.values():
        if reference in (namespace.name, namespace.arn):
            return str(namespace.arn)
    if create and not is_arn(reference):
        cloud_map.create_http_namespace(reference, uuid(), "Created by Amazon ECS", [])
        return namespace_arn(region, reference, create=False)
    raise EcsError("NamespaceNotFoundException", f"The specified namespace '{reference}' was not found.")


def namespace_name(region: Region, arn: str) -> str:
    """Give the name of a namespace that exists."""
    return str(_backend(region, "servicediscovery").namespaces[arn.rpartition("/")[2]].name)


def discovery_arn(region: Region, namespace: str, name: str) -> str:
    """Find or create the Cloud Map service that Service Connect keeps for a discovery name."""
    cloud_map = _backend(region, "servicediscovery")
    namespace_id = namespace.rpartition("/")[2]
    for service in cloud_map.services.values():
        if (service.namespace_id, service.name) == (namespace_id, name):
            return str(service.arn)
    service = cloud_map.create_service(
        name=name,
        namespace_id=namespace_id,
        creator_request_id=uuid(),
        description="Created by Amazon ECS",
        dns_config=None,
        health_check_config=None,
        health_check_custom_config=None,
        tags=[],
        service_type="HTTP",
    )
    return str(service.arn)
