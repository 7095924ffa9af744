"""`POST /hooks/{shop}/generic`: orders, as the shop's back end signs them. The truth about money."""

from __future__ import annotations

import asyncio

import msgspec
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.offers import unsigned
from heimta.edge.signed import in_words
from heimta.ingest.buyer import made_up
from heimta.ingest.commit import DEADLINE_S, Unavailable
from heimta.ingest.decode import BadBody, decode
from heimta.ingest.entry import Entry, RelayNote
from heimta.model.currency import rescale
from heimta.model.event import Order, OrderHook
from heimta.model.person import hubs_of_customer
from heimta.rules.phones import customer_of
from heimta.store import coupons, ordering, orders
from heimta.store.keys import partition_of

OLDEST_MS = 30 * 24 * 3600 * 1000
AHEAD_MS = 5 * 60 * 1000
AGAIN_S = 0.5
MAX_HOLDERS = 3  # codes of one order that are looked up; more are not used together

_hook = msgspec.json.Decoder(OrderHook)
_json = msgspec.json.Encoder().encode


async def generic(request: Request) -> Response:
    """Checked, stored, answered; folded later. A second copy of an order changes nothing: one for another
    visitor counts for the first, and ends the other's journeys.
    """
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
        return refuse(400, "bad_order", f"not an order: {in_words(fault, _hook, body)}")
    if not is_timely(order, now):
        rule = "it must be ms since the epoch, at most 30 days ago and 5 minutes ahead"
        return refuse(400, "bad_time", f"order.at is {order.at}; {rule}")
    if order.changed_at > now + AHEAD_MS:  # else no later change would count before that time
        rule = "it must be ms since the epoch, at most 5 minutes ahead, or left out"
        return refuse(400, "bad_time", f"order.changed_at is {order.changed_at}; {rule}")
    return await take(edge, shop, order, body, now)


def is_timely(order: Order, now: int) -> bool:
    return now - OLDEST_MS <= order.at <= now + AHEAD_MS


async def take(
    edge: Edge,
    shop: str,
    order: Order,
    body: bytes,
    now: int,
    *,
    stands: bool = True,
    patience_s: float = 0.0,
) -> Response:
    """Store a checked order and answer. body: what the log keeps of it. stands: whether it counts as an order
    if it was never told before; one that was called off takes the money of one that was, or nothing.
    patience_s: for a store that is away, where whoever tells it tells it once.
    """
    time = asyncio.get_running_loop().time
    until = time() + patience_s
    try:
        while True:
            try:
                if not stands and await _is_new(edge, shop, order):
                    return answer(200, {"ok": 1, "ignored": "it was called off, and not told before"})
                await _keep(edge, shop, order, body, now)
                return answer(200, {"ok": 1})
            except (Unavailable, RedisError, OSError, TimeoutError):
                if time() >= until:
                    break
                await asyncio.sleep(AGAIN_S)
    except asyncio.CancelledError:
        pass  # the edge stops, and has waited for as long as it may (serving/serve.py)
    return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)


async def _is_new(edge: Edge, shop: str, order: Order) -> bool:
    async with edge.turns, asyncio.timeout(DEADLINE_S):
        return await orders.buyer(edge.redis, shop, order.id, edge.partitions) is None


async def _keep(edge: Edge, shop: str, order: Order, body: bytes, now: int) -> None:
    """Tried again it is the same: the first buyer is kept, and a copy of an entry changes nothing."""
    known = edge.shops.get(shop)
    if known is None:
        raise Unavailable("the shop was deleted meanwhile")
    async with edge.turns, asyncio.timeout(DEADLINE_S):
        await _note_person(edge, shop, order, now)
        named = order.visitor or made_up(known.secrets.signing, shop, order.id)
        first = await orders.first_buyer(edge.redis, shop, order.id, named, edge.partitions)
        holders = await _holders(edge, shop, order)
    for entry in _entries(shop, order, body, first, holders, now, edge.partitions):
        await edge.commit.append(entry, insists=True)


async def _note_person(edge: Edge, shop: str, order: Order, now: int) -> None:
    """From its answer on, nothing leaves for the person's other browsers before they have heard of it. Of an
    order that was told before they have.
    """
    known = edge.shops.get(shop)
    if order.customer is None or known is None:
        return
    if await orders.buyer(edge.redis, shop, order.id, edge.partitions) is None:
        hubs = hubs_of_customer(shop, customer_of(order.customer, known.documents.shop.sms))
        await ordering.note(edge.redis, shop, hubs, edge.partitions, now=now)


async def _holders(edge: Edge, shop: str, order: Order) -> set[str]:
    """The visitors that the order's codes were handed out to."""
    found = [
        await coupons.holder(edge.redis, shop, code, edge.partitions) for code in order.codes[:MAX_HOLDERS]
    ]
    return {visitor for visitor in found if visitor}


def _entries(
    shop: str, order: Order, body: bytes, first: str, holders: set[str], now: int, partitions: int
) -> list[Entry]:
    """first: whose the order is. Another visitor it is told of now is sent word of it, as one whose cart was
    restored elsewhere is; so is who was given one of its codes. That adds nothing to their lift: a holdout
    has no codes to be known by.
    """
    if order.visitor != first:
        body = _json(OrderHook("order_completed", msgspec.structs.replace(order, visitor=first)))
    minor = rescale(order.total_minor, order.exponent, order.currency)
    told = [Entry(partition_of(shop, first, partitions), shop, "order", now, body)]
    for other in sorted((holders | {order.visitor}) - {first, ""}):
        note = RelayNote(other, first, order.id, minor, order.currency, order.at, order.changed_at)
        told.append(Entry(partition_of(shop, other, partitions), shop, "relay", now, _json(note)))
    return told
