"""A shop's ad audience that takes its time holds up no other shop's: who bought there is out in seconds."""

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
from tests.worker.shop import SHOP, T0


class Network:
    """Keeps silent for the slow shop until let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.told: list[str] = []

    async def tell(
        self, url: str, audience: str, token: str, keys: list[str], *, adds: bool, now: int
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
