#!/usr/bin/env python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's artifact, install it elsewhere, and check that it holds what it must and nothing else."""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.playbooks import warm_python  # noqa: E402 - the tests' support is no package that is installed

BUILD = ROOT / "build"
# What `longshore.ecs.demo` runs, and what Galaxy and the modules' users read.
WANTED = (
    "LICENSES/GPL-3.0-or-later.txt",
    "README.md",
    "meta/execution-environment.yml",
    "meta/runtime.yml",
    "playbooks/demo.yml",
    "requirements.txt",
    "tests/emulator/__main__.py",
)


def main() -> None:
    """Build, install, check."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    # Forced, because an older artifact may lie there, and because the checkout itself counts as installed.
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(BUILD))
    artifact = BUILD / f"longshore-ecs-{galaxy['version']}.tar.gz"
    with tempfile.TemporaryDirectory() as elsewhere:
        run(
            "ansible-galaxy",
            "collection",
            "install",
            str(artifact),
            "--no-deps",
            "--offline",
            "--force",
            "-p",
            elsewhere,
        )
        installed = Path(elsewhere, "ansible_collections", "longshore", "ecs")
        check_files(installed, galaxy["build_ignore"])
        os.environ["ANSIBLE_COLLECTIONS_PATH"] = elsewhere
        check_modules(installed, elsewhere)
        check_playbooks(installed, elsewhere)
    print(f"{artifact.relative_to(ROOT)} is complete: {artifact.stat().st_size // 1024} KiB.")


def run(*command: str, cwd: str | Path = ROOT) -> str:
    """What a command prints, or the end when it fails."""
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_files(installed: Path, ignored: list[str]) -> None:
    """The artifact must hold the files that git sees, but for those that galaxy.yml leaves out, and no other."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    seen = {name for name in names if (ROOT / name).is_file()}
    patterns = [pattern for ignore in ignored for pattern in (ignore, f"{ignore}/*")]
    expected = {name for name in seen if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)}
    expected = expected - {"galaxy.yml"} | {"MANIFEST.json", "FILES.json"} | set(WANTED)
    found = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    if set(WANTED) - seen:
        sys.exit(f"The checkout lacks {listed(set(WANTED) - seen)}: without it the artifact is of no use.")
    if expected - found:
        sys.exit(f"The artifact lacks {listed(expected - found)}: look at build_ignore in galaxy.yml.")
    if found - expected:
        sys.exit(f"The artifact also holds {listed(found - expected)}: git ignores them, and so must galaxy.yml.")


def check_modules(installed: Path, cwd: str) -> None:
    """Every module must be documented, and stand in the action group."""
    files = {path.stem for path in (installed / "plugins" / "modules").glob("*.py")}
    documented = json.loads(run("ansible-doc", "--type", "module", "--list", "--json", "longshore.ecs", cwd=cwd))
    group = yaml.safe_load((installed / "meta" / "runtime.yml").read_text())["action_groups"]["all"]
    if missing := {f"longshore.ecs.{name}" for name in files} - documented.keys():
        sys.exit(f"ansible-doc does not list {listed(missing)}: look at their documentation.")
    if missing := files ^ set(group):
        sys.exit(f"The action group in meta/runtime.yml and plugins/modules differ in {listed(missing)}.")


def check_playbooks(installed: Path, cwd: str) -> None:
    """Every playbook must be found by its name, in the artifact and not in the checkout, and the demo must run."""
    for playbook in sorted((installed / "playbooks").glob("*.yml")):
        name = f"longshore.ecs.{playbook.stem}"
        if str(playbook) not in run("ansible-playbook", "--syntax-check", name, cwd=cwd):
            sys.exit(f"{name} was not found in the artifact.")
    run("ansible-playbook", "longshore.ecs.demo", "-e", f"ansible_python_interpreter={warm_python()}", cwd=cwd)


def listed(names: set[str]) -> str:
    """Names, for a sentence."""
    return ", ".join(sorted(names))


if __name__ == "__main__":
    main()
