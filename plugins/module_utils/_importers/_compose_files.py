# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Compose service mounts: volumes, and secrets, which ECS gives as variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import _compose_reasons as reasons
from ._compose_container import tmpfs_size
from ._compose_values import mebibytes
from ._piece import filled
from ._reader import LOOK, Reader

FILE_SYSTEM = re.compile(r"(fs-[0-9a-f]{8,40})(?:\.|$)")
VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
LOST = "on Fargate what a volume holds is lost with its task."
PERSISTENT = "keep it on an EFS file system (efs_volume_configuration), if it shall stay."


class Files:
    """The volumes and secrets of a document, and what services mount of them."""

    def __init__(self, document: Reader) -> None:
        self._volumes = dict(document.each("volumes"))
        self._secrets = dict(document.each("secrets"))
        self._used: set[tuple[str, Any]] = set()

    def mounted(self, reader: Reader) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        """Give the volumes of the task, the mount points and the tmpfs mounts of the container."""
        volumes: dict[str, dict[str, Any]] = {}
        points: list[dict[str, Any]] = []
        memory: list[dict[str, Any]] = []
        for index, entry in reader.each("volumes"):
            mount = self._mount(entry)
            kind, source, target = mount.get("type"), mount.get("source"), mount.get("target")
            if not target:
                continue
            if kind == "tmpfs":
                memory.append({"container_path": target, "size": tmpfs_size(entry, None, mount.get("size"))})
            elif kind == "volume":
                name = re.sub(r"[^A-Za-z0-9_-]", "-", source) if source else f"volume-{index}"
                volumes[name] = filled({"name": name, **self._volume(source, entry)})
                point = {"source_volume": name, "container_path": target, "read_only": mount.get("read_only") or None}
                points.append(filled(point))
            else:
                entry.note(None, "Fargate has no files of a host.", reasons.EFS)
        return list(volumes.values()), points, memory

    def _mount(self, entry: Reader) -> dict[str, Any]:
        """Read a mount in its short or its long form."""
        if isinstance(entry.value, Mapping):
            entry.leave("bind", "Fargate has no files of a host.", reasons.EFS)
            for name in ("consistency", "image", "cluster"):
                entry.leave(name, reasons.DOCKER, reasons.DROP)
            entry.leave("volume", "ECS mounts a volume as a whole, and as it is.", LOOK)
            size = entry.inside("tmpfs").text("size")
            entry.inside("tmpfs").leave("mode", "it cannot be set.", reasons.DROP)
            return {
                **{name: entry.text(name) for name in ("type", "source", "target")},
                "read_only": entry.flag("read_only"),
                "size": mebibytes(size) if size else None,
            }
        if not isinstance(entry.value, str):
            return {}
        parts = entry.whole().split(":")
        if len(parts) == 1:
            return {"type": "volume", "target": parts[0]}
        source, target, *options = parts
        kind = "volume" if VOLUME_NAME.fullmatch(source.replace(".", "")) and source[0] not in "./~" else "bind"
        options = options[0].split(",") if options else []
        if set(options) - {"ro", "rw"}:
            entry.note(None, "a mount is read-only or not, and has no further options.", reasons.DROP)
        return {"type": kind, "source": source, "target": target, "read_only": "ro" in options}

    def _volume(self, name: str | None, entry: Reader) -> dict[str, Any]:
        """Give what a volume is; one that names an EFS file system is that."""
        if not name:
            return {}
        declared = self._volumes.get(name)
        self._used.add(("volumes", name))
        if declared is None:
            entry.note(None, LOST, PERSISTENT)
            return {}
        driver = declared.inside("driver_opts")
        options = {option: driver.text(option) for option in ("type", "o", "device")}
        named = [declared.text("name") or "", options.get("o") or "", options.get("device") or ""]
        found = next((found for text in named for found in [_file_system(text)] if found), None)
        declared.flag("external")
        if declared.text("driver") not in (None, "local"):
            declared.note("driver", "Fargate has no drivers of volumes.", reasons.EFS)
        declared.leave("labels", "volumes of tasks have no labels.", reasons.DROP)
        if found:
            device = (options.get("device") or "").rpartition(":")[2]
            efs = {"file_system_id": found, "root_directory": device if device not in ("", "/") else None}
            return {"efs_volume_configuration": filled({**efs, "transit_encryption": "ENABLED"})}
        declared.note(None, LOST, PERSISTENT)
        return {}

    def secrets(self, reader: Reader) -> dict[str, str]:
        """Give the secrets that are named by an ARN, by the name of the variable in which ECS gives them."""
        found: dict[str, str] = {}
        for _index, entry in reader.each("secrets"):
            if isinstance(entry.value, Mapping):
                source, target = entry.text("source"), entry.text("target")
                for name in ("uid", "gid", "mode"):
                    entry.leave(name, "a variable has no owner and no mode.", reasons.DROP)
            else:
                source, target = (entry.whole(), None) if isinstance(entry.value, str) else (None, None)
            arn = self._secret(source) if source else None
            if not source or not arn:
                entry.note(None, "ECS gives secrets of Secrets Manager and the Parameter Store, and no others.", STORE)
                continue
            variable = re.sub(r"[^A-Z0-9]+", "_", (target or source).rpartition("/")[2].upper()).strip("_")
            entry.note(None, f"ECS gives it as the variable {variable}, not as a file.", "let the program read that.")
            found[variable] = arn
        return found

    def _secret(self, name: str) -> str | None:
        declared = self._secrets.get(name)
        self._used.add(("secrets", name))
        if declared is None:
            return None
        declared.flag("external")
        arn = declared.text("name")
        declared.leave("x-aws-keys", "each key takes a variable of its own.", "append :<key>:: to the ARN.")
        for member in ("file", "environment", "driver", "driver_opts", "labels", "template_driver"):
            declared.leave(member, "it does not leave the host on which Compose runs.", STORE)
        return arn if arn and arn.startswith("arn:") else None

    def unused(self) -> None:
        """Leave what no service mounts."""
        for kind, entries in (("volumes", self._volumes), ("secrets", self._secrets)):
            for name, entry in entries.items():
                if (kind, name) not in self._used:
                    entry.leave_all("no service uses it.", reasons.DROP)


STORE = "put it into Secrets Manager, and name its ARN in secrets of the container."


def _file_system(text: str) -> str | None:
    found = FILE_SYSTEM.search(text)
    return found[1] if found else None
