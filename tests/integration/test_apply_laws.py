# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws that hold for every manifest.

Twice is once. Order and files mean nothing. What a plan says of each resource is what is done to it. Pruning leaves
alone whatever does not carry the owner's tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.emulator import Emulator
from support.estates import OWNER, Estate, cluster, family, planned, services_in
from support.modules import CONNECTION, ModuleRun

LAWS = settings(
    max_examples=5,
    deadline=None,
    # Without shrinking, which would take minutes; what was drawn is shown, and is small.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HERE, THERE = CONNECTION["region"], "us-east-1"
NAMES = ("api", "job", "web")
# Tags that are nearly the owner's, and not.
STRANGE_TAGS: list[dict[str, str]] = [
    {},
    {"longshore:owner": "Shop"},
    {"longshore:owner": "shop2"},
    {"Longshore:Owner": "shop"},
    {"owner": "shop"},
]

TAGS = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]))
CLUSTERS = st.fixed_dictionaries({}, optional={"tags": TAGS, "settings": st.just({"containerInsights": "enabled"})})
FAMILIES = st.fixed_dictionaries(
    {"image": st.sampled_from(["web:1", "web:2"])},
    optional={
        "tags": TAGS,
        "memory": st.sampled_from(["512", "1 GB"]),
        "runtime_platform": st.just({"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}),
    },
)
SERVICES = st.fixed_dictionaries(
    {"task_definition": st.sampled_from(NAMES)},
    optional={
        "desired_count": st.integers(0, 2),
        "enable_execute_command": st.booleans(),
        "propagate_tags": st.sampled_from(["SERVICE", "NONE"]),
        "tags": TAGS,
    },
)
REPOSITORIES = st.fixed_dictionaries(
    {}, optional={"tags": TAGS, "image_tag_mutability": st.sampled_from(["MUTABLE", "IMMUTABLE"])}
)


@st.composite
def manifests(draw: Any) -> dict[str, Any]:
    """Draw the options of some resources, by kind and name; a service depends on others later in the alphabet."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    services = {name: draw(SERVICES) for name in names}
    for name, options in services.items():
        options["depends_on"] = [other for other in names if other > name and draw(st.booleans())]
    run = {options["task_definition"] for options in services.values()}
    others = draw(st.sets(st.sampled_from(NAMES)))
    repositories = draw(st.sets(st.sampled_from(NAMES)))
    return {
        "cluster": draw(CLUSTERS),
        "services": services,
        "families": {name: draw(FAMILIES) for name in sorted(run | others)},
        "repositories": {name: draw(REPOSITORIES) for name in sorted(repositories)},
    }


class Region:
    """One of two Regions of the account, in which the same is to come about."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._emulator = emulator
        self._name = name
        self.module = ModuleRun(emulator, region=name)
        self.subnets = sorted(subnet["SubnetId"] for subnet in self.client("ec2").describe_subnets()["Subnets"])[:2]
        self.service = services_in(self.subnets)

    def client(self, service: str) -> Any:
        """Give a boto3 client of this Region."""
        keys = {"aws_access_key_id": CONNECTION["access_key"], "aws_secret_access_key": CONNECTION["secret_key"]}
        return boto3.client(service, endpoint_url=self._emulator.url, region_name=self._name, **keys)

    def written(self, drawn: dict[str, Any]) -> Estate:
        """Write down what was drawn as the entries of a manifest."""
        return [
            *(self.service(name, **options) for name, options in drawn["services"].items()),
            *(family(name, **options) for name, options in drawn["families"].items()),
            *({"repository": {"name": name, **options}} for name, options in drawn["repositories"].items()),
            cluster(**drawn["cluster"]),
        ]

    def state(self) -> dict[str, Any]:
        """Give everything that is there, without what only says when, where and under which id."""
        found = {
            "services": [item for item in self.module.ok("service_info")["services"] if item["status"] == "ACTIVE"],
            "families": self.module.ok("task_definition_info")["task_definitions"],
            "repositories": self.module.ok("repository_info")["repositories"],
            "clusters": self.module.ok("cluster_info")["clusters"],
        }
        return {kind: sorted(map(self._told, items), key=str) for kind, items in found.items()}

    def _told(self, item: dict[str, Any]) -> dict[str, Any]:
        kept = ("name", "family", "revision", "cluster", "tags", "settings", "desired_count", "task_definition")
        more = ("enable_execute_command", "propagate_tags", "memory", "runtime_platform", "image_tag_mutability")
        told = {member: item.get(member) for member in (*kept, *more)}
        told["task_definition"] = str(told["task_definition"]).rpartition("/")[2]
        return {**told, "containers": item.get("container_definitions")}


def doer(call: dict[str, Any]) -> str:
    """Give the resource, as a plan names it, that a call is made for."""
    params = call["params"]
    if call["service"] == "ecr":
        name = params.get("repositoryName") or params["resourceArn"].partition("repository/")[2]
        return f"repository {name}"
    if "resourceArn" in params:
        kind, _slash, name = params["resourceArn"].rpartition(":ecs:")[2].split(":", 2)[2].partition("/")
        return f"{kind.replace('-', '_')} {name.partition(':')[0]}"
    if "family" in params:
        return f"task_definition {params['family']}"
    if name := params.get("serviceName") or params.get("service"):
        return f"service {params['cluster']}/{name}"
    if call["operation"] == "DeregisterTaskDefinition":
        return f"task_definition {params['taskDefinition'].rpartition('/')[2]}"
    return f"cluster {params.get('clusterName') or params['cluster']}"


def by_resource(calls: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Count the operations of each resource."""
    counted: dict[str, Counter[str]] = {}
    for call in calls:
        counted.setdefault(doer(call), Counter())[call["operation"]] += 1
    return counted


def foretold(result: dict[str, Any]) -> dict[str, Counter[str]]:
    """Count the operations that a plan has for each resource."""
    return {f"{item['kind']} {item['name']}": Counter(item["calls"]) for item in result["plan"] if item["calls"]}


def split(draw: Any, folder: Path, estate: Estate) -> str:
    """Write entries in any order into any number of files, as YAML or as JSON, which is YAML too."""
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    mixed = draw(st.permutations(estate))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(mixed)], strict=True)):
        (folder / f"{number}.yml").write_text(yaml.safe_dump({"resources": list(mixed[start:end])}), encoding="utf-8")
    return str(folder)


def strangers(draw: Any, region: Region) -> Iterator[dict[str, Any]]:
    """Give entries of what somebody else has, beside and within what is ours."""
    for number, tags in enumerate(STRANGE_TAGS):
        name = f"other{number}"
        yield family(name, tags=tags)
        yield {"repository": {"name": name, "tags": tags}}
        if draw(st.booleans()):
            yield region.service(name, tags=tags, cluster=draw(st.sampled_from(["shop", "theirs"])), desired_count=0)
    yield cluster("theirs", tags=draw(st.sampled_from(STRANGE_TAGS)))


@LAWS
@given(data=st.data())
def test_laws(data: Any, emulator: Emulator, tmp_path: Path) -> None:
    emulator.reset()
    emulator.clock(speed=0)
    here, there = Region(emulator, HERE), Region(emulator, THERE)
    # The cluster of both is made first, because what belongs to others may stand in it.
    here.module.ok("apply", resources=[cluster(), *strangers(data.draw, here)])
    before = alien(here.state())
    for _release in range(2):
        drawn = data.draw(manifests())
        ordered, files = here.written(drawn), split(data.draw, tmp_path / "estate", there.written(drawn))

        predicted = here.module.ok("apply", True, resources=ordered, prune=OWNER)
        seen = len(emulator.calls())
        done = here.module.ok("apply", resources=ordered, prune=OWNER)
        assert planned(predicted) == planned(done)
        assert (
            foretold(predicted) == foretold(done) == by_resource(done["actions"]) == by_resource(predicted["actions"])
        )
        assert sorted(call["operation"] for call in done["actions"]) == sorted(emulator.writes(seen))

        there.module.ok("apply", src=files, prune=OWNER)
        assert alien(here.state()) == before
        assert ours(here.state()) == there.state()

        seen = len(emulator.calls())
        for region, options in ((here, {"resources": ordered}), (there, {"src": files})):
            again = region.module.ok("apply", prune=OWNER, **options)
            assert not again["changed"], again["plan"]
        assert emulator.writes(seen) == []


def alien(state: dict[str, Any]) -> dict[str, Any]:
    """Give the part of a state that belongs to others."""
    return {kind: [item for item in items if _alien(item)] for kind, items in state.items()}


def ours(state: dict[str, Any]) -> dict[str, Any]:
    """Give the rest."""
    return {kind: [item for item in items if not _alien(item)] for kind, items in state.items()}


def _alien(item: dict[str, Any]) -> bool:
    return str(item["family"] or item["name"]).startswith(("other", "theirs"))
