"""The preference centre: what a visitor wants to be told of, how often, or nothing any more.

    POST /s/{shop}/preferences   the shop's page asks (widgets/src/preferences.ts), or tells a choice
    GET  /u/{token}              the link in each message: a page that works without JavaScript
    POST /u/{token}              its form; also one click as mail programs do it (RFC 8058)

A GET changes nothing, since programs follow links to look at them. A choice is proven first, then made
durable, then answered; the worker folds it before it sends anything more.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import has_room, read_asked
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.door import too_much
from heimta.edge.preference_page import broken_page, centre_page
from heimta.edge.shops import KnownShop
from heimta.edge.visitors import find
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry, PassedNote
from heimta.model.consent import ConsentNote
from heimta.model.journey import Journey
from heimta.model.person import hubs_of
from heimta.model.preferences import Choice, PreferencesNote, PreferencesRequest, Proof, Topic
from heimta.model.visitor import NEVER, Preferences, VisitorState
from heimta.rules.consented import confirm_of
from heimta.rules.preference_words import Words, words_for
from heimta.rules.preferences import Chosen, applied, chosen, said, topics_of, view
from heimta.rules.tokens import BadToken, read_preferences, shop_of
from heimta.store import keys, proofs

FORM_BYTES = 2000
WHERE = 200  # characters of a page's path that a proof keeps

_request = msgspec.json.Decoder(PreferencesRequest)
_encode = msgspec.json.Encoder().encode


def _topics(known: KnownShop) -> tuple[Topic, ...]:
    journeys = (stored.document for stored in known.documents.journeys.values())
    return topics_of(journey for journey in journeys if isinstance(journey, Journey))


async def _keep(
    edge: Edge,
    shop: str,
    visitor: str,
    choice: Choice,
    after: Chosen,
    *,
    where: str,
    words: Words,
    is_signed: bool = False,
    hub: str = "",
) -> None:
    """Prove it, then make it durable. Raises Unavailable, or RedisError.

    is_signed: by the link in a message; a stop is then taken also where memory is full. hub: of the address
    that was written to. What is said to e-mail is the address's too: this browser may have left it since,
    others have not.
    """
    now, insists = edge.clock(), is_signed and choice.stop
    home = keys.partition_of(shop, visitor, edge.partitions)
    what = "stop" if choice.stop else " ".join([choice.pace, *(f"-{topic}" for topic in choice.off)])
    if words.is_own:  # ours are known by their version
        await proofs.keep_words(edge.redis, shop, words.proven_as, words.kept)
    await proofs.keep(
        edge.redis, shop, home, visitor, Proof(now, what, where, words.proven_as), insists=insists
    )
    pace: Literal["normal", "less"] = "less" if after.pace == "less" else "normal"
    note = PreferencesNote(visitor, after.off, pace, until=after.until, stop=choice.stop)
    await edge.commit.append(Entry(home, shop, "preferences", now, _encode(note)), insists=insists)
    if hub and choice.stop:
        stopped = PassedNote(hub, hub, stopped=now)
        to = keys.partition_of(shop, hub, edge.partitions)
        await edge.commit.append(Entry(to, shop, "relay", now, _encode(stopped)), insists=insists)
    elif hub:
        chosen_there = Preferences(sorted(after.off), pace, after.until, (now, "link", 0))
        passed = PassedNote(hub, hub, chosen=chosen_there, by=hub)
        to = keys.partition_of(shop, hub, edge.partitions)
        await edge.commit.append(Entry(to, shop, "relay", now, _encode(passed)))
    for is_on in (is_on for channel, is_on in choice.by if hub and channel == "email"):
        # By the link in a mail to it, so nobody else can have said it: a yes needs no other confirmation.
        switched = ConsentNote(hub, "email", is_on, "centre", at=now, text=words.proven_as)
        to = keys.partition_of(shop, hub, edge.partitions)
        await edge.commit.append(Entry(to, shop, "consent", now, _encode(switched)))
    for channel, is_on in choice.by:  # proven when they are folded
        switched = ConsentNote(visitor, channel, is_on, "centre", at=now, text=words.proven_as)
        await edge.commit.append(Entry(home, shop, "consent", now, _encode(switched)))


async def preferences(request: Request) -> Response:
    """`POST /s/{shop}/preferences`: what is chosen, after a choice if there is one; in words for the page."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    origin = request.headers.get("origin", "")
    asked = await read_asked(edge, request, _request, limit=FORM_BYTES, what="preferences")
    if isinstance(asked, Response):
        return asked
    wanted, known = asked.said, asked.shop
    topics, document = _topics(known), known.documents.shop
    words = words_for(document, [wanted.lang])
    held = chosen(await find(edge, shop, wanted.vid), edge.clock(), confirm=confirm_of(document))
    ticked = wanted.channel
    choice = said(wanted.act, wanted.topic, wanted.pace, held=held, topics=topics, channels=ticked)
    if choice is not None:
        if not has_room(edge, shop, asked.body, is_no=choice.asks_less):
            return too_much(edge, shop, edge.clock(), origin)
        after = applied(held, choice, edge.clock())
        where = wanted.u.partition("?")[0][:WHERE]
        try:
            await _keep(edge, shop, wanted.vid, choice, after, where=where, words=words)
        except Unavailable:
            return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
        held = after
    elif wanted.act == "on":  # the worker may not have folded yet what the page has just told
        by = tuple({**dict(held.by), "push": True}.items())
        held = msgspec.structs.replace(held, is_on=True, by=by)
    told = "saved" if choice is not None else ""
    has_push = document.push is not None
    shown = view(held, topics, words, zone=document.timezone, told=told, here=True, has_push=has_push)
    return answer(200, msgspec.to_builtins(shown), origin=origin)


async def page(request: Request) -> Response:
    """`/u/{token}`: GET shows, POST changes."""
    edge: Edge = request.app.state.edge
    token = request.path_params["token"]
    spoken = spoken_by(request)
    known = edge.shops.get(shop_of(token))
    try:
        visitor, hub = read_preferences(known.secrets.signing, token) if known is not None else ("", "")
    except BadToken:
        visitor = hub = ""
    if known is None or not visitor:
        return broken_page(words_for(None if known is None else known.documents.shop, spoken))
    shop, topics = known.documents.shop, _topics(known)
    state = await find(edge, shop.id, visitor)
    if hub and state is not None and _is_anothers_now(state, hub):
        visitor, state = hub, None
    address = await find(edge, shop.id, hub) if hub else None
    among = () if address is None else (hub, *address.members)
    held = chosen(state, edge.clock(), among=among, confirm=confirm_of(shop))
    words = words_for(shop, [state.lang if state is not None else "", *spoken])
    status, told = 200, ""
    if request.method == "POST":
        choice = await _read_form(request, held, topics)
        status, told = 400, "failed"
        if choice is not None:
            after = applied(held, choice, edge.clock())
            try:
                await _keep(
                    edge, shop.id, visitor, choice, after, where="link", words=words, is_signed=True, hub=hub
                )
                held, status, told = after, 200, "saved"
            except Unavailable:
                status = 503
    elsewhere = told != "saved" and _is_elsewhere(address)
    shown = view(held, topics, words, zone=shop.timezone, told=told, here=False, elsewhere=elsewhere)
    return centre_page(shop, shown, words, status=status)


def _is_anothers_now(state: VisitorState, hub: str) -> bool:
    """Whether another customer has signed in since the mail to that hub's address, and told no other address
    since: what is said by its link, the address says. Whoever merely has another address by now is stopped.
    """
    known = state.identity
    if known is None or not known.own_from or known.email_other > NEVER:
        return False
    return hub not in hubs_of(state)


def _is_elsewhere(address: VisitorState | None) -> bool:
    """Whether there are browsers that told the address of a mail, and nobody has stopped it for them all."""
    return address is not None and bool(address.members) and not address.stop_at


async def _read_form(request: Request, held: Chosen, topics: tuple[Topic, ...]) -> Choice | None:
    """None if it is none of ours."""
    try:
        body = await read_body(request, limit=FORM_BYTES)
        if b"List-Unsubscribe" in body and b"One-Click" in body:  # in either coding: RFC 8058 section 3.2
            return said("stop", (), "", held=held, topics=topics)
        fields = parse_qsl(body.decode("ascii"), max_num_fields=20)
    except (Encoded, TooLarge, ValueError):
        return None
    one, ticked = dict(fields), [value for name, value in fields if name == "topic"]
    by = [value for name, value in fields if name == "channel"] if "channel" in one else None
    return said(one.get("act", ""), ticked, one.get("pace", ""), held=held, topics=topics, channels=by)


def spoken_by(request: Request) -> list[str]:
    """Languages of the browser, best first as browsers write them."""
    accepted = request.headers.get("accept-language", "")[:200]
    return [one.partition(";")[0] for one in accepted.split(",")]
