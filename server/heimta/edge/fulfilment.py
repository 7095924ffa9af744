"""`POST /hooks/{shop}/fulfilment`: a parcel left the shop, or arrived. Signed, as orders are."""

from __future__ import annotations

import asyncio

import msgspec
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.deps import Edge
from heimta.edge.signed import read_signed, untimely
from heimta.ingest.commit import DEADLINE_S, Unavailable
from heimta.ingest.entry import Entry
from heimta.model.fulfilment import Fulfilment, FulfilmentNote
from heimta.store import orders
from heimta.store.keys import partition_of

_hook = msgspec.json.Decoder(Fulfilment)
_json = msgspec.json.Encoder().encode


async def fulfilment(request: Request) -> Response:
    """Goes to whom the order was told of. One that comes before its order, or a month after, is nobody's."""
    edge: Edge = request.app.state.edge
    shop, now = request.path_params["shop"], edge.clock()
    said = await read_signed(edge, request, _hook, what="fulfilment", now=now)
    if isinstance(said, Response):
        return said
    if (refused := untimely("at", said.at, now)) is not None:
        return refused
    try:
        async with asyncio.timeout(DEADLINE_S):
            buyer = await orders.buyer(edge.redis, shop, said.order, edge.partitions)
        if buyer is None:
            told = f"order {said.order!r} was not told here in the last 31 days; tell the order first"
            return refuse(404, "unknown_order", told)
        note = FulfilmentNote(buyer, said.order, said.state, said.at, said.link)
        home = partition_of(shop, buyer, edge.partitions)
        await edge.commit.append(Entry(home, shop, "fulfilment", now, _json(note)))
    except (Unavailable, RedisError, OSError, TimeoutError):
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    return answer(200, {"ok": 1})
