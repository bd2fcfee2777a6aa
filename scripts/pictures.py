#!/usr/bin/env python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the pictures of the documentation from their sources, docs/pictures/*.typ; with --check, only compare."""

from __future__ import annotations

import sys
from pathlib import Path

import typst

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PARTS = "parts.typ"


def main() -> int:
    """Give how the command ends: 1 when a picture is not what its source says."""
    check, stale = "--check" in sys.argv[1:], []
    for source in sorted(PICTURES.glob("*.typ")):
        if source.name == PARTS:
            continue
        drawn, picture = typst.compile(str(source), format="svg"), source.with_suffix(".svg")
        if picture.exists() and picture.read_bytes() == drawn:
            continue
        if check:
            stale.append(picture.name)
        else:
            picture.write_bytes(drawn)
            print(f"Drew {picture.relative_to(PICTURES.parent.parent)}.")
    if stale:
        print(f"{', '.join(stale)}: not what the source says. Run make pictures.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
