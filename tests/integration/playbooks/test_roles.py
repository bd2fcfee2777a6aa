# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles say about themselves agrees: defaults, specifications and READMEs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .account import ROOT

ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())


def load(role: Path, name: str) -> Any:
    return yaml.safe_load((role / name).read_text(encoding="utf-8"))


@pytest.fixture(params=ROLES, ids=lambda role: role.name)
def role(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_defaults_equal_the_specification(role: Path) -> None:
    options = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    optional = {name: option["default"] for name, option in options.items() if not option.get("required")}
    assert load(role, "defaults/main.yml") == optional


def test_variables_begin_with_the_name_of_the_role(role: Path) -> None:
    assert [name for name in load(role, "defaults/main.yml") if not name.startswith(f"{role.name}_")] == []


def test_readme_names_every_variable(role: Path) -> None:
    readme = (role / "README.md").read_text(encoding="utf-8")
    assert [name for name in load(role, "defaults/main.yml") if f"`{name}`" not in readme] == []


def test_survey_asks_for_variables_that_exist() -> None:
    survey = json.loads((ROOT / "examples" / "awx" / "survey.json").read_text(encoding="utf-8"))
    known = {name for role in ROLES for name in load(role, "defaults/main.yml")} | {"app_env", "app_name"}
    assert {question["variable"] for question in survey["spec"]} <= known
