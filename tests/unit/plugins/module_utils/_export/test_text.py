# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML that is written without a library says what it was given, and reads well."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.longshore.ecs.plugins.module_utils._export.text import written
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.one_of(
    st.text(max_size=20),
    st.text("ab 1:#-{}[]'\"\n\t,&*!|>%@`\\_./é\x7f\u2028\U0001f600", max_size=12),
    st.sampled_from(["yes", "No", "1:20", "0x1f", "1e3", "2024-01-01", "~", "null", "=", "<<", "- a", "a: b", "a #b"]),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


@settings(max_examples=400, deadline=None)
@given(DOCUMENTS)
def test_what_is_written_reads_back(document: Any) -> None:
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        assert yaml.load(written(document), Loader=loader) == document


def test_it_reads_as_a_person_would_write_it() -> None:
    document = {
        "resources": [
            {"cluster": {"name": "shop", "capacity_providers": ["FARGATE"], "tags": {}}},
            {"task_definition": {"cpu": "256", "command": ["sh", "-c", "one\ntwo\n"], "note": "one\n\ntwo"}},
        ]
    }
    assert written(document) == (
        "---\nresources:\n"
        "  - cluster:\n      name: shop\n      capacity_providers:\n        - FARGATE\n      tags: {}\n"
        '  - task_definition:\n      cpu: "256"\n      command:\n'
        '        - sh\n        - "-c"\n        - "one\\ntwo\\n"\n'
        "      note: |-\n        one\n\n        two\n"
    )


@pytest.mark.parametrize(
    "text",
    ["web", "web:1", "arn:aws:iam::123456789012:role/shop", "/ecs/shop", "a b", "public.ecr.aws/nginx/nginx:1.27"],
)
def test_plain_text_needs_no_quotes(text: str) -> None:
    assert written({"a": text}) == f"---\na: {text}\n"


@pytest.mark.parametrize("text", ["", "on", "1.5", "{{ vault_a }}", "a:", "a: b", "-x", ".5", "*", "a\tb", "1 GB"])
def test_other_text_has_quotes(text: str) -> None:
    assert written({"a": text}).startswith('---\na: "')
