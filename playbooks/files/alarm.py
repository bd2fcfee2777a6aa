# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An alarm that goes off while a command runs.

`ALARM CLUSTER SERVICE COMMAND...` makes the alarm, runs the command, and sets the alarm off as soon as a deployment of
the service has a share of the production traffic. It ends as the command does. AWS_REGION says where all this is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PAUSE_SECONDS = 0.2


def client(service: str) -> Any:
    """Make a client; boto3 does not look at AWS_REGION."""
    return boto3.client(service, region_name=os.environ["AWS_REGION"])


def share(ecs: Any, cluster: str, service: str) -> float:
    """Give the share of the production traffic, in percent, that the deployment under way has."""
    found = ecs.list_service_deployments(cluster=cluster, service=service, status=["IN_PROGRESS"])["serviceDeployments"]
    if not found:
        return 0.0
    arns = [found[0]["serviceDeploymentArn"]]
    [shown] = ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    return float(shown["targetServiceRevision"].get("requestedProductionTrafficWeight") or 0)


def ring(alarm: str, cluster: str, service: str, over: threading.Event) -> None:
    """Set the alarm off once there is a share, unless the command is over before."""
    ecs = client("ecs")
    try:
        while not over.wait(PAUSE_SECONDS):
            if share(ecs, cluster, service) > 0:
                client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="5 % errors")
                return
    except (BotoCoreError, ClientError) as error:
        print(f"The alarm {alarm} cannot go off: {error}", file=sys.stderr)


def main(words: list[str]) -> int:
    """Do what the command line says."""
    alarm, cluster, service, *command = words
    client("cloudwatch").put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
    )
    over = threading.Event()
    bell = threading.Thread(target=ring, args=(alarm, cluster, service, over))
    bell.start()
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        over.set()
        bell.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
