# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which images something in ECS may still start, or runs now. What cannot be seen is never taken for unused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .._api import AwsError
from .._errors import EcsError
from . import _image_names

# Deployments after which nothing more happens.
ENDED = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
# Successful deployments whose revision somebody may go back to: the one that runs, and the one before it.
ROLLBACK_DEPTH = 2


class Uses:
    """The uses of the images of one repository in ECS, in all clusters of the region.

    A name is taken for one of the repository whatever its host is: a mirror or a name of one's own may stand before
    the registry. A digest counts in any repository, since it is the same image.
    """

    def __init__(self, api: Any, repository: str) -> None:
        self.api, self.repository = api, repository
        self.by_tag: dict[str, str] = {}
        self.by_digest: dict[str, str] = {}
        self._definitions: set[str] = set()

    def of(self, digest: str, tags: Iterable[str]) -> str | None:
        """Say what uses an image, or None."""
        by_tag = (self.by_tag[tag] for tag in tags if tag in self.by_tag)
        return self.by_digest.get(digest) or next(by_tag, None)

    def look(self) -> None:
        """Look at every active revision of every task definition, every service and every task.

        Raises EcsError when anything of it cannot be seen.
        """
        try:
            for arn in self.api.pages("ListTaskDefinitions", "taskDefinitionArns", status="ACTIVE"):
                self._definition(arn)
            for cluster in self.api.pages("ListClusters", "clusterArns"):
                self._services(cluster)
                self._tasks(cluster)
        except EcsError as error:
            raise EcsError(
                f"No image is deleted, because not every use of them in ECS can be seen. {error}",
                code="UsesUnseen",
                **{**error.data, "reason_code": error.code},
            ) from error

    def _note(self, reference: str, digest: str, why: str) -> None:
        name = _image_names.named(reference)
        for known in (digest, name.digest if name else ""):
            if known:
                self.by_digest.setdefault(known, why)
        if name and name.path == self.repository and name.tag:
            self.by_tag.setdefault(name.tag, why)

    def _definition(self, arn: str, why: str = "") -> None:
        if not arn or arn in self._definitions:
            return
        self._definitions.add(arn)
        try:
            definition = self.api.read("DescribeTaskDefinition", taskDefinition=arn)["taskDefinition"]
        except AwsError as error:
            if error.code == "ClientException":  # it has been deleted for good, and nothing can start it any more
                return
            raise
        for container in definition.get("containerDefinitions", []):
            self._note(container.get("image", ""), "", why or f"the task definition {_short(arn)} names it")

    def _tasks(self, cluster: str) -> None:
        arns = list(self.api.pages("ListTasks", "taskArns", cluster=cluster, desiredStatus="RUNNING"))
        for task in self.api.describe("DescribeTasks", arns, cluster=cluster):
            why = f"the task {_short(task['taskArn'])} in the cluster {_short(cluster)} runs it"
            for container in task.get("containers", []):
                self._note(container.get("image", ""), container.get("imageDigest", ""), why)

    def _services(self, cluster: str) -> None:
        names = [_short(arn) for arn in self.api.pages("ListServices", "serviceArns", cluster=cluster, maxResults=100)]
        revisions: dict[str, str] = {}
        for service in self.api.describe("DescribeServices", names, cluster=cluster):
            name = f"{_short(cluster)}/{service['serviceName']}"
            for part in (service, *service.get("deployments", []), *service.get("taskSets", [])):
                definition = part.get("taskDefinition", "")
                self._definition(definition, f"the service {name} uses {_short(definition)}, which names it")
            revisions.update({arn: name for arn in self._revisions_of(cluster, service)})
        for revision in self.api.describe("DescribeServiceRevisions", revisions):
            arn = revision["serviceRevisionArn"]
            why = f"the service {revisions.get(arn, '')} runs it or may go back to it (revision {_short(arn)})"
            for image in revision.get("containerImages", []):
                self._note(image.get("image", ""), image.get("imageDigest", ""), why)
            self._definition(revision.get("taskDefinition", ""), why)

    def _revisions_of(self, cluster: str, service: dict[str, Any]) -> Iterator[str]:
        """Name the revisions that run, that are coming or going, and that a rollback leads to."""
        yield from (revision["arn"] for revision in service.get("currentServiceRevisions", []))
        if service.get("deploymentController", {}).get("type", "ECS") != "ECS":
            return  # CodeDeploy and others keep task sets instead
        listed = self.api.pages(
            "ListServiceDeployments", "serviceDeployments", cluster=cluster, service=service["serviceName"]
        )
        deployments = sorted(listed, key=lambda brief: str(brief.get("createdAt", "")), reverse=True)
        good = [brief["targetServiceRevisionArn"] for brief in deployments if brief["status"] == "SUCCESSFUL"]
        yield from list(dict.fromkeys(good))[:ROLLBACK_DEPTH]
        open_ones = [brief["serviceDeploymentArn"] for brief in deployments if brief["status"] not in ENDED]
        for deployment in self.api.describe("DescribeServiceDeployments", open_ones):
            target = [deployment["targetServiceRevision"]] if deployment.get("targetServiceRevision") else []
            yield from (revision["arn"] for revision in [*deployment.get("sourceServiceRevisions", []), *target])
            if back := (deployment.get("rollback") or {}).get("serviceRevisionArn"):
                yield back


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
