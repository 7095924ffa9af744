"""A shop whose visitors have subscribed, left a cart each, and are due a push."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Entry
from heimta.model.documents import Push, ShopDoc
from heimta.model.event import Keys, PushRequest, Subscription
from heimta.model.journey import Journey, Send
from heimta.store import documents, keys, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from loadtest.worker.traffic import PARTITIONS, SHOP, batch, ids, visitor_id

IDLE_MIN = 30
IDLE_MS = IDLE_MIN * 60_000
COPIES = 5_000  # visitors written at a time

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


async def copy(redis: Client, pattern: int, numbers: Sequence[int]) -> None:
    """Give these visitors the state and the timer of one whom the worker has folded, under their own ids.

    A visitor's ids are as long as any other's, so theirs stand where its own stood. Nobody may own the
    partitions meanwhile: an owner alone writes its timers.
    """
    home = keys.partition_of(SHOP, visitor_id(pattern), PARTITIONS)
    state = await redis.get(keys.visitor(home, SHOP, visitor_id(pattern)))
    due_at = await redis.zscore(keys.due(home), f"{SHOP}:{visitor_id(pattern)}")
    assert isinstance(state, bytes) and due_at is not None, "it is not folded yet"
    old = [name.encode() for name in ids(pattern)]
    for start in range(0, len(numbers), COPIES):
        states: dict[int, dict[str, bytes]] = defaultdict(dict)
        timers: dict[int, dict[str, float]] = defaultdict(dict)
        for number in numbers[start : start + COPIES]:
            raw = state
            for mine, theirs in zip(old, ids(number), strict=True):
                raw = raw.replace(mine, theirs.encode())
            name = visitor_id(number)
            place = keys.partition_of(SHOP, name, PARTITIONS)
            states[place][keys.visitor(place, SHOP, name)] = raw
            timers[place][f"{SHOP}:{name}"] = due_at
        for place in states:
            await redis.mset(states[place])
            await redis.zadd(keys.due(place), timers[place])
