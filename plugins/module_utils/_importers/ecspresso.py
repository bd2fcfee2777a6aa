# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ecspresso configuration: a task definition and a service, each in a file of its own beside it.

Sources: https://github.com/kayac/ecspresso (configuration file, plugins) and docs/v1-v2.md there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._errors import BadInput
from .._export.secrets import Hidden
from .._normal import snake
from ._compose_values import seconds
from ._go_templates import RENDER, Template
from ._piece import Choice, Piece, filled
from ._reader import LOOK, Reader
from ._shaped import shaped
from ._source import Source

NAMES = ("ecspresso.yml", "ecspresso.yaml", "ecspresso.json", "ecspresso.jsonnet")
LOOKS = re.compile(r'^(?:task_definition\s*:|\s*\{?\s*"task_definition"\s*:\s*")', re.MULTILINE)
JSONNET = (".jsonnet", ".libsonnet")
CLUSTER = "default"  # where the configuration names none
DROP = "nothing to do."
OF_AWS = "AWS says it of what is there; it cannot be given."
OF_CONFIG = "ecspresso takes it from its configuration."
# What DescribeTaskDefinition and DescribeServices say of what is there.
TASK_SHOWN = {
    *("compatibilities", "deregisteredAt", "registeredAt", "registeredBy", "requiresAttributes", "revision", "status"),
    *("taskDefinitionArn", "deleteRequestedAt"),
}
SERVICE_SHOWN = {
    *("clusterArn", "createdAt", "createdBy", "currentServiceDeployment", "currentServiceRevisions", "deployments"),
    *(
        "events",
        "pendingCount",
        "roleArn",
        "runningCount",
        "serviceArn",
        "status",
        "taskSets",
        "resourceManagementType",
    ),
}
CONFIGURED = ("cluster", "serviceName", "taskDefinition")
CONFIG: dict[str, tuple[str, str]] = {
    "region": ("a manifest has no Region.", "give region to longshore.ecs.apply."),
    "required_version": ("it is about ecspresso itself.", DROP),
    "filter_command": ("it is for the terminal.", DROP),
    "plugins": ("there are no lookups in a manifest.", "see the values that are listed as looked up, if any."),
    "ignore": ("tags that others own are not told apart here.", "give purge_tags: false, or ignore_changes."),
}


def fits(source: Source) -> bool:
    """Tell whether the source is a configuration; it is not loaded, since its templates may not be YAML."""
    if source.is_directory:
        return any(source.has(name) for name in NAMES)
    return bool(LOOKS.search(source.text()))


def pieces(source: Source, choice: Choice) -> Iterator[Piece]:
    """Give the task definition and the service.

    Raises BadInput for a configuration in Jsonnet, and for statements of templates in it.
    """
    name = next((name for name in NAMES if source.has(name)), NAMES[0]) if source.is_directory else ""
    if (name or source.name).endswith(JSONNET):
        raise BadInput(f"src: {name or source.name} is Jsonnet, which is not evaluated here; {RENDER}")
    yield from Configuration(source, choice, name)


class Configuration:
    """The configuration, and the files that it names."""

    def __init__(self, source: Source, choice: Choice, name: str) -> None:
        self._source, self._choice = source, choice
        self._template = Template(choice.variables, source.left.leave)
        self._reader = self._document(name)

    def __iter__(self) -> Iterator[Piece]:
        reader = self._reader
        for member, (reason, remedy) in CONFIG.items():
            reader.leave(member, reason, remedy)
        task = self._definition("task_definition", "taskdef")
        service = self._definition("service_definition", "servicedef")
        family = None
        if task is not None:
            options = _taken(task, self._choice.shapes("task_definition"), TASK_SHOWN)
            family = options["family"] = self._named(options.get("family") or "")
            yield Piece("task_definition", filled(options))
        yield from self._service(service, family)

    def _service(self, reader: Reader | None, family: str | None) -> Iterator[Piece]:
        """Give the service, which runs the family that is registered with it."""
        config = self._reader
        if reader is None:
            config.leave(
                "service", "there is no definition of the service.", "give service_definition, or leave it out."
            )
        name, cluster = config.take("service"), config.take("cluster")
        manner = {"wait_timeout": self._timeout(), "code_deploy": self._code_deploy()}
        if reader is None:
            return
        options = _taken(reader, self._choice.shapes("service"), SERVICE_SHOWN)
        own = {
            "name": self._named(name or ""),
            "cluster": cluster or self._choice.cluster or CLUSTER,
            "task_definition": family,
        }
        for member in CONFIGURED:
            reader.leave(member, OF_CONFIG, DROP)
            options.pop(snake(member), None)
        yield Piece("service", filled({**own, **options, **manner}))

    def _named(self, name: str) -> str:
        return name if isinstance(name, Hidden) or not name else self._choice.named(str(name))

    def _timeout(self) -> int | None:
        text = self._reader.text("timeout")
        value = seconds(text) if text and not isinstance(text, Hidden) else None
        if text and value is None:
            self._reader.note("timeout", "it is no duration such as 10m.", LOOK)
        return round(value) if value else None

    def _code_deploy(self) -> dict[str, Any]:
        """Give the application and the group of CodeDeploy, and the hooks of the AppSpec, of which the rest is made."""
        given, spec = self._reader.inside("codedeploy"), self._reader.inside("appspec")
        for name in ("version", "Resources"):
            spec.leave(name, "the AppSpec is made from the service.", DROP)
        hooks: dict[str, Any] = {}
        for _index, entry in spec.each("Hooks"):
            hooks.update({hook: entry.text(hook) for hook in entry.names})
        return filled(
            {
                "application": given.text("application_name"),
                "deployment_group": given.text("deployment_group_name"),
                "hooks": hooks,
            }
        )

    # Files ------------------------------------------------------------------------------------------------------------

    def _definition(self, member: str, rendered: str) -> Reader | None:
        """Give the reader of the definition that a member names; what cannot be read is left."""
        name = self._reader.look(member)
        if not isinstance(name, str) or isinstance(name, Hidden):
            self._reader.text(member)
            return None
        remedy = f"write it with `ecspresso render {rendered}` to a file of JSON, and name that."
        if name.endswith(JSONNET):
            self._reader.leave(member, "it is Jsonnet, which is not evaluated here.", remedy)
        elif not self._source.has(name):
            self._reader.leave(member, "the file is not there.", "give src, with the file beside it.")
        else:
            try:
                reader = _unwrapped(self._document(name))
            except BadInput as error:
                self._reader.leave(member, f"it cannot be read: {error}", remedy)
            else:
                self._reader.take(member)
                return reader
        return None

    def _document(self, name: str) -> Reader:
        source = self._source
        value = source.value(name, self._template.text(source.text(name), name or source.name))
        if not isinstance(value, Mapping):
            raise BadInput(f"{name or source.name or 'content'}: it is no dictionary.")
        return source.over(self._template.value(value, name), name)


def _unwrapped(reader: Reader) -> Reader:
    """Look into a task definition as DescribeTaskDefinition answers it: {taskDefinition: {...}, tags: [...]}."""
    inner = reader.inside("taskDefinition")
    if not isinstance(inner.value, dict):
        return reader
    if "tags" in reader:
        inner.value.setdefault("tags", reader.take("tags"))
    return inner


def _taken(reader: Reader, shape: Any, shown: set[str]) -> dict[str, Any]:
    """Take a definition as options; what only AWS can say is left."""
    for member in sorted(shown):
        reader.leave(member, OF_AWS, DROP)
    return dict(shaped(reader, shape) or {})
