# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching deployments: the verdict is about our deployment, by its id, never about "stable".

A service that was rolled back looks stable too, so the state of the service proves nothing about what was deployed.
The verdict is that of the ServiceDeployment whose target is our revision; where that may not be seen, that of our
entry among the deployments of DescribeServices. Many deployments are watched with few calls: see `look_at_all`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ._api import AwsError
from ._errors import EcsError
from ._progress import progress
from ._verdict import (
    ENDS,
    DeploymentFailed,
    Followed,
    broken,
    diagnose,
    ended,
    entry,
    failure,
    gone,
    hopeless,
    moment,
    plain,
    primary,
)
from ._watch import UnderWay

# Refusals after which the deployments of DescribeServices have to do: no permission, or no such feature in the region.
UNSEEN = ("AccessDeniedException", "UnsupportedFeatureException")
# After so many tasks that failed one after the other, we ask whether any other can do better.
DOUBTFUL = 3
# After so many, it does not matter whether another might.
ENOUGH = 10
# A circuit breaker that ends the deployment after this many failures or fewer is left to do it.
NEAR = 10
# After so many, a circuit breaker that ought to have ended the deployment does not see them.
OVERSEEN = 20
# An event of a service that starts tasks; the developer guide's list of event messages has it in its examples.
STARTED = re.compile(r"has started (\d+) tasks")
# Calls a second that looking may take: half of what AWS refills, so that others can look too (API throttling, ECS).
CALLS = 10.0
# A service that was there, or that we made, may be missing in reads for so many seconds.
STALE_SECONDS = 20.0


def remember(service: dict[str, Any], notes: dict[str, Any]) -> None:
    """Note from a write's answer which deployment is ours; later reads may show the state before it."""
    notes.update(deployment=(primary(service) or {}).get("id"), made=True)


def missing(followed: Followed, waited: float) -> UnderWay:
    """Judge a service that is not shown after `waited` seconds: not yet, or not any more."""
    if waited > STALE_SECONDS:
        raise gone(followed, {"serviceName": followed.service})
    return UnderWay(f"AWS does not show the service {followed.service} yet", quiet=True)


def paced(clock: Any, names: Iterable[str]) -> Iterator[str]:
    """Give names one by one, for each of which ListServiceDeployments has to be asked, as slowly as AWS allows."""
    for number, name in enumerate(names):
        if number > 2 * CALLS:  # a full bucket has more than that to begin with
            clock.sleep(1 / CALLS)
        yield name


def look(api: Any, followed: Followed, service: dict[str, Any]) -> UnderWay | None:
    """Say what a deployment still lacks, or None once it has completed; `service` was read just now.

    Raises DeploymentFailed with a diagnosis when it has ended otherwise.
    """
    if _finished_before(followed, service):
        return None
    record = _records(api, [(followed, service)]).get(followed.notes.get("record", ""))
    return _judged(api, followed, service, record)


def look_at_all(api: Any, all_followed: Iterable[Followed]) -> list[UnderWay | DeploymentFailed | None]:
    """Look at many deployments with few calls: ten services and twenty deployments with each.

    Gives, in the order of what was given, what `look` gives; a failure is given instead of raised, so that one does not
    hide another. `pause` says when to look again so as to stay within what AWS allows.
    """
    api.forget()
    given = list(all_followed)
    services = _services(api, given)
    here = [(item, services[item.cluster, item.service]) for item in given if (item.cluster, item.service) in services]
    records = _records(api, [pair for pair in here if not _finished_before(*pair)])
    pause = len(given) / 10 / CALLS
    results: list[UnderWay | DeploymentFailed | None] = []
    for item in given:
        service = services.get((item.cluster, item.service)) or {"serviceName": item.service, "status": "INACTIVE"}
        try:
            state = _judged(api, item, service, records.get(item.notes.get("record", "")))
        except DeploymentFailed as failed:
            note_failure(item, failed)
            results.append(failed)
        else:
            results.append(UnderWay(state.text, state.news, pause, state.quiet) if state else None)
            if state is None:
                item.notes.setdefault("outcome", "completed")
    return results


def together(all_followed: list[Followed], states: list[UnderWay | DeploymentFailed | None]) -> UnderWay | None:
    """Say in one line how many of many deployments are under way, and as news what has changed for each of them."""
    pairs = list(zip(all_followed, states, strict=True))
    open_ones = [(item, state) for item, state in pairs if isinstance(state, UnderWay)]
    if len(all_followed) == 1 or not open_ones:
        return open_ones[0][1] if open_ones else None
    news: list[str] = []
    for item, state in pairs:
        line = state.text if isinstance(state, UnderWay) else f"{item.service}: {item.notes.get('outcome')}"
        news += state.news if isinstance(state, UnderWay) else ()
        if line != item.notes.get("line"):
            item.notes["line"] = line
            news.append(line)
    pause = max(state.pause for _item, state in open_ones)
    count = f"{len(open_ones)} deployments are" if len(open_ones) > 1 else "1 deployment is"
    return UnderWay(f"{count} under way", tuple(news), pause)


def note_failure(followed: Followed, failed: EcsError) -> None:
    """Keep a failure for the end of the wait, over the slices in between."""
    followed.notes["failure"] = {
        "code": failed.code,
        "message": str(failed),
        "diagnosis": failed.data["result"]["diagnosis"],
    }


def _services(api: Any, given: list[Followed]) -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for cluster in dict.fromkeys(item.cluster for item in given):
        names = dict.fromkeys(item.service for item in given if item.cluster == cluster)
        for service in api.describe("DescribeServices", names, cluster=cluster):
            found[cluster, service["serviceName"]] = service
    return found


def _finished_before(followed: Followed, service: dict[str, Any]) -> bool:
    """Tell whether nothing was deployed by us and nothing is being deployed, which needs no further look."""
    current = primary(service)
    if service.get("status") != "ACTIVE" or followed.ours:
        return False
    return not current or current.get("rolloutState") in (None, "COMPLETED")


def _records(api: Any, pairs: list[tuple[Followed, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Read the ServiceDeployments of what is followed, by ARN; what may not be seen is noted once, and left out."""
    found: dict[str, dict[str, Any]] = {}
    try:
        for followed, service in pairs:
            if not followed.notes.get("record") and not followed.notes.get("denied"):
                _locate(api, followed, service)
        arns = [item.notes["record"] for item, _service in pairs if item.notes.get("record")]
        for record in api.describe("DescribeServiceDeployments", arns):
            found[record["serviceDeploymentArn"]] = record
    except AwsError as error:
        if error.code not in UNSEEN:
            raise
        for followed, _service in pairs:
            followed.notes["denied"] = followed.notes.get("denied") or _told_denied(followed, error)
    return found


def _told_denied(followed: Followed, error: AwsError) -> bool:
    followed.warnings.append(
        f"The verdict on {followed.service} follows the deployments of DescribeServices, which tell less: {error} "
        "Allow ecs:ListServiceDeployments and ecs:DescribeServiceDeployments for the whole of it."
    )
    return True


def _locate(api: Any, followed: Followed, service: dict[str, Any]) -> None:
    """Find the ServiceDeployment of our deployment: its target revision's ARN ends with the deployment's digits."""
    if service.get("status") != "ACTIVE":
        return
    ours = followed.notes.setdefault("deployment", (primary(service) or {}).get("id"))
    if not ours or not str(ours).startswith("ecs-svc/"):
        return
    digits = ours.rsplit("/", 1)[-1]
    address = {"cluster": service["clusterArn"], "service": service["serviceName"]}
    briefs = api.pages("ListServiceDeployments", "serviceDeployments", **address)
    mine = next((item for item in briefs if item["targetServiceRevisionArn"].endswith(f"/{digits}")), None)
    if mine:
        followed.notes["record"] = mine["serviceDeploymentArn"]


def _judged(api: Any, followed: Followed, service: dict[str, Any], record: dict[str, Any] | None) -> UnderWay | None:
    if service.get("status") != "ACTIVE":
        raise gone(followed, service)
    if _finished_before(followed, service):
        return None
    current = primary(service)
    ours = followed.notes.setdefault("deployment", (current or {}).get("id"))
    if not current or not ours:  # CODE_DEPLOY and EXTERNAL: the deployments are not ECS's to make
        return None
    if record:
        return _by_record(api, followed, service, record)
    if current["id"] != ours:
        return _displaced(api, followed, service)
    if current.get("rolloutState") == "FAILED" and not _goes_back(service):
        raise failure(api, followed, service, None, ("Failed", "failed"), current.get("rolloutStateReason"))
    if current.get("rolloutState") in ("IN_PROGRESS", "FAILED"):
        _check_hope(api, followed, service, None)
        return progress(followed, service, None)
    return _completed(followed, service, None)


def _by_record(api: Any, followed: Followed, service: dict[str, Any], record: dict[str, Any]) -> UnderWay | None:
    status, current = record["status"], primary(service) or {}
    followed.notes.update(status=status, stage=record.get("lifecycleStage"))
    reason = (record.get("rollback") or {}).get("reason") or record.get("statusReason")
    if status == "SUCCESSFUL":
        return _completed(followed, service, record)
    if status == "STOPPED" and broken(record):
        raise failure(api, followed, service, record, ("Failed", "failed"), reason)
    if status == "STOPPED" and current.get("id") not in (None, followed.ours):
        raise _superseded(followed, service, current)
    if status in ENDS:
        raise failure(api, followed, service, record, ENDS[status], reason)
    hook = awaiting(record)
    if hook and hook.get("hookId") != followed.notes.get("answered"):
        _check_paused(followed, service, record, hook)
        return None
    if status in ("PENDING", "IN_PROGRESS"):
        _check_hope(api, followed, service, record)
    return progress(followed, service, record)


def _goes_back(service: dict[str, Any]) -> bool:
    """Tell, without a record, whether ECS is about to bring back what ran before a deployment that has failed."""
    configuration = service.get("deploymentConfiguration") or {}
    guards = (configuration.get("deploymentCircuitBreaker") or {}, configuration.get("alarms") or {})
    return len(service["deployments"]) > 1 and any(guard.get("rollback") for guard in guards)


def awaiting(record: dict[str, Any]) -> dict[str, Any] | None:
    """Give the lifecycle hook at which a deployment is paused until somebody decides."""
    hooks = record.get("lifecycleHookDetails") or []
    return next((hook for hook in hooks if hook.get("status") == "AWAITING_ACTION"), None)


def _completed(followed: Followed, service: dict[str, Any], record: dict[str, Any] | None) -> UnderWay | None:
    """A deployment has completed; a count that was changed too may still be on its way."""
    current = primary(service) or {}
    # A new count shows at the service first, and at its deployment a moment later.
    settled = all(
        part.get("runningCount") == service.get("desiredCount") and not part.get("pendingCount")
        for part in (service, current)
    )
    criteria = (service.get("deploymentConfiguration") or {}).get("earlySuccessCriteria") or {}
    if not settled and followed.notes.get("made") and not criteria.get("enable"):
        return progress(followed, service, record)
    followed.notes["outcome"] = "completed"
    if followed.notes.get("made") and service.get("desiredCount") == 0:
        followed.warnings.append(
            f"The service {service['serviceName']} wants no task (desired_count 0): that its deployment completed "
            "proves nothing about the revision."
        )
    return None


def _check_paused(followed: Followed, service: dict[str, Any], record: dict[str, Any], hook: dict[str, Any]) -> None:
    """A deployment that waits for somebody's decision is where it was to be brought, or it goes no further by us."""
    followed.notes.update(outcome="awaiting_approval", hook=hook.get("hookId"))
    if followed.approval_is_enough:
        return
    text = f"The deployment {followed.ours} of the service {service['serviceName']} awaits approval in the stage "
    text += f"{record.get('lifecycleStage')} (hook {hook.get('hookId')})"
    if hook.get("expiresAt"):
        text += f"; at {hook['expiresAt']:%Y-%m-%d %H:%M %Z} it will {hook.get('timeoutAction', 'ROLLBACK')} by itself"
    raise plain(followed, service, "AwaitingApproval", f"{text}.")


def _superseded(followed: Followed, service: dict[str, Any], current: dict[str, Any]) -> DeploymentFailed:
    text = f"The deployment {followed.ours} of the service {service['serviceName']} was superseded"
    return plain(followed, service, "Superseded", f"{text} by the deployment {current.get('id')}.")


def _displaced(api: Any, followed: Followed, service: dict[str, Any]) -> UnderWay:
    """Judge, without its record, a deployment that is not PRIMARY: rolled back, superseded, or not visible yet."""
    mine = entry(service, followed.ours)
    current = primary(service) or {}
    if mine is None and not followed.notes.get("seen"):
        return UnderWay(f"AWS does not show the deployment {followed.ours} yet", quiet=True)
    if (mine or {}).get("rolloutState") == "FAILED" or moment(current) < followed.notes.get("seen", 0.0):
        reason = (mine or {}).get("rolloutStateReason")
        raise failure(api, followed, service, None, ENDS["ROLLBACK_SUCCESSFUL"], reason)
    raise _superseded(followed, service, current)


def _check_hope(api: Any, followed: Followed, service: dict[str, Any], record: dict[str, Any] | None) -> None:
    """End the wait for a deployment that can only fail, unless a circuit breaker is about to end it anyway."""
    failed = _failures(followed, service)
    if not followed.fail_fast or failed < DOUBTFUL or failed == followed.notes.get("failed"):
        return
    followed.notes["failed"] = failed
    if failed < OVERSEEN and _breaker_is_near(service, record):
        return
    if not hopeless(api, service["clusterArn"], str(followed.ours), ENOUGH):
        return
    raise failure(api, followed, service, record, ("Hopeless", "can only fail, and ECS goes on trying"), None)


def _failures(followed: Followed, service: dict[str, Any]) -> int:
    """Count the tasks that failed one after the other; none, if no task is wanted any more.

    A task that was healthy for a moment resets failedTasks, and so the circuit breaker never sees those that start well
    and then exit (aws/containers-roadmap 1206). The events tell how many were started, more than were wanted.
    """
    mine = entry(service, followed.ours) or {}
    recent = (item["message"] for item in service.get("events", []) if moment(item) >= moment(mine) > 0)
    started = sum(int(found[1]) for text in recent if (found := STARTED.search(text)))
    wanted = service.get("desiredCount", 0)
    return max(mine.get("failedTasks") or 0, started - wanted) if wanted else 0


def _breaker_is_near(service: dict[str, Any], record: dict[str, Any] | None) -> bool:
    """Tell whether a circuit breaker ends the deployment soon; without a record, half of the tasks may fail before."""
    if record:
        breaker = record.get("deploymentCircuitBreaker") or {}
        return breaker.get("status") == "MONITORING" and (breaker.get("threshold") or 0) <= NEAR
    configured = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    return bool(configured.get("enable")) and service.get("desiredCount", 0) <= 2 * NEAR


def overdue(api: Any, followed: Followed, service: dict[str, Any], error: EcsError) -> DeploymentFailed:
    """Complete the error of a wait that took too long by a diagnosis."""
    record = _records(api, [(followed, service)]).get(followed.notes.get("record", ""))
    diagnosis = diagnose(api, followed, service, record)
    said = "" if diagnosis["cause"] == "unknown" else f" The likely cause: {diagnosis['summary'].rstrip('.')}."
    failed = ended(followed, service, error.code, f"{error}{said} {diagnosis['next_step']}", diagnosis)
    failed.data.update(error.data)
    followed.notes["outcome"] = failed.data["result"]["deployment"]["outcome"] = "timed_out"
    return failed


def all_overdue(api: Any, late: list[Followed], error: EcsError) -> None:
    """Note for each deployment that is not over when the time is why it takes so long."""
    services = _services(api, late)
    for followed in late:
        shown = services.get((followed.cluster, followed.service)) or {"serviceName": followed.service}
        note_failure(followed, overdue(api, followed, shown, error))
