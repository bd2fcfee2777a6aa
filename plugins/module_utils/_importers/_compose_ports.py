# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports of a Compose service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import _compose_reasons as reasons
from ._piece import filled
from ._reader import LOOK, Reader

PORT = re.compile(
    r"(?:(?P<ip>\[[^\]]*\]|[\d.]*\.[\d.]*):)?(?:(?P<host>[\d-]*):)?(?P<port>\d+(?:-\d+)?)(?:/(?P<protocol>\w+))?"
)


def ports(reader: Reader) -> list[dict[str, Any]]:
    """Give the port mappings of what a service publishes and exposes; a port of the host has no meaning there."""
    found = [_port(entry) for _index, entry in reader.each("ports")]
    found += [_port(entry) for _index, entry in reader.each("expose")]
    unique: list[dict[str, Any]] = []
    for mapping in found:
        key = {name: mapping.get(name) for name in ("container_port", "container_port_range", "protocol")}
        if mapping and key not in [{name: one.get(name) for name in key} for one in unique]:
            unique.append(mapping)
    return unique


def _port(entry: Reader) -> dict[str, Any]:
    if isinstance(entry.value, Mapping):
        given = {name: entry.text(name) for name in ("target", "published", "protocol", "host_ip")}
        app = entry.text("app_protocol") or entry.text("x-aws-protocol")
        entry.leave("mode", "there is no swarm.", reasons.DROP)
        text = f"{given['published'] or ''}:{given['target']}/{given['protocol'] or 'tcp'}"
        return _mapped(entry, text, given["host_ip"], {"name": entry.text("name"), "app_protocol": app})
    if isinstance(entry.value, list) or entry.value is None:
        return {}
    return _mapped(entry, str(entry.whole()), None, {})


def _mapped(entry: Reader, text: str, address: str | None, more: dict[str, Any]) -> dict[str, Any]:
    found = PORT.fullmatch(text)
    if not found:
        entry.note(None, "it names no port.", LOOK)
        return {}
    if address or found["ip"]:
        entry.note(None, f"{reasons.AWSVPC[:-1]}, so no address can be chosen.", "use a security group.")
    if found["host"] and found["host"] != found["port"]:
        said = f"{reasons.AWSVPC[:-1]}, where the container listens at {found['port']}."
        entry.note(None, said, "map ports with a load balancer, or with Service Connect.")
    first, dash, last = found["port"].partition("-")
    several = bool(dash) and first != last
    protocol = found["protocol"] if found["protocol"] not in (None, "tcp") else None
    app = more.get("app_protocol")
    if app and app not in ("http", "http2", "grpc"):
        entry.note("app_protocol", "Service Connect knows http, http2 and grpc, else it is TCP.", reasons.DROP)
        more = {**more, "app_protocol": None}
    return filled(
        {
            "name": more.get("name"),
            "container_port": None if several else int(first),
            "container_port_range": found["port"] if several else None,
            "protocol": protocol,
            "app_protocol": more.get("app_protocol"),
        }
    )
