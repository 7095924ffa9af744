"""What to paste where, and whether it was seen."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.console.carts import ADAPTERS
from heimta.console.shops import View, page, view_of
from heimta.model.event import OrderHook
from heimta.store import live
from heimta.store.live import Entry

LOOK_BACK = 500  # entries; an order may lie behind many batches
BEHIND_MIN = 30  # of an order that is told again it is more; by a wrong timezone it is so of all
OWN_HOOKS = ("shopify", "woocommerce")  # what tells of orders by itself, each to an address of its own


async def show_install(request: Request) -> Response:
    view = await view_of(request)
    entries = await live.recent(view.desk.redis, view.shop.id, view.desk.partitions, limit=LOOK_BACK)
    words: dict[str, object] = {
        "pastes": pastes(view),
        "adapter": ADAPTERS[view.shop.cart][0],
        "tag_at": newest(entries, "batch"),
        "order_at": newest(entries, "order"),
        "order_behind_min": behind_min(entries),
    }
    return page(request, view, "install.html", "install", words)


def newest(entries: list[Entry], kind: str) -> int | None:
    """When the newest entry of a kind came, ms; None when none is among them."""
    return next((entry.received for entry in entries if entry.kind == kind), None)


def behind_min(entries: list[Entry]) -> int:
    """How many minutes before they came all of these orders say that they were placed; 0 where that is usual.

    A shop that tells the time on its wall as UTC is hours off: its orders lie before what they followed from.
    """
    least = min((entry.received - at for entry in entries if (at := _placed_at(entry))), default=0) // 60_000
    return least if least >= BEHIND_MIN else 0


def _placed_at(entry: Entry) -> int:
    """ms; 0 for what is no order, or cannot be read."""
    try:
        return msgspec.json.decode(entry.data, type=OrderHook).order.at if entry.kind == "order" else 0
    except msgspec.MsgspecError:
        return 0


def pastes(view: View) -> dict[str, str]:
    """What a merchant copies, by name."""
    edge, shop = view.desk.edge_url, view.shop
    worker = shop.push.service_worker if shop.push else "/heimta-sw.js"
    hook = shop.cart if shop.cart in OWN_HOOKS else "generic"
    return {
        "tag": f'<script async src="{edge}{shop.own_path or f"/s/{shop.id}"}.js"></script>',
        "stub": (
            "<script>\n"
            "  window.heimta = window.heimta || function () { (heimta.q = heimta.q || []).push(arguments) }\n"
            "</script>"
        ),
        "consent": "heimta('consent', { analytics: true, marketing: true })",
        "worker_url": f"{shop.origins[0]}{worker}",
        "worker_source": f"{edge}/w/sw.js",
        "webhook": f"{edge}/hooks/{shop.id}/{hook}",
    }
