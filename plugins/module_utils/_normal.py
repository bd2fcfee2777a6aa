# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What "equal" means: rules attached to API types, so that a rule holds wherever the type occurs.

The defaults below are those that the botocore service model documents for a member, or that AWS is seen to fill in
when it reads a resource back. A value that equals its default says the same as no value at all.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

# Units and other words that are one word although a capital letter stands in them.
ONE_WORD = {"GiB": "Gib", "MiB": "Mib", "VCpu": "Vcpu", "vCpu": "vcpu"}


@functools.cache
def snake(name: str) -> str:
    """Spell a member of the API as an Ansible option: enableECSManagedTags becomes enable_ecs_managed_tags."""
    for word, plain in ONE_WORD.items():
        name = name.replace(word, plain)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).lower()


class Default:
    """Values that say the same as no value."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __call__(self, value: Any) -> Any:
        return None if value in self.values else value


def unordered(value: list[Any]) -> list[Any]:
    """Sort a list whose order means nothing to AWS: by name where its entries have one, so that diffs read well."""
    return sorted(value, key=lambda item: (_rank(item), json.dumps(item, sort_keys=True, default=str)))


def _spoken(value: list[Any]) -> list[Any] | None:
    """Drop the entries of which, without their defaults, nothing is left."""
    return [item for item in value if item] or None


def _rank(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    return str(next((item[key] for key in IDENTIFIERS if key in item), ""))


def _units(suffix: str) -> Callable[[str], str]:
    """Read "1 vCPU", ".5 vcpu", "2GB" as ECS does when it registers a task definition: 1024 units or MiB to the whole.

    RegisterTaskDefinition documents both spellings; DescribeTaskDefinition answers with the plain integer.
    """
    pattern = re.compile(rf"([0-9]*\.?[0-9]+)\s*({suffix})?", re.IGNORECASE)

    def canonical(value: str) -> str:
        match = pattern.fullmatch(value.strip())
        if not match:
            return value
        return str(round(float(match[1]) * 1024)) if match[2] else match[1]

    return canonical


def revision_name(value: str) -> str:
    """Shorten a task definition's ARN to family:revision, the form in which both sides are compared."""
    return value.rsplit("/", 1)[-1] if value.startswith("arn:") else value


def _placement_field(value: str) -> str:
    """Fold the spellings that ECS treats alike: host reads back as instanceId, cpu and memory in upper case."""
    return "instanceId" if value == "host" else value.lower() if value.upper() in ("CPU", "MEMORY") else value


FALSE, ZERO = Default(False), Default(0)

# API type -> member -> the functions that its value passes through, in this order.
RULES: dict[str, dict[str, tuple[Callable[[Any], Any], ...]]] = {
    "AutoScalingGroupProvider": {
        "managedDraining": (Default("ENABLED"),),
        "managedTerminationProtection": (Default("DISABLED"),),
    },
    "AwsVpcConfiguration": {
        "subnets": (unordered,),
        "securityGroups": (unordered,),
        "assignPublicIp": (Default("DISABLED"),),
    },
    "CapacityProviderStrategyItem": {"base": (ZERO,), "weight": (ZERO,)},
    "CanaryConfiguration": {"canaryPercent": (Default(5.0),), "canaryBakeTimeInMinutes": (Default(10),)},
    "ContainerDefinition": {
        "cpu": (ZERO,),
        "credentialSpecs": (unordered,),
        "dependsOn": (unordered,),
        "disableNetworking": (FALSE,),
        "dockerSecurityOptions": (unordered,),
        "environment": (unordered,),
        "essential": (Default(True),),
        "extraHosts": (unordered,),
        "interactive": (FALSE,),
        "links": (unordered,),
        "mountPoints": (unordered,),
        "portMappings": (unordered,),
        "privileged": (FALSE,),
        "pseudoTerminal": (FALSE,),
        "readonlyRootFilesystem": (FALSE,),
        "resourceRequirements": (unordered,),
        "secrets": (unordered,),
        "systemControls": (unordered,),
        "ulimits": (unordered,),
        "versionConsistency": (Default("enabled"),),
        "volumesFrom": (unordered,),
    },
    "ContainerOverride": {"environment": (unordered,), "resourceRequirements": (unordered,)},
    "ContainerRestartPolicy": {
        "enabled": (FALSE,),
        "ignoredExitCodes": (unordered,),
        "restartAttemptPeriod": (Default(300),),
    },
    "CreateClusterRequest": {
        "capacityProviders": (unordered,),
        "defaultCapacityProviderStrategy": (unordered,),
        "settings": (unordered,),
    },
    "CreateManagedInstancesProviderConfiguration": {"propagateTags": (Default("NONE"),)},
    "CreateRepositoryRequest": {
        "encryptionConfiguration": (Default({"encryptionType": "AES256"}),),
        "imageScanningConfiguration": (Default({"scanOnPush": False}),),
        "imageTagMutability": (Default("MUTABLE"),),
        "imageTagMutabilityExclusionFilters": (unordered,),
    },
    "CreateScheduleInput": {
        "ActionAfterCompletion": (Default("NONE"),),
        "Description": (Default(""),),
        "EndDate": (Default(""),),
        "KmsKeyArn": (Default(""),),
        "ScheduleExpressionTimezone": (Default("UTC"),),
        "StartDate": (Default(""),),
        "State": (Default("ENABLED"),),
    },
    "CreateServiceRequest": {
        "availabilityZoneRebalancing": (Default("DISABLED"),),
        "capacityProviderStrategy": (unordered,),
        "enableECSManagedTags": (FALSE,),
        "enableExecuteCommand": (FALSE,),
        "gatewayConnectors": (unordered,),
        "healthCheckGracePeriodSeconds": (ZERO,),
        "loadBalancers": (unordered,),
        "placementConstraints": (unordered,),
        # LATEST resolves to 1.4.0 on Linux, and services of various ages show the one or the other.
        "platformVersion": (Default("LATEST", "1.4.0"),),
        "propagateTags": (Default("NONE"),),
        "schedulingStrategy": (Default("REPLICA"),),
        "serviceRegistries": (unordered,),
        "taskDefinition": (revision_name,),
        "volumeConfigurations": (unordered,),
        "vpcLatticeConfigurations": (unordered,),
    },
    "CustomizedMetricSpecification": {"Dimensions": (unordered,), "Metrics": (unordered,)},
    "CreateTaskSetRequest": {
        "capacityProviderStrategy": (unordered,),
        "loadBalancers": (unordered,),
        "platformVersion": (Default("LATEST", "1.4.0"),),
        "serviceRegistries": (unordered,),
    },
    "DeploymentAlarms": {"alarmNames": (unordered,), "enable": (FALSE,), "rollback": (FALSE,)},
    "DeploymentCircuitBreaker": {
        "enable": (FALSE,),
        "rollback": (FALSE,),
        "resetOnHealthyTask": (Default(True),),
        "thresholdConfiguration": (Default({"type": "BOUNDED_PERCENT", "value": 50}),),
    },
    "DeploymentConfiguration": {
        "bakeTimeInMinutes": (ZERO,),
        "lifecycleHooks": (unordered,),
        "strategy": (Default("ROLLING"),),
    },
    "DeploymentController": {"type": (Default("ECS"),)},
    "DeploymentEarlySuccessCriteria": {"enable": (FALSE,)},
    "DeploymentLifecycleHook": {"targetType": (Default("AWS_LAMBDA"),), "lifecycleStages": (unordered,)},
    "DeploymentLifecycleHookTimeoutConfiguration": {
        "timeoutInMinutes": (Default(1440),),
        "action": (Default("ROLLBACK"),),
    },
    "Device": {"permissions": (unordered,)},
    "DockerVolumeConfiguration": {"autoprovision": (FALSE,)},
    "EBSTagSpecification": {"tags": (unordered,)},
    "EFSAuthorizationConfig": {"iam": (Default("DISABLED"),)},
    "EFSVolumeConfiguration": {"rootDirectory": (Default("/"),), "transitEncryption": (Default("DISABLED"),)},
    "ExecuteCommandConfiguration": {"logging": (Default("DEFAULT"),)},
    "GatewayConnectorDeregistrationDelay": {"timeoutSeconds": (Default(300),)},
    "GatewayConnectorFilters": {"accessTypes": (unordered,)},
    "HealthCheck": {
        "interval": (Default(30),),
        "retries": (Default(3),),
        "startPeriod": (ZERO,),
        "timeout": (Default(5),),
    },
    "InstanceLaunchTemplate": {
        "capacityOptionType": (Default("ON_DEMAND"),),
        "instanceMetadataTagsPropagation": (Default(True),),
        "monitoring": (Default("BASIC"),),
        "nitroEnclavesEnabled": (FALSE,),
    },
    # The defaults of EC2's InstanceRequirementsRequest.
    "InstanceRequirementsRequest": {
        "acceleratorManufacturers": (unordered,),
        "acceleratorNames": (unordered,),
        "acceleratorTypes": (unordered,),
        "allowedInstanceTypes": (unordered,),
        "bareMetal": (Default("excluded"),),
        "burstablePerformance": (Default("excluded"),),
        "cpuManufacturers": (unordered,),
        "excludedInstanceTypes": (unordered,),
        "instanceGenerations": (unordered,),
        "localStorage": (Default("included"),),
        "localStorageTypes": (unordered,),
        "requireHibernateSupport": (FALSE,),
    },
    "KernelCapabilities": {"add": (unordered,), "drop": (unordered,)},
    "LinearConfiguration": {"stepPercent": (Default(10.0),), "stepBakeTimeInMinutes": (Default(6),)},
    "LinuxParameters": {"devices": (unordered,), "initProcessEnabled": (FALSE,), "tmpfs": (unordered,)},
    "LogConfiguration": {"secretOptions": (unordered,)},
    "ManagedInstancesLocalStorageConfiguration": {"useLocalStorage": (FALSE,)},
    "ManagedInstancesNetworkConfiguration": {"securityGroups": (unordered,), "subnets": (unordered,)},
    "ManagedScaling": {
        "instanceWarmupPeriod": (Default(300),),
        "maximumScalingStepSize": (Default(10000),),
        "minimumScalingStepSize": (Default(1),),
        "status": (Default("DISABLED"),),
        "targetCapacity": (Default(100),),
    },
    "MetricConfiguration": {"metricNames": (unordered,), "resolutionSeconds": (Default(60),)},
    "MonitoringConfiguration": {"metricConfigurations": (unordered,)},
    "MountPoint": {"readOnly": (FALSE,)},
    "NvidiaMpsAllocation": {"maxComputePercent": (Default(100),)},
    "PlacementStrategy": {"field": (_placement_field,)},
    "PortMapping": {"protocol": (Default("tcp"),), "hostPort": (ZERO,)},
    "PredictiveScalingMetric": {"Dimensions": (unordered,)},
    "PredictiveScalingMetricDataQuery": {"ReturnData": (Default(True),)},
    "PredictiveScalingPolicyConfiguration": {
        "MaxCapacityBreachBehavior": (Default("HonorMaxCapacity"),),
        "Mode": (Default("ForecastOnly"),),
        "SchedulingBufferTime": (Default(300),),
    },
    "ProxyConfiguration": {"properties": (unordered,), "type": (Default("APPMESH"),)},
    "PutScheduledActionRequest": {"Timezone": (Default("UTC"),)},
    "RegisterTaskDefinitionRequest": {
        "containerDefinitions": (unordered,),
        "cpu": (_units("vcpu"),),
        "enableFaultInjection": (FALSE,),
        "inferenceAccelerators": (unordered,),
        "memory": (_units("gb"),),
        "networkMode": (Default("bridge"),),
        "placementConstraints": (unordered,),
        "requiresCompatibilities": (unordered,),
        "volumes": (unordered,),
    },
    "RetryPolicy": {"MaximumEventAgeInSeconds": (Default(86400),), "MaximumRetryAttempts": (Default(185),)},
    "ServiceConnectAccessLogConfiguration": {"includeQueryParameters": (Default("DISABLED"),)},
    "ServiceConnectConfiguration": {"containerConfigurations": (_spoken, unordered), "services": (unordered,)},
    "ServiceConnectContainerConfiguration": {"logLevel": (Default("info"),)},
    "ServiceConnectService": {"clientAliases": (unordered,)},
    "ServiceManagedEBSVolumeConfiguration": {
        "filesystemType": (Default("xfs"),),
        "tagSpecifications": (unordered,),
    },
    "StepScalingPolicyConfiguration": {
        "Cooldown": (Default(300),),
        "MetricAggregationType": (Default("Average"),),
        "StepAdjustments": (unordered,),
    },
    "SuspendedState": {
        "DynamicScalingInSuspended": (FALSE,),
        "DynamicScalingOutSuspended": (FALSE,),
        "ScheduledScalingSuspended": (FALSE,),
    },
    "TargetTrackingMetric": {"Dimensions": (unordered,)},
    "TargetTrackingMetricDataQuery": {"ReturnData": (Default(True),)},
    "TargetTrackingScalingPolicyConfiguration": {
        "DisableScaleIn": (FALSE,),
        "ScaleInCooldown": (Default(300),),
        "ScaleOutCooldown": (Default(300),),
    },
    "TaskOverride": {"containerOverrides": (unordered,)},
    "Tmpfs": {"mountOptions": (unordered,)},
    "TrustedExecutionConfiguration": {"isolationMode": (Default("SHARED"),)},
    "Volume": {"configuredAtLaunch": (FALSE,)},
    "VolumeFrom": {"readOnly": (FALSE,)},
}

# What tells the entries of a list apart for a reader, the most telling member first.
IDENTIFIERS = (
    "name",
    "key",
    "containerName",
    "capacityProvider",
    "containerPath",
    "targetGroupArn",
    "portName",
    "namespace",
    "hostname",
    "containerPort",
    "sourceContainer",
)


def label(item: Any) -> Any:
    """Give what tells an entry of a list from the others, for the lists whose entries have names or keys."""
    return item.get("name", item.get("key")) if isinstance(item, Mapping) else None


def _host_ports(document: dict[str, Any]) -> dict[str, Any]:
    """Under awsvpc and host networking a port's hostPort can only be its containerPort (PortMapping.hostPort)."""
    if document.get("networkMode") not in ("awsvpc", "host"):
        return document
    for container in document.get("containerDefinitions", []):
        for port in container.get("portMappings", []):
            if port.get("hostPort") == port.get("containerPort"):
                port.pop("hostPort", None)
        if "portMappings" in container:
            container["portMappings"] = unordered(container["portMappings"])
    return document


def _service_connect(document: dict[str, Any]) -> dict[str, Any]:
    """Service Connect that is off says nothing; discoveryName is portName where it is not given."""
    if not document.get("enabled"):
        return {}
    for service in document.get("services", []):
        service.setdefault("discoveryName", service.get("portName"))
    return document


# Rules that look at several members of one structure; they run after the rules of the members.
STRUCTURES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "RegisterTaskDefinitionRequest": _host_ports,
    "ServiceConnectConfiguration": _service_connect,
}

# Structures of which AWS, or we in its place, keeps the members that a request leaves out. Every other structure is
# replaced as a whole. UpdateService merges deploymentConfiguration one level deep and keeps the optional members of
# the circuit breaker; whether it keeps security groups when only subnets are sent is not documented, so we send all.
# So it is with what UpdateCapacityProvider does to members of managedScaling that it is not sent.
MERGED = frozenset(
    {
        "AutoScalingGroupProvider",
        "CreateManagedInstancesProviderConfiguration",
        "InstanceLaunchTemplate",
        "ManagedScaling",
        "ClusterConfiguration",
        "DeploymentCircuitBreaker",
        "DeploymentConfiguration",
        "NetworkConfiguration",
        "AwsVpcConfiguration",
        "SuspendedState",
    }
)

# Members that AWS drops when another one comes to say something else than the word that they go with.
BOUND = {
    "DeploymentConfiguration": {
        "canaryConfiguration": ("strategy", "CANARY"),
        "linearConfiguration": ("strategy", "LINEAR"),
    }
}

# Of these, only the members that differ are sent.
SENT_IN_PARTS = frozenset({"DeploymentConfiguration"})

# What an empty value means where the API has no empty value of its own: the documented way to switch the thing off.
CLEARED: dict[str, Any] = {
    "AvailabilityZoneRebalancing": "DISABLED",
    "ClusterServiceConnectDefaultsRequest": {"namespace": ""},
    "ClusterSettings": [{"name": "containerInsights", "value": "disabled"}],
    "DeploymentAlarms": {"alarmNames": [], "enable": False, "rollback": False},
    "DeploymentCircuitBreaker": {
        "enable": False,
        "rollback": False,
        "resetOnHealthyTask": True,
        "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
    },
    "DeploymentConfiguration": {
        "alarms": {"alarmNames": [], "enable": False, "rollback": False},
        "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": {
            "enable": False,
            "rollback": False,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
        "lifecycleHooks": [],
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
    },
    "DeploymentController": {"type": "ECS"},
    "DeploymentEarlySuccessCriteria": {"enable": False},
    "ManagedScaling": {"status": "DISABLED"},
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "PropagateTags": "NONE",
    "ServiceConnectConfiguration": {"enabled": False},
    "SuspendedState": {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    },
}


def normal(value: Any, shape: Any) -> Any:
    """Bring a document in the API's spelling into the one form in which two of them can be compared.

    Members that the shape does not know (what only an answer has) are left out, and so is everything that says
    nothing: null, empty lists and structures, defaults. An empty string is a value. Returns None where nothing is left.
    """
    if value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return _normal_structure(value, shape) or None
    if shape.type_name == "list" and isinstance(value, list):
        return [{} if item is None else item for item in (normal(entry, shape.member) for entry in value)] or None
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: entry for key, entry in value.items() if entry is not None} or None
    return value


def _normal_structure(value: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    if getattr(shape, "is_document_type", False):
        return dict(value)
    rules = RULES.get(shape.name, {})
    document = {}
    for name, member in shape.members.items():
        entry = value.get(name)
        if entry is None:  # so it is with most members, and this is done for every resource of an estate
            continue
        entry = normal(entry, member)
        for rule in rules.get(name, ()):
            entry = None if entry is None else rule(entry)
        if entry is not None:
            document[name] = entry
    return STRUCTURES.get(shape.name, dict)(document)


def overlay(have: Any, want: Any, shape: Any) -> Any:
    """Tell what a value will be once `want` has been sent to a resource that shows `have`."""
    if not isinstance(have, Mapping) or not isinstance(want, Mapping) or shape.name not in MERGED or not want:
        return want
    after = {
        **have,
        **{name: overlay(have.get(name), value, shape.members[name]) for name, value in want.items()},
    }
    bound = BOUND.get(shape.name, {})
    lost = {name for name, (by, word) in bound.items() if have.get(by) == word != want.get(by, word)} - set(want)
    return {name: value for name, value in after.items() if name not in lost}


def part(have: Any, after: Any, shape: Any) -> Any:
    """Cut a value down to what has to be sent so that `have` becomes `after`."""
    if shape.name not in SENT_IN_PARTS or not isinstance(have, Mapping) or not after:
        return after
    before, wanted = normal(have, shape) or {}, normal(after, shape) or {}
    return {name: value for name, value in after.items() if before.get(name) != wanted.get(name)}


def cut(before: Any, after: Any) -> tuple[Any, Any]:
    """Cut two documents down to where they differ; named list entries are matched by name and keep it."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        pairs = {
            key: cut(before.get(key), after.get(key))
            for key in sorted({*before, *after})
            if before.get(key) != after.get(key)
        }
        return (
            {key: left for key, (left, _right) in pairs.items() if key in before},
            {key: right for key, (_left, right) in pairs.items() if key in after},
        )
    if _named(before) and _named(after):
        return _cut_named(before, after)
    return before, after


def _named(value: Any) -> bool:
    return bool(value) and isinstance(value, list) and all(label(item) is not None for item in value)


def _cut_named(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    old, new = {label(item): item for item in before}, {label(item): item for item in after}
    left, right = [], []
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) == new.get(name):
            continue
        if name in old and name in new:
            was, will = cut(old[name], new[name])
            key = "name" if "name" in old[name] else "key"
            left.append({key: name, **was})
            right.append({key: name, **will})
        else:
            left += [old[name]] if name in old else []
            right += [new[name]] if name in new else []
    return left, right
