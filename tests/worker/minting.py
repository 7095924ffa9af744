"""A shop with its admin API as published, and the mint that fills its pools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from heimta.channels.outside import Outside
from heimta.channels.shop_coupons import Maker
from heimta.channels.shopify import Shopify
from heimta.channels.woocommerce import WooCommerce
from heimta.model.campaign import Offer
from heimta.model.providers import ShopApi
from heimta.store import ledgers
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.effects import ShopContext
from heimta.worker.mint import Mint
from heimta.worker.rounds import Rounds
from tests.stubs.shop_apis import KEY, TOKEN, ShopApisStub
from tests.worker.shop import CAMPAIGN, SHOP, T0

SOURCE = "c.exit-offer"
POOL = f"{SOURCE}.percent-10-0"
BOTH = pytest.mark.parametrize("platform", ["shopify", "woocommerce"])


class PatientMint(Mint):
    """Its look is over when all shops have answered."""

    async def look(self) -> None:
        await super().look()
        await self._filling.landed()


@dataclass
class Made:
    """One shop with its API, and the mint that fills its pools. slept: s, between looks at a job."""

    redis: Client
    stub: ShopApisStub
    origin: str
    outside: Outside
    now: int = T0
    slept: list[float] = field(default_factory=list)

    def mint(
        self, platform: str, offer: Offer, *, secret: str = "", live: bool = True, **journeys: Any
    ) -> Mint:
        folder = "/shop" if platform == "woocommerce" else ""
        shop = msgspec.structs.replace(SHOP, shop_api=ShopApi(platform, f"{self.origin}{folder}"))  # type: ignore[arg-type]
        campaign = msgspec.structs.replace(CAMPAIGN, offer=offer, live=live)
        context = ShopContext(
            shop=shop, campaigns={campaign.id: (campaign, 1)}, **{"journeys": {}, **journeys}
        )
        kept = {"shopify_token": secret or TOKEN, "woocommerce_key": secret or KEY}
        secrets = {"demo": Secrets("w", "s", "p", "v", providers=kept)}
        rounds = Rounds(self.redis, {"demo": context}, secrets, token="one", clock=lambda: self.now)
        makers: dict[str, Maker] = {
            "shopify": Shopify(self.outside, self._sleep),
            "woocommerce": WooCommerce(self.outside),
        }
        return PatientMint(rounds, makers=makers)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def left(self) -> int:
        return sum((await ledgers.pools(self.redis, "demo")).values())
