# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure how many DescribeServices calls a second the emulator answers: `python -m emulator.measure URL`.

Raw HTTP with keep-alive, one service a call, a bounded number of calls; the load comes from the same machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import threading
import time
import urllib.parse
from typing import Any

_CALLS = 4000
_CLIENTS = 2
_SERVICES = 20


class Client:
    """One connection that calls ECS without signing more than the emulator reads."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)

    def call(self, operation: str, **request: Any) -> Any:
        """Call an operation; an error ends the measurement."""
        headers = {
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ecs/aws4_request, Signature=0",
        }
        self._connection.request("POST", "/", json.dumps(request), headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.HTTPStatus.OK:
            raise SystemExit(f"{operation}: {response.status} {body!r}")
        return json.loads(body)


def prepare(url: str) -> str:
    """Create the services to describe; gives the name of their cluster."""
    client = Client(url)
    cluster = f"measure-{time.time_ns()}"
    client.call("CreateCluster", clusterName=cluster)
    container = {"name": "app", "image": "app:1", "memory": 64}
    client.call("RegisterTaskDefinition", family="measure", containerDefinitions=[container])
    for number in range(_SERVICES):
        client.call(
            "CreateService",
            cluster=cluster,
            serviceName=f"service-{number}",
            taskDefinition="measure",
            desiredCount=0,
        )
    return cluster


def measure(url: str, calls: int = _CALLS, clients: int = _CLIENTS) -> float:
    """Give the calls a second."""
    cluster = prepare(url)

    def run() -> None:
        client = Client(url)
        for number in range(calls // clients):
            client.call("DescribeServices", cluster=cluster, services=[f"service-{number % _SERVICES}"])

    threads = [threading.Thread(target=run) for _ignored in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return calls / (time.monotonic() - began)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="emulator.measure", description=__doc__)
    parser.add_argument("url", help="as the emulator prints it")
    parser.add_argument("--calls", type=int, default=_CALLS)
    parser.add_argument("--clients", type=int, default=_CLIENTS)
    options = parser.parse_args()
    print(f"{measure(options.url, options.calls, options.clients):.0f} DescribeServices a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
