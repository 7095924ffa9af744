"""What one ad audience or shop has to wait for holds up no other: who bought there is out in seconds."""

from __future__ import annotations

import asyncio

import msgspec

from heimta.channels.meta_audience import Told
from heimta.channels.result import SENT
from heimta.model.audience import AdAudience, Change, keys_of
from heimta.store import audiences
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.audiences import Audiences
from heimta.worker.effects import ShopContext
from heimta.worker.rounds import Rounds
from tests.stubs.meta_audience import APP_SECRET
from tests.worker.shop import SHOP, T0
from tests.worker.test_audiences import ANNA
from tests.worker.town import CARTS, Town


class Network:
    """Keeps silent for the slow shop until let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.told: list[str] = []

    async def tell(
        self, url: str, audience: str, token: str, keys: list[str], *, adds: bool, app_secret: str, now: int
    ) -> Told:
        if token == "slow":
            await self.let_go.wait()
        self.told.append(token)
        return Told(len(keys), SENT)

    async def close(self) -> None:
        return None


async def test_a_list_that_takes_long_holds_up_no_other_shop(redis: Client) -> None:
    shops, secrets, network = {}, {}, Network()
    for name in ("slow", "quick"):
        shop = msgspec.structs.replace(SHOP, id=name, ad_audiences={"carts": AdAudience("12033")})
        shops[name] = ShopContext(shop, {}, {})
        secrets[name] = Secrets("h", "s", "v", "v", {"facebook_ads_token": name})
        change = Change("carts", True, T0, keys_of(email="anna@example.com", phone=""))
        await audiences.wish(redis, name, [change], now=T0)
    ours = Audiences(Rounds(redis, shops, secrets, token="one", clock=lambda: T0), network=network)
    for _ in range(100):
        await ours.look()
        if network.told:
            break
        await asyncio.sleep(0.02)
    assert network.told == ["quick"]
    assert ours.figures.waiting.keys() == {"slow", "quick"}
    network.let_go.set()
    await ours._turns.landed()
    assert network.told == ["quick", "slow"]
    await ours.close()


async def test_an_app_may_want_its_secret_proven(town: Town) -> None:
    town.meta.wants_proof = True
    await town.wish(*ANNA)
    await town.worker().look()
    assert audiences.faults(await audiences.run(town.redis, "demo"))["carts"][0] == "meta_100"
    town.secrets["demo"].providers["facebook_ads_app"] = APP_SECRET
    town.clock.now += 15 * 60_000
    await town.worker().look()
    assert town.meta.members[CARTS] == set(ANNA)


async def test_a_list_too_small_to_let_anybody_go_grows_all_the_same(town: Town) -> None:
    worker = town.worker()
    await town.wish(*ANNA)
    await worker.look()
    town.meta.least = 3
    await town.wish(*ANNA, is_in=False, at=T0 + 1)
    others = [f"e{number:064x}" for number in range(2)]
    for turn, other in enumerate(others):
        await town.wish(other, at=T0 + 2)
        await worker.look()
        await worker.look()  # it waits for its quarter of an hour
        assert town.meta.members[CARTS] == {*ANNA, *others[: turn + 1]}
        run = await audiences.run(town.redis, "demo")
        assert audiences.faults(run) == {"carts": ("too_small", town.clock.now + 15 * 60_000)}
        town.clock.now += 15 * 60_000
    await worker.look()
    assert town.meta.members[CARTS] == set(others)
    assert [verb for verb, _, _ in town.meta.asked] == ["POST", "DELETE", "POST", "DELETE", "POST", "DELETE"]
    assert audiences.faults(await audiences.run(town.redis, "demo")) == {}
