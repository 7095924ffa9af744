"""Conditions on a shopper: what a journey asks of the state, in branches, segments and exits. Pure data.

Everything given must hold; what is left out does not matter. journeys/conditions.py answers them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.campaign import Globs
from heimta.model.cart import Minor
from heimta.model.channel import Channel
from heimta.model.document import Document, Language
from heimta.model.ids import Name

Days = Annotated[float, Meta(gt=0, le=80)]  # a visitor who is not seen for 90 days is forgotten


class Condition(Document, frozen=True):
    """reachable: by one of these channels. known: what they told of themselves.

    holds: a line of the cart, by sku or name. viewed: a product, the same way.
    ordered, came_back: since the journey began; in `wait_for`, since that step did. sent, clicked: the
    message of that step. claimed: the offer of that campaign. quiet_days: neither a visit nor an order for so
    long. unordered_days: no order for so long, after one at least.
    """

    reachable: tuple[Channel, ...] = ()
    languages: tuple[Language, ...] = ()
    known: tuple[Literal["email", "phone", "id"], ...] = ()
    min_cart_minor: Minor | None = None
    max_cart_minor: Minor | None = None
    holds: Globs = ()
    viewed: Globs = ()
    min_orders: Annotated[int, Meta(ge=0, le=100)] | None = None
    max_orders: Annotated[int, Meta(ge=0, le=100)] | None = None
    min_spent_minor: Minor | None = None
    ordered: bool | None = None
    came_back: bool | None = None
    sent: Name | None = None
    clicked: Name | None = None
    claimed: Name | None = None
    quiet_days: Days | None = None
    unordered_days: Days | None = None
