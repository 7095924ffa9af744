"""Tell the ad network who is in, and compare every night what was told with what the visitors' states say.

One worker does it for a shop, by a lease: two might say in and out in the wrong order. It looks once a
second, so an order is told within seconds. People in other remarketing are held back: in another ad
audience of the shop that they were put in earlier, or on the merchant's list. The nightly comparison is
reconcile.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from heimta.channels.meta_audience import URL, Told
from heimta.channels.result import SENT
from heimta.model.documents import ShopDoc
from heimta.store import audiences
from heimta.store.audiences import EXCLUDED, Row, field_of, split
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.effects import ShopContext
from heimta.worker.reconcile import Reconciler

TODO = 10_000  # rows a look: as many as one request may hold
FIRST_WAIT_MS = 5_000
MAX_WAIT_MS = (
    15 * 60_000
)  # also after a fault that only the merchant can mend: they mend it without telling us
NIGHT_H = 3  # by the shop's clock

log = structlog.get_logger()


class Network(Protocol):
    """channels/meta_audience.py, or a test's."""

    async def tell(
        self, url: str, audience: str, token: str, keys: list[str], *, adds: bool, now: int
    ) -> Told: ...

    async def close(self) -> None: ...


class Audiences:
    """shops, secrets: kept up to date by the caller. token: this worker's name, for the lease."""

    def __init__(
        self,
        redis: Client,
        shops: Mapping[str, ShopContext],
        secrets: Mapping[str, Secrets],
        *,
        network: Network,
        token: str,
        clock: Callable[[], int],
    ) -> None:
        self._redis = redis
        self._shops = shops
        self._secrets = secrets
        self._network = network
        self._token = token
        self._clock = clock
        self._reconciler = Reconciler(redis)

    async def close(self) -> None:
        await self._network.close()

    async def carry(self, partition: int) -> None:
        """Take what a partition's states led to into the shops' tables."""
        await audiences.carried(self._redis, partition, now=self._clock())

    async def look(self) -> None:
        """One turn of all shops with ad audiences. Raises redis.exceptions.RedisError."""
        for name, context in list(self._shops.items()):
            if context.shop.ad_audiences and await audiences.lease(self._redis, name, self._token):
                await self._tell(context.shop)
                await self._compare(context.shop)

    async def _tell(self, shop: ShopDoc) -> None:
        run = await audiences.run(self._redis, shop.id)
        now = self._clock()
        if int(run.get("wait_until", 0)) > now:
            return
        waiting = await audiences.todo(self._redis, shop.id, TODO)
        if not waiting:
            return
        await self._hold_back(shop, waiting)
        tries = int(run.get("tries", 0))
        for audience, adds in sorted(
            {(split(field)[0], row.belongs) for field, row in waiting.items()}, key=_order
        ):
            if not await audiences.lease(self._redis, shop.id, self._token):
                return  # the telling before took too long: another worker does it now
            fields = [f for f, row in waiting.items() if split(f)[0] == audience and row.belongs == adds]
            if not await self._say(shop, audience, fields, adds=adds, tries=tries):
                return
        if tries:
            await audiences.note(self._redis, shop.id, {"tries": 0, "fault": ""})

    async def _hold_back(self, shop: ShopDoc, waiting: dict[str, Row]) -> None:
        """Take those out of `waiting` who are in other remarketing, and note why."""
        comes = {field: row for field, row in waiting.items() if row.belongs}
        alone = {field: row for field, row in comes.items() if _is_alone(shop, field)}
        held = await elsewhere(self._redis, shop, alone)
        await audiences.hold(self._redis, shop.id, sorted(held), EXCLUDED, now=self._clock())
        for field in held:
            del waiting[field]

    async def _say(self, shop: ShopDoc, audience: str, fields: list[str], *, adds: bool, tries: int) -> bool:
        """Tell the network of these. Whether it took all; if not, when to try again is noted."""
        now = self._clock()
        document = shop.ad_audiences.get(audience)
        number = document.meta if document is not None else ""
        kept = self._secrets.get(shop.id)
        if not number or kept is None:
            # Nobody to tell: the table is what `heimta audiences export` reads.
            await audiences.told(self._redis, shop.id, fields, is_in=adds, now=now)
            return True
        keys = [split(field)[1] for field in fields]
        secret = kept.providers.get(audiences.TOKEN, "")
        url = shop.facebook.url if shop.facebook is not None else URL
        told = await self._network.tell(url, number, secret, keys, adds=adds, now=now)
        await audiences.told(self._redis, shop.id, fields[: told.count], is_in=adds, now=now)
        word = "in" if adds else "out"
        if told.count:
            log.info("ad audience", shop=shop.id, audience=audience, told=word, people=told.count)
            await audiences.note(self._redis, shop.id, {"told_at": now, "invalid": told.invalid})
        if told.delivery == SENT:
            return True
        wait_ms = MAX_WAIT_MS if told.delivery.permanent else min(FIRST_WAIT_MS * 2**tries, MAX_WAIT_MS)
        if told.delivery.retry_after_s is not None:
            wait_ms = max(wait_ms, round(told.delivery.retry_after_s * 1000))
        why = told.delivery.reason
        log.warning("ad audience waits", shop=shop.id, audience=audience, why=why, wait_ms=wait_ms)
        said: dict[str, str | int] = {"wait_until": now + wait_ms, "tries": min(tries + 1, 10), "fault": why}
        await audiences.note(self._redis, shop.id, said)
        return False

    async def _compare(self, shop: ShopDoc) -> None:
        """One step of the comparison, when it is night or somebody asked for it."""
        run = await audiences.run(self._redis, shop.id)
        now = self._clock()
        started, done = int(run.get("started", 0)), int(run.get("done", 0))
        asked = int(run.get("asked", 0))
        is_under_way = started > done
        if is_under_way or asked > started or night_before(now, shop.timezone) > started:
            await self._reconciler.step(shop, run if is_under_way else {}, now=now)


def _order(group: tuple[str, bool]) -> tuple[bool, str]:
    """Letting go comes first: somebody has bought."""
    return group[1], group[0]


def _is_alone(shop: ShopDoc, field: str) -> bool:
    document = shop.ad_audiences.get(split(field)[0])
    return document is not None and document.alone


async def elsewhere(redis: Client, shop: ShopDoc, wanted: Mapping[str, Row]) -> set[str]:
    """Which of these rows are of people in other remarketing: on the merchant's list, or put into another ad
    audience of the shop before; at the same instant the first by name has them.
    """
    people = {field: (split(field)[1], *row.others) for field, row in wanted.items()}
    listed = await audiences.excluded(
        redis, shop.id, sorted({key for keys in people.values() for key in keys})
    )
    found = {field for field, keys in people.items() if listed.intersection(keys)}
    others = [name for name in shop.ad_audiences]
    asked = {
        field_of(name, key)
        for field, keys in people.items()
        for key in keys
        for name in others
        if name != split(field)[0]
    }
    rows = await audiences.rows(redis, shop.id, sorted(asked))
    for field, keys in people.items():
        mine = (wanted[field].since, split(field)[0])
        theirs = [
            (rows[other].since, name)
            for name in others
            for key in keys
            if name != mine[1] and (other := field_of(name, key)) in rows and rows[other].belongs
        ]
        if any(entry < mine for entry in theirs):
            found.add(field)
    return found


def night_before(now: int, timezone: str) -> int:
    """When the last night's comparison was due by the shop's clock, ms. An unknown timezone is UTC's."""
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    due = local.replace(hour=NIGHT_H, minute=0, second=0, microsecond=0)
    if due > local:
        due = (due.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
    return round(due.timestamp() * 1000)
