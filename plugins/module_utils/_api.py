# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door to AWS: clients, retries, batched and memoised reads, and errors that say what to do."""

from __future__ import annotations

import copy
import gc
import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from ._core import Call
from ._errors import BadInput, EcsError
from ._watch import Clock

try:
    import botocore.config
    import botocore.exceptions
    import botocore.loaders
    import botocore.model
    import botocore.session
    import botocore.validate

    HAS_BOTOCORE = True
except ImportError:
    HAS_BOTOCORE = False

SERVER_ERROR = 500
USER_AGENT = "longshore.ecs/1.0.0"

# Refusals that pass by themselves, because AWS is eventually consistent: operation -> (error code, words of the
# message). Only the words tell them from refusals that stay. Sources: terraform-provider-aws (internal/service/ecs),
# RegisterTaskDefinition and DeleteCluster in the API reference.
CONCURRENT = (("ConcurrentUpdateException", ""),)
EVENTUAL: dict[str, tuple[tuple[str, str], ...]] = {
    "CreateCluster": (("InvalidParameterException", "Unable to assume the service linked role"),),
    "CreateService": (
        ("ClusterNotFoundException", ""),
        ("InvalidParameterException", "Unable to assume the service linked role"),
        ("InvalidParameterException", "does not have an associated load balancer"),
        ("InvalidParameterException", "verify that the ECS service role being passed has the proper permissions"),
        ("InvalidParameterException", "still Draining"),
    ),
    "UpdateService": (
        ("InvalidParameterException", "does not have an associated load balancer"),
        ("InvalidParameterException", "verify that the ECS service role being passed has the proper permissions"),
    ),
    "DeleteService": (
        ("InvalidParameterException", "cannot be stopped while deployments are active"),
        ("InvalidParameterException", "has a dependent object"),
    ),
    "DeleteCluster": (
        ("ClusterContainsTasksException", ""),
        ("ClusterContainsServicesException", ""),
        ("UpdateInProgressException", ""),
    ),
    # terraform-provider-aws (internal/service/ecs, capacity_provider): it waits out other changes of the provider.
    # A role that has just been made (terraform-provider-aws, ssm).
    "CreateActivation": (("ValidationException", "Nonexistent role or missing ssm service principal"),),
    "CreateCapacityProvider": (
        ("UpdateInProgressException", ""),
        ("ClientException", "Unable to assume the service linked role"),
    ),
    "UpdateCapacityProvider": (("UpdateInProgressException", ""),),
    "DeleteCapacityProvider": (("UpdateInProgressException", ""),),
    "PutClusterCapacityProviders": (
        ("UpdateInProgressException", ""),
        ("ClientException", "Cluster was not ACTIVE"),
        ("InvalidParameterException", "is not in an ACTIVE state"),
    ),
    "RegisterTaskDefinition": (("ClientException", "Too many concurrent attempts"),),
    # A service, or a target, that was made a moment ago (RegisterScalableTarget; terraform-provider-aws).
    "RegisterScalableTarget": (("ValidationException", "ECS service doesn't exist"), *CONCURRENT),
    "DeregisterScalableTarget": CONCURRENT,
    "PutScalingPolicy": (("ObjectNotFoundException", "No scalable target"), *CONCURRENT),
    "PutScheduledAction": (("ObjectNotFoundException", "No scalable target"), *CONCURRENT),
    "DeleteScalingPolicy": CONCURRENT,
    "DeleteScheduledAction": CONCURRENT,
    # A role that has just been made (terraform-provider-aws, scheduler).
    "CreateSchedule": (("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"),),
    "UpdateSchedule": (("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"),),
    # A principal that has just been made: IAM tells ECR about it after a while (terraform-provider-aws, ecr).
    "SetRepositoryPolicy": (("InvalidParameterException", "Invalid repository policy provided"),),
}

# Calls that AWS would carry out twice if they were sent twice: botocore must not repeat them when an answer is lost.
# RegisterTaskDefinition, StartTask and CodeDeploy's CreateDeployment take no token: they make a revision, start tasks,
# and deploy, each time. The others would refuse what they have done.
ONCE = frozenset({"CreateDeployment", "CreateRepository", "DeleteRepository", "RegisterTaskDefinition", "StartTask"})

# Operations that act once however often they are sent with the same token, and the member that takes it.
TOKENS = {
    "CreateSchedule": "ClientToken",
    "CreateScheduleGroup": "ClientToken",
    "CreateService": "clientToken",
    "DeleteSchedule": "ClientToken",
    "DeleteScheduleGroup": "ClientToken",
}

UNKNOWN_CREDENTIALS = "AWS does not know these credentials; check access_key, secret_key, session_token or profile"
# What a person does about errors that any call can meet.
REMEDIES = {
    "ExpiredToken": "the session token has expired; get new credentials and run again, nothing is lost",
    "UnrecognizedClient": UNKNOWN_CREDENTIALS,
    "InvalidClientTokenId": UNKNOWN_CREDENTIALS,
    "InvalidSignature": "the secret key does not fit the access key; check secret_key or profile",
    "SignatureDoesNotMatch": "the secret key does not fit the access key; check secret_key or profile",
    "AccessDenied": "allow this action to the credentials in use",
    "LimitExceeded": "delete what is not used any more, or ask AWS for a higher quota",
    "DeploymentLimitExceeded": "wait for its end, or stop it with longshore.ecs.deployment, then run again",
    "Throttling": "AWS kept throttling the call; run again later, or with fewer parallel runs",
}


# Describing operation -> the member that takes names, the member that answers, how many names one call takes (API
# reference of each). DescribeCapacityProviders takes a hundred, and answers ten at a time.
BATCHES = {
    "DescribeScalableTargets": ("ResourceIds", "ScalableTargets", 50),
    "DescribeCapacityProviders": ("capacityProviders", "capacityProviders", 10),
    "DescribeClusters": ("clusters", "clusters", 100),
    "DescribeContainerInstances": ("containerInstances", "containerInstances", 100),
    "DescribeServices": ("services", "services", 10),
    "DescribeServiceDeployments": ("serviceDeploymentArns", "serviceDeployments", 20),
    "DescribeServiceRevisions": ("serviceRevisionArns", "serviceRevisions", 20),
    "DescribeTasks": ("tasks", "tasks", 100),
}


# Whose they are, where that is not ECS.
OWNERS = {"DescribeScalableTargets": "application-autoscaling"}


class AwsError(EcsError):
    """AWS, or the way to it, refused a call. `answer` is what AWS did of it nevertheless, where that is known."""

    broken = False  # whether nobody refused the call: the way to AWS failed, or AWS itself

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message, **data)
        self.answer: dict[str, Any] = {}


def connect(params: Mapping[str, Any], clock: Clock | None = None) -> Api:
    """Make the door from a module's connection options, which are those of amazon.aws.

    Raises BadInput when they contradict each other or name no region. No call is made.
    """
    if params.get("profile") and (params.get("access_key") or params.get("secret_key") or params.get("session_token")):
        raise BadInput("profile and access_key/secret_key/session_token exclude each other: give one of the two.")
    try:
        session = botocore.session.Session(profile=params.get("profile") or None)
        settings = {
            "region_name": params.get("region") or session.get_config_variable("region"),
            "endpoint_url": params.get("endpoint_url") or None,
            "aws_access_key_id": params.get("access_key") or None,
            "aws_secret_access_key": params.get("secret_key") or None,
            "aws_session_token": params.get("session_token") or None,
            "verify": (params.get("aws_ca_bundle") or None) if params.get("validate_certs", True) else False,
            "config": _config(params.get("aws_config") or {}),
        }
    except botocore.exceptions.BotoCoreError as error:
        raise _explained(error, None) from error
    if not settings["region_name"]:
        raise BadInput("No AWS region: give region, set AWS_REGION, or name a profile that has one.")
    return Api(session, settings, clock or Clock())


def _config(given: Mapping[str, Any]) -> Any:
    """Complete the user's aws_config: every call retries, and an unreachable host is reported soon."""
    base = botocore.config.Config(
        retries={"mode": "standard", "total_max_attempts": 6},
        connect_timeout=10,
        max_pool_connections=64,  # as many as threads may call at once
        user_agent_extra=USER_AGENT,
        # Writes are validated when they are planned, reads are ours.
        parameter_validation=False,
    )
    try:
        return base.merge(botocore.config.Config(**given))
    except (AttributeError, TypeError, ValueError, botocore.exceptions.BotoCoreError) as error:
        raise BadInput(
            f"aws_config: {str(error).rstrip('.')}; see botocore.config.Config for what it takes."
        ) from error


class Api:
    """AWS as one account and region see it. Reads are remembered until a write is made. Threads may share it."""

    # What calls pass through to wait their turn and to be repeated; without it, botocore repeats them by itself.
    pace: Any = None

    def __init__(self, session: Any, settings: Mapping[str, Any], clock: Clock) -> None:
        self._session = session
        self._settings = settings
        self.clock = clock
        self._clients: dict[tuple[str, bool], Any] = {}
        self._memo: dict[str, Future[dict[str, Any]]] = {}
        self._shapes: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self.made: list[str] = []

    @property
    def region(self) -> str:
        """Name the region that the calls go to."""
        return str(self._settings["region_name"])

    @property
    def attempts(self) -> int:
        """Tell how often a call is sent at most, by the user's aws_config or ours."""
        return int(self._settings["config"].retries.get("total_max_attempts", 6))

    def at(self, region: str) -> Api:
        """Give the door to another Region of the same account; it notes its calls in the same list."""
        other = Api(self._session, {**self._settings, "region_name": region}, self.clock)
        other.made, other.pace = self.made, self.pace
        return other

    def apart(self) -> Api:
        """Give the same door with a memory of its own, which the writes of others do not clear."""
        other = copy.copy(self)
        other._memo = {}
        return other

    def client(self, service: str = "ecs", once: bool = False) -> Any:
        """Give the botocore client of a service, or with `once` one that repeats no call; each is made once."""
        with self._lock:
            return self._client((service, once or self.pace is not None))

    def _client(self, key: tuple[str, bool]) -> Any:
        service, once = key
        if key not in self._clients:
            settings = dict(self._settings)
            if once:
                retries = {"mode": "standard", "total_max_attempts": 1}
                settings["config"] = settings["config"].merge(botocore.config.Config(retries=retries))
            # botocore parses a megabyte of JSON here; the garbage collector, which finds nothing in it, takes as long
            # again.
            collects = gc.isenabled()
            gc.disable()
            try:
                self._clients[key] = self._session.create_client(service, **settings)
            except (botocore.exceptions.BotoCoreError, ValueError) as error:
                raise _explained(error, None) from error
            finally:
                if collects:
                    gc.enable()
        return self._clients[key]

    def shape(self, operation: str, service: str = "ecs") -> Any:
        """Give the shape of an operation's input; raises BadInput for one that this botocore does not know yet."""
        if (service, operation) in self._shapes:
            return self._shapes[service, operation]
        model = self.model(service)
        if operation not in model.operation_names:
            raise BadInput(
                f"botocore {botocore.__version__} does not know {operation} of {service}; update botocore to use it.",
                code="BotocoreTooOld",
                operation=operation,
            )
        self._shapes[service, operation] = model.operation_model(operation).input_shape
        return self._shapes[service, operation]

    def type(self, name: str, service: str = "ecs") -> Any:
        """Give a type of a service's model by its name."""
        return self.model(service).shape_for(name)

    def model(self, service: str) -> Any:
        """Give the model of a service."""
        return self.client(service).meta.service_model

    def validate(self, call: Call) -> None:
        """Check a planned call against the service model, as botocore would at the time of the call."""
        report = botocore.validate.ParamValidator().validate(call.params, self.shape(call.operation, call.service))
        if report.has_errors():
            said = report.generate_report().replace("\n", "; ")
            raise BadInput(f"{call.operation}: {said}.", operation=call.operation)

    def read(self, operation: str, service: str = "ecs", /, **params: Any) -> dict[str, Any]:
        """Make a reading call, or remember its answer."""
        key = _key(service, operation, params)
        mine: Future[dict[str, Any]] = Future()
        known = self._memo.setdefault(key, mine)  # one step, also where threads ask for the same
        if known is not mine:  # whoever asks may not have an answer yet; without one, this finds out for itself
            return dict(known.result()) if not known.exception() else self._call(service, operation, params)
        try:
            mine.set_result(self._call(service, operation, params))
        except BaseException as error:
            self._memo.pop(key, None)
            mine.set_exception(error)
            raise
        return dict(mine.result())

    def remember(self, answer: dict[str, Any], operation: str, service: str = "ecs", /, **params: Any) -> None:
        """Take an answer for that to this call, as if it had been made."""
        known: Future[dict[str, Any]] = Future()
        known.set_result(answer)
        self._memo[_key(service, operation, params)] = known

    def forget(self) -> None:
        """Drop what was read, so that the next read asks AWS again."""
        self._memo.clear()

    def pages(self, operation: str, key: str, service: str = "ecs", /, **params: Any) -> Iterator[Any]:
        """Read all pages of a listing; some have no paginator in botocore, so the token is followed here."""
        token: dict[str, Any] = {}
        token_name = "NextToken" if "NextToken" in self.shape(operation, service).members else "nextToken"
        while True:
            answer = self.read(operation, service, **params, **token)
            yield from answer.get(key, [])
            if not answer.get(token_name):
                return
            token = {token_name: answer[token_name]}

    def describe(self, operation: str, names: Iterable[str], /, **params: Any) -> list[dict[str, Any]]:
        """Describe many resources by name in as few calls as the API allows; what is missing is left out."""
        takes, gives, size = BATCHES[operation]
        service = OWNERS.get(operation, "ecs")
        wanted, found = list(names), []
        for start in range(0, len(wanted), size):
            batch: dict[str, Any] = {**params, takes: wanted[start : start + size]}
            found += self.read(operation, service, **batch).get(gives, [])
        return found

    def make(self, call: Call) -> dict[str, Any]:
        """Make a planned write; refusals that pass by themselves are waited out for up to two minutes."""
        params = dict(call.params)
        if call.operation in TOKENS:
            # A lost answer must not become a second service: the same token gives the same service.
            params.setdefault(TOKENS[call.operation], str(uuid.uuid4()))
        deadline, delay = self.clock.now() + 120, 1.0
        self.forget()
        while True:
            try:
                return _whole(self._call(call.service, call.operation, params), call.operation)
            except AwsError as error:
                if not _passes(call.operation, error) or self.clock.now() + delay > deadline:
                    raise
            self.clock.sleep(delay)
            delay = min(delay * 1.6, 15)

    def _call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.made.append(f"{service}:{operation}")
        once = operation in ONCE
        if not self.pace:
            return self._send(service, operation, params, once)
        return dict(self.pace.through(operation, lambda: self._send(service, operation, params, True), not once))

    def _send(self, service: str, operation: str, params: dict[str, Any], once: bool) -> dict[str, Any]:
        method = getattr(self.client(service, once), botocore.xform_name(operation))
        try:
            answer = method(**params)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            explained = _explained(error, operation)
            explained.broken = _may_be_applied(error)
            explained.uncertain = explained.broken and operation in ONCE
            raise explained from error
        answer.pop("ResponseMetadata", None)
        return dict(answer)


class Models(Api):
    """The service models alone, for what makes no call: it needs neither a Region, nor credentials, nor a profile."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(None, {"region_name": ""}, clock)
        self._models: dict[str, Any] = {}

    def model(self, service: str) -> Any:
        """Give the model of a service; raises BadInput for one that this botocore does not know."""
        if service not in self._models:
            try:
                description = botocore.loaders.create_loader().load_service_model(service, "service-2")
            except botocore.exceptions.UnknownServiceError as error:
                raise _explained(error, None) from error
            self._models[service] = botocore.model.ServiceModel(description, service)
        return self._models[service]


def _key(service: str, operation: str, params: dict[str, Any]) -> str:
    return json.dumps([service, operation, params], sort_keys=True, default=str)


def _may_be_applied(error: Exception) -> bool:
    """Tell whether AWS may have carried out the call although it failed: the answer was lost, or is a 5xx."""
    if isinstance(error, botocore.exceptions.ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= SERVER_ERROR
    return isinstance(error, (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError))


def _whole(answer: dict[str, Any], operation: str) -> dict[str, Any]:
    """Refuse an answer with failures: many ECS operations answer 200 although part of the work was not done."""
    failures = answer.get("failures") or []
    if not failures:
        return answer
    reasons = "; ".join(
        f"{failure.get('arn', '?')}: {failure.get('reason', 'no reason given')}" for failure in failures
    )
    error = AwsError(f"{operation} failed in part: {reasons}.", code="Failures", operation=operation, failures=failures)
    error.answer = answer
    raise error


def _passes(operation: str, error: AwsError) -> bool:
    if operation in ONCE and error.code.startswith("Throttling"):  # botocore repeats the others itself
        return True
    return any(error.code == code and words in str(error) for code, words in EVENTUAL.get(operation, ()))


def _explained(error: Exception, operation: str | None) -> AwsError:
    """Turn what botocore raises into one sentence that says what to do."""
    if isinstance(error, botocore.exceptions.ClientError):
        return _refused(error, operation)
    remedies = (
        (
            botocore.exceptions.NoCredentialsError,
            "No AWS credentials were found: give access_key and secret_key, or profile, or set the environment.",
        ),
        (
            botocore.exceptions.PartialCredentialsError,
            "The AWS credentials are incomplete: give access_key and secret_key together.",
        ),
        (botocore.exceptions.NoRegionError, "No AWS region: give region, or set AWS_REGION."),
        (botocore.exceptions.ProfileNotFound, f"{error}: check profile, or the file that AWS_CONFIG_FILE names."),
        (botocore.exceptions.SSLError, f"{error}: check aws_ca_bundle, or the endpoint's certificate."),
        (
            (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError),
            f"{str(error).rstrip('.')}: check endpoint_url, region and the network between.",
        ),
        (botocore.exceptions.UnknownServiceError, f"{error}: update botocore."),
    )
    for kind, sentence in remedies:
        if isinstance(error, kind):
            return AwsError(sentence, code=type(error).__name__, operation=operation)
    return AwsError(f"{str(error).rstrip('.')}.", code=type(error).__name__, operation=operation)


def _refused(error: Any, operation: str | None) -> AwsError:
    detail = error.response.get("Error", {})
    code, message = detail.get("Code", "Unknown"), detail.get("Message") or "no reason given"
    remedy = next((remedy for start, remedy in REMEDIES.items() if code.startswith(start)), None)
    request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
    sentence = f"{operation} was refused: {message.rstrip('.')} ({code})"
    sentence += f": {remedy}." if remedy else "."
    return AwsError(sentence, code=code, operation=operation, request_id=request_id, reason=message)
