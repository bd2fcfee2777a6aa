# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the Python that runs modules: hands a program over to the warm one, and ends as that does."""

import os
import socket
import sys

SOCKET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "socket")


def main() -> int:
    # Other than -IS suggests, site-packages are there: the warm one has them. Anything but a program is not for it.
    if len(sys.argv) > 1 and not sys.argv[1].endswith(".py"):
        os.execv(os.environ["WARM_PYTHON"], [os.environ["WARM_PYTHON"], *sys.argv[1:]])
    lines = [os.getcwd(), *sys.argv[1:], "", *(f"{name}={value}" for name, value in os.environ.items())]
    message = "\0".join(lines).encode("utf-8", "surrogateescape")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(SOCKET)
        socket.send_fds(connection, [len(message).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(message)
        ended = connection.recv(1)
    return ended[0] if ended else 1


if __name__ == "__main__":
    raise SystemExit(main())
