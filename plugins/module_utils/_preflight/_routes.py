# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways out of a subnet: routes to the internet, and VPC endpoints in its place."""

from __future__ import annotations

from typing import Any

from . import images, secrets
from ._wish import Wish

ANYWHERE = ("0.0.0.0/0", "::/0")
# Members of a route that name a target other than an internet gateway, through which there may be a way out.
OTHER_TARGETS = (
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
)
# Endpoints that pulling from ECR takes (ECR user guide, "Amazon ECR interface VPC endpoints"); layers lie in S3.
ECR = ("ecr.api", "ecr.dkr", "s3")


class Ways:
    """The routes of a VPC, and whether tasks in it have public addresses."""

    def __init__(self, tables: list[dict[str, Any]], public_address: bool) -> None:
        self._tables = tables
        self._public_address = public_address

    def out(self, subnet: str, vpc: str = "") -> bool:
        """Tell whether traffic gets from a task in the subnet to the internet, as far as its route table tells."""
        gateways, others = self._default_routes(subnet, vpc)
        return others or (gateways and self._public_address)

    def is_public(self, subnet: str) -> bool:
        """Tell whether the subnet has a route to an internet gateway."""
        return self._default_routes(subnet, "")[0]

    def _default_routes(self, subnet: str, vpc: str) -> tuple[bool, bool]:
        """Tell whether default routes lead to an internet gateway, and whether they lead to something else."""
        routes = [
            route
            for route in self._routes(subnet, vpc)
            if (route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")) in ANYWHERE
            and route.get("State") != "blackhole"
        ]
        gateways = [str(route.get("GatewayId") or "") for route in routes]
        others = any(route.get(name) for route in routes for name in OTHER_TARGETS)
        # vgw- is a way to a network of one's own, vpce- one through a firewall.
        return any(name.startswith("igw-") for name in gateways), others or any(
            name.startswith(("vgw-", "vpce-")) for name in gateways
        )

    def _routes(self, subnet: str, vpc: str) -> list[dict[str, Any]]:
        """Give the routes of the subnet's own table, or of the VPC's main table."""
        main: list[dict[str, Any]] = []
        for table in self._tables:
            for association in table.get("Associations") or []:
                if association.get("SubnetId") == subnet:
                    return list(table.get("Routes") or [])
                if association.get("Main") and vpc in ("", table.get("VpcId")):
                    main = list(table.get("Routes") or [])
        return main


def gaps(wish: Wish, endpoints: list[dict[str, Any]]) -> list[str]:
    """Name what a task has to reach to start, and for which the VPC has no endpoint."""
    there = {str(entry["ServiceName"]) for entry in endpoints if entry.get("State", "available").lower() == "available"}
    lacking = [name for name in _needed(wish) if not any(service.endswith(f".{name}") for service in there)]
    return [*lacking, *_registries(wish)]


def _needed(wish: Wish) -> list[str]:
    used = [reference for _use, reference in secrets.references(wish)]
    from_manager = [reference for reference in used if secrets.is_secret(reference)]
    needed = [
        *(ECR if any(images.in_ecr(str(item.get("image") or "")) for item in wish.containers) else ()),
        *(["logs"] if wish.awslogs() else []),
        *(["secretsmanager"] if from_manager or any(secrets.credentials(wish)) else []),
        *(["ssm"] if len(from_manager) < len(used) else []),
        *(["s3"] if any(item.get("environmentFiles") for item in wish.containers) else []),
    ]
    return list(dict.fromkeys(needed))


def _registries(wish: Wish) -> list[str]:
    others = [str(item.get("image") or "") for item in wish.containers]
    return ["the registries of other images"] if any(not images.in_ecr(name) for name in others) else []
