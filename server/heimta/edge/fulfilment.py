"""`POST /hooks/{shop}/fulfilment`: a parcel left the shop, or arrived. Signed, as orders are."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.deps import Edge
from heimta.edge.signed import hear, untimely
from heimta.ingest.entry import Entry
from heimta.model.fulfilment import Fulfilment, FulfilmentNote
from heimta.store import orders
from heimta.store.keys import partition_of

_hook = msgspec.json.Decoder(Fulfilment)
_json = msgspec.json.Encoder().encode


async def fulfilment(request: Request) -> Response:
    """Goes to whom the order was told of. One that comes before its order, or a month after, is nobody's."""
    return await hear(request, _hook, _take, what="fulfilment")


async def _take(edge: Edge, shop: str, said: Fulfilment, now: int) -> Response:
    if (refused := untimely("at", said.at, now)) is not None:
        return refused
    buyer = await orders.buyer(edge.redis, shop, said.order, edge.partitions)
    if buyer is None:
        told = f"order {said.order!r} was not told here in the last 31 days; tell the order first"
        return refuse(404, "unknown_order", told)
    note = FulfilmentNote(buyer, said.order, said.state, said.at, said.link)
    home = partition_of(shop, buyer, edge.partitions)
    await edge.commit.append(Entry(home, shop, "fulfilment", now, _json(note)))
    return answer(200, {"ok": 1})
