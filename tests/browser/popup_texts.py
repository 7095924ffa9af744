"""Popups as a merchant writes them, compiled as the page gets them."""

from __future__ import annotations

from typing import Any

import yaml

from heimta.model.campaign import Campaign
from heimta.rules.apply import read_documents
from heimta.rules.contents import compile_content
from heimta.rules.contents.fill import Spoken
from tests.browser.widget_texts import CODE

OFFER = {"kind": "percent", "value": 10}
FIELD = {
    "block": "field",
    "field": "email",
    "wants": "cart",
    "consent": "Yes, send me this cart by e-mail.",
    "version": "cart-1",
}
PRIZES = [
    {"odds": 60, "offer": {"kind": "percent", "value": 5}},
    {"odds": 30, "offer": {"kind": "percent", "value": 10}},
    {"odds": 10, "offer": {"kind": "free_shipping"}},
]
EVERYTHING = [
    {"block": "text", "text": "Made by hand."},
    {"block": "picture", "src": "/img/hat.svg", "width": 400, "height": 140, "alt": "A hat"},
    {"block": "offer"},
    {"block": "list", "items": ["Knitted in the north", "Warm when it is wet"]},
    {"block": "cart"},
    {"block": "countdown"},
    {"block": "reassurance", "items": [{"icon": "returns", "text": "30 days to change your mind"}]},
]


def popup(content: dict[str, Any], *, claim: dict[str, Any] | None = None, **campaign: Any) -> dict[str, Any]:
    """What `mount` takes, for the build with blocks. claim: what is unlike a good code of two hours."""
    head = {"kind": "campaign", "id": "exit-offer", "shop": "demo", "name": "Stay", "trigger": {"on": "exit"}}
    widget = {"widget": "popup", "title": "Before you go", **content}
    text = yaml.safe_dump({**head, "variants": [{"id": "a", "content": widget}], **campaign})
    [found] = read_documents(text)
    assert isinstance(found, Campaign)
    compiled = compile_content(found.variants[0].content, Spoken(("en",)), found, "UTC", "EUR", 0)
    now = 1_893_582_000_000  # the server's clock: years from the browser's
    good = {"code": CODE, "kind": "percent", "value": 10, "now": now, "expires_at": now + 7_200_000}
    return {"content": compiled, "claim": {**good, **(claim or {})}}
