"""Bodies without end from one seed: half of them good ones that were changed, half of them not even that.

What is changed reaches the code behind the parser; what is wild tries the parser. Both draw on
tests/hostile/corpus. The same seed and `now` give the same bodies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from tests.hostile import corpus, good

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ROUTES = ("batch", "claim", "push", "preferences", "order")
SHARES = (79, 5, 7, 3, 6)  # of 100
VISITORS = 20_000  # that the fuzz pretends to be: few enough that states fill up
LONGEST = 2 * 2**20  # bytes: what is cut off in the middle of more than that may never read its answer
DAY_MS = 24 * 3_600_000
NUMBERS = (0, 1, -1, 2, 99, 255, 65535, 100_000, 100_001, 10**12, 10**12 + 1, 2**53, 2**63, 2**64 - 1, -0.0)
CURRENCIES = ("EUR", "JPY", "CLF", "BHD", "XXX", "eur", "EU", "")
TEXTS = (
    *("", "a", "\x00", "\u2028", "\u00fc" * 100, "a" * 64, "a" * 65, "a" * 1001),
    *("\U0001f9e4", "{p00}", "-" * 11, "-" * 22),
)
WHOLE = list(corpus.WHOLE.values())
VALUES = [*corpus.VALUES.values(), *corpus.EXTRA.values()]

encode = msgspec.json.encode


class Bodies:
    """now: ms, by the clock of the server that is asked."""

    def __init__(self, seed: int, now: int) -> None:
        self._dice = random.Random(seed)
        self._now = now
        dice = random.Random(seed + 1)
        self._visitors = [name(dice, 22) for _ in range(VISITORS)]
        self._carts = [name(dice, 11) for _ in range(500)]
        self._sources = [name(dice, 11) for _ in range(2000)]

    def next(self) -> tuple[str, bytes]:
        """(route, body)"""
        dice = self._dice
        route = dice.choices(ROUTES, SHARES)[0]
        if dice.random() < 0.5:
            return route, self.changed(route)
        return route, self.wild(route)

    def changed(self, route: str) -> bytes:
        """A good body with one to four changes: in its meaning, in its bytes, or in both."""
        dice = self._dice
        body = self.good(route)
        for _ in range(dice.choice((1, 1, 1, 2, 2, 4))):
            dice.choice(CHANGES)(dice, *_somewhere(dice, body))
        raw = encode(body)
        if dice.random() < 0.25:
            for _ in range(dice.choice((1, 1, 1, 4))):
                raw = dice.choice(SCRATCHES)(dice, raw)
        return raw[:LONGEST]

    def good(self, route: str) -> Any:
        """A good body of somebody; fresh, so that it may be changed."""
        dice = self._dice
        vid, now = dice.choice(self._visitors), self._now - dice.randrange(10_000)
        if route == "claim":
            return good.claim(vid)
        if route == "preferences":
            return good.preferences(vid)
        if route == "push":
            told = good.push(vid)
            if dice.random() < 0.2:
                told["subscription"] = None
            else:
                told["subscription"] = {**told["subscription"], "keys": dict(good.KEYS)}
            return told
        if route == "order":
            order = good.order(now, vid=vid, order_id=str(dice.randrange(10**6)))
            order["order"]["currency"] = dice.choice(CURRENCIES)
            return order
        batch = good.batch(now, vid=vid, src=dice.choice(self._sources))
        kept = dice.sample(batch["ev"], dice.choice((1, 1, 2, 3, 5, 14)))
        batch["ev"] = msgspec.json.decode(encode(kept))
        age = dice.choice((0, 0, 1000, 3_600_000, 12 * 3_600_000, DAY_MS - 60_000))
        first = dice.randrange(100)
        for place, event in enumerate(batch["ev"]):
            event["n"], event["at"] = first + place, event["at"] - age
            if event["t"] == "cart_updated":
                event["p"]["cart"]["id"] = dice.choice(self._carts)
        return batch

    def wild(self, route: str) -> bytes:
        dice = self._dice
        kind = dice.random()
        if kind < 0.45:
            return encode(self._anything(dice.choice((1, 2, 3, 6))))
        if kind < 0.65:
            return dice.randbytes(dice.choice((0, 1, 20, 200, 2000)))
        if kind < 0.75:
            return dice.choice(WHOLE) if dice.random() < 0.1 else dice.choice(VALUES)
        if kind < 0.97:
            raw = encode(self.good(route))
            return raw[: dice.randrange(len(raw))] + dice.choice((b"", b"}", b"]}", dice.randbytes(5)))
        pad = dice.choice((1000, 30_000, 65_000, 66_000, 200_000))
        return encode({**self.good(route), "pad": "a" * dice.randrange(pad)})

    def _anything(self, depth: int) -> Any:
        """JSON of any shape, with the wire's own names in it."""
        dice = self._dice
        kind = dice.random()
        if depth == 0 or kind < 0.3:
            return _value(dice)
        if kind < 0.5:
            return [self._anything(depth - 1) for _ in range(dice.randrange(5))]
        return {dice.choice(KEYS): self._anything(depth - 1) for _ in range(dice.randrange(8))}


def name(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(ALPHABET, k=length))


KEYS = (
    *("v", "vid", "sid", "src", "sent", "ev", "lang", "preview", "n", "t", "at", "u", "p", "cart", "lines"),
    *("sku", "qty", "unit_minor", "total_minor", "currency", "exponent", "id", "code", "subscription"),
    *("endpoint", "keys", "type", "order", "codes", "restored", "visitor", "campaign", "arm", "value"),
    *("score", "token", "message", "__proto__", "constructor", "", "\x00", "$ref"),
)


def _value(dice: random.Random) -> Any:
    kind = dice.random()
    if kind < 0.15:
        return msgspec.Raw(dice.choice(VALUES))
    if kind < 0.45:
        return dice.choice(NUMBERS)
    if kind < 0.7:
        return dice.choice(TEXTS)
    if kind < 0.8:
        return dice.choice(CURRENCIES)
    if kind < 0.9:
        return name(dice, dice.choice((11, 22, 87)))
    return dice.choice((None, True, False, [], {}, dice.randrange(10**13)))


def _somewhere(dice: random.Random, body: Any) -> tuple[Any, Any]:
    """A place in the body: an object or list that is not empty, and a key of it; rather deep than high."""
    while True:
        keys = list(body) if isinstance(body, dict) else range(len(body))
        deeper = [key for key in keys if isinstance(body[key], dict | list) and body[key]]
        if not deeper or dice.random() < 0.2:
            return body, dice.choice(keys)
        body = body[dice.choice(deeper)]


def _replace(dice: random.Random, body: Any, key: Any) -> None:
    body[key] = _value(dice)


def _drop(dice: random.Random, body: Any, key: Any) -> None:
    if len(body) > 1:
        del body[key]
    else:
        body[key] = None


def _add(dice: random.Random, body: Any, key: Any) -> None:
    if isinstance(body, dict):
        body[dice.choice(KEYS)] = _value(dice)
    else:
        body.insert(key, _value(dice))


def _repeat(dice: random.Random, body: Any, key: Any) -> None:
    """The same thing many times: events, lines, characters, levels."""
    times = dice.choice((2, 10, 51, 101))
    inside = body[key]
    if isinstance(body, list):
        body.extend([inside] * times)
    elif isinstance(inside, str):
        body[key] = inside * times
    else:
        for _ in range(min(times, 70)):
            inside = [inside]
        body[key] = inside


def _nudge(dice: random.Random, body: Any, key: Any) -> None:
    """A number a little or far beside itself, a text with a character less or another."""
    inside = body[key]
    if isinstance(inside, bool) or inside is None:
        body[key] = not inside
    elif isinstance(inside, int | float):
        body[key] = inside + dice.choice((-DAY_MS, -60_001, -1, 1, 60_001, DAY_MS, 10**12, -inside, 0.5))
    elif isinstance(inside, str):
        at = dice.randrange(len(inside) + 1)
        body[key] = inside[:at] + dice.choice(TEXTS) + inside[at + dice.randrange(2) :]
    else:
        body[key] = [inside]


SPLINTERS = (b"\x00", b'"', b"\\", b"{", b"[", b",", b"\xff", b"\xed\xa0\x80", b"1e9")
Change = Callable[[random.Random, Any, Any], None]
CHANGES: tuple[Change, ...] = (_replace, _replace, _drop, _add, _repeat, _nudge, _nudge)


def _flip(dice: random.Random, raw: bytes) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + bytes((raw[at] ^ (1 << dice.randrange(8)),)) + raw[at + 1 :]


def _insert(dice: random.Random, raw: bytes) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + dice.choice(SPLINTERS) + raw[at:]


def _cut(dice: random.Random, raw: bytes) -> bytes:
    start = dice.randrange(len(raw))
    return raw[:start] + raw[start + dice.randrange(1, 20) :] or b" "


def _copy(dice: random.Random, raw: bytes) -> bytes:
    start, at = dice.randrange(len(raw)), dice.randrange(len(raw))
    return raw[:at] + raw[start : start + dice.randrange(1, 60)] + raw[at:]


Scratch = Callable[[random.Random, bytes], bytes]
SCRATCHES: tuple[Scratch, ...] = (_flip, _flip, _insert, _cut, _copy)
