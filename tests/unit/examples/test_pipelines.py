# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipelines of examples/: what no schema checks. `make lint` has the schemas of GitHub and GitLab."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import botocore.validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PIPELINES = ROOT / "examples" / "pipelines"
AWX = ROOT / "examples" / "awx"
WORKFLOW = PIPELINES / "github-actions" / "release.yml"
GITLAB = PIPELINES / "gitlab-ci" / ".gitlab-ci.yml"
JENKINSFILE = PIPELINES / "jenkins" / "Jenkinsfile"
BUILDSPECS = sorted((PIPELINES / "codepipeline").glob("buildspec-*.yml"))
PIPELINE = PIPELINES / "codepipeline" / "pipeline.json"
FILES = [WORKFLOW, GITLAB, JENKINSFILE, *BUILDSPECS]
# What the playbooks take beside the variables of the role.
OF_THE_PLAYBOOKS = {"app_env", "app_name", "app_component", "aws_region", "approve_decision"}
# Phases of a buildspec that may have commands, and its other members
# (https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html).
PHASES = {"install", "pre_build", "build", "post_build"}


class Loader(yaml.SafeLoader):
    """Reads GitLab's !reference too."""


Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))  # type: ignore[arg-type]


def load(path: Path) -> Any:
    # A safe loader with one more harmless tag.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)


def scripts(path: Path) -> list[str]:
    """Give the shell commands of a pipeline, those of one shell together."""
    if path == JENKINSFILE:
        return re.findall(r"\bsh '([^']*)'", path.read_text(encoding="utf-8"))
    document = load(path)
    if path == WORKFLOW:
        return [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]
    if path == GITLAB:
        jobs = [job for job in document.values() if isinstance(job, dict)]
        lines = [[*job.get("before_script", []), *job.get("script", [])] for job in jobs]
        return ["\n".join(line for line in each if isinstance(line, str)) for each in lines if each]
    return ["\n".join(command for phase in document["phases"].values() for command in phase["commands"])]


def known_variables() -> set[str]:
    defaults = yaml.safe_load((ROOT / "roles" / "release" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return OF_THE_PLAYBOOKS | set(defaults)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shell_commands_pass_shellcheck(path: Path) -> None:
    found = scripts(path)
    assert found
    for script in found:
        # What CI puts in comes from outside: SC2154 would call every such variable unassigned.
        command = [str(Path(sys.executable).parent / "shellcheck"), "--shell=bash", "--exclude=SC2154", "-"]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_playbooks_and_variables_exist(path: Path) -> None:
    text = "\n".join(scripts(path))
    playbooks = set(re.findall(r"ansible-playbook \"?longshore\.ecs\.(\w+)", text))
    assert {name for name in playbooks if not (ROOT / "playbooks" / f"{name}.yml").exists()} == set()
    assert set(re.findall(r"-e \"?(\w+)=", text)) <= known_variables()


def test_the_variables_of_all_pipelines_exist() -> None:
    given = load(PIPELINES / "prod.yml")
    assert set(given) <= known_variables()
    assert all(set(entry) == {"cve", "until", "reason"} for entry in given["release_scan_allow"])


def _actions() -> Iterator[tuple[str, dict[str, Any]]]:
    for stage in json.loads(PIPELINE.read_text(encoding="utf-8"))["pipeline"]["stages"]:
        for action in stage["actions"]:
            yield stage["name"], action


def test_codepipeline_takes_its_definition() -> None:
    model = botocore.session.get_session().get_service_model("codepipeline")
    shape = model.operation_model("CreatePipeline").input_shape
    document = json.loads(PIPELINE.read_text(encoding="utf-8"))
    assert botocore.validate.ParamValidator().validate(document, shape).generate_report() == ""
    made = {artifact["name"] for _stage, action in _actions() for artifact in action.get("outputArtifacts", [])}
    assert {artifact["name"] for _stage, action in _actions() for artifact in action.get("inputArtifacts", [])} <= made


def test_codepipeline_hands_on_what_the_buildspecs_take() -> None:
    build, release = (load(path) for path in BUILDSPECS)
    names = {action.get("namespace"): build["env"]["exported-variables"] for _stage, action in _actions()}
    for _stage, action in _actions():
        text = json.dumps(action["configuration"])
        for namespace, variable in re.findall(r"#\{(\w+)\.(\w+)\}", text):
            assert variable in names[namespace]
        given = json.loads(action["configuration"].get("EnvironmentVariables", "[]"))
        assert {entry["name"] for entry in given} <= set(release["env"]["variables"])
        for entry in given:
            if entry["name"] == "PLAYBOOK":
                assert (ROOT / "playbooks" / f"{entry['value']}.yml").exists()


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.name)
def test_buildspecs_have_the_structure_of_one(path: Path) -> None:
    document = load(path)
    assert document["version"] == 0.2
    assert set(document) <= {"version", "env", "phases"}
    assert set(document["env"]) <= {"variables", "exported-variables"}
    assert set(document["phases"]) <= PHASES
    assert all(set(phase) <= {"runtime-versions", "commands"} for phase in document["phases"].values())


def test_the_jenkinsfile_is_a_declarative_pipeline() -> None:
    """Each block stands where https://www.jenkins.io/doc/book/pipeline/syntax/ allows it, and is closed."""
    allowed = {
        "": {"pipeline"},
        "pipeline": {"agent", "options", "parameters", "environment", "stages"},
        "stages": {"stage"},
        "stage": {"agent", "input", "steps"},
        "input": {"parameters"},
        "steps": {"withCredentials"},
    }
    blocks: list[str] = [""]
    for line in JENKINSFILE.read_text(encoding="utf-8").splitlines():
        code = line.split("//")[0].strip() if "://" not in line else line.strip()
        opened = re.fullmatch(r"(\w+)(\(.*\))? \{(.*)", code)
        if opened:
            assert opened.group(1) in allowed.get(blocks[-1], set()), line
            if not opened.group(3).endswith("}"):
                blocks.append(opened.group(1))
        elif code == "}":
            blocks.pop()
    assert blocks == [""]
    ids = re.findall(r"credentialsId: '([^']+)'", JENKINSFILE.read_text(encoding="utf-8"))
    assert set(ids) == {"aws-token"}


def test_the_workflow_of_awx_hangs_together() -> None:
    [play] = load(AWX / "workflow.yml")
    jobs = {job["name"]: job["playbook"] for job in play["vars"]["awx_jobs"]}
    assert all((AWX / playbook).exists() for playbook in jobs.values())
    nodes = play["tasks"][-1]["awx.awx.workflow_job_template"]["workflow_nodes"]
    names = {node["identifier"] for node in nodes}
    for node in nodes:
        template = node["unified_job_template"]
        assert template["type"] == "workflow_approval" or template["name"] in jobs
        for followers in node.get("related", {}).values():
            assert {follower["identifier"] for follower in followers} <= names
        assert set(node.get("extra_data", {})) <= known_variables()


def test_the_survey_asks_for_variables_that_exist() -> None:
    survey = json.loads((AWX / "release_survey.json").read_text(encoding="utf-8"))
    assert {question["variable"] for question in survey["spec"]} <= known_variables()
