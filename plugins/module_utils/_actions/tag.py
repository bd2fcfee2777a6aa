# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tags of anything in ECS, found by its ARN or by its name."""

from __future__ import annotations

from typing import Any, ClassVar

from .._action import Action, Job
from .._api import AwsError
from .._core import Call
from .._errors import BadInput
from .._normal import revision_name

ARN = "arn:"
# What a name may stand for: how it is read, which member of the answer is the ARN, and whether a cluster is its place.
KINDS = {
    "cluster": ("DescribeClusters", "clusterArn", False),
    "service": ("DescribeServices", "serviceArn", True),
    "task": ("DescribeTasks", "taskArn", True),
    "container_instance": ("DescribeContainerInstances", "containerInstanceArn", True),
    "capacity_provider": ("DescribeCapacityProviders", "capacityProviderArn", False),
    "task_definition": ("DescribeTaskDefinition", "taskDefinitionArn", False),
}
MOST = 50  # tags of a resource (TagResource)


class Tag(Action):
    """Brings the tags of one resource to what is asked for."""

    options: ClassVar[dict[str, Any]] = {
        "resource": {"type": "str"},
        "resource_type": {
            "type": "str",
            "default": "cluster",
            "choices": [*KINDS, "container"],
        },
        "cluster": {"type": "str", "default": "default", "aliases": ["cluster_name"]},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    rules: ClassVar[dict[str, Any]] = {"required_if": [("state", "absent", ("tags",))]}

    def run(self, api: Any, job: Job) -> dict[str, Any]:
        wanted = {str(key): "" if value is None else str(value) for key, value in (job.params["tags"] or {}).items()}
        _check(wanted)
        arn = _arn(api, job)
        have = {tag["key"]: tag["value"] for tag in api.read("ListTagsForResource", resourceArn=arn)["tags"]}
        new, gone = _changes(have, wanted, job)
        if len({*have, *new} - {*gone}) > MOST:
            raise BadInput(f"tags: {arn} would have more than {MOST} tags, which is as many as AWS keeps.")
        if gone:
            job.do(api, Call("UntagResource", {"resourceArn": arn, "tagKeys": sorted(gone)}))
        if new:
            tags = [{"key": key, "value": value} for key, value in sorted(new.items())]
            job.do(api, Call("TagResource", {"resourceArn": arn, "tags": tags}))
        after = {**{key: value for key, value in have.items() if key not in gone}, **new}
        return {
            "resource_arn": arn,
            "tags": after,
            "added_tags": new,
            "removed_tags": gone,
            **({"diff": {"before": {"tags": have}, "after": {"tags": after}}} if new or gone else {}),
        }


def _check(tags: dict[str, str]) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise BadInput(f"tags.{key}: names that begin with aws: belong to AWS; choose another.")


def _changes(have: dict[str, str], wanted: dict[str, str], job: Job) -> tuple[dict[str, str], dict[str, str]]:
    """Give the tags that are to be set, and those that are to go. Those of AWS (aws:...) are left alone."""
    if job.params["state"] == "absent":  # as in community.aws: a value that is given must be the one that is there
        named = {key for key, value in wanted.items() if not value or value == have.get(key)}
        return {}, {key: value for key, value in have.items() if key in named}
    new = {key: value for key, value in wanted.items() if have.get(key) != value}
    if not job.params["purge_tags"]:
        return new, {}
    return new, {key: value for key, value in have.items() if key not in wanted and not key.startswith("aws:")}


def _arn(api: Any, job: Job) -> str:
    noun = "container_instance" if job.params["resource_type"] == "container" else job.params["resource_type"]
    cluster = job.params["cluster"]
    name = job.params["resource"] or (cluster if noun == "cluster" else None)
    if not name:
        raise BadInput(f"resource is required: give the name or the ARN of the {noun.replace('_', ' ')}.")
    if name.startswith(ARN):
        return str(name)
    operation, member, in_cluster = KINDS[noun]
    found: list[dict[str, Any]] = []
    try:
        if noun == "task_definition":
            found = [api.read(operation, taskDefinition=name)["taskDefinition"]]
        else:
            found = api.describe(operation, [name], **({"cluster": cluster} if in_cluster else {}))
    except AwsError as error:
        if error.code not in ("ClientException", "ClusterNotFoundException", "InvalidParameterException"):
            raise
    living = [shown for shown in found if shown.get("status") != "INACTIVE" or noun == "task_definition"]
    if not living:
        where = f"in the cluster {revision_name(cluster)} of {api.region}" if in_cluster else f"in {api.region}"
        raise BadInput(
            f"resource: there is no {noun.replace('_', ' ')} {name} {where}; check the name, or give its ARN."
        )
    return str(living[0][member])
