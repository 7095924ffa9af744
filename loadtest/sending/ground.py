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
from heimta.model.journey import Journey, Send
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


def everywhere() -> Journey:
    """Its steps are all due as soon as the cart is silent."""
    steps = tuple(Send(channel, channel, SENTENCE, SENTENCE, max_late_min=60 * 24) for channel in CHANNELS)
    return Journey(
        id="all",
        shop=SHOP,
        name="By every channel",
        live=True,
        trigger="cart_abandoned",
        holdout_pct=0,
        steps=steps,
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
        sms=Sms(account="AC" + "0" * 32, sender="+4915199999999", url=at.origin, country="DE"),
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
    known = {"id": shopper.customer}
    known |= {"email": _mailbox(shopper)} if "email" in channels else {}
    known |= {"phone": shopper.address("sms")} if "sms" in channels else {}
    events = [("visitor_identified", known), ("cart_updated", {"cart": _cart(shopper)})]
    told = [
        {"n": n, "t": name, "at": left_at, "u": "/", "p": props} for n, (name, props) in enumerate(events)
    ]
    batch = {"v": 1, "vid": vid, "sid": vid[:11], "src": vid[-11:], "sent": left_at, "lang": "en", "ev": told}
    entries: list[tuple[Kind, object]] = [("batch", batch)]
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
    home = keys.partition_of(SHOP, vid, partitions)
    return [Entry(home, SHOP, kind, left_at, orjson.dumps(body)) for kind, body in entries]


def _mailbox(shopper: Shopper) -> str:
    return f"{shopper.address('email')}@post-shop.is"


def _cart(shopper: Shopper) -> dict[str, object]:
    return {
        "id": shopper.visitor[:11],
        "currency": "EUR",
        "exponent": 2,
        "total_minor": 4200,
        "lines": [{"sku": "hat", "name": f"Hat {shopper.number}", "qty": 1, "unit_minor": 4200}],
    }
