# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running `ansible-playbook` as a user does, and reading what each task said."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
WARM = Path(__file__).parent / "warm"
QUIET = {
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_NOCOLOR": "true",
    "ANSIBLE_PIPELINING": "true",
}


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    """Give an environment in which every AWS tool talks to `url` alone, and Ansible writes below `home` alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **QUIET,
        "WARM_PYTHON": sys.executable,
        "ANSIBLE_HOME": str(home / "ansible"),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "notarealsecretkey",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        **more,
    }


def stepped(env: dict[str, str], url: str) -> dict[str, str]:
    """Give an environment in which what a module sleeps moves the stopped clock of the emulator, and nothing sleeps."""
    return {**env, "EMULATOR_TO_STEP": url, "PYTHONPATH": str(Path(__file__).parent / "stepped")}


@functools.cache
def warm_python() -> Path:
    """Give a Python for modules that need not import boto3 anew each time; its server lives as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="warm-python-"))
    python = folder / "python"
    python.write_text(f"#!{sys.executable} -IS\n{(WARM / 'client.py').read_text()}")
    python.chmod(0o755)
    command = [sys.executable, str(WARM / "server.py"), str(folder / "socket")]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.kill)
    assert server.stdout
    server.stdout.readline()
    return python


@dataclass
class Task:
    """What one task said on one host; a loop's items are in `items`."""

    name: str
    result: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.result.get("results", []))


@dataclass
class Run:
    """One run of a playbook."""

    code: int
    output: str
    errors: str
    tasks: list[Task] = field(default_factory=list)
    stats: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> list[str]:
        """The names of the tasks that changed something, or would have."""
        return [task.name for task in self.tasks if task.changed]

    @property
    def failed(self) -> list[Task]:
        """The tasks that failed."""
        return [task for task in self.tasks if task.failed]

    def task(self, name: str) -> Task:
        """Give the last task whose name ends so."""
        found = [task for task in self.tasks if task.name.endswith(name)]
        if not found:
            raise AssertionError(f"no task {name!r} in {[task.name for task in self.tasks]}")
        return found[-1]

    def ok(self) -> Run:
        """Expect success."""
        if self.code:
            said = "\n".join(f"{task.name}: {task.result.get('msg', task.result)}" for task in self.failed)
            raise AssertionError(f"the playbook failed: {said or self.output[-3000:] + self.errors[-3000:]}")
        return self


def _tasks(document: dict[str, Any]) -> Iterator[Task]:
    for play in document["plays"]:
        for task in play["tasks"]:
            for result in task["hosts"].values():
                yield Task(task["task"]["name"], result)


def read(code: int, output: str, errors: str) -> Run:
    """Read what the JSON callback printed."""
    start = output.find("{")
    try:
        document = json.loads(output[start:]) if start >= 0 else {}
    except ValueError:
        document = {}
    if not document:
        return Run(code, output, errors)
    stats = {name: sum(host[name] for host in document["stats"].values()) for name in ("changed", "failures", "ok")}
    return Run(code, output, errors, list(_tasks(document)), stats)


def playbook(
    name: str,
    env: dict[str, str],
    variables: dict[str, Any] | None = None,
    *options: str,
    cwd: Path | None = None,
) -> Run:
    """Run a playbook by path or by its name in a collection; `options` are further words, for example `--check`."""
    command = [str(BIN / "ansible-playbook"), name, *options, "-e", f"ansible_python_interpreter={warm_python()}"]
    if variables:
        command += ["--extra-vars", json.dumps(variables)]
    done = subprocess.run(
        command,
        env={**env, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )
    return read(done.returncode, done.stdout, done.stderr)
