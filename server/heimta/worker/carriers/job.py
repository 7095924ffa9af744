"""What a carrier gets: one message that every rule has let through, with all it needs to be rendered."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from heimta.channels.result import Delivery
from heimta.model.contents import SurveyContent
from heimta.model.documents import ShopDoc
from heimta.model.journey import Send
from heimta.model.message import Message
from heimta.model.visitor import CartState, VisitorState
from heimta.store.coupons import Coupon
from heimta.store.secrets import Secrets


class Links(Struct, frozen=True):
    """Absolute addresses of the edge, whose own is `edge`. restore: '' where there is no cart to bring back.

    settings: the preference centre; a POST to it with RFC 8058's words unsubscribes. answer: the page that
    asks the step's survey; '' where it asks none. confirm: the page that confirms a yes to e-mail, where the
    message asks for that.
    """

    restore: str
    settings: str
    answer: str = ""
    confirm: str = ""
    edge: str = ""


class Job(Struct, frozen=True):
    """lang: of the shop's languages, the shopper's. coupon: claimed for this message. now: ms.

    service: of a service journey, an order confirmation say: not marketing. survey: what the step asks.
    """

    message: Message
    step: Send
    state: VisitorState
    cart: CartState | None
    shop: ShopDoc
    secrets: Secrets
    lang: str
    links: Links
    coupon: Coupon | None
    now: int
    service: bool = False
    survey: SurveyContent | None = None


class Carrier(Protocol):
    """One channel. Asked only when journeys/reach.py says that it can reach the visitor."""

    async def send(self, job: Job) -> Delivery:
        """Render and hand over. Never raises for what a provider answers: that is a Delivery."""
        ...

    async def close(self) -> None: ...
