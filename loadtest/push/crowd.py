"""A shop whose visitors have subscribed, left a cart each, and are due a push."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Entry
from heimta.model.documents import Push, ShopDoc
from heimta.model.event import Keys, PushRequest, Subscription
from heimta.model.journey import Journey, Send
from heimta.store import documents, keys, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from loadtest.worker.traffic import PARTITIONS, SHOP, batch, visitor_id

IDLE_MIN = 30
IDLE_MS = IDLE_MIN * 60_000

_encode = msgspec.json.Encoder().encode


async def install(redis: Client) -> None:
    """The shop, with one journey of one push."""
    vapid = make_keys("mailto:bench@example.com")
    await secrets.create(redis, SHOP, Secrets("w" * 43, "s" * 43, vapid.private, vapid.public))
    shop = ShopDoc(
        id=SHOP,
        name="Bench",
        origins=("http://localhost:1",),
        currency="EUR",
        languages=("en",),
        abandoned_after_min=IDLE_MIN,
        push=Push(subject="mailto:bench@example.com"),
    )
    await documents.put(redis, shop, now=1)
    journey = Journey(
        id="cart-push",
        shop=SHOP,
        name="Cart push",
        live=True,
        trigger="cart_abandoned",
        holdout_pct=0,
        steps=(Send("remind", "push", title="Your cart is waiting", body="{item} and {count} more"),),
    )
    await documents.put(redis, journey, now=1)


def left_carts(first: int, addresses: Iterator[str], browser: Keys, *, due_at: int) -> Iterator[Entry]:
    """One visitor an address: subscribed, and with a cart that is abandoned at `due_at`, ms."""
    for number, address in enumerate(addresses, first):
        changed = due_at - IDLE_MS
        cart = batch(number, 0, changed + 2000)  # whose cart is 2 s older than the batch
        yield cart
        asked = PushRequest(visitor_id(number), Subscription(address, browser))
        home = keys.partition_of(SHOP, visitor_id(number), PARTITIONS)
        yield Entry(home, SHOP, "push", changed, _encode(asked))
