# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The items of a batch: what each has of its own as overrides of the task definition, checked before any runs."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Mapping
from typing import Any

from .._api import AwsError
from .._errors import BadInput
from .._shape import to_api

# What a tag takes as its value (RunTask, tags), for it tells the tasks of an item from those of others.
NAME = re.compile(r"[\w .:/=+@-]{1,256}")
# Members of a container's override that an item may give by themselves.
SHORT = ("command", "environment", "environment_files", "cpu", "memory", "memory_reservation", "resource_requirements")
OWN = ("name", "container", "overrides", *SHORT)
TO_COME = "(known after apply)"


def read(api: Any, params: Mapping[str, Any], document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give, by the name of each item, the overrides that its tasks run with.

    Raises BadInput for what cannot be meant, naming the item; `document` is the request that all have in common.
    """
    shape = api.shape("RunTask").members["overrides"]
    known = _containers(api, document["taskDefinition"])
    names = [container["name"] for container in known]
    essential = [container["name"] for container in known if container.get("essential", True)] or [TO_COME]
    found: dict[str, dict[str, Any]] = {}
    for index, given in enumerate(params["items"]):
        place = f"items[{index}]"
        item = _whole(given, params, place)
        name = str(item["name"])
        if name in found:
            raise BadInput(f"{place}.name: {name!r} is the name of an item before it too; give each a name of its own.")
        container = str(item.get("container") or params["container"] or essential[0])
        if names and container not in names:
            close = difflib.get_close_matches(container, names, 1)
            hint = f"; did you mean {close[0]}?" if close else "."
            raise BadInput(f"{place}.container: the task definition has no container {container!r}{hint}")
        own = to_api(item.get("overrides") or {}, shape, f"{place}.overrides")
        short = {key: item[key] for key in SHORT if item.get(key) is not None}
        if short:
            entry = to_api(short, shape.members["containerOverrides"].member, place)
            own = merged(own, {"containerOverrides": [{"name": container, **entry}]})
        found[name] = merged(document.get("overrides") or {}, own)
    return found


def _containers(api: Any, name: str) -> list[dict[str, Any]]:
    """Give the containers of the task definition; none where it is still to come, or may not be seen."""
    try:
        return list(api.read("DescribeTaskDefinition", taskDefinition=name)["taskDefinition"]["containerDefinitions"])
    except AwsError:  # whether it has to be there was found out before
        return []


def _whole(given: Any, params: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Give an item as a dictionary; a plain value becomes an environment variable of the container."""
    item = dict(given) if isinstance(given, Mapping) else {"name": given, "environment": {params["variable"]: given}}
    for key in item:
        if key not in OWN:
            close = difflib.get_close_matches(str(key), OWN, 1)
            hint = f"did you mean {close[0]}?" if close else f"give {', '.join(OWN)}."
            raise BadInput(f"{place}.{key}: no such member of an item; {hint}")
    if isinstance(item.get("environment"), Mapping):
        item["environment"] = {
            key: str(value).lower() if isinstance(value, bool) else value for key, value in item["environment"].items()
        }
    if item.get("name") in (None, "") or isinstance(item["name"], (Mapping, list)):
        raise BadInput(f"{place}.name is required: it tells the tasks of this item from those of others.")
    if not NAME.fullmatch(str(item["name"])):
        raise BadInput(
            f"{place}.name: {item['name']!r} cannot be the value of a tag; use up to 256 letters, digits, spaces and "
            "+ - = . _ : / @."
        )
    return item


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Give overrides with those of an item over them: containers by name, their environment by variable."""
    result = {**copy.deepcopy(dict(base)), **own}
    containers = {entry["name"]: dict(entry) for entry in copy.deepcopy(base.get("containerOverrides", []))}
    for entry in own.get("containerOverrides", []):
        before = containers.get(entry["name"], {})
        both = {**before, **entry}
        if "environment" in before and "environment" in entry:
            pairs = {pair["name"]: pair for pair in (*before["environment"], *entry["environment"])}
            both["environment"] = list(pairs.values())
        containers[entry["name"]] = both
    if containers:
        result["containerOverrides"] = list(containers.values())
    return result
