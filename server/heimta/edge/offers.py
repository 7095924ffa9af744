"""Claims of coupons, by shoppers; and the check of a code, by the shop's back end."""

from __future__ import annotations

from typing import cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import read_asked
from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import ClaimNote, Entry
from heimta.model.event import ClaimRequest
from heimta.model.visitor import VisitorState
from heimta.rules.coupons import new_code
from heimta.rules.prizes import find_prize, offer_for
from heimta.rules.signature import check
from heimta.store import coupons, keys
from heimta.store.coupons import Coupon

MINUTE_MS = 60_000

_request = msgspec.json.Decoder(ClaimRequest)
_state = msgspec.msgpack.Decoder(VisitorState)
_json = msgspec.json.Encoder()


async def claim(request: Request) -> Response:
    """`POST /s/{shop}/claim`: the visitor's own code for a campaign's offer."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    origin = request.headers.get("origin", "")
    asked = await read_asked(edge, request, _request, limit=2000, what="claim")
    if isinstance(asked, Response):
        return asked
    wanted = asked.said
    campaign = asked.shop.documents.campaign(wanted.campaign)
    offer = offer_for(campaign, wanted.vid) if campaign is not None and campaign.live else None
    if campaign is None or offer is None:
        return refuse(409, "no_offer", f"campaign {wanted.campaign!r} offers nothing now", origin=origin)
    home = keys.partition_of(shop, wanted.vid, edge.partitions)
    if await _has_bought(edge, home, shop, wanted.vid):
        return refuse(409, "ordered", "the cart was ordered; there is nothing to win back", origin=origin)
    now = edge.clock()
    offered = Coupon(
        code=new_code(offer.prefix),
        kind=offer.kind,
        value=offer.value,
        min_cart_minor=offer.min_cart_minor,
        expires_at=now + offer.expires_min * MINUTE_MS,
        campaign=campaign.id,
    )
    coupon = await coupons.claim(edge.redis, shop, wanted.vid, offered, edge.partitions, now=now)
    if coupon.order:
        return refuse(409, "redeemed", "the code was used already", origin=origin)
    # Told each time, since the first telling may have failed after the claim was made.
    note = ClaimNote(wanted.vid, campaign.id, coupon.code, coupon.expires_at)
    try:
        await edge.commit.append(Entry(home, shop, "claim", now, _json.encode(note)))
    except Unavailable:
        # A code that was handed out before is read, not made: it is told even where nothing can be written.
        if coupon.code == offered.code:
            return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
    told = {
        "code": coupon.code,
        "kind": coupon.kind,
        "value": coupon.value,
        "expires_at": coupon.expires_at,
        "now": now,  # by the same clock, so that a browser whose own is wrong counts down rightly
    }
    if campaign.prizes:
        told["prize"] = find_prize(campaign, coupon.kind, coupon.value)
    return answer(200, told, origin=origin)


async def _has_bought(edge: Edge, partition: int, shop: str, visitor: str) -> bool:
    """Whether an order came after the last change of the cart that is known, as far as clocks can tell."""
    raw = await edge.redis.get(keys.visitor(partition, shop, visitor))
    if raw is None:
        return False
    state = _state.decode(cast(bytes, raw))
    cart = state.cart()
    return cart is not None and state.has_bought(cart)


async def coupon_check(request: Request) -> Response:
    """`GET /hooks/{shop}/coupon/{code}`: is the code good? Signed, so that nobody can try codes here."""
    edge: Edge = request.app.state.edge
    shop, code = request.path_params["shop"], request.path_params["code"]
    known = edge.shops.get(shop)
    refused = unsigned(known, request, code.encode(), edge.clock())
    if refused is not None:
        return refused
    coupon = await coupons.find(edge.redis, shop, code, edge.partitions) if _plain(code) else None
    now = edge.clock()
    if coupon is None or (coupon.expires_at <= now and not coupon.order):
        return refuse(404, "unknown_code", "there is no such code, or it has expired")
    told = {
        "code": coupon.code,
        "kind": coupon.kind,
        "value": coupon.value,
        "min_cart_minor": coupon.min_cart_minor,
        "expires_at": coupon.expires_at,
        "state": "redeemed" if coupon.order else "open",
    }
    return answer(200, told)


def _plain(code: str) -> bool:
    return code.isascii() and code.isalnum() and len(code) <= 64


def unsigned(known: KnownShop | None, request: Request, signed: bytes, now: int) -> Response | None:
    """The refusal for a request the shop did not sign; the same for a shop that does not exist."""
    secrets = [known.secrets.webhook] if known is not None else []
    fault = check(secrets, request.headers.get("heimta-signature", ""), signed, now_s=now // 1000)
    return None if fault is None else refuse(401, "bad_signature", fault)
