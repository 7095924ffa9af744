"""A shop with two ad audiences, and Meta's stub that hears of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp.test_utils import TestServer

from heimta.channels.meta_audience import MetaAudience
from heimta.channels.outside import Outside
from heimta.model.audience import AdAudience, Change
from heimta.model.providers import Facebook
from heimta.model.visitor import VisitorState
from heimta.store import audiences, keys
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.audiences import Audiences
from heimta.worker.effects import ShopContext
from heimta.worker.rounds import Rounds
from tests.stubs.meta_audience import TOKEN, MetaStub
from tests.worker.patient import Patient
from tests.worker.shop import CONTEXT, SHOP, T0

CARTS, OTHERS = "120330000000000001", "120330000000000002"


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> int:
        return self.now


class Town:
    """A shop with two ad audiences, Meta's stub, and as many workers as a test wants."""

    def __init__(self, redis: Client, meta: MetaStub, url: str, network: MetaAudience) -> None:
        self.redis, self.meta, self.clock = redis, meta, Clock()
        self._network = network
        shop = msgspec.structs.replace(
            SHOP,
            facebook=Facebook(page="1234567", url=url),
            ad_audiences={"carts": AdAudience(CARTS, days=10), "others": AdAudience(OTHERS)},
        )
        self.shops = {"demo": ShopContext(shop, CONTEXT.campaigns, CONTEXT.journeys)}
        self.secrets = {"demo": Secrets("h", "s", "v", "v", {"facebook_ads_token": TOKEN})}

    def worker(self, name: str = "one") -> Audiences:
        rounds = Rounds(self.redis, self.shops, self.secrets, token=name, clock=self.clock)
        return Patient(rounds, network=self._network)

    async def wish(self, *people: str, audience: str = "carts", is_in: bool = True, at: int = T0) -> None:
        changes = [Change(audience, is_in, at, [key]) for key in people]
        await audiences.wish(self.redis, "demo", changes, now=self.clock.now)

    async def keep(self, *states: VisitorState) -> None:
        for state in states:
            raw = msgspec.msgpack.encode(state)
            await self.redis.set(keys.visitor(3, "demo", state.visitor), raw)

    async def compare(self, worker: Audiences) -> dict[str, str]:
        """Look until the comparison that is asked for now is through."""
        self.clock.now += 1
        await audiences.note(self.redis, "demo", {"asked": self.clock.now})
        self.clock.now += 1
        for _ in range(100):
            await worker.look()
            self.clock.now += 1
            run = await audiences.run(self.redis, "demo")
            if int(run["asked"]) < int(run["started"]) <= int(run.get("done", 0)):
                await worker.look()
                return run
        raise AssertionError("the comparison does not end")


@asynccontextmanager
async def town_of(redis: Client) -> AsyncIterator[Town]:
    meta = MetaStub(CARTS, OTHERS)
    async with TestServer(meta.app()) as server:
        url = str(server.make_url("")).rstrip("/")
        network = MetaAudience(Outside(trusted=(url,)))
        town = Town(redis, meta, url, network)
        # Tonight's comparison is done: each test asks for its own.
        await audiences.note(redis, "demo", {"started": T0, "done": T0})
        yield town
        await network.close()
        assert not meta.wrong
