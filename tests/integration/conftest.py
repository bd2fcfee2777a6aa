# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for each test process, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from support.emulator import Emulator
from support.modules import CONNECTION, ModuleRun


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """Give the emulator of this test process."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    """Give an emulator that holds nothing, on which a minute passes in a second."""
    server.reset()
    server.clock(speed=60)
    return server


@pytest.fixture
def module(emulator: Emulator) -> ModuleRun:
    """Run modules against the emulator."""
    return ModuleRun(emulator.url)


@pytest.fixture
def client(emulator: Emulator) -> Callable[[str], Any]:
    """Make boto3 clients, which see the emulator as any other tool does."""

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=emulator.url,
            region_name=CONNECTION["region"],
            aws_access_key_id=CONNECTION["access_key"],
            aws_secret_access_key=CONNECTION["secret_key"],
        )

    return make


@pytest.fixture
def subnets(client: Callable[[str], Any]) -> list[str]:
    """Name two subnets of the default VPC."""
    return sorted(subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"])[:2]
