# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door to Ansible: parameters in, exit_json or fail_json out. Nothing else asks about check mode."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from . import _document
from ._action import Action, Job
from ._api import HAS_BOTOCORE, Api, Models, connect
from ._core import Ask, Call, Outcome, Resource, reconcile
from ._errors import EcsError
from ._secret import hide, masked
from ._watch import Clock, Paused, Watch

# The connection options of amazon.aws (its fragments common.modules and region.modules document them).
CONNECTION: dict[str, dict[str, Any]] = {
    "access_key": {
        "aliases": ["aws_access_key_id", "aws_access_key"],
        "fallback": (env_fallback, ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"]),
        "no_log": False,
    },
    "secret_key": {
        "aliases": ["aws_secret_access_key", "aws_secret_key"],
        "fallback": (env_fallback, ["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"]),
        "no_log": True,
    },
    "session_token": {
        "aliases": ["aws_session_token"],
        "fallback": (env_fallback, ["AWS_SESSION_TOKEN"]),
        "no_log": True,
    },
    "profile": {"aliases": ["aws_profile"], "fallback": (env_fallback, ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])},
    "endpoint_url": {"aliases": ["aws_endpoint_url"], "fallback": (env_fallback, ["AWS_URL"])},
    "validate_certs": {"type": "bool", "default": True},
    "aws_ca_bundle": {"type": "path", "fallback": (env_fallback, ["AWS_CA_BUNDLE"])},
    "aws_config": {"type": "dict"},
    "debug_botocore_endpoint_logs": {
        "type": "bool",
        "default": False,
        "fallback": (env_fallback, ["ANSIBLE_DEBUG_BOTOCORE_LOGS"]),
    },
    "region": {"aliases": ["aws_region"], "fallback": (env_fallback, ["AWS_REGION", "AWS_DEFAULT_REGION"])},
}
# What AnsibleModule says of an option that is not in the argument spec.
UNSUPPORTED = re.compile(r"Unsupported parameters for \((?P<module>.+?)\) module: (?P<option>\w+)")
# Options that may hold hundreds of documents, or secrets under names that do not tell.
BULKY = ("resources", "defaults", "placeholders", "content", "variables")
PROGRESS: dict[str, dict[str, Any]] = {"progress": {"type": "bool", "default": True}}


class Module(AnsibleModule):
    """AnsibleModule that keeps what looks secret out of the log, and names the nearest option for one it lacks."""

    params: dict[str, Any]
    # What the action plugin gives beside the options: how far an earlier slice of the wait has come.
    token: dict[str, Any] | None = None

    def _load_params(self) -> None:
        super()._load_params()
        self.token = self.params.pop("_watch", None)

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        super().fail_json(_nearest(msg, self.argument_spec), **kwargs)

    def _log_invocation(self) -> None:  # Ansible writes every parameter there by itself
        plain, self.params = self.params, masked(_told(self.params))
        super()._log_invocation()
        self.params = plain


def _told(params: dict[str, Any]) -> dict[str, Any]:
    """Give the parameters as results and logs show them: a whole estate would fill these, and take long to mask."""
    return {name: value if name not in BULKY or not value else "..." for name, value in params.items()}


def _nearest(msg: str, spec: dict[str, dict[str, Any]]) -> str:
    """Shorten Ansible's list of all options to the one that was meant, where one comes near."""
    unknown = UNSUPPORTED.match(msg)
    if not unknown:
        return msg
    known = [name for option, details in spec.items() for name in (option, *details.get("aliases", []))]
    close = difflib.get_close_matches(unknown["option"], known, 1)
    return f"{unknown['option']}: no such option of {unknown['module']}; did you mean {close[0]}?" if close else msg


def manage(resource: Resource) -> None:
    """Run a module that brings one resource to the wanted state."""
    spec = {**_document.spec(resource), **_telling(resource), **CONNECTION}
    module = Module(spec, supports_check_mode=True, mutually_exclusive=_document.EXCLUSIVE)
    watch = _watch(module)
    _run(module, lambda api: _manage(resource, module, api, watch), watch)


def inform(resource: Resource) -> None:
    """Run a module that reads resources of one kind."""
    module = Module({**resource.info_options, **CONNECTION}, supports_check_mode=True)

    def read(api: Api) -> dict[str, Any]:
        found = [_document.shown(resource, api, item.shown) for item in resource.find(api, module.params)]
        return {resource.plural or f"{resource.kind}s": found}

    _run(module, read, _watch(module))


def act(action: Action) -> None:
    """Run a module that does something."""
    module = Module({**action.options, **_telling(action), **CONNECTION}, supports_check_mode=True, **action.rules)
    job = Job(module.params, module.check_mode, _watch(module))
    _run(module, lambda api: _act(action, module, api, job), job.watch, action.offline)


def _telling(what: Resource | Action) -> dict[str, dict[str, Any]]:
    return PROGRESS if what.tells else {}


def _watch(module: Module) -> Watch:
    return Watch(Clock(), module.token, module.params.get("delay"))


def _run(module: AnsibleModule, work: Callable[[Api], dict[str, Any]], watch: Watch, offline: bool = False) -> None:
    hide((module.params.get("placeholders") or {}).values())
    invocation = {"module_args": masked(_told(module.params))}
    if not HAS_BOTOCORE:
        module.fail_json(msg=missing_required_lib("botocore"), invocation=invocation)
    try:
        api = Models(watch.clock) if offline else connect(module.params, watch.clock)
        result = work(api)
    except EcsError as error:
        made, more = error.data.pop("made", []), error.data.pop("result", {})
        module.fail_json(
            msg=masked(str(error)),
            failure=masked(error.as_dict()),
            invocation=invocation,
            **{"actions": _actions(made), "changed": bool(made), **masked(more), **_progress(watch)},
        )
    if module.params["debug_botocore_endpoint_logs"]:
        result["resource_actions"] = api.made
    module.exit_json(invocation=invocation, **{"changed": False, **_progress(watch), **result})


def _progress(watch: Watch, token: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give the action plugin what it is to tell, and the token with which it goes on."""
    return {"_watch": {"lines": masked(watch.lines), "token": token}} if watch.sliced else {}


def _manage(resource: Resource, module: AnsibleModule, api: Api, watch: Watch) -> dict[str, Any]:
    ask = _document.asked(resource, module.params, api, watch)
    ask.check = module.check_mode
    try:
        return _result(resource, reconcile(resource, api, ask), api, ask)
    except Paused as paused:
        return {**_result(resource, paused.outcome, api, ask), **_progress(watch, watch.token())}
    finally:
        for warning in ask.warnings:
            module.warn(warning)


def _act(action: Action, module: AnsibleModule, api: Api, job: Job) -> dict[str, Any]:
    result: dict[str, Any] = {}
    told: dict[str, Any] = {}
    try:
        result = action.run(api, job) if action.clean else masked(action.run(api, job))
    except Paused as paused:
        result = masked(paused.outcome or {})
        told = _progress(job.watch, job.watch.token())
    except EcsError as error:
        error.data.setdefault("made", job.calls)
        raise
    finally:
        for warning in job.warnings:
            module.warn(warning)
    actions = {"changed": bool(job.calls), "actions": _actions(job.calls)} if action.writes else {}
    return {**actions, **result, **told}


def _result(resource: Resource, outcome: Outcome, api: Api, ask: Ask) -> dict[str, Any]:
    before, after = _document.sides(resource, api, outcome.plan)
    return {
        "changed": bool(outcome.plan.calls),
        "actions": _actions(outcome.plan.calls),
        "diff": {"before": before, "after": after},
        resource.kind: _document.shown(resource, api, outcome.found.shown if outcome.found else {}),
        **resource.report(ask),
    }


def _actions(calls: list[Call]) -> list[dict[str, Any]]:
    return [{"service": call.service, "operation": call.operation, "params": masked(call.params)} for call in calls]
