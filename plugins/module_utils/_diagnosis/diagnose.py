# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a deployment or a task failed: {cause, confidence, summary, evidence, next_step}.

`summary` goes on a sentence that ends with a colon, and says alone what to act on; `next_step` is one sentence.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from .._secret import masked
from . import evidence, recognise
from .catalogue import UNKNOWN
from .recognise import Finding

# So many tasks that stopped for the same cause leave no hope: two can be bad luck.
HOPELESS = 3
# Whose word counts more. The record says what ended the deployment; a task that failed is nearer to the cause than the
# health of a target, which suffers from it; an event is often old, or about a passing lack.
WEIGHT = {"record": 4, "task": 3, "exit": 3, "failure": 3, "target": 2, "event": 1}
# What explains a symptom: cause of the symptom -> where to look, and what may be found there.
EXPLAINED_BY = {
    "target-health": (("target", "event"), ("target-health", "security-group", "port")),
    "exit-code": (("log",), ("exec-format", "port", "out-of-memory", "task-role", "security-group")),
    "container-health": (("log",), ("port", "task-role", "out-of-memory", "security-group")),
}
ARN_NAMES = ("execution_role", "task_role", "role")
Document = dict[str, Any]


def of_deployment(
    api: Any,
    service: Document,
    ours: str,
    record: Document | None,
    since: datetime | None,
    log_lines: int = 10,
) -> Document:
    """Tell why a deployment fails, or takes so long.

    service: as DescribeServices shows it. ours: the id of the deployment, ecs-svc/.... record: its ServiceDeployment,
    if it may be seen. since: events before this moment are of no interest. log_lines: how many lines of each failing
    container, at most 3 of them. Never raises for what AWS refuses: see evidence["not_seen"].
    """
    look, told = evidence.Look(api), record or {}
    stopped = look.tasks(service["clusterArn"], ours, "STOPPED")
    groups = recognise.grouped(stopped)
    events = evidence.recent(service, since)
    balanced = bool(evidence.target_groups(service))
    running = look.tasks(service["clusterArn"], ours, "RUNNING") if balanced else []
    targets = look.targets(service, [*stopped, *running])
    definition = look.definition(_definition_of(service, ours, stopped) or look.deployed(told))
    logs = look.logs(groups, definition, log_lines)
    runs = " [container runs]" if _runs([*stopped, *running]) else ""
    findings = [
        *recognise.of_record(told),
        *(group.told() for group in groups),
        *_all([_target_text(target) + runs for target in targets], "target"),
        *_all([event["message"] + runs for event in events], "event"),
    ]
    best = _explained(_chosen(findings) or _silent(told, stopped), findings, logs)
    seen = {
        "stopped_tasks": evidence.of_groups(groups),
        "events": events,
        "targets": targets,
        **evidence.of_record(told),
        "logs": logs,
        "not_seen": look.not_seen,
    }
    return _told(best, _names(best, definition, service), seen)


def of_tasks(api: Any, tasks: list[Document], failures: list[Document], log_lines: int = 10) -> Document:
    """Tell why tasks failed, or could not be started: `tasks` of DescribeTasks, `failures` of RunTask."""
    look = evidence.Look(api)
    groups = recognise.grouped(task for task in tasks if task.get("stoppedReason") or task.get("stopCode"))
    reasons = [f"{item.get('reason') or ''} {item.get('detail') or ''}".strip() for item in failures]
    findings = [*(group.told() for group in groups), *_all(reasons, "failure")]
    definition = look.definition(next((task.get("taskDefinitionArn") for task in tasks), None))
    logs = look.logs(groups, definition, log_lines)
    silent = Finding(UNKNOWN, {"reason": reasons[0] if reasons else "no task has stopped"}, "failure", "")
    best = _explained(_chosen(findings) or silent, findings, logs)
    seen = {
        "stopped_tasks": evidence.of_groups(groups),
        "failures": [
            {"arn": item.get("arn"), "reason": masked(text)} for item, text in zip(failures, reasons, strict=True)
        ],
        "logs": logs,
        "not_seen": look.not_seen,
    }
    return _told(best, _names(best, definition, {}), seen)


def hopeless(tasks: list[Document]) -> tuple[str, int] | None:
    """Tell whether more tasks can only fail too: the cause, and how many stopped for it; None while there is hope."""
    return recognise.hopeless_cause(tasks, HOPELESS)


def stopped_tasks(api: Any, cluster: str, ours: str) -> list[Document]:
    """Give the stopped tasks of a deployment, none if they may not be seen."""
    return evidence.Look(api).tasks(cluster, ours, "STOPPED")


def _all(texts: list[str], where: str) -> list[Finding]:
    return [finding for text in texts if (finding := recognise.recognise(text, where))]


def _chosen(findings: list[Finding]) -> Finding | None:
    """Choose the cause: what explains something before what happens beside, by whose word it is, then the clearest.

    Groups of tasks come with the largest first, and events with the newest, and of equals the first is taken.
    """
    return max(
        findings,
        key=lambda finding: (finding.entry.rank > 0, WEIGHT[finding.source], finding.entry.rank),
        default=None,
    )


def _explained(best: Finding, findings: list[Finding], logs: list[Document]) -> Finding:
    """Put in place of a symptom what explains it: of a failed health check the target's, of an exit code the log's."""
    if best.entry.rank != 1 or best.entry.cause not in EXPLAINED_BY:
        return best
    places, causes = EXPLAINED_BY[best.entry.cause]
    said = [
        finding
        for log in logs
        for line in reversed(log["lines"])
        if (finding := recognise.recognise(line, "log", container=log["container"]))
    ]
    found = [item for item in [*findings, *said] if item.source in places and item.entry.cause in causes]
    better = max(found, key=lambda item: (item.entry.rank, WEIGHT.get(item.source, 0)), default=None)
    if better is None:
        last_line = next((log["lines"][-1] for log in logs if log["container"] == best.words.get("container")), "")
        return replace(best, words={"log": recognise.clipped(last_line), **best.words})
    return replace(best, entry=better.entry, words={**best.words, **better.words}, text=better.text)


def _silent(record: Document, stopped: list[Document]) -> Finding:
    """Say what is known where nothing tells of a cause."""
    reason = record.get("statusReason") or (record.get("rollback") or {}).get("reason")
    text = str(
        reason or ("its tasks stopped without a reason" if stopped else "no task has stopped and no event tells why")
    )
    return Finding(UNKNOWN, {"reason": text}, "record", text)


def _definition_of(service: Document, ours: str, stopped: list[Document]) -> str | None:
    mine = (item.get("taskDefinition") for item in service.get("deployments") or [] if item.get("id") == ours)
    return next((task.get("taskDefinitionArn") for task in stopped), None) or next(mine, None)


def _runs(tasks: list[Document]) -> bool:
    """Tell whether the containers themselves are well: they have started, and none fails its own health check.

    Then a load balancer that gets no answer is kept from them, most likely by a security group: a program that
    listens answers or refuses, and only what is dropped on the way makes a request time out.
    """
    states = [item.get("healthStatus") for task in tasks for item in task.get("containers", [])]
    return "UNHEALTHY" not in states and any(task.get("startedAt") for task in tasks)


def _target_text(target: Document) -> str:
    """Word the health of a target as events word it (service unhealthy event messages, developer guide)."""
    words, arn = target["description"] or target["reason"], target["target_group"]
    return f"(port {target['port']}) is unhealthy in (target-group {arn}) due to (reason {words}) {target['reason']}"


def _names(best: Finding, definition: Document, service: Document) -> dict[str, Any]:
    """Gather the names for the sentences: what AWS said, and else what the task definition and the service say."""
    balancer: Document = next(iter(service.get("loadBalancers") or []), {})
    aims = best.source == "target" or best.entry.cause == "target-health" or "target_group" in best.words
    named = best.words.get("container") or (balancer.get("containerName") if aims else None)
    part = evidence.part_of(definition, named)
    network = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    mapped = next((item.get("containerPort") for item in part.get("portMappings") or []), None)
    names: dict[str, Any] = {
        "container": part.get("name") or named,
        "image": part.get("image"),
        "execution_role": definition.get("executionRoleArn"),
        "task_role": definition.get("taskRoleArn"),
        "log_group": ((part.get("logConfiguration") or {}).get("options") or {}).get("awslogs-group"),
        "memory": part.get("memory") or definition.get("memory"),
        "processor": _processor(definition),
        "port": balancer.get("containerPort") if aims else mapped,
        "target_group": (balancer.get("targetGroupArn") or "//").split("/")[1] if aims else None,
        "group": " and ".join(network.get("securityGroups") or []),
        "subnet": " and ".join(network.get("subnets") or []),
    }
    names.update(best.words)
    names["secret"] = names.get("secret") or _secret_with(definition, best.words.get("key"))
    if best.entry.cause == "execution-role":
        names["execution_role"] = best.words.get("role") or names["execution_role"]
    names.update({name: evidence.last(names.get(name)) for name in ARN_NAMES})
    names["reason"] = recognise.clipped(str(names.get("reason") or ""))
    names.update(_parts_of(str(names.get("image") or "")))
    return names


def _processor(definition: Document) -> str | None:
    """Name the processor for which an image must be built: on Fargate X86_64, unless the definition says another."""
    told = (definition.get("runtimePlatform") or {}).get("cpuArchitecture")
    fargate = "FARGATE" in (definition.get("requiresCompatibilities") or [])
    return told or ("X86_64" if fargate else None)


def _secret_with(definition: Document, key: str | None) -> str | None:
    """Find the secret of which a task definition asks for a JSON key: arn:...:secret:name:key:stage:version."""
    asked = [
        str(secret.get("valueFrom")).split(":")
        for part in definition.get("containerDefinitions") or []
        for secret in part.get("secrets") or []
    ]
    return next((":".join(parts[:7]) for parts in asked if key and parts[7:8] == [key]), None)


def _parts_of(image: str) -> dict[str, str]:
    """Take an image reference apart: [registry/]repository[:tag][@digest]."""
    whole, _at, digest = image.partition("@")
    head, _slash, rest = whole.rpartition("/")
    name, _colon, tag = rest.partition(":")
    # A first part with a dot or a port is the registry (Docker's reference format).
    path = re.sub(r"^(?:[^/]*[.:][^/]*|localhost)(?:/|$)", "", head)
    repository = "/".join(part for part in (path, name) if part)
    version = f"image with the digest {digest}" if digest else f"tag {tag or 'latest'}"
    return {"repository": repository, "version": version} if image else {}


def _told(best: Finding, names: dict[str, Any], seen: Document) -> Document:
    summary, count = recognise.worded(best.entry.summary, names), best.count
    return {
        "cause": _cause(best, names),
        "confidence": best.entry.confidence,
        "summary": f"{summary} ({count} {'task' if count == 1 else 'tasks'})" if count else summary,
        "evidence": {**seen, "documentation": best.entry.documentation},
        "next_step": recognise.worded(best.entry.next_step, names),
    }


def _cause(best: Finding, names: dict[str, Any]) -> str:
    """Name the cause; ECS words it alike for both roles of a task definition when it cannot assume one."""
    alike = "assume" in best.text and best.entry.cause == "task-role"
    return "execution-role" if alike and names["role"] == names["execution_role"] else best.entry.cause
