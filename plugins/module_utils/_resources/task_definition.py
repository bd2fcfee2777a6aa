# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task definition: a family of revisions, each of which never changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._api import AwsError
from .._core import STALE_SECONDS, UNSEEN, Ask, Call, Found, Plan, Resource
from .._errors import BadInput
from .._normal import normal
from .._watch import UnderWay
from . import _names, _revisions, _sizes

UNKNOWN = "(known after apply)"


class TaskDefinition(Resource):
    """The latest active revision of a family, or one revision that is named."""

    kind = "task_definition"
    creates = "RegisterTaskDefinition"
    answers = "TaskDefinition"
    arn = "taskDefinitionArn"
    identity = ("family",)
    rename: ClassVar[dict[str, Any]] = {"containers": "containerDefinitions"}
    wrappers = ("taskDefinition",)
    whole = True
    options: ClassVar[dict[str, Any]] = {
        "family": {"type": "str"},
        "revision": {"type": "int"},
        "container_definitions": {
            "type": "list",
            "elements": "dict",
            "aliases": ["containerDefinitions", "containers"],
        },
        "cpu": {"type": "str"},
        "memory": {"type": "str"},
        "network_mode": {"type": "str", "aliases": ["networkMode"]},
        "requires_compatibilities": {"type": "list", "elements": "str", "aliases": ["requiresCompatibilities"]},
        "execution_role_arn": {"type": "str", "aliases": ["executionRoleArn"]},
        "task_role_arn": {"type": "str", "aliases": ["taskRoleArn"]},
        "runtime_platform": {"type": "dict", "aliases": ["runtimePlatform"]},
        "volumes": {"type": "list", "elements": "dict"},
        "placement_constraints": {"type": "list", "elements": "dict", "aliases": ["placementConstraints"]},
        "pid_mode": {"type": "str", "aliases": ["pidMode"]},
        "ipc_mode": {"type": "str", "aliases": ["ipcMode"]},
        "proxy_configuration": {"type": "dict", "aliases": ["proxyConfiguration"]},
        "ephemeral_storage": {"type": "dict", "aliases": ["ephemeralStorage"]},
        "enable_fault_injection": {"type": "bool", "aliases": ["enableFaultInjection"]},
        "inference_accelerators": {"type": "list", "elements": "dict", "aliases": ["inferenceAccelerators"]},
        "trusted_execution_configuration": {"type": "dict", "aliases": ["trustedExecutionConfiguration"]},
        "keep": {"type": "int"},
        "purge": {"type": "bool", "default": False},
        "force_create": {"type": "bool", "default": False},
        "launch_type": {"type": "str", "choices": ["EC2", "FARGATE"]},
        "arn": {"type": "str"},
    }
    manner = frozenset({"revision", "keep", "purge", "force_create", "launch_type", "arn"})

    info_options: ClassVar[dict[str, Any]] = {
        "task_definition": {"type": "list", "elements": "str", "aliases": ["family", "name", "names"]},
    }

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take community.aws's network mode `default` for what it means: that none is given."""
        return {
            name: value
            for name, value in given.items()
            if name not in ("network_mode", "networkMode") or value != "default"
        }

    def prepare(self, api: Any, ask: Ask) -> None:
        options, document = ask.options, ask.document
        if options.get("arn"):
            family, _colon, revision = _names.short(options["arn"]).partition(":")
            document.setdefault("family", family)
            options.setdefault("revision", int(revision) if revision.isdigit() else None)
        document["family"] = _names.checked(document, "family", "family")
        if options.get("keep") is not None and options["keep"] < 1:
            raise BadInput(f"keep: {options['keep']} is out of range; the newest revision is kept, give 1 or more.")
        if ask.gone:
            ask.document = {"family": document["family"]}
            return
        if options.get("launch_type") and "requiresCompatibilities" not in document:
            document["requiresCompatibilities"] = [options["launch_type"]]
        if not document.get("containerDefinitions"):
            raise BadInput("container_definitions is required to register a revision: give at least one container.")
        _warn_of_size(ask, api.shape(self.creates))

    def read(self, api: Any, ask: Ask) -> Found | None:
        found = self._described(api, _wanted(ask))
        if registered := ask.notes.get("registered"):
            ask.notes["lags"] = _revision(found) < int(registered.rpartition(":")[2])
            if found is None or found.shown[self.arn] != registered:
                found = self._described(api, registered)
        return found if found and found.shown["status"] == "ACTIVE" else None

    def _described(self, api: Any, name: str) -> Found | None:
        asked: dict[str, Any] = {"taskDefinition": name, "include": ["TAGS"]}
        try:
            answer = api.read("DescribeTaskDefinition", **asked)
        except AwsError as error:
            if error.code != "ClientException" or "Unable to describe" not in str(error):
                raise
            answer = {}
            api.remember(answer, "DescribeTaskDefinition", **asked)  # that there is none is an answer too
        if not answer:
            return None
        return self.shaped({**answer["taskDefinition"], "tags": answer.get("tags", [])})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        names = params["task_definition"] or list(api.pages("ListTaskDefinitionFamilies", "families", status="ACTIVE"))
        return [found for name in names if (found := self._described(api, name))]

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        for member in ("taskRoleArn", "executionRoleArn"):
            _names.adopt_role(found.document, ask, member)

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        if ask.gone or ask.options.get("keep") is not None:
            ask.notes["revisions"] = _revisions.survey(api, ask)

    def create(self, ask: Ask) -> Iterable[Call]:
        return [*super().create(ask), *self._beyond(ask, registered=1)]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        if not changes and not ask.options.get("force_create"):
            return self._beyond(ask, registered=0)
        document = dict(after)
        if "tags" not in document:  # tags belong to one revision; what nobody asked to change goes on to the next
            document["tags"] = [tag for tag in found.document.get("tags", []) if not tag["key"].startswith("aws:")]
        return self.create(Ask(document, ask.options, notes=ask.notes))

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        revision = ask.options.get("revision")
        only = f"{ask.document['family']}:{revision}" if revision else None
        return list(ask.notes["revisions"].all(only, bool(ask.options.get("purge"))))

    @staticmethod
    def _beyond(ask: Ask, registered: int) -> list[Call]:
        revisions = ask.notes.get("revisions")
        return revisions.beyond(ask.options["keep"] - registered) if revisions else []

    def remember(self, call: Call, answer: dict[str, Any], ask: Ask) -> None:
        if call.operation == self.creates:
            ask.notes["registered"] = answer["taskDefinition"]["taskDefinitionArn"]

    def predict(self, found: Found | None, after: dict[str, Any], plan: Plan) -> Found:
        if found and not any(call.operation == self.creates for call in plan.calls):
            return super().predict(found, after, plan)
        # Numbers are never used twice and others register too, so the next one cannot be known. A service that is
        # given this name in the same check run sees that it will change.
        name = f"{after['family']}:{UNKNOWN}"
        return Found(after, {**after, "status": "ACTIVE", "taskDefinitionArn": name})

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        """The revision can be seen by its number at once; the next run, and a service, ask for it by its family."""
        lags = ask.notes.get("lags") and ask.watch.waited() < STALE_SECONDS
        return UNSEEN if (found is None or lags) and not ask.gone else None


def _revision(found: Found | None) -> int:
    return int(found.shown["revision"]) if found else 0


def _wanted(ask: Ask) -> str:
    revision = ask.options.get("revision") if ask.gone else None
    return f"{ask.document['family']}:{revision}" if revision else str(ask.document["family"])


def _warn_of_size(ask: Ask, shape: Any) -> None:
    """Warn of a size that Fargate is not known to offer; ECS decides."""
    document = normal(ask.document, shape) or {}
    cpu, memory = str(document.get("cpu", "")), str(document.get("memory", ""))
    if "FARGATE" not in document.get("requiresCompatibilities", []) or not (cpu.isdigit() and memory.isdigit()):
        return
    if int(cpu) not in _sizes.FARGATE:
        offered = ", ".join(map(str, _sizes.FARGATE))
        ask.warnings.append(f"cpu: Fargate is not known to offer {cpu} CPU units; it offers {offered}.")
    elif int(memory) not in _sizes.FARGATE[int(cpu)]:
        ask.warnings.append(
            f"memory: Fargate is not known to offer {memory} MiB with {cpu} CPU units; "
            f"it offers {_sizes.described(int(cpu))}."
        )
