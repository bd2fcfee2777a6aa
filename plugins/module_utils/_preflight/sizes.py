# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes: Fargate offers the task's CPU, memory and storage, and the containers fit into the task."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from .._resources import _sizes
from ._check import Check, Finding, failed, ok
from ._look import Look
from ._wish import Wish

NAME = "sizes"
# GiB of storage that a task on Fargate may ask for (EphemeralStorage, member sizeInGiB).
STORAGE = (21, 200)
# CPU units that Fargate offers for Windows (developer guide, "Fargate task size").
WINDOWS = (1024, 2048, 4096)


def checks(wish: Wish, _look: Look) -> Iterator[Check]:
    """Check the size of the task, of its containers, and of its storage."""
    if wish.definition:
        yield Check(NAME, "task", partial(_task, wish))
        yield Check(NAME, "containers", partial(_containers, wish))
    if wish.definition.get("ephemeralStorage"):
        yield Check(NAME, "ephemeral_storage", partial(_storage, wish))


def _task(wish: Wish) -> Iterator[Finding]:
    if not wish.on_fargate:
        yield ok("The size of the task is not bound to Fargate's sizes.")
    elif wish.cpu is None or wish.memory is None:
        yield failed("A task on Fargate needs cpu and memory.", "Give both in the task definition.")
    elif wish.cpu not in _sizes.FARGATE:
        offered = ", ".join(map(str, _sizes.FARGATE))
        yield failed(f"Fargate does not offer {wish.cpu} CPU units.", f"Set cpu to one of {offered}.")
    elif wish.memory not in _sizes.FARGATE[wish.cpu]:
        yield failed(
            f"Fargate does not offer {wish.memory} MiB of memory with {wish.cpu} CPU units.",
            f"Set memory to {_sizes.described(wish.cpu)}.",
        )
    elif _is_windows(wish) and wish.cpu not in WINDOWS:
        yield failed(
            f"Fargate does not offer {wish.cpu} CPU units for Windows.",
            f"Set cpu to one of {', '.join(map(str, WINDOWS))}.",
        )
    else:
        yield ok(f"Fargate offers {wish.cpu} CPU units with {wish.memory} MiB of memory.")


def _is_windows(wish: Wish) -> bool:
    system = (wish.definition.get("runtimePlatform") or {}).get("operatingSystemFamily")
    return str(system or "").startswith("WINDOWS")


def _containers(wish: Wish) -> Iterator[Finding]:
    cpu = sum(int(item.get("cpu") or 0) for item in wish.containers)
    memory = sum(_reserved(item) for item in wish.containers)
    unbounded = [str(item.get("name")) for item in wish.containers if not _reserved(item)]
    if wish.cpu is not None and cpu > wish.cpu:
        yield failed(
            f"The containers ask for {cpu} CPU units, but the task has {wish.cpu}.",
            "Raise cpu of the task, or lower it for its containers.",
        )
    elif wish.memory is not None and memory > wish.memory:
        yield failed(
            f"The containers ask for {memory} MiB of memory, but the task has {wish.memory}.",
            "Raise memory of the task, or lower it for its containers.",
        )
    elif wish.memory is None and unbounded and not wish.on_fargate:
        yield failed(
            f"Neither the task nor the container '{unbounded[0]}' says how much memory it gets.",
            "Give memory for the task, or memory or memory_reservation for each container.",
        )
    else:
        yield ok("The containers fit into the task.")


def _reserved(container: dict[str, Any]) -> int:
    """Give the MiB that are set aside for a container: the reservation, or the limit where there is none."""
    return int(container.get("memoryReservation") or container.get("memory") or 0)


def _storage(wish: Wish) -> Iterator[Finding]:
    size = int(wish.definition["ephemeralStorage"].get("sizeInGiB") or 0)
    low, high = STORAGE
    if not wish.on_fargate:
        yield failed("Only tasks on Fargate have ephemeral_storage.", "Leave it out.")
    elif not low <= size <= high:
        yield failed(
            f"Fargate does not offer {size} GiB of storage.",
            f"Set size_in_gib to {low} to {high}, or leave ephemeral_storage out for the 20 GiB that each task has.",
        )
    else:
        yield ok(f"Fargate offers {size} GiB of storage.")
