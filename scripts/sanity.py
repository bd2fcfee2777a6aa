#!/usr/bin/env python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on the working tree, without containers. Arguments go to ansible-test."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
# ansible-test keeps its virtual environments in the home directory. This one is the checkout's, and outlives a run.
HOME = CACHE / "home"
TREE = CACHE / "sanity" / "ansible_collections"
SITE = Path(sysconfig.get_path("purelib"))

GET_PIP = """\
import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument.startswith("pip==")]
subprocess.run([{python!r}, "-m", "pip", "--python", sys.executable, "install", "--quiet", *wanted], check=True)
"""


def main() -> int:
    """Prepare what ansible-test expects, run it, and say what to do when it fails."""
    lay_out_collection()
    keep_pip_settings()
    provide_pip_bootstrap()
    command = ["ansible-test", "sanity", "--python", sysconfig.get_python_version(), *sys.argv[1:]]
    environment = {**os.environ, "HOME": str(HOME)}
    status = subprocess.run(command, cwd=TREE / "longshore" / "ecs", env=environment, check=False).returncode
    if status:
        print("Correct what is named above: this collection keeps no ignore file.", file=sys.stderr)
    return status


def lay_out_collection() -> None:
    """Copy the files that git sees to where a collection must lie, with amazon.aws beside it for its fragments."""
    ours = TREE / "longshore" / "ecs"
    shutil.rmtree(ours, ignore_errors=True)
    for name in output("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        source = ROOT / name
        if source.is_file():
            target = ours / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # Without a repository of its own the tree would belong to the checkout's, which ignores it whole.
    output("git", "init", "--quiet", str(ours))
    amazon = TREE / "amazon" / "aws"
    if not amazon.is_symlink():
        amazon.parent.mkdir(parents=True, exist_ok=True)
        amazon.symlink_to(SITE / "ansible_collections" / "amazon" / "aws")


def output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def keep_pip_settings() -> None:
    """Write down what pip knows now: ansible-test gives it the new home, but no variable of the environment."""
    settings = configparser.RawConfigParser()
    listed = output(sys.executable, "-m", "pip", "config", "list").splitlines()
    # Variables are listed first, and win over files.
    for line in reversed(listed):
        name, value = line.split("=", 1)
        section, option = name.split(".", 1)
        settings.read_dict({section.replace(":env:", "global"): {option: ast.literal_eval(value)}})
    settings.read_dict({"install": {"quiet": "1"}})
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    # The address of an index may hold a password.
    path.touch(mode=0o600)
    with path.open("w") as file:
        settings.write(file)


def provide_pip_bootstrap() -> None:
    """Fill the documented cache of the script that brings pip, so that no host but pip's own index is needed."""
    source = SITE / "ansible_test" / "_internal" / "python_requirements.py"
    pinned = re.search(r"pip='([\d.]+)'", source.read_text())
    if not pinned:
        sys.exit(f"{source} names its pip differently now: correct the pattern in scripts/sanity.py.")
    path = HOME / ".ansible" / "test" / "cache" / f"get_pip_{pinned[1].replace('.', '_')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GET_PIP.format(python=sys.executable))


if __name__ == "__main__":
    sys.exit(main())
