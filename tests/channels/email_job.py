"""A shop with e-mail, a shopper with an address and a cart, and the job that a carrier gets of them."""

from __future__ import annotations

from typing import Any

import msgspec

from heimta.model.campaign import Offer
from heimta.model.cart import Cart, Line
from heimta.model.coupon import Coupon
from heimta.model.documents import ShopDoc
from heimta.model.journey import Send
from heimta.model.message import Message, message_id
from heimta.model.providers import Email
from heimta.model.visitor import CartState, Identity, VisitorState
from heimta.store.secrets import Secrets
from heimta.worker.carriers.job import Job, Links
from tests.worker.shop import CART, T0

ORIGIN = "https://wolle.example"
VISITOR = "A" * 22  # 16 bytes, as browsers make them
SIGNING = "s" * 43
SHOP = ShopDoc(
    id="demo",
    name="Nordlicht & Söhne",
    origins=(ORIGIN,),
    currency="EUR",
    languages=("en", "de"),
    timezone="Europe/Berlin",
    email=Email(
        sender="Nordlicht Wöhle <hello@wolle.example>",
        host="127.0.0.1",
        tls="none",
        bounces="bounces@wolle.example",
        imprint="Nordlicht GmbH\nHafenstraße 7, 24103 Kiel",
    ),
)
SECRETS = Secrets(webhook="w" * 43, signing=SIGNING, vapid_private="", vapid_public="")
LINES = (
    Line("wool", "Lopi, moosgrün", 2, 990, image="/img/wool.jpg"),
    Line("hat", "Húfa", 1, 2450, image="https://elsewhere.example/hat.jpg"),
)
STEP = Send(
    "mail",
    "email",
    title={"en": "Your cart waits", "de": "Dein Korb wartet schön"},
    body="{item}, {count} pieces.\n\nNo hurry.",
    button="Back to it",
)
RESTORE = "https://edge.example/r/demo.WzEsInJvdyJd.token"
SETTINGS = "https://edge.example/u/demo." + "t" * 60


def cart(*lines: Line) -> CartState:
    total = sum(line.qty * line.unit_minor for line in lines)
    return CartState(Cart(CART, "EUR", 2, total, lines), (T0, "s" * 11, 1), T0)


def job(**changes: Any) -> Job:
    """changes: fields of the job; `step` and `email` may be dicts of changes to theirs."""
    state = VisitorState("demo", VISITOR, lang="en")
    state.identity = Identity(email="anna@mail.example", email_of=(T0, "s" * 11, 2))
    step = msgspec.structs.replace(STEP, **changes.pop("step", {}))
    email = msgspec.structs.replace(SHOP.email, **changes.pop("email", {}))
    name = message_id("demo", VISITOR, "cart", step.id, CART)
    base = Job(
        message=Message(name, "demo", VISITOR, "cart", step.id, "email", CART, T0),
        step=step,
        state=state,
        cart=cart(*LINES),
        shop=msgspec.structs.replace(changes.pop("shop", SHOP), email=email),
        secrets=SECRETS,
        lang="en",
        links=Links(RESTORE, SETTINGS),
        coupon=None,
        now=T0,
    )
    return msgspec.structs.replace(base, **changes)


OFFER = Offer("percent", 10)
COUPON = Coupon("WOOL-7KQ2M9XZ4HTB", "percent", 10, 0, T0 + 7 * 86_400_000)
