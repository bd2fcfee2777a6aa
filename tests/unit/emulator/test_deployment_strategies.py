# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green, linear and canary deployments: stages, weights, counts, switching, superseding, stopping, deleting."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable
from typing import Any

import pytest

STAGES = [
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}
STRATEGIES: dict[str, Any] = {
    "BLUE_GREEN": BLUE_GREEN,
    "LINEAR": {
        "strategy": "LINEAR",
        "bakeTimeInMinutes": 5,
        "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 2},
    },
    "CANARY": {
        "strategy": "CANARY",
        "bakeTimeInMinutes": 5,
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 3},
    },
}
SHARES = {"BLUE_GREEN": [0, 100], "LINEAR": [0, 40, 80, 100], "CANARY": [0, 10, 100]}


def deployed(account: Any, configuration: Any = None, **changes: Any) -> Any:
    """Create a service behind a load balancer that can shift, completed; give its load balancer's entry."""
    configuration = configuration or BLUE_GREEN
    balancer = account.shifting()
    account.register()
    account.create(loadBalancers=[balancer], deploymentConfiguration=configuration, **changes)
    account.emulator.step(300)
    assert record(account)["status"] == "SUCCESSFUL"
    return balancer


def deploy(account: Any, tag: str = "2", **changes: Any) -> Any:
    """Roll out another image."""
    account.register(tag)
    return account.update(taskDefinition="web", **changes)


def record(account: Any) -> Any:
    """The newest service deployment."""
    return account.service_deployments()[0]


def shares(item: Any) -> tuple[float, float]:
    """Production traffic of target and of the source revisions together."""
    member = "requestedProductionTrafficWeight"
    sources = sum(source[member] for source in item["sourceServiceRevisions"])
    return item["targetServiceRevision"][member], sources


def journey(account: Any, seconds: int, step: int = 2) -> Generator[Any]:
    """Let reads move the clock, and give the newest service deployment as it is each time."""
    arn = record(account)["serviceDeploymentArn"]
    account.emulator.control("clock", {"per_read": step})
    try:
        for _ignored in range(0, seconds, step):
            yield account.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
    finally:
        account.emulator.control("clock", {"per_read": 0})


def go_to(account: Any, stage: str) -> Any:
    """Let time pass until the newest deployment is in a stage."""
    way = journey(account, 8000)
    for item in way:
        if item.get("lifecycleStage") == stage:
            way.close()
            return item
    raise AssertionError(f"never {stage}")


def changes_of(values: Iterable[Any]) -> list[Any]:
    """Give the values without repetitions in a row."""
    return [value for value, _ignored in itertools.groupby(values)]


def healthy(account: Any, group: str) -> int:
    """Count the healthy targets of a group."""
    targets = account.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)


# Stages, weights, counts


def test_blue_green_walks_through_its_stages(account: Any) -> None:
    """blue-green-deployment-how-it-works and the botocore ECS model, ServiceDeployment.lifecycleStage."""
    deployed(account)
    deploy(account)
    seen = list(journey(account, 500, 1))
    assert seen[0]["status"] == "PENDING"
    assert "lifecycleStage" not in seen[0]
    assert changes_of([item["lifecycleStage"] for item in seen if "lifecycleStage" in item]) == STAGES
    assert changes_of([item["status"] for item in seen]) == ["PENDING", "IN_PROGRESS", "SUCCESSFUL"]
    weights: dict[str, set[Any]] = {}
    for item in seen:
        target = item["targetServiceRevision"]
        weights.setdefault(item.get("lifecycleStage", ""), set()).add(
            (target["requestedTestTrafficWeight"], *shares(item))
        )
    assert all(weights[stage] == {(0, 0, 100)} for stage in STAGES[:3])
    assert all(weights[stage] == {(100, 0, 100)} for stage in STAGES[3:6])
    assert all(weights[stage] == {(100, 100, 0)} for stage in STAGES[6:])


def test_blue_and_green_are_both_at_full_count(account: Any) -> None:
    """deployment-type-blue-green: both run until the bake time is over."""
    deployed(account)
    deploy(account)
    counts: dict[str, Any] = {}
    for item in journey(account, 500):
        pair = (
            item["targetServiceRevision"]["runningTaskCount"],
            sum(source["runningTaskCount"] for source in item["sourceServiceRevisions"]),
        )
        counts.setdefault(item.get("lifecycleStage"), set()).add(pair)
    assert counts["PRE_SCALE_UP"] == {(0, 2)}
    assert counts["SCALE_UP"] >= {(0, 2), (2, 2)}
    assert all(counts[stage] == {(2, 2)} for stage in STAGES[2:9])
    assert (2, 0) in counts["CLEAN_UP"]


def test_the_services_own_view(account: Any) -> None:
    """botocore ECS model, Deployment: the new one is PRIMARY, the old one ACTIVE while it has tasks."""
    deployed(account)
    deploy(account)
    go_to(account, "BAKE_TIME")
    service = account.service()
    assert [(item["status"], item["rolloutState"], item["runningCount"]) for item in service["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS", 2),
        ("ACTIVE", "COMPLETED", 2),
    ]
    assert len(service["currentServiceRevisions"]) == 2
    account.emulator.step(400)
    assert [item["rolloutState"] for item in account.service()["deployments"]] == ["COMPLETED"]


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_shares_of_traffic(account: Any, strategy: str) -> None:
    """deployment-type-linear: equal increments with waits, none after the last; canary-deployment: a part, then all."""
    balancer = deployed(account, STRATEGIES[strategy])
    deploy(account)
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    seen, stages = [], []
    moments: dict[float, int] = {}
    for number, item in enumerate(journey(account, 800)):
        share, rest = shares(item)
        assert share + rest == 100
        if share not in moments:
            # At the present moment: no other read moves the clock.
            weights = account.weights(rule)
            alternate = balancer["advancedConfiguration"]["alternateTargetGroupArn"]
            assert weights == {balancer["targetGroupArn"]: 100 - share, alternate: share}
        seen.append(share)
        stages.append(item.get("lifecycleStage"))
        moments.setdefault(share, number * 2)
    assert changes_of(seen) == SHARES[strategy]
    assert changes_of(stages).count("PRODUCTION_TRAFFIC_SHIFT") == len(SHARES[strategy]) - 1
    assert changes_of(stages).count("PRE_PRODUCTION_TRAFFIC_SHIFT") == len(SHARES[strategy]) - 1
    waits = {"LINEAR": 120, "CANARY": 180}
    for one, two in zip(SHARES[strategy][1:], SHARES[strategy][2:], strict=False):
        assert waits[strategy] <= moments[two] - moments[one] < waits[strategy] + 20


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"strategy": "LINEAR"}, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.3}}, [33.3, 66.6, 99.9, 100]),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 100.0}}, [100]),
        ({"strategy": "CANARY"}, [5, 100]),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}}, [0.1, 100]),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 100.0}}, [100]),
    ],
)
def test_steps(account: Any, configuration: Any, expected: list[float]) -> None:
    """botocore ECS model, LinearConfiguration and CanaryConfiguration: defaults and extremes."""
    account.register()
    account.create(deploymentConfiguration=configuration)
    account.emulator.step(300)
    deploy(account)
    seen = changes_of([shares(item)[0] for item in journey(account, 4500, 15)])
    assert seen[1:] == expected
    assert record(account)["status"] == "SUCCESSFUL"


def test_one_look_is_as_good_as_many(account: Any) -> None:
    """A jump over all stages leaves the same record as looking every second."""
    spans = []
    for number, step in enumerate((600, 1)):
        account.register()
        account.create(f"s{number}", deploymentConfiguration=BLUE_GREEN)
        account.emulator.step(300)
        account.register("2")
        account.update(f"s{number}", taskDefinition="web")
        for _ignored in range(0, 600, step):
            account.emulator.step(step)
            item = account.service_deployments(f"s{number}")[0]
        spans.append((item["status"], item["finishedAt"] - item["createdAt"]))
    assert spans[0] == spans[1]


def test_the_target_groups_swap_with_each_deployment(account: Any) -> None:
    """alb-resources-for-blue-green; botocore ECS model, ServiceRevision.resolvedConfiguration."""
    balancer = deployed(account)
    groups = [balancer["targetGroupArn"], balancer["advancedConfiguration"]["alternateTargetGroupArn"]]
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    test_rule = balancer["advancedConfiguration"]["testListenerRule"]
    for number in range(3):
        used, unused = groups[number % 2], groups[(number + 1) % 2]
        assert account.weights(rule) == {used: 100, unused: 0}
        assert account.weights(test_rule) == {used: 100, unused: 0}
        arn = record(account)["targetServiceRevision"]["arn"]
        revision = account.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0]
        expected = {"targetGroupArn": used, "productionListenerRule": rule}
        assert revision["resolvedConfiguration"] == {"loadBalancers": [expected]}
        assert revision["loadBalancers"] == account.service()["loadBalancers"] == [balancer]
        assert [healthy(account, group) for group in (used, unused)] == [2, 0]
        deploy(account, str(number + 2))
        account.emulator.step(600)


def test_default_rule_of_a_listener(account: Any) -> None:
    """botocore ECS model, AdvancedConfiguration.productionListenerRule: a listener for a Network Load Balancer."""
    balancer = account.shifting(test=False)
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    listener = rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    balancer["advancedConfiguration"]["productionListenerRule"] = listener
    account.register()
    account.create(loadBalancers=[balancer], deploymentConfiguration=BLUE_GREEN)
    account.emulator.step(300)
    actions = account.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"]
    forwards = [action for action in actions if action["Type"] == "forward"]
    groups = {item["TargetGroupArn"]: item["Weight"] for item in forwards[0]["ForwardConfig"]["TargetGroups"]}
    assert groups[balancer["targetGroupArn"]] == 100
    assert record(account)["targetServiceRevision"]["requestedTestTrafficWeight"] == 0


@pytest.mark.parametrize("connected", [True, False])
def test_without_load_balancer(account: Any, connected: bool) -> None:
    """deploy-blue-green-service: Service Connect or nothing at all instead of a load balancer."""
    account.ecs.update_cluster(cluster="c", serviceConnectDefaults={"namespace": "space"})
    account.register()
    connect = {"enabled": True, "services": [{"portName": "http"}]} if connected else None
    account.create(deploymentConfiguration=BLUE_GREEN, serviceConnectConfiguration=connect)
    account.emulator.step(300)
    deploy(account)
    item = go_to(account, "BAKE_TIME")
    assert shares(item) == (100, 0)
    assert item["targetServiceRevision"]["requestedTestTrafficWeight"] == (100 if connected else 0)
    account.emulator.step(400)
    assert record(account)["status"] == "SUCCESSFUL"


def test_no_tasks_are_wanted(account: Any) -> None:
    """A desired count of 0 goes the same way."""
    deployed(account, desiredCount=0)
    deploy(account)
    assert changes_of([item.get("lifecycleStage") for item in journey(account, 500)]) == STAGES
    assert record(account)["status"] == "SUCCESSFUL"
    assert account.service()["runningCount"] == 0


def test_scaling_on_the_way(account: Any) -> None:
    """A new desired count holds for both revisions."""
    deployed(account)
    deploy(account)
    go_to(account, "BAKE_TIME")
    account.update(desiredCount=3)
    account.emulator.step(120)
    assert [item["runningCount"] for item in account.service()["deployments"]] == [3, 3]
    account.emulator.step(400)
    assert [item["runningCount"] for item in account.service()["deployments"]] == [3]


# Switching


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_from_rolling_and_back(account: Any, strategy: str) -> None:
    """The strategy can change between deployments, and does not deploy by itself."""
    balancer = deployed(account, {"strategy": "ROLLING"})
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    groups = [balancer["targetGroupArn"], balancer["advancedConfiguration"]["alternateTargetGroupArn"]]
    account.update(deploymentConfiguration=STRATEGIES[strategy])
    assert len(account.service_deployments()) == 1
    deploy(account)
    account.emulator.step(1000)
    assert (record(account)["status"], record(account)["lifecycleStage"]) == ("SUCCESSFUL", "CLEAN_UP")
    assert account.weights(rule) == {groups[0]: 0, groups[1]: 100}
    deploy(account, "3", deploymentConfiguration={"strategy": "ROLLING"})
    account.emulator.step(600)
    assert record(account)["status"] == "SUCCESSFUL"
    assert "lifecycleStage" not in record(account)
    assert account.weights(rule) == {groups[0]: 0, groups[1]: 100}
    assert [healthy(account, group) for group in groups] == [0, 2]


# Superseding, stopping, deleting


@pytest.mark.parametrize("strategy", list(STRATEGIES))
@pytest.mark.parametrize("stage", ["SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_superseded(account: Any, strategy: str, stage: str) -> None:
    """service-deployment: a newer one stops it; RECONCILE_SERVICE, as two revisions are ACTIVE."""
    balancer = deployed(account, STRATEGIES[strategy])
    groups = [balancer["targetGroupArn"], balancer["advancedConfiguration"]["alternateTargetGroupArn"]]
    deploy(account)
    scaled = go_to(account, stage)["targetServiceRevision"]["requestedTaskCount"] > 0
    deploy(account, "3")
    assert [item["status"] for item in account.service_deployments()][:2] == ["PENDING", "STOP_REQUESTED"]
    assert len(record(account)["sourceServiceRevisions"]) == (2 if scaled else 1)
    seen = list(journey(account, 30))
    account.emulator.step(1000)
    stages = changes_of([item["lifecycleStage"] for item in seen if "lifecycleStage" in item])
    assert stages[:3] == ["RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP"]
    assert [item["status"] for item in account.service_deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    service = account.service()
    assert (service["taskDefinition"][-1], service["runningCount"], len(service["deployments"])) == ("3", 2, 1)
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    assert account.weights(rule) == {groups[0]: 0, groups[1]: 100}
    stopped = account.service_deployments()[1]
    assert stopped["stoppedAt"] > stopped["startedAt"]
    assert stopped["statusReason"]


def test_superseded_in_clean_up(account: Any) -> None:
    """From CLEAN_UP on the newer revision is the one in production."""
    balancer = deployed(account)
    deploy(account)
    go_to(account, "CLEAN_UP")
    deploy(account, "3")
    account.emulator.step(600)
    assert record(account)["status"] == "SUCCESSFUL"
    assert (
        account.weights(balancer["advancedConfiguration"]["productionListenerRule"])[balancer["targetGroupArn"]] == 100
    )


@pytest.mark.parametrize("strategy", list(STRATEGIES))
@pytest.mark.parametrize("stage", [*STAGES])
def test_stopped_by_a_user(account: Any, strategy: str, stage: str) -> None:
    """stop-service-deployment: ROLLBACK_REQUESTED, then the traffic goes back, then the new tasks go."""
    balancer = deployed(account, STRATEGIES[strategy])
    deploy(account)
    arn = go_to(account, stage)["serviceDeploymentArn"]
    account.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert record(account)["status"] == "ROLLBACK_REQUESTED"
    seen = [record(account), *journey(account, 200, 1)]
    expected = ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]
    assert changes_of([item["status"] for item in seen]) == expected
    final = seen[-1]
    assert shares(final) == (0, 100)
    assert final["rollback"]["serviceRevisionArn"] == final["sourceServiceRevisions"][0]["arn"]
    assert final["rollback"]["startedAt"] > final["startedAt"]
    assert "stopped by a user" in final["rollback"]["reason"]
    service = account.service()
    assert (service["taskDefinition"][-1], service["runningCount"], len(service["deployments"])) == ("1", 2, 1)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    for member in ("productionListenerRule", "testListenerRule"):
        weights = account.weights(balancer["advancedConfiguration"][member])
        assert weights.get(balancer["targetGroupArn"], 100) == 100


def test_stop_while_it_stops(account: Any, refused: Any) -> None:
    """stop-service-deployment: STOP_REQUESTED goes on stopping, and a finished one conflicts."""
    deployed(account)
    deploy(account)
    arn = go_to(account, "BAKE_TIME")["serviceDeploymentArn"]
    deploy(account, "3")
    account.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    assert account.service_deployments()[1]["status"] == "STOP_REQUESTED"
    account.emulator.step(5)
    assert account.service_deployments()[1]["status"] == "STOPPED"
    refused("ConflictException", "STOPPED", account.ecs.stop_service_deployment, serviceDeploymentArn=arn)


def test_a_deployment_after_a_rollback(account: Any) -> None:
    """The groups are used in turn from what is in service, not from what was tried."""
    balancer = deployed(account)
    deploy(account)
    arn = go_to(account, "BAKE_TIME")["serviceDeploymentArn"]
    account.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    account.emulator.step(100)
    deploy(account, "3")
    account.emulator.step(600)
    assert record(account)["status"] == "SUCCESSFUL"
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    assert account.weights(rule)[balancer["advancedConfiguration"]["alternateTargetGroupArn"]] == 100


@pytest.mark.parametrize("stage", ["SCALE_UP", "BAKE_TIME"])
def test_deleted_on_the_way(account: Any, stage: str) -> None:
    """DeleteService: the deployment stops, everything drains."""
    deployed(account)
    deploy(account)
    go_to(account, stage)
    service = account.ecs.delete_service(cluster="c", service="s", force=True)["service"]
    assert service["status"] == "DRAINING"
    account.emulator.step(1000)
    assert account.service()["status"] == "INACTIVE"
    assert account.tasks() == []
    assert account.service_deployments()[0]["status"] == "STOPPED"


# Failing


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_circuit_breaker(account: Any, strategy: str) -> None:
    """deployment-circuit-breaker: the green tasks never come up, production is never touched."""
    breaker = {"enable": True, "rollback": True}
    balancer = deployed(account, {**STRATEGIES[strategy], "deploymentCircuitBreaker": breaker})
    deploy(account, "missing")
    seen = list(journey(account, 200))
    assert {shares(item) for item in seen} == {(0, 100)}
    final = seen[-1]
    assert final["status"] == "ROLLBACK_SUCCESSFUL"
    assert final["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    assert (
        account.weights(balancer["advancedConfiguration"]["productionListenerRule"])[balancer["targetGroupArn"]] == 100
    )
    assert account.service()["runningCount"] == 2


def test_circuit_breaker_without_rollback(account: Any) -> None:
    """Without rollback it stays as it is, and the old tasks serve."""
    breaker = {"enable": True, "rollback": False}
    deployed(account, {**BLUE_GREEN, "deploymentCircuitBreaker": breaker})
    deploy(account, "missing")
    account.emulator.step(400)
    assert record(account)["status"] == "STOPPED"
    service = account.service()
    assert [item["rolloutState"] for item in service["deployments"]] == ["FAILED", "COMPLETED"]
    assert service["runningCount"] == 2
    deploy(account, "3")
    account.emulator.step(600)
    assert record(account)["status"] == "SUCCESSFUL"


def test_scale_up_takes_a_day_at_most(account: Any) -> None:
    """deployment-type-blue-green: a stage lasts up to 24 hours."""
    deployed(account)
    deploy(account, "missing")
    account.emulator.step(23 * 3600)
    assert record(account)["status"] == "IN_PROGRESS"
    account.emulator.step(2 * 3600)
    assert record(account)["status"] == "ROLLBACK_SUCCESSFUL"


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN"])
def test_a_rollback_that_fails(account: Any, strategy: str) -> None:
    """service-deployment: ROLLBACK_FAILED, reached by the control."""
    deployed(account, {"strategy": strategy})
    account.emulator.control("rollbacks", {"fail": ["s"]})
    deploy(account)
    account.emulator.step(20)
    arn = record(account)["serviceDeploymentArn"]
    account.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    seen = changes_of([item["status"] for item in journey(account, 100, 1)])
    assert seen == ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"]
    assert account.emulator.control("rollbacks", method="DELETE") == {"fail": []}
    deploy(account, "3")
    account.emulator.step(300)
    assert record(account)["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN"])
def test_a_rollback_whose_image_is_gone(account: Any, strategy: str) -> None:
    """What is rolled back to must be started again, and cannot be."""
    deployed(account, {"strategy": strategy, "minimumHealthyPercent": 0, "maximumPercent": 100})
    deploy(account)
    if strategy == "ROLLING":
        account.emulator.step(20)
    else:
        go_to(account, "CLEAN_UP")
        account.emulator.step(4)
    account.emulator.control("images", {"app:1": {"behaviour": "missing"}})
    account.ecs.stop_service_deployment(serviceDeploymentArn=record(account)["serviceDeploymentArn"])
    account.emulator.step(600)
    assert record(account)["status"] == "ROLLBACK_FAILED"


# What is refused


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, "stepPercent"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 10.05}}, "stepPercent"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepBakeTimeInMinutes": 1441}}, "stepBakeTimeInMinutes"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.0}}, "canaryPercent"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 100.1}}, "canaryPercent"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": -1}}, "canaryBakeTimeInMinutes"),
        ({"earlySuccessCriteria": {"enable": True}}, "healthyPercent"),
        (
            {
                "earlySuccessCriteria": {
                    "enable": True,
                    "healthyPercent": 99,
                    "sourceServiceRevisionCleanup": "BLOCKING",
                }
            },
            "minimumHealthyPercent",
        ),
        (
            {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]}]},
            "PRODUCTION_TRAFFIC_SHIFT",
        ),
        ({"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["BAKE_TIME"]}]}, "enum"),
        (
            {
                "lifecycleHooks": [
                    {
                        "targetType": "PAUSE",
                        "lifecycleStages": ["PRE_SCALE_UP"],
                        "timeoutConfiguration": {"timeoutInMinutes": 20161},
                    }
                ]
            },
            "20160",
        ),
    ],
)
def test_refused_configurations(account: Any, refused: Any, configuration: Any, text: str) -> None:
    """botocore ECS model: ranges of LinearConfiguration and CanaryConfiguration, stages of PAUSE hooks."""
    account.register()
    request = {"cluster": "c", "serviceName": "s", "taskDefinition": "web", "desiredCount": 1}
    request |= {"launchType": "FARGATE", "networkConfiguration": account.network}
    request["deploymentConfiguration"] = configuration
    refused("InvalidParameterException", text, account.ecs.create_service, **request)


@pytest.mark.parametrize(
    ("strategy", "word"), [("BLUE_GREEN", "blue/green"), ("LINEAR", "linear"), ("CANARY", "canary")]
)
def test_refused_load_balancers(account: Any, refused: Any, strategy: str, word: str) -> None:
    """terraform-aws-modules/terraform-aws-ecs#377: AWS's words for linear."""
    account.register()
    balancer = account.shifting()
    request = {"cluster": "c", "serviceName": "s", "taskDefinition": "web", "desiredCount": 1}
    request |= {"launchType": "FARGATE", "networkConfiguration": account.network}
    request["deploymentConfiguration"] = {"strategy": strategy}
    plain = {name: value for name, value in balancer.items() if name != "advancedConfiguration"}
    create = account.ecs.create_service
    text = f"advancedConfiguration field is required for all loadBalancers when using the {word} deployment strategy"
    refused("ClientException", text, create, **request, loadBalancers=[plain])
    for member, wrong, expected in (
        ("alternateTargetGroupArn", f"{balancer['targetGroupArn']}x", "does not exist"),
        ("alternateTargetGroupArn", balancer["targetGroupArn"], "must be different"),
        ("productionListenerRule", "arn:x", "does not exist"),
        ("testListenerRule", "arn:x", "does not exist"),
        ("roleArn", "", "roleArn"),
    ):
        entry = {**balancer, "advancedConfiguration": {**balancer["advancedConfiguration"], member: wrong}}
        refused("InvalidParameterException", expected, create, **request, loadBalancers=[entry])
    assert create(**request, loadBalancers=[balancer])["service"]["loadBalancers"] == [balancer]


# The clock


def test_reads_move_the_clock(account: Any) -> None:
    """`POST /_emulator/clock {"per_read": 20}`: who polls need not sleep."""
    deployed(account)
    deploy(account)
    shown = account.emulator.control("clock", {"per_read": 20})
    assert shown["per_read"] == 20
    assert account.emulator.control("clock")["now"] == shown["now"]
    seen = [record(account)["status"] for _ignored in range(30)]
    account.emulator.control("clock", {"per_read": 0})
    assert changes_of(seen) == ["IN_PROGRESS", "SUCCESSFUL"]
    before = account.emulator.control("clock")["now"]
    record(account)
    assert account.emulator.control("clock")["now"] == before
    assert "backwards" in account.emulator.refused("clock", {"per_read": -1})
