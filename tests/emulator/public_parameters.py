# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters that AWS publishes, such as those of machine images: moto has those of a day, the control can set others.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html. moto lacks those of
Bottlerocket (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-bottlerocket-retrieve-ami.html); the
images here are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.ssm.models import Parameter, ParameterDict

from .region import World

PREFIX = "/aws/service/"
_BOTTLEROCKET = {
    f"{PREFIX}bottlerocket/aws-ecs-2{variant}/{architecture}/latest/image_id": image
    for variant, architecture, image in (
        ("", "x86_64", "ami-0b0771e0c3e700001"),
        ("", "arm64", "ami-0b0771e0c3e700002"),
        ("-nvidia", "x86_64", "ami-0b0771e0c3e700003"),
        ("-nvidia", "arm64", "ami-0b0771e0c3e700004"),
    )
}


def install(world: World) -> None:
    """Let moto's Parameter Store know them; what the control set wins."""
    original = getattr(ParameterDict._check_loading_status, "original", ParameterDict._check_loading_status)

    def check_loading_status(held: Any, key: str) -> None:
        original(held, key)
        known = _BOTTLEROCKET | world.public_parameters
        if key in known:
            held.pop(key, None)
            dict.__setitem__(held, key, [_parameter(held, key, known[key])])

    check_loading_status.original = original  # type: ignore[attr-defined]
    hooks: Any = ParameterDict
    hooks._check_loading_status = check_loading_status


def _parameter(held: Any, name: str, value: str) -> Any:
    kind: Any = Parameter
    return kind(
        account_id=held.account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=datetime.now(UTC),
        version=1,
        data_type="text",
    )


def put(world: World, body: Any) -> None:
    """Publish other values; refuses what is no parameter of AWS."""
    if not isinstance(body, dict) or not all(name.startswith(PREFIX) for name in body):
        raise ValueError(f"send an object with parameters whose names start with {PREFIX}")
    world.public_parameters |= {name: str(value) for name, value in body.items()}
