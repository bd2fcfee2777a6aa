# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Terraform: clusters, capacity providers, task definitions, services and their scaling.

Source: the schemas of the AWS provider, versions 4 to 6 (https://registry.terraform.io/providers/hashicorp/aws), and
for the state itself https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .._export.secrets import Hidden
from ._piece import Choice, Piece, filled
from ._reader import LOOK, Reader
from ._shaped import shaped
from ._source import Source
from ._terraform_scaling import scaled
from ._terraform_state import VERSION, Instance, instances

STATE_FILE = "terraform.tfstate"
# Attributes that AWS or Terraform fill in.
COMPUTED = ("arn", "arn_without_revision", "id", "region", "revision", "tags_all", "timeouts", "track_latest")
# Attributes that say how Terraform goes about it.
MANNER = (
    "force_delete",
    "force_new_deployment",
    "sigint_rollback",
    "skip_destroy",
    "triggers",
    "wait_for_steady_state",
)
SCALING = ("aws_appautoscaling_target", "aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action")
# Terraform's names of members, where they are more than another spelling.
RENAMES = {
    "client_alias": "client_aliases",
    "configure_at_launch": "configured_at_launch",
    "elb_name": "load_balancer_name",
    "file_system_type": "filesystem_type",
    "inference_accelerator": "inference_accelerators",
    "issuer_cert_authority": "issuer_certificate_authority",
    "lifecycle_hook": "lifecycle_hooks",
    "load_balancer": "load_balancers",
    "ordered_placement_strategy": "placement_strategy",
    "s3_bucket_encryption_enabled": "s3_encryption_enabled",
    "secret_option": "secret_options",
    "service": "services",
    "setting": "settings",
    "size_in_gb": "size_in_gib",
    "volume": "volumes",
    "volume_configuration": "volume_configurations",
}
REGION = 3  # which part of an ARN names it
# Deployments stay within these percentages of the desired count unless told otherwise (DeploymentConfiguration).
PERCENTS = {"REPLICA": (200, 100), "DAEMON": (100, 0)}


def fits(source: Source) -> bool:
    """Tell whether the source is a state of Terraform."""
    if source.is_directory:
        return source.has(STATE_FILE)
    value = source.seen()
    return isinstance(value, Mapping) and {"version", "terraform_version", "resources"} <= set(value)


def pieces(source: Source, choice: Choice) -> Iterator[Piece]:
    """Give the entries of what Terraform manages in ECS."""
    name = STATE_FILE if source.is_directory else ""
    value = source.value(name)
    if not isinstance(value, Mapping) or value.get("version") != VERSION:
        source.left.leave("version", f"only states of version {VERSION} are known.", "update Terraform, and apply.")
    yield from State(list(instances(source, name)), source, choice)


class State:
    """The instances of a state, and what they have to know of each other."""

    def __init__(self, found: list[Instance], source: Source, choice: Choice) -> None:
        self._found, self._source, self._choice = found, source, choice
        self._families = {one.arn: str(one.reader.look("family")) for one in self._of("aws_ecs_task_definition")}

    def _of(self, *kinds: str) -> list[Instance]:
        return [instance for instance in self._found if instance.type in kinds]

    def __iter__(self) -> Iterator[Piece]:
        self._tell_regions()
        scaling = list(scaled(self._of(*SCALING), self._choice))
        counted = {(piece.options["cluster"], piece.options["service"]) for piece in scaling}
        yield from (self._piece(one, "capacity_provider") for one in self._of("aws_ecs_capacity_provider"))
        yield from self._clusters()
        yield from self._definitions()
        for one in self._of("aws_ecs_service"):
            piece = self._service(one)
            if (piece.options["cluster"], piece.options.get("name")) in counted:
                piece.options["ignore_changes"] = ["desired_count"]
            yield piece
        yield from scaling

    def _tell_regions(self) -> None:
        parts = [(instance, instance.arn.split(":")) for instance in self._found]
        regions = [(instance, arn[REGION]) for instance, arn in parts if len(arn) > REGION]
        for instance, region in regions:
            if region != regions[0][1]:
                said = f"it is in {region}, other resources in {regions[0][1]}."
                instance.reader.note(None, said, "a task works on one Region; make a manifest for each.")

    def _piece(self, instance: Instance, kind: str) -> Piece:
        """Take what botocore's model knows of a resource."""
        reader = instance.reader
        tags = [tags for name in ("tags", "tags_all") if isinstance(tags := reader.look(name), Mapping)]
        for name in COMPUTED:
            reader.take(name)
        for name in MANNER:
            if reader.look(name):
                reader.leave(name, "it says how Terraform goes about it.", "see the options of the module.")
            reader.take(name)
        options = shaped(reader, self._choice.shapes(kind), RENAMES) or {}
        return Piece(kind, {**options, **filled({"tags": {name: one[name] for one in tags for name in one}})})

    # Clusters ---------------------------------------------------------------------------------------------------------

    def _clusters(self) -> Iterator[Piece]:
        attached: dict[Any, dict[str, Any]] = {}
        for instance in self._of("aws_ecs_cluster_capacity_providers"):
            options = self._piece(instance, "cluster").options
            attached[str(options.pop("cluster_name", ""))] = options
        for instance in self._of("aws_ecs_cluster"):
            name = instance.reader.text("name")
            options = self._piece(instance, "cluster").options
            yield Piece("cluster", filled({"name": name, **options, **attached.pop(str(name), {})}))
        for name, options in attached.items():
            yield Piece("cluster", filled({"name": name, **options}))

    # Task definitions -------------------------------------------------------------------------------------------------

    def _definitions(self) -> Iterator[Piece]:
        seen: set[str] = set()
        for instance in self._of("aws_ecs_task_definition"):
            text = instance.reader.take("container_definitions")
            piece = self._piece(instance, "task_definition")
            if piece.name in seen:
                instance.reader.note(None, "the state has the family twice; the first is taken.", LOOK)
                continue
            seen.add(piece.name)
            piece.options["container_definitions"] = self._containers(instance.reader, text)
            paths = {entry.look("name"): entry.text("host_path") for _index, entry in instance.reader.each("volume")}
            for volume in piece.options.get("volumes", []):
                if paths.get(volume.get("name")):
                    volume["host"] = {"source_path": paths[volume["name"]]}
            yield Piece("task_definition", filled(piece.options))

    def _containers(self, reader: Reader, text: Any) -> Any:
        """Read the containers, which Terraform keeps as JSON; where all of that is sensitive, their variables are."""
        path = reader.at("container_definitions")
        try:
            value = json.loads(text) if isinstance(text, str) else None
        except ValueError:
            value = None
        if not isinstance(value, list):
            self._source.left.leave(path, "it is no list of containers in JSON.", LOOK)
            return None
        if isinstance(text, Hidden):
            said = "Terraform holds all of it for sensitive; its variables become placeholders."
            self._source.left.leave(path, said, "see what else of it is secret.")
            value = [_hidden_variables(container) for container in value]
        shape = self._choice.shapes("task_definition").members["containerDefinitions"]
        return shaped(self._source.over(value, path), shape)

    # Services ---------------------------------------------------------------------------------------------------------

    def _service(self, instance: Instance) -> Piece:
        reader = instance.reader
        role = reader.text("iam_role") or ""
        own = {
            "name": reader.text("name"),
            "cluster": (reader.text("cluster") or "default").rpartition("/")[2],
            "task_definition": self._revision(reader),
        }
        network, deployment = self._network(reader), self._deployment(reader)
        options = self._piece(instance, "service").options
        if options.get("capacity_provider_strategy"):
            options.pop("launch_type", None)
        if options.get("scheduling_strategy") == "DAEMON":
            options.pop("desired_count", None)
        more = {
            "deployment_configuration": {**options.pop("deployment_configuration", {}), **deployment},
            "network_configuration": network,
            "role": role if "aws-service-role" not in role else None,  # that is the one it has in any case
        }
        return Piece("service", filled({**options, **more, **own}))

    def _revision(self, reader: Reader) -> str | None:
        """Name the family alone where the state has its revision, so that the service follows it."""
        given = reader.text("task_definition") or ""
        if given in self._families:
            return self._families[given]
        short = given.rpartition("/")[2]
        if ":" in short:
            reader.note("task_definition", f"the state does not have {short}; it is named as it is.", LOOK)
        return short or None

    def _network(self, reader: Reader) -> dict[str, Any]:
        shape = self._choice.shapes("service").members["networkConfiguration"].members["awsvpcConfiguration"]
        options = shaped(reader.inside("network_configuration"), shape) or {}
        if options.pop("assign_public_ip", None):
            options["assign_public_ip"] = "ENABLED"
        return {"awsvpc_configuration": options} if options else {}

    def _deployment(self, reader: Reader) -> dict[str, Any]:
        """Bring together what Terraform says of deployments beside its block for them."""
        shape = self._choice.shapes("service").members["deploymentConfiguration"]
        blocks = {
            name: shaped(reader.inside(name), shape.members[member], RENAMES)
            for name, member in (("alarms", "alarms"), ("deployment_circuit_breaker", "deploymentCircuitBreaker"))
        }
        options = {name: value for name, value in blocks.items() if value and any(value.values())}
        usual = PERCENTS.get(str(reader.look("scheduling_strategy") or "REPLICA"), (None, None))
        for name, default in zip(("maximum_percent", "minimum_healthy_percent"), usual, strict=True):
            value = reader.whole_number(f"deployment_{name}")
            if value is not None and value != default:
                options[name] = value
        return options


def _hidden_variables(container: Any) -> Any:
    if not isinstance(container, Mapping) or not isinstance(container.get("environment"), list):
        return container
    variables = [
        {**entry, "value": Hidden(entry["value"])} if isinstance(entry, Mapping) and entry.get("value") else entry
        for entry in container["environment"]
    ]
    return {**container, "environment": variables}
