#!/usr/bin/env python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark. Its parts: what a task costs, what a whole estate costs, and how long 5,000 services take.

Without a part, tasks and estates are measured. `run.py PART --help` says what a part takes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark import estates, tasks, throttled

PARTS = {"tasks": tasks, "estates": estates, "throttled": throttled}


def main() -> None:
    """Measure the part that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_subparsers(dest="part")
    for name, part in PARTS.items():
        part.add_options(chosen.add_parser(name, description=part.__doc__))
    options = parser.parse_args()
    for name in [options.part] if options.part else ["tasks", "estates"]:
        PARTS[name].run(options if options.part else parser.parse_args([name]))


if __name__ == "__main__":
    main()
