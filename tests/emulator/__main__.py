# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the emulator: `python -m emulator --port 5000`."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from .application import Application
from .clock import Clock
from .region import World
from .server import HOST, Server


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="emulator", description="An honest Amazon ECS emulator for tests.")
    parser.add_argument("--port", type=int, default=5000, help="port on the loopback interface; 0 takes any free one")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than real time the clock runs")
    parser.add_argument("--verbose", action="store_true", help="write an access log to stderr")
    options = parser.parse_args(arguments)
    try:
        server = Server(Application(World(Clock(options.speed))), options.port, options.verbose)
    except OSError as error:
        print(f"emulator: cannot listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, _end)
        print(f"ready http://{HOST}:{server.server_address[1]}", flush=True)
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


def _end(_signal: int, _frame: Any) -> None:
    """End once: a second signal must not disturb the end."""
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
