# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every integration target, run by ansible-playbook over HTTP as a user would run it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from support.emulator import Emulator
from support.modules import CONNECTION
from support.playbooks import environment, playbook

TARGETS = Path(__file__).parent / "targets"
NAMES = sorted(path.name for path in TARGETS.iterdir() if not path.name.startswith("setup_"))


@pytest.mark.parametrize("name", NAMES)
def test_target(name: str, emulator: Emulator, subnets: list[str], tmp_path: Path) -> None:
    """The twelve steps of a noun, and what is special about it."""
    emulator.clock(speed=60)  # the modules run in processes of their own, and wait in real time
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "prefix": f"test-{name.replace('_', '-')}",
            "aws": {**CONNECTION, "endpoint_url": emulator.url},
            "emulator_url": emulator.url,
            "subnets": subnets,
            "ansible_python_interpreter": sys.executable,
        },
        "roles": [name],
    }
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    playbook(str(path), environment(emulator.url, tmp_path, ANSIBLE_ROLES_PATH=str(TARGETS))).ok()
