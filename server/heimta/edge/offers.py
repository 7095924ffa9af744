"""Claims of coupons, by shoppers; and the check of a code, by the shop's back end."""

from __future__ import annotations

import re

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import has_room, read_asked
from heimta.edge.deps import Edge
from heimta.edge.door import too_much
from heimta.edge.shops import KnownShop
from heimta.edge.visitors import find
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import ClaimNote, Entry
from heimta.model.campaign import Campaign, Offer
from heimta.model.coupon import worth_of
from heimta.model.currency import mark_of
from heimta.model.event import ClaimRequest
from heimta.model.person import names_of
from heimta.model.visitor import VisitorState
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.coupons import are_made
from heimta.rules.prizes import deal_prize, find_prize, offer_for
from heimta.rules.signature import check
from heimta.rules.texts.popup import REFUSED
from heimta.store import code_tries, coupons, keys, wallets
from heimta.store.coupons import Coupon
from heimta.store.documents import Documents

MINUTE_MS = 60_000
WINDOW_MS = 15 * MINUTE_MS  # in which wrong codes of one shopper are counted
CLAIMS = 60  # tries of one visitor in a minute; each campaign gives one and the same code
SHOP_CLAIMS = 3000  # of one shop in a minute: a script that makes up visitors must not empty a pool at once
GUESSES = 19  # wrong codes of one shopper in WINDOW_MS
SHOP_GUESSES = 19  # of shoppers the shop does not tell apart, in a minute
ALL = "all"

_WHO = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_WORDS = {
    wallets.HELD: "you have a code of this shop already",
    wallets.LIMIT: "you had your code of this offer already",
    wallets.SPENT: "all codes of this offer are gone",
    wallets.EMPTY: "all codes of this offer are gone",
}

_request = msgspec.json.Decoder(ClaimRequest)
_json = msgspec.json.Encoder()

log = structlog.get_logger()


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
        nothing = f"campaign {wanted.campaign!r} offers nothing now"
        return _no_code("no_offer", nothing, asked.shop, origin)
    home = keys.partition_of(shop, wanted.vid, edge.partitions)
    async with edge.turns:
        state = await find(edge, shop, wanted.vid)
    cart = state.cart() if state is not None else None
    if state is not None and cart is not None and state.has_bought(cart):
        ordered = "the cart was ordered; there is nothing to win back"
        return _no_code("ordered", ordered, asked.shop, origin)
    now = edge.clock()
    if not has_room(edge, shop, asked.body):
        return too_much(edge, shop, now, origin)
    async with edge.turns:
        got = await _coupon_of(edge, asked.shop.documents, wanted.vid, state, campaign, offer, now)
    if isinstance(got, Late):
        edge.figures.coupon("too_many")
        wait_s = -(-got.ms // 1000)
        return refuse(429, "too_many", "too many codes were asked for", origin=origin, retry_after_s=wait_s)
    if isinstance(got, str):
        edge.figures.coupon(got)
        if got == wallets.EMPTY and are_made(offer, asked.shop.documents.shop):
            return refuse(503, got, "codes are being made at the shop", origin=origin, retry_after_s=5)
        return _no_code(got, _WORDS[got], asked.shop, origin)
    coupon, is_new = got
    if coupon.order:
        return _no_code("redeemed", "the code was used already", asked.shop, origin)
    if coupon.expires_at <= now:
        return _no_code("expired", "the code was not used in time", asked.shop, origin)
    # Told each time, since the first telling may have failed after the claim was made.
    note = ClaimNote(wanted.vid, campaign.id, coupon.code, coupon.expires_at)
    try:
        await edge.commit.append(Entry(home, shop, "claim", now, _json.encode(note)))
    except Unavailable:
        # A code that was handed out before is read, not made: it is told even where nothing can be written.
        if is_new:
            return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
    if is_new:
        edge.figures.coupon("new")
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


def _no_code(code: str, message: str, known: KnownShop, origin: str) -> Response:
    """409, with what the widget tells the shopper: trying again would change nothing."""
    said = pick(f"popup.refused.{code}", REFUSED[code], spoken(known.documents.shop))
    return refuse(409, code, message, origin=origin, said=said)


class Late(msgspec.Struct, frozen=True):
    """Too many: come back in so many ms."""

    ms: int


async def _coupon_of(
    edge: Edge,
    known: Documents,
    visitor: str,
    state: VisitorState | None,
    campaign: Campaign,
    offer: Offer,
    now: int,
) -> tuple[Coupon, bool] | wallets.Refusal | Late:
    """The visitor's coupon of the campaign, and whether it is new; or why there is none.

    One that they have and that is good is told again. One that is used up makes way for the next only where
    the offer has more than one for a person.
    """
    shop, currency = known.shop.id, known.shop.currency
    prize = deal_prize(campaign.prizes, campaign.id, visitor) if campaign.prizes else None
    reasons = coupons.page_reasons(shop, visitor, campaign.id, offer, prize)
    last: Coupon | None = None
    for reason in reasons:
        held = await coupons.claimed(edge.redis, shop, visitor, reason.claim, edge.partitions)
        if held is None:
            break
        last = held
        if not held.order and held.expires_at > now:
            return held, False
    else:
        return (last, False) if last is not None else wallets.LIMIT
    for who, most in ((visitor, CLAIMS), (ALL, SHOP_CLAIMS)):
        wait_ms = await code_tries.count(
            edge.redis, shop, f"c-{who}", edge.partitions, most=most, window_ms=MINUTE_MS
        )
        if wait_ms:
            return Late(wait_ms)
    names = names_of(state) if state is not None else (visitor,)
    cart = state.cart() if state is not None else None
    worth = worth_of(cart.cart if cart is not None else None, currency)
    got = await coupons.hand_out(
        edge.redis,
        shop,
        names,
        offer,
        reason,
        edge.partitions,
        now=now,
        cart_minor=worth,
        mark=mark_of(currency, known.first_currency),
    )
    if isinstance(got, str):
        log.info("no coupon", shop=shop, source=reason.source, why=got)
        return got
    return got, True


async def coupon_check(request: Request) -> Response:
    """`GET /hooks/{shop}/coupon/{code}?who=…`: is the code good? Signed, so that nobody can try codes here.

    who: the shop's own word for the shopper who typed it; after some wrong codes that one waits. Without it
    shoppers cannot be told apart: then only wrong codes are slowed down, else a stranger who types nonsense
    could keep everybody's codes from being taken.
    """
    edge: Edge = request.app.state.edge
    shop, code = request.path_params["shop"], request.path_params["code"]
    told_who = request.query_params.get("who")
    signed = code if told_who is None else f"{code}?who={told_who}"
    refused = unsigned(edge.shops.get(shop), request, signed.encode(), edge.clock())
    if refused is not None:
        return refused
    if told_who is not None and not _WHO.match(told_who):
        return refuse(400, "bad_who", "who must have 1 to 64 letters, digits, _ and -: a hash of the session")
    async with edge.turns:
        return await _checked(edge, shop, code, told_who)


async def _checked(edge: Edge, shop: str, code: str, who: str | None) -> Response:
    if who is not None:
        wait_ms = await code_tries.spent(edge.redis, shop, f"g-{who}", edge.partitions, most=GUESSES)
        if wait_ms:
            return _too_many(wait_ms)
    coupon = await coupons.find(edge.redis, shop, code, edge.partitions)
    now = edge.clock()
    if coupon is None or (coupon.expires_at <= now and not coupon.order):
        return await _unknown(edge, shop, who)
    told = {
        "code": coupon.code,
        "kind": coupon.kind,
        "value": coupon.value,
        "min_cart_minor": coupon.min_cart_minor,
        "expires_at": coupon.expires_at,
        "state": "redeemed" if coupon.order else "open",
    }
    return answer(200, told)


async def _unknown(edge: Edge, shop: str, who: str | None) -> Response:
    most, window_ms = (SHOP_GUESSES, MINUTE_MS) if who is None else (GUESSES, WINDOW_MS)
    name = ALL if who is None else f"g-{who}"
    wait_ms = await code_tries.count(edge.redis, shop, name, edge.partitions, most=most, window_ms=window_ms)
    if wait_ms:
        return _too_many(wait_ms)
    return refuse(404, "unknown_code", "there is no such code, or it has expired")


def _too_many(wait_ms: int) -> Response:
    return refuse(429, "too_many", "too many wrong codes; wait", retry_after_s=-(-wait_ms // 1000))


def unsigned(known: KnownShop | None, request: Request, signed: bytes, now: int) -> Response | None:
    """The refusal for a request the shop did not sign; the same for a shop that does not exist."""
    secrets = [known.secrets.webhook] if known is not None else []
    fault = check(secrets, request.headers.get("heimta-signature", ""), signed, now_s=now // 1000)
    if fault is None:
        return None
    edge: Edge = request.app.state.edge
    edge.figures.refused("bad_signature")
    return refuse(401, "bad_signature", fault)
