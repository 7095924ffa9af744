"""Each way to say no, as the shopper's program or the provider says it, and what it must stop; and all the
ways in which a program may look at a link without anybody having said a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from heimta.model.channel import Channel
from heimta.rules.mail.returns import make_return
from heimta.rules.provider_signatures import meta, twilio
from heimta.rules.signature import sign
from heimta.rules.tokens import make_preferences
from loadtest.sending.ground import CHANNELS, HOOK, SHOP
from loadtest.stops.crowd import Person

SIGNING = "s" * 43  # as sending/ground.py opens the shop
SMS_TOKEN = "t" * 32
APP_SECRET = "a" * 32
ORIGIN = "http://localhost:1"
PAGE = "1"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# As they follow links in mails: scanners of mail servers, previews of chats, browsers that fetch ahead.
_LOOKERS: tuple[dict[str, str], ...] = (
    {"User-Agent": "Mozilla/5.0 (compatible; BarracudaCentral/1.0)"},
    {"User-Agent": "facebookexternalhit/1.1"},
    {"User-Agent": "Mozilla/5.0", "Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"},
    {"User-Agent": "GoogleImageProxy", "Referer": "https://mail.google.com/"},
)
_ASKED = ("", "?act=stop", "?List-Unsubscribe=One-Click", "?act=save&pace=less&channel=")

ARF = """\
From: <abuse@mail.example>
To: <abuse@post-shop.is>
Subject: FW: Your cart waits
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--part1
Content-Type: text/rfc822-headers

Return-Path: <{back}>
Subject: Your cart waits

--part1--
"""


class Refused(Exception):
    """str(): who refused what, with which status."""


class Shop:
    """What a shopper, a gateway or a mail server says to the edge at `url`. now_s: of signatures. refused:
    how often it was told to come back, as a starved machine tells; whoever said no says it again then.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.refused = 0
        self._http, self._url = http, url

    async def ask(self, method: str, path: str, **more: Any) -> int:
        async with self._http.request(method, self._url + path, allow_redirects=False, **more) as answer:
            await answer.read()
            return answer.status

    async def say(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Until it is taken. Raises Refused."""
        while (status := await self.ask("POST", path, data=body, headers=headers)) == 503:
            self.refused += 1
            await asyncio.sleep(0.2)
        if status != 200:
            raise Refused(f"{path.partition('/u/')[0] or '/u/…'} answered {status}")

    async def one_click(self, person: Person, now_s: int) -> None:
        """The button of the mail program (RFC 8058)."""
        await self.say(_link(person), b"List-Unsubscribe=One-Click", _FORM)

    async def centre_link(self, person: Person, now_s: int) -> None:
        """The link in a message, "stop all"."""
        await self.say(_link(person), b"act=stop", _FORM)

    async def centre_shop(self, person: Person, now_s: int) -> None:
        """The same on the shop's own page."""
        body = {"vid": person.browsers[0].visitor, "act": "stop", "lang": "en", "u": "/"}
        await self.say(f"/s/{SHOP}/preferences", orjson.dumps(body), {"Origin": ORIGIN})

    async def centre_email(self, person: Person, now_s: int) -> None:
        """E-mail unticked, the rest kept."""
        kept = [("channel", name) for name in ("", "push", "sms", "messenger")]
        form = [("act", "save"), ("pace", "normal"), ("topic", "cart"), *kept]
        await self.say(_link(person), urlencode(form).encode(), _FORM)

    async def sms_stop(self, person: Person, now_s: int) -> None:
        fields = {"MessageSid": f"SM{person.number}", "From": person.number, "To": "+491", "Body": "Stopp!"}
        path = f"/hooks/{SHOP}/sms"
        signed = twilio(SMS_TOKEN, self._url + path, fields.items())
        await self.say(path, urlencode(fields).encode(), {**_FORM, "X-Twilio-Signature": signed})

    async def messenger_stop(self, person: Person, now_s: int) -> None:
        psid = person.browsers[0].address("messenger")
        said = {"message": {"text": "stop"}, "timestamp": now_s * 1000}
        one = {"sender": {"id": psid}, "recipient": {"id": PAGE}, **said}
        body = orjson.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": [one]}]})
        await self.say(f"/hooks/{SHOP}/messenger", body, {"X-Hub-Signature-256": meta(APP_SECRET, body)})

    async def complaint(self, person: Person, now_s: int) -> None:
        """ "This is spam", as the mail provider reports it (RFC 5965)."""
        back = make_return(SIGNING, SHOP, "bounces@post-shop.is", person.browsers[0].visitor, "0a1b2c")
        body = ARF.format(back=back).replace("\n", "\r\n").encode()
        await self.say(f"/hooks/{SHOP}/bounces", body, {"Heimta-Signature": sign(HOOK, body, now_s=now_s)})

    async def look(self, person: Person, now_s: int) -> None:
        """Every address that can stop something, looked at and never told anything. Raises Refused."""
        vid = person.browsers[0].visitor
        query = urlencode({"From": person.number, "Body": "STOP", "vid": vid, "act": "stop"})
        others = [
            f"/s/{SHOP}/preferences",
            *(f"/hooks/{SHOP}/{name}" for name in ("sms", "messenger", "bounces")),
        ]
        paths = [_link(person) + asked for asked in _ASKED] + [f"{path}?{query}" for path in others]
        for path in paths:
            for method in ("GET", "HEAD"):
                for headers in _LOOKERS:
                    status = await self.ask(method, path, headers=headers)
                    if path.startswith("/u/") and status not in (200, 503):
                        raise Refused(f"{method} of a link answered {status}")
        for method in ("OPTIONS", "PUT", "DELETE"):
            await self.ask(method, _link(person), data=b"List-Unsubscribe=One-Click", headers=_FORM)


def _link(person: Person) -> str:
    return f"/u/{make_preferences(SIGNING, SHOP, person.browsers[0].visitor)}"


Say = Callable[[Shop, Person, int], Awaitable[None]]
# By way: how it is said, and the channels that end with it.
WAYS: dict[str, tuple[Say, tuple[Channel, ...]]] = {
    "one-click": (Shop.one_click, CHANNELS),
    "centre-link": (Shop.centre_link, CHANNELS),
    "centre-shop": (Shop.centre_shop, CHANNELS),
    "centre-email": (Shop.centre_email, ("email",)),
    "sms-stop": (Shop.sms_stop, ("sms",)),
    "messenger-stop": (Shop.messenger_stop, ("messenger",)),
    "complaint": (Shop.complaint, ("email",)),
    "looked-at": (Shop.look, ()),
}
