"""What somebody answers to an SMS: `POST /hooks/{shop}/sms`, called by the gateway for each message to the
shop's number, and for what became of one of ours.

A stop word stops at once, for every browser that told this number; the gateway's own list of who stopped is
not ours, and does not know our words. Signed as Twilio signs (rules/provider_signatures.py).
"""

from __future__ import annotations

import asyncio
import re
from html import escape
from urllib.parse import parse_qsl

import msgspec
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop
from heimta.edge.visitors import find
from heimta.ingest.commit import DEADLINE_S, Unavailable
from heimta.ingest.entry import Entry
from heimta.model.consent import ConsentNote, Why
from heimta.model.documents import ShopDoc
from heimta.model.person import hub_of
from heimta.model.preferences import Proof
from heimta.model.providers import Sms
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.phones import e164
from heimta.rules.provider_signatures import is_twilios
from heimta.rules.stop_words import Wish, wish
from heimta.rules.texts.sms import LABELS
from heimta.rules.texts.words import said_in
from heimta.store import proofs, told
from heimta.store.keys import partition_of

MAX_FIELDS = 100
PATIENCE_S = 10.0
AGAIN_S = 0.5
# Twilio answers these itself, unless a service of its own words does: then it says so (OptOutType).
_TWILIOS = frozenset(
    ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "unstop", "yes")
) | {"help", "info"}
_OPT_OUTS: dict[str, Wish] = {"STOP": "stop", "START": "start", "HELP": "help"}
# What became of ours (MessageStatus, ErrorCode): no such number, a landline, or they stopped at the carrier.
_REFUSED = frozenset({"21610", "30004", "30005", "30006"})

_PORT = re.compile(r":[0-9]{1,5}\Z")

_encode = msgspec.json.Encoder().encode
Fields = dict[str, str]


async def sms(request: Request) -> Response:
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    try:
        body = await read_body(request)
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    except ValueError:
        return refuse(400, "bad_form", f"send a form in UTF-8 of at most {MAX_FIELDS} fields")
    known = edge.shops.get(shop)
    if known is None or not _is_signed(known, request, pairs):
        edge.figures.refused("bad_signature")
        return refuse(401, "bad_signature", "X-Twilio-Signature does not match; is sms_token the account's?")
    fields, document = dict(pairs), known.documents.shop.sms
    if document is None:
        return refuse(409, "no_sms", f"shop {shop!r} has no sms in its document")
    said = _wished(fields)
    if not await _kept(edge, known, fields, said):
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    reply = _reply(said, fields, document)
    if not reply:
        return _twiml("")
    return _twiml(_words(reply, known.documents.shop, await _language(edge, shop, fields.get("From", ""))))


def _is_signed(known: KnownShop, request: Request, pairs: list[tuple[str, str]]) -> bool:
    """The address as seen from outside: the setting's, or the one that was asked, behind whatever proxy; with
    its port and without: which of the two Twilio signs differs, and its own libraries try both.
    """
    edge: Edge = request.app.state.edge
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["path"] + (f"?{query}" if query else "")
    host = request.headers.get("host", "")
    asked = (edge.edge_url, f"https://{host}", f"http://{host}")
    origins = dict.fromkeys((*asked, *(_PORT.sub("", origin) for origin in asked)))
    urls = [f"{origin}{path}" for origin in origins]
    token = known.secrets.providers.get("sms_token", "")
    return is_twilios(token, request.headers.get("x-twilio-signature", ""), urls, pairs)


def _wished(fields: Fields) -> Wish:
    """'' for what became of one of ours, too."""
    if "MessageStatus" in fields:
        return ""
    return _OPT_OUTS.get(fields.get("OptOutType", "").upper()) or wish(fields.get("Body", ""))


async def _kept(edge: Edge, known: KnownShop, fields: Fields, said: Wish) -> bool:
    """Whether it is in the log. Twilio asks once, never again for a 503, and waits for 15 s: a stop has most
    of them, so that a store that fails over loses none.
    """
    time = asyncio.get_running_loop().time
    until = time() + (PATIENCE_S if said == "stop" else 0)
    while True:
        try:
            async with asyncio.timeout(DEADLINE_S):
                await _take(edge, known, fields, said)
                return True
        except (Unavailable, RedisError, OSError, TimeoutError):
            if time() >= until:
                return False
            await asyncio.sleep(AGAIN_S)


async def _take(edge: Edge, known: KnownShop, fields: Fields, said: Wish) -> None:
    shop = known.documents.shop.id
    if "MessageStatus" in fields:
        if fields.get("ErrorCode", "") in _REFUSED:
            await _consent(edge, shop, fields.get("To", ""), fields, yes=False, why="refused")
    elif said in ("stop", "start"):
        why: Why = "stop_word" if said == "stop" else "start_word"
        await _consent(edge, shop, fields.get("From", ""), fields, yes=said == "start", why=why)


async def _consent(edge: Edge, shop: str, raw: str, fields: Fields, *, yes: bool, why: Why) -> None:
    """Told of the number's hub, which passes it on to all who named the number (worker/hubs.py)."""
    number, sid = e164(raw), fields.get("MessageSid", "")
    if not number:
        return  # a short code, or a name: nobody whom we write to
    # An old START that is played again would take back a later STOP.
    if sid and await told.is_known(edge.redis, shop, f"sms {why} {sid}", edge.partitions):
        return
    hub, now = hub_of(shop, "phone", number), edge.clock()
    home = partition_of(shop, hub, edge.partitions)
    proof = Proof(now, "yes sms" if yes else "no sms", "sms", why)
    await proofs.keep(edge.redis, shop, home, hub, proof, insists=not yes)
    note = ConsentNote(hub, "sms", yes, why, at=now)
    await edge.commit.append(Entry(home, shop, "consent", now, _encode(note)), insists=not yes)
    if sid:
        await told.keep(edge.redis, shop, f"sms {why} {sid}", edge.partitions)


def _reply(said: Wish, fields: Fields, sms: Sms) -> str:
    """Which of our words they are told; '' where the gateway tells them itself."""
    word = fields.get("Body", "").strip().casefold()
    if not said or fields.get("OptOutType") or ("twilio.com" in sms.url and word in _TWILIOS):
        return ""
    return {"stop": "ended", "start": "begun", "help": "help"}[said]


async def _language(edge: Edge, shop: str, raw: str) -> str:
    """That of the browser which told the number last; '' where none did, or the store cannot say just now:
    what they wished is kept already, and nobody tells it twice for the sake of a language.
    """
    number = e164(raw)
    if not number:
        return ""
    try:
        async with asyncio.timeout(DEADLINE_S):
            hub = await find(edge, shop, hub_of(shop, "phone", number))
            members = hub.members if hub is not None else {}
            newest = max(members, key=lambda name: (members[name], name), default="")
            state = await find(edge, shop, newest) if newest else None
    except (RedisError, OSError, TimeoutError):
        return ""
    return state.lang.partition("-")[0].lower() if state is not None else ""


def _words(key: str, shop: ShopDoc, lang: str) -> str:
    """In their language where the shop has it, else in the shop's first."""
    text = said_in(pick(f"sms.label.{key}", LABELS[key], spoken(shop)), lang)
    return text.replace("{shop}", shop.name).replace("{url}", shop.origins[0])


def _twiml(text: str) -> Response:
    inner = f"<Message>{escape(text, quote=False)}</Message>" if text else ""
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>',
        headers={"Cache-Control": "no-store"},
        media_type="text/xml",
    )
