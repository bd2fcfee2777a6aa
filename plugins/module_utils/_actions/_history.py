# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployments that a service has seen, and the revision that it can go back to.

ECS keeps deployments for 90 days, and revisions as long as a deployment names them (developer guide, "View service
history using Amazon ECS service deployments").
"""

from __future__ import annotations

from typing import Any

from .._errors import Blocked
from .._normal import part

# Statuses of a deployment that is not over (ServiceDeploymentStatus).
FORWARD = frozenset({"PENDING", "IN_PROGRESS"})
BACKWARD = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})
OPEN = FORWARD | BACKWARD | {"STOP_REQUESTED"}
# What a revision holds that UpdateService takes, and so what going back to it restores.
RESTORED = (
    "capacityProviderStrategy",
    "gatewayConnectors",
    "loadBalancers",
    "monitoring",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "taskDefinition",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
# How many deployments back a revision is looked for.
DEPTH = 60


class History:
    """The deployments of one service, newest first."""

    def __init__(self, api: Any, cluster: str, service: str) -> None:
        self._api = api
        self.cluster, self.service = cluster, service
        briefs = api.pages(
            "ListServiceDeployments", "serviceDeployments", cluster=cluster, service=service, maxResults=100
        )
        self.briefs = sorted(briefs, key=lambda brief: brief["createdAt"], reverse=True)

    def find(self, wanted: str | None) -> dict[str, Any]:
        """Give a deployment by its ARN or its id (ecs-svc/...), the latest without either; raises Blocked for none."""
        digits = (wanted or "").rsplit("/", 1)[-1]
        for brief in self.briefs:
            known = (brief["serviceDeploymentArn"], brief["serviceDeploymentArn"].rsplit("/", 1)[-1])
            if not wanted or wanted in known or brief["targetServiceRevisionArn"].endswith(f"/{digits}"):
                return dict(brief)
        named = f"no deployment {wanted}" if wanted else "no deployment yet"
        raise Blocked(
            f"deployment: the service {self.service} of the cluster {self.cluster} has {named}; "
            "longshore.ecs.deployment_info lists those that it has.",
            code="ServiceDeploymentNotFoundException",
        )

    def lacks(self, running: str | None) -> bool:
        """Tell whether the newest deployment, which the service runs, is not listed yet: that may take seconds.

        After a rollback the service runs what an older deployment brought, or what is listed nowhere.
        """
        latest, digits = self.find(None), str(running).rsplit("/", 1)[-1]
        known = any(brief["targetServiceRevisionArn"].endswith(f"/{digits}") for brief in self.briefs)
        return not known and latest["status"] in {"SUCCESSFUL", *FORWARD}

    def record(self, brief: dict[str, Any]) -> dict[str, Any]:
        """Give the whole of a deployment."""
        found = self._api.describe("DescribeServiceDeployments", [brief["serviceDeploymentArn"]])
        return dict(found[0]) if found else brief

    def before(self, brief: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
        """Give the revision that the service ran before a deployment, as far as it differs from the deployment's own.

        Beside it stands whether the deployment's own revision is like one that had completed still earlier: then the
        deployment was itself a way back, and going back from it would bring on what was left for a reason.
        """
        older = [item for item in self.briefs if item["createdAt"] < brief["createdAt"]][:DEPTH]
        completed = [item["targetServiceRevisionArn"] for item in older if item["status"] == "SUCCESSFUL"]
        own = brief["targetServiceRevisionArn"]
        known = {
            item["serviceRevisionArn"]: item
            for item in self._api.describe("DescribeServiceRevisions", dict.fromkeys([own, *completed]))
        }
        if own not in known:
            return None, False
        mine = _essence(known[own])
        earlier = [known[arn] for arn in completed if arn in known]
        different = [item for item in earlier if _essence(item) != mine]
        again = bool(different) and any(_essence(item) == mine for item in earlier[earlier.index(different[0]) + 1 :])
        return (different[0] if different else None), again

    def change(self, own: str, target: dict[str, Any]) -> dict[str, Any]:
        """Give the members for UpdateService that lead from the service's revision `own` to the revision `target`."""
        have = self._api.describe("DescribeServiceRevisions", [own])[0]
        members = self._api.shape("UpdateService").members
        changed = [name for name in RESTORED if have.get(name) != target.get(name)]
        params = {name: part(have.get(name), target.get(name), members[name]) for name in changed}
        return {**params, "forceNewDeployment": True} if "capacityProviderStrategy" in params else params


def _essence(revision: dict[str, Any]) -> dict[str, Any]:
    return {name: revision[name] for name in RESTORED if revision.get(name)}


def notes_of(brief: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give what is needed to follow a deployment that ListServiceDeployments tells of."""
    digits = brief["targetServiceRevisionArn"].rsplit("/", 1)[-1]
    return {"record": brief["serviceDeploymentArn"], "deployment": f"ecs-svc/{digits}", **more}
