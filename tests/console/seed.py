"""A shop with a past, written straight through the store's keys, as the worker would have left it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import msgspec

from heimta.model.campaign import Campaign, Frequency, Trigger, Variant
from heimta.model.contents import PopupContent, PushContent, SurveyContent
from heimta.model.contents.survey import Choice, Nps, SingleChoice, Words
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send, Wait
from heimta.model.orders import OrderState
from heimta.model.visitor import Answer, VisitorState
from heimta.store import answers, documents, keys
from heimta.store.connect import Client

PARTITIONS = 4
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOW = 1_763_760_000_000  # 2025-11-21 21:20 UTC

SHOP = ShopDoc(
    id="demo",
    name="Nordhús",
    origins=("https://shop.example",),
    currency="EUR",
    timezone="Europe/Berlin",
    push=Push(subject="mailto:a@shop.example"),
)
EXIT = Campaign(
    id="exit-offer",
    shop="demo",
    name="Ten percent before you go",
    trigger=Trigger(on="exit"),
    variants=(Variant("a", PopupContent(title="Wait")),),
    live=True,
)
QUESTIONS = (
    Nps("Would you recommend us?", "nps"),
    SingleChoice(
        {"en": "What is missing?", "de": "Was fehlt?"},
        "missing",
        choices=(Choice("size", "My size"), Choice("price", "A better price")),
        other=True,
    ),
    Words("Tell us more", "words"),
)
SURVEY = Campaign(
    id="why-not",
    shop="demo",
    name="What is missing?",
    trigger=Trigger(on="after", after_s=40),
    variants=(Variant("a", SurveyContent(questions=QUESTIONS)),),
    frequency=Frequency(max=1, per_h=720),
    live=True,
    holdout_pct=10,
)
BELL = Campaign(
    id="bell",
    shop="demo",
    name="May we ring?",
    trigger=Trigger(on="engaged", after_s=15),
    variants=(Variant("a", PushContent(title="May we?", body="Only about your cart.")),),
    holdout_pct=0,
)
JOURNEY = Journey(
    id="cart-back",
    shop="demo",
    name="Your cart is waiting",
    trigger="cart_abandoned",
    steps=(Wait("wait", 60), Send("first", "push", title="Still here")),
    live=True,
)
DOCUMENTS = (SHOP, EXIT, SURVEY, BELL, JOURNEY)


@dataclass
class Past:
    """Counters on their way into the store; `total` is what the overview must come to."""

    redis: Client
    shop: str = "demo"
    total: Counter[str] = field(default_factory=Counter)
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, metric: str, by: int = 1, *, at: int, partition: int = 0) -> None:
        when = datetime.fromtimestamp(at / 1000, UTC)
        key = keys.rollup(partition, self.shop, f"{when:%Y%m%d}")
        self.fields[(key, f"{when.hour}:{metric}")] += by
        self.total[metric] += by

    async def write(self) -> None:
        async with self.redis.pipeline(transaction=False) as pipe:
            for (key, name), count in self.fields.items():
                pipe.hincrby(key, name, count)
            await pipe.execute()
        self.fields.clear()


async def install(redis: Client) -> None:
    for document in DOCUMENTS:
        await documents.put(redis, document, now=NOW - 9 * DAY_MS)


async def months(redis: Client, *, days: int = 90, seed: int = 1) -> Past:
    """Some months of trade. Everything falls inside the last `days` days of the shop's own calendar."""
    chance, past = random.Random(seed), Past(redis)
    for back in range(days):
        busy = 1.6 if back % 7 in (0, 6) else 1.0
        for _ in range(int(chance.randrange(18, 34) * busy)):
            at = NOW - back * DAY_MS - chance.randrange(20 * HOUR_MS)
            partition = chance.randrange(PARTITIONS)
            value = chance.randrange(1_900, 24_000)
            past.count("carts", at=at, partition=partition)
            past.count("visitors", chance.randrange(3, 9), at=at, partition=partition)
            if chance.random() < 0.27:
                past.count("orders", at=at, partition=partition)
                past.count("orders_minor.EUR", value, at=at, partition=partition)
                continue
            past.count("abandoned", at=at, partition=partition)
            past.count("abandoned_minor.EUR", value, at=at, partition=partition)
            if chance.random() < 0.16:
                past.count("recovered", at=at, partition=partition)
                past.count("recovered_minor.EUR", value - 7, at=at, partition=partition)
                past.count("orders", at=at, partition=partition)
                past.count("orders_minor.EUR", value - 7, at=at, partition=partition)
            for name, arm in (("exit-offer", chance.choice(("a", "holdout"))), ("j.cart-back", "treated")):
                past.count(f"c.{name}.{arm}.exposed", at=at, partition=partition)
                if arm == "a" and chance.random() < 0.2:
                    past.count(f"c.{name}.{arm}.accepted", at=at, partition=partition)
            kind = chance.choice(("pointer", "pointer", "fling", "return"))
            tenth = chance.choice((5, 7, 8, 9, 9, 9))
            group = "shown" if chance.random() < 0.3 else str(tenth)
            followed = "left" if chance.random() * 10 < tenth else "stayed"
            past.count(f"exit.{kind}.{group}.{followed}", at=at, partition=partition)
    await past.write()
    return past


async def at_checkout(redis: Client) -> Past:
    """A thousand visits of yesterday, as far as they came, and what became of them at the checkout."""
    past, at = Past(redis), NOW - DAY_MS
    counts = {
        "sessions": 1000,
        **{"funnel.product": 600, "funnel.cart": 300, "funnel.checkout": 120, "funnel.address": 96},
        **{"funnel.shipping": 70, "funnel.payment": 70, "funnel.paid": 52, "funnel.review": 40},
        **{"device.phone.sessions": 700, "device.phone.cart": 200, "device.phone.checkout": 70},
        **{"device.phone.order": 12, "device.desktop.sessions": 260, "device.desktop.cart": 96},
        **{"device.desktop.checkout": 48, "device.desktop.order": 28},
        **{"funnel.order": 40, "step.address": 96, "step.payment": 70, "step.paid": 52},
        **{"field.email.entered": 96, "field.email.stopped": 6, "field.email.ms": 500_000},
        **{"field.phone.entered": 60, "field.phone.stopped": 24, "field.phone.wrong": 6},
        **{"field.phone.empty": 30, "field.phone.ms": 240_000},
        **{
            "field.card.entered": 58,
            "field.card.stopped": 14,
            "field.card.wrong": 3,
            "field.card.ms": 1_000_000,
        },
        **{"field.zip.entered": 90, "field.zip.stopped": 8, "field.zip.wrong": 31, "field.zip.corrected": 22},
        **{"faults.carts": 14, "faults.ordered": 4, "faults_minor.EUR": 123_450},
        **{"fault.times.network 500 /api/shipping": 12, "fault.carts.network 500 /api/shipping": 9},
        **{
            "fault.ordered.network 500 /api/shipping": 3,
            "fault.times.script TypeError /js/<img src=x>.js:1": 5,
        },
        **{
            "fault.carts.script TypeError /js/<img src=x>.js:1": 4,
            "fault.times.other": 2,
            "fault.carts.other": 1,
        },
    }
    for metric, by in counts.items():
        past.count(metric, by, at=at, partition=len(metric) % PARTITIONS)
    await past.write()
    return past


async def heard(redis: Client, *texts: str, at: int = NOW - HOUR_MS) -> Past:
    """Sixty met the survey, forty began, thirty ended it; some wrote, the last one after an order."""
    past = Past(redis)
    counts = {
        **{"c.why-not.a.exposed": 60, "c.why-not.a.answered": 40, "c.why-not.a.step.1": 40},
        **{"c.why-not.a.step.2": 34, "c.why-not.a.step.3": 30, "c.why-not.a.end.3": 30},
        **{"s.why-not.nps": 40, "s.why-not.nps.10": 18, "s.why-not.nps.9": 4, "s.why-not.nps.8": 8},
        **{"s.why-not.nps.6": 4, "s.why-not.nps.2": 6, "s.why-not.missing": 34},
        **{"s.why-not.missing.size": 21, "s.why-not.missing.price": 9, "s.why-not.missing.other": 4},
        "s.why-not.words": len(texts),
    }
    for metric, by in counts.items():
        past.count(metric, by, at=at, partition=len(metric) % PARTITIONS)
    await past.write()
    for number, text in enumerate(texts):
        visitor, when = f"shopper-{number:014d}", at + number * 60_000
        state = VisitorState(
            "demo",
            visitor,
            answers={
                "why-not": {
                    "nps": Answer("a", (when, "s", 0), 1, False, 6),
                    "missing": Answer("a", (when, "s", 1), 2, False, None, ["size"]),
                    "words": Answer("a", (when, "s", 2), 3, True, text=text),
                }
            },
        )
        if number == len(texts) - 1:
            state.orders["1001"] = OrderState("1001", when - 60_000, 4_990, "EUR", "", when)
        partition = keys.partition_of("demo", visitor, PARTITIONS)
        await redis.set(keys.visitor(partition, "demo", visitor), msgspec.msgpack.encode(state))
        await answers.note(redis, partition, {("demo", "why-not"): {visitor: when}})
    return past


async def sums(
    redis: Client, name: str, arms: dict[str, tuple[int, int, int]], *, partition: int = 1
) -> None:
    """Lift sums: arm -> (visitors, orders, minor units an order)."""
    for arm, (n, orders, each) in arms.items():
        row = {
            "n": n,
            "converted": orders,
            "revenue_minor": orders * each,
            "revenue_sq": orders * each * each,
        }
        for what, value in row.items():
            await redis.hset(keys.lift(partition, "demo", name), f"{arm}|{what}", value)


async def log(
    redis: Client, kind: str, data: bytes, *, at: int = NOW, shop: str = "demo", partition: int = 0
) -> None:
    await redis.xadd(keys.log(partition), {"s": shop, "k": kind, "t": at, "d": data, "u": ""})


VISITOR = "a3fK" + "x" * 18


_sources = count()  # a page load each, so that no event is another one sent again


def batch(*events: tuple[str, object], vid: str = VISITOR, preview: bool = False, at: int = NOW) -> bytes:
    """A wire batch of (name, props)."""
    rows = [
        {"n": n, "t": name, "at": at, "u": "/p/hat", "p": props} for n, (name, props) in enumerate(events)
    ]
    body = {
        "v": 1,
        "vid": vid,
        "sid": "s" * 11,
        "src": f"{next(_sources):011}",
        "sent": at,
        "ev": rows,
        "preview": preview,
    }
    return msgspec.json.encode(body)


def cart(*lines: tuple[str, str, int, int], id: str = "c" * 11) -> dict[str, object]:
    """lines: (sku, name, qty, unit_minor)."""
    return {
        "cart": {
            "id": id,
            "currency": "EUR",
            "exponent": 2,
            "total_minor": sum(qty * unit for _, _, qty, unit in lines),
            "lines": [{"sku": s, "name": n, "qty": q, "unit_minor": u} for s, n, q, u in lines],
        }
    }
