# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""read -> plan -> make -> settle, once for every kind of resource.

A plan is data: `plan` turns what AWS has and what the user wants into a list of calls. `changed`, check mode, the
diff and the result's `actions` all come from that list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from ._errors import BadInput, Blocked, EcsError, Immutable, TimedOut
from ._normal import cut, normal, overlay, snake
from ._secret import MASK, restored
from ._watch import Clock, Paused, UnderWay, Watch

# After a write, a read may answer with the old state for a while. This long we read again before we believe it.
STALE_SECONDS = 20.0
# This long a call may take before the next call of a plan, where nobody wants to wait for the end of them all.
BETWEEN_SECONDS = 300.0
# While a read still answers with the old state.
UNSEEN = UnderWay("AWS does not show the change yet", quiet=True)
# How often a call whose answer was lost is looked after and, if it was not carried out, made again.
DOUBTS = 5


@dataclass(frozen=True)
class Call:
    """One write to AWS, planned but not made. After a call with `gone`, the resource must disappear first."""

    operation: str
    params: dict[str, Any]
    service: str = "ecs"
    gone: bool = False


@dataclass
class Ask:
    """What the user asked for: a document in the API's spelling, and the manner in which to bring it about."""

    document: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    state: str = "present"
    check: bool = False
    wait: float = 0.0
    # What later steps have to know, such as a name that a read resolved; what a wait has to know lies in watch.notes.
    notes: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    watch: Watch = field(default_factory=lambda: Watch(Clock()))

    @property
    def gone(self) -> bool:
        """Whether the resource is not to exist."""
        return self.state == "absent"


@dataclass
class Found:
    """A resource as AWS has it: `document` in the shape of the create request, `shown` as AWS answered."""

    document: dict[str, Any]
    shown: dict[str, Any]


@dataclass
class Plan:
    """The calls that bring the wanted state about, and the two sides of the diff."""

    calls: list[Call]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What a reconciliation came to. `found` is the state afterwards: predicted in check mode, else read."""

    plan: Plan
    found: Found | None
    made: list[Call] = field(default_factory=list)


class Resource:
    """One kind of resource: facts, then the verbs read, create, update, delete, pending, always in this order."""

    kind = ""
    plural = ""  # where it is more than the kind and an s
    service = "ecs"  # the AWS service whose operations these are
    creates = ""  # the operation whose input is the shape of every document
    answers = ""  # the API type that AWS shows the resource as
    arn = ""  # the member of that type which identifies the resource for tagging
    deploys: frozenset[str] = frozenset()  # members whose change starts a deployment
    tag_members = ("key", "value")  # how the service spells a tag; documents spell it in lower case
    tag_request = ("resourceArn", "tags", "tagKeys")  # and how its operations for tags spell what they take
    upserts = False  # whether the creating operation also changes what exists, and leaves its tags alone
    identity: tuple[str, ...] = ()
    rename: ClassVar[dict[str, Any]] = {}  # option -> member, where the two differ in more than spelling
    create_only: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()  # what cannot change inside of members that can, as paths: member.member
    wrappers: tuple[str, ...] = ()  # members under which describe-* prints such a document
    tells = False  # whether its waits are long enough to tell progress, by an action plugin of its name
    whole = False  # the document given is the whole document: a member that it lacks must not be there
    latest = False  # whether a family without a revision means its newest one at any time, not that of this run
    options: ClassVar[dict[str, Any]] = {}
    manner: frozenset[str] = frozenset()  # options that are not members: how to go about it
    info_options: ClassVar[dict[str, Any]] = {}

    def shape(self, api: Any) -> Any:
        """Give the shape of every document of this kind: what the creating request takes."""
        return api.shape(self.creates, self.service)

    def spelled_tags(self, tags: list[dict[str, str]]) -> Any:
        """Spell tags as the service wants them."""
        return [dict(zip(self.tag_members, (tag["key"], tag["value"]), strict=True)) for tag in tags]

    @staticmethod
    def legacy(*flags: str) -> dict[str, Any]:
        """Give the options with which community.aws paces its waiting, and flags that have no effect here."""
        return {"delay": {"type": "int"}, "repeat": {"type": "int"}, **{flag: {"type": "bool"} for flag in flags}}

    def accept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Turn spellings that are not the API's into the API's, before the model reads them."""
        return given

    def prepare(self, api: Any, ask: Ask) -> None:
        """Check and complete what the user gave, before anything is read or planned."""

    def batch(self, ask: Ask) -> tuple[str, str, dict[str, Any]] | None:
        """Name the read that many resources can share, as operation, name and further parameters; None without one."""
        return None

    def further(self, api: Any, ask: Ask) -> tuple[str, str, dict[str, Any]] | None:
        """Name, as `batch` does, a second read that many can share and that depends on what the first has found."""
        return None

    def read(self, api: Any, ask: Ask) -> Found | None:
        """Read the resource; None if it does not exist."""
        raise NotImplementedError

    def shaped(self, shown: dict[str, Any]) -> Found:
        """Give a resource as AWS shows it in the shape of the create request."""
        return Found(dict(shown), shown)

    def find(self, api: Any, params: dict[str, Any]) -> Iterable[Found]:
        """Read the resources that an info module asks for: by name, or all."""
        raise NotImplementedError

    def leaving(self, found: Found) -> bool:
        """Tell whether the resource is being deleted, so that its name is not free yet."""
        return False

    def adopt(self, api: Any, found: Found, ask: Ask) -> None:
        """Bring members that AWS spells in several ways (name or ARN) into one spelling on both sides."""

    def survey(self, api: Any, found: Found | None, ask: Ask) -> None:
        """Look, once, at what the plan has to know beyond the resource itself."""

    def create(self, ask: Ask) -> Iterable[Call]:
        """Plan the calls that make the resource."""
        return [Call(self.creates, {name: value for name, value in ask.document.items() if value not in ([], {}, "")})]

    def update(self, found: Found, ask: Ask, after: dict[str, Any], changes: set[str]) -> Iterable[Call]:
        """Plan the calls that make `changes` (members, without tags) to a resource that exists."""
        raise NotImplementedError

    def delete(self, found: Found | None, ask: Ask) -> Iterable[Call]:
        """Plan the calls that remove the resource, or what is left of it."""
        raise NotImplementedError

    def remember(self, call: Call, answer: dict[str, Any], ask: Ask) -> None:
        """Note what the answer to a write says that a later read needs."""

    def predict(self, found: Found | None, after: dict[str, Any], plan: Plan) -> Found:
        """Tell what the resource will be once the calls of a plan have been made, as far as that can be known."""
        return Found(after, {**(found.shown if found else {}), **after})

    def between(self, api: Any, call: Call, ask: Ask) -> UnderWay | None:
        """Say what a call has set off that the next call of the plan must find done, or None."""
        return None

    def pending(self, api: Any, found: Found | None, ask: Ask) -> UnderWay | None:
        """Say what is still under way, or None when the resource is what it shall be. Raises when it has failed."""
        return None

    def overdue(self, api: Any, found: Found | None, ask: Ask, error: TimedOut) -> EcsError:
        """Complete, for a timeout, the error with what AWS says about why it takes so long."""
        return error

    def report(self, ask: Ask) -> dict[str, Any]:
        """Give what the result says beside the resource, such as what became of a deployment."""
        return {}


def plan(resource: Resource, found: Found | None, ask: Ask, shape: Any) -> Plan:
    """Turn what is and what shall be into calls. `shape` is the input shape of the creating operation."""
    if ask.gone:
        calls = list(resource.delete(found, ask))
        return Plan(calls, before=normal(found.document, shape) or {} if found and calls else {})
    if found is None:
        calls = list(resource.create(ask))
        return Plan(calls, after=normal(ask.document, shape) or {} if calls else {})
    return _plan_change(resource, found, ask, shape)


def _plan_change(resource: Resource, found: Found, ask: Ask, shape: Any) -> Plan:
    after, changes = _compare(resource, found, ask, shape)
    if frozen := [*sorted(changes & resource.create_only), *_fixed(resource, found, after, changes, shape)]:
        if not ask.options.get("recreate"):
            raise Immutable(
                _immutable_message(resource, found, after, frozen), members=[snake(name) for name in frozen]
            )
        calls = [*_removal(resource, found, ask), *resource.create(_successor(found, ask, after))]
    else:
        calls = list(resource.update(found, ask, after, changes))
    have, will = dict(found.document), dict(after)
    have["tags"], will["tags"] = _pairs_of_tags(found.document.get("tags")), _tags_after(found, ask)
    if resource.upserts or not any(call.operation == resource.creates for call in calls):
        calls += tag_calls(resource, found, ask)
    if have["tags"] != will["tags"]:
        changes = changes | {"tags"}
    left, right = _sides(have, will, changes, shape) if calls else ({}, {})
    if calls and left == right:  # an action such as force_new_deployment, which changes no member
        right = {**right, "calls": [call.operation for call in calls]}
    return Plan(calls, left, right)


def _compare(resource: Resource, found: Found, ask: Ask, shape: Any) -> tuple[dict[str, Any], set[str]]:
    want = ask.document
    known = {name: value for name, value in found.document.items() if name in shape.members}
    after = {} if resource.whole else known
    after.update({name: overlay(found.document.get(name), want[name], shape.members[name]) for name in want})
    ignored = set(ask.options.get("ignore_changes") or ())
    for name in ignored & {*after, *found.document}:
        if name in found.document:
            after[name] = found.document[name]
        else:
            after.pop(name)
    members = set(shape.members) if resource.whole else set(want)
    have, will = normal(found.document, shape) or {}, normal(after, shape) or {}
    return after, {name for name in members - ignored - {"tags"} if have.get(name) != will.get(name)}


def _sides(
    have: dict[str, Any], will: dict[str, Any], members: set[str], shape: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give both sides of a diff; a value that is dropped as a default is shown, since the change to it is the point."""
    before, after = normal(have, shape) or {}, normal(will, shape) or {}
    for name in members:
        before.setdefault(name, have.get(name))
        after.setdefault(name, will.get(name))
    return cut(
        {name: before[name] for name in members if before[name] is not None},
        {name: after[name] for name in members if after[name] is not None},
    )


def _fixed(resource: Resource, found: Found, after: dict[str, Any], changes: set[str], shape: Any) -> list[str]:
    """Name, as paths, what would have to change although it cannot, inside of members that can."""
    paths = sorted(path for path in resource.fixed if path.partition(".")[0] in changes)
    have, will = (normal(side, shape) if paths else None for side in (found.document, after))
    return [path for path in paths if _at(have, path) != _at(will, path)]


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _immutable_message(resource: Resource, found: Found, after: dict[str, Any], frozen: list[str]) -> str:
    described = ", ".join(
        f"{snake(name)} (is {_at(found.document, name)!r}, wanted {_at(after, name)!r})" for name in frozen
    )
    name = found.document.get(resource.identity[-1])
    return (
        f"{described} of the {_noun(resource)} {name} cannot be changed in place: "
        "set recreate=true to delete and create it anew, which interrupts it."
    )


def _removal(resource: Resource, found: Found, ask: Ask) -> list[Call]:
    calls = list(resource.delete(found, ask))
    last = calls.pop()
    return [*calls, Call(last.operation, last.params, last.service, gone=True)]


def _successor(found: Found, ask: Ask, after: dict[str, Any]) -> Ask:
    """Ask for the resource that follows a deleted one: what was asked for, and what the old one had besides."""
    whole = {**after, "tags": _tags_after(found, ask)}
    document = {name: value for name, value in whole.items() if value not in (None, [], {})}
    return Ask(document, ask.options, ask.state, ask.check, ask.wait, ask.notes, ask.warnings)


def _pairs_of_tags(tags: list[dict[str, str]] | None) -> list[dict[str, str]]:
    return sorted((tag for tag in tags or [] if not tag["key"].startswith("aws:")), key=lambda tag: tag["key"])


def _tags_after(found: Found, ask: Ask) -> list[dict[str, str]]:
    have = {tag["key"]: tag["value"] for tag in _pairs_of_tags(found.document.get("tags"))}
    if "tags" not in ask.document or "tags" in (ask.options.get("ignore_changes") or ()):
        return _pairs_of_tags(found.document.get("tags"))
    want = {tag["key"]: tag["value"] for tag in ask.document.get("tags") or []}
    kept = {} if ask.options.get("purge_tags", True) else have
    return [{"key": key, "value": value} for key, value in sorted({**kept, **want}.items())]


def tag_calls(resource: Resource, found: Found, ask: Ask) -> list[Call]:
    """Plan the calls that bring the tags to what was asked; tags that AWS owns (aws:...) are never touched."""
    have, will = _pairs_of_tags(found.document.get("tags")), _tags_after(found, ask)
    kept = {tag["key"] for tag in will}
    gone = [tag["key"] for tag in have if tag["key"] not in kept]
    new = resource.spelled_tags([tag for tag in will if tag not in have])
    arn, service, (of, tags, keys) = found.shown[resource.arn], resource.service, resource.tag_request
    return [
        *([Call("UntagResource", {of: arn, keys: gone}, service)] if gone else []),
        *([Call("TagResource", {of: arn, tags: new}, service)] if new else []),
    ]


def reconcile(resource: Resource, api: Any, ask: Ask) -> Outcome:
    """Bring one resource to the wanted state, or in check mode tell what that would take.

    Raises EcsError when the input, AWS or time says no, and Paused with the outcome so far where a slice of the wait
    ends. Every planned call is validated before the first is made; a later slice makes none.
    """
    shape = resource.shape(api)
    resource.prepare(api, ask)
    found = resource.read(api, ask)
    if ask.watch.resumed:
        return _awaited(resource, api, ask, _resumed(resource, api, ask, found))
    outcome = foreseen(resource, api, ask, found)
    if ask.check:
        outcome.found = _predicted(resource, outcome.found, ask, outcome.plan, shape)
        return outcome
    return _awaited(resource, api, ask, outcome)


def foreseen(resource: Resource, api: Any, ask: Ask, found: Found | None) -> Outcome:
    """Plan from what was found, and validate every planned call; what is being deleted is first let go."""
    if found and resource.leaving(found) and not ask.gone:
        found = _let_go(resource, found, api, ask)
    planned = _planned(resource, api, ask, found)
    for call in planned.calls:
        api.validate(call)
    return Outcome(planned, found)


def _resumed(resource: Resource, api: Any, ask: Ask, found: Found | None) -> Outcome:
    """Give what an earlier slice has come to: its calls are told there, here counts only that there were some."""
    outcome = Outcome(Plan([]), found)
    if ask.watch.notes.get("made") and ask.watch.waited() < STALE_SECONDS:
        outcome.made = _planned(resource, api, ask, found).calls
    return outcome


def _awaited(resource: Resource, api: Any, ask: Ask, outcome: Outcome) -> Outcome:
    try:
        if not ask.watch.resumed:
            carry_out(resource, api, ask, outcome)
            ask.watch.notes["made"] = bool(outcome.made)
        outcome.found = _settle(resource, api, ask, outcome)
    except Paused as paused:
        paused.outcome = outcome
        raise
    except EcsError as error:
        error.data.setdefault("made", outcome.made)
        raise
    return outcome


def carry_out(resource: Resource, api: Any, ask: Ask, outcome: Outcome) -> None:
    """Make the planned calls. After one whose fate is uncertain, look at what AWS has and plan the rest anew."""
    calls, doubts = list(outcome.plan.calls), 0
    while calls:
        call = calls.pop(0)
        try:
            resource.remember(call, api.make(call), ask)
        except EcsError as error:
            doubts += 1
            if not error.uncertain or doubts > DOUBTS:
                raise
            ask.watch.clock.sleep(2.0 * doubts)
            calls = _planned(resource, api, ask, _reread(resource, api, ask)).calls
            if call.operation in (left.operation for left in calls):
                continue
        outcome.made.append(call)
        if call.gone:
            _until_gone(resource, api, ask)
        elif calls:
            ask.watch.until(partial(resource.between, api, call, ask), ask.wait or BETWEEN_SECONDS, whole=True)


def _planned(resource: Resource, api: Any, ask: Ask, found: Found | None) -> Plan:
    """Plan from what AWS has, once both sides speak the same language and what else matters has been looked at."""
    if found:
        resource.adopt(api, found, ask)
    resource.survey(api, found, ask)
    _unmask(found, ask)
    return plan(resource, found, ask, resource.shape(api))


def _let_go(resource: Resource, found: Found, api: Any, ask: Ask) -> Found | None:
    """Wait until a resource that is being deleted has gone, so that its name can be used again."""
    name = found.document.get(resource.identity[-1])
    if not ask.wait and not ask.check:
        raise Blocked(
            f"The {resource.kind} {name} is still being deleted ({found.shown.get('status')}): "
            "run again when it is gone, or set wait=true to wait for that."
        )
    if not ask.check:
        _until_gone(resource, api, ask)
    return None


def _unmask(found: Found | None, ask: Ask) -> None:
    if MASK not in repr(ask.document):  # to look for what a mask hides takes longer than all the rest of a plan
        return
    try:
        ask.document = restored(ask.document, found.document if found else {})
    except LookupError:
        raise BadInput(
            "The document holds a masked value (********) where AWS has none to keep: give the value itself."
        ) from None


def _predicted(resource: Resource, found: Found | None, ask: Ask, planned: Plan, shape: Any) -> Found | None:
    if not planned.calls:
        return found
    if ask.gone:
        return None
    after = ask.document if found is None else _compare(resource, found, ask, shape)[0]
    return resource.predict(found, after, planned)


def _reread(resource: Resource, api: Any, ask: Ask) -> Found | None:
    api.forget()
    return resource.read(api, ask)


def _until_gone(resource: Resource, api: Any, ask: Ask) -> None:
    def look() -> UnderWay | None:
        found = _reread(resource, api, ask)
        return (
            UnderWay(f"the {_noun(resource)} {ask.document[resource.identity[-1]]} is being deleted") if found else None
        )

    ask.watch.until(look, ask.wait, whole=True)


def _noun(resource: Resource) -> str:
    return resource.kind.replace("_", " ")


def _settle(resource: Resource, api: Any, ask: Ask, outcome: Outcome) -> Found | None:
    """Read what AWS has after the writes, and wait until it is what was asked for."""
    fresh = not outcome.made

    def under_way() -> UnderWay | None:
        nonlocal fresh
        if not fresh:
            outcome.found = _reread(resource, api, ask)
        fresh = False
        return look(resource, api, ask, outcome)

    if ask.wait or outcome.made:
        try:
            ask.watch.until(under_way, ask.wait)
        except TimedOut as error:
            raise resource.overdue(api, outcome.found, ask, error) from None
    return outcome.found


def look(resource: Resource, api: Any, ask: Ask, outcome: Outcome) -> UnderWay | None:
    """Say what is still under way by what was read last; None when the resource is what was asked for."""
    reason = resource.pending(api, outcome.found, ask)
    if reason is None and outcome.made and ask.watch.waited() < STALE_SECONDS:
        return UNSEEN if _stale(resource, api, ask, outcome.found) else None
    return reason


def _stale(resource: Resource, api: Any, ask: Ask, found: Found | None) -> bool:
    if ask.gone or found is None:
        return found is not None or not ask.gone
    resource.adopt(api, found, ask)
    shape = resource.shape(api)
    return bool(_compare(resource, found, ask, shape)[1] or tag_calls(resource, found, ask))
