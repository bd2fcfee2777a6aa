# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ECS asks of its neighbours (EC2, Elastic Load Balancing, Cloud Map): moto's backends, loaded when needed."""

from __future__ import annotations

import importlib
import json
import re
from datetime import UTC, datetime
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


def protects_new_instances(region: Region, group: str) -> bool | None:
    """Tell whether an Auto Scaling group of moto's protects new instances from scale-in; None where it has no such."""
    groups = _backend(region, "autoscaling").autoscaling_groups
    found = groups.get(group.rpartition("autoScalingGroupName/")[2])
    return None if found is None else bool(found.new_instances_protected_from_scale_in)


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


def target_group_named(region: Region, name: str) -> str | None:
    """Find the ARN of a target group by its name."""
    groups = _backend(region, "elbv2").target_groups
    return next((str(arn) for arn, group in groups.items() if group.name == name), None)


def set_target(region: Region, arn: str, address: str, port: int, state: Document) -> None:
    """Register a target, or change the health that DescribeTargetHealth shows for it."""
    group = target_group(region, arn)
    if group is not None:
        group.targets[f"{address}:{port}"] = {"Id": address, "Port": port, "EmulatedHealth": state}
        group.deregistered_targets.pop(address, None)


_DRAINING = {
    "State": "draining",
    "Reason": "Target.DeregistrationInProgress",
    "Description": "Target deregistration is in progress",
}


def drain_target(region: Region, arn: str, address: str, port: int) -> tuple[Document, float]:
    """Begin to deregister a target; gives its last state and how many seconds that state is shown."""
    state = dict(_DRAINING)
    group = target_group(region, arn)
    if group is None or f"{address}:{port}" not in group.targets:
        return state, 0.0
    set_target(region, arn, address, port, state)
    return state, float(group.attributes.get("deregistration_delay.timeout_seconds", 300))


def drop_target(region: Region, arn: str, address: str, port: int, state: Document) -> None:
    """Deregister a target that is still in this very state: another task may have its address by now."""
    group = target_group(region, arn)
    key = f"{address}:{port}"
    if group is not None and group.targets.get(key, {}).get("EmulatedHealth") is state:
        group.deregistered_targets[address] = group.targets.pop(key)


def write_logs(region: Region, where: tuple[str, str, str], lines: list[str], create: bool) -> None:
    """Write lines into a log stream at the emulator's time; a group that does not exist is made, or nothing happens."""
    name, group_name, stream_name = where
    module = importlib.import_module("moto.logs.models")
    logs = module.logs_backends[region.account][name or region.name]
    if group_name not in logs.groups:
        if not create:
            return
        logs.create_log_group(group_name, {})
    group = logs.groups[group_name]
    now = datetime.fromtimestamp(region.timeline.now, UTC).replace(tzinfo=None)
    if stream_name not in group.streams:
        group.create_log_stream(stream_name)
        group.streams[stream_name].creation_time = now
    stream, moment = group.streams[stream_name], int(region.timeline.now * 1000)
    count = len(stream.events)
    stream.put_log_events([{"timestamp": moment, "message": line} for line in lines])
    stream.last_ingestion_time = now
    for event in stream.events[count:]:
        event.ingestion_time = moment


def log_group_exists(region: Region, name: str, group: str) -> bool:
    """Tell whether a log group exists; an empty name is this Region."""
    module = importlib.import_module("moto.logs.models")
    return group in module.logs_backends[region.account][name or region.name].groups


def parameter_exists(region: Region, reference: str) -> bool:
    """Tell whether a parameter of the Parameter Store exists; an ARN names its Region and account."""
    if not is_arn(reference):
        return _backend(region, "ssm").get_parameter(reference) is not None
    parts = reference.split(":")
    ssm = importlib.import_module("moto.ssm.models").ssm_backends[parts[4]][parts[3]]
    name = parts[5].removeprefix("parameter/")
    return any(ssm.get_parameter(spelling) is not None for spelling in (name, f"/{name}"))


def secret_value(region: Region, arn: str) -> str | None:
    """Give the text of a secret by its ARN, with or without the random end; None if there is none."""
    parts = arn.split(":")
    module = importlib.import_module("moto.secretsmanager.models")
    secrets = module.secretsmanager_backends[parts[4]][parts[3]].secrets
    for secret in secrets.values():
        if secret.arn == arn or secret.arn.rpartition("-")[0] == arn:
            version = secret.versions.get(secret.default_version_id) or {}
            return None if secret.is_deleted() else str(version.get("secret_string") or "")
    return None


def role_exists(region: Region, reference: str) -> bool:
    """Tell whether a role of this account exists, by name or ARN; roles of other accounts are taken to exist."""
    if is_arn(reference) and reference.split(":")[4] != region.account:
        return True
    iam = importlib.import_module("moto.iam.models").iam_backends[region.account]["aws"]
    name = reference.rpartition("/")[2]
    return any(role.name == name for role in iam.roles.values())


def role(region: Region, arn: str) -> Any:
    """Give a role of this account by its ARN; None if there is none."""
    iam = importlib.import_module("moto.iam.models").iam_backends[region.account]["aws"]
    return next((role for role in iam.roles.values() if role.arn == arn), None)


def send(region: Region, queue_arn: str, body: str, attributes: dict[str, str]) -> bool:
    """Send a message to a queue of SQS; False if there is no such queue."""
    sqs = _backend(region, "sqs")
    name = queue_arn.rpartition(":")[2]
    if name not in sqs.queues:
        return False
    spelled = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    sqs.send_message(name, body, message_attributes=spelled)
    return True


_ECR_HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\Z")


def ecr_image(region: Region, image: Any) -> Document | None:
    """Give the digest and architectures of an image in ECR: {} if it is not there, None if ECR is not its registry."""
    match = _ECR_HOST.match(image.registry)
    if match is None:
        return None
    ecr = importlib.import_module("moto.ecr.models").ecr_backends[match.group(1)][match.group(2)]
    repository = ecr.repositories.get(image.path)
    tag = image.tag or ("" if image.digest else "latest")
    for held in repository.images if repository else []:
        if (image.digest and held.get_image_digest() == image.digest) or (not image.digest and tag in held.image_tags):
            platforms = [item.get("platform", {}) for item in json.loads(held.image_manifest).get("manifests", [])]
            known = {item.get("architecture") for item in platforms} - {None, "unknown"}
            return {"digest": held.get_image_digest(), "architectures": known}
    return {}


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


def put_alarm(region: Region, name: str, operator: str, threshold: float, periods: int, action: str) -> str:
    """Make an alarm as target tracking does, and give its ARN; which metric it has is left out."""
    alarm = _backend(region, "cloudwatch").put_metric_alarm(
        name=name,
        namespace="AWS/ECS",
        metric_name="CPUUtilization",
        metric_data_queries=[],
        comparison_operator=operator,
        evaluation_periods=periods,
        period=60,
        threshold=threshold,
        statistic="Average",
        description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {action}.",
        dimensions=[],
        alarm_actions=[action],
    )
    return str(alarm.alarm_arn)


def delete_alarms(region: Region, names: list[str]) -> None:
    """Delete alarms; one that is gone already is no error."""
    alarms = _backend(region, "cloudwatch").alarms
    for name in names:
        alarms.pop(name, None)


def alarms_for(region: Region, action: str) -> list[tuple[str, str]]:
    """Give names and ARNs of the alarms that have an action."""
    alarms = _backend(region, "cloudwatch").alarms.values()
    return [(alarm.name, str(alarm.alarm_arn)) for alarm in alarms if action in (alarm.alarm_actions or [])]


def ringing(region: Region, action: str) -> list[tuple[str, float]]:
    """Give names and thresholds of the alarms in ALARM that have an action."""
    alarms = _backend(region, "cloudwatch").alarms.values()
    return [
        (alarm.name, float(alarm.threshold))
        for alarm in alarms
        if action in (alarm.alarm_actions or []) and alarm.state_value == "ALARM"
    ]
