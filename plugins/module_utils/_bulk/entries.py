# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checking every entry of a manifest as the module of its kind would, before any call, and all of them at once."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .. import _document
from .._core import Resource
from .._errors import BadInput
from .._watch import Clock, Watch
from .manifest import Entry, Manifest, Place, spread
from .nodes import Closed, Node, Unasked

# What an entry takes beside the options of its module.
DEPENDS = "depends_on"


class Checker:
    """Makes nodes of a manifest's entries, and notes in the manifest what is wrong with them."""

    def __init__(self, manifest: Manifest, resources: Mapping[str, Resource], api: Any, owner: str | None) -> None:
        self._manifest = manifest
        self._resources = resources
        self._api = api
        self._owner = owner

    def nodes(self) -> list[Node]:
        """Give a node for each entry that can be meant, in the order in which kinds are created."""
        order = list(self._resources)
        entries = sorted(self._manifest.entries, key=lambda entry: order.index(entry.kind))
        nodes = [node for entry in entries if (node := self._node(entry))]
        families = frozenset(
            str(node.ask.document["family"])
            for node in nodes
            if node.kind == "task_definition" and not node.gone and node.ask.document.get("family")
        )
        return [node for node in nodes if self._prepared(node, families)]

    def _node(self, entry: Entry) -> Node | None:
        """Check the options, and turn them into what is asked for."""
        resource, before = self._resources[entry.kind], len(self._manifest.problems)
        own = self._named(resource, entry.options, entry.place)
        merged: dict[str, Any] = {}
        for options, place in entry.defaults:
            merged.update(self._named(resource, options, place))
        merged.update(own)
        depends_on = merged.pop(DEPENDS, None) or []
        own.pop(DEPENDS, None)
        for options in (merged, own):
            _settle_src(options, entry.place)
        params, said = _validated(resource, merged)
        for message in said:
            self._manifest.refuse(entry.place, f"{message}.")
        if self._owner and "tags" in (params.get("ignore_changes") or ()):
            self._refuse_ignored_tags(entry.place)
        if len(self._manifest.problems) > before:
            return None
        given = {**dict.fromkeys(params), **{name: params[name] for name in own if name in params}}
        node = Node(resource, params, given, entry.place, self._depends(depends_on, entry.place))
        node.owner = self._owner if "tags" in resource.shape(self._api).members else None
        try:
            node.begin(self._api, Watch(Clock()))
        except BadInput as error:
            for message in error.data.get("errors") or [str(error)]:
                self._refuse(entry, message)
            return None
        return node

    def _prepared(self, node: Node, families: frozenset[str]) -> bool:
        """Check as far as that goes without a call; what takes one is checked when it is planned."""
        node.families = families
        try:
            node.prepare(Closed(self._api), {})
        except Unasked:
            return True
        except BadInput as error:
            for message in error.data.get("errors") or [str(error)]:
                self._manifest.refuse(node.place, message)
            return False
        return True

    def _named(self, resource: Resource, options: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Give the options under their own names, whichever of their spellings was used."""
        known, found = _names(resource), {}
        for name, value in options.items():
            option = known.get(name)
            if option is None:
                close = difflib.get_close_matches(str(name), known, 1)
                hint = f"did you mean {close[0]}?" if close else f"see longshore.ecs.{resource.kind} for what it takes."
                self._manifest.refuse(place.at(str(name)), f"no such option of {resource.kind}; {hint}")
            elif option in found:
                self._manifest.refuse(place.at(name), f"{option} is given twice, in two spellings; keep one.")
            elif value is not None:
                found[option] = value
        return found

    def _depends(self, given: Any, place: Place) -> list[Any]:
        if isinstance(given, str):
            return [given]
        if isinstance(given, list) and all(
            isinstance(item, str) or (isinstance(item, Mapping) and len(item) == 1) for item in given
        ):
            return given
        self._manifest.refuse(place.at(DEPENDS), "give a list of names of services, or of {kind: name}.")
        return []

    def _refuse(self, entry: Entry, message: str) -> None:
        """Note a mistake at the member that the message starts with."""
        path, colon, text = message.partition(": ")
        if not colon or " " in path:
            return self._manifest.refuse(entry.place, message)
        first, *rest = spread(path)
        written = next(
            (name for name in entry.options if _names(self._resources[entry.kind]).get(name) == first), first
        )
        return self._manifest.refuse(entry.place.at(written, *rest), text)

    def _refuse_ignored_tags(self, place: Place) -> None:
        self._manifest.refuse(
            place.at("ignore_changes"),
            "tags cannot be left alone with prune, which marks by a tag what it owns; give tags and purge_tags: false.",
        )


@functools.cache
def _names(resource: Resource) -> dict[str, str]:
    spec = _document.spec(resource)
    known = {name: option for option, entry in spec.items() for name in (option, *entry.get("aliases", ()))}
    return {**known, DEPENDS: DEPENDS}


@functools.cache
def _validator(resource: Resource, names: frozenset[str]) -> ArgumentSpecValidator:
    """Make a validator of these options and of those that are never without a value; all together take far longer."""
    spec = _document.spec(resource)
    used = {name: entry for name, entry in spec.items() if name in names or {"default", "required"} & entry.keys()}
    return ArgumentSpecValidator(used, mutually_exclusive=_document.EXCLUSIVE)


def _validated(resource: Resource, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Check types and choices as AnsibleModule does, and fill in the defaults of the spec."""
    result = _validator(resource, frozenset(options)).validate(options)
    params = {**dict.fromkeys(_document.spec(resource)), **result.validated_parameters}
    return params, [str(message).rstrip(".") for message in result.error_messages]


def _settle_src(options: dict[str, Any], place: Place) -> None:
    """A relative path in a manifest's file is meant from there."""
    if place.file and isinstance(options.get("src"), str):
        options["src"] = str(Path(place.file).parent / options["src"])
