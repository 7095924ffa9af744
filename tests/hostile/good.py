"""Good bodies for every public route that takes one: where mutation starts."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.worker.shop import CART, VISITOR, cart

SID, SRC = "i" * 11, "s" * 11
KEYS = {"p256dh": "B" * 87, "auth": "A" * 22}
PUSH_ORIGIN = "https://fcm.googleapis.com"

PROPS: dict[str, dict[str, Any]] = {
    "page_viewed": {"ref": "example.com/a", "width": 390, "touch": True},
    "product_viewed": {
        **{"sku": "hat", "name": "Hat", "unit_minor": 4500, "currency": "EUR", "exponent": 2},
        **{"url": "/p/hat", "image": "/i/hat.jpg"},
    },
    "cart_updated": {"cart": {**cart(9000, lines=2), "code": "TEN"}},
    "checkout_started": {},
    "checkout_step_reached": {"step": "shipping"},
    "payment_info_added": {"how": "card"},
    "checkout_fields": {
        "fields": [{"kind": "zip", "state": "error", "ms": 4000, "changes": 2}],
        "last": "zip",
    },
    "fault_met": {"kind": "network", "what": "500 /api/shipping", "cart": CART},
    "order_completed": {"order": "1001"},
    "visitor_identified": {"id": "c-7", "email": "jana@example.com", "phone": "+354 555 1234"},
    "exit_intended": {"device": "pointer", "score": 0.5, "kind": "pointer"},
    "exit_followed": {"kind": "pointer", "score": 0.5, "left": True, "shown": False, "after_ms": 900},
    "campaign_exposed": {"campaign": "exit-offer", "arm": "ten", "p": 9000, "version": 1},
    "campaign_accepted": {"campaign": "exit-offer", "arm": "ten"},
    "campaign_dismissed": {"campaign": "exit-offer", "arm": "ten", "how": "escape"},
    "survey_answered": {
        **{"campaign": "exit-offer", "arm": "ten", "question": "price", "value": 7, "text": "dear"},
        **{"done": True},
    },
    "consent_changed": {"analytics": True, "marketing": True},
    "cart_restored": {"token": "demo." + "t" * 40},
    "message_shown": {"message": "m" * 22},
    "message_clicked": {"message": "m" * 22},
}


def batch(now: int, *, vid: str = VISITOR, src: str = SRC) -> dict[str, Any]:
    """A batch with one event of each kind. now: the browser's clock, ms."""
    events = [
        {"n": n, "t": name, "at": now - 1000 + n, "u": "/p/hat?size=m", "p": props}
        for n, (name, props) in enumerate(PROPS.items())
    ]
    return {
        "v": 1,
        "vid": vid,
        "sid": SID,
        "src": src,
        "sent": now,
        "lang": "de",
        "preview": False,
        "ev": events,
    }


def claim(vid: str = VISITOR) -> dict[str, Any]:
    return {"vid": vid, "campaign": "exit-offer"}


def preferences(vid: str = VISITOR) -> dict[str, Any]:
    return {"vid": vid, "lang": "de", "u": "/cart", "act": "save", "topic": ["cart"], "pace": "less"}


def push(vid: str = VISITOR, *, origin: str = PUSH_ORIGIN) -> dict[str, Any]:
    return {
        "vid": vid,
        "subscription": {"endpoint": f"{origin}/send/abc", "keys": KEYS, "expirationTime": None},
        "said": ["push-opt-in", 1, "reminder", "de", "/cart"],
    }


def order(now: int, *, vid: str = VISITOR, order_id: str = "1001") -> dict[str, Any]:
    told = {"id": order_id, "currency": "EUR", "exponent": 2, "total_minor": 8990, "at": now, "visitor": vid}
    return {
        "type": "order_completed",
        "order": {**told, "cart": CART, "codes": ["TEN7Q2M"], "restored": "demo." + "t" * 40},
    }


def packed(body: dict[str, Any]) -> bytes:
    return msgspec.json.encode(body)
