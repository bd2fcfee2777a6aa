# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo cleans up after itself, also when it is interrupted or cannot begin."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.playbooks import environment, playbook

from .account import ROOT

FIRST_STEP = "  Build everything and deploy"


@pytest.fixture
def background() -> Any:
    """Load the file that starts and stops the emulator of the demo."""
    spec = importlib.util.spec_from_file_location("background", ROOT / "playbooks" / "files" / "emulator.py")
    if spec is None or spec.loader is None:
        raise AssertionError("playbooks/files/emulator.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process(background: Any, tmp_path: Path, sign: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "demo.py")],
        env=environment("http://127.0.0.1:9", tmp_path),
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    for line in demo.stdout or ():
        if line.startswith(FIRST_STEP):
            break
    [run] = [pid for pid, process in background.processes().items() if process.parent == demo.pid]
    started = background.family(run, set())
    known = background.processes()
    assert any("emulator.py serve" in known[pid].command for pid in started & known.keys())
    os.kill(demo.pid, sign)
    said = demo.communicate(timeout=60)[0]
    assert demo.returncode == 130
    assert "Interrupted" in said
    assert started & background.processes().keys() == set()


def test_the_demo_says_what_it_misses(tmp_path: Path) -> None:
    (tmp_path / "moto").mkdir()
    (tmp_path / "moto" / "__init__.py").write_text("raise ImportError('No module named moto')\n")
    run = playbook("longshore.ecs.demo", environment("http://127.0.0.1:9", tmp_path, PYTHONPATH=str(tmp_path)))
    [failure] = run.failed
    assert "-m pip install 'moto[server]'" in failure.result["msg"]
