"""`POST /hooks/{shop}/bounces`: a mail that came back, or a complaint, as a mail server or provider tells it.

From a mail server the body is the whole message (RFC 5322), signed like our other hooks. What is no report
that a program can read is taken and changes nothing, so that a mail server may hand over all that its return
address gets. JSON is the word of a provider, which signs or logs in by its own rules
(rules/provider_signatures.py): SendGrid by a header, Mailgun in the body, Postmark and Amazon SES (through
SNS) by name and password.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from itertools import islice

import structlog
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.offers import unsigned
from heimta.edge.shops import KnownShop
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.ingest.mail_providers import (
    Question,
    Told,
    mailgun_signature,
    read_login,
    read_mailgun,
    read_sendgrid,
)
from heimta.ingest.returned import entries_of, entries_told
from heimta.rules.mail.bounces import read_report
from heimta.rules.provider_signatures import is_login, is_mailguns, is_sendgrids
from heimta.store.told import is_known, keep

MAX_REPORT = 256 * 1024  # bytes: a report with all of our mail in it, several times over
MAX_EVENTS = 1024 * 1024  # SendGrid gathers events up to 768 kB
PART = 64  # entries made and stored at once: an address takes 0.1 ms to check, and shoppers wait meanwhile
SENDGRID = "x-twilio-email-event-webhook-signature"
SENDGRID_TIME = "x-twilio-email-event-webhook-timestamp"
SIGN = ("sendgrid_webhook", "mailgun_webhook", "mail_login")  # secrets by which a provider is known
_CONFIRM = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/[!-~]{1,1000}\Z")

log = structlog.get_logger()


async def bounces(request: Request) -> Response:
    """Answers what was found: {"ok": 1, "kind": "dead" | "complaint" | "other"}; a provider how many."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    try:
        body = await read_body(request, limit=MAX_EVENTS if SENDGRID in request.headers else MAX_REPORT)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    known, now = edge.shops.get(shop), edge.clock()
    if body.lstrip()[:1] in (b"{", b"[") and "heimta-signature" not in request.headers:
        return await _provider(edge, known, request, body)
    refused = unsigned(known, request, body, now)
    if refused is not None or known is None:
        return refused or refuse(401, "bad_signature", "no such shop")
    # Parts of parts take a while to read: the shoppers' requests go on meanwhile.
    report = await asyncio.to_thread(read_report, body, shop=shop, key=known.secrets.signing)
    entries = entries_of(shop, report, now=now, partitions=edge.partitions)
    return await _store(edge, entries) or answer(200, {"ok": 1, "kind": report.kind})


async def _provider(edge: Edge, known: KnownShop | None, request: Request, body: bytes) -> Response:
    now = edge.clock()
    held = known.secrets.providers if known is not None else {}
    if known is None or not any(held.get(name) for name in SIGN):
        return _stranger(edge, request)  # before a stranger's body is read at all
    try:
        is_mailguns_way = "mailgun_webhook" in held and not request.headers.get(SENDGRID)
        signed = mailgun_signature(body) if is_mailguns_way else None
        told = _read(held, request, body, signed, now_s=now // 1000)
    except BadBody as fault:
        return refuse(400, "bad_events", f"not what a mail provider tells: {fault}")
    if told is None:
        return _stranger(edge, request, is_signed=signed is not None)
    shop = known.documents.shop.id
    if isinstance(told, Question):
        # Nothing leaves from inside a request: whoever runs this opens it, or pastes it at Amazon.
        is_amazons = _CONFIRM.match(told.url) is not None
        log.warning("amazon asks: open this to get bounces", shop=shop, url=told.url if is_amazons else "")
        return answer(200, {"ok": 1, "found": 0})
    # Mailgun's signature covers no event: who has seen one could have it say anything, once more.
    once = f"mailgun {signed[1]}" if signed is not None else ""
    if once and await is_known(edge.redis, shop, once, edge.partitions):
        return answer(200, {"ok": 1, "found": 0})
    refused = await _store(edge, entries_told(shop, told, now=now, partitions=edge.partitions))
    if once and refused is None:
        await keep(edge.redis, shop, once, edge.partitions)
    return refused or answer(200, {"ok": 1, "found": len(told)})


def _read(
    held: Mapping[str, str], request: Request, body: bytes, signed: tuple[str, str, str] | None, *, now_s: int
) -> list[Told] | Question | None:
    """None if nobody says who it is from. held: the shop's secrets. signed: as Mailgun's. Raises BadBody."""
    signature = request.headers.get(SENDGRID, "")
    if signature:
        key, at = held.get("sendgrid_webhook", ""), request.headers.get(SENDGRID_TIME, "")
        return read_sendgrid(body) if is_sendgrids(key, signature, at, body, now_s=now_s) else None
    if signed is not None:
        is_theirs = is_mailguns(held.get("mailgun_webhook", ""), *signed, now_s=now_s)
        return read_mailgun(body) if is_theirs else None
    is_theirs = is_login(held.get("mail_login", ""), request.headers.get("authorization", ""))
    return read_login(body) if is_theirs else None


def _stranger(edge: Edge, request: Request, *, is_signed: bool = False) -> Response:
    """Amazon SNS logs in only when it is asked to, so who shows nothing made no wrong try."""
    if is_signed or SENDGRID in request.headers or "authorization" in request.headers:
        edge.figures.refused("bad_signature")
    wanted = "sign as SendGrid or Mailgun do, or log in with the shop's secret mail_login"
    body = {"error": {"code": "bad_signature", "message": wanted}}
    return answer(401, body, headers={"WWW-Authenticate": 'Basic realm="bounces", charset="UTF-8"'})


async def _store(edge: Edge, entries: Iterable[Entry]) -> Response | None:
    them = iter(entries)
    try:
        while part := list(islice(them, PART)):
            await asyncio.gather(*(edge.commit.append(entry) for entry in part))
    except Unavailable:
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    return None
