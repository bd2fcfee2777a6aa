# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands for a secret in a manifest: text that is nothing but the name of a variable, `{{ vault_web_password }}`.

A file of a manifest is read without templating, so `apply` takes the values beside it. A placeholder without a value is
a mistake: it would become the secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\{\{ *(vault_[A-Za-z0-9_]+) *\}\}")
Steps = tuple[Any, ...]  # keys and indices, from the document's root to a value


def filled(value: Any, values: Mapping[str, Any], refuse: Callable[[Steps, str], None], steps: Steps = ()) -> Any:
    """Copy a part of a manifest with the values of its placeholders; `refuse` is told of those that have none."""
    if isinstance(value, Mapping):
        return {key: filled(entry, values, refuse, (*steps, str(key))) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, values, refuse, (*steps, index)) for index, entry in enumerate(value)]
    found = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    if values.get(found[1]) is None:
        refuse(steps, f"the placeholder {found[1]} has no value; give it in placeholders.")
        return value
    return str(values[found[1]])
