# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door to AWS, with botocore's own stubs behind it: pages, batches, memory, patience, and what errors say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session
import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._api import ONCE, Api, AwsError, connect
from ansible_collections.longshore.ecs.plugins.module_utils._core import Call
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput, EcsError
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock
from botocore import xform_name
from botocore.stub import ANY, Stubber

CREDENTIALS = {"access_key": "AKIDEXAMPLE", "secret_key": "example", "region": "eu-central-1"}
ARN = "arn:aws:ecs:eu-central-1:123456789012"


class StepClock(Clock):
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture(autouse=True)
def _nobodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the credentials, files and metadata services of the machine that runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    """Give one session, so that the service models are loaded once."""
    return botocore.session.Session()


@pytest.fixture
def api(clock: StepClock, session: botocore.session.Session) -> Api:
    settings = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "example",
        "config": botocore.config.Config(parameter_validation=False),
    }
    return Api(session, settings, clock)


@pytest.fixture
def stub(api: Api) -> Iterator[Stubber]:
    with Stubber(api.client()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


# Reading


def test_an_answer_comes_without_its_metadata(api: Api, stub: Stubber) -> None:
    stub.add_response("describe_clusters", {"clusters": [{"clusterName": "prod"}]}, {"clusters": ["prod"]})
    assert api.read("DescribeClusters", clusters=["prod"]) == {"clusters": [{"clusterName": "prod"}]}


def test_a_read_is_remembered_until_something_is_written(api: Api, stub: Stubber) -> None:
    for status in ("ACTIVE", "INACTIVE"):
        stub.add_response("describe_clusters", {"clusters": [{"status": status}]}, {"clusters": ["prod"]})
        stub.add_response("delete_cluster", {}, {"cluster": "prod"})
    delete = Call("DeleteCluster", {"cluster": "prod"})
    seen = []
    for _turn in range(2):
        seen += [api.read("DescribeClusters", clusters=["prod"])["clusters"][0]["status"] for _again in range(3)]
        api.make(delete)
    assert seen == ["ACTIVE"] * 3 + ["INACTIVE"] * 3
    assert api.made == ["ecs:DescribeClusters", "ecs:DeleteCluster"] * 2


def test_forgetting_reads_again(api: Api, stub: Stubber) -> None:
    for _turn in range(2):
        stub.add_response("describe_clusters", {"clusters": []}, {"clusters": ["prod"]})
    api.read("DescribeClusters", clusters=["prod"])
    api.forget()
    api.read("DescribeClusters", clusters=["prod"])


def test_another_question_is_another_call(api: Api, stub: Stubber) -> None:
    stub.add_response("describe_clusters", {"clusters": []}, {"clusters": ["prod"]})
    stub.add_response("describe_clusters", {"clusters": []}, {"clusters": ["prod"], "include": ["TAGS"]})
    api.read("DescribeClusters", clusters=["prod"])
    api.read("DescribeClusters", clusters=["prod"], include=["TAGS"])


def test_a_read_that_failed_is_not_remembered(api: Api, stub: Stubber) -> None:
    stub.add_client_error("describe_clusters", "ServerException", "try again")
    stub.add_response("describe_clusters", {"clusters": []})
    with pytest.raises(AwsError):
        api.read("DescribeClusters", clusters=["prod"])
    assert api.read("DescribeClusters", clusters=["prod"]) == {"clusters": []}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_pages_are_read_to_the_end(api: Api, stub: Stubber, count: int) -> None:
    for page in range(count + 1):
        token = {"nextToken": f"page {page + 1}"} if page < count else {}
        asked = {"nextToken": f"page {page}"} if page else {}
        stub.add_response("list_clusters", {"clusterArns": [f"{ARN}:cluster/c{page}"], **token}, asked)
    assert list(api.pages("ListClusters", "clusterArns")) == [f"{ARN}:cluster/c{page}" for page in range(count + 1)]


def test_pages_that_are_not_wanted_are_not_read(api: Api, stub: Stubber) -> None:
    stub.add_response("list_clusters", {"clusterArns": ["a", "b"], "nextToken": "more"}, {})
    assert next(iter(api.pages("ListClusters", "clusterArns"))) == "a"


def test_an_empty_page_is_not_the_end(api: Api, stub: Stubber) -> None:
    stub.add_response("list_tasks", {"taskArns": [], "nextToken": "more"}, {"cluster": "prod"})
    stub.add_response("list_tasks", {"taskArns": ["t"]}, {"cluster": "prod", "nextToken": "more"})
    assert list(api.pages("ListTasks", "taskArns", cluster="prod")) == ["t"]


def test_pages_of_a_service_that_spells_its_token_in_another_way(api: Api) -> None:
    with Stubber(api.client("events")) as stubber:
        stubber.add_response("list_rule_names_by_target", {"RuleNames": ["a"], "NextToken": "x"}, {"TargetArn": "t"})
        stubber.add_response("list_rule_names_by_target", {"RuleNames": ["b"]}, {"TargetArn": "t", "NextToken": "x"})
        assert list(api.pages("ListRuleNamesByTarget", "RuleNames", "events", TargetArn="t")) == ["a", "b"]


@pytest.mark.parametrize(
    "batch",
    [
        ("DescribeClusters", "clusters", "clusters", 100),
        ("DescribeServices", "services", "services", 10),
        ("DescribeTasks", "tasks", "tasks", 100),
        ("DescribeServiceDeployments", "serviceDeploymentArns", "serviceDeployments", 20),
        ("DescribeServiceRevisions", "serviceRevisionArns", "serviceRevisions", 20),
    ],
    ids=lambda batch: batch[0],
)
@pytest.mark.parametrize("extra", [0, 1])
def test_names_are_described_in_batches_as_large_as_the_api_allows(
    api: Api, stub: Stubber, batch: tuple[str, str, str, int], extra: int
) -> None:
    operation, takes, gives, size = batch
    more = {"include": ["TAGS"]} if operation in ("DescribeClusters", "DescribeServices", "DescribeTasks") else {}
    names = [f"n{number}" for number in range(2 * size + extra)]
    for start in range(0, len(names), size):
        asked = {takes: names[start : start + size], **more}
        stub.add_response(xform_name(operation), {gives: [{}], "failures": []}, asked)
    assert api.describe(operation, names, **more) == [{}] * (2 + extra)


def test_nothing_to_describe_is_no_call(api: Api, stub: Stubber) -> None:
    assert api.describe("DescribeServices", []) == []
    assert api.made == []


def test_what_is_missing_is_left_out(api: Api, stub: Stubber) -> None:
    answer = {"services": [{"serviceName": "a"}], "failures": [{"arn": f"{ARN}:service/b", "reason": "MISSING"}]}
    stub.add_response("describe_services", answer)
    assert api.describe("DescribeServices", ["a", "b"]) == [{"serviceName": "a"}]


# Writing

CREATE = Call("CreateService", {"serviceName": "web"})
SERVICE = {"service": {"serviceName": "web"}}


def test_a_creation_carries_a_token_so_that_a_lost_answer_does_no_harm(api: Api, stub: Stubber) -> None:
    stub.add_response("create_service", SERVICE, {"serviceName": "web", "clientToken": ANY})
    assert api.make(CREATE) == SERVICE
    assert CREATE.params == {"serviceName": "web"}


def test_a_token_that_was_given_is_kept(api: Api, stub: Stubber) -> None:
    stub.add_response("create_service", SERVICE, {"serviceName": "web", "clientToken": "mine"})
    api.make(Call("CreateService", {"serviceName": "web", "clientToken": "mine"}))


def test_the_token_stays_the_same_while_a_refusal_is_waited_out(clock: StepClock, api: Api) -> None:
    tokens = []
    client = api.client()

    def note(params: dict[str, Any], **_more: Any) -> None:
        tokens.append(params["clientToken"])

    client.meta.events.register("before-parameter-build.ecs.CreateService", note)
    with Stubber(client) as stubber:
        stubber.add_client_error("create_service", "ClusterNotFoundException", "Cluster not found.")
        stubber.add_response("create_service", SERVICE)
        api.make(CREATE)
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]


Refusal = tuple[str, str, str]
WRONG = "InvalidParameterException"
PASSING: list[Refusal] = [
    ("CreateCluster", WRONG, "Unable to assume the service linked role."),
    ("CreateService", "ClusterNotFoundException", "Cluster not found."),
    ("CreateService", WRONG, "Unable to Start a service that is still Draining."),
    ("CreateService", WRONG, "The target group with targetGroupArn a does not have an associated load balancer."),
    ("UpdateService", WRONG, "The target group with targetGroupArn a does not have an associated load balancer."),
    ("DeleteService", WRONG, "The service cannot be stopped while deployments are active."),
    ("DeleteCluster", "ClusterContainsTasksException", "The cluster has tasks."),
    ("DeleteCluster", "UpdateInProgressException", "An update is in progress."),
    ("PutClusterCapacityProviders", "UpdateInProgressException", "The specified cluster is in a busy state."),
    (
        "RegisterTaskDefinition",
        "ClientException",
        "Too many concurrent attempts to create a new revision of the specified family.",
    ),
]
STAYING: list[Refusal] = [
    ("CreateService", WRONG, "Creation of service was not idempotent."),
    ("CreateService", "AccessDeniedException", "no"),
    ("UpdateService", "ClusterNotFoundException", "Cluster not found."),
    ("DeleteCluster", "ClientException", "no"),
    ("RegisterTaskDefinition", "ClientException", "Fargate requires that 'cpu' be defined at the task level."),
]


@pytest.mark.parametrize("refusal", PASSING, ids=": ".join)
def test_a_refusal_that_passes_is_waited_out(api: Api, clock: StepClock, refusal: Refusal) -> None:
    operation, code, message = refusal
    with Stubber(api.client("ecs", operation in ONCE)) as stub:
        for _attempt in range(3):
            stub.add_client_error(xform_name(operation), code, message)
        stub.add_response(xform_name(operation), {})
        assert api.make(Call(operation, {})) == {}
        stub.assert_no_pending_responses()
    assert clock.slept == sorted(clock.slept)
    assert len(clock.slept) == 3


def test_patience_ends_after_two_minutes(api: Api, clock: StepClock) -> None:
    with Stubber(api.client()) as stubber:
        for _attempt in range(50):
            stubber.add_client_error("create_service", "ClusterNotFoundException", "Cluster not found.")
        with pytest.raises(AwsError) as caught:
            api.make(CREATE)
    assert caught.value.code == "ClusterNotFoundException"
    assert 60 < clock.now() <= 120


@pytest.mark.parametrize("refusal", STAYING, ids=": ".join)
def test_a_refusal_that_stays_is_told_at_once(api: Api, clock: StepClock, refusal: Refusal) -> None:
    operation, code, message = refusal
    with Stubber(api.client("ecs", operation in ONCE)) as stub:
        stub.add_client_error(xform_name(operation), code, message)
        with pytest.raises(AwsError):
            api.make(Call(operation, {}))
        stub.assert_no_pending_responses()
    assert clock.slept == []


def test_an_answer_with_failures_is_a_failure(api: Api, stub: Stubber) -> None:
    failures = [
        {"arn": f"{ARN}:task-definition/shop:1", "reason": "The specified task definition is still in ACTIVE status."},
        {"reason": "RESOURCE:MEMORY"},
        {"arn": "x"},
    ]
    stub.add_response("delete_task_definitions", {"taskDefinitions": [], "failures": failures})
    with pytest.raises(AwsError) as caught:
        api.make(Call("DeleteTaskDefinitions", {"taskDefinitions": ["shop:1"]}))
    failure = caught.value.as_dict()
    assert failure["code"] == "Failures"
    assert failure["operation"] == "DeleteTaskDefinitions"
    assert failure["failures"] == failures
    for words in (f"{ARN}:task-definition/shop:1: The specified", "?: RESOURCE:MEMORY", "x: no reason given"):
        assert words in failure["message"]


# Checking


def test_a_planned_call_is_checked_without_being_made(api: Api) -> None:
    api.validate(Call("CreateCluster", {"clusterName": "prod"}))
    assert api.made == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call("CreateService", {}), 'Missing required parameter in input: "serviceName"'),
        (Call("CreateCluster", {"nonsense": 1}), 'Unknown parameter in input: "nonsense"'),
        (Call("CreateCluster", {"clusterName": 1}), "Invalid type for parameter clusterName"),
    ],
    ids=str,
)
def test_a_planned_call_that_botocore_would_refuse(api: Api, call: Call, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        api.validate(call)
    assert str(caught.value).startswith(f"{call.operation}: ")
    assert words in str(caught.value)
    assert caught.value.as_dict()["operation"] == call.operation


# What errors say


def _failure(api: Api) -> dict[str, Any]:
    with pytest.raises(AwsError) as caught:
        api.read("DescribeClusters", clusters=["prod"])
    failure = caught.value.as_dict()
    assert "\n" not in failure["message"]
    assert ".." not in failure["message"]
    assert failure["message"].endswith(".")
    return failure


REFUSED = [
    (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "the session token has expired; get new credentials and run again, nothing is lost.",
    ),
    ("UnrecognizedClientException", "The security token is invalid.", "AWS does not know these credentials; "),
    ("InvalidClientTokenId", "The token is invalid.", "AWS does not know these credentials; "),
    ("InvalidSignatureException", "The signature does not match.", "the secret key does not fit the access key; "),
    ("AccessDeniedException", "User x is not authorized to perform: ecs:DescribeClusters.", "allow this action "),
    ("AccessDenied", "no", "allow this action to the credentials in use."),
    ("ThrottlingException", "Rate exceeded", "AWS kept throttling the call; run again later"),
]


@pytest.mark.parametrize(("code", "message", "remedy"), REFUSED)
def test_a_refusal_says_what_to_do(api: Api, stub: Stubber, code: str, message: str, remedy: str) -> None:
    stub.add_client_error("describe_clusters", code, message, response_meta={"RequestId": "r-1"})
    failure = _failure(api)
    assert failure["message"].startswith(f"DescribeClusters was refused: {message.rstrip('.')} ({code}): {remedy}")
    assert failure["code"] == code
    assert failure["operation"] == "DescribeClusters"
    assert failure["request_id"] == "r-1"


def test_a_refusal_without_a_remedy_is_told_as_it_is(api: Api, stub: Stubber) -> None:
    stub.add_client_error("describe_clusters", "ClientException", "Something.")
    assert _failure(api)["message"] == "DescribeClusters was refused: Something (ClientException)."


def test_a_refusal_without_words(api: Api, stub: Stubber) -> None:
    stub.add_client_error("describe_clusters", "ServerException", "")
    assert _failure(api)["message"] == "DescribeClusters was refused: no reason given (ServerException)."


def test_no_credentials() -> None:
    failure = _failure(connect({"region": "eu-central-1"}))
    assert failure["code"] == "NoCredentialsError"
    assert failure["message"].startswith("No AWS credentials were found: give access_key and secret_key, or profile")


def test_an_access_key_without_its_secret() -> None:
    failure = _failure(connect({"region": "eu-central-1", "access_key": "AKIDEXAMPLE"}))
    assert failure["code"] == "PartialCredentialsError"
    assert "secret" in failure["message"]


def test_no_region() -> None:
    with pytest.raises(BadInput) as caught:
        connect({"access_key": "AKIDEXAMPLE", "secret_key": "example"})
    assert str(caught.value) == "No AWS region: give region, set AWS_REGION, or name a profile that has one."


def test_a_region_that_is_none() -> None:
    with pytest.raises(EcsError) as caught:
        connect({**CREDENTIALS, "region": "eu central"}).client()
    assert "eu central" in str(caught.value)


def test_a_profile_that_does_not_exist() -> None:
    for region in ({}, {"region": "eu-central-1"}):
        with pytest.raises(AwsError) as caught:
            connect({"profile": "nobody", **region}).client()
        assert caught.value.code == "ProfileNotFound"
        assert "nobody" in str(caught.value)
        assert str(caught.value).endswith(": check profile, or the file that AWS_CONFIG_FILE names.")


def test_a_profile_brings_region_and_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile shop]\nregion = eu-west-1\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    api = connect({"profile": "shop"})
    assert api.region == "eu-west-1"
    assert api.client().meta.region_name == "eu-west-1"


def test_profile_and_keys_exclude_each_other() -> None:
    for key in ("access_key", "secret_key", "session_token"):
        with pytest.raises(BadInput, match="exclude each other"):
            connect({"profile": "shop", "region": "eu-central-1", key: "x"})


def test_an_endpoint_where_nobody_listens() -> None:
    once = {"retries": {"total_max_attempts": 1}}
    failure = _failure(connect({**CREDENTIALS, "endpoint_url": "http://127.0.0.1:1", "aws_config": once}))
    assert "http://127.0.0.1:1" in failure["message"]
    assert failure["message"].endswith(": check endpoint_url, region and the network between.")
    assert failure["code"] == "EndpointConnectionError"


def test_an_endpoint_that_is_no_url() -> None:
    with pytest.raises(EcsError) as caught:
        connect({**CREDENTIALS, "endpoint_url": "localhost"}).client()
    assert "localhost" in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        {"nonsense": 1},
        {"retries": {"mode": "sometimes"}},
        {"retries": {"max_attempts": -1}},
        {"retries": "many"},
        {"s3": {"addressing_style": "sideways"}},
    ],
    ids=str,
)
def test_an_aws_config_that_botocore_does_not_take(config: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        connect({**CREDENTIALS, "aws_config": config})
    assert str(caught.value).startswith("aws_config: ")


def test_a_service_that_this_botocore_does_not_know(api: Api) -> None:
    with pytest.raises(AwsError) as caught:
        api.client("tomorrow")
    assert str(caught.value).endswith(": update botocore.")


# How calls go out


def test_every_call_retries_and_says_who_calls() -> None:
    config = connect(CREDENTIALS).client().meta.config
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] >= 5
    assert "longshore.ecs/" in config.user_agent_extra


def test_the_users_aws_config_wins() -> None:
    own = {"connect_timeout": 3, "retries": {"mode": "adaptive", "total_max_attempts": 9}}
    config = connect({**CREDENTIALS, "aws_config": own}).client().meta.config
    assert config.connect_timeout == 3
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 9}


def test_the_endpoint_and_the_certificate_are_the_users(tmp_path: Path) -> None:
    client = connect({**CREDENTIALS, "endpoint_url": "http://127.0.0.1:5000", "validate_certs": False}).client()
    assert client.meta.endpoint_url == "http://127.0.0.1:5000"


def test_a_client_is_made_once(api: Api) -> None:
    assert api.client() is api.client()
    assert api.client("events") is not api.client()
