"""Browsers, hubs and the notes between them, folded by hand: what all partitions would do, in one place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from heimta.model.event import Customer
from heimta.model.person import hub_of
from heimta.model.visitor import VisitorState
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import is_for_known, read_fact, relay_to
from heimta.worker.timers import fire
from tests.worker.shop import CONTEXT, T0, batch, cart

ANNA, BEN, EVE = "anna-laptop-----------", "anna-phone------------", "eve-------------------"
MAIL = "Anna@Example.com"

_json = msgspec.json.Encoder().encode


def hub(value: str = "anna@example.com") -> str:
    return hub_of("demo", "email", value)


@dataclass
class People:
    """chance: each relayed note comes up to three times, in any order, if it is given."""

    context: ShopContext = CONTEXT
    chance: Random | None = None
    states: dict[str, VisitorState] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)
    numbers: int = 0
    events: int = 0
    carried: int = 0  # notes that went from one state to another

    def tell(self, kind: str, data: bytes, received: int) -> None:
        """Fold an entry, and all that it leads to elsewhere."""
        waiting = [(kind, data)]
        while waiting:
            kind, data = waiting.pop(0)
            relays = self._fold(kind, data, received)
            self.carried += len(relays)
            told = [("relay", note) for note in relays]
            if self.chance is not None:
                told = [each for each in told for _ in range(self.chance.randint(1, 3))]
                self.chance.shuffle(told)
            waiting += told
            assert self.carried < 1000, "notes go round in a circle"

    def _fold(self, kind: str, data: bytes, received: int) -> list[bytes]:
        self.numbers += 1
        row = {b"s": b"demo", b"k": kind.encode(), b"t": b"%d" % received, b"d": data}
        fact = read_fact(b"%d-0" % self.numbers, row)
        if kind == "relay":
            assert relay_to(data) == fact.visitor
        held = self.states.get(fact.visitor)
        if held is None and is_for_known(fact):
            return []
        effects = Effects()
        self.states[fact.visitor] = apply_fact(held, fact, context=self.context, effects=effects, restored={})
        for key, by in effects.tally.items():
            self.effects.tally[key] = self.effects.tally.get(key, 0) + by
        for exposure, sums in effects.lift.items():
            for name, by in sums.items():
                self.effects.lift[exposure][name] += by
        return [_json(note) for _, note in effects.relays]

    def event(self, who: str, name: str, at: int, props: dict[str, Any]) -> None:
        self.events += 1
        source = f"s{self.events:010d}"
        self.tell("batch", batch((name, at, props), vid=who, src=source), at)

    def identify(self, who: str, at: int = T0, **words: str) -> None:
        self.event(who, "visitor_identified", at, dict(words))

    def fill(self, who: str, at: int) -> None:
        """A cart and a subscription, so that there is something to chase."""
        keys = {"p256dh": "k" * 87, "auth": "a" * 22}
        told = {"vid": who, "subscription": {"endpoint": "https://push.example/x", "keys": keys}}
        self.tell("push", json.dumps(told).encode(), at)
        self.event(who, "cart_updated", at, {"cart": cart(5000)})

    def order(self, at: int, visitor: str = "", customer: Customer | None = None, name: str = "o-1") -> None:
        told: dict[str, Any] = {"id": name, "currency": "EUR", "exponent": 2, "total_minor": 5000, "at": at}
        if customer is not None:
            told["customer"] = msgspec.to_builtins(customer)
        body = {"type": "order_completed", "order": {**told, "visitor": visitor}}
        self.tell("order", json.dumps(body).encode(), at)

    def fire(self, who: str, now: int) -> list[str]:
        """Messages decided on by then."""
        effects = Effects()
        fire(self.states[who], context=self.context, effects=effects, now=now)
        return [message.step for message in effects.messages]
