# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""read -> plan -> make -> settle, with a resource made for the test and a clock that only moves when it is slept on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import botocore.session
import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._core import (
    Ask,
    Call,
    Found,
    Outcome,
    Resource,
    plan,
    reconcile,
)
from ansible_collections.longshore.ecs.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    EcsError,
    Immutable,
    TimedOut,
)
from ansible_collections.longshore.ecs.plugins.module_utils._watch import Clock, UnderWay, Watch

MODEL = botocore.session.get_session().get_service_model("ecs")
SHAPE = MODEL.operation_model("CreateService").input_shape


class StepClock(Clock):
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def reconciled(aws: Aws, wanted: Ask, clock: StepClock) -> Outcome:
    """Bring the thing to what is wanted, waiting by this clock."""
    wanted.watch = Watch(clock)
    return reconcile(Thing(), aws, wanted)


class Aws:
    """What AWS has: one service at most, shown only after `lag` reads."""

    def __init__(self, service: dict[str, Any] | None = None, lag: int = 0) -> None:
        self.service = service
        self.old: dict[str, Any] | None = None
        self.lag = lag
        self.reads = 0
        self.calls: list[Call] = []
        self.validated: list[Call] = []
        self.refuse: str | None = None

    def shape(self, operation: str, service: str = "ecs") -> Any:
        return MODEL.operation_model(operation).input_shape

    def forget(self) -> None:
        pass

    def validate(self, call: Call) -> None:
        self.validated.append(call)

    def read(self) -> dict[str, Any] | None:
        self.reads += 1
        if self.calls and self.lag:
            self.lag -= 1
            return self.old
        return self.service

    def make(self, call: Call) -> dict[str, Any]:
        if call.operation == self.refuse:
            raise EcsError("refused", operation=call.operation)
        if not self.calls:
            self.old = self.service
        self.calls.append(call)
        if call.operation == "DeleteService":
            self.service = None
        elif "Tag" not in call.operation:
            self.service = {"status": "ACTIVE", "serviceArn": "arn", **(self.service or {}), **call.params}
        elif call.operation == "TagResource":
            self.service = {**(self.service or {}), "tags": call.params["tags"]}
        return {}


class Thing(Resource):
    """A resource with nothing special."""

    kind = "service"
    creates = "CreateService"
    answers = "Service"
    arn = "serviceArn"
    identity = ("serviceName",)
    create_only = frozenset({"launchType"})

    def read(self, api: Any, ask: Ask) -> Found | None:
        shown = api.read()
        return self.shaped(shown) if shown else None

    def leaving(self, found: Found) -> bool:
        return found.shown.get("status") == "DRAINING"

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        return [Call("UpdateService", {name: after[name] for name in sorted(changes)})] if changes else []

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        return [Call("DeleteService", {"service": "web"})] if found else []

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        return UnderWay("it is slow") if found and found.shown.get("slow") else None


def ask(options: dict[str, Any] | None = None, **document: Any) -> Ask:
    return Ask({"serviceName": "web", **document}, options or {}, wait=60)


def service(**members: Any) -> dict[str, Any]:
    return {"serviceName": "web", "serviceArn": "arn", "status": "ACTIVE", **members}


def operations(calls: list[Call]) -> list[str]:
    return [call.operation for call in calls]


CASES: list[tuple[str, dict[str, Any] | None, Ask, list[str]]] = [
    ("what is missing is created", None, ask(desiredCount=1), ["CreateService"]),
    ("unset leaves alone", service(desiredCount=3), ask(), []),
    ("equal needs no call", service(desiredCount=3), ask(desiredCount=3), []),
    ("a difference is updated", service(desiredCount=3), ask(desiredCount=4), ["UpdateService"]),
    ("a default that AWS fills in is no difference", service(propagateTags="NONE"), ask(), []),
    ("tags not given are left", service(tags=[{"key": "a", "value": "1"}]), ask(), []),
    ("tags given are exact", service(tags=[{"key": "a", "value": "1"}]), ask(tags=[]), ["UntagResource"]),
    ("AWS's own tags stay", service(tags=[{"key": "aws:x", "value": "1"}]), ask(tags=[]), []),
    (
        "tags are kept without purging",
        service(tags=[{"key": "a", "value": "1"}]),
        ask({"purge_tags": False}, tags=[{"key": "b", "value": "2"}]),
        ["TagResource"],
    ),
    (
        "ignored members are left",
        service(desiredCount=3),
        ask({"ignore_changes": frozenset({"desiredCount"})}, desiredCount=4),
        [],
    ),
    (
        "ignored members are used to create",
        None,
        ask({"ignore_changes": frozenset({"desiredCount"})}, desiredCount=4),
        ["CreateService"],
    ),
    (
        "recreate deletes first",
        service(launchType="EC2"),
        ask({"recreate": True}, launchType="FARGATE"),
        ["DeleteService", "CreateService"],
    ),
    ("absent deletes", service(), Ask({"serviceName": "web"}, state="absent"), ["DeleteService"]),
    ("absent twice is nothing", None, Ask({"serviceName": "web"}, state="absent"), []),
]


@pytest.mark.parametrize(("have", "wanted", "calls"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_plan(have: dict[str, Any] | None, wanted: Ask, calls: list[str]) -> None:
    found = Thing().shaped(have) if have else None
    assert operations(plan(Thing(), found, wanted, SHAPE).calls) == calls


@pytest.mark.parametrize(("have", "wanted", "calls"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_check_mode_plans_the_same_and_writes_nothing(
    have: dict[str, Any] | None, wanted: Ask, calls: list[str]
) -> None:
    aws = Aws(have)
    checked = Ask(dict(wanted.document), wanted.options, wanted.state, check=True, wait=60)
    assert operations(reconciled(aws, checked, StepClock()).plan.calls) == calls
    assert aws.calls == []
    assert operations(aws.validated) == calls


def test_an_immutable_change_names_the_member_both_values_and_the_remedy() -> None:
    with pytest.raises(Immutable) as caught:
        plan(Thing(), Thing().shaped(service(launchType="EC2")), ask(launchType="FARGATE"), SHAPE)
    for words in ("launch_type", "EC2", "FARGATE", "web", "recreate=true"):
        assert words in str(caught.value)


class Fixed(Thing):
    """A resource of which a member inside of a member is for life."""

    fixed = frozenset({"deploymentController.type"})


def test_what_is_fixed_inside_of_a_member_is_named_by_its_path() -> None:
    have = Fixed().shaped(service(deploymentController={"type": "EXTERNAL"}))
    with pytest.raises(Immutable, match=r"deployment_controller\.type \(is 'EXTERNAL', wanted 'ECS'\)") as caught:
        plan(Fixed(), have, ask(deploymentController={"type": "ECS"}), SHAPE)
    assert caught.value.data["members"] == ["deployment_controller.type"]
    same = ask(deploymentController={"type": "EXTERNAL"}, desiredCount=2)
    assert operations(plan(Fixed(), have, same, SHAPE).calls) == ["UpdateService"]


class Slow(Thing):
    """A resource whose calls must be done one by one: the next is refused until the one before has passed."""

    def __init__(self, clock: StepClock) -> None:
        self.clock = clock

    def create(self, ask: Ask) -> Iterable[Call]:
        return [Call("CreateService", dict(ask.document)), Call("TagResource", {"resourceArn": "arn", "tags": []})]

    def between(self, api: Any, call: Call, ask: Ask) -> UnderWay | None:
        assert call.operation == "CreateService"
        return None if self.clock.now() >= 30 else UnderWay("it is not done yet")


@pytest.mark.parametrize("wait", [600.0, 0.0])
def test_the_next_call_waits_for_what_the_call_before_has_set_off(wait: float) -> None:
    clock = StepClock()
    wanted = Ask({"serviceName": "web"}, wait=wait, watch=Watch(clock))
    outcome = reconcile(Slow(clock), Aws(), wanted)
    assert operations(outcome.made) == ["CreateService", "TagResource"] and clock.now() >= 30


def test_the_diff_is_cut_to_what_differs() -> None:
    have = service(desiredCount=3, deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100})
    planned = plan(Thing(), Thing().shaped(have), ask(deploymentConfiguration={"maximumPercent": 150}), SHAPE)
    assert planned.before == {"deploymentConfiguration": {"maximumPercent": 200}}
    assert planned.after == {"deploymentConfiguration": {"maximumPercent": 150}}


def test_a_change_to_a_default_is_shown_in_the_diff() -> None:
    planned = plan(Thing(), Thing().shaped(service(propagateTags="SERVICE")), ask(propagateTags="NONE"), SHAPE)
    assert (planned.before, planned.after) == ({"propagateTags": "SERVICE"}, {"propagateTags": "NONE"})


def test_a_stale_read_after_a_write_is_read_again() -> None:
    aws, clock = Aws(service(desiredCount=1), lag=3), StepClock()
    outcome = reconciled(aws, ask(desiredCount=2), clock)
    assert outcome.found and outcome.found.document["desiredCount"] == 2
    assert clock.seconds > 0


def test_an_unchanged_resource_is_read_once_and_not_slept_on() -> None:
    aws, clock = Aws(service(desiredCount=2)), StepClock()
    reconciled(aws, ask(desiredCount=2), clock)
    assert (aws.reads, clock.seconds) == (1, 0)


def test_a_timeout_says_what_was_waited_for() -> None:
    with pytest.raises(TimedOut, match=r"60 seconds: it is slow.*wait_timeout"):
        reconciled(Aws(service(slow=True)), ask(), StepClock())


def test_without_wait_nothing_is_waited_for() -> None:
    clock = StepClock()
    reconciled(Aws(service(slow=True)), Ask({"serviceName": "web", "desiredCount": 2}), clock)
    assert clock.seconds == 0


def test_a_failure_says_which_calls_were_made_before_it() -> None:
    aws = Aws(service(desiredCount=1))
    aws.refuse = "TagResource"
    with pytest.raises(EcsError) as caught:
        reconciled(aws, ask(desiredCount=2, tags=[{"key": "a", "value": "1"}]), StepClock())
    assert operations(caught.value.data["made"]) == ["UpdateService"]


def test_what_is_still_being_deleted_is_waited_for_before_it_is_created_anew() -> None:
    class Draining(Aws):
        def read(self) -> dict[str, Any] | None:
            self.reads += 1
            return service(status="DRAINING") if self.reads < 4 and not self.calls else self.service

    aws = Draining()
    reconciled(aws, ask(desiredCount=1), StepClock())
    assert operations(aws.calls) == ["CreateService"]
    with pytest.raises(Blocked, match="still being deleted"):
        reconciled(Draining(), Ask({"serviceName": "web"}), StepClock())


def test_a_masked_value_keeps_what_aws_has_and_is_never_sent() -> None:
    secret = {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "12345678"}}, "enabled": True}
    masked = {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "********"}}, "enabled": True}
    have = service(serviceConnectConfiguration=secret)
    outcome = reconciled(Aws(have), ask(serviceConnectConfiguration=masked), StepClock())
    assert outcome.plan.calls == []
    with pytest.raises(BadInput, match="masked value"):
        reconciled(Aws(), ask(serviceConnectConfiguration=masked), StepClock())
