"""What a trace is, and how one is told: the browser's events of a visit, and what the visitor did.

    python -m loadtest.exit report > traces.jsonl

One trace a line: `{"class", "device", "left", "from", "cart", "landing", "ev": [[ms, kind, ...]]}`. `left` is
the label: within 10 s of turning away the page was closed, left for another site or hidden for good, or
nobody touched it for 10 s. `from` is when the visitor turned away, in ms; what fires before it is false.

Kinds: move x y, out x y buttons (the pointer is in no element of the page any more), down what, click what,
menu, focus what, change, key modifier key, dialog open|shut, blur, scroll y, touch, size height, hide, show,
restore (back from the back/forward cache), reload, gone.
"""

from __future__ import annotations

from random import Random

import msgspec

from loadtest.exit.hand import HEIGHT, WIDTH, Hand

Happening = list[int | str]
AWAY_MS = 10_000


class Trace(msgspec.Struct, rename={"kind": "class", "since": "from"}):
    kind: str
    device: str
    left: bool
    since: int
    ev: list[Happening] = []
    cart: bool = False
    landing: bool = False


class Fire(msgspec.Struct):
    """A detector fired, ms after the trace began."""

    at: int
    kind: str = ""
    score: float = 0.0


class Script:
    """A visit being written: a hand for a mouse, and everything else that happens beside it."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.hand = Hand(chance)
        self.beside: list[Happening] = []
        self.since = 0
        # Lists and menus of the browser lie over the page: while one is open the page sees no pointer.
        self.covered: list[tuple[int, int]] = []
        self.press: list[tuple[int, int]] = []  # a button is held
        self.has_mouse = True

    def happen(self, kind: str, *more: int | str, after: int = 0) -> None:
        self.beside.append([self.hand.now + after, kind, *more])

    def browse(self) -> None:
        """The first seconds: reading, with some moves about the page."""
        chance, hand = self.chance, self.hand
        hand.put(chance.uniform(200, WIDTH - 200), chance.uniform(250, HEIGHT - 100))
        while hand.now < 3600:
            hand.rest(chance.uniform(250, 1500))
            x = min(max(hand.at[0] + chance.gauss(0, 220), 40), WIDTH - 60)
            y = min(max(hand.at[1] + chance.gauss(0, 150), 140), HEIGHT - 40)
            hand.reach((x, y), width=60)
        hand.rest(chance.choice((chance.uniform(0, 120), chance.uniform(150, 2500))))

    def turn(self) -> None:
        """From here on it counts."""
        self.since = self.hand.now

    def events(self) -> list[Happening]:
        """Everything in order; what lies beyond the viewport or under a list, the page does not see."""
        seen = list(self.beside)
        is_out = False
        for ms, x, y in self.hand.frames() if self.has_mouse else []:
            is_hidden = any(begin <= ms < end for begin, end in self.covered)
            inside = 0 <= x < WIDTH and 0 <= y < HEIGHT and not is_hidden
            if inside:
                seen.append([ms, "move", x, y])
            elif not is_out:
                held = any(begin <= ms < end for begin, end in self.press)
                seen.append([ms, "out", x, y, int(held)])
            is_out = not inside
        return sorted(seen, key=lambda event: event[0])

    def trace(self, kind: str, *, left: bool, device: str = "pointer", **more: bool) -> Trace:
        return Trace(kind, device, left, self.since, self.events(), **more)
