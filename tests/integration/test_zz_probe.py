from __future__ import annotations
from typing import Any
import pytest
from .conftest import Shop
from .test_waiting_traps import meanwhile, once, outcome

def test_gone(shop: Shop, client, emulator) -> None:
    ecs = client("ecs")
    shop.register(); shop.deploy(); shop.register("web:2")
    def kill():
        ecs.delete_service(cluster="shop", service="web", force=True)
        emulator.clock(step=60)
    meanwhile(shop, once(kill))
    r = shop.deploy()
    print(outcome(r), r.get("msg"), r.get("diagnosis"), shop.module.clock.seconds)

def test_gone_new(shop: Shop, client, emulator) -> None:
    ecs = client("ecs")
    shop.register(); 
    def kill():
        ecs.delete_service(cluster="shop", service="web", force=True)
        emulator.clock(step=60)
    meanwhile(shop, once(kill))
    r = shop.deploy()
    print(outcome(r), r.get("msg"), r.get("diagnosis"), shop.module.clock.seconds)

def test_60(shop: Shop, emulator) -> None:
    shop.register()
    names = [f"web{i}" for i in range(60)]
    for n in names:
        shop.deploy(name=n, wait=False, desired_count=1)
    emulator.control("buckets", {"enabled": True})
    seen = len(emulator.calls())
    r = shop.module("deployment", cluster="shop", service=names)
    calls = emulator.calls()[seen:]
    import collections
    print(collections.Counter(c["operation"] for c in calls))
    print([k for k in calls[0]], {c.get("status") for c in calls}, shop.module.clock.seconds)
    print(outcome(r), r.get("msg", "")[:300])
