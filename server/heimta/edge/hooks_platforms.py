"""Orders by the shops' own webhooks: `POST /hooks/{shop}/shopify` and `/hooks/{shop}/woocommerce`.

Shopify gives up a webhook that is refused for some hours, and WooCommerce one that is refused six times in a
row, so only what a merchant must mend is refused: a wrong signature, a body that is no order. What is
understood and not wanted (other topics, orders that are not placed, or too old) is answered with 200 and why.
But for Shopify's word that somebody is to be erased or told what is kept: 200 would say that it is done.
An order that was told before is told again when it changes: the sum of the later change counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import structlog
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.hooks import is_timely, take
from heimta.ingest.decode import BadBody
from heimta.ingest.platform_orders import Ignored, Told, read_shopify, read_woocommerce
from heimta.model.event import OrderHook
from heimta.rules.signature import check_plain

MAX_ORDER = 1024 * 1024  # bytes: they tell every line of an order, with its taxes

# What WooCommerce posts when a webhook is saved, unsigned: https://woocommerce.github.io/code-reference
# (WC_Webhook::deliver_ping). Unless it is answered with 2xx the webhook cannot be switched on.
_PING = re.compile(rb"webhook_id=[0-9]{1,20}\Z")

# https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
_PRIVACY = frozenset({"customers/redact", "customers/data_request", "shop/redact"})

_json = msgspec.json.Encoder().encode

log = structlog.get_logger()


class Platform(Struct, frozen=True):
    """secret: its name among the shop's (`heimta shop secret`). topics: those that tell of orders.

    patience_s: for a store that is away. Shopify waits for 5 s and tells again for hours; WooCommerce waits
    for a minute and never tells again.
    """

    name: str
    secret: str
    signature: str
    topic: str
    topics: frozenset[str]
    read: Callable[[bytes], Told]
    patience_s: float = 0.0


SHOPIFY = Platform(
    name="shopify",
    secret="shopify_webhook",
    signature="x-shopify-hmac-sha256",
    topic="x-shopify-topic",
    topics=frozenset({"orders/create", "orders/paid", "orders/updated", "orders/cancelled"}),
    read=read_shopify,
)
WOOCOMMERCE = Platform(
    name="woocommerce",
    secret="woocommerce_webhook",
    signature="x-wc-webhook-signature",
    topic="x-wc-webhook-topic",
    topics=frozenset({"order.created", "order.updated"}),
    read=read_woocommerce,
    patience_s=30.0,
)


async def shopify(request: Request) -> Response:
    return await _take(SHOPIFY, request)


async def woocommerce(request: Request) -> Response:
    return await _take(WOOCOMMERCE, request)


async def _take(platform: Platform, request: Request) -> Response:
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    try:
        body = await read_body(request, limit=MAX_ORDER)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    if platform is WOOCOMMERCE and _PING.match(body):
        return answer(200, {"ok": 1, "ignored": "a ping"})
    known = edge.shops.get(shop)
    secret = known.secrets.providers.get(platform.secret, "") if known is not None else ""
    if not check_plain(secret, request.headers.get(platform.signature, ""), body):
        way = f"keep the webhook's secret with `heimta shop secret SHOP {platform.secret}`"
        edge.figures.refused("bad_signature")
        return refuse(401, "bad_signature", f"{platform.signature} does not match the body; {way}")
    topic = request.headers.get(platform.topic, "")
    if topic in _PRIVACY:
        log.warning("a privacy request is not done by itself", shop=shop, topic=topic)
        way = "erase with `heimta forget` or `heimta shop delete`, show with `heimta person`"
        return refuse(501, "not_done", f"nothing was done: {way}")
    if topic not in platform.topics:
        return _ignored(f"the topic is none of {', '.join(sorted(platform.topics))}")
    try:
        told = platform.read(body)
    except BadBody as fault:
        log.warning("order cannot be read", shop=shop, platform=platform.name)
        return refuse(400, "bad_order", f"not an order: {fault}")
    except Ignored as why:
        return _ignored(str(why))
    now = edge.clock()
    order = told.order  # by a clock that may be fast
    order = msgspec.structs.replace(order, at=min(order.at, now), changed_at=min(order.changed_at, now))
    if not is_timely(order, now):
        return _ignored("it is older than 30 days")
    stored, patience_s = _json(OrderHook("order_completed", order)), platform.patience_s
    return await take(edge, shop, order, stored, now, stands=told.stands, patience_s=patience_s)


def _ignored(why: str) -> Response:
    return answer(200, {"ok": 1, "ignored": why})
