"""What the shop's page hears at Messenger, and the link that leads there.

    POST /s/{shop}/messenger      the shop's page asks for an m.me link that names its visitor, for an hour
    GET  /hooks/{shop}/messenger  Meta asks whether the address is ours, once
    POST /hooks/{shop}/messenger  what people did: came through a link, wrote, pressed a button

Who comes through the link has asked to be written to: that is the yes, kept as such. Every note is dated by
Meta's own time, so what Meta sends again changes nothing.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator

import msgspec
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import read_asked
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry, Kind, MessengerNote
from heimta.ingest.messenger import Happened, read
from heimta.model.consent import ConsentNote
from heimta.model.ids import Visitor
from heimta.model.preferences import Proof
from heimta.rules.provider_signatures import is_metas
from heimta.rules.refs import make_ref, read_ref
from heimta.store import proofs, psids
from heimta.store.keys import partition_of

MAX_BYTES = 1024 * 1024  # Meta puts up to a thousand happenings into one
MAX_CHALLENGE = 200

_encode = msgspec.json.Encoder().encode
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class LinkRequest(msgspec.Struct, frozen=True):
    vid: Visitor


_request = msgspec.json.Decoder(LinkRequest)


async def link(request: Request) -> Response:
    """`POST /s/{shop}/messenger`."""
    edge: Edge = request.app.state.edge
    origin = request.headers.get("origin", "")
    asked = await read_asked(edge, request, _request, limit=2000, what="link")
    if isinstance(asked, Response):
        return asked
    shop = asked.shop.documents.shop
    if shop.facebook is None:
        return refuse(409, "no_page", f"shop {shop.id!r} has no facebook in its document", origin=origin)
    ref = make_ref(asked.shop.secrets.signing, shop.id, asked.said.vid, now=edge.clock())
    return answer(200, {"link": f"https://m.me/{shop.facebook.page}?ref={ref}"}, origin=origin)


async def messenger(request: Request) -> Response:
    """`/hooks/{shop}/messenger`."""
    edge: Edge = request.app.state.edge
    known = edge.shops.get(request.path_params["shop"])
    return _verify(known, request) if request.method != "POST" else await _hear(edge, known, request)


def _verify(known: KnownShop | None, request: Request) -> Response:
    """Meta's question when the address is entered in the app's settings."""
    asked = request.query_params
    word = known.secrets.providers.get("facebook_verify", "") if known is not None else ""
    told, challenge = asked.get("hub.verify_token", ""), asked.get("hub.challenge", "")
    is_ours = bool(word) and hmac.compare_digest(word.encode(), told.encode())
    if asked.get("hub.mode") != "subscribe" or not is_ours:
        return refuse(403, "bad_token", "the verify token is not the shop's secret facebook_verify")
    if not (challenge.isascii() and challenge.isalnum() and len(challenge) <= MAX_CHALLENGE):
        return refuse(400, "bad_challenge", "hub.challenge must be letters and digits")
    return PlainTextResponse(challenge, headers=HEADERS)


async def _hear(edge: Edge, known: KnownShop | None, request: Request) -> Response:
    try:
        body = await read_body(request, limit=MAX_BYTES)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    secret = known.secrets.providers.get("facebook_app", "") if known is not None else ""
    if known is None or not is_metas(secret, request.headers.get("x-hub-signature-256", ""), body):
        edge.figures.refused("bad_signature")
        return refuse(401, "bad_signature", "X-Hub-Signature-256 does not match; is facebook_app the app's?")
    facebook = known.documents.shop.facebook
    try:
        happened = read(body, page=facebook.page, now=edge.clock()) if facebook is not None else []
    except BadBody as fault:
        return refuse(400, "bad_event", f"not what Messenger tells: {fault}")
    try:
        for one in happened:
            await _take(edge, known, one)
    except (Unavailable, RedisError, OSError, TimeoutError):
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    return PlainTextResponse("EVENT_RECEIVED", headers=HEADERS)


async def _take(edge: Edge, known: KnownShop, one: Happened) -> None:
    """Into the log, for each visitor they are. The link first: without it the next word has no owner."""
    shop, signing = known.documents.shop.id, known.secrets.signing
    visitor = read_ref(signing, shop, one.ref, at=one.at) if one.ref else ""
    if visitor:
        await psids.link(edge.redis, shop, one.psid, visitor, edge.partitions, at=one.at)
        proof = Proof(one.at, "yes messenger", "m.me", "messenger-link")
        await proofs.keep(edge.redis, shop, partition_of(shop, visitor, edge.partitions), visitor, proof)
    elif one.wish == "start" or one.wish == "stop":
        await _prove(edge, shop, one)
    visitors = await psids.linked(edge.redis, shop, one.psid, edge.partitions)
    entries = [
        entry
        for vid, since in visitors.items()
        for entry in _entries(edge, shop, vid, one, since=since, came=vid == visitor)
    ]
    insists = one.wish == "stop"
    await asyncio.gather(*(edge.commit.append(entry, insists=insists) for entry in entries))


async def _prove(edge: Edge, shop: str, one: Happened) -> None:
    for visitor in await psids.linked(edge.redis, shop, one.psid, edge.partitions):
        home = partition_of(shop, visitor, edge.partitions)
        said = "yes messenger" if one.wish == "start" else "no messenger"
        proof = Proof(one.at, said, "messenger", f"{one.wish}_word")
        await proofs.keep(edge.redis, shop, home, visitor, proof, insists=one.wish == "stop")


def _entries(
    edge: Edge, shop: str, visitor: str, one: Happened, *, since: int, came: bool
) -> Iterator[Entry]:
    """since: when they last came by this visitor's link. came: that was just now."""
    home, now = partition_of(shop, visitor, edge.partitions), edge.clock()

    def entry(kind: Kind, note: msgspec.Struct) -> Entry:
        return Entry(home, shop, kind, now, _encode(note))

    yield entry("messenger", MessengerNote(visitor, one.psid, one.at, since))
    if one.wish == "stop":
        yield entry("consent", ConsentNote(visitor, "messenger", False, "stop_word", at=one.at))
    elif came:
        note = ConsentNote(visitor, "messenger", True, "given", at=one.at, text="messenger-link")
        yield entry("consent", note)
    elif one.wish == "start":
        yield entry("consent", ConsentNote(visitor, "messenger", True, "start_word", at=one.at))
