"""Contents for the widgets' tests, in the shape in which the server fills them."""

from __future__ import annotations

from typing import Any

import msgspec

from heimta.model.contents import SurveyContent
from heimta.rules.contents.fill import Spoken
from heimta.rules.contents.survey import compile_content as compile_survey
from heimta.rules.surveys import survey_faults
from tests.worker.shop import CAMPAIGN

CODE = "HEIM7Q2MX4"

CART: dict[str, Any] = {
    "id": "c",
    "currency": "EUR",
    "exponent": 2,
    "total_minor": 13470,
    "lines": [
        {"sku": "1", "name": "Wool hat", "qty": 2, "unit_minor": 2490, "image": "/img/hat.svg"},
        {"sku": "2", "name": "Moss scarf", "qty": 1, "unit_minor": 4990, "image": "/img/scarf.svg"},
        {"sku": "3", "name": "Mug", "qty": 1, "unit_minor": 1500, "image": "javascript:alert(1)"},
        {"sku": "4", "name": "Socks", "qty": 1, "unit_minor": 2000},
    ],
}

POPUP: dict[str, Any] = {
    "claim": {
        "code": CODE,
        "kind": "percent",
        "value": 10,
        "expires_at": 1893585600000,
        "now": 1893582000000,
    },
    "content": {
        "asks": True,
        "claims": True,
        "title": {"en": "Before you go: 10 % off"},
        "body": {"en": "Your cart is waiting."},
        "show_cart": True,
        "layout": "modal",
        "accept": {"en": "Get my discount"},
        "decline": {"en": "No, thanks"},
        "labels": {
            "close": "Close",
            "total": "Total",
            "more": "and {n} more",
            "working": "One moment …",
            "failed": "That did not work just now.",
            "applied": "Your discount is in the cart",
            "not_applied": "Your code for the checkout",
            "expires": "Valid until {time}",
            "copy": "Copy",
            "copied": "Copied",
            "checkout": "Go to checkout",
        },
    },
}


def survey(languages: tuple[str, ...] = ("en",), **content: Any) -> dict[str, Any]:
    """A survey as the server compiles it from a merchant's document."""
    read = msgspec.convert({"widget": "survey", **content}, SurveyContent)
    assert survey_faults(read) == []
    return {"content": compile_survey(read, Spoken(languages), CAMPAIGN)}


SURVEY = survey(
    question="How easy was it?",
    name="ease",
    low="Not at all",
    high="Very easy",
    follow_up="What could be better?",
    thanks="Thank you.",
)

CHECKOUT: dict[str, Any] = {
    "config": {"free_shipping_minor": 15000},
    "content": {
        "hide": ["#promo", "nav"],
        "with": ["checkout-progress"],
        "progress_before": "#summary",
        "labels": {"missing": "{money} to free shipping", "reached": "Free shipping is yours"},
    },
}

PUSH: dict[str, Any] = {
    "config": {"push": {"key": "KEY", "sw": "/heimta-sw.js"}},
    "content": {
        "title": "Shall we remind you?",
        "body": "One message brings you back to your cart.",
        "yes": "Yes, remind me",
        "no": "No, thanks",
        "labels": {
            "done": "Done.",
            "blocked": "Notifications are not allowed.",
            "failed": "That did not work.",
        },
    },
}


def changed(options: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The options with one thing different; dicts are merged, anything else replaced."""
    merged = dict(options)
    for key, value in changes.items():
        merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return merged
