# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scaling of a service: bounds, policies and scheduled actions of Application Auto Scaling, as one document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._api import AwsError
from .._core import Ask, Call, Found, Plan, Resource
from .._errors import BadInput, Blocked
from .._normal import snake
from .._watch import UnderWay
from . import _names, _scaling_forms, _scaling_labels, _scaling_parts, _scaling_rules
from ._scaled import COUNT, SCALING, resource_id
from ._scaling_forms import ACTIONS, POLICIES
from ._scaling_parts import BOUNDS

MEMBERS = (*BOUNDS, "RoleARN", "SuspendedState")
MANY = 50  # DescribeScalableTargets takes so many names


class Scaling(Resource):
    """How a service is scaled. Registering it again moves the count, so that is done for the bounds alone."""

    kind = "scaling"
    plural = "scaling"
    service = SCALING
    creates = "RegisterScalableTarget"
    answers = "ScalableTarget"
    arn = "ScalableTargetARN"
    tag_request = ("ResourceARN", "Tags", "TagKeys")
    upserts = True
    identity = ("cluster", "service")
    wrappers = ("ScalableTargets",)
    options: ClassVar[dict[str, Any]] = {
        "service": {"type": "str"},
        "cluster": {"type": "str"},
        "min_capacity": {"type": "int", "aliases": ["MinCapacity"]},
        "max_capacity": {"type": "int", "aliases": ["MaxCapacity"]},
        "role_arn": {"type": "str", "aliases": ["RoleARN"]},
        "suspended_state": {"type": "dict", "aliases": ["SuspendedState"]},
        "target_tracking": {"type": "raw", "aliases": ["targetTracking"]},
        "step_scaling": {"type": "raw", "aliases": ["stepScaling"]},
        "predictive_scaling": {"type": "raw", "aliases": ["predictiveScaling"]},
        "scheduled_actions": {"type": "raw", "aliases": ["scheduledActions"]},
    }
    info_options: ClassVar[dict[str, Any]] = {
        "cluster": {"type": "str"},
        "service": {"type": "list", "elements": "str", "aliases": ["name", "services"]},
        "activities": {"type": "int", "default": 10},
    }

    def shape(self, api: Any) -> Any:
        return _scaling_forms.shape(api)

    def spelled_tags(self, tags: list[dict[str, str]]) -> Any:
        return {tag["key"]: tag["value"] for tag in tags}

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        return _scaling_forms.accepted(given)

    def prepare(self, api: Any, ask: Ask) -> None:
        document = ask.document
        document["service"] = _names.checked(document, "service", "service")
        document["cluster"] = _names.checked({"cluster": "default", **document}, "cluster", "cluster")
        if ask.gone:
            ask.document = {name: document[name] for name in self.identity}
            return
        _scaling_rules.check(document)
        _scaling_parts.spell(document)
        ask.notes["members"] = self.shape(api).members

    def batch(self, ask: Ask) -> tuple[str, str, dict[str, Any]]:
        return "DescribeScalableTargets", _scaling_parts.place(ask.document)["ResourceId"], COUNT

    def read(self, api: Any, ask: Ask) -> Found | None:
        operation, name, params = self.batch(ask)
        found = api.describe(operation, [name], **params)
        return self._whole(api, found[0], set(ask.document)) if found else None

    def _whole(self, api: Any, target: dict[str, Any], needed: set[str]) -> Found:
        """Complete a target by what hangs on it. What may not be read, and is not needed, is left out."""
        _kind, cluster, service = target["ResourceId"].split("/")
        document: dict[str, Any] = {"cluster": cluster, "service": service}
        document.update({name: target[name] for name in MEMBERS if name in target})
        shown: dict[str, Any] = {}
        try:
            for members, listed in _scaling_parts.beside(api, target):
                document.update(members)
                shown.update(listed)
        except AwsError as error:
            lacking = {*POLICIES, ACTIONS, "tags"} - set(document)
            if lacking & needed or not error.code.startswith("AccessDenied"):
                raise
        _scaling_parts.spell(document)
        return Found(document, {**document, **target, **shown})

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        cluster, services = _names.short(params["cluster"] or "default"), params["service"] or []
        wanted = [resource_id(cluster, _names.short(name)) for name in services]
        groups = [{"ResourceIds": wanted[start : start + MANY]} for start in range(0, len(wanted), MANY)]
        for group in groups or [{}]:
            for target in api.pages("DescribeScalableTargets", "ScalableTargets", SCALING, **COUNT, **group):
                if services or not params["cluster"] or target["ResourceId"].split("/")[1] == cluster:
                    found = self._whole(api, target, set())
                    found.shown.update(_scaling_parts.counts(api, found.document))
                    found.shown["activities"] = _scaling_parts.activities(api, target, params["activities"])
                    yield found

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        """Leave bounds that a scheduled action has set, and the role, which is always the service-linked one."""
        have, want = found.document, ask.document
        if want.get("RoleARN"):
            want["RoleARN"] = have.get("RoleARN")
        for bound in BOUNDS:
            if bound in want and have[bound] in _scaling_parts.scheduled(have, want, bound):
                want[bound] = have[bound]

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Check what can only be told together with what there is, and complete the metrics of target groups."""
        if ask.gone:
            return
        after = {**(found.document if found else {}), **ask.document}
        if lacking := [snake(name) for name in BOUNDS if after.get(name) is None]:
            raise BadInput(f"{' and '.join(lacking)}: the service is not scaled yet, so both bounds are needed.")
        for said in _scaling_rules.together(after):
            raise BadInput(said)
        service = None if found and not _scaling_labels.lacking(ask.document) else self._service(api, ask)
        _scaling_labels.complete(api, ask, service)

    def _service(self, api: Any, ask: Ask) -> dict[str, Any] | None:
        """Read the service that is to be scaled; None for one that is still to come."""
        cluster, name = (ask.document[member] for member in self.identity)
        try:
            shown = api.describe("DescribeServices", [name], cluster=cluster, include=["TAGS"])
        except AwsError as error:
            if error.code != "ClusterNotFoundException":
                raise
            shown = []
        if shown and shown[0].get("status") == "ACTIVE":
            return dict(shown[0])
        if f"service {cluster}/{name}" in ask.notes.get("coming", ()):
            return None
        if not ask.check:
            raise Blocked(
                f"service: there is no service {name} in the cluster {cluster} in {api.region}; check the names, or "
                "create it first, with longshore.ecs.service.",
                code="ServiceNotFoundException",
            )
        ask.warnings.append(f"The service {name} does not exist yet; the plan takes it for created.")
        return None

    def create(self, ask: Ask) -> Iterable[Call]:
        document, place = ask.document, _scaling_parts.place(ask.document)
        params = {name: document[name] for name in MEMBERS if document.get(name) not in (None, {}, "")}
        tags = {"Tags": self.spelled_tags(document["tags"])} if document.get("tags") else {}
        yield Call(self.creates, {**place, **params, **tags}, SCALING)
        yield from _scaling_parts.puts({}, document, ask.notes["members"])

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        if registered := {name: after[name] for name in MEMBERS if name in changes}:
            yield Call(self.creates, {**_scaling_parts.place(after), **registered}, SCALING)
        yield from _scaling_parts.removals(found.document, after)
        yield from _scaling_parts.puts(found.document, after, ask.notes["members"])

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        """Plan the one call that AWS needs: policies and scheduled actions go with the target."""
        return [Call("DeregisterScalableTarget", _scaling_parts.place(found.document), SCALING)] if found else []

    def predict(self, found: Found | None, after: dict[str, Any], plan: Plan) -> Found:
        foreseen = super().predict(found, after, plan)
        foreseen.shown.update(_scaling_parts.foreseen(found.shown if found else {}, foreseen.document))
        return foreseen

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        if bool(found) != ask.gone:
            return None
        return UnderWay(f"the scaling of {ask.document['service']} {'is still' if found else 'is not'} there")
