"""`/c/{token}`: the link in a mail that asks an address to confirm a yes to e-mail. GET shows, POST confirms.

A GET changes nothing, since mail programs and scanners open links to look at them. What confirms is the
address's own yes: it goes to its hub, and from there to the browsers that told the address. It shows no
address, no cart and no name: the link may be passed on.

A link counts for the noes before it was made. Who unsubscribed since, and finds it again, has to type the
address once more: a later no wins.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.confirm_page import ask_page, done_page, over_page
from heimta.edge.deps import Edge
from heimta.edge.preferences import spoken_by
from heimta.edge.visitors import find
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.consent import ConsentNote
from heimta.model.visitor import VisitorState
from heimta.rules.confirm_words import words_for
from heimta.rules.tokens import BadToken, ExpiredToken, read_confirm, shop_of
from heimta.store import keys, proofs

FORM_BYTES = 200

_encode = msgspec.json.Encoder().encode


async def page(request: Request) -> Response:
    edge: Edge = request.app.state.edge
    token, spoken = request.path_params["token"], spoken_by(request)
    known, now = edge.shops.get(shop_of(token)), edge.clock()
    if known is None:
        return over_page(None, words_for(None, spoken), "broken")
    shop = known.documents.shop
    try:
        visitor, hub, made_at = read_confirm(known.secrets.signing, token, now=now)
    except ExpiredToken:
        return over_page(shop, words_for(shop, spoken), "expired")
    except BadToken:
        return over_page(shop, words_for(shop, spoken), "broken")
    state, address = await find(edge, shop.id, visitor), await find(edge, shop.id, hub)
    words = words_for(shop, [state.lang if state is not None else "", *spoken])
    if address is None or said_no_at(address) > made_at:  # erased, or they said no since
        return over_page(shop, words, "expired")
    if request.method != "POST":
        return ask_page(shop, words)
    if not await _says_yes(request):
        return ask_page(shop, words, status=400, failed=True)
    if words.is_own:  # ours are known by their version
        await proofs.keep_words(edge.redis, shop.id, words.proven_as, words.kept)
    note = ConsentNote(hub, "email", True, "confirmed", at=now, text=words.proven_as)  # proven when folded
    home = keys.partition_of(shop.id, hub, edge.partitions)
    try:
        await edge.commit.append(Entry(home, shop.id, "consent", now, _encode(note)))
    except Unavailable:
        return ask_page(shop, words, status=503, failed=True)
    return done_page(shop, words)


def said_no_at(address: VisitorState) -> int:
    """When the address's hub last heard a no to e-mail or to everything, ms; 0: never."""
    said = address.consents.get("email")
    return max(address.stop_at, 0 if said is None else said.no[0])


async def _says_yes(request: Request) -> bool:
    """Whether it is the page's own form."""
    try:
        body = await read_body(request, limit=FORM_BYTES)
        return ("act", "confirm") in parse_qsl(body.decode("ascii"), max_num_fields=3)
    except (Encoded, TooLarge, ValueError):
        return False
