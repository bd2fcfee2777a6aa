# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of images."""

from __future__ import annotations

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._actions import _image_names
from ansible_collections.longshore.ecs.plugins.module_utils._errors import BadInput

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ("", "nginx", "latest", "")),
        ("shop/web:1.2", ("", "shop/web", "1.2", "")),
        ("localhost/web", ("localhost", "web", "latest", "")),
        ("localhost:5000/shop/web", ("localhost:5000", "shop/web", "latest", "")),
        ("registry.example.com/shop/web:1", ("registry.example.com", "shop/web", "1", "")),
        (f"registry.example.com/web@{DIGEST}", ("registry.example.com", "web", "", DIGEST)),
        (f"registry.example.com:443/web:1@{DIGEST}", ("registry.example.com:443", "web", "1", DIGEST)),
    ],
)
def test_a_name_is_taken_apart(reference: str, parts: tuple[str, ...]) -> None:
    name = _image_names.named(reference)
    assert name and (name.host, name.path, name.tag, name.digest) == parts


@pytest.mark.parametrize("reference", ["", "web:", "@sha256:aa", "web@latest"])
def test_what_is_no_name(reference: str) -> None:
    assert _image_names.named(reference) is None


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com",
        "123456789012.dkr-ecr.eu-central-1.on.aws",
    ],
)
def test_the_hosts_of_registries(host: str) -> None:
    where, identity = _image_names.in_ecr(f"{host}/shop/web:1", "eu-central-1")
    assert where == {"registryId": "123456789012", "repositoryName": "shop/web"}
    assert identity == {"imageTag": "1"}


def test_china_has_hosts_of_its_own() -> None:
    host = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    assert _image_names.in_ecr(f"{host}/web@{DIGEST}", "cn-north-1")[1] == {"imageDigest": DIGEST}


@pytest.mark.parametrize("reference", ["nginx:1", "public.ecr.aws/nginx/nginx:1", "", "12.dkr.ecr.x.amazonaws.com/a"])
def test_others_are_refused(reference: str) -> None:
    with pytest.raises(BadInput, match="does not name an image in ECR"):
        _image_names.in_ecr(reference, "eu-central-1")
