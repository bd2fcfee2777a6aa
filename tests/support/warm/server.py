# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that has boto3 and the service models in memory, and runs each program in a child of its own.

Most of the time of a module in a playbook is Python that starts and imports boto3. Nothing of Ansible and nothing of
the collections is imported here, so a module still comes with its own payload, and fails when that lacks something.
The modules of other collections sleep until AWS has caught up with them; the emulator never lags there.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
import types
from typing import Any, NoReturn

import boto3
import botocore.loaders

OURS = b"longshore.ecs.plugins"
HASTE = 20  # so much shorter are the sleeps of others
# What nearly every module of a playbook asks for.
SERVICES = ("application-autoscaling", "autoscaling", "cloudwatch", "ec2", "ecs", "elbv2", "iam", "logs", "sts")


def keep_models() -> None:
    """Read each file of botocore's data once."""
    read, known = botocore.loaders.JSONFileLoader.load_file, dict[str, Any]()

    def load_file(self: Any, path: str) -> Any:
        if path not in known:
            known[path] = read(self, path)
        return known[path]

    botocore.loaders.JSONFileLoader.load_file = load_file
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
    for service in SERVICES:
        session.client(service)


def run(connection: socket.socket) -> NoReturn:
    """Be the process of one program, and tell at the end what it ends with."""
    size, descriptors, _flags, _address = socket.recv_fds(connection, 8, 3)
    message, wanted = b"", int.from_bytes(size, "big")
    while len(message) < wanted:
        message += connection.recv(wanted - len(message))
    words = message.decode("utf-8", "surrogateescape").split("\0")
    end = words.index("")
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(words[0])
    os.environ.clear()
    for word in words[end + 1 :]:
        name, _sign, value = word.partition("=")
        os.environ[name] = value
    sys.orig_argv = [sys.executable, *words[1:end]]
    sys.argv = words[1:end] or [""]
    code = 1
    try:
        code = execute()
    finally:
        for thread in set(threading.enumerate()) - {threading.current_thread()}:
            if not thread.daemon:
                thread.join()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        connection.sendall(bytes([code]))
        os._exit(code)


def execute() -> int:
    """Run the program in the place of this one, and give its exit status."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.path[:0] = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    try:
        if "PYTHONPATH" in os.environ:
            sys.modules.pop("sitecustomize", None)
            importlib.import_module("sitecustomize")
    except ModuleNotFoundError:
        pass
    try:
        if sys.argv[0]:
            main.__file__ = sys.argv[0]
            with open(sys.argv[0], "rb") as file:
                program = file.read()
        else:
            program = sys.stdin.buffer.read()
        if OURS not in program:
            sleep = time.sleep
            time.sleep = lambda seconds: sleep(float(seconds) / HASTE)
        exec(compile(program, sys.argv[0] or "<stdin>", "exec"), main.__dict__)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 255
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main(path: str) -> None:
    """Serve until somebody ends it; its parent does, or goes."""
    keep_models()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen(32)
        print("ready", flush=True)
        while True:
            connection, _address = server.accept()
            if os.fork() == 0:
                server.close()
                run(connection)
            connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
