"""Where a payload is put: into everything a widget is told, and into everything a merchant writes.

`everything` is one document that uses each kind of content there is. What was compiled of it is filled with a
payload behind the door's back: the texts, all other strings but the words that choose a kind, the addresses,
the cart, the theme. `at_the_door` puts it into the fields of documents that are not texts; none may get in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.compile import compile_campaign
from heimta.rules.templates import fitted, templates

SHOP = ShopDoc(
    id="demo", name="Demo", origins=("https://demo.example",), currency="EUR", free_shipping_minor=8000
)
# These choose what is drawn; another word there draws nothing, which is not what is asked about here.
KINDS = frozenset({"widget", "block", "ask", "layout", "kind", "field", "wants", "shape", "with"})
EVERY_BLOCK: dict[str, Any] = {
    "widget": "popup",
    "title": "T",
    "layout": "modal",
    "blocks": [
        {"block": "text", "text": "T"},
        {"block": "cart"},
        {"block": "picture", "src": "/img/hat.svg", "width": 20, "height": 20, "alt": "T"},
        {"block": "list", "items": ["T", "T"]},
        {"block": "offer", "text": "T"},
        {"block": "countdown"},
        {"block": "reassurance", "items": [{"icon": "returns", "text": "T"}]},
        {"block": "field", "field": "email", "consent": "T", "version": "1", "label": "T"},
        {"block": "html", "html": "<p>T</p>", "title": "T"},
    ],
}
EXTRA: list[dict[str, Any]] = [
    {"kind": "campaign", "id": "blocks", "shop": "demo", "name": "N", "trigger": {"on": "exit"},
     "offer": {"kind": "percent", "value": 10}, "variants": [{"id": "a", "content": EVERY_BLOCK}]},
    {"kind": "campaign", "id": "checkout", "shop": "demo", "name": "N", "trigger": {"on": "checkout"},
     "variants": [{"id": "a", "content": {
         "widget": "checkout", "hide": ["#promo"], "progress_before": "#summary", "fields": True,
         "errors": True, "remember": True, "summary": "#summary", "coupon": "#promo",
         "delivery": {"cut_off": "14:00", "before": "#summary"},
         "reassurance": [{"text": "T", "icon": "lock"}], "reassurance_near": "#summary"}}]},
]  # fmt: skip


def campaigns() -> dict[str, Campaign]:
    """What uses the kinds that no template does, and of the templates one for each set of kinds."""
    shown = {f"every-{plain['id']}": msgspec.convert(plain, Campaign) for plain in EXTRA}
    for name, each in templates().items():
        if isinstance(document := fitted(each, SHOP), Campaign):
            shown[name] = document
    found = {_kinds(campaign): name for name, campaign in reversed(shown.items())}
    return {name: shown[name] for name in reversed(found.values())}


def _kinds(campaign: Campaign) -> tuple[str, ...]:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (f"{key}={value[key]}" for key in ("widget", "block", "ask") if key in value)
            for one in value.values():
                yield from walk(one)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from walk(one)

    return tuple(sorted(set(walk(msgspec.to_builtins(campaign)))))


def filled(value: Any, payload: str, name: str = "") -> Any:
    """The compiled thing with the payload in place of each string that is not the name of a kind."""
    if isinstance(value, dict):
        return {key: one if key in KINDS else filled(one, payload, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [filled(one, payload, name) for one in value]
    return payload if isinstance(value, str) else value


def surfaces(payload: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what was filled, the options of world.mount): all of the content; then cart, theme, addresses."""
    line = {"sku": payload, "name": payload, "qty": 1, "unit_minor": 100, "url": payload, "image": payload}
    cart = {"id": payload, "currency": "EUR", "exponent": 2, "total_minor": 100, "lines": [line] * 4}
    themed: set[str] = set()
    for name, campaign in campaigns().items():
        compiled = compile_campaign(campaign, 1, SHOP, now=0)
        content = compiled["variants"][0]["content"]
        claim = {"code": payload, "kind": "percent", "value": 10, "expires_at": 1, "now": 0, "prize": 0}
        common = {"widget": content["widget"], "cart": cart, "claim": claim}
        yield f"{name} content", {**common, "content": filled(content, payload)}
        if content["widget"] in themed:
            continue
        themed.add(content["widget"])
        urls = {word: payload for word in ("cart", "checkout", "restore", "apply")}
        config = {"urls": urls, "free_shipping_minor": 8000, "name": payload, "shop": payload}
        yield f"{name} theme", {**common, "content": content, "theme": payload, "config": config}
        rule = f"--a:{payload};--s:{payload};--f:{payload};--r:{payload}"
        yield f"{name} colours", {**common, "content": content, "theme": rule, "config": config}


def at_the_door(payload: str) -> Iterator[tuple[str, bool]]:
    """(field, whether it was refused) for the fields that hold no text of a merchant's."""
    shop = {"kind": "shop", "id": "demo", "name": "D", "origins": ["https://d.example"], "currency": "EUR"}
    for name in ("accent", "on_accent", "surface", "ink", "font"):
        yield f"theme.{name}", _is_refused({**shop, "theme": {name: payload}})
    yield "urls.checkout", _is_refused({**shop, "urls": {"checkout": payload}})
    yield "origins", _is_refused({**shop, "origins": [payload]})
    base = EXTRA[0]
    picture = {"block": "picture", "src": payload, "width": 1, "height": 1}
    field = {"block": "field", "field": "email", "consent": "T", "version": payload}
    for block in (picture, field):
        content = {"widget": "popup", "title": "T", "blocks": [block]}
        yield f"blocks.{block['block']}", _is_refused({**base, "variants": [{"id": "a", "content": content}]})
    yield "variants.id", _is_refused({**base, "variants": [{"id": payload, "content": EVERY_BLOCK}]})
    yield "theme of a campaign", _is_refused({**base, "theme": {"accent": payload}})


def _is_refused(document: dict[str, Any]) -> bool:
    try:
        read_documents(msgspec.json.encode(document).decode())
    except BadDocument:
        return True
    return False
