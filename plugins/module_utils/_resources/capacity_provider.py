# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A capacity provider: an Auto Scaling group that ECS fills with tasks and scales, or instances that ECS manages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from .._core import STALE_SECONDS, Ask, Call, Found, Resource
from .._errors import Blocked
from .._watch import UnderWay
from . import _names, _networks, _provider_groups, _provider_rules
from ._provider_groups import ARN, group_name
from ._provider_rules import GROUP, MANAGED
from ._provider_users import Users

INCLUDE = {"include": ["TAGS"]}
TEMPLATE = "instanceLaunchTemplate"
# Members of InstanceLaunchTemplate that InstanceLaunchTemplateUpdate lacks.
FOR_LIFE = ("capacityOptionType", "fipsEnabled", "nitroEnclavesEnabled")
DETACH = "set force=true to take it out there first, or take it out yourself with longshore.ecs.cluster"
# Other names under which the group may be given.
ALSO = ("auto_scaling_group", "auto_scaling_group_name", "autoScalingGroupName")


class CapacityProvider(Resource):
    """A capacity provider. Its name, its group and its cluster are for life."""

    kind = "capacity_provider"
    creates = "CreateCapacityProvider"
    answers = "CapacityProvider"
    arn = "capacityProviderArn"
    identity = ("name",)
    fixed = frozenset({"cluster", f"{GROUP}.{ARN}", *(f"{MANAGED}.{TEMPLATE}.{name}" for name in FOR_LIFE)})
    wrappers = ("capacityProviders",)
    options: ClassVar[dict[str, Any]] = {
        "name": {"type": "str"},
        "cluster": {"type": "str"},
        "auto_scaling_group_provider": {"type": "dict", "aliases": [GROUP]},
        "managed_instances_provider": {"type": "dict", "aliases": [MANAGED]},
        "force": {"type": "bool", "default": False},
        "protect_instances": {"type": "bool", "default": False},
    }
    manner = frozenset({"force", "protect_instances"})

    info_options: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "aliases": ["names", "capacity_providers"]},
        "cluster": {"type": "str"},
    }

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Read a group that is given by its name."""
        result = dict(given)
        for option in ("auto_scaling_group_provider", GROUP):
            if isinstance(result.get(option), Mapping):
                result[option] = {("auto_scaling_group_arn" if k in ALSO else k): v for k, v in result[option].items()}
        return result

    def prepare(self, api: Any, ask: Ask) -> None:
        ask.document["name"] = _names.checked(ask.document, "name", "name")
        if ask.document.get("cluster"):
            ask.document["cluster"] = _names.short(ask.document["cluster"])
        _provider_rules.check(ask.document, ask.gone)
        template = (ask.document.get("managedInstancesProvider") or {}).get("instanceLaunchTemplate") or {}
        if template.get("networkConfiguration") and not ask.gone:
            network = _networks.resolved(api, template["networkConfiguration"], ask, "network_configuration")
            template["networkConfiguration"] = network

    def batch(self, ask: Ask) -> tuple[str, str, dict[str, Any]]:
        return "DescribeCapacityProviders", ask.document["name"], INCLUDE

    def read(self, api: Any, ask: Ask) -> Found | None:
        operation, name, params = self.batch(ask)
        # A deleted provider stays visible by its name for a while (DeleteCapacityProvider).
        living = [shown for shown in api.describe(operation, [name], **params) if shown.get("status") != "INACTIVE"]
        return self.shaped(living[0]) if living else None

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        there = {"cluster": params["cluster"]} if params["cluster"] else {}
        if params["name"]:
            found = api.describe("DescribeCapacityProviders", params["name"], **INCLUDE, **there)
        else:
            found = list(api.pages("DescribeCapacityProviders", "capacityProviders", **INCLUDE, **there))
        return [self.shaped(shown) for shown in found if shown.get("status") != "INACTIVE"]

    def leaving(self, found: Found) -> bool:
        return found.shown.get("updateStatus") == "DELETE_IN_PROGRESS" or found.shown.get("status") == "DEPROVISIONING"

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        have, want = found.document, ask.document
        if have.get("cluster"):
            have["cluster"] = _names.short(have["cluster"])
        for kind, other in ((GROUP, MANAGED), (MANAGED, GROUP)):
            if want.get(kind) and have.get(other) and not have.get(kind):
                # It would have to become a provider of the other kind, which is refused.
                want[other], want["cluster"] = {}, want.get("cluster", "")
        group, shown = want.get(GROUP) or {}, (have.get(GROUP) or {}).get(ARN, "")
        if shown and group_name(group.get(ARN, "")) == group_name(shown):
            want[GROUP] = {**group, ARN: shown}

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Look at the Auto Scaling group, or at those who use what is to be deleted."""
        ask.notes["was"] = found.shown.get("updateStatus") if found else None
        if found and (ask.gone or ask.options.get("recreate")):
            ask.notes["users"] = Users(api, found.shown, ask.notes)
        if ask.gone:
            return
        if found is None:
            _provider_rules.check_new(ask.document)
        if ask.document.get(GROUP):
            have = (found.document.get(GROUP) if found else None) or {}
            _provider_groups.check(api, have, ask)

    def create(self, ask: Ask) -> Iterable[Call]:
        document = {name: value for name, value in ask.document.items() if value not in ([], {}, "")}
        return [*_provider_groups.protection(ask), Call(self.creates, document)]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        params = {"name": ask.document["name"]}
        yield from _provider_groups.protection(ask)
        if GROUP in changes:
            whole = {name: value for name, value in after[GROUP].items() if name != ARN}
            yield Call("UpdateCapacityProvider", {**params, GROUP: whole})
        if MANAGED in changes:
            template = {name: value for name, value in after[MANAGED][TEMPLATE].items() if name not in FOR_LIFE}
            where = {"cluster": after["cluster"]} if after.get("cluster") else {}
            yield Call("UpdateCapacityProvider", {**params, **where, MANAGED: {**after[MANAGED], TEMPLATE: template}})

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        if found is None or self.leaving(found):
            return
        users: Users = ask.notes["users"]
        remedy = DETACH if ask.gone else "take it out there with longshore.ecs.cluster, and put it back afterwards"
        if refusal := users.refusal("" if ask.gone and ask.options["force"] else remedy):
            raise Blocked(refusal, code="ResourceInUseException")
        yield from users.releases()
        where = {"cluster": _names.short(found.shown["cluster"])} if found.shown.get("cluster") else {}
        yield Call("DeleteCapacityProvider", {"capacityProvider": found.shown[self.arn], **where})

    def between(self, api: Any, call: Call, ask: Ask) -> UnderWay | None:
        """Wait until a cluster has let go: before that, AWS would note that the deletion has failed."""
        if call.operation != "PutClusterCapacityProviders":
            return None
        name = call.params["cluster"]
        api.forget()
        (shown,) = api.describe("DescribeClusters", [name], include=["ATTACHMENTS"])
        if shown.get("attachmentsStatus") == "UPDATE_FAILED":
            raise Blocked(f"The cluster {name} could not let go of the capacity provider {ask.document['name']}.")
        used = [item["capacityProvider"] for item in shown["defaultCapacityProviderStrategy"]]
        if not ask.notes["users"].attaches_itself:
            used += shown["capacityProviders"]
        if shown.get("attachmentsStatus") == "UPDATE_IN_PROGRESS" or ask.document["name"] in used:
            return UnderWay(f"the cluster {name} lets go of the capacity provider {ask.document['name']}")
        return None

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        name = f"the capacity provider {ask.document['name']}"
        if found is None:
            return None if ask.gone else UnderWay(f"{name} is not there yet")
        status = str(found.shown.get("updateStatus") or found.shown.get("status"))
        wrong = ("DELETE_FAILED",) if ask.gone else ("CREATE_FAILED", "UPDATE_FAILED")
        if status in wrong and not (status == ask.notes.get("was") and ask.watch.waited() < STALE_SECONDS):
            reason = found.shown.get("updateStatusReason") or "AWS gives no reason"
            raise Blocked(f"The {name[4:]} is {status}: {reason.rstrip('.')}.", code=status)
        if ask.gone or status.endswith("_IN_PROGRESS") or found.shown.get("status") == "PROVISIONING":
            return UnderWay(f"{name} is {status}")
        return None
