"""Whole stories of visitors, made up: what happened, how it was delivered, and how else it might have been.

A story is a list of facts with their true times. `once` delivers each fact once and in order; `again`
delivers the same facts as a bad day would: re-sent alone or with other neighbours, at another time, from a
restored outbox, late by up to a day, shuffled. The fold owes both the same state (ARCHITECTURE.md, "Counted
once").

Every choice comes from one random.Random, so a seed tells a story again and Hypothesis can shrink one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from heimta.model.message import message_id
from loadtest.stories_shop import AGENTS, ARMS, CARTS, ENDPOINTS, JOURNEY, MESSAGES, OTHERS, SHOP_ID, TOKENS

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEGIN = 1_763_760_000_000  # 2025-11-21, 21:20 UTC

_json = msgspec.json.Encoder().encode
Props = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One log entry: what the edge appended, and when it had received it, ms."""

    kind: str
    received: int
    data: bytes
    agent: bytes = b""
    shop: str = SHOP_ID
    partition: int = 0


@dataclass(frozen=True)
class Happened:
    """A browser event, at its true time, ms. (src, n) is its name."""

    src: str
    sid: str
    n: int
    name: str
    at: int
    props: Props


@dataclass
class Story:
    """One visitor's facts. skew: how far the browser's clock is ahead, ms. closes: when timers fire, ms.

    tokens: of the carts it may restore. langs: the language of each page load. previews: the page loads that
        are the merchant's own.
    """

    visitor: str
    skew: int
    tokens: Sequence[str] = ()
    retold: bool = True
    langs: dict[str, str] = field(default_factory=dict)
    previews: set[str] = field(default_factory=set)
    batches: list[tuple[list[Happened], int]] = field(default_factory=list)  # with their true time of sending
    others: list[Told] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)

    def batch(self, events: list[Happened], sent: int, delay: int) -> Told:
        """The events as the browser sends them at `sent`, true time, received `delay` ms later."""
        told = [
            {"n": e.n, "t": e.name, "at": e.at + self.skew, "u": "/", "p": e.props}
            for e in sorted(events, key=lambda e: e.n)
        ]
        src = events[0].src
        page = {"v": 1, "vid": self.visitor, "sid": events[0].sid, "src": src, "lang": self.langs[src]}
        body = {**page, "sent": sent + self.skew, "preview": src in self.previews, "ev": told}
        return Told("batch", sent + delay, _json(body), AGENTS[int(src[-1]) % len(AGENTS)])


def tell(
    chance: Random,
    visitor: str,
    *,
    days: int = 3,
    loads: int = 5,
    tokens: Sequence[str] = tuple(TOKENS),
    closes: Sequence[int] = (),
    retold: bool = True,
) -> Story:
    """Make up a visitor's story of up to `days` days with gaps between them and up to `loads` page loads.

    tokens: of the carts it may restore. closes: when timers fire, ms; made up if there are none.
    retold: whether the shop may tell an order in two ways.
    """
    story = Story(visitor, chance.randint(-50_000, 50_000), tokens, retold)
    starts = [BEGIN]
    for _ in range(chance.randrange(days)):
        starts.append(starts[-1] + DAY + chance.randrange(4) * DAY)
    looks = sorted(chance.sample(range(1, 24), chance.randrange(4)))  # a timer may fire while the day goes on
    story.closes = list(closes) or [start + hour * HOUR for start in starts for hour in (*looks, 24)]
    if chance.random() < 0.7:
        story.others.append(_subscription(chance, visitor, BEGIN, 1.0))
    for number in range(1 + chance.randrange(loads)):
        begun = chance.choice(starts) + chance.randrange(20 * HOUR)
        sids = chance.sample([f"{begun // DAY:05d}-sid-{name}" for name in range(3)], 2)
        _page_load(chance, story, f"source-{number:04d}", sids, begun)
    for _ in range(chance.randrange(7)):
        at = chance.choice(starts) + chance.randrange(23 * HOUR)
        story.others.append(_other(chance, story, at))
    return story


def _page_load(chance: Random, story: Story, src: str, sids: list[str], at: int) -> None:
    story.langs[src] = chance.choice(["de", "en", ""])
    if chance.randrange(20) == 0:
        story.previews.add(src)
    events: list[Happened] = []
    for n in range(1 + chance.randrange(8)):
        sid = sids[0] if n < 5 else sids[1]
        name, props = _event(chance, story)
        events.append(Happened(src, sid, n, name, at, props))
        at += chance.choice([0, 0, 5, 900, 20_000, 10 * MINUTE])
    while events:
        size = 1 + chance.randrange(len(events))
        batch = [event for event in events[:size] if event.sid == events[0].sid]
        events = events[len(batch) :]
        wait = chance.choice([1, 1000, 1000, 30_000, 2 * HOUR])
        story.batches.append((batch, batch[-1].at + wait))


def _event(chance: Random, story: Story) -> tuple[str, Props]:
    match chance.randrange(16):
        case 0 | 1 | 2 | 3 | 4:
            return "cart_updated", {"cart": _cart(chance)}
        case 5 | 6:
            campaign, arms = chance.choice(ARMS)
            return "campaign_exposed", {"campaign": campaign, "arm": chance.choice(arms), "p": 5000}
        case 7:
            campaign, arms = chance.choice(ARMS)
            return "campaign_accepted", {"campaign": campaign, "arm": chance.choice(arms)}
        case 8:
            return "survey_answered", {"campaign": "ask", "arm": "slider", **_answer(chance)}
        case 9:
            said = {"analytics": chance.random() < 0.9, "marketing": chance.random() < 0.9}
            return "consent_changed", said
        case 10:
            return "cart_restored", {"token": chance.choice(story.tokens)}
        case 11:
            return "message_clicked", {"message": _message(chance, story.visitor)}
        case 12 if chance.random() < 0.5:
            return chance.choice([("order_completed", {"order": "o1"}), ("checkout_started", {})])
        case 13:
            sign = {"kind": chance.choice(["pointer", "fling"]), "score": chance.randrange(11) / 10}
            followed = {**sign, "left": chance.random() < 0.5, "shown": chance.random() < 0.5}
            mine = story.visitor[-8:]  # words of their own: what another browser tells comes when it comes
            known = {
                "id": chance.choice(["", f"c-1-{mine}", f"c-2-{mine}"]),
                "email": chance.choice(["", f"{mine}@b.example"]),
            }
            agreed = {"consent": chance.choice(["", "Yes"]), "tz": chance.choice(["", "Asia/Tokyo", "UTC"])}
            others: list[tuple[str, Props]] = [
                ("product_viewed", {"sku": "hat-1"}),
                ("exit_followed", followed),
                ("visitor_identified", {**known, **agreed}),
            ]
            return chance.choice(others)
        case 14:
            return _at_checkout(chance)
        case _:
            return "page_viewed", {"width": 390}


def _at_checkout(chance: Random) -> tuple[str, Props]:
    """A step, payment info, fields, or a fault that a cart met."""
    kinds = chance.sample(["email", "zip", "card"], 2)
    field = {"kind": kinds[0], "state": chance.choice(["filled", "empty", "error"]), "ms": 40}
    what = chance.choice(["500 /api/shipping", "404 /api/pay"])
    cart = chance.choice(["", CARTS[0][0], CARTS[1][0]])
    told: list[tuple[str, Props]] = [
        ("checkout_step_reached", {"step": chance.choice(["address", "shipping", "review"])}),
        ("payment_info_added", {"how": "card"}),
        ("checkout_fields", {"fields": [{**field, "changes": chance.randrange(3)}], "last": kinds[1]}),
        ("fault_met", {"kind": "network", "what": what, "cart": cart}),
    ]
    return chance.choice(told)


def _cart(chance: Random) -> Props:
    cart_id, currency, exponent = chance.choice(CARTS[: 1 + chance.randrange(len(CARTS))])
    lines = [
        {"sku": f"hat-{i}", "name": f"Hat {i}", "qty": 1, "unit_minor": 500}
        for i in range(chance.choice([0, 1, 1, 2]))
    ]
    total = 500 * len(lines) + chance.randrange(3)
    money = {"currency": currency, "exponent": exponent, "total_minor": total if lines else 0}
    return {"id": cart_id, **money, "lines": lines}


def _answer(chance: Random) -> dict[str, object]:
    """One step of the survey; often the same question again, now and then one that cannot be answered so."""
    step = chance.randrange(1, 4)
    way: dict[str, object] = {"step": step, "done": step == 3}
    match chance.randrange(5):
        case 0 | 1:
            return way | {"question": "main", "kind": "slider", "value": chance.randrange(12)}
        case 2:
            taken = chance.sample(["price", "rival", "other", "nosuch"], k=chance.randrange(3))
            return way | {"question": "why", "kind": "choices", "choices": taken}
        case 3:
            return way | {
                "question": "words",
                "text": chance.choice(["", "slow", "write to me@shop.example"]),
            }
        case _:
            return {"question": "main", "value": chance.randrange(12)}


def _message(chance: Random, visitor: str) -> str:
    cart_id, _, _ = chance.choice(CARTS[:2])
    return message_id(SHOP_ID, visitor, *chance.choice(MESSAGES), cart_id)


def _other(chance: Random, story: Story, at: int) -> Told:
    """A fact that is not of the page: a webhook, a subscription, a claim, an outcome, a relayed order."""
    visitor, received = story.visitor, at + chance.choice([1, 3_000, 5 * MINUTE])
    match chance.randrange(10):
        case 0 | 1:
            return Told("order", received, order(chance, story, at))
        case 2:
            return _subscription(chance, visitor, received, 0.7)
        case 3:
            claim = {"code": f"CODE{chance.randrange(3)}", "expires_at": at + chance.randrange(3) * DAY}
            return Told("claim", received, _json({"vid": visitor, "campaign": "exit-offer", **claim}))
        case 4 | 5 | 6 | 7:
            outcome = chance.choice(["sent", "failed", "skipped", "gone"])
            note = {"message": _message(chance, visitor), "journey": JOURNEY, "outcome": outcome, "told": at}
            mail = {"channel": "email", "address": f"{chance.randrange(12):06x}"}
            sms = {"channel": "sms", "reason": "opted_out"}
            way = chance.choice([{}, mail, {"channel": "messenger"}, sms])
            return Told("delivery", received, _json({"vid": visitor, **note, **way}))
        case 8 if chance.random() < 0.3:
            said = {"psid": chance.choice("12"), "at": at, "since": at - chance.choice([0, 0, HOUR])}
            return Told("messenger", received, _json({"vid": visitor, **said}))
        case 8:
            channel, why = chance.choice(["sms", "email", "push"]), chance.choice(["centre", "stop_word"])
            said = {"channel": channel, "why": why, "yes": chance.random() < 0.5, "at": at}
            return Told("consent", received, _json({"vid": visitor, **said}))
        case _:
            note = {"other": chance.choice(OTHERS), "order": f"x{chance.randrange(3)}", "minor": 700}
            return Told("relay", received, _json({"vid": visitor, **note, "currency": "EUR", "at": at}))


def _subscription(chance: Random, visitor: str, received: int, yes: float) -> Told:
    told = {"endpoint": chance.choice(ENDPOINTS), "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
    subscription = told if chance.random() < yes else None
    return Told("push", received, _json({"vid": visitor, "subscription": subscription}))


def order(chance: Random, story: Story, at: int) -> bytes:
    """A webhook's body. The shop's clock may be slow; ids repeat: one order may be told in two ways."""
    told: dict[str, Any] = {
        "id": f"o{chance.randrange(4)}" if story.retold else f"o{at}",
        "currency": chance.choice(["EUR", "EUR", "HUF"]),
        "exponent": 2,
        "total_minor": 100 * (1 + chance.randrange(9)),
        "at": at - chance.choice([0, 0, 10 * MINUTE]),
        "visitor": story.visitor,
        "cart": chance.choice(["", "", CARTS[0][0]]),
        "restored": chance.choice(["", "", "", *story.tokens]),
    }
    # Without asking chance, so that seeds stay the stories that they were.
    told["changed_at"] = (0, at, at + HOUR)[told["total_minor"] // 100 % 3]
    return _json({"type": "order_completed", "order": told})


Phases = list[
    tuple[int, list[Told]]
]  # what was received before each look at the timers, and when that was, ms


def once(story: Story) -> Phases:
    """Each fact once, in the order it was received."""
    batches = [story.batch(events, sent, 40) for events, sent in story.batches]
    return _phases(story, sorted([*batches, *story.others], key=lambda told: told.received))


def again(chance: Random, story: Story, *, copies: int = 2) -> Phases:
    """The same facts, each up to 1 + `copies` times, differently parted, late and shuffled.

    A fact is in the same phase as in `once` at least once: what is late for a look at the timers is another
    story for them. Its copies may come in any later phase too.
    """
    told: list[Told] = []
    for events, sent in story.batches:
        told += [story.batch(part, sent, 40) for part in _parted(chance, events)]
    phases = _phases(story, [*told, *story.others])
    mixed: Phases = []
    before: list[Told] = []
    for close, entries in phases:
        known = [*entries, *chance.sample(before, min(len(before), 4))]
        extra = [_recent(told, close) for told in chance.sample(known, chance.randrange(len(known) + 1))]
        for _ in range(copies):
            extra += _resent(chance, story, close)
        extra += entries
        chance.shuffle(extra)
        mixed.append((close, extra))
        # What was told of a message before it was decided is of no message: only its phase may repeat it.
        before += [told for told in entries if told.kind != "delivery"]
    return mixed


def _parted(chance: Random, events: list[Happened]) -> Iterable[list[Happened]]:
    """The events of one batch as they leave a restored outbox: some alone, some together."""
    if chance.random() < 0.5:
        return [events]
    parts: dict[int, list[Happened]] = {}
    for event in events:
        parts.setdefault(chance.randrange(3), []).append(event)
    return list(parts.values())


def _recent(told: Told, close: int) -> Told:
    """A copy. Where a fact has an id, its copy may be received later."""
    if told.kind in ("order", "claim", "delivery", "relay"):
        return Told(told.kind, max(told.received, close - 1), told.data)
    return told


def _resent(chance: Random, story: Story, close: int) -> list[Told]:
    """Events that were received before `close`, sent once more in new batches, as old as 20 hours."""
    sources: dict[tuple[str, str], list[Happened]] = {}
    for events, sent in story.batches:
        for event in events:
            if sent + 40 <= close and close - event.at < 20 * HOUR and chance.random() < 0.5:
                sources.setdefault((event.src, event.sid), []).append(event)
    return [
        story.batch(events, max(e.at for e in events) + chance.randrange(2 * HOUR), chance.randrange(9_000))
        for events in sources.values()
    ]


def _phases(story: Story, told: list[Told]) -> Phases:
    phases: Phases = []
    begun = 0
    for close in story.closes:
        phases.append((close, [one for one in told if begun < one.received <= close]))
        begun = close
    return phases
