"""One shop with a campaign and a journey, and the words to tell its story in."""

from __future__ import annotations

import json
from typing import Any

from heimta.journeys.decide import facts_of
from heimta.model.campaign import Campaign, Offer, Trigger, Variant
from heimta.model.contents import PopupContent
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send
from heimta.model.message import Message
from heimta.model.visitor import VisitorState
from heimta.worker.effects import ShopContext

T0 = 1_763_760_000_000  # 2025-11-21, 21:20 UTC
MINUTE = 60_000
VISITOR = "v" * 22
OTHER = "w" * 22
CART = "c" * 11

SHOP = ShopDoc(
    id="demo",
    name="Demo",
    origins=("http://localhost:1",),
    currency="EUR",
    languages=("en", "de"),
    abandoned_after_min=30,
    push=Push(subject="mailto:me@example.com"),
)
CAMPAIGN = Campaign(
    id="exit-offer",
    shop="demo",
    name="Exit offer",
    live=True,
    trigger=Trigger("exit"),
    variants=(Variant("ten", PopupContent("Wait")),),
    offer=Offer("percent", 10),
)
JOURNEY = Journey(
    id="cart-push",
    shop="demo",
    name="Cart push",
    live=True,
    trigger="cart_abandoned",
    holdout_pct=0,
    steps=(Send("remind", "push", {"en": "Your cart waits", "de": "Ihr Korb wartet"}, "{item}"),),
)
CONTEXT = ShopContext(SHOP, {"exit-offer": (CAMPAIGN, 1)}, {"cart-push": (JOURNEY, 1)})


def cart(total: int, *, cart_id: str = CART, lines: int = 1) -> dict[str, Any]:
    """A cart of `lines` equal lines; 0 lines is an empty cart."""
    return {
        "id": cart_id,
        "currency": "EUR",
        "exponent": 2,
        "total_minor": total,
        "lines": [
            {"sku": f"hat-{i}", "name": f"Hat {i}", "qty": 1, "unit_minor": total // lines}
            for i in range(lines)
        ],
    }


def batch(
    *events: tuple[str, int, dict[str, Any]],
    vid: str = VISITOR,
    src: str = "s" * 11,
    sid: str = "i" * 11,
    first: int = 0,
    sent: int | None = None,
    **more: Any,
) -> bytes:
    """A wire batch. events: (name, at, props); numbers count up from `first`."""
    told = [
        {"n": first + i, "t": name, "at": at, "u": "/", "p": props}
        for i, (name, at, props) in enumerate(events)
    ]
    sent_at = max(at for _, at, _ in events) if sent is None else sent
    return json.dumps(
        {"v": 1, "vid": vid, "sid": sid, "src": src, "sent": sent_at, "lang": "en", "ev": told, **more}
    ).encode()


def order(
    order_id: str,
    total: int,
    at: int,
    *,
    visitor: str = VISITOR,
    codes: list[str] | None = None,
    currency: str = "EUR",
    changed_at: int = 0,
) -> bytes:
    return json.dumps(
        {
            "type": "order_completed",
            "order": {
                "id": order_id,
                "currency": currency,
                "exponent": 2,
                "total_minor": total,
                "at": at,
                "visitor": visitor,
                "codes": codes or [],
                **({"changed_at": changed_at} if changed_at else {}),
            },
        }
    ).encode()


def held_by(state: VisitorState, message: Message, journey: Journey, shop: ShopDoc, *, now: int) -> str:
    """'' if nothing but the clock and the limits can hold the message, else what does."""
    facts = facts_of(state, message, journey, shop, now=now)
    return facts.course or facts.consent or facts.reach or facts.wish


def outcomes(state: VisitorState) -> dict[str, str]:
    """What became of each message that was decided on, by its id."""
    return {name: delivery.outcome for name, delivery in state.deliveries.items()}
