"""What a shopper does and keeps: pages, products, a cart, an outbox that survives failures. No I/O."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import orjson

MAX_BATCH = 50
ORDER_MINOR = 4990  # what every order is worth, so that money tells how many there were


def make_id(dice: random.Random, size: int) -> str:
    """size: random bytes; 16 for a visitor (22 characters), 8 for the rest (11)."""
    return urlsafe_b64encode(dice.randbytes(size)).decode().rstrip("=")


@dataclass
class Page:
    """One page load: a source that numbers its events."""

    src: str
    outbox: list[dict[str, Any]] = field(default_factory=list)
    n: int = 0

    def tell(self, name: str, props: dict[str, Any], now: int) -> None:
        self.outbox.append({"n": self.n, "t": name, "at": now, "u": "/p/hat", "p": props})
        self.n += 1


class Visit:
    """One visitor with one cart. `pages` that still hold something are what the browser must bring home."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.visitor, self.session = make_id(dice, 16), make_id(dice, 8)
        self._cart, self._lines = make_id(dice, 8), 0
        self.pages: list[Page] = []
        self.order = f"o-{make_id(dice, 8)}"
        self.buys = dice.random() < 0.3

    def open_page(self, now: int) -> None:
        page = Page(make_id(self._dice, 8))
        page.tell("page_viewed", {"ref": "", "width": 390, "touch": True}, now)
        self.pages.append(page)

    def act(self, now: int, events: int) -> None:
        page = self.pages[-1]
        for _ in range(events):
            kind = self._dice.random()
            if kind < 0.5:
                page.tell("product_viewed", {"sku": f"hat-{page.n}", "name": "Hat", "unit_minor": 1990}, now)
            elif kind < 0.8:
                self.fill_cart(now)
            elif kind < 0.9:
                page.tell("checkout_started", {}, now)
            else:
                page.tell("exit_intended", {"device": "touch", "score": 0.5}, now)

    def fill_cart(self, now: int) -> None:
        self._lines += 1
        self.pages[-1].tell("cart_updated", {"cart": self._as_cart()}, now)

    def _as_cart(self) -> dict[str, Any]:
        line = {"sku": "hat-1", "name": "Hat", "qty": self._lines, "unit_minor": 1990}
        total = 1990 * self._lines
        return {"id": self._cart, "currency": "EUR", "exponent": 2, "total_minor": total, "lines": [line]}

    def batch(self, page: Page, now: int) -> tuple[bytes, list[dict[str, Any]]]:
        """The next batch of a page and what is in it. A retry has the same numbers and a new `sent`."""
        events = page.outbox[:MAX_BATCH]
        told = {"v": 1, "vid": self.visitor, "sid": self.session, "src": page.src, "sent": now, "lang": "de"}
        return orjson.dumps({**told, "ev": events}), events

    def no_more(self, now: int) -> bytes:
        """A withdrawal of consent, alone in its batch."""
        page = Page(make_id(self._dice, 8))
        page.tell("consent_changed", {"analytics": False, "marketing": False}, now)
        return self.batch(page, now)[0]

    def order_body(self, now: int) -> bytes:
        order = {"id": self.order, "currency": "EUR", "exponent": 2, "total_minor": ORDER_MINOR, "at": now}
        return orjson.dumps(
            {"type": "order_completed", "order": {**order, "visitor": self.visitor, "cart": self._cart}}
        )
