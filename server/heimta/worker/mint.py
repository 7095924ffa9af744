"""Make coupons at the shops in advance, so that one is there the moment it is handed out.

Nothing is asked of a shop inside a shopper's request, and a code that is shown must work at once. So offers
with `at_shop` have a pool that is filled before it is empty. Codes wait there for SHELF_MS at most: the shop
ends them that much later than a shopper who gets the last one is told, never sooner.

One worker at a time does it for a shop, and each shop on its own: one that answers slowly holds up no other.
Codes that were made and did not come into the pool are nobody's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from heimta.channels.result import Delivery
from heimta.channels.shop_coupons import MOST, Maker, Wanted
from heimta.model.coupon import Ledger, new_code, pool_of
from heimta.model.documents import ShopDoc
from heimta.model.providers import ShopApi
from heimta.rules.coupons import Offered, ledgers_now, offers_of
from heimta.store import keys, ledgers, mint_rests
from heimta.store.mint_rests import Rest
from heimta.store.script import Script
from heimta.worker.aside import Aside
from heimta.worker.effects import ShopContext
from heimta.worker.rounds import Rounds

LOW = 40  # codes left: time for more
SHELF_MS = 3 * 24 * 3600 * 1000
FRESH_MS = 24 * 3600 * 1000
LOCK_MS = 120_000  # longer than a batch takes; of a shop that needs more, another worker may make one too
MEND_MS = 600_000  # a merchant has to mend something: ask again after this
WAIT_MS = 30_000
INSIDE_MS = 30 * 24 * 3600 * 1000  # for so long shoppers who began a journey before it was changed have codes
MINUTE_MS = 60_000
SHOPS = 50  # that are asked at once

log = structlog.get_logger()

_UNLOCK = Script(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)
# KEYS hold · ARGV whose, ms. Answers 0 when it is another's by now.
_STAY = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")


@dataclass
class Coupons:
    """What /metrics tells. made: codes, by shop and outcome. ledgers: each live offer's, at the last look."""

    made: dict[tuple[str, str], int] = field(default_factory=dict)
    ledgers: list[Ledger] = field(default_factory=list)


class Mint:
    """makers: by platform. Only live offers are provided for. `close()` it at the end."""

    def __init__(self, rounds: Rounds, *, makers: Mapping[str, Maker]) -> None:
        self._rounds = rounds
        self._redis = rounds.redis
        self._clock = rounds.clock
        self._makers = makers
        self._filling = Aside()
        self._places = asyncio.Semaphore(SHOPS)
        self.figures = Coupons()

    async def look(self) -> None:
        """Read all ledgers, as they are now, and begin to fill what is low. Raises RedisError, and whatever
        ended a filling since the last look.
        """
        self._filling.collect()
        found: list[Ledger] = []
        for shop, context in list(self._rounds.shops.items()):
            await ledgers.expire(self._redis, shop, now=self._clock())
            kept = await ledgers.read(self._redis, shop, context.shop.currency, context.first_currency)
            pools = await ledgers.pools(self._redis, shop)
            live = [each for each in _offers(context) if each.live]
            found += ledgers_now(shop, live, kept, pools).values()
            if context.is_whole:  # else an offer that cannot be read would lose its codes
                await self._let_go(shop, context, pools)
            api = context.shop.shop_api
            if api is not None and shop not in self._filling:
                self._filling.begin(shop, self._fill_in_turn(shop, context, api))
        self.figures.ledgers = found

    async def close(self) -> None:
        """Call off what is under way: what a shop has made by then is nobody's."""
        await self._filling.close()

    async def _let_go(self, shop: str, context: ShopContext, pools: Mapping[str, int]) -> None:
        """Codes of offers that are worth something else now go when their time is over."""
        now = self._clock()
        for pool in {name for name in pools if "." in name} - _made(context, now=now).keys():
            if not await ledgers.drop_old(self._redis, shop, pool, now + FRESH_MS):
                await ledgers.empty(self._redis, shop, pool)

    async def _fill_in_turn(self, shop: str, context: ShopContext, api: ShopApi) -> None:
        async with self._places:
            await self._fill_all(shop, context, api)

    async def _fill_all(self, shop: str, context: ShopContext, api: ShopApi) -> None:
        kept = self._rounds.secrets.get(shop)
        secret = kept.providers.get(api.secret, "") if kept is not None else ""
        low = []
        for pool, each in _made(context, now=self._clock()).items():
            # What could be handed out for a day only makes way in time, not when somebody asks.
            before = self._clock() + each.offer.expires_min * MINUTE_MS + FRESH_MS
            if await ledgers.drop_old(self._redis, shop, pool, before) < LOW:
                low.append((pool, each))
        if not low or api.platform not in self._makers:
            return
        if not await self._redis.set(keys.minting(shop), self._rounds.token, nx=True, px=LOCK_MS):
            return
        try:
            rests, now = await mint_rests.read(self._redis, shop), self._clock()
            if now < rests.get("", Rest()).until:
                return
            if not secret:
                why = f"the secret {api.secret} is not kept"
                log.error("coupons cannot be made at the shop", shop=shop, why=why)
                await mint_rests.note(self._redis, shop, "", Rest(now + MEND_MS))
                return
            for pool, each in low:
                if now < rests.get(pool, Rest()).until:
                    continue
                if not await _STAY(self._redis, [keys.minting(shop)], [self._rounds.token, LOCK_MS]):
                    return
                if not await self._fill(context.shop, api, secret, pool, each, rests):
                    return
        finally:
            await _UNLOCK(self._redis, [keys.minting(shop)], [self._rounds.token])

    async def _fill(
        self,
        shop: ShopDoc,
        api: ShopApi,
        secret: str,
        pool: str,
        offered: Offered,
        rests: dict[str, Rest],
    ) -> bool:
        """One batch for one offer. False when the shop is to be left alone, its other offers too."""
        now, offer, source = self._clock(), offered.offer, offered.source
        wanted = Wanted(
            codes=tuple(new_code(offer.prefix) for _ in range(MOST)),
            offer=offer,
            currency=shop.currency,
            title=f"Heimta {source}",
            starts_at=now - MINUTE_MS,  # the shop's clock may be behind
            ends_at=now + SHELF_MS + offer.expires_min * MINUTE_MS,
        )
        minted = await self._makers[api.platform].make(api, secret, wanted, now=now)
        if shop.id not in self._rounds.shops:  # deleted meanwhile: what was made is nobody's
            return False
        if minted.codes and (over := rests.keys() & {"", pool}):
            await mint_rests.end(self._redis, shop.id, *over)
            for name in over:
                del rests[name]
        if minted.fault is not None:
            log.error(
                "coupons were not made at the shop",
                shop=shop.id,
                source=source,
                why=minted.fault.reason,
                made=len(minted.codes),
            )
            self._count(shop.id, "failed", 1)
            whose = pool if minted.of_offer else ""
            fails = rests.get(whose, Rest()).fails + 1
            # From now on: the shop may have taken minutes to answer.
            rest = Rest(self._clock() + _wait_ms(minted.fault, fails), fails)
            await mint_rests.note(self._redis, shop.id, whose, rest)
        if minted.codes:
            await ledgers.fill(self._redis, shop.id, pool, minted.codes, ends_at=wanted.ends_at)
            self._count(shop.id, "made", len(minted.codes))
        return minted.fault is None or minted.of_offer

    def _count(self, shop: str, outcome: str, by: int) -> None:
        self.figures.made[shop, outcome] = self.figures.made.get((shop, outcome), 0) + by


def _offers(context: ShopContext) -> Iterator[Offered]:
    return offers_of(
        [campaign for campaign, _ in context.campaigns.values()],
        [journey for journey, _ in context.journeys.values()],
    )


def _made(context: ShopContext, *, now: int) -> dict[str, Offered]:
    """Live offers whose codes are made at the shop, by their pool. Those of journeys as they were, too:
    shoppers inside go on by them.
    """
    lately = {place for place, at in context.replaced.items() if now - at < INSIDE_MS}
    older = offers_of([], [journey for place, journey in context.older.items() if place in lately])
    offered = (each for each in (*older, *_offers(context)) if each.live and each.offer.at_shop)
    return {pool_of(each.offer, each.source): each for each in offered}


def _wait_ms(fault: Delivery, fails: int) -> int:
    """fails: in a row. What was cut off may have left codes that nobody gets at the shop: not too often."""
    if fault.permanent:
        return MEND_MS
    wait_ms = min(WAIT_MS << min(fails - 1, 10), MEND_MS)  # doubled each time
    return max(wait_ms, round((fault.retry_after_s or 0) * 1000))
