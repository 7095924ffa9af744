"""`POST /hooks/{shop}/generic`: orders, as the shop's back end signs them. The truth about money."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.offers import unsigned
from heimta.ingest.buyer import buyer_of
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody, decode
from heimta.ingest.entry import Entry
from heimta.model.event import OrderHook
from heimta.store.keys import partition_of

OLDEST_MS = 30 * 24 * 3600 * 1000
AHEAD_MS = 5 * 60 * 1000

_hook = msgspec.json.Decoder(OrderHook)


async def generic(request: Request) -> Response:
    """Checked, stored, answered; folded later. A second copy of an order changes nothing."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    try:
        body = await read_body(request)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    now = edge.clock()
    refused = unsigned(edge.shops.get(shop), request, body, now)
    if refused is not None:
        return refused
    try:
        order = decode(_hook, body).order
    except BadBody as fault:
        return refuse(400, "bad_order", f"not an order: {fault}")
    if not now - OLDEST_MS <= order.at <= now + AHEAD_MS:
        rule = "it must be ms since the epoch, at most 30 days ago and 5 minutes ahead"
        return refuse(400, "bad_time", f"order.at is {order.at}; {rule}")
    home = partition_of(shop, buyer_of(order), edge.partitions)
    try:
        await edge.commit.append(Entry(home, shop, "order", now, body))
    except Unavailable:
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    return answer(200, {"ok": 1})
