# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to the document that is wanted: definition, src and options become one."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

from ._core import Ask, Plan, Resource
from ._errors import BadInput
from ._normal import snake
from ._secret import masked, masked_pair
from ._shape import BOTOCORE_VERSION, spellings, to_ansible, to_api
from ._watch import Watch

# What every resource takes beside its members.
MANNER: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 900},
    "definition": {"type": "dict"},
    "src": {"type": "path"},
    "ignore_changes": {"type": "list", "elements": "str"},
    "recreate": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
# Options that cannot be given together.
EXCLUSIVE = [("definition", "src")]


def spec(resource: Resource) -> dict[str, dict[str, Any]]:
    """Give the argument spec of a resource, without the connection."""
    return {**MANNER, **resource.options}


def asked(resource: Resource, params: Mapping[str, Any], api: Any, watch: Watch) -> Ask:
    """Turn the parameters of a module into what is asked for.

    Raises BadInput for whatever cannot be meant, before any call is made.
    """
    options = {name: params[name] for name in (*resource.manner, "recreate", "purge_tags")}
    options["given"] = given(resource, params, api)
    options["ignore_changes"] = ignored(resource, params.get("ignore_changes") or [], api)
    wait = _patience(params) if params["wait"] else 0
    return Ask(wanted(resource, params, api), options, state=params["state"], wait=wait, watch=watch)


def _patience(params: Mapping[str, Any]) -> float:
    """Give the seconds to wait; a playbook from community.aws says them as `repeat` times `delay`."""
    if params.get("repeat") and params.get("delay"):
        return float(params["repeat"] * params["delay"])
    return float(params["wait_timeout"])


def wanted(resource: Resource, params: Mapping[str, Any], api: Any) -> dict[str, Any]:
    """Give the document the user wants, in the API's spelling; explicit options win over definition and src.

    Raises BadInput for whatever cannot be meant, with its path, before any call is made.
    """
    shape = resource.shape(api)
    options = {name: value for name, value in _options(resource, params).items() if value is not None}
    renamed = resource.accept(options)
    try:
        explicit = to_api({resource.rename.get(name, name): value for name, value in renamed.items()}, shape)
    except BadInput as error:
        raise _too_old(error, options, resource, shape) from None
    return {**_document(resource, params, api), **explicit}


def given(resource: Resource, params: Mapping[str, Any], api: Any) -> frozenset[str]:
    """Name the members that were given as options of their own."""
    known = spellings(resource.shape(api))
    named = {resource.rename.get(name, name) for name, value in _options(resource, params).items() if value is not None}
    return frozenset(known[name] for name in named if name in known)


def ignored(resource: Resource, names: list[str], api: Any) -> frozenset[str]:
    """Turn the names in `ignore_changes`, in either spelling, into members."""
    if not names:
        return frozenset()
    shape = resource.shape(api)
    renamed = [resource.rename.get(name, name) for name in names]
    to_api({name: None for name in renamed}, shape, "ignore_changes")
    return frozenset(spellings(shape)[name] for name in renamed)


def _options(resource: Resource, params: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of the parameters what is not a member: the connection, and the manner of doing it."""
    own = {*resource.options, "tags"} - resource.manner
    return {name: params.get(name) for name in own}


def _document(resource: Resource, params: Mapping[str, Any], api: Any) -> dict[str, Any]:
    option = "src" if params.get("src") else "definition"
    document = _load(params["src"]) if params.get("src") else params.get("definition")
    if not document:
        return {}
    if not isinstance(document, Mapping):
        raise BadInput(f"{option}: it holds a {type(document).__name__}, not a dictionary of members.")
    document, beside = _unwrapped(document, resource, option)
    known = spellings(resource.shape(api))
    read_only = spellings(api.type(resource.answers, resource.service))
    kept = dict(beside)
    for name, value in resource.accept(dict(document)).items():
        member = resource.rename.get(str(name), str(name))
        if member != name and known.get(member) in {known.get(other, other) for other in document}:
            raise BadInput(f"{option}.{name}: {snake(member)} is given twice, in two spellings; keep one.")
        # What only an answer has is dropped; what neither knows is left for the model to refuse.
        if member in known or member not in read_only:
            kept[member] = value
    return to_api(kept, resource.shape(api), option)


def _unwrapped(
    document: Mapping[str, Any], resource: Resource, option: str
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Take a document as describe-* prints it: under the name of its kind, with tags and failures beside it."""
    for wrapper in resource.wrappers:
        inner = document.get(wrapper, document.get(snake(wrapper)))
        entries = inner if isinstance(inner, list) else [inner]
        if inner is None:
            continue
        if len(entries) != 1 or not isinstance(entries[0], Mapping):
            raise BadInput(f"{option}.{wrapper}: one document is wanted here, as describe-* prints it.")
        return entries[0], {name: value for name, value in document.items() if name == "tags"}
    return document, {}


def _load(path: str) -> Any:
    text = text_of(path)
    if path.endswith(".json"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise BadInput(f"src: {path}, line {error.lineno}, column {error.colno}: {error.msg}.") from None
    return _load_yaml(path, text)


def text_of(path: str) -> str:
    """Read a file that a `src` names; raises BadInput where that cannot be done."""
    try:
        with open(path, encoding="utf-8-sig") as handle:
            return handle.read()
    except OSError as error:
        raise BadInput(f"src: {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"src: {path} is not UTF-8 text: {error.reason} at byte {error.start}.") from None


def _load_yaml(path: str, text: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")  # not at the top: few runs need it, and it takes 20 ms to import
    except ImportError:
        raise BadInput(f"src: {path} is YAML, for which this host lacks PyYAML: install it, or give JSON.") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadInput(f"src: {path}{place}: {said}.") from None


def _too_old(error: BadInput, options: Mapping[str, Any], resource: Resource, shape: Any) -> BadInput:
    """Tell an option of ours that this botocore does not know yet from a mistake of the user's."""
    known = spellings(shape)
    for name in options:
        if name == "tags" and name not in known:
            return BadInput(f"tags: AWS has none for {_plural(resource)}; leave them out.")
        if resource.rename.get(name, name) not in known:
            return BadInput(
                f"{name}: botocore {BOTOCORE_VERSION} does not know this member of {resource.creates}; "
                "update botocore to use it.",
                code="BotocoreTooOld",
            )
    return error


def _plural(resource: Resource) -> str:
    return (resource.plural or f"{resource.kind}s").replace("_", " ")


def shown(resource: Resource, api: Any, document: dict[str, Any]) -> dict[str, Any]:
    """Give a resource in the spelling of the options, so that it can be given back as `definition`."""
    return dict(masked(_spelled(resource, api, document)))


def _spelled(resource: Resource, api: Any, document: dict[str, Any], pairs: bool = False) -> dict[str, Any]:
    shape = _Union(resource.shape(api), api.type(resource.answers, resource.service))
    result = to_ansible(document, shape, pairs)
    own = snake(resource.rename.get("name", "name"))
    return {"name" if name == own else name: value for name, value in result.items()}


def sides(resource: Resource, api: Any, plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give both sides of a plan's diff in the spelling of the options, with what looks secret masked."""
    spelled = [_spelled(resource, api, side, pairs=True) for side in (plan.before, plan.after)]
    return masked_pair(*spelled)


class _Union:
    """A structure with the members of two: those of the request, and those that only an answer has."""

    type_name = "structure"

    def __init__(self, *shapes: Any) -> None:
        self.members = {name: member for shape in shapes for name, member in shape.members.items()}
