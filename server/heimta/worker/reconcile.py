"""Compare the table of ad audiences with the visitors' states, a small step at a time.

Three walks: over the states, noting who belongs in; over the table, for who is in and should not be; over
what was noted, for who is missing. Who has been in for longer than the ad audience allows goes too. What is
wished while a run goes on is left alone.

The place of the first walk is kept in the store, so another worker goes on where one died; the others are
short and begin anew. A walk may meet an entry twice: everything here may be done again. What was noted says
of which run it is: where it has run out, or another worker's run has taken its place, nobody is let go for
not standing in it, and the comparison begins anew. What a run finds beyond plain expiry is *drift*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec
import structlog

from heimta.model.audience import Change
from heimta.model.documents import ShopDoc
from heimta.model.visitor import VisitorState
from heimta.rules.ad_audiences import is_in, own_keys
from heimta.store import audiences, keys
from heimta.store.audiences import Row, field_of, split
from heimta.store.connect import Client, layout, masters

COUNT = 2_000  # keys that Redis looks at in one command: less than a millisecond
COMMANDS = 10  # a step
DAY_MS = 24 * 3_600_000
FORGOTTEN_MS = keys.STATE_TTL_S * 1000  # whose state is gone after that leaves before their days are over
KEEP_MS = 7 * DAY_MS  # a wish for out is remembered for so long: an older wish for in may still come

_unpack = msgspec.msgpack.Decoder(VisitorState).decode

log = structlog.get_logger()


class _Unseen(Exception):
    """What was noted of the states is gone, or another run's."""


class _NotOurs(Exception):
    """Another worker has the shop's lease by now."""


class Reconciler:
    """token: this worker's, for the lease of a shop."""

    def __init__(self, redis: Client, token: str) -> None:
        self._redis = redis
        self._token = token

    async def step(self, shop: ShopDoc, run: Mapping[str, str], *, now: int) -> None:
        """Go on with a run, or begin one where `run` is empty."""
        if not run:
            await self._begin(shop, now=now)
            return
        if run["walk"] == "states":
            await audiences.note(self._redis, shop.id, await self._walk_states(shop, run, now=now))
            return
        try:
            said = await self._settle(shop, run, now=now)
        except _NotOurs:
            return
        except _Unseen:
            log.warning("ad audiences are compared anew", shop=shop.id)
            await self._begin(shop, now=now)
            return
        # Noted first: with the run still under way and nobody seen, the next look would let everybody go.
        await audiences.note(self._redis, shop.id, said)
        await audiences.forget_seen(self._redis, shop.id)

    async def _begin(self, shop: ShopDoc, *, now: int) -> None:
        await audiences.begin_seen(self._redis, shop.id, str(now))
        run = {
            "started": str(now),
            "node": "0",
            "cursor": "0",
            "walk": "states",
            "drift": "0",
            "expired": "0",
        }
        await audiences.note(self._redis, shop.id, {**run, "server": await self._server(0)})

    async def _server(self, node: int) -> str:
        """Which run of the server it is, and who else serves what: a place in its keys means nothing to
        another one, and a slot that moves may be met by neither server.
        """
        around, nodes = await layout(self._redis), await masters(self._redis)
        return f"{(await nodes[node].info('server'))['run_id']} {around}" if node < len(nodes) else ""

    async def _walk_states(self, shop: ShopDoc, run: Mapping[str, str], *, now: int) -> dict[str, str | int]:
        nodes = await masters(self._redis)
        number, cursor = int(run["node"]), int(run["cursor"])
        if number >= len(nodes) or run.get("server") != await self._server(number):
            return {"node": 0, "cursor": 0, "server": await self._server(0)}
        for _ in range(COMMANDS):
            found = await nodes[number].scan(cursor, match=f"*:v:{shop.id}:*", count=COUNT)
            cursor = int(found[0])
            await self._see(shop, cast("list[bytes]", found[1]))
            if not cursor:
                if run.get("server") != await self._server(number):
                    return {"node": 0, "cursor": 0, "server": await self._server(0)}
                number += 1
                if number == len(nodes):
                    return {"walk": "table"}
                return {"node": number, "cursor": 0, "server": await self._server(number)}
        return {"cursor": cursor}

    async def _see(self, shop: ShopDoc, names: list[bytes]) -> None:
        found: dict[str, str] = {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.get(name)
            rows = cast("list[bytes | None]", await pipe.execute())
        for raw in rows:
            if raw is None:
                continue
            try:
                state = _unpack(raw)
            except (
                msgspec.MsgspecError
            ) as fault:  # the fold will tell of it; who cannot be read is in nowhere
                log.error("state cannot be read", shop=shop.id, why=str(fault))
                continue
            for audience, member in state.audiences.items():
                if audience not in shop.ad_audiences or not is_in(state, member):
                    continue
                own = own_keys(state)
                for key in own:
                    others = [other for other in own if other != key]
                    found[field_of(audience, key)] = " ".join([str(member.added), *others])
        await audiences.see(self._redis, shop.id, found)

    async def _settle(self, shop: ShopDoc, run: Mapping[str, str], *, now: int) -> dict[str, str | int]:
        """Both walks over what is known by now: thousands of rows a second, and nobody waits for them. Raises
        _Unseen or _NotOurs.
        """
        drift = expired = members = 0
        part: dict[str, Row] = {}
        async for field, row in audiences.table(self._redis, shop.id):
            members += row.is_wanted
            part[field] = row
            if len(part) >= audiences.CHUNK:
                more = await self._check(shop, part, run["started"], now)
                drift, expired, part = drift + more[0], expired + more[1], {}
        more = await self._check(shop, part, run["started"], now)
        drift, expired = drift + more[0], expired + more[1]
        drift += await self._miss(shop, now)
        log.info("ad audiences compared", shop=shop.id, drift=drift, expired=expired, rows=members)
        return {"done": now, "walk": "", "drift": drift, "expired": expired, "members": members}

    async def _renew(self, shop: ShopDoc) -> None:
        """A table of millions takes longer than the lease."""
        if not await audiences.lease(self._redis, shop.id, self._token):
            raise _NotOurs

    async def _check(self, shop: ShopDoc, part: Mapping[str, Row], started: str, now: int) -> tuple[int, int]:
        """(drift, expired) of some rows of the table."""
        await self._renew(shop)
        wanted = {field: row for field, row in part.items() if row.is_wanted}
        began, belongs = await audiences.seen(self._redis, shop.id, list(wanted))
        if began != started:
            raise _Unseen
        old = [field for field, row in wanted.items() if _is_over(shop, field, row.since, now)]
        lone = [f for f, row in wanted.items() if not (f in belongs or f in old) and row.since < int(started)]
        out = [
            Change(name, False, max(now, part[field].since + 1), [key])
            for field in (*old, *lone)
            for name, key in (split(field),)
        ]
        await audiences.wish(self._redis, shop.id, out, now=now)
        # Who was in other remarketing may not be any more: they are looked at anew.
        held = [field for field, row in wanted.items() if row.held and field not in old and field not in lone]
        await audiences.hold(self._redis, shop.id, held, "", now=now)
        spent = {
            field: row
            for field, row in part.items()
            if not row.is_wanted and not row.told and row.until < now - KEEP_MS
        }
        await audiences.drop(self._redis, shop.id, spent)
        forgotten = [field for field in lone if wanted[field].since + FORGOTTEN_MS <= now]
        return len(lone) - len(forgotten), len(old) + len(forgotten)

    async def _miss(self, shop: ShopDoc, now: int) -> int:
        """Wish those in who belong in by their state and are not. A later no of the same person stands."""
        count = 0
        part: list[Change] = []
        async for field, since, others in audiences.all_seen(self._redis, shop.id):
            if _is_over(shop, field, since, now):
                continue
            name, key = split(field)
            part.append(Change(name, True, since, [key, *others]))
            if len(part) >= audiences.CHUNK:
                await self._renew(shop)
                count += await audiences.wish(self._redis, shop.id, part, now=now)
                part = []
        return count + await audiences.wish(self._redis, shop.id, part, now=now)


def _is_over(shop: ShopDoc, field: str, since: int, now: int) -> bool:
    """In for as long as the ad audience allows. One that the shop's document names no more is over."""
    document = shop.ad_audiences.get(split(field)[0])
    return document is None or since + document.days * DAY_MS <= now
