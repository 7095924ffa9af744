"""Tell the ad network who is in, and compare every night what was told with what the visitors' states say.

One worker does it for a shop, by a lease: two might say in and out in the wrong order. It looks once a
second, so an order is told within seconds. People in other remarketing are held back: in another ad
audience of the shop that they were put in earlier, or on the merchant's list. What is wrong with one ad
audience holds up that one; a token that ran out, or a limit, holds up the shop's. The nightly comparison is
reconcile.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from heimta.channels.meta_audience import URL, Told
from heimta.channels.result import SENT, Delivery
from heimta.model.documents import ShopDoc
from heimta.rules.ad_audiences import night_before, refusal
from heimta.store import audiences
from heimta.store.ad_members import elsewhere
from heimta.store.audiences import EXCLUDED, Row, of, split
from heimta.worker.aside import Aside
from heimta.worker.reconcile import Reconciler
from heimta.worker.rounds import Rounds

PER_LOOK = 10_000  # rows a look: as many as one request may hold
FIRST_WAIT_MS = 5_000
# Also after a fault that only the merchant can mend: they mend it without telling us.
MAX_WAIT_MS = 15 * 60_000

log = structlog.get_logger()


class Network(Protocol):
    """channels/meta_audience.py, or a test's."""

    async def tell(
        self,
        url: str,
        audience: str,
        token: str,
        keys: list[str],
        *,
        adds: bool,
        app_secret: str,
        now: int,
    ) -> Told: ...

    async def close(self) -> None: ...


@dataclass
class Ads:
    """What /metrics tells. told: keys, by shop, ad audience and `in` or `out`. refused: tellings, by shop and
    reason. waiting: keys that wait to be told, by shop; waiting_ms: for how long the oldest does.
    """

    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    waiting: dict[str, int] = field(default_factory=dict)
    waiting_ms: dict[str, int] = field(default_factory=dict)


class Audiences:
    """The lease of a shop is in the name of this worker's token."""

    def __init__(self, rounds: Rounds, *, network: Network) -> None:
        self._rounds = rounds
        self._redis = rounds.redis
        self._network = network
        self._reconciler = Reconciler(rounds.redis, rounds.token)
        self._turns = Aside()
        self.figures = Ads()

    async def close(self) -> None:
        """Call off what is under way: it is told again."""
        await self._turns.close()
        await self._network.close()

    async def carry(self, partition: int) -> None:
        """Take what a partition's states led to into the shops' tables."""
        await audiences.carried(self._redis, partition, now=self._rounds.clock())

    async def look(self) -> None:
        """Begin a turn of each shop with ad audiences, one at a time: a list that the network takes its time
        with holds up no other shop's. Raises RedisError, and whatever ended a turn since the last look.
        """
        self._turns.collect()
        waiting: dict[str, int] = {}
        waiting_ms: dict[str, int] = {}
        for name, context in list(self._rounds.shops.items()):
            if not context.shop.ad_audiences:
                continue
            waiting[name], since = await audiences.backlog(self._redis, name)
            waiting_ms[name] = max(0, self._rounds.clock() - since) if since else 0
            if name not in self._turns:
                self._turns.begin(name, self._turn(context.shop))
        self.figures.waiting, self.figures.waiting_ms = waiting, waiting_ms

    async def _turn(self, shop: ShopDoc) -> None:
        if await audiences.lease(self._redis, shop.id, self._rounds.token):
            await self._tell(shop)
            await self._compare(shop)

    async def _tell(self, shop: ShopDoc) -> None:
        run = await audiences.run(self._redis, shop.id)
        now = self._rounds.clock()
        if _until(run) > now:
            return
        held_up = {name for name in shop.ad_audiences if _until(run, name) > now}
        waiting = await audiences.todo(self._redis, shop.id, PER_LOOK, without=held_up)
        if not waiting:
            return
        await self._hold_back(shop, waiting)
        hindered: set[str] = set()
        for audience, adds in sorted(
            {(split(row_name)[0], row.belongs) for row_name, row in waiting.items()}, key=_order
        ):
            if audience in held_up:
                continue  # it was refused just now
            if not await audiences.lease(self._redis, shop.id, self._rounds.token):
                return  # the telling before took too long: another worker does it now
            fields = [f for f, row in waiting.items() if split(f)[0] == audience and row.belongs == adds]
            refused = await self._say(shop, audience, fields, adds=adds)
            if refused is None:
                if audience not in hindered:
                    await self._note(shop, audience, run, None)
                continue
            known = refusal(refused.reason)
            await self._note(shop, audience if known.is_one else "", run, refused)
            if not known.is_one:
                return
            hindered.add(audience)
            if not known.lets_in:
                held_up.add(audience)
        await self._note(shop, "", run, None)

    async def _hold_back(self, shop: ShopDoc, waiting: dict[str, Row]) -> None:
        """Take those out of `waiting` who are in other remarketing, and note why."""
        comes = {name: row for name, row in waiting.items() if row.belongs}
        alone = {name: row for name, row in comes.items() if _is_alone(shop, name)}
        held = await elsewhere(self._redis, shop, alone)
        await audiences.hold(self._redis, shop.id, sorted(held), EXCLUDED, now=self._rounds.clock())
        for name in held:
            del waiting[name]

    async def _say(self, shop: ShopDoc, audience: str, fields: list[str], *, adds: bool) -> Delivery | None:
        """Tell the network of these. None when it took all, else what it said."""
        now = self._rounds.clock()
        document = shop.ad_audiences.get(audience)
        number = document.meta if document is not None else ""
        kept = self._rounds.secrets.get(shop.id)
        if not number or kept is None:
            # Nobody to tell: the table is what `heimta audiences export` reads.
            await audiences.told(self._redis, shop.id, fields, is_in=adds, now=now)
            return None
        keys = [split(name)[1] for name in fields]
        token, app = kept.providers.get(audiences.TOKEN, ""), kept.providers.get(audiences.APP, "")
        url = shop.facebook.url if shop.facebook is not None else URL
        told = await self._network.tell(url, number, token, keys, adds=adds, app_secret=app, now=now)
        if shop.id not in self._rounds.shops:  # deleted meanwhile: nothing is kept of it
            return None
        await audiences.told(self._redis, shop.id, fields[: told.count], is_in=adds, now=now)
        word = "in" if adds else "out"
        if told.count:
            self.figures.told[shop.id, audience, word] += told.count
            log.info("ad audience", shop=shop.id, audience=audience, told=word, people=told.count)
            said = {"told_at": now, "invalid": told.invalid, f"told_at.{audience}": now}
            await audiences.note(self._redis, shop.id, said)
        return None if told.delivery == SENT else told.delivery

    async def _note(
        self, shop: ShopDoc, audience: str, run: Mapping[str, str], refused: Delivery | None
    ) -> None:
        """When to try again, for one ad audience or ('') for all of the shop; or that nothing hinders."""
        tries = int(run.get(f"tries{of(audience)}", 0))
        if refused is None:
            if tries:
                await audiences.note(self._redis, shop.id, _notes(audience, tries=0, fault="", wait_until=0))
            return
        why, now = refused.reason, self._rounds.clock()
        self.figures.refused[shop.id, why] += 1
        wait_ms = MAX_WAIT_MS if refused.permanent else min(FIRST_WAIT_MS * 2**tries, MAX_WAIT_MS)
        if refused.retry_after_s is not None:
            wait_ms = max(wait_ms, round(refused.retry_after_s * 1000))
        log.warning("ad audience waits", shop=shop.id, audience=audience or "all", why=why, wait_ms=wait_ms)
        said = _notes(audience, tries=min(tries + 1, 10), fault=why, wait_until=now + wait_ms)
        await audiences.note(self._redis, shop.id, said)

    async def _compare(self, shop: ShopDoc) -> None:
        """One step of the comparison, when it is night or somebody asked for it."""
        run = await audiences.run(self._redis, shop.id)
        now = self._rounds.clock()
        started, done = int(run.get("started", 0)), int(run.get("done", 0))
        asked = int(run.get("asked", 0))
        is_under_way = started > done
        if is_under_way or asked > started or night_before(now, shop.timezone) > started:
            await self._reconciler.step(shop, run if is_under_way else {}, now=now)


def _notes(audience: str, **said: str | int) -> dict[str, str | int]:
    return {f"{name}{of(audience)}": value for name, value in said.items()}


def _until(run: Mapping[str, str], audience: str = "") -> int:
    return int(run.get(f"wait_until{of(audience)}", 0))


def _order(group: tuple[str, bool]) -> tuple[bool, str]:
    """Letting go comes first: somebody has bought."""
    return group[1], group[0]


def _is_alone(shop: ShopDoc, field: str) -> bool:
    document = shop.ad_audiences.get(split(field)[0])
    return document is not None and document.alone
