"""What to paste where, and whether it was seen."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.console.carts import ADAPTERS
from heimta.console.shops import View, page, view_of
from heimta.model.event import Order, OrderHook
from heimta.store import live, people
from heimta.store.live import Entry

LOOK_BACK = 500  # entries; the tag may be quiet beside another shop's
ORDERS = 20  # the newest, by which the webhook is judged
BEHIND_MIN = 30  # of an order that is told again it is more; by a wrong timezone it is so of all
FEW = 5  # orders: of fewer all may be of shoppers who gave no consent
OWN_HOOKS = ("shopify", "woocommerce")  # what tells of orders by itself, each to an address of its own


async def show_install(request: Request) -> Response:
    view = await view_of(request)
    redis, shop, partitions = view.desk.redis, view.shop.id, view.desk.partitions
    entries = await live.recent(redis, shop, partitions, limit=LOOK_BACK)
    told = await live.recent(redis, shop, partitions, limit=ORDERS, wanted=_is_order)
    orders = [(entry.received, order) for entry in told if (order := _order(entry)) is not None]
    words: dict[str, object] = {
        "pastes": pastes(view),
        "adapter": ADAPTERS[view.shop.cart][0],
        "tag_at": newest(entries, "batch"),
        "order_at": newest(told or entries, "order"),
        # Shopify and WooCommerce tell each time with its zone, and an order again when its parcel leaves.
        "order_behind_min": 0 if view.shop.cart in OWN_HOOKS else behind_min(orders),
        "unnamed": await unnamed(view, orders),
    }
    return page(request, view, "install.html", "install", words)


def newest(entries: list[Entry], kind: str) -> int | None:
    """When the newest entry of a kind came, ms; None when none is among them."""
    return next((entry.received for entry in entries if entry.kind == kind), None)


def _is_order(entry: Entry) -> bool:
    return entry.kind == "order"


def _order(entry: Entry) -> Order | None:
    """None for what cannot be read."""
    try:
        return msgspec.json.decode(entry.data, type=OrderHook).order
    except msgspec.MsgspecError:
        return None


Orders = list[tuple[int, Order]]  # with when each came, ms


def behind_min(orders: Orders) -> int:
    """How many minutes before they came all of these say that they were placed; 0 where that is usual.

    A shop that tells the time on its wall as UTC is hours off: its orders lie before what they followed from.
    """
    least = min((received - order.at for received, order in orders), default=0) // 60_000
    return least if least >= BEHIND_MIN else 0


async def unnamed(view: View, orders: Orders) -> int:
    """How many there are if none is of a visitor that a browser told of; 0 where that may be chance."""
    visitors = sorted({order.visitor for _, order in orders if order.visitor})
    known = await people.states_of(view.desk.redis, view.shop.id, visitors, view.desk.partitions)
    is_one_named = any(state is not None and state.first_at for state in known.values())
    told = len({order.id for _, order in orders})  # each may have been told several times
    return told if told >= FEW and not is_one_named else 0


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
