# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both spellings, every type, and what is said about a document that cannot be meant."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput
from ansible_collections.longshore.ecs.plugins.module_utils._normal import CLEARED, snake
from ansible_collections.longshore.ecs.plugins.module_utils._shape import pair_members, spellings, to_ansible, to_api
from botocore.model import ServiceModel
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins.fixtures.model import documents, ecs, inputs, is_document, request, structures

INPUTS = inputs(ecs())
ALL = structures(*INPUTS.values())
CLUSTER, SERVICE, DEFINITION = (request(name) for name in ("CreateCluster", "CreateService", "RegisterTaskDefinition"))
# The same documents on every run: a red run can be repeated.
property_of = settings(max_examples=100, deadline=None, derandomize=True)

# A model made for the test: one structure with a member of each type, with and without bounds.
TYPES = ServiceModel(
    {
        "metadata": {},
        "shapes": {
            "Thing": {
                "type": "structure",
                "required": ["Name"],
                "members": {
                    "Name": {"shape": "Name"},
                    "Kind": {"shape": "Kind"},
                    "Switch": {"shape": "Switch"},
                    "Size": {"shape": "Size"},
                    "Least": {"shape": "Least"},
                    "Most": {"shape": "Most"},
                    "Share": {"shape": "Share"},
                    "Weight": {"shape": "Weight"},
                    "Total": {"shape": "Total"},
                    "On": {"shape": "On"},
                    "Words": {"shape": "Words"},
                    "Few": {"shape": "Few"},
                    "Labels": {"shape": "Labels"},
                    "Inner": {"shape": "Inner"},
                    "Pairs": {"shape": "Pairs"},
                },
            },
            "Name": {"type": "string", "min": 2, "max": 5},
            "Kind": {"type": "string", "enum": ["ROLLING", "BLUE_GREEN", "ON"]},
            "Switch": {"type": "string", "enum": ["ENABLED", "DISABLED"]},
            "Size": {"type": "integer", "min": 1, "max": 16},
            "Least": {"type": "integer", "min": 1},
            "Most": {"type": "integer", "max": 16},
            "Share": {"type": "double", "min": 0, "max": 100},
            "Weight": {"type": "float"},
            "Total": {"type": "long"},
            "On": {"type": "boolean"},
            "Text": {"type": "string"},
            "Words": {"type": "list", "member": {"shape": "Text"}},
            "Few": {"type": "list", "member": {"shape": "Text"}, "min": 1, "max": 2},
            "Labels": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
            "Inner": {"type": "structure", "required": ["port"], "members": {"port": {"shape": "Size"}}},
            "Pair": {"type": "structure", "members": {"name": {"shape": "Text"}, "value": {"shape": "Text"}}},
            "Pairs": {"type": "list", "member": {"shape": "Pair"}},
        },
    },
    "things",
)
THING = TYPES.shape_for("Thing")


def _errors(document: Any, shape: Any = THING) -> list[str]:
    with pytest.raises(BadInput) as caught:
        to_api(document, shape)
    assert str(caught.value) == caught.value.data["errors"][0]
    return list(caught.value.data["errors"])


def _error(document: Any, shape: Any = THING) -> str:
    (error,) = _errors(document, shape)
    return error


# There and back


def _full(shape: Any, above: tuple[str, ...] = ()) -> Any:
    """Make the document of a shape that has every member; times are left out, which go one way only."""
    if shape.type_name == "structure" and is_document(shape):
        return {"AnyKey": {"camelCase": [1, True, None]}}
    if shape.type_name == "structure":
        return {
            name: _full(member, (*above, shape.name))
            for name, member in shape.members.items()
            if member.type_name != "timestamp" and member.name not in above
        }
    if shape.type_name == "list":
        return [_full(shape.member, above)] * max(1, int(shape.metadata.get("min") or 1))
    if shape.type_name == "map":
        return {"Owner-Key": _full(shape.value, above)}
    return _scalar(shape)


def _scalar(shape: Any) -> Any:
    least = shape.metadata.get("min")
    if shape.type_name == "boolean":
        return True
    if shape.type_name in ("integer", "long"):
        return int(least or 1)
    if shape.type_name in ("double", "float"):
        return float(least or 1)
    return (getattr(shape, "enum", None) or ["x" * int(least or 1)])[0]


@pytest.mark.parametrize("operation", sorted(INPUTS))
def test_every_member_of_every_request_goes_there_and_back(operation: str) -> None:
    shape = INPUTS[operation]
    document = _full(shape)
    assert to_api(document, shape) == document
    assert to_api(to_ansible(document, shape), shape) == document


@property_of
@given(st.sampled_from(sorted(INPUTS)), st.data())
def test_law_there_and_back_is_where_it_was(operation: str, data: st.DataObject) -> None:
    shape = INPUTS[operation]
    document = data.draw(documents(shape))
    options = to_ansible(document, shape)
    assert to_api(options, shape) == document
    assert to_ansible(to_api(options, shape), shape) == options
    assert to_api(to_ansible(document, shape, pairs=True), shape) == document


@pytest.mark.parametrize("name", sorted(structures(*INPUTS.values())))
def test_every_spelling_leads_to_one_member(name: str) -> None:
    shape = ALL[name]
    snaked = [snake(member) for member in shape.members]
    assert len(set(snaked)) == len(snaked)
    known = spellings(shape)
    assert {known[snake(member)] for member in shape.members} == set(shape.members)
    assert all(known[member] == member for member in shape.members)
    assert set(known.values()) == set(shape.members)


def test_names_of_answers_are_unique_too() -> None:
    shapes = [ecs().operation_model(name).output_shape for name in ecs().operation_names]
    for shape in structures(*(shape for shape in shapes if shape)).values():
        assert len({snake(member) for member in shape.members}) == len(shape.members), shape.name


def test_no_option_has_a_torn_word() -> None:
    """A unit or an acronym is one word: size_in_gib, never size_in_gi_b."""
    names = {snake(member) for shape in ALL.values() for member in shape.members}
    torn = {name for name in names if any(len(word) == 1 and word.isalpha() for word in name.split("_"))}
    assert torn == set()


@pytest.mark.parametrize(
    ("member", "option"),
    [
        ("enableECSManagedTags", "enable_ecs_managed_tags"),
        ("managedEBSVolume", "managed_ebs_volume"),
        ("sizeInGiB", "size_in_gib"),
        ("awsvpcConfiguration", "awsvpc_configuration"),
        ("assignPublicIp", "assign_public_ip"),
        ("s3BucketName", "s3_bucket_name"),
        ("vpcLatticeConfigurations", "vpc_lattice_configurations"),
        ("ipv6Address", "ipv6_address"),
        ("dnsName", "dns_name"),
        ("fsxWindowsFileServerVolumeConfiguration", "fsx_windows_file_server_volume_configuration"),
        ("vCpuCount", "vcpu_count"),
    ],
)
def test_how_an_option_is_spelled(member: str, option: str) -> None:
    assert snake(member) == option


@pytest.mark.parametrize("shape", [CLUSTER, SERVICE, DEFINITION], ids=lambda shape: shape.name)
def test_what_ansibles_own_conversion_makes_is_understood(shape: Any) -> None:
    for inner in structures(shape).values():
        known = spellings(inner)
        for member in inner.members:
            assert [known.get(name) for name in camel_dict_to_snake_dict({member: 0})] == [member]


def test_spellings_may_be_mixed_at_every_depth() -> None:
    document = {
        "serviceName": "web",
        "network_configuration": {"awsvpcConfiguration": {"subnets": ["s1"], "assign_public_ip": "ENABLED"}},
    }
    assert to_api(document, SERVICE) == {
        "serviceName": "web",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s1"], "assignPublicIp": "ENABLED"}},
    }


def test_keys_of_maps_belong_to_the_user() -> None:
    options = {"awslogs-group": "/ecs/web", "camelCase": "1", "snake_case": "2", "UPPER": "3"}
    containers = [
        {"name": "a", "logConfiguration": {"logDriver": "awslogs", "options": options}, "dockerLabels": options}
    ]
    there = to_api({"container_definitions": containers}, DEFINITION)
    assert there == {"containerDefinitions": containers}
    back = to_ansible(there, DEFINITION)["container_definitions"][0]
    assert back["log_configuration"]["options"] == back["docker_labels"] == options


def test_a_free_document_is_left_alone() -> None:
    hook = {"targetType": "AWS_LAMBDA", "hookDetails": {"camelCase": {"snake_case": 1}}}
    document = {"deploymentConfiguration": {"lifecycleHooks": [hook]}}
    assert to_api(document, SERVICE) == document
    spelled = to_ansible(document, SERVICE)["deployment_configuration"]["lifecycle_hooks"][0]
    assert spelled["hook_details"] == {"camelCase": {"snake_case": 1}}


def test_times_become_strings() -> None:
    moment = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.timezone.utc)
    shown = to_ansible({"registeredAt": moment}, ecs().shape_for("TaskDefinition"))
    assert shown == {"registered_at": "2026-11-23T12:00:00+00:00"}


def test_a_member_that_the_model_does_not_know_keeps_its_value() -> None:
    """An emulator, or an AWS newer than the model, may answer with more."""
    assert to_ansible({"brandNewMember": {"camelCase": 1}}, SERVICE) == {"brand_new_member": {"camelCase": 1}}


def test_the_document_that_is_given_stays_as_it_is() -> None:
    document = {"tags": {"a": "1"}, "network_configuration": {"awsvpc_configuration": {"subnets": ("s1",)}}}
    before = copy.deepcopy(document)
    to_api(document, SERVICE)
    assert document == before


def test_what_clears_is_a_copy_of_the_table() -> None:
    """A document may be changed on its way; the next one of the same process must not see that."""
    cleared = to_api({"deployment_configuration": {}}, SERVICE)["deploymentConfiguration"]
    assert cleared == CLEARED["DeploymentConfiguration"]
    assert cleared is not CLEARED["DeploymentConfiguration"]
    assert cleared["alarms"] is not CLEARED["DeploymentConfiguration"]["alarms"]


# Types

TAKEN: list[tuple[str, Any, Any]] = [
    ("Name", "abc", "abc"),
    ("Name", 443, "443"),
    ("Name", 0.5, "0.5"),
    ("Kind", "ROLLING", "ROLLING"),
    ("Switch", "ENABLED", "ENABLED"),
    ("Switch", True, "ENABLED"),
    ("Switch", False, "DISABLED"),
    ("Size", 8, 8),
    ("Size", "8", 8),
    ("Size", " 8 ", 8),
    ("Size", "8.0", 8),
    ("Size", 8.0, 8),
    ("Size", 1, 1),
    ("Size", 16, 16),
    ("Least", 100_000, 100_000),
    ("Most", -5, -5),
    ("Share", 33, 33.0),
    ("Share", "33.3", 33.3),
    ("Share", 0, 0.0),
    ("Weight", "1.5", 1.5),
    ("Total", "8589934592", 8589934592),
    ("On", True, True),
    ("On", "true", True),
    ("On", "True", True),
    ("On", "yes", True),
    ("On", "on", True),
    ("On", "false", False),
    ("On", "False", False),
    ("On", "no", False),
    ("On", "off", False),
    ("Words", ["a", 1], ["a", "1"]),
    ("Words", ("a", "b"), ["a", "b"]),
    ("Words", [], []),
    ("Labels", {"a": "1", "b": 2}, {"a": "1", "b": "2"}),
    ("Labels", {"a": None, "b": "2"}, {"b": "2"}),
    ("Labels", {80: "x"}, {"80": "x"}),
    ("Inner", {"port": "8"}, {"port": 8}),
    ("Pairs", {"A": "1", "B": 2}, [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
    ("Pairs", {"A": None, "B": "2"}, [{"name": "B", "value": "2"}]),
    ("Pairs", {"A": ""}, [{"name": "A", "value": ""}]),
    ("Pairs", [{"name": "A", "value": 1}], [{"name": "A", "value": "1"}]),
    ("Pairs", {}, []),
]
REFUSED: list[tuple[str, Any, str]] = [
    # A boolean where the API wants a string is a YAML accident: say how to mean it.
    ("Name", True, "name: True is a boolean, the API wants a string; quote it ('true')."),
    ("Kind", True, "kind: True is a boolean, the API wants a string; quote it ('true')."),
    ("Words", ["a", False], "words[1]: False is a boolean, the API wants a string; quote it ('false')."),
    ("Labels", {"a": True}, "labels.a: True is a boolean, the API wants a string; quote it ('true')."),
    ("Name", ["a"], "name: ['a'] is a list, the API wants a string."),
    ("Name", {"a": 1}, "name: {'a': 1} is a dictionary, the API wants a string."),
    # Lengths, ranges and values.
    ("Name", "a", "name: it has 1 characters; the API wants 2 to 5."),
    ("Name", "abcdef", "name: it has 6 characters; the API wants 2 to 5."),
    ("Kind", "rolling", "kind: 'rolling' is not one of the API's values; did you mean ROLLING?"),
    ("Kind", "BLUEGREEN", "kind: 'BLUEGREEN' is not one of the API's values; did you mean BLUE_GREEN?"),
    ("Kind", "zzz", "kind: 'zzz' is not one of the API's values (ROLLING, BLUE_GREEN, ON)."),
    ("Switch", "on", "switch: 'on' is not one of the API's values (ENABLED, DISABLED)."),
    ("Size", 0, "size: 0 is out of range; the API wants 1 to 16."),
    ("Size", "17", "size: 17 is out of range; the API wants 1 to 16."),
    ("Least", 0, "least: 0 is out of range; the API wants at least 1."),
    ("Most", 17, "most: 17 is out of range; the API wants at most 16."),
    ("Share", 100.5, "share: 100.5 is out of range; the API wants 0 to 100."),
    ("Size", 1.5, "size: 1.5 is a number, the API wants a whole number."),
    ("Size", "1.5", "size: '1.5' is a string, the API wants a whole number."),
    ("Size", "eight", "size: 'eight' is a string, the API wants a whole number."),
    ("Size", "", "size: '' is a string, the API wants a whole number."),
    ("Size", True, "size: True is a boolean, the API wants a whole number."),
    ("Size", [1], "size: [1] is a list, the API wants a whole number."),
    ("Size", "inf", "size: 'inf' is a string, the API wants a whole number."),
    ("Share", "much", "share: 'much' is a string, the API wants a number."),
    ("Share", "nan", "share: 'nan' is a string, the API wants a number."),
    ("Weight", "inf", "weight: 'inf' is a string, the API wants a number."),
    ("Weight", float("nan"), "weight: nan is a number, the API wants a number."),
    ("On", "maybe", "on: 'maybe' is a string, the API wants true or false."),
    ("On", 2, "on: 2 is a number, the API wants true or false."),
    ("On", [], "on: [] is a list, the API wants true or false."),
    ("Words", "a", "words: 'a' is a string, the API wants a list."),
    ("Words", {"a": 1}, "words: {'a': 1} is a dictionary, the API wants a list."),
    ("Words", [["a"]], "words[0]: ['a'] is a list, the API wants a string."),
    ("Few", ["a", "b", "c"], "few: it has 3 entries; the API wants 1 to 2."),
    ("Few", [], "few: it has 0 entries; the API wants 1 to 2."),
    ("Labels", "a=1", "labels: 'a=1' is a string, the API wants a dictionary."),
    ("Labels", ["a"], "labels: ['a'] is a list, the API wants a dictionary."),
    ("Inner", "80", "inner: '80' is a string, Inner wants a dictionary."),
    ("Inner", {}, "inner: Inner needs port."),
    ("Inner", {"port": 0}, "inner.port: 0 is out of range; the API wants 1 to 16."),
    ("Pairs", "A=1", "pairs: 'A=1' is a string, the API wants a list or a dictionary."),
    (
        "Pairs",
        [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
        "pairs: A is given more than once; AWS does not say which one counts, keep one.",
    ),
]


def _name(case: tuple[str, Any, Any]) -> str:
    return f"{case[0]}-{case[1]!r}"


@pytest.mark.parametrize("case", TAKEN, ids=_name)
def test_taken(case: tuple[str, Any, Any]) -> None:
    member, value, wanted = case
    for spelling in (member, snake(member)):
        result = to_api({spelling: value}, THING)
        assert result == {member: wanted}
        assert type(result[member]) is type(wanted)


@pytest.mark.parametrize("case", REFUSED, ids=_name)
def test_refused(case: tuple[str, Any, str]) -> None:
    member, value, message = case
    error = _error({snake(member): value})
    assert error == message


def test_a_misspelled_member_is_named_with_its_place_and_its_neighbour() -> None:
    assert _errors({"inner": {"prot": 8}}) == [
        "inner.prot: no such member of Inner; did you mean port?",
        "inner: Inner needs port.",
    ]


def test_nothing_given_is_nothing_said() -> None:
    assert to_api({"name": None, "size": None, "inner": None, "pairs": None}, THING) == {}


def test_the_outermost_structure_need_not_be_complete() -> None:
    """What is required is checked when the call is planned: it may come from the resource as it is."""
    assert to_api({}, THING) == {}


def test_a_long_value_is_shortened() -> None:
    assert _error({"size": "x" * 500}).startswith("size: 'xxxx")
    assert len(_error({"size": "x" * 500})) < 130


def test_all_mistakes_are_told_at_once() -> None:
    errors = _errors({"size": 0, "inner": {"port": 99}, "nmae": "x"})
    assert errors == [
        "size: 0 is out of range; the API wants 1 to 16.",
        "inner.port: 99 is out of range; the API wants 1 to 16.",
        "nmae: no such member of Thing; did you mean name?",
    ]


# Names


def test_the_example_of_the_manual() -> None:
    document = {"container_definitions": [{"name": "a", "port_mapping": []}]}
    assert _error(document, DEFINITION) == (
        "container_definitions[0].port_mapping: no such member of ContainerDefinition; did you mean port_mappings?"
    )


@pytest.mark.parametrize(
    ("given_name", "meant"),
    [
        ("desired_cuont", "desired_count"),
        ("desiredCont", "desired_count"),
        ("loadbalancers", "load_balancers"),
        ("LoadBalancers", "load_balancers"),
        ("Desired_Count", "desired_count"),
        ("capacity_provider_strategies", "capacity_provider_strategy"),
        ("enable_ecs_managed_tag", "enable_ecs_managed_tags"),
    ],
)
def test_the_nearest_name_is_offered(given_name: str, meant: str) -> None:
    assert _error({given_name: 1}, SERVICE).endswith(f"did you mean {meant}?")


def test_with_no_name_near_all_are_listed_with_botocores_version() -> None:
    error = _error({"zzz": 1}, ecs().shape_for("AwsVpcConfiguration"))
    assert error.startswith("zzz: no such member of AwsVpcConfiguration; botocore ")
    assert error.endswith("knows assign_public_ip, security_groups, subnets.")


@pytest.mark.parametrize(
    "document",
    [
        {"desired_count": 1, "desiredCount": 1},
        {"desiredCount": 1, "desired_count": 2},
    ],
)
def test_two_spellings_of_one_member_are_refused(document: dict[str, Any]) -> None:
    assert _error(document, SERVICE).endswith("desiredCount is given twice, in two spellings; keep one.")


def test_two_spellings_deep_inside_are_refused() -> None:
    document = {"network_configuration": {"awsvpc_configuration": {"subnets": ["a"]}, "awsvpcConfiguration": {}}}
    assert _errors(document, SERVICE)[0].startswith("network_configuration.awsvpcConfiguration: ")


def test_a_key_that_is_no_string_is_refused() -> None:
    assert "no such member" in _error({1: 2}, SERVICE)
    assert "no such member" in _error({None: 2}, SERVICE)


# Pairs and empty values

PAIRS = {
    "Tags": ("key", "value"),
    "EnvironmentVariables": ("name", "value"),
    "SecretList": ("name", "valueFrom"),
    "ClusterSettings": ("name", "value"),
    "SystemControls": ("namespace", "value"),
    "ProxyConfigurationProperties": ("name", "value"),
}
NO_PAIRS = ["EnvironmentFiles", "HostEntryList", "UlimitList", "LoadBalancers", "StringList", "PortMappingList"]


@pytest.mark.parametrize("name", PAIRS)
def test_lists_that_may_be_given_as_a_dictionary(name: str) -> None:
    shape = ecs().shape_for(name)
    key, value = PAIRS[name]
    assert pair_members(shape) == (key, value)


@pytest.mark.parametrize("name", NO_PAIRS)
def test_lists_that_may_not(name: str) -> None:
    assert pair_members(ecs().shape_for(name)) is None


def test_environment_and_secrets_as_dictionaries() -> None:
    container = {"name": "a", "environment": {"A": "1", "B": 2}, "secrets": {"S": "arn:s"}}
    (result,) = to_api({"container_definitions": [container]}, DEFINITION)["containerDefinitions"]
    assert result["environment"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert result["secrets"] == [{"name": "S", "valueFrom": "arn:s"}]


def test_tags_are_shown_as_a_dictionary_and_environment_only_on_demand() -> None:
    document = {
        "tags": [{"key": "a", "value": "1"}],
        "containerDefinitions": [{"name": "a", "environment": [{"name": "A", "value": "1"}]}],
    }
    assert to_ansible(document, DEFINITION)["tags"] == {"a": "1"}
    assert to_ansible(document, DEFINITION)["container_definitions"][0]["environment"] == [{"name": "A", "value": "1"}]
    assert to_ansible(document, DEFINITION, pairs=True)["container_definitions"][0]["environment"] == {"A": "1"}


@pytest.mark.parametrize(
    ("option", "empty", "sent"),
    [
        ("deployment_configuration", {}, CLEARED["DeploymentConfiguration"]),
        ("service_connect_configuration", {}, {"enabled": False}),
        ("deployment_controller", {}, {"type": "ECS"}),
        ("propagate_tags", "", "NONE"),
        ("availability_zone_rebalancing", "", "DISABLED"),
        ("load_balancers", [], []),
        ("placement_strategy", [], []),
        ("capacity_provider_strategy", [], []),
        ("tags", {}, []),
    ],
)
def test_an_empty_value_becomes_what_clears(option: str, empty: Any, sent: Any) -> None:
    assert to_api({option: empty}, SERVICE) == {spellings(SERVICE)[option]: sent}


def test_empty_breaker_and_alarms_are_switched_off() -> None:
    deployment: dict[str, Any] = {"deployment_circuit_breaker": {}, "alarms": {}, "lifecycle_hooks": []}
    assert to_api({"deployment_configuration": deployment}, SERVICE) == {
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": CLEARED["DeploymentCircuitBreaker"],
            "alarms": CLEARED["DeploymentAlarms"],
            "lifecycleHooks": [],
        }
    }


def test_a_cluster_without_settings_and_namespace() -> None:
    assert to_api({"settings": {}, "service_connect_defaults": {}}, CLUSTER) == {
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "serviceConnectDefaults": {"namespace": ""},
    }
