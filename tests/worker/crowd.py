"""A few browsers and what is true of them: the model that a partition is held to, kept as plainly as can be.

Nothing here folds. It remembers every event that was acknowledged, by its name, and every order by its id;
what the counters must say follows by counting, and whether a message may go out by comparing two times.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from loadtest.stories import HOUR, MINUTE, Happened, Story, Told
from tests.worker.shop import cart, order

VISITORS = ["a" * 22, "b" * 22, "c" * 22]
TOKENS = {f"demo.token-of-{name[0]}": name for name in VISITORS}  # restores the cart of


@dataclass
class Crowd:
    """chance: where every choice comes from. events and orders: all that was acknowledged, once."""

    chance: Random
    told: list[Told] = field(default_factory=list)
    events: dict[tuple[str, int], tuple[str, Happened]] = field(default_factory=dict)
    orders: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # id -> visitor, stops at, minor
    loads: int = 0
    numbers: Counter[str] = field(default_factory=Counter)

    def visit(self, now: int, *, age: int = 0, clock: int = 0) -> Told:
        """A page load tells some new events that happened `age` ms ago, in a session of its own."""
        vid = self.chance.choice(VISITORS)
        self.loads += 1
        src, sid = f"load{self.loads:07d}", f"visit{self.loads:06d}"
        events = []
        for n in range(1 + self.chance.randrange(3)):
            name, props = self._event(vid)
            events.append(Happened(src, sid, n, name, now - age, props))
        for event in events:
            self.events[(event.src, event.n)] = (vid, event)
        return self._batch(vid, events, now)

    def again(self, now: int) -> Told | None:
        """Events that were told before, once more: other neighbours, another time."""
        young = [(vid, e) for vid, e in self.events.values() if now - e.at < 20 * HOUR]
        if not young:
            return None
        vid, first = self.chance.choice(young)
        same = [e for _, e in young if e.src == first.src]
        return self._batch(vid, self.chance.sample(same, 1 + self.chance.randrange(len(same))), now)

    def _batch(self, vid: str, events: list[Happened], now: int) -> Told:
        story = Story(vid, 0, langs={events[0].src: "en"})
        return story.batch(events, now, 0)

    def _event(self, vid: str) -> tuple[str, dict[str, object]]:
        match self.chance.randrange(9):
            case 0 | 1 | 2 | 3:
                name = self.chance.choice(["cart-x-----", "cart-y-----"])
                lines = self.chance.choice([0, 1, 1, 2])
                return "cart_updated", {"cart": cart(1000 * min(lines, 1), cart_id=name, lines=lines)}
            case 4:
                props = {"campaign": "exit-offer", "arm": self.chance.choice(["ten", "holdout"]), "p": 5000}
                return "campaign_exposed", props
            case 5:
                said = self.chance.random() < 0.7
                return "consent_changed", {"analytics": said, "marketing": said}
            case 6:
                return "cart_restored", {"token": self.chance.choice(list(TOKENS))}
            case 7 if self.chance.random() < 0.3:
                return "order_completed", {"order": "said"}
            case 8 if self.chance.random() < 0.3:
                return "visitor_identified", {
                    "id": self.chance.choice(["", "c-1", "c-2"]),
                    "email": "a@b.example",
                }
            case _:
                return "page_viewed", {}

    def buy(self, now: int) -> Told:
        """An order of a new id, or one that was told before, word for word."""
        if self.orders and self.chance.random() < 0.3:
            return self.chance.choice([told for told in self.told if told.kind == "order"])
        vid, name = self.chance.choice(VISITORS), f"o{len(self.orders)}"
        at = now - self.chance.choice([0, 4 * MINUTE])
        self.orders[name] = (vid, now, 700)
        return Told("order", now, order(name, 700, at, visitor=vid))

    def may_be_chased(self, vid: str, cart_id: str) -> bool:
        """Whether nothing was bought since the cart's last change, by all that was acknowledged."""
        changes = [
            e.at
            for who, e in self.events.values()
            if who == vid and e.name == "cart_updated" and e.props["cart"]["id"] == cart_id
        ]
        said = [e.at for who, e in self.events.values() if who == vid and e.name == "order_completed"]
        bought = [stops for who, stops, _ in self.orders.values() if who == vid]
        return max([0, *said, *bought]) < max(changes)

    def counters(self) -> Counter[str]:
        """What the shop's counters must be, all hours together."""
        sums = Counter(e.name for _, e in self.events.values())
        sums["visitors"] = len({vid for vid, _ in self.events.values()})
        sums["sessions"] = len({e.sid for _, e in self.events.values()})
        carts = [(v, e.props["cart"]) for v, e in self.events.values() if e.name == "cart_updated"]
        sums["carts"] = len({(vid, told["id"]) for vid, told in carts if told["lines"]})
        sums["orders"] = len(self.orders)
        sums["orders_minor.EUR"] = sum(minor for _, _, minor in self.orders.values())
        return +sums
