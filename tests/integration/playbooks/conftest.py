# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An empty account for each test, with a clock that makes minutes of seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.emulator import Emulator

from .account import Account


@pytest.fixture
def account(server: Emulator, tmp_path: Path) -> Account:
    server.reset()
    server.clock(speed=60)
    return Account(server, tmp_path)
