# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What machines ECS agents run on: sizes of instance types, attributes and resources that an agent registers.

CPU, memory, GPUs and network interfaces: the instance types' pages in the EC2 user guide; task limits with trunking:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/eni-trunking-supported-instance-types.html. The agent
registers less memory than the type has; how much less is a guess after the samples (m5.large: 7680 of 8192 MiB).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

AGENT_VERSION = "1.102.0"
_VERSION_INFO = {"agentHash": "4023248", "dockerVersion": "DockerVersion: 25.0.8"}
# What the agent keeps for itself (botocore ECS model, PortMapping.hostPort).
RESERVED_PORTS = ["22", "2375", "2376", "51678", "51679"]
_MEMORY_SHARE = 0.9375
_GIB = 1024
_UNITS = 1024


@dataclass(frozen=True)
class Machine:
    """An instance type; `interfaces` counts the machine's own, `trunked` the tasks with ENI trunking, 0 without it."""

    name: str
    cpus: int
    memory_gib: int
    interfaces: int
    trunked: int = 0
    gpus: int = 0

    @property
    def architecture(self) -> str:
        """`arm64` for Graviton: the generation's digits are followed by a g."""
        family = self.name.partition(".")[0]
        graviton = any(first.isdigit() and second == "g" for first, second in itertools.pairwise(family))
        return "arm64" if graviton else "x86_64"

    @property
    def resources(self) -> list[Document]:
        """What an agent registers of it, as DescribeContainerInstances shows it."""

        def resource(name: str, kind: str, **value: Any) -> Document:
            zeros = {"doubleValue": 0.0, "longValue": 0, "integerValue": 0}
            return {"name": name, "type": kind, **zeros, **value}

        shown = [
            resource("CPU", "INTEGER", integerValue=self.cpus * _UNITS),
            resource("MEMORY", "INTEGER", integerValue=int(self.memory_gib * _GIB * _MEMORY_SHARE)),
            resource("PORTS", "STRINGSET", stringSetValue=list(RESERVED_PORTS)),
            resource("PORTS_UDP", "STRINGSET", stringSetValue=[]),
        ]
        if self.gpus:
            ids = [f"GPU-{number:08d}-0000-4000-8000-000000000000" for number in range(self.gpus)]
            shown.append(resource("GPU", "STRINGSET", stringSetValue=ids))
        return shown


_KNOWN = {
    machine.name: machine
    for machine in (
        Machine("t3.micro", 2, 1, 2),
        Machine("t3.small", 2, 2, 3),
        Machine("t3.medium", 2, 4, 3),
        Machine("t3.large", 2, 8, 3),
        Machine("t4g.small", 2, 2, 3),
        Machine("t4g.medium", 2, 4, 3),
        Machine("t4g.large", 2, 8, 3),
        Machine("m5.large", 2, 8, 3, 10),
        Machine("m5.xlarge", 4, 16, 4, 20),
        Machine("m6i.large", 2, 8, 3, 10),
        Machine("m7i.large", 2, 8, 3, 10),
        Machine("m7i.xlarge", 4, 16, 4, 20),
        Machine("m7g.medium", 1, 4, 2, 4),
        Machine("m7g.large", 2, 8, 3, 10),
        Machine("m7g.xlarge", 4, 16, 4, 20),
        Machine("m6g.large", 2, 8, 3, 10),
        Machine("m6a.large", 2, 8, 3, 10),
        Machine("m7a.large", 2, 8, 3, 10),
        Machine("c5.large", 2, 4, 3, 10),
        Machine("c7i.large", 2, 4, 3, 10),
        Machine("c7g.large", 2, 4, 3, 10),
        Machine("r7g.large", 2, 16, 3, 10),
        Machine("g4dn.xlarge", 4, 16, 3, 39, gpus=1),
        Machine("g5.xlarge", 4, 16, 4, 6, gpus=1),
    )
}
_OTHER = (2, 4, 3)


def machine(name: str) -> Machine:
    """Give an instance type; one that the table lacks has two CPUs and 4 GiB (a guess)."""
    return _KNOWN.get(name) or Machine(name, *_OTHER)


def cheapest(cpu: int, memory: int, architecture: str) -> Machine:
    """Give the smallest known type with so many CPU units and MiB left for tasks, else the largest."""
    fitting = [item for item in _KNOWN.values() if item.architecture == architecture and not item.gpus]
    fitting.sort(key=lambda item: (item.cpus, item.memory_gib))
    enough = [
        item
        for item in fitting
        if item.cpus * _UNITS >= cpu and item.memory_gib * _GIB * _MEMORY_SHARE >= memory and item.cpus > 1
    ]
    return (enough or fitting[-1:])[0]


def version_info(agent: str = AGENT_VERSION) -> Document:
    """Spell the versions that an agent registers."""
    return {"agentVersion": agent, **_VERSION_INFO}


_CAPABILITIES = (
    *(f"com.amazonaws.ecs.capability.docker-remote-api.1.{minor}" for minor in range(17, 45)),
    *(
        f"com.amazonaws.ecs.capability.{name}"
        for name in (
            "ecr-auth",
            "logging-driver.awsfirelens",
            "logging-driver.awslogs",
            "logging-driver.fluentd",
            "logging-driver.gelf",
            "logging-driver.journald",
            "logging-driver.json-file",
            "logging-driver.none",
            "logging-driver.splunk",
            "logging-driver.syslog",
            "privileged-container",
            "task-iam-role",
            "task-iam-role-network-host",
        )
    ),
    *(
        f"ecs.capability.{name}"
        for name in (
            "container-health-check",
            "container-ordering",
            "docker-plugin.local",
            "ecr-endpoint",
            "env-files.s3",
            "execution-role-awslogs",
            "execution-role-ecr-pull",
            "pid-ipc-namespace-sharing",
            "private-registry-authentication.secretsmanager",
            "secrets.asm.bootstrap.log-driver",
            "secrets.asm.environment-variables",
            "secrets.ssm.bootstrap.log-driver",
            "secrets.ssm.environment-variables",
            "service-connect-v1",
            "task-cpu-mem-limit",
            "task-eni",
            "task-eni-trunking",
        )
    ),
)


def attributes(kind: Machine, built_in: dict[str, str], external: bool = False) -> list[Document]:
    """List the attributes that an agent registers: capabilities, and what it knows of the instance.

    Built-in ones: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html. An
    external instance cannot give tasks a network interface of their own
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html).
    """
    names = [name for name in _CAPABILITIES if not (external and name.startswith("ecs.capability.task-eni"))]
    if external:
        names.append("ecs.capability.external")
    named = {
        "ecs.os-type": "linux",
        "ecs.os-family": "LINUX",
        "ecs.cpu-architecture": kind.architecture,
        **({} if external else {"ecs.instance-type": kind.name}),
        **built_in,
    }
    return [{"name": name} for name in names] + [{"name": name, "value": value} for name, value in named.items()]
