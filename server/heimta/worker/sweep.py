"""Set timers for visitors who were there before the journey was.

A fold sets timers by the journeys that there are. One for customers who stay away, or for a day, is for
those of whom nothing more is heard: when such a journey is new, or another one, every state of the shop is
looked at once, a step a second, and only read. Who came into a segment long ago begins nothing (triggers.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping

import msgspec
import structlog

from heimta.journeys.plans import Plans
from heimta.model.visitor import VisitorState
from heimta.store import sweep
from heimta.store.connect import Client, layout
from heimta.worker.effects import ShopContext
from heimta.worker.timers import next_due

STEP = 2_000  # states a second
READ = 200  # at once
SETTLED_MS = 5_000  # by then every worker folds by the new documents

log = structlog.get_logger()

_unpack = msgspec.msgpack.Decoder(VisitorState).decode
_json = msgspec.json.Encoder().encode


def mark_of(plans: Plans) -> str:
    """Names what must be looked for: it changes when that does. '' where facts alone set every timer."""
    slow = [journey for journey in plans.timed if journey.begins.on in ("segment", "date")]
    if not slow:
        return ""
    told = _json([(each.id, each.begins, plans.shop.timezone) for each in slow])
    return hashlib.sha256(told).hexdigest()[:16]


class Sweep:
    """shops: kept up to date by the caller. owned: the partitions that this worker looks after. clock: ms."""

    def __init__(
        self,
        redis: Client,
        shops: Mapping[str, ShopContext],
        owned: Collection[int],
        *,
        clock: Callable[[], int],
    ) -> None:
        self._redis = redis
        self._shops = shops
        self._owned = owned
        self._clock = clock
        self._seen: dict[str, tuple[str, int]] = {}  # by shop: the mark, and since when, ms
        self._done: set[tuple[int, str, str]] = set()  # partition, shop, mark
        self._walk: _Walk | None = None

    async def look(self) -> None:
        """One step. Raises RedisError; the walk in hand begins anew then."""
        if self._walk is None:
            self._walk = await self._begun()
            return
        try:
            is_over = await self._walk.step(self._shops)
        except BaseException:
            self._walk = None
            raise
        if is_over:
            walk, self._walk = self._walk, None
            if await layout(self._redis) != walk.layout:
                log.info("slots moved while visitors were looked through: again", shop=walk.shop)
                return
            for partition in walk.partitions if walk.shop in self._shops else ():
                await sweep.set_mark(self._redis, partition, walk.shop, walk.mark)
                self._done.add((partition, walk.shop, walk.mark))
            log.info("visitors looked through", shop=walk.shop, visitors=walk.visitors, timers=walk.timers)

    async def _begun(self) -> _Walk | None:
        """The next walk that is due, if one is."""
        now = self._clock()
        for shop, context in list(self._shops.items()):
            mark = mark_of(context.plans)
            if self._seen.get(shop, ("", 0))[0] != mark:
                self._seen[shop] = (mark, now)
            if not mark or now - self._seen[shop][1] < SETTLED_MS:
                continue
            wanted = set()
            for partition in set(self._owned):
                if (partition, shop, mark) in self._done:
                    continue
                if await sweep.mark(self._redis, partition, shop) == mark:
                    self._done.add((partition, shop, mark))
                else:
                    wanted.add(partition)
            if wanted:
                return _Walk(self._redis, shop, mark, frozenset(wanted), layout=await layout(self._redis))
        return None


class _Walk:
    """Through all states of a shop in some partitions. layout: of the servers when it began."""

    def __init__(
        self, redis: Client, shop: str, mark: str, partitions: frozenset[int], *, layout: str
    ) -> None:
        self.shop, self.mark, self.partitions, self.layout = shop, mark, partitions, layout
        self.visitors = self.timers = 0
        self._redis = redis
        self._places: AsyncIterator[sweep.Place] = sweep.places(redis, shop)

    async def step(self, shops: Mapping[str, ShopContext]) -> bool:
        """Whether that was the last. Whose journeys are other ones by now are looked through again later."""
        context = shops.get(self.shop)
        if context is None:
            return True
        for _ in range(STEP // READ):
            wanted: set[sweep.Place] = set()
            async for place in self._places:
                if place[0] in self.partitions:
                    wanted.add(place)
                if len(wanted) >= READ:
                    break
            await self._set(wanted, context)
            if len(wanted) < READ:
                return True
        return False

    async def _set(self, wanted: set[sweep.Place], context: ShopContext) -> None:
        found = await sweep.states(self._redis, self.shop, wanted)
        due: dict[sweep.Place, int] = {}
        for place, row in found.items():
            try:
                state = _unpack(row)
                at = next_due(state, context)
            except Exception:  # a bug, or a state made to find one: it costs this visitor a timer, no more
                log.exception("visitor cannot be looked at", shop=self.shop, partition=place[0])
                continue
            if at and (not state.next_due or at < state.next_due):
                due[place] = at
        if due:
            await sweep.hasten(self._redis, self.shop, due)
        self.visitors += len(found)
        self.timers += len(due)
