"""Where a payload is put: into everything a widget is told, and into everything a merchant writes.

`everything` is one document that uses each kind of content there is. What was compiled of it is filled with a
payload behind the door's back: the texts, all other strings but the words that choose a kind, the addresses,
the cart, the theme; and what is told beside campaigns: the preference centre, the way to the Home Screen, the
merchant's overlay. `at_the_door` puts it into the fields of documents that are not texts; none may get in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from heimta.model.campaign import Campaign
from heimta.model.documents import Push, ShopDoc
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.compile import compile_campaign, compile_config
from heimta.rules.templates import fitted, templates

SHOP = ShopDoc(
    id="demo", name="Demo", origins=("https://demo.example",), currency="EUR", free_shipping_minor=8000
)
NOW = time.time_ns() // 1_000_000  # a day of delivery is promised for days to come only
# These choose what is drawn; another word there draws nothing, which is not what is asked about here.
KINDS = frozenset({"widget", "block", "ask", "layout", "kind", "field", "wants", "shape", "with"})
# Besides: what the overlay reckons with.
RECKONED = KINDS | {"on", "zone", "days", "currency", "consent", "theme"}
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
         "errors": True, "remember": True, "summary": "#summary", "coupon": "#coupon",
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


def filled(value: Any, payload: str, but: frozenset[str] = KINDS) -> Any:
    """The compiled thing with the payload in place of each string that is not under one of these names."""
    if isinstance(value, dict):
        return {key: one if key in but else filled(one, payload, but) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [filled(one, payload, but) for one in value]
    return payload if isinstance(value, str) else value


def surfaces(payload: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what was filled, what the page is told): widgets, then what is lent the core."""
    yield from _widgets(payload)
    yield from _plugins(payload)


def _widgets(payload: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All of the content; then cart, theme, addresses; of the checkout also the words alone."""
    themed: set[str] = set()
    for name, campaign in campaigns().items():
        compiled = compile_campaign(campaign, 1, SHOP, now=NOW)
        content = compiled["variants"][0]["content"]
        claim = {"code": payload, "kind": "percent", "value": 10, "expires_at": 1, "now": 0, "prize": 0}
        common = {"widget": content["widget"], "cart": _cart(payload), "claim": claim}
        yield f"{name} content", {**common, "content": filled(content, payload)}
        if content["widget"] in themed:
            continue
        themed.add(content["widget"])
        urls = {word: payload for word in ("cart", "checkout", "restore", "apply")}
        config = {"urls": urls, "free_shipping_minor": 8000, "name": payload, "shop": payload}
        yield f"{name} theme", {**common, "content": content, "theme": payload, "config": config}
        rule = f"--a:{payload};--s:{payload};--f:{payload};--r:{payload}"
        yield f"{name} colours", {**common, "content": content, "theme": rule, "config": config}
        if content["widget"] == "checkout":
            # With a payload for a selector or a clock most of its help stays away.
            said = {key: filled(content[key], payload) for key in ("labels", "reassurance") if key in content}
            if "reassurance" in said:
                said["reassurance"]["near"] = content["reassurance"]["near"]
            lent = {"plugin": "checkout-remember", "fields": {"name": payload}}
            yield f"{name} words", {**common, **lent, "content": {**content, **said}, "config": config}


def _cart(payload: str) -> dict[str, Any]:
    line = {"sku": payload, "name": payload, "qty": 1, "unit_minor": 100, "url": payload, "image": payload}
    plain = {"id": payload, "currency": "EUR", "exponent": 2, "total_minor": 100}
    return {**plain, "lines": [line] * 4}


def _plugins(payload: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is no campaign, with the case's own config: injection/lend.js lends it."""
    cart = {**_cart(payload), "code": payload}
    known = campaigns()
    shown = [(known[name], 1) for name in ("every-blocks", "every-checkout", "push-opt-in", "why-leaving")]
    told = compile_config(
        msgspec.structs.replace(SHOP, push=Push(subject="mailto:a@b.example")),
        [(msgspec.structs.replace(campaign, live=True), version) for campaign, version in shown],
        revision=1, vapid_public="KEY", widgets={}, now=NOW,
    )  # fmt: skip
    config = filled(told, payload, RECKONED)
    common = {"cart": cart, "config": config, "fields": {"name": payload, "email": payload}}
    row = ["save", payload, payload, True]
    view = {
        "title": payload,
        "lines": [payload],
        "fields": [[payload, "checkbox", "topic", [row]], [payload, "radio", "pace", [row]]],
        "acts": [["save", payload], ["stop", payload], ["on", payload]],
    }
    yield "preferences", {**common, "plugin": "preferences", "answer": view}
    pushes = [
        v["content"] for c in config["campaigns"] for v in c["variants"] if v["content"]["widget"] == "push"
    ]
    yield "home", {**common, "plugin": "home", "content": pushes[0]}
    props = {"name": payload, "campaign": payload, "arm": payload, "how": payload, payload: payload}
    events = [["cart_updated", {"cart": cart}], ["campaign_exposed", props], [payload, props]]
    moments = {"ref": payload, "utm": payload, "attributes": {payload: payload}, "score": 0, "depth": 0,
               "alive": 0, "isOrdered": False, "added": 0, "called": {payload: 1}}  # fmt: skip
    yield "debug", {**common, "plugin": "debug", "events": events, "moments": moments}
    yield "pictures", {**common, "plugin": "pictures"}


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
