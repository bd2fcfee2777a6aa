# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for the playbooks, emptied for each test, with a clock that makes minutes of seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.emulator import Emulator

from .account import Account


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def account(running_emulator: Emulator, tmp_path: Path) -> Account:
    running_emulator.reset()
    running_emulator.clock(speed=60)
    return Account(running_emulator, tmp_path)
