"""A visitor's state: what the worker knows of one browser, folded from the log.

Every field is a union, a maximum, a minimum or a last-writer-wins by the event's own stamp, so events
that come twice, late or out of order lead to the same state. Structs are mutable because the fold owns
them: they are decoded, folded and written back by one worker, and never shared.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.model.cart import Cart
from heimta.model.event import Subscription

# The order of events of one visitor: by time, then by source and number, so that ties fall the same way.
Stamp = tuple[int, str, int]
NEVER: Stamp = (0, "", 0)

KEEP_CARTS = 5
KEEP_SESSIONS = 10
KEEP_ORDERS = 20
# Longer than an event may wait in a browser, so a late copy is still known.
KEEP_SOURCES_MS = 72 * 3600 * 1000


class Seen(Struct, array_like=True):
    """Which numbers of one source were folded, as ranges: see worker/seen.py."""

    edges: list[int]
    last: int  # when the newest of them was received, ms


class Session(Struct, array_like=True):
    start: int
    end: int
    pages: int = 0
    device: str = ""  # desktop, phone, tablet, bot or ''


class CartState(Struct, array_like=True):
    """One cart through its life. Times are ms, 0 for never."""

    cart: Cart
    stamp: Stamp
    first_at: int
    abandoned_at: int = 0
    abandoned_minor: int = 0  # its total when it was abandoned
    silent_at: int = 0  # changed_at of the change after which silence was last noticed
    counted: bool = False  # among the shop's carts: it held something at some time
    ordered_at: int = 0
    order: str = ""

    @property
    def changed_at(self) -> int:
        return self.stamp[0]

    @property
    def is_open(self) -> bool:
        return bool(self.cart.lines) and not self.ordered_at


class OrderState(Struct, array_like=True):
    at: int
    minor: int
    currency: str
    own: bool = True  # placed by this browser, not by one linked to it
    cart: str = ""  # the cart it names, if it does
    recovered: bool = False  # counted as the recovery of an abandoned cart
    sealed: bool = False  # its recovery is settled: counted elsewhere, or its cart is forgotten


class Exposure(Struct, array_like=True):
    """The first time a campaign or journey would have been met; fixes the visitor's arm in the lift."""

    arm: str
    stamp: Stamp
    p: int
    counted: bool  # False for the merchant's own visits: they never count in lift
    revenue_minor: int = 0  # of orders within the goal window
    orders: int = 0


class Enrollment(Struct, array_like=True):
    """A visitor's way through one journey for one cart."""

    cart: str
    arm: str
    version: int
    entered_at: int
    step: int = 0  # index of the next step
    due_at: int = 0  # when that step is due, ms
    ended: str = ""  # '' while running, else why it ended
    messages: list[str] = []  # ids decided on, in order


class ClaimState(Struct, array_like=True):
    code: str
    expires_at: int


class VisitorState(Struct, omit_defaults=True):
    """All that is known of one visitor. `next_due` is the earliest of all timers, 0 for none."""

    shop: str
    visitor: str
    first_at: int = 0  # of the first browser event, ms; 0 before
    last_at: int = 0
    lang: str = ""
    lang_of: Stamp = NEVER
    checkout_at: int = 0
    preview: bool = False
    seen: dict[str, Seen] = {}
    sessions: dict[str, Session] = {}
    carts: dict[str, CartState] = {}
    orders: dict[str, OrderState] = {}
    bought_at: int = 0  # newest order, by webhook or by the browser's word
    exposures: dict[str, Exposure] = {}
    enrollments: dict[str, Enrollment] = {}
    deliveries: dict[str, str] = {}  # message id -> sent, failed, skipped
    claims: dict[str, ClaimState] = {}  # by campaign
    subscription: Subscription | None = None
    subscribed: Stamp = NEVER
    analytics: bool = False
    marketing: bool = False
    consented: Stamp = NEVER
    linked: dict[str, int] = {}  # visitors whose cart this browser restored, and when: an order is theirs too
    next_due: int = 0

    @property
    def withdrew(self) -> bool:
        """Said no after the last subscription: nothing may be sent."""
        return self.consented > self.subscribed and not (self.analytics and self.marketing)

    def cart(self) -> CartState | None:
        """The newest cart, by its last change."""
        return max(self.carts.values(), key=lambda c: c.stamp, default=None)
