"""A shop that sends by every channel, and shoppers whose carts are abandoned: their facts, as the edge would
have written them into the log.
"""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from collections.abc import Sequence

import orjson
from msgspec import Struct

from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Entry, Kind
from heimta.model.campaign import Attention
from heimta.model.channel import Channel
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send, Wait
from heimta.model.providers import Email, Facebook, Sms
from heimta.store import documents, keys, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from loadtest.sending.receivers import Receivers

SHOP = "post"
HOOK = "hook-secret-of-a-shop-that-sends-000"
IDLE_MIN = 30.0
CHANNELS: tuple[Channel, ...] = ("push", "email", "sms", "messenger")
SENTENCE = "Your cart waits: {item}"

Props = dict[str, object]


class Shopper(Struct, frozen=True):
    """One visitor and their address on each channel."""

    number: int
    visitor: str

    @property
    def customer(self) -> str:
        """Their number at the shop."""
        return f"c{self.number}"

    def address(self, channel: Channel) -> str:
        """As the receivers write it down."""
        match channel:
            case "sms":
                return f"+49151{10_000_000 + self.number}"
            case "messenger":
                return f"7{self.number:09}"
            case _:
                return f"n{self.number}"


def everywhere(*first: Wait) -> Journey:
    """Its messages are all due as soon as the cart is silent, or a while later."""
    sends = [Send(channel, channel, SENTENCE, SENTENCE, max_late_min=60 * 24) for channel in CHANNELS]
    return Journey(
        id="all",
        shop=SHOP,
        name="By every channel",
        live=True,
        trigger="cart_abandoned",
        holdout_pct=0,
        steps=(*first, *sends),
    )


async def open_shop(redis: Client, at: Receivers, journeys: Sequence[Journey]) -> None:
    """With limits that hold nobody back: what they do is proven elsewhere, and here a shopper may get four
    messages at once.
    """
    vapid = make_keys("mailto:post@example.com")
    kept = Secrets(webhook=HOOK, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public)
    await secrets.create(redis, SHOP, kept)
    for name in ("sms_token", "facebook_token"):
        await secrets.set_provider(redis, SHOP, name, "t" * 32)
    shop = ShopDoc(
        id=SHOP,
        name="Post",
        origins=("http://localhost:1",),
        currency="EUR",
        abandoned_after_min=IDLE_MIN,
        push=Push(subject="mailto:post@example.com"),
        email=Email(
            sender="Post <post@post-shop.is>", host="127.0.0.1", port=at.mail_port, tls="none", connections=8
        ),
        sms=Sms(
            account="AC" + "0" * 32,
            sender="+4915199999999",
            url=at.origin,
            country="DE",
            per_day=100_000,
        ),
        facebook=Facebook(page="1", url=at.origin),
        attention=Attention(apart_h=0, messages_per_day=20, messages_per_week=100, all_per_day=40),
    )
    wanted: list[ShopDoc | Journey] = [shop, *journeys]
    for document in wanted:
        await documents.put(redis, document, now=1)


def shoppers(dice: random.Random, first: int, count: int) -> list[Shopper]:
    return [
        Shopper(number, urlsafe_b64encode(dice.randbytes(16)).decode().rstrip("="))
        for number in range(first, first + count)
    ]


def facts(
    shopper: Shopper,
    at: Receivers,
    partitions: int,
    *,
    left_at: int,
    channels: Sequence[Channel] = CHANNELS,
) -> list[Entry]:
    """They left a cart at `left_at`, ms, are known to the shop, and said yes to these channels."""
    vid = shopper.visitor
    known: Props = {"id": shopper.customer}
    known |= {"email": _mailbox(shopper)} if "email" in channels else {}
    known |= {"phone": shopper.address("sms")} if "sms" in channels else {}
    left: Props = {"cart": cart(vid[:11], f"Hat {shopper.number}")}
    told = batch(vid, {"visitor_identified": known, "cart_updated": left}, source=vid[-11:], at=left_at)
    entries: list[tuple[Kind, Props]] = [("batch", told)]
    for channel in channels:
        if channel == "push":
            subscription = at.subscription(shopper.address("push"))
            entries.append(("push", {"vid": vid, "subscription": subscription}))
            continue
        yes = {"vid": vid, "channel": channel, "yes": True, "why": "given", "at": left_at}
        entries.append(("consent", yes))
        if channel == "messenger":
            psid = shopper.address("messenger")
            entries.append(("messenger", {"vid": vid, "psid": psid, "at": left_at}))
    return [entry(kind, body, partitions, at=left_at) for kind, body in entries]


def entry(kind: Kind, body: Props, partitions: int, *, at: int) -> Entry:
    """What a browser told, as it stands in the log."""
    home = keys.partition_of(SHOP, str(body["vid"]), partitions)
    return Entry(home, SHOP, kind, at, orjson.dumps(body))


def batch(vid: str, told: dict[str, Props], *, source: str, at: int) -> Props:
    """Events by name, of the page load `source`; all at once."""
    named = enumerate(told.items())
    events = [{"n": n, "t": name, "at": at, "u": "/", "p": props} for n, (name, props) in named]
    return {"v": 1, "vid": vid, "sid": source, "src": source, "sent": at, "lang": "en", "ev": events}


def _mailbox(shopper: Shopper) -> str:
    return f"{shopper.address('email')}@post-shop.is"


def cart(id_: str, name: str) -> Props:
    line = {"sku": "hat", "name": name, "qty": 1, "unit_minor": 4200}
    return {"id": id_, "currency": "EUR", "exponent": 2, "total_minor": 4200, "lines": [line]}
