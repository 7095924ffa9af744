"""A template in Arabic, as a merchant would translate it: words that run the other way."""

from __future__ import annotations

from typing import Any

import msgspec

from heimta.model.campaign import Campaign

WORDS = {
    "Your cart stays right here": "سلتك بانتظارك هنا",
    "Nothing is lost. Finish now, or come back when it suits you.": (
        "لم يضع شيء. أكمل الطلب الآن، أو عد متى شئت."
    ),
    "Go to checkout": "إتمام الشراء",
    "Not now": "ليس الآن",
    "No thanks": "لا، شكرًا",
}


def in_arabic(campaign: Campaign) -> Campaign:
    """With every text that is known above; the labels of the widget stay as they are."""
    return msgspec.convert(_translated(msgspec.to_builtins(campaign)), Campaign)


def _translated(value: Any) -> Any:
    if isinstance(value, dict):
        if "ar" in value and "en" in value:
            return {**value, "ar": WORDS.get(value["en"], value["en"])}
        return {name: _translated(one) for name, one in value.items()}
    return [_translated(one) for one in value] if isinstance(value, list | tuple) else value
