# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we offer against what botocore knows, from the oldest that we allow to the newest that is installed.

A newer botocore turns this red when it brings an operation or a member that nobody has decided about yet. Deciding is
a line in one of the tables below, with its reason.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import botocore.validate
import pytest
import yaml
from ansible_collections.community.aws.plugins.modules import ecs_cluster
from ansible_collections.longshore.ecs.plugins.module_utils import _api, _normal, _rollout
from ansible_collections.longshore.ecs.plugins.module_utils._api import Api
from ansible_collections.longshore.ecs.plugins.module_utils._core import Call, Resource
from ansible_collections.longshore.ecs.plugins.module_utils._document import wanted
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._registry import RESOURCES
from ansible_collections.longshore.ecs.plugins.module_utils._resources import (
    _controllers,
    _revisions,
    _service_views,
    cluster,
)
from ansible_collections.longshore.ecs.plugins.module_utils._shape import ALSO, spellings, to_api
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock
from unit.plugins.fixtures import oldest
from unit.plugins.fixtures.model import ecs, is_document, request, service, structures
from unit.plugins.fixtures.specs import argument_spec, names

ROOT = Path(__file__).resolve().parents[4]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
REVIEWED = Path(__file__).resolve().parents[1] / "fixtures" / "reviewed_members.json"
KINDS = list(RESOURCES.values())
each_kind = pytest.mark.parametrize("resource", KINDS, ids=lambda resource: resource.kind)
SERVICES = sorted({resource.service for resource in KINDS})
ACTED = ("ssm",)  # those of which no kind is, and that actions write to


class Models:
    """Shapes of requests, as the door to AWS gives them, from service models that a function finds by name."""

    def __init__(self, find: Any) -> None:
        self.find = find

    def shape(self, operation: str, of: str = "ecs") -> Any:
        """Give the shape of an operation's input."""
        return self.find(of).operation_model(operation).input_shape


NEWEST, OLDEST = Models(service), Models(oldest.service)


def _model_of(operation: str) -> Any:
    """Find the service that has an operation of this name."""
    return next(service(name) for name in (*SERVICES, *ACTED) if operation in service(name).operation_names)


# Members of the creating request that have no option of their own, and why.
NOT_OFFERED: dict[str, dict[str, str]] = {
    "account_setting": {},
    "repository": {"tags": "an option of every resource"},
    "capacity_provider": {"tags": "an option of every resource"},
    "cluster": {"tags": "an option of every resource"},
    "task_definition": {"tags": "an option of every resource"},
    "service": {"tags": "an option of every resource"},
    "scaling": {"tags": "an option of every resource"},
    "schedule": {"State": "the option enabled, since state says whether it is to exist"},
    "schedule_group": {"tags": "an option of every resource"},
}

# The operations that change a resource of each kind in place. A task definition never changes; a revision follows it.
UPDATES: dict[str, tuple[str, ...]] = {
    "account_setting": ("PutAccountSetting",),
    "repository": ("PutImageTagMutability", "PutImageScanningConfiguration"),
    "capacity_provider": ("UpdateCapacityProvider",),
    "cluster": ("UpdateCluster", "PutClusterCapacityProviders"),
    "task_definition": ("RegisterTaskDefinition",),
    "service": ("UpdateService",),
    "scaling": ("RegisterScalableTarget",),
    "schedule": ("UpdateSchedule",),
    "schedule_group": ("TagResource",),
}

# Other names of options, beside the spelling of AWS, and whose they are.
OTHER_NAMES: dict[str, dict[str, str]] = {
    "account_setting": {},
    "capacity_provider": {},
    "repository": {"repository_name": "the API's member in the spelling of options"},
    "cluster": {
        "cluster_name": "the API's member in the spelling of options",
        "capacity_provider_strategy": "community.aws.ecs_cluster",
    },
    "task_definition": {"containers": "community.aws.ecs_taskdefinition"},
    "service": {
        "service": "community.aws.ecs_service",
        "service_name": "the API's member in the spelling of options",
    },
    "scaling": {},
    "schedule": {"time_zone": "short for what nobody remembers"},
    "schedule_group": {},
}

# Members that the oldest botocore lacks, at any depth: they need a newer one on the target, and it says so.
SINCE_NEWER: dict[str, set[str]] = {
    "CreateCapacityProviderRequest": {"cluster", "managedInstancesProvider"},
    "CreateServiceRequest": {"gatewayConnectors", "monitoring"},
    "DeploymentCircuitBreaker": {"resetOnHealthyTask", "thresholdConfiguration"},
    "DeploymentConfiguration": {"canaryConfiguration", "earlySuccessCriteria", "linearConfiguration"},
    "DeploymentLifecycleHook": {"hookDetails", "targetType", "timeoutConfiguration"},
    "RegisterTaskDefinitionRequest": {"trustedExecutionConfiguration"},
    "ResourceRequirement": {"sharingStrategy"},
    "ServiceConnectConfiguration": {"accessLogConfiguration", "containerConfigurations"},
    "Volume": {"s3filesVolumeConfiguration"},
    "VpcLatticeConfiguration": {"advancedConfiguration"},
}

# Errors that others have met, and the model does not list (terraform-provider-aws, internal/service/ssm and ecs).
UNLISTED: dict[str, set[str]] = {
    "CreateActivation": {"ValidationException"},
    "UpdateCapacityProvider": {"UpdateInProgressException"},
}

# Operations that the oldest botocore does not know; whoever asks for them is told to update it.
NEWER_OPERATIONS = {"ecs": {"ContinueServiceDeployment"}}

EXPRESS_LATER = "later: the module express_service"
DAEMON_LATER = "later: the module daemon"
GATEWAY_LATER = "later: the module gateway"
TASK_SET_LATER = "later: the module task_set"
ON_INSTANCES = "never: only what ECS runs on container instances calls it"

# Operations of the ECS API that no module makes, and why.
LATER: dict[str, str] = {
    "AssociateGatewayWithCluster": GATEWAY_LATER,
    "CreateDaemon": DAEMON_LATER,
    "CreateExpressGatewayService": EXPRESS_LATER,
    "CreateGateway": GATEWAY_LATER,
    "CreateTaskSet": TASK_SET_LATER,
    "DeleteDaemon": DAEMON_LATER,
    "DeleteDaemonTaskDefinition": DAEMON_LATER,
    "DeleteExpressGatewayService": EXPRESS_LATER,
    "DeleteGateway": GATEWAY_LATER,
    "DeleteTaskSet": TASK_SET_LATER,
    "DescribeDaemon": DAEMON_LATER,
    "DescribeDaemonDeployments": DAEMON_LATER,
    "DescribeDaemonRevisions": DAEMON_LATER,
    "DescribeDaemonTaskDefinition": DAEMON_LATER,
    "DescribeExpressGatewayService": EXPRESS_LATER,
    "DescribeGateway": GATEWAY_LATER,
    "DescribeGatewayResources": GATEWAY_LATER,
    "DescribeGatewayRoute": GATEWAY_LATER,
    "DescribeTaskSets": TASK_SET_LATER,
    "DisassociateGatewayFromCluster": GATEWAY_LATER,
    "DiscoverPollEndpoint": ON_INSTANCES,
    "ExecuteCommand": "later: the module exec",
    "ListAttributes": "never: DescribeContainerInstances shows the attributes too, with everything else",
    "ListDaemonDeployments": DAEMON_LATER,
    "ListDaemonTaskDefinitions": DAEMON_LATER,
    "ListDaemons": DAEMON_LATER,
    "ListGatewayClusterAssociations": GATEWAY_LATER,
    "ListGatewayRoutes": GATEWAY_LATER,
    "ListGateways": GATEWAY_LATER,
    "ListServicesByNamespace": "never: it finds services by their Cloud Map namespace, which nothing here needs",
    "RegisterContainerInstance": ON_INSTANCES,
    "RegisterDaemonTaskDefinition": DAEMON_LATER,
    "SubmitAttachmentStateChanges": ON_INSTANCES,
    "SubmitContainerStateChange": ON_INSTANCES,
    "SubmitTaskStateChange": ON_INSTANCES,
    "UpdateClusterSettings": "never: UpdateCluster takes the settings too, with everything else that can change",
    "UpdateDaemon": DAEMON_LATER,
    "UpdateExpressGatewayService": EXPRESS_LATER,
    "UpdateGateway": GATEWAY_LATER,
    "UpdateServicePrimaryTaskSet": TASK_SET_LATER,
    "UpdateTaskSet": TASK_SET_LATER,
}


# Options and the newest model


def _members(resource: Resource) -> dict[str, str]:
    """Give the options of a resource that are members of its document, with their member."""
    known = spellings(resource.shape(NEWEST))
    options = sorted(set(resource.options) - resource.manner)
    return {name: known.get(resource.rename.get(name, name), "") for name in options}


def _fitting(shape: Any) -> list[dict[str, Any]]:
    """Give the Ansible types in which an option may take a shape."""
    plain = {"string": "str", "integer": "int", "long": "int", "boolean": "bool", "double": "float", "float": "float"}
    if is_document(shape):
        return [{"type": "raw"}]
    if shape.type_name in ("structure", "map"):
        return [{"type": "dict"}]
    if shape.type_name == "list":
        elements = "dict" if shape.member.type_name == "structure" else plain[shape.member.type_name]
        return [{"type": "list", "elements": elements}, {"type": "raw"}]
    return [{"type": plain[shape.type_name]}]


@each_kind
def test_every_option_is_a_member_of_a_fitting_type(resource: Resource) -> None:
    shape = resource.shape(NEWEST)
    for option, member in _members(resource).items():
        assert member, f"{option} is no member of {shape.name}: it belongs to manner, or is misspelled"
        spec = {name: value for name, value in resource.options[option].items() if name in ("type", "elements")}
        assert spec in _fitting(shape.members[member]), option


@each_kind
def test_every_member_has_an_option_or_a_reason(resource: Resource) -> None:
    shape = resource.shape(NEWEST)
    assert set(shape.members) - set(_members(resource).values()) == set(NOT_OFFERED[resource.kind])


@each_kind
def test_an_option_is_spelled_as_its_member_and_takes_the_spelling_of_aws(resource: Resource) -> None:
    for option, member in _members(resource).items():
        aliases = set(resource.options[option].get("aliases", ()))
        expected = {member, _normal.snake(member)} - {option}
        assert expected <= aliases, f"{option} does not take {sorted(expected - aliases)}"
        assert aliases - expected <= set(OTHER_NAMES[resource.kind]), option


@each_kind
def test_no_name_means_two_options(resource: Resource) -> None:
    given = [name for option, spec in resource.options.items() for name in (option, *spec.get("aliases", ()))]
    assert sorted(given) == sorted(set(given))


@each_kind
def test_no_member_has_a_default(resource: Resource) -> None:
    """Unset means leave it; a default would change what nobody spoke of."""
    assert {name for name in _members(resource) if "default" in resource.options[name]} == set()


@each_kind
def test_no_option_lists_the_values_of_a_member(resource: Resource) -> None:
    """The model of the botocore on the target knows them; a list of ours would keep new ones out."""
    assert {name for name in _members(resource) if "choices" in resource.options[name]} == set()


@each_kind
def test_what_cannot_change_in_place_is_what_no_update_takes(resource: Resource) -> None:
    shape = request(resource.creates, resource.service)  # what our documents have beyond it has calls of its own
    changed_elsewhere = {"tags", "Tags", "clientToken", "ClientToken", *resource.identity}
    changing = {name for operation in UPDATES[resource.kind] for name in request(operation, resource.service).members}
    assert resource.create_only == set(shape.members) - changing - changed_elsewhere


@each_kind
def test_what_is_fixed_inside_of_members_exists_and_is_what_no_update_takes(resource: Resource) -> None:
    for path in resource.fixed:
        *outer, last = path.split(".")
        shape, updates = resource.shape(NEWEST), [request(name, resource.service) for name in UPDATES[resource.kind]]
        for member in outer:
            shape = shape.members[member]
            updates = [update.members[member] for update in updates if member in update.members]
        assert last in shape.members, path
        addresses = path in ("cluster",)  # it says where the resource is, and cannot say where it shall be
        assert addresses or not any(last in update.members for update in updates), path


@each_kind
def test_the_facts_of_a_resource_exist(resource: Resource) -> None:
    model = service(resource.service)
    shape, answer = request(resource.creates, resource.service), model.shape_for(resource.answers)
    assert set(resource.identity) <= set(resource.shape(NEWEST).members)
    assert set(resource.rename.values()) <= set(shape.members)
    assert resource.arn in answer.members
    assert resource.manner <= set(resource.options)
    describing = [name for name in model.operation_names if name.startswith("Describe")]
    shown = {member for name in describing for member in model.operation_model(name).output_shape.members}
    assert set(resource.wrappers) <= shown


# Tables and the newest model


def _absent(table: dict[str, Any], model: Any) -> set[str]:
    """Name the types and members of a table that a model does not have."""
    known = set(model.shape_names)
    missing = {name for name in table if name not in known}
    for name, members in table.items():
        if name in known:
            missing |= {f"{name}.{member}" for member in members if member not in model.shape_for(name).members}
    return missing


def test_every_rule_is_about_a_member_that_exists() -> None:
    assert set.intersection(*(_absent(_normal.RULES, service(name)) for name in SERVICES)) == set()


@pytest.mark.parametrize("table", ["STRUCTURES", "MERGED", "SENT_IN_PARTS", "CLEARED"])
def test_every_table_is_about_types_that_exist(table: str) -> None:
    assert set(getattr(_normal, table)) <= {shape for name in SERVICES for shape in service(name).shape_names}


def test_every_type_with_a_rule_can_be_reached() -> None:
    """A rule for a type that no request of ours holds is either for a kind to come, or forgotten."""
    later = {"CreateTaskSetRequest"}
    reached = structures(*(resource.shape(NEWEST) for resource in KINDS))
    assert set(_normal.RULES) - set(reached) <= later
    assert (set(_normal.STRUCTURES) | _normal.MERGED | _normal.SENT_IN_PARTS) - set(reached) <= later


def test_spellings_of_our_own_are_about_members_that_exist() -> None:
    members = {name for shape in structures(*map(_input, ecs().operation_names)).values() for name in shape.members}
    assert set(ALSO.values()) <= members
    assert set(_normal.IDENTIFIERS) <= members


def _input(operation: str) -> Any:
    return ecs().operation_model(operation).input_shape


@pytest.mark.parametrize("name", sorted(_normal.CLEARED))
@pytest.mark.parametrize("models", [NEWEST, OLDEST], ids=["newest", "oldest"])
def test_what_clears_is_valid(name: str, models: Models) -> None:
    shapes = structures(*(resource.shape(models) for resource in KINDS))
    for owner in shapes.values():
        for member, shape in owner.members.items():
            if shape.name == name:
                empty: Any = {"list": [], "structure": {}, "string": ""}[shape.type_name]
                sent = to_api({member: empty}, owner)
                report = botocore.validate.ParamValidator().validate(sent[member], shape)
                assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("operation", sorted(_api.BATCHES))
def test_a_batch_is_about_members_that_exist(operation: str) -> None:
    takes, gives, _size = _api.BATCHES[operation]
    owner = _api.OWNERS.get(operation, "ecs")
    assert takes in request(operation, owner).members
    assert gives in service(owner).operation_model(operation).output_shape.members


@pytest.mark.parametrize("operation", sorted(_api.EVENTUAL))
def test_a_refusal_that_passes_is_one_that_the_operation_has(operation: str) -> None:
    errors = {shape.name for shape in _model_of(operation).operation_model(operation).error_shapes}
    assert {code for code, _words in _api.EVENTUAL[operation]} - UNLISTED.get(operation, set()) <= errors


def test_where_members_are_shown() -> None:
    create = set(request("CreateService").members)
    assert set(_service_views.IN_DEPLOYMENT) <= create & set(ecs().shape_for("Deployment").members)
    assert set(_service_views.IN_REVISION) <= create & set(ecs().shape_for("ServiceRevision").members)
    shown = {*ecs().shape_for("Service").members, *_service_views.IN_DEPLOYMENT, *_service_views.IN_REVISION}
    assert create - shown == {"cluster", "role", "clientToken"}


def test_what_other_controllers_leave_open() -> None:
    updated = set(request("UpdateService").members)
    assert all(members <= updated for members in _controllers.ALLOWED.values())
    assert set(_controllers.ALLOWED) | {"ECS"} == set(ecs().shape_for("DeploymentControllerType").enum)
    in_task_sets = set(request("CreateTaskSet").members) & set(request("CreateService").members)
    assert set(_controllers.IN_TASK_SETS) == in_task_sets - {"cluster", "clientToken", "tags"}


def test_what_a_cluster_is_asked_for() -> None:
    assert set(cluster.INCLUDE) <= set(ecs().shape_for("ClusterField").enum)
    assert set(cluster.CAPACITY) == set(request("PutClusterCapacityProviders").members) - {"cluster"}


def test_revisions_are_deleted_in_the_batches_that_the_api_documents() -> None:
    documented = request("DeleteTaskDefinitions").members["taskDefinitions"].documentation
    assert re.search(rf"\b{_revisions.DELETE_BATCH}\b", documented)


def test_every_status_of_a_deployment_has_a_verdict() -> None:
    """A status that is new must be read by someone before _rollout calls it under way."""
    assert set(ecs().shape_for("ServiceDeploymentStatus").enum) == {
        "PENDING",
        "SUCCESSFUL",
        "STOPPED",
        "STOP_REQUESTED",
        "IN_PROGRESS",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    }
    assert set(ecs().shape_for("DeploymentRolloutState").enum) == {"COMPLETED", "FAILED", "IN_PROGRESS"}
    assert _rollout.DeploymentFailed.code


def test_every_member_at_any_depth_has_been_looked_at() -> None:
    """A new member works at once, but someone has to ask whether AWS fills in a default or ignores an order.

    When that is decided (a row in _normal.py, or nothing to do), add the member to fixtures/reviewed_members.json.
    """
    reviewed = json.loads(REVIEWED.read_text(encoding="utf-8"))
    reached = structures(*(resource.shape(NEWEST) for resource in KINDS))
    assert {name: sorted(shape.members) for name, shape in reached.items()} == reviewed


# Operations


def _named_in_plugins(of: str = "ecs") -> set[str]:
    texts = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
    return texts & set(service(of).operation_names)


def test_every_operation_is_made_or_has_a_reason_not_to() -> None:
    made = _named_in_plugins()
    assert made & set(LATER) == set()
    assert made | set(LATER) == set(ecs().operation_names)
    assert all(reason.startswith(("later: ", "never: ")) for reason in LATER.values())


# The oldest botocore


@pytest.fixture(scope="module")
def old_api() -> Api:
    """Give the door to AWS with the service model of the oldest botocore."""
    session = botocore.session.Session()
    session.set_config_variable("data_path", str(oldest.data_path()))
    settings = {"region_name": "eu-central-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example"}
    return Api(session, settings, Clock())


def test_the_oldest_botocore_is_the_one_that_the_documentationnames() -> None:
    fragment = (ROOT / "plugins" / "doc_fragments" / "_attributes.py").read_text(encoding="utf-8")
    assert set(re.findall(r"botocore >= ([\d.]+)", fragment)) == {oldest.VERSION}


def test_members_that_the_oldest_lacks_are_written_down() -> None:
    lacking: dict[str, set[str]] = {}
    for resource in KINDS:
        old = structures(resource.shape(OLDEST))
        for name, shape in structures(resource.shape(NEWEST)).items():
            new = set(shape.members) - set(old[name].members) if name in old else set()
            if new:
                lacking[name] = new
    assert lacking == SINCE_NEWER


@each_kind
def test_the_oldest_takes_every_other_option(resource: Resource, old_api: Api) -> None:
    shape = resource.shape(old_api)
    known = spellings(shape)
    offered = {member for option, member in _members(resource).items()}
    assert offered - set(known.values()) == SINCE_NEWER.get(shape.name, set()) & offered
    assert resource.arn in old_api.type(resource.answers, resource.service).members


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_of_ours_is_in_the_oldest(name: str) -> None:
    newer = _named_in_plugins(name) - set(oldest.service(name).operation_names)
    assert newer == NEWER_OPERATIONS.get(name, set())


def test_an_operation_that_is_too_new_says_so(old_api: Api) -> None:
    with pytest.raises(BadInput, match=r"ContinueServiceDeployment.*update botocore") as caught:
        old_api.validate(Call("ContinueServiceDeployment", {}))
    assert caught.value.code == "BotocoreTooOld"


SAMPLES: dict[str, Any] = {
    "cluster": "shop",
    "managed_instances_provider": {"infrastructure_role_arn": "arn:aws:iam::123456789012:role/ecs"},
    "gateway_connectors": [{"portName": "http"}],
    "monitoring": {"metric_configurations": [{"metric_names": ["CPUUtilization"]}]},
    "trusted_execution_configuration": {"isolation_mode": "SHARED"},
}


@pytest.mark.parametrize(
    ("resource", "option"),
    [
        (resource, option)
        for resource in KINDS
        for option, member in _members(resource).items()
        if member in SINCE_NEWER.get(resource.shape(NEWEST).name, ())
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_an_option_that_is_too_new_says_so(resource: Resource, option: str, old_api: Api) -> None:
    with pytest.raises(BadInput) as caught:
        wanted(resource, {option: SAMPLES[option]}, old_api)
    assert str(caught.value).startswith(f"{option}: botocore ")
    assert str(caught.value).endswith(f"does not know this member of {resource.creates}; update botocore to use it.")
    assert caught.value.code == "BotocoreTooOld"


def test_a_mistake_is_still_a_mistake_under_the_oldest(old_api: Api) -> None:
    with pytest.raises(BadInput, match="did you mean desired_count") as caught:
        wanted(RESOURCES["service"], {"definition": {"desired_cuont": 1}}, old_api)
    assert caught.value.code == "BadInput"


def test_a_member_deep_inside_that_is_too_new_names_the_version(old_api: Api) -> None:
    deployment = {"linear_configuration": {"step_percent": 10}}
    with pytest.raises(BadInput) as caught:
        wanted(RESOURCES["service"], {"deployment_configuration": deployment}, old_api)
    assert "deployment_configuration.linear_configuration: no such member" in str(caught.value)
    assert "botocore" in str(caught.value)


# Names that lead here


def test_the_action_group_holds_every_module() -> None:
    assert RUNTIME["action_groups"] == {"all": MODULES}


# Modules of community.aws that have no counterpart yet.
NOT_REDIRECTED = {}
REDIRECTS = {name: entry["redirect"] for name, entry in RUNTIME["plugin_routing"]["modules"].items()}

# What differs on purpose from the community.aws module of the same name.
DIFFERENT: dict[tuple[str, str], str] = {
    ("ecs_cluster", "state=has_instances"): "waits for instances; ours waits for what a task asked for",
    ("ecs_service", "state=deleting"): "absent without wait; ours says wait=false",
}


def test_every_ecs_module_of_community_aws_leads_here_or_has_a_reason_not_to() -> None:
    package = Path(ecs_cluster.__file__ or "").parent
    theirs = {path.stem for path in package.glob("ecs_*.py")}
    assert set(REDIRECTS) | set(NOT_REDIRECTED) == theirs
    assert set(REDIRECTS) & set(NOT_REDIRECTED) == set()


each_redirect = pytest.mark.parametrize("old", sorted(REDIRECTS))


@each_redirect
def test_a_redirect_leads_to_a_module(old: str) -> None:
    assert REDIRECTS[old].removeprefix("longshore.ecs.") in MODULES


def _both(old: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return argument_spec(f"community.aws.{old}"), argument_spec(REDIRECTS[old])


@each_redirect
def test_every_option_of_community_aws_is_taken(old: str) -> None:
    theirs, ours = _both(old)
    refused = {name for name in names(theirs) if name not in names(ours) and (old, name) not in DIFFERENT}
    assert refused == set()


@each_redirect
def test_an_option_of_community_aws_has_the_same_type(old: str) -> None:
    theirs, ours = _both(old)
    for name, entry in theirs.items():
        own = ours[names(ours)[name]]
        wide = {"raw", entry.get("type", "str"), *(["list"] if entry.get("type", "str") == own.get("elements") else [])}
        assert own.get("type", "str") in wide, name


@each_redirect
def test_nothing_is_required_that_community_aws_does_not_require(old: str) -> None:
    theirs, ours = _both(old)
    required = {name for name, entry in ours.items() if entry.get("required")}
    assert required <= {names(ours)[name] for name, entry in theirs.items() if entry.get("required")}


@each_redirect
def test_every_value_that_community_aws_offers_is_taken(old: str, new_api: Api) -> None:
    theirs, ours = _both(old)
    resource = RESOURCES.get(REDIRECTS[old].removeprefix("longshore.ecs.").removesuffix("_info"))
    for name, entry in theirs.items():
        own = names(ours)[name]
        for value in entry.get("choices") or ():
            if (old, f"{name}={value}") in DIFFERENT:
                continue
            assert value in ours[own].get("choices", [value]), f"{name}={value}"
            if resource and own in _members(resource):
                wanted(resource, {own: value}, new_api)


@each_redirect
def test_every_suboption_of_community_aws_is_taken(old: str, new_api: Api) -> None:
    theirs, ours = _both(old)
    resource = RESOURCES.get(REDIRECTS[old].removeprefix("longshore.ecs.").removesuffix("_info"))
    samples = {"str": "x", "int": 1, "bool": True, "list": ["x"]}
    for name, entry in theirs.items():
        for suboption, inner in (entry.get("options") or {}).items():
            sample = (inner.get("choices") or [samples[inner.get("type", "str")]])[0]
            whole = {suboption: sample, **({"subnets": ["x"]} if "subnets" in entry["options"] else {})}
            value = [whole] if entry["type"] == "list" else whole
            errors: list[str] = []
            try:
                wanted(resource, {names(ours)[name]: value}, new_api)
            except BadInput as error:
                errors = error.data["errors"]
            assert not [error for error in errors if "no such member" in error or "is a" in error], errors


@pytest.fixture(scope="module")
def new_api() -> Api:
    """Give the door to AWS with the service model of the installed botocore."""
    return _api.connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "example"})


def test_what_differs_on_purpose_still_differs() -> None:
    for old, option in DIFFERENT:
        theirs, ours = _both(old)
        name, _equals, value = option.partition("=")
        assert value in theirs[name]["choices"]
        assert value not in ours[name]["choices"]
