"""The preference centre: what a visitor wants to be told of, how often, or nothing any more.

    POST /s/{shop}/preferences   the shop's page asks (widgets/src/preferences.ts), or tells a choice
    GET  /u/{token}              the link in each message: a page that works without JavaScript
    POST /u/{token}              its form; also one click as mail programs do it (RFC 8058)

A GET changes nothing, since programs follow links to look at them. A choice is proven first, then made
durable, then answered; the worker folds it before it sends anything more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import read_asked
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.preference_page import broken_page, centre_page
from heimta.edge.shops import KnownShop
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.documents import Journey
from heimta.model.preferences import (
    PAUSE_MS,
    TOPICS,
    Choice,
    Pace,
    PreferencesNote,
    PreferencesRequest,
    Proof,
    Topic,
)
from heimta.model.visitor import VisitorState
from heimta.rules.texts.preferences import VERSION, language_of, topic_in, words_in
from heimta.rules.tokens import BadToken, read_preferences, shop_of
from heimta.store import keys, proofs

FORM_BYTES = 2000
WHERE = 200  # characters of a page's path that a proof keeps

_request = msgspec.json.Decoder(PreferencesRequest)
_state = msgspec.msgpack.Decoder(VisitorState)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Chosen:
    """What is chosen now. is_on: there is a subscription that may be used. until: the end of a pause, ms."""

    is_on: bool
    off: tuple[Topic, ...] = ()
    pace: Pace = "normal"
    until: int = 0


def chosen(state: VisitorState | None, now: int) -> Chosen:
    if state is None:
        return Chosen(is_on=False)
    is_on = state.subscription is not None and not state.withdrew
    held = state.preferences
    if held is None:
        return Chosen(is_on)
    pace: Pace = "pause" if now < held.until else "less" if held.pace == "less" else "normal"
    return Chosen(
        is_on, tuple(t for t in TOPICS if t in held.off), pace, held.until if pace == "pause" else 0
    )


def topics_of(known: KnownShop) -> tuple[Topic, ...]:
    """What the shop writes about now: the topics of its live journeys."""
    journeys = [stored.document for stored in known.documents.journeys.values()]
    live = {one.topic for one in journeys if isinstance(one, Journey) and one.live}
    return tuple(topic for topic in TOPICS if topic in live)


def applied(held: Chosen, choice: Choice, now: int) -> Chosen:
    """What holds after the choice. A pause that is saved again ends when it would have ended."""
    until = (held.until or now + PAUSE_MS) if choice.pace == "pause" else 0
    return Chosen(held.is_on and not choice.stop, choice.off, choice.pace, until)


async def _find(edge: Edge, shop: str, visitor: str) -> VisitorState | None:
    home = keys.partition_of(shop, visitor, edge.partitions)
    raw = await edge.redis.get(keys.visitor(home, shop, visitor))
    return None if raw is None else _state.decode(cast(bytes, raw))


async def _keep(
    edge: Edge, shop: str, visitor: str, choice: Choice, after: Chosen, *, where: str, lang: str
) -> None:
    """Prove it, then make it durable. Raises Unavailable, or RedisError."""
    now = edge.clock()
    home = keys.partition_of(shop, visitor, edge.partitions)
    what = "stop" if choice.stop else " ".join([choice.pace, *(f"-{topic}" for topic in choice.off)])
    await proofs.keep(edge.redis, shop, home, visitor, Proof(now, what, where, f"{VERSION}.{lang}"))
    pace: Literal["normal", "less"] = "less" if after.pace == "less" else "normal"
    note = PreferencesNote(visitor, after.off, pace, until=after.until, stop=choice.stop)
    await edge.commit.append(Entry(home, shop, "preferences", now, _encode(note)))


async def preferences(request: Request) -> Response:
    """`POST /s/{shop}/preferences`: what is chosen, after a choice if there is one; in words for the page."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    origin = request.headers.get("origin", "")
    asked = await read_asked(edge, request, _request, limit=FORM_BYTES, what="preferences")
    if isinstance(asked, Response):
        return asked
    wanted, known = asked.said, asked.shop
    lang = language_of([wanted.lang], known.documents.shop.languages)
    held = chosen(await _find(edge, shop, wanted.vid), edge.clock())
    if wanted.choice is not None:
        where = wanted.u.partition("?")[0][:WHERE]
        after = applied(held, wanted.choice, edge.clock())
        try:
            await _keep(edge, shop, wanted.vid, wanted.choice, after, where=where, lang=lang)
        except Unavailable:
            return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
        held = after
    told = {
        "on": held.is_on,
        "off": held.off,
        "pace": held.pace,
        "until": held.until,
        "topics": [[topic, *topic_in(topic, lang)] for topic in topics_of(known)],
        "words": words_in(lang),
    }
    return answer(200, told, origin=origin)


async def page(request: Request) -> Response:
    """`/u/{token}`: GET shows, POST changes."""
    edge: Edge = request.app.state.edge
    token = request.path_params["token"]
    spoken = _spoken(request)
    known = edge.shops.get(shop_of(token))
    try:
        visitor = read_preferences(known.secrets.signing, token) if known is not None else ""
    except BadToken:
        visitor = ""
    if known is None or not visitor:
        return broken_page(language_of(spoken, ("en", "de", "is")))
    shop = known.documents.shop
    state = await _find(edge, shop.id, visitor)
    held = chosen(state, edge.clock())
    lang = language_of([state.lang if state is not None else "", *spoken], shop.languages)
    topics = topics_of(known)
    if request.method != "POST":
        return centre_page(shop, held, topics, lang)
    try:
        choice = read_form(await read_body(request, limit=FORM_BYTES), held, topics)
    except (Encoded, TooLarge):
        choice = None
    if choice is None:
        return centre_page(shop, held, topics, lang, said="failed", status=400)
    after = applied(held, choice, edge.clock())
    try:
        await _keep(edge, shop.id, visitor, choice, after, where="link", lang=lang)
    except Unavailable:
        return centre_page(shop, held, topics, lang, said="failed", status=503)
    return centre_page(shop, after, topics, lang, said="saved")


def read_form(body: bytes, held: Chosen, topics: tuple[Topic, ...]) -> Choice | None:
    """What the form says; None if it is none of ours. A topic that was not shown stays as it was."""
    if b"List-Unsubscribe" in body and b"One-Click" in body:  # urlencoded or multipart, RFC 8058 section 3.2
        return Choice(held.off, held.pace, stop=True)
    try:
        fields = parse_qsl(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        return None
    said = dict(fields)
    if said.get("act") == "stop":
        return Choice(held.off, held.pace, stop=True)
    pace = said.get("pace", "")
    if said.get("act") != "save" or pace not in ("normal", "less", "pause"):
        return None
    ticked = {value for name, value in fields if name == "topic"}
    off = {t for t in topics if t not in ticked} | {t for t in held.off if t not in topics}
    return Choice(tuple(t for t in TOPICS if t in off), cast(Pace, pace))


def _spoken(request: Request) -> list[str]:
    """Languages of the browser, best first as browsers write them."""
    accepted = request.headers.get("accept-language", "")[:200]
    return [one.partition(";")[0] for one in accepted.split(",")]
