# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How deployments end in a whole playbook, and what its output shows meanwhile. Nothing sleeps in the modules."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.emulator import Emulator
from support.playbooks import BIN, Run, playbook, stepped

from .account import Account

HERE = Path(__file__).parent
BREAKER = {"deployment_circuit_breaker": {"enable": True, "rollback": True}}
LINE = re.compile(r"^\[localhost\] web: ", re.MULTILINE)


@pytest.fixture
def still(server: Emulator, tmp_path: Path) -> Account:
    """Give an account whose clock stands still, but for what modules sleep."""
    server.reset()
    server.clock(speed=0)
    account = Account(server, tmp_path)
    account.environment = stepped(account.environment, server.url)
    return account


def variables(account: Account) -> dict[str, Any]:
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    return {"subnets": [subnet["SubnetId"] for subnet in subnets][:2], "breaker": BREAKER}


def test_every_outcome_is_told_in_a_playbook(still: Account) -> None:
    run = playbook(str(HERE / "outcomes.yml"), still.environment, variables(still)).ok()
    expected = {
        "A deployment that cannot run": ("RolledBack", "web:missing cannot be pulled"),
        "The same without a circuit breaker": ("Hopeless", "ended with exit code 1"),
        "Without patience": ("TimedOut", "web:missing cannot be pulled"),
        "What its deployment has come to": ("RolledBack", "was rolled back"),
        "A deployment that pauses for approval": ("AwaitingApproval", "POST_SCALE_UP"),
        "What the first has come to": ("Superseded", "superseded by the deployment"),
        "What a deployment comes to whose service is deleted": ("Gone", "deleted"),
    }
    for name, (code, words) in expected.items():
        result = run.task(name).result
        assert (result["failure"]["code"], words in result["msg"]) == (code, True), result["msg"]
        assert result["diagnosis"]["next_step"]
    assert run.task("The first deployment").result["deployment"]["outcome"] == "completed"
    assert run.task("A deployment that cannot run").changed
    assert [call["operation"] for call in run.task("Without patience").result["actions"]] == ["UpdateService"]
    assert run.task("Stop it").changed and not run.task("Ask for it again").changed
    assert run.task("Approve it").result["deployment"]["outcome"] == "completed"
    _check_progress(run)


def _check_progress(run: Run) -> None:
    """One line for each change, none twice in a row, with what a person wants to know; and no trace of the slices."""
    lines = [line for line in run.errors.splitlines() if line.startswith("[localhost] web: ")]
    assert len(lines) > 10 and all(one != two for one, two in itertools.pairwise(lines))
    told = "\n".join(lines)
    for words in ("of 2 running", "pending", "failed", "has started", "left", "% of production traffic", "DRAINING"):
        assert words in told, words
    assert "_watch" not in str([task.result for task in run.tasks])


def test_a_wait_that_is_interrupted_is_taken_up_by_the_next_run(server: Emulator, tmp_path: Path) -> None:
    """Ctrl-C while waiting: the deployment goes on, and the next run follows it without starting another."""
    server.reset()
    server.clock(speed=2)  # slow enough for a wait that can be interrupted
    account = Account(server, tmp_path)
    path = tmp_path / "first.yml"
    text = (HERE / "outcomes.yml").read_text()
    path.write_text(text[: text.index("    - name: A deployment that cannot run")])
    values = variables(account)
    extra = ["--extra-vars", str(values).replace("'", '"').replace("True", "true")]
    # Whoever runs the tests in the background has made them deaf to Ctrl-C; a terminal's programs are not.
    hearing = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", hearing, str(BIN / "ansible-playbook"), str(path), *extra]
    waiting = subprocess.Popen(
        command,
        env=account.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert waiting.stdout is not None
    for line in waiting.stdout:
        if LINE.search(line):
            break
    os.killpg(waiting.pid, signal.SIGINT)
    try:
        waiting.communicate(timeout=10)
    except subprocess.TimeoutExpired:  # ansible-core may wait for a worker that died in the middle of a word
        os.killpg(waiting.pid, signal.SIGKILL)
        waiting.communicate(timeout=10)
    assert waiting.returncode != 0
    created = server.operations(0).count("CreateService")
    server.clock(speed=0)
    account.environment = stepped(account.environment, server.url)
    run = playbook(str(path), account.environment, {**values, "tell": False}).ok()
    assert not LINE.search(run.errors), "progress was turned off"
    assert run.task("The first deployment").result["deployment"]["outcome"] == "completed"
    assert not run.task("The first deployment").changed
    assert server.operations(0).count("CreateService") == created == 1
